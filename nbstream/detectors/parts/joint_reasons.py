"""Why several channels together are unusual, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.parts.joint_filters import from_normal
from nbstream.detectors.parts.wording import short
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from nbstream.detectors.parts.joint_model import Plane
    from nbstream.detectors.parts.step_detector import StepsTold, Told
    from nbstream.readings.batch import BoolArray, FloatArray

__all__ = ["Reasons", "apart"]

MOST_NAMED = 3
ENOUGH_SHARE = 0.8
"""Part of the score that is due to the channels that a reason names, unless they are too many."""


class _Step(NamedTuple):
    """One step that was judged, and of it only the channels that were."""

    names: list[str]
    plane: Plane
    sigmas: FloatArray
    """How far each channel is from what is usual, in spreads."""
    shares: FloatArray
    value: float
    """T², or Q."""
    of_q: bool


class Reasons:
    """The reasons for the rows of a batch."""

    def __init__(
        self,
        channels: tuple[str, ...],
        limit: float,
        warm_up: int,
        *,
        told: StepsTold,
        score: FloatArray,
        is_anomaly: BoolArray,
    ) -> None:
        self._channels, self._limit, self._warm_up = channels, limit, warm_up
        self._told = told
        self._score, self._is_anomaly = score, is_anomaly

    def reason(self, row: int) -> str:
        """Return why a row was judged as it was."""
        found = self._told.find(row)
        if found is None:
            return "no step: the other channels of this round are to come"
        told, i = found
        if told.judged is None:
            return self._warming_up(told.n_before + i + 1)
        step = self._step(told, i)
        if step is None:
            return "fewer than two channels have a reading that is new enough"
        order = np.argsort(-np.round(step.shares, 6), kind="stable").tolist()
        covered = step.shares[order].cumsum() >= ENOUGH_SHARE
        n_named = min(MOST_NAMED, int(covered.argmax()) + 1) if covered.any() else MOST_NAMED
        parts = ", ".join(
            f"{short_name(step.names[j], 40)} {_signed(float(step.sigmas[j]))} "
            f"({float(step.shares[j]):.0%})"
            for j in order[:n_named]
        )
        # What one channel alone would have to be at the same limit.
        alone = math.sqrt(from_normal(self._limit, 1))
        is_usual = bool(self._is_anomaly[row]) and np.abs(step.sigmas).max() <= alone
        though = ", though each alone is usual" if is_usual else ""
        return f"{parts}{though}: {self._compared(step, row)}"

    def leader(self, row: int) -> str:
        """Return the channel that contributes most to the score; the first where none is judged."""
        found = self._told.find(row)
        step = None if found is None else self._step(*found)
        if step is None:
            return self._channels[0] if self._channels else ""
        return step.names[int(np.round(step.shares, 6).argmax())]

    def _step(self, told: Told, i: int) -> _Step | None:
        judged = told.judged
        if judged is None or told.columns is None or judged.present[i].sum() < 2:
            return None
        present = judged.present[i]
        relations = judged.relations
        plane = relations.plane(present)
        errors, levels = judged.errors[i, present], judged.levels[i, present]
        of_q = bool(judged.scores[i, 1] > judged.scores[i, 0])
        return _Step(
            [self._channels[j] for j in told.columns[present].tolist()],
            plane,
            levels / relations.level_spread[present] if of_q else errors,
            plane.shares(errors, levels, of_q=of_q),
            float(plane.t2_and_q(errors[None], levels[None])[int(of_q)][0]),
            of_q,
        )

    def _warming_up(self, n: int) -> str:
        if n < self._warm_up:
            return f"judges from step {self._warm_up + 1:,} on; {n:,} so far"
        return f"judges once two channels have varied for most of {self._warm_up:,} steps; {n:,} so far"

    def _compared(self, step: _Step, row: int) -> str:
        upper = step.plane.limit(self._limit, of_q=step.of_q)
        lower = step.plane.limit(self._limit / 2, of_q=step.of_q)
        what = "their distance Q from how they move together," if step.of_q else "together T²,"
        if self._score[row] > self._limit:
            return "{} {}, is above {}".format(what, *apart(step.value, upper))
        if self._is_anomaly[row]:
            return "{} {}, is not below {} yet".format(what, *apart(step.value, lower))
        return "{} {}, is within {}".format(what, *apart(step.value, upper))


def _signed(sigmas: float) -> str:
    """Return a number of spreads with its sign: "+3.1 σ"."""
    if abs(sigmas) >= 100:
        return f"more than 100 σ {'above' if sigmas > 0 else 'below'}"
    return f"{'−' if sigmas < -0.05 else '+'}{abs(sigmas):.1f} σ"


def apart(left: float, right: float) -> tuple[str, str]:
    """Return two numbers with as many digits as tell them apart, if they differ."""
    left = left if abs(left) >= 1e-3 else 0.0
    texts = short(left), short(right)
    for digits in (3, 5, 8, 12):
        texts = short(left, digits), short(right, digits)
        if texts[0] != texts[1]:
            break
    return texts
