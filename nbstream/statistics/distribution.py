"""Statistics of how the readings are distributed: quantiles, spread, shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from nbstream.statistics.base import Statistic, register

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, IntArray
    from nbstream.statistics.sample import Sample

__all__ = [
    "Bins", "Histogram", "InterquartileRange", "Kurtosis", "Median", "MedianAbsoluteDeviation",
    "Quantile", "Skewness", "quantile",
]  # fmt: skip


@register("quantile")
class Quantile(Statistic):
    """The reading below which the share `q` of all lies, linear between the two nearest.

    Hyndman and Fan (1996), definition 7, as numpy and pandas. Cost: up to 100,000 readings 10 ns each;
    beyond, 5 ns per new reading and 0.06 ms. Error: none up to 100,000 readings; beyond,
    2⁻⁸·|quantile − median|, about (see `SlidingHistogram.error_of`).
    """

    q: float

    def __post_init__(self) -> None:
        q: Any = self.q
        if isinstance(q, str) or not 0 <= q <= 1:
            msg = f"A quantile lies between 0 and 1, 'p0' and 'p100' (got {self.q!r})."
            raise ValueError(msg)

    def __call__(self, sample: Sample) -> float:
        """Return the quantile."""
        return sample.quantile(self.q)

    def __str__(self) -> str:
        """Return it as a percentile: "p99.9"."""
        return f"p{self.q * 100:.10g}"


def quantile(q: float) -> Quantile:
    """Return the statistic that is the `q` quantile, 0 ≤ q ≤ 1."""
    return Quantile(q)


@register("median")
class Median(Statistic):
    """The middle reading, or the mean of the middle two. Cost and error as a quantile."""

    def __call__(self, sample: Sample) -> float:
        """Return the median."""
        return sample.quantile(0.5)


@register("iqr")
class InterquartileRange(Statistic):
    """p75 − p25.

    Cost as two quantiles. Error: beyond 100,000 readings 2⁻⁸·(|p75 − median| + |p25 − median|), about.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the interquartile range."""
        return sample.quantile(0.75) - sample.quantile(0.25)


@register("mad")
class MedianAbsoluteDeviation(Statistic):
    """The median of |x − median|, not scaled; ×1.4826 it estimates std of normal readings.

    Hampel (1974). Cost as a quantile. Error: beyond 100,000 readings 2⁻⁸ of it, about (see
    `SlidingHistogram.mad`).
    """

    def __call__(self, sample: Sample) -> float:
        """Return the median absolute deviation."""
        return sample.mad()


@register("skewness", unit="none")
class Skewness(Statistic):
    """√(n(n−1)) / (n−2) · m₃ / m₂^1.5 with mₖ = Σ (x − mean)ᵏ / n: corrected for bias, as pandas.

    Joanes and Gill (1998), G₁. NaN below three readings or of equal ones. Cost: merged blocks, 9 ns per
    new reading once somebody asks. Error: 1e-9, relative to max(1, |skewness|), for |mean| / std ≤ 1e6.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the skewness."""
        n, _, m2, m3, *_ = sample.moments
        if n < 3 or not m2 > 0:
            return math.nan
        spread = math.sqrt(m2 / n)
        return math.sqrt(n * (n - 1)) / (n - 2) * (m3 / n / spread / spread / spread)


@register("kurtosis", unit="none")
class Kurtosis(Statistic):
    """(n−1) / ((n−2)(n−3)) · ((n+1)·g₂ + 6) with g₂ = m₄ / m₂² − 3: excess, corrected for bias, as pandas.

    Joanes and Gill (1998), G₂: 0 for normal readings. NaN below four readings or of equal ones. Cost as
    skewness. Error: 1e-9, relative to max(1, |kurtosis|), for |mean| / std ≤ 1e6.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the excess kurtosis."""
        n, _, m2, _, m4, *_ = sample.moments
        if n < 4 or not m2 > 0:
            return math.nan
        spread = m2 / n
        excess = m4 / n / spread / spread - 3
        return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6)


class Bins(NamedTuple):
    """A histogram: bin i holds edges[i] ≤ x < edges[i + 1], the last one its upper edge too."""

    counts: IntArray
    """Readings per bin, shape (bins,)."""
    edges: FloatArray
    """In the unit of the readings, shape (bins + 1,)."""


@register("histogram")
class Histogram(Statistic):
    """How many readings lie in each of `bins` bins of equal width from the smallest to the largest.

    The value is `Bins`, empty without a reading. Cost: 6 ns a reading in the window. Exact.
    """

    is_number: ClassVar[bool] = False
    bins: int = 50

    def __post_init__(self) -> None:
        bins: Any = self.bins
        if not isinstance(bins, int) or not 1 <= bins <= 100_000:
            msg = f"'bins' must be a whole number from 1 to 100,000 (got {self.bins!r})."
            raise ValueError(msg)

    def __call__(self, sample: Sample) -> Bins:
        """Return counts and edges."""
        values = sample.values
        if not len(values):
            return Bins(np.zeros(0, np.int64), np.empty(0))
        low, high = float(values.min()), float(values.max())
        if not high - low < np.inf:
            msg = f"Readings from {low:g} to {high:g} are too far apart for a histogram."
            raise ValueError(msg)
        counts, edges = np.histogram(values, self.bins)
        return Bins(counts.astype(np.int64), edges)
