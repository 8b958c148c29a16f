"""A file of which nothing can be read looks unhealthy, says what to do, and recovers."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbstream as ns
from tests.sources.files.csv.format.test_discover import at, settled
from tests.sources.files.csv.test_source import reading, said, wait_said
from tests.wait import wait_until

State = ns.SourceState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "data.csv"


def wait_state(source: ns.CsvSource, state: ns.SourceState) -> None:
    """Wait until the source is in a state."""
    wait_until(lambda: source.state is state, 8, lambda: f"{source.state} {source.status}")


@pytest.mark.parametrize(
    ("text", "options", "first", "advice", "better"),
    [
        (
            "time,v\n{0},abc\n{1},def\n",
            {},
            "abc (no number)",
            "None of ['v'] is a number",
            None,
        ),
        (
            "time;v\n{0};21.5\n{1};21.6\n",
            {"delimiter": "|", "time": False},
            "21.5 (no number)",
            "pass delimiter='…' if cells are not separated by '|'",
            {"delimiter": ";"},
        ),
        (
            "time;v\n{0};21,5\n{1};21,6\n",
            {"decimal": "."},
            "21,5 (no number)",
            "decimal=',' or '.'",
            {"decimal": ","},
        ),
    ],
)
def test_when_everything_is_rejected_the_source_says_so(
    path: Path,
    text: str,
    options: dict[str, object],
    first: str,
    advice: str,
    better: dict[str, object] | None,
) -> None:
    """State, sentence and last error have the first example and what to do; that works."""
    text = text.format(at(0), at(1))
    with reading(path, text, **options) as source:
        wait_state(source, State.UNREADABLE)
        assert advice in source.status
        assert advice in str(source.last_error)
        assert source.status.startswith("No row can be read (first: '")
        assert first.split(" (")[0] in source.status
        assert source.counters().rejected == 2
        wait_said(source, advice)
    if better is not None:
        with reading(path, text, **better) as source:
            settled(source, 2)
            assert source.counters().accepted >= 1
            wait_state(source, State.RUNNING)


def test_it_recovers_with_the_first_row_that_can_be_read(path: Path) -> None:
    """A sensor that was silent at first is well once it speaks."""
    with reading(path, f"time,v\n{at(0)},---\n{at(1)},---\n") as source:
        wait_state(source, State.UNREADABLE)
        with path.open("a") as file:
            file.write(f"{at(2)},21.5\n")
        wait_state(source, State.RUNNING)
        wait_until(lambda: source.last_error is None, 5, "no error")
        assert source.status == "reading"
        wait_said(source, "works again")


def test_a_table_that_goes_bad_says_so_and_recovers(path: Path) -> None:
    """Some rows that can't be read are counted; many in a row are a fault."""
    with reading(path, f"time,v\n{at(0)},1\n") as source:
        settled(source, 1)
        with path.open("a") as file:
            file.write(f"{at(1)},err\n" * 19)
        wait_until(lambda: source.counters().rejected == 19, 5, "the rows")
        assert source.state is State.RUNNING
        with path.open("a") as file:
            file.write(f"{at(1)},err\n")
        wait_state(source, State.UNREADABLE)
        assert source.status.startswith("None of the newest 20 rows can be read (first: ")
        with path.open("a") as file:
            file.write(f"{at(2)},2\n")
        wait_state(source, State.RUNNING)


def test_times_that_change_their_form_are_told(path: Path) -> None:
    """The advice for rows without a time that can be read is about times, and works."""
    rows = "".join(f"at {i} past,{i}\n" for i in range(25))
    text = f"when,v\n{at(0)},1\n"
    with reading(path, text) as source:
        settled(source, 1)
        with path.open("a") as file:
            file.write(rows)
        wait_state(source, State.UNREADABLE)
        assert "no time in 'when'" in source.status
        assert "time=False for the time of arrival" in source.status
    with reading(path, text + rows, time=False) as source:
        settled(source, 26)
        wait_state(source, State.RUNNING)
        assert source.counters().accepted == 26


def test_a_bad_cell_costs_a_cell_and_is_counted(path: Path) -> None:
    """The row stays; the channel and its first bad cell are named, with how many there are."""
    rows = "".join(f"{at(i)},{i},{'err' if i else 5}\n" for i in range(9))
    with reading(path, "time,v,w\n" + rows) as source:
        assert settled(source, 9)["v"] == [float(i) for i in range(9)]
        assert source.counters().rejected == 0
        assert "not a number in 'w': 'err'; 8 such cells" in "\n".join(source.notes)
        assert said(source).count("not a number in 'w'") == 2  # a note, and one event
