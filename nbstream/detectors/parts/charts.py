"""What control charts share: standardised readings, a warm-up, and learning anew after a lasting shift."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.chart_baseline import ChartBaseline
from nbstream.detectors.parts.false_alarms import LEAST_TO_LEARN, FalseAlarms
from nbstream.detectors.parts.parameters import count, number
from nbstream.detectors.parts.wording import sigmas

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["LARGEST_Z", "ChartDetector", "Explain"]

LARGEST_Z = 1e6
NEVER = 1 << 40
FEW = 256
Explain: TypeAlias = Callable[[int], str]


class ChartDetector(ChannelDetector):
    """Base of control charts: they look at z = (reading − mean) / sigma, one chart after the other.

    A kind implements `_start`, which begins a chart, and `_chart`, which goes on with it.

    Mean and sigma are given, or learnt from the first `warm_up` readings (see `ChartBaseline`). Learnt ones
    are learnt anew, from the newest `warm_up` readings, when anomalies have kept coming for so many, each
    within a quarter of that of the last; then the chart begins anew, and goes on judging at once. z is
    limited to ±1,000,000.

    Parameters
    ----------
    mean, sigma
        Of the process while nothing is wrong, in units of the readings; None is learnt.
    warm_up
        How many readings to learn from; None is 100, or with `false_alarms` as many as these need
        (`FalseAlarms.n_to_learn`).
    min_sigma
        Least sigma that is learnt, in units of the readings.
    false_alarms
        Such as "1/day", or None.
    """

    piece: ClassVar[int] = 16_384
    """Readings that are looked at together; their arrays fit into a processor's cache."""

    def __init__(
        self,
        *,
        mean: float | None,
        sigma: float | None,
        warm_up: int | None,
        min_sigma: float,
        false_alarms: str | None = None,
    ) -> None:
        self._largest_z = LARGEST_Z
        self.mean = None if mean is None else number("mean", mean)
        self.sigma = None if sigma is None else number("sigma", sigma, above=0)
        self.warm_up = None if warm_up is None else count("warm_up", warm_up, at_least=10)
        self.min_sigma = number("min_sigma", min_sigma, at_least=0)
        self._false_alarms = FalseAlarms.parse(false_alarms)
        self._baseline = ChartBaseline(
            self.mean,
            self.sigma,
            self.warm_up or LEAST_TO_LEARN,
            self.min_sigma,
            needs_rate=self._false_alarms is not None,
        )
        super().__init__()

    @abstractmethod
    def _start(self) -> None:
        """Begin a chart; the baseline is ready."""

    @abstractmethod
    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        """Go on with the chart: write scores and which readings are anomalies, return the reasons.

        `z` may be written to; nothing is an anomaly to begin with.
        """

    def _forget(self) -> None:
        self._at_once = self.piece
        self._baseline.reset()
        self._begin()

    def _begin(self) -> None:
        # First and last of the anomalies that keep coming, as rows before the next reading.
        self._run = -NEVER, -NEVER
        if self._baseline.is_ready:
            self._start()

    def _lasting(self, is_anomaly: BoolArray) -> int | None:
        """Return at which reading anomalies have kept coming for as many readings as are learnt from."""
        n, n_needed = len(is_anomaly), self._baseline.n_needed
        rows = np.flatnonzero(is_anomaly)
        begin, newest = self._run
        lasted = rows[:0]
        if len(rows):
            is_new = np.diff(rows, prepend=newest) * 4 > n_needed
            begins = np.maximum.accumulate(np.where(is_new, rows, begin))
            lasted = rows[rows - begins >= n_needed - 1]
            begin, newest = int(begins[-1]), int(rows[-1])
        self._run = begin - n, newest - n
        return int(lasted[0]) if len(lasted) else None

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        n, baseline = len(values), self._baseline
        score = np.empty(n)
        is_anomaly = np.empty(n, np.bool_)
        is_warm = np.ones(n, np.bool_)
        begins: list[int] = []
        explains: list[Explain] = []
        i = 0
        while i < n:
            begins.append(i)
            if not baseline.is_ready:
                stop = min(n, i + baseline.n_needed - baseline.n_seen)
                score[i:stop] = np.nan
                is_warm[i:stop] = is_anomaly[i:stop] = False
                explains.append(self._explain_warm_up(baseline.n_seen))
                baseline.remember(times[i:stop], values[i:stop])
                if baseline.n_seen == baseline.n_needed:
                    self._end_warm_up()
                i = stop
                continue
            stop = min(n, i + self._at_once)
            z = np.subtract(values[i:stop], baseline.center)
            z *= 1.0 / baseline.sigma if 1.0 / baseline.sigma < np.inf else 1e300
            np.clip(z, -self._largest_z, self._largest_z, out=z)
            is_anomaly[i:stop] = False
            explains.append(self._chart(times[i:stop], z, score[i:stop], is_anomaly[i:stop]))
            if baseline.is_learnt:
                lasting = self._lasting(is_anomaly[i:stop])
                if lasting is not None:
                    stop = i + lasting + 1
                baseline.remember(times[i:stop], values[i:stop])
                self._at_once = min(2 * self._at_once, self.piece)
                if lasting is not None:
                    baseline.learn()
                    self._begin()
                    self._at_once = FEW  # what was looked at beyond it was for nothing
            i = stop

        def reason(row: int) -> str:
            segment = bisect_right(begins, row) - 1
            return explains[segment](row - begins[segment])

        return Detection(score, is_anomaly, is_warm, reason)

    def _end_warm_up(self) -> None:
        """Begin the chart, unless so rare false alarms were asked for that more is to be learnt first."""
        baseline = self._baseline
        is_first_look = self.warm_up is None and baseline.n_needed == LEAST_TO_LEARN
        if is_first_look and baseline.is_learnt and self._false_alarms is not None:
            baseline.n_needed = self._false_alarms.n_to_learn(baseline.seen_interval_ns)
        if baseline.n_seen == baseline.n_needed:
            baseline.learn()
            self._begin()

    def _explain_warm_up(self, n_seen: int) -> Explain:
        n_needed = self._baseline.n_needed
        return lambda i: f"warming up: {n_seen + i + 1} of {n_needed} readings"

    def _with_false_alarms(self, limit: float) -> str:
        """Return what is said of a limit that `false_alarms` set: " (limit 6.4 for 1/day)"."""
        if self._false_alarms is None:
            return ""
        return f" (limit {sigmas(limit)} for {self._false_alarms.text})"
