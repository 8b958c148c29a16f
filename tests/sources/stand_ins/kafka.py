"""The consumer of the library confluent-kafka, of a topic of one partition."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from nbstream.testing import Cuts
from tests.sources.stand_ins import be_silent


class StandInConsumer:
    """A consumer.

    Parameters
    ----------
    cuts
        Says what comes.
    library
        The real one: its errors are used.
    settings
        Of the consumer.
    """

    def __init__(self, cuts: Cuts, library: Any, settings: dict[str, Any]) -> None:
        self._cuts, self._library = cuts, library
        self._hear = settings["error_cb"]
        self._offset: int | None = None
        self._is_connected = False

    def _down(self) -> Any:
        return self._library.KafkaError(self._library.KafkaError._ALL_BROKERS_DOWN)

    def list_topics(self, topic: str, timeout: float) -> Any:
        """Return what there is of a topic."""
        if not self._is_connected:
            try:
                self._cuts.connect()
            except ConnectionRefusedError as error:
                self._hear(self._down())
                raise self._library.KafkaException(self._down()) from error
            self._is_connected = True
        return listed(topic)

    def offsets_for_times(self, asked: list[Any], timeout: float) -> list[Any]:
        """Return the offsets of times: the end of what was said, or the beginning."""
        end = len(self._cuts.said)
        return [
            SimpleNamespace(
                topic=one.topic,
                partition=one.partition,
                error=None,
                offset=end if one.offset < 0 else 0,
            )
            for one in asked
        ]

    def get_watermark_offsets(self, partition: Any, cached: bool) -> tuple[int, int]:
        """Return the first offset and the end."""
        return 0, len(self._cuts.said)

    def incremental_assign(self, partitions: list[Any]) -> None:
        """Begin to read."""
        self._offset = partitions[0].offset

    def poll(self, timeout: float) -> Any:
        """Return the next message."""
        if self._offset is None or timeout == 0:
            return None
        try:
            number = self._cuts.read()
        except ConnectionResetError:
            self._hear(self._down())
            return None
        if number is None:
            be_silent()
            return None
        self._offset += 1
        return Message(number, self._offset - 1)

    def consume(self, n: int, timeout: float) -> list[Any]:
        """Return what has come beside it."""
        return []

    def close(self) -> None:
        """Close it."""


class StandInIds:
    """What asks for the ids of topics: brokers that know none."""

    is_answered = True

    def __init__(self, *_: Any) -> None:
        return

    def ask(self, topics: Any) -> None:
        """Ask for them."""

    def take(self) -> dict[str, str]:
        """Return those that were answered."""
        return {}

    def list_topics(self, topic: str, timeout: float) -> Any:
        """Return what there is of a topic."""
        return listed(topic)

    def close(self) -> None:
        """Ask no more."""


def listed(topic: str) -> Any:
    """Return what brokers say of a topic that is there."""
    found = SimpleNamespace(topic=topic, error=None, partitions={0: None})
    return SimpleNamespace(topics={topic: found})


class Message:
    """A message.

    Parameters
    ----------
    number
        What it says.
    offset
        Its place.
    """

    def __init__(self, number: int, offset: int) -> None:
        self._number, self._offset = number, offset

    def error(self) -> None:
        """Return what is wrong: nothing."""

    def key(self) -> None:
        """Return the key: it has none."""

    def value(self) -> bytes:
        """Return the payload."""
        return b"%d" % self._number

    def topic(self) -> str:
        """Return the topic."""
        return "value"

    def partition(self) -> int:
        """Return the partition."""
        return 0

    def offset(self) -> int:
        """Return the place."""
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        """Return the kind of its time: none, and no time."""
        return 0, -1
