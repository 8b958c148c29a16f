"""Lines of a table become columns: plain rows all at once, the others one by one."""

from __future__ import annotations

import csv
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings import Batch, FloatArray, TimeArray
from nbstream.redaction import log_exception
from nbstream.sources.csv_fast import Chunk, Mask, read_numbers, split
from nbstream.sources.csv_fast_times import Layout, read_times
from nbstream.sources.csv_format import CsvFormat, Role, cells_of, is_header
from nbstream.sources.number_cells import is_missing, number
from nbstream.sources.time_patterns import MISSING_TIME, NAIVE

if TYPE_CHECKING:
    from nbstream.sources.partial_times import WholeTimes

__all__ = ["RowReader", "Rows"]

logger = logging.getLogger(__name__)

REPLACEMENT = "\ufffd"


@dataclass(slots=True)
class Rows:
    """What some lines held."""

    batch: Batch | None = None
    n_rows: int = 0
    """Lines that are not blank, headers left out; more than in `batch` if some were rejected."""
    rejected: str = ""
    """The first line of which nothing could be used, and why."""
    rejected_keys: list[int] = field(default_factory=list)
    """A hash of each such line."""
    bad_cell: tuple[str, str] | None = None
    """Channel and text of the first cell that is no number."""
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
    _rejected_rows: list[int] = field(default_factory=list)


