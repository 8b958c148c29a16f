"""A detector at work on several channels together: their readings by time, as far as all have come."""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.analysis.detector_runs import CHUNK, DetectorRun, scores_for
from nbstream.readings.batch import Batch
from nbstream.readings.intervals import SHORTEST_SILENCE_NS, silence_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.analysis.anomaly_log import AnomalyLog
    from nbstream.analysis.detector_runs import Facts
    from nbstream.detectors import JointDetection, JointDetector
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer, Rows
    from nbstream.readings.ring import Cursor

__all__ = ["JointRun"]

NEVER_ENDS = 2**63 - 1
LOOKED_AT = 64


class _Waiting(NamedTuple):
    """Rows of a channel that were not judged yet, in which time never goes back."""

    rows: Rows
    until_ns: int
    """No older reading can come after these."""


class JointRun(DetectorRun):
    """A detector of several channels at work; `Analyzer.detect` makes it.

    Readings are shown to it in the order of their times, those of one time as one row, up to the time at
    which every channel has arrived. A channel that is silent is waited for until it is stale (10 of its
    usual intervals, 2 s at least).

    Notes
    -----
    Thread safety: as `DetectorRun`.
    """

    def __init__(
        self,
        detector: JointDetector,
        channels: tuple[str, ...] | None,
        buffer: Buffer,
        log: AnomalyLog,
        on_close: Callable[[DetectorRun], object],
        *,
        is_over: Callable[[], bool] = bool,
    ) -> None:
        super().__init__(detector, None, buffer, log, on_close, is_over=is_over)
        self._joint = detector
        self._asked = channels
        self._cursors: dict[str, Cursor] = {}
        self._refused: set[str] = set()
        self._is_late = False
        self._known_until_ns: int | None = None
        self._latest: dict[str, float] = {}

    def __repr__(self) -> str:
        """Return the detector, the channels, how many steps were flagged, and when it will judge."""
        of = "all channels" if self._asked is None else list(self._asked)
        waits = f"; {self.waits_for}" if self.waits_for else ""
        return f"<{self.detector!r} on {of}: {self.n_flagged:,} flagged{waits}>"

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it watches, as far as they are there."""
        return tuple(self._cursors)

    @property
    def n_behind(self) -> int:
        """Readings that it could judge, and has not yet; not those that wait for another channel's."""
        return sum(self._counts()) if self._is_late and self.is_at_work else 0

    @property
    def seconds_behind(self) -> float:
        """Event time from the oldest reading that it could judge to the newest reading, in seconds."""
        newest_ns = self._buffer.newest_ns
        if not self.n_behind or newest_ns is None:
            return 0.0
        held = ((self._buffer.channel(name), cursor) for name, cursor in self._cursors.items())
        oldest = [rows.time_at(cursor.row) for rows, cursor in held]
        return max([0.0, *((newest_ns - ns) / 1e9 for ns in oldest if ns is not None)])

    def watches(self, channel: str) -> bool:
        """Return False: it takes in the readings of all its channels at once, in `catch_up`."""
        return False

    def catch_up(self, ends: Mapping[str, int], deadline: float) -> bool:
        """Judge what all channels have come to, up to `ends`; return whether there was anything."""
        any_rows, self._is_late = False, False
        while self.is_at_work:
            self._look_for_channels()
            taken = self._take(ends)
            if taken is None:
                break
            self._judge_rows(*taken)
            any_rows = True
            if time.monotonic() >= deadline:
                self._is_late = True
                break
        return any_rows

    def _counts(self) -> list[int]:
        spans = {name: self._buffer.channel(name).span() for name in self._cursors}
        return [end - max(first, self._cursors[n].row) for n, (first, end) in spans.items()]

    def _look_for_channels(self) -> None:
        """Begin with channels that are there now."""
        there = self._buffer._store.of_numbers()
        for name in there if self._asked is None else self._asked:
            if name in there:
                if name not in self._cursors:
                    self._cursors[name] = self._buffer.channel(name).cursor()
            elif name in self._buffer._store.labels and name not in self._refused:
                self._refused.add(name)
                self._cursors.pop(name, None)
                self._buffer.note(f"{name!r} holds words: {self.name!r} does not judge it")

    def _take(self, ends: Mapping[str, int]) -> tuple[TimeArray, dict[str, FloatArray]] | None:
        """Return the next rows of all channels and move on; None if there are none that all came to."""
        waiting = {name: self._waiting(name, ends.get(name, 0)) for name in self._cursors}
        until_ns = self._arrived_until(waiting)
        counts, parts = {}, {}
        for name, (rows, _) in waiting.items():
            n = int(np.searchsorted(rows.times, until_ns, "right"))
            if n:
                counts[name], parts[name] = n, (rows.times[:n], rows.values[:n])
        if not parts:
            return None
        for name, n in counts.items():
            self._cursors[name].row = waiting[name].rows.start + n
        return _as_table(parts)

    def _waiting(self, name: str, end: int) -> _Waiting:
        """Return what was not judged of a channel, up to where its clock was set back."""
        held, cursor = self._buffer.channel(name), self._cursors[name]
        self._skip_evicted(cursor, held.span()[0], name)
        held.take_change(cursor)  # late rows before it are not judged again
        stop = min(cursor.row + CHUNK, max(end, cursor.row))
        rows = held.rows(cursor.row, stop)
        backs = np.flatnonzero(rows.times[1:] < rows.times[:-1])
        if len(backs):
            n = int(backs[0]) + 1
            rows = rows._replace(times=rows.times[:n], values=rows.values[:n])
            return _Waiting(rows, NEVER_ENDS)
        if len(rows.times):
            return _Waiting(rows, int(rows.times[-1]))
        newest_ns = held.newest_ns
        return _Waiting(rows, NEVER_ENDS if newest_ns is None else newest_ns)

    def _arrived_until(self, waiting: dict[str, _Waiting]) -> int:
        """Return the time up to which no channel that is waited for can bring older readings."""
        newest_ns = max(
            (int(w.rows.times[-1]) for w in waiting.values() if len(w.rows.times)), default=0
        )
        until_ns = NEVER_ENDS
        for name, (rows, arrived_ns) in waiting.items():
            if not len(rows.times):
                patience = silence_ns(self._buffer.channel(name).interval_ns) or SHORTEST_SILENCE_NS
                if newest_ns - arrived_ns > patience:
                    continue
            until_ns = min(until_ns, arrived_ns)
        return until_ns

    def _judge_rows(self, times: TimeArray, columns: dict[str, FloatArray]) -> None:
        """Score rows; it never raises: what goes wrong is kept in `error`."""
        of = "several channels" if self._asked is None else list(self._asked)
        with self._keeping_errors(of):
            detection = self._joint.update(times, columns)
            self.is_warm = bool(detection.is_warm[-1])
            self.waits_for = "" if self.is_warm else _why_not(detection) or self.waits_for
            self._log_flagged(detection, lambda i: self._facts(i, times, columns, detection))
            for name, column in columns.items():
                self._latest[name] = _latest(column, len(column) - 1, self._latest.get(name))
            is_step = ~(np.isnan(detection.score) & detection.is_warm)
            self._record_scores(times[is_step], detection.score[is_step])

    def _facts(
        self, i: int, times: TimeArray, columns: dict[str, FloatArray], detection: JointDetection
    ) -> Facts:
        """Return what the log has of an anomaly: it stands at the channel that contributes most."""
        leader = detection.leader(i)
        before = self._latest.get(leader)
        value = _latest(columns[leader], i, before) if leader in columns else before
        number = float("nan") if value is None else value
        return (
            self.name,
            leader,
            int(times[i]),
            number,
            float(detection.score[i]),
            detection.reason(i),
        )

    def _record_scores(self, times: TimeArray, score: FloatArray) -> None:
        """Add scores to their channel, but where there are some already of one that has ended."""
        if not len(times):
            return
        if self._scores is None:
            key = "\n".join(self._asked or ("all",))
            first = next(iter(self._cursors.values()))
            self._scores = scores_for(self, self._buffer, (key, self.name), self.name, first)
            self.score_channel = self._scores.channel
            self._scores.writer = weakref.ref(self)
            self._known_until_ns = self._buffer.channel(self.score_channel).newest_ns
        if self._known_until_ns is not None:
            n_known = int(np.searchsorted(times, self._known_until_ns, "right"))
            if n_known < len(times):
                self._known_until_ns = None
            times, score = times[n_known:], score[n_known:]
        if len(times):
            self._buffer.extend_batch(Batch(times, {self._scores.channel: score}))


