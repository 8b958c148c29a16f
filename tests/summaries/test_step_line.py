"""A line over steps: bounded, exact where there are few, and what a step that goes back takes away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.summaries.step_line import MAX_BINS, StepLine


def line_of(*parts: tuple[list[float], list[float]]) -> StepLine:
    """Return a line of some batches."""
    line = StepLine()
    for x, y in parts:
        line.add(np.array(x, float), np.array(y, float))
    return line


def test_few_steps_stand_each_for_itself() -> None:
    """Steps, parts of an epoch and negative ones keep their place and value."""
    x = [-2.0, -1.0, 0.0, 0.25, 0.5, 7.0]
    points = line_of((x, [1, 2, 3, 4, 5, 6])).points(1000)
    assert points.x.tolist() == x
    assert points.mean.tolist() == points.low.tolist() == points.high.tolist() == [1, 2, 3, 4, 5, 6]


@given(
    st.lists(st.integers(1, 4000), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.3),
)
def test_bins_are_what_numpy_says_of_their_readings(
    sizes: list[int], seed: int, share: float
) -> None:
    """However readings were batched: counts, means, ends and missing ones are those of all of them."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    x = np.cumsum(rng.integers(0, 3, n)).astype(float)
    y = np.where(rng.random(n) < share, np.nan, rng.normal(size=n))
    line = StepLine()
    for part in np.split(np.arange(n), np.cumsum(sizes)[:-1]):
        line.add(x[part], y[part])
    points = line.points(2**62)
    assert len(points.x) <= MAX_BINS
    keys = np.floor(x / line.width)
    expected = [y[keys == key] for key in np.unique(keys)[:50]]
    for i, of in enumerate(expected):
        there = of[np.isfinite(of)]
        assert points.n[i] == len(there)
        assert points.missing[i] == len(of) - len(there)
        if len(there):
            assert points.mean[i] == pytest.approx(there.mean())
            assert (points.low[i], points.high[i]) == (there.min(), there.max())
        else:
            assert np.isnan([points.mean[i], points.low[i], points.high[i]]).all()
    assert points.n.sum() + points.missing.sum() == n
    assert line.n_missing == np.isnan(y).sum()
    few = line.points(100)
    assert len(few.x) <= 100
    assert (few.n.sum(), few.missing.sum()) == (points.n.sum(), points.missing.sum())


def test_a_step_that_goes_back_takes_back_what_was_beyond() -> None:
    """The line goes on from there; what was taken back is held, and begins on the line."""
    line = line_of(([0, 1, 2, 3], [9, 8, 7, 6]), ([2, 3, 4], [1, 1, np.nan]))
    assert line.points(100).x.tolist() == [0, 1, 2, 3, 4]
    assert line.points(100).mean[:4].tolist() == [9, 8, 1, 1]
    assert [part.x.tolist() for part in line.before] == [[1, 2, 3]]
    assert (line.n_back, line.went_back, line.n_missing) == (1, (3, 2), 1)
    line.add(np.array([4.0]), np.array([2.0]))
    assert (line.n_back, line.points(100).mean[-1]) == (1, 2.0), "an equal step is no step back"


def test_missing_values_that_were_taken_back_do_not_count() -> None:
    """A run that diverged and goes on from a checkpoint is sound again."""
    line = line_of(([0, 1, 2, 3], [9, 8, np.nan, np.nan]), ([2, 3], [7, 6]))
    assert line.n_missing == 0


def test_steps_that_make_no_sense_harm_nobody() -> None:
    """Huge steps and values, infinite values, and steps that jump to and fro at each call."""
    line = line_of(([0, 1e300, 1], [1, 2, 3]), ([2, 3], [np.inf, 1e308]), ([3, 3], [1e308, 1e308]))
    points = line.points(100)
    assert points.x.tolist() == [0, 1, 2, 3]
    assert np.isnan(points.mean[2])
    assert points.mean[3] == 1e308
    line.add(np.array([5.0, 4.0] * 50), np.arange(100.0))
    assert line.n_back == 50
    assert len(line.before) <= 4
