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
