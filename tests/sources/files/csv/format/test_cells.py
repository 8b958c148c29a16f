"""The cells of a line, and what one looks like."""

from __future__ import annotations

import time

import pytest

from nbstream.sources.files.csv.format.cells import cells_of, is_names, is_rule, is_value


@pytest.mark.parametrize(
    "cell",
    ["1", "-1e5", "21,5", "1.234,5", "45 %", "$3", "2026-07-01", "12:00", "01-Jul-2026 12:00",
     "Jul 1, 2026 12:00:00 PM", "Wed Jul 01 12:00:00 2026", "20260701T120000Z", "12:00:00,123"],
)  # fmt: skip
def test_values(cell: str) -> None:
    """Numbers of any convention, quantities and times are values."""
    assert is_value(cell)


@pytest.mark.parametrize("cell", ["", "time", "on", "CH1", "temp 2", "p50", "Serial: 12", "x=1"])
def test_texts_are_no_values(cell: str) -> None:
    """Names may hold digits."""
    assert not is_value(cell)


def test_rules_are_no_rows() -> None:
    """Lines of dashes draw a line."""
    assert all(map(is_rule, ["-----+----", "|---|:--:|", "+====+", "─────"]))
    assert not any(map(is_rule, ["-", "1,-2", "--", "a---b"]))
    assert is_names(["time", "", "temp"])
    assert not is_names(["time", "1"])


def test_cells_of_a_line() -> None:
    """Quotes keep a delimiter; runs of spaces are one."""
    assert cells_of('a, "b,c" ,d', ",") == ["a", "b,c", "d"]
    assert cells_of("  a \t b  c ", " ") == ["a", "b", "c"]
    assert cells_of("a b   c", "  ") == ["a b", "c"]
    assert cells_of('1  "a b"  2', " ") == ["1", "a b", "2"]


@pytest.mark.parametrize("delimiter", [" ", "  "])
def test_a_long_text_in_quotes_is_parted_at_once(delimiter: str) -> None:
    """The time it takes is that of its length, not of the square: a hundred such lines took minutes."""
    text = "a word, and another  " * 3000
    began = time.thread_time()
    cells = cells_of(f'12:00:00  "{text}"  1.5  "b  c"', delimiter)
    assert time.thread_time() - began < 1.0
    assert cells == ["12:00:00", text.strip(), "1.5", "b  c"]


@pytest.mark.parametrize("end", ['"', ""])
def test_a_text_that_is_too_long_for_the_csv_module_is_left_out(end: str) -> None:
    """The other cells of its row are there, also where a file begins with it."""
    assert cells_of(f'12:00:00,1.5,"{"a, b " * 40_000}{end}', ",") == ["12:00:00", "1.5", ""]
