"""Models of river as detectors; stand-ins with the methods of river's models, for river is optional."""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.detectors.registry import on_means
from nbstream.detectors.river import RiverDetector
from nbstream.errors import DependencyError
from tests.detectors.contract import (
    ODD_SERIES,
    assert_batches_make_no_difference,
    assert_calm,
    seconds,
    series,
)
from tests.strategies import EPOCH_NS, batch_sizes


class Anomaly:
    """Scores by the distance from the mean so far."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def score_one(self, x: dict[str, float]) -> float:
        """Return the distance."""
        return min(abs(x["value"] - sum(self.values) / max(len(self.values), 1)), 1e9)

    def learn_one(self, x: dict[str, float]) -> None:
        """Learn the value."""
        self.values.append(min(max(x["value"], -1e9), 1e9))


class Targeted:
    """Scores a target, as river's GaussianScorer does."""

    def score_one(self, x: dict[str, float], y: float) -> float:
        """Return a tenth of the size."""
        assert x == {}
        return abs(y) / 10

    def learn_one(self, x: dict[str, float], y: float) -> None:
        """Learn nothing."""


class Drift:
    """Finds a drift each time a value is above 100."""

    def __init__(self) -> None:
        self.drift_detected = False

    def update(self, x: float) -> None:
        """Look at a value."""
        self.drift_detected = x > 100


@given(
    st.sampled_from([Anomaly, Targeted, Drift]),
    st.integers(0, 2**32),
    batch_sizes(60),
)
def test_batches_make_no_difference(model: type, seed: int, sizes: list[int]) -> None:
    """However readings are batched, each gets the same answer."""
    times, values = series(seed, 200)
    assert_batches_make_no_difference(
        lambda: RiverDetector(model(), n_warm=3), times, values, sizes
    )


@pytest.mark.parametrize("kind", ODD_SERIES)
def test_odd_readings_are_borne(kind: str) -> None:
    """Constants, denormals, huge and missing readings give no warning and no infinite score."""
    assert_calm(lambda: RiverDetector(Targeted(), n_warm=5), ODD_SERIES[kind])


def test_scores_before_it_learns() -> None:
    """A model is asked for its score of a reading before it learns it."""
    detection = RiverDetector(Anomaly(), limit=5, n_warm=0).update(seconds(3), [0.0, 0.0, 6.0])
    assert detection.score.tolist() == [0.0, 0.0, 6.0]
    assert detection.is_anomaly.tolist() == [False, False, True]
    assert detection.reason(2) == "Anomaly scores 6 for 6 (limit 5)."


def test_a_model_of_a_target_gets_the_reading_as_target() -> None:
    """score_one(x, y) is called with the reading as y."""
    detection = RiverDetector(Targeted(), n_warm=0).update(seconds(2), [1.0, 9.0])
    assert detection.score.tolist() == [0.1, 0.9]


def test_a_drift_is_an_anomaly() -> None:
    """Where a drift detector says so there is an anomaly."""
    detection = RiverDetector(Drift(), n_warm=0).update(seconds(3), [1.0, 200.0, 3.0])
    assert detection.is_anomaly.tolist() == [False, True, False]
    assert detection.reason(1) == "Drift finds a drift at 200."
    assert detection.reason(0) == "Drift finds no drift at 1."


def test_the_given_model_is_not_changed() -> None:
    """Readings and reset leave the model as it was given."""
    model = Anomaly()
    detector = RiverDetector(model, n_warm=0)
    first = detector.update(seconds(3), [1.0, 2.0, 3.0])
    detector.reset()
    again = detector.update(seconds(3), [1.0, 2.0, 3.0])
    assert model.values == []
    np.testing.assert_array_equal(first.score, again.score)


def test_at_high_rates_the_model_sees_means() -> None:
    """Beyond 1,000 readings per second an analyzer shows it means, and the reason says so."""
    values = np.where(np.arange(600) < 400, 0.0, 9.5)
    detector = on_means(RiverDetector(Targeted(), n_warm=0), "auto")
    detection = detector.update(EPOCH_NS + np.arange(600) * 500_000, values)
    flagged = np.flatnonzero(detection.is_anomaly)
    assert 400 < flagged[0] <= 400 + 2 * 32
    assert detection.reason(599) == "Targeted scores 0.95 for 9.5 (limit 0.8). (on means of 16 ms)"


def test_is_warm_after_the_given_number_of_steps() -> None:
    """Scores count when the model has seen so many readings."""
    detection = RiverDetector(Targeted(), n_warm=2).update(seconds(4), [9.0, np.nan, 9.0, 9.0])
    assert detection.is_warm.tolist() == [False, False, False, True]
    assert detection.is_anomaly.tolist() == [False, False, False, True]
    assert "judges from reading 3 on; 1 so far" in detection.reason(0)
    assert detection.reason(1) == "Missing."


def test_a_name_needs_river(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model by name without river says what to install."""
    real = builtins.__import__

    def without_river(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "river":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setitem(sys.modules, "river", None)
    monkeypatch.setattr(builtins, "__import__", without_river)
    with pytest.raises(DependencyError, match=r'pip install "nbstream\[river\]"'):
        RiverDetector("drift.ADWIN")


def test_a_name_is_looked_up_in_river(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class of river is made by its name, and a name that it doesn't have is told."""
    drift = types.ModuleType("river.drift")
    drift.Drift = Drift  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "river", types.ModuleType("river"))
    monkeypatch.setitem(sys.modules, "river.drift", drift)
    detection = RiverDetector("drift.Drift", n_warm=0).update(seconds(1), [200.0])
    assert detection.is_anomaly.tolist() == [True]
    with pytest.raises(ValueError, match="river has no 'drift.Nope'"):
        RiverDetector("drift.Nope")


@pytest.mark.parametrize(
    ("model", "parameters", "error", "message"),
    [
        (object(), {}, TypeError, "'model' must have 'score_one' and 'learn_one'"),
        (Drift(), {"n_warm": -1}, ValueError, "'n_warm' must be >= 0 readings (got -1)."),
    ],
)
def test_says_what_is_wrong_with_a_parameter(
    model: object, parameters: dict[str, int], error: type[Exception], message: str
) -> None:
    """What can't be used is told."""
    with pytest.raises(error) as caught:
        RiverDetector(model, **parameters)
    assert str(caught.value).startswith(message)
