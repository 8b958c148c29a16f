"""Bins of values: round edges that hold every reading, whatever the readings are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray
from nbstream.summaries.value_bins import (
    MAX_BINS,
    ValueBins,
    choose_bins,
    choose_log_bins,
    decimals_of,
)


def rng() -> np.random.Generator:
    """Return random numbers that are the same for each test, in whatever order they run."""
    return np.random.default_rng(7)


def bins_of(values: FloatArray, most: int | None = None) -> ValueBins:
    """Return the bins of all the values."""
    return choose_bins(values, float(values.min()), float(values.max()), len(values), most=most)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40),
    st.sampled_from([None, 1, 7, 50]),
)
@settings(deadline=None)
def test_all_readings_are_within_and_edges_ascend(values: list[float], most: int | None) -> None:
    """Edges ascend, are finite, and hold every reading but for tails that were cut off."""
    bins = bins_of(np.array(values), most)
    assert (np.diff(bins.edges / 2) > 0).all()
    assert np.isfinite(bins.edges).all()
    assert bins.is_cut[0] or bins.edges[0] <= min(values)
    assert bins.is_cut[1] or bins.edges[-1] >= max(values)
    assert 1 <= len(bins.edges) - 1 <= 1.2 * MAX_BINS + 4


def test_widths_are_round_and_edges_are_multiples() -> None:
    """A thousand readings of 20 ± 1 have bins of 0.2 on multiples of 0.2, exactly as one writes them."""
    bins = bins_of(rng().normal(20, 1, 1000))
    assert bins.width == 0.2
    assert all(edge == round(edge, 1) for edge in bins.edges.tolist())
    assert 15 < len(bins.edges) < 60


def test_whole_numbers_stand_in_the_middle_of_their_bins() -> None:
    """Of coin flips there are two bars, around 0 and around 1."""
    bins = bins_of(np.array([0.0, 1.0, 1.0, 0.0]))
    assert bins.is_around
    assert bins.decimals == 0
    assert {-0.5, 0.5, 1.5} <= set(bins.edges.tolist())


def test_rounded_readings_have_no_comb() -> None:
    """Bins of readings with one decimal are whole steps of 0.1 wide, and all as many."""
    bins = bins_of(np.round(rng().normal(20, 0.3, 5000), 1))
    steps = bins.width / 0.1
    assert abs(steps - round(steps)) < 1e-9
    assert bins.is_around
    assert 19.95 in bins.edges.tolist()


def test_halves_are_never_split() -> None:
    """Readings that are multiples of 0.5 have bins that are as wide at least."""
    assert bins_of(rng().integers(0, 8, 5000) * 0.5).width >= 0.5


def test_long_tails_are_left_out() -> None:
    """One reading of a billion does not hide how the others are spread."""
    bins = bins_of(np.append(rng().normal(0, 1, 1000), 1e9))
    assert bins.is_cut == (False, True)
    assert bins.edges[-1] < 10
    assert bins.width <= 0.5


def test_readings_above_zero_have_no_bins_below() -> None:
    """An axis of latencies begins at 0."""
    assert bins_of(rng().lognormal(0, 1, 5000)).edges[0] == 0


def test_large_offsets_keep_small_differences_apart() -> None:
    """1e9 ± 0.001 has as many bins as 0 ± 0.001."""
    bins = bins_of(1e9 + rng().normal(0, 1e-3, 1000))
    assert 10 < len(bins.edges) < 60


@pytest.mark.parametrize("value", [0.0, 3.7, np.pi, 1e308, 1e-308, -5e-324, 1e9])
def test_flat_readings_have_one_filled_bin(value: float) -> None:
    """Readings that are all the same stand in one bin among a few."""
    bins = bins_of(np.full(5, value))
    counts, _ = np.histogram(np.full(5, value), bins.edges)
    assert sorted(counts.tolist())[-1] == 5
    assert len(counts) <= 5


def test_the_number_of_bins_can_be_bounded() -> None:
    """`most` is never exceeded but by empty bins at the ends."""
    for most in (1, 5, 20, 200):
        bins = bins_of(rng().normal(0, 1, 1000), most)
        filled = np.flatnonzero(np.histogram(rng().normal(0, 1, 1000), bins.edges)[0])
        assert filled[-1] - filled[0] + 1 <= most + 1


def test_decimals_are_those_that_all_readings_have() -> None:
    """0.1 and 20.25 have two decimals; noise near a billion has no few."""
    assert decimals_of(np.array([0.1, 0.3, 20.25])) == 2
    assert decimals_of(np.array([1e12, 5.0])) == 0
    assert decimals_of(1e9 + np.array([1e-4, 3.33e-5])) is None
    assert decimals_of(np.array([1e-308])) is None
    assert decimals_of(np.empty(0)) is None


def test_two_values_far_apart_have_bins_of_their_own() -> None:
    """A square wave of 20 and 80 has two narrow bars, not one that holds both."""
    bins = bins_of(np.tile([20.0, 80.0], 500))
    counts, _ = np.histogram([20.0, 80.0], bins.edges)
    assert counts.max() == 1
    assert bins.width <= 20


def test_two_hills_are_told_apart() -> None:
    """A sine's readings, most of them near its ends, have some 30 bins and not eight."""
    bins = bins_of(np.sin(np.arange(2000) / 10) + rng().normal(0, 0.01, 2000))
    assert 20 <= len(bins.edges) <= 50


def log_bins_of(values: FloatArray) -> ValueBins:
    """Return logarithmic bins for readings."""
    placed = values[values > 0]
    low, high = (float(placed.min()), float(placed.max())) if len(placed) else (np.nan, np.nan)
    return choose_log_bins(values, low, high, len(placed))


def test_log_bins_have_edges_at_powers_of_ten() -> None:
    """A decade has 1, 2, 5, 10 … of them, each wider by the same factor, and all readings are in one."""
    values = np.random.default_rng(7).lognormal(3, 1.5, 5000)
    bins = log_bins_of(values)
    assert bins.decades is not None
    assert bins.decades in (0.05, 0.1, 0.2)
    ratios = bins.edges[1:] / bins.edges[:-1]
    np.testing.assert_allclose(ratios, 10**bins.decades)
    assert any(np.isclose(bins.edges, 100.0))
    assert bins.edges[0] < values.min() < bins.edges[2]
    assert bins.edges[-3] < values.max() < bins.edges[-1]
    assert bins.is_cut == (False, False)


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [5.0, 5.0],
        [5e-324, 1.7976931348623157e308],
        [1e308, 1.1e308],
        [1e9, 1e9 + 1],
        [0.0, -1.0],
        [0.0, 3.0],
        [1e-300, 1e300],
    ],
)
def test_any_readings_have_log_bins(values: list[float]) -> None:
    """Few of them, ascending and finite; what is not positive is a tail."""
    found = np.array(values)
    bins = log_bins_of(found)
    assert 1 <= len(bins.edges) - 1 <= MAX_BINS
    assert np.isfinite(bins.edges).all()
    assert (np.diff(bins.edges) > 0).all()
    placed = found[found > 0]
    assert ((placed >= bins.edges[0]) & (placed <= bins.edges[-1])).all()
    assert bins.is_cut[0] == (len(placed) < len(found))
