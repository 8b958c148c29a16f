"""Whether a file holds one table or lines of another kind, told from how it begins."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.alternating import alternating_headers
from nbstream.sources.files.csv.format.cells import cells_of, is_value
from nbstream.sources.files.csv.format.find_table import find_table
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.lines.format import is_banner
from nbstream.sources.lines.pairs import find_pairs
from nbstream.sources.lines.tables import has_reading
from nbstream.sources.times.names import key_rank

if TYPE_CHECKING:
    import os

__all__ = ["holds_tables", "reads_as_lines", "reads_as_table"]

SAMPLE_BYTES = 2**16
SAMPLE_LINES, MANY_LINES = 50, 1000


def reads_as_table(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins with rows of one table whose cells a mark separates."""
    lines = _sample(path)
    table = None if _is_json(lines) else find_table(lines, CsvOptions())
    if table is None:
        return len(lines) == 1 and _is_header(lines[0])
    if table.delimiter not in {",", ";", "\t", "|"}:
        return False
    rows = [cells_of(line, table.delimiter) for line in lines[table.first_row :]]
    if {len(row) for row in rows} != {table.n_columns}:
        return False
    n_values = sum(map(is_value, rows[-1]))
    return 2 * n_values >= len(rows[-1]) and not any("=" in c for c in rows[-1])


def holds_tables(path: str | os.PathLike[str]) -> bool:
    """Return whether several tables take turns in a file, as in what iostat prints."""
    return alternating_headers(_sample(path, MANY_LINES)) is not None


def reads_as_lines(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as what a program printed.

    Headers come again there, and names stand beside their numbers.
    """
    lines = _sample(path)
    if _is_json(lines) or any(is_banner(line) for line in lines):
        return True
    if reads_as_table(path):
        return False
    headers = Counter(" ".join(line.split()) for line in lines if not has_reading(line))
    n_pairs = sum(bool(find_pairs(line)) for line in lines)
    return max(headers.values(), default=0) > 1 or 2 * n_pairs > len(lines)


def _is_header(line: str) -> bool:
    """Return whether the only line so far names columns, of which the first is the time."""
    names = re.split("[,;\t]", line)
    return len(names) > 1 and key_rank(names[0].strip()) is not None


def _sample(path: str | os.PathLike[str], n_lines: int = SAMPLE_LINES) -> list[str]:
    """Return the first lines of a file that are not blank, none if it cannot be read."""
    try:
        with open(path, "rb") as file:
            text = file.read(SAMPLE_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][:n_lines]


def _is_json(lines: list[str]) -> bool:
    return bool(lines) and lines[0].lstrip()[:1] in {"{", "["}
