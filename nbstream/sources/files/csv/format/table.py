"""Where a table begins in a text, how its cells are separated, and what its columns are called.

Found as csv sniffers do it: the rows of a table look alike, and unlike what stands above them. So the
delimiter is the one by which most lines have the same number of cells that are times and numbers;
the first such line begins the table; and the names are in the nearest line above that has a text for
each column. Lines of units and of what a logger did to its values may stand between.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.commas import are_cut, join_cut
from nbstream.sources.number_cells import is_missing, is_placeholder, number, quantity
from nbstream.sources.times.scan import scan_day_time, scan_time
from nbstream.sources.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "COMMENTS",
    "DELIMITERS",
    "MAX_HEAD_LINES",
    "SPACES",
    "Table",
    "cells_of",
    "find_table",
    "is_names",
    "is_rule",
    "is_time_like",
    "is_value",
]

MAX_HEAD_LINES = 100
SPACES = ("  ", " ")
"""Delimiters that stand for runs: two or more spaces, any number of spaces and tabs."""
DELIMITERS = ("\t", ";", ",", "|", *SPACES)
CERTAIN = ("\t", ";", "|")
"""Those that seldom stand in cells."""
COMMENTS = ("#", "%", "//", ";", "!", "*")
FIELDS = frozenset({"fields", "fields:", "columns:", "names:"})
"""Before the names in a comment, in logs of Zeek and of web servers."""
MAX_QUOTED_LINES = 6
"""A name in quotes may go over so many lines."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)
_RULE = re.compile(r"[\s|+:_=─━│┼├┤═╪╞╡-]*[-=_─━═]{3}[\s|+:_=─━│┼├┤═╪╞╡-]*")
_WORDS_OF_TIME = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\b(?:jan|feb|mar|apr|mai|may|jun|jul|aug|sep|oct"
    r"|okt|nov|dec|dez)[a-z]*\b|\b[ap]\.?m\b\.?|(?<=[0-9])[tz](?![a-z])|\b(?:utc|gmt|[a-z]{2,4}t)$"
    r"|\[?[a-z]+/[a-z_]+\]?$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[+-]?[0-9]{1,4}(?:(?:[-/.: ]|, )+[0-9]{1,4}){1,8}(?:[.,][0-9]{1,9})?(?: ?[+-][0-9:]{2,6})?"
)
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{2,4}")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}")
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
    """Where a table is and what its columns are called."""

    delimiter: str
    """One character, or one of `SPACES`."""
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


