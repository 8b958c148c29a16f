"""A pause in the readings, longer than they are usually apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.hampel import medians
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.wording import duration, short
from nbstream.readings.intervals import INTERVALS
from nbstream.readings.window import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["GapDetector"]

BLOCK = 16
N_BLOCKS = INTERVALS // BLOCK


class GapDetector(ChannelDetector):
    """Anomaly when a reading comes late: its interval is many times the usual one.

    The usual interval is the median of the last 64 (in blocks of 16, past ones only). The score is the
    interval divided by it. Equal times are no interval; a missing reading (NaN) is a part of the gap.

    Parameters
    ----------
    factor
        How many usual intervals are a gap.
    at_least
        Shortest gap that counts: seconds, or text such as "2s".

    Notes
    -----
    Cost: about 50 ns per reading. The gap is found when it ends; that a channel is silent now is told by
    its staleness.

    Examples
    --------
    >>> detector = GapDetector()
    >>> times = [*map(float, range(40)), 52.0]
    >>> detection = detector.update(times, [1.0] * 41)
    >>> detection.reason(40)
    'no reading for 13 s, 13 times the usual 1 s'
    """

    name = "gap"

    def __init__(self, *, factor: float = 5.0, at_least: str | float | timedelta = 0.0) -> None:
        self.factor = number("factor", factor, above=1)
        self.at_least = at_least
        self._least_ns = parse_duration(at_least, name="at_least")
        super().__init__()

    def _forget(self) -> None:
        self._last_ns: int | None = None
        self._intervals = np.empty(0)  # of the last whole blocks, and of the open one
        self._n_open = 0

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        n = len(times)
        before = times[0] if self._last_ns is None else self._last_ns
        intervals = np.diff(times, prepend=before).astype(np.float64)
        self._last_ns = int(times[-1])
        rows = np.flatnonzero(intervals > 0)
        n_before = len(self._intervals)
        usual_of = self._usual(intervals[rows])
        # An interval of 0 is compared with what the next one will be.
        usual = usual_of[np.searchsorted(rows, np.arange(n))]
        is_warm = usual == usual
        score = np.where(is_warm, np.maximum(intervals, 0.0) / usual, np.nan)
        is_anomaly = (score > self.factor) & (intervals >= self._least_ns)

        def explain(i: int) -> str:
            if not is_warm[i]:
                n_so_far = n_before + int(np.searchsorted(rows, i, "right"))
                return f"judges after {BLOCK} intervals between readings; {n_so_far} so far"
            if intervals[i] < 0:
                return "the clock went back"
            if intervals[i] == 0:
                return (
                    f"at the time of the one before, usually {duration(round(usual[i]))} after it"
                )
            interval, normal = duration(int(intervals[i])), duration(round(usual[i]))
            if not is_anomaly[i]:
                return f"{interval} after the one before, usually {normal}"
            return f"no reading for {interval}, {short(score[i], 3)} times the usual {normal}"

        return Detection(score, is_anomaly, is_warm, explain)

    def _usual(self, new: FloatArray) -> FloatArray:
        """Return the usual interval at each new one, and after the last; NaN while there is none."""
        known = np.concatenate((self._intervals, new))
        n_old_blocks = (len(self._intervals) - self._n_open) // BLOCK
        n_blocks = len(known) // BLOCK
        usual = np.full(n_blocks + 1, np.nan)  # while block i is open
        whole = known[: n_blocks * BLOCK]
        blocks = whole.reshape(-1, BLOCK)
        for i in range(max(n_old_blocks, 1), min(n_blocks, N_BLOCKS - 1) + 1):
            usual[i] = medians(blocks[max(0, i - N_BLOCKS) : i].reshape(1, -1))[0]
        if n_blocks >= N_BLOCKS:
            windows = np.lib.stride_tricks.sliding_window_view(whole, N_BLOCKS * BLOCK)
            first = max(n_old_blocks, N_BLOCKS)
            starts = (np.arange(first, n_blocks + 1) - N_BLOCKS) * BLOCK
            usual[first:] = medians(windows[starts])
        which = (len(self._intervals) + np.arange(len(new) + 1)) // BLOCK
        n_kept = min(n_blocks, N_BLOCKS)
        self._n_open = len(known) - n_blocks * BLOCK
        self._intervals = known[(n_blocks - n_kept) * BLOCK :].copy()
        return usual[which]
