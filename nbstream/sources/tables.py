"""Tables that users hand over as columns: pandas, polars, pyarrow, xarray, numpy.

pandas is read directly, because its index holds times; every other frame through narwhals. A library
is recognised by the name of its module, so that none is imported that the user does not use.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbstream.readings.batch import Batch, FloatArray, as_number, channel_name
from nbstream.sources.item_times import ItemTimes, time_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import TimeArray

__all__ = [
    "ONE_CHANNEL",
    "Table",
    "TableRows",
    "as_array",
    "in_order",
    "is_array",
    "is_columns",
    "is_frame",
    "is_labelled",
    "is_table",
    "is_timed_columns",
    "read_table",
]

ONE_CHANNEL = "value"
"""The channel of a reading that names none."""

LIBRARIES = frozenset(
    "pandas polars pyarrow modin cudf dask duckdb ibis pyspark sqlframe xarray".split()
)
KINDS = frozenset(
    "DataFrame Series LazyFrame Table RecordBatch ChunkedArray Array DataArray Dataset "
    "DuckDBPyRelation".split()
)
SAMPLE_CELLS = 20


class _Column(NamedTuple):
    name: str
    kind: Literal["number", "time", "text", "other"]
    values: Any
    zone: Any = None
    """Of kind "time": the zone that it names, whose times are in UTC; None is the clock on the wall."""


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

    def batch(self, now_ns: int) -> Batch:
        """Return the rows that have a time as a Batch; where no column holds times it is `now_ns`."""
        if self.times is None:
            return Batch(np.full(len(self), now_ns, np.int64), self.values)
        present = ~np.isnat(self.times.view("M8[ns]"))
        if present.all():
            return Batch(self.times, self.values)
        return Batch(self.times[present], {k: v[present] for k, v in self.values.items()})


def _library(cls: type) -> str:
    return cls.__module__.partition(".")[0]


def is_table(item: Any) -> bool:
    """Return whether `item` is a Batch, a frame or series, or an array of two dimensions."""
    if isinstance(item, Batch):
        return True
    cls = type(item)
    if cls in (float, int, str, dict, tuple, list):
        return False
    if is_frame(item):
        return not is_labelled(item)
    return is_array(item) and len(item.shape) >= 1 and (len(item.shape) == 2 or _fields(item))


def is_columns(item: Any) -> bool:
    """Return whether `item` is a dict of lists or arrays, all of one length, one of them called a time."""
    if not isinstance(item, dict) or not item or not all(isinstance(k, str) for k in item):
        return False
    are_columns = all(isinstance(v, (list, tuple)) or _is_vector(v) for v in item.values())
    is_even = are_columns and len({len(v) for v in item.values()}) == 1
    return is_even and any(time_rank(name) is not None for name in item)


def _is_vector(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and len(shape) == 1 and hasattr(value, "__len__")


def is_timed_columns(item: dict[Any, Any], times: ItemTimes) -> bool:
    """Return whether a dict is of columns, one of which surely holds times."""
    if not is_columns(item):
        return False
    named = [values for name, values in item.items() if time_rank(name) is not None]
    return any(
        len(values) > 0 and all(times.read(x) is not None for x in values[:SAMPLE_CELLS])
        for values in named
    )


def is_frame(item: Any) -> bool:
    """Return whether `item` is a frame, a series or an array with coordinates of some library."""
    kinds = type(item).__mro__
    known = any(base.__name__ in KINDS and _library(base) in LIBRARIES for base in kinds)
    return known and not _is_scalar(item)


def is_labelled(item: Any) -> bool:
    """Return whether `item` is a series of labels and values: one reading, as a row of a frame is."""
    return (
        _library(type(item)) == "pandas"
        and type(item).__name__ == "Series"
        and len(item) > 0
        and all(isinstance(label, str) for label in item.index[:SAMPLE_CELLS])
    )


def _is_scalar(item: Any) -> bool:
    shape = getattr(item, "shape", None)
    return isinstance(shape, tuple) and not shape


def is_array(item: Any) -> bool:
    """Return whether `item` is an array or tensor of some library."""
    return isinstance(getattr(item, "shape", None), tuple) and (
        hasattr(item, "__array__") or hasattr(item, "tolist")
    )


def _fields(item: Any) -> bool:
    return bool(getattr(getattr(item, "dtype", None), "names", None))


def as_array(item: Any) -> Any:
    """Return an array or tensor of any library as numpy's, from whatever device it is on."""
    try:
        array = np.asarray(item)
        return array if array.dtype != object else np.asarray(item.tolist())
    except Exception:  # torch refuses tensors that are on a device or have a gradient
        return np.asarray(item.tolist())


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
        Whether all rows are there, so that a column of growing seconds may be elapsed time.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if isinstance(item, Batch):
        return Table(item.times, dict(item.values))
    index, columns = _columns(item)
    names = [column.name for column in columns]
    for wanted in (*([time] if time is not None else []), *(channels or ())):
        if wanted not in names:
            message = f"The {type(item).__name__} has no column {wanted!r}; it has {names}."
            raise ValueError(message)
    n_rows = max((len(c.values) for c in columns if c.values is not None), default=0)
    table = _find_times(index, columns, times, time, is_whole=is_whole)
    table = replace(table, names=tuple(names), n_rows=n_rows)
    return _with_values(table, columns, channels)


