"""Summaries and their pyramid against two passes of numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray
from nbstream.summaries.pyramid import BLOCK
from nbstream.summaries.summary import BlockPyramid, Summary, merge, summarize
from tests.strategies import batch_sizes, cut_into, values


def two_pass(numbers: FloatArray) -> Summary:
    """Compute a summary in the plain way, in extended precision."""
    present = numbers[numbers == numbers].astype(np.longdouble)
    if not len(present):
        return Summary(0, np.nan, np.nan, np.nan, np.nan)
    mean = present.mean()
    m2 = ((present - mean) ** 2).sum()
    return Summary(len(present), float(mean), float(m2), float(present.min()), float(present.max()))


def assert_close(found: Summary, expected: Summary, relative: float = 1e-9) -> None:
    """Compare: counts and extremes exactly, mean and m2 to `relative`."""
    assert found.n == expected.n
    np.testing.assert_array_equal([found.min, found.max], [expected.min, expected.max])
    np.testing.assert_allclose([found.mean, found.m2], [expected.mean, expected.m2], rtol=relative)
    np.testing.assert_allclose(found.std, expected_std(expected), rtol=relative)


def expected_std(summary: Summary) -> float:
    """Return the sample standard deviation, NaN below two readings."""
    return float(np.sqrt(summary.m2 / (summary.n - 1))) if summary.n > 1 else np.nan


@given(
    st.lists(values(odd=False) | st.just(float("nan")), max_size=300), st.sampled_from([0.0, 1e6])
)
def test_a_summary_is_two_passes(numbers: list[float], offset: float) -> None:
    """Count, mean, squares and extremes are those of numpy, NaN left out."""
    column = np.array(numbers, np.float64) + offset
    expected = two_pass(column)
    found = merge(summarize(column))
    scale = max(abs(expected.max - expected.min), 1e-300) if expected.n else 1.0
    assert found.n == expected.n
    np.testing.assert_array_equal([found.min, found.max], [expected.min, expected.max])
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_allclose(
        found.m2, expected.m2, rtol=1e-9, atol=1e-18 * offset**2 * max(found.n, 1)
    )


def noise(seed: int, n: int, missing: float) -> FloatArray:
    """Return `n` values around 1e6, a share of them missing, with a level that moves."""
    rng = np.random.default_rng(seed)
    column = 1e6 + rng.normal(0, 1, n) + np.cumsum(rng.normal(0, 0.01, n))
    column[rng.random(n) < missing] = np.nan
    return column


@settings(max_examples=15)
@given(
    st.integers(0, 2**32),
    st.integers(0, 5 * BLOCK),
    st.sampled_from([0, 1, 1000, BLOCK, 31 * BLOCK, 70 * BLOCK]),
    batch_sizes(3 * BLOCK, mostly=2 * BLOCK),
    st.sampled_from([0.0, 0.001, 0.5]),
    st.data(),
)
def test_a_pyramid_answers_any_range(
    seed: int, first: int, more: int, sizes: list[int], missing: float, data: st.DataObject
) -> None:
    """Any range of rows that are held has the summary of two passes, whatever was evicted before."""
    column = noise(seed, data.draw(st.integers(1, 3 * BLOCK)) + more, missing)
    pyramid, held = BlockPyramid(first), first

    def read(start: int, stop: int) -> FloatArray:
        assert held <= start <= stop <= pyramid.end
        return column[start - first : stop - first]

    for part in cut_into(len(column), sizes):
        pyramid.extend(column[part])
        assert pyramid.end == first + part.stop
        if data.draw(st.integers(0, 5)) == 0:
            held = data.draw(st.integers(held, pyramid.end))
            pyramid.forget_before(held)
        start = data.draw(st.integers(held, pyramid.end))
        stop = data.draw(st.integers(start, pyramid.end))
        assert_close(pyramid.query(start, stop, read), two_pass(read(start, stop)))
    assert_close(pyramid.query(held, pyramid.end, read), two_pass(read(held, pyramid.end)))


@settings(max_examples=10)
@given(
    st.integers(0, 2**32), batch_sizes(40 * BLOCK, mostly=10 * BLOCK), st.sampled_from([0.0, 0.01])
)
def test_batches_make_no_difference(seed: int, sizes: list[int], missing: float) -> None:
    """The same rows give the same bits, however they came and however many came after them."""
    column = noise(seed, 140 * BLOCK + 17, missing)
    whole = BlockPyramid()
    whole.extend(column)
    parts = BlockPyramid()
    rng = np.random.default_rng(seed)

    def read(start: int, stop: int) -> FloatArray:
        return column[start:stop]

    for part in cut_into(len(column), sizes):
        parts.extend(column[part])
        start = int(rng.integers(0, parts.end))
        assert parts.query(start, parts.end, read) == whole.query(start, parts.end, read)


def test_a_small_buffer_that_runs_for_long() -> None:
    """What is forgotten is never needed again, also when more came at once than is held."""
    rng = np.random.default_rng(5)
    for held_blocks in (1, 5, 20, 31, 33, 63, 65, 100):
        pyramid, column = BlockPyramid(), noise(held_blocks, 400 * BLOCK, 0.0)

        def read(start: int, stop: int, column: FloatArray = column) -> FloatArray:
            return column[start:stop]

        while pyramid.end < len(column):
            n = int(rng.choice([100, BLOCK, 10 * BLOCK, 90 * BLOCK]))
            pyramid.extend(column[pyramid.end : pyramid.end + n])
            held = max(0, pyramid.end - held_blocks * BLOCK)
            pyramid.forget_before(held)
            assert_close(pyramid.query(held, pyramid.end, read), two_pass(read(held, pyramid.end)))


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 + 0.1, -1e300, 5e-324])
def test_a_constant_has_no_deviation(constant: float) -> None:
    """The standard deviation of equal readings is zero exactly."""
    column = np.full(3 * BLOCK + 5, constant)
    pyramid = BlockPyramid()
    pyramid.extend(column)
    found = pyramid.query(7, len(column), lambda a, b: column[a:b])
    assert (found.mean, found.m2, found.std) == (constant, 0.0, 0.0)


@pytest.mark.parametrize("column", [[], [np.nan], [np.nan] * 2000])
def test_nothing_to_summarize(column: list[float]) -> None:
    """Without a reading everything is NaN but the count."""
    array = np.array(column)
    pyramid = BlockPyramid()
    pyramid.extend(array)
    found = pyramid.query(0, len(array), lambda a, b: array[a:b])
    assert found.n == 0
    assert np.isnan([found.mean, found.m2, found.min, found.max, found.std]).all()


def test_one_reading_has_no_deviation() -> None:
    """A single reading has a mean and extremes, and no standard deviation."""
    found = merge(summarize(np.array([3.0])))
    assert found == Summary(1, 3.0, 0.0, 3.0, 3.0)
    assert np.isnan(found.std)


@pytest.mark.parametrize("n", [3, BLOCK, 70 * BLOCK])
@pytest.mark.parametrize("scale", [1e200, 1.7e308])
def test_values_whose_squares_overflow(n: int, scale: float) -> None:
    """Count and extremes stay exact and nothing warns; what float64 cannot hold is infinite or NaN."""
    column = np.where(np.arange(n) % 3 == 0, -scale, scale)
    pyramid = BlockPyramid()
    pyramid.extend(column)
    found = pyramid.query(0, n, lambda a, b: column[a:b])
    assert (found.n, found.min, found.max) == (n, -scale, scale)
    assert not found.std < scale
