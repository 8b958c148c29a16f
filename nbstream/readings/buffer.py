"""The readings that are held: bounded, shared between threads, the only mutable state they share."""

from __future__ import annotations

import threading
import time as _time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbstream.errors import ClosedError
from nbstream.readings.batch import (
    Batch,
    FloatArray,
    TimeArray,
    TimeLike,
    TimeUnit,
    as_number,
    as_times_ns,
    as_values,
    channel_name,
    time_ns,
)
from nbstream.readings.intervals import Pace, silence_ns
from nbstream.readings.ring import BYTES_PER_READING, EARLIEST_NS, Change, Cursor, Ring
from nbstream.readings.window import Window, WindowLike, parse_duration
from nbstream.readings.zone import as_zone
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.naming import name_problem, short_name
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta, tzinfo

    import pandas as pd

__all__ = ["Buffer", "BufferState", "Event", "Extended", "Rows"]

MAX_EVENTS = 200
AHEAD_NS = 5 * 10**9
"""How far a channel's newest time may be ahead of this machine's clock without being left out."""
EVER = 2**63 - 1
"""Longer than any two times are apart."""
NAN = float("nan")


class Event(NamedTuple):
    """Something that happened to the data, for people: the file was truncated, the clock jumped."""

    time_ns: int
    """When it was noticed, wall clock."""
    text: str
    """What happened."""


class Extended(NamedTuple):
    """What became of a batch; accepted + late is the number of rows given.

    `late` is negative when earlier late rows were accepted after all (the clock jumped).
    """

    accepted: int
    late: int


class Rows(NamedTuple):
    """Some consecutive rows of one channel, copied: row `start` + i is at index i."""

    start: int
    times: TimeArray
    values: FloatArray


class BufferState(NamedTuple):
    """How far all channels are, at one moment."""

    newest_ns: int | None
    """`Buffer.newest_ns`."""
    ends: dict[str, int]
    """The number of the next row, by channel."""
    ahead: dict[str, int]
    """The newest time of each channel whose clock is ahead of that."""


