"""What goes on beside the user's code: on a thread, or in turns where no thread can be started.

Python in a browser (Pyodide) has no threads, and a process that may have no more of them is no better off.
There what a thread would do is done on the running event loop, a moment at a time, and by `take_turns`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nbstream.runtime import forking
from nbstream.runtime.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from nbstream.runtime.clock import Clock

__all__ = [
    "OVER", "Life", "Pause", "Turns", "Wait", "are_taken", "begin", "current_turns", "go_on", "live",
    "running_loop", "start_or_take_turns", "take_turns", "waiting",
]  # fmt: skip

OVER = -1.0
"""What a turn returns when there shall be no other."""
LOOK_EVERY = 0.02
"""Seconds between two looks at an event, which can't call anybody where it is set."""
TURN = 0.02
"""Seconds that a turn takes, about: so long a page waits for its answer."""


class Wait(NamedTuple):
    """What a life waits for."""

    seconds: float | None
    """At most; None is as long as it takes."""
    event: threading.Event
    """Ends the waiting when it is set."""


Pause: TypeAlias = float | Wait | None
"""What a life waits for: seconds, unless it shall end before; a `Wait`; or nothing, where a turn may end."""
Life: TypeAlias = Generator[Pause, bool, None]
"""What is done, where nobody need know by whom: it yields what it waits for, and is told each time whether it
shall end."""


def live(life: Life, wait: Callable[[Pause], bool]) -> None:
    """Live a life from its beginning to its end, on the thread that calls this.

    Parameters
    ----------
    life
        What is done.
    wait
        Waits, and returns whether it shall end.
    """
    try:
        pause = next(life)
        while True:
            pause = life.send(wait(pause))
    except StopIteration:
        return


def waiting(stop: threading.Event, clock: Clock = SYSTEM_CLOCK) -> Callable[[Pause], bool]:
    """Return what waits for a life that shall end when `stop` is set, by a clock; for `live`."""

    def wait(pause: Pause) -> bool:
        if isinstance(pause, Wait):
            clock.wait(pause.event, pause.seconds)
        elif pause is not None:
            clock.wait(stop, pause)
        return stop.is_set()

    return wait


_living: dict[Turns, None] = {}


def take_turns() -> None:
    """Do what is due of all that takes turns in this process; nothing where there are threads."""
    go_on()
    for turns in tuple(_living):
        turns.take()


def are_taken() -> bool:
    """Return whether anything takes turns now."""
    return bool(_living)


def go_on() -> None:
    """Have all that takes turns go on by the event loop that runs here, if there is one."""
    loop = running_loop() if _living else None
    if loop is not None:
        for turns in tuple(_living):
            turns.go_on_by(loop)


@forking.in_child
def _forget_all() -> None:
    """Leave to the parent of a forked process what it does."""
    for turns in tuple(_living):
        turns.forget()


