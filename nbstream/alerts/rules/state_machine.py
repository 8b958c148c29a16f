"""The states of a rule: found for whole batches, as if the readings had come one by one."""

from __future__ import annotations

import math
import sys
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.alerts.log.incident import Escalation, Moment
from nbstream.alerts.severity import SEVERITIES
from nbstream.readings.intervals import SHORTEST_SILENCE_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.alerts.rules.verdict import Verdicts
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["IncidentChange", "RuleState", "StateMachine"]


class RuleState(Enum):
    """Where a rule stands, from calm to grave."""

    OK = "ok"
    """The condition doesn't hold, or the incident was cleared."""

    PENDING = "pending"
    """The condition holds, but not yet for as long as `for_` says."""

    NO_DATA = "no_data"
    """The channel is silent, or there is none of this name."""

    ERROR = "error"
    """The rule failed; it takes in nothing until it is edited."""

    RECOVERING = "recovering"
    """The incident is cleared, but not yet for as long as `keep_firing_for` says."""

    FIRING = "firing"
    """An incident is open: the condition held long enough and was not cleared since."""

    @property
    def gravity(self) -> int:
        """Its place in the order of this list, 0 for OK."""
        return _ORDER.index(self)


_ORDER = tuple(RuleState)


class IncidentChange(NamedTuple):
    """What a batch changed about one incident."""

    breach: Moment | None
    """The first breach; None if the incident was open already."""
    fired_ns: int
    """When it fired."""
    peak: float
    """The reading farthest beyond the limit since the breach."""
    cleared: Moment | None
    """The reading that ended it; None while it is open."""
    severity: str
    """The gravest that was reached."""
    escalations: tuple[Escalation, ...] = ()
    """How it became graver in this batch, after it had fired."""
    unknown_ns: int = 0
    """For how long nothing was known, if that ended it."""
    last_ns: int = 0
    """When something was known last, if that ended it."""


