"""Times that lack something become whole: a year, a date, or the moment at which counting began."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nbstream.errors import ParseError
from nbstream.readings.zone import offset_ms
from nbstream.sources.times.forms import TimeForm, find_day_time_form, find_time_form, number_scale
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE
from nbstream.sources.times.wall_time import WallTimes
from nbstream.sources.times.words import AM_PM

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from nbstream.readings.batch import TimeArray

__all__ = ["LineTimes", "WholeTimes"]

NS = 1_000_000_000
DAY_NS = 86_400 * NS
JANUARY_2000_NS = 10_957 * DAY_NS
HALF_DAY_NS = 43_200 * NS
NEARLY_A_DAY_NS = 23 * 3600 * NS
HALF_YEAR_NS = 183 * 86_400 * NS
JITTER_NS = 10 * NS
MAX_FRONT = 80  # characters

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_HALF = re.compile(rf"{AM_PM}\b")
_ALL_DIGITS_0 = str.maketrans("123456789", "000000000")
_CUT = re.compile(r"\s*[,;|]\s*|\]:?\s*|:\s+|\s+")


class WholeTimes:
    """Makes UTC of the times of one form, in order of arrival.

    A time of day gets a date: the newest of the first batch is of the day that `last_ns` is in, and
    one that goes back by more than half a day is of the next day. A date gets a year likewise.
    Elapsed time gets a start such that the newest of the first batch is at `last_ns`; when it begins
    again, it goes on one step after the reading before, or at `now_ns` if that is later.

    Parameters
    ----------
    form
        The form.
    wall_times
        Makes UTC of times without a zone.
    last_ns
        Says when the newest reading of the first batch happened, about.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, form: TimeForm, wall_times: WallTimes, last_ns: Callable[[], int]) -> None:
        self.lacks = form.lacks
        if form.zone is not None:
            wall_times = WallTimes(form.zone, may_go_down=wall_times.may_go_down)
        self.wall_times = wall_times
        """What makes UTC of times without a zone."""
        self._last_ns = last_ns
        self._newest: int | None = None  # elapsed time of the file as it was before
        self._previous: int | None = None  # as it was read, or from where elapsed time counts
        self._turns = 0  # of the day or the year, since the first batch
        self._base: int | None = None
        self._first_base: int | None = None
        self._step = NS
        self.n_restarts = 0
        """How often elapsed time began again."""

    def to_utc(self, wall: TimeArray, offsets: TimeArray, now_ns: int | None = None) -> TimeArray:
        """Return times as ns since the epoch, UTC; MISSING_TIME stays what it is.

        Parameters
        ----------
        wall, offsets
            As `TimeForm.read` returns them.
        now_ns
            The time of arrival, for readings that happen now.
        """
        if self.lacks and len(wall):
            missing = wall == MISSING_TIME
            known = wall[~missing]
            if len(known):
                wall = wall.copy()
                wall[~missing] = self._complete(known, now_ns)
        if self.lacks == "start":
            return wall
        return _utc(wall, offsets, self.wall_times)

    def begin_again(self) -> None:
        """Prepare for rows that may have been read before, from the start of their file."""
        if self.lacks == "start":
            self._newest, self._base = self._previous, self._first_base
        else:
            self._base = None
        self._previous, self._turns = None, 0

    def _complete(self, known: TimeArray, now_ns: int | None) -> TimeArray:
        if self.lacks == "start":
            return self._with_start(known, now_ns)
        turn = (HALF_DAY_NS, NEARLY_A_DAY_NS) if self.lacks == "date" else (HALF_YEAR_NS,) * 2
        first = known[0] if self._previous is None else self._previous
        steps = np.diff(known, prepend=first)
        turns = self._turns + np.cumsum((steps < -turn[0]).astype(np.int64) - (steps > turn[1]))
        complete = _on_day if self.lacks == "date" else _in_year
        if self._base is None:
            last_ns = self._last_ns()
            last_ns += offset_ms(self.wall_times.zone, last_ns) * 1_000_000
            day = last_ns // DAY_NS
            year = np.int64(day).astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970
            newest = int(turns.max())  # which comes first where the newest row does
            self._base = int(day if self.lacks == "date" else year) - newest
            latest = last_ns + HALF_DAY_NS if self.lacks == "date" else (day + 2) * DAY_NS
            # Of the day or the year before, for it isn't yet.
            self._base -= int(complete(known, self._base + turns).max()) > latest
        self._previous, self._turns = int(known[-1]), int(turns[-1])
        return complete(known, self._base + turns)

    def _with_start(self, known: TimeArray, now_ns: int | None) -> TimeArray:
        is_another_run = self._newest is not None and int(known.max()) < self._newest
        if self._base is None or is_another_run:
            self._base = self._last_ns() - self._length(known)
        self._newest = None
        if self._previous is None:
            self._first_base = self._base
        result = np.empty_like(known)
        previous = known[0] if self._previous is None else self._previous
        steps = np.diff(known, prepend=previous)
        cuts = [0, *np.flatnonzero(steps < -JITTER_NS).tolist(), len(known)]
        for begin, end in pairwise(cuts):
            if begin == end:
                continue
            run = known[begin:end]
            if steps[begin] < -JITTER_NS:
                self.n_restarts += 1
                before = int(result[begin - 1]) if begin else self._base + int(previous)
                start = before + self._step
                if now_ns is not None and end == len(known):
                    start = max(start, now_ns - int(run[-1] - run[0]))
                self._base = start - int(run[0])
            result[begin:end] = run + self._base
            self._step = _usual_step(run, self._step)
        self._previous = int(known[-1])
        return result

    def _length(self, known: TimeArray) -> int:
        """Return the newest time if counting began at 0 and went on where it began again."""
        self._step = _usual_step(known, NS)
        again = np.flatnonzero(np.diff(known) < -JITTER_NS)
        lost = int((known[again] - known[again + 1]).sum()) + len(again) * self._step
        return int(known[-1]) + lost


