"""Rows and axes of a chart by the units of its channels."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.widgets.chart.arrangement import AXES_A_ROW, arrange, read_rows


def arranged(units: dict[str, str], rows: Any = None) -> list[list[tuple[str, str]]]:
    """Return each row's axes as (unit, names of its channels)."""
    names = list(units)
    return [
        [(axis.unit, "".join(names[number] for number in axis.channels)) for axis in row]
        for row in arrange(names, units, rows)
    ]


def test_one_unit_has_one_axis() -> None:
    """Channels of one unit, or all without one, share an axis; a chart without channels has one too."""
    assert arranged({"a": "V", "b": "V"}) == [[("V", "ab")]]
    assert arranged({"a": "", "b": ""}) == [[("", "ab")]]
    assert arranged({}) == [[("", "")]]


def test_a_second_unit_stands_on_the_right() -> None:
    """So do channels without a unit beside those with one."""
    assert arranged({"a": "°C", "b": "%", "c": "°C"}) == [[("°C", "ac"), ("%", "b")]]
    assert arranged({"a": "", "b": "%"}) == [[("", "a"), ("%", "b")]]


def test_more_units_have_a_row_each() -> None:
    """Temperature, humidity and pressure are readable with nothing said."""
    units = {"t": "°C", "h": "%", "p": "Pa", "u": "°C"}
    assert arranged(units) == [[("°C", "tu")], [("%", "h")], [("Pa", "p")]]


def test_many_units_share_rows_and_at_last_an_axis() -> None:
    """Seven units need four rows; of thirteen the last two share the twelfth axis."""
    letters = string.ascii_lowercase
    assert [len(row) for row in arranged({c: c for c in letters[:6]})] == [1] * 6
    assert [len(row) for row in arranged({c: c for c in letters[:7]})] == [2, 2, 2, 1]
    many = arranged({c: c for c in letters[:13]})
    assert [len(row) for row in many] == [2] * 6
    assert many[-1][-1] == ("", "lm")


def test_a_unit_has_many_ways_to_be_written() -> None:
    """Letters that look the same are the same: °C as one letter or two, micro as sign or as mu."""
    assert arranged({"a": "°C", "b": "℃", "c": " °C"}) == [[("°C", "abc")]]
    assert arranged({"a": "µm", "b": "μm"}) == [[("µm", "ab")]]


def test_each_channel_has_a_row() -> None:
    """What has no unit, or one unit, and is far apart is no flat line; of very many the last share a row."""
    assert arranged({"a": "", "b": "", "c": "V"}, "each") == [
        [("", "a")],
        [("", "b")],
        [("V", "c")],
    ]
    assert arranged({}, "each") == [[("", "")]]
    many = arrange([f"c{n}" for n in range(40)], {}, "each")
    assert len(many) == 32
    assert many[-1][0].channels == tuple(range(31, 40))
    rows = arrange(["a", "b", "c [bar]"], {"b": "V", "c [bar]": "bar"}, "each")
    assert [row[0].title for row in rows] == ["a", "b (V)", "c [bar]"]
    lanes = arrange(["a", "state", "b"], {}, "each", {"state"})
    assert [row[0].channels for row in lanes] == [(0,), (2,)]
    assert read_rows("each") == "each"


def test_rows_that_were_chosen() -> None:
    """Channels stand where they were put; two units in a row have two axes, a third a row below."""
    units = {"a": "V", "b": "A", "c": "V", "d": "W"}
    assert arranged(units, [["a", "b"], ["c"], ["d"]]) == [
        [("V", "a"), ("A", "b")],
        [("V", "c")],
        [("W", "d")],
    ]
    assert arranged(units, [["a", "b", "d"], ["c"]]) == [
        [("V", "a"), ("A", "b")],
        [("W", "d")],
        [("V", "c")],
    ]
    assert arranged(units, [["d"], ["c", "a"], ["b"]]) == [
        [("W", "d")],
        [("V", "ca")],
        [("A", "b")],
    ]


def test_what_no_row_names_goes_to_its_unit_or_below() -> None:
    """A channel that nobody placed is never lost; one that is not there yet takes no room."""
    units = {"a": "V", "b": "A", "c": "V", "d": "W", "e": "bar"}
    assert arranged(units, [["b", "later"], ["a"], ["much later"]]) == [
        [("A", "b")],
        [("V", "ac")],
        [("W", "d"), ("bar", "e")],
    ]
    assert arranged({}, [["later"]]) == [[("", "")]]


NAMES = st.lists(st.sampled_from(string.ascii_lowercase), unique=True, max_size=26)


@given(
    units=st.dictionaries(st.sampled_from(string.ascii_lowercase), st.text(max_size=3)),
    rows=st.none() | NAMES.map(lambda names: [names[i : i + 3] for i in range(0, len(names), 3)]),
)
def test_every_channel_is_on_one_axis(units: dict[str, str], rows: list[list[str]] | None) -> None:
    """Whatever the units and rows, no row is empty or has a third axis."""
    found = arrange(list(units), units, rows)
    numbers = [number for row in found for axis in row for number in axis.channels]
    assert sorted(numbers) == list(range(len(units)))
    assert all(1 <= len(row) <= AXES_A_ROW for row in found)
    assert all(axis.channels for row in found for axis in row) or not units


def test_rows_as_they_are_written() -> None:
    """Lists or tuples, a name alone for a row of one; empty rows are none."""
    assert read_rows([["a", "b"], ("c",), "de"]) == (("a", "b"), ("c",), ("de",))
    assert read_rows([[], ["a"]]) == (("a",),)
    assert read_rows(None) is None
    assert read_rows([]) is None


@pytest.mark.parametrize("rows", ["ab", 5, [5], [["a", 5]], [None]])
def test_what_is_no_rows(rows: Any) -> None:
    """The error shows how rows are written."""
    with pytest.raises(TypeError, match=r"\[\['a', 'b'\], \['c'\]\]"):
        read_rows(rows)


def test_a_channel_stands_once() -> None:
    """Twice is a mistake, and so are more rows than anybody can see."""
    with pytest.raises(ValueError, match="'a' twice"):
        read_rows([["a"], ["b", "a"]])
    with pytest.raises(ValueError, match="at most 32"):
        read_rows([[str(i)] for i in range(33)])
