"""One reading for each step of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.readings.ring import ROWS_THAT_MAKE_A_JUMP
from nbstream.readings.window import parse_duration
from nbstream.sources.gathering import Alike
from nbstream.sources.transforms.steps import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

    Statistic: TypeAlias = Callable[[FloatArray, IntArray], FloatArray]

__all__ = ["Resample"]

MOST_HELD = 1000
"""Batches of late readings that are kept to see whether they are of a clock that was set back."""


class Resample(Step):
    """A statistic of each channel's readings in each step.

    Parameters
    ----------
    step
        How long one is.
    statistic
        A key of `STATISTICS`.
    """

    def __init__(self, step: str | float | timedelta, statistic: str) -> None:
        super().__init__()
        self.step_ns = parse_duration(step, name="step")
        if self.step_ns <= 0:
            message = f"'step' must be > 0 (got {step!r})."
            raise ValueError(message)
        if statistic not in STATISTICS:
            known = ", ".join(map(repr, STATISTICS))
            message = f"'statistic' must be one of {known} (got {statistic!r})."
            raise ValueError(message)
        self.statistic = statistic
        self._waiting: dict[str, list[tuple[IntArray, FloatArray]]] = {}
        self._current: int | None = None  # the step that is not over
        self._late: list[
            Batch
        ] = []  # the newest in a row, which may be of a clock that was set back

    def apply(self, batch: Batch) -> Sequence[Batch]:
        """Return what is over with the newest of these readings.

        Those of a step that is over are dropped, unless so many come in a row, ordered among themselves, that
        the clock was set back, as for a buffer: then steps begin anew with the first of them. They must be of
        all channels of the step that is not over, for merged sources may have different clocks.
        """
        found: list[Batch] = []
        while len(batch):
            steps = batch.times // self.step_ns
            reached = np.maximum.accumulate(steps)
            if self._current is not None:
                reached = np.maximum(reached, self._current)
            is_late = steps < reached
            jump = self._find_jump(batch, is_late)
            found += self._take_in(_rows(batch, 0, jump), is_late[:jump])
            if jump == len(batch):
                break
            batch = _rows(batch, jump, len(batch))
            if self._goes_on(batch.times[0]):
                batch = _joined([*self._late, batch])
                self._late = []
            found += self.finish()
        return found

    def finish(self) -> Sequence[Batch]:
        """Return the last step."""
        self._drop_late()
        found = () if self._current is None else self._take(self._current + 1)
        self._current = None
        return found

    def _take_in(self, batch: Batch, is_late: BoolArray) -> Sequence[Batch]:
        """Return what is over with readings; hold the late ones at their end, drop the others."""
        if not len(batch):
            return ()
        begins = _runs(batch.times, is_late)
        held = int(begins[-1]) if is_late[-1] else len(batch)
        if held or not self._goes_on(batch.times[0]):
            self._drop_late()
        self._drop(int(np.count_nonzero(is_late[:held])))
        if held < len(batch):
            self._late.append(_rows(batch, held, len(batch)))
            while len(self._late) > MOST_HELD:
                self._drop(len(self._late.pop(0)))
        steps = batch.times[~is_late] // self.step_ns
        if not len(steps):
            return ()
        for name, values in batch.values.items():
            on_time = values[~is_late]
            known = on_time == on_time
            if known.any():
                self._waiting.setdefault(name, []).append((steps[known], on_time[known]))
        before, self._current = self._current, int(steps[-1])
        return self._take(self._current) if before != self._current else ()

    def _find_jump(self, batch: Batch, is_late: BoolArray) -> int:
        """Return where the first readings begin that tell of a clock that was set back, or the end."""
        times = batch.times
        if not is_late.any() or not self._waiting.keys() <= self._names_of_late(batch):
            return len(times)
        begins = _runs(times, is_late)
        ends = np.flatnonzero(np.append(~is_late, True))
        ends = np.minimum(ends[ends.searchsorted(begins)], np.append(begins[1:], len(times)))
        lengths = ends - begins
        if begins[0] == 0 and self._goes_on(times[0]):
            lengths[0] += sum(map(len, self._late))
        jumps = begins[lengths >= ROWS_THAT_MAKE_A_JUMP]
        return int(jumps[0]) if len(jumps) else len(times)

    def _names_of_late(self, batch: Batch) -> set[str]:
        return {*batch.values, *(name for held in self._late for name in held.values)}

    def _goes_on(self, time: int) -> bool:
        """Return whether a late reading follows those that are held."""
        return bool(self._late) and time >= self._late[-1].times[-1]

    def _drop_late(self) -> None:
        self._drop(sum(map(len, self._late)))
        self._late = []

    def _drop(self, n: int) -> None:
        if n:
            self.n_dropped += n
            self.problem = "readings of a step that is over"

    def _take(self, end: int) -> Sequence[Batch]:
        """Return the steps before `end`."""
        pieces = []
        for name, parts in self._waiting.items():
            steps = np.concatenate([part[0] for part in parts])
            values = np.concatenate([part[1] for part in parts])
            is_over = steps < end
            self._waiting[name] = [] if is_over.all() else [(steps[~is_over], values[~is_over])]
            if not is_over.any():
                continue
            steps, values = steps[is_over], values[is_over]
            order = np.argsort(steps, kind="stable")
            steps, values = steps[order], values[order]
            starts = np.flatnonzero(np.r_[True, steps[1:] != steps[:-1]])
            statistic = "last" if name in self.labels else self.statistic
            numbers = STATISTICS[statistic](values, starts)
            pieces.append(Alike(steps[starts], steps[starts] * self.step_ns, {name: numbers}))
        self._waiting = {name: parts for name, parts in self._waiting.items() if parts}
        return _together(pieces)


def _rows(batch: Batch, start: int, stop: int) -> Batch:
    return Batch(batch.times[start:stop], {n: v[start:stop] for n, v in batch.values.items()})


def _joined(batches: Sequence[Batch]) -> Batch:
    """Return batches as one, with NaN where one has no reading of a channel."""
    names = dict.fromkeys(name for batch in batches for name in batch.values)
    times = np.concatenate([batch.times for batch in batches])
    missing = [np.full(len(batch), np.nan) for batch in batches]
    columns = (
        [b.values.get(name, blank) for b, blank in zip(batches, missing, strict=True)]
        for name in names
    )
    return Batch(times, dict(zip(names, map(np.concatenate, columns), strict=True)))


def _runs(times: TimeArray, is_late: BoolArray) -> IntArray:
    """Return where late readings begin that are in a row and ordered among themselves."""
    falls = np.append(True, ~is_late[:-1] | (times[1:] < times[:-1]))
    return np.flatnonzero(is_late & falls)


def _together(pieces: list[Alike]) -> Sequence[Batch]:
    """Return channels that have the same steps as one batch."""
    by_steps: dict[bytes, Alike] = {}
    for piece in pieces:
        key = piece.places.tobytes()
        known = by_steps.setdefault(key, piece)
        known.values.update(piece.values)
    return [Batch(piece.times, piece.values) for piece in by_steps.values()]


def _n(values: FloatArray, starts: IntArray) -> FloatArray:
    return np.diff(starts, append=len(values)).astype(np.float64)


def _mean(values: FloatArray, starts: IntArray) -> FloatArray:
    found: FloatArray = np.add.reduceat(values, starts) / _n(values, starts)
    return found


def _std(values: FloatArray, starts: IntArray) -> FloatArray:
    n = _n(values, starts)
    deviations = values - np.repeat(_mean(values, starts), n.astype(np.int64))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: FloatArray = np.sqrt(np.add.reduceat(deviations**2, starts) / (n - 1))
    return found


def _median(values: FloatArray, starts: IntArray) -> FloatArray:
    return np.array([np.median(part) for part in np.split(values, starts[1:])])


def _last(values: FloatArray, starts: IntArray) -> FloatArray:
    found: FloatArray = values[np.append(starts[1:], len(values)) - 1]
    return found


STATISTICS: dict[str, Statistic] = {
    "mean": _mean,
    "min": lambda values, starts: np.minimum.reduceat(values, starts),
    "max": lambda values, starts: np.maximum.reduceat(values, starts),
    "sum": lambda values, starts: np.add.reduceat(values, starts),
    "count": _n,
    "first": lambda values, starts: values[starts],
    "last": _last,
    "median": _median,
    "std": _std,
}
