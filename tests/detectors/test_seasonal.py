"""Readings that are unusual for their phase."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.detectors.seasonal import SeasonalDetector
from nbstream.readings.batch import FloatArray, TimeArray
from tests.detectors.contract import (
    ODD_SERIES,
    assert_batches_make_no_difference,
    assert_calm,
    seconds,
    series,
)
from tests.strategies import EPOCH_NS, NS, batch_sizes

DAY = 86_400


def days(n_days: float, *, step: int = 300, seed: int = 1) -> tuple[TimeArray, FloatArray]:
    """Return a daily wave with noise from midnight UTC, by default each 5 minutes."""
    midnight = EPOCH_NS // (DAY * NS) * DAY * NS
    offsets = np.arange(int(n_days * DAY / step)) * step
    noise = np.random.default_rng(seed).normal(0, 0.3, len(offsets))
    return midnight + offsets * NS, 20 + 5 * np.sin(2 * np.pi * offsets / DAY) + noise


@settings(max_examples=40)
@given(
    st.integers(0, 2**32),
    st.sampled_from([None, 20.0, "35s"]),
    st.sampled_from([50, 700, 1500]),
    batch_sizes(400, mostly=20),
)
def test_batches_make_no_difference(
    seed: int, period: float | str | None, n: int, sizes: list[int]
) -> None:
    """However readings are batched, each gets the same answer."""
    times, values = series(seed, n)
    assert_batches_make_no_difference(
        lambda: SeasonalDetector(period=period, history=512), times, values, sizes
    )


@pytest.mark.parametrize("period", [None, 10])
@pytest.mark.parametrize("kind", ODD_SERIES)
def test_odd_readings_are_borne(kind: str, period: float | None) -> None:
    """Constants, denormals, huge and missing readings give no warning and no infinite score."""
    assert_calm(lambda: SeasonalDetector(period=period), ODD_SERIES[kind])


@pytest.mark.parametrize("period", [None, "24h"])
def test_finds_a_reading_that_is_usual_at_another_time_of_day(period: str | None) -> None:
    """A value well within the range is an anomaly at the wrong time; the reason names time and value."""
    times, values = days(8)
    at = 7 * 288 + 114  # 09:30
    values[at] = 17.0
    detector = SeasonalDetector(period=period)
    detection = detector.update(times, values)
    assert detection.is_anomaly[at]
    assert detector.period == pytest.approx(DAY, rel=3e-3)
    reason = detection.reason(at)
    assert reason.startswith("17 is ")
    assert "robust σ below the 23" in reason
    assert "usual at 09:30 UTC" in reason
    assert f"period of 1 day {'given' if period else 'found'}" in reason


def test_is_warm_after_two_whole_periods() -> None:
    """With a given period nothing is judged before two of them were seen."""
    times, values = days(4)
    detector = SeasonalDetector(period="1d")
    detection = detector.update(times, values)
    assert not detection.is_warm[: 2 * 288].any()
    assert detection.is_warm[2 * 288 + 64 :].all()
    assert "was seen in 2 periods" in detection.reason(300)


def test_a_reason_says_that_a_period_was_given_up() -> None:
    """When the pattern is gone nothing is judged by it any more, and the reason says so."""
    wave = 5 * np.sin(np.arange(1000) * 2 * np.pi / 24)
    values = np.append(wave, np.zeros(1000)) + np.random.default_rng(2).normal(size=2000)
    detector = SeasonalDetector()
    detection = detector.update(seconds(2000), values)
    assert detection.is_warm[999]
    assert not detection.is_warm[1999]
    assert detector.period is None
    assert detector.given_up == pytest.approx(24, rel=1e-2)
    assert detection.reason(1999).startswith(
        "The period of 24 s was given up, since its pattern is gone"
    )


def test_a_reason_says_that_no_period_was_found() -> None:
    """Noise has no period, and the reason says what to do."""
    values = np.random.default_rng(2).normal(size=500)
    detection = SeasonalDetector().update(seconds(500), values)
    assert not detection.is_warm.any()
    assert detection.reason(499) == (
        "No period was found yet: judges when three whole periods were seen, or give 'period'; "
        "500 readings so far."
    )


def test_one_anomaly_does_not_spoil_the_next_period() -> None:
    """The usual value is a median: a day of outage is no model for the next ones."""
    times, values = days(10)
    values[6 * 288 : 7 * 288] = 0.0
    detection = SeasonalDetector(period="1d").update(times, values)
    assert detection.is_anomaly[6 * 288 : 7 * 288].all()
    assert detection.is_anomaly[7 * 288 :].mean() < 0.02


def test_a_constant_channel_flags_the_first_change() -> None:
    """Where nothing ever varied, any other value is an anomaly, and sameness is none."""
    values = np.full(400, 3.0)
    values[300] = 4.0
    detection = SeasonalDetector(period=20).update(seconds(400), values)
    assert np.flatnonzero(detection.is_anomaly).tolist() == [300]
    assert detection.score[299] == 0


def test_a_period_that_does_not_divide_a_week_is_told_by_its_phase() -> None:
    """For a period that no clock or calendar shows the reason speaks of this point of it."""
    values = np.tile(np.arange(20.0), 20)
    values[330] = 50.0
    detection = SeasonalDetector(period=20).update(seconds(400), values)
    assert (
        "usual at this point of the period (limit 3.5; period of 20 s given)"
        in detection.reason(330)
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"period": 0}, "'period' must be > 0 (got 0)."),
        ({"period": "soon"}, "'period' must be a duration"),
        ({"limit": -1.0}, "'limit' must be > 0 (got -1.0)."),
        ({"n_periods": 1}, "'n_periods' must be >= 2 (got 1)."),
        ({"history": 10}, "'history' must be >= 256 (got 10)."),
    ],
)
def test_says_what_is_wrong_with_a_parameter(parameters: dict[str, object], message: str) -> None:
    """A parameter out of range is named with its value."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        SeasonalDetector(**parameters)  # type: ignore[arg-type]
