"""What a recording is after a kill, a power cut, a full disk and damaged bytes: what was sound, no more."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.recording import Recording, RecordingState
from nbstream.recording.converting import convert
from nbstream.recording.files import AppendedFile, Disk
from nbstream.recording.pieces import batches
from nbstream.recording.read_parts import Parts
from nbstream.testing import FakeClock
from tests.recording.brought import (
    BringSource,
    Brought,
    batch_of,
    brought,
    expected,
    flush,
    held,
    plain,
)  # fmt: skip
from tests.wait import wait_until

pytest.importorskip("pyarrow")

CHILD = """
import signal, sys, time, numpy as np, nbstream as ns
from nbstream.readings.batch import Batch
class S(ns.Source):
    def _run(self): pass
{setup}
source = S(buffer=ns.Buffer(timezone="UTC"))
recording = source.record(sys.argv[1])
{rest}
"""


def child(setup: str, rest: str, path: Path) -> subprocess.Popen[str]:
    """Start a process that records."""
    code = CHILD.format(setup=setup, rest=rest)
    words = [sys.executable, "-c", code, str(path)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_recording_has_all_that_was_written(tmp_path: Path) -> None:
    """After kill -9 the parts hold every reading that the counters called written."""
    path = tmp_path / "run.parquet"
    rest = """
