"""Lasting shifts of the level or the spread."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.history import ColumnHistory
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.wording import apart, judges_from, moment, short, sigmas

if TYPE_CHECKING:
    from datetime import tzinfo

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray

__all__ = ["ChangePoint", "ChangePointDetector"]

LENGTHS = (16, 32, 64, 128, 256)
MAX_REFERENCE = 1024
PIECE = 4096
HUBER = 3.0
# Mean of √|z| of standard normal z.
ROOT_SIZE = 0.822
# A shifted level makes deviations larger as well: how much less significant it may be than a shift of the
# spread, and from what mean sign on deviations are one-sided.
LEVEL_FIRST = 0.8
ONE_SIDED = 0.8
DOWN, UP = 2.0**-10, 2.0**10


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """One lasting shift of the level or the spread, as far as it is known when it is found.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    kind: str
    """"level" or "spread"."""
    onset_ns: int
    """Time of the first reading after the shift, ns since the epoch, UTC."""
    n_readings: int
    """How many readings there were from the onset to the one that made it certain."""
    before: float
    """Median before it; of a spread the robust standard deviation. Where these don't show the shift (most
    readings are equal, say), the mean of limited deviations, which the score is made of."""
    after: float
    """The same since then."""
    sigmas: float
    """after − before in robust standard deviations of the time before; of a spread their ratio."""


