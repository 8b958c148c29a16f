"""Which columns of a table hold the times of its rows.

A column, or two that belong together (a date and a time of day), wins in this order: readable dates
with a time of day; numbers that are times of our days; dates alone; times of day alone; seconds of a
run. Among equals one that is called so wins, then the first. A number that can't be a time is none.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.sources.files.csv.format.time_cells import (
    DAY_NS,
    MAX_ROWS,
    Cells,
    FoundTimes,
    Kind,
    ambiguous,
    unreadable,
)
from nbstream.sources.files.csv.format.time_column import are_shuffled, reads, ways_of
from nbstream.sources.files.csv.format.time_joins import (
    beside,
    joined_ways,
    midnight_form,
    with_fraction,
    with_zone,
)
from nbstream.sources.times.forms import (
    SCALES,
    AmbiguousDatesError,
    find_time_form,
    text_form,
)
from nbstream.sources.times.names import header_zone, is_duration_name, is_name_of_later, part_of
from nbstream.sources.times.patterns import MISSING_TIME
from nbstream.sources.times.scan import looks_like_time
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["FoundTimes", "find_times"]

ROWS_TO_BE_SURE = 3
NO_UNITS: Mapping[int, str] = MappingProxyType({})


def find_times(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    options: CsvOptions,
    *,
    has_header: bool = True,
    is_final: bool = False,
    units: Mapping[int, str] = NO_UNITS,
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
    units
        By column, as the table tells them.

    Raises
    ------
    ParseError
        If times that were asked for cannot be read, or what looks like times can't.
    """
    if options.time == () or not rows:
        return FoundTimes()
    is_sure = is_final or len(rows) >= ROWS_TO_BE_SURE
    table = Cells(names, rows, options, has_header=has_header, is_sure=is_sure, units=units)
    found = _asked(table) if options.time is not None else _best(table)
    if found is None:
        if not is_sure and _may_have_times(table):
            return None
        _refuse_unreadable(table)
        return FoundTimes(note=_note_of_numbers(table))
    if found.error is not None:
        raise found.error
    assert found.form is not None
    for row in rows[:MAX_ROWS]:
        cells = [row[c] if c < len(row) else "" for c in found.columns]
        found.form.check(found.form.join(cells))
    if found.form.zone is None:
        zones = [zone for c in found.columns if (zone := header_zone(names[c])) is not None]
        if zones and has_header and found.form.is_naive:
            found.form = replace(found.form, zone=zones[0])
    return found


def _asked(table: Cells) -> FoundTimes | None:
    """Return the columns that the user named."""
    columns = tuple(_position(table, time) for time in table.options.time or ())
    if len(columns) == 1:
        found = _asked_alone(table, columns[0])
    else:
        found = _asked_together(table, columns)
    if found is None and table.is_sure:
        raise unreadable(table, columns)
    return found


def _asked_alone(table: Cells, column: int) -> FoundTimes | None:
    if table.options.time_format is not None:
        return _by_format(table, (column,))
    ways = ways_of(table, column)
    timed = [way for way in ways if way.kind != Kind.DATE]
    if timed:
        return min(timed, key=lambda way: way.kind)
    if table.options.unit is not None and table.numbers(column):
        return FoundTimes((column,), text_form(table.options.unit), kind=Kind.COUNTED)
    joined = [way for way in joined_ways(table) if column in way.columns]
    return next(iter(joined or ways), None)


def _asked_together(table: Cells, columns: tuple[int, ...]) -> FoundTimes | None:
    if table.options.time_format is not None:
        return _by_format(table, columns)
    joined = [way for way in joined_ways(table, columns) if set(way.columns) == set(columns)]
    if joined:
        return joined[0]
    texts = list(map(" ".join, table.together(columns)))
    try:
        form = find_time_form(texts, table.options.zone)
    except AmbiguousDatesError as error:
        return FoundTimes(columns, error=ambiguous(table, columns, error))
    return None if form is None else FoundTimes(columns, replace(form, n_cells=len(columns)))


def _position(table: Cells, time: str | int) -> int:
    if isinstance(time, int):
        if not 0 <= time < len(table.names):
            message = f"'time' must be a column from 0 to {len(table.names) - 1} (got {time!r})."
            raise ParseError(message)
        return time
    return list(table.names).index(time)


def _by_format(table: Cells, columns: tuple[int, ...]) -> FoundTimes | None:
    """Return columns if the format that the user gave reads any row of them."""
    pattern = table.options.time_format or ""
    form = text_form(pattern, table.options.zone, len(columns))
    if table.options.unit is not None and form.kind == "elapsed":
        form = replace(form, scale=SCALES[table.options.unit])
    for text in map(form.join, table.together(columns)):
        if text and (form.read(text)[0] != MISSING_TIME or form.problem(text)):
            return FoundTimes(columns, form)
    return None


