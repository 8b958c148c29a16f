"""What a text table is made of, found from its first lines: delimiter, header, times, numbers."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.readings import TimeUnit, channel_name
from nbstream.sources.csv_cells import MISSING_TIME, TimeForm, find_iso_format
from nbstream.sources.items import ONE_CHANNEL, guess_unit
from nbstream.sources.number_cells import is_missing, number
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CsvFormat", "CsvOptions", "Role", "cells_of", "discover", "is_header"]

TIME_NAMES = ("timestamp", "time", "datetime", "date", "ts", "t")
DELIMITERS = ("\t", ";", ",")
ROWS_TO_BE_SURE = 3
TEXTS_TO_BE_SURE = 20
PLAUSIBLE_SECONDS = (946_684_800, 4_102_444_800)  # the years 2000 to 2099

_DAY_MONTH = re.compile(
    r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})"
    r"(?: ([0-9]{1,2}):([0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?)?"
)


class Role(Enum):
    """What a column is for."""

    TIME = "time"
    """The time of the reading."""
    NUMBER = "number"
    """A channel."""
    TEXT = "text"
    """Not numeric: left alone."""
    OPEN = "open"
    """Nothing but text so far, and not enough of it to be sure."""
    IGNORED = "ignored"
    """Not among the channels that were asked for."""


@dataclass(frozen=True)
class CsvOptions:
    """What the user said about the file; None is to be found out.

    Parameters
    ----------
    time
        Name or number (from 0) of the time column.
    channels
        Names of the columns to read.
    unit
        Of a time that is a number: "s", "ms", "us", "ns".
    time_format
        As for `datetime.strptime`.
    delimiter
        One character.
    decimal
        "." or ",".
    """

    time: str | int | None = None
    channels: tuple[str, ...] | None = None
    unit: TimeUnit | None = None
    time_format: str | None = None
    delimiter: str | None = None
    decimal: str = "."


@dataclass
class CsvFormat:
    """What was found out about a file."""

    delimiter: str
    columns: tuple[str, ...]
    """Channel names of all columns, the time column's included."""
    header: tuple[str, ...] | None
    """Cells of the header line; None if the file has none."""
    time_column: int | None
    """None if there is none: readings get their time of arrival."""
    form: TimeForm | None
    roles: list[Role]
    decimal: str = "."
    n_texts: list[int] = field(default_factory=list)
    """Per column, how many cells were text and none was a number, while its role is open."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns that are numbers, as far as is known."""
        return tuple(
            name for name, role in zip(self.columns, self.roles, strict=True) if role is Role.NUMBER
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the columns that are not."""
        return tuple(
            name
            for name, role in zip(self.columns, self.roles, strict=True)
            if role in (Role.TEXT, Role.OPEN)
        )

    def learn(self, column: int, *, is_number: bool) -> None:
        """Take a cell of an open column into account."""
        if is_number:
            self.roles[column] = Role.NUMBER
            return
        self.n_texts[column] += 1
        if self.n_texts[column] >= TEXTS_TO_BE_SURE and Role.NUMBER in self.roles:
            self.roles[column] = Role.TEXT

    def describe_time(self) -> str:
        """Return in words where times come from."""
        if self.time_column is None or self.form is None:
            return "no time column: readings get their time of arrival"
        text = f"time column {self.columns[self.time_column]!r}"
        if self.form.kind == "number":
            return f"{text}, unit {self.form.unit}"
        return f"{text}, format {self.form.pattern}"


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, without space around them.

    A quote that is not closed ends with the line.

    Raises
    ------
    csv.Error
        If a cell is longer than the csv module allows.
    """
    if '"' in line:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    return [cell.strip() for cell in line.split(delimiter)]


def is_header(cells: Sequence[str], fmt: CsvFormat | None = None) -> bool:
    """Return whether cells are names rather than a row.

    Parameters
    ----------
    cells
        Of one line.
    fmt
        The format so far: then a header must share its time column or a channel.
    """
    if fmt is not None and fmt.header is not None and tuple(cells) == fmt.header:
        return True
    names = [cell for cell in cells if cell]  # pandas leaves the index's name empty
    for cell in names:
        if number(cell) is not None or number(cell, ",") is not None:
            return False
        if find_iso_format(cell) or _DAY_MONTH.fullmatch(cell):
            return False
    if fmt is None:
        return bool(names) and len(set(names)) == len(names)
    if fmt.header is None:
        return False
    if fmt.time_column is not None:
        return fmt.header[fmt.time_column] in cells
    known = {name for name, role in zip(fmt.header, fmt.roles, strict=True) if role is Role.NUMBER}
    return bool(known & set(cells))


def discover(
    lines: Sequence[str], options: CsvOptions, *, has_header: bool | None = None
) -> CsvFormat | None:
    """Return the format of a file from its first lines, or None if there are too few to tell.

    Parameters
    ----------
    lines
        Without their ends; blank ones are skipped.
    options
        What the user said.
    has_header
        Whether the first line is a header, where that is known.

    Raises
    ------
    ParseError
        If a column that was asked for is missing, its times cannot be read, or day and month cannot
        be told apart.
    """
    lines = [line for line in lines if line.strip()]
    if not lines:
        return None
    delimiter = options.delimiter or _find_delimiter(lines, options.decimal)
    table = [cells_of(line, delimiter) for line in lines]
    if has_header is None:
        has_header = is_header(table[0]) or _is_asked_for(table[0], options)
    header = tuple(table[0]) if has_header else None
    rows = table[1:] if has_header else table
    names = header if header is not None else tuple(f"c{i + 1}" for i in range(len(table[0])))
    if header is not None:
        _check_names(names, options)
    if not rows:
        return None
    n = len(names)
    full = [row for row in rows if len(row) >= n] or rows
    columns = [[row[i] for row in full if i < len(row)] for i in range(n)]
    found = _find_time(names, columns, options, n_rows=len(full))
    if found is None:
        return None
    time_column, form = found
    fmt = CsvFormat(
        delimiter,
        _unique(names),
        header,
        time_column,
        form,
        [Role.OPEN] * n,
        options.decimal,
        [0] * n,
    )
    _find_roles(fmt, names, columns, options)
    return fmt


def _find_roles(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    for i, column in enumerate(columns):
        if i == fmt.time_column:
            fmt.roles[i] = Role.TIME
        elif options.channels is not None:
            asked = names[i] in options.channels or fmt.columns[i] in options.channels
            fmt.roles[i] = Role.NUMBER if asked else Role.IGNORED
        elif any(number(c, fmt.decimal) is not None and not is_missing(c) for c in column):
            fmt.roles[i] = Role.NUMBER
    if fmt.header is None and options.channels is None:
        others = [i for i, role in enumerate(fmt.roles) if role is not Role.TIME]
        if len(others) == 1:
            fmt.columns = tuple(
                ONE_CHANNEL if i == others[0] else name for i, name in enumerate(fmt.columns)
            )
    for i, column in enumerate(columns):
        fmt.n_texts[i] = sum(not is_missing(c) for c in column)
        if (
            fmt.roles[i] is Role.OPEN
            and fmt.n_texts[i] >= TEXTS_TO_BE_SURE
            and Role.NUMBER in fmt.roles
        ):
            fmt.roles[i] = Role.TEXT


def _find_delimiter(lines: Sequence[str], decimal: str) -> str:
    sample = lines[:50]
    scores: list[tuple[int, int, str]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        if delimiter == decimal:
            continue
        counts = [len(cells_of(line, delimiter)) for line in sample]
        if counts[0] > 1:
            agreeing = sum(count == counts[0] for count in counts)
            scores.append((agreeing, -rank, delimiter))
    return max(scores)[2] if scores else ","


def _is_asked_for(cells: Sequence[str], options: CsvOptions) -> bool:
    """Return whether a line holds names that the user gave, which may look like numbers."""
    asked = {name for name in (options.time, *(options.channels or ())) if isinstance(name, str)}
    return bool(asked & set(cells))


def _check_names(names: Sequence[str], options: CsvOptions) -> None:
    for name in (options.time, *(options.channels or ())):
        if isinstance(name, str) and name not in names:
            is_time = name == options.time
            advice = (
                "Pass time='…' with one of these." if is_time else "Pass channels=[…] of these."
            )
            message = f"CsvSource needs a {name!r} column; found {list(names)}. {advice}"
            raise ParseError(message)


def _find_time(
    names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions, n_rows: int
) -> tuple[int | None, TimeForm | None] | None:
    """Return the time column and how it is read; None if more rows are needed."""
    if options.time is not None:
        column = _named_column(names, options.time)
        form = _form_of(names[column], columns[column], options, is_named=True)
        if form is None and n_rows < ROWS_TO_BE_SURE:
            return None
        if form is None:
            raise _unreadable(names[column], columns[column])
        return column, form
    lower = [name.lower() for name in names]
    named = [lower.index(name) for name in TIME_NAMES if name in lower]
    for column in named:
        form = _form_of(names[column], columns[column], options, is_named=True)
        if form is not None:
            return column, form
    for column, cells in enumerate(columns):
        if column not in named:
            form = _form_of(names[column], cells, options, is_named=False)
            if form is not None:
                return column, form
    if named:
        if n_rows < ROWS_TO_BE_SURE:
            return None
        raise _unreadable(names[named[0]], columns[named[0]])
    return None, None


def _named_column(names: Sequence[str], time: str | int) -> int:
    if isinstance(time, int):
        if not 0 <= time < len(names):
            message = f"'time' must be a column from 0 to {len(names) - 1} (got {time!r})."
            raise ParseError(message)
        return time
    return list(names).index(time)


def _form_of(
    name: str, cells: Sequence[str], options: CsvOptions, *, is_named: bool
) -> TimeForm | None:
    """Return how cells read as times, None if they do not."""
    cells = [cell for cell in cells if cell]
    if options.time_format is not None and (is_named or options.time is None):
        form = TimeForm("pattern", pattern=options.time_format)
        return form if any(form.read(cell)[0] != MISSING_TIME for cell in cells) else None
    numbers = [float(c) for c in cells if number(c) is not None and not is_missing(c)]
    if numbers and 2 * len(numbers) > len(cells):
        largest = max(abs(x) for x in numbers)
        unit = options.unit or guess_unit(largest)
        scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
        low, high = PLAUSIBLE_SECONDS
        is_plausible = all(low <= x / scale < high for x in numbers)
        return TimeForm("number", unit=unit) if is_named or is_plausible else None
    for cell in cells:
        pattern = find_iso_format(cell)
        if pattern and TimeForm("iso").read(cell)[0] != MISSING_TIME:
            return TimeForm("iso", pattern=pattern)
    return _day_month_form(name, cells)


def _day_month_form(name: str, cells: Sequence[str]) -> TimeForm | None:
    matches = [match for match in map(_DAY_MONTH.fullmatch, cells) if match]
    if not matches:
        return None
    _, dash, _, _, hour, _, seconds, fraction = matches[0].groups()
    rest = f"{dash}%Y"
    if hour:
        rest += " %H:%M" + (":%S" if seconds else "") + (".%f" if fraction else "")
    is_day_first = any(int(m[1]) > 12 for m in matches)
    is_month_first = any(int(m[3]) > 12 for m in matches)
    if is_day_first == is_month_first:
        message = (
            f"Column {name!r} has times such as {matches[0][0]!r}, where day and month cannot be "
            f"told apart. Pass time_format='%d{dash}%m{rest}' or time_format='%m{dash}%d{rest}'."
        )
        raise ParseError(message)
    first = f"%d{dash}%m" if is_day_first else f"%m{dash}%d"
    return TimeForm("pattern", pattern=first + rest)


def _unreadable(name: str, cells: Sequence[str]) -> ParseError:
    example = shorten(next((cell for cell in cells if cell), ""))
    return ParseError(
        f"Column {name!r} does not read as times (first: {example!r}). "
        "Pass time_format='…' as for datetime.strptime, or time='…' for another column."
    )


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as channels, different from each other."""
    result: list[str] = []
    for name in names:
        base = unique = channel_name(name)
        n = 2
        while unique in result:
            unique, n = f"{base}_{n}", n + 1
        result.append(unique)
    return tuple(result)
