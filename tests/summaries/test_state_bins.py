"""Bins of states: their codes are no numbers of which smallest and largest say anything."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nbstream.summaries.bins import MIXED, BinnedLine, bin_points


def test_a_steady_state_is_two_points_a_bin() -> None:
    """First and last of each bin are kept."""
    times = np.arange(32) + 0
    kept, values = bin_points(times, np.zeros(32), 4, are_states=True)
    assert kept.tolist() == [0, 15, 16, 31]
    assert values.tolist() == [0.0] * 4


def test_few_changes_are_kept_and_many_are_told_as_mixed() -> None:
    """Up to two changes of a bin stay where they are; of more the bin says only that they were there."""
    times = np.arange(16)
    _, values = bin_points(times, np.array([0.0] * 8 + [2.0] * 8), 4, are_states=True)
    assert values.tolist() == [0.0, 2.0, 2.0]
    _, values = bin_points(times, np.arange(16.0) % 3, 4, are_states=True)
    assert values.tolist() == [MIXED, 0.0]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([0.0, 1.0, 2.0, np.nan])), max_size=80),
    st.integers(0, 6),
    st.integers(1, 80),
)
def test_bins_stay_small_and_never_show_a_state_that_was_not(
    rows: list[tuple[int, float]], bits: int, at_once: int
) -> None:
    """However readings are batched: few points a bin, each a reading's own or MIXED, first and last kept."""
    times = np.cumsum([step for step, _ in rows]).astype(np.int64)
    values = np.array([value for _, value in rows])
    line = BinnedLine(bits, are_states=True)
    for start in range(0, len(times), at_once):
        line.extend(times[start : start + at_once], values[start : start + at_once])
    kept, states = line.points()
    for time, state in zip(kept.tolist(), states.tolist(), strict=True):
        assert state == MIXED or any(
            time == t and (state == v or (state != state and v != v))
            for t, v in zip(times.tolist(), values.tolist(), strict=True)
        )
    if len(times):
        assert kept[-1] == times[-1]
        _, counts = np.unique(kept >> bits, return_counts=True)
        assert counts.max() <= 8
