"""What is secret in an address, in headers and in options comes out of no source over a network."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nbstream as ns
from nbstream.sources.addresses import source_for
from nbstream.sources.state import SourceState
from tests.canary import CANARY, SECRET
from tests.counterparts.http import Request, serve
from tests.counterparts.ports import HOST, free_port
from tests.counterparts.redis import Redis
from tests.wait import wait_until

SOON = 20.0
OVER = (SourceState.RECONNECTING, SourceState.FAILED)
ADDRESSES = {
    "http": "http://ann:{0}@{1}/x?token={0}&api_key={0}",
    "https": "https://ann:{0}@{1}/x?token={0}&sig={0}",
    "ws": "ws://ann:{0}@{1}/x?token={0}&access_token={0}",
    "wss": "wss://ann:{0}@{1}/x?token={0}",
    "mqtt": "mqtt://ann:{0}@{1}/home/%23",
    "mqtts": "mqtts://ann:{0}@{1}/home/%23",
    "redis": "redis://ann:{0}@{1}/0?stream=x",
    "rediss": "rediss://ann:{0}@{1}/0?stream=x",
    "postgresql": "postgresql+psycopg://ann:{0}@{1}/plant?table=x",
    "kafka": "kafka://ann:{0}@{1}/x",
    "kafkas": "kafkas://ann:{0}@{1}/x",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "http": {"headers": {"Authorization": f"Bearer {CANARY}", "X-Own": CANARY}},
    "ws": {"headers": {"Authorization": f"Bearer {CANARY}", "X-Own": CANARY}},
    "kafka": {"settings": {"debug": "security,broker,conf"}},
}


class Everything(logging.Handler):
    """Keeps all that any library says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record as a file would have it."""
        self.texts.append(f"{record.name} {self.format(record)}")


@pytest.fixture
def log() -> Iterator[Everything]:
    """All loggers at their most talkative."""
    kept, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(kept)
    root.setLevel(before)


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that lets nobody in, and says what it was told."""

    def refuse(request: Request) -> None:
        request.say(f"no {request.path} {request.headers}", status=401)

    with serve(refuse) as url:
        yield host_of(url)


def host_of(url: str) -> str:
    """Return host and port."""
    return url.split("/")[2]


def made(scheme: str, where: str) -> ns.Source:
    """Return the source of an address with secrets, which is started."""
    kind = source_for(scheme)
    assert kind is not None
    options = OPTIONS.get(scheme, {})
    return kind.from_url(ADDRESSES[scheme].format(CANARY, where), **options).start()


def texts_of(source: ns.Source) -> Iterator[str]:
    """Yield all that a source shows, and what led to its error."""
    yield f"{source!r} {source.status} {source.notes} {source.name} {source.buffer.events}"
    error = source.last_error
    if error is not None:
        yield "".join(traceback.format_exception(error))
    while error is not None:
        yield f"{error} {error!r} {error.args}"
        error = error.__cause__ or error.__context__  # type: ignore[assignment]


def shows_nothing(source: ns.Source, log: Everything) -> None:
    """Wait for a source's failure, and look for the canary in everything."""
    with source:
        wait_until(
            lambda: source.last_error is not None and source.state in OVER,
            SOON,
            lambda: repr(source),
        )
        found = [text for text in texts_of(source) if SECRET.search(text)]
    assert found == []
    assert [text for text in log.texts if SECRET.search(text)] == []


needs = {
    "http": "httpx", "https": "httpx", "ws": "websockets", "wss": "websockets", "mqtt": "paho.mqtt.client",
    "mqtts": "paho.mqtt.client", "redis": "redis", "rediss": "redis", "postgresql": "psycopg",
    "kafka": "confluent_kafka", "kafkas": "confluent_kafka",
}  # fmt: skip


@pytest.mark.parametrize("scheme", ADDRESSES)
def test_a_refused_connection_shows_no_secret(scheme: str, log: Everything) -> None:
    """Nobody listens there."""
    pytest.importorskip(needs[scheme])
    shows_nothing(made(scheme, f"{HOST}:{free_port()}"), log)


