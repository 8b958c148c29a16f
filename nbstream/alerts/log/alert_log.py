"""What happened: the incidents of all rules, bounded, newest last; and who is told of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from glob import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.alerts.log.export import csv_of, json_lines_of, write_atomically
from nbstream.alerts.log.incident import Acknowledgement, Entry, Escalation, Incident, Notification
from nbstream.alerts.log.outbox import Outbox
from nbstream.alerts.severity import checked_text
from nbstream.readings.batch import TimeLike, time_ns
from nbstream.readings.window import parse_duration
from nbstream.readings.zone import as_zone, time_text
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more, counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta, tzinfo
    from os import PathLike

    import pandas as pd

    from nbstream.errors import CallbackError

__all__ = ["AlertLog", "Incident", "LogCounters", "Silence"]

MAX_SILENCES = 1_000


class LogCounters(NamedTuple):
    """What became of all incidents so far."""

    fired: int
    """Incidents that there ever were."""
    dropped: int
    """Of these, no longer held because there were more than `maxlen`."""
    past: int
    """Of these, over long before they were found."""
    notified: int
    """Notifications that went to subscribers."""
    muted: int
    """Notifications kept back by a silence, an acknowledgement, the cooldown or flapping."""
    failed: int
    """Calls of a subscriber that raised."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Until a time, nobody is told of some rules; they go on watching.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    rule: str
    """Pattern of the rule's name, as `fnmatch`: "*", "temp*"."""
    channel: str
    """Pattern of the channel's name."""
    until_ns: int
    """Wall time when it ends, ns since the epoch, UTC."""
    who: str = ""
    why: str = ""

    def covers(self, rule: str, channel: str, at_ns: int) -> bool:
        """Return whether a rule on a channel is silenced at a wall time."""
        if at_ns >= self.until_ns:
            return False
        return fnmatchcase(rule, self.rule) and fnmatchcase(channel, self.channel)


