"""How often frames go, and how much of the points is in them: less of both for views that fall behind."""

from __future__ import annotations

__all__ = ["LAG_MS", "MOST_HALVINGS", "SLOWEST_INTERVAL", "Pacing"]

LAG_MS = 250.0
FAR_BEHIND_MS = 1000.0
"""From such a lag on points are halved twice at once."""
SLOWEST_INTERVAL = 1.0
SELDOM = 0.2
"""Fewer frames, down to one in so many seconds, are tried before fewer points …"""
THIN_EVERY = 1.0
"""… and each halving of them for so long (s) before the next."""
MOST_HALVINGS = 5
PATIENCE = 5.0
"""A view keeps up for so long (s) before it gets twice the points again …"""
MOST_PATIENCE = 60.0
"""… or up to so long, where that was too much for it before."""


class Pacing:
    """The pace of one link, by the lag of its views.

    Frames cost by their number, and by the readings in them. So what lags gets frames less often first, and
    when that is not enough, points that stand for twice as many readings, again and again. When it keeps up,
    it gets more of both, and where that made it lag, only after twice the time.

    Parameters
    ----------
    interval
        Seconds between two frames for views that keep up.

    Notes
    -----
    Thread safety: `update` from one thread at a time (the pump's).
    """

    def __init__(self, interval: float) -> None:
        self._base = interval
        self.interval = interval
        """Seconds between two frames."""
        self.halvings = 0
        """How often the points are halved."""
        self._changed_at = -1e9
        self._n_heard = 0
        self._patience = PATIENCE
        self._was_more = False

    def update(self, now: float, lag_ms: float, n_heard: int) -> None:
        """Take in the lag (ms) of the view that keeps up best; `n_heard` counts what views said of theirs."""
        if lag_ms <= LAG_MS:
            self.interval = max(self.interval * 0.95, self._base)
            is_calm = self.interval == self._base
            if self.halvings and is_calm and now - self._changed_at >= self._patience:
                if self._was_more:
                    self._patience = max(PATIENCE, self._patience / 2)
                self._change(now, n_heard, -1)
            return
        is_told = n_heard != self._n_heard  # since the change before
        is_slow = self.interval >= SELDOM and now - self._changed_at >= THIN_EVERY
        if is_slow and is_told and self.halvings < MOST_HALVINGS:
            if self._was_more:
                self._patience = min(2 * self._patience, MOST_PATIENCE)
            by = 2 if lag_ms > FAR_BEHIND_MS else 1
            self._change(now, n_heard, min(by, MOST_HALVINGS - self.halvings))
        self.interval = min(self.interval * 1.25, SLOWEST_INTERVAL)

    def _change(self, now: float, n_heard: int, by: int) -> None:
        self.halvings += by
        self._was_more = by < 0
        self._changed_at = now
        self._n_heard = n_heard
