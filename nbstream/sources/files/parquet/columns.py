"""Which columns of a table in Parquet are channels, and their cells as numbers."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbstream.readings.batch import as_number, channel_name
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from nbstream.readings.batch import BoolArray, FloatArray
    from nbstream.readings.labels import Labels

__all__ = ["ChannelColumn", "LeftOut", "channel_columns", "flattened", "read_cells"]

MAX_DEPTH = 4
"""Structs in structs that are read."""
SAMPLE = 1000

Kind = Literal["number", "switch", "duration", "word", "text"]


class ChannelColumn(NamedTuple):
    """A column that is a channel."""

    path: str
    """In the file, with dots where it is nested."""
    channel: str
    kind: Kind


class LeftOut(NamedTuple):
    """Columns that are not read, by the reason."""

    words: tuple[str, ...] = ()
    """Of texts that are no numbers."""
    nested: tuple[str, ...] = ()
    """Lists, maps and bytes."""
    times: tuple[str, ...] = ()
    """Further times."""
    same: tuple[str, ...] = ()
    """Several columns of one name."""

    def notes(self, time_name: str) -> dict[str, str]:
        """Return what people should know of them, by kind.

        Parameters
        ----------
        time_name
            The column of the times that count.
        """
        found = {}
        if self.words:
            first = self.words[0]
            hint = f"; states={[first]!r} reads words, pivot={first!r} makes channels of them"
            found["words"] = f"not numeric, left out: {_shown(self.words)}{hint}"
        if self.nested:
            found["nested"] = f"lists, maps and bytes are not read: {_shown(self.nested)}"
        if self.same:
            found["same"] = f"several columns have one name, and are not read: {_shown(self.same)}"
        if self.times:
            found["times"] = f"the times are those of {time_name!r}; not read: {_shown(self.times)}"
        return found


def _shown(names: Sequence[str]) -> str:
    return ", ".join(repr(short_name(name)) for name in names[:20])


def flattened(table: Any) -> Any:
    """Return a Table of pyarrow whose columns in structs are columns with names such as "outer.inner"."""
    types = importlib.import_module("pyarrow").types
    for _ in range(MAX_DEPTH):
        if not any(types.is_struct(field.type) for field in table.schema):
            break
        table = table.flatten()
    return table


def channel_columns(
    head: Any, taken: Collection[str], channels: Sequence[str] | None, states: Collection[str]
) -> tuple[list[ChannelColumn], LeftOut]:
    """Return the columns of a table that are channels, and those that are left out.

    Parameters
    ----------
    head
        The first rows, flattened.
    taken
        Columns of times, and others that are no channels.
    channels
        The columns to read, or what they are in; None is all.
    states
        Columns that hold words, whatever they look like; those of categories do anyway.
    """
    types = importlib.import_module("pyarrow").types
    found: list[ChannelColumn] = []
    words, nested, times = [], [], []
    same = {name for name, n in Counter(head.column_names).items() if n > 1}
    for name, cells in zip(head.column_names, head.columns, strict=True):
        is_wanted = channels is None or any(name == c or name.startswith(f"{c}.") for c in channels)
        if name in taken or name in same or not is_wanted:
            continue
        kind = cells.type
        of = kind.value_type if types.is_dictionary(kind) else kind
        is_text = types.is_string(of) or types.is_large_string(of) or str(of) == "string_view"
        if name in states and not types.is_nested(of):
            found.append(ChannelColumn(name, channel_name(name), "word"))
        elif types.is_dictionary(kind) and is_text:
            found.append(ChannelColumn(name, channel_name(name), "word"))
        elif is_text and _are_numbers(cells):
            found.append(ChannelColumn(name, channel_name(name), "text"))
        elif is_text:
            words.append(name)
        elif types.is_boolean(of):
            found.append(ChannelColumn(name, channel_name(name), "switch"))
        elif types.is_integer(of) or types.is_floating(of) or types.is_decimal(of):
            found.append(ChannelColumn(name, channel_name(name), "number"))
        elif types.is_duration(of):
            found.append(ChannelColumn(name, channel_name(name), "duration"))
        elif types.is_temporal(of):
            times.append(name)
        elif not types.is_null(of):
            nested.append(name)
    return found, LeftOut(tuple(words), tuple(nested), tuple(times), tuple(sorted(same)))


def _are_numbers(cells: Any) -> bool:
    """Return whether texts are numbers in quotes; where all of the first are missing they are not."""
    known = [str(cell).strip() for cell in cells.slice(0, SAMPLE).to_pylist() if cell is not None]
    known = [cell for cell in known if cell]
    return bool(known) and all(as_number(cell) is not None for cell in known)


def read_cells(
    cells: Any, column: ChannelColumn, labels_for: Callable[[str], Labels | None]
) -> tuple[FloatArray, BoolArray | None]:
    """Return cells as float64, and which there are; None if all are.

    NaN is a reading that is missing, a cell of null none at all.

    Parameters
    ----------
    cells
        An Array of pyarrow.
    column
        What it is.
    labels_for
        Returns the label table of a channel of words.
    """
    pa = importlib.import_module("pyarrow")
    if column.kind == "word":
        return _codes(pa, cells, labels_for(column.channel))
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if column.kind == "text":
        return _number_texts(pa, cells)
    scale = 1.0
    if column.kind == "duration":
        scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[cells.type.unit]
        cells = cells.cast(pa.int64())
    if not pa.types.is_float64(cells.type):
        cells = cells.cast(pa.float64(), safe=False)
    is_there = None if not cells.null_count else _is_there(cells)
    values: FloatArray = cells.to_numpy(zero_copy_only=False)
    if scale != 1.0:
        values = values / scale
    if not np.isfinite(values).all():
        values = np.where(np.isfinite(values), values, np.nan)
    return values, is_there


def _is_there(cells: Any) -> BoolArray:
    found: BoolArray = cells.is_valid().to_numpy(zero_copy_only=False)
    return found


def _codes(pa: Any, cells: Any, labels: Labels | None) -> tuple[FloatArray, BoolArray | None]:
    if not pa.types.is_dictionary(cells.type):
        cells = cells.cast(pa.string()).dictionary_encode()
    is_there = None if not cells.null_count else _is_there(cells)
    if labels is None:  # numbers of that name are there already
        return np.full(len(cells), np.nan), is_there
    texts = cells.dictionary.to_pylist()
    indices = cells.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False).astype(np.int64)
    # Of a dictionary that is large some entries only may come here, and each takes one of few places.
    used = np.unique(indices[indices < len(texts)])
    codes = np.full(len(texts) + 1, np.nan)
    codes[used] = labels.codes([None if texts[i] is None else str(texts[i]) for i in used.tolist()])
    return codes[indices], is_there


def _number_texts(pa: Any, cells: Any) -> tuple[FloatArray, BoolArray | None]:
    coded = cells.dictionary_encode()
    is_there = None if not coded.null_count else _is_there(coded)
    numbers = [as_number(str(text).strip()) for text in coded.dictionary.to_pylist()]
    known = np.array([*(np.nan if x is None else x for x in numbers), np.nan], np.float64)
    known[~np.isfinite(known)] = np.nan
    indices = coded.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
    return known[indices.astype(np.int64)], is_there
