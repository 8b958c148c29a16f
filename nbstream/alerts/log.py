"""What happened: the incidents of all rules, bounded, newest last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nbstream.alerts.expression import Condition, short_number
from nbstream.window import format_duration
from nbstream.zone import as_zone

if TYPE_CHECKING:
    import pandas as pd

    from nbstream.alerts.machine import Moment

__all__ = ["AlertLog", "Incident"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One firing of a rule, from the breach to its end.

    All texts are plain text: names come from data and must be escaped where they meet HTML.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    number: int
    """Counts the incidents of a log, from 1."""
    rule: str
    """The rule's name when it fired."""
    channel: str
    """The channel's name."""
    severity: str
    """"info", "warning" or "critical"."""
    condition: Condition
    """What was breached."""
    breach: Moment
    """The first reading that breached it."""
    fired_ns: int
    """When it fired: the breach, or `for_` later. Event time, ns since the epoch, UTC."""
    peak: float
    """The reading farthest beyond the limit; of a zscore's rule the reading with that zscore."""
    for_ns: int = 0
    """How long the condition had to hold, ns."""
    unit: str | None = None
    """The channel's unit, if known."""
    clear: Condition | None = None
    """What ends it; None is the opposite of `condition`."""
    cleared: Moment | None = None
    """The reading that ended it; None while firing, or if none did."""
    ended: str | None = None
    """Why it ended, if not by a reading: "rule changed", "rule closed"."""
    resolved_ns: int | None = None
    """When it ended, event time; None while firing."""
    zone: tzinfo = field(default=UTC, repr=False, compare=False)
    """Zone of the times in texts."""

    @property
    def state(self) -> Literal["firing", "resolved"]:
        """Whether it is open."""
        return "firing" if self.resolved_ns is None else "resolved"

    @property
    def breached_ns(self) -> int:
        """When the condition began to hold, event time, ns since the epoch, UTC."""
        return self.breach.time_ns

    @property
    def reason(self) -> str:
        """Why it fired and why it ended.

        As "value 93 > 90 for 3s since 12:03:05; cleared by value 84 at 12:04:01, peak 97".
        """
        held = f" for {format_duration(self.for_ns)}" if self.for_ns else ""
        fired = self._described(self.condition, self.breach) + held
        text = f"{fired} since {self._clock(self.breached_ns)}"
        if self.resolved_ns is None:
            return text
        if self.cleared is not None:
            why = f"cleared by {self.channel} {self._quantity(self.cleared.value)}"
        else:
            why = f"ended, {self.ended},"
        when = self._clock(self.resolved_ns)
        return f"{text}; {why} at {when}, peak {self._quantity(self.peak)}"

    @property
    def resolution(self) -> str | None:
        """Why it ended, such as "value 84 < 85 at 12:04:01"; None while firing."""
        if self.resolved_ns is None:
            return None
        why = self.ended or "ended"
        if self.cleared is not None:
            why = self._described(self.clear or self.condition.opposite, self.cleared)
        return f"{why} at {self._clock(self.resolved_ns)}"

    @property
    def text(self) -> str:
        """One line for a feed: the rule's name, if it has one of its own, and `reason`."""
        is_named = self.rule != self.condition.text
        return f"{self.rule}: {self.reason}" if is_named else self.reason

    def _described(self, condition: Condition, moment: Moment) -> str:
        text = condition.describe(moment.variable_value, subject=self.channel, unit=self.unit)
        if condition.variable == "value" and not condition.is_absolute:
            return text
        return f"{self.channel} {self._quantity(moment.value)}: {text}"

    def _quantity(self, value: float) -> str:
        number = short_number(value)
        return f"{number} {self.unit}" if self.unit else number

    def _clock(self, ns: int) -> str:
        time, breached = _local(ns, self.zone), _local(self.breached_ns, self.zone)
        return f"{time:%H:%M:%S}" if time.date() == breached.date() else f"{time:%Y-%m-%d %H:%M:%S}"


