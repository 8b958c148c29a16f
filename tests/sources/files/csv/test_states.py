"""Columns of words of CSV files, read as channels of words where that was asked for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbstream import CsvSource
from tests.wait import wait_until

CELLS = ["RUN", "idle", "", '"cloudy, with sun"', "größer °C", "12.3", "True", "null", "RUN"]
WORDS = ["RUN", "idle", None, "cloudy, with sun", "größer °C", "12.3", "True", None, "RUN"]


def read(path: Path, text: str, channel: str, n: int, **options: object) -> list[object]:
    """Return the readings of a channel once there are as many as rows."""
    path.write_text(text, "utf-8")
    with CsvSource(path, poll_interval=0.01, **options) as source:  # type: ignore[arg-type]
        wait_until(lambda: len(source.buffer) == n, 5, lambda: f"{n} rows, got {source.status}")
        column = source.buffer.to_pandas()[channel]
    return [None if pd.isna(value) else value for value in column]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_column_of_words_that_was_asked_for(tmp_path: Path, delimiter: str) -> None:
    """Its cells are words as they are, with commas, accents and numbers; blank ones are missing."""
    rows = [
        delimiter.join([f"2026-07-01 12:00:{i:02d}", f"{i}", cell]) for i, cell in enumerate(CELLS)
    ]
    text = "\n".join([delimiter.join(["time", "value", "mode"]), *rows, ""])
    assert read(tmp_path / "a.csv", text, "mode", len(CELLS), states=["mode"]) == WORDS
    assert read(tmp_path / "b.csv", text, "value", len(CELLS), states="mode") == [*range(9)]


def test_a_file_of_words_alone(tmp_path: Path) -> None:
    """A door that is open or closed needs no number beside it; switches may stay words."""
    text = "time,door\n2026-07-01 12:00:00,on\n2026-07-01 12:10:00,off\n2026-07-01 12:11:00,on\n"
    assert read(tmp_path / "door.csv", text, "door", 3, states="door") == ["on", "off", "on"]
    assert read(tmp_path / "switch.csv", text, "door", 3) == [1, 0, 1]


def test_a_column_that_is_left_out_says_how_to_have_it(tmp_path: Path) -> None:
    """Without being asked for, words are no channel, and a note tells the option."""
    path = tmp_path / "a.csv"
    path.write_text("time,value,mode\n2026-07-01 12:00:00,1,RUN\n")
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: len(source.buffer) == 1, 5, "the row")
        assert "not numeric: 'mode'; states=['mode'] reads words" in source.notes
        assert source.buffer.channels == ("value",)
