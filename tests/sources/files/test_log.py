"""Logs of which a pattern takes what counts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from nbstream.sources import LogSource, SourceState
from tests.wait import wait_until

APACHE = re.compile(
    r'\[(?P<time>[^\]]+)\] "(?P<method>\w+) \S+ [^"]*" (?P<status>\d+) (?P<bytes>\d+)'
)
ACCESS = '10.0.0.1 - - [01/Jul/2026:12:00:0{0} +0200] "GET /x?a=1 HTTP/1.1" 200 51{0} "-" "curl"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a log that is not there yet."""
    return tmp_path / "app.log"


def times(source: LogSource, channel: str) -> list[str]:
    """Return the times of a channel to the second."""
    rows = source.buffer.channel(channel).rows(0)
    return rows.times.view("M8[ns]").astype("M8[s]").astype(str).tolist()


@pytest.mark.parametrize("n", [3, 300])
def test_named_groups_are_channels(path: Path, n: int) -> None:
    """The group called time is the time; what does not match is counted and told."""
    path.write_text("starting\n" + "".join(
        f"2026-07-01T12:{i // 60:02}:{i % 60:02}Z INFO GET /x took {i}ms\n" for i in range(n)
    ) + "\ndone\n")  # fmt: skip
    pattern = r"(?P<time>\S+) .* took (?P<ms>\d+)ms"
    with LogSource(path, pattern, poll_interval=0.01, units={"ms": "ms"}) as source:
        wait_until(lambda: source.counters().accepted == n)
        assert source.buffer.channel("ms").rows(0).values.tolist() == list(range(n))
        assert times(source, "ms")[:2] == ["2026-07-01T12:00:00", "2026-07-01T12:00:01"]
        wait_until(lambda: "2 lines do not match the pattern, first: 'starting'" in source.notes)
        assert source.counters().rejected == 0


def test_words_are_channels_where_they_are_asked_for(path: Path) -> None:
    """A web server's log, by a pattern that is compiled already."""
    path.write_text("".join(ACCESS.format(i) for i in range(3)))
    with LogSource(path, APACHE, states="method", poll_interval=0.01) as source:
        wait_until(lambda: source.counters().accepted == 3)
        assert source.buffer.labels == {"method": ("GET",)}
        assert source.buffer.channel("bytes").rows(0).values.tolist() == [510, 511, 512]
        assert times(source, "status")[0] == "2026-07-01T10:00:00"


def test_times_of_day_are_of_the_files_last_change(path: Path) -> None:
    """Of whatever day that is, over midnight too."""
    path.write_text("23:59:58 a=1\n00:00:01 a=2\n")
    os.utime(path, (1782864002, 1782864002))  # 2026-07-01 00:00:02
    with LogSource(
        path, r"(?P<time>[\d:]+) a=(?P<a>\d)", timezone="UTC", poll_interval=0.01
    ) as source:
        wait_until(lambda: source.counters().accepted == 2)
        assert times(source, "a") == ["2026-06-30T23:59:58", "2026-07-01T00:00:01"]


def test_date_and_time_of_day_may_be_two_groups(path: Path) -> None:
    """They are one time."""
    path.write_text("2026-07-01|12:00:05|7\n")
    pattern = r"(?P<date>[^|]+)\|(?P<time>[^|]+)\|(?P<x>\d+)"
    with LogSource(path, pattern, timezone="UTC", poll_interval=0.01) as source:
        wait_until(lambda: source.counters().accepted == 1)
        assert times(source, "x") == ["2026-07-01T12:00:05"]


def test_a_pattern_that_matches_nothing_looks_unhealthy(path: Path) -> None:
    """Until a line matches."""
    path.write_text("nothing here\n" * 9)
    with LogSource(path, r"(?P<ms>\d+)ms", poll_interval=0.01) as source:
        wait_until(lambda: source.state is SourceState.UNREADABLE)
        assert "No line matches the pattern yet (first: 'nothing here')" in source.status
        with path.open("a") as file:
            file.write("took 5ms\n")
        wait_until(lambda: source.state is SourceState.RUNNING)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": r"(\d+)"}, "'pattern' must name what it finds"),
        ({"pattern": r"(?P<x>"}, "'pattern' must be a regular expression"),
        ({"pattern": 5}, "'pattern' must be a regular expression"),
        ({"pattern": r"(?P<x>.)", "time": "when"}, "has no group 'when'; it has ['x']"),
    ],
)
def test_a_pattern_that_cannot_be_one_is_refused(
    path: Path, options: dict[str, Any], message: str
) -> None:
    """The message says why."""
    with pytest.raises(ValueError, match=re.escape(message)):
        LogSource(path, **options)
