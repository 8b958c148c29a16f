"""A fixed limit, with hysteresis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection
from nbstream.detectors.parts.channel import ChannelDetector
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.wording import apart

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["ThresholdDetector"]


class ThresholdDetector(ChannelDetector):
    """Anomaly while a reading is above or below a fixed limit.

    The score is how far the reading is beyond the limit, in its units; negative on the good side. With
    `hysteresis` an anomaly goes on until the reading has come back by that much.

    Parameters
    ----------
    above, below
        The limits, in units of the readings; at least one. A reading at the limit is fine.
    hysteresis
        How far a reading must come back from the limit before the anomaly is over, in units of the
        readings.

    Raises
    ------
    ValueError
        If there is no limit, or `below` and `above` leave nothing between them.

    Notes
    -----
    Cost: below 1 ns per reading where nothing crosses.

    Examples
    --------
    >>> detector = ThresholdDetector(above=90, hysteresis=5)
    >>> detection = detector.update([0.0, 1.0, 2.0, 3.0], [80, 91, 88, 84])
    >>> detection.is_anomaly.tolist()
    [False, True, True, False]
    >>> detection.reason(2)
    '88 has been above 90, and not yet below 85'
    """

    name = "threshold"

    def __init__(
        self,
        *,
        above: float | None = None,
        below: float | None = None,
        hysteresis: float = 0.0,
    ) -> None:
        self.above = None if above is None else number("above", above)
        self.below = None if below is None else number("below", below)
        self.hysteresis = number("hysteresis", hysteresis, at_least=0)
        if self.above is None and self.below is None:
            message = "ThresholdDetector needs 'above' or 'below' (got neither)."
            raise ValueError(message)
        if self.above is not None and self.below is not None:
            if not self.below + self.hysteresis <= self.above - self.hysteresis:
                message = (
                    f"'below' + 'hysteresis' must be <= 'above' - 'hysteresis' (got {self.below}, "
                    f"{self.above}, {self.hysteresis})."
                )
                raise ValueError(message)
        super().__init__()

    def _forget(self) -> None:
        self._is_high = self._is_low = False

    def _judge(self, times: TimeArray, values: FloatArray) -> Detection:
        above, below, n = self.above, self.below, len(values)
        beyond = [values - above] if above is not None else []
        beyond += [below - values] if below is not None else []
        score, *others = beyond
        for other in others:
            np.maximum(score, other, out=score)
        is_high = self._side(values, above, 1.0, self._is_high)
        is_low = self._side(values, below, -1.0, self._is_low)
        self._is_high = is_high is not None and bool(is_high[-1])
        self._is_low = is_low is not None and bool(is_low[-1])
        is_anomaly = np.zeros(n, np.bool_)
        for is_beyond in (is_high, is_low):
            if is_beyond is not None:
                is_anomaly |= is_beyond

        def explain(i: int) -> str:
            back = self.hysteresis
            if is_high is not None and is_high[i]:
                assert above is not None
                value, limit, end = apart(values[i], above, above - back)
                if values[i] > above:
                    return f"{value} > {limit}"
                return f"{value} has been above {limit}, and not yet below {end}"
            if is_low is not None and is_low[i]:
                assert below is not None
                value, limit, end = apart(values[i], below, below + back)
                if values[i] < below:
                    return f"{value} < {limit}"
                return f"{value} has been below {limit}, and not yet above {end}"
            limits = {"below": below, "above": above}
            known = {word: limit for word, limit in limits.items() if limit is not None}
            value, *others = apart(values[i], *known.values())
            good = " and ".join(f"not {w} {limit}" for w, limit in zip(known, others, strict=True))
            return f"{value} is {good}"

        return Detection(score, is_anomaly, np.ones(n, np.bool_), explain)

    def _side(
        self, values: FloatArray, limit: float | None, sign: float, was_beyond: bool
    ) -> BoolArray | None:
        """Return where readings are beyond one limit, hysteresis included; None if nowhere."""
        if limit is None:
            return None
        extreme = values.max() if sign > 0 else values.min()
        if not was_beyond and not sign * extreme > sign * limit:
            return None
        back = limit - sign * self.hysteresis
        beyond = values > limit if sign > 0 else values < limit
        if not self.hysteresis:
            return beyond
        is_back = values < back if sign > 0 else values > back
        rows = np.arange(len(values))
        # Of the last reading that decided: even numbers are beyond, odd ones back.
        decided = np.where(
            beyond, 2 * rows, np.where(is_back, 2 * rows + 1, -1 if was_beyond else -2)
        )
        decided = np.maximum.accumulate(decided)
        state: BoolArray = np.where(decided < 0, was_beyond, decided % 2 == 0)
        return state
