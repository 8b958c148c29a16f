"""How rare each score is in independent normal readings, as tables: score to log run length and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.false_alarms import ewma_arl

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = [
    "RunLengths",
    "cusum_run_lengths",
    "ewma_run_lengths",
    "hampel_run_lengths",
    "normal_run_lengths",
    "page_hinkley_run_lengths",
]

_FARTHEST_LOG = 30.0
_SOLVED_UP_TO = 20.0  # of the logarithm; float64 can't solve the integral equation far beyond


@dataclass(frozen=True, slots=True)
class RunLengths:
    """After how many readings a score is exceeded on average, by linear interpolation.

    Parameters
    ----------
    scores
        Ascending, shape (n,).
    logs
        Natural logarithms of the run lengths, ascending, shape (n,).
    log_lasting
        Natural logarithms of how many readings an alarm lasts, shape (n,); None is one.
    """

    scores: FloatArray
    logs: FloatArray
    log_lasting: FloatArray | None = None

    def log_of(self, scores: FloatArray) -> FloatArray:
        """Return the logarithms of the run lengths of some scores; beyond the table they go on straight."""
        return self._along(scores, self.scores, self.logs)

    def score_of(self, log: float) -> float:
        """Return the score that is exceeded once in exp(`log`) readings."""
        return float(self._along(np.array([log]), self.logs, self.scores)[0])

    def lasting(self, log: float) -> float:
        """Return how many readings an alarm lasts at the score exceeded once in exp(`log`) readings."""
        if self.log_lasting is None:
            return 1.0
        return math.exp(float(np.interp(log, self.logs, self.log_lasting)))

    @staticmethod
    def _along(given: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
        slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
        found: FloatArray = np.interp(given, x, y) + np.maximum(given - x[-1], 0.0) * slope
        return found


@lru_cache(maxsize=1)
def normal_run_lengths() -> RunLengths:
    """Return the table of |z|.

    Examples
    --------
    >>> round(float(np.exp(normal_run_lengths().log_of(np.array([3.0]))[0])), 1)
    370.4
    """
    scores = np.linspace(0.05, 40.0, 800)
    # Laplace's continued fraction of Mills' ratio, from below where it converges slowly.
    mills = scores.copy()
    for i in range(60, 0, -1):
        mills = scores + i / mills
    logs = scores**2 / 2 + np.log(mills) + math.log(math.pi / 2) / 2
    near = scores < 2
    logs[near] = [-math.log(math.erfc(z / math.sqrt(2))) for z in scores[near]]
    return RunLengths(scores, logs)


@lru_cache(maxsize=16)
def cusum_run_lengths(k: float) -> RunLengths:
    """Return the table of the sums of a two-sided CUSUM, by Siegmund's approximation.

    Examples
    --------
    >>> round(float(np.exp(cusum_run_lengths(0.5).log_of(np.array([5.0]))[0])))
    469
    """
    scores = np.linspace(0.125, 100.0, 800)
    x = 2 * k * (scores + 1.166)
    logs = x + np.log1p(-(1 + x) * np.exp(-x)) - math.log(4 * k * k)
    return RunLengths(scores, logs)


@lru_cache(maxsize=16)
def ewma_run_lengths(weight: float) -> RunLengths:
    """Return the table of an EWMA chart; beyond what can be solved, see `ewma_limit`.

    Examples
    --------
    >>> round(float(np.exp(ewma_run_lengths(0.2).log_of(np.array([3.0]))[0])))
    560
    """
    coarse, rest = [0.5], [math.log(ewma_arl(0.5, weight)) - 0.125]
    while rest[-1] + coarse[-1] ** 2 / 2 < _SOLVED_UP_TO:
        limit = coarse[-1] + 0.5
        arl = ewma_arl(limit, weight)
        if not arl > math.exp(rest[-1] + coarse[-1] ** 2 / 2):
            break
        coarse.append(limit)
        rest.append(math.log(arl) - limit**2 / 2)
    # What is left of the logarithm without its parabola is nearly straight.
    scores = np.linspace(0.5, 80.0, 796)
    c = (rest[-1] - rest[-3]) / math.log(coarse[-1] / coarse[-3])
    far = rest[-1] + c * np.log(np.maximum(scores / coarse[-1], 1.0))
    near = np.interp(scores, coarse, rest)
    logs = np.where(scores < coarse[-1], near, far) + scores**2 / 2
    # The chart is so much more often beyond a limit than it gets there.
    return RunLengths(scores, logs, logs - normal_run_lengths().log_of(scores))


@lru_cache(maxsize=16)
def hampel_run_lengths(window: int) -> RunLengths:
    """Return the table of how far a reading is from the median of a window that ends at it.

    Notes
    -----
    The spread of few readings is often small by chance, and the score large then. It is the middle one of the
    other readings' deviations, two of which the median takes away; the score's chances are those of a normal
    reading in such spreads. Good to 30 % from 3 readings on, where it matters (one reading in 10 to 100,000).

    Examples
    --------
    >>> round(float(np.exp(hampel_run_lengths(25).log_of(np.array([3.0]))[0])))
    86
    """
    spreads = np.geomspace(1e-9, 6.0, 2000)
    within = np.array([math.erf(s / math.sqrt(2)) for s in spreads.tolist()])
    beyond = np.array([math.erfc(s / math.sqrt(2)) for s in spreads.tolist()])
    log_density = (window // 2 - 1) * np.log(within * beyond) - spreads**2 / 2 + np.log(spreads)
    log_density -= log_density.max()
    log_density -= math.log(float(np.exp(log_density).sum()))
    scores = np.geomspace(0.05, 1e9, 800)
    rarity = normal_run_lengths().log_of(1.482602218505602 * scores[:, None] * spreads)
    logs = -np.logaddexp.reduce(log_density - rarity, axis=1)
    return RunLengths(scores, np.maximum.accumulate(logs))


@lru_cache(maxsize=16)
def page_hinkley_run_lengths(delta: float, alpha: float) -> RunLengths:
    """Return the table of the sums of a Page–Hinkley test.

    Notes
    -----
    How far readings are from the mean of those so far is as independent as they are, so where nothing is
    forgotten it is a CUSUM. Else the sum is an Ornstein–Uhlenbeck process, of which is wanted when it first
    lies so far above its smallest value so far. Good to 40 %.

    Examples
    --------
    >>> round(float(np.exp(page_hinkley_run_lengths(0.5, 1.0).log_of(np.array([5.0]))[0])))
    469
    """
    if alpha == 1:
        return cusum_run_lengths(max(delta, 1e-4))
    pull = -math.log(alpha)
    scores, logs = [0.5], [_log_time_to_rise(0.5, delta, pull)]
    while len(logs) < 2 or logs[-1] < _FARTHEST_LOG:
        scores.append(1.1 * scores[-1])
        logs.append(max(_log_time_to_rise(scores[-1], delta, pull), logs[-1] + 1e-6))
    return RunLengths(np.array(scores), np.array(logs))


def _log_time_to_rise(height: float, drift: float, pull: float) -> float:
    """Return the log of how many normal readings it takes until a sum that is pulled to 0 has risen so far.

    Or, drifting the other way, fallen.

    Notes
    -----
    While the smallest value y sinks by dy, the process rises by the height with the chance dy / ∫ g, where
    log g is twice the integral of drift and pull from y on, and the integral goes over the height; the time
    that it takes above y is one as well. Sums of readings go 0.583 beyond where they begin and end, as
    Siegmund has it; two sides are passed twice as often as one.
    """
    height += 1.166
    depth = drift / pull + 12 / math.sqrt(2 * pull) + height
    lowest = -depth * np.linspace(0.0, 1.0, 400) ** 2
    above = np.linspace(0.0, height, 101)
    growth = np.exp(np.minimum(above * (pull * (above + 2 * lowest[:, None]) + 2 * drift), 300.0))
    scale = _integral(growth, above)
    whole = scale[:, -1:]
    times = _integral((whole - scale) / growth, above)[:, -1] * (2 / whole[:, 0])
    n_risen = _integral(1 / whole[:, 0], -lowest)
    return math.log(float(_integral(np.exp(-n_risen) * times, -lowest)[-1]) / 2)


def _integral(y: FloatArray, x: FloatArray) -> FloatArray:
    """Return the integral up to each x, along the last axis, by trapezoids."""
    areas = (y[..., 1:] + y[..., :-1]) / 2 * np.diff(x)
    return np.concatenate((np.zeros_like(y[..., :1]), areas.cumsum(axis=-1)), axis=-1)
