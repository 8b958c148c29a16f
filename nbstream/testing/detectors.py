"""Whether a detector keeps its contract."""

from __future__ import annotations

import inspect
import itertools
import pickle
import warnings
from typing import TYPE_CHECKING, cast

import numpy as np

from nbstream.testing.joint_detectors import check_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbstream.detectors import Detection, Detector
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["check_detector"]


def check_detector(factory: Callable[[], Detector]) -> None:
    """Check that detectors keep the contract of `nbstream.detectors.Detector`.

    Streams of readings (noise with shifts and spikes, missing readings, equal times, constants, the smallest
    and largest numbers, none at all) are given at once, in batches of many sizes and one by one. Answers
    must be the same, must not come with warnings, and must leave the input alone; reset and pickle must
    work in the middle; parameters must be keyword-only, readable, and shown by `repr`. Detectors of several
    channels (`JointDetector`) get tables likewise, in which channels come and go.

    Parameters
    ----------
    factory
        Returns a new detector; all must be alike.

    Raises
    ------
    AssertionError
        If something does not hold; the message says what, and on which stream.

    Examples
    --------
    >>> from nbstream.detectors import CusumDetector
    >>> check_detector(lambda: CusumDetector(h=4.0))
    """
    from nbstream.detectors import JointDetector

    detector = factory()
    _check_parameters(detector)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if isinstance(detector, JointDetector):
            check_tables(cast("Callable[[], JointDetector]", factory))
            return
        for name, times, values in _streams():
            _check_stream(factory, name, times, values)


def _check_parameters(detector: Detector) -> None:
    kind = type(detector)
    text = repr(detector)
    assert text.startswith(f"{kind.__name__}("), f"repr must begin with the class: {text}"
    assert isinstance(detector.name, str), "'name' must be a str"
    for parameter in inspect.signature(kind).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY, f"{parameter.name!r} must be keyword-only"
        assert hasattr(detector, parameter.name), f"{parameter.name!r} must be an attribute"


def _streams() -> Iterator[tuple[str, TimeArray, FloatArray]]:
    rng = np.random.default_rng(20260701)
    n = 360
    start = 1_782_907_200_000_000_000
    regular = start + np.arange(n) * 1_000_000_000
    noise = np.round(rng.normal(20.0, 1.0, n), 3)
    noise[180:] += 8.0
    noise[300:] -= 20.0
    noise[rng.random(n) < 0.02] += 30.0
    noise[120:150] = noise[120]
    steps = rng.integers(0, 3, n) * rng.choice([1, 1, 1, 40], n)
    uneven = start + np.cumsum(steps) * 500_000_000
    yield "noise", regular, noise
    yield "uneven and equal times", uneven, noise
    yield "missing readings", uneven, np.where(rng.random(n) < 0.3, np.nan, noise)
    yield "all missing", regular[:50], np.full(50, np.nan)
    yield "equal times only", np.full(200, start), noise[:200]
    yield "a constant", regular[:200], np.full(200, 0.1)
    yield "a constant that changes", regular, np.repeat([5.0, 5.1], n // 2)
    yield "the smallest numbers", regular[:200], rng.choice([0.0, 5e-324, 2e-323], 200)
    yield "the largest numbers", regular[:200], 1e308 * rng.choice([-1.0, 1.0, 0.5], 200)
    yield "both", regular[:200], rng.choice([1e308, -1e308, 5e-324, 0.0, np.nan], 200)


def _check_stream(
    factory: Callable[[], Detector], name: str, times: TimeArray, values: FloatArray
) -> None:
    detector = factory()
    empty = detector.update(times[:0], values[:0])
    assert len(empty) == 0, f"{name}: an empty batch must give an empty answer"
    given = times.copy(), values.copy()
    expected = detector.update(times, values)
    assert np.array_equal(given[0], times), f"{name}: the times were written to"
    assert np.array_equal(given[1], values, equal_nan=True), f"{name}: the values were written to"
    _check_detection(name, expected, values)

    detector.reset()
    detector.reset()
    _check_same(f"{name}, after reset", expected, [detector.update(times, values)])
    rng = np.random.default_rng(len(values))
    for largest in (1, 9, 150):
        detector = factory()
        sizes = rng.integers(1, largest + 1, len(values))
        cuts = [0, *np.minimum(sizes.cumsum(), len(values)).tolist()]
        parts = []
        for i, (low, high) in enumerate(itertools.pairwise(cuts)):
            if low == high:
                break
            if i == 3:
                detector = pickle.loads(pickle.dumps(detector))
            parts.append(detector.update(times[low:high], values[low:high]))
            if i % 5 == 0:
                detector.update(times[:0], values[:0])
        _check_same(f"{name}, in batches of up to {largest}", expected, parts)


def _check_detection(name: str, detection: Detection, values: FloatArray) -> None:
    score, is_anomaly, is_warm = detection.score, detection.is_anomaly, detection.is_warm
    for array, dtype in ((score, np.float64), (is_anomaly, np.bool_), (is_warm, np.bool_)):
        assert array.shape == values.shape, f"{name}: one answer per reading"
        assert array.dtype == dtype, f"{name}: {dtype} expected, got {array.dtype}"
    judged = is_warm & ~np.isnan(values)
    assert np.isnan(score[~judged]).all(), f"{name}: a score where nothing could be judged"
    assert np.isfinite(score[judged]).all(), f"{name}: a score is missing or infinite"
    assert not is_anomaly[~judged].any(), f"{name}: an anomaly where nothing could be judged"
    for i in {0, len(values) - 1, int(is_anomaly.argmax()), int(is_warm.argmax())}:
        reason = detection.reason(i)
        assert isinstance(reason, str), f"{name}: a reason must be a str"
        assert reason, f"{name}: a reason must say something"


def _check_same(name: str, expected: Detection, parts: list[Detection]) -> None:
    for what in ("is_warm", "is_anomaly"):
        found = np.concatenate([getattr(part, what) for part in parts])
        differ = np.flatnonzero(found != getattr(expected, what))
        assert not len(differ), f"{name}: '{what}' differs, first at reading {differ[:1]}"
    scores = np.concatenate([part.score for part in parts])
    with np.errstate(all="ignore"):
        same = np.isclose(scores, expected.score, rtol=1e-6, atol=1e-9, equal_nan=True)
    assert same.all(), f"{name}: scores differ, first at reading {np.flatnonzero(~same)[:1]}"
