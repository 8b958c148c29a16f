"""What people rely on: warm-up, learning anew, constants, false alarms, reasons, recurrence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nbstream.detectors import Detection, Detector, ThresholdDetector, create
from nbstream.detectors.parts.false_alarms import FalseAlarms
from nbstream.detectors.registry import on_means
from nbstream.readings.batch import TimeArray
from tests.detectors.contract import assert_batches_make_no_difference

S = 1_000_000_000
BASELINES = ["zscore", "robust_zscore", "ewma", "cusum"]


def judge(detector: Detector, values: Any, step: int = S) -> Detection:
    """Return what a detector says of values `step` ns apart."""
    return detector.update(1_782_907_200 * S + np.arange(len(values)) * step, values)


def noise(n: int, seed: int = 1) -> Any:
    """Return n normal numbers around 20."""
    return np.random.default_rng(seed).normal(20, 1, n)


@pytest.mark.parametrize("name", BASELINES)
def test_a_spike_is_found_and_not_learnt(name: str) -> None:
    """A spike is an anomaly, and the level afterwards is the one before."""
    values = noise(2000, 3)
    values[1500:1503] += 1000
    found = judge(create(name), values)
    assert found.is_anomaly[1500]
    assert found.is_anomaly[1600:1700].mean() < 0.05
    np.testing.assert_allclose(found.score[-50:].mean(), found.score[1400:1450].mean(), atol=2.5)


@pytest.mark.parametrize("name", BASELINES)
def test_a_lasting_shift_becomes_normal(name: str) -> None:
    """A level that stays is an anomaly at first and learnt in the end."""
    values = noise(6000, 2)
    values[2000:] += 15
    found = judge(create(name), values)
    assert found.is_anomaly[2000:2020].any()
    assert found.is_anomaly[2100:3000].sum() < 901
    assert found.is_anomaly[4000:].mean() < 0.02
    assert found.is_warm[2000:].all()


@pytest.mark.parametrize("name", BASELINES)
def test_a_constant_is_never_an_anomaly_but_its_change_is(name: str) -> None:
    """Without any spread the first reading that differs is an anomaly."""
    found = judge(create(name), np.append(np.full(1200, 20.0), np.full(300, 20.5)))
    assert not found.is_anomaly[:1200].any()
    assert found.is_anomaly[1200]
    assert np.isfinite(found.score[found.is_warm]).all()


def test_a_second_value_that_comes_often_becomes_normal() -> None:
    """A constant that begins to alternate is an anomaly at first, and learnt in the end."""
    values = np.full(4000, 20.0)
    values[1200::2] = 21.0
    for name in ("zscore", "robust_zscore"):
        found = judge(create(name), values)
        assert found.is_anomaly[1200]
        assert not found.is_anomaly[2000:].any()


def test_given_mean_and_sigma_need_no_warm_up() -> None:
    """The textbook charts judge the first reading."""
    for name in ("ewma", "cusum", "western_electric", "nelson"):
        assert judge(create(name, mean=20, sigma=1), [20.0]).is_warm.all()


def test_spikes_in_the_warm_up_do_not_widen_the_chart() -> None:
    """Readings far beyond the others are left out of what is learnt."""
    values = noise(200, 5)
    values[[20, 50]] += 500
    found = judge(create("ewma"), values)
    assert found.score[100:].max() > 0.5


@pytest.mark.parametrize("name", ["ewma", "cusum", "western_electric", "nelson"])
@pytest.mark.parametrize(("shift", "spread"), [(1.2, 1.0), (-2.0, 1.0), (0.0, 5.0)])
def test_charts_learn_anew_where_anomalies_keep_coming(
    name: str, shift: float, spread: float
) -> None:
    """Not only where every single reading is one: a small shift leaves some that are not."""
    ends = []
    for seed in range(5):
        values = noise(4000, seed)
        usual = judge(create(name), values).is_anomaly[2500:].mean()
        values[1000:] = 20 + shift + spread * (values[1000:] - 20)
        is_anomaly = judge(create(name), values).is_anomaly
        assert is_anomaly[1000:1100].any()
        ends.append(is_anomaly[2500:].mean() - usual)
    assert np.median(ends) < 0.03


@pytest.mark.parametrize("name", ["ewma", "cusum", "western_electric"])
def test_learning_anew_often_makes_little_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at beyond the reading where a chart begins anew is little."""
    detector = create(name)
    chart = detector._chart  # type: ignore[attr-defined]
    n_looked_at = 0

    def counted(times: Any, z: Any, *others: Any) -> Any:
        nonlocal n_looked_at
        n_looked_at += len(z)
        return chart(times, z, *others)

    monkeypatch.setattr(detector, "_chart", counted)
    judge(detector, noise(30_000) + 5 * np.sin(np.arange(30_000) * 2 * np.pi / 500))
    assert n_looked_at < 4 * 30_000


