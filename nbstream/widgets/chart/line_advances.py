"""What readings make of lines that are alike: found for the first one, and taken over by the others.

Many viewers of one analyzer have a chart each, and each chart lines of its own, which began when it did and
go on when its pages want a frame. But lines with bins of one width soon end alike, and then the same
readings make the same of each of them.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbstream.readings.batch import TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.summaries.bins import LineEnd, LinePart
    from nbstream.widgets.chart.line_patch import LinePatch

__all__ = ["MOST_ROWS", "Advance", "Advances", "advances_of"]

MOST_ROWS = 1024
"""Of more rows at once nothing is kept: a view that comes needs them, and soon nobody else."""
MOST_KEPT = 16
"""Per channel: views differ in where they are, in the width of their bins and in what breaks a line."""

_lock = threading.Lock()
_known: weakref.WeakKeyDictionary[Buffer, weakref.WeakValueDictionary[str, Advances]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, slots=True)
class Advance:
    """What some rows made of a line, and of which lines they make the same."""

    start: int
    stop: int
    revision: int
    """The rows start ≤ row < stop, as they were at this revision of the channel."""
    gap_ns: int | None
    end: LineEnd
    """How such a line ended before."""
    looked_from_ns: int | None
    """From when on rows before told where it breaks; None: they told nothing."""
    begin_ns: int
    """When it began, if that is later."""
    old_gaps: TimeArray
    """Where it broke since, as far as that was known before."""

    new_parts: list[LinePart]
    new_end: LineEnd
    new_gaps: TimeArray
    even: tuple[int, int, int] | None
    patch: LinePatch


class Advances:
    """The newest advances of the lines of one channel; it lives as long as one of these does.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self) -> None:
        self._lines: weakref.WeakSet[object] = weakref.WeakSet()
        self.newest: tuple[Advance, ...] = ()
        """The newest one first."""

    @property
    def are_shared(self) -> bool:
        """Whether there is more than one line."""
        return len(self._lines) > 1

    def join(self, line: object) -> None:
        """Take in that there is a line."""
        with _lock:
            self._lines.add(line)

    def keep(self, advance: Advance) -> None:
        """Keep an advance for the lines that come next, and let the oldest go."""
        with _lock:
            self.newest = (advance, *self.newest[: MOST_KEPT - 1])


def advances_of(buffer: Buffer, channel: str) -> Advances:
    """Return what the lines of a channel of a buffer share, for as long as somebody holds it."""
    with _lock:
        of_buffer = _known.setdefault(buffer, weakref.WeakValueDictionary())
        return of_buffer.setdefault(channel, Advances())
