"""The analyzer: statistics as on the raw readings, notifications, rules, its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import traitlets

import nbstream as ns
from nbstream.readings.window import Window
from nbstream.testing import FakeClock
from tests.wait import wait_until

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """An empty buffer in UTC."""
    return ns.Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: ns.Buffer) -> Iterator[ns.Analyzer]:
    """An analyzer over ten seconds."""
    with ns.Analyzer(buffer, window="10s") as analyzer:
        yield analyzer


def fill(buffer: ns.Buffer, n: int = 500, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Add `n` readings at 20 Hz with some missing; return times in seconds and values."""
    rng = np.random.default_rng(seed)
    times = START + np.arange(n) / 20
    values = 1e6 + rng.normal(size=n)
    values[rng.random(n) < 0.05] = np.nan
    buffer.extend(times, x=values)
    return times, values


@pytest.mark.parametrize("window", ["10s", 100, "all", "90ms"])
def test_statistics_are_those_of_pandas(window: str | int) -> None:
    """At every step the statistics are those of pandas on the same window."""
    buffer = ns.Buffer(timezone="UTC")
    rng = np.random.default_rng(2)
    with ns.Analyzer(buffer, window=window) as analyzer:
        for step in range(40):
            n = int(rng.integers(1, 200))
            values = 1e6 + rng.normal(size=n)
            values[rng.random(n) < 0.1] = np.nan
            buffer.extend(START + step * 10 + np.arange(n) / 20, x=values)
            analyzer.update()
            held = buffer.to_pandas(window)["x"].dropna()
            assert analyzer.count == len(held)
            for found, expected in (
                (analyzer.mean, held.mean()),
                (analyzer.std, held.std()),
                (analyzer.min, held.min()),
                (analyzer.max, held.max()),
                (analyzer.median, held.median()),
            ):
                assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)
            span = (held.index[-1] - held.index[0]) / pd.Timedelta("1s") if len(held) > 1 else 0
            rate = (len(held) - 1) / span if span else np.nan
            assert analyzer.rate == pytest.approx(rate, nan_ok=True)


def test_before_the_first_reading_everything_is_nan(analyzer: ns.Analyzer) -> None:
    """Without readings the count is 0 and the rest NaN."""
    analyzer.update()
    assert analyzer.count == 0
    assert np.isnan(
        [analyzer.last, analyzer.mean, analyzer.std, analyzer.median, analyzer.rate]
    ).all()
    assert np.isnan(analyzer.channel("not yet").mean)


