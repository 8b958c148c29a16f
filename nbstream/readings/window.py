"""The span of the statistics: "60s", a number of readings, or "all"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Window", "WindowLike", "format_duration", "parse_duration", "rough_duration"]

WindowLike: TypeAlias = "Window | str | int | float | timedelta"

NS = 1_000_000_000
_NAMES = {
    NS // 1000: "ms",
    NS: "s sec second seconds",
    60 * NS: "m min minute minutes",
    3600 * NS: "h hour hours",
    86400 * NS: "d day days",
}
_UNITS = {name: ns for ns, names in _NAMES.items() for name in names.split()}
_ROUGH_UNITS = (
    *((NS, NS // 1000, "ms"), (120 * NS, NS, "s"), (120 * 60 * NS, 60 * NS, "min")),
    *((48 * 3600 * NS, 3600 * NS, "h"), (730 * 86400 * NS, 86400 * NS, "days")),
)
"""Up to which duration a unit is used, and its size."""
_DURATION = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Window:
    """A window: exactly one of `duration_ns` and `readings` is set, or neither, which is "all".

    Parameters
    ----------
    duration_ns
        Length in event time: (newest − duration, newest], as pandas' rolling.
    readings
        Number of newest readings.

    Examples
    --------
    >>> Window.parse("5min")
    Window('5min')
    >>> Window.parse(1000).readings
    1000
    """

    duration_ns: int | None = None
    readings: int | None = None

    @classmethod
    def parse(cls, window: WindowLike) -> Window:
        """Return `window` as a Window.

        Parameters
        ----------
        window
            "60s", "5min", "1h30min", "500ms", a timedelta, a whole number (readings), "all", or a Window.

        Raises
        ------
        ValueError
            If it cannot be read, or is not > 0.
        TypeError
            If it is of another type.
        """
        if isinstance(window, Window):
            return window
        if isinstance(window, str):
            text = window.strip()
            if text.lower() == "all":
                return cls()
            if text.isdecimal():
                return cls.parse(int(text))
            return cls(duration_ns=_positive(parse_duration(text, name="window"), window))
        if isinstance(window, (timedelta, np.timedelta64)):
            return cls(duration_ns=_positive(_timedelta_ns(window), window))
        if isinstance(window, (int, np.integer)) and not isinstance(window, bool):
            return cls(readings=_positive(int(window), window))
        msg = (
            "'window' must be a duration such as '60s', a whole number of readings or 'all' "
            f"(got {window!r})."
        )
        raise TypeError(msg)

    def __str__(self) -> str:
        """Return the text that `parse` reads back."""
        if self.duration_ns is not None:
            return format_duration(self.duration_ns)
        return "all" if self.readings is None else str(self.readings)

    def __repr__(self) -> str:
        """Return the constructor's form for people."""
        return f"Window({str(self)!r})"

    @property
    def label(self) -> str:
        """The window in words, for a page: "60s", "1,000 readings", "all"."""
        return str(self) if self.readings is None else f"{self.readings:,} readings"


def parse_duration(duration: Any, *, name: str) -> int:
    """Return a duration as nanoseconds.

    Parameters
    ----------
    duration
        A number of seconds, a timedelta, or text such as "3s", "250ms", "1h30min".
    name
        The argument's name, for the error.

    Raises
    ------
    ValueError
        If it cannot be read, or is negative.
    """
    if isinstance(duration, (timedelta, np.timedelta64)):
        ns = _timedelta_ns(duration)
    elif isinstance(duration, (int, float)) and not isinstance(duration, bool):
        if not np.isfinite(duration):
            msg = f"{name!r} must be finite (got {duration!r})."
            raise ValueError(msg)
        _require_short(duration * NS, name, duration)
        ns = round(duration * NS)
    elif isinstance(duration, str):
        ns = _text_ns(duration, name)
    else:
        msg = f"{name!r} must be a duration such as '3s' (got {duration!r})."
        raise TypeError(msg)
    if ns < 0:
        msg = f"{name!r} must be >= 0 (got {duration!r})."
        raise ValueError(msg)
    return ns


def format_duration(ns: int) -> str:
    """Return `ns` nanoseconds as the shortest text that `parse_duration` reads back exactly.

    Up to two minutes stay in seconds ("60s", "90s"), because people name such windows so.
    """
    if ns % NS == 0 and ns <= 120 * NS:
        return f"{ns // NS}s"
    for unit, size in (("d", _UNITS["d"]), ("h", _UNITS["h"]), ("min", _UNITS["min"])):
        if ns >= size and ns % size == 0:
            return f"{ns // size}{unit}"
    if ns < NS and ns % (NS // 1000) == 0:
        return f"{ns // (NS // 1000)}ms"
    seconds, rest = divmod(ns, NS)
    fraction = f"{rest:09d}".rstrip("0")
    return f"{seconds}.{fraction}s" if fraction else f"{seconds}s"


def rough_duration(ns: int) -> str:
    """Return a duration for people, rounded: "850 ms", "42 s", "5 min", "3 h", "12 days", "56 years"."""
    for limit, size, unit in _ROUGH_UNITS:
        if ns < limit:
            return f"{ns / size:.0f} {unit}"
    return f"{ns / (365.2425 * 86400 * NS):.0f} years"


def _text_ns(text: str, name: str) -> int:
    position, total = 0, 0.0
    stripped = text.strip()
    while position < len(stripped):
        match = _DURATION.match(stripped, position)
        unit = _UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None:
            msg = f"{name!r} must be a duration such as '60s', '5min' or '1h' (got {text!r})."
            raise ValueError(msg)
        total += float(match[1]) * unit
        _require_short(total, name, text)
        position = match.end()
    if not stripped:
        msg = f"{name!r} must be a duration such as '60s' (got {text!r})."
        raise ValueError(msg)
    return round(total)


def _require_short(ns: float, name: str, given: object) -> None:
    if not abs(ns) < 2**63:
        msg = f"{name!r} is too long (got {given!s:.40})."
        raise ValueError(msg)


def _timedelta_ns(delta: timedelta | np.timedelta64) -> int:
    if isinstance(delta, np.timedelta64):
        return int(delta.astype("timedelta64[ns]").astype(np.int64))
    whole = delta.days * 86400 + delta.seconds
    return whole * NS + delta.microseconds * 1000 + int(getattr(delta, "nanoseconds", 0))


def _positive(number: int, given: object) -> int:
    if not number > 0:
        msg = f"'window' must be > 0 (got {given!r})."
        raise ValueError(msg)
    if number >= 2**62:
        msg = f"'window' is too long (got {given!r}). Use 'all'."
        raise ValueError(msg)
    return number
