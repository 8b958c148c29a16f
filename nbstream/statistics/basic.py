"""Statistics that a merged summary answers: they cost microseconds, whatever the window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nbstream.statistics.base import Statistic, Unit, register

if TYPE_CHECKING:
    from nbstream.statistics.sample import Sample

__all__ = [
    "RMS",
    "CoefficientOfVariation",
    "Count",
    "First",
    "Last",
    "Max",
    "Mean",
    "Min",
    "Missing",
    "PeakToPeak",
    "StandardDeviation",
    "Sum",
    "Variance",
]

NAN = float("nan")


@register
@dataclass(frozen=True, slots=True)
class Count(Statistic):
    """Number of readings that are not missing. Cost: merged blocks. Exact."""

    name: ClassVar[str] = "count"
    unit: ClassVar[Unit] = "none"

    def __call__(self, sample: Sample) -> int:
        """Return the number of readings."""
        return sample.n


@register
@dataclass(frozen=True, slots=True)
class Missing(Statistic):
    """Number of readings that are missing (NaN or infinite when they came). Cost: merged blocks. Exact."""

    name: ClassVar[str] = "missing"
    unit: ClassVar[Unit] = "none"

    def __call__(self, sample: Sample) -> int:
        """Return the number of missing readings."""
        return sample.n_rows - sample.n


@register
@dataclass(frozen=True, slots=True)
class First(Statistic):
    """Oldest reading in the window. Cost: a look at its beginning. Exact."""

    name: ClassVar[str] = "first"

    def __call__(self, sample: Sample) -> float:
        """Return the oldest reading."""
        return NAN if sample.first is None else sample.first.value


@register
@dataclass(frozen=True, slots=True)
class Last(Statistic):
    """Newest reading in the window. Cost: a look at its end. Exact."""

    name: ClassVar[str] = "last"

    def __call__(self, sample: Sample) -> float:
        """Return the newest reading."""
        return NAN if sample.last is None else sample.last.value


@register
@dataclass(frozen=True, slots=True)
class Min(Statistic):
    """Smallest reading. Cost: merged blocks. Exact."""

    name: ClassVar[str] = "min"

    def __call__(self, sample: Sample) -> float:
        """Return the smallest reading."""
        return sample.summary.min


@register
@dataclass(frozen=True, slots=True)
class Max(Statistic):
    """Largest reading. Cost: merged blocks. Exact."""

    name: ClassVar[str] = "max"

    def __call__(self, sample: Sample) -> float:
        """Return the largest reading."""
        return sample.summary.max


@register
@dataclass(frozen=True, slots=True)
class PeakToPeak(Statistic):
    """Largest reading − smallest reading. Cost: merged blocks. Exact but for one rounding."""

    name: ClassVar[str] = "ptp"

    def __call__(self, sample: Sample) -> float:
        """Return the range of the readings."""
        return sample.summary.max - sample.summary.min


@register
@dataclass(frozen=True, slots=True)
class Sum(Statistic):
    """Σ x = n·mean; 0 without a reading, as pandas.

    Cost: merged blocks. Error: 1e-15 of n·max |x|.
    """

    name: ClassVar[str] = "sum"

    def __call__(self, sample: Sample) -> float:
        """Return the sum of the readings."""
        return sample.n * sample.summary.mean if sample.n else 0.0


@register
@dataclass(frozen=True, slots=True)
class Mean(Statistic):
    """Σ x / n, arithmetic.

    Merged as Chan, Golub, LeVeque (1983). Cost: merged blocks. Error: 1e-15 of max |x|.
    """

    name: ClassVar[str] = "mean"

    def __call__(self, sample: Sample) -> float:
        """Return the mean."""
        return sample.summary.mean


@register
@dataclass(frozen=True, slots=True)
class Variance(Statistic):
    """Σ (x − mean)² / (n − 1): of a sample (ddof = 1), as pandas; NaN below two readings.

    Merged as Chan, Golub, LeVeque (1983). Cost: merged blocks. Error: 1e-9 of it for
    |mean| / std ≤ 1e6.
    """

    name: ClassVar[str] = "var"
    unit: ClassVar[Unit] = "squared"

    def __call__(self, sample: Sample) -> float:
        """Return the variance."""
        return sample.summary.m2 / (sample.n - 1) if sample.n > 1 else NAN


@register
@dataclass(frozen=True, slots=True)
class StandardDeviation(Statistic):
    """√var: of a sample (ddof = 1), as pandas; NaN below two readings. Cost and error as var."""

    name: ClassVar[str] = "std"

    def __call__(self, sample: Sample) -> float:
        """Return the standard deviation."""
        return sample.summary.std


@register
@dataclass(frozen=True, slots=True)
class CoefficientOfVariation(Statistic):
    """std / |mean|; NaN where the mean is 0. Cost and error as std."""

    name: ClassVar[str] = "cv"
    unit: ClassVar[Unit] = "none"

    def __call__(self, sample: Sample) -> float:
        """Return the coefficient of variation."""
        mean = abs(sample.summary.mean)
        return sample.summary.std / mean if mean > 0 else NAN


@register
@dataclass(frozen=True, slots=True)
class RMS(Statistic):
    """Root mean square √(Σ x² / n) = √(mean² + m2 / n), without cancellation.

    Cost: merged blocks. Error: 1e-14 of it.
    """

    name: ClassVar[str] = "rms"

    def __call__(self, sample: Sample) -> float:
        """Return the root mean square."""
        if not sample.n:
            return NAN
        return math.hypot(sample.summary.mean, math.sqrt(sample.summary.m2 / sample.n))
