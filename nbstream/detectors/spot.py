"""Extreme readings by extreme value theory: SPOT, and DSPOT for a level that drifts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.pareto import TINY, MovingPareto
from nbstream.detectors.parts.wording import apart, judges_from, short

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["DspotDetector", "SpotDetector"]

MAX_PEAKS = 256
MIN_PEAKS = 10
MAX_DECADES = 300.0
MANY_DECADES = 9.0
# Keeps differences of values near the end of float64 finite; a power of two, so nothing is lost.
DOWN, UP = 2.0**-10, 2.0**10


class _Side:
    """The tail above a threshold: peaks over it and the distribution of their excesses."""

    def __init__(self, values: FloatArray, level: float) -> None:
        self.threshold = float(np.sort(values)[int(level * len(values))])
        self._excesses: FloatArray = values[values > self.threshold] - self.threshold
        self.n_peaks = len(self._excesses)
        self._tail: MovingPareto | None = None
        self._begin()

    def add(self, value: float) -> None:
        """Learn a peak."""
        self.n_peaks += 1
        if self._tail is None:
            self._excesses = np.append(self._excesses, value - self.threshold)
            self._begin()
        else:
            self._tail.add(value - self.threshold)

    def _begin(self) -> None:
        if self.n_peaks >= MIN_PEAKS:
            self._tail = MovingPareto(self._excesses, MAX_PEAKS)
            self._excesses = np.empty(0)

    def decades(self, value: float, n: int) -> float:
        """Return −log10 of the probability that a reading exceeds `value`, after `n` readings.

        With fewer than 10 peaks nothing is known of the tail but that it was reached so rarely.
        """
        if self._tail is None:
            return math.log10((n + 1) / (self.n_peaks + 1))
        shape = self._tail.shape
        z = (value - self.threshold) / max(self._tail.scale, TINY)
        if shape * z <= -1:
            return MAX_DECADES
        rarity = math.log1p(shape * z) / shape if shape else z
        return min(math.log10(n / self.n_peaks) + rarity / math.log(10), MAX_DECADES)

    def limit(self, decades: float, n: int) -> float:
        """Return the value at which so many decades are reached; NaN while the tail is unknown."""
        if self._tail is None:
            return math.nan
        shape = self._tail.shape
        r = (decades - math.log10(n / self.n_peaks)) * math.log(10)
        growth = math.expm1(min(shape * r, 700.0)) / shape if shape else r
        return self.threshold + self._tail.scale * growth


class _Peak(NamedTuple):
    """A reading beyond a threshold, and how it was judged."""

    i: int
    decades: float
    limit: float
    """The value from which on it were an anomaly, NaN while the tail is unknown."""
    is_low: bool


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

    Cost: about 10 µs per peak, of which there are 2 to 4 in 100 readings: half a µs per reading, and about
    5 µs on a level at which every second reading is a peak.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=3000)
    >>> values[2500] = 8.0
    >>> detection = SpotDetector().update(np.arange(3000), values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [2500]
    """

    name = "spot"
    max_rate = 20_000

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
        is_low = np.zeros(n, np.bool_)
        present = np.flatnonzero(values == values)
        n_before, n_present = len(self._first), np.cumsum(values == values)
        needed = self._n_first - len(self._first) if not self._sides else 0
        first, rows = present[:needed], present[needed:]
        if len(first):
            self._first = np.concatenate((self._first, values[first] * DOWN))
            if len(self._first) == self._n_first:
                self._calibrate(self._first)
                self._first = np.empty(0)
        if len(rows):
            score[rows] = 0.0
            for peak in self._judge(values[rows] * DOWN):
                row = rows[peak.i]
                score[row], limits[row], is_low[row] = peak.decades, peak.limit, peak.is_low
        is_warm = np.full(n, bool(self._sides))
        if len(first):
            is_warm[: int(first[-1]) + 1] = False

        def explain(i: int) -> str:
            if not values[i] == values[i]:
                return "Missing."
            if not score[i] == score[i]:
                return f"It {judges_from(self._n_first + 1, n_before + int(n_present[i]))}."
            # As Python numbers: beyond the end of float64 they are infinite without a warning.
            limit = float(limits[i]) * UP
            return self._reason(float(values[i]), float(score[i]), limit, bool(is_low[i]))

        return Detection(score, score > -math.log10(self.q), is_warm, explain)

    @property
    def _n_first(self) -> int:
        return self.n_init

    def _calibrate(self, first: FloatArray) -> None:
        """Set the thresholds from the first readings."""
        self._sides = [_Side(first, self.level)]
        if self.two_sided:
            self._sides.append(_Side(-first, self.level))
        self._n = len(first)

    def _judge(self, x: FloatArray) -> list[_Peak]:
        """Judge readings that are all there, learn from those that are no anomalies, and return the peaks."""
        high, low = self._thresholds()
        n_anomalies = 0
        peaks = []
        for i in np.flatnonzero((x > high) | (x < low)).tolist():
            peak = self._meet(i, float(x[i]), 0.0, self._n + i - n_anomalies)
            n_anomalies += peak.decades > -math.log10(self.q)
            peaks.append(peak)
        self._n += len(x) - n_anomalies
        return peaks

    def _thresholds(self) -> tuple[float, float]:
        """Return from where on readings are peaks, above and below."""
        return self._sides[0].threshold, -self._sides[1].threshold if self.two_sided else -math.inf

    def _meet(self, i: int, x: float, level: float, n: int) -> _Peak:
        """Judge a reading that is beyond a threshold, `x` above the level, after `n` that were no anomalies.

        It is learnt if it is none.
        """
        wanted = -math.log10(self.q)
        is_low = x <= self._sides[0].threshold
        side, sign = (self._sides[1], -1) if is_low else (self._sides[0], 1)
        decades = side.decades(sign * x, n)
        limit = level + sign * side.limit(wanted, n)
        if not decades > wanted:
            side.add(sign * x)
        return _Peak(i, decades, limit, is_low)

    def _reason(self, value: float, score: float, limit: float, low: bool) -> str:
        side = "below" if low else "above"
        if not score:
            return f"{short(value)} is not extreme."
        one_in = (
            f"{float(f'{10**score:.3g}'):,.0f}" if score < MANY_DECADES else "more than a billion"
        )
        if not limit == limit:
            where = self._beyond_usual(side)
            return f"{short(value)} is {where}, but too few such readings were seen."
        number, bound = apart(value, limit)
        where = side if score > -math.log10(self.q) else f"not {side}"
        return f"{number} is {where} the limit {bound}: one reading in {one_in} is so extreme."

    def _beyond_usual(self, side: str) -> str:
        return f"{side} all that was usual"


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
    The same paper, section 4.3. Cost: as `SpotDetector`, and a third of a µs per reading.

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
        self._window: list[float] = []
        self._oldest = 0
        self._total = 0.0

    def _beyond_usual(self, side: str) -> str:
        return f"farther {side} the mean of the {self.depth} before it than usual"

    @property
    def _n_first(self) -> int:
        return self.depth + self.n_init

    def _calibrate(self, first: FloatArray) -> None:
        self._window = first[: self.depth].tolist()
        self._total = math.fsum(self._window)
        centred = []
        for x in first[self.depth :].tolist():
            centred.append(x - self._total / self.depth)
            self._move(x)
        super()._calibrate(np.array(centred))

    def _judge(self, x: FloatArray) -> list[_Peak]:
        high, low = self._thresholds()
        wanted = -math.log10(self.q)
        peaks = []
        for i, value in enumerate(x.tolist()):
            level = self._total / self.depth
            if not low <= value - level <= high:
                peaks.append(self._meet(i, value - level, level, self._n))
                if peaks[-1].decades > wanted:
                    continue
            self._n += 1
            self._move(value)
        return peaks

    def _move(self, x: float) -> None:
        """Put a reading in the place of the window's oldest one."""
        self._total += x - self._window[self._oldest]
        self._window[self._oldest] = x
        self._oldest += 1
        if self._oldest == self.depth:  # the sum is made anew, so that rounding errors don't add up
            self._oldest = 0
            self._total = math.fsum(self._window)
