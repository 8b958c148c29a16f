"""Sources that are made of sources: what comes out, what is counted, and who starts and stops whom."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.sources.transforms.resample import MOST_HELD, STATISTICS, Resample
from tests.wait import wait_until

START = 1_782_907_200
WEATHER = [
    {"time": START + i, "temp": 20.0 + i, "hum": 50 - i, "mode": "RUN" if i < 3 else "IDLE"}
    for i in range(6)
]


def run(make: Callable[[ns.Source], ns.Source], items: Any = WEATHER) -> ns.Source:
    """Return a chain after all items went through it; whoever called closes nothing, for it has ended."""
    chain = make(ns.IterableSource(list(items), timezone="UTC")).start()
    wait_until(lambda: chain.state in (ns.SourceState.ENDED, ns.SourceState.FAILED))
    wait_until(lambda: not chain.is_running)
    return chain


def columns(source: ns.Source) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def test_a_chain_computes_chooses_and_renames() -> None:
    """Each step is a source, and takes what the one before gives."""
    chain = run(
        lambda s: (
            s.derive(index="temp + hum / 10", half="temp / 2")
            .where("temp > 21 and temp < 25")
            .select("temp", "index")
            .rename(temp="temperature")
        )
    )
    assert columns(chain) == {"temperature": [22.0, 23.0, 24.0], "index": [26.8, 27.7, 28.6]}
    assert chain.counters().accepted == 3
    assert "3 readings left out where not temp > 21 and temp < 25" in chain.notes
    assert isinstance(chain, ns.Source)


def test_a_function_takes_readings_and_returns_any_form() -> None:
    """A reading keeps its time; None is none, and an error costs the reading and is told."""

    def change(reading: dict[str, Any]) -> Any:
        if reading["temp"] == 21:
            return None
        return {"kelvin": reading["temp"] + 273.15, "bad": 1 / (reading["temp"] - 23)}

    chain = run(lambda s: s.map(change))
    assert columns(chain)["kelvin"] == pytest.approx([293.15, 295.15, 297.15, 298.15])
    assert chain.buffer.newest_ns == (START + 5) * 10**9
    counters = chain.counters()
    assert (counters.received, counters.accepted, counters.rejected) == (5, 4, 1)
    assert "cannot be read: change raised ZeroDivisionError: float division by zero" in chain.notes
    assert "1 readings left out by the function" in chain.notes


def test_what_the_first_source_says_is_said_by_the_chain() -> None:
    """Rejected readings, notes, errors and events of the first are those of the last."""

    def items() -> Iterator[Any]:
        yield {"temp": 1.0}
        yield object()
        yield {"temp": 2.0}
        raise OSError(5, "Input/output error")

    source = ns.IterableSource(items())
    chain = source.derive(twice="temp * 2").where("twice > 0").start()
    wait_until(lambda: chain.state is ns.SourceState.FAILED)
    assert chain.status == source.status == "failed: input/output error"
    assert chain.last_error is source.last_error
    assert set(source.notes) <= set(chain.notes)
    counters = chain.counters()
    assert (counters.received, counters.accepted, counters.rejected) == (3, 2, 1)
    assert any("input/output error" in event.text for event in chain.buffer.events)
    chain.close()
    source.close()


def test_channels_that_come_apart_are_computed_with_the_last_values() -> None:
    """A formula and a condition know what came before, in other batches."""
    items = [{"a": 1}, {"b": 10}, {"a": 2}, {"c": 0}, {"b": 20}]
    with ns.CallableSource(iter(items).__next__, interval=0.001).derive(total="a + b") as chain:
        wait_until(lambda: chain.state is ns.SourceState.ENDED)
        assert columns(chain)["total"] == [11.0, 12.0, 22.0]
        assert columns(chain)["a"] == [1.0, 2.0]


def test_words_and_units_go_through(tmp_path: Path) -> None:
    """A channel of words is one behind a transform too, and conditions may ask for its words."""
    path = tmp_path / "x.csv"
    rows = (f"{START + i},{20 + i},{'RUN' if i < 3 else 'IDLE'}\n" for i in range(6))
    path.write_text("time,temp,mode\n" + "".join(rows))
    source = ns.CsvSource(path, states=["mode"], units={"temp": "°C"})
    with source.where("mode == 'IDLE'").rename(mode="state", temp="t") as chain:
        wait_until(lambda: chain.counters().accepted == 3)
        assert columns(chain)["t"] == [23.0, 24.0, 25.0]
        assert chain.buffer.latest()["state"][1] == "IDLE"
        assert chain.buffer.units["t"] == "°C"
        seen: list[Any] = []
        with ns.CsvSource(path, states=["mode"]).map(lambda r: seen.append(r["mode"])) as other:
            wait_until(lambda: len(seen) == 6)
        assert seen == ["RUN"] * 3 + ["IDLE"] * 3
        assert not other.is_running
    source.close()


def test_the_position_is_that_of_the_first(tmp_path: Path) -> None:
    """A chain of a file starts where an earlier one stopped."""
    path = tmp_path / "x.csv"
    path.write_text("time,x\n" + "".join(f"{START + i},{i}\n" for i in range(5)))
    with ns.CsvSource(path, poll_interval=0.01).where("x >= 0") as chain:
        wait_until(lambda: chain.counters().accepted == 5 and chain.position)
        position = chain.position
    with path.open("a") as file:
        file.write(f"{START + 5},5\n")
    with ns.CsvSource(path, poll_interval=0.01).where("x >= 0").start(position) as chain:
        wait_until(lambda: columns(chain) == {"x": [5.0]})


def test_merged_files_go_on_where_each_was_left(tmp_path: Path) -> None:
    """A position for each source, None for one that has none."""

    def make() -> ns.Source:
        files = (ns.CsvSource(tmp_path / f"{n}*.csv", name=n, poll_interval=0.01) for n in "ab")
        return ns.merge(*files, ns.RandomSource(interval=0.01))

    for i, name in enumerate("ab"):
        (tmp_path / f"{name}1.csv").write_text(f"time,{name}\n{START + i},{i}\n")
    with make() as merged:
        wait_until(lambda: merged.position and all(merged.position[:2]))
        wait_until(lambda: merged.counters().accepted >= 3)
        position = json.loads(json.dumps(merged.position))
    assert position[2] is None
    with (tmp_path / "b1.csv").open("a") as file:
        file.write(f"{START + 9},9\n")
    with make().start(position) as merged:
        wait_until(lambda: "b" in merged.buffer.channels)
        assert columns(merged)["b"] == [9.0]
        assert "a" not in merged.buffer.channels


@pytest.mark.parametrize("position", [[1, 2, 3], {"x": 1}, "ab", [None, 5], 7])
def test_a_position_that_is_none_starts_nothing(position: Any) -> None:
    """Also where the first of the sources could have begun."""
    merged = ns.merge(ns.IterableSource(itertools.count()), ns.RandomSource(interval=0.01))
    with pytest.raises(ValueError, match=r"'position' must be a list of 2|no position to begin at"):
        merged.start(position)
    assert not merged.is_running
    assert merged.status == "not started"
    assert merged.start().is_running
    merged.close()


def test_a_position_for_a_source_that_runs_is_refused(tmp_path: Path) -> None:
    """It would be passed over in silence."""
    (tmp_path / "x.csv").write_text(f"time,x\n{START},1\n")
    with ns.CsvSource(tmp_path / "x.csv", poll_interval=0.01) as source:
        wait_until(lambda: source.position)
        chain = source.where("x > 0")
        with pytest.raises(ValueError, match="is running"):
            chain.start(source.position)
        assert source.is_running
        chain.close()


@pytest.mark.parametrize("is_nested", [False, True])
def test_nothing_is_started_while_another_source_cannot_begin_at_its_position(
    is_nested: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first could; but a second one runs already, by itself or below another."""
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"time,{name}\n{START},1\n")
    a, b = (ns.CsvSource(tmp_path / f"{name}.csv", poll_interval=0.01) for name in "ab")
    with a, b:
        wait_until(lambda: a.position and b.position)
        positions = [a.position, b.position]
        a.stop()
        began: list[object] = []
        monkeypatch.setattr(a, "start", began.append)
        merged = ns.merge(a, b.where("b > 0") if is_nested else b)
        with pytest.raises(ValueError, match="is running"):
            merged.start(positions)
        assert not began
        assert merged.status == "not started"
        assert b.is_running
        merged.close()


