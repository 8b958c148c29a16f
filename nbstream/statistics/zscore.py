"""How many standard deviations a reading lies from the mean of the window before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.summaries.summary import LEAST_SPREAD, RESOLUTION, spread_floor
from nbstream.summaries.trailing import TrailingWindows

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, IntArray
    from nbstream.summaries.summary import BlockPyramid

__all__ = ["MIN_READINGS", "trailing_zscores"]

MIN_READINGS = 30


def trailing_zscores(
    starts: IntArray,
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
        float64, shape (n,): (value − mean) / std with ddof = 1. Where the readings of the window are all
        equal, as far as float64 can tell: ±inf where the reading differs from them, NaN where it doesn't.
        NaN where the reading is missing, or its window has fewer than 30 readings.

    Notes
    -----
    Nothing depends on how the readings were batched (see `TrailingWindows`).
    """
    n = len(starts)
    if not n:
        return np.empty(0)
    windows = TrailingWindows(starts, first + np.arange(n), pyramid, read)
    counts, means, m2s = windows.moments
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        std = np.sqrt(m2s / (counts - 1))
        scores = windows.read(first, first + n) - means
        # Most windows have a spread, which two numbers show.
        largest = max(-float(means.min()), float(means.max()))
        if not float(std.min()) > max(largest * RESOLUTION, LEAST_SPREAD):
            floor = spread_floor(means)
            is_constant = std <= floor
            std[is_constant] = 0.0
            scores[is_constant & (np.abs(scores) <= floor)] = np.nan
        scores /= std
        scores[(counts < MIN_READINGS) | ~(std >= 0)] = np.nan
    return scores
