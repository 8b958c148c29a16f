"""Logs that are packed while their last lines are still being read: none is left out or comes twice."""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.sources.files import parts, tail
from nbstream.sources.files.parts import PartsTail
from nbstream.sources.files.tail import FileTail

LINE = "2026-07-01 12:00:00 reading {}\n"


@pytest.fixture(autouse=True)
def _slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines a poll, so that files are found in the middle; and a look for new ones whenever none came."""
    monkeypatch.setattr(parts, "FileTail", partial(FileTail, chunk_bytes=80))
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)
    monkeypatch.setattr(tail, "SETTLED_AFTER", 0.0)


class Reader:
    """Reads the logs of a folder, and remembers what it read."""

    def __init__(self, folder: Path) -> None:
        self.pattern = folder / "app.log*"
        self.tail = PartsTail(self.pattern)
        self.lines: list[str] = []

    def poll(self, n: int) -> None:
        """Look `n` times."""
        for _ in range(n):
            piece = self.tail.poll()
            if not piece.is_sample:
                self.lines += piece.lines.decode().splitlines(keepends=True)

    def read_all(self) -> None:
        """Look until nothing comes any more."""
        n_quiet = 0
        while n_quiet < 8:
            before = len(self.lines)
            self.poll(1)
            n_quiet = 0 if len(self.lines) > before else n_quiet + 1

    def stop(self) -> None:
        """Let go of the files, as a source that is stopped and started again."""
        self.tail.close()

    def begin_again(self) -> None:
        """Go on from the position, as a source of a later process does."""
        place = self.tail.place
        self.tail.free()
        self.tail = PartsTail(self.pattern)
        if place is not None:
            self.tail.resume(json.loads(json.dumps(place.as_json())))


class Log:
    """Writes a log that is rotated and packed, one step of it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n = 0

    def write(self, name: str, n: int) -> None:
        """Add `n` lines."""
        with (self.folder / name).open("a") as file:
            file.writelines(LINE.format(i) for i in range(self.n, self.n + n))
        self.n += n

    def lines(self) -> list[str]:
        """All that was written."""
        return [LINE.format(i) for i in range(self.n)]

    def rotate(self, how: str, *, n_late: int, n_kept: int = 20) -> Iterator[None]:
        """Move the parts by one name, pack the newest, and remove what was packed.

        "direct" packs the log itself, as Python's handler with a rotator does, and "truncate" empties it
        then; else it is renamed before, and `n_late` lines come from a writer that has it still open.
        """
        at = self.folder.joinpath
        for i in range(n_kept, 0, -1):
            if at(f"app.log.{i}.gz").exists():
                at(f"app.log.{i}.gz").rename(at(f"app.log.{i + 1}.gz"))
                yield
        old = at("app.log.1" if how == "rename" else "app.log")
        if how == "rename":
            at("app.log").rename(old)
            yield
            if n_late:
                self.write("app.log.1", n_late)
                yield
            self.write("app.log", 1)
            yield
        packed = gzip.compress(old.read_bytes())
        at("app.log.1.gz").write_bytes(packed[:40])
        yield
        at("app.log.1.gz").write_bytes(packed)
        yield
        if how == "truncate":
            os.truncate(old, 0)
        else:
            old.unlink()
        yield


ACTIONS = st.tuples(
    st.sampled_from(["write", "rename", "rename", "direct", "truncate", "stop", "begin again"]),
    st.integers(1, 9),
)


