"""What pattern a text that may be a time has: as in "01-Jul-2026 12:00:00" or "7/1/26 3:05 PM"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from nbstream.sources.times.words import AM_PM, ZONE_WORDS, is_weekday, month_number

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "compact_patterns", "duration_s", "lasted_s", "looks_like_time", "scan_day_time", "scan_time",
]  # fmt: skip

_YEAR_FIRST = re.compile(r"([0-9]{4})(-|/|\. ?|_|:)([0-9]{1,2})\2([0-9]{1,2})(?![0-9])(\.?)")
_CHINESE = re.compile(r"([0-9]{4})(年|년 ?)([0-9]{1,2})(月|월 ?)([0-9]{1,2})(日|일)")
_ORDINAL = re.compile(r"([0-9]{4})-([0-9]{3})(?![0-9])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})(-|/|\. ?)([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![0-9])")
_YEARLESS = re.compile(r"([0-9]{1,2})(\.)([0-9]{1,2})\.(?![0-9])")
_YEARLESS_TIME = re.compile(r"([0-9]{1,2})([-/])([0-9]{1,2})(?= +[0-9]{1,2}:[0-9]{2})")
_YEAR_MONTH = re.compile(r"([0-9]{4})([-/.])([0-9]{2})$")
_WEEK_DAY = re.compile(r"([0-9]{4})-W([0-9]{2})-([1-7])(?![0-9])")
_PERIOD = re.compile(r"([0-9]{4})([- ]?)([WQM])([0-9]{1,2})$")
_PERIOD_BEFORE = re.compile(r"Q([1-4])([-/ ])([0-9]{4})$")
_COMPACT = re.compile(r"[0-9]{8}(?=$|[T _\-]?[0-9]{4}|[T _\-][0-9]{1,2}:)")
_SIX_DIGITS = re.compile(r"[0-9]{6}(?=[T ](?:[0-9]{2}:?){2,3}(?![0-9]))")
_ORDINAL_ENDING = r"(?:st|nd|rd|th|er|º)?"
_WORD = r"([^\W\d_]{3,}\.?)"
_YEAR_MONTH_NAME = re.compile(rf"([0-9]{{4}})([- /.]){_WORD}\2([0-9]{{1,2}})(?![0-9:])")
_DAY_MONTH_NAME = re.compile(
    rf"([0-9]{{1,2}}){_ORDINAL_ENDING}(\. ?|[-/ ]| de )?{_WORD}"
    r"(?:( del? |[-/ .,]?\s*)([0-9]{4}(?![0-9])|[0-9]{2}(?![0-9:])))?"
)
_MONTH_NAME_DAY = re.compile(
    rf"{_WORD}([-/ ] *)([0-9]{{1,2}})(?![0-9:]){_ORDINAL_ENDING}\.?(?:(,? +|[-/])([0-9]{{4}})(?![0-9:]))?"
)
_MONTH_NAME_YEAR = re.compile(rf"{_WORD}([-/ ])([0-9]{{4}})$")
_YEAR_MONTH_NAME_ALONE = re.compile(rf"([0-9]{{4}})([-/ ]){_WORD}$")
_MONTH_YEAR = re.compile(r"(?:0[1-9]|1[0-2])([-/])(?:19|20)[0-9]{2}$")
_CLOCK = re.compile(
    r"([0-9]{1,2})([:.h時时点])([0-9]{1,2})(?![0-9])"
    r"(?:(\2|[m分])([0-9]{1,2})(?![0-9])(?:([.,:])([0-9]+))?)?"
)
_COMPACT_CLOCK = re.compile(r"[0-9]{4}(?:[0-9]{2}(?:([.,])[0-9]+)?)?(?![0-9])")
_DASHED_CLOCK = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{2})(?![0-9\-])")
_DOTTED = re.compile(rf"[0-9]{{1,2}}\.[0-9]{{2}}(?:\.[0-9]{{2}}|\s*{AM_PM})")
_HOUR = re.compile(r"([0-9]{1,2})(?![0-9:.])")
_BETWEEN = re.compile(
    r"[Tt]|[,;]? +(?:at |um |à |klo |kl\.? |om |alle |- |@ )?|[:_\-](?=[0-9])|(?=[0-9])|$"
)
_WEEKDAY = re.compile(r"\(?([^\W\d_]{1,10})\)?([.,]? +|,|\. )")
_HALF = re.compile(rf"\s*{AM_PM}(?![^\W\d_])")
_ZONE = re.compile(ZONE_WORDS)
_DIGITS_ONLY = re.compile(r"[0-9]+(?:[.,][0-9]+)?")

_DURATION = re.compile(
    r"(?:([0-9]+)(?: days?,? | ?d |\.))?\+?([0-9]{1,6}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?"
)
_COUNTED = re.compile(
    r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) ?(sec|seconds?|s|msec|ms|minutes?|mins?|hours?|hr|h)"
)
_SECONDS = {"ms": Decimal("0.001"), "se": Decimal(1), "s": Decimal(1), "mi": Decimal(60)}
_MINUTES = re.compile(r"([0-9]{1,3}):([0-9]{2}\.[0-9]+)")
_LASTED = re.compile(r"(?:([0-9]+):)?([0-9]{1,3}):([0-9]{2}(?:\.[0-9]+)?)")
_LOOKS = re.compile(
    r"^\W*(?:[0-9]{1,2}:[0-9]{2}(?![0-9])|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9])"
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}(?![0-9.])|(?:19|20)[0-9]{2}-?[WQ][0-9])"
)

MAX_LENGTH = 80


@lru_cache(maxsize=4096)
def scan_time(text: str) -> tuple[str, ...]:
    """Return the patterns that a time with a date may have; more than one if day and month may swap.

    Examples
    --------
    >>> scan_time("2026-07-01T12:00:00.5+02:00")
    ('%Y-%m-%dT%H:%M:%S.%f%z',)
    >>> scan_time("01/02/2026 10:00")
    ('%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M')
    >>> scan_time("3.5")
    ()
    """
    text = text.strip()
    if not 4 <= len(text) <= MAX_LENGTH:
        return ()
    if text[0] == "[" and text[-1] == "]":
        return tuple(f"[{found}]" for found in scan_time(text[1:-1]))
    at, front = _weekday(text, 0)
    dates, end = _date(text, at)
    if dates:
        return _after_date(text, end, [front + date for date in dates])
    clock = _clock(text, at)
    if clock is None or front:
        return ()
    pattern, end = clock
    zone, end = _zone(text, end)
    between = re.compile(r",? +").match(text, end)
    if between is None:
        return ()
    at, day = _weekday(text, between.end())
    dates, end = _date(text, at)
    dates = dates if end == len(text) else []
    return tuple(f"{pattern}{zone}{between[0]}{day}{date}" for date in dates)


def scan_day_time(text: str) -> str | None:
    """Return the pattern of a time of day without a date, None if it is none.

    Examples
    --------
    >>> scan_day_time("12:00:01"), scan_day_time("3:05 PM"), scan_day_time("120001")
    ('%H:%M:%S', '%I:%M %p', None)
    """
    text = text.strip()
    if not 3 <= len(text) <= MAX_LENGTH:
        return None
    clock = _clock(text, 0)
    if clock is None or _DIGITS_ONLY.fullmatch(text):
        return None
    pattern, end = clock
    zone, end = _zone(text, end)
    return pattern + zone if end == len(text) else None


def duration_s(text: str) -> Decimal | None:
    """Return how many seconds "1 days 00:00:01.5", "0:00:01" or "1.5 sec" are, None for other text."""
    if match := _MINUTES.fullmatch(text):
        return Decimal(match[1]) * 60 + Decimal(match[2])
    if match := _COUNTED.fullmatch(text):
        unit = "ms" if match[2] == "msec" else match[2][:2]
        return Decimal(match[1]) * _SECONDS.get(unit, 3600)
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def lasted_s(text: str) -> float | None:
    """Return how many seconds "1:23.4" or "0:05:14" are, the last part seconds; None for other text.

    Examples
    --------
    >>> lasted_s("1:23.4"), lasted_s("1:00:05"), lasted_s("12")
    (83.4, 3605.0, None)
    """
    match = _LASTED.fullmatch(text)
    if match is None:
        return None
    return (int(match[1] or 0) * 60 + int(match[2])) * 60 + float(match[3])


def looks_like_time(text: str) -> bool:
    """Return whether a text has the looks of a time, whatever it means."""
    return _LOOKS.search(text) is not None and len(text) <= MAX_LENGTH


def compact_patterns(digits: str) -> tuple[str, ...]:
    """Return the patterns that a time written in digits alone may have, by their number.

    Examples
    --------
    >>> compact_patterns("20260701120000")  # a year in front or behind
    ('%Y%m%d%H%M%S', '%d%m%Y%H%M%S')
    """
    whole, dot, _ = digits.partition(".")
    fraction = ".%f" if dot else ""
    return {
        17: ("%Y%m%d%H%M%S%f",),
        14: (f"%Y%m%d%H%M%S{fraction}", f"%d%m%Y%H%M%S{fraction}"),
        12: ("%Y%m%d%H%M", f"%y%m%d%H%M%S{fraction}", f"%d%m%y%H%M%S{fraction}"),
        10: ("%Y%m%d%H", "%y%m%d%H%M", "%d%m%y%H%M"),
        8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"),
        6: ("%y%m%d", "%d%m%y", "%m%d%y"),
    }.get(len(whole), ())


def _weekday(text: str, at: int) -> tuple[int, str]:
    match = _WEEKDAY.match(text, at)
    if match is None or not is_weekday(match[1]):
        return at, ""
    return match.end(), match[0].replace(match[1], "%a")


def _date(text: str, at: int) -> tuple[list[str], int]:
    """Return the patterns of the date that begins there, none if none does, and its end."""
    for pattern, read in _DATES:
        match = pattern.match(text, at)
        if match is not None and (found := read(match)):
            return found, match.end()
    return [], at


def _either(first: str, dash: str, second: str, rest: str = "") -> list[str]:
    """Return whether two numbers are day and month or month and day; both if both may be."""
    found = [f"%d{dash}%m{rest}"] if int(first) <= 31 and int(second) <= 12 else []
    if int(first) <= 12 and int(second) <= 31 and not (dash[0] == "." and found):
        found.append(f"%m{dash}%d{rest}")
    return found


def _year_last(m: re.Match[str]) -> list[str]:
    """Return what three numbers may be, of which none is a year of four digits in front."""
    first, dash, second, last = m.groups()
    found = _either(first, dash, second, f"{dash}%Y" if len(last) == 4 else f"{dash}%y")
    if len(last) == 2 and len(first) == 2 and int(second) <= 12 and 1 <= int(last) <= 31:
        found.append(f"%y{dash}%m{dash}%d")
    return found


def _day_month_name(m: re.Match[str]) -> list[str]:
    year = "" if m[5] is None else f"{m[4]}%{'Y' if len(m[5]) == 4 else 'y'}"
    return [f"%d{m[2] or ''}%b{year}"] if month_number(m[3]) else []


def _month_name_day(m: re.Match[str]) -> list[str]:
    if not month_number(m[1]):
        return []
    if m[5] is not None:
        return [f"%b{m[2]}%d{m[4]}%Y"]
    is_all = m[0] == m.string and len(m[3]) == 2
    return [f"%b{m[2]}%d", *([f"%b{m[2]}%y"] if is_all else [])]


def _period(m: re.Match[str]) -> list[str]:
    """Return the pattern of a week, a quarter or a month of a year: 2026-W48, 2026Q4, 2026M11."""
    year, letter = ("G", "V") if m[3] == "W" else ("Y", {"Q": "q", "M": "m"}[m[3]])
    return [f"%{year}{m[2]}{m[3]}%{letter}"]


_DATES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[str]]], ...] = (
    (_YEAR_FIRST, lambda m: [f"%Y{m[2]}%m{m[2]}%d{m[5]}"]),
    (_CHINESE, lambda m: [f"%Y{m[2]}%m{m[4]}%d{m[6]}"]),
    (_WEEK_DAY, lambda _: ["%G-W%V-%u"]),
    (_PERIOD, _period),
    (_PERIOD_BEFORE, lambda m: [f"Q%q{m[2]}%Y"]),
    (_ORDINAL, lambda _: ["%Y-%j"]),
    (_YEAR_LAST, _year_last),
    (_YEARLESS, lambda _: ["%d.%m."]),
    (_YEARLESS_TIME, lambda m: _either(*m.groups())),
    (_YEAR_MONTH, lambda m: [f"%Y{m[2]}%m"]),
    (_COMPACT, lambda _: ["%Y%m%d", "%d%m%Y", "%m%d%Y"]),
    (_SIX_DIGITS, lambda _: ["%y%m%d", "%d%m%y", "%m%d%y"]),
    (_YEAR_MONTH_NAME, lambda m: [f"%Y{m[2]}%b{m[2]}%d"] if month_number(m[3]) else []),
    (_DAY_MONTH_NAME, _day_month_name),
    (_MONTH_NAME_DAY, _month_name_day),
    (_MONTH_NAME_YEAR, lambda m: [f"%b{m[2]}%Y"] if month_number(m[1]) else []),
    (_YEAR_MONTH_NAME_ALONE, lambda m: [f"%Y{m[2]}%b"] if month_number(m[3]) else []),
    (_MONTH_YEAR, lambda m: [f"%m{m[1]}%Y"]),
)
"""How dates are written, and what patterns each has."""


def _after_date(text: str, end: int, dates: list[str]) -> tuple[str, ...]:
    """Return whole patterns from those of the date and what comes behind it."""
    if end == len(text):
        return tuple(dates)
    between = _BETWEEN.match(text, end)
    if between is None:
        return ()
    clock = _clock(text, between.end(), after_date=True)
    if clock is None:
        return ()
    rest, end = clock
    zone, end = _zone(text, end)
    rest = between[0] + rest + zone
    if end < len(text):
        year = re.compile(r" +([0-9]{4})$").match(text, end)
        if year is None or "%Y" in dates[0] or "%y" in dates[0]:
            return ()
        rest += " %Y"
    return tuple(date + rest for date in dates)


def _clock(text: str, at: int, *, after_date: bool = False) -> tuple[str, int] | None:
    """Return the pattern of the time of day that begins there, and its end."""
    half = _HALF.match(text, at)
    front = ""
    if half is not None and not half[0].isascii():
        front = "%p"
        at = half.end()
        if text[at : at + 1] == " ":
            front, at = "%p ", at + 1
    if m := _CLOCK.match(text, at):
        pattern = f"%H{m[2]}%M"
        if m[5] is not None:
            pattern += f"{m[4]}%S" + ("" if m[6] is None else f"{m[6]}%f")
        if m[2] == "." and not after_date and not _DOTTED.match(text, at):
            return None  # a number, a version, an address
        end = m.end()
        if text[end : end + 1] in {"秒", "分"}:
            pattern, end = pattern + text[end], end + 1
    elif after_date and (m := _DASHED_CLOCK.match(text, at)):
        pattern, end = "%H-%M-%S", m.end()
    elif after_date and (m := _COMPACT_CLOCK.match(text, at)):
        n = len(m[0].split(m[1])[0]) if m[1] else len(m[0])
        pattern = "%H%M" + ("%S" if n == 6 else "") + (f"{m[1]}%f" if m[1] else "")
        end = m.end()
    elif m := _HOUR.match(text, at):
        end = m.end()
        if not after_date and not (front or _HALF.match(text, end)):
            return None
        pattern = "%H"
    else:
        return None
    if text[end : end + 4] == " Uhr":
        pattern, end = pattern + " Uhr", end + 4
    after = None if front else _HALF.match(text, end)
    if after is not None:
        space = " " if after[0][0].isspace() else ""
        pattern, end = f"{pattern}{space}%p", after.end()
    if front or after is not None:
        pattern = pattern.replace("%H", "%I")
    return front + pattern, end


def _zone(text: str, end: int) -> tuple[str, int]:
    """Return "%z" with the space before it, and its end, if a zone stands there."""
    match = _ZONE.match(text, end)
    if match is None:
        return "", end
    return (" %z" if match[0][0].isspace() else "%z"), match.end()
