"""Statistics per whole step of event time, as a table that grows."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nbstream.errors import CallbackError
from nbstream.text.redaction import disarm, log_exception

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    import pandas as pd

    from nbstream.analysis.channel import ChannelState
    from nbstream.readings.ring import Cursor
    from nbstream.statistics import Sample, Statistic

__all__ = ["Stepped"]

logger = logging.getLogger(__name__)

NAN = float("nan")


class Stepped:
    """A row of statistics for each whole step of event time: one for 12:00 ≤ time < 12:01, and so on.

    `Analyzer.stepped` makes one. Steps are aligned to absolute time (UTC), like bins of pandas' resample;
    the first step begins at or after the oldest reading that is held. A row is added as soon as the channel
    has a reading beyond the step. It stays as it is, unless the buffer puts late readings into its step:
    then it is computed anew. Steps without readings have a row too.

    When the clock goes back, steps begin anew with the first whole one, so a time may occur twice.

    Parameters
    ----------
    step_ns
        Length of a step.
    statistics
        One column each.
    channel
        The channel; None is the first.
    timezone
        Of the times.
    max_rows
        Rows that are kept; the oldest are dropped.
    on_close
        Called when it is closed.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(
        self,
        step_ns: int,
        statistics: tuple[Statistic, ...],
        channel: str | None,
        *,
        timezone: tzinfo,
        max_rows: int,
        on_close: Callable[[Stepped], object],
    ) -> None:
        self.step_ns = step_ns
        self.statistics = statistics
        self.channel = channel
        self.n_dropped = 0
        self.last_error: CallbackError | None = None
        self._timezone = timezone
        self._on_close = on_close
        self._lock = threading.Lock()
        self._numbers: deque[int] = deque(maxlen=max_rows)
        self._rows: deque[tuple[float, ...]] = deque(maxlen=max_rows)
        self._next: int | None = None
        self._segment = 0
        self._cursor: Cursor | None = None
        """At the step that is not over."""

    def __repr__(self) -> str:
        """Return the length of a step and the number of rows."""
        return f"<Stepped {self.step_ns / 1e9:g} s, {len(self):,} rows>"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a DataFrame.

        Returns
        -------
        DataFrame
            float64 columns named by statistic; index ``time``: the beginning of each step, in the buffer's
            `timezone`, ascending unless the clock went back.
        """
        import pandas as pd

        with self._lock:
            numbers, rows = list(self._numbers), list(self._rows)
        times = np.array(numbers, np.int64) * self.step_ns
        index = pd.DatetimeIndex(times.view("M8[ns]")).tz_localize("UTC").tz_convert(self._timezone)
        index.name = "time"
        values = np.array(rows, np.float64).reshape(len(rows), len(self.statistics))
        return pd.DataFrame(values, index=index, columns=list(map(str, self.statistics)))

    def close(self) -> None:
        """Take no more rows; those that are there stay."""
        self._on_close(self)

    def advance(self, state: ChannelState) -> None:
        """Correct rows that late readings belong to, and add those of the steps that are over."""
        segment = state.held.segment
        rows = state.held.rows(state.pyramid.end - 1, state.pyramid.end)
        if not len(rows.times) or rows.start < segment:
            return
        if segment != self._segment:
            self._add_before(state, segment)
            self._segment, self._next = segment, None
        elif self._next is not None:
            for change in state.changes:
                self._correct(state, change.oldest_ns, change.newest_ns)
        end = int(rows.times[-1]) // self.step_ns
        if self._next is None:
            self._next = self._first_whole(state, segment)
        start = max(self._next, end - (self._rows.maxlen or 0))
        for number in range(start, end):
            self._add(number, self._row(state, number))
        self._next = max(end, self._next)
        if self._cursor is None:
            self._cursor = state.held.cursor()
        if state.held.segment == segment:
            state.held.move_to(self._cursor, end * self.step_ns)

    def _add(self, number: int, row: tuple[float, ...]) -> None:
        with self._lock:
            self.n_dropped += len(self._rows) == self._rows.maxlen
            self._numbers.append(number)
            self._rows.append(row)

    def _add_before(self, state: ChannelState, segment: int) -> None:
        """Add the steps that were over before the clock went back and are no rows yet."""
        step_ns = self.step_ns

        def time_at(row: int) -> int:
            return state.held.time_at(row) or 0

        start = 0 if self._cursor is None else self._cursor.row
        for low, high in state.segments(start, segment):
            end = time_at(high - 1) // step_ns
            first = -(-time_at(low) // step_ns) if self._next is None else self._next
            numbers = range(max(first, end - (self._rows.maxlen or 0)), end)
            begins = [number * step_ns for number in (*numbers, end)]
            edges = [low + bisect_left(range(low, high), ns, key=time_at) for ns in begins]
            for number, (a, b) in zip(numbers, pairwise(edges), strict=True):
                sample = state.sample_of(a, b, low, number * step_ns, (number + 1) * step_ns)
                self._add(number, self._values(sample))
            self._next = None

    def _first_whole(self, state: ChannelState, segment: int) -> int:
        first = max(state.held.span()[0], segment)
        oldest_ns = state.held.time_at(first)
        assert oldest_ns is not None  # a channel that has rows never loses all of them
        return -(-oldest_ns // self.step_ns)

    def _correct(self, state: ChannelState, oldest_ns: int, newest_ns: int) -> None:
        """Compute the rows of a span anew, as far as all of their readings are held."""
        assert self._next is not None
        first = max(oldest_ns // self.step_ns, self._first_whole(state, self._segment))
        # What is time-weighted also uses the newest reading before its step, over steps without any.
        following = state.sample_between(newest_ns + 1, self._next * self.step_ns).first
        last = self._next - 1
        if following is not None:
            last = min(last, following.time_ns // self.step_ns)
        for number in range(max(first, self._next - len(self._rows)), last + 1):
            row = self._row(state, number)
            with self._lock:
                self._rows[number - self._next] = row

    def _row(self, state: ChannelState, number: int) -> tuple[float, ...]:
        begin_ns = number * self.step_ns
        return self._values(state.sample_between(begin_ns, begin_ns + self.step_ns))

    def _values(self, sample: Sample) -> tuple[float, ...]:
        return tuple(self._value(statistic, sample) for statistic in self.statistics)

    def _value(self, statistic: Statistic, sample: Sample) -> float:
        try:
            return float(sample.take(statistic))
        except Exception as error:
            callback = f"the statistic {str(statistic)!r}"
            if self.last_error is None:
                log_exception(logger, "%s failed.", callback)
            self.last_error = CallbackError(f"{callback} failed: {error!r}", callback=callback)
            self.last_error.__cause__ = disarm(error)
            return NAN
