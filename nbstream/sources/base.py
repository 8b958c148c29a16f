"""What every source is: a supervised life with states, counters and a buffer, on a thread or in turns."""

from __future__ import annotations

import atexit
import inspect
import random as _random
import sys
import threading
import warnings
import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nbstream.errors import (
    ClosedError,
    ConfigurationError,
    ConnectError,
    DependencyError,
    NbstreamError,
    RefusedError,
    SourceError,
)
from nbstream.readings.buffer import Buffer
from nbstream.readings.zone import as_zone
from nbstream.runtime import forking, ownership
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.ending import GRACE, seconds_left
from nbstream.runtime.turns import Wait, live, take_turns
from nbstream.sources.handing_over import HandingOver
from nbstream.sources.options import refuse_options
from nbstream.sources.stand_ins import StandIns
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.supervision import (
    HEALTHY_AFTER,
    SourceThread,
    SourceTurns,
    backoff,
    wait_asked_for,
)
from nbstream.sources.transforms.chain import Chain
from nbstream.sources.wording import explain
from nbstream.text.sheet import InCell, Sheet, and_more

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta, tzinfo
    from os import PathLike

    from nbstream.recording.recording import Recording
    from nbstream.runtime.turns import Life, Pause
    from nbstream.sources.stand_ins import NaValues

__all__ = ["Counters", "Source", "SourceState", "running_sources"]

REPLACED = "replaced by a later run of its cell"
GIVEN_UP = "what does not end was given up"
FORKED = "it goes on in the process that this one was forked from"
FINAL_ERRORS = (
    IsADirectoryError, NotADirectoryError, ClosedError, ConfigurationError, DependencyError,
)  # fmt: skip
"""Errors that no other try will mend."""


_running: weakref.WeakSet[Source] = weakref.WeakSet()
_running_lock = threading.Lock()


def running_sources() -> list[Source]:
    """Return the sources whose thread is running, in no particular order."""
    with _running_lock:
        return [source for source in _running if source.is_running]


