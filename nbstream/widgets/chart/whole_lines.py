"""The whole lines of long channels, in bins fine enough for views that look back at a large part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.summaries.bins import BinnedLine, step_bits
from nbstream.widgets.chart.channel_line import ChannelLine, without_breaks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.buffer import Buffer

__all__ = ["FEWEST_ROWS", "WholeLines"]

FEWEST_ROWS = 2**18
"""Fewer rows are read themselves, in less than 20 ms."""
N_BINS = 2**18
AT_ONCE = 2**17
"""Rows that are taken in at a frame, in about 7 ms."""
MOST_BEHIND = 4 * AT_ONCE
"""Rows that are taken in for a view that asks; where more are missing, the rows of its span are read."""


class WholeLines:
    """Keeps the points of all rows of channels that hold very many.

    Points in bins are drawn in wider bins as the readings themselves would be, so a view of a day is drawn
    from some of 10 million readings in no more time than a view of a minute.

    Parameters
    ----------
    buffer
        Holds the channels.
    gap_ns
        How long a pause breaks a line, as `breaks` takes it.

    Notes
    -----
    At most 32 MB per channel. Thread safety: none; the feed of one chart owns it.
    """

    def __init__(self, buffer: Buffer, gap_ns: int | None = None) -> None:
        self._buffer = buffer
        self.gap_ns = gap_ns
        self._lines: dict[str, ChannelLine] = {}
        self._turn = 0

    def advance(self, names: Sequence[str]) -> None:
        """Take in some of the rows that came, of one channel after the other; call it at each frame."""
        if not names:
            return
        self._turn = (self._turn + 1) % len(names)
        name = names[self._turn]
        held = self._buffer.channel(name)
        first, stop = held.span()
        if held.is_archived or stop - first < FEWEST_ROWS:
            return
        line = self._lines.get(name)
        if line is None or line.is_cut_off or stop - line.row >= AT_ONCE:
            self._line(name).advance(AT_ONCE)

    def binned(self, name: str, from_ns: int, to_ns: int, bits: int) -> BinnedLine | None:
        """Return the line of a span in bins of 2^`bits` ns, None if the rows themselves must be read."""
        first, stop = self._buffer.channel(name).span()
        if stop - first < FEWEST_ROWS:
            return None
        line = self._line(name)
        if line.bits > bits or stop - line.row > MOST_BEHIND:
            return None
        line.advance()
        times, values = line.points()
        held = self._buffer.channel(name)
        oldest_ns = held.time_at(max(first, held.segment))
        begin = 0 if oldest_ns is None else int(times.searchsorted(oldest_ns))
        low = max(begin, int(times.searchsorted(from_ns)))
        high = int(times.searchsorted(to_ns, "right")) + 1
        counts = line.counts(len(times) - low)[: high - low]
        binned = BinnedLine(bits, are_states=line.are_states)
        binned.extend(*without_breaks(times[low:high], values[low:high], counts))
        return binned

    def _line(self, name: str) -> ChannelLine:
        held = self._buffer.channel(name)
        first, stop = held.span()
        first = max(first, held.segment)
        ends = [time for time in (held.time_at(first), held.time_at(stop - 1)) if time is not None]
        bits = step_bits(max(1, int(np.ptp(ends)) if ends else 1), N_BINS)
        line = self._lines.get(name)
        if line is None or line.is_cut_off or line.bits > bits + 1:
            line = self._lines[name] = ChannelLine(self._buffer, name, bits, first, self.gap_ns)
        elif line.bits < bits:
            line.widen(bits)
        if ends:
            line.take_changes()
            line.drop_before(min(ends))
        return line
