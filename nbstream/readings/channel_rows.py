"""What can be asked of one channel of a buffer: its rows, their times, and how often they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.readings.ring import Change, Cursor

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.gaps import IndexArray
    from nbstream.readings.labels import Labels
    from nbstream.readings.store import Store
    from nbstream.readings.window import Window

__all__ = ["ChannelRows", "Rows"]

NAN = float("nan")


class Rows(NamedTuple):
    """Some consecutive rows of one channel, copied: row `start` + i is at index i."""

    start: int
    times: TimeArray
    values: FloatArray


class ChannelRows:
    """The rows of one channel; `Buffer.channel` makes it.

    Rows keep their numbers for as long as the buffer lives. A channel that is not there yet, or whose
    buffer was closed, has no rows.

    Parameters
    ----------
    store
        What the buffer holds.
    name
        The channel.

    Notes
    -----
    Thread safety: any method from any thread; what is returned is a copy.

    Examples
    --------
    >>> from nbstream import Buffer
    >>> buffer = Buffer()
    >>> buffer.extend([0.0, 1.0, 2.0], x=[5.0, 6.0, 7.0])
    >>> x = buffer.channel("x")
    >>> x.span(), x.rows(1).values.tolist()
    ((0, 3), [6.0, 7.0])
    """

    __slots__ = ("_lock", "_store", "name")

    is_archived = False
    """Whether they are in a file, and too many to be gone through: `line` and `drawn` draw them then."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._lock = store.lock
        self.name = name

    def __repr__(self) -> str:
        """Return the channel's name and which rows are held."""
        return "<rows {1:,} to {2:,} of {0!r}>".format(self.name, *self.span())

    def rows(self, start: int, stop: int | None = None) -> Rows:
        """Return copies of the rows start ≤ row < stop, as far as they are held."""
        with self._lock:
            ring = self._store.ring(self.name)
            start = max(start, ring.first)
            stop = ring.end if stop is None else min(stop, ring.end)
            return Rows(start, *ring.rows(start, max(start, stop)))

    def span(self) -> tuple[int, int]:
        """Return the first row held and the number of the next row."""
        with self._lock:
            ring = self._store.ring(self.name)
            return ring.first, ring.end

    def time_at(self, row: int) -> int | None:
        """Return the time of a row in ns; of the oldest that is held if it was evicted, None if none is."""
        with self._lock:
            ring = self._store.ring(self.name)
            row = max(row, ring.first)
            return int(ring.times[row % len(ring.times)]) if row < ring.end else None

    def row_at(self, ns: int) -> int:
        """Return the first row whose time is ≥ `ns`, among those held."""
        with self._lock:
            return self._store.ring(self.name).row_at(ns, "left")

    def span_rows(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """Return the rows (start, stop) of a span, both ends included."""
        with self._lock:
            ring = self._store.ring(self.name)
            return ring.row_at(from_ns, "left"), ring.row_at(to_ns, "right")

    def drawn(self, start: int, stop: int, gap_ns: int | None) -> tuple[Rows, IndexArray]:
        """Return rows that draw others, and the indices of those after a gap; of a file (`is_archived`)."""
        raise NotImplementedError

    def line(
        self, from_ns: int, to_ns: int, bits: int, gap_ns: int | None, view_ns: int | None = None
    ) -> Any:
        """Return the line of a span in bins of 2^`bits` ns; of a file (`is_archived`)."""
        raise NotImplementedError

    @property
    def version(self) -> int:
        """Counts what became known of a file's rows."""
        return 0

    @property
    def is_switch(self) -> bool:
        """Whether a file says that all values are true or false."""
        return False

    def count(self, start: int, stop: int) -> int:
        """Return how many rows start ≤ row < stop are, for people."""
        return stop - start

    def seen_rows(self, window: Window, span: tuple[int, int] | None) -> tuple[int, int]:
        """Return the rows (start, stop) that a view shows: of its span (ns), or of `window` without one."""
        return self.window_rows(window) if span is None else self.span_rows(*span)

    def rows_after(self, ns: TimeArray) -> TimeArray:
        """Return for each time the first row whose time is later, among those held."""
        with self._lock:
            return self._store.ring(self.name).rows_at(ns, "right")

    def window_rows(
        self, window: Window, *, newest_ns: int | None = None, end: int | None = None
    ) -> tuple[int, int]:
        """Return the rows (start, stop) that lie in `window`.

        Windows of a duration end at the buffer's `newest_ns`, so that all channels speak of the same span,
        and where a channel is ahead of that at its own newest; `newest_ns` and `end` say what was the newest
        earlier.
        """
        with self._lock:
            ring = self._store.ring(self.name)
            return self._store.window_rows(ring, window, newest_ns, end)

    def covers(self, window: Window) -> bool:
        """Return whether nothing that belongs in `window` was evicted."""
        with self._lock:
            ring = self._store.ring(self.name)
            if not ring.evicted:
                return True
            if window.readings is not None:
                return len(ring) >= window.readings
            if window.duration_ns is None:
                return False
            return ring.evicted_ns <= self._store.window_end(ring) - window.duration_ns

    @property
    def segment(self) -> int:
        """The row at which time last jumped back, or 0."""
        return self._store.ring(self.name).segment

    def segment_at(self, row: int) -> int:
        """Return the row at which time last jumped back up to `row`, or 0."""
        with self._lock:
            return self._store.ring(self.name).segment_at(row)

    # A reader's place.

    @property
    def revision(self) -> int:
        """How often late rows were put in between other rows."""
        return self._store.ring(self.name).revision

    def cursor(self, row: int | None = None) -> Cursor:
        """Return a place at a row that stays right when late rows are put in; None is the oldest row.

        It does not follow a channel that is not there yet.
        """
        with self._lock:
            ring = self._store.ring(self.name)
            cursor = Cursor(ring.first if row is None else row)
            ring.cursors.add(cursor)
            return cursor

    def move_to(self, cursor: Cursor, ns: int) -> None:
        """Move a cursor to the first row whose time is ≥ `ns`, among those held."""
        with self._lock:
            cursor.row = self._store.ring(self.name).row_at(ns, "left")

    def read_on(self, cursor: Cursor, end: int | None = None) -> Rows:
        """Return copies of the rows from a cursor to `end` (None is the newest), and move it there."""
        with self._lock:
            ring = self._store.ring(self.name)
            start = max(cursor.row, ring.first)
            stop = ring.end if end is None else max(start, min(end, ring.end))
            cursor.row = stop
            return Rows(start, *ring.rows(start, stop))

    def pass_over(self, cursor: Cursor, start: int, stop: int, revision: int) -> bool:
        """Move a cursor from the row `start` to the end, if that is `stop`; return whether it was moved.

        It is not if late rows were put in since the `revision`, or changed what was read already.
        """
        with self._lock:
            ring = self._store.ring(self.name)
            is_so = (cursor.row, ring.end, ring.revision) == (start, stop, revision)
            if not is_so or cursor.change is not None:
                return False
            cursor.row = stop
            return True

    def take_change(self, cursor: Cursor) -> Change | None:
        """Return what late rows changed before a cursor since the last call, None for nothing."""
        with self._lock:
            change, cursor.change = cursor.change, None
            return change

    # The newest readings.

    @property
    def newest_ns(self) -> int | None:
        """The time of the newest row, None if none is held; its value may be missing."""
        ring = self._store.ring(self.name)
        return ring.newest_ns if ring.end else None

    @property
    def last_value(self) -> float:
        """The newest value that is not missing, or NaN."""
        reading = self._store.ring(self.name).last_reading
        return NAN if reading is None else reading[1]

    @property
    def labels(self) -> Labels | None:
        """The labels whose codes the values are, None for a channel of numbers."""
        return self._store.labels.get(self.name)

    @property
    def last_time_ns(self) -> int | None:
        """The time of the newest reading that is not missing, None before any."""
        reading = self._store.ring(self.name).last_reading
        return None if reading is None else reading[0]

    @property
    def missing(self) -> int:
        """How many readings were missing (NaN or not finite) so far."""
        return self._store.ring(self.name).missing

    @property
    def interval_ns(self) -> int | None:
        """How far apart readings usually are, None if that is not known yet.

        The median of the newest 64 intervals between distinct times (`nbstream.readings.intervals`);
        before three of those the source's own interval, if it has one.
        """
        with self._lock:
            return self._store.pace(self.name).interval_ns(self._store.ring(self.name))

    @property
    def own_interval_ns(self) -> int | None:
        """The interval of a source that itself sets the channel's pace; None if it doesn't."""
        with self._lock:
            return self._store.pace(self.name).own_ns
