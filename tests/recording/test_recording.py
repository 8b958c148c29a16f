"""A recording holds what its source brought, while it runs and afterwards."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.recording import Recording, RecordingState
from nbstream.recording.backlog import Backlog
from nbstream.recording.files import AppendedFile, Disk
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.recording.read_parts import Parts
from nbstream.runtime.turns import Life
from nbstream.testing import FakeClock
from tests.recording.brought import (
    START,
    BringSource,
    Brought,
    batch_of,
    brought,
    expected,
    flush,
    held,
)  # fmt: skip
from tests.wait import wait_until

pytest.importorskip("pyarrow")


def test_a_file_holds_batches_as_they_came(tmp_path: Path) -> None:
    """Times, values, missing readings and the borders of batches are those of the source."""
    came: Brought = [
        ([1, 2], {"a": [1.0, float("nan")], "b": [3.0, 4.0]}),
        ([2], {"c": [5.0]}),
        ([0], {"a": [6.0], "b": [7.0]}),
    ]
    with BringSource() as source:
        recording = source.record(tmp_path / "run.parquet")
        for seconds, values in came:
            source.bring(seconds, **values)
        recording.stop()
    assert held(tmp_path / "run.parquet") == expected(came)
    assert [path.name for path in tmp_path.iterdir()] == ["run.parquet"]
    assert recording.state is RecordingState.FINISHED
    counters = recording.counters()
    assert (counters.received, counters.written, counters.dropped) == (7, 7, 0)


@settings(max_examples=60, deadline=None)
@given(brought())
def test_any_batches_come_back(tmp_path_factory: pytest.TempPathFactory, came: Brought) -> None:
    """Whatever channels come together or alone, in any order of time: the file has them so."""
    folder = tmp_path_factory.mktemp("any")
    with BringSource() as source, source.record(folder / "run.parquet"):
        for seconds, values in came:
            source.bring(seconds, **values)
    assert held(folder / "run.parquet") == expected(came)


@settings(max_examples=25, deadline=None)
@given(brought(), st.integers(1, 7))
def test_batches_longer_than_those_of_a_part_come_back(
    tmp_path_factory: pytest.TempPathFactory, came: Brought, n_rows: int
) -> None:
    """A large batch is cut in the parts, wherever; the parts and the file give it back as one."""
    folder = tmp_path_factory.mktemp("long")
    with pytest.MonkeyPatch.context() as patch, BringSource() as source:
        patch.setattr("nbstream.recording.parts.MAX_ROWS", n_rows)
        recording = source.record(folder / "run.parquet")
        as_csv = source.record(folder / "run.csv")
        for seconds, values in came:
            source.bring(seconds, **values)
        flush(recording)
        assert held(folder / "run.parquet.part") == expected(came)
        recording.stop()
        as_csv.stop()
    assert held(folder / "run.parquet") == expected(came)
    n_lines = (folder / "run.csv").read_text().count("\n")
    file = ParquetRecording(folder / "run.parquet")
    file.close()
    assert n_lines == 1 + file.n_rows


@pytest.mark.parametrize("n_channels", [2, 40])
def test_channels_that_report_alone_come_back(tmp_path: Path, n_channels: int) -> None:
    """A few are a wide table, many a long one; both hold the same readings."""
    came: Brought = [([i], {f"c{i % n_channels}": [float(i)]}) for i in range(200)]
    with BringSource() as source, source.record(tmp_path / "run.parquet"):
        for seconds, values in came:
            source.bring(seconds, **values)
    assert held(tmp_path / "run.parquet") == expected(came)
    file = ParquetRecording(tmp_path / "run.parquet")
    assert file.description.is_long == (n_channels == 40)
    file.close()


def test_other_tools_read_the_file(tmp_path: Path) -> None:
    """Pandas finds times with their zone, and a channel that did not report is null and not NaN."""
    import pyarrow.parquet as pq

    with BringSource() as source, source.record(tmp_path / "run.parquet"):
        source.bring([1, 2], a=[1.0, float("nan")])
        source.bring([3], b=[2.0])
    table = pq.read_table(tmp_path / "run.parquet")
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert table["a"].null_count == 1
    assert np.isnan(table["a"].to_pylist()[1])
    facts = json.loads(table.schema.metadata[b"nbstream"]) if table.schema.metadata else None
    facts = facts or json.loads(pq.read_metadata(tmp_path / "run.parquet").metadata[b"nbstream"])
    assert facts["format"] == 1
    assert facts["channels"] == ["a", "b"]


def test_words_units_notes_and_secrets(tmp_path: Path) -> None:
    """The footer has the labels of words, units and notes; what looks like a secret is hidden."""
    buffer = ns.Buffer(timezone="UTC")
    source = BringSource(buffer=buffer, name="https://user:pa55-w0rd@host/x", units={"temp": "°C"})
    recording = source.record(tmp_path / "run.parquet")
    buffer.append(START / 1e9, state="RUN")
    buffer.append(START / 1e9, state="IDLE")
    source.bring([1], temp=[1.0])
    buffer.note("password=hunter2-hunter2")
    buffer.mark("pump on", START / 1e9)
    recording.stop()
    source.close()
    file = ParquetRecording(tmp_path / "run.parquet")
    file.close()
    found = file.description
    assert found.labels == {"state": ["RUN", "IDLE"]}
    assert found.units == {"temp": "°C"}
    assert ("mark", "pump on") in {(event["kind"], event["text"]) for event in found.events}
    text = found.to_json().decode()
    assert "hunter2" not in text
    assert "pa55" not in text


def test_rules_and_incidents_are_noted(tmp_path: Path) -> None:
    """With an analyzer the footer has its rules, and its incidents with their reasons."""
    with BringSource(buffer=ns.Buffer(timezone="UTC")) as source:
        analyzer = ns.Analyzer(source)
        analyzer.alert("value > 2", name="high")
        recording = Recording(source, tmp_path / "run.parquet", analyzer=analyzer)
        source.bring([1, 2, 3], a=[1.0, 3.0, 1.0])
        analyzer.update()
        recording.stop()
        analyzer.close()
    file = ParquetRecording(tmp_path / "run.parquet")
    file.close()
    assert [rule["name"] for rule in file.description.rules] == ["high"]
    incidents = [event for event in file.description.events if event["kind"] == "incident"]
    assert incidents[-1]["rule"] == "high"
    assert "a 3 > 2" in incidents[-1]["reason"]


def test_a_position_is_kept_at_both_ends(tmp_path: Path) -> None:
    """A source that says where it is has its position in the file, as it was at start and end."""

    class Positioned(BringSource):
        position = {"offset": 3}

    with Positioned() as source:
        recording = source.record(tmp_path / "run.parquet")
        source.bring([1], a=[1.0])
        source.position = {"offset": 9}
        recording.stop()
    file = ParquetRecording(tmp_path / "run.parquet")
    file.close()
    assert file.description.position == {"start": {"offset": 3}, "end": {"offset": 9}}


def test_a_position_is_noted_when_it_changes_and_a_long_one_seldom(tmp_path: Path) -> None:
    """While it records, so that a killed kernel's successor knows; that of many files costs 1 KB a second."""

    class Positioned(BringSource):
        position: dict[str, Any] = {"offset": 0}

    long = {"files": ["x" * 30_000]}
    came = [{"offset": 3}, {"offset": 3}, long, *[{"offset": 9}] * 5, {"offset": 99}]
    with Positioned() as source:
        recording = Recording(
            source, tmp_path / "run.parquet", clock=FakeClock()
        )  # it stands still
        for i, source.position in enumerate(came):
            recording._note_position(recording._file, 1006.0 + 6.0 * i)
        source.bring([1], a=[1.0])
        flush(recording)
        journal = (tmp_path / "run.parquet.part" / "events.jsonl").read_text().splitlines()
        recording.stop()
    events = [json.loads(line) for line in journal]
    noted = [event["position"] for event in events if event["kind"] == "position"]
    assert noted == [{"offset": 3}, long, {"offset": 99}]