@settings(deadline=None)
@given(actions=st.lists(ACTIONS, min_size=2, max_size=8), data=st.data())
def test_a_gzip_of_what_is_read_is_not_read_twice(
    actions: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Whatever the reader was at when a part moved, was packed and went, or when it was stopped."""
    polls = st.integers(0, 4)
    with tempfile.TemporaryDirectory() as made:
        log, reader = Log(Path(made)), Reader(Path(made))
        log.write("app.log", 5)
        for action, n in actions:
            reader.poll(data.draw(polls))
            if action == "write":
                log.write("app.log", n)
            elif action == "stop":
                reader.stop()
            elif action == "begin again":
                reader.begin_again()
            else:
                for _ in log.rotate(action, n_late=data.draw(st.integers(0, 3))):
                    reader.poll(data.draw(polls))
                log.write("app.log", n)
        reader.read_all()
        reader.tail.free()
        assert sorted(reader.lines, key=log.lines().index) == log.lines()


@pytest.mark.parametrize("n_before", range(8))
@pytest.mark.parametrize("n_between", range(8))
def test_a_log_that_pythons_handler_packs_is_read_once(
    n_before: int, n_between: int, tmp_path: Path
) -> None:
    """Its rotator writes the packed file, then removes the other, while a slow reader is anywhere in it."""
    reader = Reader(tmp_path)

    def pack(old: str, new: str) -> None:
        reader.poll(n_before)
        Path(new).write_bytes(gzip.compress(Path(old).read_bytes()))
        reader.poll(n_between)
        os.unlink(old)

    handler = RotatingFileHandler(tmp_path / "app.log", maxBytes=400, backupCount=9)
    handler.namer, handler.rotator = "{}.gz".format, pack
    for i in range(40):
        handler.emit(LogRecord("x", 20, "", 0, LINE.format(i).strip(), None, None))
    handler.close()
    reader.read_all()
    reader.tail.free()
    assert sorted(reader.lines) == sorted(LINE.format(i) for i in range(40))


def test_a_packed_copy_of_the_beginning_of_a_log_is_left_out(tmp_path: Path) -> None:
    """Lines came to the log after it was packed, and were read, before it went."""
    log, reader = Log(tmp_path), Reader(tmp_path)
    log.write("app.log", 8)
    reader.poll(2)
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress((tmp_path / "app.log").read_bytes()))
    log.write("app.log", 8)
    reader.read_all()
    (tmp_path / "app.log").unlink()
    reader.read_all()
    reader.tail.free()
    assert reader.lines == log.lines()


def test_a_packed_file_that_goes_on_otherwise_is_read(tmp_path: Path) -> None:
    """Though it begins as a log that is being read, and is no longer than that."""
    log, reader = Log(tmp_path), Reader(tmp_path)
    log.write("app.log", 50)
    reader.poll(2)
    log.n = 0
    log.write("app.log.1", 40)
    with (tmp_path / "app.log.1").open("a") as file:
        file.write("another line\n")
    packed = gzip.compress((tmp_path / "app.log.1").read_bytes())
    (tmp_path / "app.log.1").unlink()
    (tmp_path / "app.log.1.gz").write_bytes(packed)
    reader.read_all()
    reader.tail.free()
    assert reader.lines.count("another line\n") == 1


def test_a_log_that_is_closed_halfway_is_read_on_from_its_packed_copy(tmp_path: Path) -> None:
    """Nobody else has its last lines when it goes while the source is stopped."""
    log, reader = Log(tmp_path), Reader(tmp_path)
    log.write("app.log.1", 20)
    reader.poll(4)
    assert 0 < len(reader.lines) < 20
    packed = gzip.compress((tmp_path / "app.log.1").read_bytes())
    (tmp_path / "app.log.1.gz").write_bytes(packed)
    reader.poll(1)
    reader.stop()
    with suppress(FileNotFoundError):
        (tmp_path / "app.log.1").unlink()
    reader.read_all()
    reader.tail.free()
    assert reader.lines == log.lines()


def test_a_packed_file_that_is_replaced_while_another_goes_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found by the look that the one that went causes; what it was unpacked into is removed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    log, reader = Log(tmp_path), Reader(tmp_path)
    reader.tail = PartsTail(tmp_path / "*.log*")
    log.write("a.log", 4)
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(LINE.format("old").encode()))
    reader.read_all()
    assert reader.lines == [*log.lines(), LINE.format("old")]
    (tmp_path / "new").write_bytes(gzip.compress(LINE.format("new").encode()))
    (tmp_path / "new").replace(tmp_path / "b.log.gz")
    (tmp_path / "a.log").unlink()
    reader.read_all()
    reader.tail.free()
    assert reader.lines == [*log.lines(), LINE.format("old"), LINE.format("new")]
    assert not list(tmp_path.glob("nbstream-*"))


class FewAtOnce(io.FileIO):
    """A file of a system that gives less than it was asked for, as some over networks do."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most 100 bytes."""
        return super().read(min(size, 100) if size is not None and size >= 0 else size)


def test_files_are_known_again_though_a_read_gives_less_than_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their first and last bytes: those that were left out, renamed or packed."""
    monkeypatch.setattr(io, "FileIO", FewAtOnce)
    log, reader = Log(tmp_path), Reader(tmp_path)
    log.write("app.log", 40)
    packed = gzip.compress((tmp_path / "app.log").read_bytes())
    (tmp_path / "app.log.2.gz").write_bytes(packed)
    reader.tail = PartsTail(reader.pattern, from_start=False)
    reader.read_all()
    assert reader.lines == []
    place = reader.tail.place
    assert place is not None
    reader.tail.free()
    (tmp_path / "app.log").unlink()
    (tmp_path / "app.log.2.gz").rename(tmp_path / "app.log.3.gz")
    reader.tail = PartsTail(reader.pattern)
    reader.tail.resume(place.as_json())
    reader.read_all()
    reader.tail.free()
    assert reader.lines == []
