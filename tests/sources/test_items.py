"""What users hand over: whatever stands for a reading is one, and what is none says why."""

from __future__ import annotations

import argparse
import array
import collections
import dataclasses
import enum
import sqlite3
import types
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.sources.item_reading import new_reader, read

AT = "2026-07-01T12:00:01"
SECONDS = 1_782_907_201


class Tensor:
    """Holds numbers as tensors do: on a device that numpy cannot reach."""

    def __init__(self, numbers: Any) -> None:
        self._numbers = np.array(numbers, np.float64)
        self.shape = self._numbers.shape
        self.dtype = "float32"

    def __array__(self, *given: Any, **options: Any) -> Any:
        """Refuse, as torch does for a GPU."""
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def __float__(self) -> float:
        """Return the only number."""
        return float(self._numbers.reshape(()))

    def item(self) -> float:
        """Return the only number."""
        return float(self._numbers.item())

    def tolist(self) -> Any:
        """Return the numbers as lists."""
        return self._numbers.tolist()


@dataclasses.dataclass
class Weather:
    """A reading with names."""

    temp: float
    hum: float


Point = collections.namedtuple("Point", "x y")
NUMBERS = [
    *(0.5, np.float32(0.5), np.float64(0.5), Decimal("0.5"), Fraction(1, 2), "0.5", b" 0.5\r\n"),
    *(np.array(0.5), np.array([0.5]), np.array([[0.5]]), Tensor(0.5), Tensor([0.5]), (0.5,), [0.5]),
]


@pytest.mark.parametrize("item", NUMBERS)
def test_a_number_is_one_in_whatever_it_comes(item: Any) -> None:
    """Alone, in a dict, at a time and in a row of numbers it is the same number."""
    assert read(item) == [("now", {"value": 0.5})]
    assert read((AT, item)) == [(AT, {"value": 0.5})]
    if not isinstance(item, (tuple, list)):
        assert read({"loss": item}) == [("now", {"loss": 0.5})]
        assert read([item, 1, 2]) == [("now", {"c1": 0.5, "c2": 1.0, "c3": 2.0})]


@pytest.mark.parametrize(
    ("item", "values"),
    [
        (Weather(21.5, 40), {"temp": 21.5, "hum": 40.0}),
        (types.SimpleNamespace(temp=21.5, hum=40), {"temp": 21.5, "hum": 40.0}),
        (Point(1, 2), {"x": 1.0, "y": 2.0}),
        ((0.1, 0.2, 9.8), {"c1": 0.1, "c2": 0.2, "c3": 9.8}),
        ([0.1, 0.2, 9.8], {"c1": 0.1, "c2": 0.2, "c3": 9.8}),
        (np.array([0.1, 0.2]), {"c1": 0.1, "c2": 0.2}),
        (Tensor([0.1, 0.2, 9.8]), {"c1": 0.1, "c2": 0.2, "c3": 9.8}),
        (pd.Series({"temp": 21.5, "hum": 40}), {"temp": 21.5, "hum": 40.0}),
        ({"a": {"x": 1, "y": {"z": 2}}, "b": [3, 4]}, {"a.x": 1, "a.y.z": 2, "b[0]": 3, "b[1]": 4}),
        ({"a": np.array([1, 2]), "p": Point(1, 2)}, {"a[0]": 1, "a[1]": 2, "p.x": 1, "p.y": 2}),
        ({"on": True, "off": False, "door": "open"}, {"on": 1.0, "off": 0.0, "door": 1.0}),
        ({"load": "45 %", "took": "00:01:30.5"}, {"load": 45.0, "took": 90.5}),
        (
            {"a": None, "b": float("inf"), "c": pd.NA, "d": 1},
            {"a": None, "b": None, "c": None, "d": 1},
        ),
        (np.array([(1.0, 2.0)], "f8,f8")[0], {"f0": 1.0, "f1": 2.0}),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_has_names_or_is_a_row_of_numbers_is_a_channel_each(item: Any, values: Any) -> None:
    """Dicts, also nested, dataclasses, namedtuples, labelled series, rows of three and more."""
    assert read(item) == [("now", values)]


class Quantity:
    """Stands for a number with its unit, as pint's and astropy's are."""

    def __init__(self, number: float, unit: str, names: tuple[str, str]) -> None:
        setattr(self, names[0], number)
        setattr(self, names[1], unit)

    def __float__(self) -> float:
        """Refuse, as they do where there is a unit."""
        raise TypeError("cannot convert to dimensionless")


@pytest.mark.parametrize(
    ("value", "number", "unit"),
    [
        (Quantity(21.5, "°C", ("magnitude", "units")), 21.5, "°C"),
        (Quantity(21.5, "K", ("value", "unit")), 21.5, "K"),
        *((timedelta(seconds=1.5), 1.5, "s"), (np.timedelta64(1500, "ms"), 1.5, "s")),
        *((pd.Timedelta("1.5s"), 1.5, "s"), ("21,5 °C", 21.5, "°C"), ("-1021,55", -1021.55, None)),
    ],
)
def test_a_value_may_be_a_quantity(value: Any, number: float, unit: str | None) -> None:
    """Its unit is the channel's; a comma that can only be a decimal one is one."""
    reader = new_reader()
    assert read({"x": value, "time": AT}, reader) == [(AT, {"x": number})]
    assert (reader.units["x"] or None) == unit
    assert read((AT, {"x": value})) == [(AT, {"x": number})]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1,234.5", 1234.5), ("-1,234,567", -1234567.0), ("1.234,5", 1234.5)),
        *(("1.234.567,89 €", 1234567.89), ("12,345.0 kWh", 12345.0)),
    ],
)
def test_thousands_may_stand_apart(text: str, number: float) -> None:
    """Where marks can mean nothing else, which a note says."""
    reader = new_reader()
    assert read({"x": text, "time": AT}, reader) == [(AT, {"x": number})]
    assert "is 1" in reader.guesses()["groups"] or "is -1" in reader.guesses()["groups"]


