"""What conditions are told of a batch of readings: columns, computed once for all rules that ask."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbstream.alerts.tree import (
    STALE,
    VALUE,
    ZSCORE,
    Channel,
    Rate,
    Score,
    Statistic,
    Variable,
)
from nbstream.trailing import TrailingWindows
from nbstream.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.alerts.expression import Condition
    from nbstream.alerts.tree import Truth
    from nbstream.buffer import Buffer
    from nbstream.readings import FloatArray, TimeArray
    from nbstream.summary import BlockPyramid

__all__ = ["LOOK_BACK", "BufferTable", "Table"]

LOOK_BACK = 1024
"""Rows that are looked through for the last reading of a channel that is not missing."""


class Table:
    """A batch of one channel's readings, and what is known beside them.

    Parameters
    ----------
    times
        int64 ns, shape (n,).
    values
        float64, shape (n,): the readings, NaN where missing.
    known
        Further columns of the same shape; others are NaN, which is not known.
    channel
        The channel's name.
    unit
        Of the channel, for texts.
    is_stale
        Whether the channel is stale.

    Notes
    -----
    Thread safety: none; its rules are asked one after the other.
    """

    def __init__(
        self,
        times: TimeArray,
        values: FloatArray,
        known: Mapping[Variable, FloatArray] | None = None,
        *,
        channel: str = "value",
        unit: str | None = None,
        is_stale: bool = False,
    ) -> None:
        self.times = times
        self.values = values
        self.channel = channel
        self.unit = unit
        self._columns: dict[Variable, FloatArray] = {VALUE: values, **(known or {})}
        self._truths: dict[Condition, Truth] = {}
        self._extents: dict[Variable, tuple[float, float] | None] = {}
        if is_stale:
            self._columns[STALE] = np.ones(len(values))

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.times)

    @cached_property
    def newest_ns(self) -> int:
        """The last reading's time; there must be one."""
        return int(self.times[-1])

    @property
    def extent(self) -> tuple[float, float] | None:
        """The smallest and the largest reading; None without any."""
        return self.extent_of(VALUE)

    def extent_of(self, variable: Variable) -> tuple[float, float] | None:
        """Return the smallest and the largest of a variable's numbers; None if none is known."""
        if variable not in self._extents:
            column = self.column(variable)
            extent = None
            if len(column):
                low, high = float(np.fmin.reduce(column)), float(np.fmax.reduce(column))
                extent = (low, high) if low == low else None
            self._extents[variable] = extent
        return self._extents[variable]

    def truth_of(self, condition: Condition) -> Truth:
        """Return where a condition is certainly true, and where certainly false."""
        found = self._truths.get(condition)
        if found is None:
            found = self._truths[condition] = condition.truth(self)
        return found

    def holds_of(self, condition: Condition) -> npt.NDArray[np.bool_]:
        """Return where a condition holds, without asking where it is false if that costs more."""
        if condition.variable == "formula":
            return self.truth_of(condition).true
        return condition.holds(self.column(condition.variables[0]))

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers, one per reading, NaN where it is not known."""
        found = self._columns.get(variable)
        if found is None:
            found = self._columns[variable] = self._computed(variable)
        return found

    def at(self, row: int) -> Row:
        """Return one reading as a table of its own."""
        return Row(self, row)

    def _computed(self, variable: Variable) -> FloatArray:
        return np.zeros(len(self)) if variable == STALE else np.full(len(self), np.nan)


class Row:
    """One reading of a table.

    Parameters
    ----------
    table
        The table.
    row
        Index of the reading.
    """

    def __init__(self, table: Table, row: int) -> None:
        self._table = table
        self._row = slice(row, row + 1)

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's number as a column of one."""
        return self._table.column(variable)[self._row]


