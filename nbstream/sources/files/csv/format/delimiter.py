"""What separates the cells of a table: the delimiter by which most lines look like its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.body import Body, are_halves, value_share
from nbstream.sources.files.csv.format.cells import SPACES, cells_of, is_names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DELIMITERS", "find_delimiter"]

DELIMITERS = ("\t", ";", ",", "|", *SPACES)
CERTAIN = ("\t", ";", "|")
"""Those that seldom stand in cells."""


def find_delimiter(texts: Sequence[str], decimal: str | None) -> str:
    """Return the delimiter by which most lines look like rows of one table."""
    scores: list[tuple[float, int, int, str]] = []
    for rank, delimiter in enumerate(DELIMITERS):
        if delimiter == decimal:
            continue
        table = [cells_of(text, delimiter) for text in texts]
        body = Body.of(table)
        if body.n_columns == 1:
            continue
        rows = [cells for cells in table if len(cells) == body.n_columns]
        if delimiter == " " and 2 * sum("\t" in text for text in texts) > len(texts):
            continue  # a table of tabs
        score = sum(value_share(cells) ** 2 for cells in rows)
        if delimiter in CERTAIN and len(rows) == len(table) > 1:
            score += len(rows) / 2  # in names and rows alike
        first = next((i for i, cells in enumerate(table) if body.is_row(cells)), 0)
        if first and is_names(table[first - 1]) and _names_fit(table[first - 1], rows, delimiter):
            score += 1.0
        score += 0.01 * len(rows) / len(table) - 0.1 * (delimiter in SPACES)
        scores.append((round(score, 3), body.n_columns, -rank, delimiter))
    return max(scores)[3] if scores else ","


def _names_fit(names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Return whether there is a name for each cell of the rows, or for each but a time in two."""
    n = len(rows[0])
    if delimiter in SPACES and 1 < len(names) == n - 1:
        return any(are_halves(rows[-1:], column) for column in range(n - 1))
    return len(names) == n
