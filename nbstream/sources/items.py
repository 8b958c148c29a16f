"""What users hand over, one item at a time: a number, a dict, a pair with a time, a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from nbstream.readings import (
    Batch,
    TimeLike,
    TimeUnit,
    as_times_ns,
    as_values,
    channel_name,
    time_ns,
)
from nbstream.sources.wording import shorten

__all__ = [
    "ONE_CHANNEL",
    "TIME_KEYS",
    "as_number",
    "as_reading",
    "batches",
    "guess_unit",
    "is_table",
    "table_batch",
]

ONE_CHANNEL = "value"
"""The channel of a reading that names none."""

TIME_KEYS = frozenset({"time", "timestamp"})

NUMBERS = (int, float, np.number, np.bool_, Decimal, Fraction)


def guess_unit(number: float) -> TimeUnit:
    """Return the unit in which a number of this size is a time of our days.

    Examples
    --------
    >>> guess_unit(1_782_907_200), guess_unit(1_782_907_200_000)
    ('s', 'ms')
    """
    size = abs(number)
    return "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"


def as_number(item: Any) -> float | None:
    """Return `item` as float, NaN where it is missing or not finite, None where it is no number."""
    if item is None:
        return math.nan
    if not isinstance(item, NUMBERS) and not (
        isinstance(item, np.ndarray) and item.ndim == 0 and item.dtype.kind in "iufb"
    ):
        return None
    try:
        number = float(item)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else math.nan


def as_reading(
    item: Any,
    now_ns: Callable[[], int],
    timezone: tzinfo,
    time_keys: frozenset[str] = TIME_KEYS,
) -> tuple[int, dict[str, float]]:
    """Return one reading as (time in ns, values by channel).

    Parameters
    ----------
    item
        A number; a mapping of channels to numbers, where a key of `time_keys` is the time; or a
        pair (time, number or mapping).
    now_ns
        Gives the time of a reading that has none.
    timezone
        Of times that name none.

    Raises
    ------
    ValueError, TypeError
        If nothing in it is a number, or its time cannot be read.
    """
    number = as_number(item)
    if number is not None:
        return now_ns(), {ONE_CHANNEL: number}
    when: Any = None
    if isinstance(item, tuple) and len(item) == 2:
        when, item = item
        number = as_number(item)
        if number is not None:
            return as_time(when, now_ns, timezone), {ONE_CHANNEL: number}
    if not isinstance(item, Mapping):
        message = (
            f"A reading is a number, a dict or (time, number or dict) (got {shorten(repr(item))})."
        )
        raise TypeError(message)
    values: dict[str, float] = {}
    for key, value in item.items():
        if when is None and isinstance(key, str) and key.lower() in time_keys:
            when = value
            continue
        number = as_number(value)
        if number is not None:
            values[channel_name(key)] = number
    if not values:
        message = f"Nothing in {shorten(repr(dict(item)))} is a number."
        raise ValueError(message)
    return as_time(when, now_ns, timezone), values


def as_time(when: TimeLike, now_ns: Callable[[], int], timezone: tzinfo) -> int:
    """Return a time in ns; numbers by their size in s, ms, us or ns; None is now."""
    if when is None:
        return now_ns()
    unit = guess_unit(float(when)) if isinstance(when, (int, float, np.number)) else None
    return time_ns(when, unit=unit, timezone=timezone)


def batches(rows: Iterable[tuple[int, dict[str, float]]]) -> list[Batch]:
    """Return readings as batches, one for each set of channels, so that nothing is made up."""
    by_channels: dict[tuple[str, ...], list[tuple[int, dict[str, float]]]] = {}
    for row in rows:
        by_channels.setdefault(tuple(row[1]), []).append(row)
    return [Batch.from_rows(alike) for alike in by_channels.values()]


def is_table(item: Any) -> bool:
    """Return whether `item` is a Batch, DataFrame or Series."""
    return isinstance(item, Batch) or (
        type(item).__module__.startswith("pandas.")
        and type(item).__name__ in {"DataFrame", "Series"}
    )


def table_batch(item: Any, now_ns: int, timezone: tzinfo) -> tuple[Batch, list[str]]:
    """Return a Batch, DataFrame or Series as a Batch, and the columns that are not numeric.

    Times are the index if it is one of times, else the first column that holds times or is called
    "time" or "timestamp", else now.
    """
    if isinstance(item, Batch):
        return item, []
    if type(item).__name__ == "Series":
        item = item.to_frame(ONE_CHANNEL if item.name is None else item.name)
    times, time_column = _table_times(item, now_ns, timezone)
    values, not_numeric = {}, []
    for position, column in enumerate(item.columns):
        if position == time_column:
            continue
        series = item.iloc[:, position]
        if getattr(series.dtype, "kind", "O") in "iufb":
            numbers = series.to_numpy(np.float64, na_value=np.nan)
            values[channel_name(column)] = as_values(numbers, len(item), str(column))
        else:
            not_numeric.append(channel_name(str(column)))
    present = ~np.isnat(times.view("M8[ns]"))
    if not present.all():
        times, values = times[present], {name: array[present] for name, array in values.items()}
    return Batch(times, values), not_numeric


def _table_times(frame: Any, now_ns: int, timezone: tzinfo) -> tuple[Any, int | None]:
    if getattr(frame.index.dtype, "kind", "O") == "M":
        return _series_ns(frame.index.to_series(), timezone), None
    for position, column in enumerate(frame.columns):
        series = frame.iloc[:, position]
        named = isinstance(column, str) and column.lower() in TIME_KEYS
        kind = getattr(series.dtype, "kind", "O")
        if kind == "M":
            return _series_ns(series, timezone), position
        if named and kind in "iuf" and len(series):
            unit = guess_unit(float(series.abs().max()))
            return as_times_ns(series.to_numpy(), unit=unit), position
        if named and len(series) and isinstance(series.iloc[0], (str, datetime, date)):
            return as_times_ns(series.to_numpy(object), timezone=timezone), position
    return np.full(len(frame), now_ns, np.int64), None


def _series_ns(series: Any, timezone: tzinfo) -> Any:
    """Return datetimes as int64 ns UTC; NaT stays the smallest int64."""
    if series.dt.tz is None:
        from nbstream.sources.wall_time import WallTimes

        wall = series.to_numpy("M8[ns]").view(np.int64)
        return WallTimes(timezone).to_utc(wall)
    return series.to_numpy("M8[ns]").view(np.int64)
