"""The y axis of a picture: its range, where values lie on it, and its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbstream.widgets.keep.ticks import Tick, fitted, log_ticks, value_ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.readings.batch import FloatArray

__all__ = ["Scale", "scale_of"]

HUGE = 1e300
Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie on an axis."""

    low: float
    """Its end; of a logarithmic one the power of ten, as of `high`."""
    high: float
    ticks: Sequence[Tick]
    is_log: bool = False
    factor: float = 1.0
    """Values near the end of what a number can be are drawn as this part of them."""

    def place(self, values: FloatArray) -> FloatArray:
        """Return where values lie, 0 at the foot and 1 at the top; NaN for one that has no place."""
        if self.is_log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.log10(values)
            values = np.where(np.isfinite(values), values, np.nan)
        places: FloatArray = (values * self.factor - self.low) / (self.high - self.low)
        return places

    def place_of(self, value: float) -> float:
        """Return where one value lies."""
        return float(self.place(np.array([value]))[0])


def scale_of(
    values: FloatArray,
    *,
    most: int,
    limits: Iterable[float] = (),
    ends: Ends = (None, None),
    least: Ends = (None, None),
    is_log: bool = False,
) -> Scale:
    """Return the scale of an axis.

    Parameters
    ----------
    values
        What is drawn; NaN and infinite ones don't count.
    most
        Ticks that there is room for.
    limits
        What is drawn too if it lies near the values.
    ends
        Where the axis ends, None where the values decide.
    least
        How far it reaches at least.
    is_log
        Whether it is logarithmic; only positive values have a place then.
    """
    values = values[np.isfinite(values)]
    if is_log:
        values = np.log10(values[values > 0])
        limits = [np.log10(limit) for limit in limits if limit > 0]
        ends, least = _powers(ends), _powers(least)
    factor = 1e-10 if not is_log and len(values) and float(np.abs(values).max()) > HUGE else 1.0
    values = values * factor
    reached = np.array([end * factor for end in least if end is not None])
    low, high = fitted(values)
    if len(reached):
        low, high = _reaching(values, reached, low, high)
    near = high - low
    limits = [limit * factor for limit in limits if abs(limit) * factor < HUGE]
    limits = [limit for limit in limits if low - near < limit < low or high < limit < high + near]
    if limits and len(values):
        low, high = fitted(np.concatenate([values, reached, limits]))
    low, high = (
        fit if end is None else end * factor for end, fit in zip(ends, (low, high), strict=True)
    )
    if not low < high:
        low, high = fitted(np.array([low, low]))
    most = max(2, most)
    ticks = log_ticks(low, high, most) if is_log else value_ticks(low, high, most)
    if factor != 1.0:
        places = [tick.at / factor for tick in ticks]
        ticks = [Tick(place, f"{place:.3g}") for place in places if math.isfinite(place)]
    return Scale(low, high, ticks, is_log, factor)


def _reaching(
    values: FloatArray, reached: FloatArray, low: float, high: float
) -> tuple[float, float]:
    """Return ends that hold what an axis reaches at least, with room beyond values only."""
    if not len(values):
        return fitted(reached)
    first, last = float(reached.min()), float(reached.max())
    low = first if float(values.min()) >= first else low
    high = last if float(values.max()) <= last else high
    return low, high


def _powers(ends: Ends) -> Ends:
    low, high = (None if end is None or end <= 0 else float(np.log10(end)) for end in ends)
    return low, high
