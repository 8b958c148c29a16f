"""What becomes of the parts: one file that outlasts a power cut and was read back, or else they stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.recording import Recording, RecordingState
from nbstream.recording.copying import copy_recordings
from nbstream.recording.csv_file import write_csv
from nbstream.recording.description import Description
from nbstream.recording.files import AppendedFile, Disk, check_written
from nbstream.recording.opening import batches_from, open_recordings
from tests.recording.brought import BringSource, Brought, expected, held, plain
from tests.wait import wait_until

pytest.importorskip("pyarrow")

CAME: Brought = [
    ([n], {"a": [n / 7], "b": [0.5]}) if n % 3 else ([n], {f"c{n % 4}": [float(n)]})
    for n in range(60)
]
NAMES = ["run.parquet", "run.csv"]


def record(path: Path, disk: Disk, source: BringSource) -> Recording:
    """Record `CAME` and stop."""
    recording = Recording(source, path, disk=disk)
    for seconds, values in CAME:
        source.bring(seconds, **values)
    recording.stop()
    return recording


class ForgetfulDisk(Disk):
    """A disk that knows before and after each step what a power cut would leave.

    Of each file that is what was synced of it. Names, new, changed and removed ones, last from the sync of
    their folder on, or, as the disk likes, at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content: dict[int, bytes] = {}
        self.names: dict[Path, int] = {}
        self.left: list[tuple[str, dict[Path, bytes]]] = []
        self.is_converting = False

    def look(self, step: str) -> None:
        """Remember what would be left now, with the names that last and with those of now."""
        there = {path: path.stat().st_ino for path in self.folder.rglob("*") if path.is_file()}
        for names in (self.names, there) if self.is_converting else ():
            left = {
                path.relative_to(self.folder): self.content.get(number, b"")
                for path, number in names.items()
            }
            self.left.append((step, left))

    def create(self, path: Path) -> AppendedFile:
        """Make a file whose content lasts when it is synced."""
        disk = self

        class File(AppendedFile):
            def sync(self) -> None:
                super().sync()
                disk.content[self.path.stat().st_ino] = self.path.read_bytes()

        return File(path)

    def sync_file(self, path: Path) -> None:
        """Have what is in a file last."""
        self.is_converting = True
        self.look("written")
        super().sync_file(path)
        self.content[path.stat().st_ino] = path.read_bytes()
        self.look("synced")

    def replace(self, path: Path, target: Path) -> None:
        """Give a file its name, which may not last."""
        super().replace(path, target)
        self.look("renamed")

    def sync_folder(self, path: Path) -> None:
        """Have names last."""
        super().sync_folder(path)
        self.names = {name: number for name, number in self.names.items() if name.parent != path}
        self.names |= {name: name.stat().st_ino for name in path.iterdir() if name.is_file()}
        self.look("named")

    def remove_folder(self, path: Path) -> None:
        """Remove a folder, one file after the other."""
        self.look("read back")
        for name in sorted(path.iterdir()):
            name.unlink()
            self.look(f"without {name.name}")
        path.rmdir()
        self.look("removed")


def found_after(folder: Path, name: str, whole: bytes) -> bool:
    """Return whether what opens by a name is a recording of `CAME`; of a CSV file, whether it is `whole`."""
    path = folder / name
    if path.suffix == ".csv" and path.exists():
        return path.read_bytes() == whole
    recordings = open_recordings(path)
    pairs = [pair for recording in recordings for pair in batches_from(recording)]
    for recording in recordings:
        recording.close()
    return [plain(batch) for _, batch in pairs] == expected(CAME)


@pytest.mark.parametrize("name", NAMES)
def test_a_power_cut_at_any_step_of_a_conversion_loses_nothing(tmp_path: Path, name: str) -> None:
    """Whatever the disk kept of contents and names: the parts or the file are whole, and open by the name."""
    home = tmp_path / "home"
    home.mkdir()
    disk = ForgetfulDisk(home)
    with BringSource() as source:
        recording = record(home / name, disk, source)
        assert recording.state is RecordingState.FINISHED
    whole = (home / name).read_bytes()
    assert [path.name for path in home.iterdir()] == [name]
    steps = list(dict.fromkeys(step for step, _ in disk.left))
    assert steps[:5] == ["written", "synced", "renamed", "named", "read back"]
    assert steps[-1] == "removed"
    for number, (step, left) in enumerate(disk.left):
        folder = tmp_path / str(number)
        for path, content in left.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        assert found_after(folder, name, whole), step


