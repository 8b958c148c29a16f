"""The Page–Hinkley test: a lasting change of the mean of all readings since the last one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.charts import LARGEST_Z, ChartDetector, Explain
from nbstream.detectors.parts.parameters import count, number
from nbstream.detectors.parts.run_lengths import RunLengths, page_hinkley_run_lengths
from nbstream.detectors.parts.wording import MANY_SIGMAS, apart, short

if TYPE_CHECKING:
    from nbstream.detectors.parts.calibration import Calibration
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["PageHinkleyDetector"]


class PageHinkleyDetector(ChartDetector):
    """Anomaly when readings have drifted away from their own mean so far: Page (1954), Hinkley (1971).

    m_t = alpha · m_{t−1} + (x_t − mean_t − delta), with the mean of all readings since the last alarm; an
    alarm where m_t − min m > threshold, and the same downwards. After it everything begins anew. The score
    is the larger of the two differences; nothing is judged before `min_readings`.

    Parameters
    ----------
    delta
        Change that is tolerated: in sigmas, or in units of the readings if they are not standardised.
    threshold
        Limit of the accumulated change, in the same unit.
    alpha
        How much of the sum remains from one reading to the next; 1 forgets nothing.
    min_readings
        How many readings since the beginning, or the last alarm, are needed.
    standardize
        Whether readings are divided by the sigma of the first `warm_up` of them; if not, it is the plain test
        in raw units.
    warm_up
        How many readings sigma is learnt from; None is 100, and with `false_alarms` the more the rarer they
        shall be (776 for "1/day" at one reading a second).
    false_alarms
        Such as "1/day": sets the threshold, from the median interval in the warm-up and the time that sums of
        normal readings take (`nbstream.detectors.parts.run_lengths.page_hinkley_run_lengths`), and then from
        the peaks of the score (see `nbstream.detectors.parts.calibration.Calibration`); `effective_limit`
        tells the newest. Readings that depend on those before are compared with a forecast then
        (`nbstream.detectors.parts.forecast.Forecast`). Readings must be standardised.

    Raises
    ------
    ValueError
        If a parameter is out of range, or `false_alarms` is given with ``standardize=False``.

    Notes
    -----
    Cost: about 30 ns per reading, and 50 µs per alarm; with `false_alarms` 1 to 2 µs per reading.
    The faded sum is a plain one of readings multiplied by alpha^−j, taken anew before that grows large.

    The defaults are those of river, scikit-multiflow and MOA.

    Examples
    --------
    >>> detector = PageHinkleyDetector(standardize=False, threshold=5.0)
    >>> detection = detector.update([float(t) for t in range(44)], [1.0] * 40 + [4.0] * 4)
    >>> detection.reason(41)
    'mean drifted up: 5.8 > 5 summed since the last alarm or the beginning'
    """

    name = "page_hinkley"
    needs_level = False

    def __init__(
        self,
        *,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 0.9999,
        min_readings: int = 30,
        standardize: bool = True,
        warm_up: int | None = None,
        false_alarms: str | None = None,
    ) -> None:
        self.delta = number("delta", delta, at_least=0)
        self.threshold = number("threshold", threshold, above=0)
        self.alpha = number("alpha", alpha, at_least=0.01, at_most=1)
        self.min_readings = count("min_readings", min_readings)
        if not isinstance(standardize, bool):
            message = f"'standardize' must be True or False (got {standardize!r})."
            raise TypeError(message)
        if false_alarms is not None and not standardize:
            message = "'false_alarms' needs readings in sigmas: leave out standardize=False."
            raise ValueError(message)
        self.standardize = standardize
        self.false_alarms = false_alarms
        log = -math.log(self.alpha)
        self._block = 4096 if log * 4096 < 7 else max(1, int(7 / log))
        self._fading = self.alpha ** np.arange(self._block + 1, dtype=np.float64)
        mean, sigma = (None, None) if standardize else (0.0, 1.0)
        super().__init__(
            mean=mean, sigma=sigma, warm_up=warm_up, min_sigma=0.0, false_alarms=false_alarms
        )
        if not standardize:
            self._largest_z = 1e150  # whose sums are still far from the end of float64

    @property
    def effective_limit(self) -> float:
        """The threshold that holds: `threshold`, or that of `false_alarms`, NaN until the rate is known."""
        return self._limit

    def _forget(self) -> None:
        self._limit = self.threshold if self.false_alarms is None else math.nan
        super()._forget()

    def _take_limit(self, calibration: Calibration) -> None:
        super()._take_limit(calibration)
        self._limit_words = f" (limit {calibration.asked})"  # the number is there already

    def _run_lengths(self) -> RunLengths:
        return page_hinkley_run_lengths(self.delta, self.alpha)

    def _start(self) -> None:
        self._n = 0  # readings since the last alarm
        self._n_summed = 0  # since the faded sums were taken anew
        self._total = self._up = self._down = 0.0
        self._low, self._high = math.inf, -math.inf

    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        n = len(z)
        is_up = np.zeros(n, np.bool_)
        i, step = 0, self._block
        while i < n:
            stop = min(n, i + step, i + self._block - self._n_summed)
            alarm = self._sum_up(z[i:stop], score[i:stop], is_up[i:stop])
            if alarm is None:
                i, step = stop, min(2 * step, self._block)
                continue
            is_anomaly[i + alarm] = True
            self._start()
            i, step = i + alarm + 1, 64
        threshold, words = self._limit, self._limit_words

        def explain(i: int) -> str:
            if not is_anomaly[i]:
                return f"drift of the mean {short(score[i], 2)} of {short(threshold)}"
            side = "up" if is_up[i] else "down"
            total, limit = apart(float(f"{score[i]:.2g}"), threshold)
            if total == limit or float(total) <= threshold:
                total, limit = apart(score[i], threshold)
            if (
                score[i] > LARGEST_Z / 2 and self.standardize
            ):  # readings were limited, and so is their sum
                total = f"{MANY_SIGMAS:,} times {limit} and more"
            else:
                total = f"{total} > {limit}"
            text = f"mean drifted {side}: {total} summed since the last alarm or the beginning"
            return text + words

        return explain

    def _sum_up(self, z: FloatArray, score: FloatArray, is_up: BoolArray) -> int | None:
        """Take in readings up to the first alarm; return its row."""
        n = len(z)
        total = z.copy()
        total[0] += self._total
        np.add.accumulate(total, out=total)
        deviation = z - total / (self._n + np.arange(1, n + 1))
        fading = self._fading[self._n_summed + 1 : self._n_summed + n + 1]
        up, up_end = self._faded(deviation - self.delta, self._up, fading)
        down, down_end = self._faded(deviation + self.delta, self._down, fading)
        low = np.minimum.accumulate(up)
        np.minimum(low, self._low, out=low)
        high = np.maximum.accumulate(down)
        np.maximum(high, self._high, out=high)
        rise, fall = up - low, high - down
        np.maximum(rise, fall, out=score)
        np.greater_equal(rise, fall, out=is_up)
        first = max(0, self.min_readings - self._n - 1)
        beyond = score[first:] > self._limit
        if beyond.any():
            return first + int(beyond.argmax())
        self._n += n
        self._n_summed += n
        self._total, self._low, self._high = float(total[-1]), float(low[-1]), float(high[-1])
        self._up, self._down = up_end, down_end
        if self._n_summed == self._block:
            self._n_summed = 0
            self._up, self._down = float(up[-1]), float(down[-1])
        return None

    @staticmethod
    def _faded(numbers: FloatArray, before: float, fading: FloatArray) -> tuple[FloatArray, float]:
        """Return the faded sums, and the plain sum that goes on."""
        numbers /= fading
        numbers[0] += before
        np.add.accumulate(numbers, out=numbers)
        end = float(numbers[-1])
        numbers *= fading
        return numbers, end
