"""SPOT and DSPOT, and the fit of the generalised Pareto distribution."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.detectors.parts.pareto import MovingPareto, fit_pareto
from nbstream.detectors.spot import DspotDetector, SpotDetector
from nbstream.readings.batch import FloatArray
from tests.detectors.contract import (
    ODD_SERIES,
    assert_batches_make_no_difference,
    assert_calm,
    seconds,
    series,
)
from tests.strategies import batch_sizes

KINDS = (SpotDetector, DspotDetector)


def noise(n: int = 4000, seed: int = 1) -> FloatArray:
    """Return white noise."""
    return np.random.default_rng(seed).normal(size=n)


def small(kind: type[SpotDetector], *, two_sided: bool = True) -> SpotDetector:
    """Return a detector that is soon warm."""
    if kind is DspotDetector:
        return DspotDetector(n_init=200, depth=30, level=0.9, two_sided=two_sided)
    return SpotDetector(n_init=200, level=0.9, two_sided=two_sided)


def pareto(shape: float, scale: float, n: int, seed: int = 1) -> FloatArray:
    """Return draws from a generalised Pareto distribution, by its inverse."""
    u = np.random.default_rng(seed).random(n)
    y: FloatArray = scale * (u**-shape - 1) / shape if shape else -scale * np.log(u)
    return y


def log_likelihood(y: FloatArray, shape: float, scale: float) -> float:
    """Return the logarithm of the likelihood of the excesses, as the definition says."""
    z = 1 + shape * y / scale
    if (z <= 0).any():
        return -math.inf
    terms = (1 + 1 / shape) * np.log(z) if abs(shape) > 1e-9 else y / scale
    return float(-len(y) * math.log(scale) - terms.sum())


@settings(max_examples=25)
@given(
    st.sampled_from(KINDS),
    st.booleans(),
    st.integers(0, 2**32),
    st.sampled_from([50, 232, 900]),
    batch_sizes(300, mostly=30),
)
def test_batches_make_no_difference(
    kind: type[SpotDetector], two_sided: bool, seed: int, n: int, sizes: list[int]
) -> None:
    """However readings are batched, each gets the same answer."""
    times, values = series(seed, n)
    assert_batches_make_no_difference(
        lambda: small(kind, two_sided=two_sided), times, values, sizes
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("odd", ODD_SERIES)
def test_odd_readings_are_borne(kind: type[SpotDetector], odd: str) -> None:
    """Constants, denormals, huge and missing readings give no warning and no infinite score."""
    assert_calm(lambda: small(kind), ODD_SERIES[odd])


@settings(max_examples=100)
@given(
    st.sampled_from([-0.4, -0.1, 0.0, 0.2, 0.6, 1.0]),
    st.sampled_from([1e-200, 0.3, 1.0, 1e200]),
    st.sampled_from([12, 50, 300]),
    st.integers(0, 2**32),
)
def test_the_fit_is_the_likeliest(shape: float, scale: float, n: int, seed: int) -> None:
    """No parameters near the fit, nor the true ones, make the excesses likelier."""
    y = pareto(shape, scale, n, seed)
    fitted = fit_pareto(y)
    best = log_likelihood(y, *fitted)
    assert math.isfinite(best)
    if shape > -0.5 and fitted[0]:
        for d_shape in (-0.02, 0.0, 0.02):
            for factor in (0.98, 1.0, 1.02):
                near = log_likelihood(y, fitted[0] + d_shape, fitted[1] * factor)
                assert near <= best + 1e-6


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_the_fit_finds_the_true_parameters(shape: float) -> None:
    """With many excesses shape and scale are those that they were drawn with."""
    fitted = fit_pareto(pareto(shape, 2.0, 20_000))
    assert fitted == pytest.approx((shape, 2.0), abs=0.08)


def test_the_fit_of_equal_excesses_is_finite() -> None:
    """One excess, or several equal ones, have some finite fit."""
    for y in (np.ones(1), np.full(50, 1e-300), np.array([1.0, 1.0, 2.0])):
        shape, scale = fit_pareto(y)
        assert math.isfinite(shape)
        assert scale > 0


@pytest.mark.parametrize("shape", [-0.4, -0.1, 0.0, 0.2, 0.6, 1.0])
def test_the_moving_fit_is_that_of_the_newest_excesses(shape: float) -> None:
    """After each excess, at first few and then as many as are kept, limits are those of a new fit."""
    y = pareto(shape, 3.0, 300, seed=int(10 * shape) + 5)
    fit = MovingPareto(y[:15], 64)
    for n in range(16, 301):
        fit.add(float(y[n - 1]))
        moved = rare_excess(fit.shape, fit.scale)
        assert moved == pytest.approx(rare_excess(*fit_pareto(y[max(0, n - 64) : n])), rel=1e-4)


def rare_excess(shape: float, scale: float) -> float:
    """Return the excess that one in 200 exceeds."""
    return scale * (200**shape - 1) / shape if shape else scale * math.log(200)


def test_the_moving_fit_seldom_looks_for_all_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of µs are spent once in ten excesses at most, also where there is no likeliest tail."""
    searches = []

    def counted(excesses: FloatArray) -> tuple[float, float]:
        searches.append(len(excesses))
        return fit_pareto(excesses)

    monkeypatch.setattr("nbstream.detectors.parts.pareto.fit_pareto", counted)
    rng = np.random.default_rng(1)
    for y in (rng.exponential(size=1000), rng.random(1000), rng.integers(1, 4, 1000) * 1.0):
        searches.clear()
        fit = MovingPareto(np.asarray(y[:20], np.float64), 256)
        for excess in y[20:].tolist():
            fit.add(excess)
        assert len(searches) <= 100


