"""How readings get from a source into its buffer: counted, with what people should know of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from nbstream.readings.buffer import Extended
from nbstream.readings.store import MANY_REFUSED
from nbstream.readings.window import rough_duration
from nbstream.sources.reporting import Reporting
from nbstream.sources.state import Counters
from nbstream.sources.wording import shorten
from nbstream.text.naming import name_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nbstream.readings.batch import Batch
    from nbstream.readings.buffer import Buffer
    from nbstream.runtime.clock import Clock
    from nbstream.sources.stand_ins import StandIns

__all__ = ["HandingOver"]

PauseTap: TypeAlias = Callable[[Mapping[str, int], Sequence[int]], object]
"""Is told when each channel was heard last, and the moments at which to look, all in ns since the epoch."""

MAX_CLAIMS = 1000
"""Channels of which a source remembers that it writes to them."""
FAR_AHEAD_NS = 60 * 10**9
"""Readings so much later than this machine's clock are worth a word."""
FAR_BEHIND_NS = 366 * 86_400 * 1_000_000_000
"""Readings so much older are too."""


class HandingOver(Reporting):
    """The part of a source that puts readings into the buffer, on the source's thread.

    Parameters
    ----------
    buffer, name, clock
        As for `Reporting`.
    """

    def __init__(self, buffer: Buffer, name: str, clock: Clock) -> None:
        super().__init__(buffer, name, clock)
        self._writes: set[str] = set()
        self._on_pace: set[str] | None = None
        self._taps: tuple[Callable[[Batch], object], ...] = ()
        self._pause_taps: tuple[PauseTap, ...] = ()
        self._n_refused = 0
        self._stand_ins: StandIns | None = None

    # What a subclass uses.

    def _emit(self, batch: Batch, n_received: int | None = None) -> Extended:
        """Put readings into the buffer and count them; `n_received` minus these were rejected."""
        n = len(batch)
        n_rejected = 0 if n_received is None else n_received - n
        if self._is_abandoned:
            self._count(Counters(n + n_rejected, rejected=n_rejected, dropped=n))
            return Extended(0, 0)
        if self._stand_ins is not None:
            batch = self._stand_ins.cleaned(batch, self.buffer.labels)
        extended = self.buffer.extend_batch(batch) if n else Extended(0, 0)
        for tap in self._taps:
            tap(batch)
        if n and self.own_interval is not None:
            self._tell_pace(batch, self.own_interval)
        accepted, late = extended
        n_dropped = 0
        if not self._writes.issuperset(batch.values):
            self._claim(batch.values)
        if self.buffer.refused_channels and self._tell_refused(batch.values):
            late, n_dropped = 0, n
        if n or n_rejected:
            self._count(Counters(n + n_rejected, accepted, n_rejected, late, n_dropped))
        if accepted > 0:
            self._has_data()
            self._compare_clocks(int(batch.times[-1]))
        if late > 0:
            self._report("late", "readings older than the newest are left out (late)")
        return extended

    def _tell_refused(self, channels: Collection[str]) -> bool:
        """Tell people of channels that the buffer has no room for; return whether these are all such."""
        rings = self.buffer._store.rings
        refused = [name for name in channels if name not in rings]
        known = self.buffer.refused_channels
        if refused and len(known) != self._n_refused:
            self._n_refused = len(known)
            problem = next(filter(None, map(name_problem, sorted(refused))), None)
            kept = self.buffer.max_channels
            if problem is None:
                self._report("channels", f"more than {kept} channels; some left out")
                more = " or more" if len(known) >= MANY_REFUSED * kept else ""
                first = shorten(min(known), 40)
                text = (
                    f"{len(known):,}{more} channels left out, as {first!r}: the buffer holds {kept}"
                )
                self._note("too many", text)
            else:
                self._report("channels", f"left out: {problem}")
        return len(refused) == len(channels)

    def _tell_pace(self, batch: Batch, interval: float) -> None:
        """Let the buffer know how often channels come: those that no reading left out so far."""
        came = {name for name, values in batch.values.items() if (values == values).any()}
        if self._on_pace is None:
            self._on_pace = came
            for name in came:
                self.buffer._store.set_pace(name, round(interval * 1e9))
        for name in self._on_pace - came:
            self._on_pace.remove(name)
            self.buffer._store.set_pace(name, None)

    def _claim(self, channels: Iterable[str]) -> None:
        """Tell people if another source that runs writes to one of these channels too."""
        for channel in channels:
            if channel in self._writes or len(self._writes) >= MAX_CLAIMS:
                continue
            self._writes.add(channel)
            other = self.buffer._store.written_by(channel, self)
            if isinstance(other, Reporting) and other.is_running:
                text = f"two sources write to channel {shorten(channel)!r}: {other.name!r} and {self.name!r}"
                self._note(f"shared {channel}", text)
                self.buffer.note(text)

    def _compare_clocks(self, newest_ns: int) -> None:
        """Tell people if readings come from the future, or from years ago."""
        ahead_ns = newest_ns - self._clock.wall_ns()
        if ahead_ns > FAR_AHEAD_NS:
            kind, where, question = "ahead", "ahead of", "is their time zone right?"
        elif -ahead_ns > FAR_BEHIND_NS:
            kind = where = "behind"
            question = "is it old data, or a clock that was never set?"
        else:
            return
        far = rough_duration(abs(ahead_ns))
        self._note_once(kind, f"times are {far} {where} this machine's clock; {question}")

    def _add_tap(self, tap: Callable[[Batch], object]) -> None:
        """Show `tap` each batch that comes, on the thread that brings it; it must neither wait nor raise."""
        with self._lock:
            self._taps = (*self._taps, tap)

    def _remove_tap(self, tap: Callable[[Batch], object]) -> None:
        """Undo `_add_tap`."""
        with self._lock:
            self._taps = tuple(other for other in self._taps if other is not tap)

    def _add_pause_tap(self, tap: PauseTap) -> None:
        """Tell `tap` of pauses that a recording had and no reading's time shows."""
        with self._lock:
            self._pause_taps = (*self._pause_taps, tap)

    def _remove_pause_tap(self, tap: PauseTap) -> None:
        """Undo `_add_pause_tap`."""
        with self._lock:
            self._pause_taps = tuple(other for other in self._pause_taps if other != tap)

    def _reject(self, n: int, example: str) -> None:
        """Count readings that cannot be read; the first `example` is shown."""
        if "rejected" not in self._notes:  # said first: who sees the number finds the reason
            self._note_once("rejected", f"cannot be read: {shorten(example)}")
        self._count(Counters(received=n, rejected=n))

    def _drop(self, n: int, reason: str) -> None:
        """Count readings that were given up; each reason is reported once."""
        self._note_once(f"dropped {reason}", reason)
        self._count(Counters(received=n, dropped=n))
