"""What holds for every detector: the contract, and that batches make no difference."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream import detectors
from nbstream.detectors import Detector, JointDetection, MultivariateDetector, create, names
from nbstream.detectors.registry import kinds
from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.testing import check_detector
from tests.detectors.contract import assert_batches_make_no_difference, seconds
from tests.strategies import NS, batch_sizes, cut_into, readings

Factory = Callable[[], Detector]

FACTORIES: dict[str, list[Factory]] = {
    "block means": [
        lambda: create("threshold", above=1.0, means_of="5s"),
        lambda: create("hampel", window=5, means_of="2s"),
        lambda: create("cusum", warm_up=10, h=2.0, means_of=3.0),
    ],
    "change_point": [
        lambda: create("change_point"),
        lambda: create("change_point", n_reference=32, spread=False, limit=3.0),
    ],
    "cusum": [
        lambda: create("cusum"),
        lambda: create("cusum", mean=20, sigma=1.0),
        lambda: create("cusum", warm_up=10, h=2.0),
        lambda: create("cusum", warm_up=12, false_alarms="1/h"),
    ],
    "default": [
        lambda: create("default"),
        lambda: create("default", limit=4.0, history=2048),
    ],
    "dspot": [lambda: create("dspot", n_init=100, depth=20)],
    "ewma": [
        lambda: create("ewma"),
        lambda: create("ewma", mean=20, sigma=1.0, weight=1.0),
        lambda: create("ewma", warm_up=10, limit=1.5, weight=0.05),
        lambda: create("ewma", warm_up=12, mean=20.0, sigma=1.0, false_alarms="1/h"),
    ],
    "gap": [
        lambda: create("gap"),
        lambda: create("gap", factor=1.5, at_least="2s"),
    ],
    "hampel": [
        lambda: create("hampel"),
        lambda: create("hampel", window=4, limit=1.0, min_sigma=0.1),
        lambda: create("hampel", window=5, false_alarms="10/h"),
    ],
    "nelson": [
        lambda: create("nelson"),
        lambda: create("nelson", mean=0, sigma=1.0),
        lambda: create("nelson", warm_up=10, rules=(1, 3, 4, 8)),
    ],
    "page_hinkley": [
        lambda: create("page_hinkley"),
        lambda: create("page_hinkley", standardize=False, threshold=3.0, min_readings=4),
        lambda: create("page_hinkley", warm_up=10, threshold=3.0, alpha=0.5, min_readings=1),
        lambda: create("page_hinkley", warm_up=12, delta=0.1, min_readings=3, false_alarms="10/h"),
    ],
    "rate_of_change": [lambda: create("rate_of_change", limit=1.0)],
    "seasonal": [
        lambda: create("seasonal"),
        lambda: create("seasonal", period=20.0, limit=2.0),
    ],
    "spot": [lambda: create("spot", n_init=100, two_sided=False)],
    "stuck": [
        lambda: create("stuck", after=3),
        lambda: create("stuck", after="5s"),
    ],
    "threshold": [
        lambda: create("threshold", above=2),
        lambda: create("threshold", below=-1.0, hysteresis=1.0),
        lambda: create("threshold", above=2.0, below=-2.0, hysteresis=1.5),
    ],
    "western_electric": [
        lambda: create("western_electric"),
        lambda: create("western_electric", mean=0, sigma=1.0, rules=[2, 4]),
        lambda: create("western_electric", warm_up=10),
    ],
    "robust_zscore": [
        lambda: create("robust_zscore"),
        lambda: create("robust_zscore", window="20s", min_readings=3, limit=1.0),
        lambda: create("robust_zscore", window=10, min_readings=5, min_sigma=0.01),
        lambda: create("robust_zscore", window=40, min_readings=8, false_alarms="10/h"),
    ],
    "zscore": [
        lambda: create("zscore"),
        lambda: create("zscore", window="20s", min_readings=3, limit=1.0),
        lambda: create("zscore", window=10, min_readings=5, min_sigma=0.01),
        lambda: create("zscore", window=40, min_readings=8, limit=1.5),
        lambda: create("zscore", window=40, min_readings=8, false_alarms="10/h"),
    ],
}
CASES = [
    pytest.param(factory, id=f"{name}-{i}")
    for name, factories in FACTORIES.items()
    for i, factory in enumerate(factories)
]


@pytest.mark.parametrize("name", ["multivariate", "correlation"])
def test_detectors_of_several_channels_keep_the_contract(name: str) -> None:
    """On tables in which channels come and go."""
    check_detector(lambda: create(name))


def test_a_detector_of_several_channels_that_breaks_the_contract_is_told() -> None:
    """One that says another thing of a batch of one row."""
    with pytest.raises(AssertionError, match="in batches"):
        check_detector(_Forgetful)


class _Forgetful(MultivariateDetector):
    """One whose answer depends on how rows are batched."""

    def update(self, times: object, values: object) -> JointDetection:
        detection = super().update(times, values)
        detection.is_warm[:] = len(detection) > 1
        return detection


def test_every_kind_is_tested() -> None:
    """Each detector that the package exports is among the cases below, or has tests of its own."""
    exported = {
        kind.name
        for name in detectors.__all__
        if isinstance(kind := getattr(detectors, name), type) and kind in kinds()
    }
    assert exported - {"river", "multivariate", "correlation"} <= set(FACTORIES)
    assert exported <= set(names())


@pytest.mark.parametrize("factory", CASES)
def test_keeps_the_contract(factory: Factory) -> None:
    """Batches, missing readings, odd numbers, reset, pickle and repr are as they must be."""
    check_detector(factory)


@pytest.mark.parametrize("factory", CASES)
@pytest.mark.parametrize("seed", range(2))
def test_batches_make_no_difference_where_the_clock_goes_back(factory: Factory, seed: int) -> None:
    """By minutes or an hour, with anomalies on both sides; and nothing took less than no time."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=900)
    values[rng.random(900) < 0.05] += 20
    values[700:] = np.round(values[700:])
    times = seconds(900)
    for row, ns in ((300, 200 * NS), (301, 3600 * NS), (650, 500 * NS)):
        times[row:] -= ns
    assert_batches_make_no_difference(factory, times, values, [1, 90, 7, 300, 45])
    found = factory().update(times, values)
    assert not [r for r in map(found.reason, range(900)) if "-" in r and " ns" in r]


