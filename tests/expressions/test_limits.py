"""Tests of the limits that a condition has on the axes of channels."""

from __future__ import annotations

import pytest

from nbstream.alerts.conditions.condition import Condition


def told(text: str) -> list[tuple[str | None, float, str]]:
    """Return channel, value and text of the limits of a condition."""
    return [(limit.channel, limit.value, limit.text) for limit in Condition.parse(text).axis_limits]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value > 90", [(None, 90, "value > 90")]),
        ("24 < temperature", [("temperature", 24, "temperature > 24")]),
        ("outside(10, 90)", [(None, 10, "outside(10, 90)"), (None, 90, "outside(10, 90)")]),
        ("abs(value) >= 3", [(None, 3, "abs(value) >= 3"), (None, -3, "abs(value) >= 3")]),
        ("a > 1 and (b < 2 or not c >= 3)", [("a", 1, "a > 1"), ("b", 2, "b < 2"), ("c", 3, "c >= 3")]),
        ("18 < a <= 24", [("a", 18, "a > 18"), ("a", 24, "a <= 24")]),
        ('channel("hall 4") < -5', [("hall 4", -5, 'channel("hall 4") < -5')]),
        ('mean("60s") > 70', [(None, 70, 'mean("60s") > 70')]),
        ("p95 > 70 or median < 3", [(None, 70, "p95 > 70"), (None, 3, "median < 3")]),
    ],
)  # fmt: skip
def test_readings_and_levels_are_compared_with_places_on_an_axis(
    text: str, expected: list[tuple[str | None, float, str]]
) -> None:
    """Each of them is found, with the channel whose axis it is on and the part that says it."""
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    ["zscore > 3", "std > 2", "rate > 5", 'count("1min") < 3', "rate_of(a) > 1", "a - b > 3",
     'score("cusum") > 5', "a == 2", "a > b", "value > 1 + 2 * a", "stale"],
)  # fmt: skip
def test_what_has_another_scale_is_no_place_on_an_axis(text: str) -> None:
    """A line for it would be a lie."""
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "which", "expected"),
    [
        ("value > 90", 0, "value > 7.5"),
        ("outside(5, 90)", 1, "outside(5, 7.5)"),
        ("a - 2 > 1 and max(1, b) < 2 and 3 < c < 9", 0, "a - 2 > 1 and max(1, b) < 2 and 7.5 < c < 9"),
        ("a - 2 > 1 and -(b + 3) < 2 and 3 < c < 9", 1, "a - 2 > 1 and -(b + 3) < 2 and 3 < c < 7.5"),
        ("abs(a) > 3", 0, "abs(a) > 7.5"),
        ("not a > 1 or a < -4", 1, "not a > 1 or a < 7.5"),
    ],
)  # fmt: skip
def test_one_limit_is_moved_and_all_else_stays(text: str, which: int, expected: str) -> None:
    """Numbers that are no limits are counted too, so that the right one changes."""
    condition = Condition.parse(text)
    assert condition.moved(condition.axis_limits[which], 7.5).text == expected


def test_the_lower_of_two_limits_around_zero_moves_both() -> None:
    """abs(value) > 3 has one number; its lower line is that with the other sign."""
    condition = Condition.parse("abs(value) > 3")
    assert condition.moved(condition.axis_limits[1], -4.0).text == "abs(value) > 4"


def test_limits_that_would_cross_are_refused() -> None:
    """As they are where somebody writes them."""
    condition = Condition.parse("outside(10, 90)")
    with pytest.raises(ValueError, match="must come first"):
        condition.moved(condition.axis_limits[0], 95.0)