class StateMachine:
    """OK, PENDING, FIRING and RECOVERING of one rule, in event time.

    Parameters
    ----------
    for_ns
        Nanoseconds; 0 fires at the breach. OK → PENDING at the first reading where the condition holds,
        PENDING → OK at the first one where it doesn't, PENDING → FIRING at the first breach that is
        `for_ns` or more later.
    keep_ns
        Nanoseconds; 0 ends at the first cleared reading. FIRING → RECOVERING at the first reading that
        clears, RECOVERING → FIRING at the first one that doesn't, RECOVERING → OK at the first cleared
        reading that is `keep_ns` or more later.
    rank
        Of the severity of the condition itself.

    Notes
    -----
    As Prometheus' `for` and `keep_firing_for`, judged at every reading instead of at intervals.

    Where nothing is known (NaN), a reading is skipped. Where time goes back (the clock was set), what is
    PENDING or RECOVERING counts anew from there. Where nothing is known for longer than silence is usual,
    PENDING → OK, and RECOVERING → OK: nobody saw that it held, or did not. While it is not known what is
    usual, that is `for_ns` or `keep_ns` itself, and 2 s at least.

    Thread safety: none; `Rule` holds its lock.
    """

    def __init__(self, for_ns: int = 0, keep_ns: int = 0, rank: int = 0) -> None:
        self.for_ns = for_ns
        self.keep_ns = keep_ns
        self._base_rank = rank
        self.reset()

    def reset(self) -> None:
        """Start again at OK."""
        self.state = RuleState.OK
        self.since_ns: int | None = None
        self._breach = Moment(0, math.nan, math.nan)
        self._fired_ns = 0
        self._recovers_ns = 0
        self._last_ns = 0
        self._last_usual_ns = -1  # how long silence was usual then
        self._peak = math.nan
        self.margin = -math.inf
        """How far beyond the limit the peak of the open incident is."""
        self._rank = self._base_rank

    @property
    def has_incident(self) -> bool:
        """Whether an incident is open."""
        return self.state in (RuleState.FIRING, RuleState.RECOVERING)

    def open_incident(self) -> IncidentChange:
        """Return the open incident as if it had just fired."""
        return self._change(self._breach, None, ())

    def freeze(self) -> dict[str, Any]:
        """Return what `resume` needs to go on later, as plain numbers."""
        return {
            "state": self.state.value,
            "since_ns": self.since_ns,
            "breach": [self._breach.time_ns, *map(_finite, self._breach[1:3]), self._breach.parts],
            "fired_ns": self._fired_ns,
            "recovers_ns": self._recovers_ns,
            "last_ns": self._last_ns,
            "peak": _finite(self._peak),
            "margin": _finite(min(self.margin, sys.float_info.max)),
            "rank": self._rank,
        }

    def resume(self, frozen: dict[str, Any]) -> None:
        """Go on where a machine was frozen."""
        time_ns, value, variable_value, parts = frozen["breach"]
        self.state = RuleState(frozen["state"])
        self.since_ns = frozen["since_ns"]
        self._breach = Moment(time_ns, _number(value), _number(variable_value), parts)
        self._fired_ns = frozen["fired_ns"]
        self._recovers_ns = frozen["recovers_ns"]
        self._last_ns = frozen["last_ns"]
        self._peak = _number(frozen["peak"])
        margin = frozen["margin"]
        self.margin = -math.inf if margin is None else float(margin)
        self._rank = frozen["rank"]

    def step(self, judged: Verdicts) -> list[IncidentChange]:
        """Take in a batch and return what it changed about incidents, in order."""
        # The common cases, nothing breached and nothing cleared, need no look at each reading.
        if self.state is RuleState.OK:
            if not judged.holds.any():
                return []
        elif self.state is RuleState.FIRING and not judged.clears.any():
            if not self._is_beyond_peak(judged.margins):
                escalations = self._escalations(judged, None, judged.ranks)
                return [self._change(None, None, escalations)] if escalations else []
        rows = None if judged.known is None else np.flatnonzero(judged.known)
        batch = _Readings.of(judged, rows)
        if not self.for_ns and not self.keep_ns:
            return self._walk(batch)
        # A clock that was set back cuts the batch, and so does a time in which nothing was known.
        changes: list[IncidentChange] = []
        cuts = self._cuts(batch)
        for (start, usual_ns), (stop, _) in pairwise(cuts):
            if usual_ns is not None:
                changes += self._lapse(int(batch.times[start]), usual_ns)
            is_whole = stop - start == len(batch.times)
            changes += self._walk(batch if is_whole else batch.cut(start, stop))
        self._note_usual(batch)
        return changes + self._lapse_at_end(batch)

    def interrupt(self, at_ns: int, unknown_ns: int) -> IncidentChange | None:
        """End what is PENDING or RECOVERING, because nothing was known for so long; return what ended."""
        if self.state is RuleState.PENDING:
            self._become(RuleState.OK, at_ns)
        elif self.state is RuleState.RECOVERING:
            self._become(RuleState.OK, at_ns)
            change = self._change(None, None, ())
            return change._replace(unknown_ns=unknown_ns, last_ns=at_ns - unknown_ns)
        return None

    def _cuts(self, batch: _Readings) -> list[tuple[int, int | None]]:
        """Return where batches are cut: at a reading, and how long silence is usual before it; −1 is unknown.

        None where it is no silence that cuts.
        """
        times, shortest = batch.times, batch.judged.shortest_silence_ns
        n = len(times)
        if not n:
            return [(0, None)]
        is_waiting = self.state in (RuleState.PENDING, RuleState.RECOVERING)
        steps = np.diff(times, prepend=self._last_ns if is_waiting else times[0])
        cuts: dict[int, int | None] = dict.fromkeys(np.flatnonzero(steps < 0).tolist())
        if shortest is not None:
            if is_waiting and steps[0] > max(self._last_usual_ns, SHORTEST_SILENCE_NS):
                cuts[0] = self._last_usual_ns
            long = 1 + np.flatnonzero(steps[1:] > shortest)
            if len(long):
                rows = np.arange(n) if batch.rows is None else batch.rows
                usual = batch.judged.usual_silences_ns(rows[long - 1])
                is_cut = steps[long] > np.maximum(usual, shortest)
                cuts |= dict(zip(long[is_cut].tolist(), usual[is_cut].tolist(), strict=True))
        return [(0, cuts.pop(0, None)), *sorted(cuts.items()), (n, None)]

    def _note_usual(self, batch: _Readings) -> None:
        """Remember how long silence was usual when something was known last, if that matters."""
        if self.state not in (RuleState.PENDING, RuleState.RECOVERING) or not len(batch.times):
            return
        if batch.judged.shortest_silence_ns is not None:
            last = len(batch.times) - 1 if batch.rows is None else int(batch.rows[-1])
            self._last_usual_ns = int(batch.judged.usual_silences_ns(np.array([last]))[0])

    def _lapse(self, now_ns: int, usual_ns: int) -> list[IncidentChange]:
        """End what waits if nothing was known for longer than is usual, −1 for unknown."""
        if usual_ns < 0:
            duration_ns = self.for_ns if self.state is RuleState.PENDING else self.keep_ns
            usual_ns = max(duration_ns, SHORTEST_SILENCE_NS)
        if now_ns - self._last_ns <= usual_ns:
            return []
        ended = self.interrupt(self._last_ns + usual_ns, usual_ns)
        return [] if ended is None else [ended]

    def _lapse_at_end(self, batch: _Readings) -> list[IncidentChange]:
        """End what waits if the last readings of a batch, of which nothing is known, took too long."""
        judged, usual_ns = batch.judged, self._last_usual_ns
        if self.state not in (RuleState.PENDING, RuleState.RECOVERING):
            return []
        # Before the interval is known, only a reading of which something is known tells how long it was.
        if judged.shortest_silence_ns is None or usual_ns < 0:
            return []
        present = np.flatnonzero(judged.values == judged.values)
        return self._lapse(int(judged.times[present[-1]]), usual_ns) if len(present) else []

    def _walk(self, batch: _Readings) -> list[IncidentChange]:
        """Take in known readings, whose times ascend if durations matter."""
        times, n = batch.times, len(batch.times)
        if n == 0:
            return []
        breaches = _Runs(batch.holds, times)
        recoveries = _Runs(batch.clears, times)
        self._carry_on(batch, breaches, recoveries)
        self._last_ns = int(times[-1])
        breaches.keep_lasting(self.for_ns)
        recoveries.keep_lasting(self.keep_ns)

        changes: list[IncidentChange] = []
        breach: Moment | None = None
        position = 0  # nothing before it matters any more
        while True:
            if self.has_incident:
                run = recoveries.next_lasting(position)
                end = None if run is None else recoveries.due(run, self.keep_ns)
                stop = n if end is None else end + 1
                is_new = self._raise_peak(batch.values[position:stop], batch.margins[position:stop])
                escalations = self._escalations(
                    batch.judged, batch.rows, batch.ranks, position, stop
                )
                if end is not None:
                    cleared = batch.moment(end)
                    self._become(RuleState.OK, cleared.time_ns)
                    changes.append(self._change(breach, cleared, escalations))
                    breach, position = None, stop
                else:
                    self._settle_incident(recoveries, position, n)
                    if breach or is_new or escalations:
                        changes.append(self._change(breach, None, escalations))
                    return changes
            run = breaches.next_lasting(position)
            if run is None:
                break
            start = int(breaches.starts[run])
            if not (breaches.is_continued and run == 0):
                self._begin(batch.moment(start))
            breach = self._breach
            fires = breaches.due(run, self.for_ns)
            self._fired_ns = int(times[fires])
            self._become(RuleState.FIRING, self._fired_ns)
            if batch.ranks is not None:
                self._rank = int(batch.ranks[fires])
            if fires > start:
                self._raise_peak(batch.values[start:fires], batch.margins[start:fires])
            position = fires
        self._settle_calm(batch, breaches, position)
        return changes

    def _carry_on(self, batch: _Readings, breaches: _Runs, recoveries: _Runs) -> None:
        """Join what the last batch left PENDING or RECOVERING to the first readings of this one."""
        first_ns = int(batch.times[0])
        if self.state is RuleState.PENDING:
            if first_ns < self._last_ns:
                self._breach = self._breach._replace(time_ns=first_ns)
                self.since_ns = first_ns
            if batch.holds[0]:
                breaches.continue_from(self._breach.time_ns)
            else:
                self._become(RuleState.OK, first_ns)
        elif self.state is RuleState.RECOVERING:
            if first_ns < self._last_ns:
                self._recovers_ns = self.since_ns = first_ns
            if batch.clears[0]:
                recoveries.continue_from(self._recovers_ns)
            else:
                self._become(RuleState.FIRING, first_ns)

    def _settle_incident(self, recoveries: _Runs, position: int, n: int) -> None:
        """Find where an open incident stands after the last reading."""
        if not len(recoveries.starts) or recoveries.starts[-1] < position:
            return
        last = int(recoveries.lasts[-1])
        if last < n - 1:
            self._become(RuleState.FIRING, int(recoveries.times[last + 1]))
        elif not (self.state is RuleState.RECOVERING and len(recoveries.starts) == 1):
            self._recovers_ns = int(recoveries.begun_ns[-1])
            self._become(RuleState.RECOVERING, self._recovers_ns)

    def _settle_calm(self, batch: _Readings, breaches: _Runs, position: int) -> None:
        """Find what is left: breaches too short to fire are over, or PENDING still."""
        if not len(breaches.starts) or breaches.starts[-1] < position:
            return
        start, last = int(breaches.starts[-1]), int(breaches.lasts[-1])
        if last < len(batch.times) - 1:
            self._become(RuleState.OK, int(batch.times[last + 1]))
            return
        if not (breaches.is_continued and start == 0):
            self._begin(batch.moment(start))
        self._become(RuleState.PENDING, self._breach.time_ns)
        self._raise_peak(batch.values[start:], batch.margins[start:])

    def _become(self, state: RuleState, since_ns: int) -> None:
        self.state, self.since_ns = state, since_ns

    def _begin(self, breach: Moment) -> None:
        self._breach = breach
        self._peak, self.margin = breach.value, -math.inf
        self._rank = self._base_rank

    def _change(
        self, breach: Moment | None, cleared: Moment | None, escalations: tuple[Escalation, ...]
    ) -> IncidentChange:
        severity = SEVERITIES[self._rank]
        return IncidentChange(breach, self._fired_ns, self._peak, cleared, severity, escalations)

    def _is_beyond_peak(self, margins: FloatArray) -> bool:
        return len(margins) > 0 and bool(np.fmax.reduce(margins) > self.margin)  # skips NaN

    def _raise_peak(self, values: FloatArray, margins: FloatArray) -> bool:
        """Keep the reading farthest beyond the limit, the earliest of equals; return if new."""
        if not self._is_beyond_peak(margins):
            return False
        margins = np.where(values == values, margins, np.nan)  # what is missing is no peak
        if not self._is_beyond_peak(margins):
            return False
        self.margin = float(np.fmax.reduce(margins))
        self._peak = float(values[int(np.argmax(margins == self.margin))])
        return True

    def _escalations(
        self,
        judged: Verdicts,
        rows: npt.NDArray[np.intp] | None,
        ranks: npt.NDArray[np.int8] | None,
        start: int = 0,
        stop: int | None = None,
    ) -> tuple[Escalation, ...]:
        if ranks is None:
            return ()
        escalations: list[Escalation] = []
        while True:
            graver = ranks[start:stop] > self._rank
            if not graver.any():
                return tuple(escalations)
            start += int(graver.argmax())
            self._rank = int(ranks[start])
            row = start if rows is None else int(rows[start])
            escalations.append(Escalation(SEVERITIES[self._rank], judged.moment(row)))


