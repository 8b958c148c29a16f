"""Questions to the brokers, asked in slices so that a stop is heard: which topics, which offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConnectError, RefusedError
from nbstream.sources.network.kafka.errors import REFUSALS, is_passing, meaning_of, text_of
from nbstream.sources.network.kafka.log import logger
from nbstream.sources.network.kafka.start import LATEST
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from nbstream.runtime.clock import Clock
    from nbstream.sources.network.kafka.session import Partition, Session

__all__ = ["Brokers"]

PATIENCE = 10.0
SLICE = 0.5
"""Seconds of one question, so that a stop is heard between two."""


class Brokers:
    """Asks over a session's connection.

    Parameters
    ----------
    kafka
        The library.
    session
        Whose consumer asks.
    source, target
        Name of the source, and the brokers, for people.
    clock
        Whose monotonic time ends the patience.
    is_stopping
        Whether nobody waits for an answer any more.
    """

    def __init__(
        self,
        kafka: Any,
        session: Session,
        *,
        source: str,
        target: str,
        clock: Clock,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._kafka, self._session = kafka, session
        self._source, self._target = source, target
        self._clock, self._is_stopping = clock, is_stopping

    def ask(self, what: str, question: Callable[[float], Any]) -> Any:
        """Return what the brokers answer to a question that takes a time-out.

        Raises
        ------
        ConnectError
            If they don't for long, or it was stopped meanwhile.
        """
        deadline = self._clock.monotonic() + PATIENCE
        while True:
            try:
                return question(SLICE)
            except self._kafka.KafkaException as error:
                self._session.serve()
                logger.debug("%s: asked for %s: %s", self._source, what, redact(text_of(error)))
                if self._is_stopping():
                    message = "stopped while connecting"
                    raise ConnectError(message, source=self._source) from None
                if not is_passing(error):
                    raise
                if self._clock.monotonic() > deadline:
                    why = self._session.said or text_of(error)
                    message = f"no answer of the brokers at {self._target} about {what}: {why}"
                    raise ConnectError(message, source=self._source) from None

    def find(
        self, topics: Sequence[str], list_topics: Callable[..., Any] | None = None
    ) -> dict[str, list[int]]:
        """Return the partitions of the topics that there are; the session keeps which are missing.

        Parameters
        ----------
        topics
            Names and patterns.
        list_topics
            Asks for them; None is the consumer's.
        """
        asks = list_topics or self._session.consumer.list_topics
        if any("*" in topic for topic in topics):
            known = self.ask("topics", lambda timeout: asks(timeout=timeout)).topics
        else:
            known = {}
            for topic in topics:
                known |= self.ask("topics", partial(asks, topic)).topics
        found: dict[str, list[int]] = {}
        self._session.missing = []
        for topic in topics:
            there = [
                name for name in known if _is_meant(topic, name) and self._is_there(known[name])
            ]
            found |= {name: sorted(known[name].partitions) for name in there}
            if not there:
                self._session.missing.append(topic)
        return found

    def learn(self, topic: str) -> None:
        """Let the consumer know a topic that it has taken for missing."""
        self.ask("topics", partial(self._session.consumer.list_topics, topic))

    def _is_there(self, topic: Any) -> bool:
        if topic.error is None:
            return bool(topic.partitions)
        if topic.error.name() in REFUSALS:
            message = f"the brokers refused the topic {topic.topic!r}: {topic.error.str()}"
            raise RefusedError(message, source=self._source)
        return False

    def offsets_at(self, partitions: Sequence[Partition], ms: int) -> dict[Partition, int]:
        """Return the offsets of the first messages of a time; the ends where there are none."""
        if not partitions:
            return {}
        # The ends first: what comes between two questions lies behind them.
        found = {} if ms == LATEST else self.offsets_at(partitions, LATEST)
        make, consumer = self._kafka.TopicPartition, self._session.consumer
        asked = [make(*one, ms) for one in partitions]
        answer = self.ask("offsets", lambda t: consumer.offsets_for_times(asked, timeout=t))
        for one in answer:
            if one.error is not None:
                raise meaning_of(one.error, self._source)
            if one.offset >= 0:
                found[one.topic, one.partition] = one.offset
        if len(found) < len(partitions):
            message = "the brokers don't say where a topic ends"
            raise ConnectError(message, source=self._source)
        return found


def _is_meant(topic: str, name: str) -> bool:
    is_pattern = "*" in topic and not name.startswith("__")  # not Kafka's own
    return name == topic or (is_pattern and fnmatchcase(name, topic))
