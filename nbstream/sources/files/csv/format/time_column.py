"""What one column of a table may be as the times of its rows, by its cells and its name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nbstream.sources.files.csv.format.time_cells import NS, Cells, FoundTimes, Kind, ambiguous
from nbstream.sources.times.forms import (
    SCALES,
    AmbiguousDatesError,
    NumberScale,
    TimeForm,
    find_compact_form,
    find_day_time_form,
    find_time_form,
    number_scale,
    text_form,
)
from nbstream.sources.times.names import (
    counted_unit,
    is_duration_name,
    may_count,
    order_of,
    part_of,
)
from nbstream.sources.times.patterns import FIRST_YEAR, LAST_YEAR, MISSING_TIME
from nbstream.sources.times.scan import duration_s

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

__all__ = ["are_shuffled", "reads", "ways_of"]


def ways_of(table: Cells, column: int) -> list[FoundTimes]:
    """Return what one column may be by itself."""
    if column not in table.known_ways:
        table.known_ways[column] = _ways(table, column)
    return table.known_ways[column]


def _ways(table: Cells, column: int) -> list[FoundTimes]:
    numbers = table.numbers(column)
    if numbers:
        return _ways_of_numbers(table, column, numbers)
    cells, grade = table.cells(column), table.ranks[column]
    if not cells:
        return []
    try:
        form = find_time_form(cells, table.options.zone)
    except AmbiguousDatesError as error:
        form = _told_by_name(table, column, error)
        if form is not None:
            return [FoundTimes((column,), form, kind=Kind.of(form), rank=grade)]
        is_timed = any("%H" in p or "%I" in p for p in error.patterns)
        kind, told = Kind.WHOLE if is_timed else Kind.DATE, ambiguous(table, (column,), error)
        return [FoundTimes((column,), kind=kind, rank=grade, error=told)]
    if form is not None:
        if not form.has_time_of_day and not grade and not _is_sure_date(table, form, cells):
            return []
        note = "no year: the newest of the file is of the year of the file's last change"
        note = note if form.lacks == "year" else ""
        return [FoundTimes((column,), form, note, Kind.of(form), grade)]
    form = find_day_time_form(cells, table.options.zone)
    durations = [seconds for cell in cells if (seconds := duration_s(cell)) is not None]
    are_durations = 2 * len(durations) > len(cells)
    if are_durations and are_shuffled(cells):
        return []
    is_duration = are_durations and (":" in cells[0] or _grow(table, column, durations))
    if is_duration and (form is None or is_duration_name(table.names[column])):
        note = "the newest of the file is put at the file's last change"
        return [FoundTimes((column,), TimeForm("elapsed"), note, Kind.ELAPSED, grade)]
    if form is None:
        return _intervals(table, column, cells)
    if not (grade or _goes_on(form, cells)):
        return []
    note = "no date: the newest of the file is of the day of the file's last change"
    return [FoundTimes((column,), form, note, Kind.DAY_TIME, grade)]


def _intervals(table: Cells, column: int, cells: list[str]) -> list[FoundTimes]:
    """Return a column of intervals, "13.07.2026 00:00 - 13.07.2026 01:00", as their starts."""
    for mark in (" - ", " – ", "/", " to "):
        halves = zip(*(cell.partition(mark) for cell in cells), strict=True)
        starts, _, ends = (list(map(str.strip, half)) for half in halves)
        try:
            start, end = (find_time_form(texts, table.options.zone) for texts in (starts, ends))
        except AmbiguousDatesError:
            continue
        if start is not None and start.has_time_of_day and end is not None:
            return [FoundTimes((column,), replace(start, until=mark), rank=table.ranks[column])]
    return []


def _grow(table: Cells, column: int, durations: Sequence[Decimal]) -> bool:
    """Return whether durations are those from the start of a run, by their name and their values."""
    grows = all(a <= b for a, b in pairwise(durations)) and durations[0] < durations[-1]
    return grows and table.ranks[column] == 2


def are_shuffled(cells: Sequence[str]) -> bool:
    """Return whether cells are durations that go up and down, as laps do, and not on from row to row."""
    durations = [seconds for cell in cells if (seconds := duration_s(cell)) is not None]
    steps = [b - a for a, b in pairwise(durations) if a != b]
    n_back = sum(step < 0 for step in steps)
    return len(steps) > 1 and len(steps) < 4 * n_back < 3 * len(steps)


def _told_by_name(table: Cells, column: int, error: AmbiguousDatesError) -> TimeForm | None:
    """Return the form that a name such as "Time (dd/mm/yyyy)" chooses among those in doubt."""
    order = order_of(table.names[column])
    letters = {pattern: re.sub("[^dmy]", "", pattern.lower()) for pattern in error.patterns}
    chosen = [p for p, found in letters.items() if order and found.startswith(order)]
    return text_form(chosen[0], table.options.zone) if len(chosen) == 1 else None


def _is_sure_date(table: Cells, form: TimeForm, cells: list[str]) -> bool:
    """Return whether a column of dates that isn't called so holds the times of its rows."""
    if form.lacks or not re.search("%d|%j|%V|%q", form.pattern):
        return False
    walls = [wall for wall, _ in map(form.read, cells) if wall != MISSING_TIME]
    return len(set(walls)) > 1 or len(walls) == 1 or not table.has_header


