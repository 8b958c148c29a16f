"""One channel's line of a file, as pages have it: whole, and made anew when more is known of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.widgets.chart.line_patch import LinePatch

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.gaps import IndexArray
    from nbstream.summaries.bins import BinnedLine

__all__ = ["ArchivedLine"]


class ArchivedLine:
    """Stands where a `ChannelLine` stands that grows.

    Parameters
    ----------
    buffer, channel, bits, start, gap_ns
        As for `ChannelLine`; `start` is a time, as rows of files have it.

    Notes
    -----
    Thread safety: none; the link's pump owns it.
    """

    def __init__(
        self, buffer: Buffer, channel: str, bits: int, start: int, gap_ns: int | None = None
    ) -> None:
        self._held = buffer.channel(channel)
        self._gap_ns, self._start = gap_ns, start
        self.bits = bits
        self.are_states = self._held.labels is not None
        """Whether the values are codes of labels."""
        self._version = self._held.version
        self._make()

    def _make(self) -> None:
        _, stop = self._held.span()
        self._line: BinnedLine = self._held.line(self._start, stop, self.bits, self._gap_ns)
        self._is_new = True

    @property
    def is_cut_off(self) -> bool:
        """Whether more is known of the file than when the line was made."""
        is_other = self.are_states != (self._held.labels is not None)
        return is_other or self._version != self._held.version

    @property
    def newest_ns(self) -> int | None:
        """Time of the file's last row."""
        return self._held.newest_ns

    @property
    def row(self) -> int:
        """What follows the last row: nothing is left to be taken in."""
        return self._held.span()[1]

    def advance(self, max_rows: int | None = None) -> None:
        """Take in nothing: no rows come."""

    def news(self, number: int) -> LinePatch:
        """Return all points the first time, as `ChannelLine.news` does."""
        cut, times, values = self.take_changes()
        counts = None if self.are_states else self.counts(len(times))
        return LinePatch(number, times, values, cut, counts)

    def take_changes(self) -> tuple[int | None, TimeArray, FloatArray]:
        """Return all points the first time, as `BinnedLine.take_changes` does."""
        times, values = self._line.points()
        if not self._is_new or not len(times):
            return None, times[:0], values[:0]
        self._is_new = False
        return int(times[0]), times, values

    def points(self) -> tuple[TimeArray, FloatArray]:
        """Return all points."""
        return self._line.points()

    def counts(self, n: int) -> IndexArray:
        """Return for how many readings the newest `n` points stand, as `BinnedLine.counts` does."""
        return self._line.counts(n)

    def count_since(self, span_ns: int) -> int:
        """Return how many readings are drawn in the last `span_ns`."""
        return self._line.count_since(span_ns)

    def drop_before(self, ns: int) -> None:
        """Keep all: it is held once."""

    def widen(self, bits: int) -> None:
        """Put the points into wider bins."""
        self.bits = bits
        self._make()

    def go_on(self, bits: int) -> None:
        """Put the points into other bins, all of them."""
        self.widen(bits)