def _columns(item: Any) -> tuple[_Column | None, list[_Column]]:
    """Return the index, if it holds times, and the columns."""
    library = next((_library(b) for b in type(item).__mro__ if _library(b) in LIBRARIES), "")
    if library == "xarray":
        item = _of_xarray(item)
        library = "pandas"
    if library == "dask":
        item, library = item.compute(), "pandas"
    if library == "pandas":
        return _pandas_columns(item)
    if library:
        return None, _narwhals_columns(item)
    if isinstance(item, dict):
        return None, [_list_column(name, values) for name, values in item.items()]
    array = as_array(item)
    if _fields(array):
        return None, [_array_column(name, array[name].ravel()) for name in array.dtype.names]
    array = array.reshape(len(array), -1)
    n = array.shape[1]
    named = [ONE_CHANNEL] if n == 1 else [f"c{i + 1}" for i in range(n)]
    return None, [_array_column(name, array[:, i]) for i, name in enumerate(named)]


def _of_xarray(item: Any) -> Any:
    if type(item).__name__ == "DataArray":
        if len(item.dims) <= 2:
            found = item.to_pandas()
            name = item.name
            return found.rename(name) if name is not None and found.ndim == 1 else found
        item = item.to_dataset(name=item.name or ONE_CHANNEL)
    return item.to_dataframe()


def _pandas_columns(item: Any) -> tuple[_Column | None, list[_Column]]:
    if item.ndim == 1:
        item = item.to_frame(ONE_CHANNEL if item.name is None else item.name)
    index = None
    levels = [item.index] if item.index.nlevels == 1 else []
    if item.index.nlevels > 1:
        levels = [item.index.get_level_values(i) for i in range(item.index.nlevels)]
    for level in levels:
        if hasattr(level.dtype, "freq"):  # periods
            level = level.to_timestamp()
        kind = getattr(level.dtype, "kind", "O")
        if kind == "M" or (kind == "O" and index is None) or time_rank(level.name) is not None:
            index = _pandas_column("", level.to_series())
        if kind == "M":
            break
    columns = []
    for position, label in enumerate(item.columns):
        name = " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        columns.append(_pandas_column(name, item.iloc[:, position]))
    return index, columns


def _pandas_column(name: str, series: Any) -> _Column:
    kind = getattr(series.dtype, "kind", "O")
    if kind in "iufb":
        return _Column(name, "number", series.to_numpy(np.float64, na_value=np.nan))
    if kind == "M":
        return _Column(name, "time", series.to_numpy("M8[ns]"), getattr(series.dt, "tz", None))
    if kind == "m":
        return _Column(name, "number", series.dt.total_seconds().to_numpy(np.float64))
    return _Column(name, "text", series.to_numpy(object))


