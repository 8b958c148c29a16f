"""What stands in plotly's figure, read with care: numbers, colours and times, whatever somebody put there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["Props", "color_of", "epoch_ms", "nested", "number_of", "parts", "positive", "power_of"]

Props = dict[str, Any]
"""A part of plotly's figure, as it keeps it."""
MAX_COLOR = 40


def color_of(color: Any) -> str | None:
    """Return a colour as a browser takes it; None if it is none."""
    return color[:MAX_COLOR] if isinstance(color, str) and color else None


def nested(props: Props | None, *path: str) -> Any:
    """Return what stands at the end of a path, None if the path ends before."""
    value: Any = props
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parts(props: Props, name: str) -> list[Props]:
    """Return the parts of a list in a figure, such as its shapes."""
    return [part for part in props.get(name) or () if isinstance(part, dict)]


def number_of(value: Any) -> float | None:
    """Return a finite number; None if `value` is none."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return None
    try:
        number = float(value)
    except (OverflowError, TypeError):
        return None
    return number if math.isfinite(number) else None


def positive(value: Any, default: float, *, least: float = 1e-3) -> float:
    """Return a number that is not below `least`; what is none, or less, becomes the default."""
    number = number_of(value)
    return default if number is None or number < least else number


def power_of(exponent: Any) -> float | None:
    """Return the value that stands on a log axis where plotly says `exponent`."""
    number = number_of(exponent)
    return None if number is None or abs(number) > 300 else 10.0**number


def epoch_ms(time: Any, offset_ms: float) -> float | None:
    """Return when a shape begins or ends: a number is epoch ms, a time without a zone the wall clock."""
    number = number_of(time)
    if number is not None or time is None:
        return number
    import pandas as pd

    try:
        stamp = pd.Timestamp(time)
    except (TypeError, ValueError, OverflowError):
        return None
    if pd.isna(stamp):
        return None
    ms = stamp.value / 1e6
    return ms if stamp.tz is not None else ms - offset_ms
