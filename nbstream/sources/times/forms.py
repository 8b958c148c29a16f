"""Which form times have that come as text or as numbers, and how one of them is read.

Everything that has to tell times from other things asks here: tables, lines of programs, dicts.

Times that can be read whole come as wall-clock ns with the offset of their zone; those that lack a
date, a year or a start are completed by `nbstream.sources.times.partial`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from nbstream.errors import ParseError
from nbstream.readings.batch import NS_PER_UNIT
from nbstream.readings.zone import local_datetime
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE, TimePattern
from nbstream.sources.times.scan import compact_patterns, duration_s, scan_day_time, scan_time
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "SCALES",
    "AmbiguousDatesError",
    "Lack",
    "NumberScale",
    "TimeForm",
    "find_compact_form",
    "find_day_time_form",
    "find_time_form",
    "number_scale",
    "text_form",
]

Lack: TypeAlias = Literal["", "year", "date", "start"]

NS = 1_000_000_000
DAY_NS = 86_400 * NS
FIRST_NS, LAST_NS = 631_152_000 * NS, 4_102_444_800 * NS  # the years 1990 to 2099
SMALLEST = FIRST_NS / NS  # of numbers that can be times
LIMIT_NS = 9_200_000_000 * NS
MAX_TEXTS = 300
"""A form is found from so many texts at first."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class NumberScale:
    """The unit in which a number counts time, and the time from which it counts."""

    name: str
    """As it is said to `unit` or `time_format`."""
    words: str
    """The same for people."""
    unit_ns: int
    origin_ns: int = 0
    is_naive: bool = False
    """Whether it counts by the clock on the wall."""

    def is_plausible(self, number: float) -> bool:
        """Return whether a number is a time of the years 1990 to 2099."""
        return FIRST_NS <= number * self.unit_ns + self.origin_ns < LAST_NS


