"""What z-score and robust z-score share: a score against a moving window, and a limit for it."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import count, finite_window, number
from nbstream.detectors.parts.run_lengths import normal_run_lengths
from nbstream.detectors.parts.score_limit import HasScoreLimit, ScoreLimit
from nbstream.detectors.parts.wording import apart, judges_from, short, side_of, sigmas

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.detectors.parts.baseline import Scored, WindowBaseline
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.window import WindowLike

__all__ = ["WindowScoreDetector"]


class WindowScoreDetector(HasScoreLimit, ChannelDetector):
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
        if span.readings is not None and span.readings < self.min_readings:
            wanted = f"'min_readings' readings, {self.min_readings}"
            message = f"'window' must hold {wanted} (got {span.readings})."
            raise ValueError(message)
        self._baseline = self._make_baseline()
        self._limit = ScoreLimit(
            self.limit, false_alarms, normal_run_lengths, n_first=self.min_readings
        )
        super().__init__()

    @abstractmethod
    def _make_baseline(self) -> WindowBaseline:
        """Return what the readings are compared with."""

    def _forget(self) -> None:
        self._baseline.reset()
        self._limit.reset()

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        limit = self._limit
        begins: list[int] = []
        parts: list[Scored] = []
        explains: list[Callable[[int], str]] = []
        i = 0
        while i < len(values):
            part = slice(i, i + limit.room)
            judged = self._baseline.judge(times[part], values[part], limit.value)
            begins.append(i)
            parts.append(judged)
            explains.append(self._explaining(judged, values[part], limit.words))
            limit.take(times[part], judged.score)
            i += len(judged.score)
        if len(parts) == 1:
            return Detection(judged.score, judged.is_anomaly, judged.is_warm, explains[0])

        def reason(i: int) -> str:
            part = bisect_right(begins, i) - 1
            return explains[part](i - begins[part])

        score, is_anomaly, is_warm = (np.concatenate(x) for x in list(zip(*parts, strict=True))[:3])
        return Detection(score, is_anomaly, is_warm, reason)

    def _explaining(self, judged: Scored, values: FloatArray, words: str) -> Callable[[int], str]:
        span, n_before = self._baseline.span, self._baseline.n_seen - len(values)

        def explain(i: int) -> str:
            center, _, n, is_constant = judged.level_of(i)
            if not judged.is_warm[i]:
                first = self._baseline.first_judged
                if first is not None:
                    return judges_from(first, n_before + i + 1)
                wanted = f"judges when {self.min_readings} readings are in the {span} before it"
                return f"{wanted}; {n} so far"
            before = self._baseline.readings_before(n)
            if is_constant:
                if not judged.is_anomaly[i]:
                    return f"as constant as the {short(center)} of {before}"
                value, constant = apart(values[i], center)
                return f"{value} after a constant {constant} in {before}"
            side = side_of(values[i], center)
            far = side if side == "at" else f"{sigmas(judged.score[i])} {self.sigma_word} {side}"
            text = f"{far} the {self.level_word} {short(center)} of {before}"
            return f"{text}{words}" if judged.is_anomaly[i] else text

        return explain
