"""Another name of `nbstream.analysis.analyzer`, where the analyzer lives."""

from nbstream.analysis.analyzer import STATISTICS, Analyzer, ChannelStatistics, Snapshot, Statistics

__all__ = ["STATISTICS", "Analyzer", "ChannelStatistics", "Snapshot", "Statistics"]