def _ways_of_numbers(table: Cells, column: int, numbers: list[float]) -> list[FoundTimes]:
    grade, cells = table.ranks[column], table.cells(column)
    compact = _compact(table, cells, grade)
    if compact is not None:
        return [FoundTimes((column,), compact, kind=Kind.of(compact), rank=grade)]
    counted = Counter(scale for x in numbers if (scale := number_scale(x)) is not None)
    scale, count = counted.most_common(1)[0] if counted else (None, 0)
    if table.options.unit is not None:
        scale = SCALES[table.options.unit]
        count = sum(map(scale.is_plausible, numbers))
    is_set_later = grade == 2 and scale is not None and scale.is_plausible(numbers[-1])
    if scale is not None and (2 * count > len(numbers) or is_set_later):
        form = TimeForm("number", scale=scale, is_checked=True)
        if grade:
            return [FoundTimes((column,), form, kind=Kind.COUNTED, rank=grade)]
        if numbers == sorted(numbers) and (column == 0 or not table.has_header):
            return [FoundTimes((column,), form, kind=Kind.COUNTED_UNNAMED)]
        return []
    are_years = _are_whole(numbers) and all(FIRST_YEAR <= x <= LAST_YEAR for x in numbers)
    is_year = are_years and part_of(table.names[column]) == "year"
    if is_year and table.has_header and numbers == sorted(set(numbers)):
        return [FoundTimes((column,), TimeForm("text", ("%Y",)), kind=Kind.DATE, rank=grade)]
    if not grade:
        return _elapsed(table, column, numbers) if _is_axis(table, column) else []
    if table.options.unit is None:
        for name in ("mjd", "excel", "matlab", "julian"):
            if name == "mjd" and "mjd" not in table.names[column].lower():
                continue
            are_plausible = all(map(SCALES[name].is_plausible, numbers))
            if are_plausible and _are_days(numbers, table.names[column]):
                form = TimeForm("number", scale=SCALES[name])
                note = "pass time_format='elapsed' if it counts the seconds of a run"
                kind = Kind.DATE if _are_whole(numbers) else Kind.COUNTED
                return [FoundTimes((column,), form, note, kind, grade)]
    return _elapsed(table, column, numbers)


def _compact(table: Cells, cells: list[str], grade: int) -> TimeForm | None:
    lengths = {len(cell.partition(".")[0]) for cell in cells}
    if len(lengths) != 1 or not all(cell.replace(".", "").isdecimal() for cell in cells):
        return None
    length = lengths.pop()
    is_short = length < 14 and not grade and (table.has_header or length == 8)
    if length not in (17, 14, 12, 10, 8) or is_short:
        return None
    form = find_compact_form(cells, table.options.zone)
    if form is None or any(form.read(cell)[0] == MISSING_TIME for cell in cells):
        return None
    scale = SCALES["ns"]
    return form if all(scale.is_plausible(form.read(cell)[0]) for cell in cells) else None


