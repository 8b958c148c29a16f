"""Whether a detector of several channels keeps its contract."""

from __future__ import annotations

import itertools
import pickle
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbstream.detectors import JointDetection, JointDetector
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["check_tables"]

NS = 10**9


def check_tables(factory: Callable[[], JointDetector]) -> None:
    """Check what `check_detector` promises, on tables of several channels."""
    for name, times, columns in _tables():
        given = {channel: column.copy() for channel, column in columns.items()}
        detector = factory()
        empty = detector.update(times[:0], {c: column[:0] for c, column in columns.items()})
        assert len(empty) == 0, f"{name}: an empty table must give an empty answer"
        expected = detector.update(times, columns)
        for channel, column in columns.items():
            same = np.array_equal(given[channel], column, equal_nan=True)
            assert same, f"{name}: the values of {channel!r} were written to"
        _check_answer(name, expected, columns)
        detector.reset()
        _check_same(f"{name}, after reset", expected, [detector.update(times, columns)])
        for largest in (3, 150):
            parts = list(_in_batches(factory(), times, columns, largest))
            _check_same(f"{name}, in batches of up to {largest}", expected, parts)


def _tables() -> Iterator[tuple[str, TimeArray, dict[str, FloatArray]]]:
    rng = np.random.default_rng(20260701)
    n = 900
    times = 1_782_907_200 * NS + np.arange(n) * NS
    load = rng.normal(size=n).cumsum() / 3
    noise = rng.normal(size=(n, 3))
    plain = {"a": load + noise[:, 0] / 3, "b": 20 - 2 * load + noise[:, 1] / 3, "c": noise[:, 2]}
    broken = plain | {"b": np.where(np.arange(n) > 700, plain["b"] + 5, plain["b"])}
    turns = {
        c: np.where(np.arange(n) % 3 == i, x, np.nan) for i, (c, x) in enumerate(plain.items())
    }
    yield "channels that move together", times, plain
    yield "a relation that breaks", times, broken
    yield "channels that take turns", times, turns
    yield (
        "missing readings",
        times,
        {c: np.where(rng.random(n) < 0.3, np.nan, x) for c, x in plain.items()},
    )
    yield (
        "a channel that comes and goes",
        times,
        plain | {"c": np.where(np.arange(n) // 150 % 2, plain["c"], np.nan)},
    )
    yield "equal times", np.full(n, times[0]), plain
    yield "constants", times, {"a": np.full(n, 0.1), "b": np.full(n, 3.0)}
    yield "equal channels", times, {"a": plain["a"], "b": plain["a"].copy()}
    yield "all missing", times, {"a": np.full(n, np.nan), "b": np.full(n, np.nan)}
    yield (
        "the largest numbers",
        times,
        {c: 1e308 * rng.choice([-1.0, 1.0, 0.5], n) for c in ("a", "b")},
    )
    yield "the smallest numbers", times, {c: rng.choice([0.0, 5e-324], n) for c in ("a", "b")}


def _in_batches(
    detector: JointDetector, times: TimeArray, columns: dict[str, FloatArray], largest: int
) -> Iterator[JointDetection]:
    sizes = np.random.default_rng(largest).integers(1, largest + 1, len(times))
    cuts = [0, *np.minimum(sizes.cumsum(), len(times)).tolist()]
    for i, (low, high) in enumerate(itertools.pairwise(cuts)):
        if low == high:
            return
        if i == 3:
            detector = pickle.loads(pickle.dumps(detector))
        yield detector.update(times[low:high], {c: x[low:high] for c, x in columns.items()})


def _check_answer(name: str, detection: JointDetection, columns: dict[str, FloatArray]) -> None:
    score, is_anomaly, is_warm = detection.score, detection.is_anomaly, detection.is_warm
    n = len(next(iter(columns.values())))
    for array, dtype in ((score, np.float64), (is_anomaly, np.bool_), (is_warm, np.bool_)):
        assert array.shape == (n,), f"{name}: one answer per row"
        assert array.dtype == dtype, f"{name}: {dtype} expected, got {array.dtype}"
    assert np.isnan(score[~is_warm]).all(), f"{name}: a score where nothing could be judged"
    assert not np.isinf(score).any(), f"{name}: a score is infinite"
    assert not is_anomaly[np.isnan(score)].any(), (
        f"{name}: an anomaly where nothing could be judged"
    )
    for i in {0, n - 1, int(is_anomaly.argmax()), int(is_warm.argmax())}:
        assert detection.reason(i), f"{name}: a reason must say something"
        assert detection.leader(i) in columns, f"{name}: the leader must be a channel"


def _check_same(name: str, expected: JointDetection, parts: list[JointDetection]) -> None:
    for what in ("is_warm", "is_anomaly"):
        found = np.concatenate([getattr(part, what) for part in parts])
        differ = np.flatnonzero(found != getattr(expected, what))
        assert not len(differ), f"{name}: '{what}' differs, first at row {differ[:1]}"
    scores = np.concatenate([part.score for part in parts])
    same = np.isclose(scores, expected.score, rtol=1e-6, atol=1e-7, equal_nan=True)
    assert same.all(), f"{name}: scores differ, first at row {np.flatnonzero(~same)[:1]}"
