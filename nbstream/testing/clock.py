"""A clock that tests move."""

from __future__ import annotations

import threading

__all__ = ["FakeClock", "HastyClock"]


class FakeClock:
    """A clock that moves only when told to.

    Parameters
    ----------
    wall_ns
        Where wall time starts, in ns since the epoch.

    Notes
    -----
    Thread safety: any thread may read or wait while another advances it.

    Examples
    --------
    >>> clock = FakeClock()
    >>> clock.advance(1.5)
    >>> clock.monotonic()
    1.5
    """

    def __init__(self, wall_ns: int = 1_782_907_200_000_000_000) -> None:
        self._start_ns = wall_ns
        self._elapsed = 0.0
        self._moved = threading.Condition()

    def wall_ns(self) -> int:
        """Return wall time in ns since the epoch."""
        return self._start_ns + round(self._elapsed * 1e9)

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both clocks, and wake up who waits for that time."""
        with self._moved:
            self._elapsed += seconds
            self._moved.notify_all()

    def step_wall(self, seconds: float) -> None:
        """Move the wall clock alone, as a correction by NTP does."""
        self._start_ns += round(seconds * 1e9)

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait until `event` is set or this clock has moved by `timeout`."""
        deadline = None if timeout is None else self._elapsed + timeout
        with self._moved:
            while not event.is_set() and (deadline is None or self._elapsed < deadline):
                # The event is set by somebody who does not know this condition: look often.
                self._moved.wait(0.005)
        return event.is_set()


class HastyClock(FakeClock):
    """A clock on which nobody waits: it moves by as much as somebody would have waited.

    Examples
    --------
    >>> clock = HastyClock()
    >>> clock.wait(threading.Event(), 3600), clock.monotonic(), clock.waited
    (False, 3600.0, 3600.0)
    """

    waited = 0.0
    """Seconds that were waited for so far."""

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Let the time pass at once; without an end of it, wait until `event` is set."""
        if timeout is None:
            return event.wait()
        if not event.is_set():
            self.advance(timeout)
            self.waited += timeout
        return event.is_set()
