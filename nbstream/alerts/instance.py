"""A rule on one channel: its machine, its open incident, its silence."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nbstream.alerts.columns import Table
from nbstream.alerts.incident import Acknowledgement, Escalation, Incident
from nbstream.alerts.machine import Episode, Moment, RuleState, StateMachine
from nbstream.alerts.muting import Muting
from nbstream.alerts.settings import SEVERITIES
from nbstream.alerts.tree import STALE
from nbstream.alerts.trigger import Judged
from nbstream.intervals import SHORTEST_SILENCE_NS, silence_ns
from nbstream.redaction import redact
from nbstream.window import format_duration

if TYPE_CHECKING:
    from nbstream.alerts.log import AlertLog
    from nbstream.alerts.notification import Notification
    from nbstream.alerts.settings import RuleSettings
    from nbstream.alerts.tree import Variable
    from nbstream.alerts.trigger import Trigger
    from nbstream.readings import FloatArray

__all__ = ["GRACE_NS", "Instance", "Pulse"]

NS = 1_000_000_000
GRACE_NS = SHORTEST_SILENCE_NS
"""Greatest age of an end that is still news while the channel's interval is not known."""
MAX_QUEUE = 4_000

_Event = Literal["fired", "escalated", "resolved", "no_data", "data_back", "error"]


class Pulse(NamedTuple):
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


