"""What is drawn: first, smallest, largest and last reading of each bin, aligned to absolute time.

A bin is 2^k ns wide and begins at a multiple of that, so a bin's points are the same in every frame and
nothing shimmers while the chart scrolls; only the newest bin still changes. Four points draw the same
picture as all readings of a bin that is at most a pixel wide (M4; Jugel et al., PVLDB 7(10), 2014).
"""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nbstream.readings.gaps import NO_GAPS, IndexArray

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["MIXED", "BinnedLine", "LineEnd", "LinePart", "bin_points", "block_points", "step_bits"]

LinePart: TypeAlias = "tuple[TimeArray, FloatArray, IndexArray, int]"
"""Points that stay: their times, values and counts, and how many of them are not missing."""


MIXED = -1.0
"""Stands for several states that follow each other within less than a pixel."""
MOST_CHANGES = 2
AT_ONCE = 65_536
"""Readings that are binned at a time: as many as a processor's cache holds."""


def step_bits(span_ns: int, n_bins: int) -> int:
    """Return k of the narrowest step 2^k ns of which at most `n_bins` cover `span_ns`."""
    width = max(1, -(-span_ns // max(1, n_bins)))
    return (width - 1).bit_length()


def bin_points(
    times: TimeArray,
    values: FloatArray,
    bits: int,
    gaps: IndexArray = NO_GAPS,
    *,
    are_states: bool = False,
) -> tuple[TimeArray, FloatArray]:
    """Return the points that draw these readings in bins of 2^`bits` ns.

    Parameters
    ----------
    times, values
        int64 ns ascending and float64, shape (n,).
    gaps
        Indices of the readings that no line is drawn to, ascending.
    are_states
        Whether the values are codes, of which the smallest and largest say nothing. Per bin the first and
        last are kept then and where they change; of one in which they change more than twice the first is
        `MIXED`.

    Returns
    -------
    times, values
        Per bin its first, smallest, largest and last reading, in their order, none twice; and the first
        missing one (NaN), which breaks the line. Where a gap lies between two of them, a NaN of the later
        one's time comes before that.
    """
    line = BinnedLine(bits, are_states=are_states)
    line.extend(times, values, gaps)
    return line.points()


def _thinned(
    times: TimeArray, values: FloatArray, counts: IndexArray, bits: int, gaps: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray, IndexArray]:
    """Return the readings that are kept, for how many they stand, and before which of them a gap lies."""
    n = len(times)
    if n < 3:
        return times.copy(), values.copy(), counts, gaps
    return _thinned_in(times >> bits, times, values, counts, gaps)


def _thinned_in(
    bins: IndexArray, times: TimeArray, values: FloatArray, counts: IndexArray, gaps: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray, IndexArray]:
    """Return what is kept of readings whose bins are known, as `_thinned` does."""
    n = len(times)
    begins = bins[1:] != bins[:-1]
    if begins.all():
        return times.copy(), values.copy(), counts, gaps
    starts = np.concatenate(([0], np.flatnonzero(begins) + 1))
    stops = np.append(starts[1:], n)
    missing = values != values
    has_missing = bool(missing.any())
    low = np.minimum.reduceat(np.where(missing, np.inf, values) if has_missing else values, starts)
    high = np.maximum.reduceat(
        np.where(missing, -np.inf, values) if has_missing else values, starts
    )
    which = np.repeat(np.arange(len(starts)), stops - starts)
    keep = np.zeros(n, bool)
    keep[starts] = True
    keep[stops - 1] = True
    for extreme in (low, high):
        hits = np.flatnonzero(values == extreme[which])
        first_hit = np.concatenate(([True], which[hits][1:] != which[hits][:-1]))[: len(hits)]
        keep[hits[first_hit]] = True
    if has_missing:
        hits = np.flatnonzero(missing)
        keep[hits[np.concatenate(([True], which[hits][1:] != which[hits][:-1]))]] = True
    if len(gaps):
        gaps = np.unique(np.flatnonzero(keep).searchsorted(gaps))
    of_bins = np.zeros(n, np.int64)
    of_bins[starts] = np.add.reduceat(counts, starts)
    return times[keep], values[keep], of_bins[keep], gaps


def block_points(
    times: TimeArray, values: FloatArray, n_rows: int, gaps: IndexArray = NO_GAPS
) -> tuple[TimeArray, FloatArray, IndexArray]:
    """Return the points that stand for blocks of so many readings, whatever their times.

    They can be put into bins of a `BinnedLine`: where those are no narrower than a block, the same points are
    drawn as of the readings themselves, but for what a block's other bin has of it.

    Parameters
    ----------
    times, values, gaps
        As `bin_points` takes them.
    n_rows
        Readings of a block.

    Returns
    -------
    times, values, counts
        Per block what `bin_points` keeps of a bin, and at its first point how many readings it stands for. A
        NaN comes before what no line is drawn to.
    """
    n = len(times)
    counts = (values == values).astype(np.int64)
    if n < 3 or n_rows < 2:
        return _broken(times, values, counts, gaps)
    if len(gaps) or not counts.all():
        blocks = np.arange(n, dtype=np.int64) // n_rows
        if len(gaps) <= n // n_rows + 1:  # a block ends with what is before a pause
            blocks += np.bincount(gaps, minlength=n).cumsum()
        times, values, counts, gaps = _thinned_in(blocks, times, values, counts, gaps)
        return _broken(times, values, counts, gaps)
    whole = n - n % n_rows
    starts = np.arange(0, n, n_rows)
    tables = [values[:whole].reshape(-1, n_rows), values[np.newaxis, whole:]]
    low, high = (
        np.concatenate([of(table, axis=1) for table in tables if table.size])
        for of in (np.argmin, np.argmax)
    )
    lasts = np.append(starts[1:], n) - 1
    kept = np.stack((starts, starts + low, starts + high, lasts), axis=1)
    kept.sort(axis=1)
    kept = kept.ravel()
    kept = kept[np.append(True, kept[1:] != kept[:-1])]
    of_blocks = np.zeros(n, np.int64)
    of_blocks[starts] = lasts - starts + 1
    return times[kept], values[kept], of_blocks[kept]


def _states(
    times: TimeArray, values: FloatArray, counts: IndexArray, bits: int, gaps: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray, IndexArray]:
    """Return the readings of a channel of states that are kept, as `_thinned` does.

    Per bin its first and last, and where the state changes if that is twice at most; else the first one
    becomes `MIXED`.
    """
    n = len(times)
    if n < 3:
        return times.copy(), values.copy(), counts.copy(), gaps
    bins = times >> bits
    begins = np.concatenate(([True], bins[1:] != bins[:-1]))
    missing = values != values
    differs = np.concatenate(([True], (values[1:] != values[:-1]) & ~(missing[1:] & missing[:-1])))
    starts = np.flatnonzero(begins)
    changes = (differs & ~begins).astype(np.int64)
    if len(gaps):
        changes[gaps] += ~begins[gaps]
    changes = np.add.reduceat(changes, starts)
    is_mixed = changes > MOST_CHANGES
    keep = differs & ~np.repeat(is_mixed, np.diff(starts, append=n))
    keep |= begins
    keep[:-1] |= begins[1:]
    keep[-1] = True
    keep[:-1] |= missing[1:] & ~missing[:-1] & keep[1:]  # until when the state was known
    if len(gaps):
        plain = gaps[~np.repeat(is_mixed, np.diff(starts, append=n))[gaps]]
        keep[plain] = keep[plain - (plain > 0)] = True
        gaps = np.unique(np.flatnonzero(keep).searchsorted(gaps))
    values = values.copy()
    values[starts[is_mixed]] = MIXED
    of_bins = np.zeros(n, np.int64)
    of_bins[starts] = np.add.reduceat(counts, starts)
    return times[keep], values[keep], of_bins[keep], gaps


def _broken(
    times: TimeArray, values: FloatArray, counts: IndexArray, gaps: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray]:
    """Return points with a NaN before those that no line is drawn to."""
    if len(gaps):
        gaps = gaps[values[gaps] == values[gaps]]
    if not len(gaps):
        return times, values, counts
    return (
        np.insert(times, gaps, times[gaps]),
        np.insert(values, gaps, np.nan),
        np.insert(counts, gaps, 0),
    )


def _count(values: FloatArray) -> int:
    return int(np.count_nonzero(values == values))


class LineEnd(NamedTuple):
    """The newest bin of a line, which still changes; what comes is drawn alike after ends that are alike."""

    bits: int
    are_states: bool
    before_ns: int | None
    """Time of the point before it."""
    times: TimeArray
    values: FloatArray
    counts: IndexArray
    gaps: IndexArray

    def is_like(self, other: LineEnd) -> bool:
        """Return whether another line ends so, to the bit."""
        return self[:3] == other[:3] and all(
            mine is its or mine.tobytes() == its.tobytes()
            for mine, its in zip(self[3:], other[3:], strict=True)
        )


class BinnedLine:
    """The drawn points of one channel, kept as readings come.

    Parameters
    ----------
    bits
        Bins are 2^`bits` ns wide.
    are_states
        As `bin_points` takes it.
    """

    def __init__(self, bits: int, *, are_states: bool = False) -> None:
        self.bits = bits
        self._widest = bits  # of the bins that are held
        self.are_states = are_states
        self._thinned = _states if are_states else _thinned
        self._times: list[TimeArray] = []
        self._values: list[FloatArray] = []
        self._n_values: list[int] = []  # that are not missing
        self._counts: list[IndexArray] = []  # of the readings of a bin, at its first point
        self._open_times: TimeArray = np.empty(0, np.int64)
        self._open_values: FloatArray = np.empty(0)
        self._open_counts: IndexArray = np.empty(0, np.int64)
        self._open_gaps = NO_GAPS
        self._pending_cut: int | None = None
        self._changed_from = 0  # index into the closed parts

    def extend(
        self,
        times: TimeArray,
        values: FloatArray,
        gaps: IndexArray = NO_GAPS,
        counts: IndexArray | None = None,
    ) -> None:
        """Add readings, not older than those before; `gaps` are those that no line is drawn to.

        `counts` says for how many readings each stands, if these are the points of finer bins.
        """
        for start in range(0, len(times), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            a, b = gaps.searchsorted((part.start, part.stop))
            n = None if counts is None else counts[part]
            self._extend(times[part], values[part], gaps[a:b] - start, n)

    def _extend(
        self, times: TimeArray, values: FloatArray, gaps: IndexArray, n: IndexArray | None
    ) -> None:
        counts = (values == values).astype(np.int64) if n is None else n
        n_open = len(self._open_times)
        if n_open:
            times = np.concatenate((self._open_times, times))
            values = np.concatenate((self._open_values, values))
            counts = np.concatenate((self._open_counts, counts))
            if len(gaps) or len(self._open_gaps):
                gaps = np.concatenate((self._open_gaps, gaps + n_open))
        if self._pending_cut is None:
            self._pending_cut = (int(times[0]) >> self.bits) << self.bits
            self._changed_from = len(self._times)
        newest_bin = (int(times[-1]) >> self.bits) << self.bits
        split = int(times.searchsorted(newest_bin, "left"))
        n_closed = int(gaps.searchsorted(split))
        if split:
            closed = _broken(
                *self._thinned(
                    times[:split], values[:split], counts[:split], self.bits, gaps[:n_closed]
                )
            )
            self._times.append(closed[0])
            self._values.append(closed[1])
            self._counts.append(closed[2])
            self._n_values.append(_count(closed[1]))
        # First, smallest, largest and last of these and what follows are those of all.
        self._open_times, self._open_values, self._open_counts, self._open_gaps = self._thinned(
            times[split:], values[split:], counts[split:], self.bits, gaps[n_closed:] - split
        )

    def go_on(self, bits: int, ns: int) -> int:
        """Make bins of 2^`bits` ns from that of the newest reading, at `ns`, on; what is before stays.

        Return from which time on to add readings again, as `rewind` does.
        """
        self._widest = max(self._widest, bits)
        start = self.rewind(ns)
        self.bits = bits
        return start

    def rewind(self, ns: int) -> int:
        """Take back the points from the bin of `ns` on; return from which time on to add readings again.

        That is not before the line begins.
        """
        begin = next((times[0] for times in [*self._times, self._open_times] if len(times)), ns)
        start = (max(ns, int(begin)) >> self._widest) << self._widest
        n = len(self._times)
        while n and self._times[n - 1][-1] >= start:
            n -= 1
        if n < len(self._times):
            keep = int(self._times[n].searchsorted(start, "left"))
            self._times[n:] = [self._times[n][:keep]] if keep else []
            self._values[n:] = [self._values[n][:keep]] if keep else []
            self._counts[n:] = [self._counts[n][:keep]] if keep else []
            self._n_values[n:] = [_count(self._values[n])] if keep else []
        keep = int(self._open_times.searchsorted(start, "left"))
        self._open_times, self._open_values = self._open_times[:keep], self._open_values[:keep]
        self._open_counts = self._open_counts[:keep]
        self._open_gaps = self._open_gaps[: self._open_gaps.searchsorted(keep)]
        if self._pending_cut is None or start < self._pending_cut:
            self._pending_cut = start
            self._changed_from = len(self._times)
        return start

    def take_changes(self) -> tuple[int | None, TimeArray, FloatArray]:
        """Return what changed since the last call: points from the time `cut` on are replaced by these.

        `cut` is None when nothing changed. A page knows times as float64 milliseconds, which are 0.2 µs
        apart at present; points at which that is the same number as at the cut are sent again.
        """
        cut, start = self._pending_cut, self._changed_from
        self._pending_cut = None
        self._changed_from = len(self._times)
        if cut is None:
            return None, self._open_times[:0], self._open_values[:0]
        times, values = self._joined(start)
        while start and self._times[start - 1][-1] / 1e6 >= cut / 1e6:
            start -= 1
            first = int((self._times[start] / 1e6).searchsorted(cut / 1e6))
            times = np.concatenate((self._times[start][first:], times))
            values = np.concatenate((self._values[start][first:], values))
            cut = min(cut, int(times[0]))
        return cut, times, values

    def points(self) -> tuple[TimeArray, FloatArray]:
        """Return all points."""
        return self._joined(0)

    def counts(self, n: int) -> IndexArray:
        """Return for how many readings the newest `n` points stand: at the first point of a bin its count.

        int64, shape (n,), 0 at all other points of a bin. Missing readings don't count.
        """
        if not n:
            return self._open_counts[:0]
        *_, counts = _broken(
            self._open_times, self._open_values, self._open_counts, self._open_gaps
        )
        parts = [counts]
        left = n - len(counts)
        for part in reversed(self._counts):
            if left <= 0:
                break
            parts.append(part)
            left -= len(part)
        return np.concatenate(parts[::-1])[-n:]

    def count_since(self, span_ns: int) -> int:
        """Return how many points lie in the last `span_ns`; missing readings and breaks are none."""
        if not len(self._open_times):
            return 0
        start = int(self._open_times[-1]) - span_ns
        n = bisect_left(self._times, start, key=itemgetter(0))
        count = _count(self._open_values) + sum(self._n_values[n:])
        if n:
            first = int(self._times[n - 1].searchsorted(start, "left"))
            count += _count(self._values[n - 1][first:])
        return count

    @property
    def n_parts(self) -> int:
        """How many parts of points there are that stay."""
        return len(self._times)

    def parts_from(self, n: int) -> list[LinePart]:
        """Return the parts from the `n`-th on."""
        parts = self._times, self._values, self._counts, self._n_values
        return list(zip(*(part[n:] for part in parts), strict=True))

    def end(self) -> LineEnd | None:
        """Return the newest bin; None while there are changes that were not taken."""
        if self._pending_cut is not None:
            return None
        before_ns = int(self._times[-1][-1]) if self._times else None
        return LineEnd(
            self.bits,
            self.are_states,
            before_ns,
            self._open_times,
            self._open_values,
            self._open_counts,
            self._open_gaps,
        )

    def go_on_like(self, parts: list[LinePart], end: LineEnd) -> None:
        """Take over what another line became whose end was like this one's; its changes count as taken."""
        for times, values, counts, n_values in parts:
            self._times.append(times)
            self._values.append(values)
            self._counts.append(counts)
            self._n_values.append(n_values)
        self._open_times, self._open_values, self._open_counts, self._open_gaps = end[3:]
        self._changed_from = len(self._times)

    def drop_before(self, ns: int) -> None:
        """Forget whole parts that end before `ns`."""
        if len(self._times) > 64:  # many small parts: make them one
            joined = np.concatenate(self._times), np.concatenate(self._values)
            first = max(0, int(joined[0].searchsorted(ns, "left")) - 1)
            self._times, self._values = [joined[0][first:]], [joined[1][first:]]
            self._counts = [np.concatenate(self._counts)[first:]]
            self._n_values = [_count(self._values[0])]
            self._changed_from = len(self._times)

    def _joined(self, start: int) -> tuple[TimeArray, FloatArray]:
        times, values, _ = _broken(
            self._open_times, self._open_values, self._open_counts, self._open_gaps
        )
        return (
            np.concatenate([*self._times[start:], times]),
            np.concatenate([*self._values[start:], values]),
        )
