"""Several files as one: patterns that gain files, rotated parts, packed ones."""

from __future__ import annotations

import glob
import gzip
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.sources import CsvSource, JsonLinesSource, LinesSource, LogSource, SourceState
from nbstream.sources.base import Source
from nbstream.sources.files import packed, parts
from nbstream.sources.files.part_names import has_parts, newest_of
from nbstream.sources.files.parts import PartsTail
from nbstream.sources.files.parts_place import PartsPlace
from tests.wait import wait_until

START = 1_782_907_200


def lines(first: int, stop: int) -> str:
    """Return lines of JSON with the numbers from `first` to before `stop`."""
    return "".join(json.dumps({"ts": START + i, "x": i}) + "\n" for i in range(first, stop))


@pytest.fixture
def source(tmp_path: Path) -> Iterator[JsonLinesSource]:
    """A source of all files of a log."""
    with JsonLinesSource(tmp_path / "app.log*", poll_interval=0.01) as source:
        yield source


def wait_for(source: Source, n: int) -> None:
    """Wait until a source has read the numbers up to `n`, each once and in order."""

    def found() -> list[float]:
        return source.buffer.channel("x").rows(0).values.tolist()

    wait_until(lambda: found() == list(range(n)), 8, lambda: f"{n}, have {found()}")
    assert source.counters().late == source.counters().dropped == 0


def test_parts_are_read_in_order_and_followed(source: JsonLinesSource, tmp_path: Path) -> None:
    """The oldest first, packed ones too; then the one that grows, and files that come."""
    wait_until(lambda: source.state is SourceState.CONNECTING)
    for name, text in (("app.log.2", lines(4, 8)), ("app.log.1", lines(8, 12))):
        (tmp_path / f"_{name}").write_text(text)
    (tmp_path / "_app.log.10.gz").write_bytes(gzip.compress(lines(0, 4).encode()))
    (tmp_path / "_app.log").write_text(lines(12, 15))
    source.stop()
    for path in tmp_path.iterdir():
        path.rename(tmp_path / path.name[1:])
    source.start()
    wait_for(source, 15)
    with (tmp_path / "app.log").open("a") as file:
        file.write(lines(15, 20))
    wait_for(source, 20)


def test_a_number_may_stand_before_the_ending(tmp_path: Path) -> None:
    """As logrotate's `extension` and `dateext` put it, where there is a log without one; else parts go up."""
    for names in (
        ["app.10.log", "app.2.log.gz", "app.1.log", "app.log"],
        ["app_2026-07-01.log", "app_2026-07-02.log", "app.log"],
        ["app.1.log", "app.2.log", "app.10.log"],
    ):
        folder = tmp_path / names[0]
        folder.mkdir()
        for i, name in enumerate(names):
            text = lines(4 * i, 4 * i + 4).encode()
            (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        with JsonLinesSource(folder / "app*.log*", poll_interval=0.01) as source:
            wait_for(source, 4 * len(names))


def test_what_is_rotated_and_packed_is_not_read_twice(
    source: JsonLinesSource, tmp_path: Path
) -> None:
    """Under whatever name, packed while more had come to it that was not read."""
    log, first = tmp_path / "app.log", tmp_path / "app.log.1"
    log.write_text(lines(0, 30))
    wait_for(source, 30)
    log.rename(first)
    log.write_text(lines(30, 40))
    wait_for(source, 40)
    old = tmp_path / "app.log.1.gz"
    old.write_bytes(gzip.compress(first.read_bytes()))
    first.unlink()
    with log.open("a") as file:
        file.write(lines(40, 41))
    wait_for(source, 41)
    source.stop()
    with log.open("a") as file:
        file.write(lines(41, 50))
    (tmp_path / "app.log.2.gz").write_bytes(old.read_bytes())
    first.write_bytes(log.read_bytes())
    log.write_text(lines(50, 60))
    source.start()
    wait_for(source, 60)


def test_a_packed_file_that_is_not_whole_is_read_when_it_is(
    source: JsonLinesSource, tmp_path: Path
) -> None:
    """The feed says what it waits for."""
    content = gzip.compress(lines(0, 50).encode())
    path = tmp_path / "app.log.1.gz"
    path.write_bytes(content[:-20])

    def told() -> str:
        return "\n".join(event.text for event in source.buffer.events)

    wait_until(lambda: "app.log.1.gz cannot be unpacked (yet)" in told())
    path.write_bytes(content)
    wait_for(source, 50)


def test_a_packed_file_that_would_fill_the_disk_is_left_out(
    source: JsonLinesSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is unpacked up to a share of what is free, then let go of and told once; the others are read."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(packed.shutil, "disk_usage", lambda _: SimpleNamespace(free=8 * 2**20))
    monkeypatch.setattr(parts, "UNPACKED_FOR", 3600.0)
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(bytes(64 * 2**20)))
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(lines(0, 10).encode()))
    (tmp_path / "app.log").write_text(lines(10, 20))
    wait_for(source, 20)
    with (tmp_path / "app.log").open("a") as file:
        file.write(lines(20, 30))
    wait_for(source, 30)
    told = [event.text for event in source.buffer.events if "app.log.2.gz" in event.text]
    assert len(told) == 1
    assert "app.log.2.gz is left out: unpacked it has more than 2 MB, " in told[0]
    assert f"of what is free in {str(folder)!r}" in told[0]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2**20
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(lines(30, 40).encode()))
    wait_for(source, 40)


