"""Commas in numbers that nobody put in quotes, in a file whose cells they separate: 12:00:01,21,5,40,2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["are_cut", "cut_milliseconds", "join_cut", "refuse_shifted"]

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_SECONDS = re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}$")


def are_cut(rows: Sequence[Sequence[str]], n_names: int, n_first: int) -> bool:
    """Return whether most rows have two cells for each name, a whole number and digits behind it.

    Parameters
    ----------
    rows
        Cells of the rows.
    n_names
        Of the header.
    n_first
        How many columns stand before the numbers: those of the times.
    """
    n_cells = n_first + 2 * (n_names - n_first)
    whole = [row for row in rows if len(row) == n_cells]
    are_most = n_names > n_first and 2 * len(whole) > len(rows)
    if not are_most or not all(len(row) > n_names for row in rows):
        return False
    are_whole = all(_WHOLE.fullmatch(cell) for row in whole for cell in row[n_first::2])
    return are_whole and all(c.isdecimal() for row in whole for c in row[n_first + 1 :: 2])


def join_cut(cells: Sequence[str], n_first: int) -> list[str]:
    """Return the cells of a row with a cell for each number."""
    pairs = zip(cells[n_first::2], cells[n_first + 1 :: 2], strict=False)
    return [*cells[:n_first], *(f"{whole},{digits}" for whole, digits in pairs)]


def cut_milliseconds(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the column of milliseconds that a comma parts from their times, 12:00:00,123; None if none.

    Parameters
    ----------
    rows
        Cells of the rows, of which each has one more than there are names.
    """
    n_cells = min(map(len, rows), default=0)
    for column in range(1, n_cells):
        cells = [row[column] for row in rows]
        are_cut = all(len(cell) == 3 and cell.isdecimal() for cell in cells)
        if are_cut and all(_SECONDS.search(row[column - 1]) for row in rows):
            rest = [cell for row in rows for cell in row[column + 1 :]]
            is_filled = any(cell.startswith("0") for cell in cells)
            # Where all cells are whole numbers a later comma may be the one that cuts.
            return column if is_filled or not all(map(_WHOLE.fullmatch, rest)) else None
    return None


def refuse_shifted(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Raise if all rows have more cells than there are names and it isn't known which belong together.

    Raises
    ------
    ParseError
        If so, and no number among them has a decimal point.
    """
    n, n_cells = len(names), min(map(len, rows), default=0)
    if n_cells <= n or not all(all(row[n:]) for row in rows):
        return
    if not all(_WHOLE.fullmatch(cell) for row in rows for cell in row[1:]):
        return
    all_names = [*names, *(f"c{i + 1}" for i in range(n, max(map(len, rows))))]
    message = (
        f"Rows have {n_cells} cells, and the header has {n} names: {','.join(rows[0])[:60]!r}. If "
        f"decimal commas are among the separators, save the file with delimiter ';' or in quotes; "
        f"if columns have no name, pass header={all_names!r}."
    )
    raise ParseError(message)
