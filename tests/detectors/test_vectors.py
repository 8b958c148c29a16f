"""The charts against published numbers, and against plain loops."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from nbstream.detectors import (
    CusumDetector,
    Detection,
    Detector,
    EwmaDetector,
    HampelDetector,
    NelsonDetector,
    PageHinkleyDetector,
    RobustZScoreDetector,
    WesternElectricDetector,
    ZScoreDetector,
)
from nbstream.detectors.parts.false_alarms import cusum_limit, ewma_arl, ewma_limit, normal_limit
from nbstream.readings.batch import FloatArray

MONTGOMERY = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34,
    9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84,
    10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
]  # fmt: skip
"""Introduction to Statistical Quality Control, table 9.1: mean 10, sigma 1, shifted by 1 from the 21st."""


def judge(detector: Detector, values: Any) -> Detection:
    """Return what a detector says of values one second apart."""
    return detector.update(np.arange(len(values)) * 1_000_000_000, values)


def test_cusum_of_montgomery() -> None:
    """The sums are those of table 9.2, the alarm is at observation 29, the shift began at 23."""
    up = [
        0, 0, 0, 1.16, 2.82, 2.50, 0.04, 1.00, 0, 0, 0, 0.97, 0.98, 0, 0,
        0, 0.12, 0, 0, 0.34, 0.74, 0, 1.79, 2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.30,
    ]  # fmt: skip
    down = [
        0.05, 1.56, 1.77, 0, 0, 0, 1.46, 0, 0.30, 0, 0.47, 0, 0, 0.10, 0,
        0.13, 0, 0, 0.98, 0, 0, 0.17, 0, 0, 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    chart = judge(CusumDetector(mean=10, sigma=1, h=100), MONTGOMERY)
    np.testing.assert_allclose(chart.score, np.maximum(up, down), atol=1e-9)
    alarms = judge(CusumDetector(mean=10, sigma=1), MONTGOMERY)
    assert np.flatnonzero(alarms.is_anomaly).tolist() == [28]
    assert alarms.reason(28) == (
        "level shifted up by about 1.3 σ (to 11.25), beginning 7 readings (6 s) ago"
    )


def test_ewma_of_montgomery() -> None:
    """With weight 0.1 and limit 2.7 the averages are the book's, and alarms are at 29 and 30."""
    averages = [
        9.945, 9.7495, 9.7036, 9.8992, 10.1253, 10.1307, 9.9217, 10.0755, 9.988, 10.0232,
        9.9238, 10.0785, 10.1216, 10.0495, 10.0525, 9.9843, 10.0478, 10.074, 9.9186, 10.0108,
        10.0997, 10.0227, 10.2495, 10.3745, 10.3971, 10.4654, 10.4568, 10.5731, 10.6468, 10.6341,
    ]  # fmt: skip
    chart = judge(EwmaDetector(mean=10, sigma=1, weight=0.1, limit=2.7), MONTGOMERY)
    sigma = np.sqrt(0.1 / 1.9 * (1 - 0.9 ** (2 * np.arange(1, 31))))
    np.testing.assert_allclose(chart.score * sigma, np.abs(np.array(averages) - 10), atol=6e-5)
    assert np.flatnonzero(chart.is_anomaly).tolist() == [28, 29]
    assert chart.reason(28).startswith("moving average 10.65 is 2.8 of its σ above the mean 10")


def test_cusum_of_nist() -> None:
    """The handbook's example 6.3.2.3: target 325, k 0.3175, h 4.1959 in units of the readings."""
    x = [
        324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
        324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
    ]  # fmt: skip
    high = [3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04]
    chart = judge(CusumDetector(mean=325, sigma=1, k=0.3175, h=100), x)
    np.testing.assert_allclose(chart.score[12:], high, atol=0.006)
    low = [0.01, 0, 0.33, 0.03, 0, 0.56, 0.72, 0.17, 0.25, 0.31]
    np.testing.assert_allclose(chart.score[1:11], low, atol=0.006)
    first = judge(CusumDetector(mean=325, sigma=1, k=0.3175, h=4.1959), x).is_anomaly.argmax()
    assert first == 13


def test_ewma_of_nist() -> None:
    """The handbook's example 6.3.2.4: in control, and the averages are the printed ones."""
    x = [
        52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5,
        49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
    ]  # fmt: skip
    averages = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
        50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    ]  # fmt: skip
    chart = judge(EwmaDetector(mean=50, sigma=2.0539, weight=0.3, limit=3), x)
    sigma = 2.0539 * np.sqrt(0.3 / 1.7 * (1 - 0.7 ** (2 * np.arange(1, 21))))
    np.testing.assert_allclose(chart.score * sigma, np.abs(np.array(averages) - 50), atol=0.006)
    assert not chart.is_anomaly.any()


