"""Statistics of the course of the readings: trend, rhythm, and how it goes with another channel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.statistics.base import Statistic, register

if TYPE_CHECKING:
    from nbstream.statistics.sample import Sample

__all__ = ["Autocorrelation", "Correlation", "DominantFrequency", "Slope", "ZeroCrossings"]

NS = 1e9
MOST = 65_536
"""Readings of which the spectrum is taken, the newest."""
FEWEST = 8
EVEN = 0.01
"""Share of the interval by which times may lie off an even grid."""


@register("slope", unit="same per second")
class Slope(Statistic):
    """Change per second, least squares: Σ (t − mean t)(x − mean x) / Σ (t − mean t)².

    Merged as Pébay (2008). NaN below two different times. Cost: merged blocks, 9 ns per new reading once
    somebody asks. Error: 1e-9 of std / (standard deviation of the times) for |mean| / std ≤ 1e6.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the slope."""
        moments = sample.moments
        return moments.xy / moments.y2 if moments.n > 1 and moments.y2 > 0 else math.nan


@register("correlation", unit="none")
class Correlation(Statistic):
    """Pearson's correlation with the readings that `channel` has at the same times.

    Pearson (1895), merged as Pébay (2008). NaN below two pairs, or where one of them is constant. Cost:
    merged blocks, 15 ns per new reading once somebody asks. Error: 1e-9 for |mean| / std ≤ 1e6.
    """

    channel: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel", str(self.channel))

    def __call__(self, sample: Sample) -> float:
        """Return the correlation."""
        pairs = sample.pair_moments(self.channel)
        if pairs.n < 2 or not (pairs.m2 > 0 and pairs.y2 > 0):
            return math.nan
        correlation = pairs.xy / math.sqrt(pairs.m2) / math.sqrt(pairs.y2)
        return min(max(correlation, -1.0), 1.0)


@register("autocorrelation", unit="none")
class Autocorrelation(Statistic):
    """Correlation with itself `lag` readings earlier: Σ (xᵢ − mean)(xᵢ₊ₗ − mean) / Σ (xᵢ − mean)².

    Box and Jenkins (1970), the biased estimate, always within ±1; products with a missing reading are
    left out. NaN where there are not more readings than `lag`, or all are equal. Cost: 5 ns a reading in
    the window. Error: 1e-9 for |mean| / std ≤ 1e6.
    """

    lag: int = 1

    def __post_init__(self) -> None:
        lag: Any = self.lag
        if not isinstance(lag, int) or lag < 0:
            msg = f"'lag' must be a whole number of readings >= 0 (got {self.lag!r})."
            raise ValueError(msg)

    def __call__(self, sample: Sample) -> float:
        """Return the autocorrelation."""
        _, rows = sample.rows
        if sample.n <= self.lag or not sample.summary.m2 > 0:
            return math.nan
        deviations = np.where(rows == rows, rows - sample.summary.mean, 0.0)
        total = float(np.dot(deviations, deviations))
        if len(rows) <= self.lag or not total > 0:  # evicted meanwhile, or too small to be squared
            return math.nan
        return float(np.dot(deviations[: len(rows) - self.lag], deviations[self.lag :])) / total


@register("zero_crossings", unit="none")
class ZeroCrossings(Statistic):
    """How often the readings pass `level`; touching it is no crossing.

    Cost: 5 ns a reading in the window. Exact.
    """

    level: float = 0.0

    def __call__(self, sample: Sample) -> int:
        """Return the number of crossings."""
        values = sample.values
        is_above = values[values != self.level] > self.level
        return int(np.count_nonzero(is_above[1:] != is_above[:-1]))


@register("dominant_frequency", unit="per second")
class DominantFrequency(Statistic):
    """Frequency of the largest peak of the spectrum, in hertz.

    The newest 65,536 readings, less their straight line, weighted by a Hann window (Harris 1978), by FFT;
    readings that are not even in time are first interpolated to their average interval. NaN below 8
    readings, or where all are equal. Cost: up to 2 ms. Error: half a bin, 0.5 / seconds, for one sine
    of more than two periods.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the dominant frequency."""
        times, values = sample.times[-MOST:], sample.values[-MOST:]
        n = len(times)
        if n < FEWEST or times[-1] == times[0]:
            return math.nan
        seconds = (times - times[0]) / NS
        interval = float(seconds[-1]) / (n - 1)
        grid = np.arange(n) * interval
        values = values / max(float(np.abs(values).max()), 1e-300)  # squares must not overflow
        if np.abs(seconds - grid).max() > EVEN * interval:
            values = np.interp(grid, seconds, values)
        x = np.arange(n) - (n - 1) / 2
        values = values - values.mean()
        values -= x * (float(np.dot(x, values)) / float(np.dot(x, x)))
        if np.abs(values).max() < 1e-13:
            return math.nan
        power = np.abs(np.fft.rfft(values * np.hanning(n)))
        return float(1 + power[1:].argmax()) / (n * interval)
