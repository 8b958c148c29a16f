"""One channel's line as pages have it: its points and where it breaks, kept as readings come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.channel_rows import Rows
from nbstream.readings.gaps import GAP_FACTOR, NO_GAPS, WINDOW, IndexArray, find_gaps
from nbstream.summaries.bins import BinnedLine
from nbstream.widgets.chart.line_advances import MOST_ROWS, Advance, Advances, advances_of
from nbstream.widgets.chart.line_patch import LinePatch

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.channel_rows import ChannelRows
    from nbstream.summaries.bins import LineEnd

__all__ = ["ChannelLine", "breaks", "rows_with_gaps", "without_breaks"]

ROWS_AROUND = 4 * WINDOW
PAIRS_BEFORE = 8
"""Readings before a pause that tell whether a state is told again and again, or when it changes."""
FEW_ROWS = 64
"""So few new rows are looked at one by one …"""
LOOK_EVERY = 16
"""… where the rows before them come evenly, which is looked for again at every so many calls."""
MOST_ROWS_AROUND = 2**18
"""How many rows are looked at to find as many distinct times as a gap is judged by."""


def breaks(times: TimeArray, gap_ns: int | None) -> IndexArray:
    """Return the indices of the readings that a line must not be drawn to.

    Parameters
    ----------
    times
        int64 ns, as for `find_gaps`.
    gap_ns
        Of pauses longer than this; None is of those that are long beside the pauses around them.
    """
    if gap_ns is None:
        return find_gaps(times)
    steps = times[1:] - times[:-1]
    return np.flatnonzero((steps > gap_ns) | (steps < 0)) + 1


def state_breaks(times: TimeArray, values: FloatArray, gap_ns: int | None) -> IndexArray:
    """Return the indices of the readings up to which the state before them was not known any more.

    A channel that is told only when it changes is silent in between by its nature: a pause counts where
    readings before it repeated the state.
    """
    gaps = breaks(times, gap_ns)
    if gap_ns is not None or not len(gaps):
        return gaps
    repeats = np.concatenate(([0], np.cumsum(values[1:] == values[:-1])))
    first = np.maximum(gaps - 1 - PAIRS_BEFORE, 0)
    n = gaps - 1 - first
    is_sampled = 2 * (repeats[gaps - 1] - repeats[first]) >= np.maximum(n, 1)
    is_back = times[gaps] < times[gaps - 1]
    return gaps[is_sampled | is_back]


def rows_with_gaps(
    held: ChannelRows, start: int, stop: int, gap_ns: int | None = None
) -> tuple[Rows, IndexArray]:
    """Return the rows start ≤ row < stop that are held, and the indices of those after a gap in them."""
    if held.is_archived:
        return held.drawn(start, stop, gap_ns)
    n = ROWS_AROUND if gap_ns is None else 1
    while True:
        rows = held.rows(max(0, start - n), stop + n)
        times = rows.times
        first = min(max(0, start - rows.start), len(times))
        last = min(max(first, stop - rows.start), len(times))
        if (
            gap_ns is not None
            or n >= MOST_ROWS_AROUND
            or (_is_enough(times[:first], n, WINDOW) and _is_enough(times[last:], n, WINDOW))
        ):
            break
        n *= 16
    if held.labels is None:
        gaps = breaks(times, gap_ns)
    else:
        gaps = state_breaks(times, rows.values, gap_ns)
    a, b = gaps.searchsorted((first + 1, last))  # before the first of them nothing is drawn
    rows = Rows(rows.start + first, times[first:last], rows.values[first:last])
    return rows, gaps[a:b] - first


def without_breaks(
    times: TimeArray, values: FloatArray, counts: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray, IndexArray]:
    """Return the points of a line without the NaN where it breaks.

    Returns
    -------
    times, values, gaps, counts
        As `BinnedLine.extend` takes them: `gaps` are the indices of the points after a break.
    """
    is_break = np.isnan(values[:-1]) & (times[:-1] == times[1:])
    breaks = np.flatnonzero(is_break)
    if not len(breaks):
        return times, values, NO_GAPS, counts
    gaps = breaks - np.arange(len(breaks))
    return np.delete(times, breaks), np.delete(values, breaks), gaps, np.delete(counts, breaks)


class ChannelLine:
    """The drawn points of one channel, from one of its rows on.

    Parameters
    ----------
    buffer, channel
        Where the readings are.
    bits
        Bins are 2^`bits` ns wide.
    start
        The first row that is drawn.
    gap_ns
        How long a pause breaks the line, as `breaks` takes it.

    Notes
    -----
    Thread safety: none; the link's pump owns it.
    """

    def __init__(
        self, buffer: Buffer, channel: str, bits: int, start: int, gap_ns: int | None = None
    ) -> None:
        self._buffer = buffer
        self._held = buffer.channel(channel)
        self._cursor = self._held.cursor(start)
        self._segment = self._held.segment
        self.are_states = self._held.labels is not None
        """Whether the values are codes of labels."""
        self._points = BinnedLine(bits, are_states=self.are_states)
        self._gap_ns = gap_ns
        self._begin_ns: int | None = None
        self._after_gaps: TimeArray = np.empty(0, np.int64)
        self._even: tuple[int, int, int] | None = None
        """The newest time, and the bounds of many intervals before it, if none of those can be a gap."""
        self._n_uneven = 0
        self._looked_from_ns: int | None = None
        """Time of the oldest row that was looked at to find gaps at the last advance, None without."""
        self._n_read_again = 0
        self._advances: Advances | None = None

    @property
    def is_cut_off(self) -> bool:
        """Whether the line can't go on: the clock jumped, rows were evicted unseen, words came."""
        first, _ = self._held.span()
        is_other = self.are_states != (self._held.labels is not None)
        return is_other or self._held.segment != self._segment or self._cursor.row < first

    @property
    def newest_ns(self) -> int | None:
        """Time of the newest reading that was taken in; None if there is none."""
        return self._held.time_at(self._cursor.row - 1)

    @property
    def row(self) -> int:
        """The row that is taken in next."""
        return self._cursor.row

    @property
    def bits(self) -> int:
        """Bins are 2^`bits` ns wide."""
        return self._points.bits

    def advance(self, max_rows: int | None = None) -> None:
        """Take in the rows that came, late ones too, or the first of them."""
        change = self._held.take_change(self._cursor)
        if change is not None:
            self._take_back(change.oldest_ns)
        end = None if max_rows is None else self._cursor.row + max_rows
        while True:
            rows = self._held.read_on(self._cursor, end)
            if not len(rows.times):
                return
            if self._goes_on_evenly(rows.times):
                self._looked_from_ns = None
                self._points.extend(rows.times, rows.values)
                return
            held_before = self._rows_before(rows.start)
            before = held_before.times
            times = np.concatenate((before, rows.times))
            if self.are_states:
                values = np.concatenate((held_before.values, rows.values))
                gaps = state_breaks(times, values, self._gap_ns)
            else:
                gaps = breaks(times, self._gap_ns)
            n_old = int(gaps.searchsorted(len(before)))
            changed = self._first_changed(before, gaps[:n_old])
            if changed is None:
                break
            self._take_back(changed)
        self._looked_from_ns = int(times[0])
        self._look_whether_even(times, gaps)
        gaps = gaps[n_old:] - len(before)
        if self._begin_ns is None:
            gaps = gaps[gaps > 0]  # nothing comes before
            self._begin_ns = int(rows.times[0])
        self._begin_ns = min(self._begin_ns, int(rows.times[0]))
        if len(gaps):
            self._after_gaps = np.append(self._after_gaps, rows.times[gaps])
        self._points.extend(rows.times, rows.values, gaps)

    def news(self, number: int) -> LinePatch:
        """Take in the rows that came, and return what changed: nothing, if there is no cut.

        Lines of the channel that end alike share the work, and the patch. `number` is the channel's.
        """
        if self._advances is None:
            self._advances = advances_of(self._buffer, self._held.name)
            self._advances.join(self)
        end = self._points.end() if self._advances.are_shared else None
        if end is None or self._begin_ns is None:
            return self._own_news(number)
        for advance in self._advances.newest:
            if self._is_like(advance, end) and self._held.pass_over(
                self._cursor, advance.start, advance.stop, advance.revision
            ):
                return self._go_on_like(advance, number)
        return self._news_for_others(self._advances, number, end, self._begin_ns)

    def _own_news(self, number: int) -> LinePatch:
        self.advance()
        cut, times, values = self.take_changes()
        counts = None if self.are_states else self.counts(len(times))
        return LinePatch(number, times, values, cut, counts)

    def _news_for_others(
        self, advances: Advances, number: int, end: LineEnd, begin_ns: int
    ) -> LinePatch:
        """Return what changed, and keep how it did for lines that end like this one."""
        revision, start = self._held.revision, self._cursor.row
        gaps, n_parts, n_read_again = self._after_gaps, self._points.n_parts, self._n_read_again
        patch = self._own_news(number)
        stop, cut = self._cursor.row, patch.cut_ns
        is_same_before = cut is not None and (end.before_ns is None or end.before_ns < cut)
        new_end = self._points.end()
        if (
            is_same_before
            and new_end is not None
            and stop - start <= MOST_ROWS
            and self._n_read_again == n_read_again
        ):
            looked_from_ns = self._looked_from_ns
            old_gaps = gaps[:0]
            if looked_from_ns is not None:
                begin_ns = max(begin_ns, looked_from_ns - 1)
                old_gaps = gaps[gaps.searchsorted(looked_from_ns) :]
            advances.keep(
                Advance(
                    start,
                    stop,
                    revision,
                    self._gap_ns,
                    end,
                    looked_from_ns,
                    begin_ns,
                    old_gaps,
                    self._points.parts_from(n_parts),
                    new_end,
                    self._after_gaps[len(gaps) :],
                    self._even,
                    patch,
                )
            )
        return patch

    def _is_like(self, advance: Advance, end: LineEnd) -> bool:
        """Return whether the rows of an advance make the same of this line as of the one that it was of."""
        if self._cursor.row != advance.start or self._gap_ns != advance.gap_ns:
            return False
        if not end.is_like(advance.end):
            return False
        from_ns = advance.looked_from_ns
        if from_ns is None or self._begin_ns is None:
            return self._begin_ns is not None
        gaps = self._after_gaps[self._after_gaps.searchsorted(from_ns) :]
        is_begin_same = max(self._begin_ns, from_ns - 1) == advance.begin_ns
        return is_begin_same and gaps.tobytes() == advance.old_gaps.tobytes()

    def _go_on_like(self, advance: Advance, number: int) -> LinePatch:
        """Take over what rows made of a line like this one."""
        self._points.go_on_like(advance.new_parts, advance.new_end)
        self._even = advance.even
        if len(advance.new_gaps):
            self._after_gaps = np.append(self._after_gaps, advance.new_gaps)
        patch = advance.patch
        return patch if patch.number == number else replace(patch, number=number)

    def take_changes(self) -> tuple[int | None, TimeArray, FloatArray]:
        """Return what changed since the last call, as `BinnedLine.take_changes` does."""
        return self._points.take_changes()

    def points(self) -> tuple[TimeArray, FloatArray]:
        """Return all points."""
        return self._points.points()

    def counts(self, n: int) -> IndexArray:
        """Return for how many readings the newest `n` points stand, as `BinnedLine.counts` does."""
        return self._points.counts(n)

    def count_since(self, span_ns: int) -> int:
        """Return how many readings are drawn in the last `span_ns`."""
        return self._points.count_since(span_ns)

    def drop_before(self, ns: int) -> None:
        """Forget points that lie before `ns`."""
        self._points.drop_before(ns)
        self._after_gaps = self._after_gaps[self._after_gaps.searchsorted(ns) :]

    def widen(self, bits: int) -> None:
        """Put the points into wider bins."""
        wider = BinnedLine(bits, are_states=self.are_states)
        times, values = self._points.points()
        wider.extend(*without_breaks(times, values, self._points.counts(len(times))))
        self._points = wider

    def go_on(self, bits: int) -> None:
        """Put the readings from the newest bin on into bins of 2^`bits` ns; points before them stay."""
        newest_ns = self.newest_ns
        if newest_ns is not None:
            self._read_again(self._points.go_on(bits, newest_ns))

    def _goes_on_evenly(self, times: TimeArray) -> bool:
        """Return whether the intervals up to new rows are like the many before them: then none is a gap."""
        if self._even is None or len(times) > FEW_ROWS:
            self._even = None
            return False
        newest, low, high = self._even
        for time in times.tolist():
            step = time - newest
            low, high, newest = min(low, step), max(high, step), time
        is_even = 0 < high <= GAP_FACTOR * low
        self._even = (newest, low, high) if is_even else None
        return is_even

    def _look_whether_even(self, times: TimeArray, gaps: IndexArray) -> None:
        """Take in rows among which `gaps` were found, now and then: who comes unevenly does so for long."""
        if self._gap_ns is not None or self.are_states or len(gaps) or len(times) < ROWS_AROUND:
            return
        if self._n_uneven % LOOK_EVERY == 0:
            steps = times[1:] - times[:-1]
            low, high = int(steps.min()), int(steps.max())
            if 0 < high <= GAP_FACTOR * low:
                self._even = int(times[-1]), low, high
        self._n_uneven += 1

    def _rows_before(self, row: int) -> Rows:
        """Return the rows before one, as many as the gaps before it are judged by."""
        if self._gap_ns is not None:
            return self._held.rows(max(self._segment, row - 1), row)
        n = ROWS_AROUND
        while True:
            start = max(self._segment, row - n)
            rows = self._held.rows(start, row)
            if n >= MOST_ROWS_AROUND or _is_enough(rows.times, n, 2 * WINDOW):
                return rows
            n *= 16

    def _first_changed(self, before: TimeArray, gaps: IndexArray) -> int | None:
        """Return from when on the line breaks elsewhere, now that it is known what followed."""
        if not len(before) or self._begin_ns is None or self._gap_ns is not None:
            return None
        if not len(gaps) and not (len(self._after_gaps) and self._after_gaps[-1] >= before[0]):
            return None
        steps = np.flatnonzero(np.diff(before)) + 1
        first = int(steps[-WINDOW]) if len(steps) >= WINDOW else 0
        begin = max(self._begin_ns + 1, int(before[first]))
        was = self._after_gaps[self._after_gaps.searchsorted(begin) :]
        now = before[gaps]
        now = now[now.searchsorted(begin) :]
        if not len(was) and not len(now):
            return None
        differing = np.setxor1d(was, now)
        return int(differing[0]) if len(differing) else None

    def _take_back(self, ns: int) -> None:
        self._read_again(self._points.rewind(ns))

    def _read_again(self, start: int) -> None:
        self._even = None
        self._n_read_again += 1
        self._after_gaps = self._after_gaps[: self._after_gaps.searchsorted(start)]
        self._held.move_to(self._cursor, start)


def _is_enough(times: TimeArray, n: int, n_steps: int) -> bool:
    """Return whether rows hold `n_steps` distinct intervals, or are all that there are: fewer than `n`."""
    return len(times) < n or int(np.count_nonzero(times[1:] != times[:-1])) >= n_steps
