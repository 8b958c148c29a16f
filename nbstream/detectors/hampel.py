"""The Hampel identifier: a reading far from the median of the last few."""

from __future__ import annotations

from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import count, number
from nbstream.detectors.parts.run_lengths import hampel_run_lengths
from nbstream.detectors.parts.score_limit import HasScoreLimit, ScoreLimit
from nbstream.detectors.parts.wording import MANY_SIGMAS, judges_from, short, side_of, sigmas
from nbstream.summaries.summary import spread_floor

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["HampelDetector", "medians"]

AT_ONCE = 2048


class HampelDetector(HasScoreLimit, ChannelDetector):
    """Anomaly when a reading is far from the median of the last few readings, itself included: a spike.

    Hampel's identifier with a window that ends at the reading, so that it can be judged at once. The score
    is |x − median| / (1.4826 · MAD), or / (1.2533 · mean absolute deviation) where the MAD is 0. Nothing is
    learnt for longer than the window: a step of the level is an anomaly for half a window.

    Parameters
    ----------
    window
        Number of readings, the newest included; an odd number is best.
    limit
        Of the score.
    min_sigma
        Least spread, in units of the readings: give the sensor's resolution if it is coarse.
    false_alarms
        Such as "1/day": sets the limit, from the interval of the readings of the first window and the chances
        of a normal one (`nbstream.detectors.parts.run_lengths.hampel_run_lengths`), and then from the tail
        that the score shows (see `nbstream.detectors.parts.calibration.Calibration`); `effective_limit` tells
        the newest.

    Notes
    -----
    Cost: about 10 ns per reading of the window.

    Examples
    --------
    >>> detector = HampelDetector(window=5)
    >>> values = [20, 21, 20, 19, 20, 21, 20, 35, 20]
    >>> detection = detector.update([float(i) for i in range(9)], values)
    >>> detection.reason(7)
    '10.1 robust σ above the median 20 of the last 5 readings'
    """

    name = "hampel"

    def __init__(
        self,
        *,
        window: int = 25,
        limit: float = 3.0,
        min_sigma: float = 0.0,
        false_alarms: str | None = None,
    ) -> None:
        self.window = count("window", window, at_least=3)
        self.max_rate = 1e7 / self.window
        self.limit = number("limit", limit, above=0)
        self.min_sigma = number("min_sigma", min_sigma, at_least=0)
        self.false_alarms = false_alarms
        self._limit = ScoreLimit(
            self.limit,
            false_alarms,
            partial(hampel_run_lengths, self.window),
            n_first=self.window - 1,
        )
        super().__init__()

    def _forget(self) -> None:
        self._tail = np.empty(0)
        self._limit.reset()

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        n, width = len(values), self.window
        known = np.concatenate((self._tail, values))
        self._tail = known[-(width - 1) :].copy()
        n_before = len(known) - n
        n_cold = min(n, max(0, n - (len(known) - width + 1)))
        score, center = np.full(n, np.nan), np.full(n, np.nan)
        if n_cold < n:
            windows = np.lib.stride_tricks.sliding_window_view(known, width)
            for low in range(0, len(windows), AT_ONCE):
                part = slice(n_cold + low, min(n, n_cold + low + AT_ONCE))
                score[part], center[part] = self._score(windows[low : low + AT_ONCE])
        is_anomaly = np.zeros(n, np.bool_)
        begins: list[int] = []
        limits: list[tuple[float, str]] = []
        i = 0
        while i < n:
            part = slice(i, i + self._limit.room)
            np.greater(score[part], self._limit.value, out=is_anomaly[part])
            begins.append(i)
            limits.append((self._limit.value, self._limit.words))
            self._limit.take(times[part], score[part])
            i += len(score[part])

        def explain(i: int) -> str:
            if i < n_cold:
                return judges_from(width, n_before + i + 1)
            if values[i] == center[i]:
                return f"at the median {short(center[i])} of the last {width} readings"
            limit, words = limits[bisect_right(begins, i) - 1]
            # Two of three readings may be very near: where that is usual, how far is told all the same.
            far = short(score[i]) if limit > MANY_SIGMAS else sigmas(score[i])
            text = f"{far} robust σ {side_of(values[i], center[i])} the median {short(center[i])} "
            return f"{text}of the last {width} readings{words if is_anomaly[i] else ''}"

        return Detection(score, is_anomaly, np.arange(n) >= n_cold, explain)

    def _score(self, windows: FloatArray) -> tuple[FloatArray, FloatArray]:
        center = medians(windows)
        deviations = np.abs(windows - center[:, None])
        distance = deviations[:, -1].copy()
        spread = 1.482602218505602 * medians(deviations)
        flat = np.flatnonzero(spread == 0)
        if len(flat):
            spread[flat] = 1.2533141373155003 * deviations[flat].mean(axis=1)
        score = distance / np.maximum(spread, spread_floor(center, self.min_sigma))
        score[score != score] = 0.0
        return score, center


def medians(rows: FloatArray) -> FloatArray:
    """Return the median of each row."""
    middle = rows.shape[1] // 2
    if rows.shape[1] % 2:
        odd: FloatArray = np.partition(rows, middle, axis=1)[:, middle]
        return odd
    parted = np.partition(rows, (middle - 1, middle), axis=1)
    even: FloatArray = parted[:, middle - 1] / 2 + parted[:, middle] / 2
    return even
