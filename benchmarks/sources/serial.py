"""A serial port: a pseudo-terminal of this machine, to which a program writes."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbstream as ns
from benchmarks.sources.lines import write_lines
from benchmarks.sources.measuring import Cost, read_by
from benchmarks.sources.racing import Race


def has_ports() -> bool:
    """Return whether there is pyserial, and a pseudo-terminal for it."""
    return importlib.util.find_spec("serial") is not None and sys.platform != "win32"


def serial(folder: Path) -> Iterator[Race]:
    """Yield the race over a serial port."""
    if not has_ports():
        print("  skipped: pyserial is not installed, or can't be tried here")
        return
    n = 500_000
    write_lines(folder, n)
    command = ["cat", str(folder / "numbers.txt")]
    yield Race(
        "a serial port, a number a line; pyserial, float",
        1e6,
        lambda: _bare(command, n),
        lambda: _ours(command, n),
    )


@contextlib.contextmanager
def port_of(command: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give the name of a serial port, and what lets its other end send what a program writes."""
    import tty

    here, there = os.openpty()
    tty.setraw(there)
    senders: list[subprocess.Popen[bytes]] = []
    try:
        yield (
            os.ttyname(there),
            lambda: senders.append(subprocess.Popen(command, stdout=here)),
        )
    finally:
        for process in senders:
            process.kill()
            process.wait()
        os.close(here)
        os.close(there)


def _bare(command: list[str], n: int) -> Cost:
    """Return what it costs pyserial to read what a port sends, and float to read its lines."""
    import serial

    with port_of(command) as (name, send), serial.Serial(name, timeout=1.0) as port:
        send()
        rest, came = b"", 0
        begun, cpu = time.perf_counter(), time.process_time()
        while came < n:
            *whole, rest = (rest + port.read(port.in_waiting or 1)).split(b"\n")
            came += len([float(line) for line in whole])
        return Cost(came, time.perf_counter() - begun, time.process_time() - cpu)


def _ours(command: list[str], n: int) -> Cost:
    """Return what it costs a source to read the same; the first line may be taken for half of one."""
    with port_of(command) as (name, send):
        return read_by(lambda b: ns.SerialSource(name, buffer=b), n - 1, send)
