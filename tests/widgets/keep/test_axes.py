"""The y axis of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream.widgets.keep.axes import scale_of
from nbstream.widgets.keep.ticks import log_ticks

NAN = float("nan")


def test_values_lie_between_foot_and_top() -> None:
    """With room beyond the smallest and the largest."""
    scale = scale_of(np.array([1.0, NAN, 3.0]), most=5)
    places = scale.place(np.array([1.0, 2.0, 3.0]))
    assert 0 < places[0] < 0.1
    assert places[1] == pytest.approx(0.5)
    assert 0.9 < places[2] < 1


def test_a_range_that_was_chosen() -> None:
    """An end that was chosen stands; the other is that of the readings."""
    values = np.array([10.0, 20.0])
    assert scale_of(values, most=5, ends=(0, 100)).place_of(50) == pytest.approx(0.5)
    half = scale_of(values, most=5, ends=(0, None))
    assert (half.low, half.high > 20) == (0, True)
    beyond = scale_of(values, most=5, ends=(50, None))
    assert beyond.low < 50 < beyond.high


def test_a_range_that_is_reached_at_least() -> None:
    """It reaches there, and beyond where readings are."""
    least = scale_of(np.array([0.4, 0.6]), most=5, least=(0, 1))
    assert (least.low, least.high) == (0, 1)
    assert scale_of(np.array([0.4, 5]), most=5, least=(0, 1)).high > 5
    assert scale_of(np.empty(0), most=5, least=(0, 1)).high > 1


def test_limits_near_the_readings_are_in_it() -> None:
    """A limit far away is not."""
    values = np.array([1.0, 2.0])
    assert scale_of(values, most=5, limits=[2.5]).high > 2.5
    assert scale_of(values, most=5, limits=[100.0]).high < 3


def test_a_logarithmic_axis() -> None:
    """Decades are as high as each other; what is not positive has no place."""
    scale = scale_of(np.array([-5.0, 0.0, 1.0, 100.0]), most=5, is_log=True)
    places = scale.place(np.array([0.0, -1.0, 1.0, 10.0, 100.0]))
    assert np.isnan(places[:2]).all()
    assert places[3] - places[2] == pytest.approx(places[4] - places[3])
    assert scale_of(np.array([0.0, -1.0]), most=5, is_log=True).ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 2, ["1", "10", "100"]),
        (-2, 1.2, ["0.01", "0.1", "1", "10"]),
        (0.2, 0.8, ["2", "4", "6"]),
        (0, 12, ["1", "1,000", "1M", "1G", "1T"]),
    ],
)
def test_log_ticks(low: float, high: float, labels: list[str]) -> None:
    """They are powers of ten, fewer where there are many, even numbers within a decade."""
    assert [tick.label for tick in log_ticks(low, high, 4)] == labels


def test_log_ticks_have_twos_and_fives_where_there_is_room() -> None:
    """As the page has."""
    assert [tick.at for tick in log_ticks(0, 2, 8)] == [1, 2, 5, 10, 20, 50, 100]


@pytest.mark.parametrize("value", [1e308, 5e-324, 1.7976931348623157e308, 1.0])
@pytest.mark.parametrize("is_log", [True, False])
def test_any_value_has_an_axis(value: float, is_log: bool) -> None:
    """At the ends of numbers too."""
    scale = scale_of(np.array([value]), most=5, is_log=is_log)
    assert 0 < scale.place_of(value) < 1
    assert all(np.isfinite(tick.at) for tick in scale.ticks)
