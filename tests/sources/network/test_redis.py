"""Redis, against a real server that crashes, hangs, refuses and forgets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.errors import RefusedError
from nbstream.sources import RedisSource, SourceState
from nbstream.sources.network import redis as module
from tests.counterparts.ports import HOST
from tests.counterparts.proxy import Proxy
from tests.counterparts.redis import Redis
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

library = pytest.importorskip("redis")
SOON = 10.0
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    """A server that stays up."""
    with Redis() as server:
        yield server


@pytest.fixture
def key() -> str:
    """A key of the test's own."""
    return f"test{next(_numbers)}"


def url(server: Redis) -> str:
    """Return the address of a server."""
    return f"redis://{HOST}:{server.port}/0"


def client(server: Redis) -> Any:
    """Return a client that writes."""
    return library.Redis(HOST, server.port)


def reads(server: Redis, streams: Any = None, **options: Any) -> RedisSource:
    """Return a source that is connected."""
    source = RedisSource(url(server), streams, **options).start()
    wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))
    return source


def values(source: RedisSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: RedisSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(lambda: values(source) == expected, SOON, lambda: f"{values(source)} {source!r}")


def test_entries_become_readings(server: Redis, key: str) -> None:
    """Fields are channels, the id is the time; an entry may hold one message of JSON."""
    with client(server) as writer, reads(server, key) as source:
        writer.xadd(key, {"temp": "21.5", "hum": "48"}, id="1782907200000-0")
        writer.xadd(key, {"data": '{"temp": 22.5}'}, id="1782907201000-0")
        come(source, {"temp": [21.5, 22.5], "hum": [48.0]})
        assert source.buffer.to_pandas().index[0].year == 2026
        assert source.position == {key: "1782907201000-0"}


@pytest.mark.parametrize("protocol", [2, 3])
def test_both_forms_of_the_protocol(server: Redis, key: str, protocol: int) -> None:
    """Entries and what is published are the same in RESP2, which is asked for, and in RESP3."""
    address = f"{url(server)}?protocol={protocol}"
    streams = RedisSource(address, key, start="earliest")
    topics = RedisSource(address, topics=key)
    with client(server) as writer, topics.start():
        wait_until(lambda: topics.state is SourceState.RUNNING, SOON, lambda: repr(topics))
        for i in range(120):
            writer.xadd(key, {"data": f'{{"temp": {i}}}'} if i % 2 else {"temp": i, "mode": "on"})
            writer.publish(key, f'{{"hum": {i}}}')
        with streams.start():
            come(streams, {"temp": [float(i) for i in range(120)], "mode": [1.0] * 60})
        come(topics, {"hum": [float(i) for i in range(120)]})


def test_what_a_stream_holds_already(server: Redis, key: str) -> None:
    """By default only what is new is read, with "earliest" all of it."""
    with client(server) as writer:
        writer.xadd(key, {"x": "1"})
        with reads(server, key) as new, reads(server, key, start="earliest") as old:
            writer.xadd(key, {"x": "2"})
            come(new, {"x": [2.0]})
            come(old, {"x": [1.0, 2.0]})


def test_several_streams(server: Redis, key: str) -> None:
    """Each channel begins with its stream."""
    with client(server) as writer, reads(server, [f"{key}a", f"{key}b"]) as source:
        writer.xadd(f"{key}a", {"x": "1"})
        writer.xadd(f"{key}b", {"x": "2"})
        come(source, {f"{key}a.x": [1.0], f"{key}b.x": [2.0]})


def test_what_is_published(server: Redis, key: str) -> None:
    """Topics by a pattern; payloads as anywhere."""
    with client(server) as writer, reads(server, topics=f"{key}.*") as source:
        writer.publish(f"{key}.a", "21.5")
        writer.publish(f"{key}.b", '{"x": 1}')
        come(source, {f"{key}.a": [21.5], f"{key}.b.x": [1.0]})


def test_what_is_published_at_once_is_heard(server: Redis, key: str) -> None:
    """Connected means that the server has confirmed the topics."""
    with client(server) as writer:
        for i in range(20):
            with reads(server, topics=[f"{key}.{i}", f"{key}.{i}.*"]) as source:
                assert writer.publish(f"{key}.{i}", "1") == 1
                come(source, {f"{key}.{i}": [1.0]})


def test_messages_that_come_in_pieces_are_waited_for(server: Redis, key: str) -> None:
    """Over a slow line the rest of a message comes late: no reason to connect anew and lose others."""
    proxy = Proxy(server.port)
    try:
        address = f"redis://{HOST}:{proxy.port}/0"
        with client(server) as writer, RedisSource(address, topics=key).start() as source:
            wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))
            proxy.slow(bits_per_s=120_000, latency=0.0)  # a piece each 0.3 s
            for x in range(3):
                writer.publish(key, f'{{"x": {x}, "text": "{"a" * 5000}"}}')
            come(source, {"x": [0.0, 1.0, 2.0]})
            assert source.counters().reconnects == 0
    finally:
        proxy.close()


