"""A rule that fires leaves a file with what was before it, and what came after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.alerts import Rule
from nbstream.recording import Recording, RecordingState, Snapshots
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.testing import FakeClock
from tests.recording.brought import START, BringSource, held
from tests.recording.test_faults import FullDisk
from tests.wait import wait_moving, wait_until

pytest.importorskip("pyarrow")

NS = 10**9


class Watched:
    """A source with a rule, whose readings are of now."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.source = BringSource(buffer=ns.Buffer(timezone="UTC"))
        self.analyzer = ns.Analyzer(self.source)
        self.analyzer._book._clock = self.clock
        self.rule: Rule = self.analyzer.alert("value > 2", channel="a", name="high")

    def bring(self, seconds: list[int], **values: list[float]) -> None:
        """Bring a batch, and have the rule see it."""
        self.source.bring(seconds, **values)
        self.analyzer.update()
        self.clock.advance(len(seconds))


@pytest.fixture
def watched() -> Iterator[Watched]:
    """A source with a rule."""
    made = Watched()
    yield made
    made.analyzer.close()
    made.source.close()


def seconds_in(path: Path, channel: str) -> list[int]:
    """Return the times of a channel in a file, in s since START, in their order."""
    return [
        (time - START) // NS for times, values in held(path) if channel in values for time in times
    ]


def test_the_past_and_what_follows(watched: Watched, tmp_path: Path) -> None:
    """The file has 3 s before the firing and all that came until the time was over, and no other reading."""
    snapshots = watched.source.record(
        tmp_path / "run.parquet", before="3s", after="1min", on=watched.rule
    )
    assert isinstance(snapshots, Snapshots)
    watched.bring(list(range(10)), a=[0.0] * 9 + [5.0], b=[1.0] * 10)
    wait_until(lambda: snapshots.counters().written >= 6)
    watched.bring([10, 11], a=[0.0, 0.0], b=[1.0, 1.0])
    wait_until(lambda: snapshots.counters().written >= 10)
    snapshots.stop()
    assert snapshots.state is RecordingState.FINISHED
    assert [path.name for path in snapshots.paths] == ["run-0001.parquet"]
    for channel in ("a", "b"):
        assert seconds_in(snapshots.paths[0], channel) == [6, 7, 8, 9, 10, 11]


def test_each_firing_is_a_file(watched: Watched, tmp_path: Path) -> None:
    """Without `after` a file is whole at once; a later firing makes the next; none overwrites another."""
    (tmp_path / "run-0001.parquet").write_bytes(b"mine")
    with watched.source.record(tmp_path / "run.parquet", before=2, on=watched.rule) as snapshots:
        watched.bring([0, 1, 2], a=[0.0, 0.0, 5.0])
        wait_until(lambda: len(snapshots.paths) == 1)
        watched.bring([3, 4, 5], a=[0.0, 0.0, 6.0])
        wait_until(lambda: len(snapshots.paths) == 2)
    assert [path.name for path in snapshots.paths] == ["run-0002.parquet", "run-0003.parquet"]
    assert seconds_in(snapshots.paths[1], "a") == [3, 4, 5]
    assert (tmp_path / "run-0001.parquet").read_bytes() == b"mine"


