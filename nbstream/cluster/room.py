"""Long stretches of readings, summarised in arrays that a thread keeps.

Dask's nannies have the C library give freed memory back at once (MALLOC_TRIM_THRESHOLD_), so that a new array
for each intermediate result costs a page fault for each 4 KB, several times what the arithmetic does.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray

__all__ = ["PIECE", "Room", "room"]

PIECE = 65_536
"""Rows that are summarised at a time: they stay in a processor's cache."""
N_CODES = 65_536


class Room:
    """Arrays for one piece of rows, and what is computed in them.

    Notes
    -----
    Thread safety: one for each thread, by `room`.
    """

    def __init__(self) -> None:
        self._numbers = np.empty(PIECE)
        self._distances = np.empty(PIECE, np.float32)
        self._places = np.empty(PIECE, np.intp)
        self._is_before = np.empty(PIECE, bool)
        self._counters = np.empty(N_CODES, np.int64)

    def ascends(self, times: TimeArray) -> bool:
        """Return whether no time is before the one in front of it."""
        for row in range(0, len(times) - 1, PIECE):
            later = times[row + 1 : row + 1 + PIECE]
            found = self._is_before[: len(later)]
            np.less(later, times[row : row + len(later)], out=found)
            if found.any():
                return False
        return True

    def summarize(self, part: FloatArray) -> tuple[FloatArray, IntArray] | None:
        """Return n, mean, m2, min and max of a piece, and the rows that are drawn.

        None if a reading is missing. As `nbstream.summaries.summary.summarize`, by deviations from the first.
        """
        deviations = self._numbers[: len(part)]
        first = float(part[0])
        np.subtract(part, first, out=deviations)
        total = float(deviations.sum())
        if not math.isfinite(total):
            return None
        n = len(part)
        shift = total / n
        m2 = max(float(np.einsum("i,i->", deviations, deviations)) - total * shift, 0.0)
        low, high = int(part.argmin()), int(part.argmax())
        rows = np.array(sorted({0, low, high, n - 1}), np.int64)
        return np.array([n, first + shift, m2, part[low], part[high]]), rows

    def count(self, values: FloatArray, reference: float) -> tuple[IntArray, IntArray]:
        """Return which codes of `SlidingHistogram` occur, ascending, and how often each does."""
        counters = self._counters
        counters.fill(0)
        for row in range(0, len(values), PIECE):
            part = values[row : row + PIECE]
            distances, places = self._distances[: len(part)], self._places[: len(part)]
            np.subtract(part, reference, out=distances, casting="same_kind")
            codes: npt.NDArray[np.uint32] = distances.view(np.uint32)
            np.right_shift(codes, 16, out=codes)
            places[:] = codes
            np.add.at(counters, places, 1)
        filled = np.flatnonzero(counters)
        return filled, counters[filled]


_of_threads = threading.local()


def room() -> Room:
    """Return the room of the current thread."""
    found: Room | None = getattr(_of_threads, "room", None)
    if found is None:
        found = _of_threads.room = Room()
    return found