class _Readings(NamedTuple):
    """The readings of a batch of which something is known, as columns."""

    judged: Verdicts
    rows: npt.NDArray[np.intp] | None
    times: TimeArray
    values: FloatArray
    holds: npt.NDArray[np.bool_]
    clears: npt.NDArray[np.bool_]
    margins: FloatArray
    ranks: npt.NDArray[np.int8] | None

    @classmethod
    def of(cls, judged: Verdicts, rows: npt.NDArray[np.intp] | None) -> _Readings:
        columns = judged.times, judged.numbers, judged.holds, judged.clears, judged.margins
        every = cls(judged, None, *columns, judged.ranks)
        return every if rows is None else every.at(rows)

    def at(self, rows: npt.NDArray[np.intp]) -> _Readings:
        """Return some of them, by their indices in the batch."""
        columns: Iterable[Any] = (None if column is None else column[rows] for column in self[2:])
        return _Readings(self.judged, rows, *columns)

    def cut(self, start: int, stop: int) -> _Readings:
        """Return consecutive ones of them."""
        rows = np.arange(start, stop)
        piece = self.at(rows)
        return piece if self.rows is None else piece._replace(rows=self.rows[rows])

    def moment(self, i: int) -> Moment:
        return self.judged.moment(i if self.rows is None else int(self.rows[i]))


