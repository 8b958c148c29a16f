"""How many standard deviations a reading lies from the mean of the window before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbstream.readings import FloatArray
from nbstream.summary import BLOCK, BlockPyramid, merge

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MIN_READINGS", "trailing_zscores"]

MIN_READINGS = 30
Moments = tuple[FloatArray, FloatArray, FloatArray]


def trailing_zscores(
    starts: npt.NDArray[np.int64],
    first: int,
    pyramid: BlockPyramid,
    read: Callable[[int, int], FloatArray],
) -> FloatArray:
    """Return the z-scores of some consecutive readings, each against the window before it.

    Parameters
    ----------
    starts
        Per reading the first row of its window, ascending; reading i is row `first` + i and its window
        are the rows start ≤ row < `first` + i.
    first
        Row of the first reading.
    pyramid
        Summaries of all these rows.
    read
        Returns the values of rows (start, stop).

    Returns
    -------
    ndarray
        float64, shape (n,): (value − mean) / std with ddof = 1; NaN where the reading is missing, its
        window has fewer than 30 readings, or std is 0.

    Notes
    -----
    Each window is taken apart at multiples of 1,024 rows into the end of a block, whole blocks, and the
    beginning of a block, whose moments are merged (Chan, Golub, LeVeque 1983). Nothing is subtracted, and
    nothing depends on how the readings were batched.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _zscores(starts, first, pyramid, read)


def _zscores(
    starts: npt.NDArray[np.int64],
    first: int,
    pyramid: BlockPyramid,
    read: Callable[[int, int], FloatArray],
) -> FloatArray:
    n = len(starts)
    ends = first + np.arange(n)
    values = read(first, first + n)
    low_blocks, high_blocks = starts // BLOCK, ends // BLOCK
    inside = low_blocks == high_blocks
    counts, means, m2s = np.zeros(n), np.zeros(n), np.zeros(n)
    if inside.any():
        within = _within_block(starts[inside], ends[inside], read)
        counts[inside], means[inside], m2s[inside] = within
    across = ~inside
    if across.any():
        merged = _suffixes(starts[across], read)
        merged = _merge(merged, _middles(low_blocks[across] + 1, high_blocks[across], pyramid))
        merged = _merge(merged, _prefixes(ends[across], read))
        counts[across], means[across], m2s[across] = merged
    std = np.sqrt(m2s / (counts - 1))
    scores = (values - means) / std
    scores[(counts < MIN_READINGS) | ~(std > 0)] = np.nan
    return scores


def _merge(a: Moments, b: Moments) -> Moments:
    n = a[0] + b[0]
    weight = np.maximum(n, 1.0)
    delta = b[1] - a[1]
    # A part without readings has any mean: its weight of 0 keeps it out.
    mean = np.where(a[0] > 0, a[1] + delta * b[0] / weight, b[1])
    return n, mean, a[2] + b[2] + delta * delta * a[0] * b[0] / weight


def _middles(low: npt.NDArray[Any], high: npt.NDArray[Any], pyramid: BlockPyramid) -> Moments:
    """Return the moments of the whole blocks low ≤ number < high, per reading."""
    changes = (np.diff(low) != 0) | (
        np.diff(high) != 0
    )  # both ascend, so equal pairs are neighbours
    which = np.concatenate(([0], changes.cumsum()))
    pairs = np.flatnonzero(np.concatenate(([True], changes)))
    moments = np.zeros((3, len(pairs)))
    for i, (lowest, end) in enumerate(zip(low[pairs].tolist(), high[pairs].tolist(), strict=True)):
        if lowest < end:
            summary = merge(np.concatenate(pyramid.blocks(lowest, end), axis=1))
            if summary.n:
                moments[:, i] = summary.n, summary.mean, summary.m2
    n, mean, m2 = moments[:, which]
    return n, mean, m2


def _prefixes(ends: npt.NDArray[Any], read: Callable[[int, int], FloatArray]) -> Moments:
    """Return the moments of the rows from the beginning of each end's block to the end."""
    return _cumulated(ends // BLOCK, ends % BLOCK, read, int(ends[-1]), backwards=False)


def _suffixes(starts: npt.NDArray[Any], read: Callable[[int, int], FloatArray]) -> Moments:
    """Return the moments of the rows from each start to the end of its block."""
    blocks = starts // BLOCK
    last_row = int(blocks[-1] + 1) * BLOCK
    return _cumulated(blocks, BLOCK - starts % BLOCK, read, last_row, backwards=True)


def _cumulated(
    blocks: npt.NDArray[Any],
    lengths: npt.NDArray[Any],
    read: Callable[[int, int], FloatArray],
    end: int,
    *,
    backwards: bool,
) -> Moments:
    """Return the moments of the first (or last) `length` rows of each reading's block.

    Deviations are from the row where the cumulation begins, which every part contains: so what cancels
    is never larger than what remains, whatever the other values are.
    """
    moments = np.zeros((3, len(blocks)))
    for block in np.unique(blocks).tolist():
        here = blocks == block
        wanted = lengths[here]
        longest = int(wanted.max())
        if not longest:
            continue
        start = block * BLOCK
        if backwards:
            values = read(start + BLOCK - longest, start + BLOCK)[::-1]
        else:
            values = read(start, min(start + longest, end))
        present = values == values
        n = np.concatenate(([0.0], present.cumsum()))
        reference = float(values[present.argmax()]) if present.any() else 0.0
        deviations = np.where(present, values - reference, 0.0)
        sums = np.concatenate(([0.0], deviations.cumsum()))
        squares = np.concatenate(([0.0], (deviations * deviations).cumsum()))
        shift = sums / np.maximum(n, 1.0)
        moments[0, here] = n[wanted]
        moments[1, here] = (reference + shift)[wanted]
        moments[2, here] = np.maximum(squares - sums * shift, 0.0)[wanted]
    return moments[0], moments[1], moments[2]


def _within_block(
    starts: npt.NDArray[Any], ends: npt.NDArray[Any], read: Callable[[int, int], FloatArray]
) -> Moments:
    """Return the moments of windows that lie inside one block: two passes over each."""
    moments = np.zeros((3, len(starts)))
    blocks = starts // BLOCK
    for block in np.unique(blocks).tolist():
        here = np.flatnonzero(blocks == block)
        low, high = int(starts[here[0]]), int(ends[here[-1]])
        # Always the whole block, so that numpy adds in the same order whatever the batch is.
        rows = block * BLOCK + np.arange(BLOCK)
        values = np.full(BLOCK, np.nan)
        values[low - block * BLOCK : high - block * BLOCK] = read(low, high)
        present = values == values
        for part in np.array_split(here, -(-len(here) // 128)):  # 128 × 1,024 numbers at a time
            window = (rows >= starts[part, None]) & (rows < ends[part, None]) & present
            n = window.sum(axis=1)
            reference = np.where(n > 0, values[window.argmax(axis=1)], 0.0)
            deviations = np.where(window, values - reference[:, None], 0.0)
            shift = deviations.sum(axis=1) / np.maximum(n, 1)
            deviations = np.where(window, deviations - shift[:, None], 0.0)
            moments[0, part] = n
            moments[1, part] = reference + shift
            moments[2, part] = np.einsum("ij,ij->i", deviations, deviations)
    return moments[0], moments[1], moments[2]
