"""All that a buffer holds at one glance, in some hundred bins: the smallest and largest reading of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.summaries.bins import MIXED, step_bits
from nbstream.widgets.chart.archived_line import ArchivedLine
from nbstream.widgets.chart.channel_line import ChannelLine
from nbstream.widgets.chart.lanes import labels_of
from nbstream.widgets.page.link import Payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.buffer import Buffer

__all__ = ["Overview"]

N_BINS = 256
AT_ONCE = 2**18
"""Rows that are read at a time, in a few ms: pages wait for their frames meanwhile."""


class Overview:
    """The strip below a chart: every channel over the whole buffer.

    Parameters
    ----------
    buffer
        Holds the channels.

    Notes
    -----
    Readings are read once, some at each call; `is_behind` tells whether more are there. The bins double in
    width when there would be more than twice as many of them.

    Thread safety: one thread at a time (the pump's).
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._lines: dict[str, ChannelLine | ArchivedLine] = {}
        self._bits = 0
        self.is_behind = False
        """Whether some readings were not read yet, as of the newest call."""

    def payload(self, names: Sequence[str]) -> Payload:
        """Return the bins of some channels, of what was read of them by now.

        The content says where they begin (``start``, epoch ms), how wide they are (``step``, ms) and how
        many there are (``n``); the buffer holds, per channel, first all smallest, then all largest values,
        float32, NaN where there is no reading. Of a channel of words they are the first and the last code of
        a bin, `MIXED` if there were more; what they are is in ``labels``. Without readings n is 0.
        """
        ends = [self._buffer.channel(name).span() for name in names]
        times = [
            (held.time_at(first), held.time_at(stop - 1))
            for name, (first, stop) in zip(names, ends, strict=True)
            if stop > first
            for held in [self._buffer.channel(name)]
        ]
        begins = [begin for begin, _ in times if begin is not None]
        finishes = [finish for _, finish in times if finish is not None]
        if not begins or not finishes:
            return Payload({"start": 0, "step": 0, "n": 0})
        oldest = min(begins)
        newest = min(max(finishes), max(oldest, self._buffer.newest_ns or oldest))
        self._choose_step(newest - oldest)
        start = oldest >> self._bits
        n = (newest >> self._bits) - start + 1
        bins = np.full((len(names), 2, n), np.nan, np.float32)
        left = AT_ONCE
        for number, name in enumerate(names):
            left -= self._read(name, left)
            self._fill(bins[number], name, start)
        self.is_behind = left <= 0
        content: dict[str, Any] = {
            "start": (start << self._bits) / 1e6,
            "step": 2.0**self._bits / 1e6,
            "n": n,
        }
        labels = {
            str(number): [[int(code), *label] for code, label in found.items()]
            for number, name in enumerate(names)
            if self._lines[name].are_states
            for found in [labels_of(self._buffer, name, np.unique(bins[number]))]
        }
        if labels:
            content["labels"] = labels
        return Payload(content, [bins.data.cast("B")])

    def _choose_step(self, span_ns: int) -> None:
        n = span_ns >> self._bits
        if self._lines and N_BINS // 4 <= n <= 2 * N_BINS:
            return
        bits = step_bits(max(1, span_ns), N_BINS)
        if bits < self._bits:
            self._lines.clear()
        for line in self._lines.values():
            line.widen(bits)
        self._bits = bits

    def _read(self, name: str, max_rows: int) -> int:
        """Read on in a channel; return how many rows came of it."""
        line = self._lines.get(name)
        if line is None or line.is_cut_off:
            first, _ = self._buffer.channel(name).span()
            kind = ArchivedLine if self._buffer._is_archive else ChannelLine
            line = self._lines[name] = kind(self._buffer, name, self._bits, first)
        if max_rows <= 0:
            return 0
        before = line.row
        line.advance(max_rows)
        return max(0, line.row - before)

    def _fill(self, bins: np.ndarray, name: str, start: int) -> None:
        line = self._lines[name]
        line.take_changes()
        line.drop_before(start << self._bits)
        times, values = line.points()
        numbers = (times >> self._bits) - start
        is_shown = (numbers >= 0) & (numbers < bins.shape[1]) & np.isfinite(values)
        if line.are_states:
            _fill_states(bins, numbers[is_shown], values[is_shown])
            return
        with np.errstate(over="ignore"):  # what float32 can't hold is drawn at the edge
            shown = np.clip(values[is_shown], -3e38, 3e38).astype(np.float32)
        np.fmin.at(bins[0], numbers[is_shown], shown)
        np.fmax.at(bins[1], numbers[is_shown], shown)


def _fill_states(bins: np.ndarray, numbers: np.ndarray, codes: np.ndarray) -> None:
    """Put the first and the last of codes into the bins with these numbers, which ascend."""
    present, firsts = np.unique(numbers, return_index=True)
    lasts = np.append(firsts[1:], len(codes)) - 1
    bins[0, present], bins[1, present] = codes[firsts], codes[lasts]
    # More than one change, or one back to the first state.
    changes = np.append(0, np.cumsum((codes[1:] != codes[:-1]) & (numbers[1:] == numbers[:-1])))
    is_mixed = changes[lasts] - changes[firsts] > 1
    is_mixed[np.searchsorted(present, numbers[codes == MIXED])] = True
    bins[:, present[is_mixed]] = MIXED
