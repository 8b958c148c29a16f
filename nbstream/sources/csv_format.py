"""What a text table is made of, found from its first lines: delimiter, header, times, numbers."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.readings import TimeUnit, channel_name
from nbstream.sources.csv_times import TimeOptions, find_times
from nbstream.sources.items import ONE_CHANNEL
from nbstream.sources.number_cells import is_missing, number
from nbstream.sources.time_scan import scan_day_time, scan_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from nbstream.sources.time_forms import TimeForm

__all__ = ["CsvFormat", "CsvOptions", "Role", "cells_of", "discover", "is_header"]

DELIMITERS = ("\t", ";", ",")
TEXTS_TO_BE_SURE = 20


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
        Names or numbers (from 0) of the columns of times; () for the time of arrival.
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
    zone
        Of times that name none.
    """

    time: tuple[str | int, ...] | None = None
    channels: tuple[str, ...] | None = None
    unit: TimeUnit | None = None
    time_format: str | None = None
    delimiter: str | None = None
    decimal: str = "."
    zone: tzinfo | None = None


@dataclass
class CsvFormat:
    """What was found out about a file."""

    delimiter: str
    columns: tuple[str, ...]
    """Channel names of all columns, the time column's included."""
    header: tuple[str, ...] | None
    """Cells of the header line; None if the file has none."""
    time_columns: tuple[int, ...]
    """Those that a time is made of; none if readings get their time of arrival."""
    form: TimeForm | None
    roles: list[Role]
    decimal: str = "."
    n_texts: list[int] = field(default_factory=list)
    """Per column, how many cells were text and none was a number, while its role is open."""
    time_note: str = ""
    """What was guessed about times, and how to say it otherwise."""

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
        if not self.time_columns or self.form is None:
            return "no time column: readings get their time of arrival"
        names = " and ".join(repr(self.columns[column]) for column in self.time_columns)
        text = f"time column{'s' if len(self.time_columns) > 1 else ''} {names}"
        return f"{text}, {self.form.describe()}"


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
        if scan_time(cell) or scan_day_time(cell):
            return False
    if fmt is None:
        return bool(names) and len(set(names)) == len(names)
    if fmt.header is None:
        return False
    if fmt.time_columns:
        return all(fmt.header[column] in cells for column in fmt.time_columns)
    known = {name for name, role in zip(fmt.header, fmt.roles, strict=True) if role is Role.NUMBER}
    return bool(known & set(cells))


def discover(
    lines: Sequence[str],
    options: CsvOptions,
    *,
    has_header: bool | None = None,
    is_final: bool = False,
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
    is_final
        Whether no more lines will come soon.

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
    times = find_times(
        names,
        full,
        TimeOptions(options.time, options.time_format, options.unit, options.zone),
        has_header=header is not None,
        is_final=is_final,
    )
    if times is None:
        return None
    fmt = CsvFormat(
        delimiter,
        _unique(names),
        header,
        times.columns,
        times.form,
        [Role.OPEN] * n,
        options.decimal,
        [0] * n,
        times.note,
    )
    _find_roles(fmt, names, columns, options)
    return fmt


def _find_roles(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    for i, column in enumerate(columns):
        if i in fmt.time_columns:
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
    asked = {
        name for name in (*(options.time or ()), *(options.channels or ())) if isinstance(name, str)
    }
    return bool(asked & set(cells))


def _check_names(names: Sequence[str], options: CsvOptions) -> None:
    for name in (*(options.time or ()), *(options.channels or ())):
        if isinstance(name, str) and name not in names:
            is_time = name in (options.time or ())
            advice = (
                "Pass time='…' with one of these." if is_time else "Pass channels=[…] of these."
            )
            message = f"CsvSource needs a {name!r} column; found {list(names)}. {advice}"
            raise ParseError(message)


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
