"""Which texts are units, and how one is converted to another."""

from __future__ import annotations

import pytest

from nbstream.text.units import is_unit


@pytest.mark.parametrize("unit", ["%", "°C", "[kB/s]", "(V)", "mmHg", "1/min", "W/m^2", "µg/m³"])
def test_known_units(unit: str) -> None:
    """Units are known, in brackets or not."""
    assert is_unit(unit)


@pytest.mark.parametrize("text", ["temperature", "time", "", "Station", "12"])
def test_names_are_no_units(text: str) -> None:
    """Words are not."""
    assert not is_unit(text)
