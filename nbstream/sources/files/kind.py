"""Whether a file holds one table or lines of another kind, told from how it begins."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections import Counter

from nbstream.sources.files.csv.format.alternating import alternating_headers
from nbstream.sources.files.csv.format.cells import cells_of, is_value
from nbstream.sources.files.csv.format.find_table import find_table
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.lines.format import is_banner, read_json
from nbstream.sources.lines.known import read_known
from nbstream.sources.lines.pairs import find_pairs
from nbstream.sources.lines.stamps import is_stamp
from nbstream.sources.lines.tables import has_reading
from nbstream.sources.times.names import key_rank

__all__ = ["holds_json", "holds_tables", "reads_as_lines", "reads_as_table"]

SAMPLE_BYTES = 2**16
SAMPLE_LINES, MANY_LINES = 50, 1000
LEAST_FIGURES = 3
_GROWTH = re.compile(r"(?<=[0-9]) \([+-][0-9]+\)")
_NAMED = re.compile(r"\s*[^\W\d][\w ./()%-]*:\s+[+-]?[0-9]")
_NAME = re.compile(r"[^\W\d][\w.()/%-]*:?")


def reads_as_table(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins with rows of one table whose cells a mark separates."""
    lines = _sample(path)
    if _are_below_times(lines) or _are_known(lines):
        return False
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


def holds_json(path: str | os.PathLike[str]) -> bool:
    """Return whether every line that a file begins with is an object of JSON, but perhaps the last one."""
    lines = [line.strip() for line in _sample(path)]
    whole = [line for line in lines[: max(1, len(lines) - 1)] if line[:1] + line[-1:] == "{}"]
    if not lines or len(whole) < max(1, len(lines) - 1):
        return False
    return all(isinstance(read_json(line), dict) for line in whole)


def holds_tables(path: str | os.PathLike[str]) -> bool:
    """Return whether several tables take turns in a file, as in what iostat prints."""
    return alternating_headers(_sample(path, MANY_LINES)) is not None


def reads_as_lines(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as what a program printed.

    Headers come again there, and names stand beside their numbers or in front of them.
    """
    lines = _sample(path)
    if _is_json(lines) or any(is_banner(line) for line in lines):
        return True
    if reads_as_table(path):
        return False
    if _are_below_times(lines) or _are_known(lines):
        return True
    if _are_named(lines) or _have_figures_above(lines) or _have_remarks(lines):
        return True
    headers = Counter(" ".join(line.split()) for line in lines if not has_reading(line))
    n_pairs = sum(bool(find_pairs(line)) for line in lines)
    return max(headers.values(), default=0) > 1 or 2 * n_pairs > len(lines)


def _are_named(lines: list[str]) -> bool:
    """Return whether names stand in front of numbers, as in /proc/vmstat and what `sensors` prints."""
    cells = [line.split() for line in lines]
    names = {row[0] for row in cells if len(row) == 2 and _NAME.fullmatch(row[0])}
    if len(lines) > 2 and len(names) == len(lines) and all(is_value(row[1]) for row in cells):
        return True
    said = [_NAMED.match(line) is not None for line in lines if has_reading(line)]
    return len(said) > 1 and said[-1] and 2 * sum(said) > len(said)


def _are_known(lines: list[str]) -> bool:
    """Return whether lines are of a form that is known by name, but for some in front: iperf3's, a GPS's."""
    known = [read_known(line.strip()) is not None for line in lines]
    return 2 * sum(known) > len(known) or (len(known) > 1 and all(known[-2:]))


def _are_below_times(lines: list[str]) -> bool:
    """Return whether times stand in lines by themselves, as of scripts that call `date` again and again."""
    n_stamps = sum(map(is_stamp, lines))
    return n_stamps == 1 == len(lines) or 1 < n_stamps < len(lines)


def _have_remarks(lines: list[str]) -> bool:
    """Return whether by how much a number grew stands behind it, as `redis-cli --stat` prints it."""
    return 2 * sum(_GROWTH.search(line) is not None for line in lines) > len(lines)


def _have_figures_above(lines: list[str]) -> bool:
    """Return whether what stands above a table is figures of several things, as `top` prints them."""
    above = lines[: next((i for i, line in enumerate(lines) if not find_pairs(line)), 0)]
    return sum(len(find_pairs(line)) >= LEAST_FIGURES for line in above) > 1


def _is_header(line: str) -> bool:
    """Return whether the only line so far names columns, of which the first is the time."""
    names = re.split("[,;\t]", line)
    return len(names) > 1 and key_rank(names[0].strip()) is not None


def _sample(path: str | os.PathLike[str], n_lines: int = SAMPLE_LINES) -> list[str]:
    """Return the first lines of a file that are not blank, none if it cannot be read."""
    try:
        with gzip.open(path) if os.fspath(path).endswith(".gz") else open(path, "rb") as file:
            text = file.read(SAMPLE_BYTES).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error):
        return []
    return [line for line in text.splitlines() if line.strip()][:n_lines]


def _is_json(lines: list[str]) -> bool:
    return bool(lines) and lines[0].lstrip()[:1] in {"{", "["}
