"""The newest columns of an array that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ColumnHistory"]


class ColumnHistory:
    """Holds what is appended until `trim` forgets all but the newest `keep` columns.

    When to trim is left to the detector: at set numbers of readings, so that what it sees does not depend
    on batches.

    Parameters
    ----------
    keep
        Number of columns that `trim` keeps.
    shape
        Of one column; a number by default.
    dtype
        Of the values.

    Notes
    -----
    Appending costs O(columns) on average; what is returned are views.
    """

    def __init__(
        self, keep: int, *, shape: tuple[int, ...] = (), dtype: npt.DTypeLike = np.float64
    ) -> None:
        self._keep = keep
        self._array = np.empty((*shape, min(keep, 1024)), dtype)
        self._start = self._stop = 0

    def __len__(self) -> int:
        """Return the number of columns."""
        return self._stop - self._start

    def append(self, columns: npt.NDArray[Any]) -> None:
        """Add columns, shape (…, m)."""
        m = columns.shape[-1]
        if self._stop + m > self._array.shape[-1]:
            n = len(self)
            room = max(self._array.shape[-1], n + m + n // 4)
            array = np.empty((*self._array.shape[:-1], room), self._array.dtype)
            array[..., :n] = self.all()
            self._array, self._start, self._stop = array, 0, n
        self._array[..., self._stop : self._stop + m] = columns
        self._stop += m

    def trim(self, keep: int | None = None) -> None:
        """Forget all but the newest `keep` columns."""
        self._start = max(self._start, self._stop - (self._keep if keep is None else keep))

    def all(self) -> npt.NDArray[Any]:
        """Return all columns."""
        return self._array[..., self._start : self._stop]

    def last(self, n: int) -> npt.NDArray[Any]:
        """Return the newest `n` columns, or all if there are fewer."""
        return self._array[..., max(self._start, self._stop - n) : self._stop]
