"""Arithmetic on readings that lie one subwindow after the other: a score, a sum, a number for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = [
    "count_per_subwindow",
    "first_difference",
    "per_reading",
    "score_subwindows",
    "subwindow_groups",
]


GROUP = 24_576
"""Readings that are looked at together: their arrays fit into a processor's cache."""
LARGE_PANE = 4096
"""Readings per subwindow from which on each subwindow is looked at alone."""


def score_subwindows(
    values: FloatArray,
    level: FloatArray,
    counts: IntArray,
    limit: float,
    min_readings: int,
    score: FloatArray,
    flags: BoolArray,
) -> BoolArray:
    """Write scores and which are beyond the limit; return per subwindow whether not to learn anomalies."""
    center, sigma, n, is_constant = level
    is_warm = n >= min_readings
    scale = np.where(is_warm, 1.0 / sigma, np.nan)
    for low, high, subwindows in subwindow_groups(counts):
        part = score[low:high]
        np.subtract(values[low:high], per_reading(center, counts, subwindows), out=part)
        np.abs(part, out=part)
        part *= per_reading(scale, counts, subwindows)
        largest = part.max()
        if largest <= limit:
            flags[low:high] = False
            continue
        if largest != largest:
            # Values at the ends of float64 may have an infinite spread, within which nothing is strange.
            part[np.repeat(is_warm[subwindows], counts[subwindows]) & (part != part)] = 0.0
        np.greater(part, limit, out=flags[low:high])
    learns: BoolArray = is_warm & (is_constant == 0)
    return learns


def count_per_subwindow(mask: BoolArray, begins: IntArray) -> IntArray:
    """Return for how many readings of each subwindow `mask` holds."""
    if not mask.any():
        return np.zeros(len(begins), np.int64)
    return np.add.reduceat(mask, begins, dtype=np.int64)


def first_difference(a: BoolArray | None, b: BoolArray | None) -> int | None:
    """Return where two masks differ first; None is a mask that holds nowhere."""
    if a is None and b is None:
        return None
    differ = b if a is None else a if b is None else a != b
    assert differ is not None
    first = int(differ.argmax())
    return first if differ[first] else None


def subwindow_groups(counts: IntArray) -> Iterator[tuple[int, int, slice]]:
    """Yield (first reading, end, subwindows) of those in a row that fit into a processor's cache.

    Where subwindows are large each comes alone, so that its numbers need no spreading.
    """
    ends = counts.cumsum()
    n, n_subwindows = int(ends[-1]), len(counts)
    most = GROUP if n < n_subwindows * LARGE_PANE else 0
    low = subwindow = 0
    while subwindow < n_subwindows:
        stop = n_subwindows
        if n - low > most:
            stop = max(subwindow + 1, int(ends.searchsorted(low + most, "right")))
        high = int(ends[stop - 1])
        yield low, high, slice(subwindow, stop)
        low, subwindow = high, stop


def per_reading(numbers: FloatArray, counts: IntArray, subwindows: slice) -> Any:
    """Return the number of each of these subwindows for all of its readings; one number for one of them."""
    if subwindows.stop - subwindows.start == 1:
        return numbers[subwindows.start]
    return np.repeat(numbers[subwindows], counts[subwindows])
