"""The ids of topics: one that was deleted and made anew has the same name, and another id."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from concurrent.futures import Future

__all__ = ["TopicIds"]

COMMON = (
    "bootstrap.servers", "broker.", "client.", "enable.sasl.", "enable.ssl.", "https.", "oauth_cb",
    "plugin.", "sasl.", "security.", "socket.", "ssl.",
)  # fmt: skip
"""Beginnings of the settings that are not a consumer's alone."""


class TopicIds:
    """Asks brokers for the ids of topics, and waits for no answer: some never give one.

    Parameters
    ----------
    kafka
        The library.
    settings
        Of the consumer.
    log
        Takes the library's words.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, kafka: Any, settings: Mapping[str, Any], log: Any) -> None:
        from confluent_kafka.admin import AdminClient

        self._kafka = kafka
        own = {name: value for name, value in settings.items() if name.startswith(COMMON)}
        own["allow.auto.create.topics"] = False  # else a question about a topic makes it
        self._client: Any = AdminClient(own, logger=log)
        self._asked: dict[str, Future[Any]] = {}

    @property
    def is_answered(self) -> bool:
        """Whether all that was asked for is answered."""
        return all(future.done() for future in self._asked.values())

    def ask(self, topics: Collection[str]) -> None:
        """Ask for the ids of topics, unless an earlier question is still open."""
        if self._client is None or not topics or not self.is_answered:
            return
        with contextlib.suppress(self._kafka.KafkaException):
            self._asked = self._client.describe_topics(self._kafka.TopicCollection(sorted(topics)))

    def take(self) -> dict[str, str]:
        """Return the ids that were answered, of topics that there are."""
        if self._client is not None:
            self._client.poll(0)
        found = {}
        for topic, future in self._asked.items():
            if future.done() and future.exception() is None:
                found[topic] = str(future.result().topic_id)
        return found

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        """Return what the brokers say of a topic, or of all."""
        assert self._client is not None
        return self._client.list_topics(topic, timeout)

    def close(self) -> None:
        """Ask no more."""
        self._client = None