def test_channels_have_their_own(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """`channel(name)` has the statistics of that channel; the analyzer's own are the first's."""
    buffer.extend([START, START + 1], a=[1.0, 3.0], b=[10.0, np.nan])
    analyzer.update()
    assert (analyzer.mean, analyzer.channel("a").mean) == (2.0, 2.0)
    assert (analyzer.channel("b").mean, analyzer.channel("b").count) == (10.0, 1)
    snapshot = analyzer.snapshot()
    assert {name: s.last for name, s in snapshot.items()} == {"a": 3.0, "b": 10.0}


def test_the_thread_keeps_up(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Without a call the analyzer's thread takes readings in."""
    fill(buffer)
    wait_until(lambda: analyzer.count > 0, 5, "the thread")


def test_observers_hear_changes_only(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """An observer gets old and new; from NaN to NaN is no change; any traitlets link works."""
    seen: list[Any] = []
    analyzer.observe(lambda change: seen.append((change["old"], change["new"])), "max")

    class Target(traitlets.HasTraits):
        value = traitlets.Float()

    target = Target()
    buffer.append(START, x=np.nan)
    analyzer.update()
    assert seen == []
    buffer.append(START + 1, x=5.0)
    analyzer.update()
    link = traitlets.dlink((analyzer, "max"), (target, "value"))
    wait_until(lambda: len(seen) == 1, 5, "one notification")
    assert np.isnan(seen[0][0])
    assert seen[0][1] == 5.0
    buffer.append(START + 2, x=7.0)
    analyzer.update()
    wait_until(lambda: target.value == 7.0, 5, "the link")
    link.unlink()


def test_an_observer_that_raises_is_kept_apart(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Its error is kept as CallbackError and the analyzer goes on."""

    def bad(change: Any) -> None:
        raise RuntimeError("mine")

    analyzer.observe(bad, "mean")
    buffer.append(START, x=1.0)
    analyzer.update()
    wait_until(lambda: analyzer.last_error is not None, 5, "the error")
    assert isinstance(analyzer.last_error, ns.CallbackError)
    assert isinstance(analyzer.last_error.__cause__, RuntimeError)
    buffer.append(START + 1, x=2.0)
    analyzer.update()
    assert analyzer.last == 2.0


@pytest.mark.parametrize("window", ["10s", 7, "all"])
def test_statistics_of_an_earlier_time_are_those_of_then(window: str | int) -> None:
    """What the newest update said then is what `at` says later, while the readings are held."""
    rng = np.random.default_rng(5)
    buffer = ns.Buffer(timezone="UTC")
    names = ("count", "mean", "p90", "slope", "time_since_last")
    with ns.Analyzer(buffer, window=window) as analyzer:
        then = []
        for k in range(8):
            times = START + 6 * k + np.sort(rng.random(20)) * 5
            buffer.extend(times, x=rng.normal(size=20))
            analyzer.update()
            then.append((buffer.latest()["x"][0], [analyzer.statistic(name) for name in names]))
        for at, expected in then:
            found = [analyzer.statistic(name, at=at) for name in names]
            assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert analyzer.statistic("count", at=START - 1) == 0
        with pytest.raises(ValueError, match="noon"):
            analyzer.statistic("mean", at="noon")


def test_statistics_cannot_be_set(analyzer: ns.Analyzer) -> None:
    """A statistic is read-only."""
    with pytest.raises(traitlets.TraitError):
        analyzer.mean = 3.0


@pytest.mark.parametrize(
    ("given", "kept"), [("5min", "5min"), (100, 100), ("all", "all"), (pd.Timedelta("3s"), "3s")]
)
def test_window_can_be_set_from_any_thread(
    analyzer: ns.Analyzer, buffer: ns.Buffer, given: Any, kept: Any
) -> None:
    """A new window counts at once, wherever it was set."""
    fill(buffer)
    analyzer.update()
    thread = threading.Thread(target=lambda: setattr(analyzer, "window", given))
    thread.start()
    thread.join()
    assert analyzer.window == kept
    assert analyzer.count == len(buffer.to_pandas(kept)["x"].dropna())


@pytest.mark.parametrize("bad", ["", "x", 0, -1, "0s", None, 1.5, True])
def test_a_window_that_makes_no_sense_is_refused(analyzer: ns.Analyzer, bad: Any) -> None:
    """It is an error, and the old window stays."""
    with pytest.raises((ValueError, TypeError)):
        analyzer.window = bad
    assert analyzer.window == "10s"


def test_the_buffer_grows_for_a_window() -> None:
    """A window that needs more than the capacity makes the buffer grow, and is covered."""
    buffer = ns.Buffer(capacity=50)
    with ns.Analyzer(buffer, window="10s") as analyzer:
        for second in range(20):
            buffer.extend(START + second + np.arange(20) / 20, x=np.arange(20.0))
        analyzer.update()
        assert (analyzer.count, analyzer.covered) == (200, True)


def test_a_window_that_is_not_held_says_so() -> None:
    """Beyond the bound of its bytes the buffer evicts, and the analyzer knows."""
    buffer = ns.Buffer(capacity=50, max_bytes=1600)
    with ns.Analyzer(buffer, window="10s") as analyzer:
        buffer.extend(START + np.arange(400) / 20, x=np.arange(400.0))
        analyzer.update()
        assert (analyzer.count, analyzer.covered) == (100, False)
        assert (analyzer.over("20s").covered, analyzer.over("3s").covered) == (False, True)


def test_rules_see_history_and_what_comes(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """A new rule sees what is held, then every reading; its reasons name channel and unit."""
    buffer.units["temp"] = "°C"
    buffer.extend(START + np.arange(4.0), temp=[1.0, 95.0, 1.0, 1.0])
    analyzer.update()
    rule = analyzer.alert("value > 90")
    buffer.extend(START + 4 + np.arange(3.0), temp=[1.0, 97.0, 1.0])
    analyzer.update()
    log = analyzer.alerts.to_pandas()
    assert log["peak"].tolist() == [95.0, 97.0]
    assert log["state"].tolist() == ["resolved", "resolved"]
    assert "temp 95 > 90 °C since" in log["reason"][0]
    rule.close()
    buffer.append(START + 8, temp=99.0)
    analyzer.update()
    assert len(analyzer.alerts.to_pandas()) == 2


@pytest.mark.parametrize("window", ["5s", 200, "all"])
def test_anomalies_do_not_depend_on_batches(window: str | int) -> None:
    """A z-score rule logs the same incidents however the readings were batched."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=3000)
    values[::217] += 8
    times = START + np.arange(3000) / 20

    def logged(sizes: Callable[[], int]) -> list[Any]:
        buffer = ns.Buffer(timezone="UTC")
        with ns.Analyzer(buffer, window=window) as analyzer:
            analyzer.alert("abs(zscore) > 4")
            position = 0
            while position < len(values):
                n = sizes()
                buffer.extend(times[position : position + n], x=values[position : position + n])
                analyzer.update()
                position += n
            return analyzer.alerts.to_pandas()[["breached", "peak"]].to_numpy().tolist()

    whole = logged(lambda: 3000)
    assert len(whole) > 5
    assert logged(lambda: 7) == whole
    assert logged(lambda: int(rng.integers(1, 400))) == whole


def test_readers_beside_a_feeder(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """While one thread feeds and others read and update, what is read is never torn."""
    errors: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                analyzer.update()
                statistics = analyzer.snapshot().channels.get("x")
                if statistics and statistics.count:
                    assert statistics.min <= statistics.mean <= statistics.max
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for batch in range(300):
            buffer.extend(START + batch + np.arange(20) / 20, x=np.arange(20.0) + batch)
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert errors == []
    analyzer.update()
    assert analyzer.last == 318.0


def test_close_is_final(buffer: ns.Buffer) -> None:
    """A closed analyzer has no thread and says so when it is used; the buffer goes on."""
    analyzer = ns.Analyzer(buffer)
    analyzer.close()
    analyzer.close()
    for use in (analyzer.update, lambda: analyzer.alert("value > 1")):
        with pytest.raises(ns.ClosedError):
            use()
    buffer.append(START, x=1.0)


def test_equal_names_replace(buffer: ns.Buffer) -> None:
    """A second analyzer of the same explicit name ends the first, which says why."""
    first = ns.Analyzer(buffer, name="mine")
    with ns.Analyzer(buffer, name="mine") as second:
        assert first.is_closed
        assert not second.is_closed
        with pytest.raises(ns.ClosedError, match="replaced"):
            first.update()


def test_wrong_arguments_are_named(buffer: ns.Buffer) -> None:
    """What is no source or buffer is refused."""
    with pytest.raises(TypeError, match="needs a Source or a Buffer"):
        ns.Analyzer("streaming_data.csv")  # type: ignore[arg-type]


WINDOWS: list[str | int] = ["3s", "20s", 50, "all"]


def test_several_windows_at_once() -> None:
    """Each window has the statistics of pandas at every step; the first is the default."""
    buffer = ns.Buffer(timezone="UTC", capacity=1000)
    rng = np.random.default_rng(6)
    with ns.Analyzer(buffer, windows=WINDOWS) as analyzer:
        assert analyzer.window == "3s"
        views = {window: analyzer.over(window) for window in WINDOWS}
        for step in range(30):
            n = int(rng.integers(1, 150))
            buffer.extend(START + step * 5 + np.arange(n) / 30, x=rng.normal(size=n))
            buffer.extend([START + step * 5], y=[step])
            analyzer.update()
            assert analyzer.mean == views["3s"].mean
            for window, view in views.items():
                held = buffer.to_pandas(window)["x"].dropna()
                assert view.count == len(held)
                assert view.std == pytest.approx(held.std(), nan_ok=True)
                assert view.median == pytest.approx(held.median())
                assert view.channel("y").last == step
                assert view.window == window


def test_a_window_can_be_asked_for_later(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """`over` begins with what is held, is kept up to date, and is the same object each time."""
    fill(buffer)
    analyzer.update()
    view = analyzer.over("2s")
    assert view is analyzer.over("2s")
    assert view.count == len(buffer.to_pandas("2s")["x"].dropna())
    buffer.append(START + 100, x=1.0)
    analyzer.update()
    assert (view.count, view.mean) == (1, 1.0)
    assert view.channel("not yet").count == 0
    for bad in ("x", 0, None):
        with pytest.raises((ValueError, TypeError)):
            analyzer.over(bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="channel's name"):
        view.channel(1)  # type: ignore[arg-type]


def test_windows_are_bounded(analyzer: ns.Analyzer) -> None:
    """More windows than the bound are refused with the number."""
    for n in range(1, 33):
        analyzer.over(n)
    with pytest.raises(ValueError, match="32 windows at most"):
        analyzer.over(33)
    assert analyzer.over(1).count == 0


def test_windows_given_as_text_are_refused(buffer: ns.Buffer) -> None:
    """One text is not several windows."""
    with pytest.raises(TypeError, match=r"Write \['10s'\]"):
        ns.Analyzer(buffer, windows="10s")


def test_another_window_is_observable(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Observers of a window, and of a channel over it, hear changes."""
    seen: list[Any] = []
    analyzer.over("2s").observe(lambda change: seen.append(change["new"]), "max")
    analyzer.over("2s").channel("y").observe(lambda change: seen.append(change["new"]), "mean")
    buffer.extend([START, START + 5], x=[9.0, 3.0], y=[1.0, 2.0])
    analyzer.update()
    wait_until(lambda: len(seen) == 2, 5, "two notifications")
    assert sorted(seen) == [2.0, 3.0]


def test_the_largest_window_makes_room() -> None:
    """The buffer grows for any window, and ends it with the analyzer."""
    buffer = ns.Buffer(capacity=50)
    with ns.Analyzer(buffer, windows=["1s", "10s"]) as analyzer:
        for second in range(20):
            buffer.extend(START + second + np.arange(20) / 20, x=np.arange(20.0))
        analyzer.update()
        assert analyzer.over("10s").count == 200
    assert buffer._store.needs == {}


def test_any_statistic_over_any_window(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """`statistic` takes names, parameters, windows and channels; wrong ones are explained."""
    times, _ = fill(buffer)
    buffer.extend(times, y=np.sin(times))
    analyzer.update()
    held = buffer.to_pandas("4s")
    assert analyzer.statistic("p99", window="4s") == pytest.approx(held["x"].quantile(0.99))
    assert analyzer.statistic("std", "4s", "y") == pytest.approx(held["y"].std())
    assert analyzer.statistic("correlation(y)", "4s") == pytest.approx(held["x"].corr(held["y"]))
    assert analyzer.statistic(ns.statistics.quantile(0.5)) == analyzer.median
    assert analyzer.statistic("rate") == analyzer.rate
    assert np.isnan(analyzer.statistic("mean", channel="not yet"))
    assert analyzer.statistic("count", channel="not yet") == 0
    with pytest.raises(ValueError, match="Did you mean 'mean'"):
        analyzer.statistic("meen")
    with pytest.raises(ValueError, match="Did you mean 'y'"):
        analyzer.statistic("correlation(yy)")
    with pytest.raises(ValueError, match="'window'"):
        analyzer.statistic("mean", window="x")
    with pytest.raises(TypeError, match="channel's name"):
        analyzer.statistic("mean", channel=0)  # type: ignore[arg-type]


def test_time_weighted_statistics_know_the_value_before(
    analyzer: ns.Analyzer, buffer: ns.Buffer
) -> None:
    """The value before the window holds until the first reading, the last until the newest time."""
    buffer.extend(START + np.array([0.0, 13.0, 16.0]), x=[10.0, 4.0, 1.0])
    buffer.append(START + 20, y=0.0)
    analyzer.update()
    assert analyzer.statistic("time_above(5)") == pytest.approx(3.0)
    assert analyzer.statistic("time_below(2)") == pytest.approx(4.0)
    assert analyzer.statistic("time_weighted_mean") == pytest.approx((30 + 12 + 4) / 10)
    assert analyzer.statistic("time_since_last") == pytest.approx(4.0)
    assert analyzer.statistic("time_since_last", "1s") == pytest.approx(4.0)


def resampled(buffer: ns.Buffer, step: str) -> pd.DataFrame:
    """Return what pandas says of the whole steps of what is held."""
    held = buffer.to_pandas("all")["x"]
    groups = held.resample(step)
    table = groups.agg(["count", "mean", "std", "min", "max"]).astype(float)
    table["p90"] = groups.quantile(0.9)
    first = held.index[0].ceil(step)
    return table[(table.index >= first) & (table.index < held.index[-1].floor(step))]


def test_stepped_is_a_resample_that_grows() -> None:
    """At every moment the table has the rows of pandas' resample for the steps that are over."""
    buffer = ns.Buffer(timezone="Europe/Berlin")
    rng = np.random.default_rng(8)
    with ns.Analyzer(buffer) as analyzer:
        table = analyzer.stepped("5s", ["count", "mean", "std", "min", "max", "p90"])
        assert table.to_pandas().empty
        time = START + 0.3
        for _ in range(40):
            gaps = rng.exponential(0.05, int(rng.integers(1, 100)))
            gaps[0] += rng.choice([0.0, 12.0], p=[0.8, 0.2])
            times = time + gaps.cumsum()
            time = times[-1]
            buffer.extend(times, x=rng.normal(1e6, 1, len(times)))
            analyzer.update()
            expected = resampled(buffer, "5s")
            found = table.to_pandas()
            pd.testing.assert_frame_equal(found, expected, check_freq=False, rtol=1e-9, atol=1e-9)
        # A table that is asked for later begins with what is held.
        pd.testing.assert_frame_equal(analyzer.stepped("5s", ["p90"]).to_pandas(), found[["p90"]])


def test_stepped_is_bounded_and_closes(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """The oldest rows go and are counted; a closed table stays as it is."""
    table = analyzer.stepped(1, ["last"], max_rows=10)
    buffer.extend(START + np.arange(26.0), x=np.arange(26.0))
    analyzer.update()
    assert table.to_pandas()["last"].tolist() == list(range(15, 25))
    buffer.append(START + 30, x=30.0)
    analyzer.update()
    assert table.to_pandas()["last"].dropna().tolist() == [20, 21, 22, 23, 24, 25]
    assert table.n_dropped == 5
    table.close()
    buffer.append(START + 40, x=40.0)
    analyzer.update()
    assert len(table) == 10


def test_steps_begin_anew_after_a_jump_of_the_clock(
    analyzer: ns.Analyzer, buffer: ns.Buffer
) -> None:
    """When the clock went back the table goes on with the first whole step of the new time."""
    table = analyzer.stepped("10s", ["count"])
    buffer.extend(START + np.arange(100.0), x=np.arange(100.0))
    analyzer.update()
    buffer.extend(START - 1000.5 + np.arange(45.0), x=np.arange(45.0))
    analyzer.update()
    seconds = (table.to_pandas().index - pd.Timestamp(START, unit="s", tz="UTC")).total_seconds()
    assert seconds.tolist() == [*range(0, 90, 10), -1000, -990, -980, -970]
    assert set(table.to_pandas()["count"]) == {10.0}


def test_a_statistic_of_a_user_that_raises_is_kept_apart(
    analyzer: ns.Analyzer, buffer: ns.Buffer
) -> None:
    """In a table it is NaN and the error is kept; asked directly it raises."""

    def bad(sample: ns.statistics.Sample) -> float:
        raise RuntimeError("mine")

    own = ns.statistics.statistic(bad, replace=True)
    ns.statistics.base._users.clear()
    table = analyzer.stepped("1s", [own, "mean"])
    buffer.extend(START + np.arange(5.0), x=np.arange(5.0))
    analyzer.update()
    assert table.to_pandas()["bad"].isna().all()
    assert table.to_pandas()["mean"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert isinstance(table.last_error, ns.CallbackError)
    with pytest.raises(RuntimeError, match="mine"):
        analyzer.statistic(own)


def test_a_late_reading_holds_over_the_steps_without_readings_after_it() -> None:
    """All rows up to the next reading that is not missing are corrected, however many steps that is."""
    buffer = ns.Buffer(timezone="UTC", late="insert")
    with ns.Analyzer(buffer) as analyzer:
        table = analyzer.stepped("10s", ["time_weighted_mean"])
        buffer.extend([0.0, 55.0, 65.0, 90.0, 100.0], x=[1.0, np.nan, 5.0, 6.0, 7.0])
        analyzer.update()
        buffer.extend([5.0], x=[3.0])
        analyzer.update()
        found = table.to_pandas()["time_weighted_mean"].tolist()
    assert found == [2.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 5.0, 6.0]


@pytest.mark.parametrize("n", [3, 47, 1000])
@pytest.mark.parametrize("is_late", [False, True])
def test_steps_before_a_jump_of_the_clock_are_there_however_readings_came(
    n: int, *, is_late: bool
) -> None:
    """In one batch with the jump, in many, or before somebody asked for the table."""
    times = np.concatenate(
        (
            np.arange(3.0, 100),
            np.arange(-1000.0, -945),
            np.arange(-2000.0, -1995),
            np.arange(-3000.0, -2979),
        )
    )
    times = times[(times < 33) | (times > 58)]  # steps without readings have a row too
    values = np.arange(float(len(times)))
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        table = None if is_late else analyzer.stepped("10s", ["count", "first", "mean"])
        for i in range(0, len(times), n):
            with analyzer._lock:
                buffer.extend(times[i : i + n], x=values[i : i + n])
            analyzer.update()
        table = table or analyzer.stepped("10s", ["count", "first", "mean"])
        found = table.to_pandas()
    begins = [*range(10, 90, 10), *range(-1000, -950, 10), -3000, -2990]
    assert (found.index.as_unit("s").asi8).tolist() == begins
    step = np.floor(times / 10) * 10
    segment = np.cumsum(np.diff(times, prepend=times[0]) < 0)
    for row, begin in zip(found.itertuples(), begins, strict=True):
        inside = values[
            (step == begin) & (segment == (0 if begin > 0 else 1 if begin > -2000 else 3))
        ]
        assert row.count == len(inside)
        if len(inside):
            assert (row.first, row.mean) == (inside[0], inside.mean())


def test_a_table_of_nonsense_is_refused(analyzer: ns.Analyzer) -> None:
    """Steps, statistics and bounds are checked."""
    with pytest.raises(ValueError, match="'step' must be > 0"):
        analyzer.stepped(0)
    with pytest.raises(ValueError, match="Did you mean"):
        analyzer.stepped("1s", ["meen"])
    with pytest.raises(ValueError, match="'histogram\\(50\\)' is none"):
        analyzer.stepped("1s", ["histogram"])
    with pytest.raises(ValueError, match="'max_rows'"):
        analyzer.stepped("1s", max_rows=0)
    analyzer.close()
    with pytest.raises(ns.ClosedError):
        analyzer.stepped("1s")
    with pytest.raises(ns.ClosedError):
        analyzer.over("7s")


def late_batches(seed: int, n: int, missing: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return batches of readings of which many are late, by up to 20 s."""
    rng = np.random.default_rng(seed)
    times = START + rng.exponential(0.02, n).cumsum()
    values = 1e6 + rng.normal(size=n) + 0.01 * (times - START)
    values[rng.random(n) < missing] = np.nan
    arrival = times + np.where(rng.random(n) < 0.2, rng.exponential(4, n), 0)
    order = arrival.argsort()
    cuts = np.sort(rng.integers(0, n, 25))
    return list(zip(np.split(times[order], cuts), np.split(values[order], cuts), strict=True))


@pytest.mark.parametrize("late", [{"late": "insert"}, {"lateness": "3s"}])
@pytest.mark.parametrize("capacity", [1_000_000, 3000])
@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_late_readings_count_where_they_belong(
    late: dict[str, Any], capacity: int, missing: float
) -> None:
    """At every step every statistic of every window is that of two passes over what is held."""
    buffer = ns.Buffer(timezone="UTC", capacity=capacity, max_bytes=16 * capacity, **late)
    with ns.Analyzer(buffer, windows=["10s", "2min", "all"]) as analyzer:
        for times, values in late_batches(5, 20_000, missing):
            buffer.extend(times, x=values)
            analyzer.update()
            for window in ("10s", "2min", "all"):
                held = buffer.to_pandas(window)["x"].dropna()
                view = analyzer.over(window)
                assert view.count == len(held)
                if len(held) < 5:
                    continue
                exact = held.to_numpy().astype(np.longdouble)
                t = (held.index - held.index[0]).to_numpy().astype(np.int64).astype(np.longdouble)
                t, x = t / 10**9 - (t / 10**9).mean(), exact - exact.mean()
                slope = float((t * x).sum() / (t * t).sum())
                found = analyzer.statistic
                assert view.mean == pytest.approx(float(exact.mean()), rel=1e-12)
                assert view.std == pytest.approx(float(exact.std(ddof=1)), rel=1e-9)
                assert (view.min, view.max) == (held.min(), held.max())
                assert view.median == pytest.approx(held.median(), rel=1e-14)
                assert found("sum", window) == pytest.approx(float(exact.sum()), rel=1e-12)
                scale = float(np.sqrt((x * x).sum() / (t * t).sum()))
                assert abs(found("slope", window) - slope) <= 1e-9 * scale
                shape = pd.Series(x.astype(float))
                assert found("skewness", window) == pytest.approx(shape.skew(), abs=1e-8)
                assert found("kurtosis", window) == pytest.approx(shape.kurt(), abs=1e-8)
        assert buffer.channel("x").revision > 0


def test_late_readings_correct_the_rows_of_a_table() -> None:
    """A table over readings that came late is that over the same readings in order."""
    buffer = ns.Buffer(timezone="UTC", late="insert")
    with ns.Analyzer(buffer) as analyzer:
        statistics = ["count", "mean", "std", "min", "max", "p90"]
        buffer.append(START - 1, x=0.0)
        analyzer.update()
        table = analyzer.stepped("5s", statistics)
        for times, values in late_batches(6, 5000, 0.02):
            buffer.extend(times, x=values)
            analyzer.update()
            expected = resampled(buffer, "5s")
            pd.testing.assert_frame_equal(
                table.to_pandas(), expected, check_freq=False, rtol=1e-9, atol=1e-9
            )


def test_rules_see_no_reading_twice() -> None:
    """Late readings between those that a rule has seen are not shown to it, new ones are shown once."""
    buffer = ns.Buffer(timezone="UTC", late="insert")
    with ns.Analyzer(buffer) as analyzer:
        analyzer.alert("value > 90")
        buffer.append(START - 1, x=1.0)
        analyzer.update()
        for second in range(0, 100, 2):
            buffer.append(START + second, x=95.0 if second % 10 == 0 else 1.0)
            buffer.append(START + second - 5, x=99.0)
            analyzer.update()
        log = analyzer.alerts.to_pandas()
        assert log["peak"].tolist() == [95.0] * 10


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_correlation_of_channels_that_do_not_march_in_step(offset: float) -> None:
    """Pairs are readings of the same time, whenever either came, over windows of any size."""
    buffer = ns.Buffer(timezone="UTC", capacity=40_000)
    rng = np.random.default_rng(11)
    with ns.Analyzer(buffer, window="all") as analyzer:
        for step in range(12):
            times = START + step * 500 + np.sort(rng.integers(0, 5000, 6000)) / 10
            x = offset + rng.normal(size=len(times))
            x[rng.random(len(times)) < 0.02] = np.nan
            has_y = rng.random(len(times)) < 0.8
            y = (x + rng.normal(size=len(times)))[has_y]
            parts = [(times, {"x": x}), (times[has_y], {"y": y})]
            for at, columns in parts if step % 2 else reversed(parts):
                buffer.extend(at, **columns)
                analyzer.update()
                if len(buffer.channels) == 2:
                    pairs = buffer.to_pandas("all")[["x", "y"]].dropna()
                    expected = (pairs - offset).corr().iloc[0, 1]
                    found = analyzer.statistic("correlation(y)", channel="x")
                    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_readers_beside_late_readings() -> None:
    """While late readings are put in, what others read is never torn for good."""
    buffer = ns.Buffer(late="insert", capacity=5000)
    errors: list[BaseException] = []
    stop = threading.Event()
    with ns.Analyzer(buffer, windows=["60s", "all"]) as analyzer:
        table = analyzer.stepped("1s", ["count", "mean"])

        def read() -> None:
            try:
                while not stop.is_set():
                    analyzer.update()
                    for name in ("median", "slope", "p99", "time_above(0)"):
                        analyzer.statistic(name, "all")
                    assert table.to_pandas().index.is_monotonic_increasing
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for times, values in late_batches(12, 30_000, 0.01):
                for part in np.array_split(np.arange(len(times)), 5):
                    buffer.extend(times[part], x=values[part])
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)
        assert errors == []
        assert analyzer.last_error is None
        analyzer.update()
        held = buffer.to_pandas("all")["x"].dropna()
        assert analyzer.over("all").count == len(held)
        assert analyzer.over("all").mean == pytest.approx(held.mean(), rel=1e-12)


def test_a_channel_whose_clock_is_ahead_leaves_the_others_their_windows() -> None:
    """It is told once; its windows end at its own newest reading until that is no longer ahead."""
    buffer, clock = ns.Buffer(timezone="UTC"), FakeClock(round(START * 1e9))
    buffer._store.clock = clock
    with ns.Analyzer(buffer, window="10s") as analyzer:
        buffer.extend(START - 29 + np.arange(30), good=np.arange(30.0))
        buffer.extend(START - 29 + np.arange(30) + 10_800, early=np.full(30, 7.0))
        analyzer.detect("threshold", above=25, channel="early")
        analyzer.update()
        assert (analyzer.channel("good").count, analyzer.channel("early").count) == (10, 10)
        assert analyzer.statistic("mean", channel="good") == 24.5
        assert analyzer.statistic("time_since_last", channel="early") == 0
        assert (buffer.newest_ns, analyzer.covered) == (round(START * 1e9), True)
        assert buffer.channel("early").window_rows(Window.parse("10s")) == (20, 30)
        analyzer.update()
        (event,) = buffer.events
        assert event.text.startswith("'early' is 3 h ahead of the other channels")
        clock.advance(10_800)
        analyzer.update()
        assert (analyzer.channel("good").count, analyzer.channel("early").count) == (0, 10)


def test_channels_that_are_all_ahead_share_their_windows() -> None:
    """What a program makes up for the future is no fault."""
    buffer = ns.Buffer(timezone="UTC")
    buffer._store.clock = FakeClock(round(START * 1e9) - 86_400 * 10**9)
    with ns.Analyzer(buffer, window="10s") as analyzer:
        buffer.extend(START + np.arange(30), x=np.arange(30.0))
        buffer.extend(START + np.arange(25), y=np.arange(25.0))
        analyzer.update()
        assert (analyzer.channel("x").count, analyzer.channel("y").count) == (10, 5)
        assert not buffer.events


def test_after_the_buffer_was_closed(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """The traits of a channel stay as they were; what would need its readings is NaN."""
    buffer.extend([START, START + 1], x=[1.0, 3.0])
    analyzer.update()
    view = analyzer.channel("x")
    buffer.close()
    analyzer.update()
    assert (view.count, view.mean) == (2, 2.0)
    assert np.isnan(view.median)
    assert np.isnan(analyzer.statistic("p99", channel="x"))


def test_a_window_that_a_page_chose_takes_no_memory() -> None:
    """The statistics are over what is held of it, and what Python asked for is still made room for."""
    buffer = ns.Buffer(capacity=100)
    with ns.Analyzer(buffer, window=150) as analyzer:
        analyzer.choose_window("365d")
        for start in range(0, 1000, 50):
            buffer.extend(np.arange(start, start + 50), x=np.ones(50))
        analyzer.update()
        assert analyzer.window == "365d"
        assert not analyzer.covered
        assert 150 <= len(buffer) <= 300
        assert analyzer.count == len(buffer)
        analyzer.window = 500
        buffer.extend(np.arange(1000, 1500), x=np.ones(500))
        assert len(buffer) >= 500
        with pytest.raises(ValueError, match="window"):
            analyzer.choose_window("soon")
