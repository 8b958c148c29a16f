"""Whole chunks of plain rows at once, with numpy; a row with anything odd is left to `csv_rows`.

What is read here must be what `csv_cells` and `number_cells` read: a property test compares the two.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.readings import NS_PER_UNIT, FloatArray, TimeArray
from nbstream.sources.csv_cells import FIRST_YEAR, LAST_YEAR, MISSING_TIME, NAIVE, TimeForm
from nbstream.sources.number_cells import number

__all__ = ["Chunk", "Layout", "read_numbers", "read_times", "split"]

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

NS = 1_000_000_000
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
    chunk: Chunk, column: int, rows: Any, decimal: str = "."
) -> tuple[FloatArray, Mask]:
    """Return the cells of one column as float64, and which of them must be read one by one.

    An empty cell is NaN. Numbers come out as `float` reads them: integers up to 2**53 divided by a
    power of ten up to 10**18 are correctly rounded; others are read by `number`, cell by cell.
    """
    starts, ends = cell(chunk, column, rows)
    found = decimals(chunk.data, starts, ends, ord(decimal))
    values = found.digits.astype(np.float64)
    if found.n_fraction is not None:
        values /= POWERS[found.n_fraction]
    if found.is_negative is not None:
        np.negative(values, out=values, where=found.is_negative)
    is_odd = found.is_odd
    is_open = is_odd | (found.digits > LARGEST_EXACT)
    if is_open.any():
        for i in np.flatnonzero(is_open).tolist():
            value = number(chunk.lines[starts[i] : ends[i]].decode("ascii"), decimal)
            is_odd[i] = value is None
            values[i] = math.nan if value is None else value
    return values, is_odd


@dataclass(frozen=True)
class Layout:
    """Where the figures of a time stand, for a format whose fields have a fixed width.

    Parameters
    ----------
    fields
        (letter of strptime, first byte, width).
    lows, spans
        Per byte the lowest allowed one, and how much more it may be.
    has_fraction, needs_fraction, has_offset
        Whether a fraction of a second and an offset may or must follow.
    """

    fields: tuple[tuple[str, int, int], ...]
    lows: Bytes
    spans: Bytes
    has_fraction: bool
    needs_fraction: bool
    has_offset: bool

    @property
    def width(self) -> int:
        """Bytes without fraction and offset."""
        return len(self.lows)

    @classmethod
    def of(cls, form: TimeForm) -> Layout | None:
        """Return the layout of a form, or None if it has none."""
        pattern = form.pattern
        if form.kind not in {"iso", "pattern"} or not pattern or not pattern.isascii():
            return None
        stem = re.sub(r"(\.%f)?(%z)?$", "", pattern)
        fields: list[tuple[str, int, int]] = []
        lows: list[int] = []
        spans: list[int] = []
        for letter, literal in re.findall(r"%(.)|([^%])", stem):
            if literal:
                if literal.isspace() and literal != " ":
                    return None
                lows.append(ord(literal))
                spans.append(0)
                continue
            width = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}.get(letter)
            if width is None or any(letter == other for other, _, _ in fields):
                return None
            fields.append((letter, len(lows), width))
            lows += [48] * width
            spans += [9] * width
        letters = "".join(letter for letter, _, _ in fields)
        if not {"Y", "m", "d"} <= set(letters) or len(stem) > 60:
            return None
        has_seconds = stem.endswith("%S")
        return cls(
            tuple(fields),
            np.array(lows, np.uint8),
            np.array(spans, np.uint8),
            # What follows an ISO time may vary from row to row, what follows a pattern may not.
            has_fraction=has_seconds and (form.kind == "iso" or pattern.endswith(".%f")),
            needs_fraction=form.kind == "pattern" and stem != pattern,
            has_offset=form.kind == "iso" and "H" in letters,
        )


# Days since 1970-01-01 at the first of each month, and the days of each month.
_MONTHS = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="M8[M]").astype("M8[D]")
_FIRST_DAYS = _MONTHS.astype(np.int64)
_MONTH_DAYS = np.diff(_FIRST_DAYS)


def read_times(
    chunk: Chunk, column: int, rows: Any, form: TimeForm, layout: Layout | None
) -> tuple[TimeArray, TimeArray, Mask]:
    """Return wall-clock ns, offsets in ns or NAIVE, and which cells must be read one by one."""
    starts, ends = cell(chunk, column, rows)
    if form.kind == "number":
        return _read_epochs(chunk.data, starts, ends, NS_PER_UNIT[form.unit or "s"])
    n = len(starts)
    offsets = np.full(n, NAIVE, np.int64)
    lengths = ends - starts
    if layout is None or len(chunk.data) < layout.width:
        return np.full(n, MISSING_TIME, np.int64), offsets, np.ones(n, np.bool_)
    width = layout.width
    windows = np.lib.stride_tricks.sliding_window_view(chunk.data, width)
    # Row after row in memory, so that one byte of all rows can be taken as a slice.
    figures = windows[np.minimum(starts, len(windows) - 1)]
    figures -= layout.lows
    is_odd = lengths <= width if layout.needs_fraction else lengths < width
    if (figures > layout.spans).any():
        is_odd |= (figures > layout.spans).any(axis=1)
    wall, is_wrong = _wall(figures, layout)
    if is_wrong is not None:
        is_odd |= is_wrong
    if not (lengths == width).all():
        _read_rest(chunk.data, starts + width, ends, layout, wall, offsets, is_odd)
    return wall, offsets, is_odd


def _wall(figures: Bytes, layout: Layout) -> tuple[TimeArray, Mask | None]:
    """Return wall-clock ns of figures by row and place, and which are no times."""
    parts: dict[str, Any] = {}
    for letter, first, width in layout.fields:
        part = figures[:, first].astype(np.int32)
        for place in range(first + 1, first + width):
            part *= 10
            part += figures[:, place]
        parts[letter] = part
    month = parts["m"] + (parts["Y"] - FIRST_YEAR) * 12 - 1
    day = parts["d"] - 1
    inside = month.view(np.uint32) < len(_MONTH_DAYS)
    month = np.where(inside, month, 0)
    is_wrong = ~inside | (parts["m"].view(np.uint32) - np.uint32(1) > 11)
    is_wrong |= day.view(np.uint32) >= _MONTH_DAYS[month]
    seconds = (_FIRST_DAYS[month] + day) * 86_400
    for letter, size, limit in (("H", 3600, 24), ("M", 60, 60), ("S", 1, 60)):
        if letter in parts:
            is_wrong |= parts[letter] >= limit
            seconds += parts[letter] * np.int64(size)
    seconds *= NS
    return seconds, is_wrong if is_wrong.any() else None


def _read_rest(
    data: Bytes,
    starts: Index,
    ends: Index,
    layout: Layout,
    wall: TimeArray,
    offsets: TimeArray,
    is_odd: Mask,
) -> None:
    """Read fraction and offset behind the seconds, in place."""
    todo = np.flatnonzero((ends > starts) & ~is_odd)
    if not len(todo):
        return
    starts, ends = starts[todo], ends[todo].copy()
    wrong = np.zeros(len(todo), np.bool_)
    if layout.has_offset:
        zulu = data[ends - 1] == ord("Z")
        offsets[todo[zulu]] = 0
        ends -= zulu
        sign = data[np.maximum(ends - 6, 0)]
        colon = data[np.maximum(ends - 3, 0)] == ord(":")
        signed = ~zulu & colon & (ends - starts >= 6) & ((sign == ord("+")) | (sign == ord("-")))
        if signed.any():
            at = ends[signed]
            figures = np.stack([data[at - k] for k in (5, 4, 2, 1)]) - np.uint8(48)
            wrong[signed] |= (figures > 9).any(axis=0)
            hours = figures[0].astype(np.int64) * 10 + figures[1]
            minutes = figures[2].astype(np.int64) * 10 + figures[3]
            wrong[signed] |= (hours > 23) | (minutes > 59)
            seconds = np.where(sign[signed] == ord("-"), -1, 1) * (hours * 60 + minutes) * 60
            offsets[todo[signed]] = seconds * NS
            ends -= 6 * signed
    n_rest = ends - starts
    if n_rest.any():
        wrong |= (n_rest == 1) | (n_rest > (7 if layout.needs_fraction else 10))
        if layout.has_fraction:
            wrong |= (n_rest > 0) & (data[starts] != POINT)
            fraction = np.zeros(len(todo), np.int64)
            for k in range(1, min(10, int(n_rest.max()))):
                is_here = n_rest > k
                figures = data[np.minimum(starts + k, len(data) - 1)] - np.uint8(48)
                wrong |= is_here & (figures > 9)
                fraction += np.where(is_here, figures, 0) * POWERS[9 - k]
            wall[todo] += fraction
        else:
            wrong |= n_rest > 0
    is_odd[todo[wrong]] = True


def _read_epochs(
    data: Bytes, starts: Index, ends: Index, scale: int
) -> tuple[TimeArray, TimeArray, Mask]:
    """Read numbers since the epoch exactly."""
    found = decimals(data, starts, ends)
    ns, is_odd = found.digits, found.is_odd
    factor: Any = scale
    if found.n_fraction is not None:
        n_places = len(str(scale)) - 1
        is_odd |= found.n_fraction > n_places
        factor = POWERS[np.maximum(n_places - found.n_fraction, 0)]
    limit = 9 * 10**18  # the year 2255
    is_odd |= ns > limit // factor
    ns = np.where(is_odd, 0, ns) * factor
    if found.is_negative is not None:
        np.negative(ns, out=ns, where=found.is_negative)
    return ns, np.zeros(len(ns), np.int64), is_odd
