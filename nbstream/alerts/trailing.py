"""Statistics of the window that ends at each reading, the same however the readings were batched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.summary import BLOCK, BlockPyramid, merge

if TYPE_CHECKING:
    from nbstream.readings import FloatArray

__all__ = ["Moments", "trailing_moments"]

Rows = npt.NDArray[np.int64]
Read = Callable[[int, int], "FloatArray"]
AT_ONCE = 128
"""Windows within a block that are computed together: 128 × 1,024 numbers, 1 MB."""


class Moments(NamedTuple):
    """Of each window; without a reading n is 0, min inf, max −inf and the rest anything."""

    n: FloatArray
    mean: FloatArray
    m2: FloatArray
    min: FloatArray
    max: FloatArray

    @classmethod
    def empty(cls, n: int) -> Moments:
        """Return the moments of n windows without readings."""
        inf = np.full(n, np.inf)
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), inf, -inf)

    def statistic(self, name: str) -> FloatArray:
        """Return "mean", "std" (ddof = 1), "min", "max" or "count"; NaN where it is not defined."""
        if name == "count":
            return self.n
        if name == "std":
            std = np.sqrt(self.m2 / np.maximum(self.n - 1, 1))
            return np.where(self.n > 1, std, np.nan)
        found: FloatArray = getattr(self, name)
        return np.where(self.n > 0, found, np.nan)


def trailing_moments(starts: Rows, ends: Rows, pyramid: BlockPyramid, read: Read) -> Moments:
    """Return the moments of the rows start ≤ row < end, per reading.

    Parameters
    ----------
    starts, ends
        int64, shape (n,), both ascending, start ≤ end.
    pyramid
        Summaries of all these rows.
    read
        Returns the values of rows (start, stop).

    Notes
    -----
    Windows are cut at multiples of 1,024 rows: the rest of the first block, whole blocks, the beginning of
    the last; the parts merge by Chan, Golub, LeVeque (1983), so nothing is subtracted that could
    cancel. Each part is computed from the block's own rows in one order, whatever the batch is. Cost: about
    5 µs per reading where the window lies in one block, below 0.5 µs where it is longer.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = starts // BLOCK, ends // BLOCK
        found = np.empty((5, len(starts)))
        within = low == high
        if within.any():
            found[:, within] = _within(starts[within], ends[within], read)
        across = ~within
        if across.any():
            parts = _tails(starts[across], read)
            parts = _merge(parts, _middles(low[across] + 1, high[across], pyramid))
            found[:, across] = _merge(parts, _heads(ends[across], read))
        return Moments(*found)


def _merge(a: Moments, b: Moments) -> Moments:
    n = a.n + b.n
    weight = np.maximum(n, 1.0)
    delta = np.where((a.n > 0) & (b.n > 0), b.mean - a.mean, 0.0)
    mean = np.where(a.n > 0, a.mean + delta * b.n / weight, b.mean)
    m2 = a.m2 + b.m2 + delta * delta * a.n * b.n / weight
    return Moments(n, mean, m2, np.minimum(a.min, b.min), np.maximum(a.max, b.max))


def _middles(low: Rows, high: Rows, pyramid: BlockPyramid) -> Moments:
    """Return the moments of whole blocks; neighbours mostly share theirs."""
    is_new = np.concatenate(([True], (np.diff(low) != 0) | (np.diff(high) != 0)))
    few = Moments.empty(int(is_new.sum()))
    for i, (first, end) in enumerate(zip(low[is_new].tolist(), high[is_new].tolist(), strict=True)):
        if first < end:
            summary = merge(np.concatenate(pyramid.blocks(first, end), axis=1))
            if summary.n:
                for column, number in zip(few, summary, strict=True):
                    column[i] = number
    which = is_new.cumsum() - 1
    return Moments(*(column[which] for column in few))


def _heads(ends: Rows, read: Read) -> Moments:
    """Return the moments of each end's block up to there."""
    return _grown(ends // BLOCK, ends % BLOCK, lambda block, n: read(block, block + n))


def _tails(starts: Rows, read: Read) -> Moments:
    """Return the moments of each start's block from there on."""
    return _grown(
        starts // BLOCK,
        BLOCK - starts % BLOCK,
        lambda block, n: read(block + BLOCK - n, block + BLOCK)[::-1],
    )


def _grown(blocks: Rows, lengths: Rows, read: Callable[[int, int], FloatArray]) -> Moments:
    """Return the moments of the first `length` readings that `read` gives of each block."""
    found = Moments.empty(len(blocks))
    for block in np.unique(blocks).tolist():
        here = np.flatnonzero(blocks == block)
        wanted = lengths[here]
        longest = int(wanted.max())
        if not longest:
            continue
        values = read(block * BLOCK, longest)
        present = values == values
        # Deviations from a reading that all of these parts contain: what cancels is never larger
        # than what remains.
        reference = float(values[present.argmax()]) if present.any() else 0.0
        deviations = np.where(present, values - reference, 0.0)
        n = _before(present.cumsum(), 0.0)[wanted]
        sums = _before(deviations.cumsum(), 0.0)[wanted]
        squares = _before((deviations * deviations).cumsum(), 0.0)[wanted]
        shift = sums / np.maximum(n, 1.0)
        found.n[here] = n
        found.mean[here] = reference + shift
        found.m2[here] = np.maximum(squares - sums * shift, 0.0)
        lowest = np.minimum.accumulate(np.where(present, values, np.inf))
        highest = np.maximum.accumulate(np.where(present, values, -np.inf))
        found.min[here] = _before(lowest, np.inf)[wanted]
        found.max[here] = _before(highest, -np.inf)[wanted]
    return found


def _before(column: npt.NDArray[np.generic], first: float) -> FloatArray:
    return np.concatenate(([first], column))


def _within(starts: Rows, ends: Rows, read: Read) -> Moments:
    """Return the moments of windows inside one block, in two passes over each."""
    found = Moments.empty(len(starts))
    blocks = starts // BLOCK
    for block in np.unique(blocks).tolist():
        here = np.flatnonzero(blocks == block)
        low, high = int(starts[here].min()), int(ends[here].max())
        rows = block * BLOCK + np.arange(BLOCK)
        # Always the whole block, so that numpy adds in the same order whatever the batch is.
        values = np.full(BLOCK, np.nan)
        values[low - block * BLOCK : high - block * BLOCK] = read(low, high)
        present = values == values
        for part in np.array_split(here, -(-len(here) // AT_ONCE)):
            window = (rows >= starts[part, None]) & (rows < ends[part, None]) & present
            n = window.sum(axis=1)
            reference = np.where(n > 0, values[window.argmax(axis=1)], 0.0)
            deviations = np.where(window, values - reference[:, None], 0.0)
            shift = deviations.sum(axis=1) / np.maximum(n, 1)
            deviations = np.where(window, deviations - shift[:, None], 0.0)
            found.n[part] = n
            found.mean[part] = reference + shift
            found.m2[part] = (deviations * deviations).sum(axis=1)
            found.min[part] = np.where(window, values, np.inf).min(axis=1)
            found.max[part] = np.where(window, values, -np.inf).max(axis=1)
    return found
