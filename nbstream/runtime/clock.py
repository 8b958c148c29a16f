"""The two clocks, injectable: wall time to stamp readings, monotonic time to measure intervals."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading

__all__ = ["SYSTEM_CLOCK", "Clock", "SystemClock"]


class Clock(Protocol):
    """What nbstream asks of time; `nbstream.testing.FakeClock` is the other implementation."""

    def wall_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean something."""
        ...

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait until `event` is set, at most `timeout` seconds; return whether it is set."""
        ...


class SystemClock:
    """The machine's clocks."""

    def __repr__(self) -> str:
        """Return its name: it stands in signatures."""
        return "SYSTEM_CLOCK"

    def wall_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, UTC."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Wait until `event` is set, at most `timeout` seconds; return whether it is set."""
        return event.wait(timeout)


SYSTEM_CLOCK = SystemClock()
