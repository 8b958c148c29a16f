"""The cumulative sum chart: finds small lasting shifts soonest, and says when they began."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.parts.charts import LARGEST_Z, ChartDetector, Explain
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.run_lengths import RunLengths, cusum_run_lengths
from nbstream.detectors.parts.wording import MANY_SIGMAS, apart, duration, short, sigmas

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["CusumDetector"]

BLOCK = 8192
NEWEST = 256


class _Alarm(NamedTuple):
    """What a chart knows of a shift when it alarms; `size` in sigmas, signed."""

    n: int
    onset_ns: int | None
    size: float


class CusumDetector(ChartDetector):
    """Anomaly when the readings have added up to a shift of the level: Page's (1954) tabular CUSUM.

    S⁺_t = max(0, S⁺_{t−1} + z_t − k) and S⁻_t = max(0, S⁻_{t−1} − z_t − k) of standardised readings z; an
    alarm where one is > h, after which both begin at 0 again. The score is the larger of the two. The
    reason tells since when the sum has been above 0 (the onset) and the size of the shift, k + S / N.

    Parameters
    ----------
    k
        Allowance in sigmas: half the shift that is to be found soonest.
    h
        Limit in sigmas. k 0.5 with h 5 alarms once in 465 readings without a cause, and 10.4 readings
        after a shift by 1 sigma.
    mean, sigma
        Of the readings while nothing is wrong, in their units; None is learnt from the first `warm_up`.
    warm_up
        How many readings to learn from; None is 100, and with `false_alarms` the more the rarer they shall
        be (776 for "1/day" at one reading a second). Learnt values are learnt anew when alarms on one side
        have kept coming, each within so many readings of the last, for so many readings; or on both sides,
        each within a quarter of that.
    min_sigma
        Least sigma that is learnt, in units of the readings.
    false_alarms
        Such as "1/day": sets h, from the median interval in the warm-up and Siegmund's approximation
        (`nbstream.detectors.parts.false_alarms.cusum_limit`), and then from the peaks of the score (see
        `nbstream.detectors.parts.calibration.Calibration`); `effective_limit` tells the newest. Readings
        that depend on those before are compared with a forecast then
        (`nbstream.detectors.parts.forecast.Forecast`), unless mean and sigma are given.

    Notes
    -----
    Cost: about 15 ns per reading, and 40 µs per alarm; with `false_alarms` 1 to 2 µs per reading. A sum C
    is S plus its smallest value so far; it is taken anew every 8,192 readings after an alarm, so that it
    stays small.

    Examples
    --------
    >>> detector = CusumDetector(mean=10, sigma=1)
    >>> values = [10, 9.5, 10.5, 9.5] + [12.0] * 4
    >>> detection = detector.update([0.0, 1, 2, 3, 4, 5, 6, 7], values)
    >>> detection.reason(7)
    'level shifted up by about 2 σ (to 12), beginning 4 readings (3 s) ago'
    """

    name = "cusum"
    piece = BLOCK

    def __init__(
        self,
        *,
        k: float = 0.5,
        h: float = 5.0,
        mean: float | None = None,
        sigma: float | None = None,
        warm_up: int | None = None,
        min_sigma: float = 0.0,
        false_alarms: str | None = None,
    ) -> None:
        self.k = number("k", k, above=0)
        self.h = number("h", h, above=0)
        self.false_alarms = false_alarms
        self._drift = self.k * np.arange(1, BLOCK + 1)
        super().__init__(
            mean=mean, sigma=sigma, warm_up=warm_up, min_sigma=min_sigma, false_alarms=false_alarms
        )

    @property
    def effective_limit(self) -> float:
        """The h that holds: `h`, or what `false_alarms` asks for, NaN until the rate is known."""
        return self._limit

    def _forget(self) -> None:
        self._limit = self.h if self.false_alarms is None else math.nan
        super()._forget()

    def _run_lengths(self) -> RunLengths:
        return cusum_run_lengths(self.k)

    def _start(self) -> None:
        self._row = 0
        self._sum = 0.0
        self._n_summed = 0  # in the sum since it was taken anew
        self._low_up = self._high_down = 0.0
        self._up, self._down = _Side(), _Side()
        self._shift: tuple[int, int, bool] | None = None  # first and last row of an alarm, upwards?

    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        n, first_row = len(z), self._row
        self._alarms: dict[int, _Alarm] = {}
        i, step = 0, BLOCK
        while i < n:
            stop = min(n, i + step, i + BLOCK - self._n_summed)
            alarm = self._sum_up(times, z, score, i, stop)
            if alarm is None:
                i, step = stop, min(2 * step, BLOCK)
                continue
            is_anomaly[alarm] = True
            i, step = alarm + 1, 32
        self._row = first_row + n
        alarms, limit, words = self._alarms, self._limit, self._limit_words
        center, sigma, is_of_errors = self._usual()

        def explain(i: int) -> str:
            alarm = alarms.get(i)
            if alarm is None:
                return f"cumulative sum {score[i]:.1f} of {limit:.1f} σ"
            side, size = "up" if alarm.size > 0 else "down", abs(alarm.size)
            far = f"about {short(size, 2)}" if size <= MANY_SIGMAS else sigmas(size)
            text = f"level shifted {side}{' from its forecast' if is_of_errors else ''} by {far} σ"
            if size * alarm.n < LARGEST_Z / 2:  # else readings were limited, and so is their sum
                level = apart(center + alarm.size * sigma, center)[0]
                text += f" ({short(size * sigma)})" if is_of_errors else f" (to {level})"
            if alarm.n > 1 and alarm.onset_ns is not None:
                ago_ns = int(times[i]) - alarm.onset_ns
                ago = f" ({duration(ago_ns)})" if ago_ns >= 0 else ""  # else the clock went back
                text += f", beginning {alarm.n:,} readings{ago} ago"
            return text + words

        return explain

    def _sum_up(
        self, times: TimeArray, z: FloatArray, score: FloatArray, i: int, stop: int
    ) -> int | None:
        """Take in readings i ≤ row < stop, up to the first alarm; return its row."""
        z[i] += self._sum
        total = np.add.accumulate(z[i:stop])
        drift = self._drift[self._n_summed : self._n_summed + stop - i]
        up = total - drift
        low = _extremes(np.minimum, up, self._low_up)
        low_up = float(low[-1])
        up -= low
        falling = np.add(total, drift, out=low)
        total_end = float(total[-1])
        high = _extremes(np.maximum, falling, self._high_down, out=total)
        high_down = float(high[-1])
        down = np.subtract(high, falling, out=falling)
        larger = np.maximum(up, down, out=score[i:stop])
        row = self._row + i
        if larger.max() > self._limit:
            at = int((larger > self._limit).argmax())
            is_up = bool(up[at] >= down[at])
            side, sums = (self._up, up) if is_up else (self._down, down)
            side.take(times[i : i + at + 1], sums[: at + 1], row)
            n = row + at - side.last_zero
            size = self.k + float(sums[at]) / n
            self._alarms[i + at] = _Alarm(n, side.onset_ns, size if is_up else -size)
            self._up, self._down = _Side(row + at), _Side(row + at)
            self._sum = self._low_up = self._high_down = 0.0
            self._n_summed = 0
            return i + at
        self._up.take(times[i:stop], up, row)
        self._down.take(times[i:stop], down, row)
        self._sum, self._n_summed = total_end, self._n_summed + stop - i
        self._low_up, self._high_down = low_up, high_down
        if self._n_summed == BLOCK:
            self._sum, self._n_summed = 0.0, 0
            self._low_up, self._high_down = -float(up[-1]), float(down[-1])
        return None

    def _lasting(self, is_anomaly: BoolArray) -> int | None:
        lasting = super()._lasting(is_anomaly)
        first_row, n_needed = self._row - len(is_anomaly), self._baseline.n_needed
        for i, alarm in self._alarms.items():
            row, is_up = first_row + i, alarm.size > 0
            if self._shift is None or self._shift[2] != is_up or row - self._shift[1] > n_needed:
                self._shift = row, row, is_up
            self._shift = self._shift[0], row, is_up
            if row - self._shift[0] >= n_needed:
                return i if lasting is None else min(i, lasting)
        return lasting


def _extremes(
    extreme: np.ufunc, sums: FloatArray, before: float, out: FloatArray | None = None
) -> FloatArray:
    """Return the smallest (or largest) of the sums so far, and of what was before."""
    first = sums[0]
    sums[0] = extreme(first, before)
    found: FloatArray = extreme.accumulate(sums, out=out)
    sums[0] = first
    return found


class _Side:
    """When the sum of one side was last 0, by row, and the time of the reading after that."""

    def __init__(self, last_zero: int = -1) -> None:
        self.last_zero = last_zero
        self.onset_ns: int | None = None

    def take(self, times: TimeArray, sums: FloatArray, first_row: int) -> None:
        n = len(sums)
        if self.onset_ns is None:
            self.onset_ns = int(times[0])
        newest = sums[-NEWEST:]
        if n > NEWEST and newest.all():
            newest = sums
        back = int((newest[::-1] == 0.0).argmax())
        if sums[n - 1 - back] == 0.0:
            self.last_zero = first_row + n - 1 - back
            self.onset_ns = int(times[n - back]) if back else None