class LineTimes:
    """Reads times in texts of a stream of lines, whatever form each has.

    Parameters
    ----------
    zone
        Of times that name none.
    asked
        The same if the user named it, else None.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, zone: tzinfo, asked: tzinfo | None = None) -> None:
        self.wall_times = WallTimes(zone)
        self._asked = asked
        self._forms: dict[str, tuple[TimeForm, WholeTimes]] = {}
        self._newest = ""
        self._front = 0, 0, ""
        self.front_form: TimeForm | None = None
        """The form of the newest time that stood in front of a line."""

    def utc_ns(self, text: str, now_ns: int) -> int | None:
        """Return a time as ns since the epoch, UTC, None if the text is none.

        Parameters
        ----------
        text
            A date with or without a time of day, or a time of day, which is of today then.
        now_ns
            The time of arrival.

        Raises
        ------
        ParseError
            If day and month cannot be told apart, or its zone may be one of several.
        """
        for pattern in (self._newest, *self._forms) if self._forms else ():
            form, whole = self._forms[pattern]
            wall, offset = form.read(text)
            if wall != MISSING_TIME:
                self._newest = pattern
                return _one(whole, wall, offset, now_ns)
        found = find_time_form([text], self._asked, now_ns=now_ns)
        found = found or find_day_time_form([text], self._asked)
        if found is None:
            return None
        wall, offset = found.read(text)
        if wall == MISSING_TIME:
            if "timezone=" in found.problem(text):
                found.check(text)
            return None  # what looks like the name of a zone is another word
        if len(self._forms) >= 8:
            self._forms.clear()
        whole = WholeTimes(found, self.wall_times, lambda: now_ns)
        self._newest = found.pattern
        self._forms[self._newest] = found, whole
        return _one(whole, wall, offset, now_ns)

    def take_front(self, line: str, now_ns: int) -> tuple[int, str] | None:
        """Return the time that a line begins with, and the rest; None if it doesn't, or no rest.

        What stands between them (space, comma, semicolon, colon, bar, bracket) is left out. The
        longest text that is a time counts; a number is one if `number_scale` says so.

        Raises
        ------
        ParseError
            As `utc_ns`.
        """
        refused: ParseError | None = None
        cuts = self._cuts(line)
        for end, start in reversed(cuts):
            front, rest = line[:end].strip(), line[start:]
            if not _may_be_front(front, line[end:start]):
                continue
            form = _number_form(front)
            when = form.read(front)[0] if form is not None and end == cuts[0][0] else None
            if when is None:
                try:
                    when = self.utc_ns(front, now_ns)
                except ParseError as error:  # less of the line may be a time all the same
                    refused = refused or error
            if when is not None:
                self._front = end, start, line[:start].translate(_ALL_DIGITS_0)
                self.front_form = form or self._forms[self._newest][0]
                return when, rest
        if refused is not None:
            raise refused
        return None

    @property
    def front(self) -> tuple[int, int, str]:
        """Where the newest time in front of a line ended, where the rest began, and how both looked."""
        return self._front

    def is_cut_alike(self, line: str) -> bool:
        """Return whether all lines that begin as the newest one with a time did are cut at the same place."""
        end, start, looks = self._front
        is_alike = ":" in looks and line[:start].translate(_ALL_DIGITS_0) == looks
        return is_alike and line[end:start].isspace() and self._cuts(line) == [(end, start)]

    def _cuts(self, line: str) -> list[tuple[int, int]]:
        """Return where a time may end and the rest begin: as last time if the line looks as that did."""
        end, start, looks = self._front
        if ":" in looks and start < len(line) and line[:start].translate(_ALL_DIGITS_0) == looks:
            if not (line[start].isspace() or _HALF.match(line, start)):
                return [(end, start)]
        found = [m for m in _CUT.finditer(line, 0, MAX_FRONT) if m.end() < len(line)]
        return [(m.end() if m[0][0] == "]" else m.start(), m.end()) for m in found]


def _number_form(text: str) -> TimeForm | None:
    scale = number_scale(float(text)) if _NUMBER.fullmatch(text) else None
    return None if scale is None else TimeForm("number", scale=scale)


def _may_be_front(front: str, cut: str) -> bool:
    """Return whether text is surely no time of which a part is a value."""
    if _NUMBER.fullmatch(front):
        return True
    comma = front.rpartition(",")[2]
    if "," in front and comma.isdecimal() and not (len(comma) in {3, 6, 9} and cut.isspace()):
        return False
    if re.search(r"\s[+-][0-9]{1,2}$", front):  # "12:00:00 -5": a value, no zone
        return False
    return bool(re.search(r"[0-9][:h.][0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{6}", front))


def _one(whole: WholeTimes, wall: int, offset: int, now_ns: int) -> int | None:
    if not whole.lacks:
        return wall - offset if offset != NAIVE else whole.wall_times.one_to_utc(wall)
    times = whole.to_utc(np.array([wall], np.int64), np.array([offset], np.int64), now_ns)
    return None if times[0] == MISSING_TIME else int(times[0])


def _utc(wall: TimeArray, offsets: TimeArray, wall_times: WallTimes) -> TimeArray:
    is_naive = offsets == NAIVE
    if is_naive.all():
        return wall_times.to_utc(wall)
    if not is_naive.any():
        return wall - offsets
    times = wall - np.where(is_naive, 0, offsets)
    times[is_naive] = wall_times.to_utc(wall[is_naive])
    return times


def _usual_step(times: TimeArray, default: int) -> int:
    """Return how far times go on from one to the next, in the median; `default` if they don't."""
    steps = np.diff(times)
    forward = steps[steps > 0]
    return int(np.median(forward)) if len(forward) else default


def _on_day(wall: TimeArray, days: TimeArray) -> TimeArray:
    """Return times of 1970-01-01 as times of other days."""
    return wall + days * DAY_NS


def _in_year(wall: TimeArray, years: TimeArray) -> TimeArray:
    """Return times of the year 2000 as times of other years."""
    into = wall - JANUARY_2000_NS
    starts = (years - 1970).astype("M8[Y]").astype("M8[D]").astype(np.int64)
    lengths = (years - 1969).astype("M8[Y]").astype("M8[D]").astype(np.int64) - starts
    into = into - np.where((lengths == 365) & (into // DAY_NS > 59), DAY_NS, 0)
    times: TimeArray = starts * DAY_NS + into
    return times