@pytest.mark.parametrize(
    "text", ["1,234", "12,34.5", "1.234.567", "192.168.1.10", "1,2,3", "1,234,5"]
)
def test_marks_that_may_mean_something_else_make_no_number(text: str) -> None:
    """A value of 1,234 is a thousand times another one elsewhere; versions and addresses are none."""
    with pytest.raises(ValueError, match="is a number"):
        read({"x": text, "time": AT})


@pytest.mark.parametrize(
    "item",
    [
        collections.deque([1, 2, 3]),
        range(1, 4),
        array.array("d", [1, 2, 3]),
        b"1 2 3",
        memoryview(b"1 2 3"),
    ],
)
def test_rows_of_numbers_come_in_whatever_holds_them(item: Any) -> None:
    """Each number is a channel."""
    assert read(item) == [("now", {"c1": 1.0, "c2": 2.0, "c3": 3.0})]


def test_a_dict_of_columns_with_times_is_several_readings() -> None:
    """Without times nobody can know whether a list is a column or a vector."""
    times = ["2026-07-01T12:00:00", "2026-07-01T12:00:01"]
    assert read({"time": times, "x": [1, 2]}) == [("now", {"x": 1.0}), (AT, {"x": 2.0})]
    assert read({"x": [1, 2]}) == [("now", {"x[0]": 1.0, "x[1]": 2.0})]


def test_a_row_of_a_frame_has_the_time_of_its_label() -> None:
    """Also where it has a single value, which could be a number of its own."""
    frame = pd.DataFrame({"x": [1.5]}, index=pd.to_datetime(["2026-07-01 12:00:01"]))
    assert read(frame.iloc[0]) == [(AT, {"x": 1.5})]
    assert read(next(frame.iterrows())) == [(AT, {"x": 1.5})]


@pytest.mark.parametrize(
    ("item", "advice"),
    [
        (iter([1.0]), "watch it"),
        (types.SimpleNamespace, "Call it"),
        ({1.0, 2.0}, "Give a list or a dict"),
        ({"x": 1}.items(), "Give a list or a dict"),
        (argparse.Namespace(x=1), r"Give vars\(x\)"),
        ([("x", 1), ("y", 2)], r"Give a dict: dict\("),
    ],
    ids=lambda given: given if isinstance(given, str) else type(given).__name__,
)
def test_what_leads_to_a_reading_says_how(item: Any, advice: str) -> None:
    """A function may return what has to be called, looped over or made a dict."""
    with pytest.raises((TypeError, ValueError), match=advice):
        new_reader().read(item)


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC),
        pd.Timestamp("2026-07-01 12:00:01"),
        np.datetime64("2026-07-01T12:00:01"),
        *("2026-07-01 12:00:01", "2026-07-01T14:00:01+02:00", "2026-07-01 12:00:01 UTC"),
        *("01.07.2026 12:00:01", "Wed, 01 Jul 2026 12:00:01 GMT", "12:00:01"),
        *(SECONDS, float(SECONDS), str(SECONDS), SECONDS * 1000, SECONDS * 10**6, SECONDS * 10**9),
    ],
)
def test_a_plausible_time_is_the_time(when: Any) -> None:
    """Under its usual names in a dict, and first in a pair; in whatever unit or form it comes."""
    for name in ("t", "ts", "T", "time", "Time", "timestamp", "@timestamp", "date", "datetime"):
        assert read({name: when, "x": 1}) == [(AT, {"x": 1.0})]
    assert read((when, 1.5)) == [(AT, {"value": 1.5})]
    assert read([when, {"x": 1}]) == [(AT, {"x": 1.0})]
    assert read((when, [1, 2])) == [(AT, {"c1": 1.0, "c2": 2.0})]


