"""What the cells of a table mean: strict numbers, and times of a known form."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from nbstream.readings import NS_PER_UNIT, TimeUnit

__all__ = [
    "MISSING_TIME",
    "NAIVE",
    "TimeForm",
    "find_iso_format",
]

MISSING_TIME = -(2**63)
"""The time of a cell that cannot be read."""
NAIVE = -(2**63)
"""The offset of a time that names no zone."""

NS = 1_000_000_000
FIRST_YEAR, LAST_YEAR = 1678, 2261  # whole years that fit into int64 ns

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ISO = re.compile(
    r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})"
    r"(?:([T ])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


def find_iso_format(cell: str) -> str | None:
    """Return the strptime format of a year-first time, None if it is none.

    Examples
    --------
    >>> find_iso_format("2026-07-01T12:00:00.5+02:00")
    '%Y-%m-%dT%H:%M:%S.%f%z'
    """
    match = _ISO.fullmatch(cell)
    if match is None:
        return None
    _, dash, _, _, between, _, _, seconds, fraction, offset = match.groups()
    form = f"%Y{dash}%m{dash}%d"
    if between:
        form += f"{between}%H:%M" + (":%S" if seconds else "") + (".%f" if fraction else "")
        form += "%z" if offset else ""
    return form


class TimeForm:
    """How the cells of a time column are read, one at a time.

    Parameters
    ----------
    kind
        "iso" (year first), "number" (since the epoch) or "pattern" (a strptime format).
    unit
        Of "number".
    pattern
        Of "pattern"; for "iso", the form of the first cell, for people and for the fast path.
    """

    def __init__(self, kind: str, unit: TimeUnit | None = None, pattern: str | None = None) -> None:
        self.kind = kind
        self.unit = unit
        self.pattern = pattern

    def read(self, cell: str) -> tuple[int, int]:
        """Return the wall-clock ns and the offset of the zone in ns, or NAIVE; see MISSING_TIME."""
        if self.kind == "iso":
            return _iso(cell)
        if self.kind == "number":
            return _epoch(cell, self.unit or "s"), 0
        return _pattern(cell, self.pattern or "")


def _iso(cell: str) -> tuple[int, int]:
    match = _ISO.fullmatch(cell)
    if match is None:
        return MISSING_TIME, NAIVE
    year, _, month, day, _, hour, minute, second, fraction, offset = match.groups()
    wall = _wall_ns(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
    )
    if wall == MISSING_TIME:
        return MISSING_TIME, NAIVE
    if fraction:
        wall += int(fraction.ljust(9, "0"))
    if offset is None:
        return wall, NAIVE
    if offset == "Z":
        return wall, 0
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        return MISSING_TIME, NAIVE
    seconds = (hours * 60 + minutes) * 60
    return wall, (-seconds if offset[0] == "-" else seconds) * NS


def _wall_ns(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and hour < 24 and minute < 60):
        return MISSING_TIME
    if second > 59 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return MISSING_TIME
    return calendar.timegm((year, month, day, hour, minute, second)) * NS


def _epoch(cell: str, unit: TimeUnit) -> int:
    if not _NUMBER.fullmatch(cell):
        return MISSING_TIME
    try:
        ns = Decimal(cell) * NS_PER_UNIT[unit]
    except InvalidOperation:
        return MISSING_TIME
    limit = _wall_ns(LAST_YEAR, 12, 31, 0, 0, 0)
    return int(ns.to_integral_value()) if abs(ns) < limit else MISSING_TIME


@lru_cache(maxsize=4096)
def _pattern(cell: str, pattern: str) -> tuple[int, int]:
    try:
        when = datetime.strptime(cell, pattern)
    except ValueError:
        return MISSING_TIME, NAIVE
    wall = _wall_ns(when.year, when.month, when.day, when.hour, when.minute, when.second)
    if wall == MISSING_TIME:
        return MISSING_TIME, NAIVE
    wall += when.microsecond * 1000
    offset = when.utcoffset()
    return wall, NAIVE if offset is None else (offset // timedelta(microseconds=1)) * 1000
