"""How commands end: exit codes, Ctrl-C, pipes that close, and what is said to people."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from nbstream.errors import NbstreamError
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "CODES",
    "FAILED",
    "FOUND",
    "ended_well",
    "handled",
    "killed_at_once",
    "open_closed",
    "say",
]

DONE, FAILED, USAGE, FOUND = 0, 1, 2, 3
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
CODES = {
    DONE: "done; of check: no rule would have fired",
    FAILED: "it went wrong, and a line on the standard error says how",
    USAGE: "the command cannot be read",
    FOUND: "check, and detect --fail: something was found",
    INTERRUPTED: "ended by Ctrl-C",
    PIPE_CLOSED: "who read the output went away, as head does",
    TERMINATED: "ended by SIGTERM",
}
"""What each exit code means, for --help and docs/command_line.md."""
SAME = 0.5
"""Seconds in which a signal is the first one again: `timeout` sends it to a program and to its group."""

_to_kill: list[Callable[[], None]] = []


class _Terminated(KeyboardInterrupt):
    """SIGTERM: everything ends as after Ctrl-C."""


def say(*lines: str) -> None:
    """Write lines to people, on the standard error, without anything that looks like a secret."""
    with contextlib.suppress(OSError, ValueError):
        for line in lines:
            print(redact(line), file=sys.stderr, flush=True)


def ended_well(command: Callable[[], int | None]) -> int:
    """Run a command and return its exit code; no error that is a person's to mend has a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # signs that the terminal has not
    try:
        with handled({signal.SIGINT: _end, signal.SIGTERM: _end}):
            code = command() or DONE
            sys.stdout.flush()
    except _Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return PIPE_CLOSED
    except (NbstreamError, OSError, ValueError, TypeError) as error:
        if isinstance(error, TypeError) and not _is_refusal(error):
            raise
        say(f"nbstream: {_told(error)}")
        return FAILED
    return code


@contextlib.contextmanager
def handled(handlers: Mapping[signal.Signals, Any], *, stays: bool = False) -> Iterator[None]:
    """Handle signals in these ways for a while; one that is ignored stays so, as nohup and & want it.

    With `stays` they are handled so afterwards too: at the end of a process.
    """
    before = {}
    with contextlib.suppress(ValueError):  # not the main thread
        for number, handler in handlers.items():
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in () if stays else before.items():
            signal.signal(number, handler)


def open_closed() -> None:
    """Let an output that is closed (`>&-`) go nowhere.

    Else Python has none, and a file that is opened later takes its number, and what programs write to it.
    """
    for number, name in ((0, None), (1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            if os.open(os.devnull, os.O_RDWR) == number and name is not None:
                setattr(sys, name, open(number, "w", closefd=False))


def _told(error: Exception) -> str:
    """Return an error for people: one of the system without its number."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return str(error)


def _is_refusal(error: TypeError) -> bool:
    """Return whether an error is our own sentence about an argument rather than a fault of the code."""
    return f"{error}".endswith(".")


@contextlib.contextmanager
def killed_at_once(kill: Callable[[], None]) -> Iterator[None]:
    """Have `kill` called when a command is ended at once, while the block runs."""
    _to_kill.append(kill)
    try:
        yield
    finally:
        _to_kill.remove(kill)


def _end(number: int, _frame: Any) -> None:
    """Let Ctrl-C and SIGTERM end a command in its order; a second one ends it at once."""
    first = time.monotonic()

    def end_at_once(number: int, _frame: Any) -> None:
        if time.monotonic() - first < SAME:
            return
        for kill in _to_kill:
            kill()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for one in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(one) is _end:
            signal.signal(one, end_at_once)
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated


def _forget_output() -> None:
    """Let what is still held go nowhere, so that Python does not fail at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
