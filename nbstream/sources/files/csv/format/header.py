"""The names of a table's columns, and the lines of units and the like around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.body import are_halves, is_stamped_header
from nbstream.sources.files.csv.format.cells import (
    SPACES,
    cells_of,
    is_blank,
    is_names,
    is_time_like,
    is_value,
)
from nbstream.sources.files.csv.format.commas import cut_milliseconds
from nbstream.sources.files.csv.format.head import MAX_HEAD_LINES, joined_lines
from nbstream.sources.number_cells import number
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.body import Body
    from nbstream.sources.files.csv.format.head import Head

__all__ = ["Table", "begin_after_preamble", "find_header", "stripped", "told_header"]

FIELDS = frozenset({"fields", "fields:", "columns:", "names:"})
"""Before the names in a comment, in logs of Zeek and of web servers."""
_TIME_NAME = re.compile(
    r"(?:date|time|timestamp|datetime|zeit|datum|uhrzeit|heure|fecha|hora|data|tijd|epoch|ts|t|_time)"
    r"(?:\b|_).*",
    re.IGNORECASE,
)
_WIDTH = re.compile(r"[0-9]{1,3}[sdn]")  # of strings, dates, numbers: tables of the USGS
_PROCESSING = frozenset(
    "avg average maximum minimum smp min max tot std med mean sum count wvc samp ave median sd var "
    "cov last first int integer "
    "long short float float32 float64 double real number numeric decimal string str text varchar char "
    "bool boolean datetime64 datetime64[ns] object category ieee4 fp2 datetime:rfc3339 int64 int32 "
    "uint64".split()
)


@dataclass
class Table:
    """A table within a text."""

    delimiter: str
    """One character, or one of `nbstream.sources.files.csv.format.cells.SPACES`."""
    names: tuple[str, ...] | None
    """As they are written; None where there are none."""
    n_columns: int
    first_row: int
    """The first line that is a row."""
    units: dict[int, str] = field(default_factory=dict)
    """By column."""
    comment: str | None = None
    """What comment lines begin with; None where there were none."""
    header: tuple[str, ...] | None = None
    """Cells of the line with the names."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was guessed, and how to say it otherwise; by kind."""
    head: frozenset[str] = frozenset()
    """The lines before the first row: where they come again, they are no rows."""
    cut_from: int | None = None
    """The first column whose decimal commas separate cells too, as do those of all behind it."""


def _begin(table: Table, head: Head, first_row: int) -> Table:
    """Set where rows begin, and say what was passed over."""
    table.first_row = first_row
    table.head = frozenset(head.lines[i].strip() for i in range(first_row)) - {""}
    return table


def told_header(
    table: Table, head: Head, header: int, units_row: int | bool | None
) -> Table | None:
    """Take the names from the line that the user named."""
    if header > len(head.lines):
        return None
    line = joined_lines(head.lines, header - 1)[0]
    text = line.text
    if table.comment is not None and text.startswith(table.comment):
        text = text[len(table.comment) :].lstrip()
    table.header = tuple(cells_of(text, table.delimiter))
    table.names, table.n_columns = table.header, len(table.header)
    first = line.last + 1
    below = [row for row in head.rows if row.first >= first]
    if not below:
        return None
    rows = [(row, cells_of(row.text, table.delimiter)) for row in below]
    first = below[0].first
    if units_row is None:
        for row, cells in rows[:3]:
            if not _is_below_names(cells):
                break
            if not table.units and _is_units(cells):
                table.units = _units(cells)
            first = row.last + 1
    else:
        first = _told_units(table, head, units_row, first)
    return _begin(table, head, first) if any(row.first >= first for row in below) else None


def _told_units(table: Table, head: Head, units_row: int | bool, first: int) -> int:
    """Take the units from the line that the user named; return where rows begin."""
    if isinstance(units_row, bool) or not 1 <= units_row <= len(head.lines):
        return first
    table.units = _units(cells_of(head.lines[units_row - 1], table.delimiter))
    return max(first, units_row)


