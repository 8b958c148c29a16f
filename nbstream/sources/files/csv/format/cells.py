"""The cells of a line of a table, and what one looks like: a value, a time, a name, a blank."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nbstream.sources.number_cells import is_missing, is_placeholder, number, quantity
from nbstream.sources.times.scan import scan_day_time, scan_time
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SPACES",
    "cells_of",
    "is_blank",
    "is_names",
    "is_no_word",
    "is_rule",
    "is_time_like",
    "is_value",
]

FAULTS = frozenset({"error", "err", "bad", "invalid"})
"""Words that stand for a missing number, and among other words are one."""
SPACES = ("  ", " ")
"""Delimiters that stand for runs: two or more spaces, any number of spaces and tabs."""
_RULE = re.compile(r"[\s|+:_=─━│┼├┤═╪╞╡-]*[-=_─━═]{3}[\s|+:_=─━│┼├┤═╪╞╡-]*")
_WORDS_OF_TIME = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\b(?:jan|feb|mar|apr|mai|may|jun|jul|aug|sep|oct"
    r"|okt|nov|dec|dez)[a-z]*\b|\b[ap]\.?m\b\.?|(?<=[0-9])[tz](?![a-z])|(?<!,)\b(?:utc|gmt|[a-z]{2,4}t)$"
    r"|\[?[a-z]+/[a-z_]+\]?$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[+-]?[0-9]{1,4}(?:(?:[-/.: ]|, )+[0-9]{1,4}){1,8}(?:[.,][0-9]{1,9})?(?: ?[+-][0-9:]{2,6})?"
)
_LONG_TEXT = re.compile(r'"[^"]{100000,}"?')
_FORMULA = re.compile(r'(?<![^,;|\t\x1f])="(?=[^",;|\t\x1f]*")')
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,3})?")


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, without space around them.

    A quote that is not closed ends with the line. A text for Excel, ="21", is what is in the quotes. Of
    texts in quotes that are longer than the csv module allows nothing is left.

    Raises
    ------
    csv.Error
        If another cell is longer than that.
    """
    if delimiter in SPACES:
        pattern = r"[ \t]+" if delimiter == " " else r" {2,}"
        if '"' not in line:
            return re.split(pattern, line.strip())
        parts = line.strip().split('"')
        parts[::-2] = [re.sub(pattern, "\x1f", part) for part in parts[::-2]]  # outside of quotes
        line, delimiter = '"'.join(parts), "\x1f"
    if '"' in line:
        if '="' in line:
            line = _FORMULA.sub('"', line)
        try:
            return _read(line, delimiter)
        except csv.Error:
            return _read(_LONG_TEXT.sub('""', line), delimiter)
    return [cell.strip() for cell in line.split(delimiter)]


def _read(line: str, delimiter: str) -> list[str]:
    rows = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
    return [cell.strip() for cell in next(rows, [])]


def is_value(cell: str) -> bool:
    """Return whether a cell looks like a number of any convention, a quantity or a time."""
    return _PLAIN_NUMBER.fullmatch(cell) is not None or _is_other_value(cell)


@lru_cache(maxsize=8192)
def _is_other_value(cell: str) -> bool:
    if len(cell) > 64 or not any(c.isdigit() for c in cell):
        return False
    return _is_number(cell) or is_time_like(cell)


def _is_number(cell: str) -> bool:
    for decimal, thousands in ((".", ","), (",", "."), (".", "'"), (",", "'")):
        found = quantity(cell, decimal, thousands)
        if found is not None and (not found[1] or is_unit(found[1])):
            return True
    return number(cell, ",", " ") is not None or number(cell, ".", " ") is not None


def is_time_like(cell: str) -> bool:
    """Return whether a cell has the shape of a date or a time; which one is another question."""
    if scan_time(cell) or scan_day_time(cell):
        return True
    plain, n_words = _WORDS_OF_TIME.subn(" ", cell)
    plain = plain.strip(" ,")
    if _TIME.fullmatch(plain):
        return True
    return n_words > 0 and re.fullmatch(r"[0-9]{1,14}(?: +[0-9]{1,14})?", plain) is not None


def is_blank(cell: str) -> bool:
    """Return whether a cell is empty or says that there is no reading."""
    return is_missing(cell) or is_placeholder(cell)


def is_no_word(cell: str) -> bool:
    """Return whether a cell of a column of words is empty or says that there is no reading.

    Among numbers "error" stands for one that is missing; beside "OK" it is the word that matters.
    """
    return is_blank(cell) and cell.lower() not in FAULTS


def is_rule(line: str) -> bool:
    """Return whether a line only draws a line, as under the header of a Markdown table."""
    return _RULE.fullmatch(line) is not None


def is_names(cells: Sequence[str]) -> bool:
    """Return whether cells can be the names of columns: texts, none of them a number or a time."""
    named = [cell for cell in cells if cell]
    return bool(named) and not any(is_value(cell) or is_blank(cell) for cell in named)
