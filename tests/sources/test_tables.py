"""Tables that functions and iterables hand over, of any library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest

from nbstream.readings.batch import Batch
from nbstream.sources import IterableSource, SourceState
from tests.sources.item_reading import NOW_NS, new_reader, read
from tests.wait import wait_until

START = datetime(2026, 7, 1, 12, 0, 1)
AT = [f"2026-07-01T12:00:0{i + 1}" for i in range(3)]
TEMPS = [21.5, None, 22.5]
EXPECTED = [(at, {"temp": temp}) for at, temp in zip(AT, TEMPS, strict=True)]


def columns(*, zone: Any = None) -> dict[str, list[Any]]:
    """Return three readings with their times, and a column of text."""
    start = START if zone is None else START.replace(tzinfo=zone)
    times = [start + timedelta(seconds=i) for i in range(3)]
    return {"temp": TEMPS, "when": times, "room": ["a", "b", "c"]}


@pytest.mark.parametrize("zone", [None, UTC], ids=["naive", "UTC"])
def test_a_frame_of_pandas(zone: Any) -> None:
    """Times come from a column of dates, from the index, or from a usual name."""
    frame = pd.DataFrame(columns(zone=zone))
    assert read(frame) == EXPECTED
    assert read(frame.set_index("when")) == EXPECTED
    assert read(frame.set_index("when")["temp"]) == EXPECTED
    seconds = [1_782_907_201 + i for i in range(3)]
    assert read(pd.DataFrame({"temp": TEMPS, "t": seconds})) == EXPECTED
    assert read(pd.DataFrame({"temp": TEMPS, "Time": AT})) == EXPECTED


@pytest.mark.parametrize("zone", [None, UTC], ids=["naive", "UTC"])
@pytest.mark.parametrize("library", ["polars", "polars lazily", "pyarrow", "pyarrow batch"])
def test_a_frame_of_another_library(library: str, zone: Any) -> None:
    """Polars and pyarrow are read as pandas is, whatever the numbers are stored as."""
    given: Any = columns(zone=zone)
    frame: Any
    if library.startswith("polars"):
        frame = polars.DataFrame(given)
        frame = frame.lazy() if library.endswith("lazily") else frame
    else:
        kind = pyarrow.timestamp("us", tz=None if zone is None else "UTC")
        given["when"] = pyarrow.array(given["when"], kind)
        frame = pyarrow.table(given)
        frame = frame.to_batches()[0] if library.endswith("batch") else frame
    assert read(frame) == EXPECTED


def test_series_of_polars_and_other_types() -> None:
    """A series is a channel of its name; whole numbers, bools, decimals and text are numbers."""
    assert read(polars.Series("temp", [1, 2])) == [("now", {"temp": 1.0}), ("now", {"temp": 2.0})]
    frame = polars.DataFrame({"i": [1, None], "b": [True, False], "s": ["1.5", "x"]})
    frame = frame.with_columns(d=polars.col("i").cast(polars.Decimal(10, 2)))
    assert read(frame) == [
        ("now", {"i": 1.0, "b": 1.0, "s": 1.5, "d": 1.0}),
        ("now", {"i": None, "b": 0.0, "s": None, "d": None}),
    ]


class DataArray:
    """Stands for an array with coordinates, as xarray's: it becomes a frame when asked."""

    __module__ = "xarray.core.dataarray"
    dims = ("time",)
    shape = (3,)
    name = "temp"

    def to_pandas(self) -> Any:
        """Return a series by its times."""
        return pd.DataFrame(columns()).set_index("when")["temp"].rename(None)


def test_an_array_with_coordinates() -> None:
    """The coordinates are the times, the name is the channel's."""
    assert read(DataArray()) == EXPECTED


def test_arrays_of_two_dimensions() -> None:
    """A channel a column; a first column of plausible times is the time."""
    assert read(np.array([[1, 2], [3, 4]])) == [
        ("now", {"c1": 1.0, "c2": 2.0}),
        ("now", {"c1": 3.0, "c2": 4.0}),
    ]
    assert read(np.array([[1.0], [2.0]])) == [("now", {"value": 1.0}), ("now", {"value": 2.0})]
    assert read(np.array([[1_782_907_201, 5.5]])) == [(AT[0], {"c2": 5.5})]
    named = np.array([(1.0, 2.0), (3.0, 4.0)], [("a", "f8"), ("b", "f4")])
    assert read(named) == [("now", {"a": 1.0, "b": 2.0}), ("now", {"a": 3.0, "b": 4.0})]
    assert read(Batch(np.array([NOW_NS]), {"x": np.array([1.0])})) == [("now", {"x": 1.0})]


def test_columns_of_any_name() -> None:
    """Doubled names, levels of names and numbers name channels that differ."""
    doubled = pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])
    assert read(doubled) == [("now", {"a": 1.0, "a (2)": 2.0})]
    levels = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert read(levels) == [("now", {"a x": 1.0, "a y": 2.0})]
    assert read(pd.DataFrame([[1.0, 2.0]])) == [("now", {"0": 1.0, "1": 2.0})]


def test_a_number_that_cannot_be_a_time_is_a_channel() -> None:
    """A column called t may hold temperatures, also beside dates."""
    frame = pd.DataFrame({"t": [21.5, 21.6], "x": [1, 2]})
    assert read(frame)[0] == ("now", {"t": 21.5, "x": 1.0})
    frame["recorded_at"] = AT[:2]
    assert read(frame)[0] == (AT[0], {"t": 21.5, "x": 1.0})


def test_cells_that_are_no_numbers_are_counted() -> None:
    """A column with one number in it is a channel; a row without a time is left out."""
    reader = new_reader()
    frame = pd.DataFrame({"time": [AT[0], None, AT[2]], "x": ["1", "2", "?!"], "room": ["a"] * 3})
    assert read(frame, reader) == [(AT[0], {"x": 1.0}), (AT[2], {"x": None})]
    assert (reader.n_bad_cells, reader.bad_cell) == (1, ("x", "?!"))


def test_rows_without_any_number_are_rejected() -> None:
    """A cell that says there is no value is none; one that cannot be read is counted, with an example."""
    frames = [pd.DataFrame({"x": ["1", "broken", "n/a", "2"], "y": [None] * 4})]
    with IterableSource(iter(frames)) as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        counters = source.counters()
        assert (counters.received, counters.accepted, counters.rejected) == (4, 3, 1)
        assert "cannot be read: x: broken" in source.notes
