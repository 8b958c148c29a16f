"""Trailing z-scores against brute force, in any batches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray
from nbstream.statistics import trailing_zscores
from nbstream.statistics.zscore import MIN_READINGS
from nbstream.summaries.pyramid import BLOCK
from nbstream.summaries.summary import BlockPyramid
from tests.strategies import batch_sizes, cut_into


def brute_force(column: FloatArray, starts: list[int]) -> FloatArray:
    """Score each reading against the window before it, in extended precision."""
    scores = np.full(len(column), np.nan)
    for i, start in enumerate(starts):
        window = column[start:i]
        window = window[window == window].astype(np.longdouble)
        if len(window) >= MIN_READINGS and column[i] == column[i]:
            std = window.std(ddof=1)
            if std > 0:
                scores[i] = (column[i] - window.mean()) / std
    return scores


def in_batches(
    column: FloatArray, starts: list[int], sizes: list[int], ahead: int = 0
) -> FloatArray:
    """Score batch by batch; the summaries may be `ahead` by some rows."""
    pyramid = BlockPyramid()
    scores = []
    for part in cut_into(len(column), sizes):
        pyramid.extend(column[pyramid.end : part.stop + ahead])

        def read(start: int, stop: int) -> FloatArray:
            assert 0 <= start <= stop <= pyramid.end
            return column[start:stop]

        scores.append(trailing_zscores(np.array(starts[part]), part.start, pyramid, read))
    return np.concatenate(scores) if scores else np.empty(0)


def column_of(seed: int, n: int, missing: float, offset: float) -> FloatArray:
    """Return values with a moving level, jumps, constant stretches and missing readings."""
    rng = np.random.default_rng(seed)
    column = offset + rng.normal(0, 1, n) + np.cumsum(rng.normal(0, 0.05, n))
    column[rng.random(n) < 0.01] += 50
    if n > 200:
        column[50:120] = column[50]
    column[rng.random(n) < missing] = np.nan
    return column


def windows_of(seed: int, n: int, kind: str) -> list[int]:
    """Return the first row of each reading's window: of a length, of all, or of lengths that vary."""
    if kind == "all":
        return [0] * n
    if kind == "count":
        length = int(np.random.default_rng(seed).integers(2, 3000))
        return [max(0, i - length) for i in range(n)]
    steps = np.random.default_rng(seed).integers(0, 3, n).cumsum()
    return [int(min(i, s)) for i, s in enumerate(steps)]


@settings(max_examples=25)
@given(
    st.integers(0, 2**32),
    st.integers(1, 3 * BLOCK + 100),
    st.sampled_from(["all", "count", "varying"]),
    st.sampled_from([0.0, 0.02, 0.6]),
    st.sampled_from([0.0, 1e6]),
    batch_sizes(700),
)
def test_scores_are_those_of_brute_force(
    seed: int, n: int, kind: str, missing: float, offset: float, sizes: list[int]
) -> None:
    """Each reading is scored against the readings of the window before it."""
    column, starts = column_of(seed, n, missing, offset), windows_of(seed, n, kind)
    expected = brute_force(column, starts)
    np.testing.assert_allclose(in_batches(column, starts, sizes), expected, rtol=1e-7, atol=1e-9)


@settings(max_examples=15)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["all", "count", "varying"]),
    st.sampled_from([0.0, 0.02]),
    batch_sizes(2500),
    st.integers(0, 3000),
)
def test_batches_make_no_difference(
    seed: int, kind: str, missing: float, sizes: list[int], ahead: int
) -> None:
    """The scores are the same bit for bit, at once or in any batches."""
    column, starts = (
        column_of(seed, 4 * BLOCK + 77, missing, 1e6),
        windows_of(seed, 4 * BLOCK + 77, kind),
    )
    at_once = in_batches(column, starts, [len(column)])
    np.testing.assert_array_equal(in_batches(column, starts, sizes, ahead), at_once)


def test_batches_make_no_difference_to_long_windows() -> None:
    """Bit for bit also where windows span many levels of the pyramid."""
    n = 75 * BLOCK
    column, starts = column_of(7, n, 0.001, 1e6), [0] * n
    at_once = in_batches(column, starts, [n])
    np.testing.assert_array_equal(in_batches(column, starts, [5000, 1, 33_000]), at_once)


@pytest.mark.parametrize("n", [MIN_READINGS, 600, BLOCK, 3 * BLOCK + 7])
@pytest.mark.parametrize("level", [0.0, 0.1, 5.0, -1e9, 1e9 + 0.1, 1e300, 1e-300])
def test_what_differs_from_equal_readings_is_endlessly_far(n: int, level: float) -> None:
    """Where the standard deviation is 0 the score is ±inf, and NaN for a reading that is equal too."""
    step = max(abs(level) * 1e-6, 1e-6)
    for differs, score in ((level + step, np.inf), (level - step, -np.inf), (level, np.nan)):
        column = np.append(np.full(n, level), [differs])
        scores = in_batches(column, [0] * len(column), [100])
        assert np.isnan(scores[:-1]).all()
        np.testing.assert_equal(scores[-1], score)


def test_equal_readings_are_equal_however_their_window_is_put_together() -> None:
    """Windows that slide, with missing readings between, merge to a spread of exactly 0."""
    rng = np.random.default_rng(1)
    column = np.full(5000, 1e9 + 0.3)
    column[rng.random(5000) < 0.1] = np.nan
    column[::777] += 1
    starts = np.maximum(np.arange(5000) - 300, 0).tolist()
    scores = in_batches(column, starts, [7, 100, 1500])
    differs = np.flatnonzero(column > 1e9 + 1)
    alone = differs[differs > 300]
    assert len(alone) > 3
    assert (scores[alone] == np.inf).all()


def test_what_float64_cannot_tell_apart_is_equal() -> None:
    """The last bit of a computed value is no difference, as for the detector."""
    column = np.append(np.full(100, 0.3), [0.1 + 0.2])
    assert np.isnan(in_batches(column, [0] * 101, [10])).all()
    noisy = np.append(np.tile([0.3, 0.1 + 0.2], 50), [0.1 + 0.2, 0.4])
    scores = in_batches(noisy, [0] * 102, [10])
    assert np.isnan(scores[:-1]).all()
    assert scores[-1] == np.inf


def test_fewer_than_thirty_equal_readings_say_nothing() -> None:
    """Nor do missing ones count."""
    column = np.append(np.full(MIN_READINGS - 1, 5.0), [500.0])
    assert np.isnan(in_batches(column, [0] * len(column), [3])).all()
    column = np.concatenate((np.full(MIN_READINGS - 1, 5.0), np.full(50, np.nan), [500.0]))
    assert np.isnan(in_batches(column, [0] * len(column), [3])).all()


def test_thirty_readings_are_needed() -> None:
    """The first score is that of the 31st reading; missing ones don't count."""
    column = np.tile([1.0, 2.0], 50)
    scores = in_batches(column, [0] * 100, [7])
    assert np.isnan(scores[:30]).all()
    assert not np.isnan(scores[30:]).any()
    column[:20] = np.nan
    scores = in_batches(column, [0] * 100, [7])
    assert np.isnan(scores[:50]).all()
    assert not np.isnan(scores[50:]).any()
