"""Lasting shifts of the level or the spread."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.detectors.change_point import ChangePointDetector
from nbstream.readings.batch import FloatArray
from tests.detectors.contract import (
    ODD_SERIES,
    assert_batches_make_no_difference,
    assert_calm,
    seconds,
    series,
)
from tests.strategies import EPOCH_NS, NS, batch_sizes


def noise(n: int = 1500, seed: int = 1) -> FloatArray:
    """Return white noise around 10."""
    return np.random.default_rng(seed).normal(10.0, 1.0, n)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from([40, 900, 3000]),
    st.booleans(),
    batch_sizes(600, mostly=30),
)
def test_batches_make_no_difference(seed: int, n: int, spread: bool, sizes: list[int]) -> None:
    """However readings are batched, each gets the same answer."""
    times, values = series(seed, n)
    assert_batches_make_no_difference(
        lambda: ChangePointDetector(n_reference=64, spread=spread), times, values, sizes
    )


@pytest.mark.parametrize("kind", ODD_SERIES)
def test_odd_readings_are_borne(kind: str) -> None:
    """Constants, denormals, huge and missing readings give no warning and no infinite score."""
    assert_calm(ChangePointDetector, ODD_SERIES[kind])


@given(st.integers(0, 2**32), st.sampled_from([-8.0, -2.0, 1.5, 4.0, 1e6]))
def test_a_shift_of_the_level_is_found_with_onset_and_size(seed: int, shift: float) -> None:
    """A lasting shift gives one alarm, and its onset and size are close to the true ones."""
    values = noise(seed=seed)
    values[900:] += shift
    detector = ChangePointDetector()
    detection = detector.update(seconds(len(values)), values)
    assert detection.is_anomaly.sum() == 1
    found = int(detection.is_anomaly.argmax())
    assert 903 <= found < 1000
    change = detector.latest
    assert change is not None
    assert change.kind == "level"
    # The likelihood ratio has a flat top: a small shift may have begun somewhat earlier or later.
    assert abs((change.onset_ns - EPOCH_NS) / NS - 900) <= 40
    assert change.before == pytest.approx(10, abs=0.3)
    assert change.after == pytest.approx(10 + shift, abs=1.5)
    way = "up" if shift > 0 else "down"
    assert f"The level has shifted {way} by " in detection.reason(found)
    assert f"{change.n_readings} readings" in detection.reason(found)


@pytest.mark.parametrize(("factor", "word"), [(4.0, "grown"), (0.1, "shrunk")])
def test_a_shift_of_the_spread_is_found(factor: float, word: str) -> None:
    """A spread that grows or shrinks is found, and said to be that."""
    values = noise()
    values[900:] = 10 + (values[900:] - 10) * factor
    detector = ChangePointDetector()
    detection = detector.update(seconds(len(values)), values)
    assert detector.latest is not None
    assert detector.latest.kind == "spread"
    assert (detector.latest.sigmas > 2) if factor > 1 else (detector.latest.sigmas < 0.5)
    found = int(detection.is_anomaly.argmax())
    assert 900 <= found < 960
    assert f"The spread has {word} to " in detection.reason(found)
    assert (
        not ChangePointDetector(spread=False)
        .update(seconds(len(values)), 10 + (values - 10) * np.where(np.arange(1500) < 900, 1, 0.1))
        .is_anomaly.any()
    )


def test_spikes_are_no_shift() -> None:
    """Three huge readings in a row, and single ones now and then, shift nothing."""
    values = noise(3000)
    values[1000:1003] = 1e9
    values[1500::100] = -1e9
    assert not ChangePointDetector().update(seconds(3000), values).is_anomaly.any()


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_noise_is_calm(correlation: float) -> None:
    """Neither white nor correlated noise shifts in 20,000 readings."""
    values = np.random.default_rng(5).normal(size=20_000)
    for i in range(1, len(values)):
        values[i] += correlation * values[i - 1]
    assert not ChangePointDetector().update(seconds(len(values)), values).is_anomaly.any()


def test_each_of_several_shifts_is_found() -> None:
    """After a shift the new level is the reference, from its onset on."""
    values = noise(3000)
    for start, level in ((800, 14.0), (1500, 8.0), (2200, 20.0)):
        values[start:] += level - 10
    detector = ChangePointDetector()
    detection = detector.update(seconds(3000), values)
    found = np.flatnonzero(detection.is_anomaly)
    assert len(found) == 3
    assert (found // 100).tolist() == [8, 15, 22]
    assert not detection.is_warm[found[0] + 1 : 800 + 120].any()
    assert "reference" in detection.reason(int(found[0]) + 5)


def test_a_constant_that_jumps_has_shifted() -> None:
    """Where nothing varied, a few other readings are a shift of the level."""
    values = np.full(600, 3.0)
    values[400:] = 3.5
    detector = ChangePointDetector()
    detection = detector.update(seconds(600), values)
    assert 400 < int(detection.is_anomaly.argmax()) < 410
    assert detector.latest is not None
    assert detector.latest.onset_ns == EPOCH_NS + 400 * NS
    assert (detector.latest.before, detector.latest.after) == (3.0, 3.5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"limit": 0}, "'limit' must be > 0 (got 0)."),
        ({"n_reference": 8}, "'n_reference' must be from 32 to 1024 (got 8)."),
    ],
)
def test_says_what_is_wrong_with_a_parameter(parameters: dict[str, object], message: str) -> None:
    """A parameter out of range is named with its value."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        ChangePointDetector(**parameters)  # type: ignore[arg-type]
