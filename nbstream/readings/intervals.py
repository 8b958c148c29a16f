"""How often a channel's readings come, and when the channel is stale: the one place that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.ring import Ring

__all__ = [
    "INTERVALS",
    "SHORTEST_SILENCE_NS",
    "SILENT_INTERVALS",
    "Pace",
    "distinct_times",
    "newest_times",
    "present_times",
    "silence_ns",
    "silences_ns",
    "usual_interval_ns",
    "usual_intervals_ns",
]

SHORTEST_SILENCE_NS = 2 * 10**9
"""Less than this without data is never silence: schedulers and networks take as long."""
SILENT_INTERVALS = 10
INTERVALS = 64
"""Newest intervals whose median is the usual one …"""
NEWEST = 5
"""… unless the median of so few of them …"""
SLOWER = 3
"""… is so many times as long: then the channel has slowed down."""
LOOK = 4096
"""Rows that are looked at for distinct times, and 16 times as many again while there are too few."""


def usual_interval_ns(times: TimeArray) -> int | None:
    """Return how far apart readings usually are, in ns; None if fewer than three have different times.

    The median of the last 64 intervals between distinct times; where the last five of them are three
    times as long, theirs: the channel has slowed down.

    Parameters
    ----------
    times
        int64 ns, of readings that are not missing, in order of arrival; equal ones and steps back (the
        clock was set) are no intervals.

    Examples
    --------
    >>> usual_interval_ns(np.array([0, 0, 0, 10, 10, 10, 20]))
    10
    >>> usual_interval_ns(np.array([0, 0, 10])) is None
    True
    """
    steps = times[1:] - times[:-1]
    steps = steps[steps > 0][-INTERVALS:]
    if len(steps) < 2:
        return None
    usual = _median(steps)
    if len(steps) > NEWEST:
        newest = _median(steps[-NEWEST:])
        if newest >= SLOWER * usual:
            usual = newest
    return usual


def usual_intervals_ns(times: TimeArray, ends: TimeArray) -> TimeArray:
    """Return `usual_interval_ns(times[:end])` for many ends at once, −1 where it is not known.

    Parameters
    ----------
    times
        int64 ns; no two neighbours are equal.
    ends
        Shape (n,).

    Notes
    -----
    Cost: about 1 µs each, and 20 µs for the first 64 and after a clock was set back.
    """
    found = np.full(len(ends), -1, np.int64)
    steps = np.diff(times)
    if not len(steps):
        return found
    n_back = np.concatenate(([0], (steps < 0).cumsum()))
    lows = np.maximum(ends - 1 - INTERVALS, 0)
    is_plain = (ends > INTERVALS) & (n_back[np.maximum(ends - 1, 0)] == n_back[lows])
    plain = np.flatnonzero(is_plain)
    for low in range(0, len(plain), LOOK):
        some = plain[low : low + LOOK]
        windows = np.lib.stride_tricks.sliding_window_view(steps, INTERVALS)[lows[some]]
        usual = np.median(windows, axis=1).astype(np.int64)
        newest = np.median(windows[:, -NEWEST:], axis=1).astype(np.int64)
        found[some] = np.where(newest >= SLOWER * usual, newest, usual)
    for i in np.flatnonzero(~is_plain).tolist():
        usual_ns = usual_interval_ns(times[lows[i] : ends[i]])
        found[i] = -1 if usual_ns is None else usual_ns
    return found


@overload
def silence_ns(interval_ns: int) -> int: ...
@overload
def silence_ns(interval_ns: None) -> None: ...
def silence_ns(interval_ns: int | None) -> int | None:
    """Return how long a channel must be silent to be stale: max(2 s, 10 × its usual interval), in ns.

    None where the interval is not known: then its silence says nothing.
    """
    if interval_ns is None:
        return None
    return max(SHORTEST_SILENCE_NS, SILENT_INTERVALS * interval_ns)


def silences_ns(intervals_ns: TimeArray) -> TimeArray:
    """Return `silence_ns` of many intervals, −1 where they are not known (−1)."""
    silences = np.maximum(SHORTEST_SILENCE_NS, SILENT_INTERVALS * intervals_ns)
    return np.where(intervals_ns < 0, -1, silences)


def distinct_times(times: TimeArray) -> TimeArray:
    """Return times without repeats, as many of the newest as the usual interval needs."""
    if len(times) < 2:
        return times
    is_new = times[1:] != times[:-1]
    if not is_new.all():
        times = times[np.concatenate(([True], is_new))]
    return times[-INTERVALS - 1 :]


def newest_times(read: Callable[[int, int], tuple[TimeArray, FloatArray]], end: int) -> TimeArray:
    """Return the distinct times of the readings before row `end` that are not missing.

    Parameters
    ----------
    read
        Returns times and values of rows, as far as they are held.
    end
        The row after the last one; what is far back is looked at only if readings repeat their time.
    """
    n = LOOK
    while True:
        found = distinct_times(present_times(*read(max(end - n, 0), end)))
        if len(found) > NEWEST or n >= end:
            return found
        n *= 16


class Pace:
    """The distinct times of a channel's newest readings, kept up as rows come.

    Notes
    -----
    Cost: a look at the rows that are new, at most some thousands. Thread safety: none; the lock of the
    buffer's store guards it.
    """

    __slots__ = ("_revision", "_row", "_times", "_usual_ns", "own_ns")

    def __init__(self) -> None:
        self.own_ns: int | None = None
        """Of the source, if that itself sets the pace."""
        self._times: TimeArray = np.empty(0, np.int64)
        self._usual_ns: int | None = None
        self._row = 0
        self._revision = 0

    def interval_ns(self, ring: Ring) -> int | None:
        """Return the usual interval as of the newest row; the source's own before three distinct times."""
        if self._row != ring.end or self._revision != ring.revision:
            self._catch_up(ring)
            self._usual_ns = usual_interval_ns(self._times)
        return self.own_ns if self._usual_ns is None else self._usual_ns

    def _catch_up(self, ring: Ring) -> None:
        end = ring.end

        def read(start: int, stop: int) -> tuple[TimeArray, FloatArray]:
            return ring.rows(max(start, ring.first), stop)

        is_next = ring.first <= self._row and self._revision == ring.revision
        if is_next and end - self._row <= LOOK and len(self._times):
            times = present_times(*read(self._row, end))
            self._times = distinct_times(np.concatenate((self._times, times)))
        else:
            self._times = newest_times(read, end)
        self._row, self._revision = end, ring.revision


def present_times(times: TimeArray, values: FloatArray) -> TimeArray:
    """Return the times of the readings that are not missing."""
    present = values == values
    return times if present.all() else times[present]


def _median(steps: TimeArray) -> int:
    """Return the median in whole ns; np.median does the same in 40 µs, and this is asked for each frame."""
    ordered = sorted(steps.tolist())
    n = len(ordered)
    middle: int = (ordered[(n - 1) // 2] + ordered[n // 2]) // 2
    return middle
