"""Slow detectors where readings come fast: they judge means for as long as that lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.block_means import BlockMeans

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["HighRates"]

FIRST_LOOK = 32
"""Intervals after which the rate is looked at first …"""
LOOK = 256
"""… and after how many each time later: a burst must not make a detector forget what it has learnt."""
PAUSES = 32
"""Of so many intervals the longest counts as a pause and is left out; of half as many once it is fast, so
that bursts of about that many don't look fast and slow in turn."""
SLACK = 4
"""Readings are judged one by one again when their rate is below the limit by this factor."""


class HighRates(Detector):
    """Lets a detector judge the means of blocks while readings come faster than it can keep up with.

    Up to the detector's `max_rate` it judges every reading. Above that it judges the means of blocks, and
    says so in its reasons. The rate is that of event time, looked at after 32 intervals and then after every
    256; readings with equal times share the interval after them, and a step back of the clock is no
    interval. At each change the detector begins anew, since means scatter less than readings.

    Parameters
    ----------
    detector
        The detector; it belongs to this one from now on.
    block
        Length of a block: seconds, or text such as "16ms".

    Notes
    -----
    Cost: about 25 ns per reading, and the detector's.

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
        self._steps: FloatArray = np.empty((2, 0))  # since the last look
        self._last_ns: int | None = None
        self._n_since = -1  # readings since time went on, and after that one

    def __repr__(self) -> str:
        """Return the constructor's form."""
        return f"HighRates(detector={self.detector!r}, block={self.block!r})"

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        if not len(times):
            return self._judge(times, values)
        rows, steps = self._take_steps(times)
        parts, start, n_looked_at = [], 0, 0
        while start < len(times):
            n_steps, is_fast = self._steady(steps[:, n_looked_at:])
            stop = len(times)
            if n_steps is not None:
                n_looked_at += n_steps
                stop = int(rows[n_looked_at - 1]) + 1
            parts.append(self._judge(times[start:stop], values[start:stop]))
            start = stop
            if is_fast != self._is_fast:
                self._is_fast = is_fast
                self._means.reset()
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        return (self._means if self._is_fast else self.detector).update(times, values)

    def _take_steps(self, times: TimeArray) -> tuple[TimeArray, FloatArray]:
        """Return at which rows time goes on; and, shape (2, n), by how many ns and for how many readings."""
        last_ns = times[0] if self._last_ns is None else self._last_ns
        intervals = np.diff(times, prepend=last_ns)
        rows = np.flatnonzero(intervals > 0)
        n_sharing = np.diff(rows, prepend=-1 - self._n_since)
        self._last_ns = int(times[-1])
        self._n_since = len(times) - 1 - int(rows[-1]) if len(rows) else self._n_since + len(times)
        return rows, np.array([intervals[rows], n_sharing], np.float64)

    def _steady(self, steps: FloatArray) -> tuple[int | None, bool]:
        """Return up to which step readings are judged as now (None: all), and whether they come fast then."""
        known = np.concatenate((self._steps, steps), axis=1)
        size = self._look
        n_looks = known.shape[1] // size
        if size == FIRST_LOOK:
            n_looks = min(1, n_looks)
        looks = known[:, : n_looks * size].reshape(2, n_looks, size)
        limit, pauses = 1e9 / self.detector.max_rate, PAUSES
        if self._is_fast:
            limit, pauses = limit * SLACK, pauses // 2
        is_fast = _typical(looks, size - size // pauses) < limit
        changes = np.flatnonzero(is_fast != self._is_fast)
        if len(changes):
            n_looks = int(changes[0]) + 1
        if n_looks:
            self._look = LOOK
        if len(changes) or (n_looks and size != LOOK):
            n = n_looks * size - self._steps.shape[1]
            self._steps = known[:, :0]
            return n, bool(is_fast[n_looks - 1])
        self._steps = known[:, n_looks * size :].copy()
        return None, self._is_fast


def _typical(looks: FloatArray, n_kept: int) -> FloatArray:
    """Return per look the time between two readings, without the longest intervals."""
    if (looks[1] == 1).all():
        alone: FloatArray = np.partition(looks[0], n_kept - 1, axis=1)[:, :n_kept].mean(axis=1)
        return alone
    shortest = looks[0].argpartition(n_kept - 1, axis=1)[:, :n_kept]
    total, n_readings = np.take_along_axis(looks, shortest[None], axis=2).sum(axis=2)
    typical: FloatArray = total / n_readings
    return typical


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