class Source(InCell, HandingOver, Chain, ABC):
    """Something that produces readings on a thread of its own and puts them into a buffer.

    A kind of source is a subclass with one method, `_run`, which reads until there is nothing more or it
    shall end: it yields what it waits for, and is told. It hands over readings with `_emit`, `_reject` and
    `_drop` and says what it is doing with `_set_state`. Whatever it raises becomes a state. OSError and
    ConnectError are tried again with back-off, the first time as any other; anything else, a RefusedError
    and a permission denied are final before the first reading (or a minute's connection) and tried again
    after it. A ConfigurationError and a directory in the place of a file are always final.

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
    na_values
        Numbers that stand for a missing reading, such as -999: one, several, or either by channel, as in
        ``{"temp": [-127, 85]}``.
    clock
        Wall and monotonic time.
    random
        Where the jitter of the back-off comes from; None seeds a new generator.

    Raises
    ------
    TypeError
        If there is no such option; the message names the nearest.
    ValueError
        If one of `na_values` is no number.

    Notes
    -----
    A running source lives on without a reference to it, because its buffer may be in use: end it
    with `stop()`, `close()`, ``with``, or `nbstream.stop_all()`. A notebook cell that runs again stops
    the sources that it made before, but for one that it uses again.

    Where no thread can be started, kinds that can read in turns on the running event loop, or by `update`.

    Thread safety: any method may be called from any thread, the source's own included.
    """

    kind: ClassVar[str] = "source"
    can_run_again: bool = True
    """Whether `_run` can go on after any error: a generator that raised, for one, cannot."""

    def __init__(
        self,
        *,
        buffer: Buffer | None = None,
        name: str | None = None,
        units: Mapping[str, str] | None = None,
        timezone: str | tzinfo | None = None,
        na_values: NaValues | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: _random.Random | None = None,
        **unknown: Any,
    ) -> None:
        refuse_options(type(self), unknown)
        self._owns_buffer = buffer is None
        kept = Buffer(timezone=timezone) if buffer is None else buffer
        super().__init__(kept, name if name is not None else self.kind, clock)
        self.units: dict[str, str] = dict(units or {})
        self.timezone: tzinfo = self.buffer.timezone if timezone is None else as_zone(timezone)
        self.buffer.units.update(self.units)
        self._stand_ins = None if na_values is None else StandIns(na_values)
        self._random = random if random is not None else _random.Random()
        self._closed = False
        self._attempt = 0
        self._was_well = False
        if ownership.knows_maker():
            ownership.adopt(self, is_held=False)

    # The life of a source.

    def start(self, position: Any = None) -> Self:
        """Start reading on a background thread and return at once; a running source goes on.

        Parameters
        ----------
        position
            Where to begin: what `position` said, of this source or of an equal one in an earlier kernel. None
            goes on where this source stopped.

        Raises
        ------
        ClosedError
            If the source was closed.
        ValueError
            If there is no such position, or the source is running.
        """
        with self._lock:
            if self._closed:
                msg = f"The source {self.name!r} was closed. Make a new one."
                raise ClosedError(msg)
            self._refuse_while_running(position)
            if self.is_running and not self._stop.is_set():
                return self
            if position is not None:
                if self._thread is not None:
                    self._thread.join(GRACE)
                self._go_to(position)
            previous = self._thread
            self._set_state(SourceState.CONNECTING)
            self._stop = threading.Event()
            self._attempt, self._well_since, self._connected_at = 0, None, None
            self._reported.clear()
            self._last_error = None
            self._writes.clear()
            self._thread = self._begin_after(previous)
        with _running_lock:
            _running.add(self)
        return self

    def _begin_after(
        self, previous: SourceThread | SourceTurns | None
    ) -> SourceThread | SourceTurns:
        """Begin to read, on a thread or else in turns, once the start before is over."""
        thread = SourceThread(self, self._supervise, self._stop, previous)
        self._thread = thread  # its states count
        try:
            thread.start()
        except RuntimeError as error:
            if not self._needs_thread:
                return SourceTurns(self, self._life(), self._stop, previous, self._clock)
            self._thread = previous
            self._set_state(SourceState.IDLE)
            msg = (
                f"{self.name!r} needs a thread, and none can be started here ({error}). Files, functions, "
                f"tables and recordings are read without one; other readings append to an ns.Buffer."
            )
            raise SourceError(msg, source=self.name) from error
        return thread

    def update(self) -> None:
        """Read what there is to be read, for some milliseconds, where no thread can be started.

        There a source goes on by itself on an event loop, if one runs. A script without one calls this again
        and again, or `Analyzer.update`: either gives a turn to all sources, analyzers, recordings and
        notifiers of the process. Where there are threads this does nothing.
        """
        take_turns()

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
        if thread is None or thread.is_current:
            return
        thread.join(timeout)
        with self._lock:
            if thread.is_alive() and self._thread is thread:
                self._thread = None  # from now on it is a stranger, see _is_abandoned
                is_thread = isinstance(thread, SourceThread)
                self._set_state(SourceState.STOPPED, GIVEN_UP if is_thread else "")

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

    def _sheet(self) -> Sheet:
        """Return what it is doing, what became of the readings, and the newest of each channel."""
        counters = self.counters()._asdict()
        received = counters.pop("received")
        counts = [f"{n:,} {what}" for what, n in counters.items() if n and what != "accepted"]
        header, rows, n = self.buffer._newest_rows()
        more = and_more(n, len(rows), "channel")
        title = f"{type(self).__name__} {self.name!r}"
        facts = [f"{received:,} received", *counts, *self.notes]
        return Sheet(title, self.status, facts, header, rows, n_words=1, more=more)

    def record(
        self,
        path: str | PathLike[str],
        *,
        on: Any = None,
        before: str | float | timedelta | None = None,
        after: str | float | timedelta | None = None,
        max_bytes: int | None = None,
        max_age: str | float | timedelta | None = None,
        max_backlog: int = 64 * 2**20,
        overwrite: bool = False,
    ) -> Recording:
        """Write what comes from now on into a file, with times of arrival, until its `stop()`.

        Parameters
        ----------
        path
            Ends with .parquet (which needs pyarrow) or .csv; `nbstream.replay` plays it again.
        on
            A rule: instead of all that comes, what comes `before` and `after` it fires is written, each
            time into a file of its own ("run-0001.parquet"); see `nbstream.recording.Snapshots`.
        before, after
            Seconds, "5min" or a timedelta.
        max_bytes, max_age
            Begin another file after so many bytes, or so long.
        max_backlog
            Bytes that may wait while the disk is slow; more is dropped, and told.
        overwrite
            Whether a file of that name may be replaced.

        Returns
        -------
        Recording
            It has a state and counters, and goes on while the source is stopped and started.

        Raises
        ------
        FileExistsError
            If there is such a file, and `overwrite` is not set.
        OSError
            If it cannot be written.
        ValueError
            If the name or a bound is not possible.
        DependencyError
            If pyarrow is not installed, and the file is no CSV.
        """
        # The one way up from here; recordings are loaded when the first is made.
        from nbstream.recording.door import record

        return record(
            self,
            path,
            on=on,
            before=before,
            after=after,
            max_bytes=max_bytes,
            max_age=max_age,
            max_backlog=max_backlog,
            overwrite=overwrite,
        )

    # What can be asked.

    @property
    def position(self) -> Any:
        """Where reading goes on, a small value for JSON; None if there is no such place.

        All that is before it is in the buffer, or was counted as left out.
        """
        return None

    # What a subclass writes.

    @abstractmethod
    def _run(self) -> Life | None:
        """Read until stopped or at the end; on the source's thread, again after a failure.

        Where it waits it calls `_wait`; or it yields what it waits for and gets the answer of `_wait`, as in
        ``if (yield 0.5): return``. Then it goes without a thread too, in turns that are over where it yields.
        """

    @property
    def _needs_thread(self) -> bool:
        """Whether it can't be read in turns."""
        return not inspect.isgeneratorfunction(type(self)._run)

    def _interrupt(self) -> None:
        """Wake the thread if it waits for anything but `_wait`; must not block."""
        return

    def _refuse_while_running(self, position: Any) -> None:
        """Refuse to begin at a position, unless it is None, while it reads elsewhere."""
        if position is not None and self.is_running and not self._stop.is_set():
            msg = f"The source {self.name!r} is running. Stop it before it begins elsewhere."
            raise ValueError(msg)

    def _go_to(self, position: Any) -> None:
        """Begin at a position with the next `_run`; no thread runs then."""
        msg = f"{type(self).__name__} has no position to begin at (got {position!r:.80})."
        raise ValueError(msg)

    def _free(self) -> None:
        """Free what is held beyond the thread; called once by `close()`."""
        return

    # What a subclass uses.

    def _backoff(self, attempt: int) -> float:
        """Return the seconds to wait before try number `attempt` + 1: full jitter, at most 30 s."""
        return backoff(self._random, attempt)

    # The supervision.

    def _signal_end(self) -> None:
        """Tell the thread to stop, and wait for nothing."""
        self._stop.set()
        if self._thread is not None:
            self._interrupt()

    def _forget_parent(self) -> None:
        """Leave to the parent of a forked process what is its own: the thread, and all that it uses."""
        self._lock = threading.RLock()
        self._thread, self._stop = None, threading.Event()
        self._followers = ()
        self._set_state(SourceState.STOPPED, FORKED)

    def _supervise(self) -> None:
        """Live on the thread that calls this."""
        live(self._life(), self._wait_for)

    def _wait_for(self, pause: Pause) -> bool:
        if isinstance(pause, Wait):
            self._clock.wait(pause.event, pause.seconds)
            return self._is_stopping
        return self._is_stopping if pause is None else self._wait(pause)

    def _life(self) -> Life:
        """Call `_run` until it returns, fails for good or is stopped; nothing escapes."""
        while not self._is_stopping:
            try:
                run = self._run()
                if run is not None:
                    yield from run
            except GeneratorExit:  # the process ends
                raise
            except BaseException as error:
                if isinstance(error, Exception) and not self._is_final(error):
                    if not self._is_stopping:
                        yield from self._try_again_later(error)
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
            for follower in self._followers:
                follower._end()
            self._tell(self.status)

    def _is_final(self, error: Exception) -> bool:
        """Return whether an error ends the source; else it is tried again."""
        if isinstance(error, FINAL_ERRORS):
            return True
        if isinstance(error, RefusedError):
            return not (self._has_delivered or self._has_been_well())
        if isinstance(error, ConnectError):
            return False
        if not self.can_run_again:
            return True
        if isinstance(error, OSError) and not isinstance(error, PermissionError):
            return False
        return not self._has_delivered

    def _has_been_well(self) -> bool:
        """Return whether it was connected, or read, for a minute without a failure."""
        self._disconnected()
        since, until = self._well_since, self._alive_at
        if since is not None and until is not None and until - since >= HEALTHY_AFTER:
            self._was_well = True
            self._attempt, self._well_since = 0, None
        return self._was_well

    def _try_again_later(self, error: Exception) -> Life:
        self._has_been_well()
        self._well_since = None
        delay, asked = self._backoff(self._attempt), wait_asked_for(error)
        self._attempt += 1
        when = f"reconnecting in {max(delay, asked):.0f} s"
        if asked > delay:
            when += ", as it was asked to"
        text = f"{when} (attempt {self._attempt}): {explain(error)}"
        self._set_state(SourceState.RECONNECTING, text, error)
        self._report("error", explain(error))
        if not (yield max(delay, asked)):
            self._count(Counters(reconnects=1))

    def _fail(self, error: BaseException) -> None:
        kept = error if isinstance(error, Exception) else NbstreamError(f"{error!r}")
        self._set_state(SourceState.FAILED, explain(error), kept)
        if not self._is_abandoned:
            self._tell(self.status)


@atexit.register
def _signal_all() -> None:
    """Tell every thread to stop; joining here could hang the exit."""
    for source in list(_running):
        source._signal_end()


@forking.in_child
def _forget_all() -> None:
    """Have no running source in a forked process: its parent's programs and connections must live on."""
    global _running, _running_lock
    sources = list(_running)
    _running, _running_lock = weakref.WeakSet(), threading.Lock()
    for source in sources:
        source._forget_parent()