class AlertLog(InCell):
    """The incidents of an analyzer's rules.

    Parameters
    ----------
    maxlen
        Incidents held; beyond it the oldest that is resolved is dropped and counted in `n_dropped`.
        Open incidents go last, and stay in `active` even then.
    timezone
        Zone of the times in texts and DataFrames: an IANA name, a tzinfo, or None for the local
        zone of this machine.
    clock
        Tells when a silence ends.

    Raises
    ------
    ValueError
        If `maxlen` is < 1 or the zone is not known.

    Notes
    -----
    Thread safety: any thread; what is returned are copies.

    Examples
    --------
    >>> from nbstream.alerts import Rule
    >>> log = AlertLog(timezone="UTC")
    >>> rule = Rule("value > 90", channel="temperature", log=log, unit="°C")
    >>> values = np.array([80.0, 93.0, 97.0, 84.0])
    >>> rule.evaluate(np.arange(4) * 1_000_000_000, values, values)
    >>> log.newest(1)[0].reason
    'temperature 93 > 90 °C since 00:00:01; cleared by temperature 84 °C at 00:00:03, peak 97 °C'
    """

    def __init__(
        self,
        maxlen: int = 1_000,
        *,
        timezone: str | tzinfo | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if maxlen < 1:
            message = f"'maxlen' must be >= 1 (got {maxlen!r})."
            raise ValueError(message)
        self._maxlen = maxlen
        self._zone = as_zone(timezone)
        self._clock = clock
        self._incidents: OrderedDict[int, Entry] = OrderedDict()
        self._active: dict[int, Entry] = {}
        self._silences: tuple[Silence, ...] = ()
        self.outbox = Outbox()
        """Who is told of what; for rules."""
        self._n_fired = self._n_past = self._n_muted = 0
        self._version = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Return the class and how many incidents are held and open."""
        return f"<AlertLog {len(self):,} incidents, {len(self._active):,} firing>"

    def _sheet(self) -> Sheet:
        """Return the newest incidents, each with its whole reason."""
        rows = [
            (time_text(i.fired_ns, self._zone), i.severity, i.state, i.rule, i.channel, i.reason)
            for i in self.newest(MOST_ROWS)
        ]
        header = ("fired", "severity", "state", "rule", "channel", "reason") if rows else ()
        state = f"{counted(len(self), 'incident')}, {len(self._active):,} firing"
        more = and_more(len(self), len(rows), "incident")
        return Sheet("AlertLog", state, (), header, rows, more=more)

    def __len__(self) -> int:
        """Return the number of incidents held."""
        return len(self._incidents)

    @property
    def maxlen(self) -> int:
        """Incidents held at most."""
        return self._maxlen

    @property
    def timezone(self) -> tzinfo:
        """Zone of the times in texts and DataFrames."""
        return self._zone

    @property
    def version(self) -> int:
        """Grows at every change, so that a page knows when to read anew."""
        return self._version

    @property
    def n_fired(self) -> int:
        """Incidents that there ever were, so also the newest one's number."""
        return self._n_fired

    @property
    def n_dropped(self) -> int:
        """Incidents that are no longer held because there were more than `maxlen`."""
        with self._lock:
            return self._n_fired - len(self._incidents)

    @property
    def last_error(self) -> CallbackError | None:
        """What a subscriber raised last."""
        return self.outbox.last_error

    def counters(self) -> LogCounters:
        """Return what became of all incidents so far."""
        with self._lock:
            dropped = self._n_fired - len(self._incidents)
            notified, failed = self.outbox.n_notified, self.outbox.n_failed
            return LogCounters(
                self._n_fired, dropped, self._n_past, notified, self._n_muted, failed
            )

    @property
    def active(self) -> tuple[Incident, ...]:
        """The incidents that are firing now, oldest first."""
        with self._lock:
            return tuple(entry.incident for entry in self._active.values())

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents held, oldest first."""
        with self._lock:
            return tuple(entry.incident for entry in self._incidents.values())

    def newest(self, n: int) -> tuple[Incident, ...]:
        """Return at most `n` incidents, newest first."""
        with self._lock:
            newest = islice(reversed(self._incidents.values()), max(n, 0))
            return tuple(entry.incident for entry in newest)

    def find(self, number: int) -> Incident | None:
        """Return the incident with this number, or None if it is neither held nor open."""
        entry = self.entry(number)
        return None if entry is None else entry.incident

    def entry(self, number: int) -> Entry | None:
        """Return the incident with this number as it is from now on. For rules."""
        with self._lock:
            return self._incidents.get(number, self._active.get(number))

    def _known(self, number: int) -> Entry:
        entry = self.entry(number)
        if entry is None:
            message = f"There is no incident {number!r:.80} in the log."
            raise ValueError(message)
        return entry

    # What people do about incidents.

    def acknowledge(self, number: int, who: str, why: str = "") -> Incident:
        """Say that somebody takes care of an incident: it does not notify of escalations any more.

        Parameters
        ----------
        number
            The incident's.
        who, why
            For people; who must not be empty.

        Raises
        ------
        ValueError
            If there is no such incident, `who` is empty, or a text has more than 10,000 characters.
        TypeError
            If a text is not a str.
        """
        if not checked_text(who, "who").strip():
            message = f"'who' must name somebody (got {who!r})."
            raise ValueError(message)
        note = Acknowledgement(who.strip(), checked_text(why, "why"), self._clock.wall_ns())
        return self.mark(self._known(number), acknowledged=note)

    def silence(
        self,
        rule: str = "*",
        channel: str = "*",
        *,
        for_: float | str | timedelta | None = None,
        until: TimeLike | None = None,
        who: str = "",
        why: str = "",
    ) -> Silence:
        """Keep notifications of some rules back until a time; an incident still open then is told.

        Parameters
        ----------
        rule, channel
            Patterns of names as `fnmatch` reads them, case counts: "*", "temp*", "*[12]".
        for_
            How long from now: seconds or "30min".
        until
            When it ends: a datetime, an ISO time. Exactly one of both is given.
        who, why
            For people.

        Raises
        ------
        ValueError
            If it would end before it began, a text has more than 10,000 characters, or there are 1,000
            silences already.
        TypeError
            If not exactly one of `for_` and `until` is given, or a text is not a str.
        """
        if (for_ is None) == (until is None):
            message = "A silence needs either for_='30min' or until=a time."
            raise TypeError(message)
        now = self._clock.wall_ns()
        if for_ is not None:
            until_ns = now + parse_duration(for_, name="for_")
        else:
            until_ns = time_ns(until, timezone=self._zone)
        if until_ns <= now:
            message = (
                f"A silence must end in the future (got {for_ if until is None else until!r})."
            )
            raise ValueError(message)
        texts = {"rule": rule, "channel": channel, "who": who, "why": why}
        checked = {name: checked_text(text, name) for name, text in texts.items()}
        silence = Silence(until_ns=until_ns, **checked)
        with self._lock:
            self._silences = tuple(s for s in self._silences if s.until_ns > now)
            if len(self._silences) >= MAX_SILENCES:
                message = f"There are {MAX_SILENCES:,} silences already. End one first."
                raise ValueError(message)
            self._silences = (*self._silences, silence)
            self._version += 1
        return silence

    def snooze(
        self, number: int, for_: float | str | timedelta = "30min", *, who: str = ""
    ) -> Silence:
        """Silence the rule and channel of one incident for a while.

        Raises
        ------
        ValueError
            If there is no such incident.
        """
        incident = self._known(number).incident
        return self.silence(escape(incident.rule), escape(incident.channel), for_=for_, who=who)

    def end_silence(self, silence: Silence) -> None:
        """End a silence before its time; one that is over already stays so."""
        with self._lock:
            self._silences = tuple(s for s in self._silences if s != silence)
            self._version += 1

    @property
    def silences(self) -> tuple[Silence, ...]:
        """The silences that are not over."""
        now = self._clock.wall_ns()
        return tuple(silence for silence in self._silences if silence.until_ns > now)

    def is_silenced(self, rule: str, channel: str, at_ns: int) -> bool:
        """Return whether a rule on a channel is silenced at a wall time."""
        return any(silence.covers(rule, channel, at_ns) for silence in self._silences)

    def subscribe(self, callback: Callable[[Notification], object]) -> Callable[[], None]:
        """Tell `callback` of everything that people should hear of; return what ends that.

        Parameters
        ----------
        callback
            Gets a `Notification`. It is called on the analyzer's thread, or on the one that closes a rule:
            it should return soon. What it raises is logged and counted, and kept in `last_error`.
        """
        return self.outbox.subscribe(callback)

    # Out of here.

    def to_pandas(self) -> pd.DataFrame:
        """Return the incidents held, oldest first.

        Returns
        -------
        DataFrame
            Columns rule, channel, severity, state, breached, fired, resolved, peak, reason,
            acknowledged, silenced, past. Times are tz-aware in `timezone`, resolved is NaT while
            firing; peak is float64, silenced and past are bool, acknowledged is who did or "", the
            others are str.
        """
        import pandas as pd

        held = self.incidents
        nat = np.iinfo(np.int64).min

        def of(name: str) -> list[Any]:
            return [getattr(incident, name) for incident in held]

        def texts(values: list[str]) -> Any:
            return pd.Series(values, dtype="str")

        def times(values: list[int | None]) -> Any:
            stamps = np.array([nat if ns is None else ns for ns in values], np.int64)
            index = pd.DatetimeIndex(stamps.view("datetime64[ns]"))
            return index.tz_localize("UTC").tz_convert(self._zone)

        columns = {
            **{name: texts(of(name)) for name in ("rule", "channel", "severity", "state")},
            **{name: times(of(f"{name}_ns")) for name in ("breached", "fired", "resolved")},
            "peak": np.array(of("peak"), np.float64),
            "reason": texts(of("reason")),
            "acknowledged": texts([note.who if note else "" for note in of("acknowledged")]),
            "silenced": np.array(of("is_silenced"), np.bool_),
            "past": np.array(of("is_past"), np.bool_),
        }
        return pd.DataFrame(columns)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the incidents held to a CSV file, which is replaced in one step.

        Text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line
        break) gets a ' before it.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_atomically(path, csv_of(self.incidents))

    def to_json_lines(self, path: str | PathLike[str]) -> None:
        """Write the incidents held to a file of one JSON object per line, replaced in one step.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_atomically(path, json_lines_of(self.incidents))

    # For rules.

    def add(self, **facts: Any) -> Entry:
        """Record an incident; `facts` are fields of `Incident`. For rules."""
        with self._lock:
            self._n_fired += 1
            number = self._n_fired
            entry = Entry(Incident(number=number, zone=self._zone, **facts), is_held=True)
            self._incidents[number] = entry
            if entry.incident.resolved_ns is None:
                self._active[number] = entry
            if len(self._incidents) > self._maxlen:
                oldest_over = (n for n in self._incidents if n not in self._active)
                oldest = next(oldest_over, next(iter(self._incidents)))
                self._incidents.pop(oldest).is_held = oldest in self._active
            self._version += 1
            return entry

    def change(
        self, entry: Entry, *, escalations: tuple[Escalation, ...] = (), **facts: Any
    ) -> None:
        """Change an open incident: its peak, how it became graver or was resolved. For rules."""
        with self._lock:
            incident = entry.incident
            if escalations:
                facts["escalations"] = (*incident.escalations, *escalations)
                facts["severity"] = escalations[-1].severity
            entry.incident = replace(incident, **facts)
            if entry.incident.resolved_ns is not None:
                del self._active[incident.number]
                entry.is_held = incident.number in self._incidents
            self._version += 1

    def mark(self, entry: Entry, **flags: Any) -> Incident:
        """Set flags of an incident, open or not, and return it. For rules."""
        with self._lock:
            if flags.get("is_past") and not entry.incident.is_past:
                self._n_past += 1
            entry.incident = replace(entry.incident, **flags)
            self._version += 1
            return entry.incident

    def count_muted(self) -> None:
        """Count a notification that was kept back. For rules."""
        with self._lock:
            self._n_muted += 1

    def publish(self, notification: Notification) -> None:
        """Tell all subscribers."""
        self.outbox.post([notification])
        self.outbox.publish()
