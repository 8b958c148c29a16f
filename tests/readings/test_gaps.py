"""Gaps: found among the readings themselves, by what is usual around them."""

from __future__ import annotations

import itertools
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.readings.batch import TimeArray
from nbstream.readings.gaps import WINDOW, _found_before, find_gaps
from tests.strategies import EPOCH_NS, NS

STEPS = st.lists(
    st.one_of(
        st.just(NS),
        st.just(NS),
        st.integers(NS // 2, 2 * NS),
        st.sampled_from([0, 1, 4 * NS, 41 * NS // 10, 41 * NS // 10 + 1, 60 * NS, 3600 * NS]),
    ),
    max_size=300,
)


def times_of(steps: list[int]) -> TimeArray:
    """Return times that are so far apart."""
    return EPOCH_NS + np.cumsum(np.array([0, *steps], np.int64))


def by_the_book(times: TimeArray) -> list[int]:
    """Find gaps one by one, as they are defined."""
    if len(times) < 10:
        return []
    distinct = [(i, int(b - a)) for i, (a, b) in enumerate(itertools.pairwise(times), 1)]
    distinct = [(i, step) for i, step in distinct if step]
    steps = [step for _, step in distinct]
    found = []
    for place, (i, step) in enumerate(distinct):
        before = steps[max(0, place - WINDOW) : place]
        after = steps[place + 1 : place + 1 + WINDOW]
        before = before if len(before) >= 9 else steps[:9]
        after = after if len(after) >= 9 else steps[-9:]
        usual = max(statistics.median(before), statistics.median(after))
        often = max(sorted(side)[len(side) - 1 - len(side) // 8] for side in (before, after))
        if step > max(4.1 * usual, 2.5 * often):
            found.append(i)
    return found


@given(STEPS)
def test_the_definition(steps: list[int]) -> None:
    """A gap is longer than 4.1 usual intervals and 2.5 of what is often seen, before it and after it."""
    times = times_of(steps)
    assert find_gaps(times).tolist() == by_the_book(times)


@pytest.mark.parametrize("seed", range(4))
def test_the_definition_among_many_readings(seed: int) -> None:
    """What is left out early for speed is no gap: in bursts, noise and changing rates."""
    rng = np.random.default_rng(seed)
    parts = [
        rng.exponential(NS / 100, 900),
        np.full(700, NS / 10),
        rng.uniform(0.2, 1.8, 600) * NS,
        np.tile([NS / 1000] * 7 + [NS], 60),
        rng.lognormal(15, 2, 900),
    ]
    steps = np.concatenate([parts[i] for i in rng.permutation(len(parts))]).astype(np.int64)
    steps[rng.integers(0, len(steps), 30)] *= rng.integers(1, 60, 30)
    times = times_of(steps.tolist())
    assert find_gaps(times).tolist() == by_the_book(times)


@given(STEPS, st.data())
def test_only_what_is_near_counts(steps: list[int], data: st.DataObject) -> None:
    """Readings further away than 32 distinct times change nothing."""
    times = times_of(steps)
    start = data.draw(st.integers(0, len(times) - 1))
    stop = data.draw(st.integers(start + 1, len(times)))
    rows = np.flatnonzero(np.diff(times)) + 1
    before, after = rows[rows < start][-WINDOW:], rows[rows > stop][:WINDOW]
    first = int(before[0]) - 1 if len(before) == WINDOW else 0
    last = int(after[-1]) + 1 if len(after) == WINDOW else len(times)
    whole, part = find_gaps(times), first + find_gaps(times[first:last])
    if last - first >= 10:
        assert [i for i in part if start <= i < stop] == [i for i in whole if start <= i < stop]


def test_the_first_readings() -> None:
    """With nine readings no pause is a gap; with the tenth those before it are judged too."""
    times = times_of([NS, NS, NS, 50 * NS, NS, NS, NS, NS, NS])
    assert find_gaps(times[:9]).tolist() == []
    assert find_gaps(times).tolist() == [4]
    assert find_gaps(times[:0]).tolist() == []


def test_a_reading_between_two_holes_stands_alone() -> None:
    """Both pauses beside it are gaps."""
    assert find_gaps(times_of([NS] * 40 + [30 * NS] * 2 + [NS] * 40)).tolist() == [41, 42]


@pytest.mark.parametrize("rates", [(1000, 1), (1, 1000), (10, 0.01), (1, 10)])
def test_a_change_of_rate_is_no_gap(rates: tuple[float, float]) -> None:
    """A line goes on where readings come more seldom or more often from then on."""
    steps = [round(NS / rates[0])] * 200 + [round(NS / rates[1])] * 200
    assert find_gaps(times_of(steps)).tolist() == []


def test_a_slower_rate_is_known_after_two_intervals() -> None:
    """Until then the newest reading stands alone, for all that is known; then it is joined after all."""
    steps = [NS // 10] * 100 + [NS] * 20
    assert find_gaps(times_of(steps[:101])).tolist() == [101]
    assert all(find_gaps(times_of(steps[:n])).tolist() == [] for n in range(102, 121))


def test_odd_rates_break_no_line() -> None:
    """Steps of a training that take 20 ms to a second, and events that come at random, have hardly a gap."""
    rng = np.random.default_rng(1)
    training = rng.choice([0.02, 0.05, 0.4, 1.1], 4_000) * NS
    assert len(find_gaps(times_of(training.astype(int).tolist()))) < 4
    random = rng.exponential(NS, 4_000)
    assert len(find_gaps(times_of(random.astype(int).tolist()))) < 60
    training[2_000] = 30 * NS
    assert 2_001 in find_gaps(times_of(training.astype(int).tolist()))


def test_short_intervals_have_gaps_too() -> None:
    """There is no shortest gap: at 1 MHz a pause of 10 µs is one."""
    assert find_gaps(times_of([1000] * 50 + [10_000] + [1000] * 50)).tolist() == [51]


def test_equal_times_are_no_intervals() -> None:
    """A clock of whole seconds doesn't make each second a gap; a missing minute is one."""
    seconds = np.repeat(np.concatenate((np.arange(40), np.arange(100, 140))), 100)
    assert find_gaps(EPOCH_NS + seconds * NS).tolist() == [4000]


def test_a_clock_that_jumps_back_breaks_the_line() -> None:
    """Also with few readings, and what comes before and after is judged apart."""
    one = times_of([NS] * 30 + [60 * NS] + [NS] * 30)
    assert find_gaps(np.concatenate((one, one))).tolist() == [31, 62, 93]
    assert find_gaps(np.array([5, 6, 1, 2])).tolist() == [2]
    ends = np.array([-(2**63), 2**63 - 1])
    assert find_gaps(ends).tolist() == [1]  # further apart than an int64 can say


def test_the_same_times_are_judged_once() -> None:
    """Channels of one source have the same times and cost one search; what was found can't be changed."""
    times = times_of([NS] * 60 + [30 * NS] + [NS] * 60)
    first = find_gaps(times)
    n_judged = _found_before.cache_info().misses
    assert find_gaps(times.copy()) is first
    assert _found_before.cache_info().misses == n_judged
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 7
