"""Whether `false_alarms` holds on data of many kinds, and what that costs in power."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from nbstream.detectors import create
from nbstream.detectors.base import parameters
from nbstream.detectors.parts.calibration import Calibration
from nbstream.detectors.parts.false_alarms import FalseAlarms
from nbstream.detectors.parts.forecast import Forecast, ForecastLearner
from nbstream.detectors.parts.run_lengths import (
    RunLengths,
    cusum_run_lengths,
    hampel_run_lengths,
    normal_run_lengths,
    page_hinkley_run_lengths,
)
from nbstream.detectors.registry import kinds
from nbstream.readings.batch import FloatArray, TimeArray
from tests.detectors.contract import assert_batches_make_no_difference
from tests.strategies import EPOCH_NS, NS

Rng = np.random.Generator
NAMES = [kind.name for kind in kinds() if "false_alarms" in parameters(kind)]
DAY = 1440  # readings, one a minute


def autocorrelated(rng: Rng, n: int) -> FloatArray:
    """Return an AR(1) process with the coefficient 0.7."""
    values, step, factor = rng.normal(size=n), 1, 0.7
    while factor > 1e-17:
        values[step:] += factor * values[:-step]
        step, factor = 2 * step, factor * factor
    return values


KINDS: dict[str, Callable[[Rng, int], FloatArray]] = {
    "normal": lambda rng, n: rng.normal(20.0, 1.0, n),
    "autocorrelated": autocorrelated,
    "heavy tails": lambda rng, n: rng.standard_t(3, n),
    "lognormal": lambda rng, n: rng.lognormal(0.0, 1.0, n),
    "daily": lambda rng, n: 4 * np.sin(np.arange(n) * 2 * np.pi / DAY) + rng.normal(size=n),
    "integers": lambda rng, n: np.rint(rng.normal(20.0, 0.6, n)),
}


def normal_readings(n: int) -> tuple[TimeArray, FloatArray]:
    """Return times, a reading a second, and independent normal numbers."""
    return EPOCH_NS + np.arange(n) * NS, np.random.default_rng(14).normal(size=n)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_false_alarms_hold_on_the_channels_own_data(name: str, kind: str) -> None:
    """After two days that were asked for one alarm a day, it is 0.3 to 2 flagged readings a day."""
    n = 60 * DAY
    values = KINDS[kind](np.random.default_rng(11), n)
    found = create(name, false_alarms="1/day").update(EPOCH_NS + np.arange(n) * 60 * NS, values)
    assert 0.3 < np.count_nonzero(found.is_anomaly[2 * DAY :]) / 58 < 2


@pytest.mark.parametrize("kind", ["lognormal", "daily"])
@pytest.mark.parametrize("name", NAMES)
def test_batches_make_no_difference_to_what_is_calibrated(name: str, kind: str) -> None:
    """The limit is looked at after as many readings, however they come."""
    values = KINDS[kind](np.random.default_rng(2), 5000)
    values[::97] = np.nan
    times = EPOCH_NS + np.arange(5000) * 60 * NS
    sizes = np.random.default_rng(3).integers(1, 300, 200).tolist()
    assert_batches_make_no_difference(
        lambda: create(name, false_alarms="4/day"), times, values, sizes
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_reset_forgets_the_limit(name: str) -> None:
    """What was learnt of one channel says nothing of the next."""
    detector = create(name, false_alarms="1/h")
    values = KINDS["lognormal"](np.random.default_rng(4), 6000)
    times = EPOCH_NS + np.arange(6000) * NS
    first = detector.update(times, values)
    limit = detector.effective_limit  # type: ignore[attr-defined]
    detector.reset()
    assert np.isnan(detector.effective_limit)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(detector.update(times, values).score, first.score)
    assert detector.effective_limit == limit  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [4.0, 50.0])
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_does_not_raise_the_limit_much(name: str, fault: float) -> None:
    """A hundred readings in a row that are off are one alarm more, though some are within the limit."""
    limits = []
    for offset in (0.0, fault):
        values = KINDS["normal"](np.random.default_rng(5), 10 * DAY)
        values[5 * DAY : 5 * DAY + 100] += offset
        detector = create(name, false_alarms="1/day")
        found = detector.update(EPOCH_NS + np.arange(len(values)) * 60 * NS, values)
        limits.append(detector.effective_limit)  # type: ignore[attr-defined]
    assert found.is_anomaly[5 * DAY : 5 * DAY + 100].any()
    # A short window has forgotten the usual level when it comes back: to hampel that is a fault too.
    assert limits[1] < (1.2 if name == "hampel" else 1.1) * limits[0]


@pytest.mark.parametrize(
    ("name", "fixed"),
    [("cusum", {"h": 6.112}), ("ewma", {"limit": 3.298}), ("page_hinkley", {"threshold": 50.3})],
)
def test_a_shift_in_independent_noise_is_found_as_fast(name: str, fixed: dict[str, float]) -> None:
    """By one sigma: by the limit that is learnt as by that of the theory."""
    delays = []
    for given in ({"false_alarms": "1/day"}, {**fixed, "warm_up": 318}):
        found = []
        for seed in range(60):
            values = KINDS["normal"](np.random.default_rng(seed), 3400)
            values[3000:] += 1.0
            times = EPOCH_NS + np.arange(3400) * 60 * NS
            found.append(create(name, **given).update(times, values).is_anomaly[3000:].argmax() + 1)
        delays.append(np.mean(found))
    assert delays[0] < 1.1 * delays[1]


@pytest.mark.parametrize("kind", ["autocorrelated", "daily"])
def test_charts_forecast_what_depends_on_the_readings_before(kind: str) -> None:
    """A shift is found on a rhythm, and its reason says what the level was compared with."""
    values = KINDS[kind](np.random.default_rng(6), 5 * DAY)
    values[4 * DAY :] += 6.0
    times = EPOCH_NS + np.arange(5 * DAY) * 60 * NS
    for name, words in (("cusum", "from its forecast by"), ("ewma", "of what forecasts miss")):
        detector = create(name, false_alarms="1/day")
        found = detector.update(times, values)
        first = 4 * DAY + int(found.is_anomaly[4 * DAY :].argmax())
        assert first < 4 * DAY + 5
        assert words in found.reason(first)


def test_what_happened_once_is_no_reason_to_forecast() -> None:
    """A step and a fault of a hundred readings leave the level what readings are compared with."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        values = rng.normal(size=4096)
        assert Forecast.fit(values) is None
        at = int(rng.integers(0, 1900))
        values[at : at + 100] += 3.0
        assert Forecast.fit(values) is None