def test_a_later_source_of_several_files_goes_on_behind_a_recording(tmp_path: Path) -> None:
    """The recording holds how far each file was read."""
    folder = tmp_path / "logs"
    folder.mkdir()
    for i, name in enumerate("ab"):
        (folder / f"{name}.csv").write_text(f"time,x\n2026-07-01 12:00:0{i},{i}\n")
    with ns.CsvSource(folder / "*.csv", poll_interval=0.01) as source:
        source.stop()
        with source.record(tmp_path / "run.parquet") as recording:
            source.start()
            wait_until(lambda: recording.counters().received == 2)
            wait_until(lambda: source.position and len(source.position["files"]) == 2)
    with ns.replay(tmp_path / "run.parquet") as replay:
        position = replay.descriptions[-1].position["end"]
    with (folder / "a.csv").open("a") as file:
        file.write("2026-07-01 12:00:02,2\n")
    with ns.CsvSource(folder / "*.csv", poll_interval=0.01).start(position) as source:
        wait_until(lambda: source.counters().accepted)
        assert source.buffer.to_pandas()["x"].tolist() == [2.0]


def test_parts_can_be_read_while_it_records(tmp_path: Path) -> None:
    """After a flush the folder beside the file holds what came, and a synced journal."""
    with BringSource() as source:
        recording = source.record(tmp_path / "run.parquet")
        source.bring([1, 2], a=[1.0, 2.0])
        flush(recording)
        folder = tmp_path / "run.parquet.part"
        assert held(folder) == expected([([1, 2], {"a": [1.0, 2.0]})])
        recording.stop()
    assert not folder.exists()


