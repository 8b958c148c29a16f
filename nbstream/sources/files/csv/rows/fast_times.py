"""The times of many rows at once, with numpy; cells of other forms are read one by one.

What is read here must be what `nbstream.sources.times.forms` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.sources.files.csv.rows.fast import (
    POINT,
    POWERS,
    Bytes,
    Chunk,
    Index,
    Mask,
    cell,
    decimals,
)
from nbstream.sources.times.forms import FIRST_NS, LAST_NS, TimeForm
from nbstream.sources.times.patterns import FIRST_YEAR, LAST_YEAR, MISSING_TIME, NAIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import TimeArray

__all__ = ["Layout", "read_texts", "read_times"]

NS = 1_000_000_000
COMMA = ord(",")
POWERS_OF_TEN = frozenset(10**n for n in range(10))


@dataclass(frozen=True)
class Layout:
    """Where the figures of a time stand, for a pattern whose fields have a fixed width.

    Parameters
    ----------
    fields
        First byte and width, by the letter of strptime.
    lows, spans
        Per byte the lowest allowed one, and how much more it may be.
    has_fraction, has_offset
        Whether a fraction of a second and an offset may follow.
    """

    fields: dict[str, tuple[int, int]]
    lows: Bytes
    spans: Bytes
    has_fraction: bool
    has_offset: bool

    @property
    def width(self) -> int:
        """Bytes without fraction and offset."""
        return len(self.lows)

    @classmethod
    def of_parts(cls, form: TimeForm) -> tuple[Layout, ...]:
        """Return the layouts of the cells that a form reads, nothing if one of them has none."""
        if form.kind != "text" or any(form.converters) or len(form.parts) != form.n_cells:
            return ()
        found = [cls.of(part) for part in form.parts]
        return tuple(layout for layout in found if layout is not None) if all(found) else ()

    @classmethod
    def of(cls, pattern: str) -> Layout | None:
        """Return the layout of a pattern, or None if it has none."""
        if not pattern.isascii():
            return None
        stem = re.sub(r"([.,]%f)?( ?%z)?$", "", pattern)
        fields: dict[str, tuple[int, int]] = {}
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
            if width is None or letter in fields:
                return None
            fields[letter] = len(lows), width
            lows += [48] * width
            spans += [9] * width
        if len({"Y", "m", "d"} & fields.keys()) not in {0, 3} or len(stem) > 60:
            return None
        low, span = np.array(lows, np.uint8), np.array(spans, np.uint8)
        return cls(fields, low, span, has_fraction=stem.endswith("%S"), has_offset="H" in fields)


# Days since 1970-01-01 at the first of each month, and the days of each month.
_MONTHS = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="M8[M]").astype("M8[D]")
_FIRST_DAYS = _MONTHS.astype(np.int64)
_MONTH_DAYS = np.diff(_FIRST_DAYS)


def read_times(
    chunk: Chunk, columns: tuple[int, ...], rows: Any, form: TimeForm, layouts: tuple[Layout, ...]
) -> tuple[TimeArray, TimeArray, Mask]:
    """Return wall-clock ns, offsets in ns or NAIVE, and which rows have no time that can be read.

    Parameters
    ----------
    columns
        Of the cells that a time is made of.
    layouts
        `Layout.of_parts` of the form.
    """
    spans = [cell(chunk, column, rows) for column in columns]
    n = len(spans[0][0])
    if layouts:
        wall, offsets, is_odd = _read_layout(chunk.data, *spans[0], layouts[0])
        for (starts, ends), layout in zip(spans[1:], layouts[1:], strict=True):
            more, more_offsets, more_odd = _read_layout(chunk.data, starts, ends, layout)
            wall += more
            offsets = np.maximum(offsets, more_offsets)  # NAIVE is the smallest of all
            is_odd |= more_odd
    elif form.kind != "text" and _is_decimal(form):
        wall, is_odd = _read_epochs(chunk.data, *spans[0], form)
        offsets = np.zeros(n, np.int64)
    else:
        wall = np.full(n, MISSING_TIME, np.int64)
        offsets, is_odd = np.full(n, NAIVE, np.int64), np.ones(n, np.bool_)
    for i in np.flatnonzero(is_odd).tolist():
        texts = [
            chunk.data[starts[i] : ends[i]].tobytes().decode("ascii", "replace").strip()
            for starts, ends in spans
        ]
        wall[i], offsets[i] = form.read_cells(texts)
        is_odd[i] = wall[i] == MISSING_TIME
    return wall, offsets, is_odd


def read_texts(
    texts: Sequence[str], form: TimeForm, layouts: tuple[Layout, ...]
) -> tuple[TimeArray, TimeArray, Mask]:
    """Return the same of texts of one layout; those of other forms are left as ones that can't be read."""
    data = np.frombuffer("".join(texts).encode("utf-8", "replace"), np.uint8)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths)
    if not len(ends) or len(data) != ends[-1]:
        n = len(texts)
        return np.full(n, MISSING_TIME, np.int64), np.full(n, NAIVE, np.int64), np.ones(n, np.bool_)
    return _read_layout(data, ends - lengths, ends, layouts[0])


