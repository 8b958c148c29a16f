"""Parameters of detectors: read, checked, and complained about in one way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nbstream.readings.window import Window, WindowLike

__all__ = ["count", "finite_window", "number"]


def number(
    name: str,
    given: Any,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Return a parameter as a finite float.

    Parameters
    ----------
    name
        The parameter's name, for the error.
    given
        What the user gave.
    above, at_least, at_most
        Where it must lie; `above` itself is excluded.

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is not finite, or out of bounds.
    """
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, float, np.number)):
        message = f"{name!r} must be a number (got {given!r})."
        raise TypeError(message)
    value = float(given)
    if not math.isfinite(value):
        message = f"{name!r} must be finite (got {value!r})."
        raise ValueError(message)
    for is_wrong, wanted in (
        (value <= above, f"> {above:g}"),
        (value < at_least, f">= {at_least:g}"),
        (value > at_most, f"<= {at_most:g}"),
    ):
        if is_wrong:
            message = f"{name!r} must be {wanted} (got {given!r})."
            raise ValueError(message)
    return value


def count(name: str, given: Any, *, at_least: int = 1) -> int:
    """Return a parameter as a whole number.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is too small.
    """
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, np.integer)):
        message = f"{name!r} must be a whole number (got {given!r})."
        raise TypeError(message)
    if given < at_least:
        message = f"{name!r} must be >= {at_least} (got {given!r})."
        raise ValueError(message)
    return int(given)


def finite_window(name: str, given: WindowLike) -> Window:
    """Return a parameter as a window that has an end: a duration or a number of readings.

    Raises
    ------
    ValueError
        If it cannot be read, is not > 0, or is "all".
    TypeError
        If it is of another type.
    """
    try:
        window = Window.parse(given)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("'window'", repr(name))) from None
    if window.duration_ns is None and window.readings is None:
        message = f"{name!r} must be a duration such as '2min' or a number of readings (got 'all')."
        raise ValueError(message)
    return window