@dataclass(frozen=True)
class _Line:
    """A line, or several if a quote goes on."""

    text: str
    first: int
    last: int


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, without space around them.

    A quote that is not closed ends with the line.

    Raises
    ------
    csv.Error
        If a cell is longer than the csv module allows.
    """
    if delimiter in SPACES:
        pattern = r"[ \t]+" if delimiter == " " else r" {2,}"
        if '"' not in line:
            return re.split(pattern, line.strip())
        outside = rf'(?:{pattern})(?=(?:[^"]*"[^"]*")*[^"]*$)'
        line, delimiter = re.sub(outside, "\x1f", line.strip()), "\x1f"
    if '"' in line:
        rows = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
        return [cell.strip() for cell in next(rows, [])]
    return [cell.strip() for cell in line.split(delimiter)]


def is_value(cell: str) -> bool:
    """Return whether a cell looks like a number of any convention, a quantity or a time."""
    return _PLAIN_NUMBER.fullmatch(cell) is not None or _is_other_value(cell)


@lru_cache(maxsize=8192)
def _is_other_value(cell: str) -> bool:
    if len(cell) > 64 or not any(c.isdigit() for c in cell):
        return False
    return _is_number(cell) or is_time_like(cell)


def _is_number(cell: str) -> bool:
    for decimal, thousands in ((".", ","), (",", "."), (".", "'"), (",", "'")):
        found = quantity(cell, decimal, thousands)
        if found is not None and (not found[1] or is_unit(found[1])):
            return True
    return number(cell, ",", " ") is not None or number(cell, ".", " ") is not None


def is_time_like(cell: str) -> bool:
    """Return whether a cell has the shape of a date or a time; which one is another question."""
    if scan_time(cell) or scan_day_time(cell):
        return True
    plain, n_words = _WORDS_OF_TIME.subn(" ", cell)
    plain = plain.strip(" ,")
    if _TIME.fullmatch(plain):
        return True
    return n_words > 0 and re.fullmatch(r"[0-9]{1,14}(?: +[0-9]{1,14})?", plain) is not None


def _is_blank(cell: str) -> bool:
    return is_missing(cell) or is_placeholder(cell)


def is_rule(line: str) -> bool:
    """Return whether a line only draws a line, as under the header of a Markdown table."""
    return _RULE.fullmatch(line) is not None


def is_names(cells: Sequence[str]) -> bool:
    """Return whether cells can be the names of columns: texts, none of them a number or a time."""
    named = [cell for cell in cells if cell]
    return bool(named) and not any(is_value(cell) or _is_blank(cell) for cell in named)


def find_table(
    lines: Sequence[str],
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    comment: str | None = None,
    header: int | Sequence[str] | bool | None = True,
    units_row: int | bool | None = None,
    skip: int = 0,
    asked: frozenset[str] = frozenset(),
) -> Table | None:
    """Return the table that begins within some lines, None if they don't hold a row yet.

    Parameters
    ----------
    lines
        The first ones of the text, without their ends.
    delimiter, decimal
        What is known; None is to be found out.
    comment
        What comment lines begin with; "" is nothing, None is to be found out.
    header
        Number of the line with the names, from 1; the names themselves; None if there are none;
        True is to be found out.
    units_row
        Number of the line with the units; False if there is none; None is to be found out.
    skip
        Lines to pass over at the start.
    asked
        Names that the header must have.
    """
    head = _Head(lines, comment, skip)
    if not head.rows:
        return None
    separator = head.separator()
    delimiter = delimiter or separator or _find_delimiter(head.texts, decimal)
    body = _Body.of([cells_of(text, delimiter) for text in head.texts])
    cut_from = _cut_from(body, header) if delimiter == "," and decimal != "." else None
    if cut_from is not None:
        body = _Body.of(
            [join_cut(c, cut_from) if len(c) == body.n_columns else c for c in body.rows]
        )
    table = Table(delimiter, None, body.n_columns, 0, comment=head.comment, cut_from=cut_from)
    if isinstance(header, int) and not isinstance(header, bool):
        return _told_header(table, head, header, units_row)
    if header is None or not isinstance(header, bool):
        names = None if header is None else tuple(header)
        first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), None)
        if first is None:
            return None
        if names is not None:
            table.names, table.n_columns = names, len(names)
        return _begin_after_preamble(table, head, first)
    return _find_header(table, head, body, asked, units_row)


def _cut_from(body: _Body, header: int | Sequence[str] | bool | None) -> int | None:
    """Return from which column on decimal commas separate cells too; None if they don't."""
    first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), 0)
    if header is True:
        names = _stripped(body.rows[first - 1]) if first else []
    else:
        names = [] if header is None or isinstance(header, int) else list(header)
    n_times = next((i for i, kind in enumerate(body.kinds) if kind != "time"), body.n_columns)
    is_cut = len(names) > 1 and is_names(names) and are_cut(body.rows[first:], len(names), n_times)
    return n_times if is_cut else None


class _Head:
    """The lines in question: without blank ones, comments and rules, and where they stood."""

    def __init__(self, lines: Sequence[str], comment: str | None, skip: int) -> None:
        self.lines = lines
        self.skip = skip
        joined = _joined(lines, skip)
        self.comment = comment or None
        if comment is None:
            self.comment = _find_comment([line.text for line in joined])
        self.comments = [line for line in joined if self._is_comment(line.text)]
        self.rows = [
            line
            for line in joined
            if line.text.strip() and not self._is_comment(line.text) and not is_rule(line.text)
        ]
        self._separator = None
        if self.rows and (match := _SEPARATOR_LINE.fullmatch(self.rows[0].text.strip("\ufeff "))):
            self._separator = match[1]
            del self.rows[0]
        elif not self.rows and any(is_rule(line.text) for line in joined):
            self.rows = [line for line in joined if line.text.strip()]

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.rows]

    def separator(self) -> str | None:
        """Return the delimiter that Excel's line sep=; names."""
        return self._separator

    def _is_comment(self, text: str) -> bool:
        return self.comment is not None and text.lstrip('"\ufeff ').startswith(self.comment)


def _joined(lines: Sequence[str], skip: int) -> list[_Line]:
    """Return lines from `skip` on; one whose quote is closed further down takes those with it."""
    found: list[_Line] = []
    i = skip
    while i < len(lines):
        text, last = lines[i], i
        if text.count('"') % 2:
            for j in range(i + 1, min(i + MAX_QUOTED_LINES, len(lines))):
                if lines[j].count('"') % 2:
                    text, last = " ".join(lines[i : j + 1]), j
                    break
        found.append(_Line(text, i, last))
        i = last + 1
    return found


