"""A chart in a few bytes, for pages that may be gone: coarse points, as many as fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.summaries.bins import bin_points, step_bits
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.line_patch import LinePatch

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer

__all__ = ["CoarseLines"]

POINT_BYTES = 16
LINE_BYTES = 40
"""What the header of a line takes."""
FEWEST_POINTS = 8
"""A line is not thinned to fewer points; what has no place goes with the next frame."""
MOST_BITS = 63

Points = tuple["TimeArray", "FloatArray"]


class CoarseLines:
    """Thins the newest readings of channels until they fit, and remembers how far it has come.

    Parameters
    ----------
    buffer
        Holds the channels.

    Notes
    -----
    Thread safety: none; the feed of one chart owns it.
    """

    def __init__(self, buffer: Buffer) -> None:
        self.gap_ns: int | None = None
        """How long a pause breaks a line, as `breaks` takes it."""
        self._buffer = buffer
        self._until: dict[str, int] = {}
        self._turn = 0

    def forget(self) -> None:
        """Begin anew: all readings have gone out in full."""
        self._until.clear()

    def take(self, starts: dict[str, int], max_bytes: int, *, whole: bool) -> list[LinePatch]:
        """Return lines for `pack_lines` that take at most `max_bytes`.

        Parameters
        ----------
        starts
            By channel, from which time on (ns) readings are told: those in full if `whole`, else what has not
            been taken before.
        """
        names = list(starts)
        n_lines = min(len(names), max_bytes // (LINE_BYTES + FEWEST_POINTS * POINT_BYTES))
        if n_lines <= 0:
            return []
        n_points = (max_bytes // n_lines - LINE_BYTES) // POINT_BYTES
        turn = [(self._turn + i) % len(names) for i in range(n_lines)]
        self._turn = (self._turn + n_lines) % len(names)
        lines: list[LinePatch] = []
        for number in sorted(turn):
            name = names[number]
            since = starts[name]
            if not whole:
                since = max(since, self._until.get(name, since - 1) + 1)
            times, values = self._coarse(name, since, n_points)
            if len(times):
                self._until[name] = int(times[-1])
                lines.append(LinePatch(number, times, values, None if whole else int(times[0])))
        return lines

    def _coarse(self, name: str, since_ns: int, n_points: int) -> Points:
        held = self._buffer.channel(name)
        rows, gaps = rows_with_gaps(held, held.row_at(since_ns), held.span()[1], self.gap_ns)
        span = int(np.ptp(rows.times)) if len(rows.times) else 0
        bits = step_bits(max(span, 1), max(1, n_points // 4))
        are_states = held.labels is not None
        points = bin_points(rows.times, rows.values, 0, gaps, are_states=are_states)
        while len(points[0]) > n_points and bits < MOST_BITS:
            points = bin_points(rows.times, rows.values, bits, gaps, are_states=are_states)
            bits += 1
        return points[0][-n_points:], points[1][-n_points:]
