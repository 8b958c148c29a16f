"""Numbers that loggers write for a missing reading, noticed where they stand far from a channel's others.

They are told and not left out: -999 may be a value, and whoever knows says it with `na_values`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbstream.readings.batch import Batch, FloatArray

__all__ = ["Suspects"]

USUAL = np.array(
    [
        -99.0, -99.9, -99.99, -127.0, -999.0, -999.9, -999.99, -9999.0, -9999.9, -9999.99, -99999.0,
        -32768.0, 32767.0, 65535.0, 999.9, 999.99, 9999.0, 9999.9, 9999.99, 99999.0, 999999.0,
    ]
)  # fmt: skip
"""-127 is a thermometer without contact; others are as many nines as fit, or the ends of a whole number."""
HIGHEST_BELOW, LOWEST_ABOVE = USUAL[USUAL < 0].max(), USUAL[USUAL > 0].min()
HUGE = 1e30
"""Fill values of netCDF, HDF and instruments are larger, and hardly a reading is."""
FAR = 5
"""How many times the range of the others a suspect is away from them, and half of the largest at least."""
MAX_CHANNELS = 256
MAX_TOLD = 5


@dataclass
class _Channel:
    """What came of one channel so far."""

    low: float = math.inf
    high: float = -math.inf
    n: int = 0
    suspects: dict[float, None] = field(default_factory=dict)

    def look(self, values: FloatArray) -> float | None:
        """Take in further values; return one that stands for none, None if there is none to be sure of."""
        lowest, highest = float(values.min()), float(values.max())
        if lowest != lowest:  # slower, but it passes over what is missing
            lowest, highest = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
        if self.low <= lowest and highest <= self.high:
            return None
        if HIGHEST_BELOW < lowest and highest < LOWEST_ABOVE:
            self._see(lowest, highest, int(np.count_nonzero(values == values)))
        else:
            is_suspect = (values <= HIGHEST_BELOW) | (values >= LOWEST_ABOVE)
            large = values[is_suspect]
            is_suspect[is_suspect] = np.isin(large, USUAL) | (np.abs(large) >= HUGE)
            others = values[~is_suspect & (values == values)]
            if len(others):
                self._see(float(others.min()), float(others.max()), len(others))
            for value in np.unique(values[is_suspect])[:MAX_TOLD].tolist():
                self.suspects.setdefault(value)
        far = max(FAR * (self.high - self.low), abs(self.low) / 2, abs(self.high) / 2)
        surest = (v for v in self.suspects if max(self.low - v, v - self.high) > far)
        return next(surest, None) if self.n > 1 else None

    def _see(self, lowest: float, highest: float, n: int) -> None:
        self.low, self.high = min(self.low, lowest), max(self.high, highest)
        self.n += n


class Suspects:
    """Looks for such numbers in the batches of one table.

    Notes
    -----
    A channel is told of once; a batch within the range of those before costs two passes over it.

    Thread safety: none.
    """

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._told: dict[str, float] = {}

    def look(self, batch: Batch, words: Collection[str] = ()) -> str:
        """Return what to say of them if something new was found, else "".

        Parameters
        ----------
        batch
            Readings as they came.
        words
            Channels whose values are no numbers.
        """
        n_told = len(self._told)
        for name, values in batch.values.items() if len(batch) else ():
            if name in self._told or name in words:
                continue
            if name not in self._channels and len(self._channels) >= MAX_CHANNELS:
                continue
            found = self._channels.setdefault(name, _Channel()).look(values)
            if found is not None:
                self._told[name] = found
                self._channels.pop(name)
        return self._said() if len(self._told) > n_told else ""

    def _said(self) -> str:
        names = [repr(name) for name in self._told]
        more = f" and {len(names) - MAX_TOLD} more" if len(names) > MAX_TOLD else ""
        numbers = list(dict.fromkeys(f"{number:.8g}" for number in self._told.values()))
        shown = numbers[0] if len(numbers) == 1 else f"[{', '.join(numbers)}]"
        return (
            f"{', '.join(numbers)} in {', '.join(names[:MAX_TOLD])}{more} is far from the other values; "
            f"na_values={shown} makes a missing reading of it"
        )
