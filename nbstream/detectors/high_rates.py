"""Slow detectors where readings come fast: they judge means for as long as that lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.block_means import BlockMeans

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.readings import FloatArray, TimeArray

__all__ = ["HighRates"]

FIRST_LOOK = 32
"""Readings after which the rate is looked at first …"""
LOOK = 256
"""… and after how many each time later: a burst must not make a detector forget what it has learnt."""
PAUSES = 32
"""Of so many intervals the longest counts as a pause and is left out."""
SLACK = 4
"""Readings are judged one by one again when their rate is below the limit by this factor."""


class HighRates(Detector):
    """Lets a detector judge the means of blocks while readings come faster than it can keep up with.

    Up to the detector's `max_rate` it judges every reading. Above that it judges the means of blocks, and
    says so in its reasons. The rate is that of event time, looked at after 32 readings and then after every
    256. At each change the detector begins anew, since means scatter less than readings.

    Parameters
    ----------
    detector
        What judges; it belongs to this one from now on.
    block
        Length of a block: seconds, or text such as "16ms".

    Notes
    -----
    Thread safety: none; its analyzer guards it. Cost: about 10 ns per reading, and the detector's.

    Examples
    --------
    >>> from nbstream.detectors import SpotDetector
    >>> detector = HighRates(detector=SpotDetector())
    >>> n = 100
    >>> _ = detector.update([i / 1000 for i in range(n)], [float(i % 7) for i in range(n)])
    >>> detector.block_ns  # a thousand in a second: every one of them
    0
    >>> detector.reset()
    >>> _ = detector.update([i / 100_000 for i in range(n)], [float(i % 7) for i in range(n)])
    >>> detector.block_ns
    16000000
    """

    def __init__(self, *, detector: Detector, block: str | float | timedelta = "16ms") -> None:
        self._means = BlockMeans(detector=detector, block=block)
        self.detector = detector
        self.block = block
        self._begin()

    @property
    def name(self) -> str:  # type: ignore[override]
        """Name of the detector that judges."""
        return self.detector.name

    @property
    def block_ns(self) -> int:
        """Length of the blocks that are judged now, in ns; 0 is every reading as it is."""
        return self._means.block_ns if self._is_fast else 0

    def reset(self) -> None:
        """Forget everything that was seen."""
        self._means.reset()
        self._begin()

    def _begin(self) -> None:
        self._is_fast = False
        self._look = FIRST_LOOK
        self._intervals: TimeArray = np.empty(0, np.int64)  # since the last look
        self._last_ns: int | None = None

    def __repr__(self) -> str:
        """Return the constructor's form."""
        return f"HighRates(detector={self.detector!r}, block={self.block!r})"

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        if not len(times):
            return self._judge(times, values)
        last_ns = times[0] if self._last_ns is None else self._last_ns
        intervals = np.diff(times, prepend=last_ns)
        self._last_ns = int(times[-1])
        parts, start = [], 0
        while start < len(times):
            n, is_fast = self._steady(intervals[start:])
            parts.append(self._judge(times[start : start + n], values[start : start + n]))
            start += n
            if is_fast != self._is_fast:
                self._is_fast = is_fast
                self._means.reset()
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        return (self._means if self._is_fast else self.detector).update(times, values)

    def _steady(self, intervals: TimeArray) -> tuple[int, bool]:
        """Return how many readings are judged as now, or all, and whether those after them come fast."""
        known = np.concatenate((self._intervals, intervals))
        size = self._look
        n_looks = len(known) // size if size == LOOK else min(1, len(known) // size)
        looks = known[: n_looks * size].reshape(n_looks, size)
        n_kept = size - size // PAUSES
        typical = np.partition(looks, n_kept - 1, axis=1)[:, :n_kept].mean(axis=1)
        limit = 1e9 / self.detector.max_rate * (SLACK if self._is_fast else 1)
        is_fast = typical < limit
        changes = np.flatnonzero(is_fast != self._is_fast)
        if len(changes):
            n_looks = int(changes[0]) + 1
        if n_looks:
            self._look = LOOK
        if len(changes) or (n_looks and size != LOOK):
            n = n_looks * size - len(self._intervals)
            self._intervals = known[:0]
            return n, bool(is_fast[n_looks - 1])
        self._intervals = known[n_looks * size :].copy()
        return len(intervals), self._is_fast


def _joined(parts: list[Detection]) -> Detection:
    """Return what was said of consecutive readings as one."""
    ends = np.cumsum([len(part) for part in parts])

    def explain(i: int) -> str:
        k = int(np.searchsorted(ends, i, "right"))
        return parts[k].explain(i - int(ends[k]) + len(parts[k]))

    return Detection(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.is_anomaly for part in parts]),
        np.concatenate([part.is_warm for part in parts]),
        explain,
    )
