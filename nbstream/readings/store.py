"""What is held of all channels: a ring for each under one lock, and how far the rings may grow."""

from __future__ import annotations

import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.errors import ClosedError
from nbstream.readings.intervals import Pace
from nbstream.readings.labels import MAX_LABELS, Labels
from nbstream.readings.ring import BYTES_PER_READING, EARLIEST_NS, LATEST_NS, Ring
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.naming import name_problem, short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.window import Window

__all__ = ["MANY_REFUSED", "BufferState", "Extended", "Store"]

MANY_REFUSED = 100
"""Times `max_channels`: so many names of channels that had no room are remembered."""

AHEAD_NS = 5 * 10**9
"""How far a channel's newest time may be ahead of this machine's clock without being left out."""


class BufferState(NamedTuple):
    """How far all channels are, at one moment."""

    newest_ns: int | None
    """`Buffer.newest_ns`."""
    ends: dict[str, int]
    """The number of the next row, by channel."""
    ahead: dict[str, int]
    """The newest time of each channel whose clock is ahead of that."""


class Extended(NamedTuple):
    """What became of a batch; accepted + late is the number of rows given.

    `late` is negative when earlier late rows were accepted after all (the clock jumped).
    """

    accepted: int
    late: int


class Store:
    """The rings of a buffer's channels, and what else is known of each channel.

    Parameters
    ----------
    capacity, max_bytes, max_channels
        As `Buffer` has them.
    lateness_ns
        By how much a reading may be older than its channel's newest and is still put in its place.
    note
        Tells people what happened to the data.

    Notes
    -----
    Thread safety: any thread; who touches a ring holds `lock`.
    """

    def __init__(
        self,
        capacity: int,
        *,
        max_bytes: int,
        max_channels: int,
        lateness_ns: int,
        note: Callable[[str], object] = str,
    ) -> None:
        self._note = note
        self.capacity = capacity
        self.max_bytes = max_bytes
        self.max_channels = max_channels
        self.lateness_ns = lateness_ns
        self.lock = threading.Lock()
        self.rings: dict[str, Ring] = {}
        self.derived: frozenset[str] = frozenset()
        """Channels that were computed from others: scores of detectors."""
        self.refused: set[str] = set()
        """Names of channels for which there was no room, or that can't be names."""
        self.labels: dict[str, Labels] = {}
        """The label table of each channel that holds words."""
        self._shades: dict[str, int] = {}
        self.clock: Clock = SYSTEM_CLOCK
        self.needs: dict[object, Window] = {}
        self.listeners: tuple[threading.Event, ...] = ()
        """Set whenever something was added."""
        self._nothing = Ring(1)
        self._paces: dict[str, Pace] = {}
        self._writers: dict[str, weakref.ref[Any]] = {}
        self._is_closed = False

    # What is held. Whoever calls this holds the lock.

    def ring(self, name: str) -> Ring:
        """Return the ring of a channel, an empty one if there is no such channel."""
        return self.rings.get(name, self._nothing)

    def pace(self, name: str) -> Pace:
        """Return what is known of how often readings of a channel come."""
        pace = self._paces.get(name)
        if pace is None:
            pace = Pace()
            if name in self.rings:
                self._paces[name] = pace
        return pace

    def labels_for(self, name: str) -> Labels | None:
        """Return the label table of a channel, a new one if it holds no number yet; None if it does."""
        with self.lock:
            found = self.labels.get(name)
            if found is None and self.ring(name).last_reading is None:
                said = (
                    f"{short_name(name)!r} has more than {MAX_LABELS:,} different labels: "
                    'further ones are "(other)"'
                )
                found = Labels(partial(self._note, said))
                # A new dict, so that readers may iterate over the old one without the lock.
                self.labels = {**self.labels, name: found}
            return found

    def forget_unused_labels(self) -> None:
        """Take back the label tables of channels that were refused."""
        with self.lock:
            self.labels = {name: kept for name, kept in self.labels.items() if name in self.rings}

    def shade(self, label: str) -> int:
        """Return the number of a label among those of all channels: the same colour everywhere."""
        return self._shades.setdefault(label, len(self._shades))

    def newest_ns(self) -> int | None:
        """Return the newest time of all channels whose clock is not ahead, None before the first reading."""
        times = [ring.newest_ns for ring in self.rings.values() if ring.end > ring.first]
        newest_ns = max(times, default=None)
        if newest_ns is None or len(times) == 1:
            return newest_ns
        limit = self.clock.wall_ns() + AHEAD_NS
        if newest_ns <= limit:
            return newest_ns
        return max((ns for ns in times if ns <= limit), default=newest_ns)

    def window_end(self, ring: Ring) -> int:
        """Return the time at which a channel's windows end."""
        newest_ns = self.newest_ns()
        return ring.newest_ns if newest_ns is None else max(newest_ns, ring.newest_ns)

    def window_rows(
        self, ring: Ring, window: Window, newest_ns: int | None = None, end: int | None = None
    ) -> tuple[int, int]:
        """Return the rows (start, stop) of a ring that lie in a window; see `ChannelRows.window_rows`."""
        stop = ring.end if end is None else min(end, ring.end)
        if window.readings is not None:
            start = max(ring.first, ring.segment, stop - window.readings)
        elif window.duration_ns is None:
            start = ring.first
        else:
            newest_ns = self.window_end(ring) if newest_ns is None else newest_ns
            start = ring.row_at(newest_ns - window.duration_ns, "right")
        return min(start, stop), stop

    def of_numbers(self) -> tuple[str, ...]:
        """Return the channels that hold readings which are numbers."""
        return tuple(n for n in self.rings if n not in self.derived and n not in self.labels)

    # What comes in.

    def append(self, ns: int, values: Mapping[str, float]) -> None:
        """Add one reading to each of some channels, which are made if they are new."""
        with self.lock:
            for name in values:
                if name not in self.rings:
                    self._add_channels(values)
            rings, needs = self.rings, self.needs
            for name, value in values.items():
                ring = rings[name]
                if ns >= ring.newest_ns and not (needs and ring.end - ring.first >= ring.capacity):
                    ring.append(ns, value)
                else:
                    self._extend(ring, np.array([ns]), np.array([value], np.float64))
        for event in self.listeners:
            if not event.is_set():
                event.set()

    def extend(
        self, times: TimeArray, columns: Mapping[str, FloatArray], *, strict: bool
    ) -> tuple[Extended, list[str]]:
        """Add readings; return what became of them, and the channels whose clock jumped.

        Channels that are too many are an error if it is `strict`, and else are left out.
        """
        accepted, jumped = 0, []
        with self.lock:
            if strict:
                self._add_channels(columns)
            for name, values in columns.items():
                ring = self.rings.get(name)
                if ring is None:
                    ring = self._add_channel(name)
                if ring is None:
                    continue
                n_accepted, has_jumped = self._extend(ring, times, values)
                accepted = max(accepted, n_accepted)
                if has_jumped:
                    jumped.append(name)
        self.wake()
        return Extended(accepted, len(times) - accepted), jumped

    def wake(self) -> None:
        """Wake who listens."""
        for event in self.listeners:
            event.set()

    def moment(self) -> BufferState:
        """Return how far all channels are."""
        with self.lock:
            newest_ns = self.newest_ns()
            rings = self.rings.items()
            ends = {name: ring.end for name, ring in rings}
            limit = LATEST_NS if newest_ns is None else newest_ns
            ahead = {name: ring.newest_ns for name, ring in rings if ring.newest_ns > limit}
            return BufferState(newest_ns, ends, ahead)

    def derive(self, name: str) -> str:
        """Announce a channel that is computed from others; return its name, another if this is taken."""
        with self.lock:
            taken = {*self.rings, *self.derived}
            found, n = name, 1
            while found in taken:
                n += 1
                found = f"{name} {n}"
            self.derived |= {found}
            return found

    def need(self, owner: object, window: Window | None) -> None:
        """Make room for what `owner` needs, now and as readings come; None ends the need."""
        with self.lock:
            if window is None:
                self.needs.pop(owner, None)
            else:
                self.needs[owner] = window

    def set_pace(self, name: str, interval_ns: int | None) -> None:
        """Say how often a source that itself sets the pace brings a channel; None is not known."""
        with self.lock:
            self.pace(name).own_ns = interval_ns

    def written_by(self, name: str, writer: object) -> object:
        """Note who writes to a channel, and return who did before: None if nobody, or it is gone."""
        with self.lock:
            if name not in self.rings:
                return None
            before = self._writers.get(name)
            self._writers[name] = weakref.ref(writer)
        other = None if before is None else before()
        return None if other is writer else other

    def close(self) -> None:
        """Free the readings; adding more raises ClosedError."""
        with self.lock:
            self._is_closed = True
            self.rings = {}
            self._writers = {}

    def _extend(self, ring: Ring, times: TimeArray, values: FloatArray) -> tuple[int, bool]:
        if self.needs and len(times) and len(ring) + len(times) > ring.capacity:
            self._grow(ring, times)
        return ring.extend(times, values)

    def _grow(self, ring: Ring, times: TimeArray) -> None:
        """Let a ring grow as far as a window needs what would be evicted, within `max_bytes`."""
        held, added = len(ring), len(times)
        needed = 0
        for window in self.needs.values():
            if window.readings is not None:
                needed = max(needed, min(window.readings, held + added))
            elif window.duration_ns is not None:
                start = max(int(times[-1]) - window.duration_ns, EARLIEST_NS)
                n_old = ring.end - ring.row_at(start, "right")
                n_new = added - int(np.searchsorted(times, start, "right"))
                needed = max(needed, n_old + n_new)
        if needed <= ring.capacity:
            return
        most = self.max_bytes // (BYTES_PER_READING * max(1, len(self.rings)))
        ring.grow(min(max(needed, 2 * ring.capacity), most))

    def _add_channels(self, names: Iterable[str]) -> None:
        """Make room for channels, for all of them or none."""
        new = [name for name in names if name not in self.rings]
        if not new:
            return
        n_free = self.max_channels - len(self.rings)
        if len(new) > n_free and not self._is_closed:
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
        if self._is_closed:
            msg = "The buffer was closed. Make a new one."
            raise ClosedError(msg)
        if len(self.rings) >= self.max_channels or self._name_problem(name) is not None:
            if len(self.refused) < MANY_REFUSED * self.max_channels:
                self.refused.add(name)
            return None
        ring = Ring(self.capacity, self.lateness_ns)
        # A new dict, so that readers may iterate over the old one without the lock.
        self.rings = {**self.rings, name: ring}
        return ring