def test_a_chain_starts_and_stops_what_it_started() -> None:
    """A source that ran before goes on when a chain of it is stopped, and feeds others."""
    with ns.RandomSource(interval=0.001) as source:
        first, second = source.where("value > 0"), source.rename(value="x")
        for chain in (first, second):
            chain.start()
            wait_until(lambda c=chain: c.counters().accepted > 3)  # type: ignore[misc]
        first.close()
        assert first.state is ns.SourceState.STOPPED
        n = second.counters().accepted
        wait_until(lambda: second.counters().accepted > n)
        assert source.is_running
        second.close()
    source = ns.RandomSource(interval=0.001)
    chain = source.rename(value="x").start()
    assert source.is_running
    for _ in range(2):
        chain.stop()
        assert not source.is_running
        assert chain.state is ns.SourceState.STOPPED
        n = chain.counters().accepted
        chain.start()
        wait_until(lambda n=n: chain.counters().accepted > n)  # type: ignore[misc]
    chain.close()
    with pytest.raises(ns.ClosedError):
        chain.start()
    source.close()


def test_a_chart_an_analyzer_and_watch_take_a_chain() -> None:
    """It is a source like any other."""
    chain = ns.RandomSource(interval=0.001, seed=1).derive(twice="value * 2")
    with ns.Analyzer(chain.start()) as analyzer:
        wait_until(lambda: analyzer.channel("twice").count > 5)
    chain.close()


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("seed", range(3))
def test_resampling_is_what_pandas_says(statistic: str, seed: int) -> None:
    """However the readings are cut into batches, with gaps, missing readings and equal times."""
    rng = np.random.default_rng(seed)
    n = 500
    times = START * 10**9 + np.cumsum(rng.choice([0, 10**8, 10**9, 7 * 10**9], n))
    values = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))
    buffer = ns.Buffer(timezone="UTC")
    step = Resample("2s", statistic)
    cuts = [0, *np.sort(rng.integers(0, n, 20)), n]
    for low, high in itertools.pairwise(cuts):
        for batch in step.apply(Batch(times[low:high], {"x": values[low:high]})):
            buffer.extend_batch(batch)
    for batch in step.finish():
        buffer.extend_batch(batch)
    raw = ns.Buffer(timezone="UTC")
    raw.extend_batch(Batch(times, {"x": values}))
    known = raw.to_pandas()["x"].dropna()
    expected = getattr(known.resample("2s"), statistic)()[known.resample("2s").count() > 0]
    found = buffer.to_pandas()["x"]
    assert (found.index == expected.index).all()
    assert np.allclose(found, expected, equal_nan=True)
    assert step.n_dropped == 0


