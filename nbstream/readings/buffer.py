"""The buffer: where sources put readings, and everything else gets them. Bounded, shared by all threads."""

from __future__ import annotations

import time as _time
from collections import deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nbstream.readings.arguments import (
    as_capacity,
    as_float,
    named,
    no_channel,
    no_channels,
    with_codes,
)
from nbstream.readings.batch import (
    Batch,
    FloatArray,
    TimeArray,
    TimeLike,
    TimeUnit,
    as_times_ns,
    as_values,
    time_ns,
)
from nbstream.readings.channel_rows import ChannelRows, Rows
from nbstream.readings.earlier_members import OF_CHANNEL, OF_STORE, with_earlier_members
from nbstream.readings.frame import to_frame
from nbstream.readings.intervals import silence_ns
from nbstream.readings.labels import has_words, read_labels
from nbstream.readings.store import BufferState, Extended, Store
from nbstream.readings.window import Window, WindowLike, parse_duration
from nbstream.readings.zone import as_zone, time_text, zone_label
from nbstream.text.naming import short_name
from nbstream.text.redaction import redact
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more, counted, number_text

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from datetime import timedelta, tzinfo

    import pandas as pd

__all__ = ["Buffer", "BufferState", "Event", "Extended", "Rows"]

MAX_EVENTS = 200
EVER = 2**63 - 1
"""Longer than any two times are apart."""


class Event(NamedTuple):
    """Something that happened to the data, for people: the file was truncated, the clock jumped."""

    time_ns: int
    """When it was noticed, wall clock."""
    text: str
    """What happened."""


