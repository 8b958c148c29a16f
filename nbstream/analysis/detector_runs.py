"""A detector at work on one channel, and where its scores go."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nbstream.detectors.parts.wording import duration
from nbstream.readings.batch import Batch, FloatArray
from nbstream.text.redaction import disarm, log_exception, redact
from nbstream.text.sheet import InCell, Sheet, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nbstream.analysis.anomaly_log import AnomalyLog
    from nbstream.detectors import Detection, Detector
    from nbstream.readings.buffer import Buffer, Rows
    from nbstream.readings.ring import Cursor

__all__ = ["CHUNK", "MAX_EXPLAINED", "DetectorRun", "Facts", "Scores", "scores_for"]

logger = logging.getLogger(__name__)

MAX_EXPLAINED = 1000
"""Anomalies of one batch that are kept with their reasons, the newest; all are counted."""
Facts: TypeAlias = tuple[str, str | None, int, float, float, str]
"""What the log has of an anomaly: detector, channel, time in ns, value, score, reason."""
CHUNK = 4096
"""Rows that were there before a detector are shown to it in so many at a time."""


@dataclass(slots=True)
class Scores:
    """A channel of scores, and who writes it."""

    of: tuple[str, str]
    """What was judged, and the detector's name."""
    channel: str
    cursor: Cursor
    """Where the one that came furthest is: before it there are scores."""
    writer: weakref.ref[DetectorRun]


_scores_of: weakref.WeakKeyDictionary[Buffer, list[Scores]] = weakref.WeakKeyDictionary()
_scores_lock = threading.Lock()


def scores_for(
    run: DetectorRun, buffer: Buffer, of: tuple[str, str], name: str, cursor: Cursor
) -> Scores:
    """Return where a detector's scores go: into those of one like it that has ended, or a new channel.

    Else a rule about `score("zscore")` would be about one that was closed, or whose cell was run again.
    """
    with _scores_lock:
        known = _scores_of.setdefault(buffer, [])
        for scores in known:
            writer = scores.writer()
            if scores.of == of and (writer is None or writer.has_ended):
                scores.writer = weakref.ref(run)
                return scores
        scores = Scores(of, buffer._store.derive(name), cursor, weakref.ref(run))
        known.append(scores)
        return scores


