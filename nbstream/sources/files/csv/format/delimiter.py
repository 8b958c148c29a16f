"""What separates the cells of a table: the delimiter by which most lines look like its rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.body import Body, are_halves, value_share
from nbstream.sources.files.csv.format.cells import SPACES, cells_of, is_names, is_value
from nbstream.sources.number_cells import number
from nbstream.sources.times.scan import scan_day_time, scan_time
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DELIMITERS", "find_delimiter"]

DELIMITERS = ("\t", ";", ",", "|", *SPACES)
CERTAIN = ("\t", ";", "|")
"""Those that seldom stand in cells."""
_MILLISECONDS = re.compile(r":[0-5][0-9],[0-9]{3}\s+([^\s,]+)")


def find_delimiter(texts: Sequence[str], decimal: str | None) -> str:
    """Return the delimiter by which most lines look like rows of one table."""
    scores: list[tuple[float, int, int, str]] = []
    has_commas = decimal != "," and _are_cells(texts)
    for rank, delimiter in enumerate(DELIMITERS):
        if delimiter == decimal or (has_commas and delimiter in SPACES):
            continue
        if delimiter == "," and _are_milliseconds(texts):
            continue
        table = [cells_of(text, delimiter) for text in texts]
        body = Body.of(table)
        if body.n_columns == 1:
            continue
        rows = [cells for cells in table if len(cells) == body.n_columns]
        if delimiter == " " and 2 * sum("\t" in text for text in texts) > len(texts):
            continue  # a table of tabs
        score = sum(value_share(cells) ** 2 for cells in rows)
        if delimiter not in SPACES:  # a column may have been added later
            ragged = [cells for cells in table if len(cells) not in (1, body.n_columns)]
            score += sum(value_share(cells) ** 2 for cells in ragged) / 2
        if delimiter in CERTAIN and len(rows) == len(table) > 1:
            score += len(rows) / 2  # in names and rows alike
        first = next((i for i, cells in enumerate(table) if body.is_row(cells)), 0)
        if first and is_names(table[first - 1]) and _names_fit(table[first - 1], rows, delimiter):
            score += 1.0
            if delimiter == "," and all(len(c) == body.n_columns for c in table[first - 1 :]):
                score += len(rows) / 2  # remarks among the cells may end in numbers: "text 1"
        score += 0.01 * len(rows) / len(table) - 0.1 * (delimiter in SPACES)
        scores.append((round(score, 3), body.n_columns, -rank, delimiter))
    return max(scores)[3] if scores else ","


def _are_milliseconds(texts: Sequence[str]) -> bool:
    """Return whether commas stand before the milliseconds of times, as Python's logging writes them."""
    rests = [match[1] for text in texts if (match := _MILLISECONDS.search(text)) is not None]
    return 2 * len(rests) > len(texts) and not all(map(_goes_on_a_number, rests))


def _goes_on_a_number(rest: str) -> bool:
    """Return whether three digits may be a reading with what is behind them: its unit, or three more."""
    return (is_unit(rest) and rest != "-") or re.fullmatch(r"[0-9]{3}", rest) is not None


def _are_cells(texts: Sequence[str]) -> bool:
    """Return whether commas part lines of which spaces would leave parts together: 1.5,ajar,text 1.

    Each has the same number of cells then, two at least of which are numbers or times in all of them.
    """
    table = [cells_of(text, ",") for text in texts]
    if len(table) < 2 or len({len(cells) for cells in table}) > 1:
        return False
    n_values = sum(all(map(_is_plain_value, column)) for column in zip(*table, strict=True))
    return n_values > 1 and all(any(map(_is_several, cells_of(text, " "))) for text in texts)


def _is_plain_value(cell: str) -> bool:
    return number(cell) is not None or bool(scan_time(cell) or scan_day_time(cell))


def _is_several(cell: str) -> bool:
    """Return whether a cell holds values between commas and is none itself."""
    parts = cell.split(",")
    return len(parts) > 1 and not is_value(cell) and any(map(is_value, parts))


def _names_fit(names: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Return whether there is a name for each cell of the rows, or for each but a time in two."""
    n = len(rows[0])
    if delimiter in SPACES and 1 < len(names) == n - 1:
        return any(are_halves(rows[-1:], column) for column in range(n - 1))
    return len(names) == n
