"""How much may pass in a while: messages of a page, pieces of a script, bytes of slow frames."""

from __future__ import annotations

import threading

from nbstream.clock import SYSTEM_CLOCK, Clock

__all__ = ["Allowance"]


class Allowance:
    """Lets `amount` pass at once and as much again `per` seconds later, and counts what it refused.

    Parameters
    ----------
    amount
        How much may pass at once.
    per
        Seconds in which it fills up again, evenly.
    clock
        Injectable.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self, amount: float, per: float = 1.0, clock: Clock = SYSTEM_CLOCK) -> None:
        self._amount = amount
        self._per_second = amount / per
        self._clock = clock
        self._left = amount
        self._at = clock.monotonic()
        self._lock = threading.Lock()
        self.n_refused = 0

    def take(self, n: float = 1.0) -> bool:
        """Let `n` pass, or count it as refused and return False."""
        with self._lock:
            self._fill()
            if self._left < n:
                self.n_refused += 1
                return False
            self._left -= n
            return True

    def wait(self, n: float) -> float:
        """Return the seconds until `n` may pass."""
        with self._lock:
            self._fill()
            return max(0.0, (n - self._left) / self._per_second)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._left = min(self._amount, self._left + (now - self._at) * self._per_second)
        self._at = now
