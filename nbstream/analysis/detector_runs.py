"""A detector at work on one channel, and where its scores go."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.batch import Batch, FloatArray
from nbstream.text.redaction import disarm, log_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.analysis.anomaly_log import AnomalyLog
    from nbstream.detectors import Detector
    from nbstream.readings.buffer import Buffer, Rows
    from nbstream.readings.ring import Cursor

__all__ = ["DetectorRun"]

logger = logging.getLogger(__name__)

MAX_EXPLAINED = 1000
"""Anomalies of one batch that are kept with their reasons, the newest; all are counted."""
CHUNK = 4096
"""Rows that were there before a detector are shown to it in so many at a time."""


@dataclass(slots=True)
class _Scores:
    """A channel of scores, and who writes it."""

    of: tuple[str, str]
    """The channel that was judged, and the detector's name."""
    channel: str
    cursor: Cursor
    """Where the one that came furthest is: before it there are scores."""
    writer: weakref.ref[DetectorRun]


_scores_of: weakref.WeakKeyDictionary[Buffer, list[_Scores]] = weakref.WeakKeyDictionary()
_scores_lock = threading.Lock()


def _scores_for(run: DetectorRun, buffer: Buffer, of: tuple[str, str], cursor: Cursor) -> _Scores:
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
        scores = _Scores(of, buffer._store.derive(".".join(of)), cursor, weakref.ref(run))
        known.append(scores)
        return scores


class DetectorRun:
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
        self.error: Exception | None = None
        """What made it fail, if it did; it watches nothing then."""
        self.is_closed = False
        """Whether it was closed."""
        self._buffer = buffer
        self._log = log
        self._on_close = on_close
        self._is_over = is_over
        self._scores: _Scores | None = None
        self._cursor: Cursor | None = None

    def __repr__(self) -> str:
        """Return the detector, the channel and how many readings were flagged."""
        return f"<{self.detector!r} on {self.channel!r}: {self.n_flagged:,} flagged>"

    def close(self) -> None:
        """End it; its scores and what it flagged stay. Idempotent."""
        if not self.is_closed:
            self.is_closed = True
            self._on_close(self)

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
        if channel == self.channel and self._cursor is None:
            self._cursor = self._buffer.channel(channel).cursor()
        return channel == self.channel

    def has_judged(self, row: int) -> bool:
        """Return whether it has judged everything before a row that is held."""
        if self._cursor is None or self.channel is None:
            return False
        return max(self._cursor.row, self._buffer.channel(self.channel).span()[0]) >= row

    def advance(self, end: int, deadline: float) -> bool:
        """Judge rows up to `end`, or until a `deadline` of `time.monotonic`; return if there were any."""
        cursor, channel = self._cursor, self.channel
        if cursor is None or channel is None:
            return False
        held, any_rows = self._buffer.channel(channel), False
        while cursor.row < end and self.is_at_work:
            self._skip_evicted(cursor, held.span()[0])
            stop = min(cursor.row + CHUNK, end)
            held.take_change(cursor)  # late rows before it are not judged again
            self.take_in(held.read_on(cursor, stop))
            any_rows = True
            if time.monotonic() >= deadline:
                break
        return any_rows

    def _skip_evicted(self, cursor: Cursor, first: int) -> None:
        """Count what it will never see, and tell people the first time."""
        n = first - cursor.row
        if n <= 0:
            return
        if not self.n_missed:
            self._buffer.note(
                f"{n:,} readings of {self.channel!r} were evicted before {self.name!r} judged them"
            )
        self.n_missed += n
        cursor.row += n

    def take_in(self, rows: Rows) -> None:
        """Score readings; it never raises: what goes wrong is kept in `error`."""
        if not len(rows.times):
            return
        try:
            detection = self._judge.update(rows.times, rows.values)
            self.is_warm = bool(detection.is_warm[-1])
            flagged = np.flatnonzero(detection.is_anomaly)
            self.n_flagged += len(flagged)
            kept = flagged[-MAX_EXPLAINED:]
            numbers = (of[kept].tolist() for of in (rows.times, rows.values, detection.score))
            reasons = map(detection.reason, kept.tolist())
            facts = zip(*numbers, reasons, strict=True)
            found = [(self.name, self.channel, *those) for those in facts]
            if len(flagged):
                self._log.add(found, len(flagged) - len(kept))
            self._record(rows, detection.score)
        except Exception as error:
            disarm(error)
            self.error = error
            log_exception(logger, "Detector %r failed.", self.name)
            self._buffer.note(f"detector {self.name!r} on {self.channel!r} failed: {error!r}")

    def _record(self, rows: Rows, score: FloatArray) -> None:
        """Add scores to their channel, but for rows that have one there already."""
        assert self._cursor is not None
        assert self.channel is not None
        if self._scores is None:
            of = self.channel, self.name
            self._scores = _scores_for(self, self._buffer, of, self._cursor)
            self.score_channel = self._scores.channel
        n_known = 0
        if self._scores.cursor is not self._cursor:
            n_known = max(self._scores.cursor.row - rows.start, 0)
            if n_known >= len(score):
                return
            self._scores.cursor = self._cursor
        columns = {self._scores.channel: score[n_known:]}
        self._buffer.extend_batch(Batch(rows.times[n_known:], columns))
