"""What a chart is told of its y axes, its gaps and its bands, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

__all__ = ["NEVER_NS", "YLike", "read_band", "read_gap", "read_switch", "read_y"]

YLike: TypeAlias = Literal["fit", "expand"] | tuple[float | None, float | None]
"""How a y axis chooses its range, or its ends; None is an end that the readings choose."""
NEVER_NS = 2**63 - 1
"""A pause that is never that long."""


def read_y(y: Any, *, is_log: bool = False) -> YLike:
    """Return the policy of the y axes as it was given to a chart.

    Raises
    ------
    TypeError
        If `y` is neither a word nor two numbers.
    ValueError
        If it is another word, the ends are not finite and ascending, or not above 0 on a log axis.
    """
    if isinstance(y, str):
        if y == "fit":
            return "fit"
        if y == "expand":
            return "expand"
        message = f"'y' must be 'fit', 'expand' or (lowest, highest) (got {y!r:.100})."
        raise ValueError(message)
    if not isinstance(y, Sequence) or len(y) != 2 or not all(map(_is_end, y)):
        message = f"'y' must be 'fit', 'expand' or (lowest, highest) (got {y!r:.100})."
        raise TypeError(message)
    low, high = (None if end is None else float(end) for end in y)
    given = [end for end in (low, high) if end is not None]
    if not all(map(math.isfinite, given)):
        message = f"The ends of 'y' must be finite (got {y!r:.100})."
        raise ValueError(message)
    if low is not None and high is not None and not low < high:
        message = f"The ends of 'y' must ascend (got {y!r:.100})."
        raise ValueError(message)
    if is_log and any(end <= 0 for end in given):
        message = f"The ends of 'y' must be > 0 on a log axis (got {y!r:.100})."
        raise ValueError(message)
    return (low, high) if given else "fit"


def _is_end(end: Any) -> bool:
    return end is None or (hasattr(end, "__float__") and not isinstance(end, (bool, str)))


def read_gap(gap: Any) -> int | None:
    """Return from how long a pause on a line breaks, in ns; None is where it is long beside others.

    Raises
    ------
    TypeError
        If `gap` is neither seconds nor "never" nor None.
    ValueError
        If it is not > 0.
    """
    if gap is None:
        return None
    if gap == "never":
        return NEVER_NS
    if isinstance(gap, (bool, str)) or not hasattr(gap, "__float__"):
        message = f"'gap' must be seconds or 'never' (got {gap!r:.100})."
        raise TypeError(message)
    seconds = float(gap)
    if not seconds > 0:
        message = f"'gap' must be > 0 (got {gap!r:.100})."
        raise ValueError(message)
    return NEVER_NS if seconds * 1e9 >= NEVER_NS else round(seconds * 1e9)


def read_band(band: Any) -> float | None:
    """Return how many standard deviations a band reaches from the mean; None is no band.

    Raises
    ------
    TypeError
        If `band` is neither a number nor None.
    ValueError
        If it is not finite and > 0.
    """
    if band is None:
        return None
    if isinstance(band, (bool, str)) or not hasattr(band, "__float__"):
        message = f"'band' must be a number of standard deviations or None (got {band!r:.100})."
        raise TypeError(message)
    deviations = float(band)
    if not (math.isfinite(deviations) and deviations > 0):
        message = f"'band' must be finite and > 0 (got {band!r:.100})."
        raise ValueError(message)
    return deviations


def read_switch(given: Any, name: str) -> bool:
    """Return True or False as it was given; TypeError for anything else."""
    if not isinstance(given, bool):
        message = f"{name!r} must be True or False (got {given!r:.100})."
        raise TypeError(message)
    return given
