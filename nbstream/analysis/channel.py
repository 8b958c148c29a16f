"""What an analyzer keeps of one channel: summaries of its rows, and what statistics asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nbstream.analysis.traits import Statistics
from nbstream.statistics import Rate, Sample
from nbstream.statistics.sample import pair_values
from nbstream.summaries.histogram import SlidingHistogram
from nbstream.summaries.moments import (
    MomentPyramid,
    Moments,
    PairPyramid,
    moments_of,
    pair_moments_of,
)
from nbstream.summaries.pyramid import BLOCK
from nbstream.summaries.summary import BlockPyramid, Summary
from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer, Rows
    from nbstream.readings.ring import Change
    from nbstream.readings.window import Window
    from nbstream.summaries.pyramid import Columns, Pyramid

__all__ = ["CHUNK", "ChannelState"]

CHUNK = 262_144
"""Rows read from the buffer at a time."""
FEW = 4 * BLOCK
"""Rows whose moments are computed at once, without keeping any."""
MAX_HISTOGRAMS = 8
"""Windows of a channel whose quantiles slide; the one that was asked for longest ago is dropped."""

_rate = Rate()


class SampleSource(Protocol):
    """Makes samples of readings that are elsewhere."""

    def sample(self, window: Window, end_ns: int | None = None) -> Sample:
        """Return the readings in a window that ends at a time."""

    def sample_between(self, begin_ns: int, end_ns: int) -> Sample:
        """Return the readings with begin ≤ time < end."""


class ChannelState:
    """Summaries of one channel's rows, and the statistics of its windows; a source of samples.

    Parameters
    ----------
    buffer
        Where the rows are.
    name
        The channel.

    Notes
    -----
    Thread safety: the analyzer guards it with its lock; `statistics` may be read from any thread.
    """

    def __init__(self, buffer: Buffer, name: str) -> None:
        self.buffer = buffer
        self.name = name
        self.held = buffer.channel(name)
        self.cursor = self.held.cursor()
        self.pyramid = BlockPyramid(self.cursor.row)
        self.newest_ns: int | None = None
        self.statistics: dict[Window, Statistics] = {}
        self.covered = True
        self.told_ahead = False
        """Whether people were told that its clock is ahead."""
        self.changes: list[Change] = []
        """What late rows changed in the newest update."""
        self._samples: dict[Window, Sample] = {}
        self._moments: MomentPyramid | None = None
        self._pairs: dict[str, tuple[tuple[int, int, int], PairPyramid]] = {}
        self._histograms: dict[Hashable, SlidingHistogram] = {}

    def forget(self) -> None:
        """Free the caches; the statistics of the last update stay."""
        self._samples, self._moments, self._pairs, self._histograms = {}, None, {}, {}

    @property
    def is_current(self) -> bool:
        """Whether no late rows changed what was taken in."""
        return self.cursor.change is None

    # New rows.

    def take_in(self, end: int, show: Callable[[Rows], object]) -> bool:
        """Add the rows up to `end` to the summaries and show them; return whether anything changed.

        Late rows that were put in between rows that were shown before are not shown.
        """
        self.changes = []
        changed = self._take_back()
        first, _ = self.held.span()
        if self.cursor.row < first:  # more came between two looks than the buffer holds
            n = first - self.cursor.row
            self.buffer.note(f"{n:,} readings of {self.name!r} were evicted unseen")
            self.cursor.row = first
        self._catch_up()
        while self.cursor.row < end:
            rows = self.held.read_on(self.cursor, min(self.cursor.row + CHUNK, end))
            if not len(rows.times):
                break
            changed = True
            if self._take_back() or rows.start != self.pyramid.end:
                self._catch_up()
            else:
                self.pyramid.extend(rows.values)
            show(rows)
        return changed or bool(self.changes)

    def _catch_up(self) -> None:
        """Summarise the rows before the cursor that are not summarised: they have changed."""
        while self.pyramid.end < self.cursor.row:
            stop = min(self.pyramid.end + CHUNK, self.cursor.row)
            rows = self.held.rows(self.pyramid.end, stop)
            if self._take_back():
                continue
            if rows.start > self.pyramid.end:  # evicted meanwhile
                self.pyramid = BlockPyramid(rows.start)
            self.pyramid.extend(rows.values)

    def _take_back(self) -> bool:
        """Take back what was summarised of rows that changed since; return whether there are any."""
        change = self.held.take_change(self.cursor)
        if change is None:
            return False
        self.changes.append(change)
        self.pyramid.cut(change.row)
        if self._moments is not None:
            self._moments.cut(change.row)
        for histogram in self._histograms.values():
            histogram.cut(change.row)
        return True

    def refresh(self, windows: Iterable[Window], default: Window, newest_ns: int | None) -> None:
        """Compute the statistics of the windows anew, as of an event time."""
        self.newest_ns = newest_ns
        self._samples = {}
        labels = self.held.labels
        last = self.held.last_value
        label = "" if labels is None else labels.text(last)
        statistics = {}
        for window in windows:
            sample = self.sample(window)
            summary = sample.summary
            n, mean, _, low, high = summary
            rate = _rate(sample)
            if labels is not None:
                statistics[window] = Statistics(count=n, rate=rate, label=label)
                continue
            statistics[window] = Statistics(
                count=n, last=last, mean=mean, std=summary.std, min=low, max=high, rate=rate
            )
        self.statistics = statistics
        self.covered = self.held.covers(default)
        first, _ = self.held.span()
        self.pyramid.forget_before(first)
        if self._moments is not None:
            self._moments.forget_before(first)
        for _, pyramid in self._pairs.values():
            pyramid.forget_before(first)

    # Samples.

    def sample(self, window: Window) -> Sample:
        """Return the readings in a window, as of the newest update."""
        sample = self._samples.get(window)
        if sample is None:
            sample = self._over(window, self.newest_ns, self.pyramid.end, window)
            self._samples[window] = sample
        return sample

    def sample_at(self, window: Window, at_ns: int) -> Sample:
        """Return the readings in the window that ended at a time, as far as they are still held."""
        return self._over(window, at_ns, min(self.held.row_at(at_ns + 1), self.pyramid.end))

    def _over(self, window: Window, end_ns: int | None, end: int, key: Hashable = None) -> Sample:
        if self._known is not None:
            return self._known.sample(window, end_ns)
        start, stop = self.held.window_rows(window, newest_ns=end_ns, end=end)
        begin_ns = None
        if window.duration_ns is not None and end_ns is not None:
            begin_ns = end_ns - window.duration_ns
        return self.sample_of(start, stop, self._first, begin_ns, end_ns, key)

    def sample_between(self, begin_ns: int, end_ns: int) -> Sample:
        """Return the readings with begin ≤ time < end, of those since the clock last went back."""
        if self._known is not None:
            return self._known.sample_between(begin_ns, end_ns)
        start, stop = (self.held.row_at(ns) for ns in (begin_ns, end_ns))
        stop = max(start, min(stop, self.pyramid.end))
        return self.sample_of(start, stop, self._first, begin_ns, end_ns)

    def sample_of(
        self,
        start: int,
        stop: int,
        first: int,
        begin_ns: int | None,
        end_ns: int | None,
        key: Hashable = None,
    ) -> Sample:
        """Return the readings of rows start ≤ row < stop as those of a span of time.

        `first` is the oldest row of their segment.
        """
        return Sample(self, start, stop, first=first, begin_ns=begin_ns, end_ns=end_ns, key=key)

    @property
    def _known(self) -> SampleSource | None:
        """What is known of more readings than the buffer holds, None where it holds all."""
        known: SampleSource | None = self.buffer._known.get(self.name)
        return known

    @property
    def _first(self) -> int:
        """The oldest row that is held since the clock last went back."""
        return max(self.held.span()[0], self.held.segment)

    def segments(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of some rows, as far as they are held, in which time never goes back."""
        low = start = max(start, self.held.span()[0])
        for row in range(start, stop, CHUNK):
            # With the row before it, for a jump between two chunks.
            rows = self.held.rows(max(row - 1, start), min(row + CHUNK, stop))
            for back in np.flatnonzero(np.diff(rows.times) < 0).tolist():
                yield low, rows.start + back + 1
                low = rows.start + back + 1
        if low < stop:
            yield low, stop

    # What samples ask.

    def read(self, start: int, stop: int) -> tuple[TimeArray, FloatArray]:
        """Return times and values of rows, as far as they are held."""
        rows = self.held.rows(start, stop)
        return rows.times, rows.values

    def summarize(self, start: int, stop: int) -> Summary:
        """Return the summary of rows."""
        return self.pyramid.query(start, stop, self._values)

    def moments(self, start: int, stop: int) -> Moments:
        """Return the moments of rows; the first time all rows that are held are summarised."""
        if stop - start <= FEW:
            return moments_of(*self.read(start, stop))
        first, _ = self.held.span()
        if self._moments is None or self._moments.end < first:
            self._moments = MomentPyramid(first)
        _fill(self._moments, stop, self.read)
        return self._moments.query(start, stop, self.read)

    def pair_moments(self, other: str, start: int, stop: int) -> Moments:
        """Return the moments of rows with the values that another channel has at the same times.

        Raises
        ------
        ValueError
            If there is no channel of that name.
        """
        channels = self.buffer.channels
        if other not in channels:
            msg = f"There is no channel {other!r}. {did_you_mean(other, channels)}"
            raise ValueError(msg)

        read = partial(self._pairs_of, other)
        if stop - start <= FEW:
            return pair_moments_of(*read(start, stop))
        return self._pair_pyramid(other, stop, read).query(start, stop, read)

    def histogram(self, key: Hashable, start: int, stop: int) -> SlidingHistogram | None:
        """Return the histogram of a sliding window, slid to these rows."""
        if key is None:
            return None
        histogram = self._histograms.pop(key, None) or SlidingHistogram()
        while len(self._histograms) >= MAX_HISTOGRAMS:
            del self._histograms[next(iter(self._histograms))]
        self._histograms[key] = histogram
        histogram.slide(start, stop, self._values)
        return histogram

    def _values(self, start: int, stop: int) -> FloatArray:
        return self.held.rows(start, stop).values

    def _pairs_of(self, other: str, start: int, stop: int) -> Columns:
        """Return the values of rows, and those of another channel at the same times."""
        rows = self.held.rows(start, stop)
        partners = np.full(len(rows.times), np.nan)
        skip = max(self.held.segment - rows.start, 0)
        if skip < len(rows.times):
            # Several readings of one time are paired in order, so all of that time are needed.
            since, until = int(rows.times[skip]), int(rows.times[-1])
            same = self.held.row_at(since)
            times = np.concatenate(
                (self.held.rows(same, rows.start + skip).times, rows.times[skip:])
            )
            held = self.buffer.channel(other)
            others = held.rows(held.row_at(since), held.row_at(until + 1))
            paired = pair_values(times, others.times, others.values)
            partners[skip:] = paired[len(paired) - (len(partners) - skip) :]
        return rows.values, partners

    def _pair_pyramid(
        self, other: str, stop: int, read: Callable[[int, int], Columns]
    ) -> PairPyramid:
        """Return the moments of the pairs, as far as no more partners can come."""
        partner = self.buffer.channel(other)
        first, _ = self.held.span()
        # Late rows or a jump of the clock in either channel may change any pair.
        state = (self.held.revision + partner.revision, self.held.segment, partner.segment)
        known, pyramid = self._pairs.get(other, (None, PairPyramid(first)))
        if known != state or pyramid.end < first:
            pyramid = PairPyramid(first)
        self._pairs[other] = state, pyramid
        newest_ns = partner.newest_ns
        if newest_ns is not None:
            stop = min(stop, max(self.held.row_at(newest_ns), first))
        _fill(pyramid, stop, read)
        return pyramid


def _fill(pyramid: Pyramid, stop: int, read: Callable[[int, int], Columns]) -> None:
    """Add rows up to `stop` to a pyramid, as far as they are held."""
    while pyramid.end < stop:
        columns = read(pyramid.end, min(pyramid.end + CHUNK, stop))
        if not len(columns[0]):
            return
        pyramid.extend_columns(columns)