def test_files_that_are_all_gone_are_waited_for(source: JsonLinesSource, tmp_path: Path) -> None:
    """And read when they come again."""
    (tmp_path / "app.log").write_text(lines(0, 10))
    wait_for(source, 10)
    (tmp_path / "app.log").unlink()
    wait_until(lambda: source.state is SourceState.CONNECTING)
    assert source.status.startswith("waiting for app.log*")
    (tmp_path / "app.log.1").write_text(lines(10, 20))
    wait_for(source, 20)


def test_tables_have_their_headers_each(tmp_path: Path) -> None:
    """A CSV file a day."""
    for day in range(3):
        rows = "".join(f"2026-07-0{day + 1}T12:0{i}:00,{3 * day + i}\n" for i in range(3))
        (tmp_path / f"day-{day + 9}.csv").write_text(f"time,x\n{rows}")
    with CsvSource(tmp_path / "day-*.csv", timezone="UTC", poll_interval=0.01) as source:
        wait_for(source, 9)
        (tmp_path / "day-12.csv").write_text(
            "time,x\n2026-07-04T12:00:00,9\n2026-07-04T12:01:00,10\n"
        )
        wait_for(source, 11)
        assert source.counters().rejected == 0


def test_only_what_is_added_can_be_read(tmp_path: Path) -> None:
    """Of files that are there; those that come later are read from their start."""
    (tmp_path / "a.log").write_text("x=7\n")
    (tmp_path / "a.log.1.gz").write_bytes(gzip.compress(b"x=5\n"))
    with LinesSource(tmp_path / "*.log*", from_start=False, poll_interval=0.01) as source:
        wait_until(lambda: source.status == "waiting for the first line")
        with (tmp_path / "a.log").open("a") as file:
            file.write("x=0\n")
        wait_for(source, 1)
        (tmp_path / "b.log").write_text("x=1\nx=2\n")
        wait_for(source, 3)


def packed_log(folder: Path) -> None:
    """Write a log whose older lines were packed."""
    (folder / "app.log.2.gz").write_bytes(gzip.compress(b"an old line, x=7\n" * 3))
    (folder / "app.log").write_text("the last line so far, x=8\n")


def added(folder: Path) -> None:
    """Add a line to the log."""
    with (folder / "app.log").open("a") as file:
        file.write("a line that is new, x=0\n")


