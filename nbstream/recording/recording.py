"""A recording: readings with their times and times of arrival, written while they come."""

from __future__ import annotations

import atexit
import json
import logging
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from nbstream.errors import ClosedError, ParseError
from nbstream.readings.window import parse_duration, rough_duration
from nbstream.recording.backlog import Backlog
from nbstream.recording.converting import convert, folder_of
from nbstream.recording.encodings import ArrowEncoding, PlainEncoding
from nbstream.recording.files import DISK, Disk
from nbstream.recording.opening import told_of
from nbstream.recording.parts import PartsWriter
from nbstream.recording.places import Places
from nbstream.recording.row_feed import RowFeed
from nbstream.recording.state import RecordingCounters, RecordingState
from nbstream.recording.surroundings import Surroundings, beginning, position_of
from nbstream.runtime import forking, ownership
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.ending import PATIENCE, seconds_left
from nbstream.runtime.turns import Wait, begin
from nbstream.sources import Source
from nbstream.sources.wording import explain
from nbstream.text.redaction import disarm, log_exception, redact
from nbstream.text.sheet import InCell, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from os import PathLike
    from pathlib import Path

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.buffer import Buffer
    from nbstream.recording.parts import Arrived
    from nbstream.runtime.turns import Life, Turns

__all__ = ["Recording", "RecordingCounters", "RecordingState"]

logger = logging.getLogger(__name__)

FLUSH_INTERVAL = 1.0
"""Seconds that readings are gathered."""
SYNC_INTERVAL = 5.0
"""Seconds between two times at which what was written is made to last a power cut."""
POSITION_INTERVAL = 5.0
"""Seconds between two notes of the source's position, at least."""
POSITION_BYTES_PER_SECOND = 1000
"""That of many files is long, and noted less often."""
LONG_AFTER, LONG = 1.0, 5.0
"""A conversion is told after so many seconds, if it will take so many more."""
TURNED_OVER = "the buffer no longer held them"
TOO_SLOW = "the disk was too slow"
KNOWN_GAPS = (TURNED_OVER, TOO_SLOW)
"""Ends of reasons that people were told when it happened."""


