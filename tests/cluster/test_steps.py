"""What workers say of their parts, merged, is what one machine says of all readings."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.cluster.steps import FEW, NONE_NS, Steps, merge_steps, summarize_steps
from nbstream.summaries.moments import as_moments, moments_of
from nbstream.summaries.summary import merge, summarize

STEP = 100_000_000


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Draw readings of one channel: steady or in bursts, with gaps, missing and infinite ones, far from 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(1, 400) | st.integers(2000, 9000))
    longest = draw(st.sampled_from([10, 30_000, 3 * STEP]))
    times = (
        draw(st.sampled_from([0, -(10**15), 1_790_000_000 * 10**9]))
        + rng.integers(1, longest, n).cumsum()
    )
    deviations = draw(st.sampled_from([0.0, 1e6, -3e4])) + rng.normal(size=n)
    values = deviations * draw(st.sampled_from([1.0, 1e-3, 1e9]))
    values[rng.random(n) < draw(st.sampled_from([0, 0, 0.1, 0.98]))] = np.nan
    values[rng.random(n) < draw(st.sampled_from([0, 0, 0.01]))] = np.inf
    return times, values


def same(found: Steps, times: np.ndarray, values: np.ndarray) -> None:
    """Check that steps say of all readings what two passes over them say."""
    values = np.where(np.isinf(values), np.nan, values)
    present = values[values == values]
    assert found.n_rows.sum() == len(values)
    summary, wanted = merge(found.summaries), merge(summarize(values))
    assert summary.n == wanted.n == len(present)
    if not len(present):
        return
    assert (summary.min, summary.max) == (wanted.min, wanted.max)
    assert summary.mean == pytest.approx(np.mean(present), rel=1e-9, abs=1e-9 * np.std(present))
    assert summary.m2 == pytest.approx(
        wanted.m2, rel=1e-9, abs=1e-9 * np.abs(present).max() ** 2 * 1e-12
    )
    assert found.moments is not None
    moments, wanted_moments = as_moments(found.moments), moments_of(times, values)
    scale = math.sqrt(max(wanted_moments.m2, 1e-300))
    for name, power in (("m2", 2), ("m3", 3), ("m4", 4)):
        assert getattr(moments, name) == pytest.approx(
            getattr(wanted_moments, name), rel=1e-9, abs=1e-9 * scale**power
        ), name
    seen = times[values == values]
    assert found.first_ns.min() == seen[0]
    assert found.last_ns.max() == seen[-1]
    assert found.histograms is not None
    assert found.histograms.counts.sum() >= len(present)


@settings(max_examples=25)
@given(cases(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_parts_say_together_what_one_machine_says(
    readings: tuple[np.ndarray, np.ndarray], n_parts: int, random: object
) -> None:
    """However readings are dealt out to parts and polls, and in whatever order these are merged: to 1e-9."""
    times, values = readings
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    of_part = rng.integers(0, n_parts, len(times))
    parts = []
    for part in range(n_parts):
        rows = np.flatnonzero(of_part == part)
        cuts = [0, *sorted(rng.integers(0, len(rows) + 1, 2)), len(rows)]
        for low, high in pairwise(cuts):
            some = rows[low:high]
            parts.append(
                summarize_steps(times[some], values[some], STEP, moments=True, reference=0.0)
            )
    rng.shuffle(parts)  # type: ignore[arg-type]
    cut = int(rng.integers(1, len(parts))) if len(parts) > 1 else 1
    merged = merge_steps([merge_steps(parts[:cut]), *parts[cut:]])
    alone = summarize_steps(times, values, STEP, moments=True, reference=0.0)
    same(alone, times, values)
    same(merged, times, values)
    assert merged.numbers.tolist() == alone.numbers.tolist() == np.unique(times // STEP).tolist()
    assert merged.n_rows.tolist() == alone.n_rows.tolist()
    assert merged.first_ns.tolist() == alone.first_ns.tolist()
    assert merged.summaries[[0, 3, 4]].tolist() == alone.summaries[[0, 3, 4]].tolist()
    assert merged.histograms is not None
    assert alone.histograms is not None
    assert merged.histograms.codes.tolist() == alone.histograms.codes.tolist()
    assert merged.histograms.counts.tolist() == alone.histograms.counts.tolist()


@settings(max_examples=25)
@given(cases())
def test_what_is_drawn_has_the_extremes_of_each_step(
    readings: tuple[np.ndarray, np.ndarray],
) -> None:
    """Of a step with few readings all, of another the first, smallest, largest and last, as they were."""
    times, values = readings
    found = summarize_steps(times, values, STEP)
    values = np.where(np.isinf(values), np.nan, values)
    numbers, drawn = times // STEP, found.times // STEP
    for k, number in enumerate(found.numbers):
        all_values, kept = values[numbers == number], found.values[drawn == number]
        if len(all_values) <= FEW:
            np.testing.assert_array_equal(kept, all_values)
            continue
        assert len(kept) <= 7
        np.testing.assert_array_equal(kept[[0, -1]], all_values[[0, -1]])
        if found.summaries[0, k]:
            assert (np.nanmin(kept), np.nanmax(kept)) == tuple(found.summaries[3:, k])
            assert (np.nanmin(kept), np.nanmax(kept)) == (
                np.nanmin(all_values),
                np.nanmax(all_values),
            )
        assert np.isnan(all_values).any() == np.isnan(kept).any()
    assert pairs(found.times, found.values) <= pairs(times, values)


def pairs(times: np.ndarray, values: np.ndarray) -> set[tuple[int, str]]:
    """Return readings as what can be compared, NaN too."""
    return set(zip(times.tolist(), map(repr, values.tolist()), strict=True))


def test_times_that_go_back_are_put_in_order() -> None:
    """A part may bring its readings in any order."""
    times = np.array([3, 1, 2], np.int64) * STEP
    found = summarize_steps(times, np.array([30.0, 10.0, 20.0]), STEP)
    assert found.times.tolist() == sorted(times.tolist())
    assert found.values.tolist() == [10.0, 20.0, 30.0]


def test_no_readings_are_no_steps() -> None:
    """A poll that brings nothing can be summarised and merged."""
    nothing = summarize_steps(
        np.empty(0, np.int64), np.empty(0), STEP, moments=True, reference=math.nan
    )
    assert len(nothing) == 0
    one = summarize_steps(np.array([5]), np.array([2.0]), STEP, moments=True, reference=0.0)
    assert merge(merge_steps([nothing, one, nothing]).summaries).mean == 2.0


def test_a_step_in_which_all_is_missing_has_no_first_reading() -> None:
    """Its time is later than any other, so that merging takes those of others."""
    found = summarize_steps(np.array([5, 6]), np.array([math.nan, math.inf]), STEP)
    assert found.first_ns.tolist() == [NONE_NS]
    assert found.last_ns.tolist() == [-NONE_NS]
    assert found.n_rows.tolist() == [2]
