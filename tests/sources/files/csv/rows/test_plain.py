"""Usual ways of writing a table are read at once, with what reading row by row gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.sources.files.csv.format.discover import discover
from nbstream.sources.files.csv.format.format import CsvFormat, Role
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.files.csv.rows.rows import ParsedRows, RowReader
from tests.sources.files.csv.rows.test_fast import bad_cells, columns

NOW = 1_782_907_200_000_000_000

numbers = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.2f}"),
    st.integers(-99_999, 9_999_999).map(str),
    st.sampled_from(["", "nan", "---", "n/a", "x", "1e3", "-", "12 34", "5 %%", "%", "°C", "0x1"]),
)
spaces = st.sampled_from(["", "", "", " ", "  "])


def grouped(text: str, mark: str) -> str:
    """Return a number with its thousands separated."""
    try:
        return f"{float(text):,.2f}".replace(",", mark)
    except ValueError:
        return text


@st.composite
def cells(draw: st.DrawFn, delimiter: str) -> str:
    """A number with a unit, quotes, separated thousands and space around it, now and then."""
    text = draw(numbers)
    if draw(st.booleans()):
        text = grouped(text, draw(st.sampled_from([",", "'", " "])))
    unit = draw(st.sampled_from(["", "", "", " %", "%", " °C", "\u00a0°C", "°C", " kB", "  %"]))
    text += unit
    if draw(st.integers(0, 3)) == 0 or (delimiter == "," and "," in text):
        text = f'"{text}"'
    return f"{draw(spaces)}{text}{draw(spaces)}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A table: names, two plain rows, and others."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", " ", "  "]))
    first = draw(st.sampled_from(["1", "1.5", "45 %", "21.5 °C", "1'234.5", "3 kB", "on", "abc"]))
    quoted = f'"{first}"' if " " in first and delimiter in " " else first
    lines = [delimiter.join(["a", "b", "c"]), delimiter.join([quoted, "2", quoted]), ""]
    rows = st.lists(st.lists(cells(delimiter), min_size=3, max_size=3), min_size=1, max_size=8)
    lines += [delimiter.join(row) for row in draw(rows)]
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + end


def read(fmt: CsvFormat, text: str, *, is_fast: bool) -> tuple[ParsedRows, RowReader]:
    """Return the rows of a text below its names."""
    reader = RowReader(fmt, None, is_fast=is_fast)
    return reader.read(text.encode(), NOW), reader


def format_of(text: str) -> CsvFormat:
    """Return the format of a text."""
    fmt = discover(text.splitlines(), CsvOptions(time=()), is_final=True)
    assert fmt is not None
    return fmt


@settings(max_examples=200, deadline=None)
@given(texts())
def test_fast_and_slow_agree(text: str) -> None:
    """Quotes, units, thousands and runs of spaces give the same bits and the same rejects."""
    slow, _ = read(format_of(text), text, is_fast=False)
    fast, reader = read(format_of(text), text, is_fast=True)
    assert reader.fast_fault is None
    assert columns([fast]) == columns([slow])
    assert bad_cells([fast]) == bad_cells([slow])
    assert (fast.n_rows, fast.rejected) == (slow.n_rows, slow.rejected)
    assert (fast.n_short, fast.n_long) == (slow.n_short, slow.n_long)


@pytest.mark.parametrize(
    "row",
    [
        "{0},{0}",
        '"{0}","{0}"',
        "{0} %,{0} %",
        "{0} °C,{0} °C",
        "{0};{0}",
        "{0}   {0}",
        "| {0} | {0} |",
    ],
)
def test_usual_rows_are_not_read_one_by_one(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What many programs write takes the fast way."""
    text = "".join(row.format(i + 0.5) + "\n" for i in range(50))
    fmt = format_of(text)
    monkeypatch.setattr(RowReader, "_read_one", None)
    rows, reader = read(fmt, text, is_fast=True)
    assert reader.fast_fault is None
    assert rows.batch is not None
    found = [v for i, v in enumerate(rows.batch.values.values()) if fmt.roles.count(Role.NUMBER)]
    assert all(np.array_equal(values, np.arange(50) + 0.5) for values in found)
    assert len(found) == 2
