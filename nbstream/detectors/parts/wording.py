"""How detectors talk: numbers, durations and ordinals as people write them."""

from __future__ import annotations

import math

from nbstream.readings.window import NS

__all__ = ["duration", "ordinal", "short", "sigmas", "span"]

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
    if math.isfinite(number) and 1e4 <= abs(number) < 1e9:
        return str(round(number))
    return f"{number:.{digits}g}"


def duration(ns: int) -> str:
    """Return nanoseconds in words, rounded to what people read: "16 ms", "2 min", "1.5 h".

    Examples
    --------
    >>> duration(120 * 10**9), duration(16_000_000), duration(6_400_000_000)
    ('2 min', '16 ms', '6.4 s')
    """
    for unit, size in (
        ("d", 86400 * NS),
        ("h", 3600 * NS),
        ("min", 60 * NS),
        ("s", NS),
        ("ms", NS // 1000),
        ("µs", NS // 1_000_000),
    ):
        if ns >= size:
            return f"{short(ns / size, 3)} {unit}"
    return f"{ns} ns"


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


def sigmas(score: float) -> str:
    """Return how many spreads, with one decimal: "4.8"; a huge number roughly.

    Examples
    --------
    >>> sigmas(4.8123), sigmas(123456.0)
    ('4.8', '1e+05')
    """
    return f"{score:.1f}" if abs(score) < 1e4 else f"{score:.0e}"
