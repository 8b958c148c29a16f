"""MQTT, against a real Mosquitto that crashes, hangs and refuses."""

from __future__ import annotations

import gc
import itertools
import random
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.errors import RefusedError
from nbstream.sources import MqttSource, SourceState
from nbstream.sources.network import mqtt as module
from nbstream.testing import Cuts, HastyClock
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.ports import HOST
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.mqtt import StandInClient
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

publish = pytest.importorskip("paho.mqtt.publish")
SOON = 10.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def shared() -> Iterator[Mosquitto]:
    """A broker that stays up."""
    with Mosquitto() as broker:
        yield broker


@pytest.fixture
def base() -> str:
    """A topic of the test's own."""
    return f"test{next(_numbers)}"


def send(broker: Mosquitto, *messages: tuple[str, Any], **options: Any) -> None:
    """Publish messages."""
    packets = [{"topic": topic, "payload": payload, **options} for topic, payload in messages]
    publish.multiple(packets, hostname=HOST, port=broker.port)


def listens(broker: Mosquitto, topics: Any, **options: Any) -> MqttSource:
    """Return a source that has subscribed."""
    source = MqttSource(topics, host=HOST, port=broker.port, **options).start()
    is_connected(source)
    return source


def is_connected(source: MqttSource) -> None:
    """Wait until a source has subscribed."""
    wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))


