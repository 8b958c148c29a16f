"""Times and values: whatever people give becomes int64 ns UTC and float64, or the error says why not."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.readings.batch import Batch, as_times_ns, as_values, channel_name, time_ns
from tests.strategies import NS

UTC = UTC
PRAGUE = ZoneInfo("Europe/Prague")
NOON_NS = 1_782_907_200 * NS
LIMIT = 2**63


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 7, 1, 12, tzinfo=UTC),
        datetime(2026, 7, 1, 14, tzinfo=PRAGUE),
        pd.Timestamp("2026-07-01T12:00:00Z"),
        pd.Timestamp("2026-07-01T14:00:00", tz="Europe/Prague"),
        np.datetime64("2026-07-01T12:00:00"),
        np.datetime64("2026-07-01T12:00:00", "ns"),
        np.datetime64("2026-07-01T12", "h"),
        "2026-07-01T12:00:00Z",
        "2026-07-01 14:00:00+02:00",
        "20260701T120000Z",
        1_782_907_200,
        1_782_907_200.0,
        np.int32(1_782_907_200),
        np.float64(1_782_907_200),
    ],
)
def test_every_way_to_give_a_time_means_the_same(when: Any) -> None:
    """One moment, given in any of the ways that the API names, is one number of nanoseconds."""
    assert time_ns(when) == NOON_NS
    assert as_times_ns([when, when]).tolist() == [NOON_NS, NOON_NS]


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 7, 1, 14),
        pd.Timestamp("2026-07-01T14:00:00"),
        "2026-07-01T14:00:00",
        "2026-07-01 14:00",
    ],
)
def test_a_naive_time_is_in_the_given_zone(when: Any) -> None:
    """A time that names no zone is read in `timezone`."""
    assert time_ns(when, timezone=PRAGUE) == NOON_NS
    assert as_times_ns([when], timezone=PRAGUE).tolist() == [NOON_NS]


@pytest.mark.parametrize("make", [datetime, pd.Timestamp], ids=["datetime", "Timestamp"])
def test_a_naive_time_is_local_without_a_zone(make: Any) -> None:
    """Without `timezone` a naive time is in the machine's zone, a pandas Timestamp too."""
    assert time_ns(make(2026, 7, 1, 12)) == round(datetime(2026, 7, 1, 12).timestamp()) * NS


def test_a_date_is_its_midnight() -> None:
    """A plain date is the beginning of that day."""
    assert time_ns(date(2026, 7, 1), timezone=UTC) == NOON_NS - 12 * 3600 * NS


def test_none_is_now() -> None:
    """None takes the wall clock."""
    before = time.time_ns()
    assert before <= time_ns(None) <= time.time_ns()


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_timestamp_keeps_its_nanoseconds(ns: int) -> None:
    """A pandas Timestamp and a datetime64 keep all their nanoseconds, in any year that they can hold."""
    assert time_ns(pd.Timestamp(ns, unit="ns", tz="UTC")) == ns
    assert time_ns(np.datetime64(ns, "ns")) == ns
    assert as_times_ns(np.array([ns], "M8[ns]")).tolist() == [ns]
    assert time_ns(ns, unit="ns") == ns
    assert as_times_ns(np.array([ns]), unit="ns").tolist() == [ns]


