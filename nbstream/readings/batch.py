"""Readings as columns: what a source yields becomes a `Batch`, or the error says exactly why not.

Times are int64 nanoseconds since the Unix epoch, UTC, everywhere inside nbstream; values are float64
and a value that is missing or not finite is NaN.
"""

from __future__ import annotations

import math
import re
import time as _time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from nbstream.text.naming import NO_NAME

__all__ = [
    "Batch",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "TimeArray",
    "TimeLike",
    "TimeUnit",
    "as_number",
    "as_times_ns",
    "as_values",
    "channel_name",
    "time_ns",
]

TimeArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
TimeUnit: TypeAlias = Literal["s", "ms", "us", "ns"]
TimeLike: TypeAlias = "datetime | np.datetime64 | str | float | int | None"

NS_PER_UNIT: Mapping[str, int] = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

# Seconds beyond this are the year 5138; such a number is milliseconds or finer, given without saying so.
LARGEST_SECONDS = 1e11
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "inf", "infinity"})
# datetime keeps microseconds; what an ISO time has beyond them.
_BELOW_US = re.compile(r"[.,]\d{6}(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some readings as columns.

    Parameters
    ----------
    times
        int64, shape (n,): nanoseconds since the epoch, UTC.
    values
        Per channel float64, shape (n,); NaN where the reading is missing.
    """

    times: TimeArray
    values: dict[str, FloatArray]

    def __len__(self) -> int:
        """Return the number of readings (rows)."""
        return len(self.times)

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[int, Mapping[str, float]]]) -> Batch:
        """Return rows of (time in ns, values by channel) as columns, in the order given.

        A channel that a row does not name has NaN there.
        """
        rows = list(rows)
        times = np.fromiter((t for t, _ in rows), np.int64, len(rows))
        names = dict.fromkeys(name for _, values in rows for name in values)
        columns = {
            name: np.fromiter((v.get(name, math.nan) for _, v in rows), np.float64, len(rows))
            for name in names
        }
        return cls(times, columns)


def channel_name(name: object) -> str:
    """Return `name` as a channel's name: a str as it is, a plain number as text.

    The whole name, with case, spaces and accents as they are, tells a channel from others; `short_name`
    is for showing it. Only an empty one becomes "(no name)".

    Raises
    ------
    TypeError
        If `name` is not a str or a plain number (a column of a headerless table).
    """
    if not isinstance(name, str):
        if not isinstance(name, (int, float, np.number)):
            msg = f"A channel's name must be a str (got {name!r})."
            raise TypeError(msg)
    return str(name) or NO_NAME


def time_ns(when: TimeLike, *, unit: TimeUnit | None = None, timezone: tzinfo | None = None) -> int:
    """Return `when` as nanoseconds since the epoch, UTC.

    Parameters
    ----------
    when
        A datetime, pandas Timestamp, datetime64 or ISO 8601 string; a plain number, in seconds since
        the epoch or in `unit`; None is now.
    unit
        Of a plain number: "s", "ms", "us" or "ns".
    timezone
        Of a time that names none; None is the local zone of this machine. A datetime64 is UTC.

    Raises
    ------
    ValueError
        If a str is not an ISO time, a number is not finite, or is too large for seconds while no
        `unit` is given.
    TypeError
        If `when` is of another type.
    """
    if when is None:
        return _time.time_ns()
    if isinstance(when, (int, float, np.integer, np.floating)):
        # A bool is an int and a timedelta64 is a numpy integer, but neither is a time.
        if not isinstance(when, (bool, np.timedelta64)):
            return _number_to_ns(when, unit)
    if isinstance(when, np.datetime64):
        return int(_datetimes_to_ns(np.array([when]), "A time")[0])
    if isinstance(when, str):
        return _text_to_ns(when, timezone)
    if isinstance(when, datetime):
        return _datetime_to_ns(when, timezone)
    if isinstance(when, date):
        return _datetime_to_ns(datetime(when.year, when.month, when.day), timezone)
    msg = (
        "A time is a datetime, Timestamp, datetime64, ISO string, number of seconds or None "
        f"(got {type(when).__name__})."
    )
    raise TypeError(msg)


def as_times_ns(
    times: Any, *, unit: TimeUnit | None = None, timezone: tzinfo | None = None
) -> TimeArray:
    """Return an array or sequence of times as int64 nanoseconds since the epoch, UTC.

    Parameters
    ----------
    times
        datetime64 (UTC), float or int seconds (or `unit`), a pandas DatetimeIndex or Series, or a
        sequence of anything that `time_ns` reads; shape (n,).
    unit, timezone
        As for `time_ns`.

    Raises
    ------
    ValueError
        If a time is missing (NaT, NaN), cannot be read or is not one-dimensional.
    """
    zone = getattr(getattr(times, "dtype", None), "tz", None)
    if zone is not None:  # a pandas index or series that knows its zone
        times = times.to_numpy(dtype="datetime64[ns]")
    array = np.asarray(times)
    if array.ndim != 1:
        msg = f"'times' must be one-dimensional (got shape {array.shape})."
        raise ValueError(msg)
    kind = array.dtype.kind
    if kind == "M":
        return _datetimes_to_ns(array, "'times'")
    if kind == "m":
        msg = "'times' must be times (got durations, timedelta64)."
        raise TypeError(msg)
    if kind in "iuf":
        return _numbers_to_ns(array, unit)
    return np.fromiter(
        (time_ns(t, unit=unit, timezone=timezone) for t in array.tolist()), np.int64, len(array)
    )


def as_number(value: Any) -> float | None:
    """Return a value as float, NaN where the reading is missing, None where it is no number.

    Parameters
    ----------
    value
        Whatever `float` takes (int, bool, Decimal, Fraction, a numpy scalar, a tensor of no
        dimension); an array or tensor of one element; text of a plain number. None, a missing value
        of pandas or numpy, "nan", "null" and what is not finite are missing readings.

    Examples
    --------
    >>> as_number("21.5"), as_number(np.array([3])), as_number("auto"), as_number(None)
    (21.5, 3.0, None, nan)
    """
    if value is None or value is np.ma.masked:
        return math.nan
    if isinstance(value, (str, bytes, bytearray)):
        return _text_number(value)
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in {"M", "m"} or isinstance(value, complex):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    except Exception:  # of any library: an array of many elements, a unit that is no ratio, …
        if type(value).__name__ == "NAType":
            return math.nan
        return _only_element(value)
    return number if math.isfinite(number) else math.nan


def _text_number(value: str | bytes | bytearray) -> float | None:
    text = (value if isinstance(value, str) else value.decode("utf-8", "replace")).strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else math.nan
    return math.nan if text.lstrip("+-").lower() in _MISSING else None


def _only_element(value: Any) -> float | None:
    """Return the only element of an array or tensor, None if there are more or none."""
    shape = getattr(value, "shape", None)
    try:
        if shape is None or math.prod(shape) != 1:
            return None
        number = float(value.item())
    except Exception:
        return None
    return number if math.isfinite(number) else math.nan


def as_values(values: Any, n: int, name: str) -> FloatArray:
    """Return one channel's values as float64 of shape (n,), infinities as NaN.

    Raises
    ------
    ValueError
        If the length is not `n`, or a value is not a number.
    """
    try:
        given = values if hasattr(getattr(values, "dtype", None), "kind") else np.asarray(values)
        # numpy would read text as numbers, and dates as their ticks.
        is_number = given.dtype.kind in "biufO" and not _has_text(given)
        array = np.asarray(given, np.float64) if is_number else None
    except (TypeError, ValueError):
        array = None
    if array is None:
        kind = f"{type(values).__name__} of {np.asarray(values, object).ravel()[:1].tolist()}"
        msg = f"Channel {name!r} must hold numbers (got {kind:.80})."
        raise ValueError(msg)
    if array.shape != (n,):
        msg = f"Channel {name!r} must have one value per time, shape ({n},) (got {array.shape})."
        raise ValueError(msg)
    # One pass over the sum tells whether a second look is needed (NaN and ±inf survive a sum).
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()
    if not np.isfinite(total):
        infinite = np.isinf(array)
        if infinite.any():
            array = np.where(infinite, np.nan, array)
    return array


def _has_text(given: Any) -> bool:
    return given.dtype.kind == "O" and any(isinstance(value, (str, bytes)) for value in given)


def _datetimes_to_ns(array: npt.NDArray[Any], name: str) -> TimeArray:
    if np.isnat(array).any():
        msg = f"{name} is missing (NaT). Leave out readings without a time."
        raise ValueError(msg)
    if np.datetime_data(array.dtype)[0] != "ns" and len(array):
        # Becoming nanoseconds, they would wrap around silently.
        seconds = array.astype("datetime64[s]").astype(np.int64)
        extreme = array[np.abs(seconds).argmax()]
        _checked(int(np.abs(seconds).max() + 1) * 1_000_000_000, extreme)
    return array.astype("datetime64[ns]", copy=False).view(np.int64)


def _text_to_ns(text: str, timezone: tzinfo | None) -> int:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is not an ISO 8601 time. Give e.g. '2026-07-01T12:00:00+02:00'."
        raise ValueError(msg) from None
    below_us = _BELOW_US.search(text)
    ns = int(below_us[1].ljust(3, "0")) if below_us else 0
    return _checked(_datetime_to_ns(when, timezone) + ns, text)


def _datetime_to_ns(when: datetime, timezone: tzinfo | None) -> int:
    if when != when:  # pandas' NaT
        msg = "A time is missing (NaT). Leave out readings without a time."
        raise ValueError(msg)
    given, below_us = when, getattr(when, "nanosecond", 0)
    if hasattr(when, "to_pydatetime"):  # a pandas Timestamp, whose naive ones know no local zone
        when = when.to_pydatetime(warn=False)
    try:
        if when.tzinfo is None:
            when = when.replace(tzinfo=timezone) if timezone is not None else when.astimezone()
        whole = round(when.replace(microsecond=0).timestamp())
    except (OverflowError, ValueError):
        return _checked(2**63, given)  # at the very ends of the years 1 to 9999
    return _checked(whole * 1_000_000_000 + when.microsecond * 1_000 + below_us, given)


def _number_to_ns(number: float | int, unit: TimeUnit | None) -> int:
    scale = _scale(unit)
    if isinstance(number, (int, np.integer)):
        number = int(number)
    elif not np.isfinite(number):
        msg = f"A time must be finite (got {float(number)!r})."
        raise ValueError(msg)
    if unit is None and not abs(number) < LARGEST_SECONDS:
        raise _too_large(number)
    if isinstance(number, int):
        return _checked(number * scale, number)
    whole = int(number)  # whole part exactly, so that only the fraction is rounded
    return _checked(whole * scale + round((float(number) - whole) * scale), number)


def _numbers_to_ns(numbers: npt.NDArray[Any], unit: TimeUnit | None) -> TimeArray:
    scale = _scale(unit)
    if not len(numbers):
        return np.empty(0, np.int64)
    smallest, largest = numbers.min(), numbers.max()
    if not (np.isfinite(smallest) and np.isfinite(largest)):
        msg = "'times' has entries that are not finite. Drop those rows first."
        raise ValueError(msg)
    extreme = max(abs(float(smallest)), abs(float(largest)))
    if unit is None and extreme >= LARGEST_SECONDS:
        raise _too_large(smallest if abs(float(smallest)) == extreme else largest)
    if numbers.dtype.kind in "iu":
        _checked(max(abs(int(smallest)), abs(int(largest))) * scale, largest)
        return numbers.astype(np.int64) * scale
    _checked(int(extreme) * scale, extreme)
    if scale == 1:
        rounded: TimeArray = np.rint(numbers).astype(np.int64)
        return rounded
    # Seconds and the rest apart: seconds × 1e9 in one product would lose the last 100 ns or so.
    whole = np.floor(numbers)
    ns: TimeArray = whole.astype(np.int64)
    ns *= scale
    fraction = np.subtract(numbers, whole, out=whole)
    fraction *= scale
    ns += np.rint(fraction, out=fraction).astype(np.int64)
    return ns


def _scale(unit: TimeUnit | None) -> int:
    scale = NS_PER_UNIT.get(unit or "s")
    if scale is None:
        msg = f"'unit' must be 's', 'ms', 'us' or 'ns' (got {unit!r})."
        raise ValueError(msg)
    return scale


def _too_large(number: Any) -> ValueError:
    plain = int(number) if isinstance(number, (int, np.integer)) else float(number)
    return ValueError(
        f"{plain!s:.40} is too large for a time in seconds since the epoch. "
        "Say what it is with unit='ms', unit='us' or unit='ns'."
    )


def _checked(ns: int, given: object) -> int:
    if not -(2**63) < ns < 2**63:
        msg = f"{given!s:.80} is outside the years 1677 to 2262."
        raise ValueError(msg)
    return ns
