"""Rows of numbers under header lines, as vmstat, iostat, free, nvidia-smi and many programs print them."""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from typing import Any, NamedTuple

from nbstream.sources.number_cells import is_placeholder, number, plain_quantity
from nbstream.sources.times.names import key_rank
from nbstream.text.naming import distinct
from nbstream.text.units import is_unit

__all__ = ["LineTables", "has_reading", "places_of_versions", "split_cells"]

MAX_HEADERS = 50
MAX_WAITING = 2
MAX_LABELS = 20
WIDE = "  "
"""The delimiter of tables whose cells have spaces in them."""

_WIDE_GAP = re.compile(r"\s{2,}|\t")
_DATE_AND_TIME = re.compile(
    r"(?<!\S)([0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}) ([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}\S*)?)(?!\S)"
)
_DURATION = re.compile(r"[0-9]+(?:-[0-9]+)?:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?")
_REMARK = re.compile(r"(?<!\s)\s{2,}# .*|(?<=[0-9]) \([+-][0-9]+\)")
_BRACKETS = re.compile(r"(?:^|(?<=\s))\[|\](?=\s|$)")
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_VERSION = re.compile(
    r"v?[0-9]+(?:\.[0-9]+){2,}\S*|[0-9]+:[0-9]+[.\-]\S*|[0-9][\w.]*\.[0-9][\w.]*[-+~]\S+|[0-9]+-[0-9]+\.[0-9]\S*"
)
_NO_NAME = re.compile(r"[:=].*|/\S*/\S*|.*\|.*|[0-9]\w*[.:\-+~][0-9]\S*|\S*\.\.\.")
"""What no column is called: versions, paths, dots of omission."""
_NAMES = frozenset(
    "name names command cmd comm device dev iface interface service pod container filesystem "
    "mounted disk sensor chip label event events host hostname process image mount".split()
)
"""Columns that tell the rows of a table apart by a word."""
_ATTRIBUTES = frozenset(
    "uid user pr ni ppid tgid tty s stat state prio nlwp psr cpu start started stime".split()
)
"""Columns of processes that are no readings."""


class _Header(NamedTuple):
    names: tuple[str, ...]
    delimiter: str
    units: tuple[str, ...] = ()


def split_cells(line: str) -> tuple[list[str], str]:
    """Return the cells of a line, and what separates them: "," ";" "|" a tab, or "" for spaces."""
    for mark in "\t;":
        if mark in line.strip():
            if mark == "\t" and _has_columns_of_spaces(line):
                return _spaced(line), ""
            cells = _strip(line.strip("\r\n").split(mark))
            return [c.replace(",", ".") if _COMMA_NUMBER.fullmatch(c) else c for c in cells], mark
    if "|" in line and "," not in line:
        cells = _strip(line.strip().strip("|").split("|"))
        if all(len(cell.split()) == 1 or plain_quantity(cell) is not None for cell in cells):
            return cells, "|"
        line = line.replace("|", " ")
    words = line.split() if "," in line else []
    if len(words) > 1 and all(map(_is_comma_number, words)):
        return [word.replace(",", ".") for word in words], ""
    if len(words) == 1 or not all(_is_grouped(word) for word in words if "," in word):
        return _strip(line.strip().split(",")), ","
    return _spaced(line), ""


def _has_columns_of_spaces(line: str) -> bool:
    """Return whether numbers between tabs are columns of their own, as ss prints them."""
    cells = (cell.split() for cell in line.split("\t"))
    return any(len(cell) > 1 and all(number(word) is not None for word in cell) for cell in cells)


def places_of_versions(line: str) -> list[tuple[int, int]]:
    """Return which words of a line are versions of programs or addresses, each of how many words.

    Examples
    --------
    >>> places_of_versions("status installed libc6:amd64 2.36-9")
    [(3, 4)]
    """
    words = line.split()
    return [(i, len(words)) for i, word in enumerate(words) if _VERSION.fullmatch(word)]


