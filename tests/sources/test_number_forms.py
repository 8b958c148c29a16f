"""How the cells of a column are written as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.sources.number_forms import PLAIN, NumberForm, find_form
from nbstream.text.units import convert


def test_units_of_one_kind_are_converted() -> None:
    """A prefix that changes from cell to cell doesn't change the scale of the channel."""
    form = find_form(["900 kB/s", "1.2 MB/s", "0"])
    assert form == NumberForm(unit="kB/s")
    assert [form.read(cell) for cell in ("900 kB/s", "1.2 MB/s", "0", "3 °C")] == [
        900,
        1200,
        0,
        None,
    ]
    assert convert(2.0, "h", "min") == 120.0
    assert convert(1.0, "°C", "°F") is None


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["21,5", "22"], [21.5, 22.0]),
        (["1,234", "998"], [1234.0, 998.0]),
        (["1.234,5", "7,0"], [1234.5, 7.0]),
        (["1.234", "0,5"], [1234.0, 0.5]),
        (["1'234.5", "0.1"], [1234.5, 0.1]),
        (["1 234,5", "0,1"], [1234.5, 0.1]),
        (["1,234", "0.5"], [1234.0, 0.5]),
        (["45 %", "46 %", "n/a"], [45.0, 46.0, None]),
        (["5 apples", "6 apples", "7 apples"], [5.0, 6.0, 7.0]),
        (["on", "off", "unavailable"], [1.0, 0.0, None]),
        (["1.234", "2.345"], [1.234, 2.345]),
    ],
)
def test_the_form_of_a_column_is_found(cells: list[str], values: list[float | None]) -> None:
    """Separators, units and switches are found from the cells of a column."""
    form = find_form(cells)
    assert form is not None
    assert [form.read(cell) for cell in cells] == values


@pytest.mark.parametrize(
    "cells",
    [["abc"], ["---", ""], ["on", "ajar"], ["on", "open"], ["12ab", "34cd"], ["1st", "2nd"]],
)
def test_a_column_without_numbers_has_no_form(cells: list[str]) -> None:
    """Text, mixed words and labels that begin with a digit are no numbers."""
    assert find_form(cells) is None


def test_what_one_column_leaves_open_the_others_decide() -> None:
    """1,234 is read as the rest of the file is written."""
    assert find_form(["1,234"], others=["0,5"]) == NumberForm(",")
    assert find_form(["1,234"], others=["0.5"]) == NumberForm(".", ",")
    assert find_form(["1,234"], prefers_comma=True) == NumberForm(",")
    assert find_form(["1,234"]) == NumberForm(".", ",")
    assert find_form(["1,234", "17"], prefers_comma=True) == NumberForm(".", ",")


@given(
    st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["!r", ":g", ":e", ":.3f"])
)
def test_what_python_writes_is_read(value: float, how: str) -> None:
    """Every way in which Python writes a float gives what `float` makes of it."""
    text = ("{" + how + "}").format(value)
    assert PLAIN.read(text) == float(text)
