"""What is known of a channel that workers summarise, over all of its steps; a source of samples."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.cluster.steps import Histograms, Steps, merge_histograms, merge_steps
from nbstream.statistics.base import find
from nbstream.statistics.sample import Sample
from nbstream.statistics.zscore import MIN_READINGS
from nbstream.summaries.histogram import middles_of
from nbstream.summaries.moments import MomentNodePyramid, Moments, as_moments
from nbstream.summaries.summary import NodePyramid, Summary, spread_floor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray
    from nbstream.readings.channel_rows import ChannelRows
    from nbstream.readings.window import Window
    from nbstream.summaries.pyramid import Columns

__all__ = ["KnownChannel", "NeedsEveryReading", "StepSample"]

MAX_STEPS = 500_000
"""Of a channel, 72 bytes each, 144 with moments; of a quarter more the oldest are forgotten."""
MAX_COUNTS = 2_000_000
"""Rows of histograms of a channel, 18 bytes each; of more those of older steps are put together."""
TOGETHER = 64
"""Steps whose histograms become one, and again."""
MAX_LEVELS = 8
CHUNKS = 32
"""Histograms as they came, before they are merged."""
NAN = float("nan")
NOTHING = Summary(0, NAN, NAN, NAN, NAN)


class NeedsEveryReading(Exception):
    """A statistic asked for all readings of a window, and workers hold them."""


class _Bucketed(NamedTuple):
    """Values that stand for many, ascending, and for how many."""

    values: FloatArray
    counts: IntArray


class KnownChannel:
    """The steps of one channel, merged as they come from workers.

    Parameters
    ----------
    held
        The readings that are drawn.
    step_ns
        Length of a step.

    Notes
    -----
    Rows are steps that have readings, numbered as they follow each other.

    Thread safety: any thread.
    """

    def __init__(self, held: ChannelRows, step_ns: int) -> None:
        self.held = held
        self.step_ns = step_ns
        self.n_forgotten = 0
        """Readings of the steps that were forgotten."""
        self._lock = threading.RLock()
        self._parts: list[Steps] = []
        self._first = 0  # number of the oldest row
        self._steps: Steps | None = None
        self._pyramid = NodePyramid()
        self._moments = MomentNodePyramid()
        self._histograms: dict[float, list[Histograms]] = {}

    def add(self, steps: Steps) -> None:
        """Take steps, in any order."""
        if not len(steps):
            return
        with self._lock:
            found = steps.histograms
            if found is not None and len(found.codes):
                chunks = self._histograms.setdefault(found.reference, [])
                chunks.append(found)
                if len(chunks) > CHUNKS or sum(len(c.codes) for c in chunks) > MAX_COUNTS:
                    self._histograms[found.reference] = [_put_together(chunks)]
            nothing = steps.times[:0], steps.values[:0]
            self._parts.append(replace(steps, times=nothing[0], values=nothing[1], histograms=None))

    def _merged(self) -> Steps | None:
        """Return all steps; those that came since are merged when somebody asks."""
        if not self._parts:
            return self._steps
        new = merge_steps(self._parts)
        self._parts = []
        old = self._steps
        if old is None:
            self._steps = new
            return new
        place = int(old.numbers.searchsorted(new.numbers[0]))
        if place < len(old):
            new = merge_steps([_rows_of(old, slice(place, None)), new])
            old = _rows_of(old, slice(0, place))
            self._pyramid.cut(self._first + place)
            self._moments.cut(self._first + place)
        steps = _one_after_the_other(old, new)
        if len(steps) > MAX_STEPS * 5 // 4:
            n = len(steps) - MAX_STEPS
            self.n_forgotten += int(steps.n_rows[:n].sum())
            steps = _rows_of(steps, slice(n, None))
            self._first += n
            if self._pyramid.end < self._first:
                self._pyramid = NodePyramid(self._first)
            if self._moments.end < self._first:
                self._moments = MomentNodePyramid(self._first)
            self._pyramid.forget_before(self._first)
            self._moments.forget_before(self._first)
        self._steps = steps
        return steps

    # Samples.

    def sample(self, window: Window, end_ns: int | None = None) -> StepSample:
        """Return the readings of a window that ends at a time, or at the newest, by whole steps.

        A step belongs to it if it begins in it; of a window that is shorter, the newest one.
        """
        with self._lock:
            steps = self._merged()
            if steps is None:
                return StepSample(self, 0, 0)
            stop = len(steps)
            if end_ns is not None:
                stop = int(steps.numbers.searchsorted(end_ns // self.step_ns, "right"))
            start, begin_ns = 0, None
            if window.duration_ns is not None:
                newest_ns = int(steps.last_ns.max()) if end_ns is None else end_ns
                begin_ns = newest_ns - window.duration_ns
                start = int(steps.numbers.searchsorted(begin_ns // self.step_ns + 1))
                start = min(start, max(stop - 1, 0))
            elif window.readings is not None:
                counts = steps.n_rows[:stop][::-1].cumsum()
                n = int(counts.searchsorted(window.readings)) + 1
                start = max(stop - n, 0)
            return self._sample_of(start, stop, begin_ns, end_ns)

    def sample_between(self, begin_ns: int, end_ns: int) -> StepSample:
        """Return the readings of the steps that begin within begin ≤ time < end."""
        with self._lock:
            steps = self._merged()
            if steps is None:
                return StepSample(self, 0, 0)
            edges = [-(-begin_ns // self.step_ns), -(-end_ns // self.step_ns)]
            start, stop = steps.numbers.searchsorted(edges).tolist()
            return self._sample_of(start, max(start, stop), begin_ns, end_ns)

    def _sample_of(
        self, start: int, stop: int, begin_ns: int | None, end_ns: int | None
    ) -> StepSample:
        first = self._first
        return StepSample(
            self, first + start, first + stop, first=first, begin_ns=begin_ns, end_ns=end_ns
        )

    def means(self, since: int, before: int | None) -> tuple[TimeArray, FloatArray, int]:
        """Return the mean of each step since ≤ number < before that has readings, at its last reading's time.

        Parameters
        ----------
        since, before
            Numbers of steps; None is all that there are.

        Returns
        -------
        times, values
            Ascending.
        next
            From which number on to ask again.
        """
        with self._lock:
            steps = self._merged()
            if steps is None:
                return np.empty(0, np.int64), np.empty(0), since
            start = int(steps.numbers.searchsorted(since))
            stop = len(steps) if before is None else int(steps.numbers.searchsorted(before))
            rows = start + np.flatnonzero(steps.summaries[0, start:stop] > 0)
            after = max(since, int(steps.numbers[stop - 1]) + 1 if stop > start else since)
            return steps.last_ns[rows], steps.summaries[1, rows], after

    def statistic_at(self, times: TimeArray, name: str, window: Window) -> FloatArray:
        """Return a statistic of the window that ends with the step of each of some times."""
        statistic = find(name)
        return self._of_steps(
            times, lambda begin_ns: self.sample(window, begin_ns + self.step_ns - 1).take(statistic)
        )

    def counts_before(self, times: TimeArray, window: Window) -> FloatArray:
        """Return how many readings the window that ends before the step of each of some times has."""
        return self._of_steps(times, lambda begin_ns: self.sample(window, begin_ns - 1).n)

    def zscores(self, times: TimeArray, values: FloatArray, window: Window) -> FloatArray:
        """Return how far readings are from the mean of the window before their steps, in deviations."""

        def before(begin_ns: int) -> Summary:
            return self.sample(window, begin_ns - 1).summary

        mean = self._of_steps(times, lambda ns: before(ns).mean)
        std = self._of_steps(times, lambda ns: before(ns).std)
        is_known = self.counts_before(times, window) >= MIN_READINGS
        floor = spread_floor(mean)
        with np.errstate(all="ignore"):
            distances = np.where(np.abs(values - mean) > floor, values - mean, 0.0)
            scores = distances / np.where(std > floor, std, 0.0)
        return np.where(is_known & (std >= 0), scores, np.nan)

    def _of_steps(self, times: TimeArray, of: Callable[[int], float]) -> FloatArray:
        numbers, places = np.unique(times // self.step_ns, return_inverse=True)
        found = np.array([of(number * self.step_ns) for number in numbers.tolist()], np.float64)
        return found[places]

    # What samples ask.

    def _held_rows(self, start: int, stop: int) -> tuple[Steps, slice] | None:
        """Return the steps and where some rows of them are, None if there are none."""
        steps = self._merged()
        if steps is None:
            return None
        rows = slice(max(start - self._first, 0), min(stop - self._first, len(steps)))
        return (steps, rows) if rows.start < rows.stop else None

    def n_rows(self, start: int, stop: int) -> int:
        """Return how many readings some rows have, missing ones too."""
        with self._lock:
            found = self._held_rows(start, stop)
            return 0 if found is None else int(found[0].n_rows[found[1]].sum())

    def read(self, start: int, stop: int) -> tuple[TimeArray, FloatArray]:
        """Return the readings of rows that are drawn."""
        with self._lock:
            found = self._held_rows(start, stop)
            if found is None:
                return np.empty(0, np.int64), np.empty(0)
            steps, rows = found
            begin, end = int(steps.numbers[rows.start]), int(steps.numbers[rows.stop - 1]) + 1
        low, high = self.held.row_at(begin * self.step_ns), self.held.row_at(end * self.step_ns)
        drawn = self.held.rows(low, high)
        return drawn.times, drawn.values

    def summarize(self, start: int, stop: int) -> Summary:
        """Return the summary of rows."""
        with self._lock:
            found = self._held_rows(start, stop)
            if found is None:
                return NOTHING
            steps, rows = found
            fill(self._pyramid, steps.summaries, self._first)
            read = reader(steps.summaries, self._first)
            return self._pyramid.query(self._first + rows.start, self._first + rows.stop, read)

    def moments(self, start: int, stop: int) -> Moments:
        """Return the moments of rows with their times; NaN if workers don't compute them."""
        with self._lock:
            found = self._held_rows(start, stop)
            if found is None or found[0].moments is None:
                return as_moments(np.empty((9, 0)))
            steps, rows = found
            assert steps.moments is not None
            fill(self._moments, steps.moments, self._first)
            read = reader(steps.moments, self._first)
            return self._moments.query(self._first + rows.start, self._first + rows.stop, read)

    def pair_moments(self, other: str, start: int, stop: int) -> Moments:
        """Return no moments: readings of two channels meet nowhere."""
        return as_moments(np.empty((9, 0)))

    def histogram(self, key: Hashable, start: int, stop: int) -> None:
        """Return None: what is counted is asked by `bucketed`."""

    def bucketed(self, start: int, stop: int, low: float, high: float) -> _Bucketed:
        """Return what stands for the readings of rows, within their extremes."""
        with self._lock:
            found = self._held_rows(start, stop)
            if found is None:
                return _Bucketed(np.empty(0), np.empty(0, np.int64))
            steps, rows = found
            first, last = int(steps.numbers[rows.start]), int(steps.numbers[rows.stop - 1])
            values, counts = [np.empty(0)], [np.empty(0, np.int64)]
            for reference, chunks in self._histograms.items():
                counters = np.zeros(65_536, np.int64)
                for chunk in chunks:
                    a = chunk.numbers.searchsorted(first, "left")
                    b = chunk.numbers.searchsorted(last, "right")
                    np.add.at(counters, chunk.codes[a:b].astype(np.intp), chunk.counts[a:b])
                some = middles_of(counters, reference)
                values.append(some[0])
                counts.append(some[1])
        together = np.clip(np.concatenate(values), low, high)
        order = together.argsort(kind="stable")
        return _Bucketed(together[order], np.concatenate(counts)[order])