def test_old_lines_stay_left_out_when_their_packed_file_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As logrotate does with each rotation."""
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)
    packed_log(tmp_path)
    tail = PartsTail(tmp_path / "app.log*", from_start=False)
    read = [tail.poll() for _ in range(4)]
    (tmp_path / "app.log.2.gz").rename(tmp_path / "app.log.3.gz")
    added(tmp_path)
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    (tmp_path / "app.log").write_text("a line of the next file, x=1\n")
    read += [tail.poll() for _ in range(12)]
    tail.free()
    lines = b"".join(piece.lines for piece in read if not piece.is_sample)
    assert lines == b"a line that is new, x=0\na line of the next file, x=1\n"


def test_old_lines_stay_left_out_in_a_later_source(tmp_path: Path) -> None:
    """One that goes on where the first was stopped."""
    packed_log(tmp_path)

    def make() -> LinesSource:
        return LinesSource(tmp_path / "app.log*", from_start=False, poll_interval=0.01)

    with make() as source:
        wait_until(lambda: source.status == "waiting for the first line")
        source.stop()
        position = json.loads(json.dumps(source.position))
    added(tmp_path)
    with make().start(position) as source:
        wait_for(source, 1)


def test_a_position_of_the_moment_of_a_rotation_holds_the_file_that_lost_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read to its end before, and is packed while the log that is followed takes its name."""
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)
    old, log = tmp_path / "app.log.1", tmp_path / "app.log"
    old.write_text("an old line, x=7\n" * 3)
    log.write_text("the last line so far, x=8\n")

    def later(place: PartsPlace | None) -> PartsTail:
        tail = PartsTail(tmp_path / "app.log*")
        tail.resume({"files": []} if place is None else place.as_json())
        return tail

    def poll(n: int) -> PartsPlace | None:
        pieces = [tail.poll() for _ in range(n)]
        read.extend(piece.lines for piece in pieces if not piece.is_sample)
        return tail.place

    read: list[bytes] = []
    tail = later(None)
    place = poll(12)
    tail.free()
    tail = later(place)
    added(tmp_path)
    poll(12)
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(old.read_bytes()))
    old.unlink()
    log.rename(old)
    place = poll(1)
    tail.free()
    log.write_text("a line of the next file, x=9\n")
    tail = later(place)
    poll(12)
    tail.free()
    assert b"".join(read).splitlines() == [
        *[b"an old line, x=7"] * 3,
        b"the last line so far, x=8",
        b"a line that is new, x=0",
        b"a line of the next file, x=9",
    ]


def test_one_packed_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was unpacked into is removed, at the latest with the source."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(lines(0, 20).encode()))
    with JsonLinesSource(path, poll_interval=0.01) as source:
        wait_for(source, 20)
        monkeypatch.setattr(parts, "UNPACKED_FOR", 0.0)
        wait_until(lambda: not list(tmp_path.glob("*.part")))


def test_which_paths_are_several(tmp_path: Path) -> None:
    """A file whose name looks like a pattern is a file."""
    assert has_parts("x*.csv")
    assert has_parts("x.gz")
    assert not has_parts("x.csv")
    path = tmp_path / "x[1].csv"
    path.write_text("")
    assert not has_parts(path)
    (tmp_path / "y.csv").write_text("")
    os.utime(path, (1, 1))
    assert newest_of(tmp_path / "*.csv") == tmp_path / "y.csv"
    assert newest_of(tmp_path / "*.json") is None


