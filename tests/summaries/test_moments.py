"""Moments and their pyramids against two passes in extended precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.summaries.moments import (
    MomentPyramid,
    Moments,
    PairPyramid,
    moments_of,
    pair_moments_of,
)
from nbstream.summaries.pyramid import BLOCK, Columns
from tests.strategies import EPOCH_NS, batch_sizes, cut_into


def two_pass(times: TimeArray, values: FloatArray) -> Moments:
    """Compute the moments in the plain way, in extended precision."""
    present = values == values
    x = values[present].astype(np.longdouble)
    if not len(x):
        return Moments(0, *[np.nan] * 6)
    y = (times[present] - times[present][0]).astype(np.longdouble) / 10**9
    return plain(x, y)


def plain(x: np.ndarray, y: np.ndarray) -> Moments:
    """Compute central moments of pairs."""
    mean = x.mean()
    dx, dy = x - mean, y - y.mean()
    sums = ((dx**2).sum(), (dx**3).sum(), (dx**4).sum(), (dy**2).sum(), (dx * dy).sum())
    return Moments(len(x), float(mean), *map(float, sums))


def assert_close(found: Moments, expected: Moments, relative: float = 1e-9) -> None:
    """Compare: what can cancel (m3, xy), relative to what it is made of."""
    n, mean, m2, m3, m4, y2, xy = expected
    assert found.n == n
    if not n:
        assert np.isnan(found[1:]).all()
        return
    scale = np.sqrt(m2 / n)
    tolerances = [
        max(1e-15 * abs(mean) * 4, relative * scale),
        relative * m2,
        relative * n * scale**3 + relative * abs(m3),
        relative * m4,
        relative * y2,
        relative * np.sqrt(m2 * y2),
    ]
    for a, b, tolerance in zip(found[1:], (mean, m2, m3, m4, y2, xy), tolerances, strict=True):
        assert abs(a - b) <= tolerance + 1e-300


def course(seed: int, n: int, missing: float, offset: float) -> tuple[TimeArray, FloatArray]:
    """Return readings at uneven times, with a level that moves and a share that is missing."""
    rng = np.random.default_rng(seed)
    times = EPOCH_NS + rng.integers(0, 2_000_000, n).cumsum()
    values = offset + rng.gamma(0.5, 1.0, n) + np.cumsum(rng.normal(0, 0.01, n))
    values[rng.random(n) < missing] = np.nan
    return times, values


@settings(max_examples=15)
@given(
    st.integers(0, 2**32),
    st.integers(0, 5 * BLOCK),
    st.sampled_from([1, 1000, 31 * BLOCK, 70 * BLOCK]),
    batch_sizes(3 * BLOCK, mostly=2 * BLOCK),
    st.sampled_from([0.0, 0.001, 0.9]),
    st.sampled_from([0.0, 1e6]),
    st.data(),
)
def test_a_pyramid_has_the_moments_of_two_passes(
    seed: int,
    first: int,
    more: int,
    sizes: list[int],
    missing: float,
    offset: float,
    data: st.DataObject,
) -> None:
    """Any range of rows that are held, whatever was evicted or taken back before."""
    n = data.draw(st.integers(1, 3 * BLOCK)) + more
    times, values = course(seed, n, missing, offset)
    pyramid, held = MomentPyramid(first), first

    def read(start: int, stop: int) -> Columns:
        assert held <= start <= stop <= pyramid.end
        return times[start - first : stop - first], values[start - first : stop - first]

    for part in cut_into(n, sizes):
        pyramid.extend_columns((times[part], values[part]))
        if data.draw(st.integers(0, 5)) == 0:
            held = data.draw(st.integers(held, pyramid.end))
            pyramid.forget_before(held)
        if data.draw(st.integers(0, 5)) == 0:
            row = data.draw(st.integers(held, pyramid.end))
            end = pyramid.end
            values[row - first :] = np.roll(values[row - first :], 1)
            pyramid.cut(row)
            again = slice(pyramid.end - first, end - first)
            pyramid.extend_columns((times[again], values[again]))
            assert pyramid.end == end
        start = data.draw(st.integers(held, pyramid.end))
        stop = data.draw(st.integers(start, pyramid.end))
        assert_close(pyramid.query(start, stop, read), two_pass(*read(start, stop)))
    assert_close(pyramid.query(held, pyramid.end, read), two_pass(*read(held, pyramid.end)))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_pairs_have_the_moments_of_two_passes(offset: float) -> None:
    """Pairs with a missing half are left out; the rest is the covariance of the two."""
    rng = np.random.default_rng(3)
    x, y = offset + rng.normal(size=(2, 40 * BLOCK + 7))
    y += 0.5 * (x - offset)
    x[rng.random(len(x)) < 0.01] = np.nan
    y[rng.random(len(y)) < 0.01] = np.nan
    pyramid = PairPyramid()
    pyramid.extend_columns((x, y))
    present = (x == x) & (y == y)
    found = pyramid.query(100, len(x), lambda a, b: (x[a:b], y[a:b]))
    whole = plain(
        x[100:][present[100:]].astype(np.longdouble), y[100:][present[100:]].astype(np.longdouble)
    )
    assert_close(found, whole)


def test_fast_readings_long_after_1970_keep_their_slope() -> None:
    """A megahertz of readings has the slope of two passes, though float64 holds µs of an epoch only."""
    n = 20 * BLOCK
    times = EPOCH_NS + np.arange(n) * 1000
    values = 5.0 + 1e3 * (np.arange(n) / 1e6) + np.random.default_rng(1).normal(size=n)
    pyramid = MomentPyramid()
    pyramid.extend_columns((times, values))
    found = pyramid.query(0, n, lambda a, b: (times[a:b], values[a:b]))
    assert_close(found, two_pass(times, values), 1e-12)


def test_nothing_has_no_moments() -> None:
    """Without a reading everything is NaN but the number."""
    nothing = np.empty(0)
    missing = np.full(3, np.nan)
    times = np.arange(3)
    for moments in (
        moments_of(np.empty(0, np.int64), nothing),
        moments_of(times, missing),
        pair_moments_of(nothing, nothing),
        pair_moments_of(missing, missing),
    ):
        assert moments.n == 0
        assert np.isnan(moments[1:]).all()
