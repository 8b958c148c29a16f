"""What number a cell of text stands for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.sources.number_cells import is_missing, is_placeholder, number, quantity, switch


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "value"),
    [
        ("21.5", ".", "", 21.5),
        ("-1e-3", ".", "", -0.001),
        ("21,5", ",", "", 21.5),
        ("1,234.5", ".", ",", 1234.5),
        ("1,234,567", ".", ",", 1234567.0),
        ("12,34,567.8", ".", ",", 1234567.8),
        ("1.234,5", ",", ".", 1234.5),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u00a0234,5", ",", " ", 1234.5),
        ("1\u202f234,5", ",", " ", 1234.5),
        ("1'234.5", ".", "'", 1234.5),
        ("1’234.5", ".", "'", 1234.5),
        ("998", ".", ",", 998.0),
    ],
)
def test_numbers_of_every_convention(cell: str, decimal: str, thousands: str, value: float) -> None:
    """A number is read by its decimal and thousands separators."""
    assert number(cell, decimal, thousands) == value


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands"),
    [
        ("1_000", ".", ""),
        ("५", ".", ""),
        ("21.5", ",", ""),
        ("1,23", ".", ","),
        ("12.5", ",", "."),
        ("1,234", ".", ""),
        ("10.0.0.1", ".", ""),
        ("1 2", ".", ""),
        ("0x1f", ".", ""),
    ],
)
def test_what_is_no_number_of_the_convention_is_none(
    cell: str, decimal: str, thousands: str
) -> None:
    """Separators in the wrong place are not passed over."""
    assert number(cell, decimal, thousands) is None


def test_missing_readings_and_placeholders_differ() -> None:
    """Empty, nan and inf are missing readings; n/a and --- are words that say there is none."""
    assert all(is_missing(cell) for cell in ("", "NaN", "-inf"))
    assert all(math.isnan(number(cell) or math.nan) for cell in ("", "NaN", "-inf"))
    assert all(is_placeholder(cell) for cell in ("n/a", "[N/A]", "---", "unavailable", "#N/A"))
    assert number("n/a") is None
    assert not is_placeholder("abc")


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("45 %", 45.0, "%"),
        ("45%", 45.0, "%"),
        ("21.5 C", 21.5, "C"),
        ("21.5\u00a0°C", 21.5, "°C"),
        ("1200 MiB", 1200.0, "MiB"),
        ("12 kB/s", 12.0, "kB/s"),
        ("$3.50", 3.5, "$"),
        ("-$3.50", -3.5, "$"),
        ("($3.50)", -3.5, "$"),
        ("EUR 12", 12.0, "EUR"),
        ("3,50 €", 3.5, "€"),
        ("+4.5 dBm", 4.5, "dBm"),
        ("5 m s-1", 5.0, "m s-1"),
        ("12", 12.0, ""),
    ],
)
def test_quantities(cell: str, value: float, unit: str) -> None:
    """A cell may carry its unit behind the number, or a currency before it."""
    assert quantity(cell, "," if "," in cell else ".") == (value, unit)


@pytest.mark.parametrize(
    "cell",
    ["abc", "12:30", "2026-07-01", "10.0.0.1", "12 Main Street", "1 2", "$3 kg", "a=1", "--1"],
)
def test_what_is_no_quantity_is_none(cell: str) -> None:
    """Times, addresses and sentences are no quantities."""
    assert quantity(cell) is None


@pytest.mark.parametrize(
    ("cell", "value"), [("on", 1), ("OFF", 0), ("True", 1), ("no", 0), ("open", 1), ("ajar", None)]
)
def test_switches(cell: str, value: float | None) -> None:
    """Words of two states are 1 and 0."""
    assert switch(cell) == value


@given(
    st.floats(-1e12, 1e12),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", " ")]),
)
def test_grouped_numbers_are_read_back(value: float, marks: tuple[str, str]) -> None:
    """A number grouped by any convention is read as the number that it was."""
    decimal, thousands = marks
    plain = f"{value:,.2f}"
    text = plain.translate(str.maketrans({",": thousands, ".": decimal}))
    assert number(text, decimal, thousands) == float(plain.replace(",", ""))
