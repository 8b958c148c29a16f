"""The cells of a table as far as times are looked for in them, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.sources.number_cells import is_missing, is_placeholder, number
from nbstream.sources.times.forms import AmbiguousDatesError, TimeForm, find_time_form
from nbstream.sources.times.names import column_rank
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from nbstream.readings.batch import TimeUnit


__all__ = [
    "COUNTED",
    "COUNTED_UNNAMED",
    "DATE",
    "DAY_NS",
    "DAY_TIME",
    "ELAPSED",
    "MAX_ROWS",
    "NS",
    "WHOLE",
    "Cells",
    "FoundTimes",
    "TimeOptions",
    "ambiguous",
    "unreadable",
]

MAX_ROWS = 300
NS = 1_000_000_000
DAY_NS = 86_400 * NS

WHOLE, COUNTED, DATE, COUNTED_UNNAMED, DAY_TIME, ELAPSED = range(6)
"""Kinds of times, the better ones first."""


@dataclass(frozen=True)
class TimeOptions:
    """What the user said about times; None is to be found out.

    Parameters
    ----------
    time
        Names or numbers (from 0) of the columns; () for the time of arrival.
    time_format
        As `nbstream.sources.times.forms.text_form` reads it.
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
    options: TimeOptions
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
            self._columns[column] = [
                cell for cell in found if not is_missing(cell) and not is_placeholder(cell)
            ]
        return self._columns[column]

    def numbers(self, column: int) -> list[float]:
        """Return the numbers of a column if most of its cells are, else nothing."""
        if column not in self._numbers:
            cells = self.cells(column)
            self._numbers[column] = []
            for decimal in ".,":
                found = [x for cell in cells if (x := number(cell, decimal)) is not None]
                if 2 * len(found) > len(cells):
                    self._numbers[column] = found
                    break
        return self._numbers[column]

    def quoted(self, columns: Sequence[int]) -> str:
        """Return the names of columns in quotes."""
        return " and ".join(repr(self.names[column]) for column in columns)


def ambiguous(table: Cells, columns: tuple[int, ...], error: AmbiguousDatesError) -> ParseError:
    """Return the error that day and month cannot be told apart, with the names of the columns."""
    told = AmbiguousDatesError(error.example, error.patterns)
    what = "Column" if len(columns) == 1 else "Columns"
    text = error.args[0]
    if len(columns) > 1:
        with_names = f"Pass time={[table.names[c] for c in columns]!r} and"
        text = text.replace("Pass", with_names)
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
