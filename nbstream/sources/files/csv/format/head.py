"""The first lines of a text without blank ones, comments and drawn lines, and where they stood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.cells import is_rule, is_value

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMENTS", "MAX_HEAD_LINES", "Head", "Line", "joined_lines"]

MAX_HEAD_LINES = 100
COMMENTS = ("#", "%", "//", ";", "!", "*")
MAX_QUOTED_LINES = 6
"""A name in quotes may go over so many lines."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A line of the text, or several that one quote holds together."""

    text: str
    first: int
    """Its number, from 0."""
    last: int


class Head:
    """The first lines of a text, sorted into comments and what may be rows.

    Parameters
    ----------
    lines
        Of the text, without their ends.
    comment
        What comment lines begin with; "" is nothing, None is to be found out.
    skip
        Lines to pass over at the start.
    """

    def __init__(self, lines: Sequence[str], comment: str | None, skip: int) -> None:
        self.lines = lines
        self.skip = skip
        joined = joined_lines(lines, skip)
        found = _find_comment([line.text for line in joined]) if comment is None else comment
        self.comment = found or None
        self.comments = [line for line in joined if self._is_comment(line.text)]
        filled = [line for line in joined if line.text.strip() and not is_rule(line.text)]
        self.rows = [line for line in filled if not self._is_comment(line.text)]
        self.separator: str | None = None
        """The delimiter that Excel's line sep=; names."""
        if self.rows and (match := _SEPARATOR_LINE.fullmatch(self.rows[0].text.strip("\ufeff "))):
            self.separator = match[1]
            del self.rows[0]
        elif not self.rows and any(is_rule(line.text) for line in joined):
            self.rows = [line for line in joined if line.text.strip()]

    @property
    def texts(self) -> list[str]:
        """What may be rows, and the names above them."""
        return [line.text for line in self.rows]

    def _is_comment(self, text: str) -> bool:
        return self.comment is not None and text.lstrip('"\ufeff ').startswith(self.comment)


def joined_lines(lines: Sequence[str], skip: int) -> list[Line]:
    """Return lines from `skip` on; one whose quote is closed further down goes on until there."""
    found: list[Line] = []
    i = skip
    while i < len(lines):
        text, last = lines[i], i
        if text.count('"') % 2:
            for j in range(i + 1, min(i + MAX_QUOTED_LINES, len(lines))):
                if lines[j].count('"') % 2:
                    text, last = " ".join(lines[i : j + 1]), j
                    break
        found.append(Line(text, i, last))
        i = last + 1
    return found


def _has_empty_cell(text: str, texts: Sequence[str]) -> bool:
    """Return whether a text that begins with a semicolon is of a table of them: ";Date;Temp"."""
    if text[1:2] == ";" or is_value(text[1:].split(";")[0].strip()):
        return True
    n = text.count(";")
    return any(other.count(";") == n and other[:1] not in {";", ""} for other in texts)


def _find_comment(texts: Sequence[str]) -> str | None:
    """Return what the comment lines at the top begin with."""
    for text in texts[:MAX_HEAD_LINES]:
        start = text.lstrip('"\ufeff ')
        for prefix in COMMENTS:
            if not start.startswith(prefix) or is_rule(text) or start.startswith(('#"', "*,")):
                continue
            rest = start[1:]
            if prefix == ";" and _has_empty_cell(start, texts):
                continue
            if prefix == "%" and is_value(rest.split(",")[0]):
                continue
            return prefix
    return None
