"""A replay brings what was recorded, with its pauses, and rules find in it what they found then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.recording import Recording, Replay
from nbstream.testing import FakeClock
from tests.recording.brought import START, BringSource, Brought, expected, flush, held, plain
from tests.wait import wait_moving, wait_until

pytest.importorskip("pyarrow")

NS = 10**9
FILES = Path(__file__).parent / "files"

CAME: Brought = [
    ([0, 1], {"a": [0.0, 1.0], "b": [5.0, 6.0]}),
    ([2, 3], {"a": [2.0, 3.0], "b": [7.0, 8.0]}),
    ([4], {"c": [9.0]}),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording of `CAME`, 10 s between two batches."""
    clock = FakeClock()
    file = tmp_path / "run.parquet"
    with BringSource(clock=clock) as source:
        recording = Recording(source, file, clock=clock)
        for seconds, values in CAME:
            source.bring(seconds, **values)
            clock.advance(10)
        recording.stop()
    return file


def replaying(path: Any, **options: Any) -> tuple[Replay, list[Any]]:
    """Return a replay, not started, and the batches that it will have brought."""
    source = ns.replay(path, **options)
    seen: list[Any] = []
    source._add_tap(lambda batch: seen.append(plain(batch)))
    return source, seen


def ended(source: Replay) -> None:
    """Wait until a replay has ended."""
    wait_until(lambda: not source.is_running, 10)
    assert source.state is ns.SourceState.ENDED, source.status


def test_batches_come_as_they_came(path: Path) -> None:
    """As fast as possible, batch by batch; started again it begins anew."""
    source, seen = replaying(path, speed=None)
    with source:
        ended(source)
        assert seen == expected(CAME)
        source.start()
        ended(source)
        assert seen == 2 * expected(CAME)


def test_pauses_are_those_of_the_arrivals(path: Path) -> None:
    """At speed 10 the batches come one second apart that came ten apart."""
    clock = FakeClock()
    source, seen = replaying(path, speed=10, clock=clock)
    with source:
        wait_until(lambda: len(seen) == 1)
        clock.advance(0.9)
        assert len(seen) == 1
        wait_moving(clock, lambda: len(seen) == 2)
        source.speed = None
        ended(source)
    assert seen == expected(CAME)


def test_pause_step_and_resume(path: Path) -> None:
    """Paused nothing comes; a step is one reading or one batch; then it goes on."""
    source, seen = replaying(path, speed=None)
    with source:
        ended(source)
        seen.clear()
        source.step()
        assert seen == expected([([0], {"a": [0.0], "b": [5.0]})])
        source.step("batch", 2)
        assert seen[1:] == expected([([1], {"a": [1.0], "b": [6.0]}), CAME[1]])
        assert source.is_paused
        assert source.status == "paused"
        assert source.position is not None
        assert source.position["n_played"] == 2
        source.resume()
        ended(source)
        assert seen[3:] == expected(CAME[2:])


def test_a_position_goes_on_in_another_kernel(path: Path) -> None:
    """What `position` said after a stop within a batch is where an equal source begins."""
    source, seen = replaying(path, speed=None)
    source.pause()
    with source:
        source.step()
        source.stop()
        position = json.loads(json.dumps(source.position))
    n = sum(len(batch[0]) for batch in seen)
    other, rest = replaying(path, speed=None)
    try:
        with pytest.raises(ValueError, match="no position"):
            other.start(position={"offset": 1})
        other.start(position=position)
        ended(other)
    finally:
        other.close()
    times = [time for batch in (*seen, *rest) for time in batch[0]]
    assert times == [time for batch in expected(CAME) for time in batch[0]]
    assert n < 5


def test_seek(path: Path) -> None:
    """It goes on with the first reading from a time on, or from a duration after the first."""
    source, seen = replaying(path, speed=None)
    source.pause()
    with source:
        source.seek("3s")
        source.step("batch")
        assert seen == expected([([3], {"a": [3.0], "b": [8.0]})])
        source.seek(START / NS + 1)
        source.step()
        assert seen[1:] == expected([([1], {"a": [1.0], "b": [6.0]})])


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"start": "1s"}, [1, 2, 3, 4]),
        ({"stop": "2s"}, [0, 1]),
        ({"start": START / NS + 1, "duration": "2s"}, [1, 2]),
        ({"duration": 3}, [0, 1, 2]),
    ],
)
def test_a_part_of_it(path: Path, options: dict[str, Any], seconds: list[int]) -> None:
    """`start`, `stop` and `duration` leave out the rest."""
    source, seen = replaying(path, speed=None, **options)
    with source:
        ended(source)
    times = [time for batch in seen for time in batch[0]]
    assert times == [START + second * NS for second in seconds]


def test_a_loop_goes_on_in_time(path: Path) -> None:
    """Each round's times follow those of the round before, so that no reading is late."""
    source, seen = replaying(path, speed=None, loop=True)
    with source:
        wait_until(lambda: len(seen) >= 9)
        source.stop()
    times = [time for batch in seen for time in batch[0]]
    assert times == sorted(times)
    assert source.counters().late == 0


def test_the_pace_of_the_readings_own_times(path: Path) -> None:
    """With pace="time" what came in one batch is played at the times of its readings."""
    clock = FakeClock()
    source, seen = replaying(path, pace="time", clock=clock)
    with source:
        wait_until(lambda: len(seen) == 1)
        clock.advance(0.9)
        assert len(seen) == 1
        wait_moving(clock, lambda: len(seen) == 2)
        wait_moving(clock, lambda: not source.is_running)
        ended(source)
    assert [batch[0] for batch in seen] == [[START + second * NS] for second in range(5)]