class DetectorRun(InCell):
    """A detector at work on one channel; `Analyzer.detect` makes it.

    Notes
    -----
    Thread safety: any thread may read and `close`; the analyzer shows it readings with its lock held.
    """

    def __init__(
        self,
        detector: Detector,
        channel: str | None,
        buffer: Buffer,
        log: AnomalyLog,
        on_close: Callable[[DetectorRun], object],
        *,
        judge: Detector | None = None,
        is_over: Callable[[], bool] = bool,
    ) -> None:
        self.detector = detector
        """The detector itself."""
        self._judge = judge or detector
        self.name: str = detector.name
        """Its name, such as "zscore"."""
        self.channel = channel
        """The channel that it watches; None until the first channel is there."""
        self.score_channel: str | None = None
        """The channel that its scores are; None until it has seen a reading."""
        self.n_flagged = 0
        """Readings that it flagged."""
        self.n_missed = 0
        """Readings that were evicted before it had judged them."""
        self.is_warm = False
        """Whether it has seen enough to judge."""
        self.waits_for = ""
        """What it waits for while it isn't warm: "judges from reading 97 on; 40 so far"; "" when it is."""
        self.rather = ""
        """How often it flags where `false_alarms` can't be held: "about 34/day in data such as these"."""
        self.error: Exception | None = None
        """What made it fail, if it did; it watches nothing then."""
        self.is_closed = False
        """Whether it was closed."""
        detector.timezone = buffer.timezone
        self._buffer = buffer
        self._log = log
        self._on_close = on_close
        self._is_over = is_over
        self._is_named = channel is not None
        self._scores: Scores | None = None
        self._cursor: Cursor | None = None
        self._given_up: float | None = None

    def __repr__(self) -> str:
        """Return the detector, the channel, how many readings were flagged, and what else is to be said."""
        more = "".join(f"; {words}" for words in (self.waits_for, self.rather) if words)
        return f"<{self.detector!r} on {self.channel!r}: {self.n_flagged:,} flagged{more}>"

    def _sheet(self) -> Sheet:
        """Return what it watches and what it flagged."""
        said = [self.waits_for, self.rather, redact(str(self.error or ""))]
        if self.n_missed:
            said.append(f"{counted(self.n_missed, 'reading')} missed")
        state = f"{self.n_flagged:,} flagged" + (", closed" if self.is_closed else "")
        of = ", ".join(self.channels) or "channels that are not there yet"
        return Sheet(f"{self.detector!r} on {of}", state, [text for text in said if text])

    def close(self) -> None:
        """End it; its scores and what it flagged stay. Idempotent."""
        if not self.is_closed:
            self.is_closed = True
            self._on_close(self)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it watches, as far as they are there."""
        return () if self.channel is None else (self.channel,)

    @property
    def block_ns(self) -> int:
        """Length of the blocks whose means it judges now, in ns; 0 is every reading as it is."""
        return int(getattr(self._judge, "block_ns", 0))

    @property
    def is_at_work(self) -> bool:
        """Whether it takes in readings: not after it was closed or has failed."""
        return not self.is_closed and self.error is None

    @property
    def has_ended(self) -> bool:
        """Whether it, or its analyzer, was closed."""
        return self.is_closed or self._is_over()

    @property
    def n_behind(self) -> int:
        """Readings that are held and that it has not judged yet."""
        if self._cursor is None or self.channel is None or not self.is_at_work:
            return 0
        first, end = self._buffer.channel(self.channel).span()
        return max(0, end - max(first, self._cursor.row))

    @property
    def seconds_behind(self) -> float:
        """Event time from the oldest reading that it has not judged to the newest reading, in seconds."""
        if not self.n_behind or self._cursor is None or self.channel is None:
            return 0.0
        oldest_ns = self._buffer.channel(self.channel).time_at(self._cursor.row)
        newest_ns = self._buffer.newest_ns
        if oldest_ns is None or newest_ns is None:
            return 0.0
        return max(0.0, (newest_ns - oldest_ns) / 1e9)

    def watches(self, channel: str) -> bool:
        """Return whether it takes in readings of this channel, which is there."""
        if not self.is_at_work:
            return False
        if self.channel is None:
            self.channel = next(iter(self._buffer._store.of_numbers()), None)
        if channel == self.channel and channel in self._buffer._store.labels:
            self._leave_words()
        elif channel == self.channel and self._cursor is None:
            self._cursor = self._buffer.channel(channel).cursor()
        return channel == self.channel and self._cursor is not None

    def _leave_words(self) -> None:
        """End it, or go on with the next channel if none was named: words are no numbers to judge."""
        if self._is_named:
            self._buffer.note(f"{self.channel!r} holds words: {self.name!r} does not judge it")
            self.close()
        self.channel = self.channel if self._is_named else None
        self._cursor = self._scores = self.score_channel = None

    def has_judged(self, row: int) -> bool:
        """Return whether it has judged everything before a row that is held."""
        if self._cursor is None or self.channel is None:
            return False
        return max(self._cursor.row, self._buffer.channel(self.channel).span()[0]) >= row

    def catch_up(self, ends: Mapping[str, int], deadline: float) -> bool:
        """Judge what is left of rows before it, up to `ends`; return whether there was anything."""
        return bool(self.n_behind) and self.advance(ends.get(self.channel or "", 0), deadline)

    def advance(self, end: int, deadline: float) -> bool:
        """Judge rows up to `end`, or until a `deadline` of `time.monotonic`; return if there were any."""
        cursor, channel = self._cursor, self.channel
        if cursor is None or channel is None:
            return False
        held, any_rows = self._buffer.channel(channel), False
        while cursor.row < end and self.is_at_work:
            self._skip_evicted(cursor, held.span()[0], channel)
            stop = min(cursor.row + CHUNK, end)
            held.take_change(cursor)  # late rows before it are not judged again
            self.take_in(held.read_on(cursor, stop))
            any_rows = True
            if time.monotonic() >= deadline:
                break
        return any_rows

    def _skip_evicted(self, cursor: Cursor, first: int, channel: str) -> None:
        """Count what it will never see, and tell people the first time."""
        n = first - cursor.row
        if n <= 0:
            return
        if not self.n_missed:
            self._buffer.note(
                f"{n:,} readings of {channel!r} were evicted before {self.name!r} judged them"
            )
        self.n_missed += n
        cursor.row += n

    def take_in(self, rows: Rows) -> None:
        """Score readings; it never raises: what goes wrong is kept in `error`."""
        if not len(rows.times):
            return
        with self._keeping_errors(self.channel):
            detection = self._judge.update(rows.times, rows.values)
            self._tell_warmth(rows, detection)

            def facts(i: int) -> Facts:
                number, score = float(rows.values[i]), float(detection.score[i])
                time_ns = int(rows.times[i])
                return self.name, self.channel, time_ns, number, score, detection.reason(i)

            self._log_flagged(detection, facts)
            self._record(rows, detection.score)

    def _log_flagged(self, detection: Detection, facts: Callable[[int], Facts]) -> None:
        """Count what was flagged, and give the log what it has of the newest."""
        flagged = np.flatnonzero(detection.is_anomaly)
        self.n_flagged += len(flagged)
        kept = flagged[-MAX_EXPLAINED:].tolist()
        if kept:
            self._log.add([facts(i) for i in kept], len(flagged) - len(kept))

    @contextmanager
    def _keeping_errors(self, channels: object) -> Iterator[None]:
        """Keep what goes wrong in `error`, and tell people."""
        try:
            yield
        except Exception as error:
            self._fail(error, channels)

    def _fail(self, error: Exception, channels: object) -> None:
        disarm(error)
        self.error = error
        log_exception(logger, "Detector %r failed.", self.name)
        self._buffer.note(f"detector {self.name!r} on {channels!r} failed: {error!r}")

    def _tell_warmth(self, rows: Rows, detection: Detection) -> None:
        """Keep whether it is warm and what it waits for; tell people of a period that it gave up."""
        self.is_warm = bool(detection.is_warm[-1])
        present = np.flatnonzero(rows.values == rows.values)
        if self.is_warm:
            self.waits_for = ""
        elif len(present):
            self.waits_for = detection.reason(int(present[-1]))
        self.rather = getattr(self.detector, "rather", "")
        given_up = getattr(self.detector, "given_up", None)
        if given_up is not None and given_up != self._given_up:
            self._buffer.note(
                f"{self.name!r} gives up the period of {duration(given_up * 1e9)} of {self.channel!r}: "
                "its pattern is gone"
            )
        self._given_up = given_up

    def _record(self, rows: Rows, score: FloatArray) -> None:
        """Add scores to their channel, but for rows that have one there already."""
        assert self._cursor is not None
        assert self.channel is not None
        if self._scores is None:
            of = self.channel, self.name
            self._scores = scores_for(self, self._buffer, of, ".".join(of), self._cursor)
            self.score_channel = self._scores.channel
        n_known = 0
        if self._scores.cursor is not self._cursor:
            n_known = max(self._scores.cursor.row - rows.start, 0)
            if n_known >= len(score):
                return
            self._scores.cursor = self._cursor
        columns = {self._scores.channel: score[n_known:]}
        self._buffer.extend_batch(Batch(rows.times[n_known:], columns))
