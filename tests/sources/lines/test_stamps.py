"""Lines that are nothing but a time, and the readings below them."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from nbstream.sources.items import ItemReader
from nbstream.sources.lines.stamps import is_stamp
from tests.sources.item_reading import NOW_NS, clock_text, new_reader, read_lines


@pytest.mark.parametrize(
    "line",
    [
        "Wed Jul  1 12:00:00 UTC 2026",
        "Wed, 01 Jul 2026 12:00:00 +0000",
        "Wed 01 Jul 2026 12:00:00 PM UTC",
        "Mi 1. Jul 12:00:00 UTC 2026",
        "2026-07-01T12:00:00Z",
        "==== 2026-07-01 12:00:00 ====",
        "[2026-07-01 12:00:00]",
        "Date: 2026-07-01 12:00:00",
    ],
)
def test_a_line_that_is_a_time_is_that_of_the_lines_below(line: str) -> None:
    """As scripts write them that call `date` before each measurement."""
    text = f"{line}\ntemp=45.0\nfan 1200 rpm\n{line.replace('00:00', '00:05')}\ntemp=45.5\n"
    found = read_lines(text, ItemReader(lambda: NOW_NS + 10**12, UTC))
    assert [(when, values) for when, values in found if "temp" in values] == [
        ("now", {"temp": 45.0}),
        ("2026-07-01T12:00:05", {"temp": 45.5}),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2026-07-01 12:00:00 21.5",
        "2026-07-01 12:00:00,5",
        "2026-07-01 12:00:00,123",
        "2026-07-01 12:00:00 -5",
        "2026-07-01 12:00:00 OFF",
        "12:00:00",
        "2026-07-01",
        "21.5",
        "at 12:00:00 may 2026 x",
    ],
)
def test_other_lines_are_no_stamps(line: str) -> None:
    """A date alone, a time of day alone, and a time with a value are read as before."""
    assert not is_stamp(line)


def test_rows_of_a_table_without_a_header_are_no_stamps() -> None:
    """Their last cell is a value, though it could be parts of a second."""
    text = "".join(f"2026-07-01 12:00:00,{value}\n" for value in (5, 123))
    assert [list(values.values()) for _, values in read_lines(text)] == [[5.0], [123.0]]


def test_a_time_of_its_own_comes_first() -> None:
    """A line's own time is not that of the line above."""
    text = "2026-07-01 12:00:00\n2026-07-01 12:00:01 temp=1\n" + '{"ts": 1782907202, "temp": 2}\n'
    assert [when for when, _ in read_lines(text)] == ["2026-07-01T12:00:01", "2026-07-01T12:00:02"]


def test_readings_long_after_a_stamp_are_later_than_it() -> None:
    """A program that says once when it began is not taken at its word for ever."""
    now = [NOW_NS]
    reader = ItemReader(lambda: now[0], UTC)
    reader.read_line("2026-07-01 10:00:00")
    times = []
    for seconds in (0, 0.5, 60):
        now[0] = NOW_NS + round(seconds * 1e9)
        times += [clock_text(ns) for ns, _ in reader.read_line("temp=1")]
    assert times == ["2026-07-01T10:00:00", "2026-07-01T10:00:00", "2026-07-01T10:01:00"]


def test_what_top_says_in_its_first_line_is_the_time_of_the_others() -> None:
    """The load stands behind it, and the other lines below."""
    text = (
        "top - 11:59:58 up 1 day,  2:03,  1 user,  load average: 0.50, 0.40, 0.30\n"
        "Tasks: 100 total,   1 running,  99 sleeping,   0 stopped,   0 zombie\n"
    )
    assert {when for when, _ in read_lines(text)} == {"2026-07-01T11:59:58"}


def test_a_zone_of_several_meanings_is_that_of_the_zone_that_was_named() -> None:
    """BST is London's there, and what `date` prints in summer."""
    reader = ItemReader(lambda: NOW_NS, ZoneInfo("Europe/London"))
    found = read_lines("Wed  1 Jul 13:00:00 BST 2026\ntemp=45\n", reader)
    assert found == [("now", {"temp": 45.0})]


def test_it_is_said() -> None:
    """The guesses name the first of them."""
    reader = new_reader()
    read_lines("2026-07-01 12:00:00\ntemp=1\n2026-07-01 12:00:01\ntemp=2\n", reader)
    assert reader.guesses()["stamp"] == "'2026-07-01 12:00:00' above lines is their time"