def find_header(
    table: Table, head: Head, body: Body, asked: frozenset[str], units_row: int | bool | None
) -> Table | None:
    """Take names and units from the lines above the first row, if there are any."""
    rows = head.rows
    n_rows = len(rows)
    names_at = next((i for i in range(n_rows) if asked & set(body.rows[i])), None)
    after = range(0 if names_at is None else names_at + 1, n_rows)
    first = next((i for i in after if body.is_row(body.rows[i])), n_rows)
    if first == n_rows and names_at is None:  # nothing looks like a value: names, then text
        block = [0] if n_rows > 1 and is_names(body.rows[0]) else []
        while block and len(block) < n_rows and _is_below_names(body.rows[len(block)]):
            block.append(len(block))
    else:
        block = _names_block(body, first, names_at)
    if not block:
        commented = _commented_names(head, table, rows[first].first if first < n_rows else None)
        if first == n_rows:
            return None
        if commented is not None:
            table.header = table.names = commented
            _fit_names(table, body)
        return begin_after_preamble(table, head, first)
    names, below = _split_block(table, body, block)
    table.header = tuple(body.rows[names])
    if table.names is None:
        table.names = table.header
    last = below[-1] if below else names
    begin = rows[last].last + 1
    if units_row is not None:
        table.units = {}
        begin = _told_units(table, head, units_row, begin)
    if not any(row.first >= begin for row in rows):
        return None
    _fit_names(table, body)
    if names > 0 or rows[names].first > head.skip:
        line = rows[names].first + 1
        table.notes["header"] = f"names are in line {line} (header={line})"
    if table.units and units_row is None:
        table.notes["units"] = f"a line of units: {', '.join(table.units.values())}"
    begin = next(row.first for row in rows if row.first >= begin)
    return _begin(table, head, begin)


def begin_after_preamble(table: Table, head: Head, first: int) -> Table:
    """Let row number `first` begin a table without names, and say what stood above it."""
    if first:
        table.notes["passed"] = (
            f"{first} line{'s' * (first > 1)} before the first row passed over "
            f"(first: {head.rows[0].text[:40]!r}); header= names the columns"
        )
    return _begin(table, head, head.rows[first].first)


def _names_block(body: Body, first: int, names_at: int | None) -> list[int]:
    """Return the lines above row `first` that can be names, units and the like, top to bottom."""
    if names_at is not None:
        below = [i for i in range(names_at + 1, first) if _is_below_names(body.rows[i])]
        return [names_at, *below]
    block: list[int] = []
    for i in range(first - 1, max(-1, first - 1 - MAX_HEAD_LINES), -1):
        cells = body.rows[i]
        tells = _can_be_names(cells, body) or _is_labelled(cells, body) or _is_processing(cells)
        tells = tells or (bool(block) and _is_units(body.rows[block[0]]) and _are_counted(cells))
        if tells and _has_room(cells, body, i == first - 1):
            block.insert(0, i)
            if len(block) == 6:
                break
        elif block or _is_row_like(cells, body):
            break
    return block


def _has_room(cells: Sequence[str], body: Body, is_next: bool) -> bool:
    """Return whether there is about a cell for each column."""
    n = len(stripped(cells))
    if n == body.n_columns or (len(cells) == body.n_columns and (n > 1 or (n and is_next))):
        return True  # of one cell: the name of pandas' index
    return is_next and n > 1 and abs(n - body.n_columns) <= 1


def _are_counted(cells: Sequence[str]) -> bool:
    """Return whether cells are a name for the first column and numbers for the others: x-axis,1,2."""
    others = cells[1:]
    are_numbers = bool(others) and all(cell.isdecimal() and len(cell) < 3 for cell in others)
    return are_numbers and len(set(others)) == len(others) and is_names(cells[:1])


def _is_labelled(cells: Sequence[str], body: Body) -> bool:
    """Return whether a line says in place of the time what it tells about the columns: Period,300,300."""
    return body.kinds[0] == "time" and bool(cells[0]) and not any(c.isdigit() for c in cells[0])