def _best(table: Cells) -> FoundTimes | None:
    """Return the best columns there are."""
    if table.options.time_format is not None:
        return _best_by_format(table)
    n = len(table.names)
    ways = [way for column in range(n) for way in ways_of(table, column)] + joined_ways(table)
    if not ways:
        return None
    ways.sort(key=lambda way: _order(table, way))
    best = ways[0]
    if best.kind == Kind.WHOLE and len(best.columns) == 1 and midnight_form(table, *best.columns):
        joined = [way for way in ways if len(way.columns) > 1 and way.kind == Kind.WHOLE]
        best = next((way for way in joined if best.columns[0] in way.columns), best)
    if best.kind == Kind.DATE and best.error is None and len(best.columns) == 1:
        best = beside(table, best) or best
    if best.kind == Kind.DATE and best.error is None:
        _refuse_midnight(table, best)
    best = with_zone(table, with_fraction(table, best))
    if best.kind == Kind.COUNTED:
        dates = [way for way in ways if way.kind == Kind.DATE and way.error is None]
        if dates and not _agree(table, best, dates[0]):
            return dates[0]
    if best.error is not None:  # a column that can be read after all is better than an error
        sure = [way for way in ways if way.error is None and way.kind in (Kind.WHOLE, Kind.COUNTED)]
        return sure[0] if sure and sure[0].rank >= best.rank else best
    return best


def _best_by_format(table: Cells) -> FoundTimes | None:
    order = sorted(range(len(table.names)), key=lambda c: (-table.ranks[c], c))
    for column in order:
        found = _by_format(table, (column,))
        if found is not None:
            return found
    joined = [way.columns for way in joined_ways(table)]
    for columns in [*joined, *pairwise(range(len(table.names)))]:
        found = _by_format(table, columns)
        if found is not None:
            return found
    if table.is_sure:
        raise unreadable(table, tuple(order[:1]))
    return None


def _refuse_midnight(table: Cells, dates: FoundTimes) -> None:
    """Raise if rows of one day would all be at midnight though a column is called time."""
    (column,) = dates.columns if len(dates.columns) == 1 else (-1,)
    if column < 0 or not table.repeats(column):
        return
    for other in range(len(table.names)):
        is_time = table.ranks[other] == 2 and part_of(table.names[other]) == "time"
        if other != column and is_time and table.cells(other):
            raise unreadable(table, (column, other), also="to take the dates alone")
    dates.note = "rows of one day are all at 00:00; pass time=['…', '…'] for a time of day too"


def _agree(table: Cells, one: FoundTimes, other: FoundTimes) -> bool:
    """Return whether two columns tell about the same day in the first row that has both."""
    assert one.form is not None
    assert other.form is not None
    for cell, other_cell in table.together((one.columns[0], other.columns[0])):
        a, b = one.form.read(cell)[0], other.form.read(other_cell)[0]
        if MISSING_TIME not in {a, b}:
            return abs(a - b) < 2 * DAY_NS
    return True


def _note_of_numbers(table: Cells) -> str:
    """Return a word about columns that are called as times are and hold other numbers."""
    for column, grade in enumerate(table.ranks):
        if grade == 2 and (cells := table.cells(column)) and not reads(cells):
            name = table.names[column]
            how = f"time={name!r}, time_format='elapsed'"
            return f"{name!r} is a channel, for {shorten(cells[0])} is no time (else pass {how})"
    for column, name in enumerate(table.names):
        if not table.numbers(column) and reads(table.cells(column)):
            return f"{name!r} is not taken for the times of rows (else pass time={name!r})"
    return ""


def _may_have_times(table: Cells) -> bool:
    """Return whether any column is called as times are, or looks so."""
    cells = (cell for c in range(len(table.names)) for cell in table.cells(c)[:3])
    return any(table.ranks) or any(map(looks_like_time, cells))


def _refuse_unreadable(table: Cells) -> None:
    """Raise if a column looks like times that could not be read."""
    for column in sorted(range(len(table.names)), key=lambda c: -table.ranks[c]):
        cells, rank = table.cells(column), table.ranks[column]
        if not cells or table.numbers(column) or is_duration_name(table.names[column]):
            continue
        if are_shuffled(cells):
            continue
        looks = 2 * sum(map(looks_like_time, cells)) > len(cells)
        if rank == 2 or (looks and (rank or not reads(cells))):
            raise unreadable(table, (column,), also="or time=False for the time of arrival")


def _order(table: Cells, way: FoundTimes) -> tuple[object, ...]:
    """Return by what the best way comes first."""
    n = len(way.columns)
    span = max(way.columns) - min(way.columns)
    is_later = any(is_name_of_later(table.names[column]) for column in way.columns)
    return way.kind, -way.rank, n > 1, -n, span, is_later, way.columns
