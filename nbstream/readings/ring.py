"""One channel's storage: a ring of times and values whose rows keep their absolute numbers."""

from __future__ import annotations

import weakref
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray


__all__ = ["BYTES_PER_READING", "Change", "Cursor", "Ring", "ascending_runs"]

BYTES_PER_READING = 16
SMALLEST = 1024
EARLIEST_NS = -(2**63)
LATEST_NS = 2**63 - 1

# A row older than the newest is late. So many late rows without one on time between them, ordered
# among themselves, are not stragglers: the clock behind the data was set back.
ROWS_THAT_MAKE_A_JUMP = 20

MOVED_AT_ONCE = 65_536
"""Rows that are moved at a time to make room for late ones: as many as a processor's cache holds."""


class Change(NamedTuple):
    """Late rows were put in between rows that a reader had read already."""

    row: int
    """The first of the rows put in; what was there has a higher number now."""
    oldest_ns: int
    """Time of the oldest row that was put in."""
    newest_ns: int
    """Time of the newest row that was put in."""


class Cursor:
    """A reader's place in a channel, which stays right when late rows are put in before it.

    Parameters
    ----------
    row
        The next row that it will read.

    Notes
    -----
    Thread safety: the ring moves it under the lock of the buffer's store; `ChannelRows` reads it there.
    """

    __slots__ = ("__weakref__", "change", "row")

    def __init__(self, row: int) -> None:
        self.row = row
        self.change: Change | None = None

    def move(self, places: TimeArray, times: TimeArray) -> None:
        """Follow rows that were put in before the old rows `places`, both ascending."""
        n = int(places.searchsorted(self.row, "left"))
        if not n:
            return
        self.row += n
        row, oldest_ns, newest_ns = int(places[0]), int(times[0]), int(times[n - 1])
        if self.change is not None:
            row = min(row, self.change.row)
            oldest_ns = min(oldest_ns, self.change.oldest_ns)
            newest_ns = max(newest_ns, self.change.newest_ns)
        self.change = Change(row, oldest_ns, newest_ns)


def ascending_runs(times: TimeArray) -> Iterable[tuple[int, int]]:
    """Return where each stretch in which time goes back nowhere starts and stops."""
    backs = (np.flatnonzero(times[1:] < times[:-1]) + 1).tolist()
    return pairwise([0, *backs, len(times)]) if len(times) else ()