class AlertLog:
    """The incidents of an analyzer's rules.

    Parameters
    ----------
    maxlen
        Incidents held; beyond it the oldest that is resolved is dropped and counted in `n_dropped`.
        Open incidents go last, and stay in `active` even then.
    timezone
        Zone of the times in texts and DataFrames: an IANA name, a tzinfo, or None for the local
        zone of this machine.

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

    def __init__(self, maxlen: int = 10_000, *, timezone: str | tzinfo | None = None) -> None:
        if maxlen < 1:
            message = f"'maxlen' must be >= 1 (got {maxlen!r})."
            raise ValueError(message)
        self._maxlen = maxlen
        self._zone = as_zone(timezone)
        self._incidents: OrderedDict[int, Incident] = OrderedDict()
        self._active: dict[int, Incident] = {}
        self._n_fired = 0
        self._version = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Return the class and how many incidents are held and open."""
        return f"<AlertLog {len(self):,} incidents, {len(self._active):,} firing>"

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
    def active(self) -> tuple[Incident, ...]:
        """The incidents that are firing now, oldest first."""
        with self._lock:
            return tuple(self._active.values())

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """All incidents held, oldest first."""
        with self._lock:
            return tuple(self._incidents.values())

    def newest(self, n: int) -> tuple[Incident, ...]:
        """Return at most `n` incidents, newest first."""
        with self._lock:
            return tuple(islice(reversed(self._incidents.values()), max(n, 0)))

    def to_pandas(self) -> pd.DataFrame:
        """Return the incidents held, oldest first.

        Returns
        -------
        DataFrame
            Columns rule, channel, severity, state, breached, fired, resolved, peak, reason. Times
            are tz-aware in `timezone`, resolved is NaT while firing; peak is float64, the others
            are str.
        """
        import pandas as pd

        held = self.incidents
        nat = np.iinfo(np.int64).min

        def texts(values: list[str]) -> Any:
            return pd.Series(values, dtype="str")

        def times(values: list[int]) -> Any:
            stamps = pd.DatetimeIndex(np.array(values, np.int64).view("datetime64[ns]"))
            return stamps.tz_localize("UTC").tz_convert(self._zone)

        return pd.DataFrame(
            {
                "rule": texts([incident.rule for incident in held]),
                "channel": texts([incident.channel for incident in held]),
                "severity": texts([incident.severity for incident in held]),
                "state": texts([incident.state for incident in held]),
                "breached": times([incident.breached_ns for incident in held]),
                "fired": times([incident.fired_ns for incident in held]),
                "resolved": times([_or(incident.resolved_ns, nat) for incident in held]),
                "peak": np.array([incident.peak for incident in held], np.float64),
                "reason": texts([incident.reason for incident in held]),
            }
        )

    def add(self, **facts: Any) -> int:
        """Record an incident and return its number; `facts` are fields of `Incident`. For rules."""
        with self._lock:
            self._n_fired += 1
            incident = Incident(number=self._n_fired, zone=self._zone, **facts)
            self._incidents[incident.number] = incident
            if incident.resolved_ns is None:
                self._active[incident.number] = incident
            if len(self._incidents) > self._maxlen:
                oldest_over = (n for n in self._incidents if n not in self._active)
                del self._incidents[next(oldest_over, next(iter(self._incidents)))]
            self._version += 1
            return incident.number

    def change(self, number: int, **facts: Any) -> None:
        """Change an open incident: its peak, or how it was resolved. For rules."""
        with self._lock:
            incident = replace(self._active[number], **facts)
            if incident.resolved_ns is None:
                self._active[number] = incident
            else:
                del self._active[number]
            if number in self._incidents:
                self._incidents[number] = incident
            self._version += 1


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def _local(ns: int, zone: tzinfo) -> datetime:
    # Adding to the epoch, for fromtimestamp() refuses times before 1970 on Windows.
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
    return utc.astimezone(zone)
