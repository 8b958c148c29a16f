"""The same value for too long: a sensor that has died but still answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import finite_window
from nbstream.detectors.parts.wording import duration, short, span

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.window import WindowLike

__all__ = ["StuckDetector"]


class StuckDetector(ChannelDetector):
    """Anomaly while the value has been exactly the same for too long.

    The score is how long the value has been the same, divided by `after`: 1 is when it becomes an anomaly.
    Missing readings are neither the same nor different. When the clock goes back it begins anew.

    Parameters
    ----------
    after
        A number of equal readings (2 or more), or a duration such as "5min" since the first of them.

    Notes
    -----
    Cost: about 10 ns per reading.

    Examples
    --------
    >>> detector = StuckDetector(after=3)
    >>> detection = detector.update([0.0, 1.0, 2.0, 3.0], [7, 8, 8, 8])
    >>> detection.reason(3)
    'stuck at 8: 3 readings (2 s) the same'
    """

    name = "stuck"

    def __init__(self, *, after: WindowLike = 20) -> None:
        window = finite_window("after", after)
        if window.readings is not None and window.readings < 2:
            message = f"'after' must be at least 2 readings (got {after!r})."
            raise ValueError(message)
        self.after: str | int = window.readings or str(window)
        self._window = window
        super().__init__()

    def _forget(self) -> None:
        self._value = np.nan
        self._last_ns = 0
        self._n = 0
        self._since = 0

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        n = len(values)
        rows = np.arange(n)
        changed = np.empty(n, np.bool_)
        changed[0] = values[0] != self._value
        np.not_equal(values[1:], values[:-1], out=changed[1:])
        changed |= np.diff(times, prepend=self._last_ns if self._n else times[0]) < 0
        # Row of the first reading of the run; −1 is one before this batch.
        first = np.maximum.accumulate(np.where(changed, rows, -1))
        started = first >= 0
        since = np.where(started, times[first], self._since)
        lengths = np.where(started, rows - first + 1, rows + 1 + self._n)
        self._value, self._last_ns = float(values[-1]), int(times[-1])
        self._n, self._since = int(lengths[-1]), int(since[-1])
        if self._window.duration_ns is None:
            score = lengths / float(self._window.readings or 1)
        else:
            score = (times - since) / float(self._window.duration_ns)
        is_anomaly = score >= 1.0

        def explain(i: int) -> str:
            same = f"{lengths[i]:,} readings ({duration(int(times[i] - since[i]))}) the same"
            if is_anomaly[i]:
                return f"stuck at {short(values[i])}: {same}"
            if lengths[i] == 1:
                return "differs from the one before"
            return f"{same}, stuck after {span(self._window.duration_ns, self._window.readings)}"

        return Detection(score, is_anomaly, np.ones(n, np.bool_), explain)
