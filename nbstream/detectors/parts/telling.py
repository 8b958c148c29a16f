"""Which strange readings are told: where something begins, and what then goes far beyond it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray

__all__ = ["LEAST_SCORE", "Telling"]

LEAST_SCORE = 1.0
ESCALATION = 2.0
CALM = 64
FADING = 0.5 ** (1 / CALM)
# So many anomalies in what is remembered are the channel's habit; what is as strange as the fourth of them
# counts three quarters of the limit.
HABIT = 4
OF_HABIT = 0.75


class Telling:
    """Turns strengths into scores: one where something begins, one more where it goes far beyond that.

    Parameters
    ----------
    limit
        Least strength of an anomaly.
    history
        For how many readings anomalies are remembered.

    Notes
    -----
    An episode begins with a reading at the limit, and ends after 64 readings below half of it. Within it a
    reading is told that is twice as strange as what was reported, once a peak of twice the excess, and once
    a record. A channel that had four episodes within its history is judged by them: strengths are divided so
    that the fourth largest of their peaks stays below the limit.
    """

    def __init__(self, limit: float, history: int) -> None:
        self._limit, self._history = limit, history
        self._episodes: deque[tuple[int, float]] = deque()
        self._factor, self._expires = 1.0, -1
        self._peak = 0.0
        self._calm = 0
        self._is_told = self._is_alarm_told = self._is_record_told = self._is_peak_told = False
        self._reported = 0.0
        self._told_excess = 0.0
        self.onsets: deque[int] = deque(maxlen=8)
        """Numbers of the readings with which the newest episodes began."""

    def take(
        self,
        first: int,
        strengths: FloatArray,
        needed: float,
        excesses: FloatArray,
        records: BoolArray,
        least: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return strengths as the channel's habits let them count, and the scores.

        Parameters
        ----------
        first
            Number of the first reading.
        strengths
            float64, shape (n,).
        needed
            Least strength of an alarm, at least the limit. What is between them begins an episode, which is
            told once more when this strength is reached.
        excesses
            How far each value is beyond the usual ones, negative inside; shape (n,).
        records
            Which readings are far beyond all before; shape (n,).
        least
            What an excess counts for at least when it is told.
        """
        weighed, scores = np.empty(len(strengths)), np.zeros(len(strengths))
        for i, strength in enumerate(strengths.tolist()):
            value = strength * self._habit(first + i, strength)
            weighed[i] = value
            is_far = self._is_told and value >= self._limit
            if is_far:
                is_record = bool(records[i]) and not self._is_record_told
                is_peak = excesses[i] >= ESCALATION * self._told_excess and not self._is_peak_told
                is_far = is_record or is_peak
                self._is_record_told |= is_record
                self._is_peak_told |= is_peak
            is_new = value >= self._limit and not self._is_told
            if value >= LEAST_SCORE and (is_new or is_far or value >= ESCALATION * self._reported):
                scores[i] = value
                self._reported = max(value, self._reported) if is_far else value
                if value >= self._limit:
                    excess = max(float(excesses[i]), least)
                    self._told_excess = max(excess, 0.0 if is_new else self._told_excess)
                    self._is_told = True
                    self._is_alarm_told |= value >= needed
            else:
                self._reported = max(self._reported * FADING, min(self._reported, value))
                if value >= needed and not self._is_alarm_told:
                    scores[i] = value
                    self._is_alarm_told = True
        return weighed, scores

    def _habit(self, number: int, strength: float) -> float:
        """Return by what the strength of a reading is multiplied, and go on with the episode."""
        if number == self._expires:
            self._episodes.popleft()
            self._weigh()
        if strength >= self._limit:
            if not self._peak:
                self.onsets.append(number)
            self._peak = max(self._peak, strength)
        # What is calm is measured by what counts.
        self._calm = 0 if strength * self._factor >= self._limit / ESCALATION else self._calm + 1
        if self._calm >= CALM:
            self._is_told = self._is_alarm_told = self._is_record_told = self._is_peak_told = False
            if self._peak:
                self._episodes.append((number, self._peak))
                self._peak = 0.0
                self._weigh()
        return self._factor

    def _weigh(self) -> None:
        self._expires = self._episodes[0][0] + self._history if self._episodes else -1
        peaks = sorted(peak for _, peak in self._episodes)
        own = peaks[-HABIT] if len(peaks) >= HABIT else 0.0
        self._factor = min(1.0, OF_HABIT * self._limit / own) if own else 1.0
