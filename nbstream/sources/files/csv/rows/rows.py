"""Lines of a table become columns: plain rows all at once, the others one by one."""

from __future__ import annotations

import csv
import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.readings.batch import Batch, FloatArray, TimeArray
from nbstream.readings.labels import is_word
from nbstream.sources.files.csv.format.cells import is_no_word
from nbstream.sources.files.csv.format.format import CsvFormat, Role, is_again, is_header
from nbstream.sources.files.csv.rows.fast import NEWLINE, RETURN, Chunk, Index, Mask
from nbstream.sources.files.csv.rows.fast_times import Layout, read_times
from nbstream.sources.files.csv.rows.plain import PlainLines
from nbstream.sources.files.csv.rows.words import read_words
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE
from nbstream.text.redaction import log_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.labels import Labels
    from nbstream.sources.times.partial import WholeTimes

__all__ = ["Found", "ParsedRows", "RowReader"]

logger = logging.getLogger(__name__)

REPLACEMENT = "\ufffd"
UNDECIDED = (Role.OPEN, Role.TEXT, Role.FREE)
WORDS = (Role.STATE, Role.WORD)
READ = (Role.NUMBER, *WORDS)


@dataclass(slots=True)
class ParsedRows:
    """The rows that were read from some lines, and what could not be read."""

    batch: Batch | None = None
    n_rows: int = 0
    """Lines that are not blank, headers left out; more than in `batch` if some were rejected."""
    rejected: str = ""
    """The first line of which nothing could be used, and why."""
    rejected_keys: list[int] = field(default_factory=list)
    """A hash of each such line."""
    bad_cells: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Per channel the first cell that is no number, and how many there are."""
    n_short: int = 0
    """Rows with fewer cells than columns."""
    n_long: int = 0
    """Rows with more."""
    n_replaced: int = 0
    """Bytes that are not UTF-8."""
    header_at: int | None = None
    """Where in the lines a header begins, at which reading stopped."""
    after: bytes = b""
    """The lines from that header on."""
    _left_out: list[int] = field(default_factory=list)
    _passed_over: list[int] = field(default_factory=list)

    def note_bad_cell(self, channel: str, cell: str) -> None:
        """Count a cell that is no number."""
        first, n = self.bad_cells.get(channel, (cell, 0))
        self.bad_cells[channel] = first, n + 1


class RowReader:
    """Reads rows of one format.

    Parameters
    ----------
    fmt
        The format; columns of text become channels as numbers come.
    whole_times
        Makes UTC of times; None if the format has none.
    is_fast
        False reads every row by itself, with the same result.
    labels_for
        Returns the label table of a channel of words, None if it holds numbers.
    """

    def __init__(
        self,
        fmt: CsvFormat,
        whole_times: WholeTimes | None,
        *,
        is_fast: bool = True,
        labels_for: Callable[[str], Labels | None] | None = None,
    ) -> None:
        self.fmt = fmt
        self._whole_times = whole_times
        self._is_fast = is_fast and fmt.cut_from is None
        self._labels_for = labels_for or (lambda name: None)
        self.fast_fault: Exception | None = None
        """What the fast way failed of last, though the slow one read the rows then."""
        self._plain = PlainLines(fmt)
        self._layouts = Layout.of_parts(fmt.form) if fmt.form is not None else ()

    def read(self, lines: bytes, now_ns: int) -> ParsedRows:
        """Return the rows of `lines`, which end with a newline, as far as the next header.

        Parameters
        ----------
        lines
            Bytes of UTF-8.
        now_ns
            The time of readings without one.
        """
        return self._read(lines, now_ns, is_fast=self._is_fast)

    def _read(self, lines: bytes, now_ns: int, *, is_fast: bool) -> ParsedRows:
        roles, forms = list(self.fmt.roles), list(self.fmt.forms)
        chunk = self._chunk(lines) if is_fast and not set(READ).isdisjoint(roles) else None
        is_as_it_was = chunk is not None and chunk.lines is lines
        places = Places(chunk.starts, chunk.ends) if chunk and is_as_it_was else Places.of(lines)
        n = stop = len(places.starts)
        found, result = Found(n), ParsedRows()
        is_odd = np.ones(n, np.bool_)
        if chunk is not None:
            try:
                is_odd = self._read_fast(chunk, found)
            except Exception as error:
                self._note_fault(error)
                found.values.clear()
        is_whole = bool(is_odd.all())
        is_empty = places.starts == places.ends
        for i in np.flatnonzero(is_odd & ~is_empty).tolist():
            line = lines[places.starts[i] : places.ends[i]]
            if not self._read_one(line, i, found, result):
                stop = i
                result.header_at = int(places.starts[i])
                result.after = lines[result.header_at :]
                break
        if not is_whole and self.fmt.roles != roles:
            # A column became a channel in the middle: rows that were read at once don't know.
            self.fmt.roles[:], self.fmt.forms[:] = roles, forms
            return self._read(lines, now_ns, is_fast=False)
        is_kept = ~is_empty[:stop]
        is_kept[result._passed_over] = False
        result.n_rows = int(np.count_nonzero(is_kept))
        is_kept[result._left_out] = False
        if is_kept.any():
            pick: Any = slice(0, stop) if is_kept.all() else np.flatnonzero(is_kept)
            result.batch = self._batch(found, pick, now_ns)
        return result

    def _chunk(self, lines: bytes) -> Chunk | None:
        """Return lines as plain ones; None if that failed."""
        try:
            return self._plain.chunk(lines)
        except Exception as error:
            self._note_fault(error)
            return None

    def _note_fault(self, error: Exception) -> None:
        """Keep what the fast way failed of: it must cost speed, not readings."""
        if self.fast_fault is None:
            log_exception(logger, "rows are read one by one", level=logging.WARNING)
        self.fast_fault = error

    def _read_fast(self, chunk: Chunk, found: Found) -> Mask:
        """Read plain rows, in place; return which rows are left to be read one by one."""
        fmt, is_odd = self.fmt, chunk.is_odd
        is_odd |= chunk.starts == chunk.ends
        if fmt.comment:
            is_odd |= chunk.data[chunk.starts] == fmt.comment.encode()[0]
        if is_odd.all():
            return is_odd
        rows: Any = slice(None) if not is_odd.any() else np.flatnonzero(~is_odd)
        is_odd_too = np.zeros(len(is_odd), np.bool_)
        if fmt.form is not None:
            found.wall[rows], found.offsets[rows], is_odd_too[rows] = read_times(
                chunk, fmt.time_columns, rows, fmt.form, self._layouts
            )
        for column, role in enumerate(fmt.roles):
            if role in UNDECIDED and self._plain.may_turn(chunk, column, rows):
                found.values.clear()
                return np.ones(len(is_odd), np.bool_)
            if role in READ:
                if role is Role.NUMBER:
                    numbers, odd_cells = self._plain.numbers(chunk, column, rows)
                else:
                    numbers, odd_cells = read_words(chunk, column, rows, self._coder(column))
                if isinstance(rows, slice):
                    found.values[column] = numbers
                else:
                    found.column(column)[rows] = numbers
                is_odd_too[rows] |= odd_cells
        if Role.NUMBER not in fmt.roles:  # a row without any word is none
            is_odd_too |= np.isnan(list(found.values.values())).all(axis=0)
        is_odd |= is_odd_too
        return is_odd

    def _coder(self, column: int) -> Callable[[str], float | None]:
        """Return what gives the words of a column their codes, None where a cell is no word."""
        labels = self._labels_for(self.fmt.columns[column])
        role = self.fmt.roles[column]

        def code_of(text: str) -> float | None:
            if labels is None:
                return None
            if role is Role.WORD:
                if is_no_word(text):
                    return math.nan
                if labels.find(text) is None and not is_word(text):
                    return None
            return labels.code(text)

        return code_of

    def _batch(self, found: Found, pick: Any, now_ns: int) -> Batch:
        """Return some of the rows that were found."""
        wall, offsets = found.wall[pick], found.offsets[pick]
        if self._whole_times is None:
            times = np.full(len(wall), now_ns, np.int64)
        else:
            times = self._whole_times.to_utc(wall, offsets, now_ns)
        columns = self._columns_of(found)
        return Batch(times, {name: values[pick] for name, values in columns.items()})

    def _columns_of(self, found: Found) -> dict[str, FloatArray]:
        """Return the values that were found, by the name they have in a batch."""
        columns = [i for i in self.fmt.of_role(*READ) if i in found.values]
        return {self.fmt.columns[i]: found.values[i] for i in columns}

    def _read_one(self, line: bytes, i: int, found: Found, result: ParsedRows) -> bool:
        """Read line `i` by itself, in place; return False if it is a header."""
        fmt = self.fmt
        text = line.decode("utf-8", "replace")
        if REPLACEMENT in text:
            result.n_replaced += text.count(REPLACEMENT) - line.count(REPLACEMENT.encode())
        try:
            cells = fmt.cells(text)
        except csv.Error as error:
            self._refuse(i, text, str(error), result)
            return True
        if is_header(cells, fmt):
            return False
        if (fmt.comment and fmt.is_comment(text)) or is_again(cells, fmt.header):
            result._passed_over.append(i)
        else:
            why = self._read_cells(cells, text, i, found, result)
            if why:
                self._refuse(i, text, why, result)
        return True

    def _read_cells(
        self, cells: list[str], text: str, i: int, found: Found, result: ParsedRows
    ) -> str:
        """Read the cells of line `i`, in place; return why it can't be used, "" if it can."""
        fmt = self.fmt
        if len(cells) != len(fmt.columns):
            if fmt.is_passed_over(text):
                return "no row"
            if fmt.cut_from is not None:
                return "which commas are decimal ones cannot be told"
        if not self._read_time(cells, i, found):
            return fmt.no_time
        has_number = False
        for column, role in enumerate(fmt.roles):
            if role in WORDS:
                code = self._code(column, cells, result)
                found.column(column)[i] = code
                has_number = has_number or code == code
                continue
            if role not in (Role.NUMBER, *UNDECIDED):
                continue
            values = found.column(column)
            values[i] = np.nan
            is_there = column < len(cells)
            if not is_there or not (role is Role.NUMBER or fmt.judge(column, cells[column])):
                continue
            value = fmt.forms[column].read(cells[column])
            if value is None:
                result.note_bad_cell(fmt.columns[column], cells[column])
                continue
            has_number = True
            values[i] = value
        if not has_number:
            return "no number"
        result.n_short += len(cells) < len(fmt.columns)
        result.n_long += len(cells) > len(fmt.columns)
        return ""

    def _code(self, column: int, cells: list[str], result: ParsedRows) -> float:
        """Return the code of a cell of words, NaN if it is missing."""
        cell = cells[column] if column < len(cells) else ""
        name = self.fmt.columns[column]
        if not cell.strip():
            return math.nan
        code = self._coder(column)(cell)
        if code is None:
            result.note_bad_cell(name, cell)
            return math.nan
        return code

    def _read_time(self, cells: list[str], i: int, found: Found) -> bool:
        """Read the time of line `i`, in place; return whether it has what the format asks for."""
        if self.fmt.form is None:
            return True
        wall, found.offsets[i] = self.fmt.form.read_row(cells, self.fmt.time_columns)
        found.wall[i] = wall
        return wall != MISSING_TIME

    def _refuse(self, i: int, text: str, why: str, result: ParsedRows) -> None:
        if self.fmt.is_passed_over(text):
            result._passed_over.append(i)
            return
        result._left_out.append(i)
        result.rejected_keys.append(hash(text))
        if not result.rejected:
            result.rejected = f"{text!r} ({why})"


class Found:
    """Times and values of lines as far as they were read."""

    def __init__(self, n_lines: int) -> None:
        self.wall: TimeArray = np.full(n_lines, MISSING_TIME, np.int64)
        self.offsets: TimeArray = np.full(n_lines, NAIVE, np.int64)
        self.values: dict[int, FloatArray] = {}
        """By column."""

    def column(self, column: int) -> FloatArray:
        """Return the values of a column, to be filled."""
        if column not in self.values:
            self.values[column] = np.full(len(self.wall), np.nan)
        return self.values[column]


class Places(NamedTuple):
    """Where lines begin and end among some bytes."""

    starts: Index
    ends: Index
    """Without the end of the line."""

    @classmethod
    def of(cls, lines: bytes) -> Places:
        """Find the lines of some bytes that end with a newline."""
        data = np.frombuffer(lines, np.uint8)
        newlines = np.flatnonzero(data == NEWLINE)
        starts = np.concatenate(([0], newlines[:-1] + 1))
        has_return = (data[np.maximum(newlines - 1, 0)] == RETURN) & (newlines > starts)
        return cls(starts, newlines - has_return)