def test_page_hinkley_of_river() -> None:
    """With river's example stream and defaults the first alarm is at reading 1006."""
    rng = random.Random(12345)
    stream = rng.choices([0, 1], k=1000) + rng.choices(range(4, 8), k=1000)
    alarms = np.flatnonzero(judge(PageHinkleyDetector(standardize=False), stream).is_anomaly)
    assert alarms.tolist() == [1006]


@pytest.mark.parametrize("alpha", [1.0, 0.9999, 0.9])
def test_page_hinkley_is_that_of_a_loop(alpha: float) -> None:
    """Alarms and scores are those of the definition, computed one by one."""
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, 12_000) + np.repeat(rng.normal(0, 1, 8), 1500)
    scores, alarms = [], []
    n, mean, up, down, low, high = 0, 0.0, 0.0, 0.0, np.inf, -np.inf
    for i, x in enumerate(values):
        n += 1
        mean += (x - mean) / n
        up, down = alpha * up + x - mean - 0.1, alpha * down + x - mean + 0.1
        low, high = min(low, up), max(high, down)
        scores.append(max(up - low, high - down))
        if n >= 30 and scores[-1] > 20:
            alarms.append(i)
            n, mean, up, down, low, high = 0, 0.0, 0.0, 0.0, np.inf, -np.inf
    detector = PageHinkleyDetector(delta=0.1, threshold=20, alpha=alpha, standardize=False)
    found = judge(detector, values)
    assert np.flatnonzero(found.is_anomaly).tolist() == alarms
    np.testing.assert_allclose(found.score, scores, rtol=1e-8, atol=1e-8)


def test_cusum_is_that_of_a_loop() -> None:
    """Sums and alarms are those of the tabular definition, over many resets and far beyond a block."""
    values = np.random.default_rng(8).normal(0.1, 1, 30_000)
    up = down = 0.0
    scores = []
    for z in values:
        up, down = max(0.0, up + z - 0.5), max(0.0, down - z - 0.5)
        scores.append(max(up, down))
        if scores[-1] > 4:
            up = down = 0.0
    found = judge(CusumDetector(mean=0, sigma=1, h=4), values)
    np.testing.assert_allclose(found.score, scores, atol=1e-9)
    np.testing.assert_array_equal(found.is_anomaly, np.array(scores) > 4)


def test_ewma_is_that_of_a_loop() -> None:
    """Averages are those of the recursion, far beyond what is summed at once."""
    values = np.random.default_rng(9).normal(0, 1, 40_000)
    average, expected = 0.0, []
    for z in values:
        average = 0.05 * z + 0.95 * average
        expected.append(abs(average))
    found = judge(EwmaDetector(mean=0, sigma=1, weight=0.05), values)
    sigma = np.sqrt(0.05 / 1.95 * (1 - 0.95 ** (2.0 * np.arange(1, 40_001))))
    np.testing.assert_allclose(found.score * sigma, expected, atol=1e-12)


def run_lengths(make: Any, shift: float, n: int, length: int) -> FloatArray:
    """Return when the first alarm is, in `n` streams of normal numbers."""
    rng = np.random.default_rng(12)
    firsts = []
    for _ in range(n):
        is_anomaly = judge(make(), rng.normal(shift, 1, length)).is_anomaly
        assert is_anomaly.any()
        firsts.append(int(is_anomaly.argmax()) + 1)
    return np.array(firsts, np.float64)


@pytest.mark.parametrize(
    ("make", "shift", "arl"),
    [
        (lambda: CusumDetector(mean=0, sigma=1), 1.0, 10.38),
        (lambda: CusumDetector(mean=0, sigma=1), 0.0, 465.4),
        (lambda: EwmaDetector(mean=0, sigma=1), 1.0, 10.8),
        (lambda: EwmaDetector(mean=0, sigma=1), 0.0, 559.9),
        (lambda: WesternElectricDetector(mean=0, sigma=1), 0.0, 91.75),
    ],
)
def test_run_lengths_are_the_published_ones(make: Any, shift: float, arl: float) -> None:
    """Mean run lengths lie within 4 standard errors, or 4 % for limits that start narrow."""
    lengths = run_lengths(make, shift, 800, 12_000 if shift == 0 else 400)
    error = lengths.std() / np.sqrt(len(lengths))
    assert abs(lengths.mean() - arl) < 4 * error + 0.04 * arl


