"""What goes wrong with Kafka: brokers that die or hang, topics that come and go, rebalances."""

from __future__ import annotations

import itertools
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.errors import ConfigurationError
from nbstream.sources import KafkaSource, SourceState
from tests.counterparts.kafka import MockKafka, Tansu, make_topic
from tests.counterparts.ports import HOST, free_port
from tests.sources.network.kafka_tools import come, reads, says, send, values
from tests.wait import wait_until

pytest.importorskip("confluent_kafka")
SOON = 20.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def mock() -> Iterator[MockKafka]:
    """A cluster that stays up."""
    with MockKafka() as broker:
        yield broker


@pytest.fixture(scope="module")
def tansu() -> Iterator[Tansu]:
    """A broker that stays up."""
    with Tansu() as broker:
        yield broker


@pytest.fixture
def topic() -> str:
    """A topic of the test's own."""
    return f"fault{next(_numbers)}"


def is_in(source: KafkaSource, state: SourceState) -> None:
    """Wait for a state."""
    wait_until(lambda: source.state is state, SOON, lambda: f"{source!r} {source.notes}")


def stops_at_once(source: KafkaSource) -> None:
    """Stop, and see that it took a second at most, and much for a busy machine: what hangs takes minutes."""
    begun = time.monotonic()
    source.stop()
    assert time.monotonic() - begun < 15.0
    assert source.state is SourceState.STOPPED


# Offsets that are not there.


def test_an_offset_beyond_the_end_is_told(mock: MockKafka, topic: str) -> None:
    """A topic that ends before the position was made anew: it is read from its start, with a note."""
    send(mock, topic, 1, 2)
    with KafkaSource(topic, brokers=mock.address) as source:
        source.stop()
        source.start(position={topic: {"0": 5000}})
        come(source, {"value": [1.0, 2.0]})
        says(source, "made anew")


def test_what_was_deleted_before_it_was_read_is_counted(mock: MockKafka, topic: str) -> None:
    """Offsets that are too old are a gap: counted, told, and read on with what there is."""
    send(mock, topic, 1)
    with reads(mock, topic, start="earliest") as source:
        come(source, {"value": [1.0]})
        source.stop()
        send(mock, topic, *([b"x" * 400_000] * 20))  # more than the cluster keeps of a partition
        send(mock, topic, 2)
        source.start()
        wait_until(
            lambda: values(source).get("value", [])[-1:] == [2.0], SOON, lambda: repr(source)
        )
        says(source, "deleted at the brokers before they could be read")
        wait_until(lambda: source.counters().dropped > 0, SOON)


# Topics and partitions.


def test_a_topic_that_is_not_there_yet(tansu: Tansu, topic: str) -> None:
    """It is waited for, which the status says; all that comes into it is read."""
    with KafkaSource(topic, brokers=tansu.address) as source:
        wait_until(lambda: "no such topic yet" in source.status, SOON, lambda: repr(source))
        make_topic(tansu.address, topic)
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})
        wait_until(lambda: not any("no such topic" in note for note in source.notes), SOON)


def test_a_group_has_a_topic_that_is_not_there_yet(tansu: Tansu, topic: str) -> None:
    """What is in it before the group gives its partitions came while this waited."""
    options: dict[str, Any] = {"group": "waits", "settings": {"session.timeout.ms": 6000}}
    with KafkaSource(topic, brokers=tansu.address, **options) as source:
        wait_until(lambda: "joining the group" in source.status, SOON, lambda: repr(source))
        make_topic(tansu.address, topic)
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})


def test_one_of_two_topics_is_not_there_yet(tansu: Tansu, topic: str) -> None:
    """The other is read meanwhile, and a note says what is missing."""
    make_topic(tansu.address, f"{topic}a")
    with reads(tansu, [f"{topic}a", f"{topic}b"]) as source:
        send(tansu, f"{topic}a", 1)
        come(source, {f"{topic}a": [1.0]})
        says(source, f"waiting for '{topic}b'")
        make_topic(tansu.address, f"{topic}b")
        send(tansu, f"{topic}b", 2)
        come(source, {f"{topic}a": [1.0], f"{topic}b": [2.0]})
        wait_until(lambda: not any("waiting for" in note for note in source.notes), SOON)


def test_a_topic_that_comes_during_a_break_is_read_from_its_start(tansu: Tansu, topic: str) -> None:
    """It is new, whatever `start` says of those that were there."""
    make_topic(tansu.address, f"{topic}a")
    with reads(tansu, [f"{topic}a", f"{topic}b"]) as source:
        source.stop()
        make_topic(tansu.address, f"{topic}b")
        send(tansu, f"{topic}b", 2)
        source.start()
        come(source, {f"{topic}b": [2.0]})


