"""What detectors share that learn from steps of several channels: waiting, hysteresis, learning anew."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from nbstream.detectors.joint import JointDetection, JointDetector
from nbstream.detectors.parts.joint_filters import BLOCK
from nbstream.detectors.parts.joint_fit import History, modelled
from nbstream.detectors.parts.parameters import count, number
from nbstream.detectors.parts.steps import LONG_AGO, Stepper, Steps
from nbstream.readings.window import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["StepDetector", "StepModel", "StepsTold", "Told"]

STEPS_PER_CHANNEL = 3
"""Steps to learn from, at least: fewer say nothing of how so many channels move together."""


class StepModel(Protocol):
    """What was learnt; it judges the steps of a block, and learns from them when the block is over."""

    columns: IntArray
    """Which columns of the table it judges."""
    n_in_block: int
    """Steps of the block so far."""

    def judge(self, steps: Steps) -> Any:
        """Judge steps of one block; `scores` of what is returned has shape (k, m), the largest counts."""

    def learn(self, learns: BoolArray) -> None:
        """End a block; `learns` says which of its steps are learnt from."""


class Told(NamedTuple):
    """What is known of some steps, from number `first` of a batch on."""

    first: int
    n_before: int
    """Steps before these, since the beginning."""
    columns: IntArray | None = None
    """Which channels are judged; None while nothing is."""
    judged: Any = None


class StepsTold:
    """What is known of the steps of a batch, by its rows."""

    def __init__(self, rows: IntArray, told: list[Told]) -> None:
        self._rows, self._told = rows, told
        self._firsts = [part.first for part in told]

    def find(self, row: int) -> tuple[Told, int] | None:
        """Return what is known of a row, and which of those steps it is; None if it is no step."""
        number = int(np.searchsorted(self._rows, row))
        if number == len(self._rows) or self._rows[number] != row:
            return None
        told = self._told[bisect_right(self._firsts, number) - 1]
        return told, number - told.first


class Explaining(Protocol):
    """Says why a row was judged as it was."""

    def reason(self, row: int) -> str:
        """Return it in words."""

    def leader(self, row: int) -> str:
        """Return the channel that contributes most."""


class StepDetector(JointDetector):
    """Base of detectors of several channels that learn from steps, by blocks of 256 after a warm-up.

    A kind implements `_fitted` and `_reasons`.

    Parameters
    ----------
    limit
        The score from which on a step is an anomaly, until it is below half of it.
    warm_up
        Steps to learn from first, or three for each channel if that is more.
    memory
        Anomalies in a row after which the newest steps are learnt anew.
    max_age
        A duration, or None.
    """

    def __init__(
        self, limit: float, warm_up: int, memory: int, max_age: str | float | timedelta | None
    ) -> None:
        self.limit = number("limit", limit, above=0)
        self.warm_up = count("warm_up", warm_up, at_least=50)
        self.memory = count("memory", memory, at_least=BLOCK)
        self.max_age = max_age
        self._max_age_ns = None
        if max_age is not None:
            self._max_age_ns = parse_duration(max_age, name="max_age")
            if self._max_age_ns <= 0:
                message = f"'max_age' must be > 0 (got {max_age!r})."
                raise ValueError(message)
        super().__init__()

    @abstractmethod
    def _fitted(self, history: History) -> StepModel | None:
        """Return a model of a history, None if there is nothing to learn."""

    @abstractmethod
    def _reasons(self, told: StepsTold, score: FloatArray, is_anomaly: BoolArray) -> Explaining:
        """Return what explains the rows of a batch."""

    def _forget(self) -> None:
        self._stepper = Stepper()
        self._model: StepModel | None = None
        self._history: History | None = None
        self._pending: list[History] = []
        self._n_pending = 0
        self._flags: list[BoolArray] = []
        self._n_steps = 0
        self._is_on = False
        self._n_on = 0

    def _judge(self, times: TimeArray, table: FloatArray) -> JointDetection:
        n = len(times)
        steps = self._stepper.take(times, table)
        k = len(steps.rows)
        told: list[Told] = []
        score = np.full(n, np.nan)
        is_anomaly = np.zeros(n, np.bool_)
        is_warm = np.full(n, self._model is not None)
        i = 0
        while i < k:
            if self._model is None:
                stop = min(k, i + self._n_to_wait() - self._n_pending)
                told.append(Told(i, self._n_steps))
            else:
                stop = min(k, i + BLOCK - self._model.n_in_block)
            part = steps.part(i, stop)
            self._n_steps += stop - i
            if self._model is None:
                self._wait(part)
            else:
                scores, flags, told_here = self._step(self._model, part, i)
                told.append(told_here)
                score[part.rows], is_anomaly[part.rows] = scores, flags
                self._remember(part, flags)
                if self._model.n_in_block == BLOCK:
                    self._learn(self._model)
            is_warm[int(part.rows[-1]) + 1 :] = self._model is not None
            i = stop
        reasons = self._reasons(StepsTold(steps.rows, told), score, is_anomaly)
        return JointDetection(score, is_anomaly, is_warm, reasons.reason, reasons.leader)

    # Waiting for something to learn.

    @property
    def _n_to_learn(self) -> int:
        return max(self.warm_up, STEPS_PER_CHANNEL * len(self.channels))

    def _n_to_wait(self) -> int:
        """Return how many steps to gather before it is tried to learn: all at first, then a block more."""
        return self._n_to_learn if self._history is None else BLOCK

    def _wait(self, steps: Steps) -> None:
        self._remember(steps, np.zeros(len(steps.rows), np.bool_))
        if self._n_pending == self._n_to_wait():
            self._gather()
            self._begin()

    def _remember(self, steps: Steps, flags: BoolArray) -> None:
        self._pending.append(History(steps.values, steps.fresh, steps.latest_ns, ~flags))
        self._n_pending += len(flags)

    def _gather(self) -> History:
        """Add what is pending to the history, as far back as it is learnt from."""
        parts = self._pending if self._history is None else [self._history, *self._pending]
        p = max(part.values.shape[1] for part in parts)
        parts = [_widened(part, p) for part in parts]
        history = History(
            *(np.concatenate([getattr(part, field) for part in parts]) for field in _FIELDS)
        ).newest(self._n_to_learn)
        self._history, self._pending, self._n_pending = history, [], 0
        return history

    def _begin(self) -> None:
        """Learn from the history, if there is something to learn."""
        assert self._history is not None
        model = self._fitted(self._history)
        if model is not None:
            self._model = model
            self._is_on, self._n_on = False, 0

    # Judging.

    def _step(
        self, model: StepModel, steps: Steps, first: int
    ) -> tuple[FloatArray, BoolArray, Told]:
        """Judge steps of one block."""
        judged = model.judge(steps)
        best = np.maximum(judged.scores.max(axis=1), 0.0)
        flags = self._with_hysteresis(best)
        self._flags.append(flags)
        return best, flags, Told(first, self._n_steps, model.columns, judged)

    def _with_hysteresis(self, score: FloatArray) -> BoolArray:
        """Return which steps are anomalies: from above the limit until below half of it."""
        if score.max() < self.limit / 2:  # NaN is not
            self._is_on, self._n_on = False, 0
            return np.zeros(len(score), np.bool_)
        is_clear = (score > self.limit) | (score < self.limit / 2)
        index = np.maximum.accumulate(np.where(is_clear, np.arange(1, len(score) + 1), 0))
        is_on = np.concatenate(([self._is_on], score > self.limit))[index]
        self._is_on = bool(is_on[-1])
        offs = np.flatnonzero(~is_on)
        self._n_on = len(is_on) - 1 - int(offs[-1]) if len(offs) else self._n_on + len(is_on)
        return np.asarray(is_on & ~np.isnan(score))

    def _learn(self, model: StepModel) -> None:
        """End a block: learn from what was usual, or anew what has lasted or is new."""
        model.learn(~np.concatenate(self._flags))
        self._flags = []
        history = self._gather()
        has_gone = not history.fresh[:, model.columns].any(axis=0).all()
        if self._n_on >= self.memory:
            history.learns[:] = True
            self._model = None  # what was learnt holds no more
            self._begin()
        elif has_gone:
            self._begin()
        else:
            n_others = history.values.shape[1] - len(model.columns)
            if n_others and len(modelled(history, without=model.columns)):
                self._begin()


_FIELDS = ("values", "fresh", "latest_ns", "learns")


def _widened(history: History, p: int) -> History:
    more = p - history.values.shape[1]
    if not more:
        return history
    n = len(history)
    return History(
        np.hstack((history.values, np.full((n, more), np.nan))),
        np.hstack((history.fresh, np.zeros((n, more), np.bool_))),
        np.hstack((history.latest_ns, np.full((n, more), LONG_AGO))),
        history.learns,
    )