class _Runs:
    """Where something is true without a break: the first and last index of each such run."""

    def __init__(self, flags: npt.NDArray[np.bool_], times: TimeArray) -> None:
        edges = np.diff(flags.view(np.int8), prepend=np.int8(0), append=np.int8(0))
        self.starts = np.flatnonzero(edges == 1)
        self.lasts = np.flatnonzero(edges == -1) - 1
        self.times = times
        self.begun_ns = times[self.starts]
        self.is_continued = False

    def continue_from(self, begun_ns: int) -> None:
        """Say that the first run, which begins with the batch, began earlier."""
        self.begun_ns[0] = begun_ns
        self.is_continued = True

    def keep_lasting(self, duration_ns: int) -> None:
        """Find the runs that last at least so long; with 0 all of them do, whatever the clock did."""
        if duration_ns:
            self._lasting = np.flatnonzero(self.times[self.lasts] - self.begun_ns >= duration_ns)
        else:
            self._lasting = np.arange(len(self.starts))
        self._lasting_starts = self.starts[self._lasting]

    def next_lasting(self, position: int) -> int | None:
        """Return the number of the first lasting run that starts at `position` or later."""
        k = int(self._lasting_starts.searchsorted(position))
        return int(self._lasting[k]) if k < len(self._lasting) else None

    def due(self, run: int, duration_ns: int) -> int:
        """Return the index of the reading at which a lasting run has lasted so long."""
        if not duration_ns:
            return int(self.starts[run])
        return int(self.times.searchsorted(np.int64(int(self.begun_ns[run]) + duration_ns)))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _number(number: float | None) -> float:
    return math.nan if number is None else float(number)