KINDS: dict[str, tuple[Callable[[Path], Source], str, Callable[[int], str]]] = {
    "csv": (
        lambda path: CsvSource(path, poll_interval=0.01),
        "time,x\n",
        lambda i: f"2026-07-01 12:{i // 60:02d}:{i % 60:02d},{i}\n",
    ),
    "jsonl": (
        lambda path: JsonLinesSource(path, poll_interval=0.01), "", lambda i: lines(i, i + 1),
    ),
    "lines": (lambda path: LinesSource(path, poll_interval=0.01), "", lambda i: f"x={i}\n"),
    "log": (
        lambda path: LogSource(path, r"took (?P<x>\d+)ms", poll_interval=0.01),
        "",
        lambda i: f"took {i}ms\n",
    ),
}  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of source, by name."""
    return str(request.param)


class Logs:
    """The files of a folder, and the numbers of which a later source shall read none twice."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.pattern = folder, folder / "app.log*"
        self.make, self.header, self.line = KINDS[kind]
        self.n = 0

    def write(self, name: str, n: int, *, is_new: bool = False) -> None:
        """Add `n` rows with the next numbers to a file."""
        path = self.folder / name
        rows = "".join(map(self.line, range(self.n, self.n + n)))
        with path.open("a") as file:
            file.write((self.header if is_new else "") + rows)
        self.n += n

    def read(self, position: object, first: int) -> object:
        """Read what is new, each number once and in order; return the position as it comes from JSON."""
        with self.make(self.pattern).start(position) as source:
            wait_until(lambda: source.counters().accepted >= self.n - first, 8, source.counters)
            wait_until(lambda: source.position is not None)
            found = source.buffer.to_pandas().iloc[:, -1].tolist() if self.n > first else []
            assert found == list(range(first, self.n))
            source.stop()
            return json.loads(json.dumps(source.position))


def test_a_later_source_goes_on_where_one_stopped(kind: str, tmp_path: Path) -> None:
    """In files that grew, came, were renamed, packed, removed: no reading is lost or comes twice."""
    logs = Logs(tmp_path, kind)
    logs.write("app.log.1", 5, is_new=True)
    logs.write("app.log", 4, is_new=True)
    position = logs.read(None, 0)
    assert logs.read(position, logs.n) == position
    first = logs.n
    logs.write("app.log.0", 1, is_new=True)
    logs.write("app.log", 3)
    position = logs.read(position, first)
    first = logs.n
    logs.write("app.log", 2)
    rest = (tmp_path / "app.log").read_bytes()
    (tmp_path / "app.log").unlink()
    old = tmp_path / "app.log.1"
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(old.read_bytes()))
    old.write_bytes(rest)
    logs.write("app.log", 6, is_new=True)
    position = logs.read(position, first)
    (tmp_path / "app.log.2.gz").unlink()
    first = logs.n
    logs.write("app.log", 1)
    logs.read(position, first)


def test_a_source_of_several_files_goes_on_where_it_stopped_itself(
    kind: str, tmp_path: Path
) -> None:
    """Stop and start need no position, and one of before reads again what came after it."""
    logs = Logs(tmp_path, kind)
    logs.write("app.log.1", 3, is_new=True)
    logs.write("app.log", 3, is_new=True)
    with logs.make(logs.pattern) as source:
        wait_until(lambda: source.counters().accepted == 6 and source.position)
        source.stop()
        early = source.position
        logs.write("app.log", 2)
        source.start()
        wait_until(lambda: source.counters().accepted == 8)
        wait_until(lambda: source.position != early)
        source.stop()
        late = source.position
        source.start(early)
        wait_until(lambda: source.position == late)
        assert source.buffer.to_pandas().iloc[:, -1].tolist()[:8] == list(range(8))
        assert not source.counters().rejected


@pytest.mark.parametrize("is_stopped", [False, True], ids=["followed", "stopped between"])
@pytest.mark.parametrize("n_kept", [50, 2])
def test_a_log_that_python_rotates_is_read_once(
    n_kept: int, is_stopped: bool, tmp_path: Path
) -> None:
    """Each rotation moves all parts by one name, while they are followed: none is read again or left out."""
    log = RotatingFileHandler(tmp_path / "app.log", maxBytes=300, backupCount=n_kept)
    position, found = None, []

    def write(first: int, n: int) -> None:
        for i in range(first, first + n):
            log.emit(LogRecord("x", 20, "", 0, f"x={i}", None, None))

    with closing(log):
        for first in range(0, 400, 40):
            source = LinesSource(tmp_path / "app.log*", poll_interval=0.001).start(position)
            before = 10 if first and is_stopped else 0
            for written in range(0, 30 if is_stopped else 40, 10):
                write(first + written, 10)
                wait_for_more(source, before + written + 10)
            source.stop()
            position = json.loads(json.dumps(source.position))
            found += source.buffer.to_pandas()["x"].tolist()
            source.close()
            if is_stopped:
                write(first + 30, 10)
    assert found == list(range(390 if is_stopped else 400))