def test_words_have_the_codes_of_the_buffer(tmp_path: Path) -> None:
    """Into a buffer that has other words already, each reading comes as its own word."""
    file = tmp_path / "run.parquet"
    with BringSource() as source, source.record(file):
        codes = source.buffer._store.labels_for("state")
        assert codes is not None
        source.bring([1, 2, 3], state=[codes.code("RUN"), codes.code("IDLE"), float("nan")])
    buffer = ns.Buffer(timezone="UTC")
    buffer.append(START / NS, state="OFF")
    with ns.replay(file, speed=None, buffer=buffer) as source:
        ended(source)
        assert buffer.to_pandas()["state"].dropna().tolist() == ["OFF", "RUN", "IDLE"]


@pytest.mark.parametrize("bound", [{"max_age": "5s"}, {"max_bytes": 1}], ids=["age", "size"])
def test_files_that_follow_each_other_are_one_replay(tmp_path: Path, bound: dict[str, Any]) -> None:
    """The files of a recording that rotates keep their pace, by the name that it was given."""
    clock = FakeClock()
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", **bound, clock=clock)
        for seconds, values in CAME:
            source.bring(seconds, **values)
            n = len(recording.paths)
            clock.advance(10)
            flush(recording)
            wait_until(lambda n=n: len(recording.paths) > n)
        recording.stop()
    for name in ("run.parquet", "run-*.parquet"):
        clock = FakeClock()
        source, seen = replaying(tmp_path / name, clock=clock)
        with source:
            wait_until(lambda seen=seen: len(seen) == 1)
            clock.advance(9)
            assert len(seen) == 1
            wait_moving(clock, lambda seen=seen: len(seen) == 2)  # type: ignore[misc]
            source.speed = None
            ended(source)
        assert seen == expected(CAME)


def test_what_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    """A name without a recording, a file that is none and wrong options raise where they are given."""
    with pytest.raises(FileNotFoundError, match="no recording"):
        ns.replay(tmp_path / "run.parquet")
    (tmp_path / "text.parquet").write_text("no")
    with pytest.raises(ns.ParseError, match="no Parquet file"):
        ns.replay(tmp_path / "text.parquet")
    with pytest.raises(ValueError, match="'speed' must be"):
        ns.replay(tmp_path / "run.parquet", speed=0)


@pytest.mark.parametrize("file", sorted(FILES.iterdir()), ids=lambda file: file.name)
def test_files_of_every_format_are_read(file: Path) -> None:
    """What earlier versions wrote, each in the form that it had, is played as it was brought."""
    assert held(file) == expected(CAME)


RULES: list[dict[str, Any]] = [
    {"condition": "value > 2"},
    {"condition": "value > 2", "clear": "value < 0", "for_": 2},
    {"condition": 'mean("8s") > 1', "keep_firing_for": 5},
    {"condition": "stale"},
    {"condition": "value > 2 or stale"},
    {"condition": "value > 3", "no_data": "alert", "no_data_after": 10},
]


def history(seed: int, has_jump: bool) -> list[tuple[float, list[int], list[float]]]:
    """Return seconds that pass, and a batch: with gaps, late rows, a clock that goes back, and silence."""
    rng = np.random.default_rng(seed)
    second, found = 0, []
    for step in range(60):
        passed = int(rng.choice([1, 1, 1, 1, 2, 5, 40]))
        second += passed
        if step == 30 and has_jump:
            second -= 500  # the clock of the device is set back
        n = int(rng.integers(1, 4))
        times = [second + i - n + 1 for i in range(n)]
        if rng.random() < 0.2:
            times[0] -= 7
        values = rng.choice([-1.0, 1.0, 3.0, 4.0, float("nan")], n)
        found.append((passed, times, values.tolist()))
    return found


def incidents(analyzer: ns.Analyzer) -> list[Any]:
    """Return what can be compared of the incidents of an analyzer."""
    found = [
        (i.rule, i.channel, i.kind, i.breached_ns, i.fired_ns, i.resolved_ns, i.reason)
        for i in analyzer.alerts.incidents
    ]
    return sorted(found, key=repr)


class Timeless(ns.Analyzer):
    """An analyzer for which time goes on when a test lets it, and not by this machine's clock."""

    def _let_time_go_on(self, now: float) -> None:
        return


def watched(analyzer: ns.Analyzer, clock: FakeClock) -> None:
    """Give an analyzer all rules, and a clock that is moved by hand."""
    analyzer._book._clock = clock
    for number, rule in enumerate(RULES):
        analyzer.alert(**rule, name=f"rule {number}")


@pytest.mark.parametrize("has_jump", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_rules_find_in_a_replay_what_they_found_live(
    tmp_path: Path, seed: int, has_jump: bool
) -> None:
    """Gaps, late rows, silence, a clock that is set back: the same incidents with the same words."""
    clock = FakeClock(START)
    file = tmp_path / "run.parquet"
    with BringSource(clock=clock, buffer=ns.Buffer(timezone="UTC")) as source:
        analyzer = Timeless(source)
        watched(analyzer, clock)
        recording = Recording(source, file, analyzer=analyzer, clock=clock)
        for passed, times, values in history(seed, has_jump):
            for _ in range(passed):
                analyzer._book.tick()
                clock.advance(1)
            source.bring(times, x=values)
            analyzer.update()
        live, counters = incidents(analyzer), source.counters()
        analyzer.close()
        recording.stop()
    assert live
    assert counters.late
    replay = ns.replay(file, speed=None, buffer=ns.Buffer(timezone="UTC"))
    analyzer = Timeless(replay)
    watched(analyzer, FakeClock(START))
    with replay:
        ended(replay)
        analyzer.update()
        assert incidents(analyzer) == live
        assert replay.counters()[:5] == counters[:5]
        analyzer.close()
