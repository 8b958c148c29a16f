"""The tail against real files: growth, rotation, truncation, replacement, and a model of all of it."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nbstream.errors import ParseError
from nbstream.sources.files.tail import FileTail, Piece


def drain(tail: FileTail) -> tuple[bytes, list[Piece]]:
    """Poll until nothing is left; return the lines that are to be read, and all pieces."""
    pieces: list[Piece] = []
    while not pieces or pieces[-1].has_more:
        assert len(pieces) < 10_000, "the tail never comes to an end"
        pieces.append(tail.poll())
    return b"".join(piece.lines for piece in pieces if not piece.is_sample), pieces


def lines(tail: FileTail) -> bytes:
    """Poll until nothing is left; return the lines."""
    return drain(tail)[0]


def events(pieces: list[Piece]) -> list[str]:
    """Return what the pieces tell people."""
    return [piece.event for piece in pieces if piece.event]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file is going to be."""
    return tmp_path / "data.csv"


def append(path: Path, data: bytes) -> None:
    """Write at the end of a file."""
    with path.open("ab") as file:
        file.write(data)


def test_lines_come_once_they_are_complete(path: Path) -> None:
    """Half a line is left alone until its newline is there."""
    tail = FileTail(path)
    append(path, b"a\nb")
    assert lines(tail) == b"a\n"
    assert tail.n_waiting == 1
    append(path, b"c")
    assert lines(tail) == b""
    append(path, b"d\n")
    assert lines(tail) == b"bcd\n"
    assert tail.n_waiting == 0
    tail.close()


def test_a_missing_file_is_waited_for(path: Path) -> None:
    """A file that is not there yet is no error; what comes is read from its start."""
    tail = FileTail(path, from_start=False)
    assert tail.poll().is_missing
    append(path, b"a\n")
    data, pieces = drain(tail)
    assert data == b"a\n"
    assert pieces[0].at_start
    tail.close()


@pytest.mark.parametrize("chunk_bytes", [1, 3, 7, 64])
def test_chunks_of_any_size(path: Path, chunk_bytes: int) -> None:
    """How much is read at once does not change what is read."""
    data = b"".join(b"x" * (i % 20) + b"\n" for i in range(100))
    append(path, data)
    tail = FileTail(path, chunk_bytes=chunk_bytes, max_line_bytes=30)
    assert lines(tail) == data
    tail.close()


def test_rotation_by_rename_loses_nothing(path: Path) -> None:
    """The renamed file is read to its end before the new one is begun."""
    tail = FileTail(path)
    append(path, b"h\n1\n")
    assert lines(tail) == b"h\n1\n"
    with path.open("ab") as old:
        old.write(b"2\n")
        old.flush()
        path.rename(path.with_suffix(".1"))
        path.touch()
        assert lines(tail) == b"2\n"
        old.write(b"3\n")
        old.flush()
        assert lines(tail) == b"3\n"
        old.write(b"4\n")
    append(path, b"h\n5\n")
    data, _pieces = drain(tail)
    assert data == b"4\nh\n5\n"
    append(path, b"6\n")
    assert lines(tail) == b"6\n"
    tail.close()


def test_rotation_to_other_content_starts_anew(path: Path) -> None:
    """Another file under the same name is read from its start, with an event."""
    tail = FileTail(path)
    append(path, b"old 1\nold 2\nhalf")
    assert lines(tail) == b"old 1\nold 2\n"
    path.rename(path.with_suffix(".1"))
    append(path, b"new 1\nnew 2\n")
    data, pieces = drain(tail)
    assert data == b"new 1\nnew 2\n"
    assert sum(piece.n_cut for piece in pieces) == 1
    assert events(pieces) == ["another file took the place of the file; reading it from its start"]
    assert [piece.at_start for piece in pieces if piece.lines] == [True]
    tail.close()