class RotatingLog:
    """A log that is rotated while its files are looked at, and what was read of it."""

    def __init__(self, folder: Path) -> None:
        self.pattern = folder / "app.log*"
        self.handler = RotatingFileHandler(folder / "app.log", backupCount=3)
        self.n = 0
        self.tail = PartsTail(self.pattern)
        self.found: list[str] = []
        self._calls_left: int | None = None

    def write(self) -> None:
        """Write ten lines."""
        for i in range(self.n, self.n + 10):
            self.handler.emit(LogRecord("x", 20, "", 0, f"x={i}", None, None))
        self.n += 10

    def rotate(self) -> None:
        """Begin another file, with ten lines."""
        self.handler.doRollover()
        self.write()

    def read(self) -> None:
        """Look often enough to read all."""
        for _ in range(20):
            piece = self.tail.poll()
            if not piece.is_sample:
                self.found.extend(piece.lines.decode().split())

    def begin_again(self) -> None:
        """Go on from the position, as a source of a later process does."""
        place = self.tail.place
        assert place is not None
        self.tail.free()
        self.tail = PartsTail(self.pattern)
        self.tail.resume(json.loads(json.dumps(place.as_json())))

    def read_and_rotate(self, where: tuple[Any, str], count: int) -> None:
        """Read, and rotate behind the call with a number of a function that looks at files."""
        module, name = where
        function = getattr(module, name)

        def call(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            if self._calls_left is not None:
                self._calls_left -= 1
                if self._calls_left < 0:
                    self._calls_left = None
                    self.rotate()
            return result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, name, call)
            self._calls_left = count
            self.read()
            self._calls_left = None

    def close(self) -> None:
        """Let go of the files."""
        self.handler.close()
        self.tail.free()


@pytest.fixture
def rotating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RotatingLog]:
    """A log of five files, the newest two of which were read before the last rotation."""
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)
    with closing(RotatingLog(tmp_path)) as log:
        for _ in range(4):
            log.write()
            log.read()
            log.rotate()
            log.read()
        yield log


CALLS = [(glob, "glob"), (os, "stat"), (os, "fstat")]


@pytest.mark.parametrize("where", CALLS, ids=["glob", "stat", "fstat"])
@pytest.mark.parametrize("count", range(16))
def test_a_rotation_while_the_files_are_looked_at_has_all_read_once(
    where: tuple[Any, str], count: int, rotating: RotatingLog
) -> None:
    """At any moment: what was listed under one name has another when it is looked at."""
    rotating.rotate()
    rotating.read_and_rotate(where, count)
    rotating.read()
    assert sorted(rotating.found) == sorted(f"x={i}" for i in range(rotating.n))


@pytest.mark.parametrize("where", CALLS, ids=["glob", "stat", "fstat"])
@pytest.mark.parametrize("count", range(24))
@pytest.mark.parametrize("has_more", [False, True])
def test_a_rotation_while_a_later_source_looks_for_its_files_has_all_read_in_order(
    where: tuple[Any, str], count: int, has_more: bool, rotating: RotatingLog
) -> None:
    """Its first look finds names that are others a moment later."""
    if has_more:
        rotating.write()
    rotating.begin_again()
    rotating.write()
    rotating.read_and_rotate(where, count)
    rotating.read()
    assert rotating.found == [f"x={i}" for i in range(rotating.n)]


def wait_for_more(source: Source, n: int) -> None:
    """Wait until a source has read `n` readings."""
    wait_until(lambda: source.counters().received >= n, 8, lambda: f"{n}, {source.counters()}")


