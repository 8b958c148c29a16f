"""Pairs of channels that used to move together and no longer do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.joint_reasons import apart
from nbstream.detectors.parts.pair_model import PairModel, fit_pairs
from nbstream.detectors.parts.parameters import count
from nbstream.detectors.parts.step_detector import StepDetector, StepsTold
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.detectors.parts.joint_fit import History
    from nbstream.readings.batch import BoolArray, FloatArray

__all__ = ["CorrelationDetector"]


class CorrelationDetector(StepDetector):
    """A pair of channels that used to move together no longer does.

    Watches the correlation of each pair in a moving window, as Fisher's z, against what it used to be.

    Parameters
    ----------
    window
        Steps of a window.
    limit
        Spreads of Fisher's z below its mean (above, where channels move against each other) from which on a
        step is an anomaly; it stays one until there are less than half as many.
    warm_up
        Steps to learn from before anything is judged; six windows at least make sense.
    memory
        Steps after which about a third of what was learnt is left. Anomalies are not learnt from; after so
        many in a row the newest `warm_up` steps are learnt anew.
    max_age
        How old the latest reading of a channel may be to count; None is 3.5 of its usual intervals.

    Notes
    -----
    Steps are those of `MultivariateDetector`. A pair is watched if its correlation was 0.5 at least, up or
    down, and so steady that its loss would be beyond the limit: 200 pairs at most, the steadiest. A channel
    that stays the same throughout a window moves with none. A pair is not judged while less than half of
    the window has readings of both.

    Fisher's z (1921) is atanh(r); its spread is that of the windows seen, or 1 / √(window − 3) if this is
    more.

    Thread safety: none.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> load, noise = rng.normal(size=900), rng.normal(size=900)
    >>> columns = {"flow": load, "power": load + noise / 2}
    >>> columns["power"][800:] = noise[800:]
    >>> found = CorrelationDetector().update(np.arange(900.0), columns)
    >>> 800 < int(found.is_anomaly.argmax()) < 860
    True
    """

    name = "correlation"

    def __init__(
        self,
        *,
        window: int = 100,
        limit: float = 4.0,
        warm_up: int = 600,
        memory: int = 2000,
        max_age: str | float | timedelta | None = None,
    ) -> None:
        self.window = count("window", window, at_least=10)
        super().__init__(limit, warm_up, memory, max_age)
        if self.warm_up < 2 * self.window:
            message = (
                f"'warm_up' must be two windows at least, {2 * self.window} (got {warm_up!r})."
            )
            raise ValueError(message)

    def _fitted(self, history: History) -> PairModel | None:
        return fit_pairs(history, self.window, self.limit, self.memory, self._max_age_ns)

    def _reasons(self, told: StepsTold, score: FloatArray, is_anomaly: BoolArray) -> _Reasons:
        return _Reasons(self, self._n_to_learn, told, score, is_anomaly)


class _Reasons:
    """The reasons for the rows of a batch."""

    def __init__(
        self,
        detector: CorrelationDetector,
        n_to_learn: int,
        told: StepsTold,
        score: FloatArray,
        is_anomaly: BoolArray,
    ) -> None:
        self._channels, self._window = detector.channels, detector.window
        self._limit, self._n_to_learn = detector.limit, n_to_learn
        self._told, self._score, self._is_anomaly = told, score, is_anomaly

    def reason(self, row: int) -> str:
        """Return why a row was judged as it was."""
        found = self._told.find(row)
        if found is None:
            return "no step: the other channels of this round are to come"
        told, i = found
        if told.judged is None:
            n = told.n_before + i + 1
            if n < self._n_to_learn:
                return f"judges from step {self._n_to_learn + 1:,} on; {n:,} so far"
            return f"judges once two channels have moved together; {n:,} steps so far"
        if np.isnan(self._score[row]):
            return "too few readings of two channels that used to move together"
        pair = int(told.judged.pair[i])
        names = self._names(told, pair)
        z, mean, spread = (
            float(told.judged.z[i]),
            float(told.judged.mean[pair]),
            float(told.judged.spread[pair]),
        )
        sign = 1.0 if mean > 0 else -1.0
        usual = f"usually {np.tanh(mean):.2f}"
        over = f"over the last {self._window:,} steps"
        beyond = "less" if sign > 0 else "more"
        r = float(np.tanh(z))
        if self._score[row] > self._limit:
            bound = float(np.tanh(mean - sign * self._limit * spread))
            is_, limit = apart(r, bound)
            lost = f"{names} no longer move together: correlation {is_} {over}"
            return f"{lost}, {beyond} than {limit}; {usual}"
        if self._is_anomaly[row]:
            bound = float(np.tanh(mean - sign * self._limit / 2 * spread))
            is_, limit = apart(r, bound)
            return f"{names}: correlation {is_} {over}, not back at {limit} yet; {usual}"
        return f"{names}: correlation {apart(r, mean)[0]} {over}; {usual}"

    def leader(self, row: int) -> str:
        """Return the first channel of the pair that has lost most; the first where none is judged."""
        found = self._told.find(row)
        if found is None or found[0].judged is None or np.isnan(self._score[row]):
            return self._channels[0] if self._channels else ""
        told, i = found
        first, _ = told.judged.pairs[int(told.judged.pair[i])]
        return self._channels[int(told.columns[first])]  # type: ignore[index]

    def _names(self, told: object, pair: int) -> str:
        from nbstream.detectors.parts.step_detector import Told

        assert isinstance(told, Told)
        assert told.columns is not None
        first, second = (int(told.columns[j]) for j in told.judged.pairs[pair])
        return (
            f"{short_name(self._channels[first], 40)} and {short_name(self._channels[second], 40)}"
        )
