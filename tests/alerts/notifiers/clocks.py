"""A clock for tests of pauses."""

from __future__ import annotations

import threading

from nbstream.testing import FakeClock


class PausingClock(FakeClock):
    """A clock whose pauses take no time, and are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Keep the pause and go on."""
        assert timeout is not None
        self.pauses.append(timeout)
        self.advance(timeout)
        return event.is_set()
