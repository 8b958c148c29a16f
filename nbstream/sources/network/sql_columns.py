"""Which columns of a database's rows are channels, and what their texts say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.readings.batch import channel_name
from nbstream.sources.number_cells import plain_quantity, switch
from nbstream.sources.times.names import key_rank

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from nbstream.sources.items import ItemReader

__all__ = ["RowColumns"]

LONGEST_WORD = 200
"""Longer texts in a table are neither numbers nor words."""


class RowColumns:
    """Makes of rows what can be read as a table: texts become numbers, and things channels of their own.

    Parameters
    ----------
    reader
        Reads the texts, and knows which channels are words.
    pivot
        The column that names things; None if there is none.
    chosen
        The columns of readings; None finds them.
    max_channels
        Rows of more than twice as many things are left out; some of them may have no number.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self,
        reader: ItemReader,
        pivot: str | None,
        chosen: Sequence[str] | None,
        max_channels: int,
    ) -> None:
        self.n_left_out = 0
        """Rows of things that were too many, since somebody asked."""
        self.n_nameless = 0
        """Rows that name no thing, since somebody asked."""
        self._reader = reader
        self._pivot = pivot
        self._chosen = chosen
        self._max_things = 2 * max_channels
        self._things: set[Any] = set()
        self._no_channels: Collection[str | None] = ()

    def pieces(
        self, frame: pd.DataFrame, no_channels: Collection[str | None]
    ) -> list[pd.DataFrame]:
        """Return the rows as they are to be read, those of each thing apart.

        Parameters
        ----------
        frame
            Rows as the database gave them.
        no_channels
            Columns that hold no readings: what grows, the time.
        """
        self._no_channels = no_channels
        if self._pivot is None:
            return [self._with_texts_read(frame, {})]
        columns = self._value_columns(frame)
        self.n_nameless += int(frame[self._pivot].isna().sum())
        pieces = []
        for thing, rows in frame.groupby(self._pivot, sort=False):
            if thing not in self._things and len(self._things) >= self._max_things:
                self.n_left_out += len(rows)
                continue
            self._things.add(thing)
            is_one = len(columns) == 1
            names = {column: f"{thing}" if is_one else f"{thing} {column}" for column in columns}
            read = self._with_texts_read(rows.drop(columns=self._pivot), names)
            pieces.append(read.rename(columns=names))
        return pieces

    def _value_columns(self, frame: pd.DataFrame) -> Sequence[str]:
        """Return the columns of readings: of numbers or, if there are none, of texts that may be some."""
        if self._chosen:
            return self._chosen
        columns = [column for column in map(str, frame) if self._may_be_channel(column)]
        states = self._reader.states
        return [c for c in columns if c in states or _is_numeric(frame[c])] or [
            column for column in columns if any(map(_may_be_number, frame[column]))
        ]

    def _may_be_channel(self, column: str) -> bool:
        return column not in self._no_channels and key_rank(column) is None

    def _with_texts_read(self, frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
        """Return rows with numbers for texts that say one ("21,5", "on"), and codes for words of `states`."""
        reader, found = self._reader, {}
        for column in filter(self._may_be_channel, map(str, frame)):
            if _is_numeric(frame[column]):
                continue
            cells = frame[column].tolist()
            name = channel_name(names.get(column, column))
            read = reader.number if reader.states.isdisjoint((column, name)) else reader.code
            numbers = [read(name, cell) if _is_short_text(cell) else None for cell in cells]
            if any(number is not None for number in numbers):
                both = zip(cells, numbers, strict=True)
                found[column] = [cell if number is None else number for cell, number in both]
        return frame.assign(**found) if found else frame


def _is_numeric(column: pd.Series[Any]) -> bool:
    return column.dtype.kind in "iufbm"


def _is_short_text(cell: Any) -> bool:
    return isinstance(cell, str) and len(cell) <= LONGEST_WORD


def _may_be_number(cell: Any) -> bool:
    if _is_short_text(cell):
        return plain_quantity(cell) is not None or switch(cell) is not None
    return isinstance(cell, (int, float)) and cell == cell