@pytest.mark.parametrize("scheme", ADDRESSES)
def test_a_server_of_another_kind_is_shown_no_secret(
    scheme: str, refusing: str, log: Everything
) -> None:
    """A web server answers all of them with 401, or breaks the handshake of TLS."""
    pytest.importorskip(needs[scheme])
    shows_nothing(made(scheme, refusing), log)


def test_a_wrong_password_is_not_shown(log: Everything) -> None:
    """A database of Redis' that wants another one."""
    pytest.importorskip("redis")
    with Redis() as server:
        shows_nothing(made("redis", f"{HOST}:{server.port}"), log)


def test_a_visit_that_succeeds_shows_no_secret(log: Everything) -> None:
    """What httpx and its like write into their log is each address, without them."""
    pytest.importorskip("httpx")

    def answer(request: Request) -> None:
        request.say('{"x": 1}')

    with serve(answer) as url, made("http", host_of(url)) as source:
        wait_until(lambda: source.counters().accepted > 0, SOON, lambda: repr(source))
        source.stop()
        assert [text for text in texts_of(source) if SECRET.search(text)] == []
    assert any("HTTP Request" in text for text in log.texts)
    assert [text for text in log.texts if SECRET.search(text)] == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: ns.HttpSource(f"ftp://ann:{CANARY}@host/x"),
        lambda: ns.HttpSource(f"http://ann:{CANARY}@ho st:x/x").start(),
        lambda: ns.WebSocketSource(f"http://ann:{CANARY}@host/x"),
        lambda: ns.MqttSource("x", host=f"mqtt://ann:{CANARY}@host"),
        lambda: ns.MqttSource.from_url(f"mqtt://ann:{CANARY}@host:port/x"),
        lambda: ns.KafkaSource("x", brokers=f"ann:{CANARY}@host:x"),
        lambda: ns.KafkaSource("a b", password=CANARY),
        lambda: ns.RedisSource(f"redes://ann:{CANARY}@host", "x"),
        lambda: ns.RedisSource.from_url(f"redis://ann:{CANARY}@host/0?strm=x"),
        lambda: ns.RedisSource.from_url(f"redis://ann:{CANARY}@host/0?password={CANARY}"),
        lambda: ns.SqlSource(f"postgresql://ann:{CANARY}@host:port/x", "x"),
        lambda: ns.SqlSource.from_url(f"nosuch://ann:{CANARY}@host/x?table=x"),
        lambda: ns.watch(f"mqtt://ann:{CANARY}@host/x", qoss=1),
        lambda: ns.watch(f"mqqt://ann:{CANARY}@host/x"),
    ],
)
def test_a_wrong_address_is_told_without_its_secret(make: Callable[[], Any]) -> None:
    """Whatever is wrong with it, and in whatever library's words."""
    try:
        source = make()
    except Exception as error:
        shown = "".join(traceback.format_exception(error))
        lines = [line for line in shown.splitlines() if "lambda" not in line]
        assert CANARY not in "\n".join(lines)
    else:
        with source:
            source.start()
            wait_until(lambda: source.last_error is not None, SOON, lambda: repr(source))
            assert [text for text in texts_of(source) if SECRET.search(text)] == []


def test_files_elsewhere_show_no_secret(log: Everything) -> None:
    """A file system whose errors quote the whole address, as aiohttp's do."""
    fsspec = pytest.importorskip("fsspec")
    memory = pytest.importorskip("fsspec.implementations.memory")

    class Quoting(memory.MemoryFileSystem):
        protocol = "quoting"

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return path

        def info(self, path: str, **options: Any) -> Any:
            raise OSError(f"cannot open {path}")

    fsspec.register_implementation("quoting", Quoting, clobber=True)
    url = f"quoting://ann:{CANARY}@host/x.csv?token={CANARY}"
    shows_nothing(ns.CsvSource(url).start(), log)
