"""What a statistic is given: the readings in a window, of which only what it asks for is computed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from nbstream.summaries.histogram import EXACT_LIMIT, exact_mad, exact_quantile
from nbstream.summaries.moments import Moments, moments_of, pair_moments_of
from nbstream.summaries.summary import Summary, merge, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.summaries.histogram import SlidingHistogram

__all__ = ["Reading", "RowSource", "Sample", "pair_values"]

NS = 1e9
LOOK = 64
FARTHEST = 65_536
"""Rows before the window that are searched for a reading that is not missing."""


class Reading(NamedTuple):
    """One reading that is not missing."""

    time_ns: int
    value: float


class RowSource(Protocol):
    """Where a sample's rows come from."""

    def read(self, start: int, stop: int) -> tuple[TimeArray, FloatArray]:
        """Return times in ns and values of rows, NaN included."""

    def summarize(self, start: int, stop: int) -> Summary:
        """Return the summary of rows."""

    def moments(self, start: int, stop: int) -> Moments:
        """Return the moments of rows with their times."""

    def pair_moments(self, other: str, start: int, stop: int) -> Moments:
        """Return the moments of rows with the values of another channel at the same times."""

    def histogram(self, key: Hashable, start: int, stop: int) -> SlidingHistogram | None:
        """Return a histogram of rows that was slid there, or None to have the values sorted."""