def _strip(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"') for cell in cells]


def _is_comma_number(cell: str) -> bool:
    return "," in cell and _COMMA_NUMBER.fullmatch(cell) is not None and not _is_grouped(cell)


def _is_grouped(cell: str) -> bool:
    return bool(_THOUSANDS.fullmatch(cell))


def _spaced(line: str) -> list[str]:
    """Return cells between spaces; a date and its time of day are one."""
    joined = _DATE_AND_TIME.sub("\\1\0\\2", _BRACKETS.sub(" ", line))
    return [c.replace(",", "") if _is_grouped(c) else c.replace("\0", " ") for c in joined.split()]


@lru_cache(maxsize=2048)
def is_cell(cell: str) -> bool:
    """Return whether a cell is a reading, or stands where one would be."""
    return number(cell) is not None or is_placeholder(cell) or _is_reading(cell)


def has_reading(line: str) -> bool:
    """Return whether a word of a line, without the signs around it, is a number with or without unit."""
    return any(_is_reading(word.strip("()[]{}<>\"',;:.!")) for word in line.split())


@lru_cache(maxsize=2048)
def _is_reading(cell: str) -> bool:
    return plain_quantity(cell) is not None or _DURATION.fullmatch(cell) is not None


class LineTables:
    """Finds header lines and reads the rows below them.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self) -> None:
        self.note = ""
        """Where the names of channels came from, for people."""
        self.n_left_out = 0
        """Rows of tables that have too many."""
        self._headers: dict[str, _Header] = {}
        self._groups: set[str] = set()
        self._active: _Header | None = None
        self._waiting: deque[str] = deque()
        self._headerless: set[int] = set()
        self._labels: dict[tuple[str, ...], set[str]] = {}

    @property
    def has_header(self) -> bool:
        """Whether a header line was found."""
        return self._active is not None

    @property
    def header(self) -> Any:
        """The header that rows are read by, None if there is none; it stays the same object while it is."""
        return self._active

    @property
    def may_tell_apart(self) -> bool:
        """Whether cells of a row of numbers may be something else than the values of the names above."""
        header = self._active
        if header is None:
            return False
        is_apart = not {"PID", "TID", "CPU"}.isdisjoint(header.names)
        return is_apart or bool(header.units) or header.delimiter == WIDE

    @property
    def waiting(self) -> str:
        """The newest line of words that may turn out to be a header, "" if there is none."""
        return self._waiting[-1] if self._waiting else ""

    def has_name_for_front(self, line: str) -> bool:
        """Return whether the number that a line begins with stands under a name that is no time's."""
        if not line.lstrip()[:1].isdigit() or (self._active is None and not self._waiting):
            return False
        cells, delimiter = split_cells(line)
        if number(cells[0]) is None:
            return False
        header = None
        if self._waiting:
            header = _as_header(self._waiting[-1], cells, delimiter, "", is_timed=False)
        header = self._active if header is None else header
        row = None if header is None else _under(header, cells, is_timed=False)
        return row is not None and key_rank(next(iter(row))) is None

    def finish(self) -> list[str]:
        """Return the lines that waited in vain."""
        left = list(self._waiting)
        self._waiting.clear()
        return left

    def row(self, line: str, *, is_timed: bool = False) -> dict[str, str] | None:
        """Return a line's values by channel, {} if it is to be passed over, None if it is no row.

        `is_timed` says that a time was taken from its front, which a header may have named.
        """
        line = _REMARK.sub("", line)
        cells, delimiter = split_cells(line)
        n_readings = sum(map(_is_reading, cells))
        if not n_readings or (n_readings == 1 and cells[0].endswith(":")):
            return None  # "Download: 93 Mbit/s" is a pair
        self._adopt(line, cells, delimiter, is_timed=is_timed)
        active = self._active
        if active is not None:
            given = _wide_cells(line) if active.delimiter == WIDE else cells
            if active.delimiter in {delimiter, WIDE} or len(cells) == 1:
                named = _under(active, given, is_timed=is_timed)
                if named is not None:
                    return self._labelled(active, _without_slashes(named))
        if 2 * sum(map(is_cell, cells)) > len(cells) and len(cells) > 1 and is_cell(cells[0]):
            self._headerless.add(len(cells))
            return {f"c{i + 1}": cell for i, cell in enumerate(cells)}
        return None

    def words(self, line: str) -> str:
        """Take a line without a reading: a header that is known, or one that may be.

        Returns the line that waited longest and is no header, if this one took its place, else "".
        """
        key = " ".join(line.split())
        known = self._headers.get(key)
        if known is not None:
            self._active = known
        elif key not in self._groups:
            self._waiting.append(line)
        return self._waiting.popleft() if len(self._waiting) > MAX_WAITING else ""

    def _adopt(self, text: str, row: list[str], delimiter: str, *, is_timed: bool) -> None:
        """Make the line above a row its header if it has a name for each cell."""
        if not self._waiting or len(row) in self._headerless:
            return
        *before, line = self._waiting
        above = before[-1] if before else ""
        header, names = None, line
        if above and (_are_units(line) or _repeats(line, above)):
            units = tuple(split_cells(line.lstrip().removeprefix("#"))[0])
            header = _as_header(above, row, delimiter, "", is_timed=is_timed)
            if header is not None:
                header, names = header._replace(units=units), above
        if header is None:
            header = _as_header(line, row, delimiter, above, is_timed=is_timed)
        if header is None and not delimiter:
            header = _as_wide_header(line, _wide_cells(text), is_timed=is_timed)
        if header is None:
            return
        key = " ".join(line.split())
        if above and len(self._groups) < MAX_HEADERS:
            self._groups.add(" ".join(above.split()))
        if len(self._headers) < MAX_HEADERS:
            self._headers[key] = header
        self._active = header
        self._waiting.clear()
        self.note = f"names of channels are those of the line {' '.join(names.split())[:60]!r}"

    def _labelled(self, header: _Header, named: dict[str, str]) -> dict[str, str]:
        """Put what tells rows apart in front of the names."""
        is_process = "PID" in named
        if is_process and "TIME+" in named:  # top prints all there are, in another order each time
            self.n_left_out += 1
            return {}
        words, numbers = [], []
        for name, cell in named.items():
            if _is_label(name) and not plain_quantity(cell):
                words.append((name, cell))
            elif cell.isdecimal() and _tells_apart(name, header, is_process=is_process):
                numbers.append((name, cell))
        if not words and not numbers:
            first = next(iter(named.items()), None)
            if first is not None and not is_cell(first[1]) and not first[1][:1].isdigit():
                words.append(first)
        used = {name for name, _ in (*words, *numbers)}
        used |= {name for name in named if name.upper() in {"CONTAINER ID", "UNIT"}}
        if is_process:
            used |= {name for name in named if name.lower() in _ATTRIBUTES}
        parts = [cell.rstrip(":") for _, cell in words]
        parts += [f"{n}{c}" if c.isdecimal() and not words else c for n, c in numbers]
        parts = [part for part in parts if part.lower() not in {"all", "total"}]
        label = " ".join(dict.fromkeys(parts))
        rest = {name: cell for name, cell in named.items() if name not in used}
        if not label:
            return rest
        if header.names not in self._labels and len(self._labels) >= MAX_HEADERS:
            self._labels.clear()
        labels = self._labels.setdefault(header.names, set())
        if label not in labels:
            if len(labels) >= MAX_LABELS:
                self.n_left_out += 1
                return {}
            labels.add(label)
        return {f"{label} {name}": cell for name, cell in rest.items()}


def _tells_apart(name: str, header: _Header, *, is_process: bool) -> bool:
    """Return whether a column of whole numbers tells rows apart: numbers of processes, CPUs, devices."""
    if is_process:
        return name in {"PID", "TID"}
    if name == "CPU":  # as mpstat and sar do; elsewhere it may be a reading
        return any("%" in other for other in header.names)
    i = header.names.index(name)
    return i == 0 and header.units[:1] in {("Idx",), ("idx",), ("#",)}


def _as_header(
    line: str, row: list[str], delimiter: str, above: str, *, is_timed: bool
) -> _Header | None:
    """Return the header that a line is for a row, None if it is none."""
    line = line.lstrip().removeprefix("#")
    names, mark = split_cells(line)
    is_same = mark == delimiter or len(row) == 1
    is_section = line.rstrip().endswith(":")
    if not is_same or is_section or any(map(_is_reading, names)) or "" in names:
        return None
    wide = _wide_cells(line) if not mark else []
    for found in (names, _with_last_joined(names), wide):
        header = _fitting(found, mark, above, row, is_timed=is_timed)
        if header is not None:
            return header
    return None


def _fitting(
    names: list[str], delimiter: str, above: str, row: list[str], *, is_timed: bool
) -> _Header | None:
    """Return names as a header if a row fits below them."""
    if any(map(_NO_NAME.fullmatch, names)):
        return None
    header = _Header(tuple(_unique(names, above)), delimiter)
    fits = len(names) > 1 and _under(header, row, is_timed=is_timed) is not None
    return header if fits else None


def _with_last_joined(names: list[str]) -> list[str]:
    """Return names of which the last two are one, as in "Mounted on"; none if they cannot be."""
    if len(names) < 3 or not names[-1].isalpha() or not names[-1].islower():
        return []
    return [*names[:-2], " ".join(names[-2:])] if names[-2][0].isupper() else []


def _is_label(name: str) -> bool:
    """Return whether a column of this name tells the rows of a table apart."""
    return name.lower().strip(":#").removesuffix(" on") in _NAMES


def _as_wide_header(line: str, row: list[str], *, is_timed: bool) -> _Header | None:
    """Return the header of a table whose cells have spaces in them, and wide gaps between them."""
    names = _wide_cells(line)
    is_no_header = any(map(_is_reading, names))
    return None if is_no_header else _fitting(names, WIDE, "", row, is_timed=is_timed)


def _wide_cells(line: str) -> list[str]:
    return [cell for cell in _WIDE_GAP.split(line.strip()) if cell]


def _without_slashes(cells: dict[str, str]) -> dict[str, str]:
    """Return cells such as "21 MiB / 2 GiB" as two, named by the halves of their name."""
    found: dict[str, str] = {}
    for name, cell in cells.items():
        parts = cell.split(" / ")
        if len(parts) != 2:
            found[name] = cell
            continue
        first, slash, second = name.partition("/")
        if slash and not second.startswith(" "):  # "NET I/O"
            second = f"{first.rpartition(' ')[0]} {second}"
        names = (first.strip(), second.strip()) if slash else (name, f"{name} (2)")
        found.update(zip(names, parts, strict=True))
    return found


def _unique(names: list[str], above: str) -> list[str]:
    """Return names without doubles: by the group of the line above, else numbered."""
    if len(set(names)) < len(names) and above:
        groups = [group for group in re.split(r"\s+|-{2,}", above.strip()) if group]
        if groups and len(names) % len(groups) == 0:
            each = len(names) // len(groups)
            names = [f"{groups[i // each]} {name}" for i, name in enumerate(names)]
    found: list[str] = []
    for name in names:
        found.append(distinct(name, found))
    return found


def _under(header: _Header, cells: list[str], *, is_timed: bool) -> dict[str, str] | None:
    """Return cells by the names above them, None if they don't fit."""
    names, units = header.names, header.units
    while is_timed and len(names) > len(cells) and key_rank(names[0]) is not None:
        names, units = names[1:], units[1:]
    if names[0].endswith(":") and len(cells) == len(names) - 1:
        names = names[1:]  # "avg-cpu:  %user  %nice" stands left of the names
    elif len(cells) > len(names) and _ends_with_command(header):
        cells = [*cells[: len(names) - 1], " ".join(cells[len(names) - 1 :])]
    elif len(cells) == len(names) + 1 and not is_cell(cells[0]) and _are_cells(cells[1:]):
        names = ("", *names)  # "Mem:  1024  512" has a label of its own
    elif "unit" in names and len(cells) == len(names) - 1:  # perf leaves it out where there is none
        names = tuple(name for name in names if name != "unit")
    elif cells[0].endswith(":") and 2 < len(cells) < len(names):
        names = ("", *names)[: len(cells)]
    elif header.delimiter == "\t" and 1 < len(cells) < len(names):  # turbostat leaves out the last
        names = names[: len(cells)]
    elif len(cells) > len(names) and _is_label(names[-1]) and not header.delimiter:
        last = len(names) - 1
        cells = [*cells[:last], " ".join(cells[last:])]
    if len(cells) != len(names):
        return None
    if len(units) == len(names):
        cells = [
            f"{cell} {unit}" if number(cell) is not None and is_unit(unit) else cell
            for cell, unit in zip(cells, units, strict=True)
        ]
    return dict(zip(names, cells, strict=True))


def _ends_with_command(header: _Header) -> bool:
    """Return whether the rest of a row is a process' command with its arguments, as ps prints it."""
    return "PID" in header.names and _is_label(header.names[-1]) and not header.delimiter


def _are_cells(cells: list[str]) -> bool:
    """Return whether at least half of some cells are readings."""
    return 2 * sum(map(is_cell, cells)) >= len(cells)


def _are_units(line: str) -> bool:
    cells, _ = split_cells(line.lstrip().removeprefix("#"))
    n_units = sum(is_unit(cell) for cell in cells)
    return len(cells) > 1 and 2 * n_units > len(cells)


def _repeats(line: str, above: str) -> bool:
    """Return whether a line has the same word many times where the one above has different ones."""
    words, names = line.split(), above.split()
    return len(words) == len(names) == len(set(names)) and 2 * len(set(words)) <= len(words) + 2