def test_a_forecast_is_withdrawn_when_readings_are_independent_again() -> None:
    """After eight looks that found none."""
    learner = ForecastLearner()
    values = np.concatenate(
        [KINDS["autocorrelated"](np.random.default_rng(8), 4096), np.zeros(60_000)]
    )
    values[4096:] = np.random.default_rng(9).normal(size=60_000)
    has = []
    i = 0
    while i < len(values):
        stop = i + (learner.room or 512)
        learner.take(values[i:stop])
        has.append(learner.forecast is not None)
        i = stop
    assert has[0]
    assert not has[-1]


@pytest.mark.parametrize("window", [3, 4, 25])
def test_hampels_theory_is_that_of_normal_readings(window: int) -> None:
    """One reading in a hundred, a thousand and ten thousand is as far from the median as it says."""
    score = create("hampel", window=window).update(*normal_readings(400_000)).score[window:]
    table = hampel_run_lengths(window)
    for run_length in (100, 1000, 10_000):
        seen = np.count_nonzero(score > table.score_of(math.log(run_length)))
        assert 0.6 < seen * run_length / len(score) < 1.7


@pytest.mark.parametrize(("delta", "alpha"), [(0.005, 0.9999), (0.005, 1.0), (0.1, 0.999)])
def test_page_and_hinkleys_theory_is_that_of_normal_readings(delta: float, alpha: float) -> None:
    """It alarms once in 500, or 2,000, readings at the threshold that says so."""
    for run_length in (500, 2000):
        threshold = page_hinkley_run_lengths(delta, alpha).score_of(math.log(run_length))
        given = {"delta": delta, "alpha": alpha, "threshold": threshold, "warm_up": 10_000}
        found = create("page_hinkley", **given).update(*normal_readings(400_000))
        assert 0.6 < np.count_nonzero(found.is_anomaly) * run_length / 390_000 < 1.3


