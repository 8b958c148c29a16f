"""The cells of a table as far as times are looked for in them, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.sources.files.csv.format.cells import is_blank
from nbstream.sources.number_cells import number
from nbstream.sources.times.forms import AmbiguousDatesError, TimeForm, find_time_form
from nbstream.sources.times.names import column_rank
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["DAY_NS", "MAX_ROWS", "NS", "Cells", "FoundTimes", "Kind", "ambiguous", "unreadable"]

MAX_ROWS = 300
NS = 1_000_000_000
DAY_NS = 86_400 * NS


class Kind(IntEnum):
    """A kind of times, the better ones first."""

    WHOLE = 0
    """Dates with a time of day."""
    COUNTED = 1
    """Numbers that are times of our days."""
    DATE = 2
    """Dates alone."""
    COUNTED_UNNAMED = 3
    """Numbers as `COUNTED`, in a column that is not called as times are."""
    DAY_TIME = 4
    """Times of day alone."""
    ELAPSED = 5
    """Seconds of a run."""

    @classmethod
    def of(cls, form: TimeForm) -> Kind:
        """Return whether texts of a form are dates alone or have a time of day."""
        return cls.WHOLE if form.has_time_of_day else cls.DATE


@dataclass
class FoundTimes:
    """The columns of times and how they are read; no columns if there are none."""

    columns: tuple[int, ...] = ()
    form: TimeForm | None = None
    note: str = ""
    """What was guessed and how to say it otherwise."""
    kind: Kind = Kind.WHOLE
    rank: int = 0
    error: ParseError | None = None
    """Why these columns cannot be read after all."""


@dataclass
class Cells:
    """The cells of the first rows, by column.

    Parameters
    ----------
    names
        Of all columns.
    rows
        Their cells.
    options
        What the user said.
    has_header
        Whether the names are those of the file.
    units
        By column, as the table tells them.
    is_sure
        Whether there are rows enough to say that something is not.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    options: CsvOptions
    has_header: bool
    is_sure: bool
    units: Mapping[int, str] = field(default_factory=dict)
    ranks: list[int] = field(init=False)
    """Per column, how much its name says that it holds times, from 0 to 2."""
    known_ways: dict[int, list[FoundTimes]] = field(init=False, default_factory=dict)
    _columns: dict[int, list[str]] = field(init=False, default_factory=dict)
    _numbers: dict[int, list[float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.ranks = [column_rank(name) if self.has_header else 0 for name in self.names]
        if not self.has_header and len(self.names) > 9 and self.rows[0][0].endswith("RMC"):
            self.ranks[1] = self.ranks[9] = 2  # lines of a GPS

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column that are not empty."""
        if column not in self._columns:
            found = (row[column] for row in self.rows if column < len(row))
            self._columns[column] = [cell for cell in found if not is_blank(cell)]
        return self._columns[column]

    def numbers(self, column: int) -> list[float]:
        """Return the numbers of a column if most of its cells are, else nothing."""
        if column not in self._numbers:
            cells = self.cells(column)
            read = ([number(cell, decimal) for cell in cells] for decimal in ".,")
            numbers = ([x for x in found if x is not None] for found in read)
            most = (found for found in numbers if 2 * len(found) > len(cells))
            self._numbers[column] = next(most, [])
        return self._numbers[column]

    def together(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the cells of some columns, row by row, of the rows that have them all."""
        return [[row[c] for c in columns] for row in self.rows if len(row) > max(columns)]

    def repeats(self, column: int) -> bool:
        """Return whether a cell of a column comes again."""
        return len(set(self.cells(column))) < len(self.cells(column))

    def quoted(self, columns: Sequence[int]) -> str:
        """Return the names of columns in quotes."""
        return " and ".join(repr(self.names[column]) for column in columns)


def ambiguous(table: Cells, columns: tuple[int, ...], error: AmbiguousDatesError) -> ParseError:
    """Return the error that day and month cannot be told apart, with the names of the columns."""
    told = AmbiguousDatesError(error.example, error.patterns)
    what, text = "Column", error.args[0]
    if len(columns) > 1:
        names = [table.names[c] for c in columns]
        what, text = "Columns", text.replace("Pass", f"Pass time={names!r} and")
    told.args = (f"{what} {table.quoted(columns)}: {text[0].lower()}{text[1:]}",)
    return told


def unreadable(table: Cells, columns: tuple[int, ...], also: str = "") -> ParseError:
    """Return the error that columns hold no times that can be read, with what to pass."""
    texts = [" ".join(row[c] for c in columns if c < len(row)).strip() for row in table.rows]
    texts = [text for text in texts if text]
    name = table.names[columns[0]]
    pattern = _suggested(texts, table.options.zone) or "…"
    like = " as for datetime.strptime" if pattern == "…" else ""
    if len(columns) == 1:
        what = f"Column {name!r} does"
        how = [f"time_format={pattern!r}{like}", "time='…' for another column"]
        if table.numbers(columns[0]) and pattern == "…":
            how[:1] = ["unit='s' if it counts from 1970", "time_format='elapsed' if from elsewhere"]
    else:
        what = f"Columns {table.quoted(columns)} do"
        together = [table.names[c] for c in columns]
        how = [f"time={together!r} and time_format={pattern!r}{like}", f"time={name!r}"]
    if also.startswith("or "):
        how.append(also.removeprefix("or "))
    elif also:
        how[-1] += f" {also}"
    asked = table.options.time_format
    by = "" if asked is None else f" by time_format={asked!r}"
    ways = f"{', '.join(how[:-1])}, or {how[-1]}"
    first = shorten(texts[0]) if texts else ""
    return ParseError(f"{what} not read as times{by} (first: {first!r}). Pass {ways}.")


def _suggested(texts: Sequence[str], zone: tzinfo | None) -> str:
    """Return a pattern that reads the texts, "" if none is found."""
    try:
        form = find_time_form(texts, zone)
    except AmbiguousDatesError as error:
        return error.patterns[0]
    return "" if form is None else form.pattern
