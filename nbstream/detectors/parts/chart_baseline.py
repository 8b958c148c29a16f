"""What is normal to control charts: level and spread of the first readings, or what is known of them.

They are learnt once, and anew after a shift that lasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.level import median, median_interval_ns
from nbstream.summaries.summary import spread_floor

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["ChartBaseline"]


class ChartBaseline:
    """Level and spread from the first readings, as control charts take them, or as they were given.

    Readings more than 5 robust spreads from the median of these first ones are left out of their mean and
    standard deviation (ddof = 1).

    Parameters
    ----------
    mean, sigma
        What is known, in units of the readings; None is learnt.
    warm_up
        How many readings to learn from, to begin with; `n_needed` may be set to more.
    min_sigma
        Least spread that is learnt, in units of the readings.
    needs_rate
        Whether the interval between readings is wanted though mean and sigma are given.
    """

    def __init__(
        self,
        mean: float | None,
        sigma: float | None,
        warm_up: int,
        min_sigma: float,
        *,
        needs_rate: bool = False,
    ) -> None:
        self._given = mean, sigma
        self._needs_rate = needs_rate
        self.warm_up = warm_up
        self.min_sigma = min_sigma
        self.reset()

    @property
    def is_learnt(self) -> bool:
        """Whether mean or sigma come from readings."""
        return None in self._given

    def reset(self) -> None:
        """Forget everything that was learnt."""
        mean, sigma = self._given
        self.n_needed = self.warm_up
        self.is_ready = not (self.is_learnt or self._needs_rate)
        self.center = 0.0 if mean is None else mean
        self.sigma = 1.0 if sigma is None else sigma
        self.is_constant = False
        self.interval_ns = 0.0
        self._tail_times: TimeArray = np.empty(0, np.int64)
        self._tail: FloatArray = np.empty(0)

    @property
    def n_seen(self) -> int:
        """How many of the readings to learn from are there."""
        return len(self._tail)

    @property
    def newest(self) -> FloatArray:
        """The readings to learn from that are there."""
        return self._tail

    @property
    def seen_interval_ns(self) -> float:
        """Interval of the readings to learn from that are there."""
        return median_interval_ns(self._tail_times)

    def remember(self, times: TimeArray, values: FloatArray) -> None:
        """Keep the newest readings, `n_needed` of them at most, to learn from."""
        n = self.n_needed
        if len(values) >= n:
            self._tail_times, self._tail = times[-n:].copy(), values[-n:].copy()
        else:
            self._tail_times = np.concatenate((self._tail_times, times))[-n:]
            self._tail = np.concatenate((self._tail, values))[-n:]

    def learn(self) -> None:
        """Take level, spread and interval from the readings that were remembered."""
        self.learn_level(self._tail)
        self.interval_ns = self.seen_interval_ns
        self.is_ready = True

    def learn_level(self, values: FloatArray) -> None:
        """Take level and spread from these readings."""
        mean, sigma = self._given
        center = median(values)
        spread = 1.4826 * median(np.abs(values - center))
        if 0 < spread < np.inf:
            values = values[np.abs(values - center) <= 5 * spread]
        reference = float(values[0])
        deviations = values - reference
        shift = float(deviations.mean())
        self.center = reference + shift if mean is None else mean
        about = shift if mean is None else mean - reference
        squares = float(((deviations - about) ** 2).sum())
        learnt = float(np.sqrt(squares / max(len(values) - (mean is None), 1)))
        if not (np.isfinite(self.center) and np.isfinite(learnt)):
            # At the ends of float64 squares overflow: nothing is strange within an endless spread.
            self.center, learnt = center if mean is None else mean, 1e300
        floor = float(spread_floor(self.center, self.min_sigma))
        self.sigma = max(learnt, floor) if sigma is None else sigma
        self.is_constant = sigma is None and learnt <= floor
