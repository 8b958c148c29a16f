"""Any anomaly or drift detector of the river package, as a detector."""

from __future__ import annotations

import copy
import importlib
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.wording import apart, judges_from, short
from nbstream.errors import DependencyError

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["RiverDetector"]


class RiverDetector(Detector):
    """Feeds readings to a model of river, one by one.

    Parameters
    ----------
    model
        An object with `score_one` and `learn_one` (an anomaly detector, or a pipeline that ends in one), or
        with `update` and `drift_detected` (a drift detector); or the name of such a class in river with
        its defaults: "drift.ADWIN", "anomaly.HalfSpaceTrees". It is copied, never changed.
    limit
        Score above which a reading is an anomaly. A drift has score 1 and everything else 0.
    n_warm
        After how many readings its scores count.

    Raises
    ------
    TypeError
        If the model has neither pair of methods.
    ValueError
        If a parameter is out of range, or river has no such class.
    DependencyError
        If the model is given by name and river is not installed.

    Notes
    -----
    river runs in Python: 0.3 µs (ADWIN) to 300 µs (KSWIN) per reading, 30 µs for half-space trees. So where
    more than 1,000 readings come in a second an analyzer shows it means (`Analyzer.detect`).

    A model of `score_one(x, y)` gets the reading as y, others as {"value": reading}. Half-space trees want
    features from 0 to 1: put `preprocessing.MinMaxScaler()` before them.

    Examples
    --------
    >>> class Distance:
    ...     def score_one(self, x):
    ...         return abs(x["value"])
    ...
    ...     def learn_one(self, x):
    ...         pass
    >>> detection = RiverDetector(Distance(), limit=3, n_warm=0).update([0.0, 1.0], [2.0, 4.0])
    >>> detection.is_anomaly.tolist()
    [False, True]
    >>> detection.reason(1)
    'Distance scores 4 for 4 (limit 3).'
    """

    name = "river"
    max_rate = 1_000

    def __init__(self, model: Any, *, limit: float = 0.8, n_warm: int = 250) -> None:
        if isinstance(model, str):
            model = _model_named(model)
        self._is_drift = hasattr(model, "drift_detected") and hasattr(model, "update")
        if not self._is_drift and not (hasattr(model, "score_one") and hasattr(model, "learn_one")):
            message = (
                "'model' must have 'score_one' and 'learn_one', or 'update' and 'drift_detected' "
                f"(got {type(model).__name__})."
            )
            raise TypeError(message)
        if not n_warm >= 0:
            message = f"'n_warm' must be >= 0 readings (got {n_warm!r})."
            raise ValueError(message)
        self.limit = float(limit)
        self.n_warm = int(n_warm)
        self._pristine = copy.deepcopy(model)
        self._takes_target = not self._is_drift and _takes_target(model.score_one)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen; the model is again as it was given."""
        self._model = copy.deepcopy(self._pristine)
        self._n_seen = 0

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        n, n_before = len(values), self._n_seen
        n_present = np.cumsum(values == values)
        score, is_warm = np.full(n, np.nan), np.zeros(n, np.bool_)
        for i, value in enumerate(values.tolist()):
            if value == value:
                score[i] = self._step(value)
            is_warm[i] = self._n_seen > self.n_warm
        score[~is_warm] = np.nan
        with np.errstate(invalid="ignore"):
            is_anomaly = score > self.limit

        def explain(i: int) -> str:
            kind = type(self._pristine).__name__
            if not values[i] == values[i]:
                return "Missing."
            if not is_warm[i]:
                return f"{kind} {judges_from(self.n_warm + 1, n_before + int(n_present[i]))}."
            if self._is_drift:
                return f"{kind} finds {'a' if score[i] else 'no'} drift at {short(values[i])}."
            given, limit = apart(score[i], self.limit)
            return f"{kind} scores {given} for {short(values[i])} (limit {limit})."

        return Detection(score, is_anomaly, is_warm, explain)

    def _step(self, value: float) -> float:
        """Return the model's score of one value, and let it learn the value."""
        self._n_seen += 1
        if self._is_drift:
            self._model.update(value)
            return float(self._model.drift_detected)
        arguments: tuple[Any, ...] = ({}, value) if self._takes_target else ({"value": value},)
        score = float(self._model.score_one(*arguments))
        self._model.learn_one(*arguments)
        return score


def _model_named(name: str) -> Any:
    try:
        river = importlib.import_module("river")
    except ImportError as error:
        message = (
            f"RiverDetector needs the 'river' package for {name!r}: pip install \"nbstream[river]\""
        )
        raise DependencyError(message) from error
    module_name, _, class_name = name.partition(".")
    try:
        return getattr(importlib.import_module(f"{river.__name__}.{module_name}"), class_name)()
    except (ImportError, AttributeError) as error:
        message = f"river has no {name!r}. Give e.g. 'drift.ADWIN' or 'anomaly.HalfSpaceTrees'."
        raise ValueError(message) from error


def _takes_target(score_one: Any) -> bool:
    """Return whether it wants (x, y): the anomaly detectors of a target do."""
    try:
        parameters = inspect.signature(score_one).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return len(needed) > 1
