"""Time zones: the one that a user names, or the machine's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["as_zone", "iso_utc", "local_datetime", "offset_ms", "zone_label"]


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


def iso_utc(at_ns: int) -> str:
    """Return a time in ns since the epoch, UTC, as ISO 8601 with all its nanoseconds."""
    whole = local_datetime(at_ns, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{at_ns % 1_000_000_000:09d}Z"