def test_limits_for_false_alarms_are_those_of_the_tables() -> None:
    """The formulas give back the limits of published run lengths."""
    assert normal_limit(370.4) == pytest.approx(3.0, abs=1e-3)
    assert normal_limit(1e15) == pytest.approx(8.03, abs=0.03)
    for k, h, arl in [(0.5, 4, 167.7), (0.5, 5, 465.4), (0.5, 8, 9482.9), (0.25, 8.01, 370)]:
        assert cusum_limit(arl, k) == pytest.approx(h, rel=0.02)
    for weight, limit, arl in [
        (0.1, 2.814, 500),
        (0.2, 2.962, 500),
        (0.4, 3.054, 500),
        (0.2, 3, 559.9),
    ]:
        assert ewma_arl(limit, weight) == pytest.approx(arl, rel=0.005)
        assert ewma_limit(arl, weight) == pytest.approx(limit, abs=0.002)
    assert ewma_limit(370.4, 1.0) == pytest.approx(3.0, abs=1e-3)
    # Shewhart's chart, whose tail is known, also where it is extrapolated.
    assert ewma_limit(1e14, 1.0) == pytest.approx(normal_limit(1e14), abs=0.01)


@pytest.mark.parametrize(
    ("window", "length", "subwindow"),
    [(80, 80, 10), (100, 100, 12), (15, 15, 1), ("8s", 8 * 10**9, 10**9)],
)
def test_zscore_is_that_of_a_plain_computation(
    window: str | int, length: int, subwindow: int
) -> None:
    """Scores are those of the subwindows before each reading's own, also after pauses, on a large offset."""
    rng = np.random.default_rng(5)
    steps = rng.choice(
        [0, 10**8, 2 * 10**9, 5 * 10**9, 30 * 10**9], 600, p=[0.05, 0.85, 0.05, 0.03, 0.02]
    )
    times, values = steps.cumsum(), 1e6 + rng.normal(size=600)
    subwindows = (times if isinstance(window, str) else np.arange(600)) // subwindow
    found = ZScoreDetector(window=window, min_readings=5, limit=1e9).update(times, values)
    for i in range(600):
        before = values[
            (subwindows < subwindows[i]) & (subwindows >= subwindows[i] - -(-length // subwindow))
        ]
        assert found.is_warm[i] == (len(before) >= 5)
        if found.is_warm[i]:
            expected = abs(values[i] - before.mean()) / before.std(ddof=1)
            assert found.score[i] == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_robust_zscore_is_that_of_iglewicz_and_hoaglin() -> None:
    """Scores are 0.6745 |x − median| / MAD of the window before, computed plainly."""
    values = np.random.default_rng(3).gamma(2.0, 3.0, 400)
    found = judge(RobustZScoreDetector(window=400, min_readings=300, limit=1e9), values)
    before = values[:350]  # subwindows of 50
    median = np.median(before)
    mad = np.median(np.abs(before - median))
    np.testing.assert_allclose(
        found.score[350:], 0.6745 * np.abs(values[350:] - median) / mad, rtol=1e-4
    )


def test_robust_zscore_of_mostly_equal_readings() -> None:
    """Where the MAD is 0 the mean absolute deviation stands in for it."""
    values = np.tile([5.0, 5.0, 5.0, 6.0], 30)
    found = judge(RobustZScoreDetector(window=80, limit=100), values)
    assert found.score[-1] == pytest.approx(1.0 / (1.253314 * 0.25), rel=1e-5)


def test_hampel_is_that_of_a_plain_computation() -> None:
    """Scores are those of each window on its own."""
    values = np.random.default_rng(4).normal(0, 1, 300)
    for width in (5, 8):
        found = judge(HampelDetector(window=width), values)
        assert not found.is_warm[: width - 1].any()
        for i in range(width - 1, 300):
            window = values[i - width + 1 : i + 1]
            deviations = np.abs(window - np.median(window))
            expected = deviations[-1] / (1.482602 * np.median(deviations))
            assert found.score[i] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("rule", "values", "breaks_at"),
    [
        (1, [0, 3.1, 0], [1]),
        (2, [0.1] * 10, [8, 9]),
        (2, [0.1] * 8 + [-0.1], []),
        (3, [1, 2, 3, 4, 5, 6, 5], [5]),
        (3, [1, 2, 3, 3, 4, 5, 6], []),
        (4, [0.1, -0.1] * 7, [13]),
        (4, [0.1, -0.1] * 6 + [0.1, 0.2], []),
        (5, [2.1, 0, 2.1, -2.1], [2]),
        (6, [1.1, 1.1, 0, 1.1, 1.1, 0], [4]),
        (7, [0.5, -0.5, 0.2] * 5, [14]),
        (8, [1.5, -1.5] * 4, [7]),
    ],
)
def test_each_nelson_rule(rule: int, values: list[float], breaks_at: list[int]) -> None:
    """A rule is broken at the reading that completes the pattern, and not by one reading less."""
    found = judge(NelsonDetector(rules=[rule], mean=0, sigma=1), values)
    assert np.flatnonzero(found.is_anomaly).tolist() == breaks_at
    for i in breaks_at:
        assert f"(rule {rule})" in found.reason(i)