def test_small_files_are_known_by_their_names(tmp_path: Path) -> None:
    """Two that hold the same few bytes are two, also to a later source."""
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("x=1\n")
    position = None
    for n in (2, 0):
        with LinesSource(tmp_path / "*.txt", poll_interval=0.01).start(position) as source:
            wait_until(lambda n=n: source.counters().accepted == n and source.position)
            wait_until(lambda: len(source.position["files"]) == 2)
            position = source.position
    (tmp_path / "a.txt").write_text("x=1\nx=2\n")
    with LinesSource(tmp_path / "*.txt", poll_interval=0.01).start(position) as source:
        wait_until(lambda: source.counters().accepted)
        assert source.buffer.to_pandas()["x"].tolist() == [2.0]


def test_a_position_at_the_end_reads_what_came_since(tmp_path: Path) -> None:
    """Of a source that left out what was there before: files that came later are read whole."""
    (tmp_path / "a.jsonl").write_text(lines(0, 5))
    (tmp_path / "b.jsonl").write_text("")

    def make() -> JsonLinesSource:
        return JsonLinesSource(tmp_path / "*.jsonl", from_start=False, poll_interval=0.01)

    with make() as source:
        wait_until(lambda: source.position)
        source.stop()
        position = source.position
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(lines(5, 6))
    (tmp_path / "b.jsonl").write_text(lines(6, 8))
    (tmp_path / "c.jsonl").write_text(lines(8, 9))
    with make().start(position) as source:
        wait_until(lambda: source.counters().accepted == 4, message=lambda: repr(source))
        assert source.buffer.to_pandas()["x"].tolist() == [5, 6, 7, 8]


def test_the_position_of_one_file_is_one_of_a_pattern_too(tmp_path: Path) -> None:
    """Who adds the rotated parts later reads nothing twice."""
    log = tmp_path / "app.log"
    log.write_text(lines(0, 5))
    with JsonLinesSource(log, poll_interval=0.01) as source:
        wait_for(source, 5)
        wait_until(lambda: source.position)
        source.stop()
        position = source.position
    log.write_text(lines(0, 7))
    with JsonLinesSource(tmp_path / "app.log*", poll_interval=0.01).start(position) as source:
        wait_until(lambda: source.counters().accepted == 2)
        assert source.buffer.to_pandas()["x"].tolist() == [5, 6]


@pytest.mark.parametrize(
    "position", [3, {}, {"files": 1}, {"files": [3]}, {"files": [{"name": "x", "offset": 1}]}]
)
def test_what_is_no_position_is_refused(position: object, tmp_path: Path) -> None:
    """At once, and nothing is started."""
    with JsonLinesSource(tmp_path / "*.jsonl") as source:
        source.stop()
        with pytest.raises(ValueError, match="'position' must be what a source of files said"):
            source.start(position)
        assert not source.is_running


def test_positions_of_many_files_stay_small(tmp_path: Path) -> None:
    """A year of files is known again, and read on in the newest only."""
    for i in range(365):
        (tmp_path / f"day-{i:03d}.jsonl").write_text(lines(i, i + 1))

    def make() -> JsonLinesSource:
        return JsonLinesSource(tmp_path / "day-*.jsonl", poll_interval=0.01)

    with make() as source:
        wait_for(source, 365)
        wait_until(lambda: len(source.position["files"]) == 365)
        source.stop()
        text = json.dumps(source.position)
    assert len(text) < 365 * 300
    with (tmp_path / "day-364.jsonl").open("a") as file:
        file.write(lines(365, 370))
    for _ in range(2):
        with make().start(json.loads(text)) as source:
            wait_until(lambda: source.counters().accepted == 5, message=lambda: repr(source))
            wait_until(lambda: len(source.position["files"]) == 365)
            assert source.buffer.to_pandas()["x"].tolist() == list(range(365, 370))
            source.stop()
            assert len(source.position["files"]) == 365
