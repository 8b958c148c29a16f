"""How rare values are, judged by the extremes of the blocks of readings before them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = ["BLOCK", "MIN_BLOCKS", "BlockExtremes", "Tails"]

BLOCK = 32
MIN_BLOCKS = 6

# The tails: a Pareto shape between normal and heavy, and the least scale as a part of the usual swing.
SHAPE = 0.2
LEAST_SCALE = 0.05
LEAST_LOG_SCALE = 0.1
# The part of the usual spread that is added before its logarithm is taken: then a flat line
# is far, but not infinitely.
FLATNESS = 0.02
MAX_DECADES = 16.0
# Of normal noise, in σ: where three of four blocks end, and the least scale of the tails of few blocks.
NOISE_LIMIT = 2.5
NOISE_SCALE = 0.35


class BlockExtremes:
    """The largest and smallest value of each row in each whole block of 32 readings, NaN for none.

    Parameters
    ----------
    n_rows
        Number of rows.
    n_blocks
        How many of the newest blocks are kept.
    """

    def __init__(self, n_rows: int, n_blocks: int) -> None:
        self._n_blocks = n_blocks
        self._open: FloatArray = np.empty((n_rows, 0))
        self.high: FloatArray = np.empty((n_rows, 0))
        self.low: FloatArray = np.empty((n_rows, 0))

    def add(self, columns: FloatArray) -> None:
        """Take in columns, shape (rows, m)."""
        columns = np.concatenate((self._open, columns), axis=1)
        whole = columns.shape[1] // BLOCK * BLOCK
        self._open = columns[:, whole:].copy()
        if whole:
            high, low = _extremes(columns[:, :whole])
            self.high = np.concatenate((self.high, high), axis=1)[:, -self._n_blocks :]
            self.low = np.concatenate((self.low, low), axis=1)[:, -self._n_blocks :]

    def keep(self, n_blocks: int) -> None:
        """Forget all but the newest blocks."""
        n = self.high.shape[1]
        self.high, self.low = (
            self.high[:, max(0, n - n_blocks) :],
            self.low[:, max(0, n - n_blocks) :],
        )

    def replace(self, row: int, values: FloatArray) -> None:
        """Put the newest values of a row, up to the end of the newest block, in place of the old ones."""
        n = min(self.high.shape[1], len(values) // BLOCK)
        high, low = _extremes(values[None, len(values) - n * BLOCK :])
        self.high[row] = self.low[row] = np.nan
        self.high[row, self.high.shape[1] - n :] = high
        self.low[row, self.low.shape[1] - n :] = low


def _extremes(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    blocks = columns.reshape(len(columns), -1, BLOCK)
    # fmax and fmin leave NaN out.
    return np.fmax.reduce(blocks, axis=2), np.fmin.reduce(blocks, axis=2)


@dataclass(frozen=True, slots=True)
class Tails:
    """The tails of each view's block extremes: where they begin and how fast they fall; upper, then lower.

    Beyond the upper quartile u of the blocks' largest values a generalised Pareto tail is assumed:
    P(a block exceeds y) = P(it exceeds u) · (1 + shape · (y − u) / scale) ** (−1 / shape).
    """

    usual: FloatArray
    """Shape (2, views): upper limit, and minus the lower limit; ∞ while unknown."""
    scale: FloatArray
    shape: FloatArray
    base: FloatArray
    """Decades at the limit: how rarely a block exceeds it."""
    softening: FloatArray
    """Shape (spreads, 1): what is added to a spread before its logarithm."""
    spreads: list[int]
    """Rows that hold spreads, of which the logarithms are judged."""

    @classmethod
    def fit(cls, extremes: BlockExtremes, spreads: list[int]) -> Tails:
        """Learn from the blocks; `spreads` are the rows that hold spreads.

        The scale is the smaller one of two that no few anomalies can stretch: that of a Gumbel
        distribution with the interquartile range of the blocks, and that of an exponential one with the
        median excess over their upper quartile. A scale that comes from k excesses is uncertain: the
        predictive tail of an exponential is then a Pareto one of shape 1/k, which is added.
        """
        typical = np.array([[_typical(row)] for row in np.fmax(extremes.high[spreads], 0.0)])
        softening = np.where(typical > 0, FLATNESS * typical, 1.0)
        sides = np.stack((extremes.high, -extremes.low))
        sides[0, spreads] = np.log(extremes.high[spreads] + softening)
        sides[1, spreads] = -np.log(extremes.low[spreads] + softening)
        ordered = np.sort(sides, axis=2)  # NaN come last
        n = (ordered == ordered).sum(axis=2)
        k = np.maximum(3, n // 4)
        is_known = n >= MIN_BLOCKS

        def at(index: IntArray) -> FloatArray:
            inside = np.clip(index, 0, ordered.shape[2] - 1)
            return np.take_along_axis(ordered, inside[:, :, None], axis=2)[:, :, 0]

        usual = at(n - k - 1)
        body = (usual - at(n // 4)) / 1.57
        excess = (at(n - k + k // 2) - usual) / math.log(2)
        swing = usual[0] + usual[1]
        least = np.maximum(LEAST_SCALE * swing, 1e-9 * np.abs(usual).max(axis=0))
        scale = np.maximum(np.minimum(body, excess), least)
        scale[:, spreads] = np.maximum(scale[:, spreads], LEAST_LOG_SCALE)
        return cls(
            usual=np.where(is_known, usual, np.inf),
            scale=np.where(is_known, scale, 1.0),
            shape=SHAPE + 1 / k,
            base=np.log10(np.maximum(n, 1) / k),
            softening=softening,
            spreads=spreads,
        )

    def no_narrower_than_noise(self, views: FloatArray, known: BoolArray) -> Tails:
        """Return tails that reach at least as far as those of normal noise would.

        A few blocks say little: the spread of single readings says more. It is that of the shortest
        interval that holds half of them, in which a fault of fewer readings than half doesn't count.

        Parameters
        ----------
        views
            All readings' views, shape (views, n); NaN for none. Where there were fewer than 6 blocks, the
            farthest reading is the limit.
        known
            Which views were seen often enough to have tails, shape (views,).
        """
        y = views.copy()
        y[self.spreads] = np.log(views[self.spreads] + self.softening)
        usual, scale = self.usual.copy(), self.scale.copy()
        usual[:, ~known] = np.inf
        centre, sigma = self._noise(views)
        for row in np.flatnonzero(known & (sigma == sigma)).tolist():
            scale[:, row] = np.maximum(scale[:, row], NOISE_SCALE * sigma[row])
            if np.isinf(usual[:, row]).all():
                values = y[row][y[row] == y[row]]
                ends = np.array([values.max(), -values.min()])
                least = max(LEAST_SCALE * float(ends.sum()), 1e-9 * float(np.abs(ends).max()))
                least = max(least, LEAST_LOG_SCALE if row in self.spreads else 0.0)
                limits = np.array([centre[row], -centre[row]]) + NOISE_LIMIT * sigma[row]
                usual[:, row] = np.maximum(limits, ends)
                scale[:, row] = max(NOISE_SCALE * sigma[row], least)
        return replace(self, usual=usual, scale=scale)

    def _noise(self, views: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return centre and σ of each view, if it is normal noise; NaN for none."""
        y = views.copy()
        y[self.spreads] = np.log(views[self.spreads] + self.softening)
        found = [_shortest_half(row[row == row]) for row in y]
        centre, sigma = np.array(found).T
        return centre, sigma

    def decades(self, views: FloatArray) -> FloatArray:
        """Return how rare each view is on each side, shape (2 · views, m): −log10 of its probability."""
        y = views.copy()
        y[self.spreads] = np.log(views[self.spreads] + self.softening)
        excess = np.stack((y, -y)) - self.usual[:, :, None]
        shape, base = self.shape[:, :, None], self.base[:, :, None]
        rarity = base + np.log1p(shape * (excess / self.scale[:, :, None])) / (shape * math.log(10))
        decades = np.where(excess > 0, np.minimum(rarity, MAX_DECADES), 0.0)
        return decades.reshape(-1, views.shape[1])

    def limits(self) -> tuple[FloatArray, FloatArray]:
        """Return the largest and the smallest usual value of each view, in the units of the view."""
        high, low = self.usual[0].copy(), -self.usual[1]
        high[self.spreads] = np.exp(high[self.spreads]) - self.softening[:, 0]
        low[self.spreads] = np.exp(low[self.spreads]) - self.softening[:, 0]
        return high, low


def _shortest_half(values: FloatArray) -> tuple[float, float]:
    """Return the middle of the shortest interval that holds half of the values, and σ if they are normal."""
    if len(values) < 2:
        return math.nan, math.nan
    ordered = np.sort(values)
    half = len(values) // 2
    widths = ordered[half:] - ordered[: len(values) - half]
    i = int(widths.argmin())
    return float(ordered[i] + widths[i] / 2), float(widths[i]) / 1.349


def _typical(values: FloatArray) -> float:
    """Return the median; the mean if more than half are 0; 0 for nothing."""
    known = values[values == values]
    if not len(known):
        return 0.0
    return float(np.median(known)) or float(known.mean())
