"""Numbers as people read them."""

from __future__ import annotations

import math

__all__ = ["exact_number", "near_number", "short_number"]


def short_number(number: float, digits: int = 6) -> str:
    """Return a number for people: a whole one in full, others with `digits` significant digits."""
    number = float(number)
    if math.isfinite(number) and not (number.is_integer() and abs(number) < 1e15):
        number = float(f"{number:.{digits}g}")
    return exact_number(number)


def near_number(number: float, distance: float) -> str:
    """Return a number for people: three digits, and two of its distance from what it is compared with.

    Examples
    --------
    >>> (
    ...     near_number(93.18273645, 3.18),
    ...     near_number(101325.372, 0.372),
    ...     near_number(0.0123456, 0.002),
    ... )
    ('93.2', '101325.37', '0.0123')
    """
    if not (0 < distance < math.inf) or abs(number) >= 1e15:
        return short_number(number)
    decimals = max(0, 1 - math.floor(math.log10(distance)))
    if number:
        decimals = max(decimals, 2 - math.floor(math.log10(abs(number))))
    return exact_number(round(float(number), decimals))


def exact_number(number: float) -> str:
    """Return the shortest text that is read back as exactly this number."""
    return repr(number + 0.0).removesuffix(".0")  # + 0.0 makes -0.0 plain