def test_a_power_cut_while_a_copy_replaces_a_file_leaves_one_of_them(tmp_path: Path) -> None:
    """`nbstream cut` and the like give the name to what the disk has."""
    home = tmp_path / "home"
    home.mkdir()
    disk = ForgetfulDisk(home)
    with BringSource() as source:
        record(tmp_path / "run.parquet", Disk(), source)
    (home / "old.csv").write_text("old")
    disk.sync_file(home / "old.csv")
    disk.sync_folder(home)
    disk.left.clear()
    recordings = open_recordings(tmp_path / "run.parquet")
    copy_recordings(recordings, home / "old.csv", overwrite=True, disk=disk)
    for recording in recordings:
        recording.close()
    new = (home / "old.csv").read_bytes()
    assert [step for step, _ in disk.left][::2] == ["written", "synced", "renamed", "named"]
    for step, left in disk.left:
        assert left[Path("old.csv")] in (b"old", new), step
    assert disk.left[-1][1] == {Path("old.csv"): new}


def cut(content: bytearray) -> None:
    """Take the end of it."""
    del content[-100:]


def flip(content: bytearray) -> None:
    """Turn one bit in the middle, where readings are."""
    content[len(content) // 4] ^= 1


def flip_late(content: bytearray) -> None:
    """Turn one near the end, which no checksum of a page covers."""
    content[-200] ^= 1


@pytest.mark.parametrize("damage", [cut, flip, flip_late])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_cannot_be_read_back_is_removed_and_the_parts_stay(
    tmp_path: Path, name: str, damage: Callable[[bytearray], None]
) -> None:
    """What lies under the name in the end is what is read; the feed says where the readings are."""

    class Worse(Disk):
        def replace(self, path: Path, target: Path) -> None:
            content = bytearray(path.read_bytes())
            damage(content)
            path.write_bytes(content)
            super().replace(path, target)

    with BringSource() as source:
        recording = record(tmp_path / name, Worse(), source)
        assert recording.state is RecordingState.FAILED
        assert isinstance(recording.last_error, ns.ParseError)
        assert recording.paths == ()
        said = source.buffer.events[-1].text
        assert f"could not become one file; it can be replayed from {name}.part: " in said
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.part"]
    assert held(tmp_path / f"{name}.part") == expected(CAME)
    with ns.replay(tmp_path / name, speed=None) as replay:
        wait_until(lambda: not replay.is_running)
        assert replay.missing == ""
        assert replay.counters().accepted == len(CAME)


def test_parts_that_cannot_be_removed_are_named(tmp_path: Path) -> None:
    """The file is whole all the same, and is what a replay reads."""

    class Sticky(Disk):
        def remove_folder(self, path: Path) -> None:
            (path / "0000.arrow").unlink()
            raise PermissionError(13, os.strerror(13), str(path))

    with BringSource() as source:
        recording = record(tmp_path / "run.parquet", Sticky(), source)
        assert recording.state is RecordingState.FINISHED
        told = source.buffer.events[-1].text
        assert told.endswith("is whole; run.parquet.part could not be removed")
    assert held(tmp_path / "run.parquet") == expected(CAME)
    assert found_after(tmp_path, "run.parquet", b"")


def test_a_csv_file_is_compared_with_what_was_written(tmp_path: Path) -> None:
    """One digit that is another is found, and so are lines that are missing or too many."""
    path = tmp_path / "x.csv"
    written = write_csv(path, [], Description(channels=["a", "ü"]))
    content = path.read_bytes()
    assert content == "time,a,ü,arrival\r\n".encode()
    check_written(path, written)
    for other in (content[:-1], content + b"1", b"", content.replace(b"a", b"b", 1)):
        path.write_bytes(other)
        with pytest.raises(ns.ParseError, match=r"x\.csv"):
            check_written(path, written)