SCALES = {
    scale.name: scale
    for scale in (
        *(NumberScale(unit, f"{unit} since 1970", ns) for unit, ns in NS_PER_UNIT.items()),
        NumberScale("excel", "days as Excel counts them", DAY_NS, -25_569 * DAY_NS, True),
        NumberScale("matlab", "days as MATLAB counts them", DAY_NS, -719_529 * DAY_NS, True),
        NumberScale("julian", "Julian days", DAY_NS, -2_440_587 * DAY_NS - DAY_NS // 2),
        NumberScale("mjd", "modified Julian days", DAY_NS, -40_587 * DAY_NS),
        NumberScale("ticks", "ticks of .NET", 100, -62_135_596_800 * NS),
        NumberScale("filetime", "100 ns since 1601, as Windows counts", 100, -11_644_473_600 * NS),
    )
}
"""Ways to count time, by name."""


def number_scale(number: float) -> NumberScale | None:
    """Return how a number counts time since 1970 if that makes a time of 1990 to 2099, else None.

    The rule by which numbers are told from times everywhere. The larger the number, the smaller
    its unit.

    Examples
    --------
    >>> number_scale(1_782_907_200).name, number_scale(1_782_907_200_123).name
    ('s', 'ms')
    >>> number_scale(21.5) is None
    True
    """
    if number < SMALLEST:
        return None
    if SCALES["ticks"].is_plausible(number):  # as ns they would be of 1990
        return SCALES["ticks"]
    scales = (SCALES[name] for name in (*NS_PER_UNIT, "filetime"))
    return next((scale for scale in scales if scale.is_plausible(number)), None)


class AmbiguousDatesError(ParseError):
    """Day, month and year of a column cannot be told apart (yet)."""

    def __init__(self, example: str, patterns: Sequence[str]) -> None:
        self.example = example
        self.patterns = tuple(patterns)
        ways = " or ".join(f"time_format={pattern!r}" for pattern in patterns)
        super().__init__(
            f"Day and month cannot be told apart in times such as {shorten(example)!r}. Pass {ways}."
        )


@dataclass
class TimeForm:
    """How times of one kind are read.

    Parameters
    ----------
    kind
        "text", "number" or "elapsed" (a number that counts from an unknown start).
    parts
        Of "text": the pattern of each cell that a time is made of, or one for all of them with a
        space between them.
    scale
        Of the others.
    asked
        The zone that the user named, None if nobody did.
    zone
        The zone that the texts themselves name, all the same one, or that their header names.
    n_cells
        How many cells a time is made of.
    converters
        Per cell, what reads it if its own text isn't read by its part: its date or its time of day
        counts.
    is_checked
        Whether a number must be a time of 1990 to 2099, because nobody said that it is one.
    widths
        Per cell, to how many digits it is filled with zeros, which writers of numbers leave out.
    until
        What stands between the start of an interval, which counts, and its end.
    """

    kind: Literal["text", "number", "elapsed"]
    parts: tuple[str, ...] = ()
    scale: NumberScale = SCALES["s"]
    asked: tzinfo | None = field(default=None, compare=False)
    zone: tzinfo | None = None
    n_cells: int = 1
    is_checked: bool = False
    converters: tuple[TimeForm | None, ...] = ()
    widths: tuple[int, ...] = ()
    until: str = ""
    _pattern: TimePattern | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind == "text":
            is_joined = self.n_cells > 1
            self._pattern = TimePattern(self.pattern, self.asked, self.zone, is_joined=is_joined)

    @property
    def pattern(self) -> str:
        """The pattern of a text, of several cells with a space between them."""
        return " ".join(self.parts)

    @property
    def lacks(self) -> Lack:
        """What has to be known to make a time of what is read."""
        if self.kind == "elapsed":
            return "start"
        if self._pattern is None or self._pattern.has_year:
            return ""
        return "year" if self._pattern.has_date else "date"

    @property
    def has_time_of_day(self) -> bool:
        """Whether it is more than a date."""
        return self._pattern is None or self._pattern.has_time

    @property
    def is_naive(self) -> bool:
        """Whether times are by a clock whose zone they don't name."""
        if self.kind == "elapsed":
            return False
        return self.scale.is_naive if self.kind == "number" else "%z" not in self.pattern.lower()

    def read(self, text: str) -> tuple[int, int]:
        """Return the wall-clock ns and the offset of the zone in ns.

        The offset is NAIVE if no zone is named; the time is MISSING_TIME if it cannot be read.
        Without a date it is of 1970-01-01, without a year of 2000, and elapsed time from 1970 on.
        """
        if self.until:
            text = text.partition(self.until)[0]
        if self._pattern is not None:
            return self._pattern.read(text)
        ns = _elapsed(text, self.scale) if self.kind == "elapsed" else _scaled(text, self.scale)
        if self.is_checked and not FIRST_NS <= ns < LAST_NS:
            return MISSING_TIME, NAIVE
        return ns, NAIVE if self.scale.is_naive and ns != MISSING_TIME else 0

    def read_cells(self, cells: Sequence[str]) -> tuple[int, int]:
        """Return what the cells of one time say together, as `read`; none may be empty."""
        if self.n_cells == 1:
            return self.read(cells[0])
        text = self.join(cells)
        return self.read(text) if text else (MISSING_TIME, NAIVE)

    def read_row(self, row: Sequence[str], columns: Sequence[int]) -> tuple[int, int]:
        """Return what some cells of a row say together, as `read`; a row may be too short."""
        return self.read_cells([row[c] if c < len(row) else "" for c in columns])

    def join(self, cells: Sequence[str]) -> str:
        """Return the cells of one time as one text, "" if one is missing."""
        if not all(cells) or len(cells) != self.n_cells:
            return ""
        texts = list(cells)
        for i, width in enumerate(self.widths):
            if width:
                whole, dot, rest = texts[i].partition(".")
                is_whole = not rest.strip("0")
                texts[i] = whole.zfill(width) + ("" if is_whole else dot + rest)
        for i, converter in enumerate(self.converters):
            if converter is not None:
                wall, _ = converter.read(texts[i])
                if wall == MISSING_TIME:
                    return ""
                texts[i] = _shown(wall, self.parts[i])
        return " ".join(texts)

    def problem(self, text: str) -> str:
        """Return why a text cannot be read where that is known, else ""."""
        return self._pattern.problem(text) if self._pattern is not None else ""

    def check(self, text: str) -> None:
        """Raise what is known to be wrong with a text.

        Raises
        ------
        ParseError
            If its zone cannot be told.
        """
        problem = self.problem(text)
        if problem and self._pattern is not None:
            literal = self.pattern.replace("%z", self._pattern.zone_word(text).strip())
            how = f". Pass time_format={literal!r} and timezone='…'"
            if "timezone=" in problem:
                how = f", or time_format={literal!r}"
            message = f"{problem}{how} (first: {shorten(text)!r})."
            raise ParseError(message)

    def describe(self) -> str:
        """Return the form in words."""
        if self.kind == "text":
            return f"format {self.pattern}" + ", the start of an interval" * bool(self.until)
        if self.kind == "elapsed":
            return f"elapsed time in {self.scale.name}"
        if self.scale.name in NS_PER_UNIT:
            return f"unit {self.scale.name}"
        return self.scale.words


def _shown(wall: int, pattern: str) -> str:
    return local_datetime(wall, UTC).strftime(pattern)


def text_form(pattern: str, asked: tzinfo | None = None, n_cells: int = 1) -> TimeForm:
    """Return the form that a user names: a pattern, or the name of a way to count.

    Parameters
    ----------
    pattern
        As for `datetime.strptime`, a name of `SCALES`, or "elapsed".
    asked
        The zone that the user named.
    n_cells
        Of how many cells a time is made, with a space between them.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if pattern in SCALES:
        return TimeForm("number", scale=SCALES[pattern])
    if pattern == "elapsed":
        return TimeForm("elapsed")
    return TimeForm("text", (pattern,), asked=asked, n_cells=n_cells)


def find_time_form(
    texts: Sequence[str], asked: tzinfo | None = None, *, now_ns: int | None = None
) -> TimeForm | None:
    """Return the form of texts that hold dates, None if they don't.

    Parameters
    ----------
    texts
        In order of time. Some may be something else; most must be read.
    asked
        The zone that the user named.
    now_ns
        That the times are of just now, for texts that come from a running program.

    Raises
    ------
    AmbiguousDatesError
        If day and month may be swapped.
    """
    return _form_of(texts, scan_time, asked, now_ns)


def find_compact_form(texts: Sequence[str], asked: tzinfo | None = None) -> TimeForm | None:
    """Return the form of times written in digits alone, such as 20260701120000.

    Raises
    ------
    AmbiguousDatesError
        If day and month may be swapped.
    """
    return _form_of(texts, compact_patterns, asked)


def find_day_time_form(texts: Sequence[str], asked: tzinfo | None = None) -> TimeForm | None:
    """Return the form of texts that are times of day, None if they are not."""
    return _form_of(texts, lambda text: filter(None, [scan_day_time(text)]), asked)


def _form_of(
    texts: Sequence[str],
    scan: Callable[[str], Iterable[str]],
    asked: tzinfo | None,
    now_ns: int | None = None,
) -> TimeForm | None:
    """Return the form that reads most texts, of those that `scan` finds in the first ones."""
    texts = [text for text in texts if text]
    patterns = dict.fromkeys(pattern for text in texts[:MAX_TEXTS] for pattern in scan(text))
    if not patterns:
        return None
    readers = {pattern: TimePattern(pattern, asked) for pattern in patterns}
    counts = {p: sum(_reads(r, text) for text in texts) for p, r in readers.items()}
    most = max(counts.values())
    if 2 * most <= len(texts):
        return None
    best = [p for p, count in counts.items() if count == most]
    longest: dict[str, str] = {}
    for pattern in best:  # of those that differ only in what may be left out, the one that has it
        order = "".join(re.findall(r"%([YymdbjH])", pattern.replace("%I", "%H")))
        order = order.replace("H", "") if len(order) > 1 else order
        if len(pattern) > len(longest.get(order, "")):
            longest[order] = pattern
    best = list(longest.values())
    if len(best) > 1:
        best = _decide(best, readers, texts, now_ns)
    if len(best) > 1:
        raise AmbiguousDatesError(next(t for t in texts if _reads(readers[best[0]], t)), best)
    reader = readers[best[0]]
    zones = {reader.named_zone(text) for text in texts[:MAX_TEXTS]}
    zone = zones.pop() if len(zones) == 1 else None
    return TimeForm("text", (best[0],), asked=asked, zone=zone)


def _reads(reader: TimePattern, text: str) -> bool:
    return reader.read(text)[0] != MISSING_TIME or bool(reader.problem(text))


def _decide(
    patterns: list[str], readers: dict[str, TimePattern], texts: Sequence[str], now_ns: int | None
) -> list[str]:
    """Return the patterns that are left when what times look like is taken into account."""
    read = {p: [t for t, _ in map(readers[p].read, texts) if t != MISSING_TIME] for p in patterns}
    times = {pattern: found for pattern, found in read.items() if found}
    if not times:
        return patterns
    months = [p for p in times if "%b" in p and "%d" not in p and "%y" in p]
    if months:  # Jan-26, Feb-26 are months of a year, Jan-26, Jan-27 are days
        steps = [abs(step) / DAY_NS for step in _steps(times[months[0]])]
        are_months = bool(steps) and all(28 <= step <= 31 for step in steps)
        return months if are_months else [p for p in times if p not in months]
    now = now_ns if now_ns is not None else int(datetime.now(UTC).timestamp()) * NS
    if any("%y" in pattern for pattern in times):
        near = {p: t for p, t in times.items() if -2 * 366 < (t[-1] - now) / DAY_NS < 366}
        times = near or times
    if now_ns is not None:
        near = {p: t for p, t in times.items() if abs(t[-1] - now) < 2 * DAY_NS}
        times = near or times
    even = {p: t for p, t in times.items() if max(map(abs, _steps(t)), default=0) < 1.5 * DAY_NS}
    if 0 < len(even) < len(times):
        forward = [step for step in _steps(next(iter(even.values()))) if step > 0]
        times = even if forward and min(forward) < DAY_NS / 4 else times
    plain = {p: t for p, t in times.items() if re.search(r"%d\. ?%m|^%d%m%y|^%d%m%Y", p)}
    if len(times) > 1 and plain:
        times = plain
    return list(times)


def _steps(times: Sequence[int]) -> list[int]:
    return [b - a for a, b in pairwise(times)]


def _elapsed(text: str, scale: NumberScale) -> int:
    if ":" in text or text[-1:].isalpha():
        seconds = duration_s(text)
        return MISSING_TIME if seconds is None else int(seconds * NS)
    return _scaled(text, replace(scale, origin_ns=0) if scale.origin_ns else scale)


def _scaled(text: str, scale: NumberScale) -> int:
    text = text.replace(",", ".", 1)  # which can only be a decimal comma here
    if not _NUMBER.fullmatch(text):
        return MISSING_TIME
    try:
        ns = Decimal(text) * scale.unit_ns + scale.origin_ns
    except InvalidOperation:
        return MISSING_TIME
    if not abs(ns) < LIMIT_NS:
        return MISSING_TIME
    if scale.unit_ns == DAY_NS:  # a float of so many days knows no more than milliseconds
        return round(ns / 1_000_000) * 1_000_000
    return int(ns.to_integral_value())
