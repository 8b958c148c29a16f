"""How often a detector has found something lately: "third in 10 min"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.wording import ordinal

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import BoolArray, TimeArray

__all__ = ["RecentAnomalies"]

SPAN_NS = 600 * 1_000_000_000
MOST = 1000


class RecentAnomalies:
    """The beginnings of anomalies, the newest 1,000, to say how many of them lie in the last 10 minutes.

    Consecutive anomalous readings are one anomaly. Event time counts; where it went back between two
    anomalies, those before that were not lately.
    """

    def __init__(self) -> None:
        self._starts: TimeArray = np.empty(0, np.int64)
        self._is_going_on = False

    def take(self, times: TimeArray, is_anomaly: BoolArray) -> Callable[[int], str]:
        """Take in the next readings, and return what says how many there were up to one of them.

        Parameters
        ----------
        times, is_anomaly
            Of the readings that are not missing, shape (n,), n > 0.

        Returns
        -------
        callable
            Takes the index of an anomalous reading; returns "third in 10 min", or "" for the first.
        """
        if not is_anomaly.any():
            self._is_going_on = False
            return _nothing
        begins = is_anomaly.copy()
        begins[1:] &= ~is_anomaly[:-1]
        begins[0] &= not self._is_going_on
        self._is_going_on = bool(is_anomaly[-1])
        starts = np.concatenate((self._starts, times[begins]))
        rows = np.flatnonzero(begins)
        n_before = len(self._starts)
        self._starts = starts[-MOST:]

        def recurrence(i: int) -> str:
            n = n_before + int(np.searchsorted(rows, i, "right"))
            known = starts[max(0, n - MOST) : n]
            backs = np.flatnonzero(known[1:] < known[:-1])
            if len(backs):
                known = known[backs[-1] + 1 :]
            n = int(np.count_nonzero(known > times[i] - SPAN_NS))
            if n < 2:
                return ""
            return f"{ordinal(n)} in 10 min" if n < MOST else f"more than {MOST:,} in 10 min"

        return recurrence


def _nothing(i: int) -> str:
    return ""
