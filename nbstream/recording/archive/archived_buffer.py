"""A buffer whose readings are in a file: it is asked as any other, and holds none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.errors import ConnectError
from nbstream.readings.buffer import Buffer
from nbstream.readings.channel_rows import ChannelRows, Rows
from nbstream.readings.frame import to_frame
from nbstream.readings.window import Window
from nbstream.summaries.bins import BinnedLine

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.gaps import IndexArray
    from nbstream.readings.window import WindowLike
    from nbstream.recording.archive.archive import Archive

__all__ = ["ArchiveBuffer", "ArchivedRows"]

DRAWN_BINS = 4096
"""Into so many bins the rows of a picture are put."""
EVER = 2**62


class ArchivedRows(ChannelRows):
    """The rows of one channel of a file.

    A row's number is its time in ns: a file has no other numbers that are cheap to find.

    Parameters
    ----------
    buffer
        Whose channel.
    name
        The channel.

    Notes
    -----
    Thread safety: any method from any thread.
    """

    __slots__ = ("_archive",)

    is_archived = True

    def __init__(self, buffer: ArchiveBuffer, name: str) -> None:
        super().__init__(buffer._store, name)
        self._archive = buffer.archive

    def rows(self, start: int, stop: int | None = None) -> Rows:
        """Return the rows of a span of time, start ≤ time < stop.

        Raises
        ------
        TooManyError
            If they are too many to be held.
        """
        first, end = self.span()
        start, stop = max(start, first), end if stop is None else min(stop, end)
        if start >= stop:
            return Rows(start, np.empty(0, np.int64), np.empty(0))
        return Rows(start, *self._archive.readings(self.name, start, stop - 1))

    def span(self) -> tuple[int, int]:
        """Return the time of the first row, and what follows that of the last."""
        span = self._archive.span
        return (
            (0, 0)
            if span is None or self.name not in self._archive.names
            else (span[0], span[1] + 1)
        )

    def time_at(self, row: int) -> int | None:
        """Return a time that lies in the file."""
        first, end = self.span()
        return max(row, first) if row < end else None

    def row_at(self, ns: int) -> int:
        """Return a time that lies in the file, or follows it."""
        first, end = self.span()
        return min(max(ns, first), end)

    def span_rows(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """Return a span as rows."""
        return self.row_at(from_ns), self.row_at(to_ns + 1)

    def count(self, start: int, stop: int) -> int:
        """Return how many rows lie in a span, about."""
        return self._archive.count(start, stop - 1) if stop > start else 0

    def window_rows(
        self, window: Window, *, newest_ns: int | None = None, end: int | None = None
    ) -> tuple[int, int]:
        """Return the span of a window that ends with the file."""
        first, stop = self.span()
        if window.readings is not None:
            return max(first, self._archive.begin_of_newest(window.readings)), stop
        if window.duration_ns is None:
            return first, stop
        return max(first, stop - window.duration_ns), stop

    def covers(self, window: Window) -> bool:
        """Return True: nothing is evicted."""
        return True

    @property
    def newest_ns(self) -> int | None:
        """The time of the last row of all channels."""
        span = self._archive.span
        return None if span is None else span[1]

    @property
    def last_time_ns(self) -> int | None:
        """The time of the last row of all channels."""
        return self.newest_ns

    @property
    def interval_ns(self) -> int | None:
        """How far apart readings usually are, None if that is not known."""
        return self._archive.interval_ns(self.name)

    @property
    def version(self) -> int:
        """Counts what became known of the file."""
        return self._archive.version

    @property
    def is_switch(self) -> bool:
        """Whether the file says that all values are true or false."""
        return self._archive.is_switch(self.name)

    # What is drawn.

    def line(
        self, from_ns: int, to_ns: int, bits: int, gap_ns: int | None, view_ns: int | None = None
    ) -> BinnedLine:
        """Return the line of a span in bins of 2^`bits` ns, with what lies just outside of it.

        Bins are whole: a page puts them in the place of its own.

        Parameters
        ----------
        gap_ns
            How long a pause breaks it; None is as usual.
        view_ns
            How much of its middle is seen at first, None all of it.
        """
        from_ns, to_ns = (from_ns >> bits) << bits, to_ns | ((1 << bits) - 1)
        points = self._archive.line(self.name, from_ns, to_ns, bits, view_ns=view_ns)
        line = BinnedLine(bits, are_states=self.labels is not None)
        times, values, gaps, counts = _without_breaks(*points)
        if gap_ns is not None and len(gaps):
            gaps = gaps[times[gaps] - times[gaps - 1] > gap_ns]
        if len(times):
            line.extend(times, values, gaps, counts)
        return line

    def drawn(self, start: int, stop: int, gap_ns: int | None) -> tuple[Rows, IndexArray]:
        """Return rows that draw a span in a few thousand bins, and the indices of those after a gap."""
        first, end = self.span()
        start, stop = max(start, first), min(stop, end)
        if start >= stop:
            return Rows(start, np.empty(0, np.int64), np.empty(0)), np.empty(0, np.intp)
        bits = max(0, ((stop - start) // DRAWN_BINS).bit_length())
        times, values = self.line(start, stop - 1, bits, gap_ns).points()
        inside = slice(int(times.searchsorted(start)), int(times.searchsorted(stop)))
        times, values, gaps, _ = _without_breaks(
            times[inside], values[inside], np.zeros(len(times[inside]), np.int64)
        )
        return Rows(start, times, values), gaps


def _without_breaks(
    times: TimeArray, values: FloatArray, counts: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray, IndexArray]:
    is_break = np.isnan(values[:-1]) & (times[:-1] == times[1:])
    breaks = np.flatnonzero(is_break)
    if not len(breaks):
        return times, values, np.empty(0, np.intp), counts
    gaps = breaks - np.arange(len(breaks))
    gaps = gaps[gaps > 0]
    kept = np.append(~is_break, True)
    return times[kept], values[kept], gaps, counts[kept]


class ArchiveBuffer(Buffer):
    """What an `Archive` holds, as a buffer.

    Parameters
    ----------
    archive
        Where the readings are.
    timezone
        Of the times that are returned.
    max_channels
        How many channels are shown; more are left out, and told.
    """

    _is_archive = True

    def __init__(self, *, timezone: str | tzinfo | None = None, max_channels: int = 200) -> None:
        super().__init__(capacity=1, timezone=timezone, max_channels=max_channels)
        self.archive: Archive

    def take(self, archive: Archive) -> None:
        """Show what is in an archive; until then nothing may be asked."""
        self.archive = archive
        archive.tell(self._store.wake, self.note)
        if len(archive.names) > self.max_channels:
            self.note(f"{len(archive.names):,} channels; the first {self.max_channels} are shown")

    def __repr__(self) -> str:
        """Return the class, how many readings there are, and channels."""
        return (
            f"<ArchiveBuffer {self.archive.n_readings:,} readings, channels {list(self.channels)}>"
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.archive.n_rows

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.archive.names[: self.max_channels]

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.channels

    @property
    def _file_state(self) -> tuple[str, str, int]:
        """How it is with the file."""
        return (*self.archive.state, self.archive.version)

    @property
    def newest_ns(self) -> int | None:
        """The time of the last row."""
        span = self.archive.span
        return None if span is None else span[1]

    @property
    def n_added(self) -> int:
        """Readings of all channels, about."""
        return self.archive.n_readings

    def channel(self, name: str) -> ArchivedRows:
        """Return the rows of one channel."""
        return ArchivedRows(self, name)

    def stale_after(self, *channels: str) -> float | None:
        """Return None: a file does not get stale."""
        return None

    def _newest(self) -> dict[str, tuple[int, float] | None]:
        return {name: self.archive.last_reading(name) for name in self.channels}

    def to_pandas(self, window: WindowLike = "all") -> pd.DataFrame:
        """Return the readings in a window that ends with the file, as `Buffer.to_pandas` does.

        Raises
        ------
        TooManyError
            If they are too many to be held.
        ConnectError
            If the file is not any more what it was when it was opened.
        """
        parsed = Window.parse(window)
        columns: dict[str, Any] = {}
        for name in self.channels:
            rows = self.channel(name)
            columns[name] = rows.rows(*rows.window_rows(parsed))[1:]
        self._require_whole()
        return to_frame(columns, self.timezone, self._store.labels)

    def _require_whole(self) -> None:
        trouble = self.archive.trouble
        if trouble:
            raise ConnectError(trouble)

    def close(self) -> None:
        """Let go of the file."""
        self.archive.close()
        super().close()