class Instance:
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
        self._number: int | None = None
        self._last_value = math.nan
        self._last_columns: dict[Variable, FloatArray] = {}
        self._silence: str = ""  # in words, while the channel is silent
        self._silent_state: RuleState | None = None
        self._silent_since_ns = 0
        self._grace_ns = GRACE_NS
        self._muting = Muting(log, settings.cooldown_ns)
        self._queue: deque[tuple[_Event, int | Incident]] = deque(maxlen=MAX_QUEUE)
        self._told_end: Incident | None = None  # in a storm, the queue and the log may lose it

    def remember(self, former: Instance) -> None:
        """Take over what the same channel's instance before an edit knew of its readings."""
        self.newest_ns, self._has_data = former.newest_ns, former._has_data
        self.unit = former.unit
        self._last_value, self._last_columns = former._last_value, former._last_columns
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
        return self._muting.is_flapping

    @property
    def has_news(self) -> bool:
        """Whether `deliver` has something to tell or to decide on, now or later."""
        return bool(self._queue) or self._muting.is_holding

    def take_in(self, table: Table) -> bool:
        """Take in a batch; return whether anything changed."""
        if not len(table.times):
            return False
        first, is_back = 0, False
        if self._is_settled(table):
            self.unit, self.newest_ns, self._has_data = table.unit, table.newest_ns, True
            return False
        if self._silence:
            if table.extent is None:  # still nothing but missing readings
                return False
            first, is_back = int((table.values == table.values).argmax()), True
            self._data_back(int(table.times[first]))
        self.unit = table.unit
        machine = self._machine
        before = (machine.state, machine.since_ns)
        episodes: list[Episode] = []
        if machine.state is not RuleState.OK or self._trigger.may_hold(table):
            episodes = machine.step(Judged(self._trigger, table, first))
        self.newest_ns, self._has_data = table.newest_ns, True
        for episode in episodes:
            self._record(episode)
        if self._trigger.is_about_staleness:
            self._keep_last(table)
        return is_back or bool(episodes) or (machine.state, machine.since_ns) != before

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

    def tick(self, now_ns: int, pulse: Pulse) -> bool:
        """See whether the channel is silent; return whether anything changed."""
        self._grace_ns = pulse.patience_ns or GRACE_NS
        patience_ns = self._settings.no_data_ns or pulse.patience_ns
        if self._silence or patience_ns is None or pulse.silent_ns < patience_ns:
            return False
        if self._trigger.is_about_staleness:
            return self._judge_staleness(now_ns, pulse)
        policy = self._settings.no_data
        if policy == "keep":
            return False
        self._silence = _silence(self.channel, pulse, patience_ns)
        self._silent_since_ns = self._newest_or(now_ns)
        moment = Moment(self._silent_since_ns, self._last_value, math.nan)
        if policy == "alert":
            if self._machine.has_incident:
                return True
            self._machine.reset()
            self._silent_state = RuleState.FIRING
            facts = self._facts(moment, "no_data", self._silence)
            facts["fired_ns"] = self._event_time(now_ns, pulse)
            self._number = self._log.add(**facts)
            self._queue.append(("fired", self._number))
            return True
        self.end(self._silence)
        self._machine.reset()
        if policy == "nodata":
            self._silent_state = RuleState.NO_DATA
            if self._has_data:
                facts = self._facts(moment, "no_data", self._silence)
                self._queue.append(
                    ("no_data", Incident(number=0, zone=self._log.timezone, **facts))
                )
        return True

    @property
    def incident(self) -> Incident | None:
        """The incident that is open, or None."""
        number = self._number
        return None if number is None else self._log.find(number)

    def fail(self, error: Exception, now_ns: int) -> None:
        """End what is open because the rule failed, and say so."""
        why = f"rule failed: {redact(error)}"
        self.end(why)
        moment = Moment(self._newest_or(now_ns), self._last_value, math.nan)
        facts = self._facts(moment, "error", why)
        self._queue.append(("error", Incident(number=0, zone=self._log.timezone, **facts)))

    def end(self, why: str) -> None:
        """End an open incident without a reading that cleared it."""
        incident = self.incident
        if incident is not None:
            self._resolve(ended=why, resolved_ns=max(self.newest_ns, incident.fired_ns))

    def leave(self, why: str) -> None:
        """End what is open, for another instance takes over; what is to be told is still delivered."""
        self.end(why)
        self._muting.leave()

    def deliver(self, now_ns: int) -> list[Notification]:
        """Return what people are to be told of what happened since the last call."""
        muting = self._muting
        told = muting.tick(now_ns)
        past = -1
        while self._queue:
            kind, what = self._queue.popleft()
            if isinstance(what, Incident):
                told += self._told_of_channel(kind, what, now_ns)
                continue
            if what != muting.told:
                told += self._overdue_end(now_ns)
            incident = self._log.find(what)
            if incident is None or what == past:
                continue
            if kind == "fired":
                ended_ns = incident.resolved_ns
                if ended_ns is not None and self.newest_ns - ended_ns > self._grace_ns:
                    self._log.mark(what, is_past=True)
                    past = what
                else:
                    told += muting.fired(incident, now_ns)
            elif kind == "escalated":
                told += muting.escalated(incident, now_ns)
            else:
                told += muting.resolved(incident, now_ns)
        return told + self._overdue_end(now_ns)

    def _told_of_channel(self, kind: _Event, what: Incident, now_ns: int) -> list[Notification]:
        """Return what is to be told of something that is in no log: silence, its end, an error."""
        if kind == "no_data":
            return self._muting.no_data(what, now_ns)
        if kind == "data_back":
            return self._muting.data_back(what, now_ns)
        return self._muting.plain(kind, what, now_ns)

    def _overdue_end(self, now_ns: int) -> list[Notification]:
        """Return the end of what was told, if it has ended and its own event was lost in a storm."""
        ended, self._told_end = self._told_end, None
        return [] if ended is None else self._muting.resolved(ended, now_ns)

    def freeze(self) -> dict[str, Any] | None:
        """Return an open incident and the machine behind it as plain values; None if all is calm."""
        number, incident = self._number, self.incident
        if incident is None or incident.kind != "breach":
            return None
        note = incident.acknowledged
        return {
            "channel": self.channel,
            "newest_ns": self.newest_ns,
            "unit": incident.unit,
            "machine": self._machine.freeze(),
            "acknowledged": None if note is None else [note.who, note.why, note.at_ns],
            "is_told": number == self._muting.told or ("fired", number) in self._queue,
        }

    def resume(self, frozen: dict[str, Any]) -> None:
        """Go on with what `freeze` returned; what people were not told of yet is still to be told."""
        machine = self._machine
        machine.resume(frozen["machine"])
        self.newest_ns, self._has_data = frozen["newest_ns"], True
        self.unit = frozen["unit"]
        episode = machine.open_episode()
        assert episode.breach is not None
        facts = self._facts(episode.breach)
        note = frozen["acknowledged"]
        self._number = self._log.add(
            **facts
            | {
                "fired_ns": episode.fired_ns,
                "peak": episode.peak,
                "severity": SEVERITIES[episode.rank],
                "acknowledged": None if note is None else Acknowledgement(*note),
            }
        )
        if frozen["is_told"]:
            self._muting.resume(self._number)
        elif note is None:
            self._queue.append(("fired", self._number))

    def _facts(
        self,
        breach: Moment,
        kind: Literal["breach", "no_data", "error"] = "breach",
        what: str = "",
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

    def _record(self, episode: Episode) -> None:
        cleared = episode.cleared
        end = {} if cleared is None else {"cleared": cleared, "resolved_ns": cleared.time_ns}
        escalations = tuple(Escalation(SEVERITIES[r.rank], r.moment) for r in episode.rises)
        if episode.breach is not None:
            facts = self._facts(episode.breach) | end
            facts["fired_ns"], facts["peak"] = episode.fired_ns, episode.peak
            facts["severity"] = SEVERITIES[episode.rank]
            self._number = self._log.add(escalations=escalations, **facts)
            self._queue.append(("fired", self._number))
        elif self._number is None:
            return
        else:
            self._log.change(self._number, escalations=escalations, peak=episode.peak)
        if escalations:
            self._queue.append(("escalated", self._number))
        if end and episode.breach is None:
            self._resolve(**end)
        elif end:
            self._queue.append(("resolved", self._number))
            self._number = None

    def _resolve(self, **end: Any) -> None:
        """End the open incident in the log."""
        assert self._number is not None
        number, self._number = self._number, None
        ended = self._log.change(number, **end)
        if number == self._muting.told:
            self._told_end = ended
        self._queue.append(("resolved", number))

    def _data_back(self, time_ns: int) -> None:
        """End what silence began, at the first reading that comes again."""
        incident = self.incident
        if incident is not None and incident.kind == "no_data":
            self._resolve(ended="data back", resolved_ns=max(time_ns, incident.fired_ns))
        elif self._silent_state is RuleState.NO_DATA and self._has_data:
            moment = Moment(self.newest_ns, math.nan, math.nan)
            facts = self._facts(moment, "no_data", self._silence)
            facts |= {"ended": "data back", "resolved_ns": max(time_ns, self.newest_ns)}
            back = Incident(number=0, zone=self._log.timezone, **facts)
            self._queue.append(("data_back", back))
        self._silence, self._silent_state = "", None

    def _newest_or(self, now_ns: int) -> int:
        """Return the time of the newest reading, or wall time if there was none."""
        return self.newest_ns if self._has_data else now_ns

    def _event_time(self, now_ns: int, pulse: Pulse) -> int:
        """Return what the time would be by the data's clock, or wall time if there were no data."""
        return self.newest_ns + pulse.silent_ns if self._has_data else now_ns

    def _judge_staleness(self, now_ns: int, pulse: Pulse) -> bool:
        """Let a condition about staleness see the last reading again, later and stale."""
        time_ns = self._event_time(now_ns, pulse)
        known = {v: c for v, c in self._last_columns.items() if v != STALE}
        table = Table(
            np.array([time_ns], np.int64),
            np.array([self._last_value]),
            known,
            channel=self.channel,
            unit=self.unit,
            is_stale=True,
        )
        machine = self._machine
        before = (machine.state, machine.since_ns)
        episodes = machine.step(Judged(self._trigger, table))
        for episode in episodes:
            self._record(episode)
        return bool(episodes) or (machine.state, machine.since_ns) != before

    def _keep_last(self, table: Table) -> None:
        """Keep the newest numbers, for when time goes on without readings."""
        present = np.flatnonzero(table.values == table.values)
        if not len(present):
            return
        row = table.at(int(present[-1]))
        self._last_value = float(table.values[present[-1]])
        self._last_columns = {
            variable: row.column(variable).copy()
            for _, condition in self._trigger.levels
            for variable in condition.variables
        }


def _silence(channel: str, pulse: Pulse, patience_ns: int) -> str:
    """Return in words who is silent, and since when."""
    # The silence has a round length: what was waited for, not when somebody looked.
    waited = format_duration(patience_ns // 1_000_000 * 1_000_000)
    if not pulse.is_known:
        return f"there is no channel {channel!r}"
    if pulse.others_go_on:
        return f"no reading of {channel} for {waited}, while other channels go on"
    return f"no data for {waited}"
