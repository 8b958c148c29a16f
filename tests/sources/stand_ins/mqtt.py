"""The client of the library paho-mqtt."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

from nbstream.testing import Cuts


class Code:
    """How something ended."""

    is_failure = False

    def __str__(self) -> str:
        return "Unspecified error"


class StandInClient:
    """A client whose socket is one end of a pair: a byte is a packet.

    Parameters
    ----------
    cuts
        Says what comes.
    topic
        Whose messages they are.
    is_hasty
        Whether a message and the end of the connection come together.
    """

    on_connect: Any
    on_subscribe: Any
    on_disconnect: Any
    on_message: Any

    def __init__(self, cuts: Cuts, topic: str, *, is_hasty: bool = False) -> None:
        self._cuts, self._topic, self._is_hasty = cuts, topic, is_hasty
        self._has_subscribed = self._has_said_last = False
        self._socket: socket.socket | None = None
        self._packets: list[Any] = []

    def username_pw_set(self, name: str, password: str) -> None:
        """Take a login."""

    def connect(self, host: str, port: int, keepalive: int) -> None:
        """Connect."""
        self._cuts.connect()
        self._socket, self._other = socket.socketpair()
        self._come(lambda: self.on_connect(self, None, None, Code(), None))

    def subscribe(self, topic: str, qos: int) -> None:
        """Subscribe."""
        self._come(lambda: self.on_subscribe(self, None, 1, [Code()], None))
        self._has_subscribed = True

    def _come(self, packet: Any) -> None:
        self._packets.append(packet)
        self._other.send(b".")

    def _next(self) -> None:
        try:
            number = self._cuts.read()
        except ConnectionResetError:
            self._close()
            if self.on_disconnect is not None:
                self.on_disconnect(self, None, None, Code(), None)
            return
        if number is not None:
            payload = b"%d" % number
            said = SimpleNamespace(
                topic=self._topic, payload=payload, qos=0, retain=False, dup=False
            )
            self.on_message(self, None, said)
            if self._is_hasty:
                self._come(self._next)

    def socket(self) -> socket.socket | None:
        """Return the socket."""
        return self._socket

    def want_write(self) -> bool:
        """Return whether something waits to be written."""
        return False

    def loop_read(self) -> None:
        """Read a packet."""
        assert self._socket is not None
        self._socket.recv(1)
        self._packets.pop(0)()

    def loop_misc(self) -> None:
        """Let the next message come."""
        if self._socket is not None and self._has_subscribed and not self._packets:
            if self._cuts.n_cuts < self._cuts.n or not self._has_said_last:
                self._has_said_last = self._cuts.n_cuts >= self._cuts.n
                self._come(self._next)

    def disconnect(self) -> None:
        """Say goodbye."""
        self._close()

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._other.close()
            self._socket = None
        self._packets.clear()