class _File:
    """One file of a recording, and the parts that it is made of."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self.folder = folder_of(path)
        is_csv = path.suffix.lower() == ".csv"
        self.parts = PartsWriter(self.folder, PlainEncoding() if is_csv else ArrowEncoding(), disk)
        self.n_written = 0
        self.n_dropped = 0


class Recording(InCell):
    """Writes what a source brings into a file; `source.record("run.parquet")` makes and starts it.

    While it records, ``run.parquet.part/`` beside holds what came so far, and `nbstream.replay` opens it
    if the recording was killed. `stop()` makes one file of it.

    Parameters
    ----------
    source
        What is recorded. Of a Buffer the rows that it gets: their times of arrival are those at which it was
        looked, once a second.
    path
        Ends with .parquet (which needs pyarrow) or .csv.
    analyzer
        Whose rules and incidents are noted beside; None has none.
    max_bytes
        Begin another file after so many bytes of parts; None is never. The files are then
        ``run-0001.parquet``, ``run-0002.parquet`` and so on; with `overwrite`, what an earlier recording left
        of these is removed once the last of them is whole.
    max_age
        Begin another file after so long: seconds, "1h" or a timedelta; None is never.
    max_backlog
        Bytes that may wait while the disk is slow. What has no place is dropped, counted, and told in
        the file as a gap; the source never waits.
    overwrite
        Whether a file of that name may be replaced.

    Raises
    ------
    FileExistsError
        If there is such a file, or the parts of one, and `overwrite` is not set; or another recording of this
        process still writes it.
    OSError
        If it cannot be written.
    ClosedError
        If the source was closed.
    ValueError
        If the name or a bound is not possible.
    DependencyError
        If pyarrow is not installed, and the file is no CSV.

    Notes
    -----
    Readings are gathered for a second, and lost at most so many when the kernel is killed; a power cut
    takes the last 5 s. Thread safety: any method from any thread.
    """

    def __init__(
        self,
        source: Source | Buffer,
        path: str | PathLike[str],
        *,
        analyzer: Analyzer | None = None,
        max_bytes: int | None = None,
        max_age: str | float | timedelta | None = None,
        max_backlog: int = 64 * 2**20,
        overwrite: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        disk: Disk = DISK,
    ) -> None:
        is_numbered = max_bytes is not None or max_age is not None
        self._places = Places(path, is_numbered=is_numbered, overwrite=overwrite)
        for name, number in (("max_bytes", max_bytes), ("max_backlog", max_backlog)):
            if number is not None and not number > 0:
                msg = f"{name!r} must be > 0 (got {number!r})."
                raise ValueError(msg)
        self._max_bytes = max_bytes
        self._max_age = None if max_age is None else parse_duration(max_age, name="max_age") / 1e9
        self.source: Source | None = source if isinstance(source, Source) else None
        self.buffer: Buffer = source.buffer if isinstance(source, Source) else source
        self.analyzer = analyzer
        self._clock, self._disk = clock, disk
        self._backlog = Backlog(max_backlog, clock.wall_ns)
        self._state = RecordingState.RECORDING
        self._last_error: Exception | None = None
        self._n_fed = self._n_written = self._n_lost = self._n_gaps = self._n_bytes_before = 0
        self._told: set[str] = set()
        self._began = clock.monotonic()
        self._noted_position: Any = None
        self._note_position_at = self._began + POSITION_INTERVAL
        self._progress = 0.0, 0.0
        """Which share of a conversion is done, and how many seconds are left."""
        self._paths: list[Path] = []
        self._gaps: list[dict[str, Any]] = []
        self._converters: list[threading.Thread] = []
        self._converting = threading.Lock()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._surroundings = Surroundings(self.buffer, analyzer)
        self._feed: RowFeed | None = None
        self._file: _File | None = None
        self._take = self._backlog.take
        self._thread: threading.Thread | Turns | None = None
        if ownership.knows_maker():
            ownership.adopt(
                self
            )  # what an earlier run of the cell records into the same file ends before
        try:
            if self.source is not None and self.source._closed:
                msg = f"The source {self.source.name!r} was closed: nothing comes to be recorded."
                raise ClosedError(msg)
            self._places.require_folder()
            self._begin()
        except BaseException:
            ownership.forget(self)
            raise
        _open.add(self)
        self._thread = begin(self._life, self._stop, "nbstream-recording", clock)

    def _begin(self) -> None:
        """Open the first file, and have readings come."""
        path = self._places.path
        for other in list(_open):
            if other._places.path.absolute() == path.absolute():
                msg = (
                    f"{str(path)!r} is being recorded ({other.status}). Stop that recording first."
                )
                raise FileExistsError(msg)
        self._places.find_earlier()
        self._file = self._open_file(self._places.next())
        if self.source is None:
            self._feed = RowFeed(self.buffer, self._clock.wall_ns)
        else:
            self.source._add_tap(self._take)

    def _end_taking(self) -> None:
        if self.source is not None:
            self.source._remove_tap(self._take)

    def __repr__(self) -> str:
        """Return the file, and what became of the readings."""
        return f"<Recording {self.path.name!r}: {self.status}>"

    def _sheet(self) -> Sheet:
        """Return the file, and what became of the readings."""
        counters = self.counters()
        facts = (
            [f"{counters.n_bytes:,} bytes in {self.path}"] if counters.n_bytes else [str(self.path)]
        )
        return Sheet(f"Recording {self.path.name!r}", self.status, facts)

    def __enter__(self) -> Self:
        """Return the recording; leaving the block stops it."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self.stop()

    @property
    def state(self) -> RecordingState:
        """What the recording is doing."""
        return self._state

    @property
    def status(self) -> str:
        """What it is doing, and what became of the readings, in one line for people."""
        counters = self.counters()
        share, seconds = self._progress
        text = self._state.value
        if self._state is RecordingState.CONVERTING and share:
            text += f" {share:.0%}, {rough_duration(round(seconds * 1e9))} left"
        text += f", {counters.written:,} readings"
        if counters.dropped:
            text += f", {counters.dropped:,} dropped"
        if self._last_error is not None:
            text += f" ({redact(explain(self._last_error))})"
        return text

    @property
    def path(self) -> Path:
        """The file that is being written, or was written last."""
        return self._places.path if self._file is None else self._file.path

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are whole, oldest first."""
        return tuple(self._paths)

    @property
    def missing(self) -> str:
        """What is missing in the files that are whole, for people; "" if nothing is.

        A file of Parquet says it too; CSV has no place for it.
        """
        return told_of(self._gaps)

    @property
    def last_error(self) -> Exception | None:
        """Why it could not go on; None while all is well."""
        return self._last_error

    def counters(self) -> RecordingCounters:
        """Return what became of the readings so far."""
        with self._lock:
            return RecordingCounters(
                self._backlog.n_received + self._n_fed,
                self._n_written,
                self._backlog.n_dropped + self._n_lost,
                self._n_gaps,
                self._n_bytes_before + (0 if self._file is None else self._file.parts.n_bytes),
            )

    def stop(self, timeout: float | None = None) -> None:
        """Stop recording and wait until the file is whole; a second call waits too.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits until the file is whole, at some ten million readings a
            second. It becomes whole all the same: `status` says how far it is, and an interrupt of the
            cell ends the waiting only.
        """
        self._signal_end()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(timeout)
        ownership.forget(self)

    def close(self) -> None:
        """Stop, and wait a few seconds at most."""
        self.stop(seconds_left(PATIENCE))

    def _signal_end(self) -> None:
        """Tell the thread to end, and wait for nothing."""
        self._end_taking()
        self._stop.set()
        self._backlog.wake.set()

    # On its thread, or in turns.

    def _life(self) -> Life:
        try:
            yield from self._record()
            self._state = RecordingState.CONVERTING
            file = self._file
            if file is not None:
                self._end(file)
            for converter in self._converters:
                converter.join()
            if file is not None:
                self._convert(file)
            if self._state is RecordingState.CONVERTING:
                self._places.remove_earlier()
                self._state = RecordingState.FINISHED
        except Exception as error:
            self._fail(error)
        finally:
            _open.discard(self)

    def _record(self) -> Life:
        assert self._file is not None
        synced = began = self._began
        while not self._stop.is_set():
            yield Wait(FLUSH_INTERVAL, self._backlog.wake)
            self._backlog.wake.clear()
            self._write_out(self._file)
            now = self._clock.monotonic()
            self._note_position(self._file, now)
            if now - synced >= SYNC_INTERVAL:
                self._file.parts.sync()
                synced = now
            if self._is_full(self._file, now - began) and not self._stop.is_set():
                began = now
                self._begin_another(self._file)
        self._write_out(self._file)

    def _note_position(self, file: _File, now: float) -> None:
        """Note where the source is, if that is due and it went on."""
        if now < self._note_position_at:
            return
        position = position_of(self.source)
        n_bytes = len(json.dumps(position))
        self._note_position_at = now + max(POSITION_INTERVAL, n_bytes / POSITION_BYTES_PER_SECOND)
        if position is not None and position != self._noted_position:
            self._noted_position = position
            file.parts.event("position", position=position)

    def _write_out(self, file: _File) -> None:
        """Write what waits."""
        waiting, n_bytes, gap = self._backlog.hand_over()
        parts = file.parts
        if self._feed is not None:
            waiting = self._feed.take()
            n_evicted = self._feed.take_evicted()
            with self._lock:
                self._n_fed += _n_readings(waiting) + n_evicted
                self._n_lost += n_evicted
                self._n_gaps += n_evicted > 0
            if n_evicted:
                file.n_dropped += n_evicted
                parts.event("gap", readings=n_evicted, why=TURNED_OVER)
                self._tell_once("the buffer is too small; some readings are not recorded")
        self._surroundings.note(parts)
        n = _n_readings(waiting)
        try:
            if waiting:
                parts.write(waiting)
        except BaseException:
            self._n_lost += n
            raise
        finally:
            self._backlog.release(n_bytes)
        with self._lock:
            self._n_written += n
            file.n_written += n
        if gap is not None:
            with self._lock:
                self._n_gaps += 1
            file.n_dropped += gap.readings
            why = TOO_SLOW
            parts.event("gap", first=gap.first, last=gap.last, readings=gap.readings, why=why)
            self._tell_once("the disk is too slow; some readings are not recorded")
        parts.flush()

    def _is_full(self, file: _File, age: float) -> bool:
        if not file.n_written:
            return False  # what a file begins with may be longer than `max_bytes`
        is_large = self._max_bytes is not None and file.parts.n_bytes >= self._max_bytes
        return is_large or (self._max_age is not None and age >= self._max_age)

    def _begin_another(self, full: _File) -> None:
        """Go on in another file; the one before becomes whole on a thread of its own, or else now."""
        self._end(full)
        with self._lock:
            self._n_bytes_before += full.parts.n_bytes
            self._surroundings.begin_again()
            self._file = self._open_file(self._places.next())
        self._converters = [thread for thread in self._converters if thread.is_alive()]
        converter = threading.Thread(
            target=self._convert, args=(full,), name="nbstream-recording-converter", daemon=True
        )
        try:
            converter.start()
        except RuntimeError:
            self._convert(full)
        else:
            self._converters.append(converter)

    def _open_file(self, path: Path) -> _File:
        file = _File(path, self._disk)
        now = self._clock.wall_ns()
        facts = beginning(self.source, self.buffer, self.analyzer, now)
        file.parts.event("begin", **facts)
        try:
            file.parts.flush()
        except OSError:
            with suppress(OSError):
                file.parts.close()
            raise
        return file

    def _end(self, file: _File) -> None:
        """Write the last line of a file's journal and close its parts."""
        counters = {"written": file.n_written, "dropped": file.n_dropped}
        file.parts.event(
            "end",
            stopped_ns=self._clock.wall_ns(),
            counters=counters,
            position=position_of(self.source),
        )
        file.parts.sync()
        file.parts.close()

    def _convert(self, file: _File) -> None:
        """Make one file of parts; where that fails the parts stay."""
        with self._converting:
            try:
                found = convert(file.folder, file.path, self._disk, self._note_progress())
            except Exception as error:
                self._fail(
                    error, f"could not become one file; it can be replayed from {file.folder.name}"
                )
            else:
                self._paths.append(file.path)
                self._gaps += found.gaps
                if not all(f"{gap.get('why')}".endswith(KNOWN_GAPS) for gap in found.gaps):
                    self._tell(f"is whole, but {told_of(found.gaps)}")
                if file.folder.exists():
                    self._tell(f"is whole; {file.folder.name} could not be removed")

    def _note_progress(self) -> Callable[[float], None]:
        """Return what takes the share of a conversion that is done; one that will be long is told."""
        began = self._clock.monotonic()
        self._progress = 0.0, 0.0

        def note(share: float) -> None:
            passed = self._clock.monotonic() - began
            seconds = passed * (1 - share) / share if share else 0.0
            self._progress = share, seconds
            if passed > LONG_AFTER and seconds > LONG:
                left = rough_duration(round(seconds * 1e9))
                self._tell_once(
                    f"becomes one file, which takes about {left}; stop(timeout=0) would not wait for it"
                )

        return note

    def _fail(self, error: Exception, what: str = "") -> None:
        """Say what is wrong; the source and its charts go on."""
        disarm(error)
        self._end_taking()
        waiting, n_bytes, gap = self._backlog.hand_over()
        self._backlog.release(n_bytes)
        with self._lock:
            self._n_gaps += gap is not None
            self._n_lost += _n_readings(waiting)
            self._last_error = error
        if self._file is not None:
            with suppress(OSError):
                self._file.parts.sync()
            self._file.parts.close()
        self._tell(f"{what or 'stopped'}: {explain(error)}")
        self._state = RecordingState.FAILED
        if not isinstance(error, (OSError, ParseError)):
            log_exception(logger, "The recording %r failed.", self.path.name)

    def _tell(self, text: str) -> None:
        self.buffer.note(f"recording {self.path.name!r} {text}")

    def _tell_once(self, text: str) -> None:
        about = text.split(",")[0]
        if about not in self._told:
            self._told.add(about)
            self._tell(text)


def _n_readings(arrived: list[Arrived]) -> int:
    return sum(len(times) * len(names) for _, times, names, _ in arrived)


_open: weakref.WeakSet[Recording] = weakref.WeakSet()


@atexit.register
def _finish_all() -> None:
    """Let recordings that nobody stopped become whole."""
    found = list(_open)
    for recording in found:
        recording._signal_end()
    for recording in found:
        recording.stop()


@forking.in_child
def _forget_all() -> None:
    """Leave the recordings of a process to it, and not to what it forks."""
    global _open
    _open = weakref.WeakSet()
