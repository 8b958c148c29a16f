"""Bins of values for people: of round width, and the same until that is wrong.

The width is that of Freedman and Diaconis (1981), 2·IQR/∛n, rounded to 1, 2 or 5 times a power of ten;
edges are its multiples, so other readings move the ends and leave the edges between them where they are.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = [
    "MAX_BINS", "ValueBins", "choose_bins", "choose_log_bins", "decimals_of", "wanted_width",
]  # fmt: skip

MAX_BINS = 100
"""Bins that are chosen, without the empty ones at the ends."""
FEWEST_BINS, ENOUGH_BINS = 5, 30
"""As many bins as the root of the number of readings, within these: the rule sees no second hill."""
PADDING = 0.05
"""Share of the bins that stand empty at each end, so that a new extreme needs no other ones."""
LONG_TAILS = 1.5
"""So many times the most bins: beyond that tails are counted, not drawn."""
TAIL = 0.01
FEW_BARS = 5
"""Fewer bars of whole numbers have room on both sides, from 0 on too."""
FENCE = 3.0
MAX_DECIMALS = 6
AROUND_STEPS = 10
"""Bins that are narrower than so many steps of rounded readings have the steps in their middles."""
FINEST = 2.0**-44
MOST_STEPS = 2.0**46
ROUNDING = 2.0**-50
"""What the arithmetic of decimals may be wrong by."""
LARGEST = float(np.finfo(np.float64).max)
SMALLEST = 5e-324
TEN = Fraction(10)
DECADES = (*(1 / m for m in (1000, 500, 200, 100, 50, 20, 10, 5, 2)), 1.0, 2.0, 5.0, 10.0)
"""Widths of bins on a logarithmic axis."""
ONE_VALUE = 0.1


class ValueBins(NamedTuple):
    """Bins side by side: edges[k] ≤ value < edges[k + 1], the last one with its right edge."""

    edges: FloatArray
    """Ascending, shape (n + 1,)."""
    width: float
    """Of each; NaN where they differ."""
    decimals: int | None = None
    """Of readings that are all rounded to so many; None for others."""
    is_around: bool = False
    """Whether edges lie half a step of rounded readings beside the steps."""
    is_cut: tuple[bool, bool] = (False, False)
    """Whether there are tails below and above that are not in any bin."""
    decades: float | None = None
    """How wide each is on a logarithmic axis, in powers of ten; None for bins of another kind."""


def choose_bins(
    some: FloatArray, lowest: float, highest: float, n: int, *, most: int | None = None
) -> ValueBins:
    """Return bins for readings.

    Parameters
    ----------
    some
        Finite readings that stand for all, at least one.
    lowest, highest
        Of all.
    n
        How many there are.
    most
        Bins at most, tails included; None leaves that to the readings.
    """
    decimals = decimals_of(some)
    low, high = lowest, highest
    raw = wanted_width(some, low, high, n)
    if most is not None:
        raw = _span(low, high) / most
    elif _span(low, high) > LONG_TAILS * MAX_BINS * raw:
        low, high = _without_tails(some, low, high)
    if low == high:
        raw = _width_of_one(low, decimals)
    least = max((high / 2 - low / 2) / ((most or MAX_BINS) / 2), FINEST * max(abs(low), abs(high)))
    if decimals is not None and most is None:
        least = max(least, 10.0**-decimals, min(_least_step(some), _span(low, high) / FEWEST_BINS))
    width = _round(raw, least)
    step = Fraction(0) if decimals is None else TEN**-decimals
    around = step <= width < AROUND_STEPS * step
    shift = step / 2 if around else Fraction(0)
    first = (Fraction(low) + shift) // width
    last = (Fraction(high) + shift) // width
    padding = max(1, math.ceil(PADDING * (last - first + 1)))
    is_cut = low > lowest, high < highest
    begin = int(first if is_cut[0] else first - padding)
    if low >= 0 and (not around or last - first >= FEW_BARS):
        begin = max(begin, 0)
    end = int(last + 1 if is_cut[1] else last + 1 + padding)
    places = range(begin, end + 1)
    edges = np.unique([_float(place * width - shift) for place in places])
    return ValueBins(edges, _float(width), decimals, around, is_cut)


def choose_log_bins(some: FloatArray, lowest: float, highest: float, n: int) -> ValueBins:
    """Return bins that have the same width on a logarithmic axis, with edges at powers of ten.

    Parameters
    ----------
    some
        Finite readings that stand for all.
    lowest, highest
        Of all that are positive.
    n
        How many those are.

    Notes
    -----
    Readings that are not positive have no place on such an axis: they are a tail below it. Without any that
    is positive the axis goes from 1 to 10.
    """
    is_positive = some > 0
    is_cut = not bool(is_positive.all()), False
    if not n:
        return ValueBins(np.array([1.0, 10.0]), math.nan, is_cut=is_cut, decades=1.0)
    low, high = math.log10(lowest), math.log10(highest)
    wanted = wanted_width(np.log10(some[is_positive]), low, high, n) if low < high else ONE_VALUE
    found = max((width for width in DECADES if width <= wanted), default=DECADES[0])
    least = max(found, (high - low) / (MAX_BINS - 4))
    width = next(width for width in DECADES if width >= least)
    places = np.arange(math.floor(low / width) - 1, math.floor(high / width) + 3)
    with np.errstate(over="ignore", under="ignore"):
        edges = np.unique(np.clip(np.power(10.0, places * width), SMALLEST, LARGEST))
    return ValueBins(edges, math.nan, is_cut=is_cut, decades=width)


def wanted_width(some: FloatArray, lowest: float, highest: float, n: int) -> float:
    """Return how wide bins should be, before rounding; 0.0 for readings that are all the same."""
    span = _span(lowest, highest)
    if not span:
        return 0.0
    low, high = np.quantile(some / 4, [0.25, 0.75]).tolist()
    width: float = 2 * min(4 * (high - low), LARGEST / 2) / math.cbrt(n)
    if not width > 0:
        width = span / (math.log2(n) + 1)  # Sturges: most are the same
    return min(width, span / min(max(math.sqrt(n), FEWEST_BINS), ENOUGH_BINS))


def decimals_of(values: FloatArray) -> int | None:
    """Return to how many decimals all of the finite readings are rounded, None if that is more than six.

    Examples
    --------
    >>> (
    ...     decimals_of(np.array([20.1, 20.25])),
    ...     decimals_of(np.array([3.0])),
    ...     decimals_of(np.array([0.1 / 3])),
    ... )
    (2, 0, None)
    """
    if not len(values):
        return None
    largest = float(np.abs(values).max())
    for decimals in range(MAX_DECIMALS + 1):
        if largest * 10.0**decimals > MOST_STEPS:
            return None
        scaled = values * 10.0**decimals
        if bool((np.abs(scaled - np.round(scaled)) <= ROUNDING * np.abs(scaled)).all()):
            return decimals
    return None


def _span(low: float, high: float) -> float:
    return 2 * min(high / 2 - low / 2, LARGEST / 2)


def _without_tails(some: FloatArray, low: float, high: float) -> tuple[float, float]:
    """Return what is left of a span without tails in which there is next to nothing."""
    at = np.quantile(some / 4, [TAIL, 0.25, 0.75, 1 - TAIL]).tolist()
    inner, first, third, outer = (4 * quarter for quarter in at)
    fence = FENCE * (third - first)
    return max(low, min(inner, first - fence)), min(high, max(outer, third + fence))


def _width_of_one(value: float, decimals: int | None) -> float:
    if decimals is not None:
        return 10.0**-decimals
    return max(abs(value) / 100, 5e-324) if value else 1.0


def _least_step(some: FloatArray) -> float:
    """Return how far apart different readings are at least; 0.0 where few repeat."""
    different = np.unique(some)
    if len(different) < 2 or len(different) > len(some) // 2:
        return 0.0
    return float(np.diff(different).min()) * (1 - 1e-9)


def _round(width: float, least: float) -> Fraction:
    """Return what of 1, 2, 5, 10 … times a power of ten is nearest, and not less than `least`."""
    width = max(min(width, LARGEST), least := min(least, LARGEST), 5e-324)
    power = TEN ** math.floor(math.log10(width))
    steps = [factor * power for factor in (1, 2, 5, 10, 20, 50)]
    found = sum(Fraction(width) ** 2 > s * t for s, t in pairwise(steps[:4]))
    nearly = Fraction(least) * (1 - Fraction(1, 10**9))
    return next(step for step in steps[found:] if step >= nearly)


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return LARGEST if number > 0 else -LARGEST