@pytest.mark.parametrize("value", [23.1, 0, -5, 0.042, "0.042", 4e8, 5e9, True])
@pytest.mark.parametrize("name", ["t", "T", "ts", "time", "date", "timestamp"])
def test_a_number_that_cannot_be_a_time_is_a_channel(name: str, value: Any) -> None:
    """Temperatures, durations and counters are no times of 1970, whatever they are called."""
    assert read({"h": 45.0, name: value}) == [("now", {"h": 45.0, name: float(value)})]


def test_date_and_time_of_day_of_a_dict_are_joined() -> None:
    """Neither becomes midnight, nor is a clock that is far from now taken for one."""
    assert read({"Date": "2026-07-01", "Time": "12:00:01", "x": 1}) == [(AT, {"x": 1.0})]
    assert read({"time": "03:00:01", "x": 1}) == [("now", {"time": 10801.0, "x": 1.0})]
    assert read({"day": date(2026, 7, 1), "x": 1}) == [("2026-07-01T00:00:00", {"x": 1.0})]


def test_a_text_that_is_a_time_is_the_time_under_any_name() -> None:
    """Names of other languages and programs need not be known."""
    assert read({"gemessen": "2026-07-01T12:00:01", "x": 1}) == [(AT, {"x": 1.0})]
    entry = {"__REALTIME_TIMESTAMP": str(SECONDS * 10**6), "_PID": "7", "PRIORITY": "6"}
    assert read(entry) == [(AT, {"PRIORITY": 6.0})]


@pytest.mark.parametrize(
    ("item", "form"),
    [
        ((45.0, 23.1), r"Give a dict: {'a': 45.0, 'b': 23.1}"),
        ([45.0, 23.1], r"Give a dict: {'a': 45.0, 'b': 23.1}"),
        (("temp", 23.1), r"Give a dict: {'temp': 23.1}"),
        ((1970.5, {"x": 1}), r"Give a dict"),
        (object(), r"A reading is a number, a dict"),
        ({"a": "idle", "b": object()}, r"Nothing in .* is a number"),
        (1j, r"A reading is"),
    ],
)
def test_what_is_no_reading_says_which_form_would_do(item: Any, form: str) -> None:
    """A pair without names is refused, for nobody can know what it means."""
    with pytest.raises((TypeError, ValueError), match=form):
        new_reader().read(item)


def test_the_advice_for_a_pair_works() -> None:
    """The dict that the error shows is read."""
    assert read({"a": 45.0, "b": 23.1}) == [("now", {"a": 45.0, "b": 23.1})]


def test_a_row_with_its_time_in_front() -> None:
    """A date in front of three cells is their time; an epoch only if it is about now."""
    assert read((AT, 21.5, 40)) == [(AT, {"c1": 21.5, "c2": 40.0})]
    assert read((SECONDS, 21.5, 40)) == [(AT, {"c1": 21.5, "c2": 40.0})]
    memory = 2_000_000_000
    assert read((memory, 1, 2)) == [("now", {"c1": float(memory), "c2": 1.0, "c3": 2.0})]


def test_a_list_of_readings_is_several() -> None:
    """What an API returns: dicts, or pairs with times."""
    expected = [(AT, {"x": 1.0}), ("2026-07-01T12:00:02", {"x": 2.0})]
    assert read([{"t": SECONDS, "x": 1}, {"t": SECONDS + 1, "x": 2}]) == expected
    pairs = read([(AT, 1), ("2026-07-01T12:00:02", 2)])
    assert [values["value"] for _, values in pairs] == [1.0, 2.0]
    rows = read([[SECONDS, 1, 5], [SECONDS + 1, 2, 6]])
    assert rows == [(AT, {"c2": 1.0, "c3": 5.0}), ("2026-07-01T12:00:02", {"c2": 2.0, "c3": 6.0})]


@pytest.mark.parametrize("item", [[], (), "", "\n", b""])
def test_an_empty_answer_is_no_reading(item: Any) -> None:
    """Nothing is wrong with it."""
    assert read(item) == []


