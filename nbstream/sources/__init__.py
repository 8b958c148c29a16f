"""Where readings come from: one file per kind of source."""

from __future__ import annotations

from nbstream.sources.base import Source, running_sources
from nbstream.sources.files.csv.source import CsvSource
from nbstream.sources.files.lines import LinesSource
from nbstream.sources.files.neighbour import nearest_neighbour
from nbstream.sources.process.source import ProcessSource
from nbstream.sources.python.callable import CallableSource
from nbstream.sources.python.iterable import IterableSource
from nbstream.sources.python.random import RandomSource
from nbstream.sources.state import Counters, SourceState

__all__ = [
    "CallableSource", "Counters", "CsvSource", "IterableSource", "LinesSource", "ProcessSource",
    "RandomSource", "Source", "SourceState", "nearest_neighbour", "running_sources",
]  # fmt: skip
