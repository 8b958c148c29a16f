"""Where a recording is written: beside another, in the place of another, and where it can't be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.errors import ClosedError
from nbstream.recording import Recording
from nbstream.recording.files import Disk
from nbstream.testing import FakeClock
from tests.recording.brought import BringSource, expected, flush, held
from tests.wait import wait_until

pytest.importorskip("pyarrow")


def played(path: Path) -> list[float]:
    """Return the values of the channel "a", as a replay of a name brings them."""
    with ns.replay(path, speed=None) as replay:
        wait_until(lambda: replay.state is ns.SourceState.ENDED, 10, lambda: repr(replay))
        return [float(value) for value in replay.buffer.channel("a").rows(0).values]


def test_what_is_being_recorded_is_not_replaced(tmp_path: Path) -> None:
    """Two recordings into one file would remove each other's parts, with overwrite=True too."""
    path = tmp_path / "run.parquet"
    with BringSource() as source:
        with source.record(path) as recording:
            source.bring([1], a=[1.0])
            flush(recording)
            with pytest.raises(
                FileExistsError, match=r"is being recorded .*1 readings.* Stop that"
            ):
                source.record(tmp_path / "." / "run.parquet", overwrite=True)
        with source.record(path, overwrite=True):
            source.bring([2], a=[2.0])
    assert held(path) == expected([([2], {"a": [2.0]})])


def test_two_recordings_of_one_source(tmp_path: Path) -> None:
    """Each has all that came while it went on."""
    with BringSource() as source:
        with source.record(tmp_path / "one.parquet"):
            source.bring([1], a=[1.0])
            with source.record(tmp_path / "two.parquet"):
                source.bring([2], a=[2.0])
            source.bring([3], a=[3.0])
    assert held(tmp_path / "two.parquet") == expected([([2], {"a": [2.0]})])
    first = [([i], {"a": [float(i)]}) for i in (1, 2, 3)]
    assert held(tmp_path / "one.parquet") == expected(first)


def test_a_closed_source_is_not_recorded(tmp_path: Path) -> None:
    """Nothing would ever come, and nothing is left behind."""
    source = BringSource()
    source.close()
    with pytest.raises(ClosedError, match="nothing comes"):
        source.record(tmp_path / "run.parquet")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message says which, not a name that nobody gave."""
    with BringSource() as source:
        with pytest.raises(
            FileNotFoundError, match=r"There is no folder '.*months' for 'run\.parquet'"
        ):
            source.record(tmp_path / "months" / "run.parquet")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what is recorded and for what is replayed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with BringSource() as source, source.record("~/run.parquet"):
        source.bring([1], a=[1.0])
    assert (tmp_path / "run.parquet").is_file()
    with ns.replay("~/run.parquet", speed=None) as replay:
        assert len(replay.descriptions) == 1


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """The error comes at once, from whoever asked to record."""
    tmp_path.chmod(0o500)
    with BringSource() as source, pytest.raises(PermissionError):
        source.record(tmp_path / "run.parquet")


def test_a_killed_recording_that_should_replace_a_file_is_played(tmp_path: Path) -> None:
    """Of a file and newer parts the parts are opened: the file is of the run before."""
    path, clock = tmp_path / "run.parquet", FakeClock()
    with BringSource() as source:
        with Recording(source, path, clock=clock):
            source.bring([1], a=[1.0])
        clock.advance(60)
        killed = Recording(source, path, overwrite=True, clock=clock)
        source.bring([2], a=[2.0])
        flush(killed)
        assert played(path) == played(tmp_path / "run*.parquet") == [2.0]
        killed.stop()
    assert held(path) == expected([([2], {"a": [2.0]})])


def test_a_file_is_opened_before_the_parts_that_it_was_made_of(tmp_path: Path) -> None:
    """Parts that could not be removed are older than nothing: the file is whole."""

    class Keeping(Disk):
        def remove_folder(self, path: Path) -> None:
            raise OSError(13, "Permission denied")

    path = tmp_path / "run.parquet"
    with BringSource() as source, Recording(source, path, disk=Keeping()):
        source.bring([1], a=[1.0])
    assert (tmp_path / "run.parquet.part").is_dir()
    for part in (tmp_path / "run.parquet.part").glob("*.arrow*"):
        part.write_bytes(b"")
    assert played(path) == [1.0]


def test_numbered_files_of_an_earlier_recording_are_replaced_as_a_whole(tmp_path: Path) -> None:
    """What an earlier one left beyond the last number would be played with the new ones."""
    path = tmp_path / "run.parquet"
    with BringSource() as source:
        for n_files in (4, 2):
            clock = FakeClock()
            recording = Recording(source, path, max_age=60, overwrite=True, clock=clock)
            for i in range(n_files):
                source.bring([i], a=[10.0 * n_files + i])
                flush(recording)
                clock.advance(61)
                flush(recording)
            recording.stop()
    assert all(name.endswith(".parquet") for name in os.listdir(tmp_path))
    assert len(os.listdir(tmp_path)) <= 3
    assert played(path) == [20.0, 21.0]


def test_numbered_files_are_found_before_anything_is_recorded(tmp_path: Path) -> None:
    """Not in the middle, when the second file should begin."""
    (tmp_path / "run-0002.parquet").write_bytes(b"")
    with BringSource() as source:
        with pytest.raises(FileExistsError, match=r"run-0002\.parquet' exists"):
            source.record(tmp_path / "run.parquet", max_bytes=1000)
    assert os.listdir(tmp_path) == ["run-0002.parquet"]
