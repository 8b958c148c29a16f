"""What several channels are like while nothing is wrong, learnt from a history of their steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.parts.joint_filters import filled, smoothed

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = [
    "CLIP", "Fitted", "History", "Levels", "center_and_spread", "fit", "max_ages", "modelled", "together",
]  # fmt: skip

WEIGHTS = np.array([0.0, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0])
"""How fast the level of a channel may follow its readings; 0 is a level that stays."""
GAIN = 0.9
"""A level follows if that makes the squared errors of its predictions so much smaller."""
BURN_IN = 20
FEWEST = 30
"""Readings that a channel must have had."""
CLIP = 8.0
"""Spreads beyond which a single reading counts no more."""
LEARN_CLIP = 4.0
MAX_AGE = 3.5
"""Usual intervals of a channel for which its latest reading counts."""


@dataclass(slots=True)
class History:
    """Steps to learn from; shapes as in `Steps`."""

    values: FloatArray
    fresh: BoolArray
    latest_ns: TimeArray
    learns: BoolArray
    """Whether a step is learnt from, shape (k,)."""

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.learns)

    def newest(self, n: int) -> History:
        """Return the newest `n` steps."""
        return History(self.values[-n:], self.fresh[-n:], self.latest_ns[-n:], self.learns[-n:])


class Levels(NamedTuple):
    """Where channels are, in the units of a fit: whole readings, not errors of their predictions."""

    mean: FloatArray
    covariance: FloatArray
    smooth_covariance: FloatArray
    """Of the smoothed readings."""
    newest: FloatArray
    """The newest reading of each."""
    smooth: FloatArray
    """The smoothed readings at the newest step."""


@dataclass(slots=True)
class Fitted:
    """Levels and spreads of some channels, p of them, and how they move together."""

    columns: IntArray
    """Which columns of the table they are."""
    weight: FloatArray
    """How fast the level of each follows."""
    level: FloatArray
    """What the next reading of each is expected to be."""
    scale: FloatArray
    """Spread of the errors of that, robust."""
    covariance: FloatArray
    """Of the errors in units of `scale`, shape (p, p)."""
    smooth_covariance: FloatArray
    """Of the smoothed errors, in the same units."""
    max_age_ns: TimeArray
    """From which age on the latest reading says nothing."""
    error: FloatArray
    """The newest error of each, in units of `scale`."""
    smooth: FloatArray
    """The smoothed errors at the newest step."""
    center: FloatArray
    """Of the readings of each."""
    unit: FloatArray
    """Spread of the readings about it, in which levels are counted from here on."""
    levels: Levels
    n_learnt: int
    """How many steps were learnt from."""
    half: Levels | None
    """The levels of the first half alone."""
    later: FloatArray
    """The smoothed readings of the second half."""


def modelled(history: History, without: IntArray | None = None) -> IntArray:
    """Return the columns of which there are enough readings, from early on, that are not all equal."""
    n, found = len(history), []
    left_out = set() if without is None else set(without.tolist())
    for j in range(history.values.shape[1]):
        if j in left_out:
            continue
        rows = np.flatnonzero(history.fresh[:, j])
        if len(rows) >= FEWEST and rows[0] <= n // 4:
            values = history.values[rows, j]
            if values.min() < values.max():
                found.append(j)
    return np.array(found, np.int64)


def fit(history: History, smoothing: float, max_age_ns: int | None) -> Fitted | None:
    """Learn from a history; None if there are not two channels to learn of."""
    columns = modelled(history)
    if len(columns) < 2:
        return None
    fresh = history.fresh[:, columns]
    values = np.clip(history.values[:, columns], -1e300, 1e300)
    learns = fresh & history.learns[:, None]
    enough = learns.sum(axis=0) >= FEWEST
    learns[:, ~enough] = fresh[:, ~enough]
    center, spread = center_and_spread(np.where(learns, values, np.nan))
    units = np.clip((values - center) / spread, -CLIP, CLIP)
    weight, errors, level = _errors(np.where(learns, units, np.nan))
    scale = _scales(errors)
    z = np.clip(errors / scale, -LEARN_CLIP, LEARN_CLIP)
    has_error = ~np.isnan(z)
    z = np.where(has_error, z, 0.0)
    covariance = together(z, has_error)
    held = filled(z, has_error, np.zeros(len(columns)))
    newest = held[-1]
    held = np.where(has_error, held, (1.0 - weight) * held)
    smooth = smoothed(held, smoothing, np.zeros(len(columns)))
    # Levels that wander belong together only where all are known.
    units = np.where(learns, units, np.nan)[int(learns.argmax(axis=0).max()) :]
    levels, smooth_units = _levels(units, smoothing)
    middle = len(units) // 2
    has_half = bool(((~np.isnan(units[:middle])).sum(axis=0) > 1).all())
    half = _levels(units[:middle], smoothing)[0] if has_half else None
    later = smooth_units[middle:]
    return Fitted(
        columns=columns,
        weight=weight,
        level=center + spread * level,
        scale=spread * scale,
        covariance=covariance,
        smooth_covariance=smooth.T @ smooth / len(smooth),
        max_age_ns=max_ages(history, columns, max_age_ns),
        error=newest,
        smooth=smooth[-1],
        center=center,
        unit=spread,
        levels=levels,
        n_learnt=int(learns.any(axis=1).sum()),
        half=half,
        later=later,
    )


def _levels(units: FloatArray, smoothing: float) -> tuple[Levels, FloatArray]:
    """Return what levels of some steps were like, and the smoothed levels."""
    present = ~np.isnan(units)
    mean = np.nanmean(units, axis=0)
    held = filled(np.where(present, units, 0.0), present, mean)
    smooth = smoothed(held, smoothing, mean)
    away, smooth_away = held - mean, smooth - mean
    n = len(units)
    covariances = away.T @ away / n, smooth_away.T @ smooth_away / n
    return Levels(mean, *covariances, held[-1], smooth[-1]), smooth


def together(z: FloatArray, present: BoolArray) -> FloatArray:
    """Return the mean products of columns over the rows in which both are present; 0 where they are not."""
    if present.all():
        return np.asarray(z.T @ z / len(z))
    counts = present.astype(np.float64)
    n = counts.T @ counts
    return np.asarray(z.T @ z / np.maximum(n, 1.0))


def center_and_spread(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return median and spread of columns: that of the deviations, in a form that cannot overflow."""
    center = np.nanmedian(values, axis=0)
    deviations = values - center
    spread = 1.4826 * np.nanmedian(np.abs(deviations), axis=0)
    largest = np.nanmax(np.abs(deviations), axis=0)
    std = largest * np.sqrt(np.nanmean((deviations / largest) ** 2, axis=0))
    spread = np.where(spread > 0, spread, std)
    # Rounding is no spread.
    return center, np.maximum(spread, np.maximum(1e-12 * np.abs(center), 1e-300))