def _why_not(detection: JointDetection) -> str:
    """Return when it will judge, as the newest of the last rows that was a step says; "" if none was."""
    rows = range(len(detection.score) - 1, -1, -1)[:LOOKED_AT]
    return next((why for why in map(detection.reason, rows) if why.startswith("judges")), "")


def _latest(column: FloatArray, i: int, before: float | None) -> float:
    """Return the newest reading of a column up to row `i`, or the one before."""
    found = np.flatnonzero(~np.isnan(column[: i + 1]))
    if len(found):
        return float(column[found[-1]])
    return float("nan") if before is None else before


def _as_table(
    parts: dict[str, tuple[TimeArray, FloatArray]],
) -> tuple[TimeArray, dict[str, FloatArray]]:
    """Return rows of several channels as one table, NaN where one has no reading at another's time."""
    all_times = [times for times, _ in parts.values()]
    first = all_times[0]
    if len(first) < 2 or bool((first[1:] > first[:-1]).all()):
        if all(len(t) == len(first) and bool((t == first).all()) for t in all_times[1:]):
            return first, {name: values for name, (_, values) in parts.items()}
    rows = np.unique(np.concatenate(all_times))
    columns = {}
    for name, (times, values) in parts.items():
        column = np.full(len(rows), np.nan)
        column[np.searchsorted(rows, times)] = values  # of several at one time the newest
        columns[name] = column
    return rows, columns
