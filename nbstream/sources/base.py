"""What every source is: a supervised thread with states, counters and a buffer."""

from __future__ import annotations

import atexit
import random as _random
import sys
import threading
import warnings
import weakref
from abc import ABC, abstractmethod
from operator import add
from typing import TYPE_CHECKING, ClassVar, Self

from nbstream.errors import ClosedError, ConnectError, DependencyError, NbstreamError, ParseError
from nbstream.readings.buffer import Buffer, Extended
from nbstream.readings.window import rough_duration
from nbstream.readings.zone import as_zone
from nbstream.runtime import ownership
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.ending import GRACE, seconds_left
from nbstream.runtime.main_thread import MAIN
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.wording import explain, shorten
from nbstream.text.naming import name_problem
from nbstream.text.redaction import disarm, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import tzinfo

    from nbstream.readings.batch import Batch

__all__ = ["Counters", "Source", "SourceState", "running_sources"]

BACKOFF_BASE = 0.5
BACKOFF_CAP = 30.0
HEALTHY_AFTER = 60.0
MAX_NOTES = 50
UNHEALTHY = (SourceState.CONNECTING, SourceState.UNREADABLE, SourceState.RECONNECTING)
"""States that end with the next reading."""
MAX_CLAIMS = 1000
"""Channels of which a source remembers that it writes to them."""
REPLACED = "replaced by a later run of its cell"
GIVEN_UP = "what does not end was given up"
FAR_AHEAD_NS = 60 * 10**9
"""Readings so much later than this machine's clock are worth a word."""
FAR_BEHIND_NS = 366 * 86_400 * 1_000_000_000
"""Readings so much older are too."""
FINAL_ERRORS = (IsADirectoryError, NotADirectoryError, ClosedError, DependencyError)
"""Errors that no other try will mend."""


_running: weakref.WeakSet[Source] = weakref.WeakSet()
_running_lock = threading.Lock()


def running_sources() -> list[Source]:
    """Return the sources whose thread is running, in no particular order."""
    with _running_lock:
        return [source for source in _running if source.is_running]