class RowReader:
    """Reads rows of one format.

    Parameters
    ----------
    fmt
        The format; roles of open columns are filled in as rows come.
    whole_times
        Makes UTC of times; None if the format has none.
    is_fast
        False reads every row by itself, with the same result.
    """

    def __init__(
        self, fmt: CsvFormat, whole_times: WholeTimes | None, *, is_fast: bool = True
    ) -> None:
        self.fmt = fmt
        self._whole_times = whole_times
        self._is_fast = is_fast
        self.fast_fault: Exception | None = None
        """What the fast way failed of last, though the slow one read the rows then."""
        self._layouts = Layout.of_parts(fmt.form) if fmt.form is not None else ()

    def read(self, lines: bytes, now_ns: int) -> Rows:
        """Return the rows of `lines`, which end with a newline, as far as the next header.

        Parameters
        ----------
        lines
            Bytes of UTF-8.
        now_ns
            The time of readings without one.
        """
        fmt = self.fmt
        chunk = split(lines, fmt.delimiter, len(fmt.columns))
        n = len(chunk.starts)
        is_blank = chunk.starts == chunk.ends
        wall, offsets = np.full(n, MISSING_TIME, np.int64), np.full(n, NAIVE, np.int64)
        values: dict[int, FloatArray] = {}
        is_odd = np.ones(n, np.bool_)
        if self._is_fast and Role.OPEN not in fmt.roles:
            try:
                is_odd = self._read_fast(chunk, is_blank, wall, offsets, values)
            except Exception as error:  # must cost speed, not readings
                if self.fast_fault is None:
                    log_exception(logger, "rows are read one by one", level=logging.WARNING)
                self.fast_fault = error
                values = {}
        result = Rows()
        stop = n
        for i in np.flatnonzero(is_odd & ~is_blank).tolist():
            if not self._read_one(
                lines[chunk.starts[i] : chunk.ends[i]], i, n, wall, offsets, values, result
            ):
                stop = i
                result.header_at = int(chunk.starts[i])
                result.after = lines[result.header_at :]
                break
        is_kept = ~is_blank[:stop]
        result.n_rows = int(np.count_nonzero(is_kept))
        is_kept[result._rejected_rows] = False
        self._finish(result, is_kept, wall[:stop], offsets[:stop], values, now_ns)
        return result

    def _read_fast(
        self,
        chunk: Chunk,
        is_blank: Mask,
        wall: TimeArray,
        offsets: TimeArray,
        values: dict[int, FloatArray],
    ) -> Mask:
        """Read plain rows, in place; return which rows are left to be read one by one."""
        fmt, n = self.fmt, len(wall)
        is_odd = chunk.is_odd | is_blank
        if is_odd.all():
            return is_odd
        rows: Any = slice(None) if not is_odd.any() else np.flatnonzero(~is_odd)
        is_odd_too = np.zeros(n, np.bool_)
        if fmt.form is not None:
            wall[rows], offsets[rows], is_odd_too[rows] = read_times(
                chunk, fmt.time_columns, rows, fmt.form, self._layouts
            )
        for column, role in enumerate(fmt.roles):
            if role is Role.NUMBER:
                numbers, odd_cells = read_numbers(chunk, column, rows, fmt.decimal)
                if isinstance(rows, slice):
                    values[column] = numbers
                else:
                    values[column] = np.full(n, np.nan)
                    values[column][rows] = numbers
                is_odd_too[rows] |= odd_cells
        return is_odd | is_odd_too

    def _finish(
        self,
        result: Rows,
        is_kept: Any,
        wall: TimeArray,
        offsets: TimeArray,
        values: dict[int, FloatArray],
        now_ns: int,
    ) -> None:
        """Put together the batch."""
        fmt, stop = self.fmt, len(wall)
        pick: Any = slice(0, stop) if is_kept.all() else np.flatnonzero(is_kept)
        wall, offsets = wall[pick], offsets[pick]
        if not len(wall):
            return
        if self._whole_times is None:
            times = np.full(len(wall), now_ns, np.int64)
        else:
            times = self._whole_times.to_utc(wall, offsets, now_ns)
        columns = {
            fmt.columns[column]: values[column][pick]
            for column, role in enumerate(fmt.roles)
            if role is Role.NUMBER and column in values
        }
        result.batch = Batch(times, columns)

    def _read_one(
        self,
        line: bytes,
        i: int,
        n: int,
        wall: TimeArray,
        offsets: TimeArray,
        values: dict[int, FloatArray],
        result: Rows,
    ) -> bool:
        """Read line `i` by itself, in place; return False if it is a header."""
        fmt = self.fmt
        text = line.decode("utf-8", "replace")
        if REPLACEMENT in text:
            n_replaced = text.count(REPLACEMENT) - line.count(REPLACEMENT.encode())
            result.n_replaced += n_replaced
        try:
            cells = cells_of(text, fmt.delimiter)
        except csv.Error as error:
            return self._refuse(i, text, str(error), result)
        if is_header(cells, fmt):
            return False
        if len(cells) != len(fmt.columns):
            if not text.strip():
                return self._refuse(i, "", "", result)
            result.n_short += len(cells) < len(fmt.columns)
            result.n_long += len(cells) > len(fmt.columns)
        if fmt.form is not None:
            when = [cells[c] if c < len(cells) else "" for c in fmt.time_columns]
            wall[i], offsets[i] = fmt.form.read_cells(when)
            if wall[i] == MISSING_TIME:
                names = " and ".join(repr(fmt.columns[c]) for c in fmt.time_columns)
                return self._refuse(i, text, f"no time in {names}", result)
        has_number = False
        bad_cell = None
        for column, role in enumerate(fmt.roles):
            if role not in (Role.NUMBER, Role.OPEN):
                continue
            if column not in values:
                values[column] = np.full(n, np.nan)
            values[column][i] = np.nan
            if column >= len(cells):
                continue
            value = number(cells[column], fmt.decimal)
            if value is None:
                if role is Role.OPEN:
                    fmt.learn(column, is_number=False)
                else:
                    bad_cell = bad_cell or (fmt.columns[column], cells[column])
                continue
            if role is Role.OPEN:
                if is_missing(cells[column]):
                    continue
                fmt.learn(column, is_number=True)
            has_number = True
            values[column][i] = value
        result.bad_cell = result.bad_cell or bad_cell
        return True if has_number else self._refuse(i, text, "no number", result)

    def _refuse(self, i: int, text: str, why: str, result: Rows) -> bool:
        result._rejected_rows.append(i)
        result.rejected_keys.append(hash(text))
        if why and not result.rejected:
            result.rejected = f"{text!r} ({why})"
        return True