def test_a_firing_within_after_makes_the_file_longer(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file from before the first firing to `after` the last one, every reading once."""
    # As long as a slow disk may take: `after` is not over by it.
    monkeypatch.setattr("nbstream.recording.snapshots.LOOK_INTERVAL", 0.001)
    clock = FakeClock()
    path = tmp_path / "run.parquet"
    snapshots = Snapshots(watched.source, path, on=watched.rule, before=2, after=30, clock=clock)

    def wait_written(n: int) -> None:
        """Wait until so many readings are written, and each firing was noticed."""
        newest = max(incident.number for incident in watched.analyzer.alerts.incidents)
        wait_moving(
            clock,
            lambda: snapshots.counters().written == n and snapshots._known == newest,
            step=0.001,
        )

    watched.bring([0, 1, 2], a=[0.0, 0.0, 5.0])
    wait_written(3)
    clock.advance(20)
    watched.bring([3, 4], a=[0.0, 6.0])
    wait_written(5)
    clock.advance(20)
    watched.bring([5], a=[0.0])
    wait_written(6)
    assert snapshots.paths == ()
    wait_moving(clock, lambda: len(snapshots.paths) == 1)
    watched.bring([6], a=[0.0])
    snapshots.stop()
    assert len(snapshots.paths) == 1
    assert seconds_in(snapshots.paths[0], "a") == [0, 1, 2, 3, 4, 5]


def test_a_past_that_is_gone_is_told(watched: Watched, tmp_path: Path) -> None:
    """Where the buffer could not hold `before`, the file says that readings are missing, and the feed too."""
    buffer = ns.Buffer(capacity=1024, max_bytes=16 * 1024, timezone="UTC")
    with BringSource(buffer=buffer) as source, ns.Analyzer(source, 10) as analyzer:
        rule = analyzer.alert("value > 2", channel="a", name="high")
        with source.record(tmp_path / "run.parquet", before="1h", on=rule) as snapshots:
            source.bring(list(range(1500)), a=[0.0] * 1499 + [5.0])
            analyzer.update()
            wait_until(lambda: len(snapshots.paths) == 1)
        assert len(seconds_in(snapshots.paths[0], "a")) == 1024
        file = ParquetRecording(snapshots.paths[0])
        file.close()
        (gap,) = file.description.gaps
        assert "no longer held" in gap["why"]
        told = [event.text for event in buffer.events if "no longer held" in event.text]
        assert len(told) == 1, list(buffer.events)


def test_readings_that_leave_the_buffer_before_they_are_written_are_counted(
    tmp_path: Path,
) -> None:
    """Of a buffer that turns over between two looks: what is missing is dropped, and a gap in the file."""
    buffer = ns.Buffer(capacity=1024, timezone="UTC")
    clock = FakeClock()
    recording = Recording(buffer, tmp_path / "run.parquet", clock=clock)
    buffer.extend([START / NS + i for i in range(3000)], a=[0.0] * 3000)
    recording.stop()
    counters = recording.counters()
    assert counters[:4] == (3000, 1024, 1976, 1)
    file = ParquetRecording(recording.path)
    file.close()
    assert [gap["readings"] for gap in file.description.gaps] == [1976]


def test_two_rules_that_fire_together_make_two_files(watched: Watched, tmp_path: Path) -> None:
    """Of one name they take turns in its numbers; neither is lost."""
    other = watched.analyzer.alert("value > 1", channel="a", name="higher")
    both = [
        watched.source.record(tmp_path / "run.parquet", before=5, on=rule)
        for rule in (watched.rule, other)
    ]
    for round_number in range(1, 6):
        second = 10 * round_number
        watched.bring([second, second + 1, second + 2], a=[0.0, 5.0, 0.0])
        wait_until(lambda n=round_number: all(len(one.paths) == n for one in both))
    for one in both:
        one.stop()
        assert one.state is RecordingState.FINISHED
    paths = [path for one in both for path in one.paths]
    assert sorted(path.name for path in paths) == [f"run-{n:04d}.parquet" for n in range(1, 11)]


def test_a_snapshot_that_finds_the_disk_full_is_told_and_the_next_is_tried(
    watched: Watched, tmp_path: Path
) -> None:
    """What was written of it stays as parts; the source goes on, and a disk that has room again has it."""
    disk = FullDisk(2_000)
    path = tmp_path / "run.parquet"
    snapshots = Snapshots(watched.source, path, on=watched.rule, before=100, disk=disk)
    watched.bring(list(range(10)), a=[0.0] * 9 + [5.0], **{f"x{i}": [0.1] * 10 for i in range(40)})
    wait_until(lambda: snapshots.last_error is not None)
    told = [event.text for event in watched.source.buffer.events if "no space left" in event.text]
    assert len(told) == 1
    assert "no space left" in snapshots.status.lower()
    assert snapshots.counters().dropped > 0
    assert watched.source.counters().accepted == 10
    disk.n_free = 10**9
    watched.bring([200, 201, 202], a=[0.0, 5.0, 0.0])
    wait_until(lambda: len(snapshots.paths) == 1)
    assert snapshots.last_error is None
    assert seconds_in(snapshots.paths[0], "a") == [200, 201, 202]
    snapshots.stop()
    assert snapshots.state is RecordingState.FINISHED


def test_a_replay_of_the_past_has_its_pace(watched: Watched, tmp_path: Path) -> None:
    """Nobody knows when the past came, so it comes again at the readings' own times."""
    with watched.source.record(tmp_path / "run.parquet", before=20, on=watched.rule) as snapshots:
        watched.bring(list(range(5)), a=[0.0] * 4 + [5.0])
        wait_until(lambda: len(snapshots.paths) == 1)
    clock = FakeClock()
    with ns.replay(snapshots.paths[0], clock=clock) as replay:
        wait_until(lambda: replay.counters().accepted == 1)
        clock.advance(0.9)
        assert replay.counters().accepted == 1
        wait_moving(clock, lambda: replay.counters().accepted == 2)


def test_what_has_no_rule_is_refused(watched: Watched, tmp_path: Path) -> None:
    """`before` without a rule, and a rule that is none, are named."""
    with pytest.raises(ValueError, match="on=rule"):
        watched.source.record(tmp_path / "run.parquet", before="5min")
    with pytest.raises(TypeError, match="'on' must be a rule"):
        watched.source.record(tmp_path / "run.parquet", on="high")
    with pytest.raises(ValueError, match="max_age"):
        watched.source.record(tmp_path / "run.parquet", on=watched.rule, max_age=5)


def test_a_dashboard_records_its_rules(watched: Watched, tmp_path: Path) -> None:
    """`dashboard.record` notes rules and incidents; of a bare buffer it records the rows."""
    dashboard = ns.Dashboard(watched.analyzer)
    with dashboard.record(tmp_path / "run.parquet") as recording:
        watched.bring([1, 2], a=[5.0, 0.0])
    dashboard.close()
    file = ParquetRecording(recording.path)
    file.close()
    assert [rule["name"] for rule in file.description.rules] == ["high"]
    assert any(event["kind"] == "incident" for event in file.description.events)
    buffer = ns.Buffer(timezone="UTC")
    buffer.append(START / NS, x=1.0)
    dashboard = ns.Dashboard(buffer)
    with dashboard.record(tmp_path / "rows.parquet") as recording:
        buffer.append(START / NS + 1, x=2.0)
        buffer.append(START / NS + 2, x=3.0)
    dashboard.close()
    assert seconds_in(recording.path, "x") == [1, 2]
