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
    begin_after_preamble,
    find_header,
    stripped,
    told_header,
)
from nbstream.sources.files.csv.format.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["find_table"]


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
    head = Head(lines, comment, skip)
    if not head.rows:
        return None
    separator = head.separator()
    delimiter = delimiter or separator or find_delimiter(head.texts, decimal)
    body = Body.of([cells_of(text, delimiter) for text in head.texts])
    cut_from = _cut_from(body, header) if delimiter == "," and decimal != "." else None
    if cut_from is not None:
        body = Body.of(
            [join_cut(c, cut_from) if len(c) == body.n_columns else c for c in body.rows]
        )
    table = Table(delimiter, None, body.n_columns, 0, comment=head.comment, cut_from=cut_from)
    if isinstance(header, int) and not isinstance(header, bool):
        return told_header(table, head, header, units_row)
    if header is None or not isinstance(header, bool):
        names = None if header is None else tuple(header)
        first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), None)
        if first is None:
            return None
        if names is not None:
            table.names, table.n_columns = names, len(names)
        return begin_after_preamble(table, head, first)
    return find_header(table, head, body, asked, units_row)


def _cut_from(body: Body, header: int | Sequence[str] | bool | None) -> int | None:
    """Return from which column on decimal commas separate cells too; None if they don't."""
    first = next((i for i, cells in enumerate(body.rows) if body.is_row(cells)), 0)
    if header is True:
        names = stripped(body.rows[first - 1]) if first else []
    else:
        names = [] if header is None or isinstance(header, int) else list(header)
    n_times = next((i for i, kind in enumerate(body.kinds) if kind != "time"), body.n_columns)
    is_cut = len(names) > 1 and is_names(names) and are_cut(body.rows[first:], len(names), n_times)
    return n_times if is_cut else None
