"""Time zones: the one that a user names, or the machine's own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = [
    "ClockChanges",
    "as_zone",
    "iso_utc",
    "local_datetime",
    "offset_ms",
    "time_text",
    "zone_label",
]

FIRST_YEAR = 1970  # what the zones' data promise begins here
WEEK_S = 7 * 86_400
NS = 10**9


def as_zone(zone: str | tzinfo | None) -> tzinfo:
    """Return `zone` as a tzinfo.

    Parameters
    ----------
    zone
        An IANA name such as "Europe/Prague", "UTC", a tzinfo, or None for the local zone of this machine.

    Raises
    ------
    ValueError
        If the name is not known.
    """
    if zone is None:
        from dateutil.tz import tzlocal  # pandas brings it, and understands its zones

        local: tzinfo = tzlocal()
        return local
    if isinstance(zone, tzinfo):
        return zone
    if not isinstance(zone, str):
        msg = f"'timezone' must be a name such as 'Europe/Prague' (got {zone!r})."
        raise TypeError(msg)
    if zone.upper() in {"UTC", "Z"}:
        return UTC
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{zone!r} is not a known time zone. Give an IANA name such as 'Europe/Prague'."
        raise ValueError(msg) from None


def offset_ms(zone: tzinfo, at_ns: int) -> int:
    """Return how many milliseconds the wall clock of `zone` is ahead of UTC at a moment."""
    offset = local_datetime(at_ns, zone).utcoffset() or timedelta(0)
    return round(offset.total_seconds() * 1000)


def zone_label(zone: tzinfo, at_ns: int) -> str:
    """Return the zone in words, as it stands on an axis: "Europe/Prague (UTC+02:00)" or "UTC"."""
    minutes = offset_ms(zone, at_ns) // 60_000
    sign = "-" if minutes < 0 else "+"
    offset = f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    name = getattr(zone, "key", None) or local_datetime(at_ns, zone).tzname() or ""
    if name in {"UTC", "GMT", "Etc/UTC", ""} or name.startswith("UTC"):
        return "UTC" if minutes == 0 else offset
    return f"{name} ({offset})"


def local_datetime(at_ns: int, zone: tzinfo) -> datetime:
    """Return a time in ns since the epoch, UTC, as the date and time of a zone, cut to microseconds."""
    # Adding to the epoch, for fromtimestamp() refuses times before 1970 on Windows.
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1000)
    return utc.astimezone(zone)


def time_text(at_ns: int, zone: tzinfo) -> str:
    """Return a time as a table shows it, on the wall clock of a zone: "2026-07-01 12:00:05.25"."""
    text = f"{local_datetime(at_ns, zone):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    return text.rstrip("0").rstrip(".") if "." in text else text


def iso_utc(at_ns: int) -> str:
    """Return a time in ns since the epoch, UTC, as ISO 8601 with all its nanoseconds."""
    whole = local_datetime(at_ns, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % 1_000_000_000:09d}Z"


class ClockChanges:
    """When the clocks of a zone are set forward and back.

    Parameters
    ----------
    zone
        The zone.

    Notes
    -----
    A year is searched once, week by week, when it is first asked for.
    Thread safety: any thread; what two find out at once is the same.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._years: dict[int, list[tuple[int, int]]] = {}

    def between(self, begin_ns: int, end_ns: int) -> list[tuple[int, int]]:
        """Return each change after `begin_ns` up to `end_ns`: its time in ns, the offset in ms until then.

        None before 1970 is known.
        """
        if isinstance(self._zone, timezone):
            return []
        first, last = (local_datetime(ns, UTC).year for ns in (begin_ns, end_ns))
        years = range(max(first, FIRST_YEAR), last + 1)
        return [
            (at_ns, offset)
            for year in years
            for at_ns, offset in self._of_year(year)
            if begin_ns < at_ns <= end_ns
        ]

    def _of_year(self, year: int) -> list[tuple[int, int]]:
        if year not in self._years:
            begin, end = (
                round(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1)
            )
            weeks = [*range(begin, end, WEEK_S), end]
            self._years[year] = [
                change
                for one, next_one in itertools.pairwise(weeks)
                if (change := self._within(one, next_one)) is not None
            ]
        return self._years[year]

    def _within(self, begin: int, end: int) -> tuple[int, int] | None:
        """Return the change between two times in seconds, None if there is none."""
        before = offset_ms(self._zone, begin * NS)
        if offset_ms(self._zone, end * NS) == before:
            return None
        while end - begin > 1:
            middle = (begin + end) // 2
            if offset_ms(self._zone, middle * NS) == before:
                begin = middle
            else:
                end = middle
        return end * NS, before
