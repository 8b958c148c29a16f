"""Arithmetic on readings that lie one pane after the other: a score, a sum, a number for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.detectors.base import BoolArray
    from nbstream.readings.batch import FloatArray

__all__ = [
    "IntArray",
    "count_per_pane",
    "first_difference",
    "pane_groups",
    "per_reading",
    "score_panes",
]

IntArray: TypeAlias = npt.NDArray[np.int64]

GROUP = 24_576
"""Readings that are looked at together: their arrays fit into a processor's cache."""
LARGE_PANE = 4096
"""Readings per pane from which on each pane is looked at alone."""


def score_panes(
    values: FloatArray,
    level: FloatArray,
    counts: IntArray,
    limit: float,
    min_readings: int,
    score: FloatArray,
    flags: BoolArray,
) -> BoolArray:
    """Write scores and which are beyond the limit; return per pane whether anomalies are not to be learnt."""
    center, sigma, n, is_constant = level
    is_warm = n >= min_readings
    scale = np.where(is_warm, 1.0 / sigma, np.nan)
    for low, high, panes in pane_groups(counts):
        part = score[low:high]
        np.subtract(values[low:high], per_reading(center, counts, panes), out=part)
        np.abs(part, out=part)
        part *= per_reading(scale, counts, panes)
        largest = part.max()
        if largest <= limit:
            flags[low:high] = False
            continue
        if largest != largest:
            # Values at the ends of float64 may have an infinite spread, within which nothing is strange.
            part[np.repeat(is_warm[panes], counts[panes]) & (part != part)] = 0.0
        np.greater(part, limit, out=flags[low:high])
    learns: BoolArray = is_warm & (is_constant == 0)
    return learns


def count_per_pane(mask: BoolArray, begins: IntArray) -> IntArray:
    """Return for how many readings of each pane `mask` holds."""
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


def pane_groups(counts: IntArray) -> Iterator[tuple[int, int, slice]]:
    """Yield (first reading, end, panes) of consecutive panes that together fit into a processor's cache.

    Where panes are large each comes alone, so that its numbers need no spreading.
    """
    ends = counts.cumsum()
    n, n_panes = int(ends[-1]), len(counts)
    most = GROUP if n < n_panes * LARGE_PANE else 0
    low = pane = 0
    while pane < n_panes:
        stop = n_panes
        if n - low > most:
            stop = max(pane + 1, int(ends.searchsorted(low + most, "right")))
        high = int(ends[stop - 1])
        yield low, high, slice(pane, stop)
        low, pane = high, stop


def per_reading(numbers: FloatArray, counts: IntArray, panes: slice) -> Any:
    """Return the number of each of these panes for all of its readings; one number if it is one pane."""
    if panes.stop - panes.start == 1:
        return numbers[panes.start]
    return np.repeat(numbers[panes], counts[panes])
