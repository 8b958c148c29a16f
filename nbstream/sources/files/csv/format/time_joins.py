"""Times that stand in several columns: dates beside times of day, years to seconds, halves of days."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.time_cells import (
    DAY_NS,
    MAX_ROWS,
    Cells,
    FoundTimes,
    Kind,
    ambiguous,
)
from nbstream.sources.files.csv.format.time_column import ways_of
from nbstream.sources.times.forms import (
    SCALES,
    AmbiguousDatesError,
    NumberScale,
    TimeForm,
    find_compact_form,
    find_day_time_form,
    find_time_form,
)
from nbstream.sources.times.names import (
    PART_NAMES,
    fraction_digits,
    is_duration_name,
    is_lap_name,
    is_zone_name,
    part_of,
)
from nbstream.sources.times.patterns import MISSING_TIME
from nbstream.sources.times.words import is_afternoon, zone_word

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["beside", "joined_ways", "midnight_form", "with_fraction", "with_zone"]

TOGETHER = "read together; pass time='…' for one column"
LETTERS = {"year": "%Y", "month": "%m", "day": "%d", "doy": "%j"}
LETTERS |= {"hour": "%H", "minute": "%M", "second": "%S"}
FRACTION = NumberScale("fraction", "parts of a day", DAY_NS)
_DOTTED = re.compile(r"[0-9]{1,2}\.[0-5][0-9]")


@dataclass(frozen=True)
class Part:
    """One cell of a time that stands in several."""

    pattern: str
    """Of its text, in the letters of `datetime.strptime`."""
    converter: TimeForm | None = None
    """Reads it if it is of another form; None if its text is read by its pattern."""
    width: int = 0
    """Digits to which it is filled with zeros; 0 leaves it."""


def joined_ways(table: Cells, only: tuple[int, ...] | None = None) -> list[FoundTimes]:
    """Return dates and times of day that stand in columns of their own, the nearest first."""
    found = [_joined_by_names(table, only)]
    columns = only if only is not None else range(len(table.names))
    dates = [c for c in columns if _is_date(table, c)]
    clocks = [c for c in columns if only is not None or not _is_duration(table, c)]
    days = [(c, part) for c in clocks if (part := _day_part(table, c)) is not None]
    pairs = [(d, t, part) for d in dates for t, part in days if d != t]
    pairs.sort(key=lambda p: (-table.ranks[p[0]] - table.ranks[p[1]], abs(p[0] - p[1]), p))
    found += [_join(table, date, day, part, columns) for date, day, part in pairs[:4]]
    return [way for way in found if way is not None]


def beside(table: Cells, dates: FoundTimes) -> FoundTimes | None:
    """Return dates that repeat with digits of a time of day beside them, whatever its name."""
    (date,) = dates.columns
    if not table.repeats(date):
        return None
    for column in (date + 1, date - 1):
        if not 0 <= column < len(table.names):
            continue
        part = _day_part(table, column, is_beside=True)
        way = None if part is None else _join(table, date, column, part, (date, column))
        walls = [] if way is None else _walls(table, way)
        if walls and MISSING_TIME not in walls and walls == sorted(set(walls)):
            return way
    return None


def _walls(table: Cells, way: FoundTimes) -> list[int]:
    """Return the times that columns say, row by row."""
    cells = table.together(way.columns)
    return [] if way.form is None else [way.form.read_cells(row)[0] for row in cells]


def with_fraction(table: Cells, way: FoundTimes) -> FoundTimes:
    """Return a column of whole seconds with the fractions of them that stand in the next column."""
    after = way.columns[-1] + 1 if way.columns else 0
    form = way.form
    if form is not None and form.kind == "number" and form.scale == SCALES["s"]:
        return _with_counted_fraction(table, way, form)
    is_whole = form is not None and form.pattern.endswith("%S") and len(way.columns) == 1
    is_within = 0 < after < len(table.names)
    if form is None or not is_whole or not is_within or not _is_milliseconds(table, after):
        return way
    form = replace(form, parts=(form.pattern, "%f"), n_cells=2, widths=(0, 3))
    note = f"{way.note}; {TOGETHER}" if way.note else TOGETHER
    return replace(way, columns=(*way.columns, after), form=form, note=note)


def _with_counted_fraction(table: Cells, way: FoundTimes, form: TimeForm) -> FoundTimes:
    """Return a column of seconds since 1970 with the micro- or nanoseconds beside it."""
    column, after = way.columns[0], way.columns[0] + 1
    if not table.has_header or after == len(table.names):
        return way
    n_digits = fraction_digits(table.names[after], table.names[column])
    cells, seconds = table.cells(after), table.numbers(column)
    are_whole = all(x == int(x) for x in seconds)
    if not (n_digits and cells and are_whole and all(map(str.isdecimal, cells))):
        return way
    if max(map(len, cells)) > n_digits:
        return way
    parts = {column: Part("%Y-%m-%d %H:%M:%S", form), after: Part("%f", width=n_digits)}
    joined = _together(table, parts, way.rank)
    if joined is None or joined.form is None:
        return way
    return replace(joined, form=replace(joined.form, zone=UTC), kind=way.kind)


def with_zone(table: Cells, way: FoundTimes) -> FoundTimes:
    """Return a column of dates with times of day together with the column that names their zone."""
    form = way.form
    is_whole = form is not None and form.kind == "text" and form.lacks == "" and form.n_cells == 1
    if form is None or not (is_whole and form.has_time_of_day and form.is_naive):
        return way
    (column,) = way.columns
    others = [c for c in range(len(table.names)) if c != column and not table.numbers(c)]
    zones = [c for c in others if _is_zone(table, c)]
    if not zones:
        return way
    parts = {column: Part(form.pattern), zones[0]: Part("%z")}
    return _together(table, parts, way.rank) or way


def _join(
    table: Cells, date: int, day: int, part: Part, columns: Sequence[int] | range
) -> FoundTimes | None:
    parts = {day: part}
    halves = [c for c in columns if c not in (date, day) and _is_half(table, c)]
    if halves and "%p" not in part.pattern:
        nearest = min(halves, key=lambda c: abs(c - day))
        parts[day] = replace(part, pattern=part.pattern.replace("%H", "%I"))
        parts[nearest] = Part("%p")
    after = max(date, *parts) + 1
    if after < len(table.names) and part.pattern.endswith("%S"):
        if _is_milliseconds(table, after):
            parts[after] = Part("%f", width=3)
        elif _is_fraction(table, after):
            parts[after] = Part("%f", TimeForm("number", scale=SCALES["s"]))
    zones = [c for c in columns if c not in (date, *parts) and _is_zone(table, c)]
    if zones and "%z" not in part.pattern:
        parts[zones[0]] = Part("%z")
    grade = min(table.ranks[date], table.ranks[day])
    try:
        parts[date] = _date_part(table, date, day, parts[day])
    except AmbiguousDatesError as error:
        return FoundTimes((date, day), rank=grade, error=ambiguous(table, (date, day), error))
    return _together(table, parts, grade) if parts[date].pattern else None


def _together(table: Cells, parts: dict[int, Part], grade: int) -> FoundTimes | None:
    order = tuple(sorted(parts))
    inner = [parts[c] for c in order]
    form = TimeForm(
        "text",
        tuple(p.pattern for p in inner),
        asked=table.options.zone,
        n_cells=len(order),
        converters=tuple(p.converter for p in inner),
        widths=tuple(p.width for p in inner),
    )
    rows = table.together(order)
    n_read = sum(form.read_cells(cells)[0] != MISSING_TIME for cells in rows)
    n_problems = sum(form.problem(form.join(cells)) != "" for cells in rows[:MAX_ROWS])
    if 2 * (n_read + n_problems) <= len(rows):
        return None
    return FoundTimes(order, form, TOGETHER, Kind.WHOLE, grade)


def _is_date(table: Cells, column: int) -> bool:
    is_date = any(way.kind == Kind.DATE for way in ways_of(table, column))
    return is_date or midnight_form(table, column) is not None


def midnight_form(table: Cells, column: int) -> TimeForm | None:
    """Return what reads a column of midnights, if it is one."""
    forms = [(way.kind, way.form) for way in ways_of(table, column) if way.form is not None]
    if not forms or forms[0][0] > Kind.COUNTED_UNNAMED:
        return _six_digits(table, column)
    form = forms[0][1]
    walls = [form.read(cell)[0] for cell in table.cells(column)]
    is_text_date = form.kind == "text" and not form.has_time_of_day
    is_midnight = all(wall % DAY_NS == 0 for wall in walls if wall != MISSING_TIME)
    return form if is_midnight and not is_text_date else None


def _six_digits(table: Cells, column: int) -> TimeForm | None:
    """Return what reads dates such as 260701, that a writer of numbers may have shortened."""
    cells = [cell.partition(".")[0].zfill(6) for cell in table.cells(column)]
    if not table.ranks[column] or not cells or not all(c.isdecimal() for c in cells):
        return None
    if part_of(table.names[column]) in {"t", "time"} or any(len(c) != 6 for c in cells):
        return None
    form = find_compact_form(cells, table.options.zone)
    if form is None or form.has_time_of_day:
        return None
    return TimeForm("text", form.parts, asked=table.options.zone)


def _date_part(table: Cells, date: int, day: int, day_part: Part) -> Part:
    way = next((way for way in ways_of(table, date) if way.kind == Kind.DATE), None)
    if way is not None and way.form is not None and way.form.kind == "text":
        return Part(way.form.pattern)
    if way is not None and way.error is not None:  # the time of day may tell how the date goes on
        texts = [" ".join(cells) for cells in table.together((date, day)) if all(cells)]
        form = find_time_form(texts, table.options.zone)
        if form is None or not form.pattern.endswith(day_part.pattern):
            return Part("")
        return Part(form.pattern.removesuffix(day_part.pattern).strip())
    converter = midnight_form(table, date)
    if converter is None:
        return Part("")
    if converter.kind == "text" and not converter.has_time_of_day:
        return Part(converter.pattern, width=6)
    return Part("%Y-%m-%d", converter)


def _day_part(table: Cells, column: int, *, is_beside: bool = False) -> Part | None:
    """Return a column as a time of day; numbers only if it is called so or beside a date."""
    cells, grade = table.cells(column), table.ranks[column]
    if not cells:
        return None
    numbers = table.numbers(column)
    if not numbers:
        form = find_day_time_form(cells, table.options.zone)
        return None if form is None else Part(form.pattern)
    if not (grade or is_beside) or min(numbers) < 0:
        return None
    if max(numbers) < 1 and any(x % 1 for x in numbers):
        return Part("%H:%M:%S.%f", TimeForm("number", scale=FRACTION))
    if all(_DOTTED.fullmatch(cell) for cell in cells):
        return Part("%H.%M")
    if part_of(table.names[column]) == "hour" and max(numbers) <= 24:
        return Part("%H", width=2)
    whole = [cell.partition(".")[0] for cell in cells]
    if max(numbers) > 240_000 or not all(cell.isdecimal() for cell in whole):
        return None
    width = 6 if max(numbers) > 2400 or max(map(len, whole)) > 4 else 4
    if width == 4 and (max(numbers) < 60 or any(x % 1 for x in numbers)):
        return None
    is_clock = all(_is_clock(cell.zfill(width)) for cell in whole)
    return Part("%H%M%S" if width == 6 else "%H%M", width=width) if is_clock else None


def _is_duration(table: Cells, column: int) -> bool:
    return is_duration_name(table.names[column]) or is_lap_name(table.names[column])


def _is_half(table: Cells, column: int) -> bool:
    cells = table.cells(column)
    return bool(cells) and all(len(c) > 1 and is_afternoon(c) is not None for c in cells)


def _is_milliseconds(table: Cells, column: int) -> bool:
    """Return whether a column holds the milliseconds of the times before it."""
    cells = table.cells(column)
    is_whole = bool(cells) and all(cell.isdecimal() and len(cell) <= 3 for cell in cells)
    if not table.has_header:
        is_filled = any(cell.startswith("0") for cell in cells)
        return is_whole and is_filled and all(len(cell) == 3 for cell in cells)
    return is_whole and part_of(table.names[column]) == "fraction"


def _is_fraction(table: Cells, column: int) -> bool:
    """Return whether a column holds the fractions of the seconds before it, 0.125."""
    numbers = table.numbers(column)
    is_named = table.has_header and part_of(table.names[column]) == "fraction"
    return is_named and bool(numbers) and all(0 <= x < 1 for x in numbers)


def _is_zone(table: Cells, column: int) -> bool:
    cells = table.cells(column)
    if not cells or not table.has_header or not is_zone_name(table.names[column]):
        return False
    return not any(zone_word(cell) == (None, None, "") for cell in cells[:MAX_ROWS])


def _joined_by_content(table: Cells) -> FoundTimes | None:
    """Return year, month, day, hour, minute and second side by side in a table without names."""
    ranges = ((1990, 2099), (1, 12), (1, 31), (0, 24), (0, 59), (0, 60))
    for first in range(len(table.names) - 4):
        n = 0
        while n < 6 and first + n < len(table.names) and _is_within(table, first + n, *ranges[n]):
            n += 1
        if n > 4:
            letters = ("%Y", "%m", "%d", "%H", "%M", "%S")[:n]
            parts = {first + i: Part(letter, width=2) for i, letter in enumerate(letters)}
            way = _together(table, parts, 0)
            if way is not None and (walls := _walls(table, way)) == sorted(walls):
                return way
    return None


def _is_within(table: Cells, column: int, low: float, high: float) -> bool:
    numbers = table.numbers(column)
    return bool(numbers) and all(low <= x <= high and x == int(x) for x in numbers)


def _joined_by_names(table: Cells, only: tuple[int, ...] | None) -> FoundTimes | None:
    """Return years, months, days, hours … that stand in columns of their own."""
    if not table.has_header:
        return _joined_by_content(table) if only is None else None
    columns = only if only is not None else tuple(range(len(table.names)))
    parts: dict[str, int] = {}
    for column in columns:
        part = part_of(table.names[column], frozenset(parts))
        if part in PART_NAMES and part not in parts and table.numbers(column):
            parts[part] = column
    has_day = "year" in parts and ({"month", "day"} <= set(parts) or "doy" in parts)
    if not has_day:
        return _date_and_hour(table, parts, columns)
    chosen = {column: Part(LETTERS[name], width=2) for name, column in parts.items()}
    years = table.numbers(parts["year"])
    chosen[parts["year"]] = Part("%Y") if max(years) > 99 else Part("%y", width=2)
    if "doy" in parts:
        chosen.pop(parts.get("month", -1), None)
        chosen.pop(parts.get("day", -1), None)
    if "hour" not in parts:
        return _with_day_time(table, chosen, columns)
    return _together(table, chosen, 2)


def _with_day_time(
    table: Cells, chosen: dict[int, Part], columns: Sequence[int]
) -> FoundTimes | None:
    """Return year, month and day with a time of day in one column, or alone."""
    days = [(c, _day_part(table, c)) for c in columns if c not in chosen]
    timed = [(c, part) for c, part in days if part is not None and part.pattern != "%H"]
    if timed:
        column, part = max(timed, key=lambda d: table.ranks[d[0]])
        return _together(table, {**chosen, column: part}, 2)
    way = _together(table, chosen, 2)
    return None if way is None else replace(way, kind=Kind.DATE)


def _date_and_hour(
    table: Cells, parts: dict[str, int], columns: Sequence[int]
) -> FoundTimes | None:
    """Return a date in one column with hours, minutes and seconds in others."""
    dates = [c for c in columns if c not in parts.values() and _is_date(table, c)]
    if "hour" not in parts or "minute" not in parts or not dates:
        return None
    date = min(dates, key=lambda c: (-table.ranks[c], abs(c - parts["hour"])))
    names = [name for name in ("hour", "minute", "second") if name in parts]
    chosen = {parts[name]: Part(LETTERS[name], width=2) for name in names}
    try:
        chosen[date] = _date_part(table, date, parts["hour"], Part("%H"))
    except AmbiguousDatesError as error:
        return FoundTimes((date,), rank=2, error=ambiguous(table, (date,), error))
    return _together(table, chosen, 2) if chosen[date].pattern else None


def _is_clock(digits: str) -> bool:
    return int(digits[:2]) <= 24 and int(digits[2:4]) < 60 and int(digits[4:6] or 0) <= 60
