"""Time zones: names, offsets at a moment, and the words that stand on an axis."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.readings.zone import ClockChanges, as_zone, offset_ms, zone_label
from tests.strategies import EPOCH_NS, NS

HOUR_MS = 3_600_000
WINTER_NS = round(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * NS


@pytest.fixture
def prague_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand in Prague."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change its zone")
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Prague"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "at_ns", "offset", "label"),
    [
        ("UTC", EPOCH_NS, 0, "UTC"),
        ("Z", EPOCH_NS, 0, "UTC"),
        ("Etc/UTC", EPOCH_NS, 0, "UTC"),
        ("Europe/Prague", EPOCH_NS, 2 * HOUR_MS, "Europe/Prague (UTC+02:00)"),
        ("Europe/Prague", WINTER_NS, HOUR_MS, "Europe/Prague (UTC+01:00)"),
        ("America/St_Johns", WINTER_NS, -12_600_000, "America/St_Johns (UTC-03:30)"),
        ("Asia/Kathmandu", EPOCH_NS, 20_700_000, "Asia/Kathmandu (UTC+05:45)"),
        (timezone(timedelta(hours=2)), EPOCH_NS, 2 * HOUR_MS, "UTC+02:00"),
        (timezone(timedelta(hours=-2, minutes=-30)), EPOCH_NS, -9_000_000, "UTC-02:30"),
        (UTC, EPOCH_NS, 0, "UTC"),
    ],
)
def test_offset_and_label(zone: str | tzinfo, at_ns: int, offset: int, label: str) -> None:
    """The offset is that of the moment, and the label names zone and offset."""
    assert offset_ms(as_zone(zone), at_ns) == offset
    assert zone_label(as_zone(zone), at_ns) == label


@pytest.mark.usefixtures("prague_machine")
def test_the_local_zone() -> None:
    """None is the zone of the machine, summer and winter."""
    zone = as_zone(None)
    assert offset_ms(zone, EPOCH_NS) == 2 * HOUR_MS
    assert offset_ms(zone, WINTER_NS) == HOUR_MS
    assert zone_label(zone, EPOCH_NS).endswith("(UTC+02:00)")


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "", "../../etc/passwd", "/etc/localtime", "x" * 300, "\0"]
)
def test_unknown_names(zone: str) -> None:
    """A name that is no zone raises ValueError and shows one that is."""
    with pytest.raises(ValueError, match="is not a known time zone"):
        as_zone(zone)


@pytest.mark.parametrize("zone", [1, 2.0, b"UTC", ["UTC"]])
def test_types_that_are_no_zone(zone: Any) -> None:
    """Other types raise TypeError."""
    with pytest.raises(TypeError, match="'timezone' must be a name"):
        as_zone(zone)


@given(
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.sampled_from(
        ["UTC", "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    ),
)
def test_any_moment_has_an_offset(at_ns: int, name: str) -> None:
    """Every time that the buffer can hold has an offset of less than a day and a label."""
    zone = ZoneInfo(name)
    assert abs(offset_ms(zone, at_ns)) < 24 * HOUR_MS
    assert "UTC" in zone_label(zone, at_ns)


def ns_of(*moment: int) -> int:
    """Return a moment of UTC in ns."""
    return round(datetime(*moment, tzinfo=UTC).timestamp()) * NS


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/Berlin", [((2026, 3, 29, 1), 1), ((2026, 10, 25, 1), 2)]),
        ("America/New_York", [((2026, 3, 8, 7), -5), ((2026, 11, 1, 6), -4)]),
        ("Asia/Kolkata", []),
        (None, [((2026, 3, 29, 1), 1), ((2026, 10, 25, 1), 2)]),
        (timezone(timedelta(hours=2)), []),
    ],
)
@pytest.mark.usefixtures("prague_machine")
def test_when_clocks_are_set(
    zone: str | tzinfo | None, changes: list[tuple[tuple[int, ...], int]]
) -> None:
    """Each change is found to the second, with the offset until then; a span's ends are as told."""
    found = ClockChanges(as_zone(zone))
    expected = [(ns_of(*moment), hours * HOUR_MS) for moment, hours in changes]
    assert found.between(ns_of(2026, 1, 1), ns_of(2026, 12, 31)) == expected
    for at_ns, _ in expected:
        assert found.between(at_ns, at_ns + NS) == []
        assert len(found.between(at_ns - 1, at_ns)) == 1


@given(at_ns=st.integers(0, 2**62))
def test_an_offset_before_a_change_is_that_of_the_zone(at_ns: int) -> None:
    """The offset at any time since 1970 is told by the changes after it."""
    zone, now_ns = ZoneInfo("America/New_York"), 2**62
    after = [offset for _, offset in CHANGES.between(at_ns, now_ns)]
    assert [*after, offset_ms(zone, now_ns)][0] == offset_ms(zone, at_ns)


CHANGES = ClockChanges(ZoneInfo("America/New_York"))


def test_before_1970_no_change_is_known() -> None:
    """Times of any age can be asked for."""
    found = ClockChanges(ZoneInfo("Europe/Berlin")).between(-(2**62), ns_of(1982, 1, 1))
    assert 0 < len(found) < 10
    assert found == sorted(found)