def _is_decimal(form: TimeForm) -> bool:
    scale = form.scale
    return scale.unit_ns in POWERS_OF_TEN and (scale.origin_ns == 0 or form.kind == "elapsed")


def _read_layout(
    data: Bytes, starts: Index, ends: Index, layout: Layout
) -> tuple[TimeArray, TimeArray, Mask]:
    """Read cells of one layout."""
    n, width = len(starts), layout.width
    offsets = np.full(n, NAIVE, np.int64)
    if len(data) < width:
        return np.full(n, MISSING_TIME, np.int64), offsets, np.ones(n, np.bool_)
    lengths = ends - starts
    windows = np.lib.stride_tricks.sliding_window_view(data, width)
    # Row after row in memory, so that one byte of all rows can be taken as a slice.
    figures = windows[np.minimum(starts, len(windows) - 1)]
    figures -= layout.lows
    is_odd = lengths < width
    if (is_strange := figures > layout.spans).any():
        is_odd |= is_strange.any(axis=1)
    wall, is_wrong = _wall(figures, layout)
    if is_wrong is not None:
        is_odd |= is_wrong
    if not (lengths == width).all():
        _read_rest(data, starts + width, ends, layout, wall, offsets, is_odd)
    return wall, offsets, is_odd


def _wall(figures: Bytes, layout: Layout) -> tuple[TimeArray, Mask | None]:
    """Return wall-clock ns of figures by row and place, and which are no times."""
    parts: dict[str, Any] = {}
    for letter, (first, width) in layout.fields.items():
        part = figures[:, first].astype(np.int32)
        for place in range(first + 1, first + width):
            part *= 10
            part += figures[:, place]
        parts[letter] = part
    if "Y" in parts:
        month = parts["m"] + (parts["Y"] - FIRST_YEAR) * 12 - 1
        day = parts["d"] - 1
        inside = month.view(np.uint32) < len(_MONTH_DAYS)
        month = np.where(inside, month, 0)
        is_wrong = ~inside | (parts["m"].view(np.uint32) - np.uint32(1) > 11)
        is_wrong |= day.view(np.uint32) >= _MONTH_DAYS[month]
        seconds = (_FIRST_DAYS[month] + day) * 86_400
    else:
        seconds = np.zeros(len(figures), np.int64)
        is_wrong = np.zeros(len(figures), np.bool_)
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
        wrong |= (n_rest == 1) | (n_rest > 10)
        if layout.has_fraction:
            first = data[np.minimum(starts, len(data) - 1)]
            wrong |= (n_rest > 0) & (first != POINT) & (first != COMMA)
            fraction = np.zeros(len(todo), np.int64)
            for k in range(1, min(10, int(n_rest.max()))):
                is_here = n_rest > k
                figures = data[np.minimum(starts + k, len(data) - 1)] - np.uint8(48)
                wrong |= is_here & (figures > 9)
                # NumPy 1 would multiply bytes by a number that fits 16 bits in 16 bits.
                fraction += np.where(is_here, figures, 0).astype(np.int64) * POWERS[9 - k]
            wall[todo] += fraction
        else:
            wrong |= n_rest > 0
    is_odd[todo[wrong]] = True


def _read_epochs(data: Bytes, starts: Index, ends: Index, form: TimeForm) -> tuple[TimeArray, Mask]:
    """Read numbers of a decimal unit exactly."""
    scale = form.scale.unit_ns
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
    if form.is_checked:
        is_odd |= (ns < FIRST_NS) | (ns >= LAST_NS)
    return ns, is_odd
