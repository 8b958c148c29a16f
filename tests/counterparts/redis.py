"""Redis, a store with streams and channels."""

from __future__ import annotations

import socket

from tests.counterparts.ports import HOST
from tests.counterparts.server import Server


class Redis(Server):
    """A store that keeps its streams over a restart: each command is appended to a file.

    Parameters
    ----------
    login
        A user and password that it knows besides those who name none.
    """

    program = "redis-server"

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        super().__init__()
        self.login = login

    def command(self) -> list[str]:
        """Return the server, listening on this machine only."""
        options = {
            "port": str(self.port),
            "bind": HOST,
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "no",
            "save": "",
        }
        name, password = self.login or ("", "")
        user = ["--user", name, "on", f">{password}", "~*", "&*", "+@all"] if name else []
        return [
            str(self.path),
            *(word for option, text in options.items() for word in (f"--{option}", text)),
            *user,
        ]

    def answers(self) -> bool:
        """Return whether it has loaded what it kept: it answers PING with PONG."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1.0) as client:
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
