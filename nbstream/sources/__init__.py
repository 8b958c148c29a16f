"""Where readings come from: one file per kind of source."""

from __future__ import annotations

from nbstream.sources.base import Source, running_sources
from nbstream.sources.callable import CallableSource
from nbstream.sources.csv import CsvSource
from nbstream.sources.iterable import IterableSource
from nbstream.sources.lines import LinesSource
from nbstream.sources.process import ProcessSource
from nbstream.sources.random import RandomSource
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.tail import nearest_neighbour

__all__ = [
    "CallableSource",
    "Counters",
    "CsvSource",
    "IterableSource",
    "LinesSource",
    "ProcessSource",
    "RandomSource",
    "Source",
    "SourceState",
    "nearest_neighbour",
    "running_sources",
]
