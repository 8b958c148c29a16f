"""What all visitors of a process share: made once, for whoever asks first."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from nbstream.readings.window import parse_duration
from nbstream.runtime import ending, forking, ownership
from nbstream.runtime.hosts import present
from nbstream.text.redaction import log_exception

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["shared"]

logger = logging.getLogger(__name__)

T = TypeVar("T")


def shared(name: str, make: Callable[[], T], *, linger: str | float | timedelta | None = None) -> T:
    """Return what `make` returned to the first who asked for `name` in this process.

    A server of Panel, Shiny, Solara or marimo runs the code of a page for each visitor. What is shared, such
    as a source and its analyzer, is read and computed once for all of them; each has widgets of their own.

    Parameters
    ----------
    name
        Of what is shared.
    make
        Makes it, with all that it needs. Called once, in whichever visitor's thread asks first; others wait.
        What it raises is raised to who asked, and the next one tries again.
    linger
        For how long (s, "5min") it goes on when the last visitor who asked for it has left; None until
        the process ends, so that the next visitor sees what came meanwhile.

    Returns
    -------
    object
        The same for all. Once it was closed, a new one is made for who asks next.

    Raises
    ------
    ValueError
        If `linger` cannot be read or is negative.
    RuntimeError
        If `make` asks for the same name.

    Notes
    -----
    What `make` makes ends together: sources and analyzers, the last one first. It ends with no cell and no
    visitor's session. Widgets belong to one page each and can't be shared. In a notebook, where nobody
    leaves, it goes on until it is closed. voila has a process for each visitor, and shares nothing.

    Panel and marimo clear the names of a page's script when its visitor has left. There `make`, and the
    functions that it goes on to call, belong into a module that the script imports.

    Thread safety: any thread.

    Examples
    --------
    >>> import nbstream as ns
    >>> def make():
    ...     return ns.Analyzer(ns.CallableSource(lambda: 20.5, interval=1.0).start())
    >>> first = ns.shared("load", make)
    >>> ns.shared("load", make) is first
    True
    >>> first.close()
    >>> first.source.close()
    """
    linger_ns = None if linger is None else parse_duration(linger, name="linger")
    with _lock:
        entry = _entries.setdefault(name, _Shared(name))
    return entry.get(make, linger_ns)  # type: ignore[no-any-return]


class _Shared:
    """One thing that is shared, or will be."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.RLock()
        self._is_making = False
        self._value: Any = None
        self._made: list[Any] | None = None
        self._visits: set[Hashable] = set()
        self._linger_ns: int | None = None
        self._timer: threading.Timer | None = None

    def get(self, make: Callable[[], Any], linger_ns: int | None) -> Any:
        """Return it, made now if need be, and keep it while the caller's visit lasts."""
        with self._lock:
            if self._is_making:
                message = f"The shared {self._name!r} can't be made of itself."
                raise RuntimeError(message)
            if self._made is None or getattr(self._value, "is_closed", False):
                self._end()
                self._make(make)
            self._linger_ns = linger_ns
            self._stop_timer()
            self._note_visit()
            return self._value

    def _make(self, make: Callable[[], Any]) -> None:
        self._is_making = True
        try:
            with ownership.nobodys() as made:
                try:
                    self._value = make()
                except BaseException:
                    ending.close_all(reversed(made))
                    raise
            self._made = made
        finally:
            self._is_making = False

    def _note_visit(self) -> None:
        host = present()
        visit = host.visit
        if visit is not None and visit not in self._visits:
            self._visits.add(visit)
            host.when_over(lambda: self._leave(visit))

    def _leave(self, visit: Hashable) -> None:
        with self._lock:
            self._visits.discard(visit)
            if self._visits or self._linger_ns is None:
                return
            self._stop_timer()
            self._timer = threading.Timer(self._linger_ns / 1e9, self._end_if_unused)
            self._timer.name = "nbstream-shared"
            self._timer.daemon = True
            try:
                self._timer.start()
            except RuntimeError:  # no thread can be started, so nobody would end it later
                self._end_if_unused()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _end_if_unused(self) -> None:
        with self._lock:
            if self._visits or self._timer is None:
                return
            self._timer = None
            self._end()

    def _end(self) -> None:
        made, self._made, self._value = self._made or [], None, None
        try:
            ending.close_all(reversed(made))
        except Exception:
            log_exception(logger, "What was shared as %r could not be closed.", self._name)


_lock = threading.Lock()
_entries: dict[str, _Shared] = {}


@forking.in_child
def _forget() -> None:
    """Let a forked child make its own: it has none of the threads."""
    global _lock
    _lock = threading.Lock()
    _entries.clear()
