"""Statistics that a merged summary answers: they cost microseconds, whatever the window."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nbstream.statistics.base import Statistic, register

if TYPE_CHECKING:
    from nbstream.statistics.sample import Sample

__all__ = [
    "RMS", "CoefficientOfVariation", "Count", "First", "Last", "Max", "Mean", "Min", "Missing",
    "PeakToPeak", "StandardDeviation", "Sum", "Variance",
]  # fmt: skip


@register("count", unit="none")
class Count(Statistic):
    """Number of readings that are not missing. Cost: merged blocks. Exact."""

    def __call__(self, sample: Sample) -> int:
        """Return the number of readings."""
        return sample.n


@register("missing", unit="none")
class Missing(Statistic):
    """Number of readings that are missing (NaN or infinite when they came). Cost: merged blocks. Exact."""

    def __call__(self, sample: Sample) -> int:
        """Return the number of missing readings."""
        return sample.n_rows - sample.n


@register("first")
class First(Statistic):
    """Oldest reading in the window. Cost: a look at its beginning. Exact."""

    def __call__(self, sample: Sample) -> float:
        """Return the oldest reading."""
        return math.nan if sample.first is None else sample.first.value


@register("last")
class Last(Statistic):
    """Newest reading in the window. Cost: a look at its end. Exact."""

    def __call__(self, sample: Sample) -> float:
        """Return the newest reading."""
        return math.nan if sample.last is None else sample.last.value


@register("min")
class Min(Statistic):
    """Smallest reading. Cost: merged blocks. Exact."""

    def __call__(self, sample: Sample) -> float:
        """Return the smallest reading."""
        return sample.summary.min


@register("max")
class Max(Statistic):
    """Largest reading. Cost: merged blocks. Exact."""

    def __call__(self, sample: Sample) -> float:
        """Return the largest reading."""
        return sample.summary.max


@register("ptp")
class PeakToPeak(Statistic):
    """Largest reading − smallest reading. Cost: merged blocks. Exact but for one rounding."""

    def __call__(self, sample: Sample) -> float:
        """Return the range of the readings."""
        return sample.summary.max - sample.summary.min


@register("sum")
class Sum(Statistic):
    """Σ x = n·mean; 0 without a reading, as pandas.

    Cost: merged blocks. Error: 1e-15 of n·max |x|.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the sum of the readings."""
        return sample.n * sample.summary.mean if sample.n else 0.0


@register("mean")
class Mean(Statistic):
    """Σ x / n, arithmetic.

    Merged as Chan, Golub, LeVeque (1983). Cost: merged blocks. Error: 1e-15 of max |x|.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the mean."""
        return sample.summary.mean


@register("var", unit="squared")
class Variance(Statistic):
    """Σ (x − mean)² / (n − 1): of a sample (ddof = 1), as pandas; NaN below two readings.

    Merged as Chan, Golub, LeVeque (1983). Cost: merged blocks. Error: 1e-9 of it for
    |mean| / std ≤ 1e6.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the variance."""
        return sample.summary.m2 / (sample.n - 1) if sample.n > 1 else math.nan


@register("std")
class StandardDeviation(Statistic):
    """√var: of a sample (ddof = 1), as pandas; NaN below two readings. Cost and error as var."""

    def __call__(self, sample: Sample) -> float:
        """Return the standard deviation."""
        return sample.summary.std


@register("cv", unit="none")
class CoefficientOfVariation(Statistic):
    """std / |mean|; NaN where the mean is 0. Cost and error as std."""

    def __call__(self, sample: Sample) -> float:
        """Return the coefficient of variation."""
        mean = abs(sample.summary.mean)
        return sample.summary.std / mean if mean > 0 else math.nan


@register("rms")
class RMS(Statistic):
    """Root mean square √(Σ x² / n) = √(mean² + m2 / n), without cancellation.

    Cost: merged blocks. Error: 1e-14 of it.
    """

    def __call__(self, sample: Sample) -> float:
        """Return the root mean square."""
        if not sample.n:
            return math.nan
        return math.hypot(sample.summary.mean, math.sqrt(sample.summary.m2 / sample.n))
