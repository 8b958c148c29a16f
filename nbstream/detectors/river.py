"""Any anomaly or drift detector of the river package, as a detector."""

from __future__ import annotations

import copy
import importlib
import inspect
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.errors import DependencyError

if TYPE_CHECKING:
    from nbstream.readings import FloatArray, TimeArray

__all__ = ["RiverDetector"]

N_RATE = 64
MAX_STEPS_HZ = 1000


class RiverDetector(Detector):
    """Feeds readings to a model of river, one by one or as means of blocks.

    Parameters
    ----------
    model
        An object with `score_one` and `learn_one` (an anomaly detector, or a pipeline that ends in one), or
        with `update` and `drift_detected` (a drift detector); or the name of such a class in river with
        its defaults: "drift.ADWIN", "anomaly.HalfSpaceTrees". It is copied, never changed.
    limit
        Score above which a reading is an anomaly. A drift has score 1 and everything else 0.
    block
        How many readings are averaged for one step of the model. None chooses it from the rate of the first
        64 readings, which are fed one by one, so that the model takes at most 1,000 steps per second.
    n_warm
        After how many steps of the model its scores count.

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
    river runs in Python: 0.3 µs (ADWIN) to 300 µs (KSWIN) per step, 30 µs for half-space trees. So at high
    rates the model sees block means, and `block` says of how many readings; the score belongs to the last
    reading of a block, and the others repeat the score before it without being anomalies.

    A model of `score_one(x, y)` gets the reading as y, others as {"value": reading}. Half-space trees want
    features from 0 to 1: put `preprocessing.MinMaxScaler()` before them.

    Thread safety: none; its analyzer guards it.

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

    def __init__(
        self,
        model: Any,
        *,
        limit: float = 0.8,
        block: int | None = None,
        n_warm: int = 250,
    ) -> None:
        if isinstance(model, str):
            model = _model_named(model)
        self._is_drift = hasattr(model, "drift_detected") and hasattr(model, "update")
        if not self._is_drift and not (hasattr(model, "score_one") and hasattr(model, "learn_one")):
            message = (
                "'model' must have 'score_one' and 'learn_one', or 'update' and 'drift_detected' "
                f"(got {type(model).__name__})."
            )
            raise TypeError(message)
        if block is not None and not block >= 1:
            message = f"'block' must be >= 1 reading (got {block!r})."
            raise ValueError(message)
        if not n_warm >= 0:
            message = f"'n_warm' must be >= 0 steps (got {n_warm!r})."
            raise ValueError(message)
        self.limit = float(limit)
        self.n_warm = int(n_warm)
        self._given_block = None if block is None else int(block)
        self._pristine = copy.deepcopy(model)
        self._takes_target = not self._is_drift and _takes_target(model.score_one)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen; the model is again as it was given."""
        self._model = copy.deepcopy(self._pristine)
        self.block = self._given_block or 1
        self._n_steps = 0
        self._n = 0
        self._first_ns: int | None = None
        self._open: list[float] = []
        self._score = math.nan

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        n = len(values)
        score, fed = np.full(n, np.nan), np.full(n, np.nan)
        is_warm, is_step = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        blocks = np.zeros(n, np.int64)
        for i, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
            if value == value:
                self._open.append(value)
                blocks[i] = self.block
                if len(self._open) >= self.block:
                    # Halves first: a sum of large values would overflow.
                    fed[i] = math.fsum(v / len(self._open) for v in self._open)
                    self._open.clear()
                    is_step[i] = True
                    self._score = self._step(float(fed[i]))
                self._count(time)
                score[i] = self._score
            is_warm[i] = self._n_steps > self.n_warm
        score[~is_warm] = np.nan
        with np.errstate(invalid="ignore"):
            is_anomaly = is_step & (score > self.limit)

        def explain(i: int) -> str:
            kind = type(self._pristine).__name__
            if not values[i] == values[i]:
                return "Missing."
            if not is_warm[i]:
                return f"{kind} has not seen {self.n_warm} values yet."
            if not is_step[i]:
                return f"{kind} waits for the mean of {blocks[i]} readings."
            what = f"{fed[i]:.4g}"
            if blocks[i] > 1:
                what += f", the mean of {blocks[i]} readings"
            if self._is_drift:
                return f"{kind} finds {'a' if score[i] else 'no'} drift at {what}."
            return f"{kind} scores {score[i]:.4g} for {what} (limit {self.limit:g})."

        return Detection(score, is_anomaly, is_warm, explain)

    def _step(self, value: float) -> float:
        """Return the model's score of one value, and let it learn the value."""
        self._n_steps += 1
        if self._is_drift:
            self._model.update(value)
            return float(self._model.drift_detected)
        arguments: tuple[Any, ...] = ({}, value) if self._takes_target else ({"value": value},)
        score = float(self._model.score_one(*arguments))
        self._model.learn_one(*arguments)
        return score

    def _count(self, time: int) -> None:
        """Choose the block after the first 64 readings."""
        if self._given_block is not None or self._n >= N_RATE:
            return
        self._n += 1
        if self._first_ns is None:
            self._first_ns = time
        if self._n == N_RATE:
            # Readings of one and the same time have come as fast as can be told: 1 ns apart.
            span = max(time - self._first_ns, N_RATE - 1)
            self.block = max(1, math.ceil((N_RATE - 1) * 1e9 / span / MAX_STEPS_HZ - 1e-9))


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
