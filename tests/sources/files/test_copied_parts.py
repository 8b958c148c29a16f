"""Logs that are copied and then emptied, as `copytruncate` of logrotate does: no line is read twice."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
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


class Log:
    """A log, who reads it, and what was read."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.n = folder, 0
        self.tail = PartsTail(folder / "app.log*")
        self.found: list[str] = []

    def write(self, n: int) -> None:
        """Add `n` lines."""
        with (self.folder / "app.log").open("a") as file:
            file.writelines(LINE.format(i) for i in range(self.n, self.n + n))
        self.n += n

    def poll(self, n: int) -> None:
        """Look `n` times."""
        for _ in range(n):
            piece = self.tail.poll()
            if not piece.is_sample:
                self.found += piece.lines.decode().splitlines(keepends=True)

    def copy_and_empty(self, number: str, *, n_at_once: int) -> Iterator[None]:
        """Move the copies by one name, copy the log some bytes at a time, and empty it."""
        log, at = self.folder / "app.log", self.folder.joinpath
        for i in range(9, 0, -1):
            if at(f"app.log.{i}").exists():
                at(f"app.log.{i}").rename(at(f"app.log.{i + 1}"))
                yield
        content = log.read_bytes()
        with at(f"app.log{number}").open("wb", buffering=0) as copy:
            for start in range(0, len(content), n_at_once):
                copy.write(content[start : start + n_at_once])
                yield
        os.truncate(log, 0)
        yield

    def begin_again(self) -> None:
        """Go on from the position, as a source of a later process does."""
        place = self.tail.place
        self.tail.free()
        self.tail = PartsTail(self.folder / "app.log*")
        if place is not None:
            self.tail.resume(json.loads(json.dumps(place.as_json())))

    def read_all(self) -> list[str]:
        """Look until nothing comes any more; return all that was found, in the order of the log."""
        n_quiet = 0
        while n_quiet < 8:
            before = len(self.found)
            self.poll(1)
            n_quiet = 0 if len(self.found) > before else n_quiet + 1
        return sorted(self.found, key=self.lines().index)

    def lines(self) -> list[str]:
        """All that was written."""
        return [LINE.format(i) for i in range(self.n)]


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["write", "copy", "copy", "begin again"]), st.integers(1, 9)),
    min_size=2,
    max_size=6,
)


@settings(deadline=None)
@given(actions=ACTIONS, data=st.data())
def test_a_copy_is_not_read_beside_its_log(
    actions: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Whatever part of the copy is there when it is found, and wherever the reader is in the log."""
    polls = st.integers(0, 4)
    with tempfile.TemporaryDirectory() as made:
        log = Log(Path(made))
        log.write(5)
        for action, n in actions:
            log.poll(data.draw(polls))
            if action == "write":
                log.write(n)
            elif action == "begin again":
                log.begin_again()
            else:
                n_at_once = data.draw(st.sampled_from([20, 32, 45, 150, 10_000]))
                for _ in log.copy_and_empty(".1", n_at_once=n_at_once):
                    log.poll(data.draw(polls))
                log.write(n)
        found, lines = log.read_all(), log.lines()
        log.tail.free()
        assert found == lines


@pytest.mark.parametrize("number", [".1", "-20260701", ".2026-07-01", "-20260701-12"])
def test_lines_that_come_while_a_log_is_copied_come_once(number: str, tmp_path: Path) -> None:
    """With any of the names that copies have."""
    log = Log(tmp_path)
    log.write(20)
    log.read_all()
    for _ in log.copy_and_empty(number, n_at_once=100):
        log.poll(3)
    log.write(5)
    assert log.read_all() == log.lines()
    log.tail.free()


def test_logs_that_say_the_same_are_all_read(tmp_path: Path) -> None:
    """Files with other names are no copies, whatever is in them."""
    for name in ("a.log", "b.log", "sensor.1", "sensor.2"):
        (tmp_path / name).write_text(LINE.format(0) * 3)
    tail = PartsTail(tmp_path / "*")
    pieces = [tail.poll() for _ in range(20)]
    tail.free()
    assert b"".join(piece.lines for piece in pieces).decode() == LINE.format(0) * 12


def test_a_copy_that_is_changed_is_read(tmp_path: Path) -> None:
    """It is one for as long as all of it stands in the log too."""
    log = Log(tmp_path)
    log.write(20)
    copy = tmp_path / "app.log.1"
    copy.write_bytes((tmp_path / "app.log").read_bytes())
    log.read_all()
    with copy.open("a") as file:
        file.write("another line\n")
    log.poll(20)
    log.tail.free()
    assert log.found == [*log.lines(), "another line\n"]
