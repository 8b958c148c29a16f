"""Extreme readings by extreme value theory: SPOT, and DSPOT for a level that drifts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.history import ColumnHistory

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["DspotDetector", "SpotDetector", "fit_pareto"]

PIECE = 4096
MAX_PEAKS = 256
MIN_PEAKS = 10
MAX_DECADES = 300.0
DOWN, UP = 2.0**-10, 2.0**10


def fit_pareto(excesses: FloatArray) -> tuple[float, float]:
    """Return the generalised Pareto distribution most likely to have made some excesses.

    Parameters
    ----------
    excesses
        float64, shape (n,), > 0, n ≥ 1.

    Returns
    -------
    shape, scale
        P(excess > y) = (1 + shape · y / scale) ** (−1 / shape); shape 0 is the exponential distribution.

    Notes
    -----
    Grimshaw (1993), "Computing Maximum Likelihood Estimates for the Generalized Pareto Distribution",
    Technometrics 35: every stationary point of the likelihood has shape = mean log(1 + x·y) and
    scale = shape / x at a root x of (1 + mean log(1 + x·y)) · mean 1/(1 + x·y) = 1, between −1/max y and
    2 (mean y − min y) / (min y)². Roots are bracketed on a grid that is dense at both ends and bisected;
    the one of the largest likelihood is taken, or the exponential distribution if that is likelier.
    Shapes below −1, whose likelihood has no bound, are left out. Cost: 0.3 ms for 200 excesses.
    """
    mean = float(excesses.mean())
    y = excesses / mean
    steps = np.geomspace(1e-4, 1.0, 48)
    top = 2 * (1 - float(y.min())) / max(float(y.min()) ** 2, 1e-12)
    ends = np.concatenate((np.geomspace(1e-8, 0.5, 24), 1 - steps[steps < 0.5][::-1]))
    grids = [-(1 - ends) / y.max()]
    if top > 1e-4:
        grids.append(np.geomspace(1e-4, top, 64))
    low, high = [], []
    for grid in grids:
        sign = _grimshaw(grid, y) > 0
        crossing = np.flatnonzero(sign[1:] != sign[:-1])
        low.append(grid[crossing])
        high.append(grid[crossing + 1])
    a, b = np.concatenate(low), np.concatenate(high)
    rising = _grimshaw(b, y) > 0
    for _ in range(48):
        middle = a + (b - a) / 2
        is_left = (_grimshaw(middle, y) > 0) == rising
        a, b = np.where(is_left, a, middle), np.where(is_left, middle, b)
    shape, scale, likelihood = 0.0, 1.0, -1.0
    for x, g in zip(a.tolist(), np.log1p(np.outer(a, y)).mean(axis=1).tolist(), strict=True):
        if g > -1 and g and g / x > 0 and -math.log(g / x) - g - 1 > likelihood:
            shape, scale, likelihood = g, g / x, -math.log(g / x) - g - 1
    return shape, scale * mean


def _grimshaw(x: FloatArray, y: FloatArray) -> FloatArray:
    product = np.outer(x, y)
    result: FloatArray = (1 + np.log1p(product).mean(axis=1)) * (1 / (1 + product)).mean(axis=1) - 1
    return result


class _Side:
    """The tail above a threshold: peaks over it and the distribution of their excesses."""

    def __init__(self, values: FloatArray, level: float) -> None:
        self.threshold = float(np.sort(values)[int(level * len(values))])
        excesses = values[values > self.threshold] - self.threshold
        self.n_peaks = len(excesses)
        self.excesses = excesses[-MAX_PEAKS:]
        self._fit()

    def add(self, value: float) -> None:
        """Learn a peak."""
        self.n_peaks += 1
        self.excesses = np.append(self.excesses, value - self.threshold)[-MAX_PEAKS:]
        self._fit()

    def _fit(self) -> None:
        if len(self.excesses) >= MIN_PEAKS:
            self._shape, self._scale = fit_pareto(self.excesses)

    def decades(self, value: float, n: int) -> float:
        """Return −log10 of the probability that a reading exceeds `value`, after `n` readings.

        With fewer than 10 peaks nothing is known of the tail but that it was reached so rarely.
        """
        if self.n_peaks < MIN_PEAKS:
            return math.log10((n + 1) / (self.n_peaks + 1))
        z = (value - self.threshold) / self._scale
        if self._shape * z <= -1:
            return MAX_DECADES
        rarity = math.log1p(self._shape * z) / self._shape if self._shape else z
        return min(math.log10(n / self.n_peaks) + rarity / math.log(10), MAX_DECADES)

    def limit(self, decades: float, n: int) -> float:
        """Return the value at which so many decades are reached; NaN while the tail is unknown."""
        if self.n_peaks < MIN_PEAKS:
            return math.nan
        r = (decades - math.log10(n / self.n_peaks)) * math.log(10)
        growth = math.expm1(self._shape * r) / self._shape if self._shape else r
        return self.threshold + self._scale * growth


class SpotDetector(Detector):
    """Streaming peaks over threshold: readings that only one in 1/q would exceed.

    The first `n_init` readings set a threshold at the quantile `level`. Beyond it a generalised Pareto
    distribution is fitted to the excesses, and again after each further peak that is no anomaly.

    Parameters
    ----------
    q
        Probability of a reading to be called an anomaly, if nothing is wrong.
    level
        Quantile of the threshold.
    n_init
        Number of readings that are learnt first, ≥ 100.
    two_sided
        Whether readings may be too small as well as too large.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    Siffer, Fouque, Termier, Largouët (2017), "Anomaly Detection in Streams with Extreme Value Theory", KDD.
    The score is −log10 of the probability of a reading so extreme, 0 below the threshold; an anomaly has
    more than −log10 q, which is the paper's value > z_q. Anomalies are not learnt. The distribution is
    fitted to the newest 256 excesses. It supposes readings without trend or period: `DspotDetector` follows
    a drifting level. With fewer than 10 peaks (a channel that hardly varies) nothing is extreme before
    1/q readings were seen.

    Excesses that were called anomalies are missing in the next fit, which shortens the tail: on white noise
    about ten times as many readings are called anomalies as q says. That is the algorithm's, not a fault
    of the fit; give a smaller q where it matters.

    Cost: about 1 ms per peak, of which there are 2 to 4 in 100 readings: 50 µs per reading.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=3000)
    >>> values[2500] = 8.0
    >>> detection = SpotDetector().update(np.arange(3000), values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [2500]
    """

    name = "spot"
    max_rate = 2_000

    def __init__(
        self,
        *,
        q: float = 1e-4,
        level: float = 0.98,
        n_init: int = 1000,
        two_sided: bool = True,
    ) -> None:
        if not 0.5 <= level < 1:
            message = f"'level' must be from 0.5 to below 1 (got {level!r})."
            raise ValueError(message)
        if not 0 < q < 1 - level:
            message = f"'q' must be > 0 and < 1 − 'level' (got {q!r})."
            raise ValueError(message)
        if not n_init >= 100:
            message = f"'n_init' must be >= 100 readings (got {n_init!r})."
            raise ValueError(message)
        self.q = float(q)
        self.level = float(level)
        self.n_init = int(n_init)
        self.two_sided = bool(two_sided)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen."""
        self._n = 0
        self._first: FloatArray = np.empty(0)
        self._sides: list[_Side] = []

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        n = len(values)
        score, limits = np.full(n, np.nan), np.full(n, np.nan)
        level = np.zeros(n)
        is_low = np.zeros(n, np.bool_)
        present = np.flatnonzero(values == values)
        needed = self._n_first - len(self._first) if not self._sides else 0
        first = present[:needed]
        if len(first):
            self._first = np.concatenate((self._first, values[first] * DOWN))
            if len(self._first) == self._n_first:
                self._calibrate()
        position = len(first)
        with np.errstate(all="ignore"):
            while position < len(present):
                rows = present[position : position + PIECE]
                x = values[rows] * DOWN
                levels = self._levels(x)
                x = x[: len(levels)]
                taken, decades, lower, bounds = self._take(x - levels)
                self._learn(x[:taken])
                n_judged = len(decades)
                rows = rows[:n_judged]
                score[rows], is_low[rows] = decades, lower
                limits[rows] = bounds
                level[rows] = levels[:n_judged]
                position += n_judged
        is_warm = np.full(n, bool(self._sides))
        if len(first):
            is_warm[: int(first[-1]) + 1] = False

        def explain(i: int) -> str:
            if not values[i] == values[i]:
                return "Missing."
            if not score[i] == score[i]:
                return f"One of the first {self._n_first} readings, which are learnt."
            # As Python numbers: beyond the end of float64 they are infinite without a warning.
            limit = (float(limits[i]) + float(level[i])) * UP
            return self._reason(float(values[i]), float(score[i]), limit, bool(is_low[i]))

        return Detection(score, score > -math.log10(self.q), is_warm, explain)

    @property
    def _n_first(self) -> int:
        return self.n_init

    def _calibrate(self) -> None:
        """Set the thresholds from the first readings."""
        self._begin(self._first)
        self._first = np.empty(0)

    def _begin(self, centred: FloatArray) -> None:
        with np.errstate(all="ignore"):
            self._sides = [_Side(centred, self.level)]
            if self.two_sided:
                self._sides.append(_Side(-centred, self.level))
        self._n = len(centred)

    def _levels(self, x: FloatArray) -> FloatArray:
        """Return what is subtracted from each of the next readings, if no anomaly is among them."""
        return np.zeros(len(x))

    def _learn(self, x: FloatArray) -> None:
        """Take in readings that are no anomalies."""

    def _take(self, centred: FloatArray) -> tuple[int, FloatArray, BoolArray, FloatArray]:
        """Judge readings up to the first anomaly.

        Returns the number of normal ones; and of them and the anomaly the decades, whether they are too
        small, and the limit that held (NaN below the threshold).
        """
        m = len(centred)
        decades, is_low = np.zeros(m), np.zeros(m, np.bool_)
        bounds = np.full(m, np.nan)
        beyond = centred > self._sides[0].threshold
        if self.two_sided:
            beyond |= -centred > self._sides[1].threshold
        wanted = -math.log10(self.q)
        n = self._n
        for i in np.flatnonzero(beyond).tolist():
            which = 0 if centred[i] > self._sides[0].threshold else 1
            side = self._sides[which]
            value = float(centred[i]) if which == 0 else -float(centred[i])
            decades[i] = side.decades(value, n + i)
            is_low[i] = which == 1
            bounds[i] = side.limit(wanted, n + i) * (-1 if which else 1)
            if decades[i] > wanted:
                self._n = n + i
                return i, decades[: i + 1], is_low[: i + 1], bounds[: i + 1]
            side.add(value)
        self._n = n + m
        return m, decades, is_low, bounds

    def _reason(self, value: float, score: float, limit: float, low: bool) -> str:
        side = "below" if low else "above"
        if not score:
            return f"{value:.4g} is not extreme."
        chance = f"one reading in {10 ** min(score, MAX_DECADES):.3g}"
        if not limit == limit:
            return f"{value:.4g} is {side} all that was usual, but too few such readings were seen."
        if score > -math.log10(self.q):
            return f"{value:.4g} is {side} the limit {limit:.4g}: {chance} is so extreme."
        return f"{value:.4g} is inside the limit {limit:.4g}: {chance} is so extreme."


class DspotDetector(SpotDetector):
    """Streaming peaks over threshold for a level that drifts: judges differences from a moving mean.

    Parameters
    ----------
    q, level, n_init, two_sided
        As for `SpotDetector`; the first `depth` readings come before the `n_init`.
    depth
        Number of readings in the moving mean; those that were anomalies are left out.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The same paper, section 4.3. Cost: as `SpotDetector`.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=4000) + np.arange(4000) * 0.01
    >>> values[3500] = values[3499] + 9.0
    >>> detection = DspotDetector().update(np.arange(4000), values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [3500]
    """

    name = "dspot"

    def __init__(
        self,
        *,
        q: float = 1e-4,
        level: float = 0.98,
        n_init: int = 1000,
        two_sided: bool = True,
        depth: int = 450,
    ) -> None:
        if not 2 <= depth <= 1000:
            message = f"'depth' must be from 2 to 1000 readings (got {depth!r})."
            raise ValueError(message)
        self.depth = int(depth)
        super().__init__(q=q, level=level, n_init=n_init, two_sided=two_sided)

    def reset(self) -> None:
        """Forget everything that was seen."""
        super().reset()
        self._window = ColumnHistory(self.depth)
        self._total = 0.0
        self._until_exact = 0

    @property
    def _n_first(self) -> int:
        return self.depth + self.n_init

    def _calibrate(self) -> None:
        self._window.append(self._first[: self.depth])
        rest = self._first[self.depth :]
        self._first = np.empty(0)
        centred = np.empty(len(rest))
        position = 0
        with np.errstate(all="ignore"):
            while position < len(rest):
                levels = self._levels(rest[position:])
                part = rest[position : position + len(levels)]
                centred[position : position + len(part)] = part - levels
                self._learn(part)
                position += len(part)
        self._begin(centred)

    def _levels(self, x: FloatArray) -> FloatArray:
        """Return the mean before each reading, for no more readings than until the sum is made anew."""
        if not self._until_exact:
            self._total = float(np.sort(self._window.all()).sum())
            self._until_exact = self.depth
        return self._totals(x[: self._until_exact])[:-1] / self.depth

    def _totals(self, x: FloatArray) -> FloatArray:
        """Return the sum of the window before each reading, and after the last."""
        leaving = np.concatenate((self._window.all(), x))[: len(x)]
        return np.cumsum(np.concatenate(([self._total], x - leaving)))

    def _learn(self, x: FloatArray) -> None:
        self._total = float(self._totals(x)[-1])
        self._until_exact -= len(x)
        self._window.append(x)
        self._window.trim()
