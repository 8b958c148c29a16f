"""A span of time that somebody selected on a chart: its statistics, and its readings as a table."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.frame import to_frame
from nbstream.readings.zone import local_datetime
from nbstream.summaries.summary import merge, summarize
from nbstream.text.naming import short_names, shortened
from nbstream.widgets.page.messages import finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nbstream.readings.buffer import Buffer
    from nbstream.readings.channel_rows import Rows

__all__ = ["Selection", "SpanStatistics", "read_span"]

LABELS = ("count", "min", "max", "peak-to-peak", "mean", "rms", "std", "interval (s)")
MAX_NAME = 30


@dataclass(frozen=True, slots=True)
class SpanStatistics:
    """What the readings of one channel in a span come to; missing readings (NaN) are left out."""

    count: int
    min: float
    max: float
    peak_to_peak: float
    mean: float
    rms: float
    """Root mean square of the values themselves."""
    std: float
    """Sample standard deviation, ddof = 1."""
    interval: float
    """Average seconds from one reading to the next; NaN for fewer than two."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A span of a buffer's readings, both ends included.

    Parameters
    ----------
    buffer
        Holds the readings, for as long as they are not evicted.
    names
        Of the channels.
    begin_ns, end_ns
        Ends of the span, ns since the epoch, UTC.

    Notes
    -----
    Thread safety: immutable; any thread may ask.
    """

    buffer: Buffer
    names: tuple[str, ...]
    begin_ns: int
    end_ns: int

    def statistics(self) -> dict[str, SpanStatistics]:
        """Return the statistics by channel; of no readings count is 0 and the rest NaN."""
        labels = self.buffer._store.labels
        return {name: _statistics(self._rows(name), name in labels) for name in self.names}

    def to_pandas(self) -> pd.DataFrame:
        """Return a copy of the readings, as `Buffer.to_pandas` does."""
        columns = {}
        for name in self.names:
            rows = self._rows(name)
            columns[name] = rows.times, rows.values.astype(np.float64, copy=False)
        self.buffer._require_whole()
        return to_frame(columns, self.buffer.timezone, self.buffer._store.labels)

    def for_page(self) -> dict[str, Any]:
        """Return what a page shows of it, as SelectionPanel takes it (static/chart/selection.js)."""
        zone, units = self.buffer.timezone, self.buffer.units
        begin, end = (local_datetime(ns, zone) for ns in (self.begin_ns, self.end_ns))
        seconds = (self.end_ns - self.begin_ns) / 1e9
        statistics = self.statistics()
        return {
            "span": f"{begin:%Y-%m-%d %H:%M:%S} – {end:%H:%M:%S}, {seconds:.6g} s",
            "labels": list(LABELS),
            "channels": [
                {
                    "name": shown,
                    "unit": shortened(units.get(name, ""), 16),
                    "values": [finite(value) for value in astuple(statistics[name])],
                }
                for name, shown in short_names(self.names, MAX_NAME).items()
            ],
        }

    def _rows(self, name: str) -> Rows:
        held = self.buffer.channel(name)
        return held.rows(held.row_at(self.begin_ns), held.row_at(self.end_ns + 1))


def _statistics(rows: Rows, are_words: bool) -> SpanStatistics:
    summary = merge(summarize(rows.values.astype(np.float64, copy=False)))
    n = len(rows.times)
    interval = (int(rows.times[-1]) - int(rows.times[0])) / (n - 1) / 1e9 if n > 1 else math.nan
    if are_words:
        nan = math.nan
        return SpanStatistics(summary.n, nan, nan, nan, nan, nan, nan, interval)
    square = summary.mean * summary.mean + summary.m2 / summary.n if summary.n else math.nan
    return SpanStatistics(
        summary.n,
        summary.min,
        summary.max,
        summary.max - summary.min,
        summary.mean,
        math.sqrt(square),
        summary.std,
        interval,
    )


def read_span(begin_ms: float, end_ms: float, names: Sequence[str], buffer: Buffer) -> Selection:
    """Return the selection of a span as a page says it, epoch ms."""
    first, last = sorted((round(begin_ms * 1e6), round(end_ms * 1e6)))
    return Selection(buffer, tuple(names), first, last)