def _narwhals_columns(item: Any) -> list[_Column]:
    import narwhals as nw

    if type(item).__name__ == "RecordBatch" or type(item).__name__.endswith("Array"):
        item = _of_pyarrow(item)
    frame = nw.from_native(item, allow_series=True)
    if isinstance(frame, nw.Series):
        frame = frame.alias(frame.name or ONE_CHANNEL).to_frame()
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    columns = []
    for column in frame.iter_columns():
        dtype, values = column.dtype, None
        if dtype.is_numeric() or dtype == nw.Boolean:
            values = np.asarray(column.to_numpy())
            kind: Any = "number"
            if values.dtype.kind == "O":  # decimals, or null in a column of bool
                values = np.array([as_number(v) for v in values.tolist()], np.float64)
            values = values.astype(np.float64)
        elif dtype == nw.Datetime:
            values = np.asarray(column.to_numpy()).astype("M8[ns]")
            columns.append(_Column(column.name, "time", values, getattr(dtype, "time_zone", None)))
            continue
        elif dtype in (nw.String, nw.Object, nw.Categorical, nw.Enum, nw.Date, nw.Unknown):
            kind, values = "text", np.array(column.to_list(), object)
        else:
            kind = "other"
        columns.append(_Column(column.name, kind, values))
    return columns


def _of_pyarrow(item: Any) -> Any:
    """Return what is no table of pyarrow as what narwhals knows."""
    import pyarrow

    if type(item).__name__ == "RecordBatch":
        return pyarrow.Table.from_batches([item])
    return item if hasattr(item, "chunks") else pyarrow.chunked_array([item])


def _array_column(name: str, array: Any) -> _Column:
    kind = array.dtype.kind
    if kind in "iufb":
        return _Column(name, "number", array.astype(np.float64))
    if kind == "M":
        return _Column(name, "time", array.astype("M8[ns]"), "UTC")
    if kind in "OUS":
        return _Column(name, "text", array.astype(object))
    return _Column(name, "other", None)


def _list_column(name: str, values: Any) -> _Column:
    try:
        array = as_array(values) if is_array(values) else np.asarray(values)
    except ValueError:  # lists of different lengths in it
        return _Column(name, "other", None)
    return _array_column(name, array) if array.ndim == 1 else _Column(name, "other", None)


def _find_times(
    index: _Column | None,
    columns: list[_Column],
    times: ItemTimes,
    time: str | None,
    *,
    is_whole: bool,
) -> Table:
    """Return a table of times only, and take their column out of `columns`."""
    found = None if time is not None or index is None else _time_values(index, times)
    if index is not None and found is not None:
        return Table(found, {}, zone=index.zone)
    named = [c for c in columns if time_rank(c.name) is not None]
    named.sort(key=lambda c: time_rank(c.name) or 0)
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
    for column in named if is_whole else []:
        found = times.elapsed(column.values) if column.kind == "number" else None
        if found is not None:
            columns.remove(column)
            return Table(found, {}, column.name, is_elapsed=True)
    unclear = [c for c in named if c.kind == "text" and len(c.values)]
    return Table(
        None, {}, unclear_time=(unclear[0].name, str(unclear[0].values[0])) if unclear else None
    )


def _time_values(column: _Column, times: ItemTimes) -> TimeArray | None:
    """Return the times of a column in ns UTC, None if its cells cannot be times."""
    if column.kind == "time":
        ns = column.values.view(np.int64)
        return ns if column.zone is not None else times.wall_to_utc(ns)
    if column.kind == "number":
        return times.numbers(column.values)
    return times.cells(column.values) if column.kind == "text" else None


def _with_values(table: Table, columns: list[_Column], channels: Sequence[str] | None) -> Table:
    values: dict[str, FloatArray] = {}
    not_numeric, n_bad, first = [], 0, None
    for column in columns:
        if channels is not None and column.name not in channels:
            continue
        name = channel_name(column.name)
        numbers = column.values if column.kind == "number" else None
        if column.kind == "text":
            numbers, bad = _numbers(column.values)
            if numbers is not None and bad:
                n_bad += len(bad)
                first = first or (name, str(bad[0]))
        if numbers is None:
            not_numeric.append(name)
            continue
        n = 1
        while name in values:  # two columns of one name are two channels
            n += 1
            name = f"{channel_name(column.name)} ({n})"
        values[name] = np.where(np.isfinite(numbers), numbers, np.nan)
    return replace(
        table,
        values=values,
        not_numeric=tuple(not_numeric),
        n_bad_cells=n_bad,
        bad_cell=first,
    )


