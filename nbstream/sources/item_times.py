"""What the time of a reading says: a number that cannot be a time is none."""

from __future__ import annotations

import re
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from nbstream.errors import ParseError
from nbstream.readings.batch import as_number, time_ns
from nbstream.sources.files.csv.rows.fast_times import Layout, read_texts
from nbstream.sources.times.forms import MAX_TEXTS, TimeForm, find_time_form, number_scale
from nbstream.sources.times.partial import LineTimes, WholeTimes
from nbstream.sources.times.wall_time import WallTimes
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray

__all__ = ["ItemTimes", "is_clock", "may_begin_with_time"]

NEAR_NS = 2 * 3600 * 10**9
"""How far from now a time of day may be that comes under a name such as "time"."""
MISSING = -(2**63)
DAY_NS = 86_400 * 10**9
SAMPLE_CELLS = 20
PLACES = {9: (3, 6, 7, 8), 6: (3, 4, 5), 3: (1, 2)}
"""How many decimals of a unit are tried, by the places that it has down to 1 ns: a float of a time of
today shows no other number with those that are passed over."""

_CLOCK = re.compile(r"[0-9]+:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?(?: ?[AaPp]\.?[Mm]\.?)?")


LONGEST_FRONT = 48
_LIKE_A_TIME = re.compile(
    r"[0-9](?:[:h][0-9]{2}|(?<![0-9.][0-9])[0-9]{7}|[-/.][0-9]+[-/.][0-9]|[0-9]{3}-[A-Z])"
)
_FRONTS = (
    (re.compile(r"<[0-9]{1,3}>(?:1 )?(?=\S)"), ""),  # what syslog says of how grave it is
    (re.compile(r"\[\s*([0-9]{9,19}(?:\.[0-9]*)?)\]"), r"\1 "),
    # A date and its time of day in two cells; milliseconds behind a comma that separates no cells.
    (
        re.compile(r"([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})[,;\t]\s*(?=[0-9]{1,2}:[0-9]{2})"),
        r"\1 ",
    ),
    (re.compile(r"([^,;\t]{0,40}:[0-9]{2}),([0-9]{3,9})(?=[;\t]|,\s)"), r"\1.\2"),
)


def is_clock(text: str) -> bool:
    """Return whether a text is a time of day, or how long something took."""
    return _CLOCK.fullmatch(text) is not None


def may_begin_with_time(line: str) -> bool:
    """Return whether it is worth to look for a time in front of a line; decimals alone are none."""
    return _LIKE_A_TIME.search(line, 0, LONGEST_FRONT) is not None


