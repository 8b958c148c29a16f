"""Quantiles: the sliding histogram against the exact order statistics, on whatever is hardest for it."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import FloatArray
from nbstream.readings.window import Window
from nbstream.summaries import histogram as quantiles
from nbstream.summaries.histogram import (
    CHUNK,
    EXACT_LIMIT,
    SlidingHistogram,
    exact_mad,
    exact_quantile,
)
from tests.strategies import batch_sizes, cut_into

START = 1_782_907_200.0
FRACTIONS = (0.0, 1e-4, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1.0)

Make = Callable[[np.random.Generator, int], FloatArray]

ATTACKS: dict[str, Make] = {
    "offset 1e9": lambda rng, n: 1e9 + rng.uniform(-1, 1, n),
    "offset −1e15": lambda rng, n: -1e15 + rng.normal(0, 1e3, n),
    "heavy tails": lambda rng, n: rng.standard_cauchy(n),
    "Pareto": lambda rng, n: rng.pareto(0.3, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 4, n),
    "a constant": lambda _, n: np.full(n, 0.1),
    "zeros": lambda _, n: np.zeros(n),
    "mostly zeros": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.normal(size=n)),
    "denormals": lambda rng, n: rng.integers(-5000, 5000, n) * 5e-324,
    "float32 denormals": lambda rng, n: rng.normal(0, 1e-41, n),
    "mixed signs": lambda rng, n: rng.choice([-1.0, 1.0], n) * rng.lognormal(0, 10, n),
    "two levels": lambda rng, n: rng.choice([-7.0, 1e6], n),
    "extremes": lambda rng, n: rng.choice([-1e308, 1e308], n) * rng.random(n),
    "a few extremes": lambda rng, n: np.where(
        rng.random(n) < 1e-3, 1.7e308 * rng.choice([-1, 1], n), rng.normal(size=n)
    ),
    "near the end of float32": lambda rng, n: rng.normal(0, 1e38, n),
    "whole numbers": lambda rng, n: rng.integers(-5, 100, n).astype(float),
    "a drift": lambda rng, n: np.cumsum(rng.normal(0.01, 1, n)),
    "a jump": lambda rng, n: rng.normal(size=n) + np.where(np.arange(n) > n // 2, 1e9, 0),
    "with gaps": lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(5, 1, n)),
    "gaps at first": lambda rng, n: np.where(np.arange(n) < n // 2, np.nan, rng.normal(5, 1, n)),
    "missing": lambda _, n: np.full(n, np.nan),
}


def assert_within_bounds(histogram: SlidingHistogram, values: FloatArray) -> None:
    """Compare all quantiles, and the median deviation, with the sorted readings."""
    ordered = np.sort(values[values == values])
    n = len(ordered)
    if not n:
        assert np.isnan(histogram.quantile(0.5, np.nan, np.nan))
        return
    low, high = float(ordered[0]), float(ordered[-1])
    if not histogram.fits(low, high):
        return
    for q in FRACTIONS:
        rank = q * (n - 1)
        ends = ordered[int(np.floor(rank))], ordered[int(np.ceil(rank))]
        error = max(histogram.error_of(float(end)) for end in ends)
        found = histogram.quantile(q, low, high)
        assert abs(found - exact_quantile(ordered, q)) <= error, q
    assert histogram.quantile(0.0, low, high) == low
    assert histogram.quantile(1.0, low, high) == high
    median, mad = exact_quantile(ordered, 0.5), exact_mad(ordered)
    # Of two readings next to the middle, the farther one.
    middle = ordered[[(n - 1) // 2, n // 2]]
    distances = np.sort(np.abs(ordered - median))[[(n - 1) // 2, n // 2]]
    farthest = float(np.abs(middle - histogram.reference).max())
    error = 2.0**-8 * (float(distances.max()) + 2 * farthest) * (1 + 1e-4)
    error += 4 * 2.0**-52 * max(abs(low), abs(high)) + 2.0**-131
    assert abs(histogram.mad(low, high) - mad) <= error


def assert_counts(histogram: SlidingHistogram, values: FloatArray) -> None:
    """Compare the counters with those of a new histogram."""
    fresh = SlidingHistogram()
    fresh.reference = histogram.reference
    fresh._add_rows(len(values), lambda a, b: values[a:b])
    np.testing.assert_array_equal(histogram._counters, fresh._counters)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_bound_holds(attack: str) -> None:
    """While a window slides, every quantile lies within the documented distance of the exact one."""
    rng = np.random.default_rng(sum(map(ord, attack)))
    column = ATTACKS[attack](rng, 60_000)
    histogram, window, stop = SlidingHistogram(), 20_000, 0
    while stop < len(column):
        stop = min(len(column), stop + int(rng.integers(1, 9_000)))
        start = max(0, stop - window)

        def read(a: int, b: int, held_from: int = start) -> FloatArray:
            assert held_from <= a
            return column[a:b]

        histogram.slide(start, stop, read)
        assert_within_bounds(histogram, column[start:stop])


@settings(max_examples=25)
@given(
    st.integers(0, 2**32),
    st.lists(
        st.tuples(st.integers(0, 6000), st.integers(0, 6000), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(sorted(ATTACKS)),
    st.sampled_from([500, CHUNK]),
)
def test_any_slide_counts_what_a_new_one_counts(
    seed: int, moves: list[tuple[int, int, int]], attack: str, chunk: int
) -> None:
    """However it slides, grows, shrinks, jumps or is cut, the counters are those of the window."""
    with mock.patch.object(quantiles, "CHUNK", chunk):
        check_slides(seed, moves, attack)


def check_slides(seed: int, moves: list[tuple[int, int, int]], attack: str) -> None:
    """Slide a histogram, and compare it each time with a new one."""
    rng = np.random.default_rng(seed)
    column = ATTACKS[attack](rng, 6000 * len(moves) + 1)
    histogram, start, stop = SlidingHistogram(), 0, 0
    for forward, leave, cut in moves:
        stop = min(len(column), stop + forward)
        start = min(stop, start + leave)
        if cut == 0:  # late rows: what comes from here on is different
            row = int(rng.integers(0, stop + 1))
            histogram.cut(row)
            column[row:] = rng.permutation(column[row:])
        histogram.slide(start, stop, lambda a, b: column[a:b])
        assert_counts(histogram, column[start:stop])
        assert (histogram.start, histogram.stop) == (start, stop)


def test_a_window_grows_while_it_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of its rows outgrows the room for it, again and again, and leaves correctly."""
    monkeypatch.setattr(quantiles, "CHUNK", 100)
    rng = np.random.default_rng(6)
    column = rng.normal(size=60_000)
    histogram, start, stop = SlidingHistogram(), 0, 0
    for _ in range(300):
        stop += int(rng.integers(0, 200))
        start = min(start + int(rng.integers(0, 180)), stop)
        histogram.slide(start, stop, lambda a, b: column[a:b])
        assert_counts(histogram, column[start:stop])
    assert stop - start > 2000