class ChangePointDetector(Detector):
    """Finds when the level or the spread has shifted for good, since when and by how much.

    Readings are compared with a reference: median and robust standard deviation of those since the last
    change. Sums over the newest 16, 32, 64, 128 and 256 of them are tested against it: the generalised
    likelihood ratio of a shift of unknown size at an unknown time, limited to windows of those lengths.

    Parameters
    ----------
    limit
        Score above which the level or spread has shifted: standard errors of the most significant
        window. At 5 there is less than one false alarm in 100,000 readings of white noise.
    n_reference
        How many readings are the first reference, ≥ 32. As many must follow a change before the next one
        can be found.
    spread
        Whether shifts of the spread are looked for, too.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    Deviations are limited to 3 robust standard deviations (Huber's score), so that spikes are no shift: it
    takes 6 unusual readings or more. Standard errors are widened for readings that follow each other
    closely (lag-1 autocorrelation), and for the uncertainty of the reference, which is learnt anew at 2, 4
    and 8 times `n_reference` readings, 1,024 at most. For the spread the same is done with the square
    root of the absolute deviation.

    Sources: Lai (1995), "Sequential changepoint detection in quality control and dynamical systems",
    J. R. Statist. Soc. B 57; Basseville and Nikiforov (1993), "Detection of Abrupt Changes", 2.4.3; Huber
    (1981), "Robust Statistics".

    Cost: about 1 µs per reading in batches of thousands.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(10.0, 1.0, 1000)
    >>> values[600:] += 3.0
    >>> detector = ChangePointDetector()
    >>> detection = detector.update(np.arange(1000) * 1_000_000_000, values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [607]
    >>> detector.latest.onset_ns
    600000000000
    """

    name = "change_point"

    def __init__(self, *, limit: float = 5.0, n_reference: int = 128, spread: bool = True) -> None:
        if not 32 <= n_reference <= MAX_REFERENCE:
            message = f"'n_reference' must be from 32 to {MAX_REFERENCE} (got {n_reference!r})."
            raise ValueError(message)
        self.limit = number("limit", limit, above=0)
        self.n_reference = int(n_reference)
        self.spread = bool(spread)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen."""
        self.latest: ChangePoint | None = None
        self._times = ColumnHistory(2 * MAX_REFERENCE, dtype=np.int64)
        self._values = ColumnHistory(2 * MAX_REFERENCE)
        self._begin(0)

    def _begin(self, n_since: int) -> None:
        """Begin a new regime with the newest `n_since` readings."""
        self._times.trim(n_since)
        self._values.trim(n_since)
        self._n = n_since
        self._next_fit: float = self.n_reference
        self._reference: _Reference | None = None
        if n_since >= self.n_reference:
            self._fit()

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        n = len(values)
        score, is_warm = np.full(n, np.nan), np.zeros(n, np.bool_)
        is_anomaly = np.zeros(n, np.bool_)
        changes: dict[int, ChangePoint] = {}
        n_learnt, is_after = np.zeros(n, np.int64), np.zeros(n, np.bool_)
        present = np.flatnonzero(values == values)
        position, filled = 0, 0
        with np.errstate(all="ignore"):
            while position < len(present):
                m = int(min(self._next_fit - self._n, len(present) - position, PIECE))
                rows = present[position : position + m]
                end = int(rows[-1]) + 1
                is_warm[filled:end] = self._reference is not None
                n_learnt[rows] = self._n + np.arange(m) + 1
                is_after[rows] = self.latest is not None
                alarm = self._take(times[rows], values[rows] * DOWN, rows, score)
                if alarm is not None:
                    position += alarm + 1
                    row = int(rows[alarm])
                    is_anomaly[row] = True
                    self.latest = changes[row] = self._change()
                    end = row + 1
                    self._begin(self.latest.n_readings)
                else:
                    position += m
                    if self._n == self._next_fit:
                        self._fit()
                filled = end
        is_warm[filled:] = self._reference is not None
        score[~is_warm] = np.nan

        zone = self.timezone

        def explain(i: int) -> str:
            if i in changes:
                return _describe(changes[i], float(score[i]), self.limit, zone)
            if score[i] == score[i]:
                return f"No shift: {score[i]:.1f} standard errors (limit {self.limit:g})."
            if not values[i] == values[i]:
                return "Missing."
            when = " after the shift" if is_after[i] else ""
            n_needed = self.n_reference + 1
            return (
                f"It {judges_from(n_needed, int(n_learnt[i]))}{when}: the first are the reference."
            )

        return Detection(score, is_anomaly, is_warm, explain)

    def _take(
        self, times: TimeArray, values: FloatArray, rows: IntArray, score: FloatArray
    ) -> int | None:
        """Take in readings up to the first alarm, and return its index."""
        m, alarm = len(values), None
        if self._reference is not None:
            known = np.concatenate((self._values.last(LENGTHS[-1] - 1), values))
            scores, kinds = self._reference.scores(known, m, spread=self.spread)
            beyond = np.flatnonzero(scores > self.limit)
            if len(beyond):
                alarm = int(beyond[0])
                m = alarm + 1
                self._kind = int(kinds[alarm])
            score[rows[:m]] = scores[:m]
        self._times.append(times[:m])
        self._values.append(values[:m])
        self._n += m
        if self._n > MAX_REFERENCE:
            self._times.trim()
            self._values.trim()
        return alarm

    def _change(self) -> ChangePoint:
        """Return the change that ends at the newest reading."""
        assert self._reference is not None
        times, values = self._times.all(), self._values.all()
        centre, scale = self._reference.centre, self._reference.scale
        kind, newest = self._kind, values[-2 * LENGTHS[-1] :]
        n_after = self._reference.onset(newest, kind)
        sides = np.sign(values[len(values) - n_after :] - centre)
        if kind == 1 and abs(float(sides.mean())) >= ONE_SIDED:
            kind = 0
            n_after = self._reference.onset(newest, kind)
        after = values[len(values) - n_after :]
        before, now = self._reference.levels(after) if kind == 0 else self._reference.spreads(after)
        sigmas = (now - before) / scale if kind == 0 else now / before
        return ChangePoint(
            kind=("level", "spread")[kind],
            onset_ns=int(times[len(times) - n_after]),
            n_readings=n_after,
            before=before * UP,
            after=now * UP,
            sigmas=sigmas,
        )

    def _fit(self) -> None:
        self._reference = _Reference.of(self._values.all())
        doubled = 2 * self._n
        self._next_fit = doubled if doubled <= MAX_REFERENCE else math.inf


@dataclass(frozen=True, slots=True)
class _Reference:
    """What readings were like since the last change."""

    n: int
    centre: float
    scale: float
    usual: tuple[tuple[float, float], tuple[float, float]]
    """Mean, and long-run standard deviation, of the limited deviations and of their sizes."""

    @classmethod
    def of(cls, values: FloatArray) -> _Reference:
        centre = float(np.median(values))
        scale = _robust_scale(values, centre)
        deviations = (values - centre) / scale
        level, size = _limited(deviations), _sizes(deviations)
        return cls(len(values), centre, scale, (_long_run(level), _long_run(size)))

    def scores(self, values: FloatArray, m: int, *, spread: bool) -> tuple[FloatArray, IntArray]:
        """Return for the newest `m` values the score, and what has shifted (0 level, 1 spread)."""
        deviations = (values - self.centre) / self.scale
        best = np.zeros((2, m))
        for kind, series in enumerate((_limited(deviations), _sizes(deviations))[: 1 + spread]):
            mean, std = self.usual[kind]
            sums = (series - mean) / std
            length = 1
            while length < LENGTHS[-1] and len(sums) > length:
                sums = sums[length:] + sums[: len(sums) - length]
                length *= 2
                if length >= LENGTHS[0]:
                    k = min(len(sums), m)
                    errors = np.abs(sums[len(sums) - k :])
                    errors /= math.sqrt(length * (1 + length / self.n))
                    np.maximum(best[kind, m - k :], errors, out=best[kind, m - k :])
        return best.max(axis=0), (best[0] < LEVEL_FIRST * best[1]).astype(np.int64)

    def levels(self, after: FloatArray) -> tuple[float, float]:
        """Return the level before and after a shift: medians, or what made it significant."""
        rise = float(_limited((after - self.centre) / self.scale).mean()) - self.usual[0][0]
        level = float(np.median(after))
        if (level - self.centre) * rise > 0:
            return self.centre, level
        before = self.centre + self.usual[0][0] * self.scale
        return before, before + rise * self.scale

    def spreads(self, after: FloatArray) -> tuple[float, float]:
        """Return the spread before and after a shift of it: robust ones, or what made it significant."""
        usual, now = self.usual[1][0], float(_sizes((after - self.centre) / self.scale).mean())
        spread = _robust_scale(after, float(np.median(after)))
        if (spread - self.scale) * (now - usual) > 0:
            return self.scale, spread
        return (usual / ROOT_SIZE) ** 2 * self.scale, (now / ROOT_SIZE) ** 2 * self.scale

    def onset(self, values: FloatArray, kind: int) -> int:
        """Return of how many newest values the likelihood ratio is largest."""
        deviations = (values - self.centre) / self.scale
        series = (_limited, _sizes)[kind](deviations) - self.usual[kind][0]
        ratio = np.abs(np.cumsum(series[::-1])) / np.sqrt(np.arange(1, len(series) + 1))
        return int(ratio.argmax()) + 1


def _robust_scale(values: FloatArray, centre: float) -> float:
    """Return 1.4826 · MAD, or 1.2533 · mean absolute deviation where that is 0; never 0."""
    distances = np.abs(values - centre)
    scale = 1.4826 * float(np.median(distances)) or 1.2533 * float(distances.mean())
    return max(scale, 1e-9 * abs(centre), 1e-300)


def _limited(deviations: FloatArray) -> FloatArray:
    return np.clip(deviations, -HUBER, HUBER)


def _sizes(deviations: FloatArray) -> FloatArray:
    """Return √|deviation|: close to normal if the deviation is."""
    return np.sqrt(np.minimum(np.abs(deviations), HUBER))


def _long_run(series: FloatArray) -> tuple[float, float]:
    """Return the mean and the standard deviation of a sum per √n: wider if neighbours are alike."""
    mean, std = float(series.mean()), float(series.std())
    if not std > 0:
        return mean, 0.25
    standard = (series - mean) / std
    correlation = float((standard[1:] * standard[:-1]).mean())
    correlation = min(max(correlation, 0.0), 0.95)
    return mean, max(std, 0.25) * math.sqrt((1 + correlation) / (1 - correlation))


def _describe(change: ChangePoint, score: float, limit: float, zone: tzinfo) -> str:
    before, after = apart(change.before, change.after, digits=3)
    is_more = change.after > change.before
    if change.kind == "level":
        by = short(abs(change.after - change.before))
        far = sigmas(abs(change.sigmas))
        size = f"shifted {'up' if is_more else 'down'} by {by} ({far} robust σ)"
    else:
        size = f"{'grown' if is_more else 'shrunk'} to {apart(change.sigmas, 1.0)[0]} times"
    return (
        f"The {change.kind} has {size}, from {before} to {after}, since {moment(change.onset_ns, zone)} "
        f"({change.n_readings} readings); {score:.1f} standard errors (limit {limit:g})."
    )
