"""Wall-clock times without a zone, against what the zone itself says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.sources.times.wall_time import MISSING, WallTimes

PRAGUE = ZoneInfo("Europe/Prague")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS = 1_000_000_000


def wall_of(utc_seconds: list[int], zone: ZoneInfo) -> np.ndarray:
    """Return what the clock on the wall shows, in ns."""
    shown = [
        (EPOCH + timedelta(seconds=s)).astimezone(zone).replace(tzinfo=UTC) for s in utc_seconds
    ]
    return np.array([round((t - EPOCH).total_seconds()) * NS for t in shown], np.int64)


def utc_seconds(text: str) -> int:
    """Return an ISO time in UTC as seconds."""
    return round((datetime.fromisoformat(text) - EPOCH).total_seconds())


@pytest.mark.parametrize(
    "zone", ["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
)
@pytest.mark.parametrize("step", [1, 60, 2400, 3600])
@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_a_year_comes_back_from_the_wall(zone: str, step: int, batch: int) -> None:
    """Times that go on evenly are the same after a trip to the wall clock, through both changes."""
    tz = ZoneInfo(zone)
    moments = {
        "Europe/Prague": ("2026-03-29T01", "2026-10-25T01"),
        "America/New_York": ("2026-03-08T07", "2026-11-01T06"),
    }
    seconds: list[int] = []
    for moment in moments.get(zone, ("2026-04-04T15", "2026-10-03T15:30")):
        middle = utc_seconds(f"{moment}:00:00+00:00" if ":" not in moment else f"{moment}:00+00:00")
        n = 5 * 3600 if step == 1 and batch > 1 else 300
        seconds += [middle + (i - n // 2) * step for i in range(n)]
    seconds = sorted(set(seconds))
    wall = wall_of(seconds, tz)
    reader = WallTimes(tz)
    parts = [reader.to_utc(wall[i : i + batch]) for i in range(0, len(wall), batch)]
    assert (np.concatenate(parts) // NS).tolist() == seconds


def test_one_time_after_the_other_is_what_they_are_together() -> None:
    """Through days, both changes of the clock, pauses and late readings."""
    middle = utc_seconds("2026-10-25T01:00:00+00:00")
    seconds = [middle + 1200 * i for i in range(-200, 200)]
    seconds += [middle + 86_400 * i - 7 * (i % 3) for i in range(-300, 100)]
    wall = wall_of(seconds, PRAGUE)
    together, single = WallTimes(PRAGUE), WallTimes(PRAGUE)
    expected = [int(together.to_utc(wall[i : i + 1])[0]) for i in range(len(wall))]
    assert [single.one_to_utc(int(ns)) for ns in wall] == expected


@pytest.mark.parametrize("step", [60, 900, 3600])
def test_the_newest_may_come_first(step: int) -> None:
    """The hour that the clock shows twice is told from the rows behind it, which are older."""
    middle = utc_seconds("2026-10-25T01:00:00+00:00")
    seconds = [middle - step * i for i in range(-150, 150)]
    reader = WallTimes(PRAGUE, may_go_down=True)
    assert (reader.to_utc(wall_of(seconds, PRAGUE)) // NS).tolist() == seconds


def test_a_gap_into_the_repeated_hour_goes_on() -> None:
    """After a pause the repeated hour is read so that time does not go back."""
    reader = WallTimes(PRAGUE)
    times = ["2026-10-25T02:10:00", "2026-10-25T02:10:01", "2026-10-25T02:05:00"]
    wall = np.array(times, "M8[ns]").astype(np.int64)
    utc = reader.to_utc(wall).view("M8[ns]").astype("M8[s]").astype(str).tolist()
    assert utc == ["2026-10-25T00:10:00", "2026-10-25T00:10:01", "2026-10-25T01:05:00"]


def test_a_late_row_does_not_move_the_hour() -> None:
    """A row that is late by seconds within the repeated hour stays late by seconds."""
    reader = WallTimes(PRAGUE)
    times = [
        "2026-10-25T02:10:00",
        "2026-10-25T02:10:01",
        "2026-10-25T02:09:58",
        "2026-10-25T02:10:02",
    ]
    utc = reader.to_utc(np.array(times, "M8[ns]").astype(np.int64))
    assert np.diff(utc).tolist() == [NS, -3 * NS, 4 * NS]


def test_missing_times_stay_missing() -> None:
    """NaT is passed through and does not disturb its neighbours."""
    reader = WallTimes(PRAGUE)
    noon = int(np.datetime64("2026-07-01T12:00", "ns").astype(np.int64))
    assert reader.to_utc(np.array([MISSING, noon, MISSING])).tolist() == [
        MISSING,
        noon - 7200 * NS,
        MISSING,
    ]
    assert reader.to_utc(np.array([MISSING])).tolist() == [MISSING]
    assert reader.to_utc(np.array([], np.int64)).tolist() == []


@settings(deadline=None)
@given(
    st.lists(st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 31)), min_size=1, max_size=20),
    st.sampled_from(["Europe/Prague", "America/New_York", "Asia/Tehran", "Africa/Casablanca"]),
)
def test_any_time_is_what_the_zone_says(times: list[datetime], zone: str) -> None:
    """Every time is one of the meanings that its zone gives it."""
    tz = ZoneInfo(zone)
    wall = np.array([t.replace(microsecond=0) for t in times], "M8[ns]").astype(np.int64)
    for time, utc in zip(times, WallTimes(tz).to_utc(wall).tolist(), strict=True):
        plain = time.replace(microsecond=0)
        meanings = {round(plain.replace(tzinfo=tz, fold=fold).timestamp()) * NS for fold in (0, 1)}
        assert utc in meanings
