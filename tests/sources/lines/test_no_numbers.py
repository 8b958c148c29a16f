"""Lines of logs that look as if they had numbers, and have none: versions, dates, files."""

from __future__ import annotations

import pytest

from tests.sources.item_reading import read_lines

DPKG = """
2026-11-01 10:22:31 startup archives unpack
2026-11-01 10:22:31 install netbase:all <none> 6.4
2026-11-01 10:22:32 status half-installed netbase:all 6.4
2026-11-01 10:22:32 status unpacked libc6:amd64 2.36-9
2026-11-01 10:22:33 status installed libc6:amd64 2.36-9
2026-11-01 10:22:33 status unpacked tzdata:all 2026.1
2026-11-01 10:22:33 status installed xml-core:all 0.18+nmu1
2026-11-01 10:22:34 configure libssh2-1:amd64 1.10.0-3+b1 <none>
2026-11-01 10:22:34 configure netbase:all 6.4 <none>
2026-11-01 10:22:35 status installed nvidia:amd64 590-2.1~deb12u2
2026-11-01 10:22:36 status installed netbase:all 6.4
2026-11-01 10:22:36 status installed libx:amd64 2:1.8-1+b1
2026-11-01 10:22:37 status installed netbase:all 6.4
"""
PIP = """
Package      Version  Editable project location
------------ -------- -------------------------
aiohttp      3.9.1
grimp        3.20
idna         3.10
websockets   15.0.1
tzdata       2026.6
"""
APT = """
Start-Date: 2026-06-24  14:36:53
Commandline: apt-get install -y netbase
End-Date: 2026-06-24  14:36:54

Start-Date: 2026-07-24  14:36:53
Commandline: apt-get install -y netbase
End-Date: 2026-07-24  14:36:54
"""


@pytest.mark.parametrize("text", [DPKG, PIP, APT], ids=["dpkg", "pip", "apt"])
def test_versions_and_dates_are_no_readings(text: str) -> None:
    """No channel comes of a package manager's log."""
    assert [values for _, values in read_lines(text.strip()) if values] == []


def test_columns_between_tabs_may_be_separated_by_spaces() -> None:
    """As ss -s prints them, below a header without tabs."""
    found = read_lines("Transport Total     IP        IPv6\nRAW\t  0         1         2\n")
    assert [values for _, values in found] == [{"RAW Total": 0.0, "RAW IP": 1.0, "RAW IPv6": 2.0}]


def test_how_long_a_machine_is_up_is_no_pair() -> None:
    """The load averages of uptime are; "15:11" is no reading of a channel "up 15"."""
    (found,) = [v for _, v in read_lines("up 15:11,  2 users,  load average: 6.88, 6.12, 6.09")]
    assert "up 15" not in found
    assert found["load average 1"] == 6.88
