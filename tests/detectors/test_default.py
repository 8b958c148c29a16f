"""The detector for channels about which nothing is known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.detectors.default import DefaultDetector, default
from nbstream.readings.batch import FloatArray
from tests.detectors.contract import (
    ODD_SERIES,
    assert_batches_make_no_difference,
    assert_calm,
    seconds,
    series,
)
from tests.strategies import batch_sizes


def noise(seed: int = 3, n: int = 6000) -> FloatArray:
    """Return white noise."""
    return np.random.default_rng(seed).normal(size=n)


def alarms(values: FloatArray, step: int = 1) -> list[int]:
    """Return at which readings there is an anomaly."""
    detection = default().update(seconds(len(values) * step)[::step], values)
    return np.flatnonzero(detection.is_anomaly).tolist()


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([300, 1500, 4000]), batch_sizes(700, mostly=50))
def test_batches_make_no_difference(seed: int, n: int, sizes: list[int]) -> None:
    """However readings are batched, each gets the same answer."""
    times, values = series(seed, n)
    assert_batches_make_no_difference(lambda: DefaultDetector(history=1024), times, values, sizes)


def test_single_readings_give_what_one_batch_gives() -> None:
    """Readings one at a time get the same answer as in one batch."""
    times, values = series(5, 1500)
    assert_batches_make_no_difference(default, times, values, [1])


def test_a_clock_set_back_is_borne() -> None:
    """Times that go back for a while change nothing but where phases are; batches make no difference."""
    times, values = series(8, 2500)
    times = times.copy()
    times[1200:1300] -= 3600 * 10**9
    assert_batches_make_no_difference(default, times, values, [37, 500])


@pytest.mark.parametrize("kind", ODD_SERIES)
def test_odd_readings_are_borne(kind: str) -> None:
    """Constants, denormals, huge and missing readings give no warning and no infinite score."""
    assert_calm(default, ODD_SERIES[kind])


def test_missing_readings_change_nothing() -> None:
    """What is missing scores NaN and is left out of everything that is learnt."""
    values = noise(n=2000)
    times = seconds(4000)
    with_holes = np.full(4000, np.nan)
    with_holes[::2] = values
    scores = default().update(times, with_holes).score
    np.testing.assert_array_equal(scores[::2], default().update(times[::2], values).score)
    assert np.isnan(scores[1::2]).all()


def test_is_warm_after_96_readings() -> None:
    """The first 96 readings that are there have no score."""
    values = noise(n=400)
    values[:10] = np.nan
    detection = default().update(seconds(400), values)
    assert np.flatnonzero(detection.is_warm)[0] == 106
    assert np.isnan(detection.score[:106]).all()
    assert np.isfinite(detection.score[106:]).all()


@pytest.mark.parametrize("at", [100, 150, 300, 900])
def test_a_jump_of_10_sigma_is_told_within_five_readings(at: int) -> None:
    """From 100 readings of noise on, up or down, normal or rounded."""
    for seed in range(8):
        values = noise(seed=seed, n=at + 5)
        if seed % 4 > 1:
            values = np.round(values, 0)
        values[at:] += 10 if seed % 2 else -10
        assert [i for i in alarms(values) if i >= at]


def test_early_noise_is_calm() -> None:
    """Forty series of 1,000 readings of white noise give no alarm."""
    assert not [seed for seed in range(40) if alarms(noise(seed=seed, n=1000))]


def test_what_is_learnt_from_few_blocks_counts_less() -> None:
    """The same spike scores more the more blocks of the same noise were seen."""
    found = []
    for n in (288, 576, 1152, 4608):
        values = np.tile(noise(n=288), n // 288 + 1)[: n + 1]
        values[n] = 30.0
        found.append(default().update(seconds(n + 1), values).score[n])
    assert found == sorted(found)
    assert found[-1] > 1.3 * found[0]


@pytest.mark.parametrize("slope", [0.01, 0.1, 0.3])
def test_a_long_ramp_is_told_a_few_times(slope: float) -> None:
    """Its onset, one doubling of strangeness, one peak and one record at most, however long it rises."""
    for seed in range(4):
        values = noise(seed=seed)
        values[3000:] += slope * np.minimum(np.arange(3000), 1500)
        assert 1 <= len([i for i in alarms(values) if i >= 3000]) <= 4


def test_a_peak_of_twice_the_excess_is_told_once() -> None:
    """Within an anomaly that was told, far beyond it; a second one of that height is not."""
    values = noise()
    values[3000:3100] += 6.0
    values[[3030, 3050]] = 20.0
    found = alarms(values)
    assert 3030 in found
    assert 3050 not in found
    assert len([i for i in found if 3000 <= i < 3200]) <= 4


def test_a_record_is_told_once() -> None:
    """One that is less than twice as far, but far beyond all before."""
    values = noise()
    values[[3000, 3015, 3030]] = 11.0, 15.0, 15.1
    assert [i for i in alarms(values) if i >= 3000] == [3000, 3015]


def test_a_channel_that_spikes_is_judged_by_its_own_spikes() -> None:
    """Of equal spikes a few are told; one of four times the height is told still."""
    rng = np.random.default_rng(2)
    values = noise(n=16_000)
    at = np.arange(500, 15_500, 600) + rng.integers(0, 300, 25)
    values[at] += rng.uniform(8, 12, 25)
    values[15_700] = 40.0
    found = alarms(values)
    assert len([i for i in found if i < 8_000]) >= 1
    assert len([i for i in found if 8_000 <= i < 15_600]) <= 2
    assert {15_700, 15_701} & set(found)


@pytest.mark.parametrize("fault", ["high", "stuck", "quiet"])
@pytest.mark.parametrize("n", [60, 100, 192])
def test_a_warm_up_in_a_fault_is_left(fault: str, n: int) -> None:
    """After as many good readings as bad ones, in whole blocks of 32, all is as usual again."""
    values = noise(n=1200)
    bad = values[:n]
    values[:n] = {"high": bad + 20, "stuck": np.full(n, 7.0), "quiet": 0.02 * bad}[fault]
    left = 64 * max(-(-n // 32), 3)
    values[left + 20 :] += 10
    found = [i for i in alarms(values) if i >= left]
    assert [i for i in found if left + 20 <= i < left + 25]
    assert not [i for i in found if i < left + 20]


def test_noise_is_calm() -> None:
    """White noise gives two alarms in 100,000 readings at most."""
    assert len(alarms(noise(n=50_000))) <= 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x: np.where(np.arange(len(x)) == 5000, 9.0, x), r"^Value 9 above the usual -\d"),
        (lambda x: np.where(np.arange(len(x)) >= 5000, x - 4, x), "below the usual"),
        (lambda x: np.where(np.arange(len(x)) >= 5000, 5 * x, x), "the usual"),
        (lambda x: np.where(np.arange(len(x)) >= 5000, 0.3, x), "Mean absolute change .* below"),
    ],
    ids=["spike", "shift", "spread", "flat line"],
)
def test_finds_what_changes(change: object, words: str) -> None:
    """A spike, a shift, a wider spread and a flat line are found soon, and the reason says what it was."""
    values = change(noise())  # type: ignore[operator]
    detection = default().update(seconds(len(values)), values)
    found = [i for i in np.flatnonzero(detection.is_anomaly).tolist() if i >= 5000]
    assert found
    assert found[0] < 5064
    reasons = [detection.reason(i) for i in found]
    assert any(re.search(words, reason) for reason in reasons)
    assert all("decades" in reason for reason in reasons)


def test_one_anomaly_gives_few_alarms() -> None:
    """A shift that lasts is reported when it begins and where it gets twice as strange, and then no more."""
    values = noise()
    values[3000:] += 4
    found = [i for i in alarms(values) if i >= 3000]
    assert 1 <= len(found) <= 3
    assert found[-1] < 3100


def test_a_reading_that_goes_on_with_an_anomaly_says_so() -> None:
    """After the alarm the reason tells that it was reported before."""
    values = noise()
    values[3000:] += 6
    detection = default().update(seconds(len(values)), values)
    assert "already reported" in detection.reason(3090)
    assert detection.score[3090] == 0


def test_a_second_anomaly_after_calm_gives_its_own_alarm() -> None:
    """Two equal spikes are two anomalies."""
    values = noise()
    values[[4000, 4400]] = 9.0
    found = alarms(values)
    assert {4000, 4400} <= set(found)


def test_what_comes_back_each_period_is_usual() -> None:
    """A square wave is no anomaly, but its missing pulse is, and the reason names the period."""
    values = np.where(np.arange(4000) % 200 < 60, 5.0, 0.0) + 0.05 * noise(n=4000)
    whole = alarms(values, step=60)
    assert [i for i in whole if i >= 1200] == []
    values[3200:3260] -= 5.0
    detector = default()
    detection = detector.update(seconds(4000 * 60)[::60], values)
    found = [i for i in np.flatnonzero(detection.is_anomaly).tolist() if i >= 1200]
    assert found
    assert 3200 <= found[0] < 3216
    assert detector.period == pytest.approx(12_000, rel=1e-3)
    assert any("periods of 3.33 h" in detection.reason(i) for i in found)


def test_scores_do_not_depend_on_the_unit() -> None:
    """A channel in other units, and moved, gets the same scores."""
    values = noise(n=3000)
    values[2000] = 9.0
    times = seconds(3000)
    scores = default().update(times, values).score
    np.testing.assert_allclose(default().update(times, 1e6 * values).score, scores, atol=1e-6)
    np.testing.assert_allclose(default().update(times, values + 64).score, scores, atol=1e-6)


@pytest.mark.parametrize(
    ("parameter", "value"), [("limit", 1.0), ("limit", np.nan), ("history", 100)]
)
def test_says_what_is_wrong_with_a_parameter(parameter: str, value: float) -> None:
    """A parameter out of range is named with its value."""
    with pytest.raises(ValueError, match=re.escape(repr(value))) as caught:
        DefaultDetector(**{parameter: value})  # type: ignore[arg-type]
    assert parameter in str(caught.value)