class Turns:
    """A life that is lived in turns: by the event loop that runs where it begins, and by `take`.

    Parameters
    ----------
    life
        What is done.
    stop
        Set when it shall end.
    clock
        By which it waits.

    Notes
    -----
    It can be asked what a thread can be asked. Thread safety: any method, from any thread; a turn is taken on
    the thread of the loop, or of the caller.
    """

    def __init__(self, life: Life, stop: threading.Event, clock: Clock = SYSTEM_CLOCK) -> None:
        self.stop = stop
        self._life: Life | None = life
        self._clock = clock
        self._has_begun = False
        self._event = stop
        self._due: float | None = clock.monotonic()
        self._lock = threading.Lock()
        self._taken_by: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        _living[self] = None
        go_on()

    def go_on_by(self, loop: asyncio.AbstractEventLoop) -> None:
        """Go on by an event loop, and by no other."""
        if loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._look, loop)

    def wake(self) -> None:
        """Have the loop look now at what is due."""
        if self._loop is not None:
            self._loop.call_soon(self.take)

    def is_alive(self) -> bool:
        """Return whether there is more to do."""
        return self._life is not None

    @property
    def is_current(self) -> bool:
        """Whether the caller is in a turn of this life."""
        return self._taken_by == threading.get_ident()

    def take(self) -> bool:
        """Do what is due, for a moment; return whether anything was."""
        if not self._lock.acquire(blocking=False):
            return False  # the caller is in a turn, or another thread is
        has_done = False
        try:
            self._taken_by = threading.get_ident()
            until = time.monotonic() + TURN
            while self._is_due() and not (has_done and time.monotonic() >= until):
                self._advance()
                has_done = True
        finally:
            self._taken_by = None
            self._lock.release()
        return has_done

    def join(self, timeout: float | None = None) -> None:
        """Take turns until there are no more, or the next one waits for what only the loop brings.

        Parameters
        ----------
        timeout
            Seconds that this takes at most; None is as long as it takes.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self.is_alive() and not self.is_current:
            if not self.take() and self._taken_by is None:
                return
            if until is not None and time.monotonic() >= until:
                return

    def forget(self) -> None:
        """Take no turns any more, and leave everything as it is."""
        self._loop = None
        _living.pop(self, None)

    def _is_due(self) -> bool:
        if self._life is None:
            return False
        return self._event.is_set() or (
            self._due is not None and self._clock.monotonic() >= self._due
        )

    def _advance(self) -> None:
        assert self._life is not None
        outer = current_turns()
        _of_thread.turns = self
        is_over = True
        try:
            pause = self._life.send(self.stop.is_set()) if self._has_begun else next(self._life)
            self._has_begun = True
            is_over = False
        except StopIteration:
            return
        finally:
            _of_thread.turns = outer
            if is_over:
                self._life = None
                self.forget()
        seconds, self._event = pause if isinstance(pause, Wait) else (pause or 0.0, self.stop)
        self._due = None if seconds is None else self._clock.monotonic() + seconds

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        try:
            self.take()
        finally:
            if self.is_alive():
                loop.call_later(self._pause(), self._look, loop)

    def _pause(self) -> float:
        if self._is_due():
            return 0.0
        left = LOOK_EVERY if self._due is None else self._due - self._clock.monotonic()
        return min(max(0.0, left), LOOK_EVERY)


_of_thread = threading.local()


def current_turns() -> Turns | None:
    """Return the life in a turn of which the caller is."""
    found: Turns | None = getattr(_of_thread, "turns", None)
    return found


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs on this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def begin(
    life: Callable[[], Life], stop: threading.Event, name: str, clock: Clock = SYSTEM_CLOCK
) -> threading.Thread | Turns:
    """Begin a life on a thread of its own; where that can't be, in turns. Either can be joined.

    Parameters
    ----------
    life
        Returns what is done.
    stop
        Set when it shall end.
    name
        Of the thread.
    clock
        By which it waits.
    """
    wait = waiting(stop, clock)
    thread = threading.Thread(target=lambda: live(life(), wait), name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return Turns(life(), stop, clock)
    return thread


def start_or_take_turns(
    thread: threading.Thread, turn: Callable[[], float | None], wake: threading.Event
) -> Turns | None:
    """Start a thread; where that can't be, have `turn` called in turns.

    Parameters
    ----------
    thread
        Does the same by itself.
    turn
        Does what is due, and returns the seconds until something may be due: None for "when woken", `OVER`
        for never.
    wake
        Set when something is due.

    Returns
    -------
    Turns, optional
        None where the thread runs.
    """
    try:
        thread.start()
    except RuntimeError:
        return Turns(_called_again(turn, wake), wake)
    return None


def _called_again(turn: Callable[[], float | None], wake: threading.Event) -> Life:
    rest = threading.Event()
    while True:
        wake.clear()
        wait = turn()
        if wait == OVER:
            return
        yield Wait(LOOK_EVERY, rest)  # it may have woken itself
        if wait is None or wait > LOOK_EVERY:
            yield Wait(None if wait is None else wait - LOOK_EVERY, wake)
