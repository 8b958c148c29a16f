"""What conditions are told of a batch of readings: columns, computed once for all rules that ask."""

from __future__ import annotations

import math
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbstream.alerts.conditions.filling import JITTER, least_span_ns
from nbstream.alerts.conditions.silences import Timeline
from nbstream.expressions.variables import (
    PRECEDING,
    STALE,
    VALUE,
    WORD,
    ZSCORE,
    Channel,
    Rate,
    Score,
    Stale,
    Statistic,
    Variable,
    Word,
)
from nbstream.readings.intervals import newest_times
from nbstream.readings.window import Window, rough_duration
from nbstream.summaries.trailing import TrailingWindows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.expressions.nodes import Judging, Truth
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.labels import Labels
    from nbstream.summaries.summary import BlockPyramid

__all__ = ["LOOK_BACK", "BufferTable", "Table"]

LOOK_BACK = 1024
"""Rows that are looked through for the last reading of a channel that is not missing."""
NOT_LOOKED_AT = (math.nan, math.nan)


class Table(Timeline):
    """A batch of one channel's readings, and what is known beside them.

    Parameters
    ----------
    times
        int64 ns, shape (n,).
    values
        float64, shape (n,): the readings, NaN where missing; of a channel of words their codes.
    known
        Further columns of the same shape; others are NaN, which is not known.
    labels
        What the codes of `WORD` and of other channels' words mean.
    channel
        The channel's name.
    unit
        Of the channel, for texts.
    is_stale
        Whether the channel is stale.
    before
        Distinct times of the newest readings before these, as far as the usual interval needs them.

    Notes
    -----
    Thread safety: none; its rules are asked one after the other.
    """

    def __init__(
        self,
        times: TimeArray,
        values: FloatArray,
        known: Mapping[Variable, FloatArray] | None = None,
        labels: Mapping[Word, Labels] | None = None,
        *,
        channel: str = "value",
        unit: str | None = None,
        is_stale: bool = False,
        before: TimeArray | None = None,
    ) -> None:
        super().__init__(times, values, before)
        self.channel = channel
        self.unit = unit
        self._labels = labels or {}
        self._own: Variable = VALUE
        self._columns: dict[Variable, FloatArray] = {VALUE: values, **(known or {})}
        if WORD in self._labels:  # codes are no numbers to compare
            self._own = WORD
            self._columns |= {WORD: values, VALUE: np.full(len(values), np.nan)}
        self._truths: dict[Judging, Truth] = {}
        self._extents: dict[Variable, tuple[float, float] | None] = {}
        if is_stale:
            self._columns[STALE] = np.ones(len(values))

    @property
    def extent(self) -> tuple[float, float] | None:
        """The smallest and the largest reading, of words the codes; None without any."""
        return self.extent_of(self._own)

    def extent_of(self, variable: Variable) -> tuple[float, float] | None:
        """Return the smallest and the largest of a variable's numbers; None if none is known."""
        extent = self._extents.get(variable, NOT_LOOKED_AT)
        if extent is NOT_LOOKED_AT:
            column, extent = self.column(variable), None
            if len(column):
                low, high = float(np.fmin.reduce(column)), float(np.fmax.reduce(column))
                extent = (low, high) if low == low else None
            self._extents[variable] = extent
        return extent

    def truth_of(self, condition: Judging) -> Truth:
        """Return where a condition is certainly true, and where certainly false."""
        found = self._truths.get(condition)
        if found is None:
            found = self._truths[condition] = condition.truth(self)
        return found

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers, one per reading, NaN where it is not known."""
        found = self._columns.get(variable)
        if found is None:
            found = self._columns[variable] = self._computed(variable)
        return found

    def labels(self, variable: Word) -> Labels | None:
        """Return what the codes of a channel's words mean; None if it holds none."""
        return self._labels.get(variable)

    def at(self, row: int) -> Part:
        """Return one reading as columns of its own."""
        return Part(self, slice(row, row + 1))

    @property
    def partial(self) -> Table:
        """The same, with the statistics of windows that are not full."""
        return self

    def part(self, rows: slice) -> Part:
        """Return some readings as columns of their own."""
        return Part(self, rows)

    def _computed(self, variable: Variable) -> FloatArray:
        if variable == STALE:  # a missing reading says nothing of silence
            return np.where(self.values == self.values, 0.0, np.nan)
        return np.full(len(self), np.nan)