class StepSample(Sample):
    """The readings of whole steps, of which not all are at hand.

    What summaries say is that of all readings, to 1e-9; quantiles are within the error of a histogram, or
    exact where all readings are held. A statistic that needs every reading is NaN where they are not.

    Parameters
    ----------
    source
        Where the steps are.
    start, stop, first, begin_ns, end_ns
        As for `Sample`, where rows are steps.

    Notes
    -----
    Thread safety: as `Sample`.
    """

    _source: KnownChannel

    def take(self, statistic: Callable[[Sample], Any]) -> Any:
        """Return a statistic of this, or NaN if it needs readings that are not at hand."""
        try:
            return super().take(statistic)
        except NeedsEveryReading:
            return NAN

    @cached_property
    def n_rows(self) -> int:
        """Number of readings, missing ones too."""
        return self._source.n_rows(self._start, self._stop)

    @cached_property
    def rows(self) -> tuple[TimeArray, FloatArray]:
        """Times in ns and values of all rows.

        Raises
        ------
        NeedsEveryReading
            If they are not at hand.
        """
        times, values = self._source.read(self._start, self._stop)
        if len(times) != self.n_rows:
            message = f"{self.n_rows:,} readings, of which {len(times):,} are held"
            raise NeedsEveryReading(message)
        return times, values

    def quantile(self, q: float) -> float:
        """Return the `q` quantile; NaN without a reading, or if nothing was counted."""
        try:
            return super().quantile(q)
        except NeedsEveryReading:
            return _quantile(self._bucketed, q)

    def mad(self) -> float:
        """Return the median distance from the median; NaN without a reading, or if nothing was counted."""
        try:
            return super().mad()
        except NeedsEveryReading:
            values, counts = self._bucketed
            distances = np.abs(values - self.quantile(0.5))
            order = distances.argsort()
            return _quantile(_Bucketed(distances[order], counts[order]), 0.5)

    @cached_property
    def _bucketed(self) -> _Bucketed:
        return self._source.bucketed(self._start, self._stop, self.summary.min, self.summary.max)


