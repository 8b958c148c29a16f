"""Correlations of pairs of channels in a moving window, and what they used to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.parts.joint_fit import center_and_spread, max_ages, modelled

if TYPE_CHECKING:
    from nbstream.detectors.parts.joint_fit import History
    from nbstream.detectors.parts.steps import Steps
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["PairModel", "PairsJudged", "fit_pairs"]

LEAST_CORRELATION = 0.5
MAX_PAIRS = 200
PAIRS_AT_ONCE = 500
LARGEST = 100.0
"""Spreads beyond which a reading counts no more."""
LARGEST_R = 0.9999
LEAST_VARIANCE = 1e-9
"""In squares of a channel's spread: less is a channel that stays the same."""


class PairsJudged(NamedTuple):
    """What a model says of some steps."""

    scores: FloatArray
    """That of the pair that has lost most, shape (k, 1); NaN where no pair can be judged."""
    pair: IntArray
    """Which pair that is, shape (k,)."""
    z: FloatArray
    """Its Fisher's z, shape (k,)."""
    pairs: IntArray
    """The channels of each pair, shape (m, 2)."""
    mean: FloatArray
    """What Fisher's z used to be, shape (m,)."""
    spread: FloatArray


def fit_pairs(
    history: History, window: int, limit: float, memory: int, max_age_ns: int | None
) -> PairModel | None:
    """Learn which pairs move together; None if none does."""
    columns = modelled(history)
    if len(columns) < 2:
        return None
    values = np.clip(history.values[:, columns], -1e300, 1e300)
    present = ~np.isnan(values)
    center, unit = center_and_spread(values)
    units = np.where(present, np.clip((values - center) / unit, -LARGEST, LARGEST), 0.0)
    all_pairs = np.column_stack(np.triu_indices(len(columns), 1))
    n_windows = max(1.0, len(units) / window)
    found = []
    for low in range(0, len(all_pairs), PAIRS_AT_ONCE):
        pairs = all_pairs[low : low + PAIRS_AT_ONCE]
        z = _fisher(units, present & history.learns[:, None], pairs, window)
        known = ~np.isnan(z)
        n = known.sum(axis=0)
        mean = np.where(known, z, 0.0).sum(axis=0) / np.maximum(n, 1)
        variance = np.where(known, (z - mean) ** 2, 0.0).sum(axis=0) / np.maximum(n, 1)
        mean = np.where(n >= window, mean, 0.0)
        found.append((pairs, mean, variance))
    pairs, mean, variance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    spread = _spread(variance, window, n_windows)
    steadiness = np.abs(mean) / spread
    is_pair = (np.abs(mean) >= math.atanh(LEAST_CORRELATION)) & (steadiness >= limit)
    chosen = np.flatnonzero(is_pair)
    if not len(chosen):
        return None
    chosen = chosen[np.argsort(-steadiness[chosen], kind="stable")[:MAX_PAIRS]]
    return PairModel(
        columns,
        center,
        unit,
        pairs[chosen],
        mean[chosen],
        variance[chosen],
        tail=(units[1 - window :], present[1 - window :]),
        n_windows=n_windows,
        memory=memory,
        max_age_ns=max_ages(history, columns, max_age_ns),
    )


