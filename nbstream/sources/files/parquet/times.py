"""Which column of a table in Parquet holds the times, and what its cells are in ns UTC."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.errors import ConfigurationError, ParseError
from nbstream.readings.batch import as_number
from nbstream.sources.tables import read_table
from nbstream.sources.times.forms import (
    MAX_TEXTS,
    NumberScale,
    TimeForm,
    find_time_form,
    number_scale,
)
from nbstream.sources.times.names import column_rank, counted_unit, key_rank
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes

if TYPE_CHECKING:
    from nbstream.readings.batch import TimeArray
    from nbstream.sources.item_times import ItemTimes

__all__ = ["MISSING", "TimeColumn", "find_times"]

MISSING = -(2**63)
"""Stands for a row without a time."""
UNIT_NS = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1, "min": 60 * 10**9, "h": 3600 * 10**9}
DAY_NS = 86_400 * 10**9


class TimeColumn:
    """A column of times, and perhaps one with the time of day beside a column of dates.

    Parameters
    ----------
    name
        Of the column; with dots where it is nested.
    kind
        Its type in Arrow.
    sample
        Its first cells.
    times
        Says what is a time, and which zone times have that name none.
    day_time
        The column of the time of day, "" if there is none.

    Attributes
    ----------
    zone
        The zone that its type names, None where times are by a clock on the wall.
    is_elapsed
        Whether its numbers count from an unknown start; `place_elapsed` says where it lies.

    Raises
    ------
    ConfigurationError
        If its cells cannot be times.
    """

    def __init__(
        self, name: str, kind: Any, sample: Any, times: ItemTimes, day_time: str = ""
    ) -> None:
        self._pa = importlib.import_module("pyarrow")
        pa, types = self._pa, self._pa.types
        self.name, self.kind, self.day_time = name, kind, day_time
        self.zone: str | None = getattr(kind, "tz", None)
        self.is_elapsed = False
        self._times = times
        self._wall = WallTimes(times.timezone)
        self._scale: NumberScale | None = None
        self._form: TimeForm | None = None
        self._origin_ns = 0
        if types.is_timestamp(kind) or types.is_date(kind):
            return
        known = sample.drop_null()
        self._is_number = (
            types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        )
        texts = [] if self._is_number else [str(cell).strip() for cell in known.to_pylist()]
        self._are_quoted = bool(texts) and all(as_number(text) is not None for text in texts)
        if self._are_quoted:
            known = pa.array([float(as_number(text) or 0) for text in texts])
        if self._is_number or self._are_quoted:
            self._find_scale(known)
        else:
            self._find_form(texts)

    @property
    def has_ends(self) -> bool:
        """Whether the smallest and largest cell, as a file's statistics have them, are the ends in time."""
        types = self._pa.types
        is_plain = (
            types.is_timestamp(self.kind)
            or types.is_date32(self.kind)
            or types.is_integer(self.kind)
        )
        return bool((is_plain or types.is_float64(self.kind)) and not self.day_time)

    def ends(self, cells_stored: list[tuple[Any, Any]]) -> list[tuple[int, int] | None]:
        """Return the times of smallest and largest cells, as they are stored; None where they are none."""
        pa, types = self._pa, self._pa.types
        if types.is_timestamp(self.kind) or types.is_unsigned_integer(self.kind):
            stored = pa.int64()
        else:
            stored = pa.int32() if types.is_date32(self.kind) else self.kind
        try:
            cells = pa.array([end for ends in cells_stored for end in ends], stored).cast(self.kind)
        except (pa.ArrowException, TypeError, OverflowError):
            return [None] * len(cells_stored)
        found = self.ns(cells).reshape(-1, 2)
        known = (found != MISSING).all(axis=1) & (found[:, 0] <= found[:, 1])
        pairs = zip(found.tolist(), known.tolist(), strict=True)
        return [(low, high) if is_known else None for (low, high), is_known in pairs]

    def place_elapsed(self, newest: float, at_ns: int) -> None:
        """Say that the largest number of a column that counts from an unknown start is of this time."""
        self._origin_ns = at_ns - round(newest * self._unit_ns)

    def ns(self, cells: Any, day_times: Any = None) -> TimeArray:
        """Return cells as int64 ns UTC, the smallest int64 where one is missing or no time."""
        pa, types = self._pa, self._pa.types
        if types.is_timestamp(self.kind):
            found = self._scaled(cells.cast(pa.int64()), UNIT_NS[self.kind.unit])
            return found if self.zone is not None else self._wall.to_utc(found)
        if types.is_date(self.kind):
            days = cells.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
            found = self._scaled(days, DAY_NS)
            if day_times is not None:
                unit_ns = UNIT_NS[day_times.type.unit]
                stored = pa.int32() if types.is_time32(day_times.type) else pa.int64()
                of_day = self._scaled(day_times.cast(stored).cast(pa.int64()), unit_ns)
                is_known = (found != MISSING) & (of_day != MISSING)
                found = np.where(is_known, found + np.where(is_known, of_day, 0), MISSING)
            return self._wall.to_utc(found)
        if self._are_quoted:
            return self._numbers(self._unquoted(cells))
        if self._is_number:
            return self._numbers(cells)
        return self._texts(cells)

    @staticmethod
    def _scaled(cells: Any, unit_ns: int) -> TimeArray:
        """Return whole numbers times a unit; what int64 can't hold is missing."""
        known = cells.fill_null(MISSING) if cells.null_count else cells
        numbers: TimeArray = known.to_numpy(zero_copy_only=False)
        if unit_ns == 1:
            return numbers
        most = (2**63 - 1) // unit_ns
        fits = (numbers <= most) & (numbers >= -most)
        return np.where(fits, np.where(fits, numbers, 0) * unit_ns, MISSING)

    # Numbers.

    def _find_scale(self, known: Any) -> None:
        pa = self._pa
        numbers = known.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        numbers = numbers[np.isfinite(numbers) & (numbers != 0)]
        middle = float(np.median(numbers)) if len(numbers) else 0.0
        self._scale = number_scale(middle)
        if self._scale is not None and not self._scale.is_naive:
            return
        if key_rank(self.name.rpartition(".")[2]) is None or self._times.elapsed(numbers) is None:
            message = f"The numbers in column {self.name!r} are no times (such as {middle:g})."
            raise ConfigurationError(message)
        self.is_elapsed = True
        self._unit_ns = UNIT_NS[counted_unit(self.name) or "s"]

    def _unquoted(self, cells: Any) -> Any:
        """Return texts of numbers as numbers, whole ones without loss."""
        pa = self._pa
        try:
            return cells.cast(pa.string()).cast(pa.int64())
        except pa.ArrowException:
            found = [None if cell is None else as_number(str(cell)) for cell in cells.to_pylist()]
            return pa.array(found, pa.float64())

    def _numbers(self, cells: Any) -> TimeArray:
        pa = self._pa
        is_whole = pa.types.is_integer(cells.type)
        if self.is_elapsed:
            counted = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            known = np.isfinite(counted)
            ns = np.rint(np.where(known, counted, 0) * self._unit_ns).astype(np.int64)
            return np.where(known, ns + self._origin_ns, MISSING)
        if is_whole:
            numbers = cells.cast(pa.int64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
        else:
            numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        found = np.full(len(numbers), MISSING, np.int64)
        assert self._scale is not None
        # A cell of another scale, such as 0 for "none", is no time.
        low, high = self._range
        is_time = (numbers >= low) & (numbers < high)
        read = self._times.numbers(numbers[is_time])
        if read is not None:
            found[is_time] = read
        return found

    @property
    def _range(self) -> tuple[float, float]:
        """The numbers that count as times in the column's scale: those of 1990 to 2099."""
        scale = self._scale
        assert scale is not None
        first, last = 631_152_000 * 10**9, 4_102_444_800 * 10**9
        return (
            (first - scale.origin_ns) / scale.unit_ns,
            (last - scale.origin_ns) / scale.unit_ns,
        )

    # Texts.

    def _find_form(self, texts: list[str]) -> None:
        try:
            form = find_time_form([text for text in texts if text][:MAX_TEXTS])
        except ParseError as error:
            raise ConfigurationError(str(error)) from error
        if form is None:
            message = (
                f"The times in column {self.name!r} are not ISO 8601, nor of another form that is clear "
                f"(first: {next(iter(texts), '')!r:.60})."
            )
            raise ConfigurationError(message)
        self._form = form

    def _texts(self, cells: Any) -> TimeArray:
        pa = self._pa
        form = self._form
        assert form is not None
        if form.kind == "text" and form.pattern.startswith("%Y-%m-%d") and not form.zone:
            kind = pa.timestamp("ns", None if form.is_naive else "UTC")
            try:
                found = self._scaled(cells.cast(pa.string()).cast(kind).cast(pa.int64()), 1)
            except pa.ArrowException:
                pass
            else:
                return self._wall.to_utc(found) if form.is_naive else found
        read = [form.read("" if cell is None else str(cell).strip()) for cell in cells.to_pylist()]
        wall = np.array([ns for ns, _ in read], np.int64)
        offsets = np.array([offset for _, offset in read], np.int64)
        whole = WholeTimes(form, self._wall, self._times.now_ns)
        return whole.to_utc(wall, offsets)


def find_times(
    head: Any, times: ItemTimes, *, name: str, time: str | None, index: str = ""
) -> TimeColumn:
    """Return the column of times of a table.

    Parameters
    ----------
    head
        The first rows, a Table of pyarrow without nested columns.
    times
        As `TimeColumn` takes it.
    name
        Of the file, for messages.
    time
        The column that was named; None finds it: pandas' index if that holds times, a column of a usual
        name, else the first column of dates.
    index
        The column that was pandas' index, "" if there is none.

    Raises
    ------
    ConfigurationError
        If there is none; the message names the columns.
    """
    pa = importlib.import_module("pyarrow")
    names = head.column_names
    if time is not None and time not in names:
        message = f"{name!r} has no column {time!r}; it has {names}."
        raise ConfigurationError(message)
    dated = {
        f.name for f in head.schema if pa.types.is_timestamp(f.type) or pa.types.is_date(f.type)
    }
    found = time
    if found is None and index in dated:
        found = index
    if found is None:
        ranked = [(key_rank(name), name) for name in dated]
        found = min(((rank, name) for rank, name in ranked if rank is not None), default=(0, None))[
            1
        ]
    if found is None:
        alone = {name for name, n in Counter(names).items() if n == 1}
        plain = [f.name for f in head.schema if f.name in alone and _may_be_time(pa, f.type)]
        texts = [
            head[n].cast(pa.string()) if pa.types.is_dictionary(head[n].type) else head[n]
            for n in plain
        ]
        table = read_table(pa.table(dict(zip(plain, texts, strict=True))), times, is_whole=True)
        found = table.time_name or None
        if found is None and table.unclear_time is not None:
            found = table.unclear_time[0]
    if found is None:
        found = _counted_since_1970(pa, head)
    if found is None:
        message = f"{name!r} has no column of times; its columns are {names}. Say which: time='…'."
        raise ConfigurationError(message)
    cells = head[found]
    kind = cells.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        cells = cells.cast(kind)
    if not (_may_be_time(pa, kind)):
        message = f"The column {found!r} of {name!r} holds no times: it is {kind}."
        raise ConfigurationError(message)
    day_time = ""
    if pa.types.is_date(kind):
        of_day = [f.name for f in head.schema if pa.types.is_time(f.type)]
        named = [n for n in of_day if key_rank(n) is not None]
        day_time = next(iter(named or of_day), "") if len(named or of_day) == 1 else ""
    return TimeColumn(found, kind, cells.combine_chunks(), times, day_time)


def _counted_since_1970(pa: Any, head: Any) -> str | None:
    """Return a column of numbers that count since 1970, and is called somewhat as times are."""
    ranked = sorted(head.column_names, key=column_rank, reverse=True)
    for name in ranked:
        if head.column_names.count(name) > 1:
            continue
        kind = head[name].type
        if not column_rank(name) or not (pa.types.is_integer(kind) or pa.types.is_float64(kind)):
            continue
        cells = head[name].drop_null().to_numpy()
        scales = (
            {number_scale(float(cell)) for cell in (cells.min(), cells.max())}
            if len(cells)
            else {None}
        )
        if len(scales) == 1 and None not in scales:
            return str(name)
    return None


def _may_be_time(pa: Any, kind: Any) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_timestamp(kind)
        or types.is_date(kind)
        or types.is_integer(kind)
        or types.is_float32(kind)
        or types.is_float64(kind)
        or types.is_decimal(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
    )
