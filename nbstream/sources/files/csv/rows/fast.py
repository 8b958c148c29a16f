"""Whole chunks of plain rows at once, with numpy; a row with anything odd is left to `csv_rows`.

What is read here must be what `number_cells` reads: a property test compares the two.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.sources.number_forms import PLAIN, NumberForm

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["Chunk", "cell", "decimals", "read_numbers", "split"]

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

NEWLINE, RETURN, QUOTE, SPACE, POINT = b'\n\r" .'
POWERS = 10 ** np.arange(19, dtype=np.int64)
LARGEST_EXACT = 2**53
MAX_DIGITS = 18  # any so many fit into int64


class Chunk(NamedTuple):
    """Lines as bytes, and where their cells are."""

    lines: bytes
    data: Bytes
    """The bytes of `lines`."""
    starts: Index
    """First byte of each line."""
    ends: Index
    """One past the last byte of each line, without its end of line."""
    is_odd: Mask
    """Lines that must be read one by one."""
    cell_ends: Index
    """Shape (lines, cells): one past the last byte of each cell; undefined for odd lines."""


def split(lines: bytes, delimiter: str, n_cells: int) -> Chunk:
    """Find the lines and cells of `lines`, which end with a newline.

    A line is odd if it has a quote, a byte that is not ASCII, a stray carriage return or another
    number of cells than `n_cells`.
    """
    data = np.frombuffer(lines, np.uint8)
    is_newline = data == NEWLINE
    separators = np.flatnonzero(is_newline | (data == ord(delimiter)))
    if len(separators) % n_cells == 0:
        cell_ends = separators.reshape(-1, n_cells)
        line_ends = cell_ends[:, -1]
        if is_newline[line_ends].all() and np.count_nonzero(is_newline) == len(line_ends):
            is_odd = np.zeros(len(line_ends), np.bool_)
            return _with_strange_bytes(lines, data, line_ends, is_odd, cell_ends)
    last = np.flatnonzero(is_newline[separators])
    line_ends = separators[last]
    n_found = np.diff(last, prepend=-1)
    is_odd = n_found != n_cells
    cell_index = last[:, None] + np.arange(1 - n_cells, 1)
    cell_ends = separators[np.maximum(cell_index, 0)]
    return _with_strange_bytes(lines, data, line_ends, is_odd, cell_ends)


def _with_strange_bytes(
    lines: bytes, data: Bytes, line_ends: Index, is_odd: Mask, cell_ends: Index
) -> Chunk:
    starts = np.empty_like(line_ends)
    starts[0] = 0
    starts[1:] = line_ends[:-1] + 1
    ends = line_ends
    if b"\r" in lines:
        has_return = (data[np.maximum(line_ends - 1, 0)] == RETURN) & (line_ends > starts)
        ends = line_ends - has_return
        cell_ends = cell_ends.copy()
        cell_ends[:, -1] = np.where(is_odd, cell_ends[:, -1], ends)
        if lines.count(b"\r") != np.count_nonzero(has_return):
            strange = data == RETURN
            strange[ends[has_return]] = False
            is_odd[np.searchsorted(line_ends, np.flatnonzero(strange))] = True
    if b'"' in lines:
        is_odd[np.searchsorted(line_ends, np.flatnonzero(data == QUOTE))] = True
    if not lines.isascii():
        is_odd[np.searchsorted(line_ends, np.flatnonzero(data > 127))] = True
    if cell_ends.shape[1] == 1:
        is_odd |= data[starts] == SPACE  # a line of nothing but space is no reading
    return Chunk(lines, data, starts, ends, is_odd, cell_ends)


def cell(chunk: Chunk, column: int, rows: Any) -> tuple[Index, Index]:
    """Return where one column's cells start and end in some rows, without space around them."""
    ends = chunk.cell_ends[rows, column]
    starts = chunk.starts[rows] if column == 0 else chunk.cell_ends[rows, column - 1] + 1
    data = chunk.data
    for _ in range(2):
        lead = (data[np.minimum(starts, len(data) - 1)] == SPACE) & (starts < ends)
        trail = (data[np.maximum(ends - 1, 0)] == SPACE) & (starts < ends)
        if lead.any():
            starts = starts + lead
            trail &= starts < ends
        if trail.any():
            ends = ends - trail
    return starts, ends


class Decimals(NamedTuple):
    """Plain decimal numbers: digits / 10**n_fraction, negated where it says so."""

    digits: Index
    n_fraction: Index | None
    """At most 18."""
    is_negative: Mask | None
    is_odd: Mask
    """Not such a number, or one of more than 18 digits."""