@pytest.mark.parametrize("name", ["ewma", "cusum", "western_electric"])
def test_charts_keep_what_they_learnt_where_spikes_keep_coming(name: str) -> None:
    """A spike in every tenth reading is no new level, for however long."""
    values = noise(3000, 1)
    values[1000::10] += 15
    is_anomaly = judge(
        create(name, rules=(1,)) if name == "western_electric" else create(name), values
    ).is_anomaly
    assert is_anomaly[2000::10].mean() > 0.9


@pytest.mark.parametrize("name", BASELINES)
def test_false_alarms_set_the_limit_from_the_rate(name: str) -> None:
    """The same wish means a higher limit at a higher rate; the reason names it."""
    limits = []
    for step in (S, S // 1000):
        detector = create(name, false_alarms="1/day")
        values = noise(3000, 4)
        values[2500] += 500
        found = judge(detector, values, step)
        limits.append(detector.effective_limit)  # type: ignore[attr-defined]
        assert found.is_anomaly[2500]
        assert "for 1/day)" in found.reason(2500)
        assert found.is_anomaly[:2500].sum() == 0
    assert limits[0] < limits[1]
    fresh = create(name, false_alarms="1/day")
    assert np.isnan(fresh.effective_limit)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize(
    ("wish", "step", "n_streams"), [("1/day", S, 40), ("1/day", 60 * S, 6), ("2/h", S, 6)]
)
def test_false_alarms_come_about_as_often_as_was_asked(
    name: str, wish: str, step: int, n_streams: int
) -> None:
    """In white noise, of which level and spread are learnt: within a factor of two.

    Of frequent ones a few streams bring hundreds, more than forty streams bring of those a day.
    """
    n_found, n_asked = 0, 0.0
    for seed in range(n_streams):
        is_anomaly = judge(create(name, false_alarms=wish), noise(60_000, seed), step).is_anomaly
        n_found += int(is_anomaly[0]) + int(np.count_nonzero(is_anomaly[1:] & ~is_anomaly[:-1]))
        n_asked += 60_000 / FalseAlarms.parse(wish).run_length(step)  # type: ignore[union-attr]
    assert 0.5 < n_found / n_asked < 2


@pytest.mark.parametrize("name", BASELINES)
def test_readings_of_one_time_count_for_false_alarms(name: str) -> None:
    """Stamps of whole seconds tell the same rate as exact ones, about."""
    exact, whole = (create(name, false_alarms="1/day") for _ in range(2))
    times = np.arange(2000) * (S // 10)
    exact.update(times, noise(2000))
    whole.update(times // S * S, noise(2000))
    np.testing.assert_allclose(whole.effective_limit, exact.effective_limit, rtol=0.02)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wish", "step", "n"), [("1/day", S, 776), ("1/h", S, 403), ("20/day", 600 * S, 100)]
)
def test_rare_false_alarms_need_a_longer_warm_up(wish: str, step: int, n: int) -> None:
    """Six times the squared logarithm of the readings between two of them, 100 at least."""
    for detector in (create("cusum", false_alarms=wish), create("ewma", false_alarms=wish)):
        for _ in range(2):
            found = judge(detector, noise(2000), step)
            assert int(found.is_warm.argmax()) == n
            later = " or later" if n == 100 else ""
            assert found.reason(n - 1) == f"judges from reading {n + 1} on{later}; {n} so far"
            assert found.reason(39) == "judges from reading 101 on or later; 40 so far"
            detector.reset()
    known = judge(create("cusum", mean=20, sigma=1, false_alarms=wish), noise(2000), step)
    assert int(known.is_warm.argmax()) == 100


def test_false_alarms_read_what_people_write() -> None:
    """Numbers per unit, or per duration."""
    day = 86400 * S
    for text, mean_ns in (
        ("1/day", day),
        ("2 / h", 1800 * S),
        ("1/30d", 30 * day),
        ("0.5/min", 120 * S),
    ):
        alarms = FalseAlarms.parse(text)
        assert alarms is not None
        assert alarms.mean_ns == mean_ns


def test_reasons_tell_the_window_and_how_often() -> None:
    """Value, level and span are in the reason, and the count of the last ten minutes."""
    values = np.tile([19.0, 20.0, 21.0], 600)
    values[[1200, 1300, 1400]] = 40.0
    found = judge(create("robust_zscore", window="2min"), values)
    text = " robust σ above the median 20 of the last 2 min"
    assert found.reason(1200).endswith(text)
    assert found.reason(1300).endswith(f"{text}; second in 10 min")
    assert found.reason(1400).endswith(f"{text}; third in 10 min")


def test_anomalies_older_than_ten_minutes_do_not_count() -> None:
    """The count is of event time; consecutive readings are one anomaly."""
    values = np.zeros(2000)
    values[[100, 101, 102, 500, 1500]] = 9.0
    found = judge(create("threshold", above=5), values)
    assert found.reason(102) == "9 > 5"
    assert found.reason(500) == "9 > 5; second in 10 min"
    assert found.reason(1500) == "9 > 5"


@pytest.mark.parametrize(("sign", "side", "way"), [(1, "above", "rise"), (-1, "below", "fall")])
def test_rules_say_on_which_side_and_which_way(sign: int, side: str, way: str) -> None:
    """Not "on one side", nor "rise or fall": it is known which."""
    values = sign * np.array([-1.0, -0.6, -0.1, 0.3, 0.5, 0.9, 1.1, 1.2, 1.3, 1.4, 3.5, 1.0, 1.0])
    found = judge(create("nelson", mean=0, sigma=1), values)
    assert found.reason(5) == f"6 in a row {way} (rule 3)"
    assert found.reason(10).startswith(f"more than 3 σ {side} the mean (rule 1)")
    assert f"4 of 5 more than 1 σ {side} the mean (rule 6)" in found.reason(10)
    assert f"9 in a row {side} the mean (rule 2)" in found.reason(12)


def test_warm_up_says_how_far_it_is() -> None:
    """The reason says from which reading on it judges, and that is when it does."""
    times = {
        "ewma": "judges from reading 101 on; 40 so far",
        "zscore": "judges from reading 126 on; 40 so far",
        "robust_zscore": "judges from reading 126 on; 40 so far",
        "hampel": "judges from reading 25 on; 20 so far",
        "gap": "judges after 16 intervals between readings; 11 so far",
        "default": "It judges from reading 97 on; 40 so far.",
        "change_point": "It judges from reading 129 on; 40 so far: the first are the reference.",
    }
    for name, words in times.items():
        found = judge(create(name), noise(300))
        n_so_far = int(words.rpartition("; ")[2].split()[0])
        assert found.reason(n_so_far - 1 + (name == "gap")) == words
        if "from reading" in words:
            assert int(found.is_warm.argmax()) == int(words.split("reading ")[1].split()[0]) - 1
    found = judge(create("zscore", window="80s"), noise(40))
    words = "judges when 30 readings are in the 80 s before it; 0 so far"
    assert found.reason(5) == words


def test_a_window_without_enough_readings_never_judges() -> None:
    """Ten readings in two minutes are too few for 30."""
    found = judge(create("zscore", window="2min"), noise(500), 12 * S)
    assert not found.is_warm.any()


def test_a_clock_that_is_set_back_begins_a_new_window() -> None:
    """Readings from before are forgotten, and nothing breaks."""
    detector = create("zscore", window="2min")
    judge(detector, noise(500))
    again = judge(detector, noise(500) + 100)
    assert not again.is_anomaly.any()
    assert not again.is_warm[0]
    assert again.is_warm[-1]


def test_hysteresis_holds_until_the_value_is_back() -> None:
    """Both sides, in one batch."""
    values = [0, 11, 9, 8.5, 7.9, 9, -11, -8.5, -7, 0]
    found = judge(create("threshold", above=10, below=-10, hysteresis=2), values)
    assert found.is_anomaly.tolist() == [0, 1, 1, 1, 0, 0, 1, 1, 0, 0]
    assert found.reason(3) == "8.5 has been above 10, and not yet below 8"
    assert found.reason(7) == "-8.5 has been below -10, and not yet above -8; second in 10 min"
    assert found.reason(9) == "0 is not below -10 and not above 10"


def test_rate_of_change_skips_equal_times() -> None:
    """Each reading is compared with the last one that has an earlier time."""
    detector = create("rate_of_change", limit=5)
    found = detector.update(np.array([0, 0, S, S, 2 * S]), [0.0, 1.0, 3.0, 9.0, 9.0])
    np.testing.assert_array_equal(found.score, [np.nan, np.nan, 2, 8, 0])
    assert found.reason(3) == "rose by 8 in 1 s: 8 per second, limit 5"
    assert found.reason(0) == "judges when there is a reading with an earlier time"


def test_stuck_counts_time_or_readings() -> None:
    """A run of equal values is an anomaly from `after` on, missing readings apart."""
    values = [1.0, 2, 2, np.nan, 2, 2, 3]
    assert judge(create("stuck", after=4), values).is_anomaly.tolist() == [0, 0, 0, 0, 0, 1, 0]
    found = judge(create("stuck", after="3s"), values)
    assert found.is_anomaly.tolist() == [0, 0, 0, 0, 1, 1, 0]
    assert found.reason(5) == "stuck at 2: 4 readings (4 s) the same"


def test_a_gap_is_many_usual_intervals() -> None:
    """Uneven intervals are fine up to the factor, and equal times are no interval."""
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.integers(800, 1200, 300)) * 1_000_000
    times = np.repeat(times, 2)
    times[400:] += 20 * S
    found = create("gap").update(times, np.zeros(600))
    assert np.flatnonzero(found.is_anomaly).tolist() == [400]
    assert found.reason(400).startswith("no reading for 2")
    assert not create("gap", at_least="1min").update(times, np.zeros(600)).is_anomaly.any()


def test_what_happened_before_the_clock_went_back_was_not_lately() -> None:
    """Anomalies in the future are not counted among those of the last ten minutes."""
    times = np.arange(100) * S
    times[50:] -= 3600 * S
    found = create("threshold", above=5).update(times, np.where(np.arange(100) % 10 == 5, 9.0, 1.0))
    assert found.reason(45) == "9 > 5; fifth in 10 min"
    assert found.reason(65) == "9 > 5; second in 10 min"


def test_a_sensor_that_hangs_is_found_though_the_clock_went_back() -> None:
    """The time that it has hung is counted anew, not from a moment in the future."""
    times = np.arange(100) * S
    times[20:] -= 3600 * S
    found = create("stuck", after="30s").update(times, np.ones(100))
    assert np.flatnonzero(found.is_anomaly).tolist() == list(range(50, 100))
    assert found.reason(50) == "stuck at 1: 31 readings (30 s) the same"


def test_means_of_blocks_hold_their_verdict_until_the_next_one() -> None:
    """A block is judged when it is over, and says what it is a mean of."""
    values = np.zeros(200)
    values[64:80] = 5.0
    found = judge(create("threshold", above=2, means_of="16ms"), values, 1_000_000)
    assert np.flatnonzero(found.is_anomaly).tolist() == list(range(80, 96))
    assert found.reason(80) == "5 > 2 (on means of 16 ms)"


class Slow(ThresholdDetector):
    """Flags what is above 2, and says that it can't take more than 250 readings in a second."""

    max_rate = 250


def at_rate(per_second: float, n: int, *, start: int = 0) -> TimeArray:
    """Return times of so many readings."""
    times: TimeArray = start + np.round(np.arange(n) * (1e9 / per_second)).astype(np.int64)
    return times


def test_slow_detectors_judge_means_of_what_comes_fast() -> None:
    """Every reading up to the detector's rate; beyond it means, after 32 readings."""
    slow, fast = (on_means(Slow(above=2), "auto") for _ in range(2))
    values = np.where(np.arange(100) == 90, 3.0, 0.0)
    found = slow.update(at_rate(240, 100), values)
    assert np.flatnonzero(found.is_anomaly).tolist() == [90]
    found = fast.update(at_rate(1000, 100), values + np.where(np.arange(100) == 10, 3.0, 0.0))
    assert np.flatnonzero(found.is_anomaly).tolist() == [10]
    assert (slow.block_ns, fast.block_ns) == (0, 16_000_000)  # type: ignore[attr-defined]
    assert fast.update(at_rate(1000, 20, start=S), np.full(20, 5.0)).reason(19).endswith("16 ms)")


def test_a_burst_changes_nothing_and_a_lasting_change_of_the_rate_does() -> None:
    """A detector must not forget what it learnt because of 200 readings that were held up."""
    detector = on_means(Slow(above=2), "auto")
    rates: list[tuple[float, int]] = [(1, 300), (1e6, 200), (1, 300), (1e4, 600), (1, 600)]
    blocks, start = [], 0
    for rate, n in rates:
        times = at_rate(rate, n, start=start)
        detector.update(times, np.zeros(n))
        blocks.append(detector.block_ns)  # type: ignore[attr-defined]
        start = int(times[-1]) + 1
    assert blocks == [0, 0, 0, 16_000_000, 0]


def test_pauses_are_not_taken_for_a_rate() -> None:
    """Fast readings with pauses are fast."""
    detector = on_means(Slow(above=2), "auto")
    detector.update(at_rate(1000, 2000) + 3600 * S * (np.arange(2000) // 300), np.zeros(2000))
    assert detector.block_ns == 16_000_000  # type: ignore[attr-defined]


@pytest.mark.parametrize(("shared", "block"), [(3, 0), (40, 0), (200, 0), (600, 16_000_000)])
def test_readings_of_one_time_share_the_interval(shared: int, block: int) -> None:
    """Stamps of whole seconds tell the rate too, at any number of readings in each."""
    detector = on_means(Slow(above=2), "auto")
    detector.update(np.repeat(at_rate(1, 100), shared), np.zeros(100 * shared))
    assert detector.block_ns == block  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_fast", [False, True])
def test_a_clock_that_goes_back_is_no_rate(is_fast: bool) -> None:
    """What was learnt stays learnt, however far back it goes."""
    detector = on_means(Slow(above=2), "auto")
    times = at_rate(1000 if is_fast else 1, 2000)
    times[1000:] -= 3600 * S
    blocks = []
    for i in range(0, 2000, 50):
        detector.update(times[i : i + 50], np.zeros(50))
        blocks.append(detector.block_ns)  # type: ignore[attr-defined]
    assert set(blocks) == {16_000_000 if is_fast else 0}


@pytest.mark.parametrize("n", [29, 30, 31, 33])
def test_bursts_make_it_change_once_at_most(n: int) -> None:
    """A detector that began anew at every other look would never be warm."""
    detector = on_means(Slow(above=2), "auto")
    times = (at_rate(10_000, n) + 10 * S * np.arange(300)[:, None]).ravel()
    blocks = []
    for i in range(0, len(times), 50):
        part = times[i : i + 50]
        detector.update(part, np.zeros(len(part)))
        blocks.append(detector.block_ns)  # type: ignore[attr-defined]
    assert np.count_nonzero(np.diff(blocks)) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_batches_make_no_difference_where_the_rate_changes(seed: int) -> None:
    """The change is at the same reading whatever the batches are."""
    rng = np.random.default_rng(seed)
    intervals = np.repeat(rng.choice([1e6, 1e7, 1e9], 10), rng.integers(100, 1500, 10))
    intervals[rng.random(len(intervals)) < 0.45 * (seed % 3)] = 0
    intervals[rng.integers(0, len(intervals), 3)] = -1e10
    values = rng.normal(size=len(intervals))
    values[rng.random(len(values)) < 0.05] = np.nan
    times = 1_782_907_200 * S + np.cumsum(intervals.astype(np.int64))
    sizes = rng.integers(1, 400, 200).tolist()
    assert_batches_make_no_difference(lambda: on_means(Slow(above=2), "auto"), times, values, sizes)


def test_a_batch_may_end_where_the_rate_is_looked_at() -> None:
    """Readings of the time at which means begin are means, in the same batch or the next."""
    times = np.concatenate((at_rate(1000, 33), np.full(20, 32_000_000)))
    for sizes in ([33], [40], [32]):
        assert_batches_make_no_difference(
            lambda: on_means(Slow(above=2), "auto"), times, np.full(53, 3.0), sizes
        )


def test_what_it_was_shown_before_is_not_forgotten() -> None:
    """A detector that has learnt already goes on with that, as long as readings come slowly."""
    detector = create("spot", n_init=200)
    values = np.random.default_rng(1).normal(size=1000)
    detector.update(at_rate(1, 1000), values)
    assert on_means(detector, "auto").update(at_rate(1, 1, start=1000 * S), [0.0]).is_warm.all()


def test_reasons_of_old_batches_stay_true() -> None:
    """A detection keeps what it needs, whatever the detector sees later."""
    detector = create("cusum", mean=0, sigma=1)
    first = judge(detector, np.r_[np.zeros(10), np.full(5, 3.0)])
    before = [first.reason(i) for i in range(15)]
    judge(detector, np.full(5000, 2.0))
    assert [first.reason(i) for i in range(15)] == before


def test_long_pauses_leave_nothing_in_the_window() -> None:
    """After a pause longer than the window a z-score begins anew, however the readings were batched."""
    rng = np.random.default_rng(3)
    values = rng.normal(20, 1, 400)
    pauses = np.where(np.arange(400) % 100 == 0, 86_400, 1)
    times = 1_782_907_200 * S + np.cumsum(pauses) * S
    assert_batches_make_no_difference(
        lambda: create("zscore", window="20s", min_readings=5), times, values, [1, 60, 7, 150]
    )
    detection = create("zscore", window="20s", min_readings=5).update(times, values)
    is_warm = detection.is_warm.reshape(4, 100)
    assert not is_warm[:, 0].any()
    assert is_warm[:, 20:].all()