def values(source: MqttSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: MqttSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(lambda: values(source) == expected, SOON, lambda: f"{values(source)} {source!r}")


def test_topics_become_channels(shared: Mosquitto, base: str) -> None:
    """Of several topics each channel begins with its topic; numbers, JSON and words on one wildcard."""
    with listens(shared, f"{base}/#") as source:
        send(
            shared,
            (f"{base}/kitchen", "21.5"),
            (f"{base}/bath", '{"temp": "22.5", "hum": 48, "on": true}'),
            (f"{base}/hall/lamp", "ON"),
        )
        come(
            source,
            {
                f"{base}/kitchen": [21.5],
                f"{base}/bath.temp": [22.5],
                f"{base}/bath.hum": [48.0],
                f"{base}/bath.on": [1.0],
                f"{base}/hall/lamp": [1.0],
            },
        )
        wait_until(lambda: any("arrival times" in note for note in source.notes), SOON)


def test_one_topic_needs_no_prefix(shared: Mosquitto, base: str) -> None:
    """Fields of JSON are the channels, a bare number is named by the last level."""
    with listens(shared, f"{base}/kitchen") as source:
        send(shared, (f"{base}/kitchen", "21.5"), (f"{base}/kitchen", '{"hum": 48}'))
        come(source, {"kitchen": [21.5], "hum": [48.0]})


def test_a_message_has_its_own_time(shared: Mosquitto, base: str) -> None:
    """The time that `time` names is the reading's."""
    with listens(shared, base, time="at") as source:
        send(shared, (base, '{"at": "2026-07-01T12:00:00Z", "x": 1}'))
        come(source, {"x": [1.0]})
        (time,) = source.buffer.to_pandas().index[:1].tz_convert("UTC")
        assert time.isoformat() == "2026-07-01T12:00:00+00:00"


def test_a_broken_message_costs_itself(shared: Mosquitto, base: str) -> None:
    """It is counted and shown; what comes after it is read."""
    with listens(shared, base) as source:
        send(shared, (base, '{"x": 1'), (base, b"\xff\xfe\x00"), (base, ""), (base, "2"))
        come(source, {base: [2.0]})
        source.stop()  # what could have been the head of a table is counted then
        assert source.counters().rejected == 3


def test_kept_values_are_left_out(shared: Mosquitto, base: str) -> None:
    """Nobody knows how old a retained value is; `retained=True` reads it."""
    send(shared, (base, "1"), retain=True)
    with listens(shared, base) as source, listens(shared, base, retained=True) as other:
        send(shared, (base, "2"))
        come(source, {base: [2.0]})
        come(other, {base: [1.0, 2.0]})
        assert any("retained=True" in note for note in source.notes)
        assert source.counters().dropped == 1


def test_subscribes_again_after_a_restart() -> None:
    """A broker that was killed and comes back is listened to as before."""
    with Mosquitto() as broker, listens(broker, "a/#") as source:
        send(broker, ("a/x", "1"))
        come(source, {"a/x": [1.0]})
        broker.kill()
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        broker.start()
        is_connected(source)
        send(broker, ("a/x", "2"))
        come(source, {"a/x": [1.0, 2.0]})


def test_a_broker_that_comes_later() -> None:
    """The first attempt is like any other."""
    broker = Mosquitto()
    with MqttSource("a", host=HOST, port=broker.port).start() as source:
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        with broker:
            is_connected(source)
            send(broker, ("a", "1"))
            come(source, {"a": [1.0]})


def test_a_broker_that_hangs_is_noticed() -> None:
    """Without an answer to a sign of life the connection is given up; a stop is heard meanwhile."""
    with Mosquitto() as broker, listens(broker, "a", keepalive=1) as source:
        broker.hold()
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        stops_at_once(source)
        broker.release()


def test_two_clients_with_one_id_are_told(shared: Mosquitto, base: str) -> None:
    """They throw each other out; after some rounds the state asks whether there is another."""
    options = {"client_id": f"{base}-id"}
    with listens(shared, base, **options) as one, listens(shared, base, **options) as two:
        wait_until(
            lambda: any("use the id" in source.status for source in (one, two)),
            30,
            lambda: f"{one!r} {two!r}",
        )


def test_what_came_while_away_is_kept() -> None:
    """A persistent client gets what was published while it was stopped."""
    with (
        Mosquitto() as broker,
        listens(broker, "a", qos=1, client_id="me", persistent=True) as source,
    ):
        source.stop()
        send(broker, ("a", "1"), qos=1)
        source.start()
        come(source, {"a": [1.0]})


def test_a_message_sent_again_is_left_out(shared: Mosquitto, base: str) -> None:
    """What the broker marks as sent again, and came already, is one reading."""
    with listens(shared, base, qos=1) as source:

        class Packet:
            topic, payload, qos, retain = base, b"1", 1, False

        for dup in (False, True):
            packet: Any = Packet()
            packet.dup = dup
            source._has_message(None, None, packet)  # type: ignore[arg-type]
        assert source.counters().dropped == 1
        assert len(source._came) == 1


def test_a_wrong_password_is_final_at_first() -> None:
    """Nothing is tried again before it has ever worked, and no text shows the password."""

    class Closed(Mosquitto):
        settings = ("allow_anonymous false",)

    with Closed() as broker:
        url = f"mqtt://me:open-sesame@{HOST}:{broker.port}/a"
        with MqttSource.from_url(url).start() as source:
            wait_until(lambda: source.state is SourceState.FAILED, SOON, lambda: repr(source))
            assert isinstance(source.last_error, RefusedError)
            assert "refused" in source.status
            assert (
                "open-sesame" not in f"{source!r}{source.status}{source.last_error!r}{source.notes}"
            )


def test_stops_at_once_while_it_connects() -> None:
    """A broker that takes the connection and says nothing holds nobody up."""
    with Mosquitto() as broker:
        broker.hold()
        source = MqttSource("a", host=HOST, port=broker.port).start()
        wait_until(lambda: "connecting" in source.status, SOON, lambda: repr(source))
        stops_at_once(source)
        source.close()
        broker.release()


def test_an_address_names_it() -> None:
    """Host, port, user, topic and options stand in an address."""
    with MqttSource.from_url(
        "mqtts://me:open-sesame@broker/home/+/temp/#?qos=1&client_id=x"
    ) as source:
        assert (source.host, source.port, source.qos) == ("broker", 8883, 1)
        assert source.topics == ("home/+/temp/#",)
        assert source.client_id == "x"
    with MqttSource.from_url("mqtt://broker:1884") as source:
        assert (source.port, source.topics) == (1884, ("#",))


@pytest.mark.parametrize("topic", ["", "a/#/b", "a#", "a+/b", "x\0"])
def test_a_wrong_topic_is_told_at_once(topic: str) -> None:
    """What can't be a filter is an error where it was written."""
    with pytest.raises(ValueError, match="A topic is such as"):
        MqttSource(topic)


def test_persistent_needs_an_id() -> None:
    """A random id would lose all that the broker kept."""
    with pytest.raises(ValueError, match="client_id"):
        MqttSource("a", persistent=True, qos=1)


@pytest.mark.filterwarnings(
    "ignore:unclosed <ssl:ResourceWarning"
)  # by paho, of a handshake that failed
def test_encryption_is_checked(shared: Mosquitto) -> None:
    """A broker that speaks no TLS is an error in words, tried again."""

    def see() -> None:
        tls = ssl.create_default_context()
        with MqttSource("a", host=HOST, port=shared.port, tls=tls).start() as source:
            wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
            assert "connection reset" in source.status or "SSL" in source.status

    see()
    gc.collect()


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without paho-mqtt the error names the extra."""
    monkeypatch.setitem(module.load_extra.__globals__["importlib"].__dict__, "import_module", _none)
    with pytest.raises(ImportError, match=r"nbstream\[mqtt\]"):
        MqttSource("a")


def _none(name: str) -> Any:
    raise ImportError(name)


def test_what_came_before_the_end_is_read() -> None:
    """A message and the end of the connection may come together; to the broker the message was received."""
    clock = HastyClock()
    cuts = Cuts(20, clock)
    source = MqttSource("value", clock=clock, random=random.Random(1))

    def make(*_: Any, **__: Any) -> StandInClient:
        return StandInClient(cuts, "value", is_hasty=True)

    source._mqtt = Library(source._mqtt, Client=make)  # type: ignore[assignment]
    with source:
        wait_until(
            lambda: source.counters().accepted == len(cuts.said) == 17, 10, lambda: repr(source)
        )
        assert source.buffer.channel("value").rows(0).values.tolist() == list(cuts.said)
