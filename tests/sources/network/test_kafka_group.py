"""What a member of a consumer group takes over: a stand-in tells it of rebalances, as brokers would."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from nbstream.runtime.clock import SystemClock
from nbstream.sources import KafkaSource
from nbstream.sources.network.kafka import source as source_module
from nbstream.sources.network.kafka.brokers import Brokers
from nbstream.sources.network.kafka.group import Membership
from nbstream.sources.network.kafka.places import Places
from nbstream.sources.network.kafka.progress import Progress
from nbstream.sources.network.kafka.session import Partition, Session
from nbstream.sources.network.kafka.start import EARLIEST, LATEST
from tests.sources.network.kafka_tools import come
from tests.wait import wait_until

confluent_kafka = pytest.importorskip("confluent_kafka")
make = confluent_kafka.TopicPartition


class StandIn:
    """A consumer, and the brokers behind it: a hundred messages in each partition of topic "x"."""

    def __init__(self) -> None:
        self.n_partitions = 2
        self.low, self.high = 0, 100
        self.of_group: dict[Partition, int] = {}
        self.places: dict[Partition, int] = {}
        self.polls: list[Callable[[], Any]] = []
        self.consumes: list[Callable[[], list[Any]]] = []

    def poll(self, timeout: float) -> Any:
        """Do what is next, and return a message if one came."""
        if self.polls:
            return self.polls.pop(0)()
        time.sleep(0.001)
        return None

    def consume(self, n: int, timeout: float) -> list[Any]:
        """Do what is next, and return the messages that came."""
        return self.consumes.pop(0)() if self.consumes else []

    def get_watermark_offsets(self, partition: Any, cached: bool) -> tuple[int, int]:
        """Return where a partition begins and ends."""
        return self.low, self.high + 10  # more has come since

    def close(self) -> None:
        """Leave."""

    def subscribe(self, topics: Sequence[str], **callbacks: Callable[..., None]) -> None:
        """Keep what is called back."""
        self.callbacks = callbacks

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        """Return all partitions, whoever of the group has them."""
        numbers = dict.fromkeys(range(self.n_partitions))
        return SimpleNamespace(topics={"x": SimpleNamespace(error=None, partitions=numbers)})

    def committed(self, given: Sequence[Any], timeout: float) -> list[Any]:
        """Return what the group committed."""
        known = self.of_group
        ones = [(one.topic, one.partition) for one in given]
        return [make(*one, known.get(one, confluent_kafka.OFFSET_INVALID)) for one in ones]

    def offsets_for_times(self, asked: Sequence[Any], timeout: float) -> list[Any]:
        """Return the first offset, or the end."""
        ends = {EARLIEST: self.low, LATEST: self.high}
        return [make(one.topic, one.partition, ends[one.offset]) for one in asked]

    def commit(self, offsets: Sequence[Any]) -> None:
        """Keep what is committed."""
        self.of_group |= {(one.topic, one.partition): one.offset for one in offsets}

    def assign(self, given: Sequence[Any]) -> None:
        """Read partitions from their offsets on."""
        self.places = {(one.topic, one.partition): one.offset for one in given}

    def unassign(self) -> None:
        """Read none."""
        self.places = {}

    def gives(self, *numbers: int) -> dict[Partition, int]:
        """Give partitions, after those that it had are taken; return where each begins."""
        self.callbacks["on_revoke"](self, [make(*one) for one in self.places])
        self.callbacks["on_assign"](self, [make("x", number) for number in numbers])
        return self.places


class Message(NamedTuple):
    """One as the library gives it, with its methods."""

    at: int
    offset_: int
    text: bytes
    problem: Any = None

    def topic(self) -> str:
        """Return the topic."""
        return "x"

    def partition(self) -> int:
        """Return the number of its partition."""
        return self.at

    def offset(self) -> int:
        """Return where it lies."""
        return self.offset_

    def value(self) -> bytes:
        """Return the payload."""
        return self.text

    def timestamp(self) -> tuple[int, int]:
        """Return when it was written, by its writer."""
        return 1, 1_700_000_000_000 + self.offset_

    def error(self) -> Any:
        """Return why it is none."""
        return self.problem


class NoIds:
    """Brokers that say no ids of topics."""

    is_answered = True

    def __init__(self, *_: Any) -> None:
        pass

    def ask(self, topics: Any) -> None:
        """Ask nobody."""

    def take(self) -> dict[str, str]:
        """Return no ids."""
        return {}

    def close(self) -> None:
        """End nothing."""


class Member:
    """Sessions of one source, one after another."""

    def __init__(self, consumer: StandIn, start_ms: int = LATEST) -> None:
        self.consumer, self.start_ms = consumer, start_ms
        self.progress = Progress()
        self.notes: list[str] = []
        self.n_dropped = 0
        self.connect()

    def connect(self) -> None:
        """Join anew, as after a break."""
        self.consumer.places = {}
        self.session = Session(confluent_kafka, "source")
        self.session.consumer = self.consumer
        self.session.brokers = Brokers(
            confluent_kafka,
            self.session,
            source="source",
            target="here",
            clock=SystemClock(),
            is_stopping=lambda: False,
        )
        places = Places(
            self.session.brokers,
            self.progress,
            drop=self._drop,
            note=lambda kind, text: None,
            note_once=lambda kind, text: self.notes.append(text),
        )
        self.group = Membership(
            confluent_kafka,
            "g",
            self.session,
            self.progress,
            places,
            start_ms=lambda: self.start_ms,
            note=lambda kind, text: None,
            share=lambda text: None,
        )
        self.group.join(["x"])

    def _drop(self, n: int, why: str) -> None:
        self.n_dropped += n

    def reads(self, number: int, offset: int) -> None:
        """Let a partition be read up to an offset, and commit it."""
        self.session.ends["x", number] = offset
        self.progress.advance({("x", number): offset})
        self.group.commit()


def test_a_topic_made_anew_is_read_from_its_start_and_goes_on() -> None:
    """What stands in it came since; a later rebalance goes on where the group was, not at `start`."""
    consumer = StandIn()
    member = Member(consumer)
    assert consumer.gives(0, 1) == {("x", 0): 100, ("x", 1): 100}
    member.progress.miss(["x"])
    consumer.of_group.clear()  # brokers forget it with the topic
    consumer.high = 7
    member.connect()
    assert consumer.gives(0, 1) == {("x", 0): 0, ("x", 1): 0}
    assert any("made anew" in note for note in member.notes)
    member.reads(0, 5)
    member.reads(1, 6)
    assert consumer.gives(1) == {("x", 1): 6}  # a second member joined
    assert consumer.gives(0, 1) == {("x", 0): 5, ("x", 1): 6}


@pytest.mark.parametrize("has_break", [False, True])
def test_partitions_added_to_a_group_are_read_from_their_start(has_break: bool) -> None:
    """Those that there were already begin at `start`, though another member had them until now."""
    consumer = StandIn()
    member = Member(consumer)
    assert consumer.gives(0) == {("x", 0): 100}
    consumer.n_partitions = 3
    if has_break:
        member.connect()
    assert consumer.gives(0, 1, 2) == {("x", 0): 100, ("x", 1): 100, ("x", 2): 0}


def test_an_added_partition_has_lost_nothing() -> None:
    """What the brokers deleted of it before it was found was not to be read; it is not counted."""
    consumer = StandIn()
    member = Member(consumer)
    consumer.gives(0, 1)
    consumer.n_partitions, consumer.low = 3, 40
    member.reads(0, 100)
    member.reads(1, 100)
    assert consumer.gives(0, 1, 2)["x", 2] == 40
    assert member.n_dropped == 0


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """What a source gets in place of the library's consumer."""
    consumer = StandIn()
    monkeypatch.setattr(confluent_kafka, "Consumer", lambda *_, **options: consumer)
    monkeypatch.setattr(source_module, "TopicIds", NoIds)
    return consumer