def _elapsed(table: Cells, column: int, numbers: list[float]) -> list[FoundTimes]:
    """Return the column as the seconds of a run, if they grow as those do."""
    name, grade = table.names[column], table.ranks[column]
    steps = [b - a for a, b in pairwise(numbers)]
    forward = [step for step in steps if step > 0]
    again = [i for i, step in enumerate(steps) if step < 0]
    grows = bool(forward) and len(again) <= len(steps) / 10
    may = True if _is_axis(table, column) else may_count(name)
    if may is False or not grows or any(numbers[i + 1] > numbers[i] / 2 for i in again):
        return []
    step = float(np.median(forward))
    said = table.options.unit or counted_unit(name)
    said = said or counted_unit(f"{name} {table.units.get(column, '')}")
    is_even = max(forward) <= 1.5 * min(forward)
    is_triggered = may and is_even and not again and len(numbers) > 2  # from before a trigger
    if min(numbers) < 0 and said is None and not is_triggered:
        return []
    n_needed = 6 if may else 10  # what is called "t" may be a temperature
    is_sure = numbers[0] <= 3 * step or min(numbers) >= 1000 or said is not None
    if not is_sure and not (len(numbers) >= n_needed or (may and is_even and len(numbers) > 2)):
        return []
    if may is None and not is_sure and not (is_even and _are_whole(numbers)):
        return []
    unit = said or _guessed_unit(numbers, step)
    note = "the newest of the file is put at the file's last change"
    if said is None:
        note += f"; pass unit={'s' if unit == 'ms' else 'ms'!r} or 'us' if it counts those"
    note += f"{',' if said is None else ';'} time=False if it is no time"
    scale = SCALES.get(unit) or NumberScale(unit, unit, {"min": 60, "h": 3600}[unit] * NS)
    return [FoundTimes((column,), TimeForm("elapsed", scale=scale), note, Kind.ELAPSED, grade)]


def _is_axis(table: Cells, column: int) -> bool:
    """Return whether a column is the first, and the table says that its unit is one of time.

    LabVIEW says it elsewhere, in lines before the header.
    """
    is_said = counted_unit(f"x {table.units.get(0, '')}") is not None
    return column == 0 and (is_said or (table.has_header and table.names[0] == "X_Value"))


def reads(cells: list[str]) -> bool:
    """Return whether text reads as times or dates, be it a score or a version."""
    try:
        return bool(find_time_form(cells) or find_day_time_form(cells))
    except AmbiguousDatesError:
        return True


def _are_whole(numbers: Sequence[float]) -> bool:
    return all(x % 1 == 0 for x in numbers)


def _are_days(numbers: Sequence[float], name: str) -> bool:
    """Return whether numbers of the right size count days rather than the seconds of a run."""
    if part_of(name) == "date":
        return True
    if {"jd", "mjd", "julian", "excel", "serial"} & set(re.findall("[a-z]+", name.lower())):
        return True
    steps = [b - a for a, b in pairwise(numbers) if b > a]
    if not any(x % 1 for x in numbers) or not steps:
        return not steps and any(x % 1 for x in numbers)
    quarters = [x * 96 for x in numbers]  # of an hour
    return float(np.median(steps)) < 0.05 or all(abs(q - round(q)) < 0.01 for q in quarters)


def _goes_on(form: TimeForm, cells: Sequence[str]) -> bool:
    """Return whether times of day follow each other as those of rows do, over midnight too."""
    walls = [wall for wall, _ in map(form.read, cells) if wall != MISSING_TIME]
    n_back = sum(b < a for a, b in pairwise(walls))
    return n_back <= ("%S" in form.pattern) and all(re.search(r"[0-9]:?[0-9]{2}", c) for c in cells)


def _guessed_unit(numbers: Sequence[float], step: float) -> str:
    """Return "s" or "ms" for numbers that grow by so much from row to row."""
    if any(x % 1 for x in numbers):
        return "s"
    is_minutes = all(x % 60 == 0 for x in numbers)
    return "s" if step < 100 or is_minutes else "ms"
