"""Steps of several channels, each of which reads at its own times: the latest values at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["LONG_AGO", "Stepper", "Steps"]

LONG_AGO = -(2**62)


class Steps(NamedTuple):
    """The steps among some rows; k of them, p channels."""

    rows: IntArray
    """Which rows are steps, shape (k,)."""
    times: TimeArray
    """Their times, shape (k,)."""
    values: FloatArray
    """The latest reading of each channel at each step, shape (k, p); NaN before its first."""
    fresh: BoolArray
    """Whether it came since the step before, shape (k, p)."""
    latest_ns: TimeArray
    """When it came, shape (k, p)."""

    def part(self, start: int, stop: int) -> Steps:
        """Return some of them."""
        here = slice(start, stop)
        return Steps(
            self.rows[here],
            self.times[here],
            self.values[here],
            self.fresh[here],
            self.latest_ns[here],
        )


class Stepper:
    """Finds the steps among rows in which not every channel has a reading.

    A row is a step if it has a reading of a channel that has had one since the last step, or at it. So
    channels of one rate make one step a round, wherever in the round each of them reads; channels of many
    rates step with the fastest; and when that falls silent, with the next.
    """

    def __init__(self) -> None:
        self._has_read: BoolArray = np.zeros(0, np.bool_)  # at the last step or since
        self._since: BoolArray = np.zeros(0, np.bool_)  # since the last step only
        self._values: FloatArray = np.zeros(0)
        self._times: TimeArray = np.zeros(0, np.int64)

    def take(self, times: TimeArray, table: FloatArray) -> Steps:
        """Take in rows of shape (n, p); p never shrinks."""
        n, p = table.shape
        self._widen(p)
        present = ~np.isnan(table)
        is_whole = n > 0 and bool(present.all())
        if is_whole and self._has_read.any():
            rows = np.arange(n)
        else:
            rows = self._steps(present)
        if is_whole and len(rows) == n:
            latest = np.repeat(times[:, None], p, axis=1)
            self._values, self._times = table[-1].copy(), latest[-1].copy()
            self._has_read, self._since = np.ones(p, np.bool_), np.zeros(p, np.bool_)
            return Steps(rows, times, table, present, latest)
        return self._filled(times, table, present, rows)

    def _widen(self, p: int) -> None:
        more = p - len(self._values)
        if more:
            self._has_read = np.concatenate((self._has_read, np.zeros(more, np.bool_)))
            self._since = np.concatenate((self._since, np.zeros(more, np.bool_)))
            self._values = np.concatenate((self._values, np.full(more, np.nan)))
            self._times = np.concatenate((self._times, np.full(more, LONG_AGO)))

    def _steps(self, present: BoolArray) -> IntArray:
        """Return which rows are steps."""
        n, p = present.shape
        paces = present.all(axis=0) & self._has_read
        if n and paces.any():
            return np.arange(n)
        codes = np.packbits(present, axis=1)
        width = codes.shape[1]
        text = codes.tobytes()
        seen = int.from_bytes(np.packbits(self._has_read).tobytes(), "big") if p else 0
        rows = []
        for i in range(n):
            code = int.from_bytes(text[i * width : (i + 1) * width], "big")
            if code & seen:
                rows.append(i)
                seen = code
            else:
                seen |= code
        return np.array(rows, np.int64)

    def _filled(
        self, times: TimeArray, table: FloatArray, present: BoolArray, rows: IntArray
    ) -> Steps:
        """Return the steps with what channels read before them, and remember what came after."""
        n, p = table.shape
        # Row 0 stands for what was before these rows.
        held = np.vstack((self._values, table))
        held_times = np.concatenate((self._times[None, :], np.repeat(times[:, None], p, axis=1)))
        index = np.where(present, np.arange(1, n + 1)[:, None], 0)
        newest = np.maximum.accumulate(index, axis=0) if n else index
        at = newest[rows]
        before = np.concatenate(([0], rows[:-1] + 1)) if len(rows) else rows
        fresh = at > before[:, None]
        if len(rows):
            fresh[0] |= self._since
        values = np.take_along_axis(held, at, axis=0)
        latest = np.take_along_axis(held_times, at, axis=0)
        if n:
            if len(rows):
                last = int(rows[-1])
                self._since = newest[-1] > last + 1
                self._has_read = present[last] | self._since
            else:
                self._since = self._since | (newest[-1] > 0)
                self._has_read = self._has_read | self._since
            self._values = np.take_along_axis(held, newest[-1:], axis=0)[0]
            self._times = np.take_along_axis(held_times, newest[-1:], axis=0)[0]
        return Steps(rows, times[rows], values, fresh, latest)