class Sample:
    """The readings of one channel in a window; nothing is computed unless it is asked for, and then once.

    A statistic takes the cheapest that it can do with: `summary` and `moments` are merged from blocks
    and cost microseconds, whatever the window; `values` and `times` copy the readings.

    Parameters
    ----------
    source
        Where the rows are.
    start, stop
        The rows start ≤ row < stop.
    first
        The oldest row that may be looked at for what was before; None is `start`.
    begin_ns, end_ns
        The span of event time that the window covers; None is the first and the last reading.
    key
        Equal for samples of the same sliding window.

    Notes
    -----
    Thread safety: the analyzer makes samples and asks them under its lock. Don't change the arrays.

    Examples
    --------
    >>> sample = Sample.of([0.0, 1.0, 2.0], [1.0, float("nan"), 3.0])
    >>> sample.n_rows, sample.n, sample.summary.mean
    (3, 2, 2.0)
    """

    def __init__(
        self,
        source: RowSource,
        start: int,
        stop: int,
        *,
        first: int | None = None,
        begin_ns: int | None = None,
        end_ns: int | None = None,
        key: Hashable = None,
    ) -> None:
        self._source = source
        self._start = start
        self._stop = stop
        self._first = start if first is None else min(first, start)
        self._begin_ns = begin_ns
        self._end_ns = end_ns
        self._key = key
        self._pairs: dict[str, Moments] = {}

    @classmethod
    def of(cls, seconds: Any, values: Any, **others: Any) -> Sample:
        """Return a sample of plain numbers.

        Parameters
        ----------
        seconds
            Times in seconds, ascending, shape (n,).
        values
            Shape (n,); NaN is a missing reading.
        **others
            Values of other channels at the same times.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        times = np.round(np.asarray(seconds, np.float64) * NS).astype(np.int64)
        column = np.asarray(values, np.float64)
        columns = {name: np.asarray(other, np.float64) for name, other in others.items()}
        for name, array in {"values": column, **columns}.items():
            if array.shape != times.shape or times.ndim != 1:
                wanted = f"the shape of the times, {times.shape}"
                msg = f"{name!r} must have {wanted} (got {array.shape})."
                raise ValueError(msg)
        return cls(_Arrays(times, column, columns), 0, len(times))

    def __repr__(self) -> str:
        """Return how many readings there are."""
        return f"<Sample of {self.n:,} readings>"

    def take(self, statistic: Callable[[Sample], Any]) -> Any:
        """Return a statistic of this, or NaN if it failed because readings were evicted meanwhile."""
        try:
            return statistic(self)
        except Exception:
            times, _ = self._source.read(self._start, self._start + 1)
            if len(times) or not self.n_rows:
                raise
            return np.nan

    @property
    def n_rows(self) -> int:
        """Number of readings, missing ones too."""
        return self._stop - self._start

    @property
    def n(self) -> int:
        """Number of readings that are not missing."""
        return self.summary.n

    @cached_property
    def summary(self) -> Summary:
        """n, mean, m2, min, max, std; merged from blocks."""
        return self._source.summarize(self._start, self._stop)

    @cached_property
    def moments(self) -> Moments:
        """Central moments with those of the times (y, in seconds); merged from blocks."""
        return self._source.moments(self._start, self._stop)

    def pair_moments(self, channel: str) -> Moments:
        """Return the moments of the pairs with another channel (y): readings of the same time.

        Raises
        ------
        ValueError
            If there is no such channel.
        """
        if channel not in self._pairs:
            self._pairs[channel] = self._source.pair_moments(channel, self._start, self._stop)
        return self._pairs[channel]

    @cached_property
    def rows(self) -> tuple[TimeArray, FloatArray]:
        """Times in ns and values of all rows; NaN is a missing reading."""
        return self._source.read(self._start, self._stop)

    @cached_property
    def _present(self) -> tuple[TimeArray, FloatArray]:
        times, values = self.rows
        present = values == values
        return (times, values) if present.all() else (times[present], values[present])

    @property
    def times(self) -> TimeArray:
        """Times of `values` in ns since the epoch."""
        return self._present[0]

    @property
    def values(self) -> FloatArray:
        """The readings that are not missing."""
        return self._present[1]

    @cached_property
    def first(self) -> Reading | None:
        """The oldest reading that is not missing."""
        return self._look(self._start, self._stop, 1)

    @cached_property
    def last(self) -> Reading | None:
        """The newest reading that is not missing."""
        return self._look(self._stop - 1, self._start - 1, -1)

    @cached_property
    def before(self) -> Reading | None:
        """The newest reading before the window that is not missing, if it is still held."""
        return self._look(self._start - 1, max(self._first, self._start - FARTHEST) - 1, -1)

    @property
    def end_ns(self) -> int | None:
        """End of the window in event time: the newest time of all channels; None without a reading."""
        if self._end_ns is not None:
            return self._end_ns
        return None if self.last is None else self.last.time_ns

    @property
    def span(self) -> float:
        """Seconds from the first to the last reading; NaN without a reading."""
        if self.first is None or self.last is None:
            return np.nan
        return (self.last.time_ns - self.first.time_ns) / NS

    @cached_property
    def held(self) -> tuple[FloatArray, FloatArray]:
        """Values and for how many seconds each was the newest one, inside the window.

        The value before the window goes on until the first reading, the last one until the window's end;
        a missing reading ends nothing.
        """
        times, values = self.times, self.values
        begin, end = self._begin_ns, self.end_ns
        if begin is not None and self.before is not None:
            times = np.concatenate(([begin], times))
            values = np.concatenate(([self.before.value], values))
        if not len(times) or end is None:
            return values, np.empty(0)
        return values, np.diff(times, append=max(end, int(times[-1]))) / NS

    @cached_property
    def histogram(self) -> SlidingHistogram | None:
        """The sliding histogram of a window of more than 100,000 readings; None where values are sorted.

        Readings further apart than 3e38 are sorted too.
        """
        if self.n_rows <= EXACT_LIMIT or not self.n:
            return None
        histogram = self._source.histogram(self._key, self._start, self._stop)
        if histogram is not None and histogram.fits(self.summary.min, self.summary.max):
            return histogram
        return None

    def quantile(self, q: float) -> float:
        """Return the `q` quantile, linear between the two nearest readings; NaN without a reading.

        Exact up to 100,000 readings; beyond that within `SlidingHistogram.error_of`.
        """
        if self.histogram is not None:
            return self.histogram.quantile(q, self.summary.min, self.summary.max)
        return exact_quantile(self.values, q)

    def mad(self) -> float:
        """Return the median distance from the median; NaN without a reading."""
        if self.histogram is not None:
            return self.histogram.mad(self.summary.min, self.summary.max)
        return exact_mad(self.values)

    def _look(self, row: int, end: int, step: int) -> Reading | None:
        """Return the first reading from `row` towards `end` that is not missing."""
        n = LOOK
        while (end - row) * step > 0:
            n = min(n, abs(end - row))
            low = row if step > 0 else row - n + 1
            times, values = self._source.read(low, low + n)
            present = np.flatnonzero(values == values)
            if len(present):
                i = present[0 if step > 0 else -1]
                return Reading(int(times[i]), float(values[i]))
            row += step * n
            n *= 2
        return None


class _Arrays:
    """Plain arrays as a source of rows."""

    def __init__(self, times: TimeArray, values: FloatArray, others: dict[str, FloatArray]) -> None:
        self._times = times
        self._values = values
        self._others = others

    def read(self, start: int, stop: int) -> tuple[TimeArray, FloatArray]:
        """Return rows."""
        return self._times[start:stop], self._values[start:stop]

    def summarize(self, start: int, stop: int) -> Summary:
        """Return the summary of rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return merge(summarize(self._values[start:stop]))

    def moments(self, start: int, stop: int) -> Moments:
        """Return the moments of rows."""
        return moments_of(*self.read(start, stop))

    def pair_moments(self, other: str, start: int, stop: int) -> Moments:
        """Return the moments of rows with another column."""
        if other not in self._others:
            msg = f"There is no channel {other!r} (there are {sorted(self._others)})."
            raise ValueError(msg)
        return pair_moments_of(self._values[start:stop], self._others[other][start:stop])

    def histogram(self, key: Hashable, start: int, stop: int) -> None:
        """Return None: plain arrays are sorted."""


def pair_values(times: TimeArray, other_times: TimeArray, other_values: FloatArray) -> FloatArray:
    """Return for each time the other channel's value at that time, NaN where there is none.

    Both ascend. Of several readings at one time the first belongs to the first, and so on.
    """
    if len(times) == len(other_times) and bool((times == other_times).all()):
        return other_values
    if not len(other_times):
        return np.full(len(times), np.nan)
    repeat = np.arange(len(times)) - times.searchsorted(times, "left")
    rows = other_times.searchsorted(times, "left") + repeat
    rows_held = np.minimum(rows, len(other_times) - 1)
    is_there = (rows < len(other_times)) & (other_times[rows_held] == times)
    return np.where(is_there, other_values[rows_held], np.nan)
