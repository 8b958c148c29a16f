"""Tables that users hand over as columns: which column holds the times, and which are channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import Batch, BoolArray, FloatArray, IntArray, as_number, channel_name
from nbstream.sources.frames import SAMPLE_CELLS, Column, columns_of, is_columns
from nbstream.sources.number_cells import is_placeholder
from nbstream.sources.times.names import key_rank
from nbstream.text.naming import distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import TimeArray
    from nbstream.sources.item_times import ItemTimes

__all__ = ["Table", "is_timed_columns", "read_table"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as columns: its times, if it has any, and its channels."""

    times: TimeArray | None
    """int64 ns UTC, the smallest int64 where there is none; None if no column holds times."""
    values: dict[str, FloatArray]
    time_name: str = ""
    """The column of the times; "" is the index."""
    not_numeric: tuple[str, ...] = ()
    """Columns of text and other things."""
    n_bad_cells: int = 0
    """Cells that are no numbers, in columns of numbers."""
    bad_rows: IntArray | None = None
    """How many of them each row has; None if there are none."""
    bad_cell: tuple[str, str] | None = None
    """Channel and text of the first of them."""

    n_rows: int = 0
    """Rows that were given, those without a time included."""
    names: tuple[str, ...] = ()
    """All columns."""
    zone: Any = None
    """The zone that its times name, None if they name none."""
    is_elapsed: bool = False
    """Whether its times count from an unknown start, and were put so that the newest is now."""
    unclear_time: tuple[str, str] | None = None
    """A column that should hold times, and the first cell that cannot be read, if there are none."""

    def __len__(self) -> int:
        """Return the number of rows."""
        if self.times is not None:
            return len(self.times)
        return next((len(column) for column in self.values.values()), self.n_rows)

    @property
    def has_time_column(self) -> bool:
        """Whether a column, not the index, holds the times."""
        return self.times is not None and bool(self.time_name)

    def unread(self) -> BoolArray | None:
        """Return which rows hold nothing but cells that are no numbers; None if there are none."""
        if self.bad_rows is None:
            return None
        found = self.bad_rows > 0
        for column in self.values.values():
            found &= np.isnan(column)
        return found if found.any() else None

    def rows(self, rows: Any) -> Table:
        """Return some of the rows, chosen as numpy chooses elements."""
        bad = None if self.bad_rows is None else self.bad_rows[rows]
        return replace(
            self,
            times=None if self.times is None else self.times[rows],
            values={name: column[rows] for name, column in self.values.items()},
            bad_rows=bad,
            n_bad_cells=0 if bad is None else int(bad.sum()),
        )

    def batch(self, now_ns: int) -> Batch:
        """Return rows that all have a time as a Batch; where no column holds times it is `now_ns`."""
        times = np.full(len(self), now_ns, np.int64) if self.times is None else self.times
        return Batch(times, self.values)


def is_timed_columns(item: dict[Any, Any], times: ItemTimes) -> bool:
    """Return whether a dict is of columns, one of which surely holds times."""
    if not is_columns(item):
        return False
    named = [values for name, values in item.items() if key_rank(name) is not None]
    return any(
        len(values) > 0 and all(times.read(x) is not None for x in values[:SAMPLE_CELLS])
        for values in named
    )