class Ring:
    """A bounded store of one channel's readings, oldest evicted first.

    Rows are numbered from 0 for as long as the channel lives: `first` is the oldest row that is still
    held and `end` the number that the next row gets, so what is new since a row is a subtraction.
    Rows of the current segment (from row `segment` on) ascend in time; equal times keep their order of
    arrival. Rows that are late by `lateness_ns` at most are put in between them, and later rows get higher
    numbers: `revision` counts that, and cursors are moved along.

    Thread safety: none; the lock of the buffer's store guards it.
    """

    def __init__(self, capacity: int, lateness_ns: int = 0) -> None:
        self.capacity = capacity
        self.lateness_ns = lateness_ns
        size = min(capacity, SMALLEST)
        self.times: TimeArray = np.empty(size, np.int64)
        self.values: FloatArray = np.empty(size, np.float64)
        self.first = 0
        self.end = 0
        self.segment = 0
        self.evicted_ns = EARLIEST_NS
        self.missing = 0
        self.newest_ns = EARLIEST_NS
        self.last_reading: tuple[int, float] | None = None
        self.late_run: list[tuple[TimeArray, FloatArray]] = []
        self.revision = 0
        self.cursors: weakref.WeakSet[Cursor] = weakref.WeakSet()

    def __len__(self) -> int:
        """Return the number of rows held."""
        return self.end - self.first

    @property
    def evicted(self) -> int:
        """Rows that are no longer held: all before the first."""
        return self.first

    def append(self, ns: int, value: float) -> None:
        """Add one reading that is not late."""
        row = self.end
        size = len(self.times)
        if row - self.first == size:
            if size < self.capacity:
                self._allocate(row - self.first + 1)
                size = len(self.times)
            else:
                self.evicted_ns = int(self.times[row % size])
                self.first += 1
        position = row % size
        self.times[position] = ns
        self.values[position] = value
        self.end = row + 1
        self.newest_ns = ns
        if value == value:
            self.last_reading = (ns, value)
        else:
            self.missing += 1
        if self.late_run:
            self.late_run = []

    def extend(self, times: TimeArray, values: FloatArray) -> tuple[int, bool]:
        """Add readings in order of arrival; return how many were accepted, and if the clock jumped.

        Late rows are put in their place if they are within `lateness_ns` and their place is still held;
        otherwise they are left out. When they turn out to be a jump of the clock, the rows of the run that
        were left out before are accepted after all, so the number can exceed the rows given.
        """
        n = len(times)
        if not n:
            return 0, False
        ordered = n == 1 or bool((times[1:] >= times[:-1]).all())
        if ordered and times[0] >= self.newest_ns:
            self._write(times, values)
            return n, False
        if self.lateness_ns:
            return self._extend_late(times, values)
        return self._extend_in_runs(times, values)

    def _extend_in_runs(self, times: TimeArray, values: FloatArray) -> tuple[int, bool]:
        """Add readings, without those that are late."""
        accepted, jumped = 0, False
        for start, stop in ascending_runs(times):
            on_time = start + int(np.searchsorted(times[start:stop], self.newest_ns, "left"))
            if on_time > start:
                n_recovered = self._hold_late(times[start:on_time], values[start:on_time])
                accepted += n_recovered
                jumped = jumped or n_recovered > 0
            if on_time < stop:
                self._write(times[on_time:stop], values[on_time:stop])
                accepted += stop - on_time
        return accepted, jumped

    def grow(self, capacity: int) -> None:
        """Allow more rows than before."""
        self.capacity = max(self.capacity, capacity)

    def rows(self, start: int, stop: int) -> tuple[TimeArray, FloatArray]:
        """Return copies of the times and values of rows start ≤ row < stop, which must be held."""
        size = len(self.times)
        if stop <= start:
            return self.times[:0].copy(), self.values[:0].copy()
        a, b = start % size, (stop - 1) % size + 1
        if a < b:
            return self.times[a:b].copy(), self.values[a:b].copy()
        return (
            np.concatenate((self.times[a:], self.times[:b])),
            np.concatenate((self.values[a:], self.values[:b])),
        )

    def row_at(self, ns: int, side: Literal["left", "right"]) -> int:
        """Return the first row of the current segment with time ≥ `ns` ("left") or > `ns` ("right")."""
        ns = min(max(ns, EARLIEST_NS), LATEST_NS)  # a window may reach beyond what a time can be
        return int(self.rows_at(np.array([ns], np.int64), side)[0])

    def rows_at(self, ns: TimeArray, side: Literal["left", "right"]) -> TimeArray:
        """Return `row_at` of many times at once."""
        low, size = max(self.first, self.segment), len(self.times)
        if low >= self.end:
            return np.full(len(ns), low)
        a, b = low % size, (self.end - 1) % size + 1
        if a < b:
            return low + self.times[a:b].searchsorted(ns, side)
        n_older = size - a
        older = self.times[a:].searchsorted(ns, side)
        newer = self.times[:b].searchsorted(ns, side)
        return low + np.where(older < n_older, older, n_older + newer)

    def segment_at(self, row: int) -> int:
        """Return the row at which time last jumped back up to `row`, or 0, also if that is evicted."""
        if row >= self.segment:
            return self.segment
        high = min(row + 1, self.end)
        while high > self.first:
            low = max(high - MOVED_AT_ONCE, self.first)
            times, _ = self.rows(low, high)
            back = np.flatnonzero(times[1:] < times[:-1])
            if len(back):
                return low + int(back[-1]) + 1
            high = low + 1 if low > self.first else low
        return 0

    def _extend_late(self, times: TimeArray, values: FloatArray) -> tuple[int, bool]:
        """Add readings, late ones where they belong, as if they came one by one."""
        accepted, jumped = 0, False
        while len(times):
            # What was the newest time when each came; too old ones never are.
            newest = np.maximum.accumulate(np.append(self.newest_ns, times[:-1]))
            oldest = np.maximum(newest, EARLIEST_NS + self.lateness_ns) - self.lateness_ns
            fits = times >= np.maximum(oldest, self._oldest_place())
            start, stop = self._find_jump(times, fits)
            fits, is_late = fits[:start], times[:start] < newest[:start]
            if not is_late.all():
                self._write(times[:start][~is_late], values[:start][~is_late])
            late = fits & is_late
            if late.any():
                order = times[:start][late].argsort(kind="stable")
                self._insert(times[:start][late][order], values[:start][late][order])
            accepted += int(np.count_nonzero(fits))
            if start < stop:
                if start:
                    self.late_run = []
                accepted += self._hold_late(times[start:stop], values[start:stop])
                jumped = True
            else:  # too old ones at the end may be the beginning of a jump
                n_fitting = len(fits) - int(fits[::-1].argmax()) if fits.any() else 0
                late_times, late_values = times[n_fitting:], values[n_fitting:]
                for low, high in ascending_runs(late_times):
                    self._hold_late(late_times[low:high], late_values[low:high])
            times, values = times[stop:], values[stop:]
        return accepted, jumped

    def _find_jump(self, times: TimeArray, fits: BoolArray) -> tuple[int, int]:
        """Return where the first rows that make a jump of the clock start and stop, or the end twice."""
        begins = np.append(True, fits[:-1] | (times[1:] < times[:-1]))
        starts = np.flatnonzero(begins & ~fits)
        stops = np.append(np.flatnonzero(begins | fits), len(times))
        stops = stops[stops.searchsorted(starts, "right")]
        lengths = stops - starts
        if len(starts) and starts[0] == 0 and self.late_run:
            held = self.late_run
            if times[0] >= held[-1][0][-1]:
                lengths[0] += sum(len(run) for run, _ in held)
        jumps = np.flatnonzero(lengths >= ROWS_THAT_MAKE_A_JUMP)
        if not len(jumps):
            return len(times), len(times)
        return int(starts[jumps[0]]), int(stops[jumps[0]])

    def _oldest_place(self) -> int:
        """Return the oldest time whose place is held; before it there were rows that are evicted."""
        if self.segment and self.segment >= self.first:
            return int(self.times[self.segment % len(self.times)])
        return self.evicted_ns

    def _insert(self, times: TimeArray, values: FloatArray) -> None:
        """Put rows in order that are older than the newest where they belong, after those of equal time."""
        places = self.rows_at(times, "right")
        n_evicted = self._make_room(len(times))
        if n_evicted:
            self.evicted_ns = self._merged_time(self.first + n_evicted - 1, places, times)
            self.first += n_evicted
        self._merge(places, times, values)
        self.end += len(times)
        present = np.flatnonzero(values == values)
        self.missing += len(times) - len(present)
        if len(present) and (
            self.last_reading is None or times[present[-1]] >= self.last_reading[0]
        ):
            self.last_reading = (int(times[present[-1]]), float(values[present[-1]]))
        self.late_run = []
        self.revision += 1
        for cursor in self.cursors:
            cursor.move(places, times)

    def _merged_time(self, row: int, places: TimeArray, times: TimeArray) -> int:
        """Return the time that a row will have once rows are put in before the old rows `places`."""
        rows = places + np.arange(len(places))
        n_before = int(rows.searchsorted(row))
        if n_before < len(rows) and rows[n_before] == row:
            return int(times[n_before])
        return int(self.times[(row - n_before) % len(self.times)])

    def _merge(self, places: TimeArray, times: TimeArray, values: FloatArray) -> None:
        """Put rows in before the old rows `places`, both ascending: what is behind moves, newest first."""
        start = int(places[0])
        # The newest rows come to lie where rows older than the new `first` are, so these are read before.
        split = min(max(start, self.first), self.end)
        oldest = self.rows(start, split)
        for stop in range(self.end, split, -MOVED_AT_ONCE):
            low = max(split, stop - MOVED_AT_ONCE)
            self._put_merged(low, self.rows(low, stop), places, times, values)
        if start < split:
            self._put_merged(start, oldest, places, times, values)

    def _put_merged(
        self,
        row: int,
        old: tuple[TimeArray, FloatArray],
        places: TimeArray,
        times: TimeArray,
        values: FloatArray,
    ) -> None:
        """Store old rows from number `row` on anew, with the rows that are put in before them."""
        old_times, old_values = old
        a, b = places.searchsorted((row, row + len(old_times))).tolist()
        if a == b:
            merged_times, merged_values = old
        else:
            at = places[a:b] - row + np.arange(b - a)
            is_old = np.ones(len(old_times) + b - a, np.bool_)
            is_old[at] = False
            merged_times = np.empty(len(is_old), np.int64)
            merged_values = np.empty(len(is_old), np.float64)
            merged_times[is_old], merged_times[at] = old_times, times[a:b]
            merged_values[is_old], merged_values[at] = old_values, values[a:b]
        skip = max(0, self.first - row - a)
        self._put(row + a + skip, merged_times[skip:], merged_values[skip:])

    def _hold_late(self, times: TimeArray, values: FloatArray) -> int:
        """Keep a late run in mind; return the number of rows accepted if it makes a jump."""
        if self.late_run and times[0] < self.late_run[-1][0][-1]:
            self.late_run = []
        self.late_run.append((times.copy(), values.copy()))
        if sum(len(t) for t, _ in self.late_run) < ROWS_THAT_MAKE_A_JUMP:
            return 0
        late_times = np.concatenate([t for t, _ in self.late_run])
        late_values = np.concatenate([v for _, v in self.late_run])
        self.segment = self.end
        self._write(late_times, late_values)
        return len(late_times)

    def _write(self, times: TimeArray, values: FloatArray) -> None:
        n = len(times)
        if self.late_run:
            self.late_run = []
        self._remember_last(times, values)
        self.newest_ns = int(times[-1])
        held, n_evicted = self.end - self.first, self._make_room(n)
        size = len(self.times)
        if n_evicted > held:
            self.evicted_ns = int(times[n_evicted - held - 1])
        elif n_evicted:
            self.evicted_ns = int(self.times[(self.first + n_evicted - 1) % size])
        self.first += n_evicted
        skip = max(0, n - size)  # more than fits at once: only the newest stay
        self._put(self.end + skip, times[skip:], values[skip:])
        self.end += n

    def _put(self, row: int, times: TimeArray, values: FloatArray) -> None:
        """Store rows from number `row` on; there is room."""
        size = len(self.times)
        position = row % size
        n_before_wrap = min(len(times), size - position)
        self.times[position : position + n_before_wrap] = times[:n_before_wrap]
        self.values[position : position + n_before_wrap] = values[:n_before_wrap]
        if n_before_wrap < len(times):
            self.times[: len(times) - n_before_wrap] = times[n_before_wrap:]
            self.values[: len(times) - n_before_wrap] = values[n_before_wrap:]

    def _remember_last(self, times: TimeArray, values: FloatArray) -> None:
        last = float(values[-1])
        smallest = values.min()
        if smallest == smallest:  # no NaN among them
            self.last_reading = (int(times[-1]), last)
            return
        present = np.flatnonzero(values == values)
        self.missing += len(values) - len(present)
        if len(present):
            self.last_reading = (int(times[present[-1]]), float(values[present[-1]]))

    def _make_room(self, n: int) -> int:
        """Grow for `n` more rows, as far as may be, and return how many must go for them."""
        needed = self.end - self.first + n
        if needed > len(self.times) and len(self.times) < self.capacity:
            self._allocate(needed)
        return max(0, needed - len(self.times))

    def _allocate(self, at_least: int) -> None:
        size = len(self.times)
        while size < min(at_least, self.capacity):
            size = min(2 * size, self.capacity)
        times, values = self.rows(self.first, self.end)
        old_rows = np.arange(self.first, self.end) % size
        self.times = np.empty(size, np.int64)
        self.values = np.empty(size, np.float64)
        self.times[old_rows] = times
        self.values[old_rows] = values