def test_partitions_that_are_added_are_read(
    tansu: Tansu, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From their start, for all that is in them is new."""
    make_topic(tansu.address, topic, 2)
    send(tansu, topic, 1, partition=1)
    is_added = threading.Event()
    find = KafkaSource._find

    def find_one(*arguments: Any) -> dict[str, list[int]]:  # neither counterpart can add partitions
        found = find(*arguments)
        return found if is_added.is_set() else {topic: found[topic][:1]}

    monkeypatch.setattr(KafkaSource, "_find", find_one)
    with reads(tansu, topic) as source:
        send(tansu, topic, 2)
        come(source, {"value": [2.0]})
        is_added.set()
        come(source, {"value": [1.0, 2.0]})
        wait_until(lambda: source.position == {topic: {"0": 1, "1": 1}}, SOON)


@pytest.mark.parametrize("group", [None, "anew"])
def test_a_topic_that_is_made_anew_is_read_from_its_start(
    tansu: Tansu, topic: str, group: str | None
) -> None:
    """Though as much is in it as was read of the old one; the note says it."""
    from confluent_kafka.admin import AdminClient

    make_topic(tansu.address, topic)
    options: dict[str, Any] = {"group": group, "settings": {"session.timeout.ms": 6000}}
    with reads(tansu, topic, **options) as source:
        send(tansu, topic, 1)
        come(source, {"value": [1.0]})
        # librdkafka 2.16 would crash: Tansu answers its reader in a way that it cannot take.
        source.stop()
        wait_until(lambda: all(t.name != "kafka-leave" for t in threading.enumerate()), SOON)
        client = AdminClient({"bootstrap.servers": tansu.address, "log_level": 0})
        client.delete_topics([topic])[topic].result(10)
        make_topic(tansu.address, topic)
        send(tansu, topic, 2)
        source.start()
        come(source, {"value": [1.0, 2.0]})
        says(source, "made anew")


# Brokers.


@pytest.mark.parametrize("kind", [Tansu, MockKafka])
def test_a_broker_that_comes_later(kind: type[Tansu | MockKafka], topic: str) -> None:
    """The first attempt is like any other."""
    broker = kind()
    with KafkaSource(topic, brokers=f"{HOST}:{broker.port}", start="earliest") as source:
        wait_until(
            lambda: source.state is SourceState.RECONNECTING and "refused" in source.status.lower(),
            SOON,
            lambda: repr(source),
        )
        if kind is Tansu:
            with broker:
                make_topic(broker.address, topic)
                send(broker, topic, 1)
                come(source, {"value": [1.0]})


def test_a_cluster_that_was_killed(topic: str) -> None:
    """It is gone, which the status says; a stop ends the waiting at once."""
    with MockKafka() as broker:
        send(broker, topic, 1)
        with reads(broker, topic, start="earliest") as source:
            come(source, {"value": [1.0]})
            broker.kill()
            is_in(source, SourceState.RECONNECTING)
            assert source.position[topic]["0"] == 1
            stops_at_once(source)


@pytest.mark.parametrize("kind", [Tansu, MockKafka])
def test_a_broker_that_hangs(kind: type[Tansu | MockKafka], topic: str) -> None:
    """It holds nobody up: neither who reads nor who connects; and goes on when it does."""
    with kind() as broker:
        if kind is Tansu:
            make_topic(broker.address, topic)
        send(broker, topic, 1)
        with reads(broker, topic, start="earliest") as source:
            come(source, {"value": [1.0]})
            broker.hold()
            stops_at_once(source)
            source.start()
            wait_until(lambda: "connecting" in source.status, SOON, lambda: repr(source))
            stops_at_once(source)
            source.start()
            broker.release()
            send(broker, topic, 2)
            come(source, {"value": [1.0, 2.0]})


def test_a_broker_that_hangs_is_noticed(topic: str) -> None:
    """Without an answer for `socket.timeout.ms` the connection is given up, without being asked to."""
    with Tansu() as broker:
        make_topic(broker.address, topic)
        with reads(broker, topic, settings={"socket.timeout.ms": 1000}) as source:
            broker.hold()
            is_in(source, SourceState.RECONNECTING)
            broker.release()


# Who asks, and what is told.


def test_a_login_that_is_not_taken(tansu: Tansu, topic: str, caplog: Any) -> None:
    """A broker that knows no login is told in words; the password is in no text."""
    caplog.set_level(logging.DEBUG)
    url = f"kafka://me:open-sesame7@{HOST}:{tansu.port}/{topic}"
    settings = {"debug": "security,broker,conf"}
    with KafkaSource.from_url(url, settings=settings) as source:
        wait_until(
            lambda: source.state in (SourceState.RECONNECTING, SourceState.FAILED),
            SOON,
            lambda: repr(source),
        )
        texts = (
            f"{source!r}{source.status}{source.last_error!r}{source.notes}{source.buffer.events}"
        )
        assert "open-sesame7" not in texts
    assert caplog.text
    assert "open-sesame7" not in caplog.text


def test_a_wrong_setting_is_final(topic: str) -> None:
    """What librdkafka does not know is told in its words, and tried once."""
    with KafkaSource(topic, settings={"fetch.wait.max.mss": 1}) as source:
        is_in(source, SourceState.FAILED)
        assert isinstance(source.last_error, ConfigurationError)
        assert "fetch.wait.max.mss" in source.status
    with pytest.raises(ValueError, match="Pass group="):
        KafkaSource(topic, settings={"group.id": "g"})


def test_writes_nothing_to_stderr() -> None:
    """What librdkafka says goes to logging, where a refused connection is a line."""
    program = f"""
import logging, sys, time
import nbstream as ns
lines = []
class Keep(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())
logging.getLogger("nbstream").addHandler(Keep())
with ns.KafkaSource("x", brokers="{HOST}:{free_port()}") as source:
    deadline = time.monotonic() + 40
    while not lines and time.monotonic() < deadline:
        time.sleep(0.01)
assert any("refused" in line for line in lines), lines
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_says_how_far_it_is_behind(tansu: Tansu, topic: str) -> None:
    """By messages and by time, in the status and in a note, until it has caught up."""
    make_topic(tansu.address, topic)
    send(tansu, topic, 1, timestamp=round(time.time() * 1000) - 3_600_000)
    send(tansu, topic, *range(2, 30))
    is_reading, is_seen = threading.Event(), threading.Event()

    def parse(data: bytes) -> float:
        if data == b"2":
            is_reading.set()
            assert is_seen.wait(3 * SOON)
        return float(data)

    with reads(tansu, topic, start="earliest", parse=parse) as source:
        assert is_reading.wait(3 * SOON)
        source._progress.newest_ms[topic] = round(time.time() * 1000) - 3_600_000
        session = source._client
        assert session is not None
        wait_until(lambda: session.high((topic, 0)) == 29, SOON)
        source._watch(session, 0.0)
        assert source.lag == (29, pytest.approx(3600, abs=60))
        assert "29 messages behind (60 min)" in source.status
        says(source, "29 messages behind")
        is_seen.set()
        come(source, {"value": [float(i) for i in range(1, 30)]})
        wait_until(lambda: source.lag == (0, 0.0), SOON, lambda: repr(source.lag))
        wait_until(lambda: "behind" not in f"{source.status}{source.notes}", SOON)


# Groups.


def shares(source: KafkaSource) -> int:
    """Return how many partitions a member has."""
    return len((source.position or {}).get("x", {}))


def test_a_group_shares_partitions_and_commits() -> None:
    """Two members have half of them each; what was read is committed; who goes leaves all to the other."""
    with Tansu() as broker:
        make_topic(broker.address, "x", 2)
        options: dict[str, Any] = {"group": "g", "settings": {"session.timeout.ms": 6000}}
        with reads(broker, "x", start="earliest", **options) as one:
            says(one, "the partitions 'x' 0, 1")
            send(broker, "x", 1)
            send(broker, "x", 2, partition=1)
            come(one, {"value": [1.0, 2.0]})
            with reads(broker, "x", start="earliest", **options) as two:
                wait_until(
                    lambda: [shares(source) for source in (one, two)] == [1, 1],
                    40,
                    lambda: f"{one.position} {two.position} {one.notes} {two.notes}",
                )
                send(broker, "x", 3)
                send(broker, "x", 4, partition=1)
                wait_until(
                    lambda: (
                        sorted(values(one).get("value", []) + values(two).get("value", []))
                        == [1.0, 2.0, 3.0, 4.0]
                    ),
                    SOON,
                    lambda: f"{values(one)} {values(two)} {one!r} {two!r}",
                )
            says(one, "the partitions 'x' 0, 1")
        with reads(broker, "x", start="earliest", **options) as three:
            send(broker, "x", 5)
            come(three, {"value": [5.0]})


def test_joining_is_stopped_at_once(tansu: Tansu, topic: str) -> None:
    """A group takes seconds to give partitions, and holds nobody up."""
    make_topic(tansu.address, topic)
    with KafkaSource(topic, brokers=tansu.address, group="j") as source:
        wait_until(lambda: "joining the group" in source.status, SOON, lambda: repr(source))
        stops_at_once(source)