@given(
    st.datetimes(datetime(1680, 1, 1), datetime(2262, 1, 1)),
    st.sampled_from(
        ["UTC", "Europe/Prague", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
    st.integers(0, 1),
)
def test_a_datetime_is_read_as_python_does(when: datetime, zone: str, fold: int) -> None:
    """Aware datetimes count microseconds from the epoch exactly, also around a change of the clocks."""
    aware = when.replace(tzinfo=ZoneInfo(zone), fold=fold)
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if aware.utcoffset() == aware.replace(fold=1 - fold).utcoffset():
        assert time_ns(aware) == expected * 1000
        assert time_ns(when, timezone=ZoneInfo(zone)) == expected * 1000
    else:
        # Subtraction of aware datetimes agrees with timestamp() there, too; only not to the last digit.
        assert time_ns(aware) == pytest.approx(aware.timestamp() * NS, abs=NS)


def test_both_readings_of_an_ambiguous_hour() -> None:
    """In the hour that comes twice, `fold` says which one is meant."""
    ambiguous = datetime(2026, 10, 25, 2, 30, tzinfo=PRAGUE)
    first, second = time_ns(ambiguous), time_ns(ambiguous.replace(fold=1))
    assert second - first == 3600 * NS
    assert time_ns("2026-10-25T02:30:00+02:00") == first
    assert time_ns("2026-10-25T02:30:00+01:00") == second


@given(st.integers(-9_200_000_000, 9_200_000_000), st.integers(0, 999_999_999))
def test_text_keeps_nanoseconds(seconds: int, below: int) -> None:
    """Nine digits after the point are kept, although datetime holds six."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    text = moment.strftime("%m-%dT%H:%M:%S")
    assert time_ns(f"{moment.year:04d}-{text}.{below:09d}Z") == seconds * NS + below


@given(st.integers(-9_000_000_000, 9_000_000_000), st.integers(0, 10**6 - 1))
def test_numbers_are_seconds_and_the_same_one_by_one(seconds: int, microseconds: int) -> None:
    """A number is read as well as float64 holds it, alike alone and in an array."""
    number = seconds + microseconds / 1e6
    exact = round(number * 1_000_000) * 1000
    assert time_ns(number) == as_times_ns([number])[0]
    assert abs(time_ns(number) - exact) <= max(1, abs(np.spacing(number)) * 1e9)
    assert time_ns(seconds) == seconds * NS


@pytest.mark.parametrize(
    ("unit", "number"),
    [("s", 1_782_907_200), ("ms", 1_782_907_200_000), ("us", NOON_NS // 1000), ("ns", NOON_NS)],
)
def test_units_of_plain_numbers(unit: Any, number: int) -> None:
    """`unit` says what a number counts."""
    assert time_ns(number, unit=unit) == NOON_NS
    assert as_times_ns([number], unit=unit).tolist() == [NOON_NS]
    assert as_times_ns(np.array([number], np.float64), unit=unit).tolist() == [NOON_NS]


@pytest.mark.parametrize(
    "number", [1e11, -1e11, 10**11, 1_782_907_200_000, np.float64(1e12), 10**400]
)
def test_milliseconds_without_saying_so_are_refused(number: Any) -> None:
    """A number that is too large for seconds raises, and the message names `unit=`."""
    with pytest.raises(ValueError, match="too large for a time in seconds.*unit='ms'") as error:
        time_ns(number)
    assert "np." not in str(error.value)
    if abs(number) < 1e300:
        with pytest.raises(ValueError, match="unit='ms'"):
            as_times_ns([0.0, number])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
@pytest.mark.parametrize("unit", [None, "ms"])
def test_numbers_that_are_no_time(number: float, unit: Any) -> None:
    """NaN and infinities are no times."""
    with pytest.raises(ValueError, match="finite"):
        time_ns(number, unit=unit)
    with pytest.raises(ValueError, match="finite"):
        as_times_ns(np.array([0.0, number]), unit=unit)


@pytest.mark.parametrize("when", [pd.NaT, np.datetime64("NaT"), np.datetime64("NaT", "ns")])
def test_missing_times_are_refused(when: Any) -> None:
    """NaT raises and says what it is."""
    with pytest.raises(ValueError, match="NaT"):
        time_ns(when)


@pytest.mark.parametrize(
    "times",
    [
        np.array(["2026-07-01", "NaT"], "M8[s]"),
        pd.DatetimeIndex(["2026-07-01", None]),
        pd.DatetimeIndex(["2026-07-01", None], tz="Europe/Prague"),
        pd.Series(pd.to_datetime(["2026-07-01", None])),
        [datetime(2026, 7, 1), pd.NaT],
    ],
)
def test_missing_times_in_arrays_are_refused(times: Any) -> None:
    """One NaT refuses the batch and says what it is."""
    with pytest.raises(ValueError, match="NaT"):
        as_times_ns(times)


@pytest.mark.parametrize(
    "when",
    [
        datetime(1, 1, 1),
        datetime.max,
        datetime.max.replace(tzinfo=UTC),
        datetime(1677, 9, 21, tzinfo=UTC),
        datetime(2262, 4, 12, tzinfo=UTC),
        "0001-01-01",
        "9999-12-31T23:59:59-23:00",
        np.datetime64("3000-01-01"),
        np.datetime64("1600-01-01T00:00:00", "us"),
        pd.Timestamp("3000-01-01").as_unit("s"),
        date(2500, 1, 1),
        9_300_000_000,
        9_300_000_000.0,
    ],
)
def test_years_beyond_int64_are_refused(when: Any) -> None:
    """Times outside the years 1677 to 2262 raise; none wraps around silently."""
    with pytest.raises(ValueError, match="outside the years 1677 to 2262"):
        time_ns(when)
    with pytest.raises(ValueError, match="outside the years 1677 to 2262"):
        as_times_ns(np.array([when]) if isinstance(when, np.datetime64) else [when])


@pytest.mark.parametrize(
    "when", [datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC)]
)
def test_the_first_and_the_last_year(when: datetime) -> None:
    """The ends of what int64 holds are still times."""
    assert abs(time_ns(when)) < LIMIT
    assert (
        time_ns(when)
        == time_ns(when.isoformat())
        == time_ns(np.datetime64(when.replace(tzinfo=None)))
    )


@pytest.mark.parametrize(
    "when", [True, np.True_, 1j, [], {}, object(), np.timedelta64(5, "s"), b"2026"]
)
def test_other_types_are_refused(when: Any) -> None:
    """What is no time is a TypeError that names the type; a bool is no number of seconds."""
    with pytest.raises(TypeError, match=f"got {type(when).__name__}"):
        time_ns(when)


@pytest.mark.parametrize("times", [[True, False], np.array([1, 2], "m8[s]"), [1.0, object()]])
def test_arrays_of_other_types_are_refused(times: Any) -> None:
    """Arrays of bools, durations and other things are no times."""
    with pytest.raises(TypeError):
        as_times_ns(times)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "01.07.2026", "12:00", "2026-13-01", "2026-07-01T25:00"]
)
def test_text_that_is_no_time(text: str) -> None:
    """Text that isn't an ISO time raises and shows what one looks like."""
    with pytest.raises(ValueError, match="is not an ISO 8601 time"):
        time_ns(text)


def test_an_unknown_unit_is_refused() -> None:
    """A unit that isn't one raises and lists those that are."""
    with pytest.raises(ValueError, match="'unit' must be 's', 'ms', 'us' or 'ns'"):
        time_ns(1.0, unit="h")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'unit' must be"):
        as_times_ns([], unit="minutes")  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kathmandu"])
def test_pandas_indexes_of_any_unit(unit: str, zone: str | None) -> None:
    """An index that knows its zone is converted, one that doesn't is UTC, whatever its unit."""
    index = pd.DatetimeIndex(["2026-07-01T12:00:00"], tz="UTC").as_unit(unit)
    index = index.tz_localize(None) if zone is None else index.tz_convert(zone)
    assert as_times_ns(index).tolist() == [NOON_NS]
    assert as_times_ns(pd.Series(index)).tolist() == [NOON_NS]


def test_the_given_times_are_not_changed() -> None:
    """Reading an array of times leaves it as it was."""
    for array in (np.array([1.5, 2.5]), np.array([1, 2]), np.array(["2026-07-01"], "M8[us]")):
        before = array.copy()
        as_times_ns(array)
        assert (array == before).all()


def test_only_one_dimension() -> None:
    """A scalar or a table of times is refused."""
    for times in (5.0, [[1.0], [2.0]]):
        with pytest.raises(ValueError, match="one-dimensional"):
            as_times_ns(times)


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ([1, 2], [1.0, 2.0]),
        ([True, False], [1.0, 0.0]),
        ([None, 2.0], [np.nan, 2.0]),
        (np.array([1, 2], np.uint8), [1.0, 2.0]),
        (np.array([np.inf, -np.inf], np.float32), [np.nan, np.nan]),
        ([1e308, 1e308], [1e308, 1e308]),
        ([np.nan, np.inf], [np.nan, np.nan]),
        (pd.Series([1.0, None], dtype="Float64"), [1.0, np.nan]),
        ((1, 2), [1.0, 2.0]),
    ],
)
def test_values_become_float64(given_values: Any, expected: list[float]) -> None:
    """Numbers of any kind become float64; None and infinities become NaN, without a warning."""
    result = as_values(given_values, 2, "x")
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    "given_values",
    [
        ["1", "2"],
        [1.0, "2"],
        np.array(["a", "b"]),
        np.array(["a", "b"], object),
        np.array(["2026", "2027"], "M8[s]"),
        [1j, 2j],
        np.array([1j, 2j]),
        [[1], [2, 3]],
        [{}, {}],
        object(),
    ],
)
def test_values_that_are_no_numbers(given_values: Any) -> None:
    """Text, dates and complex numbers are refused, and the channel is named."""
    with pytest.raises(ValueError, match="Channel 'x' must"):
        as_values(given_values, 2, "x")


