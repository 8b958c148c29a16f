"""A table with a row for each value: one column says whose it is, and makes the channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.batch import Batch, channel_name
from nbstream.sources.files.csv.format.cells import is_blank
from nbstream.sources.files.csv.format.format import CsvFormat, Role
from nbstream.sources.files.csv.rows.rows import UNDECIDED, Found, ParsedRows, RowReader
from nbstream.sources.number_forms import NumberForm, find_form

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray
    from nbstream.sources.times.partial import WholeTimes

__all__ = ["LongReader"]

MAX_ENTITIES = 10_000
ENTITY = "\0entity"
"""The column of a batch of rows that numbers the names; no column of a file is called so."""
VALUE_NAMES = frozenset({"value", "_value", "state", "val", "reading", "varvalue"})


class LongReader(RowReader):
    """Reads rows that each hold the value of one channel, as Home Assistant and databases write them.

    Each name has its own way of writing numbers: one may be a switch beside others that are not.

    Parameters
    ----------
    fmt
        The format; its `pivot` is the column of names. Values are in its columns of numbers and of
        text, as far as text turns out to be a number.
    whole_times
        Makes UTC of times; None if the format has none.
    previous
        The reader before this one; rows that it read can be split by this one too.

    Notes
    -----
    With one column of values, or one called value or state, channels are called as the names are,
    else "name column"; a number is none without the name of its column in front: "CPU 0".

    What is read comes as a batch of rows, not of channels: see `split`.
    """

    def __init__(
        self, fmt: CsvFormat, whole_times: WholeTimes | None, previous: LongReader | None = None
    ) -> None:
        super().__init__(fmt, whole_times, is_fast=False)
        assert fmt.pivot is not None
        self._pivot = fmt.pivot
        columns = fmt.of_role(Role.NUMBER, *UNDECIDED)
        named = [i for i in columns if fmt.columns[i].lower() in VALUE_NAMES]
        self._columns = named[:1] or fmt.of_role(Role.NUMBER) or columns
        self._entities: dict[str, int] = {} if previous is None else previous._entities
        self._forms: dict[tuple[int, int], NumberForm | None] = {}

    def split(self, batch: Batch) -> list[Batch]:
        """Return rows that were read as one batch for each name."""
        if ENTITY not in batch.values:
            return [batch]
        codes = batch.values[ENTITY].astype(np.int64)
        names = list(self._entities)
        found = []
        for code in dict.fromkeys(codes.tolist()):
            here = codes == code
            values = {
                self._channel(names[code], column): batch.values[self.fmt.columns[column]][here]
                for column in self._columns
            }
            found.append(Batch(batch.times[here], values))
        return found

    def _read_cells(
        self, cells: list[str], text: str, i: int, found: Found, result: ParsedRows
    ) -> str:
        """Read the cells of line `i`, in place; return why it can't be used, "" if it can."""
        fmt = self.fmt
        if self._pivot >= len(cells) or not cells[self._pivot]:
            return f"no name in {fmt.columns[self._pivot]!r}"
        if not self._read_time(cells, i, found):
            return fmt.no_time
        name = cells[self._pivot]
        if name not in self._entities and len(self._entities) >= MAX_ENTITIES:
            return f"more than {MAX_ENTITIES:,} names"
        code = self._entities.setdefault(name, len(self._entities))
        values = [self._value(name, code, column, cells, result) for column in self._columns]
        if all(map(math.isnan, values)):
            return "no number"
        found.column(self._pivot)[i] = code
        for column, value in zip(self._columns, values, strict=True):
            found.column(column)[i] = value
        return ""

    def _value(
        self, name: str, code: int, column: int, cells: list[str], result: ParsedRows
    ) -> float:
        """Return the number in a cell, read as the other cells of its name are; NaN if none is."""
        cell = cells[column] if column < len(cells) else ""
        if is_blank(cell):
            return math.nan
        key = code, column
        form = self._forms.get(key)
        if form is None:
            usual = self.fmt.forms[column]
            form = usual if usual.read(cell) is not None else find_form([cell], usual.decimal)
            holds_text = key in self._forms
            self._forms[key] = form = None if form and form.is_switch and holds_text else form
            if form is not None and form.unit:
                self.fmt.units.setdefault(self._channel(name, column), form.unit)
        value = None if form is None else form.read(cell)
        if value is None:
            result.note_bad_cell(self._channel(name, column), cell)
            return math.nan
        return value

    def _channel(self, name: str, column: int) -> str:
        if len(self._columns) > 1:
            name = f"{name} {self.fmt.columns[column]}"
        if name[:1].isdecimal():
            name = f"{self.fmt.columns[self._pivot]} {name}"
        return channel_name(name)

    def _columns_of(self, found: Found) -> dict[str, FloatArray]:
        named = {self.fmt.columns[column]: found.values[column] for column in self._columns}
        return {ENTITY: found.values[self._pivot], **named}