def test_silence_is_noticed_while_the_server_hangs(
    server: Redis, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reconnect_after` counts while an answer is waited for too, though that may take long."""
    monkeypatch.setattr(module, "TIMEOUT", 3600.0)
    with client(server) as writer, reads(server, key, reconnect_after=0.5) as source:
        writer.xadd(key, {"x": "1"})
        come(source, {"x": [1.0]})
        server.hold()
        try:
            wait_until(lambda: source.state is not SourceState.RUNNING, SOON, lambda: repr(source))
        finally:
            server.release()


def test_nothing_is_lost_over_a_restart() -> None:
    """A server that was killed and comes back is read on behind the last entry."""
    with Redis() as server, reads(server, "s") as source:
        with client(server) as writer:
            writer.xadd("s", {"x": "1"})
            come(source, {"x": [1.0]})
        server.kill()
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        server.start()
        with client(server) as writer:
            writer.xadd("s", {"x": "2"})
        wait_until(lambda: values(source)["x"][-1] == 2.0, 20, lambda: repr(source))


def test_a_stop_and_a_start_lose_nothing(server: Redis, key: str) -> None:
    """What came meanwhile is read, here and in another kernel that knows the position."""
    with client(server) as writer, reads(server, key) as source:
        writer.xadd(key, {"x": "1"})
        come(source, {"x": [1.0]})
        source.stop()
        writer.xadd(key, {"x": "2"})
        with RedisSource(url(server), key).start(position=source.position) as other:
            come(other, {"x": [2.0]})
        source.start()
        come(source, {"x": [1.0, 2.0]})


def test_entries_that_were_deleted_are_told(server: Redis, key: str) -> None:
    """A stream that was trimmed while nobody read says so."""
    with client(server) as writer, reads(server, key) as source:
        writer.xadd(key, {"x": "1"})
        come(source, {"x": [1.0]})
        source.stop()
        writer.xadd(key, {"x": "2"})
        writer.xadd(key, {"x": "3"})
        writer.xtrim(key, maxlen=1, approximate=False)
        source.start()
        come(source, {"x": [1.0, 3.0]})
        assert any("deleted" in note for note in source.notes)


@pytest.mark.parametrize("of", [{"streams": "s"}, {"topics": "s.*"}], ids=["streams", "topics"])
def test_a_server_that_hangs_is_stopped_at_once(of: dict[str, str]) -> None:
    """It answers nothing, and holds nobody up."""
    with Redis() as server, reads(server, **of) as source:
        server.hold()
        stops_at_once(source)
        server.release()


def test_a_refusal_is_told(server: Redis, key: str) -> None:
    """A key that is no stream, and a wrong password, which is shown nowhere."""
    with client(server) as writer:
        writer.set(key, "1")
    with RedisSource(url(server), key).start() as source:
        wait_until(lambda: source.state is SourceState.FAILED, SOON, lambda: repr(source))
        assert "wrong kind" in source.status
    address = f"redis://me:open-sesame@{HOST}:{server.port}/0"
    with RedisSource(address, key).start() as source:
        wait_until(lambda: source.state is SourceState.FAILED, SOON, lambda: repr(source))
        assert isinstance(source.last_error, RefusedError)
        assert "open-sesame" not in f"{source!r}{source.status}{source.last_error!r}{source.notes}"


def test_an_address_names_it() -> None:
    """Streams or topics stand behind its question mark."""
    source = RedisSource.from_url(
        "redis://:open-sesame@host:6380/1?stream=a&stream=b&start=earliest"
    )
    assert source.streams == ("a", "b")
    assert source.target == "host:6380/1"
    source.close()
    with pytest.raises(ValueError, match="'streams' or 'topics'"):
        RedisSource.from_url("redis://host")
    with pytest.raises(ValueError, match="There are start, stream, topic"):
        RedisSource.from_url("redis://host?key=a")
