"""Kafka's protocol, against Tansu and librdkafka's own cluster; neither is Apache Kafka."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nbstream.readings.buffer import Buffer
from nbstream.sources import KafkaSource, SourceState
from nbstream.sources.network.kafka.start import EARLIEST, LATEST, Start
from tests.counterparts.kafka import MockKafka, Tansu, make_topic
from tests.sources.network.kafka_tools import come, reads, says, send
from tests.wait import wait_until

confluent_kafka = pytest.importorskip("confluent_kafka")
admin = pytest.importorskip("confluent_kafka.admin")
SOON = 20.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def tansu() -> Iterator[Tansu]:
    """A broker that stays up."""
    with Tansu() as broker:
        yield broker


@pytest.fixture(scope="module")
def mock() -> Iterator[MockKafka]:
    """A cluster that stays up."""
    with MockKafka() as broker:
        yield broker


@pytest.fixture
def topic() -> str:
    """A topic of the test's own."""
    return f"test{next(_numbers)}"


# What is read.


def test_fields_are_channels(tansu: Tansu, topic: str) -> None:
    """JSON, numbers in quotes, bare numbers; the time is the message's own, which a note says."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic) as source:
        send(tansu, topic, '{"temp": 21.5, "on": true}', timestamp=1_782_907_200_000)
        send(tansu, topic, '{"temp": "22.5"}', timestamp=1_782_907_201_000)
        send(tansu, topic, "7", timestamp=1_782_907_202_000)
        come(source, {"temp": [21.5, 22.5], "on": [1.0], "value": [7.0]})
        (time,) = source.buffer.to_pandas().index[:1].tz_convert("UTC")
        assert time.isoformat() == "2026-07-01T12:00:00+00:00"
        says(source, "times are those at which messages were sent")


def test_a_field_is_the_time(tansu: Tansu, topic: str) -> None:
    """What `time` names wins over the message's own time."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic, time="at") as source:
        send(tansu, topic, '{"at": "2026-07-01T12:00:00Z", "x": 1}')
        come(source, {"x": [1.0]})
        (time,) = source.buffer.to_pandas().index[:1].tz_convert("UTC")
        assert time.isoformat() == "2026-07-01T12:00:00+00:00"
        assert not any("were sent" in note for note in source.notes)


def test_topics_become_channels(tansu: Tansu, topic: str) -> None:
    """Of several topics each channel begins with its topic; "*" stands for anything."""
    for name in ("a", "b"):
        make_topic(tansu.address, f"{topic}-{name}")
    with reads(tansu, f"{topic}-*") as source, reads(tansu, [f"{topic}-a", f"{topic}-b"]) as both:
        send(tansu, f"{topic}-a", '{"x": 1}')
        send(tansu, f"{topic}-b", "2")
        for one in (source, both):
            come(one, {f"{topic}-a.x": [1.0], f"{topic}-b": [2.0]})


def test_keys_become_channels(tansu: Tansu, topic: str) -> None:
    """Where a key is a device, each device has channels of its own."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic, by_key=True) as source:
        send(tansu, topic, '{"x": 1}', key="pump")
        send(tansu, topic, "2", key="fan")
        send(tansu, topic, "3")
        come(source, {"pump.x": [1.0], "fan": [2.0], "value": [3.0]})


def test_a_broken_message_costs_itself(tansu: Tansu, topic: str) -> None:
    """It is counted and shown; a tombstone is counted and told; what comes after is read."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic) as source:
        send(tansu, topic, '{"x": 1', b"\xff\xfe\x00", b"", None, "2")
        come(source, {"value": [2.0]})
        says(source, "tombstones")
        source.stop()  # what could have been the head of a table is counted then
        assert source.counters().rejected == 3
        assert source.counters().dropped == 1


def test_a_schema_registry_is_named(tansu: Tansu, topic: str) -> None:
    """Avro is no garbage: the note says what to do; JSON with the id of a schema is read."""
    make_topic(tansu.address, topic)
    avro = b"\x00" + (17).to_bytes(4, "big") + b"\x02\x9a\x99\x99\x99\x99\x99\x35\x40"
    with reads(tansu, topic) as source:
        send(tansu, topic, avro, b"\x00" + (18).to_bytes(4, "big") + b'{"x": 1}')
        come(source, {"x": [1.0]})
        says(source, "schema (17) in a schema registry")
        wait_until(lambda: source.counters().rejected == 1, SOON, lambda: repr(source))
    with reads(tansu, topic, start="earliest", parse=lambda data: {"n": len(data)}) as source:
        come(source, {"n": [float(len(avro)), 13.0]})


