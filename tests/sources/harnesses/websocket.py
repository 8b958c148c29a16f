"""A server of websockets."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from nbstream.sources import Source, WebSocketSource
from nbstream.testing import Cuts, SourceHarness
from tests.counterparts.ports import HOST, free_port
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.websocket import connecting


class WebSocketHarness(SourceHarness):
    """A server that sends to the newest connection."""

    kind: ClassVar[type[Source]] = WebSocketSource
    exemptions: ClassVar = {}
    n_cuts = 300
    secret = "cAnary7Bird9"

    def __init__(self) -> None:
        self._library = pytest.importorskip("websockets.sync.server")
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._peers: list[Any] = []
        self._held: list[Any] = []
        self._lock = threading.Condition()
        self.port = free_port()

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return WebSocketSource(f"ws://{HOST}:{self.port}/live?token={self.secret}", **options)

    def start(self) -> None:
        """Let it be there."""
        self._server = self._library.serve(self._handle, HOST, self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _handle(self, connection: Any) -> None:
        with self._lock:
            self._peers.append(connection)
            self._lock.notify_all()
        with suppress(Exception):  # it was cut
            for _ in connection:
                pass
        with self._lock:
            self._peers = [peer for peer in self._peers if peer is not connection]

    def kill(self) -> None:
        """Let it be gone."""
        if self._server is not None:
            self._server.shutdown()
            assert self._thread is not None
            self._thread.join(5)
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Cut the connection."""
        with self._lock:
            peers, self._peers = self._peers, []
        for peer in peers:
            with suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        """Say nothing more, but answer pings."""
        with self._lock:
            self._held, self._peers = self._peers, []

    def resume(self) -> None:
        """End what hung."""
        for peer in self._held:
            with suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)

    def say(self, messages: list[str]) -> None:
        """Say messages, each as it is."""
        with self._lock:
            assert self._lock.wait_for(self._open_peers, 30)
            peer = self._open_peers()[-1]
        for message in messages:
            peer.send(message)

    def _open_peers(self) -> list[Any]:
        """Return the connections that nobody has said goodbye to."""
        return [peer for peer in self._peers if peer.protocol.state.name == "OPEN"]

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.say([f'{{"value": {i}}}' for i in range(first, first + n)])

    def poison(self) -> None:
        """Say nonsense."""
        self.say(['{"value": '])

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = WebSocketSource("ws://host", **options)
        source._library = Library(source._library, connect=connecting(cuts))  # type: ignore[assignment]
        return source

    def close(self) -> None:
        """End it."""
        self.kill()


HARNESSES = (WebSocketHarness,)