def test_the_last_step_comes_when_the_source_has_ended() -> None:
    """Nothing stays behind, through further transforms too; what is late is dropped and told."""
    items = [{"time": START + t, "x": t} for t in (0, 1, 2, 3, 10, 1, 11)]
    chain = run(lambda s: s.resample("5s", "sum").rename(x="y"), items)
    assert columns(chain) == {"y": [6.0, 21.0]}
    with ns.CallableSource(iter(items).__next__, interval=0.001).resample(5) as chain:
        wait_until(lambda: chain.state is ns.SourceState.ENDED)
        wait_until(lambda: columns(chain) == {"x": [1.5, 10.5]})
        assert chain.counters().dropped == 1
        assert "readings of a step that is over" in chain.notes


def resampled(step: Resample, times: Sequence[float], size: int, **columns: float) -> list[Any]:
    """Return the steps that readings of so many to a batch make: seconds since START, and values."""
    found = []
    for low in range(0, len(times), size):
        ns = (np.array(times[low : low + size]) * 10**9).astype(np.int64) + START * 10**9
        values = {name: np.full(len(ns), value) for name, value in columns.items()}
        for batch in step.apply(Batch(ns, values)):
            starts = (batch.times // 10**9 - START).tolist()
            found += zip(starts, next(iter(batch.values.values())).tolist(), strict=True)
    return found


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_steps_begin_anew_when_the_clock_was_set_back(size: int) -> None:
    """What comes after is not lost for as long as the clock was ahead; stragglers are still dropped."""
    step = Resample("10s", "count")
    times = [*range(3600, 3645), 3620, *range(3645, 3650), *range(100, 150)]
    found = resampled(step, times, size, x=1.0)
    found += [(int(b.times[0]) // 10**9 - START, b.values["x"][0]) for b in step.finish()]
    first = [(start, 10) for start in range(3600, 3650, 10)]
    assert found == first + [(start, 10) for start in range(100, 150, 10)]
    assert step.n_dropped == 1


@pytest.mark.parametrize("size", [1, 50])
def test_channels_whose_clock_is_behind_do_not_set_that_of_others_back(size: int) -> None:
    """Of merged sources each may have its own; a step of one that is not over stays whole."""
    step = Resample("10s", "count")
    resampled(step, [3600, 3601], 1, x=1.0)
    assert resampled(step, range(100, 150), size, y=1.0) == []
    assert resampled(step, [3602, 3610], 1, x=1.0) == [(3600, 3)]
    assert step.n_dropped == 50


def test_late_readings_that_are_held_stay_few() -> None:
    """Though nothing comes on time that would decide what they are."""
    step = Resample("10s", "count")
    resampled(step, [3600], 1, x=1.0)
    resampled(step, range(1500), 1, y=1.0)
    assert step.n_dropped == 1500 - MOST_HELD


def test_merged_sources_keep_their_channels_apart() -> None:
    """A name that two have gets its source's before it; states, notes and counters are those of both."""
    first = ns.CallableSource(lambda: 1.0, interval=0.001, name="pump")
    second = ns.CallableSource(lambda: {"value": 2.0, "x": 3.0}, interval=0.001, name="fan")
    with ns.merge(first, second) as both:
        wait_until(lambda: len(both.buffer.channels) == 3)
        names = set(both.buffer.channels)
        assert names in ({"value", "fan.value", "x"}, {"value", "pump.value", "x"})
        assert any("is 'fan.value' here" in n or "is 'pump.value' here" in n for n in both.notes)
        assert both.name == "pump + fan"
        assert both.state is ns.SourceState.RUNNING
        second.stop()
        assert both.is_running
    assert not first.is_running
    for source in (first, second):
        source.close()


def test_a_part_of_a_merged_source_that_fails_is_seen() -> None:
    """The worst state counts, and its status says whose it is."""
    good = ns.CallableSource(lambda: 1.0, interval=0.001, name="good")
    bad = ns.CallableSource(lambda: 1 / 0, interval=0.001, name="bad")
    with ns.merge(good, bad) as both:
        wait_until(lambda: both.state is ns.SourceState.RECONNECTING)
        assert both.status.startswith("bad: bad" if "bad: bad" in both.status else "bad: ")
        assert isinstance(both.last_error, ns.CallbackError)
        wait_until(lambda: both.counters().accepted > 3 and both.counters().rejected)
    good.close()
    bad.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: s.rename({}), "Name at least one channel"),
        (lambda s: s.rename(a="x", b="x"), "Two channels cannot have one name"),
        (lambda s: s.select(), "Name at least one channel"),
        (lambda s: s.where("a > "), "Condition 'a > '"),
        (lambda s: s.where("zscore > 3"), "'zscore' is known in rules only"),
        (lambda s: s.derive(x="a > 3"), "where it should end"),
        (lambda s: s.derive(x="__import__('os')"), "is no function"),
        (lambda s: s.derive(x="mean + 1"), r"write channel\('mean'\)"),
        (lambda s: s.derive(x="a + b)"), "where it should end"),
        (lambda s: s.derive(x=""), "is empty"),
        (lambda s: s.resample("0s"), "'step' must be > 0"),
        (lambda s: s.resample("1s", "mode"), "'statistic' must be one of 'mean'"),
        (lambda s: ns.merge(s, s), "given twice"),
    ],
)
def test_what_cannot_be_is_refused_at_once(make: Any, message: str) -> None:
    """Before anything is started, with what to do."""
    source = ns.RandomSource()
    with pytest.raises(ValueError, match=message):
        make(source)
    source.close()


def test_what_is_no_function_or_source_is_refused() -> None:
    """With the type that was given."""
    source: Any = ns.RandomSource()
    for make in (lambda: source.map(3), lambda: source.select(3), lambda: source.derive(x=3)):
        with pytest.raises(TypeError):
            make()
    with pytest.raises(TypeError, match="merge needs sources"):
        ns.merge(source, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="merge needs sources"):
        ns.merge()
    source.close()