@pytest.mark.parametrize("factory", CASES)
@settings(max_examples=15)
@given(readings(max_size=70, odd=True), batch_sizes(30), st.integers(0, 50))
def test_batches_make_no_difference(
    factory: Factory, drawn: tuple[TimeArray, FloatArray], sizes: list[int], pickled_at: int
) -> None:
    """Scores, anomalies and reasons are those of all readings at once, however they are cut."""
    times, values = drawn
    at_once = factory().update(times, values)
    detector = factory()
    for number, part in enumerate(cut_into(len(times), sizes)):
        if number == pickled_at:
            detector = pickle.loads(pickle.dumps(detector))
        detection = detector.update(times[part], values[part])
        np.testing.assert_array_equal(detection.is_anomaly, at_once.is_anomaly[part])
        np.testing.assert_array_equal(detection.is_warm, at_once.is_warm[part])
        np.testing.assert_allclose(detection.score, at_once.score[part], rtol=1e-9, atol=1e-12)
        for i in range(0, len(detection), 3):
            assert detection.reason(i) == at_once.reason(part.start + i)


@pytest.mark.parametrize("factory", CASES)
@settings(max_examples=2)
@given(st.integers(0, 2**32), batch_sizes(3000, mostly=400), st.sampled_from([0.0, 0.05]))
def test_batches_make_no_difference_to_long_streams(
    factory: Factory, seed: int, sizes: list[int], missing: float
) -> None:
    """Nor where a stream is longer than what is judged at once."""
    rng = np.random.default_rng(seed)
    n = 4_000
    values = np.round(rng.normal(20, 1, n) + np.repeat(rng.normal(0, 2, 10), n // 10), 2)
    values[rng.random(n) < 0.003] += 20
    values[rng.random(n) < missing] = np.nan
    times = 1_782_907_200 * 10**9 + np.cumsum(rng.integers(0, 3, n)) * 100_000_000
    at_once = factory().update(times, values)
    detector = factory()
    for part in cut_into(n, sizes):
        detection = detector.update(times[part], values[part])
        np.testing.assert_array_equal(detection.is_anomaly, at_once.is_anomaly[part])
        np.testing.assert_array_equal(detection.is_warm, at_once.is_warm[part])
        np.testing.assert_allclose(detection.score, at_once.score[part], rtol=1e-9, atol=1e-12)
        for i in np.flatnonzero(detection.is_anomaly)[:3]:
            assert detection.reason(i) == at_once.reason(part.start + int(i))