class Part:
    """Some consecutive readings of a table.

    Parameters
    ----------
    table
        The table.
    rows
        Which of its readings.
    """

    def __init__(self, table: Table, rows: slice) -> None:
        self._table = table
        self._rows = rows

    @property
    def channel(self) -> str:
        """Name of the channel whose readings they are."""
        return self._table.channel

    def labels(self, variable: Word) -> Labels | None:
        """Return what the codes of a channel's words mean; None if it holds none."""
        return self._table.labels(variable)

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers, one per reading."""
        return self._table.column(variable)[self._rows]


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
        Computes z-scores as `nbstream.statistics.trailing_zscores`.
    told
        The channels and windows of which people were told already that the buffer can't hold them.

    Notes
    -----
    Statistics of windows that are not full are not known, but in `partial`.

    Time may go back within the rows; what windows are asked of must be `ascending`.

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
        zscores: Callable[..., FloatArray] | None = None,
        told: set[tuple[str, Window]] | None = None,
    ) -> None:
        own = buffer._store.labels.get(channel)
        labels = None if own is None else {WORD: own}
        super().__init__(
            times, values, None, labels, channel=channel, unit=buffer.units.get(channel)
        )
        self._buffer = buffer
        self._held = buffer.channel(channel)
        self._first = first
        self._pyramid = pyramid
        self._window = window
        self._zscores = zscores
        self._told = set() if told is None else told
        self._is_partial = False
        self._windows: dict[Window, tuple[TrailingWindows, npt.NDArray[np.int64]]] = {}
        self._fullness: dict[Window, npt.NDArray[np.bool_] | None] = {}

    @cached_property
    def before(self) -> TimeArray:
        """Distinct times of the newest readings before these, of those that are not missing."""

        def read(start: int, stop: int) -> tuple[TimeArray, FloatArray]:
            rows = self._held.rows(start, stop)
            return rows.times, rows.values

        return newest_times(read, self._first)

    @cached_property
    def ascends(self) -> bool:
        """Whether time goes back nowhere, as the buffer knows; False is also not known."""
        return self._held.segment <= self._first

    @cached_property
    def _segment(self) -> int:
        """The row at which time last went back before these; 0 if it did not, as far as is held."""
        return self._held.segment_at(self._first)

    def _rows_after(self, times: TimeArray) -> npt.NDArray[np.int64]:
        """Return for each time the first row that is later, of those before which time went back last."""
        if self.ascends:
            return self._held.rows_after(times)
        rows = self._held.rows(self._segment, self._first + len(self))
        return rows.start + rows.times.searchsorted(times, "right")

    @property
    def own_interval_ns(self) -> int | None:
        """The interval of a source that itself sets the pace, None if it doesn't."""
        return self._held.own_interval_ns

    def others_went_on(self, begin_ns: int, end_ns: int) -> bool:
        """Return whether another channel had readings then, begin < time ≤ end."""
        moments = np.array([begin_ns, end_ns])
        for name in self._buffer.measured:
            if name != self.channel:
                begin, end = self._buffer.channel(name).rows_after(moments)
                if end > begin:
                    return True
        return False

    def labels(self, variable: Word) -> Labels | None:
        """Return what the codes of a channel's words mean; None if it holds none."""
        name = self.channel if variable.name is None else variable.name
        return self._buffer._store.labels.get(name)

    def _computed(self, variable: Variable) -> FloatArray:
        if not self._is_known(variable):
            return np.full(len(self), np.nan)
        known = self._buffer._known.get(self.channel)
        if known is not None and variable == ZSCORE:
            return np.asarray(known.zscores(self.times, self.values, self._window))
        if known is not None and variable == PRECEDING:
            return np.asarray(known.counts_before(self.times, self._window))
        if variable == ZSCORE and self._zscores is not None:
            starts = self._starts_before()
            return self._zscores(starts, self._first, self._pyramid, self._read)
        if variable == PRECEDING:
            rows = self._first + np.arange(len(self))
            windows = TrailingWindows(self._starts_before(), rows, self._pyramid, self._read)
            return windows.moments.n
        if isinstance(variable, (Channel, Word)):
            return self._carried_forward(variable.name or self.channel)
        if isinstance(variable, Score):
            return self._carried_forward(f"{self.channel}.{variable.name}")
        if isinstance(variable, Rate):
            name = self.channel if variable.channel is None else variable.channel.name
            return self._rates(name)
        if isinstance(variable, Statistic):
            return self._statistic_if_full(variable)
        return super()._computed(variable)

    def _is_known(self, variable: Variable) -> bool:
        """Return whether numbers are asked of a channel of numbers, and words of one of words."""
        labels, of = self._buffer._store.labels, variable
        if isinstance(variable, Statistic) and variable.name in ("count", "rate"):
            return True
        if isinstance(variable, Rate) and variable.channel is not None:
            of = variable.channel
        if isinstance(of, (Channel, Word)):
            name = self.channel if of.name is None else of.name
            return (name in labels) == isinstance(of, Word)
        return self.channel not in labels or isinstance(of, (Stale, Score))

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
        held = self._buffer.channel(name)
        if name == self.channel:
            rows = self._first + np.arange(len(self))
            oldest = self._segment
        else:
            rows = held.rows_after(self.times) - 1
            oldest = max(held.segment, held.span()[0])
        if not len(rows):
            return None
        # Twice as far, for the change between a reading that lies far back and the one before it.
        start = max(int(rows.min()) - 2 * LOOK_BACK, oldest, 0)
        start, times, values = held.rows(start, int(rows.max()) + 1)
        if not len(values):
            return None
        places = np.where(values == values, np.arange(len(values)), -1)
        nearest = np.maximum.accumulate(places)
        own = rows - start
        is_held = (own >= 0) & (own < len(values))
        last = np.where(is_held, nearest[np.clip(own, 0, len(values) - 1)], -1)
        return np.where(own - last < LOOK_BACK, last, -1), times, values

    @cached_property
    def partial(self) -> BufferTable:
        """The same, with the statistics of windows that are not full."""
        table = copy(self)
        table._is_partial = True
        table._truths, table._extents = {}, {}
        table._columns = {v: c for v, c in self._columns.items() if not isinstance(v, Statistic)}
        return table

    def _full(self, window: Window) -> npt.NDArray[np.bool_] | None:
        """Return where a window is full; None is everywhere.

        It is where readings span it, but for their usual interval. What was before a jump of the clock is
        not in it; a window that the buffer can't hold counts as full, and people are told.
        """
        if window not in self._fullness:
            self._fullness[window] = self._find_full(window)
        return self._fullness[window]

    def _find_full(self, window: Window) -> npt.NDArray[np.bool_] | None:
        n = len(self)
        if not n or (window.duration_ns is None and window.readings is None):
            return None
        segment, held = self._segment, self._held.span()[0]
        if held > segment:
            self._tell_if_too_long(window, held)
            return None
        if window.duration_ns is None:
            n_before = self._first - segment
            if n_before + 1 >= (window.readings or 0):
                return None
            return n_before + 1 + np.arange(n) >= (window.readings or 0)
        since_ns = self._held.time_at(segment)
        if since_ns is None:  # evicted meanwhile
            since_ns = self.first_ns
        if self.first_ns - since_ns >= window.duration_ns:
            return None
        have = self.times - since_ns
        is_full = have >= window.duration_ns
        self._forgive_an_interval(is_full, have, window.duration_ns)
        return None if is_full.all() else is_full

    def _forgive_an_interval(
        self, is_full: npt.NDArray[np.bool_], have: npt.NDArray[np.int64], wanted: int
    ) -> None:
        """Let windows count as full whose oldest reading is an interval late: 60 a second span 59 s."""
        times = np.concatenate((self.before, self.times))
        longest = int(np.diff(times).max(initial=self.own_interval_ns or 0))
        near = np.flatnonzero(~is_full & (have >= least_span_ns(wanted, longest)))
        if len(near):
            usual = np.maximum(self.usual_intervals_ns(near), 0)
            is_full[near] = have[near] >= wanted - usual - usual // JITTER

    def _tell_if_too_long(self, window: Window, held: int) -> None:
        """Tell people once that a window is longer than what the buffer holds."""
        if (self.channel, window) in self._told:
            return
        oldest_ns = self._held.time_at(held)
        n_held = self._first + len(self) - held
        if window.readings is not None:
            is_held, holds = n_held >= window.readings, f"{n_held:,} readings"
        else:
            span_ns = int(self.times[-1]) - (oldest_ns or 0)
            holds, usual_ns = rough_duration(span_ns), self._held.interval_ns or 0
            is_held = span_ns + 2 * usual_ns >= (window.duration_ns or 0)
        if not is_held:
            self._told.add((self.channel, window))
            self._buffer.note(
                f"the buffer holds {holds} of {self.channel!r}, less than the {window.label} of a rule, "
                "which looks at what is held; pass Buffer(capacity=…)"
            )

    def _statistic_if_full(self, variable: Statistic) -> FloatArray:
        window = self._window if variable.window is None else Window.parse(variable.window)
        is_full = None if self._is_partial else self._full(window)
        if is_full is not None and not is_full.any():
            return np.full(len(self), np.nan)
        numbers = self._statistic(variable, window)
        return numbers if is_full is None else np.where(is_full, numbers, np.nan)

    def _statistic(self, variable: Statistic, window: Window) -> FloatArray:
        known = self._buffer._known.get(self.channel)
        if known is not None:  # most readings are elsewhere
            return np.asarray(known.statistic_at(self.times, variable.name, window))
        if variable.name in ("mean", "std", "min", "max", "count"):
            return self._windows_over(window)[0].statistic(variable.name)
        if variable.name == "rate":
            windows, starts = self._windows_over(window)
            return self._readings_per_second(windows.moments.n, starts)
        share = 0.5 if variable.name == "median" else float(variable.name[1:]) / 100
        start = int(self._starts(window)[-1])
        held = self._read(start, self._first + len(self))
        held = held[held == held]
        quantile = float(np.quantile(held, share)) if len(held) else np.nan
        return np.full(len(self), quantile)

    def _windows_over(self, window: Window) -> tuple[TrailingWindows, npt.NDArray[np.int64]]:
        found = self._windows.get(window)
        if found is None:
            rows = self._first + np.arange(len(self))
            starts = self._starts(window)
            windows = TrailingWindows(starts, rows + 1, self._pyramid, self._read)
            found = self._windows[window] = (windows, starts)
        return found

    def _starts(self, window: Window, *, is_before: bool = False) -> npt.NDArray[np.int64]:
        """Return the first row of the window that ends at each row, or just before it."""
        rows = self._first + np.arange(len(self))
        held = self._held.span()[0]
        segment = max(self._segment, held)
        if window.duration_ns is not None:
            starts = self._rows_after(self.times - window.duration_ns)
        elif window.readings is not None:
            starts = rows - window.readings + (0 if is_before else 1)
        else:
            starts = np.full(len(rows), segment)
        return np.maximum.accumulate(np.minimum(np.maximum(starts, segment), rows))

    def _starts_before(self) -> npt.NDArray[np.int64]:
        return self._starts(self._window, is_before=True)

    def _readings_per_second(self, n: FloatArray, starts: npt.NDArray[np.int64]) -> FloatArray:
        rows = self._held.rows(int(starts[0]), self._first + len(self))
        if not len(rows.times):  # evicted meanwhile
            return np.full(len(self), np.nan)
        oldest = rows.times[np.clip(starts - rows.start, 0, len(rows.times) - 1)]
        with np.errstate(all="ignore"):
            rates = (n - 1) / ((self.times - oldest) / 1e9)
        return np.where((n > 1) & (self.times > oldest), rates, np.nan)

    def _read(self, start: int, stop: int) -> FloatArray:
        return self._held.rows(start, stop).values
