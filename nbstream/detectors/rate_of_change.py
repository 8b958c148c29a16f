"""How fast a value changes, per second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.wording import apart, duration, short

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["RateOfChangeDetector"]


class RateOfChangeDetector(ChannelDetector):
    """Anomaly when the change per second since the reading before is too large.

    The score is |change per second|. The reading before is the last one with an earlier time, so that equal
    times divide nothing by 0.

    Parameters
    ----------
    limit
        Of |change per second|, in units of the readings per second.

    Notes
    -----
    Cost: about 10 ns per reading.

    Examples
    --------
    >>> detector = RateOfChangeDetector(limit=2.0)
    >>> detection = detector.update([0.0, 1.0, 2.0, 2.5], [20, 21, 20, 23])
    >>> detection.reason(3)
    'rose by 3 in 500 ms: 6 per second, limit 2'
    """

    name = "rate_of_change"

    def __init__(self, *, limit: float) -> None:
        self.limit = number("limit", limit, above=0)
        super().__init__()

    def _forget(self) -> None:
        # The last reading, and the last one before its time.
        self._last: tuple[int, float] | None = None
        self._earlier: tuple[int, float] | None = None

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        known = [at for at in (self._earlier, self._last) if at is not None]
        all_times = np.concatenate((np.array([t for t, _ in known], np.int64), times))
        all_values = np.concatenate((np.array([value for _, value in known], np.float64), values))
        rows = np.arange(len(all_times))
        # The first of each group of equal times; the reading before it is what the group is compared with.
        is_first = np.concatenate(([True], all_times[1:] != all_times[:-1]))
        before = np.maximum.accumulate(np.where(is_first, rows, 0)) - 1
        here = before[len(known) :]
        is_warm = here >= 0
        seconds = (times - all_times[here]) / 1e9
        change = values - all_values[here]
        score = np.where(is_warm, np.abs(change / seconds), np.nan)
        # A clock that was set back gives a negative interval; that is no rate.
        score[is_warm & (seconds < 0)] = 0.0
        is_anomaly = score > self.limit
        last = len(rows) - 1
        self._last = int(all_times[last]), float(all_values[last])
        row = int(before[last])
        self._earlier = None if row < 0 else (int(all_times[row]), float(all_values[row]))

        def explain(i: int) -> str:
            if not is_warm[i]:
                return "judges when there is a reading with an earlier time"
            if seconds[i] < 0:
                return "the clock went back"
            took = duration(int(times[i] - all_times[here[i]]))
            if not change[i]:
                return f"the same as {took} before, limit {short(self.limit)} per second"
            side = "rose" if change[i] > 0 else "fell"
            rate, limit = apart(score[i], self.limit)
            return f"{side} by {short(abs(change[i]))} in {took}: {rate} per second, limit {limit}"

        return Detection(score, is_anomaly, is_warm, explain)
