"""What a text table is made of, found from its first lines: delimiter, header, times, numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.readings.batch import channel_name
from nbstream.sources.files.csv.format.alternating import alternating_headers
from nbstream.sources.files.csv.format.commas import join_cut, refuse_shifted
from nbstream.sources.files.csv.format.table import (
    SPACES,
    Table,
    cells_of,
    find_table,
    is_names,
    is_rule,
    is_time_like,
)
from nbstream.sources.files.csv.format.times import TimeOptions, find_times
from nbstream.sources.items import ONE_CHANNEL
from nbstream.sources.number_cells import is_missing, is_placeholder
from nbstream.sources.number_forms import NumberForm, find_form
from nbstream.sources.times.patterns import MISSING_TIME
from nbstream.sources.times.scan import scan_time
from nbstream.sources.units import is_unit
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.sources.files.csv.format.options import CsvOptions
    from nbstream.sources.times.forms import TimeForm

__all__ = ["GUESSES", "CsvFormat", "Role", "discover", "find_in", "is_free_text", "is_header"]

ENTITY_NAMES = frozenset(
    "entity_id entity metric metric_name name sensor sensor_id sensor_name channel series variable "
    "parameter _field field measurement tag tagname tag_name key item point signal quantity label "
    "device device_id topic symbol host node id dev iface interface cpu disk filesystem gpu index".split()
)
ROWS_WITHOUT_TIME = 2
ROWS_FOR_SEPARATORS = 50
TEXTS_TO_BE_FREE = 10
NUMBERS_TO_BE_SURE = 10
SAMPLE_LINES = 50
SAMPLE_BYTES = 2**14
DEFAULT_COMMENT = "#"
GUESSES = (
    "header", "passed", "units", "names", "doubled", "delimiter", "decimal", "thousands", "switch",
    "cell units", "pivot", "cut",
)  # fmt: skip
"""Kinds of `CsvFormat.notes`."""

_UNIT_IN_NAME = re.compile(r"[\[(]([^\[\]()]{1,12})[\])]\s*$|,\s*([^\s,()]{1,8})(?=\s*\(|$)")


class Role(Enum):
    """What a column is for."""

    TIME = "time"
    """The time of the reading."""
    NUMBER = "number"
    """A channel."""
    OPEN = "open"
    """Nothing so far: its first cell decides."""
    TEXT = "text"
    """Text so far: a channel from its first number on."""
    FREE = "free text"
    """Many different texts: a channel after several numbers in a row."""
    IGNORED = "ignored"
    """Not among the channels that were asked for."""


@dataclass
class CsvFormat:
    """What was found out about a file."""

    delimiter: str
    """One character, or one of `nbstream.sources.files.csv.format.table.SPACES`."""
    columns: tuple[str, ...]
    """Channel names of all columns, the time column's included."""
    header: tuple[str, ...] | None
    """Cells of the header line; None if the file has none."""
    time_columns: tuple[int, ...]
    """Those that a time is made of; none if readings get their time of arrival."""
    form: TimeForm | None
    roles: list[Role]
    forms: list[NumberForm]
    """How the cells of each column are read as numbers."""
    units: dict[str, str] = field(default_factory=dict)
    """By channel, as far as the file tells them."""
    first_row: int = 0
    """The line with which rows begin."""
    comment: str | None = None
    """What comment lines begin with; "" if there are none, None if none has come yet."""
    head: frozenset[str] = frozenset()
    """Lines before the first row; they are no rows when they come again."""
    cut_from: int | None = None
    """The first column whose decimal commas separate cells too; None if there is none."""
    pivot: int | None = None
    """The column whose texts name the channels."""
    time_note: str = ""
    """What was guessed about times, and how to say it otherwise."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was guessed and how to say it otherwise, by kind."""
    runs: dict[int, int] = field(default_factory=dict)
    """Numbers in a row, by column of free text."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns that are numbers, as far as is known."""
        return tuple(
            name for name, role in zip(self.columns, self.roles, strict=True) if role is Role.NUMBER
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the columns that are not."""
        pairs = zip(self.columns, self.roles, strict=True)
        return tuple(name for name, role in pairs if role in (Role.TEXT, Role.FREE))

    @property
    def silent(self) -> tuple[str, ...]:
        """Names of the columns that have held nothing so far."""
        is_named = [True] * len(self.columns)
        if self.header is not None and len(self.header) == len(self.columns):
            is_named = [bool(cell) for cell in self.header]
        found = zip(self.columns, self.roles, is_named, strict=True)
        return tuple(name for name, role, named in found if role is Role.OPEN and named)

    def cells(self, line: str) -> list[str]:
        """Return the cells of a line, without space around them.

        Raises
        ------
        csv.Error
            If a cell is longer than the csv module allows.
        """
        cells = cells_of(line, self.delimiter)
        if self.cut_from is None or len(cells) != 2 * len(self.columns) - self.cut_from:
            return cells
        return join_cut(cells, self.cut_from)

    def judge(self, column: int, cell: str) -> bool:
        """Return whether a column of text is a channel from this cell on.

        Parameters
        ----------
        column
            One whose role is OPEN, TEXT or FREE.
        cell
            Its next one, without space around it.
        """
        if is_missing(cell) or is_placeholder(cell):
            return False
        form = self.forms[column]
        if form.read(cell) is None:
            found = find_form([cell], form.decimal, form.thousands or None)
            is_open = self.roles[column] is Role.OPEN
            if found is None or (found.is_switch and not is_open):
                self.runs[column] = 0
                if is_open:
                    self.roles[column] = Role.TEXT
                return False
            form = found
        if self.roles[column] is Role.FREE:
            self.runs[column] = self.runs.get(column, 0) + 1
            if self.runs[column] < NUMBERS_TO_BE_SURE:
                return False
        self.roles[column], self.forms[column] = Role.NUMBER, form
        if form.unit:
            self.units.setdefault(self.columns[column], form.unit)
        return True

    def is_row(self, line: str) -> bool:
        """Return whether a line can be a row: it has its cells, a time, and a number."""
        cells = self.cells(line)
        if len(cells) != len(self.columns) or self.is_passed_over(line):
            return False
        if self.form is not None:
            when = [cells[column] for column in self.time_columns]
            return self.form.read_cells(when)[0] != MISSING_TIME
        found = zip(self.roles, self.forms, cells, strict=True)
        return any(r is Role.NUMBER and form.read(cell) is not None for r, form, cell in found)

    def look_again(self, lines: bytes) -> None:
        """Find out from lines that were read which columns of text hold many different ones."""
        if Role.TEXT not in self.roles:
            return
        sample = lines[:SAMPLE_BYTES].decode("utf-8", "replace").splitlines()[:SAMPLE_LINES]
        rows = [self.cells(line) for line in sample if '"' not in line]
        for column, role in enumerate(self.roles):
            if role is Role.TEXT and is_free_text(
                row[column].strip() for row in rows if column < len(row)
            ):
                self.roles[column] = Role.FREE

    @property
    def no_time(self) -> str:
        """Why a row is refused whose time cannot be read."""
        names = " and ".join(repr(self.columns[column]) for column in self.time_columns)
        return f"no time in {names}"

    def is_header_again(self, cells: Sequence[str]) -> bool:
        """Return whether cells are the names again with another time, as `sar` writes them."""
        return is_again(cells, self.header)

    def is_comment(self, line: str) -> bool:
        """Return whether a line is a comment; where none has come yet, one with # may be."""
        comment = DEFAULT_COMMENT if self.comment is None else self.comment
        return comment != "" and line.lstrip(' "').startswith(comment)

    def is_passed_over(self, line: str) -> bool:
        """Return whether a line is a comment, a rule or one of the head, and no row."""
        text = line.strip()
        return (
            not text
            or text in self.head
            or self.is_comment(text)
            or (len(self.columns) > 1 and is_rule(text))
        )

    def describe_time(self) -> str:
        """Return in words where times come from."""
        if not self.time_columns or self.form is None:
            return "no time column: readings get their time of arrival"
        names = " and ".join(repr(self.columns[column]) for column in self.time_columns)
        text = f"time column{'s' if len(self.time_columns) > 1 else ''} {names}"
        return f"{text}, {self.form.describe()}"


def is_again(cells: Sequence[str], header: Sequence[str] | None) -> bool:
    """Return whether cells are those of the header, whose first may be a time."""
    if header is None or list(cells[1:]) != list(header[1:]):
        return False
    return cells[:1] == list(header[:1]) or is_time_like(header[0])


def is_header(cells: Sequence[str], fmt: CsvFormat) -> bool:
    """Return whether the cells of a line are names rather than a row.

    Parameters
    ----------
    cells
        Of one line.
    fmt
        The format so far: a header must share its time column or a channel.
    """
    if fmt.header is None:
        return False
    if tuple(cells) == fmt.header:
        return True
    known = {fmt.columns[column] for column in fmt.time_columns} or set(fmt.channels)
    return bool(known & set(cells)) and is_names(cells)


def discover(
    lines: Sequence[str],
    options: CsvOptions,
    *,
    has_header: bool | None = None,
    is_final: bool = False,
    is_settled: bool = False,
) -> CsvFormat | None:
    """Return the format of a file from its first lines, or None if there are too few to tell.

    Parameters
    ----------
    lines
        Without their ends.
    options
        What the user said.
    has_header
        Whether the first line is a header, where that is known.
    is_final
        Whether no more lines will come soon.
    is_settled
        Whether none has come for a while.

    Raises
    ------
    ParseError
        If a column that was asked for is missing, its times cannot be read, or day and month cannot
        be told apart.
    """
    table = find_in(lines, options, has_header=has_header)
    if table is None:
        return None
    turns = (
        alternating_headers(lines) if options.header is True and table.delimiter in SPACES else None
    )
    if turns is not None:
        one, other = (shorten(header, 40) for header in turns)
        message = (
            f"Two tables take turns, {one!r} and {other!r}. nbstream.LinesSource(path) reads both."
        )
        raise ParseError(message)
    names = table.names or tuple(f"c{i + 1}" for i in range(table.n_columns))
    n = len(names)
    if table.names is None and options.asked - {ONE_CHANNEL} - set(names) and not is_final:
        return None  # the line with these names may be still to come
    _check_names(names, options, has_names=table.names is not None)
    texts = [line for line in lines[table.first_row :] if line.strip() and not is_rule(line)]
    rows = [
        cells_of(text, table.delimiter)
        for text in texts
        if not (table.comment and text.lstrip('"').startswith(table.comment))
    ]
    rows = [row for row in rows if not is_again(row, table.header)]
    if table.cut_from is not None:
        n_cells = 2 * n - table.cut_from
        rows = [join_cut(row, table.cut_from) for row in rows if len(row) == n_cells]
    elif table.delimiter == ",":
        refuse_shifted(names, rows)
    full = [row for row in rows if len(row) >= n] or rows
    columns = [[row[i] for row in full if i < len(row)] for i in range(n)]
    times = find_times(
        names,
        full,
        TimeOptions(options.time, options.time_format, options.unit, options.zone),
        has_header=table.names is not None,
        is_final=is_final,
        units=table.units,
    )
    if times is None:
        return None
    if not times.columns and options.time is None:
        _refuse_turned(table.names or cells_of(lines[0], table.delimiter))
    if not times.columns and len(full) < ROWS_WITHOUT_TIME and not (is_final or is_settled):
        return None  # lines of metadata may look like a table until its rows come
    fmt = CsvFormat(
        table.delimiter,
        _unique(names),
        table.header,
        times.columns,
        times.form,
        [Role.TEXT] * n,
        [NumberForm(options.decimal or ".", options.thousands or "")] * n,
        first_row=table.first_row,
        comment=table.comment if options.comment is None else options.comment,
        head=table.head,
        cut_from=table.cut_from,
        time_note=times.note,
        notes=table.notes,
    )
    _find_roles(fmt, names, columns, options)
    _find_pivot(fmt, names, columns, options)
    _find_units(fmt, names, table)
    _note_guesses(fmt, names, columns, options)
    return fmt


def _refuse_turned(first: Sequence[str]) -> None:
    """Raise if the first line holds times where others hold names: a column for each time."""
    times = [cell for cell in first if scan_time(cell) and any(map(str.isdigit, cell))]
    if len(times) > 1 and 2 * len(times) >= len(first) - 4:
        message = (
            f"Times stand in the header, a column for each ({shorten(times[0])!r}). Turn the table: "
            "nbstream.watch(pandas.read_csv(path, index_col=0).T), or pass time=False."
        )
        raise ParseError(message)


def find_in(
    lines: Sequence[str], options: CsvOptions, *, has_header: bool | None = None
) -> Table | None:
    """Return the table in some lines, None if they hold no row yet.

    Parameters
    ----------
    lines, options, has_header
        As for `discover`; a table in the middle of a file begins with its names.
    """
    header, skip, units_row = options.header, options.skip, options.units_row
    if has_header is not None:
        is_told = isinstance(header, (tuple, NoneType))
        header = header if is_told else 1 if has_header else None
        skip, units_row = 0, None if units_row is not False else False
    return find_table(
        lines,
        delimiter=options.delimiter,
        decimal=options.decimal,
        comment=options.comment,
        header=header,
        units_row=units_row,
        skip=skip,
        asked=options.asked,
    )


def _find_roles(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Find out which columns are numbers and how those are written."""
    others = [i for i in range(len(fmt.roles)) if i not in fmt.time_columns]
    all_cells = tuple(cell for i in others for cell in columns[i][:ROWS_FOR_SEPARATORS])
    for i in others:
        form = find_form(
            columns[i],
            options.decimal,
            options.thousands,
            others=all_cells,
            prefers_comma=fmt.delimiter != ",",
        )
        if form is None:  # what the file's other columns are like
            form = find_form(["0"], options.decimal, options.thousands, others=all_cells)
            assert form is not None
        elif options.channels is None:
            fmt.roles[i] = Role.FREE if _has_stray_numbers(columns[i], form) else Role.NUMBER
        fmt.forms[i] = form
        if options.channels is not None:
            is_asked = names[i] in options.channels or fmt.columns[i] in options.channels
            fmt.roles[i] = Role.NUMBER if is_asked else Role.IGNORED
        elif fmt.roles[i] is Role.TEXT and all(
            is_missing(c) or is_placeholder(c) for c in columns[i]
        ):
            fmt.roles[i] = Role.OPEN
        elif fmt.roles[i] is Role.TEXT and is_free_text(columns[i]):
            fmt.roles[i] = Role.FREE
    for i in fmt.time_columns:
        fmt.roles[i] = Role.TIME
    if fmt.header is None and options.header is True and len(others) == 1:
        fmt.columns = tuple(
            ONE_CHANNEL if i == others[0] else name for i, name in enumerate(fmt.columns)
        )


def _has_stray_numbers(cells: Sequence[str], form: NumberForm) -> bool:
    """Return whether a column is of free text, such as identifiers, some of which are numbers."""
    cells = [cell for cell in cells if not is_missing(cell) and not is_placeholder(cell)]
    texts = [cell for cell in cells if form.read(cell) is None]
    is_mostly_text = 2 * len(texts) > len(cells) and is_free_text(texts)
    return is_mostly_text and any(form.read(c) is None for c in cells[-NUMBERS_TO_BE_SURE:])


def is_free_text(cells: Iterable[str]) -> bool:
    """Return whether a column has so many different texts that they are no words for silence."""
    texts = {cell for cell in cells if not is_missing(cell) and not is_placeholder(cell)}
    return len(texts) >= TEXTS_TO_BE_FREE


def _find_units(fmt: CsvFormat, names: Sequence[str], table: Table) -> None:
    """Find the units of channels: in cells, in a line of units, or in brackets behind a name."""
    for i, role in enumerate(fmt.roles):
        if role in (Role.TIME, Role.IGNORED):
            continue
        unit = fmt.forms[i].unit or table.units.get(i, "") or _unit_in(names[i])
        if unit:
            fmt.units[fmt.columns[i]] = unit


def _unit_in(name: str) -> str:
    """Return the unit in brackets or behind a comma at the end of a name, "" if there is none."""
    found = _UNIT_IN_NAME.search(name)
    unit = (found[1] or found[2]).strip() if found is not None else ""
    return unit if unit and is_unit(unit) else ""


def _find_pivot(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Find the column whose texts name the channels, if it was asked for; else offer it."""
    if options.pivot is not None:
        fmt.pivot = list(names).index(options.pivot)
        fmt.roles[fmt.pivot] = Role.IGNORED
        return
    candidates = [i for i in range(len(names)) if _tells_apart(fmt, names[i], i, columns)]
    if candidates:
        is_named = [_is_entity_name(names[i]) for i in candidates]
        column = candidates[is_named.index(True) if True in is_named else 0]
        n_entities = len({cell for cell in columns[column] if cell})
        fmt.notes["pivot"] = (
            f"rows are of different {names[column]!r} ({n_entities} so far): "
            f"pivot={names[column]!r} makes a channel of each"
        )


def _is_entity_name(name: str) -> bool:
    """Return whether a column is called as those are that say whose values a row holds."""
    plain = name.lower()
    return plain in ENTITY_NAMES or plain.endswith(("_id", " id", "name"))


def _tells_apart(fmt: CsvFormat, name: str, column: int, columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a column says whose values a row holds: by its name, or among equal times."""
    cells, role = columns[column], fmt.roles[column]
    entities = {cell for cell in cells if cell}
    is_named = _is_entity_name(name)
    if role in (Role.TEXT, Role.FREE) and is_named:
        return len(entities) > 1 or len(cells) == 1
    is_number = (
        role is Role.NUMBER
        and is_named
        and all(re.fullmatch("[A-Za-z]*[0-9]*|-", c) for c in cells)
    )
    n_most = len(cells) if is_named else len(cells) / 2
    if not (is_number or role is Role.TEXT) or not 1 < len(entities) <= n_most:
        return False
    if not fmt.time_columns:
        return is_named and 2 * len(entities) <= len(cells)
    times = list(zip(*(columns[c] for c in fmt.time_columns), strict=False))
    is_each_once = len(set(zip(times, cells, strict=False))) == len(times)
    return is_each_once and len(set(times)) < len(times)


def _note_guesses(
    fmt: CsvFormat,
    names: Sequence[str],
    columns: Sequence[Sequence[str]],
    options: CsvOptions,
) -> None:
    """Say what was guessed, and how to say it otherwise."""
    if options.delimiter is None and fmt.delimiter != ",":
        what = "runs of spaces" if fmt.delimiter in SPACES else repr(fmt.delimiter)
        fmt.notes["delimiter"] = f"cells are separated by {what} (delimiter={fmt.delimiter!r})"
    numbers = [i for i, role in enumerate(fmt.roles) if role is Role.NUMBER]
    forms = {fmt.columns[i]: fmt.forms[i] for i in numbers}
    with_comma = {fmt.columns[i] for i in numbers if any("," in cell for cell in columns[i])}
    commas = [n for n, form in forms.items() if form.decimal == "," and n in with_comma]
    grouped = [name for name, form in forms.items() if form.thousands]
    switches = [name for name, form in forms.items() if form.is_switch]
    if commas and options.decimal is None:
        fmt.notes["decimal"] = f"decimal comma in {_named(commas)} (decimal='.' if not)"
    if grouped and options.thousands is None:
        fmt.notes["thousands"] = f"separated thousands in {_named(grouped)} (thousands='' if not)"
    if switches:
        fmt.notes["switch"] = f"words such as on and off in {_named(switches)} are 1 and 0"
    carried = [f"{name!r} in {form.unit}" for name, form in forms.items() if form.unit]
    if carried:
        fmt.notes["cell units"] = f"units in cells: {', '.join(carried[:5])}"
    if fmt.cut_from is not None:
        fmt.notes["cut"] = (
            "two cells make one number: decimal commas separate cells too (decimal='.' if not)"
        )
    if fmt.header is None and options.header is True:
        fmt.notes["names"] = (
            f"no line of names: columns are {_named(fmt.columns)} "
            f"(header={list(fmt.columns)} names them)"
        )
        return
    doubled = [f"{new!r} is another {old!r}" for old, new in _numbered(names, fmt.columns)]
    if doubled:
        more = f" and {len(doubled) - 3} more" if len(doubled) > 3 else ""
        fmt.notes["doubled"] = (
            f"columns of the same name are numbered: {', '.join(doubled[:3])}{more} "
            "(header=[…] names them)"
        )


def _named(names: Sequence[str]) -> str:
    """Return some names for people."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more


def _numbered(names: Sequence[str], columns: Sequence[str]) -> list[tuple[str, str]]:
    """Return names that came before, and what their columns are called instead."""
    pairs = [(channel_name(n.strip()), c) for n, c in zip(names, columns, strict=True) if n.strip()]
    return [(name, column) for name, column in pairs if name != column]


def _check_names(names: Sequence[str], options: CsvOptions, *, has_names: bool) -> None:
    times = options.time or ()
    for name in (*times, options.pivot, *(options.channels or ())):
        also = (*_unique(names), ONE_CHANNEL) if name in (options.channels or ()) else ()
        if isinstance(name, str) and name not in (*names, *also):
            if name in times:
                advice = "Pass time='…' with one of these."
            elif name == options.pivot:
                advice = "Pass pivot='…' with one of these."
            else:
                advice = "Pass channels=[…] of these."
            if not has_names:
                advice = f"{advice[:-1]}, or header=[…] to name them."
            message = f"CsvSource needs a {name!r} column; found {list(names)}. {advice}"
            raise ParseError(message)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as channels, different from each other; those that are empty get numbers."""
    result: list[str] = []
    names = [name.strip() for name in names]
    taken = {channel_name(name) for name in names if name}
    for i, name in enumerate(names):
        base = unique = channel_name(name) if name else f"c{i + 1}"
        n = 2
        while (
            unique in result
            or (unique != base and unique in taken)
            or (not name and unique in taken)
        ):
            unique, n = f"{base}_{n}", n + 1
        result.append(unique)
    return tuple(result)
