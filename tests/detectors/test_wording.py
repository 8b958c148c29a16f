"""How detectors write numbers, spans and phases for people."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import pytest

from nbstream.detectors.parts.wording import apart, duration, moment, phase, sigmas
from tests.strategies import NS

DAY = 86_400.0
YEAR = 365.2425 * DAY
APRIL = 1_775_000_000 * NS  # 23:33:20 UTC on a Tuesday, 31 March 2026; in Prague it is April
PRAGUE = ZoneInfo("Europe/Prague")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (11 * YEAR, "11 years"),
        (YEAR, "1 year"),
        (DAY, "1 day"),
        (7 * DAY, "7 days"),
        (30.4 * DAY, "30.4 days"),
        (5400, "1.5 h"),
        (90, "1.5 min"),
        (80, "80 s"),
        (119.99, "2 min"),
        (4750, "79.2 min"),
        (59.9999, "1 min"),
        (1.25, "1.25 s"),
        (0.002, "2 ms"),
        (0, "0 s"),
    ],
)
def test_spans_are_written_for_people(seconds: float, text: str) -> None:
    """A span is told in the largest unit that fits, years too."""
    assert duration(round(seconds * NS)) == text


@pytest.mark.parametrize(
    ("period", "zone", "text"),
    [
        (DAY, UTC, "at 23:33 UTC"),
        (DAY, PRAGUE, "at 01:33"),
        (7 * DAY, UTC, "at 23:33 UTC on Tuesdays"),
        (7 * DAY, PRAGUE, "at 01:33 on Wednesdays"),
        (YEAR, UTC, "in March"),
        (YEAR, PRAGUE, "in April"),
        (3600, UTC, "at minute 33 of the hour"),
        (11 * YEAR, UTC, "at this point of the period"),
    ],
)
def test_phases_are_told_as_clocks_and_calendars_show_them(
    period: float, zone: tzinfo, text: str
) -> None:
    """In the zone that is known; where it is UTC, that is said."""
    assert phase(APRIL, period * NS, zone) == text


def test_moments_are_in_the_zone() -> None:
    """A time of an onset is that of the zone, UTC is said."""
    assert moment(APRIL) == "2026-03-31 23:33:20 UTC"
    assert moment(APRIL, PRAGUE) == "2026-04-01 01:33:20"


def test_numbers_that_differ_look_different() -> None:
    """As many digits as it takes, in the same order; equal ones look equal."""
    assert apart(90.00001, 90) == ["90.00001", "90"]
    assert apart(20.126, 20.1249) == ["20.126", "20.1249"]
    assert apart(5.0, 5.0) == ["5", "5"]
    assert apart(1e308, -1e308) == ["1e+308", "-1e+308"]
    assert apart(float("inf"), 3.0) == ["inf", "3"]


def test_very_many_sigmas_are_more_than_a_hundred() -> None:
    """A number of sigmas beyond 100 says nothing more."""
    assert sigmas(99.94) == "99.9"
    assert sigmas(1e6) == "more than 100"