class PairModel:
    """How pairs of channels have moved together; `fit_pairs` makes it."""

    def __init__(
        self,
        columns: IntArray,
        center: FloatArray,
        unit: FloatArray,
        pairs: IntArray,
        mean: FloatArray,
        variance: FloatArray,
        *,
        tail: tuple[FloatArray, BoolArray],
        n_windows: float,
        memory: int,
        max_age_ns: TimeArray,
    ) -> None:
        self.columns = columns
        self.n_in_block = 0
        self._center, self._unit, self._pairs = center, unit, pairs
        self._mean, self._variance = mean, variance
        self._tail, self._window = tail, len(tail[0]) + 1
        self._n_windows, self._memory = n_windows, memory
        self._max_age_ns = max_age_ns
        self._kept: list[FloatArray] = []

    def judge(self, steps: Steps) -> PairsJudged:
        """Judge steps of one block."""
        values = steps.values[:, self.columns]
        age = steps.times[:, None] - steps.latest_ns[:, self.columns]
        present = (age <= self._max_age_ns) & ~np.isnan(values)
        units = np.clip((values - self._center) / self._unit, -LARGEST, LARGEST)
        units = np.concatenate((self._tail[0], np.where(present, units, 0.0)))
        present = np.concatenate((self._tail[1], present))
        self._tail = units[1 - self._window :], present[1 - self._window :]
        z = _fisher(units, present, self._pairs, self._window)
        self._kept.append(z)
        self.n_in_block += len(z)
        spread = _spread(self._variance, self._window, self._n_windows)
        lost = np.sign(self._mean) * (self._mean - z) / spread
        lost = np.where(np.isnan(lost), -np.inf, lost)
        pair = np.round(lost, 9).argmax(axis=1)
        rows = np.arange(len(z))
        score = lost[rows, pair]
        score = np.where(np.isinf(score), np.nan, score)
        return PairsJudged(score[:, None], pair, z[rows, pair], self._pairs, self._mean, spread)

    def learn(self, learns: BoolArray) -> None:
        """End a block; `learns` says which of its steps are learnt from."""
        z = np.concatenate(self._kept)[learns]
        self._kept, self.n_in_block = [], 0
        known = ~np.isnan(z)
        away = np.where(known, z - self._mean, 0.0)
        n = known.sum(axis=0)
        self._variance = (
            self._variance + ((away**2).sum(axis=0) - n * self._variance) / self._memory
        )
        self._mean = self._mean + away.sum(axis=0) / self._memory
        self._n_windows = min(self._n_windows + len(z) / self._window, self._memory / self._window)


def _spread(variance: FloatArray, window: int, n_windows: float) -> FloatArray:
    """Return the spread of Fisher's z, wider where few windows say what it is."""
    return np.asarray(
        np.sqrt(np.maximum(variance, 1.0 / max(window - 3, 1))) * (1.0 + 1.0 / n_windows)
    )


def _fisher(units: FloatArray, present: BoolArray, pairs: IntArray, window: int) -> FloatArray:
    """Return Fisher's z of pairs over the window that ends at each row from `window` − 1 on.

    NaN where fewer than half of the window's rows have both channels; 0 where one stays the same.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    if present.all():
        means, squares = _sliding(units, window) / window, _sliding(units * units, window) / window
        variance = np.maximum(squares - means * means, 0.0)
        x_mean, y_mean, x_variance, y_variance = (
            of[:, which] for of in (means, variance) for which in (first, second)
        )
        products = _sliding(units[:, first] * units[:, second], window) / window
        enough = np.ones(products.shape, np.bool_)
    else:
        both = present[:, first] & present[:, second]
        x = np.where(both, units[:, first], 0.0)
        y = np.where(both, units[:, second], 0.0)
        n = np.round(_sliding(both.astype(np.float64), window))
        enough = 2 * n >= window
        n = np.maximum(n, 1.0)
        x_mean, y_mean, products = (_sliding(of, window) / n for of in (x, y, x * y))
        x_variance = np.maximum(_sliding(x * x, window) / n - x_mean * x_mean, 0.0)
        y_variance = np.maximum(_sliding(y * y, window) / n - y_mean * y_mean, 0.0)
    moves = (x_variance > LEAST_VARIANCE) & (y_variance > LEAST_VARIANCE)
    r = np.where(
        moves,
        (products - x_mean * y_mean) / np.sqrt(np.where(moves, x_variance * y_variance, 1.0)),
        0.0,
    )
    return np.where(enough, np.arctanh(np.clip(r, -LARGEST_R, LARGEST_R)), np.nan)


def _sliding(values: FloatArray, window: int) -> FloatArray:
    """Return the sums of `window` rows that end at each row from `window` − 1 on."""
    sums = np.concatenate((np.zeros((1, values.shape[1])), values.cumsum(axis=0)))
    return np.asarray(sums[window:] - sums[:-window])
