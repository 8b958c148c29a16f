"""What a source says of itself: its state, since when and why, counters, notes and events."""

from __future__ import annotations

import threading
from operator import add
from typing import TYPE_CHECKING, Protocol

from nbstream.readings.zone import local_datetime
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.supervision import SourceThread, SourceTurns, start_of
from nbstream.text.redaction import disarm, redact

if TYPE_CHECKING:
    from datetime import datetime

    from nbstream.errors import ParseError
    from nbstream.readings.buffer import Buffer
    from nbstream.runtime.clock import Clock

__all__ = ["Reporting"]

MAX_NOTES = 50
UNHEALTHY = (SourceState.CONNECTING, SourceState.UNREADABLE, SourceState.RECONNECTING)
"""States that end with the next reading."""
FIRST_SILENCE = 2.0
SILENCE_TO_MENTION = 5.0
"""Seconds without a reading, after which the status of a connection says so."""


class Follower(Protocol):
    """A source that is made of this one, on this one's thread."""

    def _hear(self, text: str) -> None:
        """Take an event of the source that it follows."""

    def _end(self) -> None:
        """Take that a source that it follows has ended for good."""

    def _begin_elsewhere(self) -> None:
        """Take that a source that it follows goes on at another time, an earlier one perhaps."""


class Reporting:
    """The part of a source that is asked, and told, how it goes.

    Parameters
    ----------
    buffer
        Where events for people go.
    name
        For people.
    clock
        Wall and monotonic time.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, buffer: Buffer, name: str, clock: Clock) -> None:
        self.buffer: Buffer = buffer
        self.name: str = redact(name)
        self._clock = clock
        self._lock = threading.RLock()
        self._thread: SourceThread | SourceTurns | None = None
        self._stop = threading.Event()
        self._counters = Counters()
        self._state = SourceState.IDLE
        self._detail = ""
        self._since_ns = clock.wall_ns()
        self._detail_since = clock.monotonic()
        self._last_error: Exception | None = None
        self._notes: dict[str, str] = {}
        self._noted: dict[str, str] = {}
        self._reported: set[str] = set()
        self._has_delivered = False
        self._followers: tuple[Follower, ...] = ()
        self._connected_at: float | None = None
        self._alive_at: float | None = None
        self._well_since: float | None = None

    # What can be asked.

    @property
    def state(self) -> SourceState:
        """Where the source is in its life."""
        return self._state

    @property
    def since(self) -> datetime:
        """When the source came into its state, in the zone of its buffer.

        A state keeps it while its reason changes: RECONNECTING has it from the first failure on, however
        often it tries again.
        """
        return local_datetime(self._since_ns, self.buffer.timezone)

    @property
    def reason(self) -> str:
        """Why the source is in its state, for people, without secrets; "" if there is nothing to say."""
        return self._detail

    @property
    def is_running(self) -> bool:
        """Whether it reads, on its thread or in turns."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    @property
    def last_error(self) -> Exception | None:
        """What is wrong, or ended the source; None while all is well."""
        return self._last_error

    @property
    def status(self) -> str:
        """What the source is doing now, in one short sentence for people."""
        state, detail = self._state, self._detail
        if state is SourceState.IDLE:
            return "not started"
        if state is SourceState.CONNECTING:
            seconds = int(self._clock.monotonic() - self._detail_since)
            return f"{detail or 'starting'} ({seconds} s)"
        if state is SourceState.RUNNING:
            return detail or self._silence() or "reading"
        if state in (SourceState.UNREADABLE, SourceState.RECONNECTING):
            return detail
        if state is SourceState.FAILED:
            return f"{state.value}: {detail}"
        return f"{state.value} ({detail})" if detail else state.value

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed or noticed about the data, in the order in which it was found."""
        return tuple(self._notes.copy().values())

    def counters(self) -> Counters:
        """Return how many readings came in so far, and what became of them; all numbers of one moment."""
        return self._counters

    @property
    def own_interval(self) -> float | None:
        """Seconds between two readings where the source itself sets the pace; None elsewhere."""
        return None

    # What a subclass uses.

    @property
    def _stop_of_thread(self) -> threading.Event:
        start = start_of(self)
        return self._stop if start is None else start.stop

    @property
    def _is_stopping(self) -> bool:
        return self._stop_of_thread.is_set()

    @property
    def _is_abandoned(self) -> bool:
        """Whether the caller is in a start that `stop()` gave up, or that another replaced."""
        start = start_of(self)
        return start is not None and start is not self._thread

    def _wait(self, seconds: float | None) -> bool:
        """Wait; return at once and True when the source is being stopped."""
        return self._clock.wait(self._stop_of_thread, seconds)

    def _count(self, more: Counters) -> None:
        with self._lock:
            self._counters = Counters(*map(add, self._counters, more))

    def _note(self, kind: str, text: str) -> None:
        """Add to `notes`; a later note of the same kind takes its place."""
        if self._noted.get(kind) == text:
            return  # it is said with each batch
        if kind in self._notes or len(self._notes) < MAX_NOTES:
            self._noted[kind] = text
            self._notes[kind] = redact(text)

    def _forget_note(self, kind: str) -> None:
        """Take back what is no longer so."""
        self._notes.pop(kind, None)
        self._noted.pop(kind, None)

    def _note_once(self, kind: str, text: str) -> None:
        """Add to `notes` and tell people, the first time only."""
        if kind not in self._notes:
            self._note(kind, text)
            self._report(kind, text)

    def _tell(self, text: str) -> None:
        """Record an event for people."""
        self.buffer.note(f"{self.name}: {text}")
        for follower in self._followers:
            follower._hear(f"{self.name}: {text}")

    def _report(self, kind: str, text: str) -> None:
        """Record an event for people, once of each kind; an "error" again after the source was well."""
        if kind not in self._reported:
            self._reported.add(kind)
            self._tell(text)

    def _set_state(
        self, state: SourceState, detail: str = "", error: Exception | None = None
    ) -> None:
        """Say what the source does now; a change of state or `detail` starts its time anew."""
        with self._lock:
            if self._is_abandoned:
                return
            detail = redact(detail) if detail else ""
            if state is not self._state:
                self._since_ns = self._clock.wall_ns()
            if (state, detail) != (self._state, self._detail):
                self._detail_since = self._clock.monotonic()
            if error is not None:  # before the state: whoever sees that asks why
                disarm(error)
                self._last_error = error
            self._state, self._detail = state, detail

    def _has_data(self) -> None:
        """Mark the source as healthy."""
        self._has_delivered = True
        self._gave_sign()
        if self._state in UNHEALTHY:
            self._set_state(SourceState.RUNNING)
        self._is_well()

    def _gave_sign(self) -> None:
        """Remember that the other side gave a sign of life now."""
        self._alive_at = self._clock.monotonic()
        if self._well_since is None:
            self._well_since = self._alive_at

    def _connected(self) -> None:
        """Say that the other side answered; until its first reading the status says that none came."""
        now = self._connected_at = self._clock.monotonic()
        if self._well_since is None:
            self._well_since = now
        self._set_state(SourceState.RUNNING)
        self._is_well()

    def _disconnected(self) -> None:
        """Forget the connection, and keep for how long it was well."""
        if self._connected_at is not None:
            self._alive_at, self._connected_at = self._clock.monotonic(), None

    def _silence(self) -> str:
        """Return for how long nothing has come over a connection, "" if there is none or it is short."""
        connected_at, heard_at = self._connected_at, self._alive_at
        if connected_at is None:
            return ""
        since = connected_at if heard_at is None else max(connected_at, heard_at)
        seconds = self._clock.monotonic() - since
        is_first = since == connected_at
        if seconds >= (FIRST_SILENCE if is_first else SILENCE_TO_MENTION):
            return f"connected, no data for {seconds:.0f} s"
        return "connected" if is_first else ""

    def _is_well(self) -> None:
        """Forget an error once the source is RUNNING again."""
        if self._last_error is not None and self._state is SourceState.RUNNING:
            self._last_error = None
            if "error" in self._reported:
                self._reported.discard("error")
                self._tell("works again")

    def _set_unreadable(self, error: ParseError) -> None:
        """Look unhealthy until a reading comes: nothing that came can be read."""
        self._set_state(SourceState.UNREADABLE, str(error), error)
        self._report("error", str(error))
