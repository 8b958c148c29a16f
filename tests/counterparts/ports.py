"""Free ports of this machine."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
_PORTS = range(15_000, 32_000)
"""Below those from which systems take ports for connections and for servers that name none, so that a port
stays free until the counterpart that it is for listens there."""
_given: set[int] = set()


def free_port() -> int:
    """Return a TCP port that nobody listens on, and that no other test is given."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    candidates = [port for port in _PORTS[number % 4 :: 4] if port not in _given]
    random.SystemRandom().shuffle(candidates)
    for port in candidates:
        with socket.socket() as listener:
            try:
                listener.bind((HOST, port))
            except OSError:  # somebody listens there
                continue
        _given.add(port)
        return port
    message = f"No port from {_PORTS[0]} to {_PORTS[-1]} is free."
    raise OSError(message)


@contextmanager
def refusing_port() -> Iterator[int]:
    """Give a TCP port that refuses every connection, and that nobody else is given meanwhile."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]


def is_open(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex((HOST, port)) == 0
