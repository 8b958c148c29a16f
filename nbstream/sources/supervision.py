"""What a source runs by, a thread or turns, and how long it waits before it tries again."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from nbstream.runtime.turns import Life, Turns, current_turns

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from nbstream.runtime.clock import Clock
    from nbstream.sources.reporting import Reporting

__all__ = [
    "HEALTHY_AFTER", "Pace", "SourceThread", "SourceTurns", "backoff", "start_of", "wait_asked_for",
]  # fmt: skip

BACKOFF_BASE = 0.5
BACKOFF_CAP = 30.0
HEALTHY_AFTER = 60.0
"""Seconds of health after which the next failure counts as the first."""
LONGEST_WAIT = 3600.0
"""Seconds that a server's Retry-After is obeyed."""


def backoff(random: random.Random, attempt: int) -> float:
    """Return the seconds to wait before try number `attempt` + 1: full jitter, at most 30 s."""
    return random.uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempt, 16)))


def wait_asked_for(error: BaseException) -> float:
    """Return for how many seconds the other side asked to be left alone, 0 if it didn't.

    Errors of urllib, requests, httpx and aiohttp hold the headers of the answer.
    """
    asked = getattr(error, "retry_after", None)
    text = _header(error, "Retry-After") if asked is None else None
    if text is not None:
        # It needs the modules of e-mail, for dates: loaded when a server asks for the first time.
        from nbstream.sources.network.status_codes import seconds_of_retry_after

        asked = seconds_of_retry_after(text)
    if not isinstance(asked, (int, float)) or asked != asked:
        return 0.0
    return min(max(0.0, float(asked)), LONGEST_WAIT)


def _header(error: BaseException, name: str) -> str | None:
    for holder in (getattr(error, "response", None), error):
        get = getattr(getattr(holder, "headers", None), "get", None)
        found = get(name) if callable(get) else None
        if isinstance(found, str):
            return found
    return None


class Pace:
    """A schedule that does not drift, and skips what was missed.

    Parameters
    ----------
    clock
        Which tells the time.
    interval
        Seconds from one time to the next.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        self._clock, self._interval = clock, interval
        self._due = clock.monotonic()

    def left(self) -> float:
        """Return the seconds until the next time."""
        now = self._clock.monotonic()
        self._due += self._interval
        if self._due < now:
            self._due += self._interval * ((now - self._due) // self._interval + 1)
        return self._due - now


class SourceThread(threading.Thread):
    """The thread of one start of a source.

    Parameters
    ----------
    source
        Whose start it is.
    supervise
        What it does; forgotten when it begins.
    stop
        Set when it shall end.
    previous
        What the start before runs by, which is waited for: two must not read at the same time.
    """

    def __init__(
        self,
        source: Reporting,
        supervise: Callable[[], None],
        stop: threading.Event,
        previous: SourceThread | SourceTurns | None,
    ) -> None:
        super().__init__(name=f"nbstream-{source.name}", daemon=True)
        self.source = weakref.ref(source)
        self.stop = stop
        self._supervise: Callable[[], None] | None = supervise
        self._previous = previous

    @property
    def is_current(self) -> bool:
        """Whether the caller is on this thread."""
        return threading.current_thread() is self

    def run(self) -> None:
        """Wait for the start before, and supervise."""
        supervise, previous = self._supervise, self._previous
        self._supervise = self._previous = None
        assert supervise is not None
        while previous is not None and previous.is_alive() and not self.stop.is_set():
            previous.join(0.05)
        supervise()


class SourceTurns(Turns):
    """One start of a source that goes on in turns, where no thread can be started.

    Parameters
    ----------
    source, stop, previous
        As for `SourceThread`.
    life
        What is done.
    clock
        By which it waits.
    """

    def __init__(
        self,
        source: Reporting,
        life: Life,
        stop: threading.Event,
        previous: SourceThread | SourceTurns | None,
        clock: Clock,
    ) -> None:
        self.source = weakref.ref(source)
        super().__init__(_after(previous, life), stop, clock)


def _after(previous: SourceThread | SourceTurns | None, life: Life) -> Life:
    while previous is not None and previous.is_alive():
        if (yield None):
            break
    previous = None
    yield from life


def start_of(source: Reporting) -> SourceThread | SourceTurns | None:
    """Return the start of a source whose thread, or turn, the caller is in."""
    here = current_turns() or threading.current_thread()
    is_one = isinstance(here, (SourceThread, SourceTurns)) and here.source() is source
    return here if is_one else None  # type: ignore[return-value]