class SlowDisk(Disk):
    """Its first batches are written only when it is told to."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()

    def create(self, path: Path) -> AppendedFile:
        """Wait before a part is made."""
        if path.suffix == ".arrow":
            self.goes_on.wait(50)
        return super().create(path)


def test_a_full_backlog_is_a_counted_gap(tmp_path: Path) -> None:
    """While the disk is too slow the source goes on; what had no place is counted and marked."""
    disk = SlowDisk()
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", max_backlog=20_000, disk=disk)
        times = START + np.arange(1000)
        for value in range(5):
            source._emit(Batch(times + 1000 * value, {"a": np.full(1000, float(value))}))
        disk.goes_on.set()
        recording.stop()
    counters = recording.counters()
    assert counters.received == 5000 == counters.written + counters.dropped
    assert counters.written == 1000
    assert counters.n_gaps == 1
    file = ParquetRecording(tmp_path / "run.parquet")
    file.close()
    (gap,) = file.description.gaps
    assert (gap["readings"], gap["why"]) == (4000, "the disk was too slow")
    assert source.counters().accepted == 5000


def test_what_waits_is_no_work_for_the_collector_of_garbage() -> None:
    """Two thousand batches a second that it looked after had it stop the notebook again and again."""
    backlog = Backlog(10**6, time.time_ns)
    for second in range(100):
        backlog.take(batch_of([second], {"a": [1.0]}))
    gc.collect()
    gc.collect()  # the first one lets go of what the tuples hold
    waiting, _, _ = backlog.hand_over()
    assert len(waiting) == 100
    assert not any(map(gc.is_tracked, waiting))


def test_a_batch_that_is_written_into_later_is_kept_as_it_came(tmp_path: Path) -> None:
    """An array that its owner uses again is recorded as it was when it was brought."""
    with BringSource() as source, source.record(tmp_path / "run.parquet"):
        values = np.array([1.0])
        source._emit(Batch(np.array([START]), {"a": values}))
        values[0] = 9.0
        source._emit(Batch(np.array([START + 1]), {"a": values}))
    assert [values["a"] for _, values in held(tmp_path / "run.parquet")] == [["1.0"], ["9.0"]]


def test_a_file_is_not_replaced_unless_told(tmp_path: Path) -> None:
    """A second recording of the same name is refused, parts of one too; overwrite=True replaces both."""
    path = tmp_path / "run.parquet"
    with BringSource() as source:
        with source.record(path):
            source.bring([1], a=[1.0])
        with pytest.raises(FileExistsError, match="overwrite=True"):
            source.record(path)
        with source.record(path, overwrite=True):
            source.bring([2], a=[2.0])
    assert held(path) == expected([([2], {"a": [2.0]})])


@pytest.mark.parametrize("name", ["run", "run.txt", "run.parquet.gz"])
def test_a_name_says_the_format(tmp_path: Path, name: str) -> None:
    """Anything but .parquet and .csv is refused before something is written."""
    with BringSource() as source, pytest.raises(ValueError, match="ends with .parquet or .csv"):
        source.record(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_csv_needs_no_pyarrow(tmp_path: Path) -> None:
    """A CSV is recorded in a process where pyarrow cannot be imported, and Parquet is refused with advice."""
    code = """
import sys; sys.modules["pyarrow"] = None
import numpy as np, nbstream as ns
from nbstream.readings.batch import Batch
class S(ns.Source):
    def _run(self): pass
source = S(buffer=ns.Buffer(timezone="UTC"))
recording = source.record(sys.argv[1] + "/run.csv")
source._emit(Batch(np.array([10**18, 10**18 + 1]), {"a": np.array([1.5, np.nan])}))
source._emit(Batch(np.array([10**18 + 2]), {"b": np.array([2.0])}))
recording.stop()
try:
    source.record(sys.argv[1] + "/run.parquet")
except ns.DependencyError as error:
    print(error)
