"""How a text table is written, found out from its first lines."""

from __future__ import annotations

from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.readings.batch import channel_name
from nbstream.sources.files.csv.format.alternating import alternating_headers
from nbstream.sources.files.csv.format.cells import SPACES, cells_of, is_rule
from nbstream.sources.files.csv.format.commas import join_cut, refuse_shifted
from nbstream.sources.files.csv.format.find_table import find_table
from nbstream.sources.files.csv.format.format import CsvFormat, Role, is_again
from nbstream.sources.files.csv.format.guesses import note_guesses
from nbstream.sources.files.csv.format.roles import find_pivot, find_roles, find_units, find_words
from nbstream.sources.files.csv.format.times import find_times
from nbstream.sources.items import ONE_CHANNEL
from nbstream.sources.number_forms import NumberForm
from nbstream.sources.times.scan import scan_time
from nbstream.sources.wording import shorten
from nbstream.text.naming import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.header import Table
    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["discover", "find_in"]

ROWS_WITHOUT_TIME = 2


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
    may_alternate = options.header is True and table.delimiter in SPACES
    if may_alternate and (turns := alternating_headers(lines)) is not None:
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
    if table.comment:
        texts = [text for text in texts if not text.lstrip('"').startswith(table.comment)]
    rows = [cells_of(text, table.delimiter) for text in texts]
    rows = [row for row in rows if not is_again(row, table.header)]
    if table.cut_from is not None:
        n_cells = 2 * n - table.cut_from
        rows = [join_cut(row, table.cut_from) for row in rows if len(row) == n_cells]
    elif table.delimiter == ",":
        refuse_shifted(names, rows)
    full = [row for row in rows if len(row) >= n] or rows
    columns = [[row[i] for row in full if i < len(row)] for i in range(n)]
    has_names = table.names is not None
    times = find_times(
        names, full, options, has_header=has_names, is_final=is_final, units=table.units
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
    find_roles(fmt, names, columns, options)
    find_pivot(fmt, names, columns, options)
    find_words(fmt, names, columns, options)
    find_units(fmt, names, table)
    note_guesses(fmt, names, columns, options)
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
    if has_header is not None:
        names = options.header
        if not isinstance(names, (tuple, NoneType)):
            names = 1 if has_header else None
        units_row = False if options.units_row is False else None
        options = replace(options, header=names, skip=0, units_row=units_row)
    return find_table(lines, options)


def _check_names(names: Sequence[str], options: CsvOptions, *, has_names: bool) -> None:
    times = options.time or ()
    for name in (*times, options.pivot, *(options.channels or ()), *(options.states or ())):
        made = (*_unique(names), ONE_CHANNEL) if name in (options.channels or ()) else ()
        if isinstance(name, str) and name not in (*names, *made):
            advice = "channels=[…] of these"
            if name in times or name == options.pivot:
                advice = f"{'time' if name in times else 'pivot'}='…' with one of these"
            also = "" if has_names else ", or header=[…] to name them"
            message = (
                f"CsvSource needs a {name!r} column; found {list(names)}. Pass {advice}{also}."
            )
            raise ParseError(message)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as channels, different from each other; those that are empty get numbers."""
    channels = [channel_name(name.strip()) if name.strip() else "" for name in names]
    given, made = set(channels), set[str]()
    for i, name in enumerate(channels):
        if not name or name in made:
            channels[i] = distinct(name or f"c{i + 1}", given | made, "{}_{}")
        made.add(channels[i])
    return tuple(channels)
