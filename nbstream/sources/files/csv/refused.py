"""Rows that can't be read, one after the other: when that is a fault, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.sources.files.csv.format.cells import SPACES
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from nbstream.sources.files.csv.format.format import CsvFormat

__all__ = ["Refused"]

MANY_ROWS = 20
"""So many in a row are a fault of a table of which rows were read before."""


class Refused:
    """Counts rows that were refused since the last one that was read."""

    def __init__(self) -> None:
        self._n = 0
        self._first = ""
        self._has_read = False

    def add(self, n_refused: int, n_read: int, first: str) -> None:
        """Take some rows into account.

        Parameters
        ----------
        n_refused, n_read
            How many could not be read, and how many could.
        first
            The first that could not, and why.
        """
        if n_read:
            self._n, self._first, self._has_read = 0, "", True
        elif n_refused > 0:
            self._n += n_refused
            self._first = self._first or first

    def error(self, fmt: CsvFormat | None) -> ParseError | None:
        """Return what is wrong while no row can be read, None while all is well.

        Parameters
        ----------
        fmt
            What the table was taken for.
        """
        if fmt is None or self._n < (MANY_ROWS if self._has_read else 1):
            return None
        if self._has_read:
            what = f"None of the newest {self._n:,} rows can be read"
        else:
            what = "No row can be read" if self._n > 1 else "The first row cannot be read"
        return ParseError(
            f"{what} (first: {shorten(self._first, 70)}). {_advice(self._first, fmt)}"
        )


def _advice(first: str, fmt: CsvFormat) -> str:
    """Return which options may help."""
    if "(no time in" in first:
        return (
            "Pass time='…' for another column, time_format='…' as for datetime.strptime, or "
            "time=False for the time of arrival."
        )
    others = [n for i, n in enumerate(fmt.columns) if i not in fmt.time_columns]
    if not others:
        return f"There is no column beside {list(fmt.columns)}: pass delimiter='…' if there is."
    how = "spaces" if fmt.delimiter in SPACES else repr(fmt.delimiter)
    return (
        f"None of {others[:5]} is a number: pass delimiter='…' if cells are not separated by {how}, "
        "decimal=',' or '.', or header= if the table begins elsewhere. Lines that are no table are "
        "read by nbstream.LinesSource(path)."
    )
