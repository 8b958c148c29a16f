"""Cells of marimo. Its comms send from any thread by themselves, to the session that they were opened in.

A cell that runs again, or is removed, is over; so is all of a session. Of that marimo tells nobody: where it
runs an app, each session has a thread, and it is the end of the thread that is noticed.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any

from nbstream.runtime.hosts.host import Host

__all__ = ["MarimoHost", "present"]

_of_thread = threading.local()


class MarimoHost(Host):
    """A run of a cell.

    Parameters
    ----------
    context
        marimo's, of the session that the calling thread serves.
    """

    name = "marimo"
    opens_all = True

    def __init__(self, context: Any) -> None:
        self._context = context
        self._cell = context.cell_id

    @property
    def visit(self) -> tuple[Hashable, ...] | None:
        """The session and the cell; None in a callback, which is no cell's."""
        return None if self._cell is None else (self.name, id(self._context), self._cell)

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` before the cell runs again, when it is removed, and when the session has ended."""
        over = _Over(end)
        self._context.cell_lifecycle_registry.add(over)
        if threading.current_thread() is not threading.main_thread():
            _when_thread_ends(over.later)


class _Over:
    """What marimo calls an item of a cell's life: calls `end` once."""

    def __init__(self, end: Callable[[], object]) -> None:
        self._end: Callable[[], object] | None = end

    def create(self, context: Any) -> None:
        """Do nothing."""

    def dispose(self, context: Any, deletion: bool) -> bool:
        """Call `end`, unless that was done."""
        end, self._end = self._end, None
        if end is not None:
            end()
        return True

    def later(self) -> None:
        """Call `end` on a thread of its own, for the one that calls this is being taken down."""
        with suppress(RuntimeError):  # the interpreter ends, and everything with it
            threading.Thread(
                target=self.dispose, args=(None, True), name="nbstream-end", daemon=True
            ).start()


class _LastThing:
    """Goes with its thread."""


def _when_thread_ends(function: Callable[[], object]) -> None:
    if not hasattr(_of_thread, "last"):
        _of_thread.last = _LastThing()
    weakref.finalize(_of_thread.last, function).atexit = False


def present() -> Host | None:
    """Return the cell that the caller runs in; None outside of marimo."""
    module: Any = sys.modules.get("marimo._runtime.context.types")
    context = None if module is None else module.safe_get_context()
    return None if context is None else MarimoHost(context)