@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=50), st.floats(0, 1))
def test_exact_quantiles_are_those_of_numpy(values: list[float], q: float) -> None:
    """Below the limit they are numpy's, near the end of float64 too."""
    column = np.array(values)
    with np.errstate(over="ignore"):
        expected = float(np.quantile(column / 4, q)) * 4
    assert exact_quantile(column, q) == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_large_windows_of_an_analyzer() -> None:
    """Beyond 100,000 readings quantiles slide, within their bound; up to them they are exact."""
    buffer = ns.Buffer(capacity=150_000)
    rng = np.random.default_rng(9)
    n = 40_000
    with ns.Analyzer(buffer, window=120_000) as analyzer:
        for step in range(8):
            times = START + step * n / 1000 + np.arange(n) / 1000
            buffer.extend(times, x=1e6 + step + rng.normal(size=n))
            analyzer.update()
            held = buffer.to_pandas(120_000)["x"].to_numpy()
            few = buffer.to_pandas(EXACT_LIMIT)["x"].to_numpy()
            for q in (0.5, 0.99, 0.001):
                name = f"p{q * 100:g}"
                found = analyzer.statistic(name)
                assert abs(found - np.quantile(held, q)) < 2**-8 * 6
                assert analyzer.statistic(name, EXACT_LIMIT) == pytest.approx(
                    np.quantile(few, q), rel=1e-14
                )
            assert analyzer.median == analyzer.statistic("median")
            mad = np.median(np.abs(held - np.median(held)))
            assert analyzer.statistic("mad") == pytest.approx(mad, rel=0.02)


def test_extremes_are_sorted_in_a_large_window() -> None:
    """Readings further apart than float32 reaches have exact quantiles all the same."""
    buffer = ns.Buffer(capacity=150_000)
    values = np.linspace(-1, 1, 120_000) * 1e308
    with ns.Analyzer(buffer, window="all") as analyzer:
        buffer.extend(START + np.arange(len(values)), x=values)
        analyzer.update()
        assert analyzer.statistic("p90") == pytest.approx(0.8e308)


@settings(max_examples=15)
@given(
    st.integers(0, 2**32),
    st.sampled_from([500, 1_000_000]),
    st.sampled_from([0.0, 0.1]),
    batch_sizes(900, mostly=300),
)
def test_windows_slide_through_eviction_and_late_readings(
    seed: int, capacity: int, late: float, sizes: list[int]
) -> None:
    """The counters of an analyzer's windows are at every step those of what is in them."""
    rng = np.random.default_rng(seed)
    times = START + rng.exponential(0.1, 4000).cumsum()
    values = rng.lognormal(0, 2, 4000)
    arrival = (times + np.where(rng.random(4000) < late, rng.exponential(10, 4000), 0)).argsort()
    buffer = ns.Buffer(capacity=capacity, max_bytes=16 * capacity, late="insert")
    with (
        pytest.MonkeyPatch.context() as patch,
        ns.Analyzer(buffer, windows=["20s", 300, "all"]) as analyzer,
    ):
        patch.setattr("nbstream.statistics.sample.EXACT_LIMIT", 10)
        for part in cut_into(4000, sizes):
            buffer.extend(times[arrival[part]], x=values[arrival[part]])
            analyzer.update()
            for window in ("20s", 300, "all"):
                parsed = Window.parse(window)
                found = analyzer.statistic("p90", window)
                held = buffer.channel("x").rows(*buffer.channel("x").window_rows(parsed)).values
                if len(held) <= 10:
                    continue
                histogram = analyzer._intake.channels["x"]._histograms[parsed]
                assert_counts(histogram, held)
                error = 2.0**-8 * np.abs(held - histogram.reference).max()
                assert abs(found - np.quantile(held, 0.9)) <= error
