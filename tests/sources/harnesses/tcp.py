"""The template of sources over a network, with a server made here."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, ClassVar

from nbstream.sources import Source
from nbstream.sources.network.message_source import READ_TIMEOUT
from nbstream.sources.network.network_source import NetworkSource
from nbstream.testing import Cuts, SourceHarness
from tests.counterparts.ports import free_port
from tests.sources.stand_ins.tcp import StandInSocket

PATIENCE = 30.0


class TcpSource(NetworkSource[socket.socket]):
    """Lines of JSON over TCP, with a password: what the template alone makes of it."""

    kind = "tcp"

    def __init__(self, url: str, port: int, **options: Any) -> None:
        super().__init__(**options)
        self._hide_url(url)
        self.url, self.port = url, port
        self.target = url
        self._rest = b""

    def _connect(self) -> socket.socket:
        self._rest = b""
        try:
            client = socket.create_connection(("127.0.0.1", self.port), timeout=2)
        except OSError as error:
            raise OSError(error.errno, f"cannot reach {self.url}") from error
        client.settimeout(READ_TIMEOUT)
        client.sendall(b"subscribe\n")
        return client

    def _read(self, client: socket.socket) -> list[bytes] | None:
        try:
            data = client.recv(65536)
        except TimeoutError:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines if data else None

    def _disconnect(self, client: socket.socket) -> None:
        client.close()


class TcpHarness(SourceHarness):
    """A server that sends to whoever has subscribed."""

    kind: ClassVar[type[Source]] = TcpSource
    exemptions: ClassVar = {}
    n_cuts = 60
    secret = "cAnary7Bird9"

    def __init__(self) -> None:
        self._server: socket.socket | None = None
        self._peers: list[socket.socket] = []
        self._lock = threading.Condition()
        self._is_hanging = False
        self.port = free_port()

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        url = f"tcp://ann:{self.secret}@127.0.0.1:{self.port}"
        return TcpSource(url, self.port, **options)

    def start(self) -> None:
        """Let it be there."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                peer, _ = server.accept()
                peer.settimeout(5)
                if peer.recv(10) != b"subscribe\n":
                    peer.close()  # another program's, which looks for one that had this port before
                    continue
                peer.setblocking(True)
            except TimeoutError:
                continue
            except OSError:
                return
            with self._lock:
                self._peers.append(peer)
                self._lock.notify_all()

    def kill(self) -> None:
        """Let it be gone."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
        self.cut()

    def cut(self) -> None:
        """Cut the connection."""
        with self._lock:
            peers, self._peers = self._peers, []
        for peer in peers:
            peer.close()

    def hang(self) -> None:
        """Say nothing more."""
        with self._lock:
            self._held, self._peers = self._peers, []

    def resume(self) -> None:
        """End what hung."""
        for peer in self._held:
            peer.close()

    def _send(self, data: bytes) -> None:
        with self._lock:
            assert self._lock.wait_for(self._has_peer, PATIENCE)
            peer = self._peers[-1]
        peer.sendall(data)

    def _has_peer(self) -> bool:
        """Return whether somebody listens, and forget who has gone."""
        for peer in filter(_has_hung_up, self._peers):
            peer.close()
        self._peers = [peer for peer in self._peers if peer.fileno() >= 0]
        return bool(self._peers)

    def say(self, lines: list[str]) -> None:
        """Say lines, each as it is."""
        self._send("".join(f"{line}\n" for line in lines).encode())

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._send(b"".join(b'{"value": %d}\n' % i for i in range(first, first + n)))

    def poison(self) -> None:
        """Say nonsense."""
        self._send(b'{"value": \n')

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = TcpSource("tcp://host", 1, **options)
        source._connect = lambda: StandInSocket(cuts)  # type: ignore[method-assign, assignment, return-value]
        return source

    def close(self) -> None:
        """End it."""
        self.kill()


def _has_hung_up(peer: socket.socket) -> bool:
    try:
        return peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


HARNESSES = (TcpHarness,)
