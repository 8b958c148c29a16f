"""Statistics of when the readings came, and for how long values held. All in event time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.statistics.base import Statistic, register

if TYPE_CHECKING:
    from nbstream.statistics.sample import Sample

__all__ = [
    "Interval",
    "Jitter",
    "Rate",
    "TimeAbove",
    "TimeBelow",
    "TimeSinceLast",
    "TimeWeightedMean",
]

NS = 1e9


@register("rate", unit="per second")
class Rate(Statistic):
    """Readings per second: (n − 1) / (newest time − oldest time); NaN below two readings.

    Cost: a look at both ends. Exact but for rounding.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the rate."""
        return (sample.n - 1) / sample.span if sample.n > 1 and sample.span > 0 else np.nan


@register("interval", unit="seconds")
class Interval(Statistic):
    """Average seconds between readings: (newest time − oldest time) / (n − 1). Cost and error as rate."""

    def __call__(self, sample: Sample) -> float:
        """Return the average interval."""
        return sample.span / (sample.n - 1) if sample.n > 1 else np.nan


@register("jitter", unit="seconds")
class Jitter(Statistic):
    """Standard deviation (ddof = 1) of the seconds between successive readings; NaN below three.

    Cost: 5 ns a reading in the window. Error: 1e-9 of the average interval.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the jitter."""
        if sample.n < 3:
            return np.nan
        intervals = np.diff(sample.times)
        return float(np.std(intervals - intervals[0], ddof=1)) / NS


@register("time_since_last", unit="seconds")
class TimeSinceLast(Statistic):
    """Seconds from the channel's newest reading to the newest time of all channels.

    A reading before the window counts if it is still held. Cost: a look at the end. Exact but for
    rounding.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the time since the last reading."""
        last, end = sample.last or sample.before, sample.end_ns
        return np.nan if last is None or end is None else (end - last.time_ns) / NS


@dataclass(frozen=True, slots=True)
class _Time(Statistic):
    limit: float

    def __post_init__(self) -> None:
        limit: Any = self.limit
        if isinstance(limit, str) or limit != limit:
            msg = f"'limit' must be a number (got {self.limit!r})."
            raise ValueError(msg)


@register("time_above", unit="seconds")
class TimeAbove(_Time):
    """Seconds of the window during which the value was > `limit`; a value holds until the next reading.

    NaN without a reading, in the window or before it. Cost: 10 ns a reading in the window. Error: 1e-12
    of the window.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the time above the limit."""
        values, seconds = sample.held
        return float(seconds[values > self.limit].sum()) if len(values) else np.nan


@register("time_below", unit="seconds")
class TimeBelow(_Time):
    """Seconds of the window during which the value was < `limit`, as time_above."""

    def __call__(self, sample: Sample) -> float:
        """Return the time below the limit."""
        values, seconds = sample.held
        return float(seconds[values < self.limit].sum()) if len(values) else np.nan


@register("time_weighted_mean")
class TimeWeightedMean(Statistic):
    """Σ x·(seconds that x held) / Σ seconds: the mean of irregular readings; the value before holds.

    The plain mean where all readings have one time. NaN without a reading. Cost: 10 ns a reading in the
    window. Error: 1e-12 of max |x|.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the time-weighted mean."""
        values, seconds = sample.held
        total = float(seconds.sum())
        if not total > 0:
            return sample.summary.mean
        weights = seconds / total
        middle = values[0] / 2
        return float(2 * (middle + ((values / 2 - middle) * weights).sum()))
