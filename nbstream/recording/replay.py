"""A recording as a source: what came comes again, as it came then."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nbstream.readings.batch import Batch, FloatArray, TimeLike
from nbstream.readings.buffer import Buffer
from nbstream.readings.labels import translated
from nbstream.readings.window import parse_duration
from nbstream.recording.opening import (
    Recorded,
    RecordingLike,
    batches_from,
    first_time,
    open_recordings,
    told_of,
    when_ns,
    zone_of,
)
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.runtime.turns import Wait
from nbstream.sources import Source, SourceState
from nbstream.sources.supervision import SourceTurns

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import timedelta

    from nbstream.recording.description import Description
    from nbstream.runtime.turns import Life, Pause

__all__ = ["Replay", "replay"]

EARLIEST_NS, LATEST_NS = -(2**63), 2**63 - 1
STEP_TIMEOUT = 5.0
"""Seconds that a step waits until it was done."""
LOOP_PAUSE_NS = 1_000_000_000
"""Between two rounds of a recording that has one time only."""


class Replay(Source):
    """Brings the readings of a recording again, in the batches and with the pauses in which they came.

    Rules find what they found while it was recorded, reading for reading: late rows, jumps of the clock and
    silence are as they were. Silence goes by the readings' times, and by those of arrival while the readings
    are late; so what was held up on its way was not silent, where its time says so.

    Parameters
    ----------
    path
        A recording, the folder of parts that a killed one left, a pattern such as "run-*.parquet", or
        several of them, which follow each other.
    speed
        How many times faster than it was recorded; None is as fast as possible.
    loop
        Begin again at the end, until stopped. The times of each round follow those of the round before.
    start, stop
        Readings before and from these times on are left out: times, or durations from the first reading
        on ("10min"). None leaves out none.
    duration
        Instead of `stop`: how much after `start`.
    pace
        "arrival": pauses are those with which readings came; "time": those between their times, for
        recordings of what was read at once.
    **options
        As for every `Source`: buffer, name, units, timezone, clock.

    Raises
    ------
    FileNotFoundError
        If there is no such recording.
    ParseError
        If it is none.
    ValueError
        If `speed` is not > 0, or a time or duration cannot be read.
    DependencyError
        If pyarrow is not installed.

    Notes
    -----
    Thread safety: any method from any thread.
    """

    kind = "replay"
    can_run_again = False

    def __init__(
        self,
        path: RecordingLike,
        *,
        speed: float | None = 1.0,
        loop: bool = False,
        start: TimeLike | timedelta = None,
        stop: TimeLike | timedelta = None,
        duration: str | float | timedelta | None = None,
        pace: Literal["arrival", "time"] = "arrival",
        **options: Any,
    ) -> None:
        if pace not in ("arrival", "time"):
            msg = f"'pace' must be 'arrival' or 'time' (got {pace!r})."
            raise ValueError(msg)
        if stop is not None and duration is not None:
            msg = "'stop' and 'duration' say the same; give one of them."
            raise ValueError(msg)
        self._speed = _speed(speed)
        self._recordings = open_recordings(path)
        try:
            first = self._recordings[0].description
            if options.get("buffer") is None:
                zone = options.get("timezone") or zone_of(first)
                options["buffer"], owns = Buffer(timezone=zone), True
            else:
                owns = False
            units = {}
            for recording in self._recordings:
                units.update(recording.description.units)
            options["units"] = units | dict(options.get("units") or {})
            options["name"] = options.get("name") or _name_of(self._recordings)
            super().__init__(**options)
            self._owns_buffer = owns
            self.loop = loop
            self._pace = pace
            self._first_ns = self._find_first()
            self._start_ns = EARLIEST_NS if start is None else self._when(start)
            self._stop_ns = LATEST_NS if stop is None else self._when(stop)
            if duration is not None:
                begin = self._first_ns if start is None else self._start_ns
                self._stop_ns = begin + parse_duration(duration, name="duration")
        except BaseException:
            self._free()
            raise
        self._poke = threading.Event()
        self._stepped = threading.Condition()
        self._is_paused = False
        self._steps: list[Literal["reading", "batch"]] = []
        self._seek_ns: int | None = None
        self._anchor: tuple[float, int] | None = None
        self._batches: Iterator[tuple[int, Batch]] | None = None
        self._next: tuple[int, Batch] | None = None
        self._played: tuple[int, int] | None = None
        self._after: tuple[int, int] | None = None
        self._newest_ns = EARLIEST_NS
        self._shift_ns = 0
        self._heard = _Heard(self)

    # What can be asked.

    @property
    def speed(self) -> float | None:
        """How many times faster than it was recorded; None is as fast as possible. It can be changed."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._speed = _speed(speed)
        self._change()

    @property
    def is_paused(self) -> bool:
        """Whether it waits for `resume` or `step`."""
        return self._is_paused

    @property
    def position(self) -> dict[str, int] | None:
        """The arrival of the batch that was played last, and how many readings of it; None at first."""
        played = self._played
        return None if played is None else {"arrival_ns": played[0], "n_played": played[1]}

    def _go_to(self, position: Any) -> None:
        try:
            self._after = int(position["arrival_ns"]), int(position["n_played"])
        except (TypeError, KeyError, ValueError):
            super()._go_to(position)
        self._batches = None

    @property
    def descriptions(self) -> tuple[Description, ...]:
        """What each file says of itself: source, rules, incidents, notes, gaps."""
        return tuple(recording.description for recording in self._recordings)

    @property
    def missing(self) -> str:
        """What is missing of the recording, as far as it was read; "" if nothing is."""
        gaps = [gap for recording in self._recordings for gap in recording.description.gaps]
        return told_of([*gaps, *(gap for recording in self._recordings for gap in recording.lost)])

    # What can be done.

    def pause(self) -> None:
        """Stand still; what was played stays."""
        self._is_paused = True
        self._change()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._is_paused = False
        self._change()

    def seek(self, when: TimeLike | timedelta) -> None:
        """Go on with the first reading from a time on.

        Parameters
        ----------
        when
            A time, or a duration from the first reading on ("10min"). Going back, the buffer takes the
            readings as those of a clock that was set back.

        Raises
        ------
        ValueError
            If it cannot be read.
        """
        self._seek_ns = self._when(when)
        self._change()

    def step(self, what: Literal["reading", "batch"] = "reading", n: int = 1) -> None:
        """Play the next reading or batch and stand still; returns when it is in the buffer.

        Parameters
        ----------
        what
            "reading" is one time with its values, "batch" what came together.
        n
            How many.

        Raises
        ------
        ValueError
            If `what` is something else, or `n` is not > 0.
        """
        if what not in ("reading", "batch") or n < 1:
            msg = f"A step is 'reading' or 'batch', at least one (got {what!r}, {n!r})."
            raise ValueError(msg)
        with self._stepped:
            self._steps += [what] * n
        self.pause()
        self.start()
        if isinstance(self._thread, SourceTurns):
            while self._steps and self.is_running and self._thread.take():
                pass
            return
        with self._stepped:
            self._stepped.wait_for(lambda: not self._steps or not self.is_running, STEP_TIMEOUT)

    # The thread.

    def _change(self) -> None:
        self._anchor = None
        self._say()
        self._poke.set()

    def _say(self) -> None:
        if self.state is SourceState.RUNNING:
            pace = "as fast as possible" if self._speed is None else f"at {self._speed:g} ×"
            self._set_state(
                SourceState.RUNNING, "paused" if self._is_paused else f"replaying {pace}"
            )

    def _interrupt(self) -> None:
        self._poke.set()

    def _free(self) -> None:
        self._batches = self._next = None
        for recording in self._recordings:
            recording.close()

    def _run(self) -> Life:
        self._set_state(SourceState.RUNNING)
        self._say()
        self._anchor = None
        try:
            while not self._is_stopping:
                if self._seek_ns is not None or self._batches is None:
                    self._begin()
                if self._next is None:
                    assert self._batches is not None
                    self._next = next(self._batches, None)
                if self._next is None:
                    if not self.loop or self._played is None:
                        break
                    self._begin_again()
                    continue
                arrival, batch = self._next
                n = yield from self._may_play(arrival, len(batch))
                if n:
                    self._play(arrival, batch, n)
                    yield None
            else:
                return
            self._batches = None  # started again, it begins anew
            self._played = None
        finally:
            if self.missing:
                self._note("missing", self.missing)
                self._report("missing", self.missing)
            with self._stepped:
                self._steps.clear()
                self._stepped.notify_all()

    def _begin(self) -> None:
        """Take up reading where it was asked for."""
        seek_ns, self._seek_ns = self._seek_ns, None
        for follower in self._followers:
            follower._begin_elsewhere()
        self._batches, self._next = self._read(seek_ns), None
        self._heard = _Heard(self)
        after, self._after = self._after, None
        if after is not None:
            self._played = after
            self._batches = _after(self._batches, *after)
        self._anchor = None

    def _begin_again(self) -> None:
        """Begin a round whose times follow those of the one before."""
        begin = max(self._start_ns, self._first_ns)
        span = self._newest_ns - begin
        self._shift_ns += span + (LOOP_PAUSE_NS if span <= 0 else max(1, span // 1000))
        self._batches, self._anchor = self._read(None), None
        self._heard = _Heard(self)
        self._note("loop", "the times of each round follow those of the round before")

    def _may_play(self, arrival: int, n: int) -> Generator[Pause, bool, int]:
        """Return how many rows of the next batch may be played now; with 0 something may have changed."""
        with self._stepped:
            if self._seek_ns is not None:
                return 0  # asked for meanwhile; a step that follows it is one from there
            if self._steps:
                return n if self._steps[0] == "batch" else 1
        if self._is_paused:
            yield Wait(None, self._poke)
            self._poke.clear()
            return 0
        speed = self._speed
        if speed is None:
            return n
        now, anchor = self._clock.monotonic(), self._anchor
        if anchor is None:
            anchor = self._anchor = now, arrival
        seconds = anchor[0] + (arrival - anchor[1]) / 1e9 / speed - now
        if seconds <= 0:
            return n
        yield Wait(seconds, self._poke)
        self._poke.clear()
        return 0

    def _play(self, arrival: int, batch: Batch, n: int) -> None:
        if n < len(batch):
            self._next = arrival, _cut(batch, slice(n, None))
            batch = _cut(batch, slice(0, n))
        else:
            self._next = None
        before = self._played
        n_before = before[1] if before is not None and before[0] == arrival else 0
        self._played = arrival, n_before + n
        may_be_late = int(batch.times.min()) <= self._newest_ns
        self._newest_ns = max(self._newest_ns, int(batch.times.max()))
        if self._shift_ns:
            batch = Batch(batch.times + self._shift_ns, batch.values)
        if self._pace == "time" or not self._pause_taps:
            self._emit(batch)
        else:
            self._heard.emit(arrival, batch, may_be_late=may_be_late)
        if self._steps:
            with self._stepped:
                del self._steps[:1]
                self._stepped.notify_all()

    def _read(self, seek_ns: int | None) -> Iterator[tuple[int, Batch]]:
        """Yield what is to be played, from a time on."""
        low, high = self._start_ns, self._stop_ns
        is_cut = low > EARLIEST_NS or high < LATEST_NS
        begin = max(low, EARLIEST_NS if seek_ns is None else seek_ns)
        for recording in self._recordings:
            words = self._words_of(recording)
            found = batches_from(recording, begin if begin > EARLIEST_NS else None)
            for arrival, batch in found:
                if seek_ns is not None:
                    kept = np.flatnonzero(batch.times >= seek_ns)
                    if not len(kept):
                        continue
                    batch = _cut(batch, slice(int(kept[0]), None))
                    seek_ns = None
                if is_cut:
                    batch = _cut(batch, (batch.times >= low) & (batch.times < high))
                    if not len(batch):
                        continue
                if words:
                    batch = _with_codes(batch, words)
                if self._pace == "time":
                    yield from _by_time(batch)
                else:
                    yield arrival, batch

    def _words_of(self, recording: Recorded) -> dict[str, FloatArray]:
        """Return per channel of words the codes that its labels have in the buffer."""
        found = {}
        for name, texts in recording.description.labels.items():
            table = self.buffer._store.labels_for(name)
            if table is not None:
                found[name] = table.codes(texts)
        return found

    def _find_first(self) -> int:
        return first_time(self._recordings)

    def _when(self, when: TimeLike | timedelta) -> int:
        """Return a time, or a duration from the first reading on, in ns since the epoch."""
        return when_ns(when, self._first_ns, self.timezone)


LOOK_NS = 1_000_000_000
"""Time goes on in such steps where no reading's time shows it …"""
MOST_LOOKS = 10_000
"""… of which there are so many between two batches at most."""


class _Heard:
    """When each channel had its newest reading that counted, as long as late ones hide a silence.

    A device whose clock was set back brings readings that are late, and are not taken at first. Then only the
    times of arrival tell how long a channel was silent, as this machine's clock did then.
    """

    def __init__(self, source: Replay) -> None:
        self._source = source
        self._arrivals: dict[str, int] = {}
        self._unheard: set[str] = set()
        self._looked = 0

    def emit(self, arrival: int, batch: Batch, *, may_be_late: bool) -> None:
        """Bring a batch, after the time that passed before it."""
        if self._unheard:
            self._let_time_go_on(arrival)
        self._looked = arrival
        if not may_be_late:
            self._source._emit(batch)
            self._hear(batch.values, arrival)
            return
        before = {name: self._present(name) for name in batch.values}
        self._source._emit(batch)
        heard = {name for name, n in before.items() if self._present(name) > n}
        self._hear(heard, arrival)
        self._unheard |= {name for name in before if name in self._arrivals} - heard

    def _hear(self, names: Iterable[str], arrival: int) -> None:
        self._arrivals.update(dict.fromkeys(names, arrival))
        self._unheard.difference_update(names)

    def _present(self, name: str) -> int:
        held = self._source.buffer.channel(name)
        return held.span()[1] - held.missing

    def _let_time_go_on(self, until: int) -> None:
        moments = range(self._looked, until, LOOK_NS)[:MOST_LOOKS]
        for tap in self._source._pause_taps:
            tap(self._arrivals, moments)


def _after(found: Iterator[tuple[int, Batch]], arrival: int, n: int) -> Iterator[tuple[int, Batch]]:
    """Yield what comes after `n` readings of the batch that came at `arrival`."""
    for when, batch in found:
        if when > arrival:
            yield when, batch
        elif when == arrival and len(batch) > n:
            yield when, _cut(batch, slice(n, None))


SLICE_NS = 20_000_000
"""What is played together where the readings' own times are the pace."""


def _by_time(batch: Batch) -> Iterator[tuple[int, Batch]]:
    """Yield a batch in pieces, each at the time of its readings."""
    when = np.maximum.accumulate(batch.times) // SLICE_NS
    bounds = [0, *(np.flatnonzero(np.diff(when)) + 1).tolist(), len(batch)]
    for start, end in pairwise(bounds):
        yield int(when[start]) * SLICE_NS, _cut(batch, slice(start, end))


def _cut(batch: Batch, rows: Any) -> Batch:
    return Batch(batch.times[rows], {name: values[rows] for name, values in batch.values.items()})


def _with_codes(batch: Batch, words: dict[str, FloatArray]) -> Batch:
    """Return a batch whose codes of words are those of the buffer."""
    values = dict(batch.values)
    for name, codes in words.items():
        column = values.get(name)
        if column is not None:
            values[name] = translated(column, codes)
    return Batch(batch.times, values)


def _speed(speed: Any) -> float | None:
    if speed is None:
        return None
    if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0 < speed < np.inf:
        msg = f"'speed' must be a number > 0, or None for as fast as possible (got {speed!r})."
        raise ValueError(msg)
    return float(speed)


def _name_of(recordings: list[Recorded]) -> str:
    first = recordings[0]
    path = first.path if isinstance(first, ParquetRecording) else first.folder
    return path.name.removesuffix(".part")


def replay(
    path: RecordingLike,
    *,
    speed: float | None = 1.0,
    loop: bool = False,
    start: TimeLike | timedelta = None,
    stop: TimeLike | timedelta = None,
    duration: str | float | timedelta | None = None,
    pace: Literal["arrival", "time"] = "arrival",
    **options: Any,
) -> Replay:
    """Return a source that brings the readings of a recording again; the options are those of `Replay`.

    It is not started: ``ns.watch(ns.replay("run.parquet", speed=10))`` shows it.
    """
    return Replay(
        path,
        speed=speed,
        loop=loop,
        start=start,
        stop=stop,
        duration=duration,
        pace=pace,
        **options,
    )