def _errors(units: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return for each column how fast its level follows, the errors of its predictions, and the next one.

    One-step predictions by an exponential mean, the best for a level that walks at random under noise
    (Muth 1960); its weight is the one whose squared errors are least.
    """
    n, p = units.shape
    mean = np.nan_to_num(np.nanmean(units, axis=0))
    start = np.array([_first_median(units[:, j]) for j in range(p)])
    levels = np.where(WEIGHTS > 0, start[:, None], mean[:, None])
    errors = np.full((n, p, len(WEIGHTS)), np.nan)
    present = ~np.isnan(units)
    for i in range(n):
        error = units[i, :, None] - levels
        errors[i] = error
        levels = np.where(present[i, :, None], levels + WEIGHTS * error, levels)
    counted = errors.copy()
    counted[present.cumsum(axis=0) <= BURN_IN] = np.nan
    squares = np.nan_to_num(np.nanmean(counted**2, axis=0), nan=np.inf)
    best = squares.argmin(axis=1)
    best[squares[:, 0] * GAIN <= squares[np.arange(p), best]] = 0
    chosen = np.arange(p)
    found = errors[:, chosen, best]
    found[(present.cumsum(axis=0) <= BURN_IN) & (best > 0)] = np.nan
    return WEIGHTS[best], found, levels[chosen, best]


def _first_median(column: FloatArray) -> float:
    present = column[~np.isnan(column)]
    return float(np.median(present[:BURN_IN])) if len(present) else 0.0


def _scales(errors: FloatArray) -> FloatArray:
    center = np.nanmedian(errors, axis=0)
    robust = 1.4826 * np.nanmedian(np.abs(errors - center), axis=0)
    scales: FloatArray = np.maximum(robust, 0.5 * np.nanstd(errors, axis=0))
    return np.maximum(scales, 1e-9)


def max_ages(history: History, columns: IntArray, max_age_ns: int | None) -> TimeArray:
    """Return the age limit of each channel: the one given, or 3.5 of its usual intervals."""
    if max_age_ns is not None:
        return np.full(len(columns), max_age_ns)
    ages = []
    for j in columns.tolist():
        steps = np.diff(history.latest_ns[history.fresh[:, j], j])
        steps = steps[steps > 0]
        ages.append(int(MAX_AGE * np.median(steps)) if len(steps) else 2**62)
    return np.array(ages, np.int64)
