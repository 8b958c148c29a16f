"""The catalogue of statistics by name, and the samples that they are computed on.

ns.statistics.names()                    # all of them
analyzer.statistic("p99")                # by name
ns.statistics.find("time_above(90)")     # with parameters
@ns.statistics.statistic(unit="same")    # your own
def spread(sample): return sample.summary.max - sample.summary.min
"""

from nbstream.statistics import basic, course, distribution, timing
from nbstream.statistics.base import Statistic, StatisticLike, Unit, find, names, statistic
from nbstream.statistics.basic import *
from nbstream.statistics.course import *
from nbstream.statistics.distribution import *
from nbstream.statistics.sample import Reading, RowSource, Sample
from nbstream.statistics.timing import *
from nbstream.statistics.zscore import trailing_zscores

__all__ = ["Reading", "RowSource", "Sample", "Statistic", "StatisticLike", "Unit"]
__all__ += ["find", "names", "statistic", "trailing_zscores"]
__all__ += basic.__all__
__all__ += course.__all__
__all__ += distribution.__all__
__all__ += timing.__all__


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