def test_truncation_starts_anew(path: Path) -> None:
    """A file that was cut is read from its start, with an event."""
    tail = FileTail(path)
    append(path, b"a 1\na 2\na 3\n")
    assert lines(tail) == b"a 1\na 2\na 3\n"
    path.write_bytes(b"b 1\n")
    data, pieces = drain(tail)
    assert data == b"b 1\n"
    assert events(pieces) == ["the file was truncated; reading it from its start"]
    tail.close()


def test_replacement_by_the_same_size_in_place_is_seen(path: Path) -> None:
    """The same size and inode do not hide other content, even within one tick of the file's clock."""
    tail = FileTail(path)
    append(path, b"a 1\na 2\n")
    assert lines(tail) == b"a 1\na 2\n"
    inode = path.stat().st_ino
    with path.open("r+b") as file:
        file.write(b"b 1\nb 2\n")
    assert path.stat().st_ino == inode
    data, pieces = drain(tail)
    assert data == b"b 1\nb 2\n"
    assert events(pieces) == ["the content of the file was replaced; reading it from its start"]
    tail.close()


def test_delete_and_recreate(path: Path) -> None:
    """A deleted file is waited for; the one that comes back is read, whatever its inode."""
    tail = FileTail(path)
    append(path, b"a 1\na 2\n")
    assert lines(tail) == b"a 1\na 2\n"
    path.unlink()
    data, pieces = drain(tail)
    assert data == b""
    assert pieces[-1].is_missing
    assert events(pieces) == ["the file is gone; waiting for it"]
    assert events(drain(tail)[1]) == []
    append(path, b"b 1\nb 2\n")
    assert lines(tail) == b"b 1\nb 2\n"
    assert not tail.poll().is_missing
    tail.close()


def test_replaced_while_stopped(path: Path) -> None:
    """A tail that let go of its file finds out what happened meanwhile, same inode or not."""
    tail = FileTail(path)
    append(path, b"a 1\na 2\n")
    assert lines(tail) == b"a 1\na 2\n"
    tail.close()
    append(path, b"a 3\n")
    assert lines(tail) == b"a 3\n"
    tail.close()
    path.unlink()
    append(path, b"b 1\nb 2\nb 3\n")
    assert lines(tail) == b"b 1\nb 2\nb 3\n"
    tail.close()


