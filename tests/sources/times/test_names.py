"""What names of columns say about times."""

from __future__ import annotations

import pytest

from nbstream.sources.times.names import PART_NAMES, column_rank, counted_unit, may_count, part_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("timestamp", 2),
        ("DateTime", 2),
        ("Datum/Zeit", 2),
        ("Time [s]", 2),
        ("日時", 2),
        ("#Date", 2),
        ("<TIME>", 2),
        ("created_at", 1),
        ("start_time", 1),
        ("year", 1),
        ("data", 1),
        ("temperature", 0),
        ("", 0),
        ("status", 0),
        ("format", 0),
    ],
)
def test_rank(name: str, expected: int) -> None:
    """Names of times in many languages rank above names with such a word, and those above others."""
    assert column_rank(name) == expected


def test_parts_of_dates() -> None:
    """Years to seconds are known by name; mm is a minute behind an hour."""
    assert [part_of(name) for name in ("YY", "MM", "DD", "hh")] == ["year", "month", "day", "hour"]
    assert part_of("mm", frozenset({"hour"})) == "minute"
    assert part_of("Jahr") in PART_NAMES
    assert part_of("temperature") == ""


@pytest.mark.parametrize(
    ("name", "unit"),
    [("Timestamp_ms", "ms"), ("Time [s]", "s"), ("millis", "ms"), ("time", None), ("temps", None)],
)
def test_units(name: str, unit: str | None) -> None:
    """A unit behind the name counts."""
    assert counted_unit(name) == unit


def test_what_may_count_the_seconds_of_a_run() -> None:
    """Time may, t and its like perhaps, a date or a quantity never."""
    assert may_count("time") is True
    assert may_count("T") is None
    assert may_count("date") is False
    assert may_count("pressure") is False
