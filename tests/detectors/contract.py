"""What every detector must do, for the tests of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nbstream.detectors import Detector
from nbstream.readings.batch import FloatArray, TimeArray
from tests.strategies import EPOCH_NS, NS, cut_into

__all__ = ["ODD_SERIES", "assert_batches_make_no_difference", "assert_calm", "seconds", "series"]

Make = Callable[[], Detector]


def seconds(n: int) -> TimeArray:
    """Return `n` times, a second apart."""
    return EPOCH_NS + np.arange(n) * NS


def series(seed: int, n: int, *, missing: float = 0.02) -> tuple[TimeArray, FloatArray]:
    """Return readings with noise, a period, a shift, spikes, a flat stretch, odd values and gaps."""
    rng = np.random.default_rng(seed)
    values = rng.choice([1.0, 1e-3, 1e6]) * rng.normal(0, 1, n)
    values += rng.choice([0.0, 5.0]) * np.sin(np.arange(n) * 2 * np.pi / rng.integers(10, 60))
    values[n // 2 :] += rng.choice([0.0, 4.0])
    values[rng.random(n) < 0.003] += 30
    if rng.random() < 0.3:
        values = np.round(values)
    start = int(rng.integers(0, n))
    values[start : start + 100] = values[start]
    if rng.random() < 0.3:
        values[rng.integers(0, n, 3)] = rng.choice([1e308, -1e308, 5e-324, np.inf])
    values[rng.random(n) < missing] = np.nan
    gaps = rng.choice([0, NS, NS, NS, NS, 10 * NS], n) if rng.random() < 0.5 else np.full(n, NS)
    return EPOCH_NS + np.cumsum(gaps), values


def assert_batches_make_no_difference(
    make: Make, times: TimeArray, values: FloatArray, sizes: list[int]
) -> None:
    """Assert that scores, verdicts, warmth and reasons are the same however readings are batched."""
    whole = make().update(times, values)
    detector = make()
    for part in cut_into(len(times), sizes):
        detection = detector.update(times[part], values[part])
        np.testing.assert_array_equal(detection.score, whole.score[part])
        np.testing.assert_array_equal(detection.is_anomaly, whole.is_anomaly[part])
        np.testing.assert_array_equal(detection.is_warm, whole.is_warm[part])
        for i in (*np.flatnonzero(detection.is_anomaly).tolist(), 0, len(detection) - 1):
            assert detection.reason(i) == whole.reason(part.start + i % len(detection))


def assert_calm(make: Make, values: FloatArray) -> None:
    """Assert that odd readings give no warning, no infinite score, and NaN where they are missing.

    Run twice with a reset between, the answer is the same; the readings are not changed.
    """
    given = values.copy()
    detector = make()
    first = detector.update(seconds(len(values)), values)
    np.testing.assert_array_equal(values, given)
    assert not np.isinf(first.score).any()
    assert np.isnan(first.score[~np.isfinite(values)]).all()
    assert not first.is_anomaly[np.isnan(first.score)].any()
    assert np.isnan(first.score[~first.is_warm]).all()
    for i in range(0, len(values), 97):
        assert first.reason(i).endswith(".")
    detector.reset()
    again = detector.update(seconds(len(values)), values)
    np.testing.assert_array_equal(again.score, first.score)
    np.testing.assert_array_equal(again.is_warm, first.is_warm)


def _with_one(values: FloatArray, value: float) -> FloatArray:
    changed = values.copy()
    changed[3 * len(values) // 4] = value
    return changed


_N = 1000
_NOISE = np.random.default_rng(7).normal(size=_N)
ODD_SERIES = {
    "nothing": np.empty(0),
    "all missing": np.full(_N, np.nan),
    "zero": np.zeros(_N),
    "constant": np.full(_N, 0.1),
    "constant with a spike": _with_one(np.full(_N, 0.1), 1e308),
    "denormals": 5e-324 * np.arange(_N),
    "huge": 1e308 * np.sign(_NOISE),
    "huge and missing": np.where(_NOISE > 1, np.nan, 1e308 * np.sin(np.arange(_N))),
    "infinite": np.where(_NOISE > 2, np.inf, _NOISE),
    "two values": np.where(_NOISE > 2, 1.0, 0.0),
    "tiny": 1e-300 * _NOISE,
    "ramp": np.arange(_N) * 1.0,
    "noise with a spike": _with_one(_NOISE, -1e308),
}
