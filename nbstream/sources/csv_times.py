"""Which columns of a table hold the times of its rows.

A column, or two that belong together (a date and a time of day), wins in this order: readable dates
with a time of day; numbers that are times of our days; dates alone; times of day alone; seconds of a
run. Among equals one that is called so wins, then the first. A number that can't be a time is none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nbstream.errors import ParseError
from nbstream.sources.number_cells import is_missing, is_placeholder, number
from nbstream.sources.time_forms import (
    SCALES,
    AmbiguousDatesError,
    NumberScale,
    TimeForm,
    find_compact_form,
    find_day_time_form,
    find_time_form,
    number_form,
    number_scale,
    text_form,
)
from nbstream.sources.time_names import (
    PART_NAMES,
    counted_unit,
    header_zone,
    is_duration_name,
    is_zone_name,
    may_count,
    part_of,
    rank,
)
from nbstream.sources.time_patterns import FIRST_YEAR, LAST_YEAR, MISSING_TIME
from nbstream.sources.time_scan import duration_s, looks_like_time
from nbstream.sources.time_words import is_afternoon, zone_word
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from nbstream.readings import TimeUnit

__all__ = ["FoundTimes", "TimeOptions", "find_times"]

ROWS_TO_BE_SURE = 3
MAX_ROWS = 300
NS = 1_000_000_000
DAY_NS = 86_400 * NS
TOGETHER = "read together; pass time='…' for one column"
FRACTION = NumberScale("fraction", "parts of a day", DAY_NS)
_DOTTED = re.compile(r"[0-9]{1,2}\.[0-5][0-9]")

# Lower is better.
WHOLE, COUNTED, DATE, COUNTED_UNNAMED, DAY_TIME, ELAPSED = range(6)


@dataclass(frozen=True)
class TimeOptions:
    """What the user said about times; None is to be found out.

    Parameters
    ----------
    time
        Names or numbers (from 0) of the columns; () for the time of arrival.
    time_format
        As `nbstream.sources.time_forms.text_form` reads it.
    unit
        Of numbers.
    zone
        Of times that name none.
    """

    time: tuple[str | int, ...] | None = None
    time_format: str | None = None
    unit: TimeUnit | None = None
    zone: tzinfo | None = None


@dataclass
class FoundTimes:
    """The columns of times and how they are read; no columns if there are none."""

    columns: tuple[int, ...] = ()
    form: TimeForm | None = None
    note: str = ""
    """What was guessed and how to say it otherwise."""
    kind: int = WHOLE
    rank: int = 0
    error: ParseError | None = None
    """Why these columns cannot be read after all."""


def find_times(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: TimeOptions,
    *,
    has_header: bool = True,
    is_final: bool = False,
) -> FoundTimes | None:
    """Return where times stand, or None if more rows are needed to tell.

    Parameters
    ----------
    names
        Of all columns.
    rows
        Cells of the first rows.
    options
        What the user said.
    has_header
        Whether the names are those of the file.
    is_final
        Whether no more rows will come soon: then it is told from those that are there.

    Raises
    ------
    ParseError
        If times that were asked for cannot be read, or what looks like times can't.
    """
    if options.time == () or not rows:
        return FoundTimes()
    is_sure = is_final or len(rows) >= ROWS_TO_BE_SURE
    table = _Table(names, rows, options, has_header=has_header, is_sure=is_sure)
    found = table.asked() if options.time is not None else table.best()
    if found is None:
        if not is_sure and table.may_have_times():
            return None
        table.refuse_unreadable()
        return FoundTimes(note=table.note_of_numbers())
    if found.error is not None:
        raise found.error
    assert found.form is not None
    for row in rows[:MAX_ROWS]:
        cells = [row[c] if c < len(row) else "" for c in found.columns]
        found.form.check(cells[0] if found.form.n_cells == 1 else found.form.join(cells))
    if found.form.zone is None:
        zones = [zone for c in found.columns if (zone := header_zone(names[c])) is not None]
        if zones and has_header and found.form.is_naive:
            found.form = replace(found.form, zone=zones[0])
    return found


class _Table:
    """Cells by column, and what each column may be."""

    def __init__(
        self,
        names: Sequence[str],
        rows: Sequence[Sequence[str]],
        options: TimeOptions,
        *,
        has_header: bool,
        is_sure: bool,
    ) -> None:
        self.is_sure = is_sure
        self.names = names
        self.options = options
        self.has_header = has_header
        self.rows = rows
        self.ranks = [rank(name) if has_header else 0 for name in names]
        if not has_header and len(names) > 9 and rows[0][0].endswith("RMC"):  # lines of a GPS
            self.ranks[1] = self.ranks[9] = 2
        self._columns: dict[int, list[str]] = {}

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column that are not empty."""
        if column not in self._columns:
            found = (row[column] for row in self.rows if column < len(row))
            self._columns[column] = [
                cell for cell in found if not is_missing(cell) and not is_placeholder(cell)
            ]
        return self._columns[column]

    def numbers(self, column: int) -> list[float]:
        """Return the numbers of a column if most of its cells are, else nothing."""
        cells = self.cells(column)
        for decimal in ".,":
            found = [x for cell in cells if (x := number(cell, decimal)) is not None]
            if 2 * len(found) > len(cells):
                return found
        return []

    # What was asked for.

    def asked(self) -> FoundTimes | None:
        """Return the columns that the user named."""
        columns = tuple(self._position(time) for time in self.options.time or ())
        if len(columns) == 1:
            found = self._asked_alone(columns[0])
        else:
            found = self._asked_together(columns)
        if found is None and self.is_sure:
            raise self._unreadable(columns)
        return found

    def _asked_alone(self, column: int) -> FoundTimes | None:
        if self.options.time_format is not None:
            return self._by_format((column,))
        ways = [way for way in self._ways(column) if way.kind != DATE]
        if ways:
            return min(ways, key=lambda way: way.kind)
        if self.options.unit is not None and self.numbers(column):
            return FoundTimes((column,), number_form(self.options.unit), kind=COUNTED)
        dates = [way for way in self._ways(column) if way.kind == DATE]
        joined = [way for way in self._joined() if column in way.columns]
        found = joined or dates
        return found[0] if found else None

    def _asked_together(self, columns: tuple[int, ...]) -> FoundTimes | None:
        if self.options.time_format is not None:
            return self._by_format(columns)
        joined = [way for way in self._joined(columns) if set(way.columns) == set(columns)]
        if joined:
            return joined[0]
        texts = [" ".join(row[c] for c in columns) for row in self.rows if len(row) > max(columns)]
        try:
            form = find_time_form(texts, self.options.zone)
        except AmbiguousDatesError as error:
            return FoundTimes(columns, error=self._ambiguous(columns, error))
        if form is None:
            return None
        return FoundTimes(columns, replace(form, n_cells=len(columns)))

    def _position(self, time: str | int) -> int:
        if isinstance(time, int):
            if not 0 <= time < len(self.names):
                message = f"'time' must be a column from 0 to {len(self.names) - 1} (got {time!r})."
                raise ParseError(message)
            return time
        return list(self.names).index(time)

    def _by_format(self, columns: tuple[int, ...]) -> FoundTimes | None:
        """Return columns if the format that the user gave reads any row of them."""
        pattern = self.options.time_format or ""
        form = text_form(pattern, self.options.zone, len(columns))
        if self.options.unit is not None and form.kind == "elapsed":
            form = replace(form, scale=SCALES[self.options.unit])
        for row in self.rows:
            if len(row) > max(columns):
                cells = [row[c] for c in columns]
                text = cells[0] if len(cells) == 1 else form.join(cells)
                if text and (form.read(text)[0] != MISSING_TIME or form.problem(text)):
                    return FoundTimes(columns, form)
        return None

    # What is found.

    def best(self) -> FoundTimes | None:
        """Return the best columns there are."""
        if self.options.time_format is not None:
            return self._best_by_format()
        n = len(self.names)
        ways = [way for column in range(n) for way in self._ways(column)] + self._joined()
        if not ways:
            return None
        ways.sort(key=_order)
        best = ways[0]
        if best.kind == WHOLE and len(best.columns) == 1 and self._date_converter(*best.columns):
            joined = [way for way in ways if len(way.columns) > 1 and way.kind == WHOLE]
            best = next((way for way in joined if best.columns[0] in way.columns), best)
        if best.kind == DATE and best.error is None and len(best.columns) == 1:
            best = self._beside(best) or best
        if best.kind == DATE and best.error is None:
            self._refuse_midnight(best)
        best = self._with_milliseconds(best)
        if best.kind == COUNTED:
            dates = [way for way in ways if way.kind == DATE and way.error is None]
            if dates and not self._agree(best, dates[0]):
                return dates[0]
        if best.error is not None:  # a column that can be read after all is better than an error
            sure = [way for way in ways if way.error is None and way.kind in (WHOLE, COUNTED)]
            return sure[0] if sure and sure[0].rank >= best.rank else best
        return best

    def _with_milliseconds(self, way: FoundTimes) -> FoundTimes:
        """Return a column of whole seconds with the milliseconds that a comma cut off."""
        after = way.columns[-1] + 1 if way.columns else 0
        form = way.form
        is_whole = form is not None and form.pattern.endswith("%S") and len(way.columns) == 1
        if form is None or not is_whole or not 0 < after < len(self.names):
            return way
        if not self._is_milliseconds(after):
            return way
        form = replace(form, parts=(form.pattern, "%f"), n_cells=2, widths=(0, 3))
        return replace(way, columns=(*way.columns, after), form=form, note=TOGETHER)

    def _refuse_midnight(self, dates: FoundTimes) -> None:
        """Raise if rows of one day would all be at midnight though a column is called time."""
        (column,) = dates.columns if len(dates.columns) == 1 else (-1,)
        if column < 0 or len(set(self.cells(column))) == len(self.cells(column)):
            return
        for other in range(len(self.names)):
            is_time = self.ranks[other] == 2 and part_of(self.names[other]) == "time"
            if other != column and is_time and self.cells(other):
                raise self._unreadable((column, other), also="to take the dates alone")
        dates.note = "rows of one day are all at 00:00; pass time=['…', '…'] for a time of day too"

    def _beside(self, dates: FoundTimes) -> FoundTimes | None:
        """Return dates that repeat with digits of a time of day beside them, whatever its name."""
        (date,) = dates.columns
        if len(set(self.cells(date))) == len(self.cells(date)):
            return None
        for column in (date + 1, date - 1):
            if not 0 <= column < len(self.names):
                continue
            part = self._day_part(column, is_beside=True)
            way = None if part is None else self._join(date, column, part, (date, column))
            if way is None or way.form is None:
                continue
            order = way.columns
            rows = [row for row in self.rows if len(row) > max(order)]
            read = [way.form.read_cells([row[c] for c in order])[0] for row in rows]
            if MISSING_TIME not in read and read == sorted(set(read)):
                return way
        return None

    def _best_by_format(self) -> FoundTimes | None:
        order = sorted(range(len(self.names)), key=lambda c: (-self.ranks[c], c))
        for column in order:
            found = self._by_format((column,))
            if found is not None:
                return found
        joined = [way.columns for way in self._joined()]
        for columns in [*joined, *pairwise(range(len(self.names)))]:
            found = self._by_format(columns)
            if found is not None:
                return found
        named = [c for c in order if self.ranks[c] == 2] or order[:1]
        if self.is_sure:
            raise self._unreadable(tuple(named[:1]))
        return None

    def _agree(self, one: FoundTimes, other: FoundTimes) -> bool:
        """Return whether two columns tell about the same day in the first row that has both."""
        assert one.form is not None
        assert other.form is not None
        for row in self.rows:
            if len(row) > max(one.columns + other.columns):
                a, b = (way.form.read(row[way.columns[0]])[0] for way in (one, other))  # type: ignore[union-attr]
                if MISSING_TIME not in {a, b}:
                    return bool(abs(a - b) < 2 * DAY_NS)
        return True

    def _ways(self, column: int) -> list[FoundTimes]:
        """Return what one column may be by itself."""
        numbers = self.numbers(column)
        if numbers:
            return self._ways_of_numbers(column, numbers)
        cells, grade = self.cells(column), self.ranks[column]
        if not cells:
            return []
        try:
            form = find_time_form(cells, self.options.zone)
        except AmbiguousDatesError as error:
            kind = WHOLE if any("%H" in p or "%I" in p for p in error.patterns) else DATE
            told = self._ambiguous((column,), error)
            return [FoundTimes((column,), kind=kind, rank=grade, error=told)]
        if form is not None:
            if not form.has_time_of_day and not grade and not self._is_sure_date(form, cells):
                return []
            kind = WHOLE if form.has_time_of_day else DATE
            note = ""
            if form.lacks == "year":
                note = "no year: the newest of the file is of the year of the file's last change"
            return [FoundTimes((column,), form, note, kind, grade)]
        form = find_day_time_form(cells, self.options.zone)
        durations = [seconds for cell in cells if (seconds := duration_s(cell)) is not None]
        if 2 * len(durations) > len(cells) and (
            form is None or is_duration_name(self.names[column])
        ):
            note = "the newest of the file is put at the file's last change"
            return [FoundTimes((column,), TimeForm("elapsed"), note, ELAPSED, grade)]
        if form is None or not (grade or _goes_on(form, cells)):
            return []
        note = "no date: the newest of the file is of the day of the file's last change"
        return [FoundTimes((column,), form, note, DAY_TIME, grade)]

    def _is_sure_date(self, form: TimeForm, cells: list[str]) -> bool:
        """Return whether a column of dates that isn't called so holds the times of its rows."""
        if form.lacks or not re.search("%d|%j|%u", form.pattern):
            return False
        walls = [wall for wall, _ in map(form.read, cells) if wall != MISSING_TIME]
        return len(set(walls)) > 1 or len(walls) == 1 or not self.has_header

    def _ways_of_numbers(self, column: int, numbers: list[float]) -> list[FoundTimes]:
        grade, cells = self.ranks[column], self.cells(column)
        compact = self._compact(cells, grade)
        if compact is not None:
            kind = WHOLE if compact.has_time_of_day else DATE
            return [FoundTimes((column,), compact, kind=kind, rank=grade)]
        counted = Counter(scale for x in numbers if (scale := number_scale(x)) is not None)
        scale, count = counted.most_common(1)[0] if counted else (None, 0)
        if self.options.unit is not None:
            scale = SCALES[self.options.unit]
            count = sum(map(scale.is_plausible, numbers))
        is_set_later = grade == 2 and scale is not None and scale.is_plausible(numbers[-1])
        if scale is not None and (2 * count > len(numbers) or is_set_later):
            form = TimeForm("number", scale=scale, is_checked=True)
            if grade:
                return [FoundTimes((column,), form, kind=COUNTED, rank=grade)]
            if numbers == sorted(numbers) and (column == 0 or not self.has_header):
                return [FoundTimes((column,), form, kind=COUNTED_UNNAMED)]
            return []
        is_years = part_of(self.names[column]) == "year" and all(
            x == int(x) and FIRST_YEAR <= x <= LAST_YEAR for x in numbers
        )
        if is_years and self.has_header and numbers == sorted(set(numbers)):
            return [FoundTimes((column,), TimeForm("text", ("%Y",)), kind=DATE, rank=grade)]
        if not grade:
            return []
        if self.options.unit is None:
            for name in ("mjd", "excel", "matlab", "julian"):
                if name == "mjd" and "mjd" not in self.names[column].lower():
                    continue
                if all(map(SCALES[name].is_plausible, numbers)) and _are_days(
                    numbers, self.names[column]
                ):
                    form = TimeForm("number", scale=SCALES[name])
                    note = "pass time_format='elapsed' if it counts the seconds of a run"
                    is_whole = all(x == int(x) for x in numbers)
                    kind = DATE if is_whole else COUNTED
                    return [FoundTimes((column,), form, note, kind, grade)]
        return self._elapsed(column, numbers)

    def _compact(self, cells: list[str], grade: int) -> TimeForm | None:
        lengths = {len(cell.partition(".")[0]) for cell in cells}
        if len(lengths) != 1 or not all(cell.replace(".", "").isdecimal() for cell in cells):
            return None
        length = lengths.pop()
        if length not in (17, 14, 12, 10, 8) or (length < 14 and not grade and self.has_header):
            return None
        if length == 8 and not grade:
            return None
        form = find_compact_form(cells, self.options.zone)
        if form is None or any(form.read(cell)[0] == MISSING_TIME for cell in cells):
            return None
        scale = SCALES["ns"]
        return form if all(scale.is_plausible(form.read(cell)[0]) for cell in cells) else None

    def _elapsed(self, column: int, numbers: list[float]) -> list[FoundTimes]:
        """Return the column as the seconds of a run, if they grow as those do."""
        name, grade = self.names[column], self.ranks[column]
        steps = [b - a for a, b in pairwise(numbers)]
        forward = [step for step in steps if step > 0]
        again = [i for i, step in enumerate(steps) if step < 0]
        grows = bool(forward) and len(again) <= len(steps) / 10
        may = may_count(name)
        if may is False or not grows or any(numbers[i + 1] > numbers[i] / 2 for i in again):
            return []
        step = float(np.median(forward))
        said = self.options.unit or counted_unit(name)
        if min(numbers) < 0 and said is None:
            return []
        is_even = max(forward) <= 1.5 * min(forward)
        n_needed = 6 if may else 10  # what is called "t" may be a temperature
        is_sure = numbers[0] <= 3 * step or min(numbers) >= 1000 or said is not None
        if not is_sure and not (len(numbers) >= n_needed or (may and is_even and len(numbers) > 2)):
            return []
        if may is None and not is_sure and not (is_even and all(x == int(x) for x in numbers)):
            return []
        unit = said or _guessed_unit(numbers, step)
        note = "the newest of the file is put at the file's last change"
        if said is None:
            note += f"; pass unit={'s' if unit == 'ms' else 'ms'!r} or 'us' if it counts those"
        note += f"{',' if said is None else ';'} time=False if it is no time"
        scale = SCALES.get(unit) or NumberScale(unit, unit, {"min": 60, "h": 3600}[unit] * NS)
        return [FoundTimes((column,), TimeForm("elapsed", scale=scale), note, ELAPSED, grade)]

    # Columns that belong together.

    def _joined(self, only: tuple[int, ...] | None = None) -> list[FoundTimes]:
        """Return dates and times of day that stand in columns of their own, the nearest first."""
        found = self._joined_by_names(only)
        columns = only if only is not None else range(len(self.names))
        dates = [c for c in columns if self._is_date(c)]
        days = [(c, part) for c in columns if (part := self._day_part(c)) is not None]
        pairs = [(d, t, part) for d in dates for t, part in days if d != t]
        pairs.sort(key=lambda p: (-self.ranks[p[0]] - self.ranks[p[1]], abs(p[0] - p[1]), p))
        for date, day, part in pairs[:4]:
            way = self._join(date, day, part, columns)
            if way is not None:
                found.append(way)
        return found

    def _join(
        self, date: int, day: int, part: _Part, columns: Sequence[int] | range
    ) -> FoundTimes | None:
        parts = {day: part}
        halves = [c for c in columns if c not in (date, day) and self._is_half(c)]
        if halves and "%p" not in part.pattern:
            nearest = min(halves, key=lambda c: abs(c - day))
            parts[day] = replace(part, pattern=part.pattern.replace("%H", "%I"))
            parts[nearest] = _Part("%p")
        after = max(date, *parts) + 1
        if after < len(self.names) and part.pattern.endswith("%S") and self._is_milliseconds(after):
            parts[after] = _Part("%f", width=3)
        zones = [c for c in columns if c not in (date, *parts) and self._is_zone(c)]
        if zones and "%z" not in part.pattern:
            parts[zones[0]] = _Part("%z")
        grade = min(self.ranks[date], self.ranks[day])
        try:
            parts[date] = self._date_part(date, day, parts[day])
        except AmbiguousDatesError as error:
            return FoundTimes((date, day), rank=grade, error=self._ambiguous((date, day), error))
        if parts[date].pattern == "":
            return None
        return self._together(parts, grade)

    def _together(self, parts: dict[int, _Part], grade: int) -> FoundTimes | None:
        order = tuple(sorted(parts))
        inner = [parts[c] for c in order]
        form = TimeForm(
            "text",
            tuple(p.pattern for p in inner),
            asked=self.options.zone,
            n_cells=len(order),
            converters=tuple(p.converter for p in inner) if any(p.converter for p in inner) else (),
            widths=tuple(p.width for p in inner) if any(p.width for p in inner) else (),
        )
        read = [
            form.read_cells([row[c] for c in order]) for row in self.rows if len(row) > order[-1]
        ]
        good = sum(wall != MISSING_TIME for wall, _ in read)
        problems = sum(
            bool(form.problem(form.join([row[c] for c in order])))
            for row in self.rows[:MAX_ROWS]
            if len(row) > order[-1]
        )
        if 2 * (good + problems) <= len(read):
            return None
        return FoundTimes(order, form, TOGETHER, WHOLE, grade)

    def _is_date(self, column: int) -> bool:
        return any(way.kind == DATE for way in self._ways(column)) or (
            self._date_converter(column) is not None
        )

    def _date_converter(self, column: int) -> TimeForm | None:
        """Return what reads a column of midnights, if it is one."""
        ways = [way for way in self._ways(column) if way.form is not None]
        if not ways or ways[0].kind not in (WHOLE, COUNTED, DATE, COUNTED_UNNAMED):
            return self._six_digits(column)
        form = ways[0].form
        assert form is not None
        walls = [form.read(cell)[0] for cell in self.cells(column)]
        is_text_date = form.kind == "text" and not form.has_time_of_day
        is_midnight = all(wall % DAY_NS == 0 for wall in walls if wall != MISSING_TIME)
        return form if is_midnight and not is_text_date else None

    def _six_digits(self, column: int) -> TimeForm | None:
        """Return what reads dates such as 260701, that a writer of numbers may have shortened."""
        cells = [cell.partition(".")[0].zfill(6) for cell in self.cells(column)]
        if not self.ranks[column] or not cells or not all(c.isdecimal() for c in cells):
            return None
        if part_of(self.names[column]) in {"t", "time"} or any(len(c) != 6 for c in cells):
            return None
        form = find_compact_form(cells, self.options.zone)
        if form is None or form.has_time_of_day:
            return None
        return TimeForm("text", form.parts, asked=self.options.zone)

    def _date_part(self, date: int, day: int, day_part: _Part) -> _Part:
        ways = [way for way in self._ways(date) if way.kind == DATE]
        if ways and ways[0].form is not None and ways[0].form.kind == "text":
            form = ways[0].form
            return _Part(form.pattern)
        if ways and ways[0].error is not None:  # the time of day may tell how the date goes on
            texts = [
                f"{row[date]} {row[day]}"
                for row in self.rows
                if len(row) > max(date, day) and row[date] and row[day]
            ]
            form_found = find_time_form(texts, self.options.zone)
            if form_found is None or not form_found.pattern.endswith(day_part.pattern):
                return _Part("")
            return _Part(form_found.pattern.removesuffix(day_part.pattern).strip())
        converter = self._date_converter(date)
        if converter is None:
            return _Part("")
        if converter.kind == "text" and not converter.has_time_of_day:
            return _Part(converter.pattern, width=6)
        return _Part("%Y-%m-%d", converter)

    def _day_part(self, column: int, *, is_beside: bool = False) -> _Part | None:
        """Return a column as a time of day; numbers only if it is called so or beside a date."""
        cells, grade = self.cells(column), self.ranks[column]
        if not cells:
            return None
        numbers = self.numbers(column)
        if not numbers:
            form = find_day_time_form(cells, self.options.zone)
            return None if form is None else _Part(form.pattern)
        if not (grade or is_beside) or min(numbers) < 0:
            return None
        if max(numbers) < 1 and any(x % 1 for x in numbers):
            return _Part("%H:%M:%S.%f", TimeForm("number", scale=FRACTION))
        if all(_DOTTED.fullmatch(cell) for cell in cells):
            return _Part("%H.%M")
        if part_of(self.names[column]) == "hour" and max(numbers) <= 24:
            return _Part("%H", width=2)
        whole = [cell.partition(".")[0] for cell in cells]
        if max(numbers) > 240_000 or not all(cell.isdecimal() for cell in whole):
            return None
        width = 6 if max(numbers) > 2400 or max(map(len, whole)) > 4 else 4
        if width == 4 and (max(numbers) < 60 or any(x % 1 for x in numbers)):
            return None
        pattern = "%H%M%S" if width == 6 else "%H%M"
        if all(_is_clock(cell.zfill(width)) for cell in whole):
            return _Part(pattern, width=width)
        return None

    def _is_half(self, column: int) -> bool:
        cells = self.cells(column)
        return bool(cells) and all(len(c) > 1 and is_afternoon(c) is not None for c in cells)

    def _is_milliseconds(self, column: int) -> bool:
        """Return whether a column holds the milliseconds of the times before it."""
        cells = self.cells(column)
        is_whole = bool(cells) and all(cell.isdecimal() and len(cell) <= 3 for cell in cells)
        if not self.has_header:
            is_filled = any(cell.startswith("0") for cell in cells)
            return is_whole and is_filled and all(len(cell) == 3 for cell in cells)
        return is_whole and part_of(self.names[column]) == "fraction"

    def _is_zone(self, column: int) -> bool:
        cells = self.cells(column)
        if not cells or not self.has_header or not is_zone_name(self.names[column]):
            return False
        return not any(zone_word(cell) == (None, None, "") for cell in cells[:MAX_ROWS])

    def _joined_by_content(self) -> list[FoundTimes]:
        """Return year, month, day, hour, minute and second side by side in a table without names."""
        ranges = ((1990, 2099), (1, 12), (1, 31), (0, 24), (0, 59), (0, 60))
        for first in range(len(self.names) - 4):
            n = 0
            while n < 6 and first + n < len(self.names) and self._is_within(first + n, *ranges[n]):
                n += 1
            if n > 4:
                letters = ("%Y", "%m", "%d", "%H", "%M", "%S")[:n]
                parts = {first + i: _Part(letter, width=2) for i, letter in enumerate(letters)}
                way = self._together(parts, 0)
                order = () if way is None else way.columns
                rows = [row for row in self.rows if len(row) > max(order, default=0)]
                if way is not None and way.form is not None:
                    read = [way.form.read_cells([row[c] for c in order])[0] for row in rows]
                    if read == sorted(read):
                        return [way]
        return []

    def _is_within(self, column: int, low: float, high: float) -> bool:
        numbers = self.numbers(column)
        return bool(numbers) and all(x == int(x) and low <= x <= high for x in numbers)

    def _joined_by_names(self, only: tuple[int, ...] | None) -> list[FoundTimes]:
        """Return years, months, days, hours … that stand in columns of their own."""
        if not self.has_header:
            return self._joined_by_content() if only is None else []
        columns = only if only is not None else tuple(range(len(self.names)))
        parts: dict[str, int] = {}
        for column in columns:
            part = part_of(self.names[column], frozenset(parts))
            if part in PART_NAMES and part not in parts and self.numbers(column):
                parts[part] = column
        letters = {"year": "%Y", "month": "%m", "day": "%d", "doy": "%j", "hour": "%H"}
        letters |= {"minute": "%M", "second": "%S"}
        has_day = "year" in parts and ({"month", "day"} <= set(parts) or "doy" in parts)
        if not has_day:
            return self._date_and_hour(parts, columns)
        chosen = {parts[name]: _Part(letters[name], width=2) for name in parts}
        years = self.numbers(parts["year"])
        chosen[parts["year"]] = _Part("%Y") if max(years) > 99 else _Part("%y", width=2)
        if "doy" in parts:
            chosen.pop(parts.get("month", -1), None)
            chosen.pop(parts.get("day", -1), None)
        if "hour" not in parts:
            return self._with_day_time(chosen, columns)
        way = self._together(chosen, 2)
        return [] if way is None else [way]

    def _with_day_time(self, chosen: dict[int, _Part], columns: Sequence[int]) -> list[FoundTimes]:
        """Return year, month and day with a time of day in one column, or alone."""
        days = [
            (c, part)
            for c in columns
            if c not in chosen and (part := self._day_part(c)) is not None and part.pattern != "%H"
        ]
        if days:
            column, part = min(days, key=lambda d: -self.ranks[d[0]])
            way = self._together({**chosen, column: part}, 2)
        else:
            way = self._together(chosen, 2)
            if way is not None:
                way.kind = DATE
        return [] if way is None else [way]

    def _date_and_hour(self, parts: dict[str, int], columns: Sequence[int]) -> list[FoundTimes]:
        """Return a date in one column with hours, minutes and seconds in others."""
        if "hour" not in parts or "minute" not in parts:
            return []
        dates = [c for c in columns if c not in parts.values() and self._is_date(c)]
        if not dates:
            return []
        date = min(dates, key=lambda c: (-self.ranks[c], abs(c - parts["hour"])))
        chosen = {parts["hour"]: _Part("%H", width=2), parts["minute"]: _Part("%M", width=2)}
        if "second" in parts:
            chosen[parts["second"]] = _Part("%S", width=2)
        try:
            chosen[date] = self._date_part(date, parts["hour"], _Part("%H"))
        except AmbiguousDatesError as error:
            return [FoundTimes((date,), rank=2, error=self._ambiguous((date,), error))]
        way = self._together(chosen, 2) if chosen[date].pattern else None
        return [] if way is None else [way]

    # Errors.

    def note_of_numbers(self) -> str:
        """Return a word about columns that are called as times are and hold other numbers."""
        for column, grade in enumerate(self.ranks):
            if grade == 2 and (cells := self.cells(column)):
                name = self.names[column]
                how = f"time={name!r}, time_format='elapsed'"
                return (
                    f"{name!r} is a channel, for {shorten(cells[0])} is no time (else pass {how})"
                )
        for column, name in enumerate(self.names):
            if not self.numbers(column) and self._reads(self.cells(column)):
                return f"{name!r} is not taken for the times of rows (else pass time={name!r})"
        return ""

    def _reads(self, cells: list[str]) -> bool:
        """Return whether text reads as times or dates, be it a score or a version."""
        try:
            return bool(find_time_form(cells) or find_day_time_form(cells))
        except AmbiguousDatesError:
            return True

    def may_have_times(self) -> bool:
        """Return whether any column is called as times are, or looks so."""
        return any(self.ranks) or any(
            looks_like_time(cell) for c in range(len(self.names)) for cell in self.cells(c)[:3]
        )

    def refuse_unreadable(self) -> None:
        """Raise if a column looks like times that could not be read."""
        for wanted in (2, 1, 0):
            for column in range(len(self.names)):
                cells = self.cells(column)
                if self.ranks[column] != wanted or not cells or self.numbers(column):
                    continue
                looks = sum(looks_like_time(cell) for cell in cells)
                if is_duration_name(self.names[column]) or (not wanted and self._reads(cells)):
                    continue
                if 2 * looks > len(cells) or wanted == 2:
                    raise self._unreadable((column,), also="or time=False for the time of arrival")

    def _quoted(self, columns: Sequence[int]) -> str:
        return " and ".join(repr(self.names[c]) for c in columns)

    def _ambiguous(self, columns: tuple[int, ...], error: AmbiguousDatesError) -> ParseError:
        told = AmbiguousDatesError(error.example, error.patterns)
        what = "Column" if len(columns) == 1 else "Columns"
        text = error.args[0]
        if len(columns) > 1:
            with_names = f"Pass time={[self.names[c] for c in columns]!r} and"
            text = text.replace("Pass", with_names)
        told.args = (f"{what} {self._quoted(columns)}: {text[0].lower()}{text[1:]}",)
        return told

    def _unreadable(self, columns: tuple[int, ...], also: str = "") -> ParseError:
        texts = [" ".join(row[c] for c in columns if c < len(row)).strip() for row in self.rows]
        example = next(filter(None, texts), "")
        name = self.names[columns[0]]
        if len(columns) == 1:
            how = "Pass time_format='…' as for datetime.strptime, or time='…' for another column"
            if self.numbers(columns[0]):
                how = "Pass unit='s' if it counts from 1970, time_format='elapsed' if from a start of "
                how += "its own, or time='…' for another column"
            what = f"Column {name!r} does"
        else:
            together = [self.names[c] for c in columns]
            how = f"Pass time={together!r} and time_format='…' as for datetime.strptime"
            how += f", or time={name!r}"
            what = f"Columns {self._quoted(columns)} do"
        return ParseError(
            f"{what} not read as times (first: {shorten(example)!r}). "
            f"{how}{', ' if also.startswith('or') else ' ' if also else ''}{also}."
        )


def _order(way: FoundTimes) -> tuple[object, ...]:
    """Return by what the best way comes first."""
    n = len(way.columns)
    span = max(way.columns) - min(way.columns)
    return way.kind, -way.rank, n > 1, -n, span, way.columns


@dataclass(frozen=True)
class _Part:
    """What one of several cells is."""

    pattern: str
    converter: TimeForm | None = None
    width: int = 0


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


def _is_clock(digits: str) -> bool:
    return int(digits[:2]) <= 24 and int(digits[2:4]) < 60 and int(digits[4:6] or 0) <= 60