def _find_comment(texts: Sequence[str]) -> str | None:
    """Return what the comment lines at the top begin with."""
    for text in texts[:MAX_HEAD_LINES]:
        start = text.lstrip('"\ufeff ')
        for prefix in COMMENTS:
            if not start.startswith(prefix) or is_rule(text) or start.startswith(('#"', "*,")):
                continue
            if prefix == ";" and (
                start.startswith(";;") or is_value(start[1:].split(";")[0].strip())
            ):
                continue  # an empty first cell
            if prefix == "%" and is_value(start[1:].split(",")[0]):
                continue
            return prefix
    return None


def _find_delimiter(texts: Sequence[str], decimal: str | None) -> str:
    """Return the delimiter by which most lines look like rows of one table."""
    scores: list[tuple[float, int, int, str]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        if delimiter == decimal:
            continue
        table = [cells_of(text, delimiter) for text in texts]
        body = _Body.of(table)
        if body.n_columns == 1:
            continue
        rows = [cells for cells in table if len(cells) == body.n_columns]
        if delimiter == " " and 2 * sum("\t" in text for text in texts) > len(texts):
            continue  # a table of tabs
        score = sum(_share(cells) ** 2 for cells in rows)
        if delimiter in CERTAIN and len(rows) == len(table) > 1:
            score += len(rows) / 2  # in names and rows alike
        first = next((i for i, cells in enumerate(table) if body.is_row(cells)), 0)
        if first and is_names(table[first - 1]) and _names_fit(table[first - 1], rows, delimiter):
            score += 1.0
        score += 0.01 * len(rows) / len(table) - 0.1 * (delimiter in SPACES)
        scores.append((round(score, 3), body.n_columns, -rank, delimiter))
    return max(scores)[3] if scores else ","


def _names_fit(names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Return whether there is a name for each cell of the rows, or for each but a time in two."""
    n = len(rows[0])
    if delimiter in SPACES and 1 < len(names) == n - 1:
        return any(_are_halves(rows[-1:], column) for column in range(n - 1))
    return len(names) == n


def _share(cells: Sequence[str]) -> float:
    """Return how many of the cells that are not empty look like values, from 0 to 1."""
    given = [cell for cell in cells if not _is_blank(cell)]
    return sum(map(is_value, given)) / len(given) if given else 0.0


@dataclass
class _Body:
    """What the rows of a table have in common."""

    rows: list[list[str]]
    n_columns: int
    kinds: list[str]
    """Per column "time", "number" or "text": what most of its cells look like."""

    @classmethod
    def of(cls, rows: list[list[str]]) -> _Body:
        """Return what most rows with a value have in common, of the later ones if in doubt."""
        weights: dict[int, float] = {}
        last = {}
        for i, cells in enumerate(rows):
            weights[len(cells)] = weights.get(len(cells), 0.0) + _share(cells) ** 2
            last[len(cells)] = i
        n_columns = max(weights, key=lambda n: (weights[n], last[n]))
        alike = [c for c in rows if len(c) == n_columns]
        kinds = []
        for column in range(n_columns):
            cells = [row[column] for row in alike if not _is_blank(row[column])]
            n_values = sum(map(is_value, cells))
            # Names, units and other text may stand above a short table.
            is_valued = n_values > 0 and (2 * n_values >= len(cells) - 4 or n_values > 4)
            values = [cell for cell in cells if is_value(cell)]
            n_times = sum(number(cell) is None and is_time_like(cell) for cell in values)
            kind = "time" if is_valued and 2 * n_times > n_values else "number"
            kinds.append(kind if is_valued else "text")
        return cls(rows, n_columns, kinds)

    def is_row(self, cells: Sequence[str]) -> bool:
        """Return whether cells are a row beyond doubt: values stand where values should be."""
        if len(cells) < min(2, self.n_columns) or 2 * len(cells) < self.n_columns:
            return False
        there = list(zip(self.kinds, cells, strict=False))
        times = [cell for kind, cell in there if kind == "time"]
        if times and not all(map(_is_blank, times)):
            is_timed = any(number(c) is None and is_time_like(c) for c in times)
            is_timed = is_timed and all(is_value(c) or _is_blank(c) for c in times)
            return is_timed and not _is_stamped_header(cells, self)
        numbers = [cell for kind, cell in there if kind == "number"]
        return any(map(is_value, numbers)) and all(is_value(c) or _is_blank(c) for c in numbers)


def _begin(table: Table, head: _Head, first_row: int) -> Table:
    """Set where rows begin, and say what was passed over."""
    table.first_row = first_row
    table.head = frozenset(head.lines[i].strip() for i in range(first_row)) - {""}
    return table


def _told_header(
    table: Table, head: _Head, header: int, units_row: int | bool | None
) -> Table | None:
    """Take the names from the line that the user named."""
    at = header - 1
    if at >= len(head.lines):
        return None
    line = next((line for line in _joined(head.lines, at)), None)
    assert line is not None
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
    if not any(row.first >= first for row in below):
        return None
    return _begin(table, head, first)


def _told_units(table: Table, head: _Head, units_row: int | bool, first: int) -> int:
    """Take the units from the line that the user named; return where rows begin."""
    if isinstance(units_row, bool) or not 1 <= units_row <= len(head.lines):
        return first
    table.units = _units(cells_of(head.lines[units_row - 1], table.delimiter))
    return max(first, units_row)


def _find_header(
    table: Table,
    head: _Head,
    body: _Body,
    asked: frozenset[str],
    units_row: int | bool | None,
) -> Table | None:
    rows = head.rows
    n_rows = len(rows)
    names_at = next((i for i in range(n_rows) if asked and asked & set(body.rows[i])), None)
    first = next((i for i in range(n_rows) if body.is_row(body.rows[i])), n_rows)
    if names_at is not None:
        first = next((i for i in range(names_at + 1, n_rows) if body.is_row(body.rows[i])), n_rows)
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
        return _begin_after_preamble(table, head, first)
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


def _begin_after_preamble(table: Table, head: _Head, first: int) -> Table:
    n_passed = first
    if n_passed:
        example = head.rows[0].text
        table.notes["passed"] = (
            f"{n_passed} line{'s' * (n_passed > 1)} before the first row passed over "
            f"(first: {example[:40]!r}); header= names the columns"
        )
    return _begin(table, head, head.rows[first].first)


def _names_block(body: _Body, first: int, names_at: int | None) -> list[int]:
    """Return the lines above row `first` that can be names, units and the like, top to bottom."""
    if names_at is not None:
        below = [i for i in range(names_at + 1, first) if _is_below_names(body.rows[i])]
        return [names_at, *below]
    block: list[int] = []
    for i in range(first - 1, max(-1, first - 1 - MAX_HEAD_LINES), -1):
        cells = body.rows[i]
        has_room = _has_room(cells, body, i == first - 1)
        if has_room and (
            _can_be_names(cells, body) or _is_labelled(cells, body) or _is_processing(cells)
        ):
            block.insert(0, i)
            if len(block) == 6:
                break
        elif block or _is_row_like(cells, body):
            break
    return block


def _has_room(cells: Sequence[str], body: _Body, is_next: bool) -> bool:
    """Return whether there is about a cell for each column."""
    n = len(_stripped(cells))
    if n == body.n_columns or (n > 1 and len(cells) == body.n_columns):
        return True
    if n == 1 and is_next and len(cells) == body.n_columns:
        return True  # the name of pandas' index
    return is_next and n > 1 and body.n_columns - 1 <= n <= body.n_columns + 1


def _is_labelled(cells: Sequence[str], body: _Body) -> bool:
    """Return whether a line says in place of the time what it tells about the columns: Period,300,300."""
    return body.kinds[0] == "time" and bool(cells[0]) and not any(c.isdigit() for c in cells[0])


def _is_row_like(cells: Sequence[str], body: _Body) -> bool:
    """Return whether a line that is no row beyond doubt and holds no names can yet be a row."""
    return len(cells) == body.n_columns and any(map(is_value, cells))


def _stripped(cells: Sequence[str]) -> list[str]:
    """Return cells without empty ones at the end."""
    cells = list(cells)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _can_be_names(cells: Sequence[str], body: _Body) -> bool:
    """Return whether cells can be names or units: few of them look like values."""
    given = [cell for cell in cells if cell]
    if not given or all(map(_is_blank, given)):
        return False
    if len(given) == 1 and body.n_columns > 2 and not cells[0]:
        return False
    times = [c for kind, c in zip(body.kinds, cells, strict=False) if kind == "time"]
    if any(map(is_value, times)):
        return _is_stamped_header(cells, body)
    values = [c for c in given if is_value(c)]
    if times:
        return 3 * len(values) <= len(given) or any(map(_TIME_NAME.fullmatch, times))
    return all(number(c) is None for c in values) or (len(given) > 2 and _is_units(cells))


def _is_stamped_header(cells: Sequence[str], body: _Body) -> bool:
    """Return whether cells are names but for the time, as `sar` writes them."""
    there = list(zip(body.kinds, cells, strict=False))
    texts = [cell for kind, cell in there if kind == "number"]
    return (
        len(texts) > 1
        and sum(kind == "time" for kind, _ in there) == 1
        and len(set(texts)) == len(texts)
        and not any(is_value(cell) or _is_blank(cell) for cell in texts)
    )


def _is_units(cells: Sequence[str]) -> bool:
    """Return whether cells are units rather than names."""
    given = [cell for cell in cells if cell and not _is_blank(cell) and number(cell) is None]
    if not given or any(_TIME_NAME.fullmatch(cell) and len(cell) > 2 for cell in given):
        return False
    known = [cell for cell in given if is_unit(cell)]
    bracketed = [cell for cell in given if cell[0] + cell[-1] in {"()", "[]"}]
    if len(bracketed) == len(given):
        return True
    return 2 * len(known) >= len(given) and all(len(cell) <= 16 for cell in given)


def _is_processing(cells: Sequence[str]) -> bool:
    """Return whether cells say how values were made or are stored: Avg, Smp, float."""
    given = [cell.lower() for cell in cells if cell]
    if len(given) > 1 and not _TIME_NAME.fullmatch(given[0]):
        del given[0]  # says what they say
    return all(cell in _PROCESSING for cell in given) or (
        len(cells) > 2 and all(map(_WIDTH.fullmatch, cells))
    )


def _is_below_names(cells: Sequence[str]) -> bool:
    return _is_units(cells) or _is_processing(cells)


def _tells_about_names(cells: Sequence[str], body: _Body) -> bool:
    return _is_below_names(cells) or not _can_be_names(cells, body)


def _has_no_name_for_times(cells: Sequence[str], above: Sequence[str], body: _Body) -> bool:
    """Return whether a line leaves the times unnamed that the full one above it names."""
    return body.kinds[0] == "time" and not cells[0] and len(above) == body.n_columns and all(above)


def _units(cells: Sequence[str]) -> dict[int, str]:
    pairs = [(i, cell.strip("()[]{}<> ")) for i, cell in enumerate(cells) if number(cell) is None]
    return {i: unit for i, unit in pairs if unit and unit not in {"-", "TS", "RN", "none", "None"}}


def _split_block(table: Table, body: _Body, block: list[int]) -> tuple[int, list[int]]:
    """Return the line of the names and those below it; find names of two lines, and units."""
    rows = body.rows
    if rows[block[0]][0] in {"TOA5", "TOB1", "TOACI1"} and len(block) > 1:
        block = block[1:]
    names_at = len(block) - 1
    while names_at > 0 and (
        _tells_about_names(rows[block[names_at]], body)
        or _has_no_name_for_times(rows[block[names_at]], rows[block[names_at - 1]], body)
    ):
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


def _commented_names(head: _Head, table: Table, before: int | None) -> tuple[str, ...] | None:
    """Return the names in the last comment line above the rows, as numpy's savetxt writes them."""
    if head.comment is None:
        return None
    for line in reversed(head.comments):
        if before is not None and line.first > before:
            continue
        text = line.text.strip().removeprefix(head.comment)
        for delimiter in dict.fromkeys((table.delimiter, ",", " ")):
            cells = cells_of(text.strip() if delimiter in SPACES else text, delimiter)
            if len(cells) == table.n_columns + 1 and cells[0].lower() in FIELDS:
                return tuple(cells[1:])
            if len(cells) == table.n_columns and (is_names(cells) or is_names(cells[1:])):
                return tuple(cells[:1] if cells[0] else (head.comment,)) + tuple(cells[1:])
    return None


def _are_halves(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Return whether a column and the one behind it hold dates and times of day."""
    pairs = [(row[column], row[column + 1]) for row in rows]
    return bool(pairs) and all(_DATE.fullmatch(a) and _CLOCK.match(b) for a, b in pairs)


def _are_row_names(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first cells of rows count them, and times stand in the second."""
    firsts = [cells[0] for cells in rows]
    is_count = len(rows) > 1 and all(
        a.isdecimal() and b.isdecimal() and int(b) == int(a) + 1 for a, b in pairwise(firsts)
    )
    return is_count and all(number(c[1]) is None and is_time_like(c[1]) for c in rows)


def _fit_names(table: Table, body: _Body) -> None:
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
        elif table.delimiter in (*SPACES, "\t") or _are_row_names(rows):
            # A space within times makes two columns of them; else R leaves the rows' names unnamed.
            at = next((i for i in range(n - 1) if _are_halves(rows, i)), None)
            names.insert(at or 0, "row" if at is None else "date")
            table.units = {i + (i >= (at or 0)): unit for i, unit in table.units.items()}
    if names and is_time_like(names[0]) and body.kinds[0] == "time":
        names[0] = "time"
    table.names, table.n_columns = tuple(names), len(names)