@pytest.mark.parametrize("given_values", [[1.0], [1.0, 2.0, 3.0], 1.0, [[1.0, 2.0]], []])
def test_values_of_another_shape(given_values: Any) -> None:
    """One value per time, no more and no fewer."""
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        as_values(given_values, 2, "x")


def test_infinities_are_replaced_in_a_copy() -> None:
    """The caller's array keeps its infinities."""
    array = np.array([1.0, np.inf])
    as_values(array, 2, "x")
    assert np.isinf(array[1])


@given(st.text(max_size=400))
def test_any_text_becomes_a_name(name: str) -> None:
    """A channel's name is the whole text, and never empty; taken again it stays."""
    result = channel_name(name)
    assert result == (name or "(no name)")
    assert channel_name(result) == result


def test_names_of_columns_without_a_header() -> None:
    """Numbers name the columns of a headerless table; other things name nothing."""
    assert channel_name(0) == "0"
    assert channel_name(np.int64(3)) == "3"
    with pytest.raises(TypeError, match="name must be a str"):
        channel_name(None)


def test_rows_become_columns() -> None:
    """A channel that a row leaves out has NaN there."""
    batch = Batch.from_rows([(1, {"a": 1.0}), (2, {"b": 2.0}), (3, {})])
    assert len(batch) == 3
    assert batch.times.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(batch.values["a"], [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(batch.values["b"], [np.nan, 2.0, np.nan])
    assert len(Batch.from_rows([])) == 0
