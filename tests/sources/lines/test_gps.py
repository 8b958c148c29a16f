"""Sentences of a GPS receiver in a file have the times that they say."""

from __future__ import annotations

from datetime import UTC

import pytest

from nbstream.sources.items import ItemReader
from tests.sources.item_reading import NOW_NS, Readings, read_lines

GGA = "$GPGGA,{}.00,4807.038,N,01130.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"
RMC = "$GPRMC,{}.00,A,4807.038,N,01130.000,E,022.4,084.4,{},003.1,W*6A\n"
VTG = "$GPVTG,084.4,T,,M,022.4,N,041.5,K*00\n"


def reader(*, is_file: bool = True) -> ItemReader:
    """Return what reads a file that changed last at `NOW_NS`, or lines as they come."""
    return ItemReader(lambda: NOW_NS + 1, UTC, last_ns=(lambda: NOW_NS) if is_file else None)


def times(text: str, *, is_file: bool = True) -> list[str]:
    """Return the times of readings."""
    found: Readings = read_lines(text, reader(is_file=is_file))
    return [when for when, _ in found]


def test_all_have_the_date_of_those_that_have_one() -> None:
    """Before the first, between two, and over midnight."""
    text = GGA.format(235959) + VTG + RMC.format(235959, "300626") + GGA.format("000000")
    assert times(text + RMC.format("000000", "010726") + VTG) == [
        *["2026-06-30T23:59:59"] * 3,
        *["2026-07-01T00:00:00"] * 3,
    ]


def test_without_any_date_it_is_that_of_the_files_last_change() -> None:
    """Said once a few have come in vain."""
    text = "".join(GGA.format(f"11000{i}") for i in range(6))
    assert times(text) == [f"2026-07-01T11:00:0{i}" for i in range(6)]
    assert times(text.split("\n")[0]) == []


def test_those_that_wait_are_handed_back() -> None:
    """A file that ends before is told to hold a line that could not be read."""
    waits = reader()
    read_lines(GGA.format(110000), waits)
    assert waits.lines.waiting == GGA.format(110000).strip()
    assert waits.lines.finish() == [GGA.format(110000).strip()]


@pytest.mark.parametrize("fix", ["V", "A"])
def test_a_receiver_itself_is_read_at_the_time_of_arrival(fix: str) -> None:
    """Its clock may be wrong before it has a fix."""
    text = RMC.format(110000, "010180").replace(",A,", f",{fix},") + GGA.format(110001)
    assert len(set(times(text, is_file=False))) == 1