def test_a_row_of_a_database_has_names() -> None:
    """sqlite3.Row is read as the dict that it could be."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    row = connection.execute("SELECT ? AS ts, 21.5 AS temp", (AT,)).fetchone()
    connection.close()
    assert read(row) == [(AT, {"temp": 21.5})]


def test_a_value_that_is_no_number_costs_itself_only() -> None:
    """It is counted, the first is kept to be shown; a known channel has a missing reading there."""
    reader = new_reader()
    assert read({"temp": 21.5, "mode": "auto"}, reader) == [("now", {"temp": 21.5})]
    assert read({"temp": "broken", "hum": 40, "mode": "auto"}, reader) == [
        ("now", {"temp": None, "hum": 40.0})
    ]
    assert reader.n_bad_cells == 3
    assert reader.bad_cell == ("mode", "auto")
    assert read({"temp": "[N/A]", "hum": "unavailable"}, reader) == [
        ("now", {"temp": None, "hum": None})
    ]
    assert reader.n_bad_cells == 3


def test_a_value_keeps_the_unit_that_it_came_with_first() -> None:
    """Sizes that change their prefix stay comparable, and what is another quantity is none."""
    reader = new_reader()
    texts = ["999 KiB/s", "1.5 MiB/s", "12"]
    found = [read({"rate": text}, reader)[0][1]["rate"] for text in texts]
    assert found == [999.0, 1536.0, 12.0]
    assert reader.units == {"rate": "KiB/s"}
    assert read({"rate": "21 °C", "x": 1}, reader) == [("now", {"rate": None, "x": 1.0})]
    assert reader.bad_cell == ("rate", "21 °C")
    plain = new_reader()
    assert [read({"n": text}, plain)[0][1]["n"] for text in ("0", "450k", "1M")] == [0, 450e3, 1e6]


@pytest.mark.parametrize("text", ["3C01", "0x1F", "12AB", "1.2.3", "192.168.0.1", "5 potatoes2"])
def test_names_that_begin_with_a_digit_are_no_quantities(text: str) -> None:
    """Serial numbers and versions are left out, and counted."""
    reader = new_reader()
    assert read({"id": text, "x": 1}, reader) == [("now", {"x": 1.0})]
    assert reader.n_bad_cells == 1


def test_text_is_read_as_lines_are() -> None:
    """What a serial port or a program's output gives: a line, several, or JSON over many lines."""
    assert read(b"temp=21.5 hum=40\r\n") == [("now", {"temp": 21.5, "hum": 40.0})]
    assert read("a b\n1 2\n3 4\n") == [("now", {"a": 1.0, "b": 2.0}), ("now", {"a": 3.0, "b": 4.0})]
    assert read('{\n "a": 1,\n "b": {"c": 2}\n}') == [("now", {"a": 1.0, "b.c": 2.0})]
    reader = new_reader()
    assert read("x=1\n?\n", reader) == [("now", {"x": 1.0})]
    with pytest.raises(ValueError, match="no numbers"):
        read("? !\n? !\n? !\n? !")


@dataclasses.dataclass
class Measured:
    """A reading that names its unit beside its value, and more."""

    time: datetime
    temp: float
    unit: str = "°C"


@dataclasses.dataclass
class Valued:
    """The same with the names that quantities have."""

    time: datetime
    value: float
    unit: str = "°C"


@dataclasses.dataclass
class Quantity:
    """A number with its unit."""

    value: float
    unit: str


class Mode(enum.Enum):
    """A state whose words are numbers."""

    ON = "on"
    LEVEL = 7


@pytest.mark.parametrize(
    ("item", "values"),
    [
        (Measured(datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC), 21.5), {"temp": 21.5}),
        (Valued(datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC), 21.5), {"value": 21.5}),
        ((SECONDS, b'{"x": 1, "y": {"z": 2}}'), {"x": 1.0, "y.z": 2.0}),
        ((SECONDS, '{"x": "1.5"}'), {"x": 1.5}),
        ({"plant.flow": '{"x": 1, "ts": 1782907201}'}, {"plant.flow.x": 1.0}),
        ({b"plant": b'{"ts": 1782907201, "y": {"z": 2}}'}, {"plant.y.z": 2.0}),
        ({"ts": SECONDS, b"flow": b"1.5"}, {"flow": 1.5}),
        ({"ts": SECONDS, "a": Mode.ON, "b": Mode.LEVEL}, {"a": 1.0, "b": 7.0}),
        ({"ts": SECONDS, "t": Quantity(3.0, "°C")}, {"t.value": 3.0}),
    ],
    ids=lambda x: f"{x!r}"[:40] if not isinstance(x, dict) else "",
)
def test_what_clients_of_brokers_and_devices_hand_over(item: Any, values: dict[str, float]) -> None:
    """Dataclasses with units, texts of JSON below a time or a topic, bytes, enums."""
    ((when, found),) = new_reader().read(item)
    assert found == values
    assert when == SECONDS * 10**9


@pytest.mark.parametrize("item", [{"a": '{"x": 1'}, {"a": "{}"}, {"a": '["x"]'}, (SECONDS, "{x}")])
def test_text_that_is_no_reading_is_none(item: Any) -> None:
    """Half an object is no number, and neither is an empty one."""
    with pytest.raises((TypeError, ValueError)):
        new_reader().read(item)