class Buffer:
    """A bounded store of readings, one ring per channel.

    Parameters
    ----------
    capacity
        Readings held per channel; the oldest are evicted first. An analyzer whose window needs more
        makes it grow.
    max_bytes
        Bound of that growth over all channels (16 bytes a reading).
    max_channels
        Bound of the number of channels; more are refused.
    timezone
        Zone of times that name none, and of the times that are returned: an IANA name, a tzinfo, or
        None for the local zone of this machine.
    lateness
        By how much a reading may be older than its channel's newest and is still put in its place:
        seconds, "5s" or a timedelta, in event time. What is later is dropped.
    late
        "drop", or "insert": late readings are put in their place wherever that is still held.

    Notes
    -----
    Readings that are put in their place come after those of the same time. A clock that goes back is
    noticed only beyond `lateness`, with "insert" only beyond what is held. Cost: about 0.5 ms for up to
    1,000 late readings at once among the newest 100,000.

    Thread safety: any method may be called from any thread; what is returned is a copy.

    Examples
    --------
    >>> buffer = Buffer(timezone="UTC")
    >>> buffer.append("2026-07-01T12:00:00", temperature=20.5)
    >>> buffer.extend([1_782_907_201.0, 1_782_907_202.0], temperature=[20.7, 20.9])
    >>> len(buffer), buffer.channels
    (3, ('temperature',))
    >>> buffer.latest()
    {'temperature': (Timestamp('2026-07-01 12:00:02+0000', tz='UTC'), 20.9)}
    """

    def __init__(
        self,
        capacity: int = 1_000_000,
        *,
        max_bytes: int = 512 * 2**20,
        max_channels: int = 200,
        timezone: str | tzinfo | None = None,
        lateness: str | float | timedelta = 0,
        late: Literal["drop", "insert"] = "drop",
    ) -> None:
        if late not in ("drop", "insert"):
            msg = f"'late' must be 'drop' or 'insert' (got {late!r})."
            raise ValueError(msg)
        if isinstance(capacity, bool) or not isinstance(capacity, (int, np.integer)):
            msg = f"'capacity' must be a whole number of readings (got {capacity!r})."
            raise TypeError(msg)
        if capacity < 1:
            msg = f"'capacity' must be >= 1 (got {capacity!r})."
            raise ValueError(msg)
        self.capacity = int(capacity)
        self.max_bytes = max_bytes
        self.max_channels = max_channels
        self.timezone = as_zone(timezone)
        self.lateness_ns = EVER if late == "insert" else parse_duration(lateness, name="lateness")
        self.units: dict[str, str] = {}
        self.events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self.refused_channels: set[str] = set()
        self.derived: frozenset[str] = frozenset()
        """Channels that were computed from others: scores of detectors."""
        self._clock: Clock = SYSTEM_CLOCK
        self._rings: dict[str, Ring] = {}
        self._paces: dict[str, Pace] = {}
        self._needs: dict[object, Window] = {}
        self._lock = threading.Lock()
        self._wake_ups: tuple[threading.Event, ...] = ()
        self._writers: dict[str, weakref.ref[Any]] = {}
        self._closed = False

    def __repr__(self) -> str:
        """Return the class, readings held and channels."""
        names = [short_name(name) for name in self.channels]
        return f"<Buffer {len(self):,} readings, channels {names}>"

    def __len__(self) -> int:
        """Return the number of rows of the longest channel."""
        with self._lock:
            return max(map(len, self._rings.values()), default=0)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order in which they first appeared."""
        return tuple(self._rings)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the channels that hold readings, not what was computed from them."""
        return tuple(name for name in self._rings if name not in self.derived)

    def append(
        self,
        time: TimeLike,
        values: Mapping[str, float] | None = None,
        /,
        *,
        unit: TimeUnit | None = None,
        **channels: float,
    ) -> None:
        """Add one reading.

        Parameters
        ----------
        time
            A datetime, Timestamp, datetime64 (UTC), ISO string, seconds since the epoch (or `unit`), or
            None for now.
        values
            Values by channel, for names that are no Python identifiers.
        unit
            Of a plain number: "s", "ms", "us" or "ns".
        **channels
            Values by channel: numbers, tensors and arrays of one element, text of a number. None, NaN
            and infinities are missing readings.

        Raises
        ------
        ValueError
            If the time cannot be read, or there are too many channels.
        TypeError
            If a value is not a number, or no channel is named.
        ClosedError
            If the buffer was closed.

        Notes
        -----
        A reading that is later than the buffer allows is dropped: use a source to have it counted.
        """
        if values is None and not channels:
            raise _no_channel(time)
        if time is None:
            ns = _time.time_ns()
        else:
            ns = time_ns(time, unit=unit, timezone=self.timezone)
        if values is not None:
            channels = _named(values, "append") | channels
        for name, value in channels.items():
            if value.__class__ is not float or value - value != 0.0:
                channels[name] = _as_float(value, name)
        with self._lock:
            if not self._rings.keys() >= channels.keys():
                self._add_channels(channels)
            for name, value in channels.items():
                ring = self._rings[name]
                if ns >= ring.newest_ns and not (self._needs and self._is_full(ring)):
                    ring.append(ns, value)
                else:
                    self._extend_ring(ring, np.array([ns]), np.array([value], np.float64))
        for event in self._wake_ups:
            if not event.is_set():
                event.set()

    def extend(
        self,
        times: Any,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        unit: TimeUnit | None = None,
        **arrays: Any,
    ) -> None:
        """Add many readings.

        Parameters
        ----------
        times
            datetime64[ns] (UTC) or float64 seconds since the epoch (or `unit`), shape (n,); a pandas
            index or a sequence of times also do.
        values
            Arrays by channel, for names that are no Python identifiers.
        unit
            Of plain numbers: "s", "ms", "us" or "ns".
        **arrays
            Per channel numbers of shape (n,); NaN and infinities are missing readings.

        Raises
        ------
        ValueError
            If times or values cannot be read, shapes differ, or there are too many channels.
        TypeError
            If no channel is named.
        ClosedError
            If the buffer was closed.

        Notes
        -----
        Readings that are later than the buffer allows are dropped: use a source to have them counted.
        """
        if values is None and not arrays:
            raise _no_channels(times)
        ns = as_times_ns(times, unit=unit, timezone=self.timezone)
        if values is not None:
            arrays = _named(values, "extend") | arrays
        columns = {name: as_values(array, len(ns), name) for name, array in arrays.items()}
        self._extend(ns, columns, strict=True)

    def extend_batch(self, batch: Batch) -> Extended:
        """Add a batch as sources do: count what was late, leave channels out that are too many."""
        return self._extend(batch.times, batch.values, strict=False)

    def latest(self) -> dict[str, tuple[pd.Timestamp, float]]:
        """Return per channel the time and value of the newest reading that is not missing.

        A channel without such a reading is left out. The times are in the buffer's `timezone`.
        """
        import pandas as pd

        with self._lock:
            newest = {name: ring.last_reading for name, ring in self._rings.items()}
        return {
            name: (
                pd.Timestamp(reading[0], unit="ns", tz="UTC").tz_convert(self.timezone),
                reading[1],
            )
            for name, reading in newest.items()
            if reading is not None
        }

    def to_pandas(self, window: WindowLike = "all") -> pd.DataFrame:
        """Return a copy of the readings in `window`, one column per channel.

        Parameters
        ----------
        window
            "60s" (newest − 60 s < time ≤ newest, as pandas' rolling), a number of readings, or "all".

        Returns
        -------
        DataFrame
            float64 columns named by channel; index ``time`` in the buffer's `timezone`, ascending; NaN
            where a channel has no reading at a time. Readings of the same channel at the same time stay
            apart, in order of arrival.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.

        Notes
        -----
        Thread safety: any thread; the values are copies. Cost: O(n), the lock is held for the copy only.

        Examples
        --------
        >>> buffer = Buffer(capacity=4)
        >>> buffer.append(0.0, x=1.0)
        >>> buffer.to_pandas()["x"].tolist()
        [1.0]
        """
        parsed = Window.parse(window)
        with self._lock:
            columns = {
                name: ring.rows(*self._window_rows(ring, parsed))
                for name, ring in self._rings.items()
            }
        return _to_frame(columns, self.timezone)

    def close(self) -> None:
        """Free the readings; adding more raises ClosedError."""
        with self._lock:
            self._closed = True
            self._rings = {}
            self._writers = {}
        for event in self._wake_ups:
            event.set()

    # What analyzers and sources use.

    def rows(self, channel: str, start: int, stop: int | None = None) -> Rows:
        """Return copies of the rows start ≤ row < stop of a channel, as far as they are held."""
        with self._lock:
            ring = self._rings[channel]
            start = max(start, ring.first)
            stop = ring.end if stop is None else min(stop, ring.end)
            return Rows(start, *ring.rows(start, max(start, stop)))

    def time_at(self, channel: str, row: int) -> int | None:
        """Return the time of a row in ns; of the oldest that is held if it was evicted, None if none is."""
        with self._lock:
            ring = self._rings[channel]
            row = max(row, ring.first)
            return int(ring.times[row % len(ring.times)]) if row < ring.end else None

    def moment(self) -> BufferState:
        """Return how far all channels are."""
        with self._lock:
            newest_ns = self._newest_ns()
            rings = self._rings.items()
            return BufferState(
                newest_ns,
                {name: ring.end for name, ring in rings},
                {
                    name: ring.newest_ns
                    for name, ring in rings
                    if newest_ns is not None and ring.newest_ns > newest_ns
                },
            )

    def window_rows(
        self,
        channel: str,
        window: Window,
        *,
        newest_ns: int | None = None,
        end: int | None = None,
    ) -> tuple[int, int]:
        """Return the rows (start, stop) of a channel that lie in `window`.

        Windows of a duration end at `newest_ns`, so that all channels speak of the same span, and where a
        channel is ahead of that at its own newest; `newest_ns` and `end` say what was the newest earlier.
        """
        with self._lock:
            return self._window_rows(self._rings[channel], window, newest_ns, end)

    def cursor(self, channel: str, row: int | None = None) -> Cursor:
        """Return a place in a channel that stays right when late rows are put in; None is the oldest row."""
        with self._lock:
            ring = self._rings[channel]
            cursor = Cursor(ring.first if row is None else row)
            ring.cursors.add(cursor)
            return cursor

    def move_to(self, channel: str, cursor: Cursor, ns: int) -> None:
        """Move a cursor to the first row whose time is ≥ `ns`, among those held."""
        with self._lock:
            cursor.row = self._rings[channel].row_at(ns, "left")

    def read_on(self, channel: str, cursor: Cursor, end: int | None = None) -> Rows:
        """Return copies of the rows from a cursor to `end` (None is the newest), and move it there."""
        with self._lock:
            ring = self._rings[channel]
            start = max(cursor.row, ring.first)
            stop = ring.end if end is None else max(start, min(end, ring.end))
            cursor.row = stop
            return Rows(start, *ring.rows(start, stop))

    def take_change(self, channel: str, cursor: Cursor) -> Change | None:
        """Return what has changed before a cursor since the last call, or None."""
        with self._lock:
            change, cursor.change = cursor.change, None
            return change

    def revision(self, channel: str) -> int:
        """Return how often late rows were put in between rows of a channel."""
        return self._rings[channel].revision

    def row_at(self, channel: str, ns: int) -> int:
        """Return the first row of a channel whose time is ≥ `ns`, among those held."""
        with self._lock:
            return self._rings[channel].row_at(ns, "left")

    def rows_after(self, channel: str, ns: TimeArray) -> TimeArray:
        """Return for each time the first row of a channel whose time is later, among those held."""
        with self._lock:
            return self._rings[channel].rows_at(ns, "right")

    def span(self, channel: str) -> tuple[int, int]:
        """Return the first row held and the number of the next row."""
        with self._lock:
            ring = self._rings[channel]
            return ring.first, ring.end

    def segment(self, channel: str) -> int:
        """Return the row at which the channel's time last jumped back, or 0."""
        return self._rings[channel].segment

    def segment_at(self, channel: str, row: int) -> int:
        """Return the row at which the channel's time last jumped back up to `row`, or 0."""
        with self._lock:
            return self._rings[channel].segment_at(row)

    def last_value(self, channel: str) -> float:
        """Return the newest value of a channel that is not missing, or NaN."""
        reading = self._rings[channel].last_reading
        return NAN if reading is None else reading[1]

    def missing(self, channel: str) -> int:
        """Return how many readings of a channel were missing (NaN or not finite) so far."""
        return self._rings[channel].missing

    def last_time_ns(self, channel: str) -> int | None:
        """Return the time of a channel's newest reading that is not missing, None before any."""
        reading = self._rings[channel].last_reading
        return None if reading is None else reading[0]

    def interval_ns(self, channel: str) -> int | None:
        """Return how far apart a channel's readings usually are, None if that is not known yet.

        The median of its newest 64 intervals between distinct times (`nbstream.readings.intervals`);
        before three of those the source's own interval, if it has one.
        """
        with self._lock:
            ring = self._rings[channel]
            pace = self._paces.get(channel)
            if pace is None:
                pace = self._paces[channel] = Pace()
            return pace.interval_ns(ring)

    def own_interval_ns(self, channel: str) -> int | None:
        """Return the interval of a source that itself sets a channel's pace; None if it doesn't."""
        pace = self._paces.get(channel)
        return None if pace is None else pace.own_ns

    def set_pace(self, channel: str, interval_ns: int | None) -> None:
        """Say how often a source that itself sets the pace brings a channel; None is not known."""
        with self._lock:
            self._paces.setdefault(channel, Pace()).own_ns = interval_ns

    def stale_after(self, *channels: str) -> float | None:
        """Return after how many seconds without any reading these channels are stale; None is not known.

        max(2 s, 10 × the usual interval) of the most frequent of them, of those that were not stale
        themselves at the newest reading.
        """
        newest_ns, silences = -(2**63), []
        for name in channels:
            last_ns, silence = self.last_time_ns(name), silence_ns(self.interval_ns(name))
            if last_ns is not None:
                newest_ns = max(newest_ns, last_ns)
                if silence is not None:
                    silences.append((last_ns + silence, silence))
        alive = [silence for until_ns, silence in silences if until_ns >= newest_ns]
        return round(min(alive) / 1e9, 1) if alive else None

    @property
    def n_evicted(self) -> int:
        """Readings evicted so far, over all channels."""
        return sum(ring.evicted for ring in list(self._rings.values()))

    @property
    def n_added(self) -> int:
        """Readings added so far, over all channels that hold readings."""
        return sum(ring.end for name, ring in self._rings.items() if name not in self.derived)

    @property
    def newest_ns(self) -> int | None:
        """The newest time of all channels in ns since the epoch, or None before the first reading.

        A channel that is more than 5 s ahead of this machine's clock counts only if all of them are: one
        clock that is wrong must not move the windows of the others away from their readings.
        """
        with self._lock:
            return self._newest_ns()

    def covers(self, channel: str, window: Window) -> bool:
        """Return whether nothing that belongs in `window` was evicted."""
        with self._lock:
            ring = self._rings[channel]
            if not ring.evicted:
                return True
            if window.readings is not None:
                return len(ring) >= window.readings
            if window.duration_ns is None:
                return False
            return ring.evicted_ns <= self._window_end(ring) - window.duration_ns

    def derive(self, name: str) -> str:
        """Announce a channel that is computed from others; return its name, another if this is taken."""
        with self._lock:
            taken = {*self._rings, *self.derived}
            found, n = name, 1
            while found in taken:
                n += 1
                found = f"{name} {n}"
            self.derived |= {found}
            return found

    def need(self, owner: object, window: Window | None) -> None:
        """Make room for what `owner` needs, now and as readings come; None ends the need."""
        with self._lock:
            if window is None:
                self._needs.pop(owner, None)
            else:
                self._needs[owner] = window

    def written_by(self, channel: str, writer: object) -> object:
        """Note who writes to a channel, and return who did before: None if nobody, or it is gone."""
        with self._lock:
            if channel not in self._rings:
                return None
            before = self._writers.get(channel)
            self._writers[channel] = weakref.ref(writer)
        other = None if before is None else before()
        return None if other is writer else other

    def subscribe(self, event: threading.Event) -> None:
        """Set `event` whenever readings were added."""
        with self._lock:
            self._wake_ups = (*self._wake_ups, event)

    def unsubscribe(self, event: threading.Event) -> None:
        """Undo `subscribe`."""
        with self._lock:
            self._wake_ups = tuple(e for e in self._wake_ups if e is not event)

    def note(self, text: str) -> None:
        """Record an event for people, without secrets, and wake up who listens."""
        self.events.append(Event(_time.time_ns(), redact(text)))
        for event in self._wake_ups:
            event.set()

    def _extend(
        self, times: TimeArray, columns: Mapping[str, FloatArray], *, strict: bool
    ) -> Extended:
        n = len(times)
        accepted, jumped = 0, []
        with self._lock:
            if strict:
                self._add_channels(columns)
            for name, values in columns.items():
                ring = self._rings.get(name)
                if ring is None:
                    ring = self._add_channel(name)
                if ring is None:
                    continue
                n_accepted, has_jumped = self._extend_ring(ring, times, values)
                accepted = max(accepted, n_accepted)
                if has_jumped:
                    jumped.append(name)
        if jumped:
            self.note(
                f"the clock of {', '.join(map(repr, jumped))} went back; a new segment starts"
            )
        for event in self._wake_ups:
            if not event.is_set():
                event.set()
        return Extended(accepted, n - accepted)

    def _extend_ring(self, ring: Ring, times: TimeArray, values: FloatArray) -> tuple[int, bool]:
        if self._needs and len(times) and len(ring) + len(times) > ring.capacity:
            self._grow(ring, times)
        return ring.extend(times, values)

    def _is_full(self, ring: Ring) -> bool:
        return ring.end - ring.first >= ring.capacity

    def _grow(self, ring: Ring, times: TimeArray) -> None:
        """Let a ring grow as far as a window needs what would be evicted, within `max_bytes`."""
        held, added = len(ring), len(times)
        needed = 0
        for window in self._needs.values():
            if window.readings is not None:
                needed = max(needed, min(window.readings, held) + added)
            elif window.duration_ns is not None:
                start = max(int(times[-1]) - window.duration_ns, EARLIEST_NS)
                n_old = ring.end - ring.row_at(start, "right")
                n_new = added - int(np.searchsorted(times, start, "right"))
                needed = max(needed, n_old + n_new)
        if needed <= ring.capacity:
            return
        most = self.max_bytes // (BYTES_PER_READING * max(1, len(self._rings)))
        ring.grow(min(max(needed, 2 * ring.capacity), most))

    def _window_rows(
        self, ring: Ring, window: Window, newest_ns: int | None = None, end: int | None = None
    ) -> tuple[int, int]:
        stop = ring.end if end is None else min(end, ring.end)
        if window.readings is not None:
            start = max(ring.first, ring.segment, stop - window.readings)
        elif window.duration_ns is None:
            start = ring.first
        else:
            newest_ns = self._window_end(ring) if newest_ns is None else newest_ns
            start = ring.row_at(newest_ns - window.duration_ns, "right")
        return min(start, stop), stop

    def _newest_ns(self) -> int | None:
        times = [ring.newest_ns for ring in self._rings.values() if ring.end > ring.first]
        newest_ns = max(times, default=None)
        if newest_ns is None or len(times) == 1:
            return newest_ns
        limit = self._clock.wall_ns() + AHEAD_NS
        if newest_ns <= limit:
            return newest_ns
        return max((ns for ns in times if ns <= limit), default=newest_ns)

    def _window_end(self, ring: Ring) -> int:
        """Return the time at which a channel's windows end."""
        newest_ns = self._newest_ns()
        return ring.newest_ns if newest_ns is None else max(newest_ns, ring.newest_ns)

    def _add_channels(self, names: Iterable[str]) -> None:
        """Make room for channels, for all of them or none."""
        new = [name for name in names if name not in self._rings]
        n_free = self.max_channels - len(self._rings)
        if len(new) > n_free and not self._closed:
            msg = (
                f"The buffer holds {self.max_channels} channels at most and "
                f"{short_name(new[n_free])!r} would be one more. Pass Buffer(max_channels=…)."
            )
            raise ValueError(msg)
        for name in new:
            problem = self._name_problem(name)
            if problem is not None:
                raise ValueError(problem)
        for name in new:
            self._add_channel(name)

    def _name_problem(self, name: str) -> str | None:
        """Return why there can't be a channel of this name; scores have that of their channel and more."""
        return None if name in self.derived else name_problem(name)

    def _add_channel(self, name: str) -> Ring | None:
        """Return the ring of a new channel, or None if it is refused."""
        if self._closed:
            msg = "The buffer was closed. Make a new one."
            raise ClosedError(msg)
        if len(self._rings) >= self.max_channels or self._name_problem(name) is not None:
            if len(self.refused_channels) < 10 * self.max_channels:
                self.refused_channels.add(name)
            return None
        ring = Ring(self.capacity, self.lateness_ns)
        # A new dict, so that readers may iterate over the old one without the lock.
        self._rings = {**self._rings, name: ring}
        return ring


