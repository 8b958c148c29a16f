"""Decimal commas without quotes in a file of commas."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstream.errors import ParseError
from nbstream.sources.files.csv.format.discover import discover
from nbstream.sources.files.csv.format.options import CsvOptions
from tests.sources.files.csv.format.test_discover import read, settled
from tests.sources.files.csv.test_source import reading, wait_said
from tests.wait import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "data.csv"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "time,temp,hum\n12:00:01,21,5,40,2\n12:00:02,21,75,40,3\n",
            {"temp": [21.5, 21.75], "hum": [40.2, 40.3]},
        ),
        (
            "Datum,Zeit,v\n13.07.2026,12:00:01,-21,05\n13.07.2026,12:00:02,-0,5\n",
            {"v": [-21.05, -0.5]},
        ),
        ("time,v\n2026-07-01 12:00:01,21,5\n", {"v": [21.5]}),
        ("time,v,w\n12:00:01,21,5,1,0\n12:00:02,,40,2\n12:00:03,22,5,1,1\n", {"v": [21.5, 22.5]}),
    ],
)
def test_two_cells_are_one_number(path: Path, text: str, expected: dict[str, list[float]]) -> None:
    """Where each name has two cells of digits in each row they are one number; this is said."""
    with reading(path, text, timezone="UTC") as source:
        found = settled(source, text.count("\n") - 1)
        assert {name: found[name] for name in expected} == expected
        wait_said(source, "two cells make one number")


def test_a_row_without_one_of_the_commas_is_refused(path: Path) -> None:
    """Which of its cells belong together cannot be known."""
    text = "time,temp,hum\n12:00:01,21,5,40,2\n12:00:02,22,40,3\n12:00:03,21,7,40,4\n"
    with reading(path, text, timezone="UTC") as source:
        assert settled(source, 3) == {"temp": [21.5, 21.7], "hum": [40.2, 40.4]}
        assert source.counters().rejected == 1
        wait_said(source, "12:00:02,22,40,3")


def test_rows_that_come_later_are_joined_too(path: Path) -> None:
    """A row added to such a file, without an end too, is read as the others are."""
    with reading(path, "time,v\n2026-07-01 12:00:01,21,5\n", timezone="UTC") as source:
        settled(source, 1)
        with path.open("a") as file:
            file.write("2026-07-01 12:00:02,22,25\n")
        assert settled(source, 2) == {"v": [21.5, 22.25]}


SHIFTED = "time,temp,n\n2026-07-01 12:00:01,21,5,7\n2026-07-01 12:00:02,21,6,8\n"


def test_what_may_be_shifted_is_refused(path: Path) -> None:
    """One cell too many in each row is an error, and the header that it shows names all cells."""
    with reading(path, SHIFTED, timezone="UTC") as source:
        wait_until(lambda: source.state.name == "FAILED", 5, lambda: source.status)
        assert "Rows have 4 cells, and the header has 3 names" in source.status
        assert "header=['time', 'temp', 'n', 'c4']" in str(source.last_error)
    names = ["time", "temp", "n", "c4"]
    assert read(path, SHIFTED, 2, header=names) == {"temp": [21, 21], "n": [5, 6], "c4": [7, 8]}
    saved = "time;temp;n\n2026-07-01 12:00:01;21,5;7\n2026-07-01 12:00:02;21,6;8\n"
    assert read(path, saved, 2) == {"temp": [21.5, 21.6], "n": [7, 8]}


@pytest.mark.parametrize(
    "text",
    [
        "time,v\n2026-07-01 12:00:01,21.5,3\n2026-07-01 12:00:02,21.6,4\n",
        "time,v\n2026-07-01 12:00:01,21,\n2026-07-01 12:00:02,22,\n",
        "time,v\n2026-07-01 12:00:01,21,ok\n2026-07-01 12:00:02,22,ok\n",
    ],
)
def test_other_cells_without_a_name_are_left_out(text: str) -> None:
    """Empty ones, words, and those beside numbers with a point are nothing of the kind."""
    fmt = discover(text.splitlines(), CsvOptions())
    assert fmt is not None
    assert fmt.cut_from is None
    assert fmt.channels == ("v",)


def test_names_of_rows_without_a_name(path: Path) -> None:
    """R's write.table counts rows in a column that it doesn't name."""
    text = '"time","temp"\n"1","2026-07-01 12:00:01",21\n"2","2026-07-01 12:00:02",22\n'
    assert read(path, text, 2)["temp"] == [21, 22]


def test_a_point_that_the_user_names_is_believed() -> None:
    """With decimal='.' cells are what is between the commas."""
    with pytest.raises(ParseError, match="Rows have 3 cells"):
        discover(["time,v", "12:00:01,21,5"], CsvOptions(decimal="."))
