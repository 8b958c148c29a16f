"""Several channels judged together: what is found, what is not, and odd input."""

from __future__ import annotations

import pickle
import re
from itertools import pairwise

import numpy as np
import pytest

from nbstream.detectors import MultivariateDetector, create
from nbstream.detectors.joint import JointDetection
from nbstream.detectors.parts.steps import Stepper
from nbstream.readings.batch import FloatArray, TimeArray
from tests.detectors.contract import seconds

NS = 10**9


def pair(
    n: int = 1_000, *, seed: int = 1, kind: str = "wanders", slope: float = 3.0
) -> dict[str, FloatArray]:
    """Return two channels that move together, with noise in each."""
    rng = np.random.default_rng(seed)
    if kind == "wanders":
        load = rng.normal(size=n).cumsum() / 3
    elif kind == "waves":
        load = 3 * np.sin(np.arange(n) / 100)
    else:
        load = rng.normal(size=n)
    noise = rng.normal(size=(n, 2)) * 0.3
    return {"Pressure": 5 + load + noise[:, 0], "Current": 40 + slope * load + noise[:, 1]}


def judge(columns: dict[str, FloatArray], **given: object) -> JointDetection:
    """Return what a new detector says of channels that read every second."""
    n = len(next(iter(columns.values())))
    return MultivariateDetector(**given).update(seconds(n), columns)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["wanders", "waves", "noise"])
@pytest.mark.parametrize("seed", range(3))
def test_a_relation_that_breaks_is_found_though_each_channel_is_usual(kind: str, seed: int) -> None:
    """A current that is lower than the pressure says is told within twelve steps, and nothing before."""
    columns = pair(1_600, kind=kind, seed=seed)
    columns["Current"][1_200:] -= 2.5
    found = judge(columns)
    assert not found.is_anomaly[:1_200].any()
    first = int(found.is_anomaly.argmax())
    assert 1_200 < first <= 1_212
    assert found.is_anomaly[1_220:].mean() > 0.95
    if kind != "noise":
        reason = found.reason(first)
        assert "though each alone is usual" in reason
        assert "Pressure" in reason
        assert "Current" in reason


def test_a_channel_that_no_longer_follows_is_found() -> None:
    """One that stays where it is, while the other goes on."""
    columns = pair(1_500, kind="waves")
    columns["Current"][1_000:] = columns["Current"][1_000]
    found = judge(columns)
    assert not found.is_anomaly[:1_000].any()
    assert found.is_anomaly[1_000:1_050].any()


@pytest.mark.parametrize("n_channels", [2, 8, 20])
@pytest.mark.parametrize("kind", ["noise", "autocorrelated", "wandering", "daily", "heavy tails"])
def test_nothing_is_found_where_nothing_is_wrong(kind: str, n_channels: int) -> None:
    """Also where channels wander, each by itself: they seem related for a while, and are not."""
    rng = np.random.default_rng(n_channels)
    n = 4_000
    noise = rng.normal(size=(n, n_channels))
    if kind == "wandering":
        table = noise.cumsum(axis=0)
    elif kind == "autocorrelated":
        table = noise.copy()
        for i in range(1, n):
            table[i] += 0.7 * table[i - 1]
    elif kind == "daily":
        table = noise + 3 * np.sin(np.arange(n) / 700)[:, None] * np.arange(1, n_channels + 1)
    else:
        table = rng.standard_t(4, (n, n_channels)) if kind == "heavy tails" else noise
    found = MultivariateDetector().update(seconds(n), table)
    starts = np.flatnonzero(np.diff(found.is_anomaly.astype(int)) == 1)
    assert len(starts) <= (2 if kind == "heavy tails" else 0)


def test_reasons_say_what_decided() -> None:
    """The shares, T² or Q and the limit are numbers of that step; above is above, within is within."""
    columns = pair(1_200, kind="noise") | {"Other": np.random.default_rng(5).normal(size=1_200)}
    columns["Other"][900:] += 0.8
    found = judge(columns, limit=4.0)
    for row in range(401, 1_200):
        reason = found.reason(row)
        value, how, limit = re.search(
            r"(?:T²|together), ([\d.e+]+), is (above|within|not below) ([\d.e+]+)", reason
        ).groups()  # type: ignore[union-attr]
        assert found.is_anomaly[row] == (how != "within")
        assert (float(value) <= float(limit)) == (how == "within")
        shares = [int(share) for share in re.findall(r"\((\d+)%\)", reason)]
        assert 0 < sum(shares) <= 101
        assert shares == sorted(shares, reverse=True)
    first = int(found.is_anomaly.argmax())
    assert found.leader(first) == "Other"
    assert found.reason(first).startswith("Other +")