def _as_float(value: Any, name: str) -> float:
    """Return a value as float, NaN if it is missing or not finite."""
    number = as_number(value)
    if number is None:
        msg = f"Channel {short_name(name)!r} must be given a number (got {value!r:.80})."
        raise TypeError(msg)
    return number


def _named(values: Any, method: str) -> dict[str, Any]:
    """Return values by channel name.

    Raises
    ------
    TypeError
        If they are no mapping of names.
    """
    if not hasattr(values, "items"):
        msg = (
            f"Values need their channel's name (got {values!r:.80}). "
            f"Use e.g. {method}(time, value=…) or {method}(time, {{'value': …}})."
        )
        raise TypeError(msg)
    return {channel_name(name): value for name, value in values.items()}


def _no_channel(time: Any) -> TypeError:
    """Return the error of one reading that names no channel."""
    if isinstance(time, Mapping):
        advice = "The first argument is the time. Use append(None, {…}) for a reading of now."
    else:
        number = as_number(time)
        shown = "…" if number is None or number != number else f"{number:g}"
        advice = (
            "The first argument is the time; values are given by channel. "
            f"Use append(None, value={shown}) for a reading of now."
        )
    return TypeError(f"append({time!r:.40}) names no channel. {advice}")


def _no_channels(times: Any) -> TypeError:
    """Return the error of many readings that name no channel."""
    if hasattr(times, "columns"):
        advice = "The first argument are the times. Use extend(frame.index, frame)."
    else:
        advice = (
            "The first argument are the times; values are given by channel. "
            "Use extend(times, value=[…])."
        )
    return TypeError(f"extend({type(times).__name__}) names no channel. {advice}")


