"""Ticks at round numbers and times, and numbers with the digits that they are worth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.widgets.keep.ticks import compact, fitted, free_labels, shown, time_ticks, value_ticks

SECOND = 10**9
DAY = 86_400 * SECOND
NOON = 1_782_907_200 * SECOND


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 100.0, ["0", "20", "40", "60", "80", "100"]),
        (-0.25, 0.25, ["-0.2", "-0.1", "0.0", "0.1", "0.2"]),
        (101_310.0, 101_350.0, ["101,310", "101,320", "101,330", "101,340", "101,350"]),
        (0.0, 5e9, ["0", "1G", "2G", "3G", "4G", "5G"]),
        (0.0, 2e7, ["0", "5M", "10M", "15M", "20M"]),
        (2e9, 2e9 + 4e6, ["2.000G", "2.001G", "2.002G", "2.003G", "2.004G"]),
        (0.0, 3e16, ["0", "1e16", "2e16", "3e16"]),
        (0.0, 3e-6, ["0", "1e-6", "2e-6", "3e-6"]),
    ],
)
def test_values(low: float, high: float, labels: list[str]) -> None:
    """Ticks are at 1, 2 or 5 times a power of ten and have as many digits as tell them apart."""
    assert [tick.label for tick in value_ticks(low, high, 5)] == labels


@given(st.floats(-1e306, 1e306), st.floats(0, 1e306))
def test_any_values(low: float, span: float) -> None:
    """Whatever the range, ticks lie within it, ascend, are few and have labels of their own."""
    ticks = value_ticks(low, low + span, 5)
    places = [tick.at for tick in ticks]
    slack = 1e-6 * span
    assert all(low - slack <= place <= low + span + slack for place in places)
    assert len(places) <= 24
    assert places == sorted(set(places))


@pytest.mark.parametrize(
    "values", [[], [0.0], [5.0, 5.0], [1.0, 2.0], [-1.7e308, 1.7e308], [1e-308]]
)
def test_a_range_has_room(values: list[float]) -> None:
    """A range around values is finite, wider than they are, and holds them."""
    low, high = fitted(np.array(values))
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert all(low <= value <= high for value in values)


@pytest.mark.parametrize(
    ("span", "labels"),
    [
        (60 * SECOND, ["12:00:00", "12:00:15", "12:00:30", "12:00:45", "12:01:00"]),
        (
            SECOND,
            ["12:00:00.0", "12:00:00.2", "12:00:00.4", "12:00:00.6", "12:00:00.8", "12:00:01.0"],
        ),
        (DAY, ["12:00", "18:00", "2 Jul", "06:00", "12:00"]),
        (5 * DAY, ["2 Jul", "3 Jul", "4 Jul", "5 Jul", "6 Jul"]),
        (365 * DAY, ["Jul 2026", "Oct 2026", "Jan 2027", "Apr 2027", "Jul 2027"][1:]),
        (20 * 365 * DAY, ["2030", "2035", "2040", "2045"]),
    ],
)
def test_times(span: int, labels: list[str]) -> None:
    """Ticks are at round times of day, at midnights, at first days of months and of years."""
    assert [tick.label for tick in time_ticks(NOON, NOON + span, 0, 5)] == labels


def test_times_are_round_on_the_wall_clock() -> None:
    """In a zone that is half an hour off, ticks are at that zone's full hours."""
    half = 19_800 * SECOND
    ticks = time_ticks(NOON, NOON + 4 * 3600 * SECOND, half, 5)
    assert [tick.label for tick in ticks] == ["18:00", "19:00", "20:00", "21:00"]
    assert ticks[0].at == NOON + 1800 * SECOND


@given(st.integers(-(9 * 10**18), 9 * 10**18), st.integers(1, 10**17))
def test_any_times(from_ns: int, span: int) -> None:
    """Whatever the span, ticks lie within it and are few."""
    ticks = time_ticks(from_ns, from_ns + span, 0, 8)
    assert all(from_ns <= tick.at <= from_ns + span for tick in ticks)
    assert len(ticks) <= 20


def test_labels_do_not_touch() -> None:
    """Of labels that would touch the later one is left out."""
    assert free_labels([0.0, 10.0, 60.0], [40.0, 40.0, 40.0], 5.0) == [True, False, True]


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [
        (21.4567, 2.0, "21.46"),
        (1_234_567.8, 5_000.0, "1,234,568"),
        (float("nan"), 1.0, "–"),
        (float("inf"), 1.0, "–"),
        (1e308, float("inf"), "1e+308"),
        (0.0, 0.0, "0"),
        (42.0, 0.0, "42"),
    ],
)
def test_digits(value: float, spread: float, text: str) -> None:
    """A number has the digits that tell it from others of its channel."""
    assert shown(value, spread) == text


@given(
    st.floats(-1e308, 1e308) | st.just(math.nan),  # beyond, one digit rounds to what is no number
    st.floats(min_value=0),
    st.integers(min_value=6, max_value=12),
)
def test_a_compact_number_is_short_and_near(value: float, spread: float, width: int) -> None:
    """In so many signs it is what they allow: two digits at least, one of a huge or tiny number in a few."""
    text = compact(value, spread, width)
    assert len(text) <= max(width, 8)
    if not math.isfinite(value):
        assert text == "–"
        return
    suffix = text[-1] if text[-1] in "kMGT" else ""
    number = float(text.removesuffix(suffix).replace(",", "")) * 1000.0 ** (
        " kMGT".index(suffix or " ")
    )
    rel = 0.06 if width >= 9 else 0.5  # -3.2e-300 has nine signs
    assert number == pytest.approx(value, rel=rel, abs=0.5 * spread)


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [
        (1013.25, 0.01, "1013.250"),
        (-1013.25, 0.01, "-1013.25"),
        (16_839_776.0, 10.0, "16839776"),
        (190_223_360.0, 5.0, "190.223M"),
        (1.5e-300, 0.0, "1.5e-300"),
    ],
)
def test_what_a_column_of_eight_shows(value: float, spread: float, text: str) -> None:
    """Decimals go first, then digits behind a suffix."""
    assert compact(value, spread, 8) == text
