"""What z-score and robust z-score share: a score against a moving window, and a limit for it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.false_alarms import FalseAlarms, normal_limit
from nbstream.detectors.parts.level import median_interval_ns
from nbstream.detectors.parts.parameters import count, finite_window, number
from nbstream.detectors.parts.wording import short, sigmas

if TYPE_CHECKING:
    from nbstream.detectors.parts.baseline import WindowBaseline
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.window import WindowLike

__all__ = ["WindowScoreDetector"]


class WindowScoreDetector(ChannelDetector):
    """Base of detectors that measure how many spreads a reading lies from the window before it.

    A kind names its `sigma_word` and `level_word`, and makes its baseline. For the parameters see there.
    """

    sigma_word: ClassVar[str]
    level_word: ClassVar[str]

    def __init__(
        self,
        *,
        window: WindowLike = 1000,
        limit: float = 4.0,
        min_readings: int = 30,
        min_sigma: float = 0.0,
        false_alarms: str | None = None,
    ) -> None:
        span = finite_window("window", window)
        self.window: str | int = span.readings or str(span)
        self.limit = number("limit", limit, above=0)
        self.min_readings = count("min_readings", min_readings, at_least=2)
        self.min_sigma = number("min_sigma", min_sigma, at_least=0)
        self.false_alarms = false_alarms
        self._false_alarms = FalseAlarms.parse(false_alarms)
        if span.readings is not None and span.readings < self.min_readings:
            wanted = f"'min_readings' readings, {self.min_readings}"
            message = f"'window' must hold {wanted} (got {span.readings})."
            raise ValueError(message)
        self._baseline = self._make_baseline()
        super().__init__()

    @abstractmethod
    def _make_baseline(self) -> WindowBaseline:
        """Return what the readings are compared with."""

    @property
    def effective_limit(self) -> float:
        """The limit that holds: `limit`, or what `false_alarms` asks for, NaN until the rate is known."""
        return self._limit

    def _forget(self) -> None:
        self._baseline.reset()
        self._first_times: TimeArray | None = np.empty(0, np.int64)
        self._limit = self.limit if self._false_alarms is None else np.nan

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        if self._false_alarms is not None and self._first_times is not None:
            # Known before the first reading is judged: that needs `min_readings` before it.
            first = np.concatenate((self._first_times, times[: self.min_readings]))
            self._first_times = first[: self.min_readings]
            if len(first) >= self.min_readings:
                interval = median_interval_ns(self._first_times)
                self._limit = normal_limit(self._false_alarms.run_length(interval))
                self._first_times = None
        judged = self._baseline.judge(times, values, self._limit)
        limit = self._limit

        def explain(i: int) -> str:
            center, _, n, is_constant = judged.level_of(i)
            span = self._baseline.span
            if not judged.is_warm[i]:
                return f"warming up: {n} of {self.min_readings} readings in the last {span}"
            value, side = float(values[i]), "above" if values[i] > center else "below"
            level = f"the {self.level_word} {short(center)} of the last {span}"
            if is_constant:
                if not judged.is_anomaly[i]:
                    return f"as constant as the {short(center)} of the last {span}"
                return f"{short(value)} after a constant {short(center)} in the last {span}"
            text = f"{sigmas(judged.score[i])} {self.sigma_word} {side} {level}"
            if self._false_alarms is not None and judged.is_anomaly[i]:
                text += f" (limit {sigmas(limit)} for {self.false_alarms})"
            return text

        return Detection(judged.score, judged.is_anomaly, judged.is_warm, explain)