@pytest.mark.parametrize("draw", ["normal", "exponential", "lognormal", "standard_cauchy"])
def test_verdicts_are_those_of_the_paper(draw: str) -> None:
    """Algorithm 1 of the paper, a reading at a time with a new fit at each peak, calls the same anomalies."""
    values = getattr(np.random.default_rng(4), draw)(size=1500)
    q, level, n_init = 1e-2, 0.9, 200
    detector = SpotDetector(q=q, level=level, n_init=n_init, two_sided=False)
    threshold = float(np.sort(values[:n_init])[int(level * n_init)])
    peaks = (values[:n_init][values[:n_init] > threshold] - threshold).tolist()
    n, n_peaks, anomalies = n_init, len(peaks), []
    for i, x in enumerate(values[n_init:].tolist(), n_init):
        if x > threshold:
            shape, scale = fit_pareto(np.array(peaks[-256:]))
            r = q * n / n_peaks
            if x > threshold + (scale / shape * (r**-shape - 1) if shape else -scale * math.log(r)):
                anomalies.append(i)
                continue
            peaks.append(x - threshold)
            n_peaks += 1
        n += 1
    detection = detector.update(seconds(len(values)), values)
    assert len(anomalies) >= 5
    assert np.flatnonzero(detection.is_anomaly).tolist() == anomalies


@pytest.mark.parametrize("kind", KINDS)
def test_finds_extremes_on_both_sides(kind: type[SpotDetector]) -> None:
    """Readings far out are anomalies on both sides, or above only, and the reason says how rare they are."""
    values = noise()
    values[3000], values[3500] = 9.0, -9.0
    detection = kind().update(seconds(len(values)), values)
    assert detection.is_anomaly[[3000, 3500]].all()
    assert detection.is_anomaly.sum() <= 8
    assert detection.reason(3000).startswith("9 is above the limit ")
    assert detection.reason(3500).startswith("-9 is below the limit -")
    assert "one reading in " in detection.reason(3000)
    one_sided = kind(two_sided=False).update(seconds(len(values)), values)
    assert one_sided.is_anomaly[3000]
    assert not one_sided.is_anomaly[3500]


def test_only_the_drifting_kind_bears_a_drift() -> None:
    """Along a ramp SPOT calls nearly everything extreme, DSPOT nearly nothing but the spike."""
    values = noise() + np.arange(4000) * 0.02
    values[3700] += 12.0
    plain = SpotDetector().update(seconds(4000), values)
    drifting = DspotDetector().update(seconds(4000), values)
    assert plain.is_anomaly[2000:].mean() > 0.9
    assert drifting.is_anomaly[3700]
    assert drifting.is_anomaly.sum() <= 8


@pytest.mark.parametrize("kind", KINDS)
def test_anomalies_are_not_learnt(kind: type[SpotDetector]) -> None:
    """However often an extreme comes back, it stays one, and the readings between are as before."""
    values = noise()
    with_extremes = values.copy()
    extreme = np.arange(1600, 4000, 50)
    with_extremes[extreme] = 50.0
    detection = kind().update(seconds(len(values)), with_extremes)
    assert detection.is_anomaly[extreme].all()
    keep = np.ones(len(values), np.bool_)
    keep[extreme] = False
    without = kind().update(seconds(int(keep.sum())), values[keep])
    np.testing.assert_array_equal(detection.score[keep], without.score)


def test_the_limit_is_that_of_the_paper() -> None:
    """The limit after the first readings is t + scale/shape · ((q n / peaks) ** −shape − 1)."""
    values = noise(1001, seed=3)
    values[1000] = 40.0
    detection = SpotDetector(two_sided=False).update(seconds(1001), values)
    first = values[:1000]
    t = float(np.sort(first)[980])
    excesses = first[first > t] - t
    shape, scale = fit_pareto(excesses)
    limit = t + scale / shape * ((1e-4 * 1000 / len(excesses)) ** -shape - 1)
    assert f"the limit {limit:.4g}:" in detection.reason(1000)


@pytest.mark.parametrize(("kind", "first"), [(SpotDetector, 1000), (DspotDetector, 1450)])
def test_is_warm_after_the_first_readings(kind: type[SpotDetector], first: int) -> None:
    """The first readings that are there are learnt and have no score."""
    values = noise(2000)
    values[::10] = np.nan
    detection = kind().update(seconds(2000), values)
    learnt = np.flatnonzero(~np.isnan(values))[first - 1]
    assert not detection.is_warm[: learnt + 1].any()
    assert detection.is_warm[learnt + 1 :].all()
    assert detection.reason(1) == f"It judges from reading {first + 1:,} on; 1 so far."


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"level": 1.0}, "'level' must be from 0.5 to below 1 (got 1.0)."),
        ({"q": 0.1}, "'q' must be > 0 and < 1 − 'level' (got 0.1)."),
        ({"n_init": 10}, "'n_init' must be >= 100 readings (got 10)."),
        ({"depth": 1}, "'depth' must be from 2 to 1000 readings (got 1)."),
    ],
)
def test_says_what_is_wrong_with_a_parameter(parameters: dict[str, float], message: str) -> None:
    """A parameter out of range is named with its value."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        DspotDetector(**parameters)  # type: ignore[arg-type]