def decimals(data: Bytes, starts: Index, ends: Index, point: int = POINT) -> Decimals:
    """Read cells that are made of digits, at most one point and a sign."""
    lengths = ends - starts
    n = len(lengths)
    shortest, longest = int(lengths.min()), int(lengths.max())
    is_odd = np.zeros(n, np.bool_)
    if longest > MAX_DIGITS + 2 or shortest == 0:
        is_odd |= (lengths > MAX_DIGITS + 2) | (lengths == 0)
        longest = min(longest, MAX_DIGITS + 2)
    digits = np.zeros(n, np.int64)
    n_fraction: Index | None = None
    is_negative: Mask | None = None
    n_points = n_signs = 0
    for k in range(longest, 0, -1):  # the k-th byte from the end
        figures = data[np.maximum(ends - k, 0)] - np.uint8(48)
        if k > shortest:
            figures[lengths < k] = 0  # before the cell: leading zeros
        strange = figures > 9
        if not strange.any():
            digits *= 10
            digits += figures
            continue
        is_point = figures == np.uint8((point - 48) % 256)
        is_minus = figures == np.uint8(253)  # ord("-") − 48
        is_sign = (is_minus | (figures == np.uint8(251))) & (lengths == k)
        is_odd |= strange & ~is_point & ~is_sign
        if is_point.any():
            if n_fraction is None:
                n_fraction = np.full(n, -1, np.int64)
            is_odd |= is_point & (n_fraction >= 0)
            n_fraction[is_point] = k - 1
            n_points = 1
        if is_sign.any():
            is_minus &= is_sign
            is_negative = is_minus if is_negative is None else is_negative | is_minus
            n_signs = 1
            is_odd |= is_sign & (lengths == 1)
        figures[strange] = 0
        digits = np.where(strange, digits, digits * 10 + figures)
    n_digits: Any = lengths
    if n_points or n_signs:
        n_digits = lengths.copy()
        first = data[np.minimum(starts, len(data) - 1)] - np.uint8(48)
        n_digits -= (first == 253) | (first == 251)
        if n_fraction is not None:
            n_digits -= n_fraction >= 0
            np.maximum(n_fraction, 0, out=n_fraction)
        is_odd |= n_digits < 1
    if longest > MAX_DIGITS:
        is_odd |= n_digits > MAX_DIGITS
    if n_fraction is not None:
        n_fraction[is_odd] = 0  # a point may stand before more digits than there are powers
    return Decimals(digits, n_fraction, is_negative, is_odd)


def read_numbers(
    chunk: Chunk, column: int, rows: Any, form: NumberForm = PLAIN, unit: bytes = b""
) -> tuple[FloatArray, Mask]:
    """Return the cells of one column as float64, and which of them must be read one by one.

    An empty cell is NaN. Numbers come out as `float` reads them: integers up to 2**53 divided by a
    power of ten up to 10**18 are correctly rounded; others are read by `form`, cell by cell.

    Parameters
    ----------
    chunk, column, rows
        Where the cells are.
    form
        How they are read.
    unit
        How the unit that cells carry is written in the chunk.
    """
    starts, ends = cell(chunk, column, rows)
    is_bare = None
    stops = ends
    if unit:
        stops = _before_unit(chunk.data, starts, ends, unit)
        is_bare = (starts == stops) & (starts < ends)
    found = decimals(chunk.data, starts, stops, ord(form.decimal))
    values = found.digits.astype(np.float64)
    if found.n_fraction is not None:
        values /= POWERS[found.n_fraction]
    if found.is_negative is not None:
        np.negative(values, out=values, where=found.is_negative)
    is_odd = found.is_odd
    if is_bare is not None:
        is_odd |= is_bare
    is_open = is_odd | (found.digits > LARGEST_EXACT)
    if is_open.any():
        for i in np.flatnonzero(is_open).tolist():
            text = chunk.lines[starts[i] : ends[i]].decode("ascii", "replace")
            value = form.read(text)
            is_odd[i] = value is None
            values[i] = math.nan if value is None else value
    return values, is_odd


def _before_unit(data: Bytes, starts: Index, ends: Index, unit: bytes) -> Index:
    """Return where the numbers of cells end, before a unit and a space."""
    n = len(unit)
    has_unit = ends - starts >= n
    for k, byte in enumerate(reversed(unit), 1):
        has_unit &= data[np.maximum(ends - k, 0)] == byte
    stops: Index = np.where(has_unit, ends - n, ends)
    has_space = has_unit & (data[np.maximum(stops - 1, 0)] == SPACE) & (stops > starts)
    stops -= has_space
    return stops
