"""Where the ticks of an axis lie, what stands beside them, and how many digits a number is worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = [
    "Tick", "compact", "fitted", "free_labels", "log_ticks", "shown", "time_ticks", "value_ticks",
]  # fmt: skip

LARGE = 1e7
SMALL = 1e-4
"""Numbers beyond are written with a suffix, or with an exponent."""
SUFFIXES = "kMGT"
SHORT = 1e4
"""From here on powers of ten have a suffix."""
TOO_LARGE = 1e15
PADDING = 0.06
MOST_DECIMALS = 12

MS = 10**6
SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
STEPS = (
    *(n * 10**p for p in range(9) for n in (1, 2, 5)),
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 5, 10)),
)
"""What lies between two ticks of a time axis, ns; longer ones are whole months."""
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
MONTH = 30.44 * DAY
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tick(NamedTuple):
    """A tick of an axis."""

    at: float
    """The value, or the time in ns."""
    label: str
    """What stands beside it."""


def fitted(values: FloatArray) -> tuple[float, float]:
    """Return a range around values, none of them missing, with room above and below.

    Equal values lie in the middle of a range that suits their size; without any it is 0 to 1.
    """
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    # Halves, for the difference of two large numbers may be no number any more.
    half = high / 2 - low / 2
    size = max(abs(low), abs(high))
    if half <= size * 1e-14:
        room = abs(low) * 0.1 or 1.0
    else:
        room = half * 2 * PADDING if half < 1e300 else 0.0
    return low - room, high + room


def value_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return about `most` ticks at round numbers from `low` to `high`; at least two if that can be."""
    ticks = _value_ticks(low, high, most)
    return ticks if len(ticks) > 1 or most > 8 else _value_ticks(low, high, 2 * most)