def _numbers(cells: Any) -> tuple[FloatArray | None, list[Any]]:
    """Return objects as numbers, and those that are none; None if there is no number at all."""
    found = [as_number(cell) for cell in cells.tolist()]
    numbers = np.array([np.nan if x is None else x for x in found], np.float64)
    if np.isnan(numbers).all():
        return None, []
    return numbers, [cell for cell, x in zip(cells.tolist(), found, strict=True) if x is None]


class TableRows:
    """What is new in tables that come one after the other and may repeat each other's rows.

    Parameters
    ----------
    from_function
        Whether a function gives them, so that every row of equal time and values is the same row.
        The tables of an iterable may be pieces of one table, whose rows may well be equal: there
        only a table that has grown, or that repeats two different rows, repeats.

    Notes
    -----
    Thread safety: none. The table before is held.
    """

    def __init__(self, *, from_function: bool) -> None:
        self.from_function = from_function
        self.n_known = 0
        """Rows so far that the table before had."""
        self._before: Table | None = None

    def new(self, table: Table) -> Table:
        """Return the rows of `table` that the one before did not have, in the order of time."""
        table = in_order(table)
        before, self._before = self._before, table
        if before is None or not len(table) or not len(before):
            return table
        if (before.times is None) != (table.times is None):
            return table
        names = [name for name in before.values if name in table.values]
        old: list[Any] = [before.values[name] for name in names]
        new: list[Any] = [table.values[name] for name in names]
        if before.times is not None and table.times is not None:
            old, new = [before.times, *old], [table.times, *new]
        if not old:
            return table
        n_known = self._overlap(old, new, has_times=table.times is not None)
        if n_known:
            fresh = np.arange(n_known, len(table))
        elif self.from_function and table.times is not None:
            fresh = _not_in(old, new)
        else:
            return table
        self.n_known += len(table) - len(fresh)
        return _rows(table, fresh)

    def _overlap(self, old: list[Any], new: list[Any], *, has_times: bool) -> int:
        """Return how many rows at the start of the new table are the last ones of the old."""
        n_old, n_new = len(old[0]), len(new[0])
        pairs = list(zip(old, new, strict=True))
        starts = np.flatnonzero(np.logical_and.reduce([_same(a, b[:1]) for a, b in pairs]))
        for start in starts.tolist():
            n = n_old - start
            if n > n_new or not all(bool(_same(a[start:], b[:n]).all()) for a, b in pairs):
                continue
            differ = any(bool(~_same(b[1:n], b[:1]).all()) for b in new)
            if has_times and (self.from_function or start == 0 or differ):
                return n
            if not has_times and start == 0 and differ:
                return n
        return 0


def in_order(table: Table) -> Table:
    """Return the rows in the order of their times, those without one left out."""
    if table.times is None:
        return table
    order = np.flatnonzero(~np.isnat(table.times.view("M8[ns]")))
    order = order[np.argsort(table.times[order], kind="stable")]
    if len(order) == len(table) and bool((np.diff(order) == 1).all()):
        return table
    return _rows(table, order)


def _rows(table: Table, rows: Any) -> Table:
    times = None if table.times is None else table.times[rows]
    return replace(table, times=times, values={k: v[rows] for k, v in table.values.items()})


def _not_in(old: list[Any], new: list[Any]) -> Any:
    """Return the rows of the new table that are not among the old ones; times come first."""
    n_old_times = int(np.searchsorted(new[0], old[0][-1], "right"))
    known = Counter(zip(*(a.tolist() for a in _comparable(old)), strict=True))
    fresh = []
    for row, cells in enumerate(
        zip(*(b[:n_old_times].tolist() for b in _comparable(new)), strict=True)
    ):
        if known[cells] > 0:
            known[cells] -= 1
        else:
            fresh.append(row)
    return np.concatenate([np.array(fresh, np.int64), np.arange(n_old_times, len(new[0]))])


def _comparable(columns: list[Any]) -> list[Any]:
    """Return columns whose missing values are equal to each other."""
    return [c if c.dtype.kind == "i" else np.where(c == c, c, np.inf) for c in columns]


def _same(a: Any, b: Any) -> Any:
    return (a == b) | ((a != a) & (b != b))
