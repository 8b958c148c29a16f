"""A model of several channels that judges steps by Hotelling's T² and Q, and learns from them."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.detectors.parts.joint_filters import (
    BLOCK,
    as_normal,
    filled,
    from_normal,
    prediction_errors,
    smoothed,
)
from nbstream.detectors.parts.joint_fit import CLIP, Fitted, Levels

if TYPE_CHECKING:
    from nbstream.detectors.parts.steps import Steps
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = ["JointModel", "Judged", "Plane", "Relations", "proven_relations"]

LEAST_EIGENVALUE = 1e-4
"""Added to each eigenvalue: what is collinear may stray by a hundredth of a spread."""
TIGHT = 0.1
"""Largest variance, in units of a channel's, of a combination of channels that counts as a relation …"""
REVERTS = 0.5
"""… if smoothing takes away at least so much of it: else it wanders, and no relation holds it."""
PROVEN = 0.5
"""Least part of a relation's direction that is among those that held before."""
HOLDS = 4.0
"""Largest mean square, in squares of its spread, of a relation that holds in new readings."""
LEARN_CLIP = 3.0
MAX_PLANES = 64


class Plane(NamedTuple):
    """How the channels that are present are judged, p of them with m relations."""

    root: FloatArray
    """The symmetric root of the inverse of the errors' correlations, shape (p, p)."""
    relations: FloatArray
    """Directions across the plane in which levels move together, orthonormal, shape (p, m)."""
    spreads: FloatArray
    """Spread of the smoothed levels in each, shape (m,)."""

    def t2_and_q(self, errors: FloatArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return Hotelling's T² of errors, and the squared distance Q of levels from the plane, (n,) each."""
        t = errors @ self.root
        q = levels @ self.relations / self.spreads
        return np.einsum("ij,ij->i", t, t), np.einsum("ij,ij->i", q, q)

    def scores(self, errors: FloatArray, levels: FloatArray) -> FloatArray:
        """Return T² and Q as normal deviates that are as rare, shape (n, 2)."""
        t2, q = self.t2_and_q(errors, levels)
        p, m = self.relations.shape
        score = np.full((len(errors), 2), -np.inf)
        score[:, 0] = as_normal(t2, p)
        if m:
            score[:, 1] = as_normal(q, m)
        return score

    def shares(self, errors: FloatArray, levels: FloatArray, *, of_q: bool) -> FloatArray:
        """Return which part of T², or of Q, is due to each channel; shape (p,), they add up to 1.

        Complete decomposition (Alcala and Qin 2009): the squares of the parts of a vector of that length.
        """
        if of_q:
            parts = self.relations @ (levels @ self.relations / self.spreads)
        else:
            parts = errors @ self.root
        squares = parts * parts
        total = float(squares.sum())
        return squares / total if total > 0 else squares

    def limit(self, z: float, *, of_q: bool) -> float:
        """Return the T², or Q, that is as rare as a normal deviate."""
        return from_normal(z, self.relations.shape[int(of_q)])


class Candidates(NamedTuple):
    """Combinations of channels that vary little and come back, and so may be relations; m of them."""

    directions: FloatArray
    """Orthonormal, in units of the channels' spreads, shape (p, m)."""
    spreads: FloatArray
    """Spread of the smoothed levels in each, shape (m,)."""
    is_proven: BoolArray
    """Which have held in readings that they were not learnt from, shape (m,)."""

    def that_hold(self, levels: FloatArray) -> BoolArray:
        """Return which of them hold in levels that they were not learnt from, shape (m,)."""
        strays = levels @ self.directions / self.spreads
        return np.asarray((strays * strays).mean(axis=0) <= HOLDS)


class Relations:
    """How channels move together, at one time; it never changes, so that reasons can be told later.

    Parameters
    ----------
    covariance, smooth_covariance
        Of errors and of smoothed errors, in units of their scales.
    levels
        Of whole readings.
    proven
        Directions of relations that held before, in the units of `levels`, shape (p, m).
    smoothing
        Weight of the newest in smoothed ones.
    n
        How many steps are behind it.
    """

    def __init__(
        self,
        covariance: FloatArray,
        smooth_covariance: FloatArray,
        levels: Levels,
        proven: FloatArray,
        smoothing: float,
        n: int,
    ) -> None:
        diagonal = np.maximum(covariance.diagonal(), 1e-12)
        self._least = smoothing / (2.0 - smoothing)
        self._n = n
        smooth_diagonal = np.maximum(smooth_covariance.diagonal(), 1e-12)
        self.spread = np.sqrt(np.maximum(smooth_diagonal, self._least * diagonal))
        # Smoothed errors are what is judged, but so many of them say little: they are no more than
        # `n_smooth` independent ones. The errors themselves fill in.
        n_smooth = n * self._least
        part = n_smooth / (n_smooth + len(diagonal))
        self._n_errors = part * n_smooth + (1.0 - part) * n
        self.correlation = part * _correlation(smooth_covariance, np.sqrt(smooth_diagonal))
        self.correlation += (1.0 - part) * _correlation(covariance, np.sqrt(diagonal))
        self.mean = levels.mean
        self.unit = np.sqrt(np.maximum(levels.covariance.diagonal(), 1e-12))
        self._of_levels = _correlation(levels.covariance, self.unit)
        self._of_smooth = levels.smooth_covariance / (self.unit[:, None] * self.unit)
        self.level_spread = np.sqrt(np.maximum(self._of_smooth.diagonal(), self._least))
        self._proven = proven
        self._planes: dict[bytes, Plane] = {}

    def plane(self, present: BoolArray) -> Plane:
        """Return the plane of the channels that are present."""
        key = present.tobytes()
        plane = self._planes.get(key)
        if plane is None:
            plane = self._plane(slice(None) if present.all() else np.flatnonzero(present))
            if len(self._planes) < MAX_PLANES:
                self._planes[key] = plane
        return plane

    @cached_property
    def candidates(self) -> Candidates:
        """What may be relations of all channels."""
        return self._candidates(slice(None))

    def _plane(self, chosen: slice | IntArray) -> Plane:
        correlation = self.correlation[chosen][:, chosen]
        p = len(correlation)
        shrunk, shrinkage = _shrunk(correlation, self._n_errors)
        values, vectors = np.linalg.eigh(shrunk)
        # An inverse of a correlation that is an estimate is too large by so much (Wishart).
        bias = max(0.05, 1.0 - (1.0 - shrinkage) * (p + 1) / self._n_errors)
        inverse = np.sqrt(bias / (np.maximum(values, 0.0) + LEAST_EIGENVALUE))
        found = self.candidates if isinstance(chosen, slice) else self._candidates(chosen)
        directions = found.directions[:, found.is_proven]
        return Plane(vectors * inverse @ vectors.T, directions, found.spreads[found.is_proven])

    def _candidates(self, chosen: slice | IntArray) -> Candidates:
        levels = self._of_levels[chosen][:, chosen]
        p = len(levels)
        # No eigenvalue is farther from 1 than the others of a row add up to (Gershgorin 1931).
        if np.abs(levels).sum(axis=0).max() - 1.0 < 1.0 - TIGHT:
            return Candidates(np.empty((p, 0)), np.empty(0), np.empty(0, np.bool_))
        values, vectors = np.linalg.eigh(levels)
        n_tight = int(np.searchsorted(values, TIGHT))
        values, vectors = values[:n_tight], vectors[:, :n_tight]
        smooth = self._of_smooth[chosen][:, chosen]
        variances = np.einsum("ij,ij->j", vectors, smooth @ vectors)
        whole = np.maximum(values, 0.0) + LEAST_EIGENVALUE
        holds = variances <= REVERTS * whole
        # The least of the variances of an estimate are too small.
        bias = max(0.05, 1.0 - p / self._n) ** 2
        spreads = np.sqrt(np.maximum(variances, self._least * whole) / bias)[holds]
        vectors = vectors[:, holds]
        return Candidates(vectors, spreads, self.is_among(vectors, self._proven, chosen))

    def is_among(
        self,
        directions: FloatArray,
        others: FloatArray,
        chosen: slice | IntArray = slice(None),
    ) -> BoolArray:
        """Return which directions lie mostly among `others`, which are in the units of the levels given."""
        if not others.shape[1]:
            return np.zeros(directions.shape[1], np.bool_)
        base, _ = np.linalg.qr(others * self.unit[:, None])
        among = base[chosen].T @ directions
        return np.asarray(np.einsum("ij,ij->j", among, among) >= PROVEN)

    def in_levels(self, directions: FloatArray) -> FloatArray:
        """Return directions in the units of the levels given."""
        return directions / self.unit[:, None]


def _correlation(covariance: FloatArray, spread: FloatArray) -> FloatArray:
    correlation: FloatArray = covariance / (spread[:, None] * spread)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _shrunk(correlation: FloatArray, n: float) -> tuple[FloatArray, float]:
    """Return correlations nearer to none, by as much as they are chance, and by how much.

    Schäfer and Strimmer (2005): the sum of their variances, (1 − r²)² / (n − 1) each, over that of r².
    """
    squares = correlation * correlation
    p = len(correlation)
    total = float(squares.sum()) - p
    chance = float(((1.0 - squares) ** 2).sum()) / max(n - 1.0, 1.0)
    shrinkage = min(1.0, chance / total) if total > 0 else 1.0
    shrunk = (1.0 - shrinkage) * correlation
    np.fill_diagonal(shrunk, 1.0)
    return shrunk, shrinkage


def proven_relations(fitted: Fitted, smoothing: float) -> FloatArray:
    """Return the relations of the first half of a history that held in the second, shape (p, m).

    Levels that wander for themselves seem related as often as not (Granger and Newbold 1974), until they
    wander on.
    """
    nothing = np.empty((len(fitted.columns), 0))
    if fitted.half is None:
        return nothing
    n = max(2, fitted.n_learnt // 2)
    half = Relations(
        fitted.covariance, fitted.smooth_covariance, fitted.half, nothing, smoothing, n
    )
    later = (fitted.later - half.mean) / half.unit
    return half.in_levels(half.candidates.directions[:, half.candidates.that_hold(later)])


class Judged(NamedTuple):
    """What a model says of some steps."""

    scores: FloatArray
    """Those of T² and Q, shape (k, 2); NaN where fewer than two channels are there."""
    errors: FloatArray
    """Smoothed errors in units of their spreads, shape (k, p)."""
    levels: FloatArray
    """Smoothed readings less their means, in units of the readings' spreads, shape (k, p)."""
    present: BoolArray
    """Which channels were judged, shape (k, p)."""
    relations: Relations


class JointModel:
    """Levels of channels, and how their errors move together, kept up to date by blocks of steps.

    Within a block nothing is learnt but levels that follow, so a step's answer depends on how many steps
    there were and never on how they came.

    Parameters
    ----------
    fitted
        Where it begins.
    smoothing
        Weight of the newest error in the smoothed ones.
    memory
        Steps after which a third of what was learnt is left.
    """

    def __init__(self, fitted: Fitted, smoothing: float, memory: int) -> None:
        self.columns: IntArray = fitted.columns
        self._smoothing = smoothing
        self._memory = max(memory, BLOCK)
        self._weight, self._scale = fitted.weight, fitted.scale
        self._level, self._max_age_ns = fitted.level, fitted.max_age_ns
        self._covariance = fitted.covariance
        self._smooth_covariance = fitted.smooth_covariance
        self._error, self._smooth = fitted.error, fitted.smooth
        self._center, self._unit, self._levels = fitted.center, fitted.unit, fitted.levels
        self._newest, self._smooth_level = fitted.levels.newest, fitted.levels.smooth
        p = len(self.columns)
        self._rejoin = math.ceil(3 / smoothing)
        self._there: IntArray = np.full(p, self._rejoin)  # for how many steps each has been there
        self._are_all_there = True
        self.n_in_block = 0
        self._kept: list[
            tuple[FloatArray, FloatArray, FloatArray, FloatArray, BoolArray, BoolArray]
        ]
        self._kept = []
        self._groups = [
            (float(w), np.flatnonzero(self._weight == w)) for w in np.unique(self._weight).tolist()
        ]
        self._n_learnt = fitted.n_learnt
        self._proven = proven_relations(fitted, smoothing)
        self._held = np.empty((p, 0))
        self.relations = self._related()

    def judge(self, steps: Steps) -> Judged:
        """Judge steps that lie in one block, and follow the levels."""
        fresh = steps.fresh[:, self.columns]
        values = steps.values[:, self.columns]
        is_whole = self._are_all_there and bool(fresh.all())
        present, is_there = fresh, fresh
        if not is_whole:
            present, is_there = self._presence(steps)
        errors, near = self._errors(values, fresh, is_whole=is_whole)
        z = errors / self._scale
        levels = (near - self._center) / self._unit
        if not is_whole:
            z = filled(z, fresh, self._error)
            self._error = z[-1]
            # A reading that is held is so far from where the level has followed it to.
            z = np.where(fresh, z, (1.0 - self._weight) * z)
            levels = filled(levels, fresh, self._newest)
            z = np.where(present, z, 0.0)
        else:
            self._error = z[-1]
        self._newest = levels[-1]
        smooth = smoothed(z, self._smoothing, self._smooth)
        smooth_levels = smoothed(levels, self._smoothing, self._smooth_level)
        self._smooth, self._smooth_level = smooth[-1], smooth_levels[-1]
        self.n_in_block += len(values)
        self._kept.append((z, smooth, levels, smooth_levels, fresh & is_there, is_there))
        relations = self.relations
        units = smooth / relations.spread
        level_units = (smooth_levels - relations.mean) / relations.unit
        scores = self._scores(units, level_units, is_there)
        return Judged(scores, units, level_units, is_there, relations)

    def learn(self, learns: BoolArray) -> None:
        """End a block; `learns` says which of its steps are learnt from."""
        z, smooth, levels, smooth_levels, fresh, there = (
            np.concatenate(parts) for parts in zip(*self._kept, strict=True)
        )
        self._kept, self.n_in_block = [], 0
        if learns.any():
            good = fresh & learns[:, None]
            moves = np.clip(np.where(good, z, 0.0), -LEARN_CLIP, LEARN_CLIP)
            moves_by = moves.sum(axis=0) / self._memory * self._scale
            self._level = np.where(self._weight > 0, self._level, self._level + moves_by)
            self._covariance = self._nearer(self._covariance, moves, good)
            judged = there & learns[:, None]
            smooth = np.where(judged, smooth, 0.0)
            self._smooth_covariance = self._nearer(self._smooth_covariance, smooth, judged)
            # Levels that wander belong together only where all are known.
            whole = judged.all(axis=1)
            self._learn_levels(levels[whole], smooth_levels[whole])
            self._n_learnt = min(self._n_learnt + int(learns.sum()), 2 * self._memory)
            self._prove(smooth_levels, learns, there)
            self.relations = self._related()

    def _learn_levels(self, levels: FloatArray, smooth_levels: FloatArray) -> None:
        known = self._levels
        away, smooth_away = levels - known.mean, smooth_levels - known.mean
        n = len(levels)
        self._levels = Levels(
            known.mean + away.sum(axis=0) / self._memory,
            known.covariance + (away.T @ away - n * known.covariance) / self._memory,
            known.smooth_covariance
            + (smooth_away.T @ smooth_away - n * known.smooth_covariance) / self._memory,
            known.newest,
            known.smooth,
        )

    def _prove(self, smooth_levels: FloatArray, learns: BoolArray, there: BoolArray) -> None:
        """Learn which relations hold: those that did in two blocks that they were not learnt from."""
        relations = self.relations
        found = relations.candidates
        if 2 * learns.sum() < len(learns) or not there[learns].all():
            self._proven = relations.in_levels(found.directions[:, found.is_proven])
            return
        if not len(found.spreads):
            self._proven = self._held = found.directions
            return
        levels = (smooth_levels[learns] - relations.mean) / relations.unit
        holds = found.that_hold(levels)
        is_second = holds & relations.is_among(found.directions, self._held)
        self._proven = relations.in_levels(found.directions[:, found.is_proven | is_second])
        self._held = relations.in_levels(found.directions[:, holds])

    def _nearer(self, covariance: FloatArray, found: FloatArray, present: BoolArray) -> FloatArray:
        """Return a covariance that has moved towards that of new rows, by how many they are."""
        if present.all():
            n: FloatArray | int = len(found)
        else:
            counts = present.astype(np.float64)
            n = counts.T @ counts
        return covariance + (found.T @ found - n * covariance) / self._memory

    def _presence(self, steps: Steps) -> tuple[BoolArray, BoolArray]:
        """Return which channels are there at each step, and which have been for so long as to be judged."""
        age = steps.times[:, None] - steps.latest_ns[:, self.columns]
        present = age <= self._max_age_ns
        n = len(present)
        rows = np.arange(1, n + 1)[:, None]
        gone = np.maximum.accumulate(np.where(present, 0, rows), axis=0)
        there = np.where(gone > 0, rows - gone, self._there + rows)
        self._there = np.minimum(there[-1], self._rejoin)
        self._are_all_there = bool((self._there == self._rejoin).all())
        return present, there >= self._rejoin

    def _errors(
        self, values: FloatArray, fresh: BoolArray, *, is_whole: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Return how far readings are from what was expected, and the readings; levels follow.

        An error counts no more than `CLIP` spreads, nor is its reading farther away.
        """
        reach = CLIP * self._scale
        errors, near = np.zeros_like(values), values.copy()
        for weight, group in self._groups:
            if is_whole:
                errors[:, group] = prediction_errors(values[:, group] - self._level[group], weight)
                continue
            for j in group.tolist():
                here = fresh[:, j]
                away = values[here, j : j + 1] - self._level[j]
                errors[here, j] = prediction_errors(away, weight)[:, 0]
        is_far = ~(np.abs(errors) <= reach)
        level = self._level.copy()
        rows = len(values) - 1 - fresh[::-1].argmax(axis=0)
        columns = np.arange(len(level))
        last = values[rows, columns] - (1.0 - self._weight) * errors[rows, columns]
        moves = (self._weight > 0) & fresh[rows, columns]
        level[moves] = last[moves]
        for j in np.flatnonzero(is_far.any(axis=0)).tolist():
            level[j] = self._follow(j, values[:, j], fresh[:, j], errors[:, j], near[:, j])
        self._level = level
        return errors, near

    def _follow(
        self, j: int, values: FloatArray, fresh: BoolArray, errors: FloatArray, near: FloatArray
    ) -> float:
        """Go through the readings of a channel of which some are far away; return its level after them."""
        level, weight = float(self._level[j]), float(self._weight[j])
        reach = CLIP * float(self._scale[j])
        for i in np.flatnonzero(fresh).tolist():
            error = min(max(float(values[i]) - level, -reach), reach)
            errors[i], near[i] = error, level + error
            level += weight * error
        return level

    def _scores(self, errors: FloatArray, levels: FloatArray, present: BoolArray) -> FloatArray:
        if present.all():
            return self.relations.plane(present[0]).scores(errors, levels)
        scores = np.full((len(errors), 2), np.nan)
        patterns, numbers = np.unique(present, axis=0, return_inverse=True)
        for i, pattern in enumerate(patterns):
            if pattern.sum() >= 2:
                rows = np.ix_(numbers.ravel() == i, pattern)
                plane = self.relations.plane(pattern)
                scores[numbers.ravel() == i] = plane.scores(errors[rows], levels[rows])
        return scores

    def _related(self) -> Relations:
        return Relations(
            self._covariance,
            self._smooth_covariance,
            self._levels,
            self._proven,
            self._smoothing,
            self._n_learnt,
        )
