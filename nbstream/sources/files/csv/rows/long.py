"""A table with a row for each value: one column says whose it is, and makes the channels."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.batch import Batch, channel_name
from nbstream.sources.files.csv.format.cells import is_blank
from nbstream.sources.files.csv.format.format import CsvFormat, Role, is_header
from nbstream.sources.files.csv.rows.rows import UNDECIDED, ParsedRows, Places, RowReader
from nbstream.sources.number_forms import NumberForm, find_form
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE

if TYPE_CHECKING:
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
    """

    def __init__(
        self, fmt: CsvFormat, whole_times: WholeTimes | None, previous: LongReader | None = None
    ) -> None:
        super().__init__(fmt, whole_times, is_fast=False)
        assert fmt.pivot is not None
        self._pivot = fmt.pivot
        columns = [i for i, role in enumerate(fmt.roles) if role in (Role.NUMBER, *UNDECIDED)]
        named = [i for i in columns if fmt.columns[i].lower() in VALUE_NAMES]
        numbers = [i for i in columns if fmt.roles[i] is Role.NUMBER]
        self._columns = named[:1] or numbers or columns
        self._entities: dict[str, int] = {} if previous is None else previous._entities
        self._forms: dict[tuple[int, int], NumberForm | None] = {}

    def read(self, lines: bytes, now_ns: int) -> ParsedRows:
        """Return the rows of `lines`, which end with a newline, as far as the next header.

        Parameters
        ----------
        lines
            Bytes of UTF-8.
        now_ns
            The time of readings without one.

        Returns
        -------
        ParsedRows
            With a batch of rows, not of channels: see `split`.
        """
        result, rows = ParsedRows(), []
        places = Places.of(lines)
        for i, (start, end) in enumerate(zip(*(p.tolist() for p in places), strict=True)):
            text = lines[start:end].decode("utf-8", "replace")
            if not text.strip() or (self.fmt.comment and self.fmt.is_comment(text)):
                continue
            try:
                cells = self.fmt.cells(text)
            except csv.Error as error:
                self._refuse(i, text, str(error), result)
                continue
            if is_header(cells, self.fmt):
                result.header_at, result.after = start, lines[start:]
                break
            if self.fmt.is_header_again(cells):
                continue
            result.n_rows += 1
            row = self._read_cells(i, text, cells, result)
            if row is not None:
                rows.append(row)
        result.n_rows -= len(result._passed_over)
        if rows:
            result.batch = self._batch_of(rows, now_ns)
        return result

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
        self, i: int, text: str, cells: list[str], result: ParsedRows
    ) -> tuple[int, int, int, list[float]] | None:
        """Return (wall-clock ns, offset, number of the name, values) of a row; None if refused."""
        fmt = self.fmt
        if self._pivot >= len(cells) or not cells[self._pivot]:
            self._refuse(i, text, f"no name in {fmt.columns[self._pivot]!r}", result)
            return None
        wall, offset = MISSING_TIME, NAIVE
        if fmt.form is not None:
            wall, offset = fmt.form.read_row(cells, fmt.time_columns)
            if wall == MISSING_TIME:
                self._refuse(i, text, fmt.no_time, result)
                return None
        name = cells[self._pivot]
        if name not in self._entities and len(self._entities) >= MAX_ENTITIES:
            self._refuse(i, text, f"more than {MAX_ENTITIES:,} names", result)
            return None
        code = self._entities.setdefault(name, len(self._entities))
        values = [self._value(name, code, column, cells, result) for column in self._columns]
        if all(map(math.isnan, values)):
            self._refuse(i, text, "no number", result)
            return None
        return wall, offset, code, values

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

    def _batch_of(self, rows: list[tuple[int, int, int, list[float]]], now_ns: int) -> Batch:
        wall, offsets, codes, values = zip(*rows, strict=True)
        times = self._times(np.array(wall, np.int64), np.array(offsets, np.int64), now_ns)
        columns = {
            self.fmt.columns[column]: np.array([row[k] for row in values])
            for k, column in enumerate(self._columns)
        }
        return Batch(times, {ENTITY: np.array(codes, np.float64), **columns})
