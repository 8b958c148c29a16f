"""What people are told of a server that can't be reached: the same, whatever library says it."""

from __future__ import annotations

import contextlib
import gc
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbstream.sources import (
    HttpSource,
    MqttSource,
    RedisSource,
    Source,
    SourceState,
    SqlSource,
    WebSocketSource,
)
from tests.alerts.notifiers.servers import server_context
from tests.counterparts.ports import HOST, free_port
from tests.wait import wait_until

for library in ("httpx", "websockets", "paho.mqtt", "redis", "sqlalchemy", "psycopg"):
    pytest.importorskip(library)

SOON = 10.0
CANARY = "cAnary7Bird9"
SOURCES: dict[str, Callable[[str, int], Source]] = {
    "http": lambda host, port: HttpSource(f"http://ann:{CANARY}@{host}:{port}/x?token={CANARY}"),
    "websocket": lambda host, port: WebSocketSource(f"ws://{host}:{port}/x?token={CANARY}"),
    "mqtt": lambda host, port: MqttSource(
        "a", host=host, port=port, username="ann", password=CANARY
    ),
    "redis": lambda host, port: RedisSource(f"redis://ann:{CANARY}@{host}:{port}/0", "s"),
    "sql": lambda host, port: SqlSource(f"postgresql://ann:{CANARY}@{host}:{port}/x", "t"),
}
WITH_TLS: dict[str, Callable[[str, int], Source]] = {
    "http": lambda host, port: HttpSource(f"https://{host}:{port}/x"),
    "websocket": lambda host, port: WebSocketSource(f"wss://{host}:{port}/x"),
    "mqtt": lambda host, port: MqttSource("a", host=host, port=port, tls=True),
    "redis": lambda host, port: RedisSource(f"rediss://{host}:{port}/0", "s"),
}


class Once(random.Random):
    """Lets a source wait long before it tries again."""

    def uniform(self, a: float, b: float) -> float:
        """Return a minute."""
        return 60.0


def told(source: Source) -> str:
    """Return what a source says once it could not connect, and is to try again."""
    source._random = Once()
    with source.start():
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        status = source.status
        error: BaseException | None = source.last_error
        while error is not None:
            assert CANARY not in f"{status}{error!r}{error}{source!r}"
            error = error.__cause__ or error.__context__
        return status


# redis and paho leave the socket of a handshake that failed to the garbage collector.
@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.mark.parametrize("kind", SOURCES)
def test_nobody_listens(kind: str) -> None:
    """A closed port is a refused connection, with the port."""
    port = free_port()
    status = told(SOURCES[kind](HOST, port)).lower()
    assert "connection refused" in status
    assert str(port) in status


@pytest.mark.parametrize("kind", SOURCES)
def test_a_host_that_there_is_not(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named."""

    def find(host: Any, *arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find)
    status = told(SOURCES[kind]("no-such-host.invalid", 9))
    assert "no-such-host.invalid" in status
    assert "not found" in status or "resolve" in status


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server that does something with each connection, and closes it."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with contextlib.closing(peer), contextlib.suppress(OSError):
                    answer(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("kind", WITH_TLS)
def test_a_server_without_tls(kind: str) -> None:
    """It is said that the server speaks none."""

    def answer(peer: socket.socket) -> None:
        peer.settimeout(30)
        peer.recv(1000)
        peer.sendall(b"-ERR what do you mean\r\n")
        peer.recv(1000)

    with answering(answer) as port:
        assert "the server speaks no TLS there" in told(WITH_TLS[kind](HOST, port))


@pytest.mark.parametrize("kind", WITH_TLS)
def test_a_certificate_that_nobody_knows(kind: str) -> None:
    """It is said, and why; the connection is not made."""
    context = server_context()

    def answer(peer: socket.socket) -> None:
        peer.settimeout(30)
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(peer, server_side=True) as safe:
            safe.recv(1000)

    with answering(answer) as port:
        status = told(WITH_TLS[kind](HOST, port))
        assert "the certificate is not trusted" in status
        assert "self-signed" in status


def test_a_host_that_is_an_address_is_told_at_once() -> None:
    """MQTT takes a name; addresses are for `watch`."""
    with pytest.raises(ValueError, match="'host' is a name"):
        MqttSource("a", host="mqtt://broker")
