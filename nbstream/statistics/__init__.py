"""Statistics beyond what a merged summary holds."""

from nbstream.statistics.zscore import trailing_zscores

__all__ = ["trailing_zscores"]