class ItemTimes:
    """Reads what may be a time.

    Parameters
    ----------
    now_ns
        Gives the time of a reading that has none.
    timezone
        Of times that name none; its own abbreviations, such as BST, mean what they mean there.
    last_ns
        Says about when the newest line happened, which times without a date or year are near to;
        None is now.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        timezone: tzinfo,
        *,
        last_ns: Callable[[], int] | None = None,
    ) -> None:
        self.now_ns = now_ns
        self._last_ns = last_ns or now_ns
        self.timezone = timezone
        named = timezone if isinstance(timezone, ZoneInfo) else None
        self._texts = LineTimes(timezone, named)
        self._cells = LineTimes(timezone, named)
        self._front_form: TimeForm | None = None
        self._year_first: TimeForm | None = None
        """What cells were read by, if no other can read the same cells otherwise."""

    def read(self, when: Any) -> int | None:
        """Return a time in ns UTC, None if it is none.

        A number is one if `number_scale` says so; a time of day without a date only if it is about
        now, for else it is how long something took.
        """
        if isinstance(when, date):  # a datetime is one too, and so is pandas' NaT
            day = when if isinstance(when, datetime) else datetime(when.year, when.month, when.day)
            return None if when != when else time_ns(day, timezone=self.timezone)
        if isinstance(when, np.datetime64):
            return None if np.isnat(when) else time_ns(when)
        if isinstance(when, bytes):
            when = when.decode("utf-8", "replace")
        if isinstance(when, str):
            return self._text(when.strip())
        if isinstance(when, bool) or when is None:
            return None
        number = as_number(when)
        if number is None or number != number:
            return None
        is_exact = isinstance(when, (int, np.integer))
        return _scaled(str(int(when)) if is_exact else repr(number), number)

    def read_named(self, when: Any) -> int | None:
        """Return what somebody calls a time in ns UTC, None if it is none.

        A time of day need not be about now, but about the newest line.
        """
        text = when.strip() if isinstance(when, str) else ""
        if not text or as_number(text) is not None:
            return self.read(when)
        try:
            return self._texts.utc_ns(text, self._last_ns())
        except ParseError:
            return None

    def take_front(self, line: str) -> tuple[int, str] | None:
        """Return the time that a line begins with, and the rest; None if it doesn't, or no rest.

        Raises
        ------
        ParseError
            If day and month cannot be told apart, or its zone may be one of several.
        """
        if not may_begin_with_time(line):
            return None
        for pattern, plain in _FRONTS:
            match = pattern.match(line)
            if match is not None:
                line = match.expand(plain) + line[match.end() :]
        found = self._texts.take_front(line, self._last_ns())
        form = self._texts.front_form
        if found is not None and form is not None and form.kind == "number":
            word = found[1].split(maxsplit=1)[0]
            # A count, as in "2048000000 bytes".
            if found[0] > self.now_ns() + DAY_NS or is_unit(word):
                return None
        self._front_form = form if found is not None else self._front_form
        return found

    @property
    def is_live(self) -> bool:
        """Whether lines are read as they are written, rather than from a file."""
        return self._last_ns is self.now_ns

    def last_ns(self) -> int:
        """Return about when the newest line was written, in ns UTC."""
        return self._last_ns()

    @property
    def front(self) -> tuple[int, int, str]:
        """Where the newest time in front of a line ended, where the rest began, and how both looked."""
        return self._texts.front

    def is_cut_alike(self, line: str) -> bool:
        """Return whether a line's time in front is a date that others like it have at the same place."""
        form = self._texts.front_form
        is_date = form is not None and form.pattern.startswith("%Y") and not form.lacks
        is_plain = not any(pattern.match(line) for pattern, _ in _FRONTS)
        return is_date and is_plain and self._texts.is_cut_alike(line)

    @property
    def front_note(self) -> str:
        """What is taken for the time in front of lines, "" if there is none yet."""
        form = self._front_form
        if form is None:
            return ""
        lacks = {"date": ", of the day", "year": ", of the year"}.get(form.lacks, "")
        when = "now" if self._last_ns is self.now_ns else "the file's last change"
        what = "the number" if form.kind == "number" else "what stands"
        of = f"{lacks} of {when}" if lacks else ""
        return f"{what} in front of a line is its time ({form.describe()}{of})"

    def _text(self, text: str) -> int | None:
        number = as_number(text)
        if number is not None:
            return None if number != number else _scaled(text, number)
        if not any(c.isdigit() for c in text[:40]):
            return None
        now_ns = self.now_ns()
        try:
            ns = self._texts.utc_ns(text, now_ns)
        except ParseError:
            return None
        if ns is None or (is_clock(text) and abs(ns - now_ns) > NEAR_NS):
            return None
        return ns

    @property
    def wall_times(self) -> WallTimes:
        """What reads wall-clock times one after the other."""
        return self._texts.wall_times

    def wall_to_utc(self, wall_ns: TimeArray) -> TimeArray:
        """Return wall-clock times of the zone as ns UTC; the smallest int64 stays what it is."""
        return WallTimes(self.timezone).to_utc(wall_ns)

    def numbers(self, numbers: FloatArray | IntArray) -> TimeArray | None:
        """Return numbers as ns UTC, the smallest int64 where one is missing; None if they are no times.

        A fraction is read as the digits that a float is shown with.
        """
        known = np.isfinite(numbers)
        if not known.any():
            return None
        scales = {number_scale(float(f(numbers[known]))) for f in (np.min, np.max)}
        scale = scales.pop()
        if scales or scale is None or scale.is_naive:
            return None
        found = np.full(len(numbers), MISSING, np.int64)
        given = numbers[known]
        ns = given.astype(np.int64) * scale.unit_ns + scale.origin_ns
        if given.dtype.kind == "f" and scale.unit_ns > 1:
            ns += _fractions(given.astype(np.float64), scale.unit_ns)
        found[known] = ns
        return found

    def elapsed(self, numbers: FloatArray) -> TimeArray | None:
        """Return growing seconds of a run as ns UTC, the newest at now; None if they are none."""
        known = numbers[np.isfinite(numbers)]
        if len(known) < 2 or known[0] < 0 or not (np.diff(known) >= 0).all():
            return None
        if known[0] == known[-1]:
            return None
        found = np.full(len(numbers), MISSING, np.int64)
        ns = np.rint((known - known[-1]) * 1e9).astype(np.int64)
        found[np.isfinite(numbers)] = self.now_ns() + ns
        return found

    def cells(self, cells: Any) -> TimeArray | None:
        """Return objects as ns UTC, the smallest int64 where one is no time; None if few are times."""
        given = cells.tolist()
        known = [c for c in given if c is not None and c == c]
        if not known:
            return None
        if all(isinstance(c, str) for c in known[:SAMPLE_CELLS]):
            return self._text_cells([c.strip() if isinstance(c, str) else "" for c in given])
        if any(self.read(c) is None for c in known[:SAMPLE_CELLS]):
            return None
        found = (self.read(cell) for cell in given)
        return np.array([MISSING if ns is None else ns for ns in found], np.int64)

    def _text_cells(self, texts: list[str]) -> TimeArray | None:
        form = self._year_first
        if form is not None:  # many tables of one form come one after the other
            wall, offsets, is_odd = read_texts(texts, form, Layout.of_parts(form))
            if not is_odd.any():
                return WholeTimes(form, WallTimes(self.timezone), self.now_ns).to_utc(wall, offsets)
        sample = [text for text in texts if text][:MAX_TEXTS]
        if all(as_number(text) is not None for text in sample):
            numbers = [as_number(text) for text in texts]
            return self.numbers(np.array([np.nan if x is None else x for x in numbers]))
        try:
            form = find_time_form(sample)
        except ParseError:
            return None
        if form is None:
            return None
        is_sure = form.pattern.startswith("%Y") and not (form.lacks or form.zone or form.until)
        self._year_first = form if is_sure and len(Layout.of_parts(form)) == 1 else None
        wall, offsets = _read_texts(texts, form)
        whole = WholeTimes(form, WallTimes(self.timezone), self.now_ns)
        return whole.to_utc(wall, offsets)