@pytest.mark.parametrize("numbers", [(0,), (0, 1)])
def test_messages_of_a_partition_that_was_taken_are_left_to_its_new_owner(
    numbers: tuple[int, ...], consumer: StandIn
) -> None:
    """Taken between a message and the next ones: neither is delivered nor committed here."""

    def takes() -> list[Any]:
        consumer.callbacks["on_revoke"](consumer, [make("x", number) for number in numbers])
        return [Message(0, 101, b"2")]

    consumer.polls = [
        lambda: consumer.gives(*numbers) and None,
        lambda: Message(0, 100, b"1"),
        lambda: consumer.gives(1) and None,
        lambda: Message(1, 100, b"3"),
    ]
    consumer.consumes = [takes]
    with KafkaSource("x", group="g") as source:
        come(source, {"value": [3.0]})
        wait_until(lambda: source.position == {"x": {"1": 101}})
    assert consumer.of_group["x", 0] == 100


def test_a_message_is_read_once_where_a_partition_is_given_back(
    consumer: StandIn,
) -> None:
    """It comes again from where the group is, so that the one that came before is dropped."""
    consumer.polls = [
        lambda: consumer.gives(0) and None,
        lambda: Message(0, 100, b"1"),
        lambda: Message(0, 100, b"1"),
        lambda: Message(0, 101, b"2"),
    ]
    consumer.consumes = [lambda: consumer.gives(0) and []]
    with KafkaSource("x", group="g") as source:
        come(source, {"value": [1.0, 2.0]})
        wait_until(lambda: source.position == {"x": {"0": 102}})


def test_the_end_of_a_partition_that_was_taken_is_not_where_it_goes_on(
    consumer: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies before it was left to another member, or comes again."""
    monkeypatch.setattr(source_module, "WATCH_EVERY", 0.0)
    eof = confluent_kafka.KafkaError(confluent_kafka.KafkaError._PARTITION_EOF)

    def takes() -> list[Any]:
        consumer.callbacks["on_revoke"](consumer, [make("x", 0)])
        return [Message(0, 105, b"", eof)]

    consumer.polls = [
        lambda: consumer.gives(0) and None,
        lambda: Message(0, 100, b"1"),
        lambda: consumer.gives(0, 1) and None,
        lambda: None,
        lambda: Message(1, 100, b"2"),
    ]
    consumer.consumes = [takes]
    with KafkaSource("x", group="g") as source:
        come(source, {"value": [2.0]})
        wait_until(lambda: source.position == {"x": {"0": 100, "1": 101}})
