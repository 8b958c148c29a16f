"""Random numbers, to try things out."""

from __future__ import annotations

import random as _random
from typing import TYPE_CHECKING, Any

from nbstream.readings.batch import Batch
from nbstream.sources.base import Source
from nbstream.sources.items import ONE_CHANNEL
from nbstream.sources.state import SourceState
from nbstream.sources.supervision import Pace
from nbstream.sources.wording import positive_seconds

if TYPE_CHECKING:
    from nbstream.runtime.turns import Life

__all__ = ["RandomSource"]


class RandomSource(Source):
    """One random number at a time, uniform between two limits, as channel "value".

    Parameters
    ----------
    interval
        Seconds between two readings. The schedule does not drift; what could not be kept is
        skipped.
    low, high
        The limits, both included: whole numbers are drawn when both are int, else real ones.
    seed
        The same seed gives the same numbers; None gives others each time.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    ValueError
        If `interval` is not > 0, or `low` > `high`.

    Notes
    -----
    Thread safety: any thread.

    Examples
    --------
    >>> with RandomSource(interval=0.01, seed=1) as source:
    ...     source.name
    'random'
    """

    kind = "random"

    def __init__(
        self,
        interval: float = 1.0,
        low: float = 1,
        high: float = 100,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        self.interval = positive_seconds(interval, "interval")
        if not low <= high:
            message = f"'low' must be <= 'high' (got {low!r} and {high!r})."
            raise ValueError(message)
        super().__init__(**options)
        self.low, self.high = low, high
        self._numbers = _random.Random(seed)

    @property
    def own_interval(self) -> float | None:
        """Seconds between two readings."""
        return self.interval

    def _run(self) -> Life:
        self._set_state(SourceState.RUNNING)
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        pace = Pace(self._clock, self.interval)
        while True:
            if whole:
                number = float(self._numbers.randint(int(self.low), int(self.high)))
            else:
                number = self._numbers.uniform(self.low, self.high)
            self._emit(Batch.from_rows([(self._clock.wall_ns(), {ONE_CHANNEL: number})]))
            if (yield pace.left()):
                return
