"""Files of several tables."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbstream as ns
from nbstream.sources.files.csv.format.alternating import alternating_headers
from nbstream.sources.files.kind import holds_tables
from tests.sources.files.csv.test_source import reading
from tests.wait import wait_until

REPORT = (
    "avg-cpu:  %user   %nice   %idle\n"
    "           3.01    0.00   96.99\n\n"
    "Device            r/s     w/s  %util\n"
    "sda              1.00    2.00   0.10\n"
    "sdb              3.00    4.00   0.20\n\n"
)
IOSTAT = "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n" + REPORT
DSTAT = "total used free\n 10 4 6\n\nin out\n 1 2\n\ntotal used free\n 10 5 5\n\n"


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        (IOSTAT, True),
        (IOSTAT + REPORT, True),
        (DSTAT, True),
        ("r b swpd\n1 0 0\n2 0 0\nr b swpd\n1 0 0\n", False),
        ("Model Serial\nTDS 1234\n\nTIME CH1\n0.1 5\n0.2 6\n", False),
        ("time a b\n1 2 3\n4 5 6\ntime a b c\n1 2 3 4\n", False),
        ("", False),
    ],
)
def test_two_tables_that_take_turns(text: str, turns: bool) -> None:
    """Headers that come again after one another are found; a header that is repeated is none."""
    assert (alternating_headers(text.splitlines()) is not None) is turns


@pytest.mark.parametrize("name", ["io.txt", "io.csv", "io.log", "io"])
def test_what_iostat_wrote_is_watched_line_by_line(tmp_path: Path, name: str) -> None:
    """Each table keeps its names, each device its own channels, whatever the file is called."""
    path = tmp_path / name
    path.write_text(IOSTAT + REPORT)
    assert holds_tables(path)
    dashboard = ns.watch(path)
    with dashboard.source as source:
        wait_until(lambda: "sdb w/s" in source.buffer.channels, 5, lambda: source.status)
        wait_until(lambda: source.counters().received == 6, 5, lambda: source.status)
        assert source.buffer.to_pandas()["sda r/s"].dropna().tolist() == [1, 1]
        assert source.buffer.to_pandas()["%idle"].dropna().tolist() == [96.99, 96.99]
    dashboard.close()


def test_a_source_of_one_table_says_which_reads_several(tmp_path: Path) -> None:
    """Values under wrong names are worse than an error."""
    with reading(tmp_path / "io.txt", IOSTAT) as source:
        wait_until(lambda: source.state.name == "FAILED", 5, lambda: source.status)
        assert "nbstream.LinesSource(path) reads both" in source.status
        assert source.counters().received == 0
