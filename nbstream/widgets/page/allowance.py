"""How much may pass in a while: messages of a page, pieces of a script, bytes of slow frames."""

from __future__ import annotations

import threading

from nbstream.runtime.clock import SYSTEM_CLOCK, Clock

__all__ = ["Allowance", "Turns"]

ASKS_EVERY = 2.0
ABSENT_AFTER = 5.0


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


class Turns:
    """Lets several share an allowance, in the order in which they began to wait.

    Parameters
    ----------
    allowance
        What they share.
    clock
        Injectable.

    Notes
    -----
    Thread safety: one thread at a time (the pump's), but for `leave`.
    """

    def __init__(self, allowance: Allowance, clock: Clock = SYSTEM_CLOCK) -> None:
        self._allowance = allowance
        self._clock = clock
        self._asked_at: dict[object, float] = {}

    def wait(self, who: object, n: float) -> float:
        """Return 0 if it is the turn of `who` and `n` may pass, else the seconds after which to ask again."""
        now = self._clock.monotonic()
        self._asked_at[who] = now
        for other, asked_at in list(self._asked_at.items()):
            if other is who:
                return min(self._allowance.wait(n), ASKS_EVERY)
            if now - asked_at > ABSENT_AFTER:
                self.leave(other)
            else:
                break
        return ASKS_EVERY / 4

    def take(self, who: object, n: float) -> None:
        """Let `n` pass for `who`, who waits behind all others from now on."""
        self.leave(who)
        self._allowance.take(n)

    def leave(self, who: object) -> None:
        """Wait no more."""
        self._asked_at.pop(who, None)
