"""Columns of words of CSV files, read as channels of words where that was asked for."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream import CsvSource
from nbstream.readings.labels import Labels
from nbstream.sources.files.csv.format.discover import discover
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.files.csv.rows.rows import RowReader
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes
from tests.wait import wait_until

CELLS = ["RUN", "idle", "", '"cloudy, with sun"', "größer °C", "12.3", "True", "null", "RUN"]
WORDS = ["RUN", "idle", None, "cloudy, with sun", "größer °C", "12.3", "True", "null", "RUN"]


def read(path: Path, text: str, channel: str, n: int, **options: object) -> list[object]:
    """Return the readings of a channel once there are as many as rows."""
    path.write_text(text, "utf-8")
    with CsvSource(path, poll_interval=0.01, **options) as source:  # type: ignore[arg-type]
        wait_until(lambda: len(source.buffer) == n, 5, lambda: f"{n} rows, got {source.status}")
        column = source.buffer.to_pandas()[channel]
    return [None if pd.isna(value) else value for value in column]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_column_of_words_that_was_asked_for(tmp_path: Path, delimiter: str) -> None:
    """Its cells are words as they are, with commas, accents and numbers; empty ones are missing."""
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


ROWS = ["OK"] * 3 + ["ERROR", "OK", "", "nan", "200 OK", "OK", "WARN"] + ["OK"] * 10


def table(cells: list[str], name: str = "status") -> str:
    """Return a table with a column of numbers and one of words."""
    rows = [f"2026-07-01 12:{i // 60:02d}:{i % 60:02d},{i},{cell}" for i, cell in enumerate(cells)]
    return "\n".join(["time,value," + name, *rows, ""])


def test_a_column_of_words_is_a_channel_by_itself(tmp_path: Path) -> None:
    """Words that come again, whatever the column is called; no row is lost, and a note says so."""
    path = tmp_path / "a.csv"
    for name in ("status", "whatever"):
        expected = [None if cell in ("", "nan") else cell for cell in ROWS]
        assert read(path, table(ROWS, name), name, len(ROWS)) == expected
    path.write_text(table(ROWS))
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: source.counters().accepted == len(ROWS), 5, lambda: source.status)
        told = "words: 'status'; states=[] leaves them out"
        wait_until(lambda: told in source.notes, 5, lambda: f"{told!r} among {source.notes}")
        assert source.counters()[:3] == (len(ROWS), len(ROWS), 0)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("value2", ["warming"] * 20),
        ("value2", ["warming", "ready"]),
        ("comment", [f"text{i}" for i in range(20)]),
        ("comment", [f"t{i % 7}" for i in range(10)]),
        ("sensor", ["A", "B"] * 10),
        ("status", ["+on", "-off"] * 10),
    ],
)
def test_other_texts_are_no_channel(tmp_path: Path, name: str, cells: list[str]) -> None:
    """One word may stand for silence, many are remarks, names tell rows apart, and signs are of numbers."""
    path = tmp_path / "a.csv"
    path.write_text(table(cells, name))
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: len(source.buffer) == len(cells), 5, lambda: source.status)
        assert source.buffer.channels == ("value",), source.notes


@pytest.mark.parametrize(
    "options", [{"states": []}, {"channels": ["value"]}, {"states": ["other"]}]
)
def test_words_can_be_left_out(tmp_path: Path, options: dict[str, list[str]]) -> None:
    """By naming the channels, or the columns of words."""
    path = tmp_path / "a.csv"
    text = table(ROWS).replace("\n", ",x\n").replace("status,x", "status,other", 1)
    path.write_text(text)
    with CsvSource(path, poll_interval=0.01, **options) as source:  # type: ignore[arg-type]
        wait_until(lambda: len(source.buffer) == len(ROWS), 5, lambda: source.status)
        assert "status" not in source.buffer.channels


def test_words_are_found_while_a_file_grows(tmp_path: Path) -> None:
    """From when they came again; what was read before lacks them, which is told."""
    path = tmp_path / "a.csv"
    path.write_text(table(["run", "run"], "what"))
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: len(source.buffer) == 2, 5, lambda: source.status)
        assert source.buffer.channels == ("value",)
        for n, cells in ((4, ["run", "run", "idle", "run"]), (6, ["idle", "run"])):
            done = len(source.buffer)
            with path.open("a") as file:
                for i, cell in enumerate(cells):
                    file.write(f"2026-07-01 12:01:{done + i:02d},{done + i},{cell}\n")
            n_rows = done + len(cells)
            wait_until(lambda n=n_rows: len(source.buffer) == n, 5, lambda: source.status)
        assert source.buffer.to_pandas()["what"].dropna().tolist() == ["idle", "run"]
        told = [event.text for event in source.buffer.events]
        assert any("words came: 'what' read from now on" in text for text in told), told


def test_a_number_among_words_is_missing_and_told(tmp_path: Path) -> None:
    """It is no label: it would be one more for each reading."""
    path = tmp_path / "a.csv"
    path.write_text(table(["OK", "ERROR"] * 5))
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: len(source.buffer) == 10, 5, lambda: source.status)
        with path.open("a") as file:
            for i, cell in enumerate(["21.5", "21.6", "OK"]):
                file.write(f"2026-07-01 12:00:{10 + i},{10 + i},{cell}\n")
        wait_until(lambda: len(source.buffer) == 13, 5, lambda: source.status)
        told = "not a word in 'status': '21.5'; 2 such cells"
        wait_until(lambda: told in source.notes, 5, lambda: f"{told!r} among {source.notes}")
        assert source.buffer.labels["status"] == ("OK", "ERROR")


WORD = st.sampled_from(
    ["OK", "ERROR", "a longer word than most", "x" * 30, "", "nan", "200 OK", " OK ", "größer",
     '"a b"', "12.5", "a\tb", "idle"]
)  # fmt: skip


@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=40), st.booleans())
def test_words_read_at_once_are_those_read_one_by_one(
    rows: list[tuple[str, str]], has_numbers: bool
) -> None:
    """Codes, missing cells, rejected rows and what is told of them are the same."""
    head = "time,a,status,mode" if has_numbers else "time,status,mode"
    first = "1,OK,idle" if has_numbers else "OK,idle"
    text = [head, f"2026-07-01 12:00:00,{first}"] + [
        f"2026-07-01 12:00:{i % 60:02d}," + (f"{i}," if has_numbers else "") + ",".join(row)
        for i, row in enumerate(rows)
    ]
    found = []
    for is_fast in (True, False):
        options = CsvOptions()
        fmt = discover(text[:2], options, is_final=True)
        assert fmt is not None
        assert fmt.words == ("status", "mode")
        assert fmt.form is not None
        tables: dict[str, Labels] = {}
        labels_for = lambda name, tables=tables: tables.setdefault(name, Labels())  # noqa: E731
        whole = WholeTimes(fmt.form, WallTimes(UTC), 0)
        reader = RowReader(fmt, whole, is_fast=is_fast, labels_for=labels_for)
        read = reader.read("\n".join([*text[1:], ""]).encode(), 0)
        assert reader.fast_fault is None
        assert read.batch is not None
        values = {
            name: [tables[name].text(x) if name in tables else x for x in column.tolist()]
            for name, column in read.batch.values.items()
        }
        found.append((read.n_rows, read.rejected, read.bad_cells, values))
    assert found[0] == found[1]


def test_a_column_that_is_left_out_says_how_to_have_it(tmp_path: Path) -> None:
    """What may not be words is no channel, and a note tells the option."""
    path = tmp_path / "a.csv"
    path.write_text("time,value,remark\n2026-07-01 12:00:00,1,RUN\n")
    with CsvSource(path, poll_interval=0.01) as source:
        wait_until(lambda: len(source.buffer) == 1, 5, "the row")
        told = "not numeric: 'remark'; states=['remark'] reads words"
        wait_until(lambda: told in source.notes, 5, lambda: f"{told!r} among {source.notes}")
        assert source.buffer.channels == ("value",)