source.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'pip install "nbstream[record]"' in done.stdout
    lines = (tmp_path / "run.csv").read_text("utf-8").splitlines()
    assert lines[0] == "time,a,b,arrival"
    assert [line.rpartition(",")[0] for line in lines[1:]] == [
        "2001-09-09T01:46:40.000000000Z,1.5,",
        "2001-09-09T01:46:40.000000001Z,nan,",
        "2001-09-09T01:46:40.000000002Z,,2.0",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["run.csv"]


def test_import_loads_no_pyarrow() -> None:
    """`import nbstream` loads neither pyarrow nor what records."""
    code = "import sys, nbstream; print([m for m in sys.modules if 'pyarrow' in m or 'recording' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_files_by_age(tmp_path: Path) -> None:
    """Another file begins after `max_age`, and together they hold all that came."""
    clock = FakeClock()
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", max_age="3s", clock=clock)
        for second in range(3):
            source.bring([second], a=[float(second)])
            clock.advance(3)
            flush(recording)
            wait_until(lambda n=second + 1: len(recording.paths) == n)
        recording.stop()
    names = [path.name for path in recording.paths]
    assert names[:3] == ["run-0001.parquet", "run-0002.parquet", "run-0003.parquet"]
    found = [batch for path in recording.paths for batch in held(path)]
    assert found == expected([([second], {"a": [float(second)]}) for second in range(3)])


def test_the_age_of_a_file_counts_from_its_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late the thread begins that writes it, as on a busy machine."""
    clock, life, may_begin = FakeClock(), Recording._life, threading.Event()

    def late_life(recording: Recording) -> Life:
        may_begin.wait(50)
        yield from life(recording)

    monkeypatch.setattr(Recording, "_life", late_life)
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", max_age="3s", clock=clock)
        source.bring([0], a=[0.0])
        clock.advance(3)
        may_begin.set()
        flush(recording)
        wait_until(lambda: recording.paths)
        recording.stop()
    assert held(recording.paths[0]) == expected([([0], {"a": [0.0]})])


def test_files_by_size(tmp_path: Path) -> None:
    """Another file begins once the parts have `max_bytes`; an empty one stays, however small they are."""
    clock, rng = FakeClock(), np.random.default_rng(1)
    came: Brought = [
        (list(range(100 * i, 100 * i + 100)), {"a": rng.normal(size=100).tolist()})
        for i in range(30)
    ]
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", max_bytes=10_000, clock=clock)
        sizes = []
        for seconds, values in came:
            file, n = recording._file, len(recording.paths)
            source.bring(seconds, **values)
            flush(recording)
            assert file is not None
            if file.parts.n_bytes >= 10_000:
                sizes.append(file.parts.n_bytes)
                wait_until(lambda n=n: len(recording.paths) > n)
        recording.stop()
        tiny = Recording(source, tmp_path / "tiny.parquet", max_bytes=1, clock=clock)
        for second in range(3):
            for _ in range(3):
                flush(tiny)  # nothing came
            source.bring([second], a=[0.5])
            flush(tiny)
            wait_until(lambda n=second: len(tiny.paths) > n)
        tiny.stop()
    n_files = len(recording.paths)
    assert n_files >= 4
    names = [f"run-{number:04d}.parquet" for number in range(1, n_files + 1)]
    assert [path.name for path in recording.paths] == names
    assert sorted(path.name for path in tmp_path.glob("run*")) == names
    assert len(sizes) in (n_files, n_files - 1)
    assert max(sizes) < 10_000 + 2_500  # a batch more, and no two
    assert [batch for path in recording.paths for batch in held(path)] == expected(came)
    assert recording.counters() == (3000, 3000, 0, 0, recording.counters().n_bytes)
    assert recording.counters().n_bytes >= sum(sizes)
    assert [len(held(path)) for path in tiny.paths] == [1, 1, 1, 0]


def test_a_script_that_ends_leaves_a_whole_file(tmp_path: Path) -> None:
    """A recording that nobody stopped becomes one file when the interpreter ends."""
    code = """
import sys, numpy as np, nbstream as ns
from nbstream.readings.batch import Batch
class S(ns.Source):
    def _run(self): pass
source = S()
source.record(sys.argv[1])
source._emit(Batch(np.array([10**18]), {"a": np.array([1.5])}))
"""
    path = tmp_path / "run.parquet"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=150)
    assert [values for _, values in held(path)] == [{"a": ["1.5"]}]


def test_a_folder_that_is_no_recording_is_named(tmp_path: Path) -> None:
    """Other folders are refused with the reason."""
    with pytest.raises(ns.ParseError, match="is no recording"):
        Parts(tmp_path)


def test_a_long_conversion_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to wait for it; the status has its share, and the feed is told once how long it takes."""
    pytest.importorskip("pyarrow")
    clock = FakeClock()
    said = []
    check = ParquetRecording.check

    def slowly(self: ParquetRecording, n_rows: int, tell: Any) -> None:
        clock.advance(30)
        tell(n_rows // 3)
        said.append(recording.status)
        tell(n_rows // 2)
        check(self, n_rows, tell)

    monkeypatch.setattr(ParquetRecording, "check", slowly)
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", clock=clock)
        source.bring(list(range(900)), a=[0.5] * 900)
        recording.stop(timeout=0)
        recording.stop()
        assert recording.state is RecordingState.FINISHED
        assert said == ["converting 83%, 6 s left, 900 readings"]
        told = [event.text for event in source.buffer.events if "one file" in event.text]
        assert told == [
            "recording 'run.parquet' becomes one file, which takes about 6 s; "
            "stop(timeout=0) would not wait for it"
        ]
