"""What detectors of a channel's numbers share: missing readings and recurrences."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.recent import RecentAnomalies

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["LARGEST_SCORE", "ChannelDetector", "nothing_judged", "with_missing"]

LARGEST_SCORE = float(np.finfo(np.float64).max)


class ChannelDetector(Detector):
    """Base of detectors that look at readings one after the other and leave out the missing ones.

    A kind of detector implements `_judge`, for readings of which none is missing, and `_forget`. Here it
    gets the rest: NaN readings score NaN and are not learnt from, numpy is silent about overflow (scores
    are finite), and reasons end with how often it happened lately.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen."""
        self._recent = RecentAnomalies()
        self._was_warm = False
        self._forget()

    @abstractmethod
    def _forget(self) -> None:
        """Forget everything that was seen; also called to begin with."""

    @abstractmethod
    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        """Take in at least one reading; none of `values` is NaN."""

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        was_warm = self._was_warm
        with np.errstate(all="ignore"):
            # NaN survives, so that one quick pass is enough where nothing is missing.
            if not np.isnan(values.max(initial=-np.inf)):
                return self._judged(times, values)
            present = values == values
            judged = self._judged(times[present], values[present])
        return with_missing(judged, present, was_warm=was_warm)

    def _judged(self, times: TimeArray, values: FloatArray) -> Detection:
        if not len(values):
            return nothing_judged()
        judged = self._judge(times, values)
        if not np.isfinite(judged.score.sum()):
            np.clip(judged.score, -LARGEST_SCORE, LARGEST_SCORE, out=judged.score)
        self._was_warm = bool(judged.is_warm[-1])
        recurrence = self._recent.take(times, judged.is_anomaly)

        def explain(i: int) -> str:
            reason = judged.explain(i)
            again = recurrence(i) if judged.is_anomaly[i] else ""
            return f"{reason}; {again}" if again else reason

        return Detection(judged.score, judged.is_anomaly, judged.is_warm, explain)


def nothing_judged() -> Detection:
    """Return what is said of no readings."""
    return Detection(np.empty(0), np.empty(0, np.bool_), np.empty(0, np.bool_), str)


def with_missing(judged: Detection, present: BoolArray, *, was_warm: bool) -> Detection:
    """Return what was said of the readings that are present as of all: missing ones score NaN."""
    ranks = present.cumsum()
    score = np.full(len(present), np.nan)
    score[present] = judged.score
    is_anomaly = np.zeros(len(present), np.bool_)
    is_anomaly[present] = judged.is_anomaly
    # A missing reading changes nothing: warm is who was warm before.
    is_warm = np.concatenate(([was_warm], judged.is_warm))[ranks]

    def explain(i: int) -> str:
        return judged.explain(int(ranks[i]) - 1) if present[i] else "missing reading"

    return Detection(score, is_anomaly, is_warm, explain)
