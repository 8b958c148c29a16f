"""The exponentially weighted moving average chart: small shifts of the level, smoothed out of the noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.charts import ChartDetector, Explain
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.run_lengths import RunLengths, ewma_run_lengths
from nbstream.detectors.parts.wording import MANY_SIGMAS, apart, side_of, sigmas

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["EwmaDetector"]


class EwmaDetector(ChartDetector):
    """Anomaly when the exponentially weighted average of the readings leaves its control limits.

    The chart of Roberts (1959): E_t = weight · z_t + (1 − weight) · E_{t−1}, E_0 = 0, of standardised
    readings z. The score is |E_t| in units of its own standard deviation at reading t; the limits are
    narrower at the beginning, as they are in the textbooks.

    Parameters
    ----------
    weight
        Of the newest reading, λ: 0 < weight ≤ 1. Small ones find small shifts; 1 is Shewhart's chart.
    limit
        L, in standard deviations of the average. weight 0.2 with limit 3 alarms once in 560 readings
        without a cause, and 10.8 readings after a shift by 1 sigma.
    mean, sigma
        Of the readings while nothing is wrong, in their units; None is learnt from the first `warm_up`.
    warm_up
        How many readings to learn from; None is 100, and with `false_alarms` the more the rarer they shall
        be (776 for "1/day" at one reading a second). When anomalies keep coming
        for as many it is learnt anew.
    min_sigma
        Least sigma that is learnt, in units of the readings.
    false_alarms
        Such as "1/day": sets the limit, from the median interval in the warm-up and the integral equation
        of the chart's run length (`nbstream.detectors.parts.false_alarms.ewma_limit`), and then from the
        peaks of the score (see `nbstream.detectors.parts.calibration.Calibration`); `effective_limit` tells
        the newest. Readings that depend on those before are compared with a forecast then
        (`nbstream.detectors.parts.forecast.Forecast`), unless mean and sigma are given.

    Notes
    -----
    Cost: about 8 ns per reading; with `false_alarms` 1 to 2 µs. The recursion is summed by doubling:
    after pass s each reading holds the weighted sum of the last 2^s, and weights below 1e−17 are left out.
    Which numbers are added in which order depends on nothing but the readings.
    """

    name = "ewma"
    piece = 8192

    def __init__(
        self,
        *,
        weight: float = 0.2,
        limit: float = 3.0,
        mean: float | None = None,
        sigma: float | None = None,
        warm_up: int | None = None,
        min_sigma: float = 0.0,
        false_alarms: str | None = None,
    ) -> None:
        self.weight = number("weight", weight, at_least=0.001, at_most=1)
        self.limit = number("limit", limit, above=0)
        self.false_alarms = false_alarms
        keep = 1.0 - self.weight
        n_remembered = math.ceil(math.log(1e-17) / math.log(keep)) if keep > 0 else 1
        self._steps: list[tuple[int, float]] = []
        step, factor = 1, keep
        while step < n_remembered:
            self._steps.append((step, factor))
            step, factor = 2 * step, factor * factor
        self._n_remembered = step
        # The standard deviation of E_t, in units of sigma; the last one holds for all t beyond.
        t = np.arange(1, n_remembered // 2 + 2)
        self._sigma_at = np.sqrt(self.weight / (2 - self.weight) * (1 - keep ** (2 * t)))
        super().__init__(
            mean=mean, sigma=sigma, warm_up=warm_up, min_sigma=min_sigma, false_alarms=false_alarms
        )

    @property
    def effective_limit(self) -> float:
        """The limit that holds: `limit`, or what `false_alarms` asks for, NaN until the rate is known."""
        return self._limit

    def _forget(self) -> None:
        self._limit = self.limit if self.false_alarms is None else math.nan
        super()._forget()

    def _run_lengths(self) -> RunLengths:
        return ewma_run_lengths(self.weight)

    def _start(self) -> None:
        self._n = 0
        self._inputs = np.zeros(self._n_remembered)

    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        average = self._averages(z)
        is_above = average > 0
        np.abs(average, out=score)
        n_early = min(len(z), max(0, len(self._sigma_at) - self._n))
        # Of the early readings, and of all others.
        sigma_at = np.append(self._sigma_at[self._n : self._n + n_early], self._sigma_at[-1:])
        score[:n_early] /= sigma_at[:n_early]
        score[n_early:] /= sigma_at[-1]
        self._n += len(z)
        limit, words = self._limit, self._limit_words
        center, sigma, is_of_errors = self._usual()
        what = " of what forecasts miss," if is_of_errors else ""
        np.greater(score, limit, out=is_anomaly)

        def explain(i: int) -> str:
            sign = 1.0 if is_above[i] else -1.0
            average = sign * float(score[i] * sigma_at[min(i, n_early)])
            level, mean = apart(center + sigma * average, center)
            # Readings very far away were limited, and so is their average.
            level = f" {level}" if score[i] <= MANY_SIGMAS else ""
            side = side_of(sign * score[i], 0.0)
            if side == "at":
                return f"moving average{what} is {'0' if is_of_errors else f'the mean {mean}'}"
            of = f"{side} 0" if is_of_errors else f"{side} the mean {mean}"
            text = f"moving average{what}{level} is {sigmas(score[i])} of its σ {of}"
            return text + (words if score[i] > limit else "")

        return explain

    def _averages(self, z: FloatArray) -> FloatArray:
        n, end = self._n_remembered, self._n_remembered + len(z)
        work = np.empty(end)
        work[:n] = self._inputs
        np.multiply(z, self.weight, out=work[n:])
        self._inputs = work[end - n :].copy()
        scratch = np.empty(end)
        for step, factor in self._steps:
            part = np.multiply(work[:-step], factor, out=scratch[step:])
            work[step:] += part
        return work[n:]
