"""A table that is there as a whole (a DataFrame, say) becomes a buffer to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.buffer import Buffer
from nbstream.readings.zone import as_zone
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources.item_times import ItemTimes
from nbstream.sources.table_rows import in_order
from nbstream.sources.tables import Table, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TABLE_OPTIONS", "table_buffer"]

TABLE_OPTIONS = frozenset({"time", "channels", "timezone", "units"})


def table_buffer(item: Any, options: Mapping[str, Any]) -> Buffer:
    """Return a buffer with all readings of a frame or series, in the order of their times.

    Parameters
    ----------
    item
        Of pandas, polars, pyarrow or another library of frames.
    options
        Of `TABLE_OPTIONS`: the column of times, the columns to read, the zone, units by channel.

    Raises
    ------
    ValueError
        If it has no rows, no times or no numbers, or lacks a column that was asked for.
    """
    zone = options.get("timezone")
    times = ItemTimes(SYSTEM_CLOCK.wall_ns, as_zone(zone))
    table = read_table(
        item, times, time=options.get("time"), channels=options.get("channels"), is_whole=True
    )
    kind = type(item).__name__
    if not table.n_rows:
        message = f"The {kind} has no rows, and nothing will add any: there is nothing to show."
        raise ValueError(message)
    if table.times is None:
        _refuse_times(kind, table)
    if not table.values:
        message = f"The {kind} has no column of numbers; it has {list(table.names)}."
        raise ValueError(message)
    if all(np.isnan(column).all() for column in table.values.values()):
        message = f"Not one value in the {kind} is a number: there is nothing to show."
        raise ValueError(message)
    return _as_buffer(in_order(table), zone, options.get("units") or {})


def _refuse_times(kind: str, table: Table) -> None:
    if table.unclear_time is not None:
        name, example = table.unclear_time
        message = (
            f"The times in column {name!r} are not ISO 8601, nor of another form that is clear "
            f"(first: {example!r:.60}). Convert them with pandas.to_datetime first."
        )
        raise ValueError(message)
    message = (
        f"The {kind} has no times: its index is no DatetimeIndex, and none of its columns "
        f"{list(table.names)} holds times. Pass time='…'."
    )
    raise ValueError(message)


def _as_buffer(table: Table, zone: Any, units: Mapping[str, str]) -> Buffer:
    assert table.times is not None
    buffer = Buffer(
        capacity=max(1_000_000, len(table)),
        max_channels=max(200, len(table.values)),
        timezone=table.zone if zone is None else zone,
    )
    buffer.units.update(units)
    buffer.extend(table.times.view("M8[ns]"), table.values)
    if table.not_numeric:
        buffer.note(f"not numeric, left alone: {', '.join(table.not_numeric[:20])}")
    if table.n_bad_cells and table.bad_cell is not None:
        channel, text = table.bad_cell
        buffer.note(f"{table.n_bad_cells:,} cells are no numbers, first {channel!r}: {text!r:.60}")
    if len(table) < table.n_rows:
        buffer.note(f"{table.n_rows - len(table):,} rows without a time were left out")
    if table.is_elapsed:
        what = repr(table.time_name) if table.time_name else "the index"
        buffer.note(f"{what} is elapsed time in s; the newest reading is put at now")
    return buffer