class BufferTable(Table):
    """Consecutive rows of a channel of a buffer.

    Parameters
    ----------
    buffer
        Where the rows are, and those of other channels.
    channel
        The channel's name.
    first
        Number of the first row.
    times, values
        The rows.
    pyramid
        Summaries of the channel's rows up to these at least.
    window
        The analyzer's, for statistics that name none.
    zscores
        Computes the readings' z-scores.

    Notes
    -----
    Another channel's reading is the last one at or before the time of this one, as far as it had arrived.
    mean, std, min, max, count and rate are those of the window that ends at each reading; medians and
    quantiles those of the window that ends at the last reading of the table, for all of them.
    """

    def __init__(
        self,
        buffer: Buffer,
        channel: str,
        first: int,
        times: TimeArray,
        values: FloatArray,
        *,
        pyramid: BlockPyramid,
        window: Window,
        zscores: Callable[[], FloatArray] | None = None,
    ) -> None:
        super().__init__(times, values, channel=channel, unit=buffer.units.get(channel))
        self._buffer = buffer
        self._first = first
        self._pyramid = pyramid
        self._window = window
        self._zscores = zscores
        self._windows: dict[Window, tuple[TrailingWindows, npt.NDArray[np.int64]]] = {}

    def _computed(self, variable: Variable) -> FloatArray:
        if variable == ZSCORE and self._zscores is not None:
            return self._zscores()
        if isinstance(variable, Channel):
            return self._carried_forward(variable.name)
        if isinstance(variable, Score):
            return self._carried_forward(f"{self.channel}.{variable.name}")
        if isinstance(variable, Rate):
            name = self.channel if variable.channel is None else variable.channel.name
            return self._rates(name)
        if isinstance(variable, Statistic):
            return self._statistic(variable)
        return super()._computed(variable)

    def _carried_forward(self, name: str) -> FloatArray:
        if name == self.channel:
            return self.values
        found = self._last_readings(name)
        if found is None:
            return np.full(len(self), np.nan)
        last, _, values = found
        return np.where(last >= 0, values[last], np.nan)

    def _rates(self, name: str) -> FloatArray:
        """Return the change per second between the last two readings that are not missing."""
        found = self._last_readings(name)
        if found is None:
            return np.full(len(self), np.nan)
        last, times, values = found
        present = np.flatnonzero(values == values)
        rates = np.full(len(values), np.nan)
        with np.errstate(all="ignore"):
            seconds = np.diff(times[present]) / 1e9
            rates[present[1:]] = np.where(seconds > 0, np.diff(values[present]) / seconds, np.nan)
            distant = np.diff(present) > LOOK_BACK
        rates[present[1:][distant]] = np.nan
        rates[~np.isfinite(rates)] = np.nan
        if name == self.channel:
            last = np.where(self.values == self.values, last, -1)
        return np.where(last >= 0, rates[last], np.nan)

    def _last_readings(
        self, name: str
    ) -> tuple[npt.NDArray[np.int64], TimeArray, FloatArray] | None:
        """Return where each reading finds the last one of a channel, −1 for nowhere, and its rows."""
        buffer = self._buffer
        if name not in buffer.channels:
            return None
        if name == self.channel:
            rows = self._first + np.arange(len(self))
            oldest = buffer.segment(name)
        else:
            rows = buffer.rows_after(name, self.times) - 1
            oldest = max(buffer.segment(name), buffer.span(name)[0])
        if not len(rows):
            return None
        # Twice as far, for the change between a reading that lies far back and the one before it.
        start = max(int(rows.min()) - 2 * LOOK_BACK, oldest, 0)
        start, times, values = buffer.rows(name, start, int(rows.max()) + 1)
        if not len(values):
            return None
        places = np.where(values == values, np.arange(len(values)), -1)
        nearest = np.maximum.accumulate(places)
        own = rows - start
        is_held = (own >= 0) & (own < len(values))
        last = np.where(is_held, nearest[np.clip(own, 0, len(values) - 1)], -1)
        return np.where(own - last < LOOK_BACK, last, -1), times, values

    def _statistic(self, variable: Statistic) -> FloatArray:
        window = self._window if variable.window is None else Window.parse(variable.window)
        if variable.name in ("mean", "std", "min", "max", "count"):
            return self._windows_over(window)[0].statistic(variable.name)
        if variable.name == "rate":
            windows, starts = self._windows_over(window)
            return self._readings_per_second(windows.moments.n, starts)
        share = 0.5 if variable.name == "median" else float(variable.name[1:]) / 100
        start = int(self._starts(window, self._first + np.arange(len(self)))[-1])
        held = self._read(start, self._first + len(self))
        held = held[held == held]
        quantile = float(np.quantile(held, share)) if len(held) else np.nan
        return np.full(len(self), quantile)

    def _windows_over(self, window: Window) -> tuple[TrailingWindows, npt.NDArray[np.int64]]:
        found = self._windows.get(window)
        if found is None:
            rows = self._first + np.arange(len(self))
            starts = self._starts(window, rows)
            windows = TrailingWindows(starts, rows + 1, self._pyramid, self._read)
            found = self._windows[window] = (windows, starts)
        return found

    def _starts(self, window: Window, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the first row of the window that ends at each row."""
        held = self._buffer.span(self.channel)[0]
        segment = max(self._buffer.segment(self.channel), held)
        if window.duration_ns is not None:
            starts = self._buffer.rows_after(self.channel, self.times - window.duration_ns)
        elif window.readings is not None:
            starts = rows - window.readings + 1
        else:
            starts = np.full(len(rows), segment)
        # Rows before a jump of the clock that came with the same batch have no window but themselves.
        starts = np.where(rows < segment, rows, np.maximum(starts, segment))
        return np.maximum.accumulate(np.minimum(starts, rows))

    def _readings_per_second(self, n: FloatArray, starts: npt.NDArray[np.int64]) -> FloatArray:
        rows = self._buffer.rows(self.channel, int(starts[0]), self._first + len(self))
        if not len(rows.times):  # evicted meanwhile
            return np.full(len(self), np.nan)
        oldest = rows.times[np.clip(starts - rows.start, 0, len(rows.times) - 1)]
        with np.errstate(all="ignore"):
            rates = (n - 1) / ((self.times - oldest) / 1e9)
        return np.where((n > 1) & (self.times > oldest), rates, np.nan)

    def _read(self, start: int, stop: int) -> FloatArray:
        return self._buffer.rows(self.channel, start, stop).values
