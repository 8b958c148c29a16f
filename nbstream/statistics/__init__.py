"""The catalogue of statistics by name, and the samples that they are computed on.

ns.statistics.names()                    # all of them
analyzer.statistic("p99")                # by name
ns.statistics.find("time_above(90)")     # with parameters
@ns.statistics.statistic(unit="same")    # your own
def spread(sample): return sample.summary.max - sample.summary.min
"""

from nbstream.statistics.base import Statistic, StatisticLike, Unit, find, names, statistic
from nbstream.statistics.basic import (
    RMS,
    CoefficientOfVariation,
    Count,
    First,
    Last,
    Max,
    Mean,
    Min,
    Missing,
    PeakToPeak,
    StandardDeviation,
    Sum,
    Variance,
)
from nbstream.statistics.course import (
    Autocorrelation,
    Correlation,
    DominantFrequency,
    Slope,
    ZeroCrossings,
)
from nbstream.statistics.distribution import (
    Bins,
    Histogram,
    InterquartileRange,
    Kurtosis,
    Median,
    MedianAbsoluteDeviation,
    Quantile,
    Skewness,
)
from nbstream.statistics.sample import Reading, RowSource, Sample
from nbstream.statistics.timing import (
    Interval,
    Jitter,
    Rate,
    TimeAbove,
    TimeBelow,
    TimeSinceLast,
    TimeWeightedMean,
)
from nbstream.statistics.zscore import trailing_zscores

__all__ = [
    "RMS",
    "Autocorrelation",
    "Bins",
    "CoefficientOfVariation",
    "Correlation",
    "Count",
    "DominantFrequency",
    "First",
    "Histogram",
    "InterquartileRange",
    "Interval",
    "Jitter",
    "Kurtosis",
    "Last",
    "Max",
    "Mean",
    "Median",
    "MedianAbsoluteDeviation",
    "Min",
    "Missing",
    "PeakToPeak",
    "Quantile",
    "Rate",
    "Reading",
    "RowSource",
    "Sample",
    "Skewness",
    "Slope",
    "StandardDeviation",
    "Statistic",
    "StatisticLike",
    "Sum",
    "TimeAbove",
    "TimeBelow",
    "TimeSinceLast",
    "TimeWeightedMean",
    "Unit",
    "Variance",
    "ZeroCrossings",
    "find",
    "names",
    "quantile",
    "statistic",
    "trailing_zscores",
]


def quantile(q: float) -> Quantile:
    """Return the statistic that is the `q` quantile, 0 ≤ q ≤ 1."""
    return Quantile(q)
