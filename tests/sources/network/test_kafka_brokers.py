"""What brokers of Kafka are asked, without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbstream.sources.network.kafka.brokers import Brokers
from nbstream.sources.network.kafka.session import Session
from nbstream.sources.network.kafka.start import EARLIEST, LATEST
from nbstream.testing import FakeClock


class Answer:
    """An offset as the library has it."""

    error = None

    def __init__(self, topic: str, partition: int, offset: int) -> None:
        self.topic, self.partition, self.offset = topic, partition, offset


class Writing:
    """A consumer of an empty partition, into which a message comes after each question."""

    def __init__(self) -> None:
        self.n = 0

    def offsets_for_times(self, asked: Iterable[Answer], timeout: float) -> list[Answer]:
        """Answer as Tansu does: a partition that is empty has no first message."""
        assert timeout > 0
        found = [
            Answer(
                one.topic, one.partition, self.n if one.offset == LATEST else 0 if self.n else -1
            )
            for one in asked
        ]
        self.n += 1
        return found


def test_what_comes_between_two_questions_is_read() -> None:
    """The end is asked for before a time, so that nothing lies between both."""

    class Library:
        TopicPartition = Answer
        KafkaException = RuntimeError

    library: Any = Library
    session = Session(library, "x")
    session.consumer = Writing()
    brokers = Brokers(
        library, session, source="x", target="", clock=FakeClock(), is_stopping=lambda: False
    )
    assert brokers.offsets_at([("x", 0)], EARLIEST) == {("x", 0): 0}
    assert brokers.offsets_at([("x", 0)], LATEST) == {("x", 0): 2}