def _is_row_like(cells: Sequence[str], body: Body) -> bool:
    """Return whether a line that is no row beyond doubt and holds no names can yet be a row."""
    return len(cells) == body.n_columns and any(map(is_value, cells))


def stripped(cells: Sequence[str]) -> list[str]:
    """Return cells without empty ones at the end."""
    n = max((i for i, cell in enumerate(cells, 1) if cell), default=0)
    return list(cells[:n])


def _can_be_names(cells: Sequence[str], body: Body) -> bool:
    """Return whether cells can be names or units: few of them look like values."""
    given = [cell for cell in cells if cell]
    if not given or all(map(is_blank, given)):
        return False
    if len(given) == 1 and body.n_columns > 2 and not cells[0]:
        return False
    times = [c for kind, c in zip(body.kinds, cells, strict=False) if kind == "time"]
    if any(map(is_value, times)):
        return is_stamped_header(cells, body)
    values = [c for c in given if is_value(c)]
    if times:
        return 3 * len(values) <= len(given) or any(map(_TIME_NAME.fullmatch, times))
    return all(number(c) is None for c in values) or (len(given) > 2 and _is_units(cells))


def _is_units(cells: Sequence[str]) -> bool:
    """Return whether cells are units rather than names."""
    given = [cell for cell in cells if cell and not is_blank(cell) and number(cell) is None]
    if not given or any(_TIME_NAME.fullmatch(cell) and len(cell) > 2 for cell in given):
        return False
    if all(cell[0] + cell[-1] in {"()", "[]"} for cell in given):
        return True
    return 2 * sum(map(is_unit, given)) >= len(given) and all(len(cell) <= 16 for cell in given)


def _is_processing(cells: Sequence[str]) -> bool:
    """Return whether cells say how values were made or are stored: Avg, Smp, float."""
    given = [cell.lower() for cell in cells if cell]
    if len(given) > 1 and not _TIME_NAME.fullmatch(given[0]):
        del given[0]  # says what they say
    are_widths = len(cells) > 2 and all(map(_WIDTH.fullmatch, cells))
    return are_widths or _PROCESSING.issuperset(given)


def _is_below_names(cells: Sequence[str]) -> bool:
    return _is_units(cells) or _is_processing(cells)


def _tells_about(names: Sequence[str], cells: Sequence[str], body: Body) -> bool:
    """Return whether a line says something of the names above it, which alone name the times."""
    are_all = len(names) == body.n_columns and all(names)
    is_unnamed = body.kinds[0] == "time" and not cells[0]
    return (are_all and is_unnamed) or _is_below_names(cells) or not _can_be_names(cells, body)


def _units(cells: Sequence[str]) -> dict[int, str]:
    pairs = [(i, cell.strip("()[]{}<> ")) for i, cell in enumerate(cells) if number(cell) is None]
    return {i: unit for i, unit in pairs if unit and unit not in {"-", "TS", "RN", "none", "None"}}


def _split_block(table: Table, body: Body, block: list[int]) -> tuple[int, list[int]]:
    """Return the line of the names and those below it; find names of two lines, and units."""
    rows = body.rows
    if rows[block[0]][0] in {"TOA5", "TOB1", "TOACI1"} and len(block) > 1:
        block = block[1:]
    names_at = len(block) - 1
    while names_at > 0 and _tells_about(rows[block[names_at - 1]], rows[block[names_at]], body):
        names_at -= 1
    for i in block[names_at + 1 :]:
        if not table.units and (_is_units(rows[i]) or not rows[i][0]):
            table.units = _units(rows[i])
    names = block[names_at]
    levels = block[: names_at + 1]
    if len(set(rows[names])) < len(rows[names]):  # pandas' second level may be of functions
        levels += [i for i in block[names_at + 1 :][:1] if not _is_units(rows[i])]
    if len(levels) > 1:
        table.names = _combined([rows[i] for i in levels], body.n_columns)
    return names, block[names_at + 1 :]


