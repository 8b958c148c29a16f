"""Where a source of a file stopped, a later one goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from tests.wait import wait_until

HEADER = "timestamp,value\n"
Make = Callable[[Path], Any]
KINDS = pytest.mark.parametrize(
    "make",
    [
        lambda path: ns.CsvSource(path, poll_interval=0.01),
        lambda path: ns.LinesSource(path, poll_interval=0.01),
    ],
    ids=["csv", "lines"],
)


def rows(start: int, stop: int) -> str:
    """Return rows a second apart, each with its number as value."""
    lines = (f"2026-07-01 12:{i // 60:02d}:{i % 60:02d},{i}\n" for i in range(start, stop))
    return "".join(lines)


def numbers(source: ns.Source) -> list[float]:
    """Return what was read, of the only channel."""
    frame = source.buffer.to_pandas()
    return [] if frame.empty else frame.iloc[:, -1].tolist()


def stopped_at(make: Make, path: Path, n: int) -> Any:
    """Read `n` readings, stop, and return the position as it comes out of a file."""
    source = make(path)
    assert source.position is None
    with source:
        wait_until(lambda: source.counters().accepted == n, message=lambda: repr(source))
        wait_until(lambda: source.position is not None)
        source.stop()
        return json.loads(json.dumps(source.position))


@KINDS
@pytest.mark.parametrize("n", [1, 100, 3000])
def test_a_later_source_goes_on_where_one_stopped(make: Make, n: int, tmp_path: Path) -> None:
    """No reading is lost and none comes twice, though the file grew meanwhile."""
    path = tmp_path / "x.csv"
    path.write_text(HEADER + rows(0, n))
    position = stopped_at(make, path, n)
    assert position["offset"] == path.stat().st_size
    with path.open("a") as file:
        file.write(rows(n, n + 5))
    with make(path).start(position) as source:
        wait_until(lambda: source.counters().accepted == 5, message=lambda: repr(source))
        assert numbers(source) == list(range(n, n + 5))
        assert source.position["offset"] == path.stat().st_size


@KINDS
def test_a_source_goes_on_where_it_stopped_itself(make: Make, tmp_path: Path) -> None:
    """Stop and start need no position; an earlier one reads again what came after it."""
    path = tmp_path / "x.csv"
    path.write_text(HEADER + rows(0, 10))
    with make(path) as source:
        wait_until(lambda: source.counters().accepted == 10 and source.position)
        source.stop()
        early = source.position
        with path.open("a") as file:
            file.write(rows(10, 15))
        for position in (None, early):
            source.start(position)
            wait_until(lambda: (source.position or early)["offset"] == path.stat().st_size)
            wait_until(lambda: set(numbers(source)) == set(range(15)))
            with pytest.raises(ValueError, match="is running"):
                source.start(early)
            source.stop()


@KINDS
def test_a_position_of_another_file_is_not_used(make: Make, tmp_path: Path) -> None:
    """A file that was written anew, or cut, is read from its start, and people are told."""
    path = tmp_path / "x.csv"
    path.write_text(HEADER + rows(0, 100))
    position = stopped_at(make, path, 100)
    for content in (HEADER + rows(300, 500), HEADER + rows(0, 50), HEADER + rows(0, 99) + "x" * 60):
        path.write_text(content + rows(500, 501))
        with make(path).start(position) as source:
            wait_until(lambda: source.counters().accepted >= 51, message=lambda: repr(source))
            events = [event.text for event in source.buffer.events]
            assert any("not the file that was read before" in text for text in events)


@pytest.mark.usefixtures("impatient")
def test_a_half_line_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    """A last row without an end is behind the position."""
    path = tmp_path / "x.csv"
    path.write_text((HEADER + rows(0, 3)).rstrip("\n"))
    position = stopped_at(lambda path: ns.CsvSource(path, poll_interval=0.05), path, 3)
    with path.open("a") as file:
        file.write("\n" + rows(3, 5))
    with ns.CsvSource(path, poll_interval=0.01).start(position) as source:
        wait_until(lambda: source.position is not None and source.position["offset"] > 100)
        assert numbers(source) == [3.0, 4.0]


@pytest.mark.parametrize(
    "position",
    [3, "x", {}, {"offset": -1, "head": [0, ""], "foot": [0, ""]}, {"offset": 1}, [1, 2, 3]],
)
def test_what_is_no_position_is_refused(position: Any, tmp_path: Path) -> None:
    """At once, and nothing is started."""
    source = ns.CsvSource(tmp_path / "x.csv")
    with pytest.raises(ValueError, match="'position' must be what a source of files said"):
        source.start(position)
    assert not source.is_running
    source.close()


def test_sources_without_a_position_say_so() -> None:
    """They have None, and refuse to begin anywhere."""
    for source in (ns.RandomSource(), ns.CallableSource(float), ns.IterableSource([1])):
        assert source.position is None
        with pytest.raises(ValueError, match="has no position to begin at"):
            source.start({"offset": 1})
        source.close()
