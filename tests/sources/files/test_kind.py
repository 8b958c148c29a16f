"""Whether a file is a table or lines of a program is told from how it begins."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from nbstream.sources import CsvSource, JsonLinesSource, LinesSource, Source
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
        (
            "top - 11:54:50 up 57 min,  0 user,  load average: 17.18, 17.20, 16.65\n"
            "Tasks: 157 total,  16 running, 141 sleeping,   0 stopped,   0 zombie\n"
            "%Cpu(s): 33.3 us, 11.1 sy, 55.6 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n"
            "\n"
            "  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"
            + "".join(
                f"{i:5} root      20   0  169600  53900  20932 R  22.2   0.2   0:02.52 python\n"
                for i in range(50)
            ),
            LinesSource,
        ),
        ("nr_free_pages 4311\nnr_zone_inactive_anon 7\nnuma_hit 9\n", LinesSource),
        (
            "coretemp-isa-0000\nAdapter: ISA adapter\n"
            "Package id 0:  +45.0°C  (high = +80.0°C, crit = +100.0°C)\n"
            "Core 0:        +43.0°C  (high = +80.0°C, crit = +100.0°C)\n"
            "\nnvme-pci-0100\nAdapter: PCI adapter\nComposite:    +38.9°C  (low  = -273.1°C)\n",
            LinesSource,
        ),
        (
            "keys       mem      clients blocked requests            connections          \n"
            "506        1.05M    1       0       24 (+0)             7           \n"
            "506        1.05M    1       0       25 (+1)             7           \n",
            LinesSource,
        ),
        ("ok 21.5\nok 21.6\nfault 21.7\n", CsvSource),
        ("Site: 3\nLogger: 7\nGain: 2\nx y\n1.5 2\n1.6 3\n", CsvSource),
        ("Site: 3, Logger: 7\nx y\n1.5 2\n1.6 3\n", CsvSource),
        ('{"a": 1}\n', JsonLinesSource),
        ('{"a": 1}\nstarting\n{"a": 2}\n', LinesSource),
        ("time temp\n2026-07-01T12:00:00 21.5\n2026-07-01T12:00:01 21.6\n", CsvSource),
        ("21.5 40\n21.6 41\n", CsvSource),
        ("Date: 1 July\ntime;temp\n12:00:00;21,5\n12:00:01;21,6\n", CsvSource),
        ("", CsvSource),
    ],
)
@pytest.mark.parametrize("name", ["x.txt", "x"])
def test_a_text_may_be_what_a_program_printed(
    tmp_path: Path, text: str, kind: type[Source], name: str
) -> None:
    """Headers that come again and names beside numbers are no table of one header."""
    path = tmp_path / name
    path.write_text(text)
    assert kind_of_file(path) is kind
    assert reads_as_lines(path) is (kind is not CsvSource)


def test_a_packed_file_that_is_damaged_says_nothing(tmp_path: Path) -> None:
    """It is no error yet: the source that reads it says what is wrong."""
    path = tmp_path / "x.csv.gz"
    content = bytearray(gzip.compress(b"time,temp\n2026-07-01 12:00:00,21.5\n"))
    content[10] = 0xFF  # no kind of block
    path.write_bytes(content)
    with pytest.raises(zlib.error):
        gzip.decompress(content)
    assert not reads_as_table(path)
    assert not reads_as_lines(path)
    kind_of_file(path)


def test_numbers_below_times_are_lines(tmp_path: Path) -> None:
    """What a script writes that calls `date` again and again is no table of one column."""
    path = tmp_path / "x.log"
    path.write_text("2026-07-01 12:00:00\n45.0\n2026-07-01 12:00:01\n45.1\n")
    assert not reads_as_table(path)
    assert reads_as_lines(path)


@pytest.mark.parametrize(
    "text",
    [
        "$GPGGA,120000.00,4807.038,N,01130.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"
        "$GPRMC,120000.00,A,4807.038,N,01130.000,E,022.4,084.4,010726,003.1,W*6A\n",
        "Connecting to host 10.0.0.1, port 5201\n[ ID] Interval  Transfer  Bitrate  Retr  Cwnd\n"
        "[  5]   0.00-1.00   sec   112 MBytes   941 Mbits/sec    0    220 KBytes\n"
        "[  5]   1.00-2.00   sec   111 MBytes   930 Mbits/sec    1    221 KBytes\n",
    ],
)
def test_lines_of_known_forms_are_lines(text: str, tmp_path: Path) -> None:
    """What a GPS says, and what iperf3 prints, though commas or spaces part it."""
    path = tmp_path / "x.txt"
    path.write_text(text)
    assert kind_of_file(path) is LinesSource
