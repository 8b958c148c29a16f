"""The lines of a CSV file whose format is not known yet, until they tell it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.cells import cells_of
from nbstream.sources.files.csv.format.discover import discover, find_in
from nbstream.sources.times.forms import AmbiguousDatesError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.format import CsvFormat
    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["PendingLines"]

PATIENCE = 2.0
"""Seconds to wait for rows that tell what times mean, before they are refused."""
MAX_PENDING_BYTES = 32 * 2**20
SAMPLE_LINES, FEW_LINES = 200, 30
SAMPLE_BYTES = 2**16
MANY_LINES = 200_000
"""So many are looked at to tell day from month."""
MAX_DATES = 800

_DATE = re.compile(rb"(?<![0-9])[0-9]{1,4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{2,4}(?![0-9])")


class PendingLines:
    """Holds lines until their format is found.

    Parameters
    ----------
    options
        What the user said of the file.
    """

    def __init__(self, options: CsvOptions) -> None:
        self._options = options
        self.lines = b""
        """Whole lines, each with its newline."""
        self.previous: CsvFormat | None = None
        """The format of the lines before these, whose header they may have changed."""
        self.has_header: bool | None = None
        """Whether they begin with a header; None is to be found out."""
        self.has_rows = False
        """Whether there are rows among them that don't tell enough."""
        self.is_sample = False
        """Whether they are not to be read themselves, because reading begins at the file's end."""
        self._n_sample_bytes = 0
        self._since: float | None = None

    def begin(
        self, lines: bytes, *, has_header: bool | None = None, is_sample: bool = False
    ) -> None:
        """Hold the first lines of a file, or those from a new header on."""
        self.lines, self.has_header, self.is_sample = lines, has_header, is_sample
        self._n_sample_bytes = len(lines)

    def find_format(
        self, now: float, *, has_more: bool, is_final: bool = False
    ) -> CsvFormat | None:
        """Return the format of the lines, None if they are too few to tell.

        Parameters
        ----------
        now
            Monotonic time in s.
        has_more
            Whether more lines can be read at once.
        is_final
            Whether no more will come.

        Raises
        ------
        ParseError
            As `discover` does; that day and month cannot be told apart only after some patience.
        """
        if self._since is None:
            self._since = now
        is_waiting = now - self._since < PATIENCE or has_more
        is_waiting = is_waiting and len(self.lines) < MAX_PENDING_BYTES and not is_final
        lines = _first_lines(self.lines)
        try:
            fmt = self._discover(lines, is_final=not is_waiting)
        except AmbiguousDatesError:
            try:  # a later row may tell
                fmt = self._discover(_telling_lines(self.lines), is_final=not is_waiting)
            except AmbiguousDatesError:
                if not is_waiting:
                    raise
                self.has_rows = True
                return None
        if fmt is None:
            self.has_rows = find_in(lines, self._options) is not None
            if self.is_sample:  # its rows are not to be read, what stands above them still tells
                self.lines = self._above_rows(lines)
                self.is_sample = False
            return None
        may_wait = has_more and is_waiting and not self.is_sample
        if may_wait and fmt.form is not None and fmt.form.lacks:
            self.has_rows = True
            return None  # the newest row tells when it was
        return fmt

    def find_settled(self, half_line: bytes) -> CsvFormat | None:
        """Return the format of the lines with a last one that has no end, when no more have come."""
        lines = (self.lines + half_line).decode("utf-8", "replace").splitlines()
        return discover(lines, self._narrowed(lines), is_settled=True)

    def take(self, fmt: CsvFormat) -> bytes:
        """Return the rows, without what stands above them, and hold nothing any more."""
        lines, self.lines, self._since, self.has_rows = self.lines, b"", None, False
        if self.is_sample:
            self.is_sample = False
            return lines[self._n_sample_bytes :]  # came while day and month were in doubt
        return lines.split(b"\n", fmt.first_row)[fmt.first_row]

    def _above_rows(self, lines: Sequence[str]) -> bytes:
        table = find_in(lines, self._options)
        n_lines = len(lines) if table is None else table.first_row
        return b"".join(line + b"\n" for line in self.lines.split(b"\n", n_lines)[:n_lines])

    def _discover(self, lines: list[str], *, is_final: bool) -> CsvFormat | None:
        options = self._narrowed(lines)
        return discover(lines, options, has_header=self.has_header, is_final=is_final)

    def _narrowed(self, lines: Sequence[str]) -> CsvOptions:
        """Return the options without channels that a later header no longer has."""
        options = self._options
        if self.previous is None or options.channels is None or not lines:
            return options
        names = cells_of(lines[0], self.previous.delimiter)
        left = tuple(name for name in options.channels if name in names)
        return replace(options, channels=left) if left else options


def _first_lines(data: bytes) -> list[str]:
    """Return the first lines; few rows of a wide table tell as much as many of a narrow one."""
    lines = data.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    sizes = accumulate(map(len, lines))
    n = max(FEW_LINES, sum(size < SAMPLE_BYTES for size in sizes))
    return _texts(lines[:n])


def _telling_lines(data: bytes) -> list[str]:
    """Return the first lines and, of those behind, one for each date that none before it held."""
    lines = data.split(b"\n", MANY_LINES)[:MANY_LINES]
    found, seen = lines[:SAMPLE_LINES], set[bytes]()
    for line in lines[SAMPLE_LINES:]:
        match = _DATE.search(line)
        if match is not None and match[0] not in seen and len(seen) < MAX_DATES:
            seen.add(match[0])
            found.append(line)
    if not seen:  # dates are written otherwise
        found += lines[SAMPLE_LINES :: len(lines) // MAX_DATES + 1]
    return _texts(found)


def _texts(lines: Sequence[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
