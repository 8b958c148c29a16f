"""A rule on one channel: its machine, its open incident, its silence."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbstream.alerts.conditions.table import Table
from nbstream.alerts.log.incident import Acknowledgement, Entry, Incident, Moment
from nbstream.alerts.rules.notification_policy import NotificationPolicy
from nbstream.alerts.rules.state_machine import IncidentChange, RuleState, StateMachine
from nbstream.alerts.rules.verdict import Trigger, Verdicts
from nbstream.expressions.variables import STALE, WORD, Variable, Word
from nbstream.readings.intervals import SHORTEST_SILENCE_NS, silence_ns
from nbstream.readings.window import format_duration
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from nbstream.alerts.conditions.silences import Silence
    from nbstream.alerts.log.alert_log import AlertLog
    from nbstream.alerts.log.incident import Notification, NotificationKind
    from nbstream.alerts.rules.settings import RuleSettings
    from nbstream.readings.batch import FloatArray
    from nbstream.readings.labels import Labels

__all__ = ["GRACE_NS", "ChannelActivity", "RuleOnChannel"]

GRACE_NS = SHORTEST_SILENCE_NS
"""Greatest age of an end that is still news while the channel's interval is not known."""
MAX_QUEUE = 4_000


class ChannelActivity(NamedTuple):
    """How a channel's readings come, by the clock of this machine."""

    silent_ns: int
    """Since the last reading that is not missing, or since it was waited for."""
    interval_ns: int | None = None
    """How far apart readings usually are; None is not known, and then silence is not judged."""
    is_known: bool = True
    """Whether there is a channel of this name."""
    others_go_on: bool = False
    """Whether other channels of the source have readings meanwhile."""

    @property
    def patience_ns(self) -> int | None:
        """How long silence is normal: max(2 s, 10 × the usual interval); None is not known."""
        return silence_ns(self.interval_ns)