@pytest.mark.parametrize("weight", [0.05, 0.2, 1.0])
def test_as_many_alarms_of_an_ewma_begin_as_were_asked_for(weight: float) -> None:
    """However many readings each lasts: four at a small weight."""
    begins = 0
    for seed in range(4):
        n = 40 * DAY
        values = KINDS["normal"](np.random.default_rng(seed), n)
        detector = create("ewma", false_alarms="1/day", weight=weight)
        flags = detector.update(EPOCH_NS + np.arange(n) * 60 * NS, values).is_anomaly
        rows = np.flatnonzero(flags[2 * DAY :])
        begins += int(np.count_nonzero(np.diff(rows, prepend=-DAY) > 80))
    assert 0.7 < begins / (4 * 38) < 1.3


def test_page_hinkley_in_raw_units_takes_no_false_alarms() -> None:
    """What sums of so many units mean for the channel isn't known."""
    with pytest.raises(ValueError, match="leave out standardize=False"):
        create("page_hinkley", standardize=False, false_alarms="1/day")


def test_it_says_how_often_it_alarms_where_that_cannot_be_held() -> None:
    """Where scores are ever higher the limit is always late, and the reason tells what to expect."""
    n = 40 * DAY
    values = np.random.default_rng(10).normal(size=n) * np.exp((np.arange(n) / (8 * DAY)) ** 2)
    found = create("zscore", false_alarms="1/day", window=8000).update(
        EPOCH_NS + np.arange(n) * 60 * NS, values
    )
    reasons = [found.reason(i) for i in np.flatnonzero(found.is_anomaly)]
    told = [float(r.split("about ")[1].split("/day")[0]) for r in reasons if "in data such as" in r]
    assert "in data such as these" not in reasons[0]
    assert min(told) >= 2
    assert 5 < max(told) < 1000


def test_equal_scores_take_no_more_memory_and_stay_usual() -> None:
    """Where every tenth reading is as high as can be, none of these is an alarm, and few are kept."""
    values = np.where(np.random.default_rng(12).random(60_000) < 0.1, 1.0, 0.0)
    detector = create("zscore", false_alarms="1/h", window=1000, min_sigma=0.3)
    found = detector.update(EPOCH_NS + np.arange(len(values)) * NS, values)
    assert np.count_nonzero(found.is_anomaly[7200:]) < 30
    assert len(pickle.dumps(detector)) < 30_000


@pytest.mark.parametrize("run_lengths", [normal_run_lengths(), cusum_run_lengths(0.5)])
def test_the_limit_is_that_of_the_theory_until_something_is_seen(run_lengths: RunLengths) -> None:
    """And follows the peaks from then on, up as down."""
    wanted = FalseAlarms.parse("1/h")
    assert wanted is not None
    rng = np.random.default_rng(13)
    limits = []
    for factor in (1.0, 1.5, 0.7):
        calibration = Calibration(run_lengths, wanted, 1e9)
        first = calibration.limit
        for _ in range(200):
            score = run_lengths.score_of(1.0) * np.ones(calibration.room)
            logs = rng.exponential(size=len(score))
            score[::2] = factor * np.interp(logs[::2], run_lengths.logs, run_lengths.scores)
            calibration.take(score)
        limits.append(calibration.limit / first)
    assert limits[0] == pytest.approx(0.95, abs=0.1)
    assert limits[1] > 1.2 * limits[0]
    assert limits[2] < 0.85 * limits[0]
