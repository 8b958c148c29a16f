"""A source that fails at once says so where the person looks: in the output of the cell."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from nbstream.runtime.main_thread import shell
from nbstream.runtime.turns import OVER, start_or_take_turns
from nbstream.sources import SourceState
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.sources import Source

__all__ = ["tell_early_failure"]

FIRST_SECOND = 1.0
AT_ONCE = 0.2
LOOK_EVERY = 0.02
TROUBLES = {
    SourceState.FAILED: "has failed",
    SourceState.RECONNECTING: "tries again",
    SourceState.UNREADABLE: "cannot be read",
}


def tell_early_failure(source: Source) -> None:
    """Write what is wrong with a source that has just started into the cell's output.

    This waits until the source has found what it reads, 0.2 s at most. What happens later in its
    first second is told from a thread, into the same cell.
    """
    deadline = time.monotonic() + AT_ONCE
    while source.state is SourceState.CONNECTING and source.status.startswith("starting"):
        source.update()
        if time.monotonic() >= deadline:
            break
        time.sleep(0.002)
    if _has_failed(source):
        _write(source, sys.stderr.write)
        return
    if source.state in (SourceState.RUNNING, SourceState.CONNECTING):
        write = _writer_of_cell()
        thread = threading.Thread(
            target=_watch, args=(source, write), name="nbstream-first-second", daemon=True
        )
        start_or_take_turns(
            thread, partial(_look, source, write, time.monotonic()), threading.Event()
        )


def _watch(source: Source, write: Callable[[str], Any]) -> None:
    deadline = time.monotonic() + FIRST_SECOND
    while source.is_running and time.monotonic() < deadline and not _has_failed(source):
        time.sleep(LOOK_EVERY)
    if _has_failed(source):
        _write(source, write)


def _look(source: Source, write: Callable[[str], Any], began: float) -> float:
    """Look once, in turns; return the seconds until the next look, `OVER` after the first second."""
    if _has_failed(source):
        _write(source, write)
        return OVER
    is_over = not source.is_running or time.monotonic() >= began + FIRST_SECOND
    return OVER if is_over else LOOK_EVERY


def _has_failed(source: Source) -> bool:
    return source.state in TROUBLES


def _write(source: Source, write: Callable[[str], Any]) -> None:
    state = TROUBLES.get(source.state, "has failed")
    reason = source.status.removeprefix("failed: ")
    write(f"{source.name!r} {state}: {shorten(reason, 300)}\n")


def _writer_of_cell() -> Callable[[str], Any]:
    """Return what writes into the output of the cell that is running now, also when it has ended."""
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return sys.stderr.write
    parent = kernel.get_parent("shell")

    def write(text: str) -> None:
        content = {"name": "stderr", "text": text}
        kernel.session.send(kernel.iopub_socket, "stream", content, parent=parent)

    return write
