"""How detectors talk: numbers, durations, phases and ordinals as people write them."""

from __future__ import annotations

import math
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

from nbstream.readings.window import NS
from nbstream.readings.zone import local_datetime

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = [
    "MANY_SIGMAS",
    "apart",
    "duration",
    "judges_from",
    "moment",
    "ordinal",
    "phase",
    "short",
    "side_of",
    "sigmas",
    "span",
]

MANY_SIGMAS = 100
DAY_NS = 86_400 * NS
YEAR_NS = 365.2425 * DAY_NS
_UNITS = (
    ("h", 3600 * NS),
    ("min", 60 * NS),
    ("s", NS),
    ("ms", NS // 1000),
    ("µs", NS // 1_000_000),
)
_PHASES = (
    (YEAR_NS, 0.02, "in %B"),
    (7 * DAY_NS, 0.005, "at %H:%M{zone} on %As"),
    (DAY_NS, 0.005, "at %H:%M{zone}"),
    (DAY_NS / 24, 0.005, "at minute %M of the hour"),
)
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip


def short(number: float, digits: int = 4) -> str:
    """Return a number with few significant digits: 20.1, 1e+09, −0.5.

    Examples
    --------
    >>> short(20.123456), short(1234567.0), short(-0.0)
    ('20.12', '1234567', '0')
    """
    number = float(number) + 0.0
    if math.isfinite(number) and number.is_integer() and abs(number) < 1e9:
        return str(int(number))
    if math.isfinite(number) and 10**digits <= abs(number) < 1e9:
        return str(round(number))
    return f"{number:.{digits}g}"


def apart(*numbers: float, digits: int = 2) -> list[str]:
    """Return numbers that are compared, with as many digits as it takes to see how far they are apart.

    Those are 4, or what shows the smallest difference to so many `digits`.

    Examples
    --------
    >>> apart(101325.04, 101325.0), apart(9.0, 5.0), apart(1.0, 1.0)
    (['101325.04', '101325'], ['9', '5'], ['1', '1'])
    """
    floats = [float(number) for number in numbers]
    ordered = sorted(number for number in floats if math.isfinite(number))
    gaps = [b - a for a, b in pairwise(ordered) if 0 < b - a < math.inf]
    finest = math.floor(math.log10(min(gaps))) + 1 - digits if gaps else 0

    def wanted(number: float) -> int:
        if not number or not gaps or not math.isfinite(number):
            return 4
        return min(max(4, math.floor(math.log10(abs(number))) - finest + 1), 17)

    return [short(number, wanted(number)) for number in floats]


def side_of(number: float, level: float) -> str:
    """Return "above", "below" or, where both are equal, "at"."""
    return "above" if number > level else "below" if number < level else "at"


def duration(ns: float) -> str:
    """Return nanoseconds in words, rounded to what people read: "16 ms", "2 min", "80 s", "11 years".

    Examples
    --------
    >>> duration(120 * 10**9), duration(16_000_000), duration(6_400_000_000)
    ('2 min', '16 ms', '6.4 s')
    >>> duration(86_400 * 10**9), duration(4020 * 86_400 * 10**9)
    ('1 day', '11 years')
    """
    for unit, size in (("year", YEAR_NS), ("day", DAY_NS)):
        if ns >= 0.995 * size:
            number = short(ns / size, 3)
            return f"{number} {unit}" if number == "1" else f"{number} {unit}s"
    for unit, size in _UNITS:
        if ns >= 0.9995 * size and not _wants_smaller(ns / size, unit):
            return f"{short(ns / size, 3)} {unit}"
    return f"{short(ns, 3)} ns" if ns else "0 s"


def _wants_smaller(number: float, unit: str) -> bool:
    """Return whether "80 s" and "79 min" say more to people than 1.33 min and 1.32 h."""
    return unit in ("h", "min") and number < 1.995 and short(number, 3) not in ("1", "1.5")


def span(duration_ns: int | None, readings: int | None) -> str:
    """Return a window in words: "2 min" or "1,000 readings"."""
    return duration(duration_ns) if duration_ns is not None else f"{readings:,} readings"


def ordinal(n: int) -> str:
    """Return "third" for 3, in digits from the 11th on.

    Examples
    --------
    >>> ordinal(3), ordinal(12), ordinal(22)
    ('third', '12th', '22nd')
    """
    if n <= len(_ORDINALS):
        return _ORDINALS[n - 1]
    last = 0 if 10 <= n % 100 <= 20 or n % 10 > 3 else n % 10
    ending = "thstndrd"[2 * last : 2 * last + 2]
    return f"{n}{ending}"


def moment(time_ns: int, zone: tzinfo = UTC) -> str:
    """Return a time to the second: "2026-03-01 12:00:00 UTC"; that it is UTC is said, another zone isn't."""
    return local_datetime(time_ns, zone).strftime("%Y-%m-%d %H:%M:%S") + _zone(zone)


def phase(time_ns: int, period_ns: float, zone: tzinfo = UTC) -> str:
    """Return in words where in its period a time lies.

    Examples
    --------
    >>> phase(0, 86_400e9), phase(0, 7 * 86_400e9), phase(0, 365 * 86_400e9), phase(0, 100e9)
    ('at 00:00 UTC', 'at 00:00 UTC on Thursdays', 'in January', 'at this point of the period')
    """
    for period, tolerance, form in _PHASES:
        if abs(period_ns / period - 1) < tolerance:
            return local_datetime(time_ns, zone).strftime(form.format(zone=_zone(zone)))
    return "at this point of the period"


def _zone(zone: tzinfo) -> str:
    return " UTC" if zone is UTC else ""


def judges_from(reading: int, n_so_far: int, *, is_least: bool = False) -> str:
    """Return when a detector will be warm; `is_least` says that it may be later.

    Examples
    --------
    >>> judges_from(97, 40)
    'judges from reading 97 on; 40 so far'
    """
    later = " or later" if is_least else ""
    return f"judges from reading {reading:,} on{later}; {n_so_far:,} so far"


def sigmas(score: float) -> str:
    """Return how many spreads, with one decimal: "4.8"; of very many just that.

    Examples
    --------
    >>> sigmas(4.8123), sigmas(123456.0)
    ('4.8', 'more than 100')
    """
    return f"{score:.1f}" if abs(score) <= MANY_SIGMAS else f"more than {MANY_SIGMAS}"
