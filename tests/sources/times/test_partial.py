"""Times that lack a year, a date or a start, and times in front of lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from nbstream.errors import ParseError
from nbstream.sources.times.forms import TimeForm, find_day_time_form, find_time_form, text_form
from nbstream.sources.times.partial import LineTimes, WholeTimes
from nbstream.sources.times.wall_time import WallTimes

NS = 1_000_000_000
NOON = int(datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()) * NS


def utc(form: TimeForm | None, batches: list[list[str]], last_ns: int = NOON) -> list[str]:
    """Return what batches of texts come to."""
    assert form is not None
    whole = WholeTimes(form, WallTimes(UTC), lambda: last_ns)
    times: list[int] = []
    for texts in batches:
        read = np.array([form.read(text) for text in texts], np.int64).reshape(-1, 2)
        times += whole.to_utc(read[:, 0], read[:, 1]).tolist()
    return [shown(ns) for ns in times]


def shown(ns: int) -> str:
    """Return a time as text."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
    return f"{when:%Y-%m-%d %H:%M:%S}"


def test_a_time_of_day_is_of_today() -> None:
    """Times of day get the date, and roll over midnight, forth and for a straggler back."""
    texts = ["11:59:59", "12:00:00"]
    assert utc(find_day_time_form(texts), [texts]) == ["2026-07-01 11:59:59", "2026-07-01 12:00:00"]
    night = ["23:59:58", "00:00:01"]
    found = utc(find_day_time_form(night), [night, ["23:59:59", "00:00:02"], ["00:00:01"]])
    assert found == [
        "2026-06-30 23:59:58",
        "2026-07-01 00:00:01",
        "2026-06-30 23:59:59",
        "2026-07-01 00:00:02",
        "2026-07-01 00:00:01",
    ]


def test_the_newest_row_may_come_first() -> None:
    """A table turned round is of the same days."""
    texts = ["00:00:01", "23:59:59", "23:59:58"]
    assert utc(find_day_time_form(texts), [texts]) == [
        "2026-07-01 00:00:01",
        "2026-06-30 23:59:59",
        "2026-06-30 23:59:58",
    ]


def test_a_file_that_is_read_again() -> None:
    """Rows written anew get the times that they had; a run that begins anew is another one."""
    form = text_form("elapsed")
    now = [NOON]
    whole = WholeTimes(form, WallTimes(UTC), lambda: now[0])

    def read(*seconds: float) -> list[float]:
        ns = np.array([s * NS for s in seconds], np.int64)
        return ((whole.to_utc(ns, np.zeros(len(ns), np.int64)) - NOON) / NS).tolist()

    assert read(1, 2, 3) == [-2, -1, 0]
    assert read(4) == [1]
    now[0] += 10 * NS
    whole.begin_again()
    assert read(2, 3, 4, 5) == [-1, 0, 1, 2]
    now[0] += 10 * NS
    whole.begin_again()
    assert read(0, 1, 2) == [18, 19, 20]


def test_a_date_gets_a_year() -> None:
    """A date without year is of this year, of the last one if it isn't yet, and goes on over New Year."""
    form = find_time_form(["Jul  1 12:00:00"])
    assert utc(form, [["Jul  1 12:00:00"]]) == ["2026-07-01 12:00:00"]
    assert utc(form, [["Dec 24 12:00:00"]]) == ["2025-12-24 12:00:00"]
    found = utc(form, [["Dec 31 23:59:59", "Jan  1 00:00:00"], ["Mar  1 00:00:00"]])
    assert found == ["2025-12-31 23:59:59", "2026-01-01 00:00:00", "2026-03-01 00:00:00"]


def test_elapsed_time_ends_at_the_last_change() -> None:
    """Seconds of a run are put so that the newest one is now; a new run follows the one before."""
    form = text_form("elapsed")
    assert utc(form, [["10", "12.5", "15"], ["20"]]) == [
        "2026-07-01 11:59:55",
        "2026-07-01 11:59:57",
        "2026-07-01 12:00:00",
        "2026-07-01 12:00:05",
    ]
    assert utc(form, [["50", "60", "0", "10"], ["20", "0"]]) == [
        "2026-07-01 11:59:30",
        "2026-07-01 11:59:40",
        "2026-07-01 11:59:50",
        "2026-07-01 12:00:00",
        "2026-07-01 12:00:10",
        "2026-07-01 12:00:20",
    ]


@pytest.mark.parametrize(
    ("line", "expected", "rest"),
    [
        ("2026-07-01 12:00:00,123 23.5", "2026-07-01 12:00:00", "23.5"),
        ("2026-07-01 12:00:00,5", "2026-07-01 12:00:00", "5"),
        ("2026-07-01 12:00:00,100,200", "2026-07-01 12:00:00", "100,200"),
        ("2026-07-01 12:00:00 -5 3", "2026-07-01 12:00:00", "-5 3"),
        ("2026-07-01 12:00:00 CPU 45", "2026-07-01 12:00:00", "CPU 45"),
        ("2026-07-01T12:00:00+0200 host app: t=3", "2026-07-01 10:00:00", "host app: t=3"),
        ("[01/Jul/2026:12:00:00 +0200] 200", "2026-07-01 10:00:00", "200"),
        ("Jul  1 12:00:00 host app[1]: temp=21.5", "2026-07-01 12:00:00", "host app[1]: temp=21.5"),
        ("Wed Jul  1 12:00:00 UTC 2026: 23.5", "2026-07-01 12:00:00", "23.5"),
        ("1782907200,23.5", "2026-07-01 12:00:00", "23.5"),
        ("1782907200123 x=5", "2026-07-01 12:00:00", "x=5"),
        ("12:00:01 PM all 3.2", "2026-07-01 12:00:01", "all 3.2"),
        ("07/01/2026 12:00:00 3", "2026-07-01 12:00:00", "3"),
        ("2026-07-01 12:00:00|5", "2026-07-01 12:00:00", "5"),
    ],
)
def test_front_of_a_line(line: str, expected: str, rest: str) -> None:
    """A time in front of a line is told from the values behind it."""
    found = LineTimes(UTC).take_front(line, NOON)
    assert found is not None
    assert (shown(found[0]), found[1]) == (expected, rest)


@pytest.mark.parametrize(
    "line", ["23.5 24.5", "1,2,3", "10-12-14 3", "192.168.1.1 5", "a=1", "12:00"]
)
def test_lines_without_a_time(line: str) -> None:
    """Values are not taken for times, and a time alone is no reading."""
    assert LineTimes(UTC).take_front(line, NOON) is None


def test_lines_of_mixed_forms() -> None:
    """Each line is read by its own form; naive ones follow the clock of their zone."""
    times = LineTimes(ZoneInfo("Europe/Berlin"))
    assert times.take_front("2026-07-01 14:00:00 1", NOON) == (NOON, "1")
    assert times.take_front("12:00:00Z 2", NOON) == (NOON, "2")
    assert times.take_front("2026-07-01 02:00:00 PM 3", NOON) == (NOON, "3")
    with pytest.raises(ParseError, match="timezone="):
        times.utc_ns("2026-07-01 12:00:00 CST", NOON)