class Source(ABC):
    """Something that produces readings on a thread of its own and puts them into a buffer.

    A kind of source is a subclass with one method, `_run`, which reads until `_wait` returns True
    or there is nothing more. It hands over readings with `_emit`, `_reject` and `_drop` and says
    what it is doing with `_set_state`. Whatever it raises becomes a state. OSError and ConnectError
    are tried again with back-off; anything else, and a permission denied, is final before the first
    reading and tried again after it. A directory in the place of a file is always final.

    Parameters
    ----------
    buffer
        Where the readings go; None makes a new one, which `close()` closes.
    name
        For people, and for the thread; None takes one from what is read.
    units
        Unit by channel, as in ``{"temp": "°C"}``.
    timezone
        Zone of times that name none: an IANA name, a tzinfo, or None for the buffer's zone, which
        is the local one unless it was given another.
    clock
        Wall and monotonic time.
    random
        Where the jitter of the back-off comes from; None seeds a new generator.

    Notes
    -----
    A running source lives on without a reference to it, because its buffer may be in use: end it
    with `stop()`, `close()`, ``with``, or `nbstream.stop_all()`. A notebook cell that runs again stops
    the sources that it made before, but for one that it uses again.

    Thread safety: any method may be called from any thread, the source's own included.
    """

    kind: ClassVar[str] = "source"
    can_run_again: ClassVar[bool] = True
    """Whether `_run` can go on after any error: a generator that raised, for one, cannot."""

    def __init__(
        self,
        *,
        buffer: Buffer | None = None,
        name: str | None = None,
        units: Mapping[str, str] | None = None,
        timezone: str | tzinfo | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: _random.Random | None = None,
    ) -> None:
        self._owns_buffer = buffer is None
        self.buffer: Buffer = Buffer(timezone=timezone) if buffer is None else buffer
        self.name: str = name if name is not None else self.kind
        self.units: dict[str, str] = dict(units or {})
        self.timezone: tzinfo = self.buffer.timezone if timezone is None else as_zone(timezone)
        self.buffer.units.update(self.units)
        self._clock = clock
        self._random = random if random is not None else _random.Random()
        self._lock = threading.RLock()
        self._counters = Counters()
        self._state = SourceState.IDLE
        self._detail = ""
        self._state_since = clock.monotonic()
        self._last_error: Exception | None = None
        self._notes: dict[str, str] = {}
        self._reported: set[str] = set()
        self._writes: set[str] = set()
        self._thread: _SourceThread | None = None
        self._stop = threading.Event()
        self._closed = False
        self._has_delivered = False
        self._attempt = 0
        self._healthy_since: float | None = None
        self._healthy_until = 0.0
        if MAIN.is_current:  # elsewhere there is no telling which cell makes it
            ownership.adopt(self, is_held=False)
        self._on_pace: set[str] | None = None

    # The life of a source.

    def start(self) -> Self:
        """Start reading on a background thread and return at once; a running source goes on.

        Raises
        ------
        ClosedError
            If the source was closed.
        """
        with self._lock:
            if self._closed:
                msg = f"The source {self.name!r} was closed. Make a new one."
                raise ClosedError(msg)
            if self.is_running and not self._stop.is_set():
                return self
            previous = self._thread
            self._set_state(SourceState.CONNECTING)
            self._stop = threading.Event()
            self._attempt, self._healthy_since = 0, None
            self._reported.clear()
            self._last_error = None
            self._writes.clear()
            self._thread = _SourceThread(self, self._stop, previous)
            self._thread.start()
        with _running_lock:
            _running.add(self)
        return self

    def stop(self, timeout: float | None = 5.0) -> None:
        """Stop reading and wait until the thread has ended; `start()` goes on where it stopped.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits for ever. A thread that is stuck in a call is given
            up after that: whatever it returns later is dropped. Called from the source's own
            thread, this does not wait.
        """
        with self._lock:
            thread = self._thread
            self._signal_end()
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout)
        with self._lock:
            if thread.is_alive() and self._thread is thread:
                self._thread = None  # from now on it is a stranger, see _is_abandoned
                self._set_state(SourceState.STOPPED, GIVEN_UP)

    def close(self) -> None:
        """Stop for good and free what the source holds; a buffer that it was given stays open.

        It waits for the thread half a second at most, so that a notebook goes on; a thread that is
        stuck in a call is given up then, as by `stop()`.
        """
        with self._lock:
            was_closed, self._closed = self._closed, True
        try:
            self.stop(seconds_left(GRACE))
        finally:
            if not was_closed:
                ownership.forget(self)
                self._free()
                if self._owns_buffer:
                    self.buffer.close()

    def _replaced(self) -> None:
        """Stop, because the cell that made it runs again; what it has read can still be looked at."""
        if self.is_running:
            self.stop(seconds_left(GRACE))
            self._set_state(SourceState.STOPPED, REPLACED)
        ownership.forget(self)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_thread", None) is not None and self.is_running:
            if not sys.is_finalizing():
                text = f"The source {self.name!r} was never stopped. Use stop(), close() or 'with'."
                warnings.warn(text, ResourceWarning, stacklevel=2)
            self._signal_end()

    def __repr__(self) -> str:
        """Return the class, the name and what the source is doing."""
        return f"<{type(self).__name__} {self.name!r}: {self.status}>"

    # What can be asked.

    @property
    def state(self) -> SourceState:
        """Where the source is in its life."""
        return self._state

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive."""
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
            seconds = int(self._clock.monotonic() - self._state_since)
            return f"{detail or 'starting'} ({seconds} s)"
        if state is SourceState.RUNNING:
            return detail or "reading"
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

    # What a subclass writes.

    @abstractmethod
    def _run(self) -> None:
        """Read until stopped or at the end; on the source's thread, again after a failure."""

    def _interrupt(self) -> None:
        """Wake the thread if it waits for anything but `_wait`; must not block."""
        return

    def _free(self) -> None:
        """Free what is held beyond the thread; called once by `close()`."""
        return

    # What a subclass uses.

    @property
    def _stop_of_thread(self) -> threading.Event:
        thread = threading.current_thread()
        return thread.stop if isinstance(thread, _SourceThread) else self._stop

    @property
    def _is_stopping(self) -> bool:
        return self._stop_of_thread.is_set()

    def _wait(self, seconds: float | None) -> bool:
        """Wait; return at once and True when the source is being stopped."""
        return self._clock.wait(self._stop_of_thread, seconds)

    def _ticks(self, interval: float) -> Iterator[None]:
        """Yield every `interval` seconds without drift until stopped, skipping what was missed."""
        due = self._clock.monotonic()
        while not self._is_stopping:
            yield
            now = self._clock.monotonic()
            due += interval
            if due < now:
                due += interval * ((now - due) // interval + 1)
            if self._wait(due - now):
                return

    def _emit(self, batch: Batch, n_received: int | None = None) -> Extended:
        """Put readings into the buffer and count them; `n_received` minus these were rejected."""
        n = len(batch)
        n_rejected = 0 if n_received is None else n_received - n
        if self._is_abandoned:
            self._count(Counters(n + n_rejected, rejected=n_rejected, dropped=n))
            return Extended(0, 0)
        extended = self.buffer.extend_batch(batch) if n else Extended(0, 0)
        if n and self.own_interval is not None:
            self._tell_pace(batch, self.own_interval)
        accepted, late = extended
        n_dropped = 0
        if not self._writes.issuperset(batch.values):
            self._claim(batch.values)
        refused = self.buffer.refused_channels & batch.values.keys()
        if refused:
            problem = next(filter(None, map(name_problem, sorted(refused))), None)
            too_many = f"more than {self.buffer.max_channels} channels; some left out"
            self._report("channels", too_many if problem is None else f"left out: {problem}")
            if self.buffer.refused_channels.issuperset(batch.values):
                late, n_dropped = 0, n
        if n or n_rejected:
            self._count(Counters(n + n_rejected, accepted, n_rejected, late, n_dropped))
        if accepted > 0:
            self._has_data()
            self._compare_clocks(int(batch.times[-1]))
        if late > 0:
            self._report("late", "readings older than the newest are left out (late)")
        return extended

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
            if isinstance(other, Source) and other.is_running:
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

    def _reject(self, n: int, example: str) -> None:
        """Count readings that cannot be read; the first `example` is shown."""
        self._count(Counters(received=n, rejected=n))
        if "rejected" not in self._notes:
            self._note_once("rejected", f"cannot be read: {shorten(example)}")

    def _drop(self, n: int, reason: str) -> None:
        """Count readings that were given up; each reason is reported once."""
        self._count(Counters(received=n, dropped=n))
        self._note_once(f"dropped {reason}", reason)

    def _count(self, more: Counters) -> None:
        with self._lock:
            self._counters = Counters(*map(add, self._counters, more))

    def _note(self, kind: str, text: str) -> None:
        """Add to `notes`; a later note of the same kind takes its place."""
        if kind in self._notes or len(self._notes) < MAX_NOTES:
            self._notes[kind] = redact(text)

    def _note_once(self, kind: str, text: str) -> None:
        """Add to `notes` and tell people, the first time only."""
        if kind not in self._notes:
            self._note(kind, text)
            self._report(kind, text)

    def _tell(self, text: str) -> None:
        """Record an event for people."""
        self.buffer.note(f"{self.name}: {text}")

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
            if (state, detail) != (self._state, self._detail):
                self._state_since = self._clock.monotonic()
            self._state, self._detail = state, detail
            if error is not None:
                disarm(error)
                self._last_error = error

    def _has_data(self) -> None:
        """Mark the source as healthy."""
        now = self._clock.monotonic()
        self._has_delivered = True
        if self._healthy_since is None:
            self._healthy_since = now
        self._healthy_until = now
        if self._state in UNHEALTHY:
            self._set_state(SourceState.RUNNING)
        self._is_well()

    def _is_well(self) -> None:
        """Forget an error once the source is RUNNING again."""
        if self._last_error is not None and self._state is SourceState.RUNNING:
            self._last_error = None
            if "error" in self._reported:
                self._reported.discard("error")
                self._tell("works again")

    def _backoff(self, attempt: int) -> float:
        """Return the seconds to wait before try number `attempt` + 1: full jitter, at most 30 s."""
        return self._random.uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 2.0 ** min(attempt, 16)))

    def _set_unreadable(self, error: ParseError) -> None:
        """Look unhealthy until a reading comes: nothing that came can be read."""
        self._set_state(SourceState.UNREADABLE, str(error), error)
        self._report("error", str(error))

    # The supervision.

    @property
    def _is_abandoned(self) -> bool:
        """Whether the current thread is one that `stop()` gave up, or that a restart replaced."""
        thread = threading.current_thread()
        return isinstance(thread, _SourceThread) and thread is not self._thread

    def _signal_end(self) -> None:
        """Tell the thread to stop, and wait for nothing."""
        self._stop.set()
        self._interrupt()

    def _supervise(self) -> None:
        """Call `_run` until it returns, fails for good or is stopped; nothing escapes."""
        while not self._is_stopping:
            try:
                self._run()
            except BaseException as error:
                if isinstance(error, Exception) and not self._is_final(error):
                    if not self._is_stopping:
                        self._try_again_later(error)
                elif not (isinstance(error, ClosedError) and self._is_stopping):
                    self._fail(error)
            else:
                break
            if self._state is SourceState.FAILED:
                return
        if self._state not in (SourceState.ENDED, SourceState.FAILED):
            ended = SourceState.STOPPED if self._is_stopping else SourceState.ENDED
            self._set_state(ended)
        if self._state is SourceState.ENDED and not self._is_abandoned:
            self._tell(self.status)

    def _is_final(self, error: Exception) -> bool:
        """Return whether an error ends the source; else it is tried again."""
        if isinstance(error, FINAL_ERRORS):
            return True
        if isinstance(error, ConnectError):
            return False
        if not self.can_run_again:
            return True
        if isinstance(error, OSError) and not isinstance(error, PermissionError):
            return False
        return not self._has_delivered

    def _try_again_later(self, error: Exception) -> None:
        if self._healthy_since is not None:
            if self._healthy_until - self._healthy_since >= HEALTHY_AFTER:
                self._attempt = 0
            self._healthy_since = None
        delay = self._backoff(self._attempt)
        self._attempt += 1
        text = f"reconnecting in {delay:.0f} s (attempt {self._attempt}): {explain(error)}"
        self._set_state(SourceState.RECONNECTING, text, error)
        self._report("error", explain(error))
        if not self._wait(delay):
            self._count(Counters(reconnects=1))

    def _fail(self, error: BaseException) -> None:
        kept = error if isinstance(error, Exception) else NbstreamError(f"{error!r}")
        self._set_state(SourceState.FAILED, explain(error), kept)
        if not self._is_abandoned:
            self._tell(self.status)


class _SourceThread(threading.Thread):
    """The thread of one start of a source."""

    def __init__(
        self, source: Source, stop: threading.Event, previous: threading.Thread | None
    ) -> None:
        super().__init__(name=f"nbstream-{source.name}", daemon=True)
        self.stop = stop
        self._source: Source | None = source
        self._previous = previous

    def run(self) -> None:
        source, previous = self._source, self._previous
        self._source = self._previous = None
        assert source is not None
        while previous is not None and previous.is_alive() and not self.stop.is_set():
            previous.join(0.05)  # two threads must not read at the same time
        source._supervise()


@atexit.register
def _signal_all() -> None:
    """Tell every thread to stop; joining here could hang the exit."""
    for source in list(_running):
        source._signal_end()