@with_earlier_members
class Buffer(InCell):
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

    _is_archive = False
    """Whether the readings are in a file, which nothing is added to."""

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
        self.timezone = as_zone(timezone)
        self.units: dict[str, str] = {}
        self.events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self.marks: deque[Event] = deque(maxlen=MAX_EVENTS)
        # Of channels whose readings are elsewhere: what is known of all of them, a source of samples.
        self._known: dict[str, Any] = {}
        self._store = Store(
            as_capacity(capacity),
            max_bytes=max_bytes,
            max_channels=max_channels,
            lateness_ns=EVER if late == "insert" else parse_duration(lateness, name="lateness"),
            note=partial(_note, self.events),
        )

    def __repr__(self) -> str:
        """Return the class, readings held and channels."""
        names = [short_name(name) for name in self.channels]
        return f"<Buffer {len(self):,} readings, channels {names}>"

    def _sheet(self) -> Sheet:
        """Return how many readings there are, and the newest of each channel."""
        newest = self.newest_ns
        facts = [f"{counted(len(self), 'row')} of {counted(len(self.channels), 'channel')}"]
        if newest is not None:
            facts.append(f"times in {zone_label(self.timezone, newest)}")
        if self.n_evicted:
            facts.append(f"{counted(self.n_evicted, 'older reading')} given up")
        header, rows, n = self._newest_rows()
        more = and_more(n, len(rows), "channel")
        return Sheet(type(self).__name__, "", facts, header, rows, n_words=1, more=more)

    def _newest_rows(self) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
        """Return a header, the newest reading of the first channels that have one, and how many have one."""
        latest = {name: last for name, last in self._newest().items() if last is not None}
        rows: list[tuple[str, ...]] = []
        for name, (at_ns, value) in islice(latest.items(), MOST_ROWS):
            text = (
                self._store.labels[name].text(value) if name in self.labels else number_text(value)
            )
            unit = self.units.get(name, "")
            rows.append((name, f"{text} {unit}".rstrip(), time_text(at_ns, self.timezone)))
        return (("channel", "newest", "at") if rows else (), rows, len(latest))

    def __dir__(self) -> list[str]:
        """Return the names of members, without those that will be removed."""
        return sorted({*super().__dir__()} - OF_CHANNEL - OF_STORE)

    def __len__(self) -> int:
        """Return the number of rows of the longest channel."""
        with self._store.lock:
            return max(map(len, self._store.rings.values()), default=0)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order in which they first appeared."""
        return tuple(self._store.rings)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the channels that hold readings, not what was computed from them."""
        derived = self._store.derived
        rings = tuple(self._store.rings)
        return tuple(name for name in rings if name not in derived) if derived else rings

    @property
    def derived(self) -> frozenset[str]:
        """Names of the channels that were computed from others: scores of detectors."""
        return self._store.derived

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each channel that holds words, in the order in which they first appeared.

        At most 1,000 a channel: readings of further ones are those of one more label, "(other)".
        """
        return {name: table.texts for name, table in self._store.labels.items()}

    @property
    def refused_channels(self) -> set[str]:
        """Names of channels for which there was no room, or that can't be names."""
        return self._store.refused

    @property
    def capacity(self) -> int:
        """Readings held per channel, if no window needs more."""
        return self._store.capacity

    @property
    def max_bytes(self) -> int:
        """Bound of what the channels together grow to for windows."""
        return self._store.max_bytes

    @property
    def max_channels(self) -> int:
        """How many channels there may be."""
        return self._store.max_channels

    def append(
        self,
        time: TimeLike,
        values: Mapping[str, float | str] | None = None,
        /,
        *,
        unit: TimeUnit | None = None,
        **channels: float | str,
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
            and infinities are missing readings. A channel whose first reading is a word, ``state="RUN"``,
            holds words from then on: 1,000 different ones, of 200 characters.

        Raises
        ------
        ValueError
            If the time cannot be read, or there are too many channels.
        TypeError
            If a value is not a number, or not a word where the channel holds words; or no channel is
            named.
        ClosedError
            If the buffer was closed.

        Notes
        -----
        A reading that is later than the buffer allows is dropped: use a source to have it counted.
        """
        if values is None and not channels:
            raise no_channel(time)
        if time is None:
            ns = _time.time_ns()
        else:
            ns = time_ns(time, unit=unit, timezone=self.timezone)
        if values is not None:
            channels = named(values, "append") | channels
        store = self._store
        if store.labels:
            channels = with_codes(channels, store.labels)
        try:
            for name, value in channels.items():
                if value.__class__ is not float or value - value != 0.0:
                    channels[name] = as_float(value, name, store.labels_for)
            store.append(ns, channels)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            store.forget_unused_labels()
            raise

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
            Per channel numbers of shape (n,); NaN and infinities are missing readings. Or words: an array
            or list of str, a pandas Categorical; None and "" are missing.

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
            raise no_channels(times)
        ns = as_times_ns(times, unit=unit, timezone=self.timezone)
        if values is not None:
            arrays = named(values, "extend") | arrays
        try:
            columns = {name: self._column(array, len(ns), name) for name, array in arrays.items()}
            self._extend(ns, columns, strict=True)
        except ValueError:
            self._store.forget_unused_labels()
            raise

    def _column(self, values: Any, n: int, name: str) -> FloatArray:
        """Return one channel's values, those of a channel of words as their codes."""
        labels = self._store.labels.get(name)
        if labels is None:
            try:
                return as_values(values, n, name)
            except ValueError:
                labels = self._store.labels_for(name) if has_words(values) else None
                if labels is None:
                    raise
        return read_labels(values, labels, n, name)

    def extend_batch(self, batch: Batch) -> Extended:
        """Add a batch as sources do: count what was late, leave channels out that are too many."""
        return self._extend(batch.times, batch.values, strict=False)

    def latest(self) -> dict[str, tuple[pd.Timestamp, float | str]]:
        """Return per channel the time and value of the newest reading that is not missing.

        The value is the word where a channel holds words.

        A channel without such a reading is left out. The times are in the buffer's `timezone`.
        """
        import pandas as pd

        newest = self._newest()
        labels = self._store.labels
        return {
            name: (
                pd.Timestamp(last[0], unit="ns", tz="UTC").tz_convert(self.timezone),
                labels[name].text(last[1]) if name in labels else last[1],
            )
            for name, last in newest.items()
            if last is not None
        }

    def _newest(self) -> dict[str, tuple[int, float] | None]:
        with self._store.lock:
            return {name: ring.last_reading for name, ring in self._store.rings.items()}

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
            where a channel has no reading at a time. Channels of words are Categorical. Readings of the
            same channel at the same time stay apart, in order of arrival.

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
        store = self._store
        with store.lock:
            columns = {
                name: ring.rows(*store.window_rows(ring, parsed))
                for name, ring in store.rings.items()
            }
        return to_frame(columns, self.timezone, store.labels)

    def _require_whole(self) -> None:
        """Raise if what was read is not all that there is: a file is another than it was."""

    def close(self) -> None:
        """Free the readings; adding more raises ClosedError."""
        self._store.close()
        self._store.wake()

    def channel(self, name: str) -> ChannelRows:
        """Return the rows of one channel, to be asked about; there are none before its first reading."""
        return ChannelRows(self._store, name)

    def stale_after(self, *channels: str) -> float | None:
        """Return after how many seconds without any reading these channels are stale; None is not known.

        max(2 s, 10 × the usual interval) of the most frequent of them, of those that were not stale
        themselves at the newest reading.
        """
        newest_ns, silences = -(2**63), []
        for rows in map(self.channel, channels):
            last_ns, silence = rows.last_time_ns, silence_ns(rows.interval_ns)
            if last_ns is not None:
                newest_ns = max(newest_ns, last_ns)
                if silence is not None:
                    silences.append((last_ns + silence, silence))
        alive = [silence for until_ns, silence in silences if until_ns >= newest_ns]
        return round(min(alive) / 1e9, 1) if alive else None

    @property
    def _file_state(self) -> tuple[str, str, int] | None:
        """How it is with the file that holds the readings; None without one.

        The kind of state, words, and a number that changes when more is known of the file.
        """
        return None

    @property
    def n_evicted(self) -> int:
        """Readings evicted so far, over all channels."""
        return sum(ring.evicted for ring in self._store.rings.values())

    @property
    def n_added(self) -> int:
        """Readings added so far, over all channels that hold readings."""
        return sum(r.end for name, r in self._store.rings.items() if name not in self.derived)

    @property
    def newest_ns(self) -> int | None:
        """The newest time of all channels in ns since the epoch, or None before the first reading.

        A channel that is more than 5 s ahead of this machine's clock counts only if all of them are: one
        clock that is wrong must not move the windows of the others away from their readings.
        """
        with self._store.lock:
            return self._store.newest_ns()

    def subscribe(self, event: threading.Event) -> None:
        """Set `event` whenever readings were added."""
        with self._store.lock:
            self._store.listeners = (*self._store.listeners, event)

    def unsubscribe(self, event: threading.Event) -> None:
        """Undo `subscribe`."""
        with self._store.lock:
            self._store.listeners = tuple(e for e in self._store.listeners if e is not event)

    def note(self, text: str) -> None:
        """Record an event for people, without secrets, and wake up who listens."""
        _note(self.events, text)
        self._store.wake()

    def mark(self, text: str, time: TimeLike = None) -> Event:
        """Note what somebody did or saw at a time: charts draw it there, and the feed lists it.

        Parameters
        ----------
        text
            Such as "pump on".
        time
            As for `append`; None is now.

        Returns
        -------
        Event
            What was noted. The newest 200 are in `marks`.

        Raises
        ------
        ValueError
            If there is no text, or the time cannot be read.
        """
        said: Any = text  # from a page or a notebook, anything may come
        if not isinstance(said, str) or not said.strip():
            msg = f"'text' must say something (got {text!r})."
            raise ValueError(msg)
        event = Event(time_ns(time, timezone=self.timezone), text.strip())
        self.marks.append(event)
        self.events.append(event)
        self._store.wake()
        return event

    def _extend(
        self, times: TimeArray, columns: Mapping[str, FloatArray], *, strict: bool
    ) -> Extended:
        extended, jumped = self._store.extend(times, columns, strict=strict)
        if jumped:
            clocks = ", ".join(map(repr, jumped))
            self.note(f"the clock of {clocks} went back; a new segment starts")
        return extended


def _note(events: deque[Event], text: str) -> None:
    events.append(Event(_time.time_ns(), redact(text)))
