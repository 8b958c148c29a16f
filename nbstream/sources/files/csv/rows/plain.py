"""Usual ways of writing a table brought to the plain one, so that its rows can be read at once.

Quotes around cells that need none, runs of spaces, and units that are not ASCII are rewritten; each
line stays the line that it was. What can't be rewritten is left to be read by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.sources.files.csv.format.cells import SPACES, is_blank
from nbstream.sources.files.csv.format.format import NUMBERS_TO_BE_SURE, CsvFormat, Role
from nbstream.sources.files.csv.rows.fast import Chunk, Mask, cell, decimals, read_numbers, split
from nbstream.sources.number_forms import NumberForm, find_form

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["PlainLines"]

MARK = b"\x1f"
UNIT_MARKS = (b"\x1e", b"\x1d", b"\x1c")
NO_BREAK_SPACES = ("\u00a0", "\u202f", " ")
MAX_TRIES = 1000
"""Cells of a column of text that look like a number and are none; then only plain numbers count."""

_MAY_BEGIN = np.zeros(256, np.bool_)
_MAY_BEGIN[list(b"0123456789+-.,($\t\v\f\x1c\x1d\x1e\x1f ")] = True


class PlainLines:
    """Makes plain lines of those of one format, and reads columns of them.

    Parameters
    ----------
    fmt
        The format.
    """

    def __init__(self, fmt: CsvFormat) -> None:
        self.fmt = fmt
        self._is_spaced = fmt.delimiter in SPACES
        self._delimiter = MARK.decode() if self._is_spaced else fmt.delimiter
        self._outer = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)")
        self._run = re.compile(rb"[ \t]+" if fmt.delimiter == " " else rb" {2,}")
        mark = re.escape(self._delimiter.encode())
        self._quoted = re.compile(
            rb"(?m)(^|(?<=" + mark + rb')) ?=?"([^"\r\n' + mark + rb']*)" *(?=' + mark + rb"|\r?$)"
        )
        self._tries: dict[int, int] = {}

    def chunk(self, lines: bytes) -> Chunk:
        """Return lines as plain ones, and where their cells are."""
        if self._is_spaced and b'"' not in lines and MARK not in lines:
            lines = self._run.sub(MARK, self._outer.sub(b"", lines))
        if b'"' in lines:
            lines = self._quoted.sub(rb"\1\2", lines)
        if not lines.isascii():
            for unit, mark in self._unit_marks().items():
                for space in NO_BREAK_SPACES:
                    lines = lines.replace((space + unit).encode(), mark)
                lines = lines.replace(unit.encode(), mark)
        return split(lines, self._delimiter, len(self.fmt.columns))

    def _unit_marks(self) -> dict[str, bytes]:
        """Return what stands in plain lines for units that are not ASCII."""
        units = [self.fmt.forms[i].unit or "" for i in self.fmt.of_role(Role.NUMBER)]
        strange = dict.fromkeys(unit for unit in units if not unit.isascii())
        return dict(zip(strange, UNIT_MARKS, strict=False))

    def numbers(self, chunk: Chunk, column: int, rows: Any) -> tuple[FloatArray, Mask]:
        """Return the cells of a column as numbers, and which must be read one by one."""
        form = self.fmt.forms[column]
        unit = b""
        if form.unit:
            is_plain = form.unit.isascii()
            unit = form.unit.encode() if is_plain else self._unit_marks().get(form.unit, b"")
        return read_numbers(chunk, column, rows, form, unit)

    def may_turn(self, chunk: Chunk, column: int, rows: Any) -> bool:
        """Return whether a column of text may become a channel in these rows."""
        starts, ends = cell(chunk, column, rows)
        is_candidate = ends > starts
        role, form = self.fmt.roles[column], self.fmt.forms[column]
        if role is not Role.OPEN:
            is_candidate &= _MAY_BEGIN[chunk.data[starts]]
        found = np.flatnonzero(is_candidate)
        if not len(found):
            return False
        if role is Role.FREE:
            is_number = np.zeros(len(starts), np.bool_)
            plain = decimals(chunk.data, starts[found], ends[found], ord(form.decimal))
            is_number[found] = ~plain.is_odd
            return _longest_run(is_number) >= NUMBERS_TO_BE_SURE
        left = MAX_TRIES - self._tries.get(column, 0)
        for i in found[:left].tolist():
            text = chunk.lines[starts[i] : ends[i]].decode("ascii", "replace").strip()
            if not is_blank(text) and (role is Role.OPEN or _is_number(text, form)):
                return True
        self._tries[column] = min(MAX_TRIES, MAX_TRIES - left + len(found))
        if len(found) <= left:
            return False
        plain = decimals(chunk.data, starts[found], ends[found], ord(form.decimal))
        return not bool(plain.is_odd.all())


def _is_number(text: str, form: NumberForm) -> bool:
    if form.read(text) is not None:
        return True
    found = find_form([text], form.decimal, form.thousands or None)
    return found is not None and not found.is_hex


def _longest_run(is_number: Mask) -> int:
    """Return how many are True in a row, at most."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_number.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
