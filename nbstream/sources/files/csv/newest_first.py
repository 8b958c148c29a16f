"""Tables whose newest row comes first: read to their end, then put in order of time."""

from __future__ import annotations

import numpy as np

from nbstream.readings.batch import Batch, TimeArray
from nbstream.sources.files.csv.read_before import join

__all__ = ["NewestFirst", "is_newest_first"]

ROWS_TO_BE_SURE = 3
MAX_BYTES = 64 * 2**20


def is_newest_first(times: TimeArray, *, again: bool = False) -> bool:
    """Return whether times go down, but for a few that do not.

    Parameters
    ----------
    times
        Of the first rows of a table.
    again
        Whether it was so the last time: then nothing against it is enough.
    """
    steps = np.diff(times)
    if again:
        return bool((steps <= 0).all())
    n_down, n_up = int(np.count_nonzero(steps < 0)), int(np.count_nonzero(steps > 0))
    return len(times) >= ROWS_TO_BE_SURE and n_down > 10 * n_up


class NewestFirst:
    """Holds the rows of such a table until its end is reached.

    Parameters
    ----------
    max_bytes
        What is held, at most; older rows than that are given up.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._batches: list[Batch] = []
        self._n_bytes = 0

    def add(self, batch: Batch) -> int:
        """Hold rows; return how many are given up."""
        n_bytes = 8 * len(batch) * (1 + len(batch.values))
        if self._n_bytes + n_bytes > self._max_bytes:
            return len(batch)
        self._n_bytes += n_bytes
        self._batches.append(batch)
        return 0

    def in_order(self) -> Batch:
        """Return what is held, oldest first; rows of one time as they were written: last first."""
        whole = join(reversed([_reversed(batch) for batch in self._batches]))
        order = np.argsort(whole.times, kind="stable")
        return Batch(whole.times[order], {n: column[order] for n, column in whole.values.items()})


def _reversed(batch: Batch) -> Batch:
    return Batch(batch.times[::-1], {name: column[::-1] for name, column in batch.values.items()})