def _to_frame(
    columns: Mapping[str, tuple[TimeArray, FloatArray]], timezone: tzinfo
) -> pd.DataFrame:
    import pandas as pd

    every_times = [times for times, _ in columns.values()]
    if every_times and all(np.array_equal(every_times[0], times) for times in every_times[1:]):
        frame = pd.DataFrame(
            {name: values for name, (_, values) in columns.items()},
            index=pd.DatetimeIndex(every_times[0].view("M8[ns]")),
        )
        if not frame.index.is_monotonic_increasing:  # the clock was set back
            frame = frame.sort_index(kind="stable")
    elif every_times:
        # Joined on (time, how many readings of the channel had that time before).
        parts = []
        for name, (times, values) in columns.items():
            repeat = pd.Series(times).groupby(times).cumcount().to_numpy()
            parts.append(
                pd.Series(values, name=name, index=pd.MultiIndex.from_arrays([times, repeat]))
            )
        frame = pd.concat(parts, axis=1).sort_index()
        frame.index = pd.DatetimeIndex(frame.index.get_level_values(0).to_numpy().view("M8[ns]"))
    else:
        frame = pd.DataFrame(index=pd.DatetimeIndex(np.empty(0, "M8[ns]")))
    frame.index = pd.DatetimeIndex(frame.index).tz_localize("UTC").tz_convert(timezone)
    frame.index.name = "time"
    return frame
