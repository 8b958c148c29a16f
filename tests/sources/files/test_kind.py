"""Whether a file is a table or lines of a program is told from how it begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstream.sources import CsvSource, LinesSource
from nbstream.sources.files.kind import reads_as_lines, reads_as_table
from nbstream.widgets.door import kind_of_file

SYSSTAT = "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n"
LISTING = "              total   used\nMem:             10      5\n"


@pytest.mark.parametrize(
    ("text", "is_table"),
    [
        ("time,temp\n2026-07-01 12:00:00,21.5\n", True),
        ("2026-07-01 12:00:00;21.5;40\n2026-07-01 12:00:01;21.5;40\n", True),
        ("1782907200\t21.5\n", True),
        ("timestamp,value\n", True),
        ("# made by hand\ntime,temp\n2026-07-01 12:00:00,21.5\n", True),
        ("2026-07-01 12:00:00,123 INFO temp=21.5\n", False),
        ("2026-07-01 12:00:00 INFO temp=21.5, hum=40\n", False),
        ('{"a": 1, "b": 2}\n{"a": 1, "b": 2}\n', False),
        ("GET / 200\n", False),
        ("one, two\n", False),
        ("", False),
    ],
)
def test_a_log_may_be_a_table(tmp_path: Path, text: str, is_table: bool) -> None:
    """What has cells of numbers in columns is one, prose with commas is none."""
    path = tmp_path / "x.log"
    path.write_text(text)
    assert reads_as_table(path) is is_table
    assert not reads_as_table(tmp_path / "missing.log")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SYSSTAT + "avg-cpu:  %user  %idle\n           3.01  95.89\n", LinesSource),
        (LISTING * 2, LinesSource),
        ("# gpu  pwr\n# Idx    W\n    0   45\n# gpu  pwr\n# Idx    W\n    0   46\n", LinesSource),
        ("temp=21.5 hum=40\ntemp=21.6 hum=41\n", LinesSource),
        ("T: 21.5 C, H: 40 %\nT: 21.6 C, H: 41 %\n", LinesSource),
        ('{"a": 1}\n', LinesSource),
        ("time temp\n2026-07-01T12:00:00 21.5\n2026-07-01T12:00:01 21.6\n", CsvSource),
        ("21.5 40\n21.6 41\n", CsvSource),
        ("Date: 1 July\ntime;temp\n12:00:00;21,5\n12:00:01;21,6\n", CsvSource),
        ("", CsvSource),
    ],
)
@pytest.mark.parametrize("name", ["x.txt", "x"])
def test_a_text_may_be_what_a_program_printed(
    tmp_path: Path, text: str, kind: type[CsvSource] | type[LinesSource], name: str
) -> None:
    """Headers that come again and names beside numbers are no table of one header."""
    path = tmp_path / name
    path.write_text(text)
    assert kind_of_file(path) is kind
    assert reads_as_lines(path) is (kind is LinesSource)