def _quantile(found: _Bucketed, q: float) -> float:
    sums = found.counts.cumsum()
    n = int(sums[-1]) if len(sums) else 0
    if not n:
        return NAN
    low, fraction = divmod(q * (n - 1), 1.0)
    places = sums.searchsorted([int(low), min(int(low) + 1, n - 1)], "right")
    below, above = found.values[places].tolist()
    return float(below if below == above else below * (1 - fraction) + above * fraction)


def fill(pyramid: NodePyramid | MomentNodePyramid, nodes: Any, first: int) -> None:
    """Add the nodes that a pyramid does not know yet; `first` is the row of the first."""
    start = pyramid.end - first
    if start < nodes.shape[1]:
        pyramid.extend_columns(tuple(nodes[:, start:]))


def reader(nodes: Any, first: int) -> Callable[[int, int], Columns]:
    """Return what reads rows of nodes, of which the first has the row `first`."""
    return lambda start, stop: tuple(nodes[:, start - first : stop - first])


def _rows_of(steps: Steps, rows: slice) -> Steps:
    return replace(
        steps,
        numbers=steps.numbers[rows],
        n_rows=steps.n_rows[rows],
        first_ns=steps.first_ns[rows],
        last_ns=steps.last_ns[rows],
        summaries=steps.summaries[:, rows],
        moments=None if steps.moments is None else steps.moments[:, rows],
    )


def _one_after_the_other(old: Steps, new: Steps) -> Steps:
    has_moments = old.moments is not None and new.moments is not None

    def joined(name: str) -> Any:
        return np.concatenate([getattr(old, name), getattr(new, name)], axis=-1)

    names = ("numbers", "n_rows", "first_ns", "last_ns", "summaries")
    columns = {name: joined(name) for name in names}
    return replace(old, **columns, moments=joined("moments") if has_moments else None)


def _put_together(chunks: list[Histograms]) -> Histograms:
    """Return histograms as one; if they are too many, older steps share one, and know less of when."""
    one = merge_histograms(chunks)
    assert one is not None
    n = TOGETHER
    for _ in range(MAX_LEVELS):
        if len(one.codes) <= MAX_COUNTS * 3 // 4:
            break
        middle = one.numbers[len(one.numbers) // 2]
        numbers = np.where(one.numbers < middle, one.numbers // n * n, one.numbers)
        one = merge_histograms([replace(one, numbers=numbers)])
        assert one is not None
        n *= TOGETHER
    return one