n = 0
while True:
    source._emit(Batch(np.array([10**18 + n]), {"a": np.array([float(n)]), "b": np.array([0.5])}))
    n += 1
    time.sleep(0.001)
    if n % 100 == 0: print(recording.counters().written // 2, flush=True)
"""
    process = child("", rest, path)
    try:
        assert process.stdout is not None
        told = 0
        while told < 500:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            told = int(line)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    with ns.replay(path, speed=None) as source:
        wait_until(lambda: not source.is_running)
        assert source.counters().accepted >= told
        values = source.buffer.to_pandas()["a"].tolist()
    assert values == [float(n) for n in range(len(values))]
    assert source.missing == ""


class CuttableDisk(Disk):
    """A disk that loses at a power cut what was not synced: bytes and names."""

    def __init__(self) -> None:
        self.files: dict[Path, int] = {}
        self.names: set[Path] = set()

    def create(self, path: Path) -> AppendedFile:
        """Make a file whose synced length is known."""
        disk = self

        class File(AppendedFile):
            def sync(self) -> None:
                super().sync()
                disk.files[self.path] = self.size

        self.files[path] = 0
        return File(path)

    def sync_folder(self, path: Path) -> None:
        """Remember which names last."""
        self.names |= set(path.iterdir())

    def cut(self, folder: Path, target: Path) -> None:
        """Copy what would be there after a power cut."""
        target.mkdir()
        for path, size in self.files.items():
            if path.parent == folder and path in self.names:
                (target / path.name).write_bytes(path.read_bytes()[:size])


def test_a_power_cut_takes_what_was_not_synced(tmp_path: Path) -> None:
    """Every 5 s all is made to last: what came before can be read, what came after is not half there."""
    disk, clock = CuttableDisk(), FakeClock()
    folder = tmp_path / "run.parquet.part"
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", clock=clock, disk=disk)
        came: Brought = []
        for second in range(12):
            came.append(([second], {"a": [float(second)], "b": [1.0]}))
            if second == 8:
                came.append(([second], {"c": [7.0]}))  # another part, never synced
            for seconds, values in came[len(came) - (2 if second == 8 else 1) :]:
                source.bring(seconds, **values)
            clock.advance(1)
            flush(recording)
        n_synced = sum(part.rows for part in Parts(folder)._parts[0].batches if part)
        disk.cut(folder, tmp_path / "cut.part")
        recording.stop()
    found = held(tmp_path / "cut.part")
    assert found == expected(came)[: len(found)]
    assert 5 <= len(found) < len(came)
    assert n_synced == 12


class FullDisk(Disk):
    """A disk that is full after so many bytes, and says so at close too."""

    def __init__(self, n_free: int) -> None:
        self.n_free = n_free

    def create(self, path: Path) -> AppendedFile:
        """Make a file that can't be written when the disk is full."""
        disk = self

        class File(AppendedFile):
            def append(self, data: bytes) -> None:
                if len(data) > disk.n_free:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                disk.n_free -= len(data)
                super().append(data)

            def close(self) -> None:
                super().close()
                if disk.n_free < 1000:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

        return File(path)


def test_a_full_disk_stops_the_recording_and_not_the_source(tmp_path: Path) -> None:
    """It says so once; the source goes on, and what was written before can be replayed."""
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", disk=FullDisk(20_000))
        n = 0
        while not recording.counters().dropped:
            n += 1
            source.bring([n], a=[float(n)])
            flush(recording)
        wait_until(lambda: recording.state is RecordingState.FAILED)
        source.bring([n + 1], a=[1.0])
        assert source.counters().accepted == n + 1
        counters = recording.counters()
        assert counters.received == n == counters.written + counters.dropped
        assert counters.dropped == 1
        assert "no space left" in recording.status.lower()
        told = [event.text for event in source.buffer.events if "recording" in event.text]
        assert len(told) == 1
        assert "stopped: no space left" in told[0]
        recording.stop()
    with ns.replay(tmp_path / "run.parquet", speed=None) as replay:
        wait_until(lambda: not replay.is_running)
        assert replay.counters().accepted == counters.written


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of files")
def test_a_limit_of_the_system_is_a_full_disk(tmp_path: Path) -> None:
    """With a real limit of file sizes the recording fails with its words, and the parts are whole."""
    path = tmp_path / "run.parquet"
    setup = """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
"""
    rest = """
rng = np.random.default_rng(1)
for n in range(100_000):
    source._emit(Batch(np.arange(1000) + 10**18 + 1000 * n, {"a": rng.normal(size=1000)}))
    recording._backlog.wake.set()
    while True:  # each batch is written by itself, however slow the disk and the machine are
        counters = recording.counters()
        has_failed = recording.state.value == "failed"
        if has_failed or counters.received == counters.written + counters.dropped: break
        time.sleep(0.001)
    if has_failed: break
recording.stop()
print(recording.status, recording.counters().written, source.counters().accepted - 1000 * (n + 1))
"""
    process = child(setup, rest, path)
    said, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors
    assert "file too large" in said
    assert said.split()[-1] == "0"
    with ns.replay(path, speed=None) as source:
        wait_until(lambda: not source.is_running)
        assert source.counters().accepted == int(said.split()[-2])
        assert source.counters().accepted >= 20_000


def test_a_conversion_that_fails_leaves_the_parts(tmp_path: Path) -> None:
    """If there is no room for the one file, the parts stay, are named, and can be replayed."""

    class NoRoom(Disk):
        def replace(self, path: Path, target: Path) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", disk=NoRoom())
        source.bring([1], a=[1.0])
        recording.stop()
        assert recording.state is RecordingState.FAILED
        assert "run.parquet.part" in source.buffer.events[-1].text
    assert [path.name for path in tmp_path.iterdir()] == ["run.parquet.part"]
    assert held(tmp_path / "run.parquet.part") == expected([([1], {"a": [1.0]})])


CAME: Brought = [
    ([n], {"a": [float(n)], "b": [0.5]}) if n % 3 else ([n], {f"c{n % 4}": [float(n)]})
    for n in range(24)
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of a recording of `CAME`, written in eight times."""
    folder = tmp_path_factory.mktemp("sound")
    with BringSource() as source:
        # Its clock stands still, so that nothing is written between.
        recording = Recording(source, folder / "run.parquet", clock=FakeClock())
        for number, (seconds, values) in enumerate(CAME):
            source.bring(seconds, **values)
            if number % 3 == 2:
                flush(recording)
        shutil.copytree(folder / "run.parquet.part", folder / "copy.part")
        recording.stop()
    return folder / "copy.part"


def read_all(folder: Path) -> tuple[list[Any], Parts]:
    """Return the batches of parts that are not whole, and the parts."""
    recording = Parts(folder)
    found = [pair for stream in recording.streams() for pair in batches(stream)]
    return [plain(batch) for _, batch in sorted(found, key=lambda pair: pair[0])], recording


def n_listed(folder: Path) -> int:
    """Return how many batches a journal names."""
    return (folder / "events.jsonl").read_bytes().count(b'"kind":"batch"')


def check_damaged(folder: Path, sound: Path) -> None:
    """What is read is some of what came, in its order and unchanged; what is missing is told."""
    whole = expected(CAME)
    try:
        found, recording = read_all(folder)
    except ns.ParseError:
        return  # the journal has nothing left
    places = [whole.index(batch) for batch in found]
    assert places == sorted(set(places))
    if len(found) < len(whole):
        assert recording.lost or n_listed(folder) < n_listed(sound)


NAMES = ["0000.arrow", "0001.arrow", "0002.arrow", "events.jsonl"]


def test_parts_are_whole_as_written(parts: Path) -> None:
    """Nothing is missing of what was not damaged."""
    found, recording = read_all(parts)
    assert found == expected(CAME)
    assert recording.lost == []
    assert sorted(path.name for path in parts.iterdir()) == NAMES


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES), st.floats(0, 1))
def test_a_cut_at_any_byte(parts: Path, name: str, where: float) -> None:
    """Whichever file ends wherever: what is read was written so."""
    folder = parts.with_name("cut.part")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(parts, folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(where * len(content))])
    check_damaged(folder, parts)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.binary(min_size=64, max_size=64))
def test_64_bytes_anywhere(parts: Path, name: str, where: float, noise: bytes) -> None:
    """Bytes that were written over cost the batches they are in, and give no wrong value."""
    folder = parts.with_name("noise.part")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(parts, folder)
    content = bytearray((folder / name).read_bytes())
    start = int(where * max(0, len(content) - 64))
    content[start : start + 64] = noise
    (folder / name).write_bytes(content)
    check_damaged(folder, parts)


def test_damage_in_the_middle_is_told(parts: Path) -> None:
    """The batches after a damaged one are read, and the replay says how many readings are missing."""
    folder = parts.with_name("middle.part")
    shutil.copytree(parts, folder)
    batch = Parts(folder)._parts[1].batches[3]
    content = bytearray((folder / "0001.arrow").read_bytes())
    noise = np.random.default_rng(1).bytes(64)
    content[batch.offset + 8 : batch.offset + 72] = noise
    (folder / "0001.arrow").write_bytes(content)
    with ns.replay(folder, speed=None) as source:
        wait_until(lambda: not source.is_running)
        assert source.state is ns.SourceState.ENDED
        assert source.counters().accepted == len(CAME) - batch.rows
        told = f"missing: {2 * batch.rows} readings (0001.arrow is damaged)"
        assert source.missing == told
        assert told in source.notes


@pytest.mark.parametrize("name", ["run.csv", "run.parquet"])
def test_a_file_of_damaged_parts_says_what_is_missing(tmp_path: Path, name: str) -> None:
    """While it records a batch is damaged on the disk: the file is whole but for it, and the feed says so."""
    with BringSource() as source:
        recording = Recording(source, tmp_path / name)
        for i in range(3):
            source.bring([2 * i, 2 * i + 1], a=[1.0, 2.0])
            flush(recording)
        (part,) = [p for p in (tmp_path / f"{name}.part").iterdir() if p.name.startswith("0000")]
        content = bytearray(part.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 8] = bytes(255 - byte for byte in content[middle : middle + 8])
        part.write_bytes(content)
        recording.stop()
        assert recording.state is RecordingState.FINISHED
        assert recording.missing == f"missing: 2 readings ({part.name} is damaged)"
        told = f"recording {name!r} is whole, but {recording.missing}"
        assert told in [event.text for event in source.buffer.events]


@settings(max_examples=25, deadline=None)
@given(brought(), st.integers(1, 7), st.integers(0, 200))
def test_what_is_left_of_a_large_batch_has_its_own_times(
    tmp_path_factory: pytest.TempPathFactory, came: Brought, n_rows: int, which: int
) -> None:
    """Where a piece of a batch is damaged, the readings of the others keep their times and channels."""
    folder = tmp_path_factory.mktemp("left")
    parts = folder / "run.parquet.part"
    with pytest.MonkeyPatch.context() as patch, BringSource() as source:
        patch.setattr("nbstream.recording.parts.MAX_ROWS", n_rows)
        recording = source.record(folder / "run.parquet")
        source.bring([0], first=[0.5])
        for seconds, values in came:
            source.bring(seconds, **values)
        flush(recording)
        shutil.copytree(parts, folder / "copy.part")
        recording.stop()
    indexed = [
        (part, batch)
        for part in Parts(folder / "copy.part")._parts.values()
        for batch in part.batches
    ]
    part, batch = indexed[which % len(indexed)]
    content = bytearray(part.path.read_bytes())
    content[batch.offset + batch.size // 2] ^= 1
    part.path.write_bytes(content)
    whole = readings([plain(batch_of(*pair)) for pair in [([0], {"first": [0.5]}), *came]])
    n_lost = batch.rows * len(part.channels or [""])
    found = readings(held(folder / "copy.part"))
    assert found <= whole
    assert (whole - found).total() == n_lost
    convert(folder / "copy.part", folder / "left.parquet")
    assert readings(held(folder / "left.parquet")) == found


def readings(found: list[Any]) -> Counter[tuple[int, str, str]]:
    """Return each reading by itself: its time, channel and value."""
    return Counter(
        (at, name, value)
        for times, values in found
        for name, column in values.items()
        for at, value in zip(times, column, strict=True)
    )


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    """Pages that don't fit their checksums are left out of a replay, which says how many readings that is."""
    path = tmp_path / "run.parquet"
    with BringSource() as source, Recording(source, path, clock=FakeClock()):
        for second in range(2000):
            source.bring([second], a=[float(second) ** 0.5])
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 64] = np.random.default_rng(2).bytes(64)
    path.write_bytes(content)
    with ns.replay(path, speed=None) as replay:
        wait_until(lambda: not replay.is_running)
        assert replay.state is ns.SourceState.ENDED
        assert replay.counters().accepted == 0
        assert replay.missing == "missing: 2,000 readings (row group 1 of 1 is damaged)"


def test_of_a_damaged_file_the_other_channels_are_played(tmp_path: Path) -> None:
    """One damaged column takes nothing of those beside it; where times are damaged, the rows are missing."""
    import pyarrow.parquet as pq

    path = tmp_path / "run.parquet"
    with BringSource() as source, Recording(source, path, clock=FakeClock()):
        for second in range(2000):
            names = ["a", "b"] if second % 2 else ["a", "b", "c"]
            source.bring([second], **{name: [float(second) ** 0.5] for name in names})
    content = path.read_bytes()
    with pq.ParquetFile(path) as file:
        columns = [file.metadata.row_group(0).column(i) for i in range(5)]
    middles = {
        column.path_in_schema: column.data_page_offset + column.total_compressed_size // 2
        for column in columns
    }
    for name, counts, missing in (
        ("b", {"a": 2000, "c": 1000}, "2,000 readings ('b': row group 1 of 1 is damaged)"),
        ("time", {}, "6,000 readings (row group 1 of 1 is damaged)"),
    ):
        damaged = bytearray(content)
        damaged[middles[name] : middles[name] + 64] = np.random.default_rng(3).bytes(64)
        path.write_bytes(damaged)
        with ns.replay(path, speed=None) as replay:
            wait_until(lambda replay=replay: not replay.is_running)
            found = replay.buffer.to_pandas()
            assert {name: int(found[name].count()) for name in found} == counts
            assert replay.missing == f"missing: {missing}"


def test_a_damaged_footer_is_named(tmp_path: Path) -> None:
    """Wherever it is hit, opening the file says that it is damaged, in our words and with its name."""
    path = tmp_path / "run.parquet"
    with BringSource() as source, Recording(source, path, clock=FakeClock()):
        source.bring(list(range(50)), a=[0.5] * 50)
    content = path.read_bytes()
    n_footer = int.from_bytes(content[-8:-4], "little")
    rng = np.random.default_rng(4711)
    said = []
    for start in rng.integers(len(content) - 8 - n_footer, len(content) - 72, 60).tolist():
        damaged = bytearray(content)
        damaged[start : start + 64] = rng.bytes(64)
        path.write_bytes(damaged)
        try:
            ns.replay(path).close()
        except ns.ParseError as error:
            said.append(str(error))
    assert len(said) > 10
    assert all("run.parquet" in words for words in said)
    with pytest.raises(FileNotFoundError, match="none.parquet"):
        ns.replay(tmp_path / "none.parquet")
