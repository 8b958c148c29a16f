"""Logs of a few bytes that are rotated: they too are read once, and each of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nbstream.sources.files import parts
from nbstream.sources.files.parts import PartsTail


class Reader:
    """Reads the logs of a folder, and remembers the numbers that it read."""

    def __init__(self, folder: Path, *, from_start: bool = True) -> None:
        self.pattern = folder / "app.log*"
        self.tail = PartsTail(self.pattern, from_start=from_start)
        self.found: list[int] = []

    def read(self) -> list[int]:
        """Look often enough to read all; return what was found since the beginning."""
        for _ in range(12):
            piece = self.tail.poll()
            if not piece.is_sample:
                self.found.extend(int(x.removeprefix("x=")) for x in piece.lines.decode().split())
        return self.found

    def begin_again(self) -> None:
        """Go on from the position, as a source of a later process does."""
        place = self.tail.place
        assert place is not None
        self.tail.free()
        self.tail = PartsTail(self.pattern)
        self.tail.resume(json.loads(json.dumps(place.as_json())))

    def close(self) -> None:
        """Let go of the files."""
        self.tail.free()


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """One that looks for new files whenever nothing came."""
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)
    with closing(Reader(tmp_path)) as reader:
        yield reader


def pack(path: Path) -> None:
    """Put a packed file in the place of another."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


OTHERS, THE_SAME = list(range(6)), [7] * 6


@pytest.mark.parametrize(
    ("numbers", "is_stopped", "is_packed"),
    [
        (OTHERS, False, False),
        (OTHERS, False, True),
        (OTHERS, True, False),
        (OTHERS, True, True),
        (THE_SAME, False, False),
        (THE_SAME, True, False),
        (THE_SAME, True, True),
    ],
)
def test_a_log_of_a_line_is_read_once_through_rotations(
    numbers: list[int], is_stopped: bool, is_packed: bool, reader: Reader, tmp_path: Path
) -> None:
    """Under all the names that it has, whether it is followed or the reader was stopped meanwhile."""
    log, first = tmp_path / "app.log", tmp_path / "app.log.1"
    log.write_text(f"x={numbers[0]}\n")
    assert reader.read() == [*numbers[:1]]
    for i in range(1, 6):
        end = ".gz" if is_packed else ""
        for k in range(i, 0, -1):
            with_number = tmp_path / f"app.log.{k}{end}"
            if with_number.exists():
                with_number.rename(tmp_path / f"app.log.{k + 1}{end}")
        log.rename(first)
        if is_packed:
            pack(first)
        log.write_text(f"x={numbers[i]}\n")
        if is_stopped:
            reader.begin_again()
        assert reader.read() == [*numbers[: i + 1]]


def test_a_log_of_a_line_that_pythons_handler_packs_is_read_once(
    reader: Reader, tmp_path: Path
) -> None:
    """The packed file is there before the log goes; lines that came to it since the last look are read."""
    log = tmp_path / "app.log"
    log.write_text("x=1\n")
    assert reader.read() == [1]
    log.write_text("x=1\nx=2\n")
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    log.write_text("x=3\n")
    assert sorted(reader.read()) == [1, 2, 3]


def test_a_log_that_grew_before_it_was_rotated_is_read_on(reader: Reader, tmp_path: Path) -> None:
    """A later source knows it by the few bytes that were read of it."""
    log = tmp_path / "app.log"
    log.write_text("x=1\n")
    reader.read()
    log.write_text("x=1\nx=2\n")
    log.rename(tmp_path / "app.log.1")
    log.write_text("x=3\n")
    reader.begin_again()
    assert reader.read() == [1, 2, 3]


def test_a_log_of_a_line_that_is_made_again_is_read_again(reader: Reader, tmp_path: Path) -> None:
    """It has the name that it had, so it is no part that was rotated."""
    log = tmp_path / "app.log"
    for n in (1, 2):
        log.write_text("x=1\n")
        assert reader.read() == [1] * n
        log.unlink()
        assert reader.read() == [1] * n
