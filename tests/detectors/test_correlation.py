"""Pairs of channels that used to move together: which are watched, and when they no longer do."""

from __future__ import annotations

import pickle
import re
from itertools import pairwise

import numpy as np
import pytest

from nbstream.detectors import CorrelationDetector, create
from nbstream.detectors.joint import JointDetection
from nbstream.readings.batch import FloatArray
from tests.detectors.contract import seconds
from tests.detectors.test_multivariate import ODD


def two(n: int = 2_000, *, seed: int = 1, sign: float = 1.0) -> dict[str, FloatArray]:
    """Return two channels with a correlation of about 0.9, and one by itself."""
    rng = np.random.default_rng(seed)
    load, other = rng.normal(size=(2, n))
    return {"flow": load, "power": sign * load + 0.5 * rng.normal(size=n), "other": other}


def judge(columns: dict[str, FloatArray], **given: object) -> JointDetection:
    """Return what a new detector says of channels that read every second."""
    n = len(next(iter(columns.values())))
    return CorrelationDetector(**given).update(seconds(n), columns)  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_pair_that_parts_is_found(sign: float) -> None:
    """Within a window, though the spread of neither changes; the reason has what was compared."""
    columns = two(sign=sign)
    columns["power"][1_500:] = 1.1 * np.random.default_rng(9).normal(size=500)
    found = judge(columns)
    assert not found.is_anomaly[:1_500].any()
    first = int(found.is_anomaly.argmax())
    assert 1_500 < first < 1_560
    assert found.is_anomaly[1_600:].all()
    reason = found.reason(first)
    is_, how, limit, usual = re.fullmatch(
        r"flow and power no longer move together: correlation (\S+) over the last 100 steps, "
        r"(less|more) than (\S+); usually (\S+)",
        reason,
    ).groups()  # type: ignore[union-attr]
    assert (float(is_) < float(limit) < float(usual)) == (how == "less") == (sign > 0)
    assert found.leader(first) == "flow"


def test_a_channel_that_stays_the_same_moves_with_none() -> None:
    """A sensor that hangs parts from its pair."""
    columns = two()
    columns["power"][1_500:] = columns["power"][1_500]
    found = judge(columns)
    assert 1_500 < found.is_anomaly.argmax() < 1_600


@pytest.mark.parametrize("kind", ["pair", "heavy tails", "autocorrelated", "waves"])
def test_nothing_is_found_where_pairs_stay_together(kind: str) -> None:
    """In 8,000 steps."""
    rng = np.random.default_rng(4)
    n = 8_000
    load, noise = rng.normal(size=n), rng.normal(size=n)
    if kind == "heavy tails":
        load, noise = rng.standard_t(4, size=(2, n))
    elif kind == "autocorrelated":
        for i in range(1, n):
            load[i] += 0.8 * load[i - 1]
    elif kind == "waves":
        load = load + np.sin(np.arange(n) / 20)
    found = judge({"a": load, "b": 2 * load + noise})
    assert found.is_warm.argmax() == 601
    assert not found.is_anomaly.any()


@pytest.mark.parametrize("seed", range(3))
def test_channels_that_never_moved_together_are_not_watched(seed: int) -> None:
    """Noise and walks of their own: it waits, and says for what."""
    rng = np.random.default_rng(seed)
    for table in (rng.normal(size=(3_000, 4)), rng.normal(size=(3_000, 4)).cumsum(axis=0)):
        found = CorrelationDetector().update(seconds(3_000), table)
        assert not found.is_anomaly.any()
    found = CorrelationDetector().update(seconds(3_000), rng.normal(size=(3_000, 4)))
    assert not found.is_warm.any()
    assert found.reason(10) == "judges from step 601 on; 10 so far"
    assert found.reason(2_999) == "judges once two channels have moved together; 2,999 steps so far"


def test_what_lasts_is_learnt_anew() -> None:
    """A pair that has parted for `memory` steps is watched no longer."""
    columns = two(3_000)
    columns["power"][1_000:] = np.random.default_rng(9).normal(size=2_000)
    found = judge(columns, memory=500)
    assert found.is_anomaly[1_100:1_400].all()
    assert not found.is_anomaly[1_900:].any()


@pytest.mark.parametrize("name", ODD)
def test_batches_make_no_difference(name: str) -> None:
    """Also with odd input, which is no anomaly; and after reset and pickle."""
    times, columns = ODD[name]
    given = {"warm_up": 200, "window": 40}
    detector = CorrelationDetector(**given)  # type: ignore[arg-type]
    whole = detector.update(times, columns)
    judged = whole.is_warm & ~np.isnan(whole.score)
    assert np.isfinite(whole.score[judged]).all()
    assert not whole.is_anomaly[~judged].any()
    detector.reset()
    np.testing.assert_array_equal(detector.update(times, columns).score, whole.score)
    rng = np.random.default_rng(7)
    for largest in (1, 300):
        sizes = rng.integers(1, largest + 1, len(times))
        cuts = np.minimum(np.concatenate(([0], sizes.cumsum())), len(times)).tolist()
        part = CorrelationDetector(**given)  # type: ignore[arg-type]
        for number, (low, high) in enumerate(pairwise(cuts)):
            if low == high:
                break
            if number == 5:
                part = pickle.loads(pickle.dumps(part))
            found = part.update(times[low:high], {k: c[low:high] for k, c in columns.items()})
            np.testing.assert_array_equal(found.is_warm, whole.is_warm[low:high])
            np.testing.assert_array_equal(found.is_anomaly, whole.is_anomaly[low:high])
            np.testing.assert_allclose(
                found.score, whole.score[low:high], rtol=1e-6, atol=1e-7, equal_nan=True
            )
            assert found.reason(high - low - 1)


def test_two_hundred_channels() -> None:
    """The pair among them is found."""
    rng = np.random.default_rng(2)
    table = rng.normal(size=(1_200, 200))
    table[:1_000, 7] = table[:1_000, 3] + 0.3 * table[:1_000, 7]
    found = CorrelationDetector().update(seconds(1_200), table)
    assert not found.is_anomaly[:1_000].any()
    first = int(found.is_anomaly.argmax())
    assert 1_000 < first < 1_060
    assert found.reason(first).startswith("4 and 8 no longer move together")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"window": 5}, "'window' must be >= 10"),
        ({"limit": 0}, "'limit' must be > 0"),
        ({"window": 400}, "'warm_up' must be two windows at least, 800"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], message: str) -> None:
    """Parameters out of bounds are errors that name them."""
    with pytest.raises(ValueError, match=message):
        create("correlation", **given)  # type: ignore[arg-type]