def test_a_file_written_anew_with_more_gives_what_is_more(path: Path) -> None:
    """A program that saves its whole table again and again is read like one that appends."""
    tail = FileTail(path)
    table = b"h\n"
    for i in range(5):
        row = b"row %d\n" % i
        table += row
        with path.open("wb") as file:  # the tail may look while it is half written
            file.write(table[: len(table) // 2])
            file.flush()
            data, pieces = drain(tail)
            assert data == (b"" if i else b"h\n")
            file.write(table[len(table) // 2 :])
        data, pieces = drain(tail)
        assert data == row
        assert events(pieces) == []
        other = path.with_suffix(".new")
        other.write_bytes(table)
        other.replace(path)
        data, pieces = drain(tail)
        assert (data, events(pieces)) == (b"", [])
    tail.close()


def test_a_symlink_that_moves(path: Path, tmp_path: Path) -> None:
    """A link that is pointed at another file counts as rotation."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a 1\n")
    two.write_bytes(b"b 1\n")
    path.symlink_to(one)
    tail = FileTail(path)
    assert lines(tail) == b"a 1\n"
    path.unlink()
    path.symlink_to(two)
    assert lines(tail) == b"b 1\n"
    tail.close()


@pytest.mark.parametrize("n_lines", [3, 5_000])
def test_copytruncate_with_a_hole(path: Path, n_lines: int) -> None:
    """A writer that goes on at its old place leaves NULs, which are taken out and counted."""
    tail = FileTail(path, chunk_bytes=1000, max_line_bytes=500)
    with path.open("wb") as file:
        file.write(b"".join(b"a %d\n" % i for i in range(n_lines)))
        file.flush()
        lines(tail)
        os.truncate(path, 0)
        file.write(b"b 1\nb 2\n")
        file.flush()
        size = file.tell()
        data, pieces = drain(tail)
    assert data == b"b 1\nb 2\n"
    assert sum(piece.n_nul for piece in pieces) == size - len(data)
    assert sum(piece.n_too_long for piece in pieces) == 0
    tail.close()


def test_only_what_is_added(path: Path) -> None:
    """From the end on, the first lines are given only to learn from, and half a line is completed."""
    append(path, b"h\nold 1\nold")
    tail = FileTail(path, from_start=False)
    data, pieces = drain(tail)
    assert data == b""
    assert [piece.lines for piece in pieces if piece.is_sample] == [b"h\nold 1\n"]
    append(path, b" 2\nnew\n")
    assert lines(tail) == b"old 2\nnew\n"
    path.write_bytes(b"other\n")
    assert lines(tail) == b"other\n"
    tail.close()


@pytest.mark.parametrize("chunk_bytes", [10, 64, 100, 101, 1000])
@pytest.mark.parametrize("length", [99, 100, 101, 250, 1000, 1001, 5000])
def test_a_line_that_is_too_long_is_dropped(path: Path, length: int, chunk_bytes: int) -> None:
    """Lines up to the limit are read, longer ones counted, and the next line is read again."""
    append(path, b"a\n" + b"x" * length + b"\nb\nc\n")
    tail = FileTail(path, max_line_bytes=100, chunk_bytes=chunk_bytes)
    data, pieces = drain(tail)
    too_long = length > 100
    assert data == (b"a\nb\nc\n" if too_long else b"a\n" + b"x" * length + b"\nb\nc\n")
    assert sum(piece.n_too_long for piece in pieces) == too_long
    tail.close()


def test_a_line_that_grows_too_long_is_dropped(path: Path) -> None:
    """A line that is written piece by piece is given up once and for all."""
    tail = FileTail(path, max_line_bytes=100)
    n_too_long = 0
    for _ in range(30):
        append(path, b"x" * 10)
        data, pieces = drain(tail)
        assert data == b""
        n_too_long += sum(piece.n_too_long for piece in pieces)
    append(path, b"\nb\n")
    assert lines(tail) == b"b\n"
    assert n_too_long == 1
    tail.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module there")
def test_a_line_of_300_mb_needs_no_memory(path: Path) -> None:
    """An enormous line passes through a fixed amount of memory."""
    block = b"x" * 2**20
    with path.open("wb") as file:
        file.write(b"a\n")
        for _ in range(300):
            file.write(block)
        file.write(b"\nb\n")
    tail = FileTail(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data, pieces = drain(tail)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert data == b"a\nb\n"
    assert sum(piece.n_too_long for piece in pieces) == 1
    unit = 1 if sys.platform == "darwin" else 1024
    assert grown * unit < 16 * 2**20
    tail.close()


def test_what_is_no_file(tmp_path: Path) -> None:
    """Directories and pipes are refused at once."""
    with pytest.raises(IsADirectoryError):
        FileTail(tmp_path).poll()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ParseError, match="not a regular file"):
            FileTail(tmp_path / "pipe").poll()


class TailMachine(RuleBasedStateMachine):
    """Writes and rotates at random; every complete line is read once and in order.

    Each line is unique. What may be lost is only what an observer who polls cannot see: lines that
    were cut off or deleted before the next poll.
    """

    @initialize(chunk_bytes=st.sampled_from([5, 16, 1000]))
    def begin(self, chunk_bytes: int) -> None:
        """Make an empty folder and a tail."""
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "data.csv"
        self.tail = FileTail(self.path, chunk_bytes=chunk_bytes, max_line_bytes=200)
        # What stays still for seconds is read otherwise; a slow machine must not make a pause of that.
        self.stopped = pytest.MonkeyPatch()
        self.stopped.setattr(
            "nbstream.sources.files.tail.time",
            SimpleNamespace(monotonic=float, time_ns=time.time_ns),
        )
        self.n = 0
        self.expected: list[bytes] = []
        self.got: list[bytes] = []
        self.half = b""  # what stands after the last newline of the file
        self.is_open = False  # whether the tail holds the file that is there now
        self.n_rotated = 0

    def teardown(self) -> None:
        """Remove the folder."""
        if hasattr(self, "tail"):
            self.tail.close()
            self.stopped.undo()
            shutil.rmtree(self.folder)

    def line(self) -> bytes:
        """Return a line that never was before."""
        self.n += 1
        return b"line %d %s" % (self.n, b"x" * (self.n * 7 % 23))

    def write(self, data: bytes) -> None:
        """Append, and note which lines became whole."""
        append(self.path, data)
        *whole, self.half = (self.half + data).split(b"\n")
        self.expected += whole

    @rule(count=st.integers(1, 30))
    def write_lines(self, count: int) -> None:
        """Append some lines."""
        self.write(b"".join(self.line() + b"\n" for _ in range(count)))

    @rule()
    def write_half(self) -> None:
        """Append something without an end."""
        self.write(self.line()[: 1 + self.n % 9])

    @rule()
    def complete(self) -> None:
        """Append the end of a line."""
        self.write(b" end%d\n" % self.n)
        self.n += 1

    @rule()
    def poll(self) -> None:
        """Read all there is, and compare."""
        data, _ = drain(self.tail)
        self.got += data.split(b"\n")[:-1]
        assert self.got == self.expected
        # An empty file is not followed yet: the one before it may still be written to.
        self.is_open = self.path.exists() and self.path.stat().st_size > 0

    @precondition(lambda self: self.path.exists())
    @rule(inside=st.booleans())
    def truncate(self, inside: bool) -> None:
        """Cut everything off, in one of the two ways; what was not read is lost by its writer."""
        self.poll()
        if inside:
            os.truncate(self.path, 0)
        else:
            self.path.write_bytes(b"")
        self.half = b""

    @precondition(lambda self: self.path.exists() and self.is_open)
    @rule(has_last=st.booleans(), fresh=st.integers(1, 5))
    def rotate(self, has_last: bool, fresh: int) -> None:
        """Rename the file, write a last line into it, begin a new one."""
        self.n_rotated += 1
        old = self.folder / f"old.{self.n_rotated}"
        self.path.rename(old)
        if has_last:
            last = self.line()
            append(old, last + b"\n")
            self.expected.append(self.half + last)
        self.half = b""
        self.write(b"".join(self.line() + b"\n" for _ in range(fresh)))
        self.is_open = False  # the tail cannot follow two rotations between two polls

    @precondition(lambda self: self.path.exists())
    @rule(fresh=st.integers(0, 3))
    def delete_and_recreate(self, fresh: int) -> None:
        """Remove the file and make another, perhaps with the same inode."""
        self.poll()
        self.path.unlink()
        self.half = b""
        self.is_open = False
        self.write(b"".join(self.line() + b"\n" for _ in range(fresh)))

    @precondition(lambda self: self.path.exists())
    @rule(in_place=st.booleans())
    def save_again(self, in_place: bool) -> None:
        """Write the same content with one more line, as a program that saves its whole table."""
        self.poll()
        content = self.path.read_bytes()
        more = self.line() + b"\n"
        if in_place:
            self.path.write_bytes(content + more)
        else:
            new = self.folder / "new"
            new.write_bytes(content + more)
            new.replace(self.path)
            self.is_open = False
        *whole, self.half = (self.half + more).split(b"\n")
        self.expected += whole

    @rule()
    def let_go(self) -> None:
        """Stop and start again, with nothing new between."""
        self.poll()
        self.tail.close()
        self.is_open = False

    @invariant()
    def nothing_twice(self) -> None:
        """No line is read twice."""
        assert len(set(self.got)) == len(self.got) if hasattr(self, "got") else True


TailMachine.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTail = TailMachine.TestCase
TestTail.pytestmark = [
    pytest.mark.timeout(300)
]  # one that strikes within looks flaky to hypothesis