def read_table(
    item: Any,
    times: ItemTimes,
    *,
    time: str | None = None,
    channels: Sequence[str] | None = None,
    is_whole: bool = False,
) -> Table:
    """Return a frame, series, array or Batch as a Table.

    Parameters
    ----------
    item
        For which `is_table` is true.
    times
        Reads cells that are times.
    time
        The column of times. None takes the index if it holds times, else a column of a usual name
        whose cells can be times, else the first column of dates.
    channels
        The columns to read; None is all.
    is_whole
        Whether all rows are there, so that an index or a column of growing seconds may be elapsed
        time.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if isinstance(item, Batch):
        return Table(item.times, dict(item.values))
    index, columns = columns_of(item)
    names = [column.name for column in columns]
    for wanted in (*([time] if time is not None else []), *(channels or ())):
        if wanted not in names:
            message = f"The {type(item).__name__} has no column {wanted!r}; it has {names}."
            raise ValueError(message)
    n_rows = max((len(c.values) for c in columns if c.values is not None), default=0)
    table = _find_times(index, columns, times, time, is_whole=is_whole)
    table = replace(table, names=tuple(names), n_rows=n_rows)
    return _with_values(table, columns, channels)


def _find_times(
    index: Column | None,
    columns: list[Column],
    times: ItemTimes,
    time: str | None,
    *,
    is_whole: bool,
) -> Table:
    """Return a table of times only, and take their column out of `columns`."""
    found = None if time is not None or index is None else _time_values(index, times)
    if index is not None and found is not None:
        return Table(found, {}, zone=index.zone)
    named = [c for c in columns if key_rank(c.name) is not None]
    named.sort(key=lambda c: key_rank(c.name) or 0)
    if time is not None:
        named = candidates = [c for c in columns if c.name == time]
    else:
        dated = [c for c in columns if c.kind == "time" and c not in named]
        first = [c for c in columns[:1] if c.name == "c1" and len(columns) > 1]
        texts = [c for c in columns if c.kind == "text" and c not in named]
        candidates = [*(c for c in named if c.kind == "time"), *named, *dated, *first, *texts]
    for column in candidates:
        found = _time_values(column, times)
        if found is not None:
            columns.remove(column)
            return Table(found, {}, column.name, zone=column.zone)
    counting = [*([index] if index is not None and time is None else []), *named]
    for column in counting if is_whole else []:
        found = times.elapsed(column.values) if column.kind == "number" else None
        if found is not None:
            if column is not index:
                columns.remove(column)
            return Table(found, {}, column.name, is_elapsed=True)
    unclear = [c for c in named if c.kind == "text" and len(c.values)]
    return Table(
        None, {}, unclear_time=(unclear[0].name, str(unclear[0].values[0])) if unclear else None
    )


def _time_values(column: Column, times: ItemTimes) -> TimeArray | None:
    """Return the times of a column in ns UTC, None if its cells cannot be times."""
    if column.kind == "time":
        ns = column.values.view(np.int64)
        return ns if column.zone is not None else times.wall_to_utc(ns)
    if column.kind == "number":
        return times.numbers(column.values)
    return times.cells(column.values) if column.kind == "text" else None


def _with_values(table: Table, columns: list[Column], channels: Sequence[str] | None) -> Table:
    values: dict[str, FloatArray] = {}
    not_numeric, bad_rows, first = [], None, None
    for column in columns:
        if channels is not None and column.name not in channels:
            continue
        name = channel_name(column.name)
        numbers = column.values if column.kind == "number" else None
        if column.kind == "text":
            numbers, bad = _numbers(column.values)
            if numbers is not None and bad.any():
                bad_rows = bad.astype(np.int64) + (0 if bad_rows is None else bad_rows)
                first = first or (name, str(column.values[int(np.argmax(bad))]))
        if numbers is None:
            not_numeric.append(name)
            continue
        name = distinct(name, values)  # two columns of one name are two channels
        values[name] = np.where(np.isfinite(numbers), numbers, np.nan)
    return replace(
        table,
        values=values,
        not_numeric=tuple(not_numeric),
        n_bad_cells=0 if bad_rows is None else int(bad_rows.sum()),
        bad_rows=bad_rows,
        bad_cell=first,
    )


def _numbers(cells: Any) -> tuple[FloatArray | None, BoolArray]:
    """Return objects as numbers, and which of them are none; None if there is no number at all."""
    found = [as_number(cell) for cell in cells.tolist()]
    numbers = np.array([np.nan if x is None else x for x in found], np.float64)
    if np.isnan(numbers).all():
        return None, np.zeros(0, bool)
    bad = [
        x is None and not (isinstance(cell, str) and is_placeholder(cell.strip()))
        for cell, x in zip(cells.tolist(), found, strict=True)
    ]
    return numbers, np.array(bad, bool)
