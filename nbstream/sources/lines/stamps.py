"""Lines that hold nothing but a time, which is that of the lines below them.

Scripts write them that call `date` before each measurement, ``iostat -t``, and ``top -b`` in its first line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.sources.times.scan import scan_time
from nbstream.sources.times.words import AM_PM, is_afternoon, is_weekday, month_number, zone_word

if TYPE_CHECKING:
    from nbstream.sources.item_times import ItemTimes

__all__ = ["Stamps", "is_stamp"]

NS = 1_000_000_000
LONGEST = 80
MAX_WORDS = 5

_DRAWN = "-=#*~_<>|:[]() \t"
_NAME = re.compile(r"(?:date|time|datetime|timestamp|datum|zeit)\s?[:=]\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_ZONE_OR_HALF = re.compile(rf"[A-Z]{{1,5}}|{AM_PM}|Uhr|um|at")
_CELL_BEHIND = re.compile(r".*[0-9](?:,[0-9]+|\s+[+-][0-9]{1,2})")
"""A time and a number behind it; parts of a second have a point there, or a zone behind them, and an offset
has minutes."""
_TOP = re.compile(r"top - ([0-9]{1,2}:[0-9]{2}:[0-9]{2}) up .*")


def is_stamp(line: str) -> bool:
    """Return whether a line is a date with a time of day, perhaps between signs or behind "Date:".

    Examples
    --------
    >>> is_stamp("==== Wed Jul  1 12:00:00 CEST 2026 ===="), is_stamp("2026-07-01 12:00:00 21.5")
    (True, False)
    """
    return _time_in(line) != ""


def _time_in(line: str) -> str:
    """Return the time that a line is, "" if it is something else."""
    if len(line) > LONGEST or ":" not in line:
        return ""
    text = _NAME.sub("", line.strip(_DRAWN), count=1)
    words = _WORD.findall(text)
    if len(words) > MAX_WORDS or not all(map(_is_of_time, words)) or _CELL_BEHIND.fullmatch(text):
        return ""
    patterns = scan_time(text)
    is_time = bool(patterns) and all("%H" in p or "%I" in p for p in patterns)
    return text if is_time else ""


def _is_of_time(word: str) -> bool:
    if is_weekday(word) or month_number(word) is not None:
        return True
    if not _ZONE_OR_HALF.fullmatch(word):
        return False
    is_zone = len(word) > 1 and word.isupper() and is_afternoon(word) is None
    return not is_zone or "not a known" not in zone_word(word).problem


class Stamps:
    """Keeps the newest line that is a time, for readings that have none of their own.

    Parameters
    ----------
    times
        Reads what may be times.

    Notes
    -----
    Readings that come more than a second after their stamp are as much later: a program may print its time
    once, at its start.

    Thread safety: none.
    """

    def __init__(self, times: ItemTimes) -> None:
        self._times = times
        self._newest: tuple[int, int] | None = None  # what it said, and when it came
        self.example = ""
        """The first stamp as it was written, "" if there is none."""

    def take(self, line: str) -> bool:
        """Take a line if it is nothing but a time; return whether it was."""
        text = _time_in(line)
        if text:
            ns = self._times.read_named(text)
            if ns is not None:
                self._set(ns, text)
            return ns is not None
        if line.startswith("top - ") and (match := _TOP.fullmatch(line)) is not None:
            ns = self._times.read_named(match[1])
            if ns is not None:
                self._set(ns, match[1])
        return False

    def _set(self, ns: int, text: str) -> None:
        self._newest = ns, self._times.now_ns()
        self.example = self.example or text

    def now_ns(self) -> int:
        """Return the time of a reading that has none of its own, in ns UTC."""
        now = self._times.now_ns()
        if self._newest is None:
            return now
        stamp, came = self._newest
        passed = now - came
        return stamp + passed if passed >= NS else stamp
