"""What the next reading will be, from means of those before it, for charts of dependent readings.

A chart of the errors of such a forecast has the false alarms of one of independent readings (Alwan and
Roberts 1988), be it that readings resemble the ones before, that the level wanders, or that it follows a
rhythm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.history import ColumnHistory
from nbstream.detectors.parts.level import median

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["Forecast", "ForecastLearner", "trimmed_level"]

LONGEST = 512
KEPT = 8192
MOST_WITHOUT = 8
MOST_MEANS = 4
FARTHEST = 5.0  # spreads


@dataclass(frozen=True, slots=True)
class Forecast:
    """A weighted sum of means of the last 1, 2, 4, … 512 readings; mostly of few, or of none.

    Each mean is of deviations from `center`. A reading that is farther than `reach` from the median of
    itself and the two before it counts as if it were that far, so that a spike has little echo.
    """

    center: float
    reach: float
    intercept: float
    weights: dict[int, float]
    """By the number of readings in a mean."""
    sigma: float
    """Standard deviation of the errors, those beyond five robust spreads left out."""

    @classmethod
    def fit(cls, values: FloatArray) -> Forecast | None:
        """Return the forecast that some readings ask for, None if their level is as good.

        A mean is taken into the sum if it makes the squared error smaller than chance would, in both halves
        of the readings, by twice the penalty of Schwarz's criterion: what happened once is no evidence.
        """
        center, sigma = trimmed_level(values)
        reach = FARTHEST * sigma
        if not 0 < reach < np.inf:
            return None
        deviations = _without_spikes(values - center, reach)
        lengths = [1 << j for j in range(10) if 16 << j <= len(values)]
        if not lengths:
            return None
        means = np.stack(
            [sums / n for n, sums in zip(lengths, _sums(deviations, lengths), strict=True)]
        )
        first = lengths[-1]
        known = np.vstack(
            (np.ones(len(values) - first), means[:, first - 1 : -1], deviations[first:])
        )
        middle = known.shape[1] // 2
        halves = [part @ part.T for part in (known[:, :middle], known[:, middle:])]
        chosen = _chosen(halves, [middle, known.shape[1] - middle])
        if not chosen:
            return None
        weights = _solved(halves[0] + halves[1], [0, *chosen])
        errors = known[-1] - weights @ known[[0, *chosen]]
        _, sigma = trimmed_level(errors)
        if not 0 < sigma < np.inf:
            return None
        by_length = {lengths[j - 1]: float(w) for j, w in zip(chosen, weights[1:], strict=True)}
        return cls(center, reach, float(weights[0]), by_length, sigma)

    def errors(self, values: FloatArray, before: FloatArray) -> FloatArray:
        """Return how far readings are from the forecasts of them, in units of the readings.

        Parameters
        ----------
        values
            Shape (n,).
        before
            The readings before these, the newest 512 at least, or all.
        """
        n, n_before = len(values), max(self.weights) + 2
        inputs = np.zeros(n_before + n)
        before = before[-n_before:]
        inputs[n_before - len(before) : n_before] = before
        inputs[n_before:] = values
        inputs -= self.center
        inputs[: n_before - len(before)] = 0.0
        errors = inputs[n_before:] - self.intercept
        inputs = _without_spikes(inputs, self.reach)
        lengths = sorted(self.weights)
        for length, sums in zip(lengths, _sums(inputs, lengths), strict=True):
            errors -= sums[n_before - 1 : -1] * (self.weights[length] / length)
        return errors


def trimmed_level(values: FloatArray) -> tuple[float, float]:
    """Return mean and standard deviation of the values within five robust spreads from the median."""
    center = median(values)
    spread = 1.4826 * median(np.abs(values - center))
    if 0 < spread < np.inf:
        values = values[np.abs(values - center) <= FARTHEST * spread]
    shift = values - center
    mean = float(shift.mean())
    return center + mean, float(np.sqrt(((shift - mean) ** 2).sum() / max(len(values) - 1, 1)))


def _without_spikes(inputs: FloatArray, reach: float) -> FloatArray:
    """Return each input, but no farther than `reach` from the median of itself and the two before it."""
    a, b, c = inputs[:-2], inputs[1:-1], inputs[2:]
    middle = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    near = inputs.copy()
    near[2:] = np.clip(c, middle - reach, middle + reach)
    return near


def _sums(inputs: FloatArray, lengths: list[int]) -> list[FloatArray]:
    """Return the sums of the last so many inputs at each, by doubling; `lengths` are powers of 2, ascending.

    Which numbers are added in which order depends on nothing but the inputs.
    """
    found, sums, length = [], inputs, 1
    for wanted in lengths:
        while length < wanted:
            doubled = sums.copy()
            doubled[length:] += sums[:-length]
            sums, length = doubled, 2 * length
        found.append(sums)
    return found


def _chosen(halves: list[FloatArray], counts: list[int]) -> list[int]:
    """Return the rows of the products that are worth their place, the best first."""
    chosen: list[int] = []
    last = len(halves[0]) - 1
    errors = [_error(products, [0]) for products in halves]
    while len(chosen) < MOST_MEANS:
        best, best_gain, best_errors = 0, 0.0, errors
        for row in range(1, last):
            if row in chosen:
                continue
            tried = [_error(products, [0, *chosen, row]) for products in halves]
            gain = min(
                n * math.log(old / max(new, 1e-12 * old)) - 2 * math.log(n) if old > 0 else 0.0
                for n, old, new in zip(counts, errors, tried, strict=True)
            )
            if gain > best_gain:
                best, best_gain, best_errors = row, gain, tried
        if not best:
            break
        chosen.append(best)
        errors = best_errors
    return chosen


def _solved(products: FloatArray, rows: list[int]) -> FloatArray:
    among = products[np.ix_(rows, rows)]
    ridge = 1e-9 * np.diag(np.diag(among)) + 1e-300 * np.eye(len(rows))
    try:
        return np.linalg.solve(among + ridge, products[rows, -1]).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:  # of numbers at the ends of float64
        return np.zeros(len(rows))


def _error(products: FloatArray, rows: list[int]) -> float:
    """Return the sum of squared errors of the best sum of these rows."""
    return max(float(products[-1, -1] - products[rows, -1] @ _solved(products, rows)), 0.0)


class ForecastLearner:
    """Keeps the newest 8,192 readings, and fits a forecast to them at set numbers of readings.

    Where none is found any more, the last one holds for 8 more looks: a rhythm rests at its crests.
    """

    def __init__(self) -> None:
        self.forecast: Forecast | None = None
        self._history = ColumnHistory(KEPT)
        self._n_seen = 0
        self._next_look = 0
        self._n_without = 0  # looks that found none

    @property
    def room(self) -> int:
        """How many readings may be taken in at once."""
        return self._next_look - self._n_seen

    def errors(self, values: FloatArray, forecast: Forecast) -> FloatArray:
        """Return how far the next readings are from what is forecast of them."""
        return forecast.errors(values, self._history.last(LONGEST))

    def newest(self, n: int) -> FloatArray:
        """Return the newest readings, `n` of them at most."""
        return self._history.last(n)

    def take(self, values: FloatArray) -> bool:
        """Take in readings, `room` of them at most after the first; return whether a forecast was fitted."""
        self._history.append(values)
        self._n_seen += len(values)
        if self._n_seen < self._next_look:
            return False
        self._history.trim()
        self._next_look = self._n_seen + min(self._n_seen, KEPT // 2)
        found = Forecast.fit(self._history.all())
        self._n_without = 0 if found is not None else self._n_without + 1
        if found is not None or self._n_without > MOST_WITHOUT:
            self.forecast = found
        return True
