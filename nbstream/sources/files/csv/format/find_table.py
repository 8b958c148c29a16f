"""Where a table begins in a text, how its cells are separated, and what its columns are called.

Found as csv sniffers do it: the rows of a table look alike, and unlike what stands above them. So the
delimiter is the one by which most lines have the same number of cells that are times and numbers;
the first such line begins the table; and the names are in the nearest line above that has a text for
each column. Lines of units and of what a logger did to its values may stand between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.body import Body
from nbstream.sources.files.csv.format.cells import cells_of, is_names
from nbstream.sources.files.csv.format.commas import are_cut, join_cut
from nbstream.sources.files.csv.format.delimiter import find_delimiter
from nbstream.sources.files.csv.format.head import Head
from nbstream.sources.files.csv.format.header import (
    Table,
    begin_after_preamble,
    find_header,
    stripped,
    told_header,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["find_table"]


def find_table(lines: Sequence[str], options: CsvOptions) -> Table | None:
    """Return the table that begins within some lines, None if they don't hold a row yet.

    Parameters
    ----------
    lines
        The first ones of the text, without their ends.
    options
        What the user said; the names that were asked for must be in the header.
    """
    head = Head(lines, options.comment, options.skip)
    header, decimal = options.header, options.decimal
    if not head.rows:
        return None
    delimiter = options.delimiter or head.separator or find_delimiter(head.texts, decimal)
    body = Body.of([cells_of(text, delimiter) for text in head.texts])
    cut_from = _cut_from(body, header) if delimiter == "," and decimal != "." else None
    if cut_from is not None:
        n = body.n_columns
        body = Body.of([join_cut(row, cut_from) if len(row) == n else row for row in body.rows])
    table = Table(delimiter, None, body.n_columns, 0, comment=head.comment, cut_from=cut_from)
    if header is True:
        return find_header(table, head, body, options.asked, options.units_row)
    if isinstance(header, int):
        return told_header(table, head, header, options.units_row)
    first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), None)
    if first is None:
        return None
    if header is not None:
        table.names, table.n_columns = header, len(header)
    return begin_after_preamble(table, head, first)


def _cut_from(body: Body, header: int | tuple[str, ...] | bool | None) -> int | None:
    """Return from which column on decimal commas separate cells too; None if they don't."""
    first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), 0)
    names = list(header) if isinstance(header, tuple) else []
    if header is True and first:
        names = stripped(body.rows[first - 1])
    n_times = next((i for i, kind in enumerate(body.kinds) if kind != "time"), body.n_columns)
    is_cut = len(names) > 1 and is_names(names) and are_cut(body.rows[first:], len(names), n_times)
    return n_times if is_cut else None
