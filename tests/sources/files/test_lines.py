"""Files of lines: JSON and logs that grow, are written anew, or are one document."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbstream.sources import LinesSource, SourceState
from tests.wait import wait_until

LOG = "2026-07-01 12:00:0{0} INFO temp={0}.5\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that is not there yet."""
    return tmp_path / "data.jsonl"


@pytest.fixture
def source(path: Path) -> Iterator[LinesSource]:
    """Give a running source of that file."""
    with LinesSource(path, timezone="UTC", poll_interval=0.01) as source:
        yield source


def wait_values(source: LinesSource, channel: str, expected: list[Any]) -> None:
    """Wait until a channel has these values."""

    def found() -> list[float]:
        if channel not in source.buffer.channels:
            return []
        return source.buffer.channel(channel).rows(0).values.tolist()

    wait_until(lambda: found() == expected, 8, lambda: f"{expected}, have {found()}")


def add(path: Path, text: str) -> None:
    """Append text to a file."""
    with path.open("a") as file:
        file.write(text)


def test_lines_of_json_are_read_as_they_come(source: LinesSource, path: Path) -> None:
    """Their times are the readings'; before the file is there, that is what it waits for."""
    wait_until(lambda: source.status.startswith("waiting for data.jsonl"))
    add(path, '{"ts": 1782907200, "temp": 20.5}\n{"ts": 1782907201, ')
    wait_values(source, "temp", [20.5])
    add(path, '"temp": 21}\n')
    wait_values(source, "temp", [20.5, 21.0])
    assert source.state is SourceState.RUNNING
    assert str(source.buffer.latest()["temp"][0]) == "2026-07-01 12:00:01+00:00"


def test_lines_that_a_file_written_anew_repeats_are_passed_over(
    source: LinesSource, path: Path
) -> None:
    """A log that keeps its last rows gives each reading once."""
    path.write_text("".join(LOG.format(i) for i in range(5)))
    wait_values(source, "temp", [0.5, 1.5, 2.5, 3.5, 4.5])
    path.write_text("".join(LOG.format(i) for i in range(2, 7)))
    wait_values(source, "temp", [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5])


@pytest.mark.usefixtures("impatient")
def test_a_last_line_without_an_end_is_read_when_the_file_stands_still(
    source: LinesSource, path: Path
) -> None:
    """`json.dump` writes none."""
    path.write_text('{"temp": 20.5}')
    wait_values(source, "temp", [20.5])


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "many lines"])
def test_a_document_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    """A list of readings; written anew with more of them, it gives the new ones."""
    path = tmp_path / "data.json"
    readings = [{"time": f"2026-07-01T12:00:0{i}", "temp": i} for i in range(4)]
    path.write_text(json.dumps(readings[:2], indent=indent) + "\n")
    with LinesSource(path, timezone="UTC", poll_interval=0.01) as source:
        wait_values(source, "temp", [0.0, 1.0])
        path.write_text(json.dumps(readings, indent=indent) + "\n")
        wait_values(source, "temp", [0.0, 1.0, 2.0, 3.0])
        assert source.counters().late == 0


def test_lines_that_cannot_be_read_look_unhealthy(source: LinesSource, path: Path) -> None:
    """The state and the sentence say what to do, until something can be read."""
    path.write_text("?!\n" * 9)
    wait_until(lambda: source.state is SourceState.UNREADABLE)
    assert "Nothing could be read yet (first: '?!'). Pass parse=" in source.status
    add(path, "temp=5\n")
    wait_values(source, "temp", [5.0])
    assert source.state is SourceState.RUNNING
    assert source.counters()[:3] == (10, 1, 9)


def test_parse_says_what_a_line_means(path: Path) -> None:
    """It may return any form of a reading, None for none; its errors are told."""
    path.write_text("a|1\n\nb|2\nc|x\nd\n")

    def parse(line: str) -> Any:
        name, number = line.split("|")
        return {name: number} if name != "b" else None

    with LinesSource(path, parse=parse, poll_interval=0.01) as source:
        wait_values(source, "a", [1.0])
        wait_until(lambda: source.counters().rejected == 2)
        assert source.buffer.channels == ("a",)
        told = "\n".join(event.text for event in source.buffer.events)
        assert "parse raised ValueError: not enough values" in told
    with pytest.raises(TypeError, match="'parse' must be a function of a line"):
        LinesSource(path, parse="json")  # type: ignore[arg-type]


def test_only_what_is_added_can_be_read(path: Path) -> None:
    """With from_start=False what is there is passed over."""
    path.write_text("x=1\nx=2\n")
    with LinesSource(path, from_start=False, poll_interval=0.01) as source:
        wait_until(lambda: source.status == "waiting for the first line")
        add(path, "x=3\n")
        wait_values(source, "x", [3.0])


def test_times_of_day_are_of_the_day_of_the_files_last_change(path: Path) -> None:
    """A log of last night is not of tonight, also where it goes over midnight; the note says so."""
    path.write_text("23:59:58,500 temp=1\n00:00:01,500 temp=2\n")
    os.utime(path, (1782864002, 1782864002))  # 2026-07-01 00:00:02
    with LinesSource(path, timezone="UTC", poll_interval=0.01) as source:
        wait_values(source, "temp", [1.0, 2.0])
        times = (
            source.buffer.channel("temp").rows(0).times.view("M8[ns]").astype("M8[ms]").astype(str)
        )
        assert times.tolist() == ["2026-06-30T23:59:58.500", "2026-07-01T00:00:01.500"]
        said = "of the day of the file's last change"
        wait_until(lambda: any(said in note for note in source.notes))
