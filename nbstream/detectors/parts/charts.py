"""What control charts share: standardised readings, a warm-up, and learning anew after a lasting shift."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.calibration import Calibration
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.chart_baseline import ChartBaseline
from nbstream.detectors.parts.false_alarms import LEAST_TO_LEARN, FalseAlarms
from nbstream.detectors.parts.forecast import ForecastLearner
from nbstream.detectors.parts.parameters import count, number
from nbstream.detectors.parts.wording import judges_from

if TYPE_CHECKING:
    from nbstream.detectors.parts.run_lengths import RunLengths
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
    needs_level: ClassVar[bool] = True
    """Whether the level is learnt ever better; a kind with a mean of its own would take that for a shift."""

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

    def _run_lengths(self) -> RunLengths:
        """Return the chart's run lengths in normal readings; of those that take `false_alarms`."""
        raise NotImplementedError

    @abstractmethod
    def _chart(
        self, times: TimeArray, z: FloatArray, score: FloatArray, is_anomaly: BoolArray
    ) -> Explain:
        """Go on with the chart: write scores and which readings are anomalies, return the reasons.

        `z` may be written to; nothing is an anomaly to begin with.
        """

    @property
    def rather(self) -> str:
        """How often it alarms where `false_alarms` can't be held: "about 34/day in data such as these"."""
        return "" if self._calibration is None else self._calibration.rather

    def _forget(self) -> None:
        self._at_once = self.piece
        self._calibration: Calibration | None = None
        self._limit_words = ""  # " (limit 6.4 for 1/day)"
        self._learner = ForecastLearner()
        self._n_level = 0  # readings since the level was learnt
        self._baseline.reset()
        self._begin()

    def _begin(self) -> None:
        # First and last of the anomalies that keep coming, as rows before the next reading.
        self._run = -NEVER, -NEVER
        if self._baseline.is_ready:
            self._start()
            self._n_level = self._baseline.n_seen
            if self._calibration is None and self._false_alarms is not None:
                if self._baseline.is_learnt:
                    self._learner.take(self._baseline.newest)
                self._calibrate(self._false_alarms)

    def _calibrate(self, wanted: FalseAlarms) -> None:
        """Begin with the limit of the theory."""
        self._calibration = Calibration(
            self._run_lengths(),
            wanted,
            self._baseline.interval_ns,
            apart=self._baseline.n_needed // 4,
        )
        self._take_limit(self._calibration)

    def _take_limit(self, calibration: Calibration) -> None:
        self._limit, self._limit_words = calibration.limit, calibration.words

    def _learn_usual(
        self, wanted: FalseAlarms, calibration: Calibration, values: FloatArray, score: FloatArray
    ) -> None:
        """Learn from judged readings what is usual: limit and forecast; or the level, where that is all.

        Not the level while anomalies keep coming: it is another one then, perhaps.
        """
        calibration.take(score)
        self._take_limit(calibration)
        if not self._baseline.is_learnt:
            return
        self._n_level += len(values)
        had = self._learner.forecast
        if not self._learner.take(values):
            return
        has = self._learner.forecast
        if (has is None) != (had is None):
            self._calibrate(wanted)  # the scores are others now
        if self.needs_level and has is None and -self._run[1] > self._baseline.n_needed // 4:
            self._baseline.learn_level(self._learner.newest(self._n_level))

    def _usual(self) -> tuple[float, float, bool]:
        """Return level and spread that z is of, and whether the level is that of a forecast's errors, 0."""
        forecast = self._learner.forecast
        if forecast is None:
            return self._baseline.center, self._baseline.sigma, False
        return 0.0, forecast.sigma, True

    def _standardized(self, values: FloatArray) -> FloatArray:
        """Return z: how far readings are from the mean, or from what was forecast of them, in sigmas."""
        baseline = self._baseline
        forecast = self._learner.forecast
        if forecast is None:
            z, sigma = np.subtract(values, baseline.center), baseline.sigma
        else:
            z, sigma = self._learner.errors(values, forecast), forecast.sigma
        z *= 1.0 / sigma if 1.0 / sigma < np.inf else 1e300
        np.clip(z, -self._largest_z, self._largest_z, out=z)
        return z

    def _room(self) -> int:
        """Return how many readings may be looked at before the limit, or the forecast, is another."""
        if self._calibration is None:
            return NEVER
        room = self._calibration.room
        return min(room, self._learner.room) if self._baseline.is_learnt else room

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
            stop = min(n, i + self._at_once, i + self._room())
            z = self._standardized(values[i:stop])
            is_anomaly[i:stop] = False
            explains.append(self._chart(times[i:stop], z, score[i:stop], is_anomaly[i:stop]))
            lasting = self._lasting(is_anomaly[i:stop]) if baseline.is_learnt else None
            if lasting is not None:
                stop = i + lasting + 1
            if baseline.is_learnt:
                baseline.remember(times[i:stop], values[i:stop])
                self._at_once = min(2 * self._at_once, self.piece)
            if self._false_alarms is not None and self._calibration is not None:
                here = slice(i, stop)
                self._learn_usual(self._false_alarms, self._calibration, values[here], score[here])
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
        baseline = self._baseline
        first = baseline.n_needed + 1
        # How much rare false alarms need is known when the rate is.
        is_least = baseline.n_needed == LEAST_TO_LEARN and self.warm_up is None
        is_least = is_least and baseline.is_learnt and self._false_alarms is not None
        return lambda i: judges_from(first, n_seen + i + 1, is_least=is_least)