def test_it_says_when_it_will_be_warm() -> None:
    """Until then by the number of its steps, and what it waits for after them."""
    columns = pair(300)
    found = judge(columns)
    assert not found.is_warm.any()
    assert np.isnan(found.score).all()
    # The first row is the beginning of a round.
    assert found.reason(0) == "no step: the other channels of this round are to come"
    assert found.reason(40) == "judges from step 401 on; 40 so far"
    constant = {"a": np.full(600, 1.0), "b": np.arange(600.0)}
    assert judge(constant).reason(599).startswith("judges once two channels have varied")


def odd_tables() -> dict[str, tuple[TimeArray, dict[str, FloatArray]]]:
    """Return tables with what goes wrong in the field, by its name."""
    n = 1_500
    rng = np.random.default_rng(3)
    plain = pair(n) | {"third": rng.normal(size=n)}
    times = seconds(n)
    same = plain["third"]
    blocks = {name: column.copy() for name, column in plain.items()}
    blocks["Current"][500:560] = np.nan
    blocks["Pressure"][900:905] = np.nan
    gone = {name: column.copy() for name, column in plain.items()}
    gone["Current"][700:] = np.nan
    late = {name: column.copy() for name, column in plain.items()}
    late["third"][:600] = np.nan
    ragged = {
        name: np.where(np.arange(n) % (i + 1) == 0, column, np.nan)
        for i, (name, column) in enumerate(plain.items())
    }
    turns = {
        name: np.where(np.arange(n) % 3 == i, column, np.nan)
        for i, (name, column) in enumerate(plain.items())
    }
    huge = {name: column.copy() for name, column in plain.items()}
    huge["Current"][[450, 800, 801]] = [1e300, -1e300, 1e308]
    largest = {str(i): 1e308 * rng.choice([-1.0, 1.0, 0.5], n) for i in range(3)}
    return {
        "plain": (times, plain),
        "a constant channel": (times, plain | {"flat": np.full(n, 7.0)}),
        "a constant channel that changes": (times, plain | {"flat": np.repeat([7.0, 8.0], n // 2)}),
        "collinear channels": (times, plain | {"sum": plain["Pressure"] + plain["third"]}),
        "two channels of equal values": (times, plain | {"same": same.copy()}),
        "only equal values": (times, {"a": same, "b": same.copy()}),
        "blocks of NaN": (times, blocks),
        "a channel that vanishes": (times, gone),
        "a channel that appears": (times, late),
        "channels of many rates": (times, ragged),
        "channels that take turns": (times, turns),
        "huge numbers": (times, huge),
        "the largest numbers": (times, largest),
        "the smallest numbers": (
            times,
            {"a": rng.choice([0.0, 5e-324], n), "b": rng.choice([0.0, 5e-324, 2e-323], n)},
        ),
        "nothing": (times, {"a": np.full(n, np.nan), "b": np.full(n, np.nan)}),
        "one channel": (times, {"a": same}),
        "a clock that was set back": (np.where(np.arange(n) > 800, times - 300 * NS, times), plain),
        "equal times": (np.full(n, times[0]), plain),
        "holes at random": (
            times,
            {k: np.where(rng.random(n) < 0.3, np.nan, v) for k, v in plain.items()},
        ),
    }


ODD = odd_tables()


@pytest.mark.parametrize("name", ODD)
def test_batches_make_no_difference(name: str) -> None:
    """Scores, verdicts, warmth and reasons are those of all rows at once; also after reset and pickle."""
    times, columns = ODD[name]
    detector = MultivariateDetector(warm_up=200)
    copies = {key: column.copy() for key, column in columns.items()}
    whole = detector.update(times, columns)
    for key, column in columns.items():
        np.testing.assert_array_equal(column, copies[key])
    judged = whole.is_warm & ~np.isnan(whole.score)
    assert np.isfinite(whole.score[judged]).all()
    assert not whole.is_anomaly[~judged].any()
    detector.reset()
    again = detector.update(times, columns)
    np.testing.assert_array_equal(again.score, whole.score)
    rng = np.random.default_rng(7)
    for largest in (1, 40, 700):
        sizes = rng.integers(1, largest + 1, len(times))
        cuts = np.minimum(np.concatenate(([0], sizes.cumsum())), len(times)).tolist()
        part = MultivariateDetector(warm_up=200)
        for number, (low, high) in enumerate(pairwise(cuts)):
            if low == high:
                break
            if number == 5:
                part = pickle.loads(pickle.dumps(part))
                part.update(times[:0], {key: column[:0] for key, column in columns.items()})
            found = part.update(times[low:high], {k: c[low:high] for k, c in columns.items()})
            np.testing.assert_array_equal(found.is_warm, whole.is_warm[low:high])
            np.testing.assert_array_equal(found.is_anomaly, whole.is_anomaly[low:high])
            np.testing.assert_allclose(
                found.score, whole.score[low:high], rtol=1e-6, atol=1e-9, equal_nan=True
            )
            for i in (0, high - low - 1):
                assert found.reason(i)
                if largest == 700:
                    assert found.reason(i) == whole.reason(low + i)


@pytest.mark.parametrize(
    "name",
    [
        "a constant channel",
        "collinear channels",
        "two channels of equal values",
        "only equal values",
        "blocks of NaN",
        "a channel that vanishes",
        "a channel that appears",
        "channels of many rates",
        "channels that take turns",
        "a clock that was set back",
        "holes at random",
    ],
)
def test_odd_input_is_no_anomaly(name: str) -> None:
    """What is missing, or tells nothing, is no fault of how channels move together."""
    times, columns = ODD[name]
    found = MultivariateDetector().update(times, columns)
    assert found.is_warm[-1]
    assert not found.is_anomaly.any()


def test_one_odd_reading_is_soon_over() -> None:
    """1e300 for a step counts no more than eight spreads, and nothing is learnt of it."""
    times, columns = ODD["huge numbers"]
    found = MultivariateDetector(warm_up=200).update(times, columns)
    at = np.flatnonzero(found.is_anomaly)
    assert all(450 <= row < 480 or 800 <= row < 830 for row in at.tolist())
    plain = MultivariateDetector(warm_up=200).update(*ODD["plain"])
    assert abs(found.score[1_000:] - plain.score[1_000:]).max() < 0.5


def test_equal_channels_that_part_are_found() -> None:
    """Two channels of equal values that differ by a tenth of their spread are no longer the same."""
    _, columns = ODD["two channels of equal values"]
    columns = columns | {"same": columns["same"].copy()}
    columns["same"][1_000:] += 0.1
    found = judge(columns)
    assert not found.is_anomaly[:1_000].any()
    assert found.is_anomaly[1_000:1_012].any()


def test_a_channel_that_vanished_is_not_waited_for() -> None:
    """The others are judged without it, and it is judged again some steps after it came back."""
    columns = pair(2_500) | {"third": np.random.default_rng(3).normal(size=2_500)}
    columns["Current"][1_200:1_400] = np.nan
    columns["third"][1_300:1_320] += 3.0
    columns["Current"][2_000:] -= 3.0
    found = judge(columns)
    starts = np.flatnonzero(np.diff(found.is_anomaly.astype(int)) == 1) + 1
    assert len(starts) == 2
    assert 1_300 <= starts[0] < 1_310
    assert "Current" not in found.reason(int(starts[0]))
    assert 2_000 <= starts[1] < 2_012


def test_a_channel_that_comes_later_is_judged_once_it_is_known() -> None:
    """It joins when it has been there for most of the steps that are learnt from."""
    columns = pair(2_000)
    late = columns["Pressure"] * 2 + np.random.default_rng(3).normal(size=2_000) / 10
    late[:700] = np.nan
    late[1_600:] += 2.0
    found = judge(columns | {"late": late})
    assert not found.is_anomaly[:1_600].any()
    assert found.is_anomaly[1_600:1_612].any()
    assert found.leader(int(found.is_anomaly.argmax())) == "late"


def test_what_lasts_is_learnt_anew() -> None:
    """A shift of good is told, and is what is usual after `memory` steps."""
    columns = pair(3_000, kind="noise")
    columns["Current"][700:] -= 5.0
    found = judge(columns, memory=500)
    assert found.is_anomaly[720:1_200].all()
    assert not found.is_anomaly[1_700:].any()


def test_two_hundred_channels() -> None:
    """Nothing is found in noise, a shift in three of them is, and they are named."""
    rng = np.random.default_rng(2)
    table = rng.normal(size=(1_200, 200))
    table[1_000:, [3, 70, 150]] += 2.5
    found = MultivariateDetector().update(seconds(1_200), table)
    assert found.is_warm.argmax() == 601
    assert not found.is_anomaly[:1_000].any()
    first = int(found.is_anomaly.argmax())
    assert 1_000 < first < 1_020
    assert found.leader(first) in {"4", "71", "151"}


@pytest.mark.parametrize("has_holes", [False, True])
def test_two_hundred_channels_in_one_batch_or_step_by_step(has_holes: bool) -> None:
    """Scores, verdicts and leaders are the same; steps are cut where many channels make them long."""
    rng = np.random.default_rng(3)
    n = 900
    table = rng.normal(size=(n, 200)) + rng.normal(size=(n, 1))
    table[800:, [3, 70, 150]] += 2.5
    if has_holes:
        table[rng.random(table.shape) < 0.01] = np.nan
        table[700:760, 9] = np.nan
    whole = MultivariateDetector(warm_up=300).update(seconds(n), table)
    assert whole.is_anomaly[800:].any()
    for cuts in ([0, 250, *range(599, n + 1)], [0, 301, 558, 700, n]):
        detector = MultivariateDetector(warm_up=300)
        for low, high in pairwise(cuts):
            found = detector.update(seconds(n)[low:high], table[low:high])
            np.testing.assert_array_equal(found.is_warm, whole.is_warm[low:high])
            np.testing.assert_array_equal(found.is_anomaly, whole.is_anomaly[low:high])
            np.testing.assert_allclose(
                found.score, whole.score[low:high], rtol=1e-6, atol=1e-9, equal_nan=True
            )
            for i in np.flatnonzero(found.is_anomaly)[:3].tolist():
                assert found.leader(i) == whole.leader(low + i)


def test_steps_of_channels_of_one_rate_are_rounds() -> None:
    """Three channels that read one after the other make one step a round, with the newest of each."""
    n = 9
    table = np.full((n, 3), np.nan)
    for row in range(n):
        table[row, row % 3] = row
    steps = Stepper().take(np.arange(n), table)
    assert steps.rows.tolist() == [3, 6]
    assert steps.values.tolist() == [[3, 1, 2], [6, 4, 5]]
    assert steps.latest_ns.tolist() == [[3, 1, 2], [6, 4, 5]]
    assert steps.fresh.all()


def test_steps_go_with_the_fastest_channel() -> None:
    """A slow channel is held between its readings; when the fast one falls silent, it makes the steps."""
    fast = np.array([0.0, 1, 2, 3, np.nan, np.nan, np.nan])
    slow = np.array([10.0, np.nan, np.nan, 13, np.nan, 15, 16])
    steps = Stepper().take(np.arange(7), np.column_stack((fast, slow)))
    assert steps.rows.tolist() == [1, 2, 3, 5, 6]
    assert steps.values.tolist() == [[1, 10], [2, 10], [3, 13], [3, 15], [3, 16]]
    assert steps.fresh.tolist() == [
        [True] * 2,
        [True, False],
        [True] * 2,
        [False, True],
        [False, True],
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 0}, "'limit' must be > 0"),
        ({"warm_up": 10}, "'warm_up' must be >= 50"),
        ({"memory": 5}, "'memory' must be >= 256"),
        ({"weight": 2.0}, "'weight' must be <= 1"),
        ({"max_age": "soon"}, "max_age"),
        ({"max_age": 0}, "'max_age' must be > 0"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], message: str) -> None:
    """Parameters out of bounds are errors that name them."""
    with pytest.raises(ValueError, match=message):
        create("multivariate", **given)  # type: ignore[arg-type]


def test_it_takes_tables() -> None:
    """A DataFrame, a mapping or an array; one column is an error that says so."""
    import pandas as pd

    columns = pair(600)
    by_mapping = judge(columns)
    detector = MultivariateDetector()
    by_frame = detector.update(seconds(600), pd.DataFrame(columns))
    np.testing.assert_array_equal(by_frame.score, by_mapping.score)
    assert detector.channels == ("Pressure", "Current")
    with pytest.raises(TypeError, match="takes a table"):
        MultivariateDetector().update(seconds(3), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="'a' must have one value per time"):
        MultivariateDetector().update(seconds(3), {"a": [1.0]})
    assert repr(MultivariateDetector(limit=4.0)) == "MultivariateDetector(limit=4.0)"