def _combined(rows: Sequence[Sequence[str]], n_columns: int) -> tuple[str, ...] | None:
    """Return names of several lines, as in Excel's merged cells and pandas' MultiIndex.

    None where the last line is enough by itself.
    """
    rows = [row for row in rows if len(row) == n_columns]
    if len(rows) < 2:
        return None
    last = list(rows[-1])
    given = [cell for cell in last if cell]
    if len(given) == 1 and last[0] and n_columns > 2:  # the name of pandas' index
        names = list(_combined(rows[:-1], n_columns) or rows[-2])
        return (last[0], *names[1:])
    above = [cell for cell in rows[-2] if cell]
    is_enough = len(given) >= len(last) - 1 and len(set(given)) == len(given)
    if is_enough and len(set(above)) == len(above):
        return None
    filled = []
    for row in rows[:-1]:
        carried, cells = "", []
        for i, cell in enumerate(row):
            carried = cell or (carried if last[i] else "")
            cells.append(carried)
        filled.append(cells)
    columns = zip(*filled, last, strict=True)
    names = [" ".join(dict.fromkeys(part for part in column if part)) for column in columns]
    return tuple(names) if len(set(names)) > len(set(given)) else None


def _commented_names(head: Head, table: Table, before: int | None) -> tuple[str, ...] | None:
    """Return the names in the last comment line above the rows, as numpy's savetxt writes them.

    If that one tells units the names are in the one above it.
    """
    if head.comment is None:
        return None
    above = [line for line in head.comments if before is None or line.first <= before]
    for i in range(len(above) - 1, -1, -1):
        names = _names_in_comment(above[i].text, head.comment, table)
        if names is None:
            continue
        over = _names_in_comment(above[i - 1].text, head.comment, table) if i else None
        if over is not None and _is_units(names) and _n_units(over) < _n_units(names):
            table.units = _units(names)
            return over
        return names
    return None


def _n_units(cells: Sequence[str]) -> int:
    return sum(map(is_unit, cells))


def _names_in_comment(text: str, comment: str, table: Table) -> tuple[str, ...] | None:
    text = text.strip().removeprefix(comment)
    for delimiter in dict.fromkeys((table.delimiter, ",", " ")):
        cells = cells_of(text.strip() if delimiter in SPACES else text, delimiter)
        if len(cells) == table.n_columns + 1 and cells[0].lower() in FIELDS:
            return tuple(cells[1:])
        if len(cells) == table.n_columns and (is_names(cells) or is_names(cells[1:])):
            return (cells[0] or comment, *cells[1:])
    return None


def _are_row_names(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first cells of rows count them, and times stand in the second."""
    firsts = [cells[0] for cells in rows]
    is_count = len(rows) > 1 and all(
        a.isdecimal() and b.isdecimal() and int(b) == int(a) + 1 for a, b in pairwise(firsts)
    )
    return is_count and all(number(c[1]) is None and is_time_like(c[1]) for c in rows)


def _fit_names(table: Table, body: Body) -> None:
    """Make as many names as there are columns, where it is clear how."""
    names = list(table.names or ())
    n = body.n_columns
    while len(names) > n and not names[-1]:
        names.pop()
    alike = [cells for cells in body.rows if len(cells) == n]
    if len(names) == n - 1 and len(alike) > 0:
        rows = [cells for cells in alike if body.is_row(cells)]
        if all(not cells[-1] for cells in rows):
            names.append("")  # rows end with a delimiter
        elif table.delimiter == "," and (cut := cut_milliseconds(rows)) is not None:
            names.insert(cut, "milliseconds")
            table.units = {i + (i >= cut): unit for i, unit in table.units.items()}
        elif table.delimiter in (*SPACES, "\t") or _are_row_names(rows):
            # A space within times makes two columns of them; else R leaves the rows' names unnamed.
            at = next((i for i in range(n - 1) if are_halves(rows, i)), None)
            names.insert(at or 0, "row" if at is None else "date")
            table.units = {i + (i >= (at or 0)): unit for i, unit in table.units.items()}
    if names and is_time_like(names[0]) and body.kinds[0] == "time":
        names[0] = "time"
    table.names, table.n_columns = tuple(names), len(names)
