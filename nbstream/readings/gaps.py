"""Where a line breaks: at pauses that are long beside the intervals around them.

A pause is a gap if it is longer than 4.1 times the median interval of the up to 32 distinct times before it,
and of those after it, and 2.5 times as long as seven of eight of them. So a rate that changes breaks no line,
nor do readings that come at odd times, and whether a pause is a gap depends on the readings next to it alone:
not on batches, on the view, or on what was evicted long ago.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["GAP_FACTOR", "NO_GAPS", "WINDOW", "IndexArray", "find_gaps"]

IndexArray: TypeAlias = npt.NDArray[np.intp]

GAP_FACTOR = 4.1
OFTEN_FACTOR = 2.5
SELDOM = 8
"""One of so many intervals may be longer than what is often seen."""
WINDOW = 32
"""Intervals on either side of a pause that tell what is usual there."""
FEWEST_READINGS = 10
"""With fewer readings nothing is known of their rate, and no pause is a gap."""
FEWEST = 9
"""Where there are fewer on one side, the nine outermost tell it."""
FEW = 1024
"""Of so few readings it costs next to nothing to look at all first."""
LOW = WINDOW // 4 - 1
AT_ONCE = 65_536
NO_GAPS: IndexArray = np.empty(0, np.intp)


def find_gaps(times: TimeArray) -> IndexArray:
    """Return the indices of the readings that a line must not be drawn to.

    Parameters
    ----------
    times
        int64 ns, shape (n,): all readings of a channel, or some with at least `WINDOW` distinct times more
        on either side. They ascend, but for jumps of the clock; there a line breaks too.
    """
    steps = times[1:] - times[:-1]
    if _are_alike(steps):
        return NO_GAPS
    return _found_before(times.tobytes()) if len(times) <= FEW else _found(times, steps)


@lru_cache(maxsize=8)
def _found_before(times: bytes) -> IndexArray:
    """Return the gaps in a few readings: channels of one source have the same times, one after the other."""
    few = np.frombuffer(times, np.int64)
    gaps = _found(few, few[1:] - few[:-1])
    gaps.setflags(write=False)
    return gaps


def _found(times: TimeArray, steps: TimeArray) -> IndexArray:
    back = np.flatnonzero(steps < 0) + 1
    if len(back):
        edges = pairwise([0, *back.tolist(), len(times)])
        parts = [start + find_gaps(times[start:stop]) for start, stop in edges]
        return np.sort(np.concatenate((back, *parts)))
    if len(times) < FEWEST_READINGS:
        return NO_GAPS
    rows = None if steps.all() else np.flatnonzero(steps)
    if rows is not None:  # several readings of the same time
        steps = steps[rows]
    if FEWEST <= len(steps) < FEW and _is_none_long(steps):
        return NO_GAPS
    suspects = _suspects(steps)
    parts = np.split(suspects, range(AT_ONCE, len(suspects), AT_ONCE))
    gaps: IndexArray = np.concatenate([_longer_than_usual(steps, part) for part in parts])
    return (gaps if rows is None else rows[gaps]) + 1


def _are_alike(steps: TimeArray) -> bool:
    """Return whether no interval can be a gap, for all are about the same."""
    return not len(steps) or 0 < steps.max() <= GAP_FACTOR * steps.min()


def _is_none_long(steps: TimeArray) -> bool:
    """Return whether no interval is a gap: no median of nine or more is below the fifth smallest of all."""
    fifth = np.partition(steps, FEWEST // 2)[FEWEST // 2]
    return bool(steps.max() <= GAP_FACTOR * fifth)


def _longer_than_usual(steps: TimeArray, at: IndexArray) -> IndexArray:
    """Return those of the intervals `at` that are gaps."""
    if not len(at):
        return at
    low = max(0, int(at[0]) - WINDOW)
    unknown = np.full(WINDOW, np.inf)
    known = np.concatenate((unknown, steps[low : int(at[-1]) + WINDOW + 1], unknown))
    windows = np.lib.stride_tricks.sliding_window_view(known, WINDOW)
    for shift, outermost in ((0, steps[:FEWEST]), (WINDOW + 1, steps[-FEWEST:])):
        n = np.minimum(at if shift == 0 else len(steps) - 1 - at, WINDOW)
        longest = _longest(windows[at - low + shift], n)
        longest[n < FEWEST] = _longest(outermost[np.newaxis], np.array([len(outermost)]))
        at = at[steps[at] > longest]
    return at


def _longest(intervals: FloatArray | TimeArray, n: IndexArray) -> FloatArray:
    """Return the longest pause that is no gap beside each row, of which the smallest `n` are known."""
    ordered = np.sort(intervals, axis=1)
    row = np.arange(len(n))
    last = np.maximum(n - 1, 0)
    middle = (ordered[row, last // 2] + ordered[row, n // 2]) / 2
    often = ordered[row, np.maximum(last - n // SELDOM, 0)]
    longest: FloatArray = np.maximum(GAP_FACTOR * middle, OFTEN_FACTOR * often)
    return longest


def _suspects(steps: TimeArray) -> IndexArray:
    """Return the intervals that may be gaps, which most are far too short for.

    A median of 32 intervals is not below the 16th smallest. They lie in two blocks of 32, so at least 8 of
    those 16 lie in one of them: the median is not below the 8th smallest of either block.
    """
    if _are_alike(steps):
        return NO_GAPS
    n_blocks = len(steps) // WINDOW
    begin, end = (WINDOW, (n_blocks - 1) * WINDOW) if n_blocks > 2 else (len(steps), len(steps))
    shortest = GAP_FACTOR * steps.min()
    first = np.flatnonzero(steps[:begin] > shortest)
    last = end + np.flatnonzero(steps[end:] > shortest)
    if begin >= end:
        return np.concatenate((first, last))
    blocks = steps[: n_blocks * WINDOW].reshape(n_blocks, WINDOW)
    parts = np.split(blocks, range(AT_ONCE, n_blocks, AT_ONCE))
    low = np.concatenate([np.partition(part, LOW, axis=1)[:, LOW] for part in parts])
    either = np.minimum(low[:-1], low[1:])  # of a block and the next
    limits = GAP_FACTOR * np.maximum(either[:-1], either[1:])
    inner = np.flatnonzero(blocks[1:-1] > limits[:, np.newaxis])
    return np.concatenate((first, begin + inner, last))