class RuleOnChannel:
    """One rule on one channel.

    Notes
    -----
    Thread safety: none; `Rule` holds its lock.
    """

    def __init__(
        self, settings: RuleSettings, trigger: Trigger, channel: str, log: AlertLog
    ) -> None:
        self.channel = channel
        self.newest_ns = 0
        self._has_data = False
        self.unit: str | None = None
        self._settings = settings
        self._trigger = trigger
        self._log = log
        self._machine = StateMachine(settings.for_ns, settings.keep_ns, trigger.base_rank)
        self._entry: Entry | None = None
        self._last_value = math.nan
        self._last_columns: dict[Variable, FloatArray] = {}
        self._last_labels: dict[Word, Labels] = {}
        self._silence: str = ""  # in words, while the channel is silent
        self._silent_state: RuleState | None = None
        self._silent_since_ns = 0
        self._present_ns: int | None = None
        """Time of the last reading that is not missing, or of the first one if all were."""
        self._stale_seen: tuple[int, int] | None = None
        """Of a silence that a condition about staleness judged: when it began, and until when."""
        self._grace_ns = GRACE_NS
        self._policy = NotificationPolicy(log, settings.cooldown_ns)
        self._queue: deque[tuple[NotificationKind, Entry]] = deque(maxlen=MAX_QUEUE)

    def remember(self, former: RuleOnChannel) -> None:
        """Take over what the same channel's instance before an edit knew of its readings."""
        self.newest_ns, self._has_data = former.newest_ns, former._has_data
        self._present_ns = former._present_ns
        self.unit = former.unit
        self._last_value, self._last_columns = former._last_value, former._last_columns
        self._last_labels = former._last_labels
        self._grace_ns = former._grace_ns

    @property
    def state(self) -> RuleState:
        """Where it stands."""
        return self._silent_state or self._machine.state

    @property
    def since_ns(self) -> int | None:
        """When `state` began, event time; None if it was always OK."""
        return self._machine.since_ns if self._silent_state is None else self._silent_since_ns

    @property
    def is_flapping(self) -> bool:
        """Whether its notifications are muted because it fires so often."""
        return self._policy.is_flapping

    @property
    def has_news(self) -> bool:
        """Whether `deliver` has something to tell or to decide on, now or later."""
        return bool(self._queue) or self._policy.is_holding

    def take_in(self, table: Table) -> bool:
        """Take in a batch; return whether anything changed."""
        if not len(table.times):
            return False
        if self._settings.partial:
            table = table.partial
        silences = self._find_silences(table)
        if not silences and self._is_settled(table):
            self._note(table)
            return False
        start = 0
        before = (self._machine.state, self._machine.since_ns, self._silence)
        if self._silence:
            if table.extent is None:  # still nothing but missing readings
                return False
            start = int((table.values == table.values).argmax())
            self._data_back(int(table.times[start]))
            silences = [silence for silence in silences if silence.row > start]
        self.unit = table.unit
        is_changed = False
        for silence in silences:
            noticed = _noticed(table, start, silence)
            is_changed |= self._step(table, start, noticed)
            is_changed |= self._fall_silent_within(table, silence, noticed)
            # What is missing while it is silent is judged only where silence means nothing.
            is_judged = self._settings.no_data == "keep" and not self._trigger.is_about_staleness
            start = noticed if is_judged else silence.row
        is_changed |= self._step(table, start, len(table))
        self._note(table)
        if self._trigger.is_about_staleness:
            self._keep_last(table, len(table))
        after = (self._machine.state, self._machine.since_ns, self._silence)
        return is_changed or after != before

    def _step(self, table: Table, start: int, stop: int) -> bool:
        """Show the machine some readings of a batch; return whether an incident changed."""
        machine, trigger = self._machine, self._trigger
        if start == stop or (machine.state is RuleState.OK and not trigger.may_hold(table)):
            return False
        judged = Verdicts(trigger, table, self._settings.no_data_ns, start, stop)
        changes = machine.step(judged)
        for change in changes:
            self._record(change)
        return bool(changes)

    def _note(self, table: Table) -> None:
        """Remember what came last."""
        self.unit, self.newest_ns, self._has_data = table.unit, table.newest_ns, True
        present_ns = table.last_present_ns
        if present_ns is not None:
            self._present_ns = present_ns
        elif self._present_ns is None:
            self._present_ns = int(table.times[0])

    def _is_settled(self, table: Table) -> bool:
        """Return whether a look at the extent of a batch shows that nothing changes."""
        if self._silence or self._trigger.is_about_staleness:
            return False
        state = self._machine.state
        if state is RuleState.OK:
            return not self._trigger.may_hold(table)
        if state is RuleState.FIRING:
            return not self._trigger.may_move(table, self._machine.margin)
        return False

    def _find_silences(self, table: Table) -> list[Silence]:
        """Return where no reading came for too long, by the data's own clock, if that matters."""
        least_ns, last_ns = self._settings.no_data_ns, self._present_ns
        if table.is_close(least_ns or SHORTEST_SILENCE_NS, last_ns):
            return []
        return table.silences(least_ns, last_ns)

    def _fall_silent_within(self, table: Table, silence: Silence, noticed: int) -> bool:
        """Do what a silence in a batch brings about; return whether anything changed."""
        since_ns, usual_ns = silence.since_ns, silence.usual_ns
        is_over = silence.row < len(table)
        end_ns = int(table.times[silence.row if is_over else -1])
        if self._trigger.is_about_staleness:
            return self._be_stale_within(table, silence, noticed)
        policy = self._settings.no_data
        if is_over and policy != "alert" and self._machine.state is RuleState.OK:
            if policy != "keep":
                self._machine.reset()
            return False
        half = since_ns + usual_ns // 2
        others_go_on = table.others_went_on(half, since_ns + usual_ns)
        words = _silence(self.channel, usual_ns, others_go_on=others_go_on)
        if noticed:
            self.newest_ns, self._has_data = int(table.times[noticed - 1]), True
        self._present_ns = since_ns
        is_changed = self._fall_silent(since_ns, usual_ns, words, is_over=is_over)
        if is_over and self._silence:
            self._data_back(end_ns)
        return is_changed

    def _be_stale_within(self, table: Table, silence: Silence, noticed: int) -> bool:
        """Judge a silence in a batch by a condition about staleness, and the missing readings in it."""
        self._keep_last(table, noticed)
        is_over = silence.row < len(table)
        end_ns = int(table.times[silence.row if is_over else -1]) - (1 if is_over else 0)
        is_changed = False
        for ns in self._stale_moments(silence.since_ns, silence.usual_ns, end_ns):
            row = noticed + int(table.times[noticed : silence.row].searchsorted(ns, "right"))
            is_changed |= self._step(table, noticed, row)
            is_changed |= self._judge_staleness(silence.since_ns, silence.usual_ns, ns)
            noticed = row
        return self._step(table, noticed, silence.row) or is_changed

    def tick(self, now_ns: int, pulse: ChannelActivity) -> bool:
        """See whether the channel is silent; return whether anything changed."""
        self._grace_ns = pulse.patience_ns or GRACE_NS
        usual_ns = self._settings.no_data_ns or pulse.patience_ns
        if self._silence or usual_ns is None or pulse.silent_ns < usual_ns:
            return False
        since_ns = self._newest_or(now_ns)
        if self._trigger.is_about_staleness:
            if not self._has_data:
                since_ns -= usual_ns
                return self._judge_staleness(since_ns, usual_ns, now_ns)
            return self._judge_staleness(since_ns, usual_ns, since_ns + pulse.silent_ns)
        words = _silence(
            self.channel, usual_ns, is_known=pulse.is_known, others_go_on=pulse.others_go_on
        )
        return self._fall_silent(since_ns, usual_ns, words)

    def overtake(self, time_ns: int, interval_ns: int | None) -> bool:
        """See whether others went on for too long, by the data's clock; return whether anything changed.

        Only what waits is ended: others' clocks may be wrong, and silence is a matter of this machine's.
        """
        usual_ns = self._settings.no_data_ns or silence_ns(interval_ns)
        since_ns = self._present_ns
        if self._silence or self._trigger.is_about_staleness or usual_ns is None:
            return False
        if since_ns is None or time_ns - since_ns <= usual_ns:
            return False
        words = _silence(self.channel, usual_ns, others_go_on=True)
        return self._interrupt(since_ns, usual_ns, words)

    def _fall_silent(
        self, since_ns: int, usual_ns: int, words: str, *, is_over: bool = False
    ) -> bool:
        """Do what the policy says of a silence; return whether anything changed.

        What is over when it is found is told to nobody, but for the incidents.
        """
        is_changed = self._interrupt(since_ns, usual_ns, words)
        policy = self._settings.no_data
        if policy == "keep":
            return is_changed
        self._silent_since_ns = since_ns
        facts = self._facts(Moment(since_ns, self._last_number, math.nan), "no_data", words)
        if policy == "alert":
            self._silence = words
            if self._machine.has_incident:
                return True
            self._machine.reset()
            self._silent_state = RuleState.FIRING
            facts["fired_ns"] = since_ns + usual_ns if self._has_data else since_ns
            self._entry = self._log.add(**facts)
            self._queue.append(("fired", self._entry))
            return True
        self.end(words)
        self._machine.reset()
        if is_over:
            return True
        self._silence = words
        if policy == "nodata":
            self._silent_state = RuleState.NO_DATA
            if self._has_data:
                self._queue.append(("no_data", self._unlogged(facts)))
        return True

    def _interrupt(self, since_ns: int, usual_ns: int, words: str) -> bool:
        """End what is PENDING or RECOVERING: nobody saw that it lasted. Return whether it was."""
        state, waits_since_ns = self._machine.state, self._machine.since_ns or 0
        is_waiting = state in (RuleState.PENDING, RuleState.RECOVERING)
        # It may wait since a missing reading, by what was known there.
        if not is_waiting or waits_since_ns > since_ns + usual_ns:
            return False
        if self._machine.interrupt(since_ns + usual_ns, usual_ns) is not None:
            self.end(words)
        return True

    @property
    def incident(self) -> Incident | None:
        """The incident that is open, or None."""
        entry = self._entry
        return None if entry is None else entry.incident

    def fail(self, error: Exception, now_ns: int) -> None:
        """End what is open because the rule failed, and say so."""
        why = f"rule failed: {redact(error)}"
        self.end(why)
        moment = Moment(self._newest_or(now_ns), self._last_number, math.nan)
        facts = self._facts(moment, "error", why)
        self._queue.append(("error", self._unlogged(facts)))

    def end(self, why: str) -> None:
        """End an open incident without a reading that cleared it."""
        incident = self.incident
        if incident is not None:
            self._resolve(ended=why, resolved_ns=max(self._newest_or(0), incident.fired_ns))

    def leave(self, why: str) -> None:
        """End what is open, for another instance takes over; what is to be told is still delivered."""
        self.end(why)
        self._policy.leave()

    def deliver(self, now_ns: int) -> list[Notification]:
        """Return what people are to be told of what happened since the last call."""
        policy = self._policy
        told = policy.tick(now_ns)
        past: Entry | None = None
        while self._queue:
            kind, entry = self._queue.popleft()
            if kind in ("fired", "escalated", "resolved"):
                if entry is not policy.told:
                    told += self._overdue_end(now_ns)
                if not entry.is_held or entry is past:
                    continue
                if kind == "fired" and self._is_past(entry.incident):
                    self._log.mark(entry, is_past=True)
                    past = entry
                    continue
            told += getattr(policy, kind)(entry, now_ns)  # a method for each event
        return told + self._overdue_end(now_ns)

    def _is_past(self, incident: Incident) -> bool:
        """Return whether an incident was over long before it was found."""
        ended_ns = incident.resolved_ns
        return ended_ns is not None and self.newest_ns - ended_ns > self._grace_ns

    def _overdue_end(self, now_ns: int) -> list[Notification]:
        """Return the end of what was told, if it has ended and its own event was lost in a storm."""
        entry = self._policy.told
        if entry is None or entry.incident.resolved_ns is None:
            return []
        return self._policy.resolved(entry, now_ns)

    def _unlogged(self, facts: dict[str, Any]) -> Entry:
        """Return what is told and in no log: silence, its end, an error."""
        return Entry(Incident(number=0, zone=self._log.timezone, **facts))

    def freeze(self) -> dict[str, Any] | None:
        """Return an open incident and the machine behind it as plain values; None if all is calm."""
        entry, incident = self._entry, self.incident
        if entry is None or incident is None or incident.kind != "breach":
            return None
        note = incident.acknowledged
        return {
            "channel": self.channel,
            "newest_ns": self.newest_ns,
            "unit": incident.unit,
            "machine": self._machine.freeze(),
            "acknowledged": None if note is None else [note.who, note.why, note.at_ns],
            "is_told": entry is self._policy.told or ("fired", entry) in self._queue,
        }

    def resume(self, frozen: dict[str, Any]) -> None:
        """Go on with what `freeze` returned; what people were not told of yet is still to be told."""
        machine = self._machine
        machine.resume(frozen["machine"])
        self.newest_ns, self._has_data = frozen["newest_ns"], True
        self.unit = frozen["unit"]
        change = machine.open_incident()
        assert change.breach is not None
        note = frozen["acknowledged"]
        acknowledged = None if note is None else Acknowledgement(*note)
        facts = self._facts_of(change, change.breach)
        self._entry = self._log.add(acknowledged=acknowledged, **facts)
        if frozen["is_told"]:
            self._policy.told = self._entry
        elif note is None:
            self._queue.append(("fired", self._entry))

    def _facts(
        self, breach: Moment, kind: Literal["breach", "no_data", "error"] = "breach", what: str = ""
    ) -> dict[str, Any]:
        settings = self._settings
        return {
            "rule": settings.title,
            "channel": self.channel,
            "severity": settings.severity,
            "condition": settings.condition,
            "clear": settings.clear,
            "for_ns": settings.for_ns,
            "unit": self.unit,
            "breach": breach,
            "fired_ns": breach.time_ns,
            "peak": breach.value,
            "kind": kind,
            "what": what,
        }

    def _facts_of(self, change: IncidentChange, breach: Moment) -> dict[str, Any]:
        reached = {"fired_ns": change.fired_ns, "peak": change.peak, "severity": change.severity}
        return self._facts(breach) | reached

    def _record(self, change: IncidentChange) -> None:
        cleared = change.cleared
        end: dict[str, Any] = {}
        if cleared is not None:
            end = {"cleared": cleared, "resolved_ns": cleared.time_ns}
        elif change.unknown_ns:
            why = f"nothing known for {_rounded(change.unknown_ns)}"
            end = {"ended": why, "resolved_ns": max(change.last_ns, change.fired_ns)}
        escalations = change.escalations
        if change.breach is not None:
            facts = self._facts_of(change, change.breach) | end
            entry = self._entry = self._log.add(escalations=escalations, **facts)
            self._queue.append(("fired", entry))
        elif self._entry is None:
            return
        else:
            entry = self._entry
            self._log.change(entry, escalations=escalations, peak=change.peak)
        if escalations:
            self._queue.append(("escalated", entry))
        if end and change.breach is None:
            self._resolve(**end)
        elif end:
            self._queue.append(("resolved", entry))
            self._entry = None

    def _resolve(self, **end: Any) -> None:
        """End the open incident in the log."""
        assert self._entry is not None
        entry, self._entry = self._entry, None
        self._log.change(entry, **end)
        self._queue.append(("resolved", entry))

    def _data_back(self, time_ns: int) -> None:
        """End what silence began, at the first reading that comes again."""
        incident = self.incident
        if incident is not None and incident.kind == "no_data":
            self._resolve(ended="data back", resolved_ns=max(time_ns, incident.fired_ns))
        elif self._silent_state is RuleState.NO_DATA and self._has_data:
            moment = Moment(self.newest_ns, math.nan, math.nan)
            facts = self._facts(moment, "no_data", self._silence)
            facts |= {"ended": "data back", "resolved_ns": max(time_ns, self.newest_ns)}
            self._queue.append(("data_back", self._unlogged(facts)))
        self._silence, self._silent_state = "", None

    def _newest_or(self, now_ns: int) -> int:
        """Return the time of the newest reading that is not missing, or wall time if there was none."""
        if self._present_ns is not None:
            return self._present_ns
        return self.newest_ns if self._has_data else now_ns

    def _judge_staleness(self, since_ns: int, usual_ns: int, until_ns: int) -> bool:
        """Let a condition about staleness see the last reading again, stale, where that makes a difference.

        So it is when the channel has just become stale, and when that has lasted as long as the rule asks.
        """
        due = self._stale_moments(since_ns, usual_ns, until_ns)
        if not due:
            return False
        self._stale_seen = since_ns, due[-1]
        n = len(due)
        known = {v: np.repeat(c, n) for v, c in self._last_columns.items() if v != STALE}
        times, values = np.array(due, np.int64), np.full(n, self._last_value)
        table = Table(
            times,
            values,
            known,
            self._last_labels,
            channel=self.channel,
            unit=self.unit,
            is_stale=True,
        )
        machine = self._machine
        before = (machine.state, machine.since_ns)
        changes = machine.step(Verdicts(self._trigger, table))
        for change in changes:
            self._record(change)
        return bool(changes) or (machine.state, machine.since_ns) != before

    def _stale_moments(self, since_ns: int, usual_ns: int, until_ns: int) -> list[int]:
        """Return when being stale makes a difference, of those moments that were not judged yet."""
        settings, stale_ns = self._settings, since_ns + usual_ns
        seen_since_ns, seen_ns = self._stale_seen or (None, 0)
        moments = sorted({stale_ns, stale_ns + settings.for_ns, stale_ns + settings.keep_ns})
        return [
            ns for ns in moments if ns <= until_ns and (seen_since_ns != since_ns or ns > seen_ns)
        ]

    def _keep_last(self, table: Table, stop: int) -> None:
        """Keep the newest numbers before a row, for when time goes on without readings."""
        present = np.flatnonzero(table.values[:stop] == table.values[:stop])
        if not len(present):
            return
        row = table.at(int(present[-1]))
        self._last_value = float(table.values[present[-1]])
        self._last_columns = {
            variable: row.column(variable).copy()
            for _, condition in self._trigger.levels
            for variable in condition.variables
        }
        words = {WORD, *(v for v in self._last_columns if isinstance(v, Word))}
        labels = {word: table.labels(word) for word in words}
        self._last_labels = {word: held for word, held in labels.items() if held is not None}

    @property
    def _last_number(self) -> float:
        """The newest reading that is not missing; NaN for a word."""
        return math.nan if WORD in self._last_labels else self._last_value


def _noticed(table: Table, start: int, silence: Silence) -> int:
    """Return the first row that comes after a silence was long enough, be it a missing reading."""
    values = table.values[start : silence.row]
    present = np.flatnonzero(values == values)
    begin = start + int(present[-1]) + 1 if len(present) else start
    noticed_ns = silence.since_ns + silence.usual_ns
    return begin + int(table.times[begin : silence.row].searchsorted(noticed_ns, "right"))


def _silence(
    channel: str, usual_ns: int, *, is_known: bool = True, others_go_on: bool = False
) -> str:
    """Return in words who is silent, and for how long."""
    # The silence has a round length: what was waited for, not when somebody looked.
    waited = _rounded(usual_ns)
    if not is_known:
        return f"there is no channel {channel!r}"
    if others_go_on:
        return f"no reading of {channel} for {waited}, while other channels go on"
    return f"no data for {waited}"


def _rounded(ns: int) -> str:
    return format_duration(ns // 1_000_000 * 1_000_000)
