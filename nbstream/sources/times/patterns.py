"""Times as text, read by a pattern in the letters of `datetime.strptime`, but less strictly."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from nbstream.sources.times.words import (
    AM_PM,
    ZONE_WORDS,
    abbreviations,
    is_afternoon,
    month_number,
    zone_word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIRST_YEAR", "LAST_YEAR", "MISSING_TIME", "NAIVE", "TimePattern", "wall_ns"]

MISSING_TIME = -(2**63)
"""The time of a text that cannot be read."""
NAIVE = -(2**63)
"""The offset of a time that names no zone."""

NS = 1_000_000_000
FIRST_YEAR, LAST_YEAR = 1678, 2261  # whole years that fit into int64 ns
NO_YEAR = 2000  # a leap year, so that the 29th of February can be held
MAX_CACHED = 4096

_LONG_FORMS = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "D": "%m/%d/%y", "R": "%H:%M"}
_SAME = {"B": "b", "h": "b", "A": "a", "e": "d", "k": "H", "l": "I", "L": "f", "Z": "z"}
_OTHERS_OF_STRPTIME = frozenset("cxXUWw")
_DIGITS = {
    "Y": 4,
    "y": 2,
    "m": 2,
    "d": 2,
    "H": 2,
    "I": 2,
    "M": 2,
    "S": 2,
    "j": 3,
    "G": 4,
    "V": 2,
    "u": 1,
    "q": 1,
}
_WORD = r"[^\W\d_]"


class TimePattern:
    """Reads texts of one pattern.

    Parameters
    ----------
    pattern
        As for `datetime.strptime`; %T, %F, %D, %R and %e too, and %q for a quarter. Without %Y, %y or %G a
        year is missing; without a day, the date. A period of a year begins with its first day.
    asked
        The zone that the user named, for abbreviations such as "CST".
    zone
        A zone that texts name and that is known to the caller: their times are NAIVE then.
    is_joined
        Whether the texts are put together from several cells: then no part may be left out.

    Raises
    ------
    ValueError
        If it is no pattern.

    Notes
    -----
    A text may have less or more than its pattern: seconds, their fraction (after a point, a comma
    or a colon, of any length), the zone (an offset, a name, UTC, Z), and the whole time of day,
    which is then midnight. A pattern with letters that have to do with the locale or with
    weeks that are not ISO's is read by strptime itself, strictly.

    Thread safety: any thread.
    """

    def __init__(
        self,
        pattern: str,
        asked: tzinfo | None = None,
        zone: tzinfo | None = None,
        *,
        is_joined: bool = False,
    ) -> None:
        self.pattern = pattern
        self._asked = asked
        self._zone = zone
        self._own: Mapping[str, int] = {} if asked is None else abbreviations(asked)
        self._tokens = _tokens(pattern)
        letters = [token[1] for token in self._tokens if token[0] == "%"]
        self.has_year = not {"Y", "y", "G"}.isdisjoint(letters)
        has_day = "d" in letters and not {"m", "b"}.isdisjoint(letters)
        self.has_date = has_day or self.has_year or "j" in letters
        self.has_time = not {"H", "I"}.isdisjoint(letters)
        self._regex: re.Pattern[str] | None = None
        if _OTHERS_OF_STRPTIME.isdisjoint(letters):
            unknown = [letter for letter in letters if letter not in {*_DIGITS, *"bafpz%"}]
            if unknown:
                message = f"'time_format' has an unknown letter %{unknown[0]} (got {pattern!r})."
                raise ValueError(message)
            self._regex = re.compile(_regex(self._tokens, is_joined=is_joined))
        else:
            self.has_year = self.has_date = True
        self._cache: dict[str, tuple[int, int]] = {}

    def read(self, text: str) -> tuple[int, int]:
        """Return the wall-clock ns and the offset of the zone in ns.

        The offset is NAIVE if the text names no zone; the time is MISSING_TIME if it cannot be
        read. A time without a date is of 1970-01-01, a date without a year of 2000.
        """
        found = self._cache.get(text)
        if found is None:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            found = self._cache[text] = self._read(text)
        return found

    def problem(self, text: str) -> str:
        """Return what is wrong with the zone of a text, "" if that isn't it."""
        word = self.zone_word(text)
        return zone_word(word, self._asked, self._own).problem if word else ""

    def named_zone(self, text: str) -> tzinfo | None:
        """Return the zone that a text names as "Europe/Berlin", without an offset beside it."""
        word = self.zone_word(text)
        return zone_word(word, self._asked, self._own).zone if word else None

    def zone_word(self, text: str) -> str:
        """Return what names the zone in a text, "" if nothing does."""
        match = self._regex.fullmatch(text.strip()) if self._regex is not None else None
        return (match.groupdict().get("z") or "") if match is not None else ""

    def _read(self, text: str) -> tuple[int, int]:
        if self._regex is None:
            return self._read_strictly(text)
        match = self._regex.fullmatch(text.strip())
        if match is None:
            return MISSING_TIME, NAIVE
        parts = match.groupdict()
        wall = _wall_of(parts)
        word = parts.get("z")
        if wall == MISSING_TIME or not word:
            return wall, NAIVE
        return self._with_zone(wall, word)

    def _with_zone(self, wall: int, word: str) -> tuple[int, int]:
        offset_s, zone, problem = zone_word(word, self._asked, self._own)
        if problem:
            return MISSING_TIME, NAIVE
        if offset_s is None and zone is not None and zone != self._zone:
            when = datetime(1970, 1, 1) + timedelta(seconds=wall // NS)
            offset = when.replace(tzinfo=zone).utcoffset() or timedelta(0)
            offset_s = round(offset.total_seconds())
        return wall, NAIVE if offset_s is None else offset_s * NS

    def _read_strictly(self, text: str) -> tuple[int, int]:
        try:
            when = datetime.strptime(text, self.pattern)
        except ValueError:
            return MISSING_TIME, NAIVE
        wall = wall_ns(*when.timetuple()[:6])
        if wall == MISSING_TIME:
            return MISSING_TIME, NAIVE
        offset = when.utcoffset()
        ns = NAIVE if offset is None else round(offset.total_seconds()) * NS
        return wall + when.microsecond * 1000, ns


def wall_ns(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Return ns since 1970-01-01 00:00 of the same clock, MISSING_TIME if there is no such time.

    24:00 is 00:00 of the next day, and 23:59:60 (a leap second) too.
    """
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return MISSING_TIME
    if not 1 <= day <= calendar.monthrange(year, month)[1] or minute > 59:
        return MISSING_TIME
    if hour > 23 and (hour, minute, second) != (24, 0, 0):
        return MISSING_TIME
    if second > 59 and (minute, second) != (59, 60):
        return MISSING_TIME
    days = calendar.timegm((year, month, day, 0, 0, 0))
    return (days + hour * 3600 + minute * 60 + second) * NS


def _wall_of(parts: dict[str, str | None]) -> int:
    """Return the wall-clock ns of the groups of a match."""

    def whole(name: str, default: int) -> int:
        return int(parts.get(name) or default)

    hour = whole("H", whole("I", 0))
    if parts.get("p"):
        is_late = is_afternoon(parts["p"] or "")
        if is_late is None:
            return MISSING_TIME
        hour = hour + 12 if is_late and hour < 12 else 0 if not is_late and hour == 12 else hour
    has_date = "Y" in parts or "d" in parts or "j" in parts
    year = whole("Y", NO_YEAR if has_date else 1970)
    if parts.get("y"):
        year = whole("y", 0) + (1900 if whole("y", 0) > 68 else 2000)
    month, day = whole("m", 3 * whole("q", 1) - 2), whole("d", 1)
    if ("G" in parts) != ("V" in parts):
        return MISSING_TIME
    if "G" in parts:
        try:
            monday = date.fromisocalendar(whole("G", 0), whole("V", 1), whole("u", 1))
        except ValueError:
            return MISSING_TIME
        year, month, day = monday.year, monday.month, monday.day
    if parts.get("b"):
        month = month_number(parts["b"] or "") or 13
    days = whole("j", 1) - 1
    if days > 365:
        return MISSING_TIME
    wall = wall_ns(year, month, day, hour, whole("M", 0), whole("S", 0))
    if wall == MISSING_TIME:
        return MISSING_TIME
    return wall + days * 86_400 * NS + int((parts.get("f") or "0").ljust(9, "0")[:9])


def _tokens(pattern: str) -> list[str]:
    """Return letters as "%H", and what is between them as it is."""
    for letter, meaning in _LONG_FORMS.items():
        pattern = pattern.replace(f"%{letter}", meaning)
    found = re.findall(r"%.|[^%]+|%", pattern.strip(), re.DOTALL)
    tokens = [f"%{_SAME.get(t[1:], t[1:])}" if t[0] == "%" else t for t in found]
    letters = [token for token in tokens if token[0] == "%" and token != "%%"]
    if not letters:
        message = (
            f"'time_format' is written as for datetime.strptime, '%Y-%m-%d' (got {pattern!r})."
        )
        raise ValueError(message)
    twice = [token for token in letters if letters.count(token) > 1]
    if twice:
        message = f"'time_format' has {twice[0]} twice (got {pattern!r})."
        raise ValueError(message)
    return tokens


def _regex(tokens: list[str], *, is_joined: bool) -> str:
    """Return the regular expression of a pattern, lenient where `TimePattern` says so."""
    time_at = min((tokens.index(t) for t in ("%H", "%I", "%p") if t in tokens), default=-1)
    date_letters = {"%Y", "%y", "%m", "%d", "%b", "%j", "%G", "%V", "%u", "%q"}
    is_time_last = (
        time_at > 1
        and tokens[time_at - 1][0] != "%"
        and not date_letters.isdisjoint(tokens[:time_at])
        and date_letters.isdisjoint(tokens[time_at:])
    )
    pieces: list[str] = []
    i = 0
    while i < len(tokens):
        if i == time_at - 1 and is_time_last and not is_joined:
            pieces.append("(?:")
        if tokens[i] in {"%H", "%I"}:
            piece, i = _clock(tokens, i)
        elif tokens[i][0] == "%":
            piece, i = _letter(tokens, i), i + 1
        else:
            piece, i = _literal(tokens, i), i + 1
        pieces.append(piece)
    if "%z" not in tokens and time_at >= 0:
        pieces.append(f"(?P<z>{ZONE_WORDS})?")
    if is_time_last and not is_joined:
        pieces.append(")?")
    return "".join(pieces)


def _letter(tokens: list[str], i: int) -> str:
    letter = tokens[i][1]
    if letter == "%":
        return "%"
    if letter in _DIGITS:
        width = _DIGITS[letter]
        beside = (*tokens[max(0, i - 1) : i], *tokens[i + 1 : i + 2])
        is_fixed = letter in "YyG" or any(t[0] == "%" and t[1] in _DIGITS for t in beside)
        digits = rf"(?P<{letter}>[0-9]{{{width if is_fixed else f'1,{width}'}}})"
        return digits + ("(?:st|nd|rd|th|er|º)?" if letter == "d" and not is_fixed else "")
    return {
        "b": rf"(?P<b>{_WORD}{{3,}}\.?)",
        "a": rf"{_WORD}+\.?",
        "f": r"(?P<f>[0-9]+)",
        "p": rf"(?P<p>{AM_PM})",
        "z": rf"(?P<z>{ZONE_WORDS})?",
    }[letter]


def _literal(tokens: list[str], i: int) -> str:
    text = tokens[i]
    before = tokens[i - 1] if i else ""
    after = tokens[i + 1] if i + 1 < len(tokens) else ""
    if text.isspace() and (after in {"%p", "%z"} or before == "%p"):
        return r"\s*"
    if text in {"T", "t"} or text.isspace():
        is_between = after in {"%H", "%I"} and before not in {"", "%p"}
        return r"(?:[Tt]|\s+)" if is_between else r"\s+" if text.isspace() else text
    is_year_first = "%Y" in tokens[:i] and after in {"%m", "%d"} and i < 4
    if text in {"-", "/", "."} and is_year_first:
        return "[-/.]"
    parts = re.split(r"(\s+)", text)
    return "".join(r"\s+" if part.isspace() else re.escape(part) for part in parts)


def _clock(tokens: list[str], i: int) -> tuple[str, int]:
    """Return the expression for hour, minute, second and fraction, and the token behind them."""
    letter = tokens[i][1]
    rest = tokens[i + 1 :]
    digits = r"(?P<{}>[0-9]{{1,2}})"
    hour, minute, second = (digits.format(name) for name in (letter, "M", "S"))
    if rest[:1] == ["%M"]:
        fixed = r"(?P<{}>[0-9]{{2}})"
        hour, minute, second = (fixed.format(name) for name in (letter, "M", "S"))
        n = 1 + (rest[1:2] == ["%S"])
        if rest[n : n + 1] == ["%f"]:
            return f"{hour}{minute}{second}(?P<f>[0-9]*)", i + n + 2
        n += 2 * (rest[n + 1 : n + 2] == ["%f"])
        return rf"{hour}{minute}(?:{second}(?:[.,](?P<f>[0-9]+))?)?", i + n + 1
    if rest[1:2] != ["%M"] or rest[0][0] == "%":
        is_fixed = tokens[i - 1][0] == "%" if i else False
        return (r"(?P<{}>[0-9]{{2}})" if is_fixed else digits).format(letter), i + 1
    between, n = rest[0], 2
    before_second = between
    if rest[3:4] == ["%S"] and rest[2][0] != "%":
        before_second, n = rest[2], 4
        if rest[n + 1 : n + 2] == ["%f"] and rest[n][0] != "%":
            n += 2
    point = r"\s" if n == 6 and rest[4].isspace() else "[.,:]"
    fraction = rf"(?:{point}(?P<f>[0-9]+))?"
    seconds = f"(?:{re.escape(before_second)}{second}{fraction})?"
    return f"{hour}{re.escape(between)}{minute}{seconds}", i + n + 1