def _value_ticks(low: float, high: float, most: int) -> list[Tick]:
    rough = (high / max(1, most)) - (low / max(1, most))
    if not (math.isfinite(rough) and rough > 0):
        return []
    exponent = math.floor(math.log10(rough))
    unit = _power(exponent)
    if not unit > 0:
        return []
    step = next((n * unit for n in (1, 2, 5) if n * unit >= rough), 10 * unit)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    places = [n * step for n in range(first, last + 1)] if last - first <= 2 * most + 2 else []
    slack = step * 1e-9
    places = [0.0 if abs(place) < slack else place for place in places]
    # Among neighbouring floats several multiples are one number, or lie outside.
    places = list(dict.fromkeys(p for p in places if low - slack <= p <= high + slack))
    largest = max((abs(place) for place in places), default=0.0)
    if largest and (largest >= LARGE or largest < SMALL):
        places = [place for place in places if math.isfinite(place)]
        labels = _suffixed(places, step, largest) or _exponents(places, step, largest)
        return [Tick(*tick) for tick in zip(places, labels, strict=True)]
    decimals = min(MOST_DECIMALS, max(0, -math.floor(math.log10(step) + 1e-9)))
    return [Tick(place, f"{place:,.{decimals}f}") for place in places]


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return about `most` ticks of a logarithmic axis, whose ends are powers of ten.

    They are powers of ten, with 2 and 5 times those where there is room; even ones where the axis holds less
    than one decade.
    """
    if high - low < 1:
        return [tick for tick in value_ticks(_ten_to(low), _ten_to(high), most) if tick.at > 0]
    factors = (1, 2, 5) if 3 * (high - low) <= most else (1,)
    every = math.ceil((high - low) / max(1, most))
    powers = [p for p in range(math.floor(low), math.floor(high + 1e-9) + 1) if p % every == 0]
    found = [factor * _power(power) for power in powers for factor in factors]
    inside = [at for at in found if at > 0 and low - 1e-9 <= math.log10(at) <= high + 1e-9]
    return [Tick(at, _short(at)) for at in inside]


def time_ticks(from_ns: int, to_ns: int, offset_ns: int, most: int) -> list[Tick]:
    """Return at most about `most` ticks at round times of the wall clock, `offset_ns` ahead of UTC.

    Midnight is told by its date.
    """
    rough = max(1, (to_ns - from_ns) // max(1, most))
    first, last = from_ns + offset_ns, to_ns + offset_ns
    step = next((step for step in STEPS if step >= rough), None)
    if step is None:
        return _month_ticks(first, last, offset_ns, rough)
    walls = [n * step for n in range(-(-first // step), last // step + 1)]
    return [
        Tick(wall - offset_ns, label)
        for wall, label in zip(walls, _time_labels(walls, step), strict=True)
    ]


def shown(value: float, spread: float = 0.0) -> str:
    """Return a number with the digits that it is worth among numbers that differ by `spread`.

    Examples
    --------
    >>> shown(101_325.4871, 20.0), shown(0.123456, 0.01), shown(float("nan")), shown(3e12)
    ('101,325.5', '0.1235', '–', '3e+12')
    """
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size and (size >= LARGE or size < SMALL):
        return f"{value:.5g}"
    if not (math.isfinite(spread) and spread > 0):
        return f"{value:,.6g}" if size < 1e5 else f"{value:,.10g}"
    decimals = min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(spread))))
    return f"{value:,.{decimals}f}"


def compact(value: float, spread: float, width: int) -> str:
    """Return a number as `shown`, with fewer digits, a suffix or an exponent where that is too wide.

    Examples
    --------
    >>> compact(101_325.4871, 20.0, 8), compact(190_223_360.0, 5.0, 8), compact(1013.25, 0.01, 8)
    ('101325.5', '190.223M', '1013.250')
    """
    text = shown(value, spread)
    if len(text) <= width or not math.isfinite(value):
        return text
    without_commas = text.replace(",", "")
    if len(without_commas) <= width:
        return without_commas
    whole = len(f"{value:.0f}")
    if whole <= width and abs(value) >= 1:
        return f"{value:.{max(0, width - whole - 1)}f}"
    power = min(math.floor(math.log10(abs(value)) / 3 + 1e-9), len(SUFFIXES))
    if 1 <= power and abs(value) < TOO_LARGE:
        for n_digits in range(7, 2, -1):
            short = f"{value / 1000.0**power:.{n_digits}g}{SUFFIXES[power - 1]}"
            if len(short) <= width and "e" not in short:
                return short
    for n_digits in range(6, 0, -1):
        short = f"{value:.{n_digits}g}"
        if len(short) <= width:
            return short
    return f"{value:.0e}"


def _suffixed(places: list[float], step: float, largest: float) -> list[str] | None:
    """Return large numbers as "20M", "1.5G"; None for those that are too large, or near each other."""
    power = min(math.floor(math.log10(largest) / 3 + 1e-9), len(SUFFIXES))
    decimals = max(0, -math.floor(math.log10(step / 1000.0**power) + 1e-9))
    if not (1 <= power and largest < TOO_LARGE and decimals <= 3):
        return None
    unit, suffix = 1000.0**power, SUFFIXES[power - 1]
    return [f"{place / unit:,.{decimals}f}{suffix}" if place else "0" for place in places]


def _exponents(places: list[float], step: float, largest: float) -> list[str]:
    n_digits = math.floor(math.log10(largest) + 1e-9) - math.floor(math.log10(step) + 1e-9)
    n_digits = min(MOST_DECIMALS, max(0, n_digits))
    return [_exponent(place, n_digits) if place else "0" for place in places]


def _exponent(value: float, n_digits: int) -> str:
    """Return a number as people write it: "3e9", "2.5e-6"."""
    mantissa, _, power = f"{value:.{n_digits}e}".partition("e")
    return f"{mantissa}e{int(power)}"


def _ten_to(exponent: float) -> float:
    return float(10.0 ** min(exponent, 308.25))


def _short(value: float) -> str:
    """Return a value of one digit: "0.01", "200", "1G"."""
    if SMALL <= value < SHORT:
        return f"{value:,.10g}"
    [label] = _suffixed([value], value, value) or _exponents([value], value, value)
    return label


def _power(exponent: int) -> float:
    try:
        return float(f"1e{exponent}")
    except OverflowError:
        return 0.0


def _time_labels(walls: list[int], step: int) -> list[str]:
    if step >= DAY:
        years = {_date(wall)[:4] for wall in walls}
        return [_day(wall, with_year=len(years) > 1) for wall in walls]
    return [
        _time_of_day(wall, step) if wall % DAY else _day(wall, with_year=False) for wall in walls
    ]


def _time_of_day(wall: int, step: int) -> str:
    text = str(np.datetime64(wall, "ns"))[11:]
    if step >= MINUTE:
        return text[:5]
    if step >= SECOND:
        return text[:8]
    n_decimals = next(n for n in range(1, 10) if step % 10 ** (9 - n) == 0)
    return text[: 9 + n_decimals]


def _month_ticks(first: int, last: int, offset_ns: int, rough: int) -> list[Tick]:
    step = next((n for n in MONTHS if n * MONTH >= rough), MONTHS[-1])
    begin = int(np.datetime64(first, "ns").astype("M8[M]").astype(np.int64))
    end = int(np.datetime64(last, "ns").astype("M8[M]").astype(np.int64))
    ticks = []
    for month in range(-(-begin // step) * step, end + 1, step):
        # Years before 1678 have no ns; int64 would wrap around.
        wall = int(np.datetime64(month, "M").astype("M8[s]").astype(np.int64)) * SECOND
        if first <= wall <= last:
            year, number = str(np.datetime64(month, "M")).rsplit("-", 1)
            label = year if step % 12 == 0 else f"{NAMES[int(number) - 1]} {year}"
            ticks.append(Tick(wall - offset_ns, label))
    return ticks


def _date(wall: int) -> str:
    return str(np.datetime64(wall, "ns"))[:10]


def _day(wall: int, *, with_year: bool) -> str:
    year, month, day = _date(wall).split("-")
    text = f"{int(day)} {NAMES[int(month) - 1]}"
    return f"{text} {year}" if with_year else text


def free_labels(places: list[float], widths: list[float], gap: float) -> list[bool]:
    """Return which labels may stand without touching the one before."""
    keep: list[bool] = []
    right = -math.inf
    for place, width in zip(places, widths, strict=True):
        is_free = place - width / 2 >= right
        keep.append(is_free)
        if is_free:
            right = place + width / 2 + gap
    return keep
