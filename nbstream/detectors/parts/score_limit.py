"""The limit of a score: as it was given, or so that it keeps `false_alarms`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.calibration import Calibration
from nbstream.detectors.parts.false_alarms import FalseAlarms
from nbstream.detectors.parts.level import median_interval_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.detectors.parts.run_lengths import RunLengths
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["HasScoreLimit", "ScoreLimit"]

ALL = 1 << 62


class ScoreLimit:
    """A limit for readings that are judged one by one, which may be another after `room` of them.

    Parameters
    ----------
    given
        The limit without `false_alarms`.
    false_alarms
        Such as "1/day", or None.
    run_lengths
        Returns the score's in independent normal readings.
    n_first
        Of how many readings the rate is learnt; none of them may be judged. Alarms that are not so many
        readings apart are one.
    """

    def __init__(
        self,
        given: float,
        false_alarms: str | None,
        run_lengths: Callable[[], RunLengths],
        n_first: int,
    ) -> None:
        self._given = given
        self._wanted = FalseAlarms.parse(false_alarms)
        self._run_lengths = run_lengths
        self._n_first = n_first
        self.reset()

    def reset(self) -> None:
        """Forget the rate and what was usual."""
        self._first_times: TimeArray = np.empty(0, np.int64)
        self._calibration: Calibration | None = None

    @property
    def value(self) -> float:
        """The limit of the next readings; NaN until their rate is known."""
        if self._wanted is None:
            return self._given
        return math.nan if self._calibration is None else self._calibration.limit

    @property
    def words(self) -> str:
        """How a reason tells a limit that is not the given one: " (limit 6.4 for 1/day)"."""
        return "" if self._calibration is None else self._calibration.words

    @property
    def rather(self) -> str:
        """How often it alarms where `false_alarms` can't be held: "about 34/day in data such as these"."""
        return "" if self._calibration is None else self._calibration.rather

    @property
    def room(self) -> int:
        """How many readings may be taken in at once, before the limit is another."""
        if self._wanted is None:
            return ALL
        if self._calibration is None:
            return self._n_first - len(self._first_times)
        return self._calibration.room

    def take(self, times: TimeArray, score: FloatArray) -> None:
        """Take in readings that were judged, `room` of them at most."""
        if self._wanted is None:
            return
        if self._calibration is not None:
            self._calibration.take(score)
            return
        self._first_times = np.concatenate((self._first_times, times))
        if len(self._first_times) == self._n_first:
            interval_ns = median_interval_ns(self._first_times)
            self._calibration = Calibration(
                self._run_lengths(), self._wanted, interval_ns, apart=self._n_first
            )


class HasScoreLimit:
    """The part of a detector that says which limit holds; `_limit` is set by its constructor."""

    _limit: ScoreLimit

    @property
    def effective_limit(self) -> float:
        """The limit that holds: `limit`, or what `false_alarms` asks for, NaN until the rate is known."""
        return self._limit.value

    @property
    def rather(self) -> str:
        """How often it alarms where `false_alarms` can't be held: "about 34/day in data such as these"."""
        return self._limit.rather
