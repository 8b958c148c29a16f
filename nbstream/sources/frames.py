"""Frames, series and arrays of pandas, polars, pyarrow, xarray, numpy …, recognised and taken to columns.

pandas is read directly, because its index holds times; every other frame through narwhals. A library
is recognised by the name of its module, so that none is imported that the user does not use.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nbstream.readings.batch import Batch, as_number
from nbstream.sources.times.names import key_rank

__all__ = [
    "ONE_CHANNEL", "SAMPLE_CELLS", "Column", "as_array", "columns_of", "is_array", "is_columns",
    "is_frame", "is_labelled", "is_table",
]  # fmt: skip

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


class Column(NamedTuple):
    """A column of a frame, its cells as numpy holds them."""

    name: str
    kind: Literal["number", "time", "text", "other"]
    values: Any
    zone: Any = None
    """Of kind "time": the zone that it names, whose times are in UTC; None is the clock on the wall."""


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
    return is_even and any(key_rank(name) is not None for name in item)


def _is_vector(value: Any) -> bool:
    shape = getattr(value, "shape", None)
    return isinstance(shape, tuple) and len(shape) == 1 and hasattr(value, "__len__")


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


def columns_of(item: Any) -> tuple[Column | None, list[Column]]:
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


def _pandas_columns(item: Any) -> tuple[Column | None, list[Column]]:
    if item.ndim == 1:
        item = item.to_frame(ONE_CHANNEL if item.name is None else item.name)
    index = None
    for i in range(item.index.nlevels):
        level = item.index.get_level_values(i)
        if hasattr(level.dtype, "freq"):  # periods
            level = level.to_timestamp()
        kind = getattr(level.dtype, "kind", "O")
        if kind in "Mm" or (kind == "O" and index is None) or key_rank(level.name) is not None:
            index = _pandas_column("", level.to_series())
        if kind == "M":
            break
    columns = []
    for position, label in enumerate(item.columns):
        name = " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
        columns.append(_pandas_column(name, item.iloc[:, position]))
    return index, columns


def _pandas_column(name: str, series: Any) -> Column:
    kind = getattr(series.dtype, "kind", "O")
    if kind in "iufb":
        return Column(name, "number", series.to_numpy(np.float64, na_value=np.nan))
    if kind == "M":
        return Column(name, "time", series.to_numpy("M8[ns]"), getattr(series.dt, "tz", None))
    if kind == "m":
        return Column(name, "number", series.dt.total_seconds().to_numpy(np.float64))
    return Column(name, "text", series.to_numpy(object))


def _narwhals_columns(item: Any) -> list[Column]:
    import narwhals as nw

    if type(item).__name__ == "RecordBatch" or type(item).__name__.endswith("Array"):
        item = _of_pyarrow(item)
    frame = nw.from_native(item, allow_series=True)
    if isinstance(frame, nw.Series):
        frame = frame.alias(frame.name or ONE_CHANNEL).to_frame()
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    return [_narwhals_column(column) for column in frame.iter_columns()]


def _narwhals_column(column: Any) -> Column:
    import narwhals as nw

    dtype = column.dtype
    if dtype.is_numeric() or dtype == nw.Boolean:
        values = np.asarray(column.to_numpy())
        if values.dtype.kind == "O":  # decimals, or null in a column of bool
            values = np.array([as_number(v) for v in values.tolist()], np.float64)
        return Column(column.name, "number", values.astype(np.float64))
    if dtype == nw.Datetime:
        values = np.asarray(column.to_numpy()).astype("M8[ns]")
        return Column(column.name, "time", values, getattr(dtype, "time_zone", None))
    if dtype in (nw.String, nw.Object, nw.Categorical, nw.Enum, nw.Date, nw.Unknown):
        return Column(column.name, "text", np.array(column.to_list(), object))
    return Column(column.name, "other", None)


def _of_pyarrow(item: Any) -> Any:
    """Return what is no table of pyarrow as what narwhals knows."""
    import pyarrow

    if type(item).__name__ == "RecordBatch":
        return pyarrow.Table.from_batches([item])
    return item if hasattr(item, "chunks") else pyarrow.chunked_array([item])


def _array_column(name: str, array: Any) -> Column:
    kind = array.dtype.kind
    if kind in "iufb":
        return Column(name, "number", array.astype(np.float64))
    if kind == "M":
        return Column(name, "time", array.astype("M8[ns]"), "UTC")
    if kind in "OUS":
        return Column(name, "text", array.astype(object))
    return Column(name, "other", None)


def _list_column(name: str, values: Any) -> Column:
    try:
        array = as_array(values) if is_array(values) else np.asarray(values)
    except ValueError:  # lists of different lengths in it
        return Column(name, "other", None)
    return _array_column(name, array) if array.ndim == 1 else Column(name, "other", None)
