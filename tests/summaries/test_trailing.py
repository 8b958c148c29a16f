"""Statistics of trailing windows against numpy, in any batches."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray
from nbstream.summaries.pyramid import BLOCK
from nbstream.summaries.summary import BlockPyramid
from nbstream.summaries.trailing import TrailingWindows
from tests.strategies import batch_sizes, cut_into

STATISTICS = ("mean", "std", "min", "max", "count")


def column_of(seed: int, n: int, missing: float) -> FloatArray:
    """Return values on an offset, with missing readings."""
    rng = np.random.default_rng(seed)
    values = 1000.0 * rng.integers(0, 2) + rng.normal(size=n)
    values[rng.random(n) < missing] = np.nan
    return values


def found_in(column: FloatArray, starts: np.ndarray, ends: np.ndarray) -> list[FloatArray]:
    """Return the statistics of windows over a column."""
    pyramid = BlockPyramid()
    pyramid.extend(column)

    def read(start: int, stop: int) -> FloatArray:
        assert 0 <= start <= stop <= len(column)
        return column[start:stop]

    windows = TrailingWindows(starts, ends, pyramid, read)
    return [windows.statistic(name) for name in STATISTICS]


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    st.one_of(st.integers(1, 40), st.integers(1, 3 * BLOCK)),
    st.integers(0, 3 * BLOCK),
    st.sampled_from([0.0, 0.05, 0.7]),
    st.integers(0, 1),
    batch_sizes(700, mostly=20),
)
def test_windows_are_those_of_numpy_in_any_batches(
    seed: int, length: int, first: int, missing: float, own: int, sizes: list[int]
) -> None:
    """Whether windows are short, long, empty or grow: they agree with numpy, and batches don't matter."""
    n = 700
    column = column_of(seed, first + n, missing)
    ends = first + own + np.arange(n)
    starts = np.maximum(ends - length, 0)
    if seed % 3 == 0:  # lengths that vary
        steps = np.random.default_rng(seed).integers(0, 3, n)
        starts = np.minimum(max(0, first - length) + steps.cumsum(), ends)
    whole = found_in(column, starts, ends)
    parts = [found_in(column, starts[part], ends[part]) for part in cut_into(n, sizes)]
    for numbers, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(numbers, np.concatenate(pieces))
    for i in range(0, n, 37):
        window = column[starts[i] : ends[i]]
        window = window[window == window]
        mean, std, low, high, count = (numbers[i] for numbers in whole)
        assert count == len(window)
        if len(window):
            assert (low, high) == (window.min(), window.max())
            np.testing.assert_allclose(mean, window.mean(), rtol=1e-10, atol=1e-12)
        else:
            assert np.isnan([mean, low, high]).all()
        if len(window) > 1:
            np.testing.assert_allclose(std, window.std(ddof=1), rtol=1e-8, atol=1e-12)
        else:
            assert np.isnan(std)


def test_rows_that_were_evicted_meanwhile_are_missing() -> None:
    """Where the buffer no longer has the first rows of a window, the others are what is known of it."""
    column = np.arange(100.0)
    pyramid = BlockPyramid()
    pyramid.extend(column)
    windows = TrailingWindows(
        np.array([10]), np.array([100]), pyramid, lambda start, stop: column[max(start, 40) : stop]
    )
    assert windows.statistic("count").tolist() == [60.0]
    assert windows.statistic("mean").tolist() == [69.5]
    assert windows.statistic("min").tolist() == [40.0]


def test_values_at_the_ends_of_float64_give_no_warning() -> None:
    """Their spread may be infinite, their extremes and number are right."""
    column = np.tile([1e308, -1e308], 2 * BLOCK)
    _, _, low, high, count = found_in(column, np.array([5, 6]), np.array([3000, 3001]))
    assert low.tolist() == [-1e308, -1e308]
    assert high.tolist() == [1e308, 1e308]
    assert count.tolist() == [2995.0, 2995.0]
