"""Files in which two tables take turns, as iostat writes them: no table of one kind of rows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nbstream.sources.number_cells import is_placeholder, number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["alternating_headers"]


def alternating_headers(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return the headers of two tables that take turns in some lines, None if there are no such.

    Parameters
    ----------
    lines
        The first ones of a text, whose cells are separated by spaces.

    Notes
    -----
    A header counts if a row with a cell for each of its names is below it, and if it comes again
    after the other; that of iostat's processors, whose first name ends with a colon, counts at once.
    """
    rows = [cells for line in lines if (cells := line.split())]
    headers = [
        cells[1:] if cells[0].endswith(":") else cells
        for cells, below in pairwise(rows)
        if _is_header(cells, below)
    ]
    for i, header in enumerate(headers[1:], 1):
        first = headers[0]
        is_again = first in headers[i + 1 :] or header in headers[i + 1 :]
        has_label = any(cells[0].endswith(":") and cells[1:] in (first, header) for cells in rows)
        if set(first).isdisjoint(header) and (is_again or has_label):
            return " ".join(first), " ".join(header)
    return None


def _is_header(cells: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether cells are names of those below, of which one may be a word."""
    n_names = len(cells) - cells[0].endswith(":")
    n_numbers = sum(number(cell) is not None for cell in below)
    if not len(below) == n_names > 1 or n_numbers < max(2, n_names - 1):
        return False
    return not any(number(cell) is not None or is_placeholder(cell) for cell in cells)