def _read_texts(texts: list[str], form: TimeForm) -> tuple[TimeArray, TimeArray]:
    """Return what a form reads in each text; those of the layout that it begins with at once."""
    layouts = Layout.of_parts(form)
    if len(layouts) != 1 or form.until:
        read = [form.read(text) for text in texts]
        return (
            np.array([ns for ns, _ in read], np.int64),
            np.array([offset for _, offset in read], np.int64),
        )
    wall, offsets, is_odd = read_texts(texts, form, layouts)
    for i in np.flatnonzero(is_odd).tolist():
        wall[i], offsets[i] = form.read(texts[i])
    return wall, offsets


def _fractions(numbers: FloatArray, unit_ns: int) -> TimeArray:
    """Return in ns what positive numbers have beyond whole ones, as their shortest digits say it."""
    whole = np.floor(numbers)
    fraction = numbers - whole
    ns = np.rint(fraction * unit_ns).astype(np.int64)
    digits = len(str(unit_ns)) - 1
    is_left = np.ones(len(numbers), np.bool_)
    for n in PLACES.get(digits, ()):
        shorter = np.rint(fraction * 10.0**n)
        is_found = is_left & (whole + shorter / 10.0**n == numbers)
        ns[is_found] = shorter[is_found].astype(np.int64) * 10 ** (digits - n)
        is_left &= ~is_found
        if not is_left.any():
            break
    return ns


def _scaled(text: str, number: float) -> int | None:
    scale = number_scale(number)
    if scale is None:
        return None
    ns = TimeForm("number", scale=scale).read(text)[0]
    return None if ns == MISSING else ns