def test_only_avro_looks_unhealthy(tansu: Tansu, topic: str) -> None:
    """A topic of which nothing can be read says so, and what to do."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic) as source:
        send(tansu, topic, *[b"\x00\x00\x00\x00\x11\x02abcdef"] * 5)
        wait_until(lambda: source.state is SourceState.UNREADABLE, SOON, lambda: repr(source))
        assert "schema registry" in source.status
        assert "parse=" in source.status


def test_partitions_are_read_in_the_order_of_their_times(tansu: Tansu, topic: str) -> None:
    """What three partitions hold is put together: nothing comes late."""
    make_topic(tansu.address, topic, 3)
    first = 1_782_907_200_000
    client = confluent_kafka.Producer({"bootstrap.servers": tansu.address, "log_level": 0})
    for i in range(3000):
        client.produce(topic, str(i).encode(), partition=i * 7 % 3, timestamp=first + i)
    assert client.flush(10) == 0
    with reads(tansu, topic, start="earliest", buffer=Buffer()) as source:
        come(source, {"value": [float(i) for i in range(3000)]})
        assert source.counters().late == 0
        source.buffer.close()


# Where it begins.


def test_begins_with_what_is_new_or_old(tansu: Tansu, topic: str) -> None:
    """Only new messages, all of them, or those since a time."""
    make_topic(tansu.address, topic)
    with reads(tansu, topic) as source:
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})
    middle = datetime.now(UTC) + timedelta(milliseconds=10)
    wait_until(lambda: datetime.now(UTC) > middle)
    send(tansu, topic, 2)
    for start, expected in (
        ("earliest", [1.0, 2.0]),
        ("10 minutes", [1.0, 2.0]),
        ("10 minutes ago", [1.0, 2.0]),
        (middle, [2.0]),
        (middle.isoformat(), [2.0]),
        (middle.timestamp(), [2.0]),
    ):
        with reads(tansu, topic, start=start) as source:
            come(source, {"value": expected})


@pytest.mark.parametrize(
    ("start", "ms"),
    [
        ("latest", LATEST),
        ("earliest", EARLIEST),
        ("10 minutes", 1_782_906_600_000),
        ("10min ago", 1_782_906_600_000),
        (timedelta(minutes=10), 1_782_906_600_000),
        ("2026-07-01T12:00:00+02:00", 1_782_900_000_000),
        ("2026-07-01 12:00", 1_782_907_200_000),
        (datetime(2026, 7, 1, 12), 1_782_907_200_000),
        (np.datetime64("2026-07-01T12:00"), 1_782_907_200_000),
        (1_782_907_200, 1_782_907_200_000),
        ("1782907200123", 1_782_907_200_123),
    ],
)
def test_a_start_may_be_many_things(start: Any, ms: int) -> None:
    """Of times without a zone the source's counts."""
    assert Start.of(start, UTC).at(1_782_907_200 * 10**9) == ms


@pytest.mark.parametrize("start", ["yesterday", "", 600, True, None, "-5min"])
def test_a_wrong_start_is_told_at_once(start: Any) -> None:
    """It says what a start may be."""
    with pytest.raises(ValueError, match="'start' must be 'latest'"):
        KafkaSource("x", start=start)


def test_goes_on_where_it_stopped(tansu: Tansu, topic: str) -> None:
    """What came meanwhile is read once, here and in another kernel that knows the position."""
    make_topic(tansu.address, topic, 2)
    with reads(tansu, topic) as source:
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})
        source.stop()
        position = json.loads(json.dumps(source.position))
        assert position == {topic: {"0": 1, "1": 0}}
        send(tansu, topic, 2)
        send(tansu, topic, 3, partition=1)
        with KafkaSource(topic, brokers=tansu.address) as other:
            other.stop()
            other.start(position=position)
            come(other, {"value": [2.0, 3.0]})
        source.start()
        come(source, {"value": [1.0, 2.0, 3.0]})
        wait_until(lambda: source.position == {topic: {"0": 2, "1": 1}}, SOON)


@pytest.mark.parametrize(
    "position", [{"x": 1}, {"x": {"0": -1}}, {"x": {"a": 1}}, 7, {"x": {"0": True}}]
)
def test_a_wrong_position_is_told(position: Any) -> None:
    """It shows what a position is like."""
    with KafkaSource("x") as source:
        source.stop()
        with pytest.raises(ValueError, match="'position' must be"):
            source.start(position=position)


def test_leaves_no_trace(tansu: Tansu, topic: str) -> None:
    """Without a group nothing is joined and nothing is committed."""
    make_topic(tansu.address, topic)
    client = admin.AdminClient({"bootstrap.servers": tansu.address, "log_level": 0})
    before = {g.group_id for g in client.list_consumer_groups().result(10).valid}
    with reads(tansu, topic) as source:
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})
    assert {g.group_id for g in client.list_consumer_groups().result(10).valid} == before


def test_a_question_makes_no_topic(tansu: Tansu, topic: str) -> None:
    """Brokers make a topic of which somebody asks, if the question lets them: ours doesn't."""
    make_topic(tansu.address, f"{topic}-a")
    client = admin.AdminClient({"bootstrap.servers": tansu.address, "log_level": 0})
    with reads(tansu, [f"{topic}-a", f"{topic}-b"]) as source:
        session = source._client
        assert session is not None
        assert session.missing == [f"{topic}-b"]
        looked_at = session.look_at
        wait_until(lambda: session.look_at > looked_at, SOON)
    assert f"{topic}-b" not in client.list_topics(timeout=10).topics
