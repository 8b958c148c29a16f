"""How tests run the command line as a program, and go away from it."""

from __future__ import annotations

import subprocess
import sys

import psutil

__all__ = ["NBSTREAM", "address_of", "has_ended", "left_after_a_line"]

NBSTREAM = [sys.executable, "-m", "nbstream"]


def left_after_a_line(*arguments: str) -> tuple[int, bytes]:
    """Read a line of what a command writes, and go away as `head -1` does; return its code and its errors."""
    process = subprocess.Popen(
        [*NBSTREAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    return process.wait(100), errors


def address_of(process: subprocess.Popen[str]) -> str:
    """Return the address of the page that a command serves, which it says first."""
    assert process.stdout is not None
    line = process.stdout.readline()
    address = line.removeprefix("The dashboard is at ").strip()
    assert address.startswith("http://127.0.0.1:"), line
    return address


def has_ended(process: psutil.Process) -> bool:
    """Return whether a program has ended, be it that nobody has asked how.

    What lost its parent is left to the machine's first process, and in a container that may be one that asks
    for none.
    """
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
