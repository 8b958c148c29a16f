"""One firing of a rule, the words that tell of it, and what subscribers of a log are told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from nbstream.expressions.variables import VALUE, ZSCORE, Word
from nbstream.readings.window import format_duration
from nbstream.readings.zone import local_datetime
from nbstream.text.naming import short_name
from nbstream.text.numbers import near_number

if TYPE_CHECKING:
    from nbstream.alerts.conditions.condition import Condition

__all__ = ["Acknowledgement", "Entry", "Escalation", "Incident", "Moment", "Notification"]

NotificationKind: TypeAlias = Literal[
    "fired", "escalated", "resolved", "no_data", "data_back", "error", "flapping"
]


class Moment(NamedTuple):
    """A reading at which something happened."""

    time_ns: int
    """Its time."""
    value: float
    """The reading."""
    variable_value: float
    """What the condition compares: the reading or its zscore."""
    parts: str = ""
    """The numbers of a longer condition's parts, in words; empty if it compares one thing."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who takes care of an incident."""

    who: str
    why: str
    at_ns: int
    """Wall time, ns since the epoch, UTC."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """An incident became graver."""

    severity: str
    moment: Moment
    """The reading that made it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One firing of a rule, from the breach to its end.

    All texts are plain text: names come from data and must be escaped where they meet HTML.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    number: int
    """Counts the incidents of a log, from 1; 0 is not in the log."""
    rule: str
    """The rule's name when it fired."""
    channel: str
    """The channel's name."""
    severity: str
    """"info", "warning" or "critical": the gravest that it reached."""
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
    """Why it ended, if not by a reading: "rule changed", "rule closed", "no data for 12s"."""
    resolved_ns: int | None = None
    """When it ended, event time; None while firing."""
    kind: Literal["breach", "no_data", "error"] = "breach"
    """What it is about: readings, their absence, or the rule itself."""
    what: str = ""
    """For "no_data" and "error": what is wrong, in words."""
    escalations: tuple[Escalation, ...] = ()
    """How it became graver after it had fired."""
    acknowledged: Acknowledgement | None = None
    """Who takes care of it; None is nobody."""
    is_silenced: bool = False
    """Whether a silence kept its notifications back."""
    is_flapping: bool = False
    """Whether its rule fires so often that notifications are muted."""
    is_past: bool = False
    """Whether it was over long before it was found, as in an old file; nobody is notified then."""
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
        held = f" for {format_duration(self.for_ns)}" if self.for_ns and not self.what else ""
        text = f"{self._fired_by}{held} since {self._clock(self.breached_ns)}"
        for escalation in self.escalations:
            moment = escalation.moment
            text += f"; {escalation.severity} since {self._clock(moment.time_ns)}"
            if not math.isnan(moment.value):
                text += f" ({short_name(self.channel)} {self._quantity(moment.value)})"
            elif moment.parts and _asks_for_words(self.condition):
                text += f" ({moment.parts})"
        if self.resolved_ns is None:
            return text
        when = self._clock(self.resolved_ns)
        if self.cleared is None:
            why = f"ended, {self.ended},"
        elif self.cleared.parts:
            said = "when" if _asks_for_words(self.clear or self.condition) else "by"
            why = f"cleared {said} {self.cleared.parts}"
        else:
            why = f"cleared by {short_name(self.channel)} {self._quantity(self.cleared.value)}"
        # A reading says little of a rule that compares something else.
        is_about_readings = not {VALUE, ZSCORE}.isdisjoint(self.condition.variables)
        has_peak = is_about_readings and not self.what and not math.isnan(self.peak)
        peak = f", peak {self._quantity(self.peak)}" if has_peak else ""
        return f"{text}; {why} at {when}{peak}"

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

    @property
    def _fired_by(self) -> str:
        return self.what or self._described(self.condition, self.breach)

    def _described(self, condition: Condition, moment: Moment) -> str:
        if moment.parts:
            return moment.parts
        name = short_name(self.channel)
        text = condition.describe(moment.variable_value, subject=name, unit=self.unit)
        if condition.variable == "value" and not condition.is_absolute:
            return text
        return f"{name} {self._quantity(moment.value)}: {text}"

    def _quantity(self, value: float) -> str:
        limits = self.condition.limits if self.condition.variable == "value" else ()
        number = near_number(value, min((abs(value - limit) for limit in limits), default=0.0))
        return f"{number} {self.unit}" if self.unit else number

    def _clock(self, ns: int) -> str:
        time = local_datetime(ns, self.zone)
        breached = local_datetime(self.breached_ns, self.zone)
        return f"{time:%H:%M:%S}" if time.date() == breached.date() else f"{time:%Y-%m-%d %H:%M:%S}"


def _asks_for_words(condition: Condition) -> bool:
    return any(isinstance(variable, Word) for variable in condition.variables)


class Entry:
    """An incident as it is now: a change replaces `incident`, and whoever holds the entry sees it.

    Notes
    -----
    Thread safety: its log replaces the incident, any thread reads it.
    """

    __slots__ = ("incident", "is_held")

    def __init__(self, incident: Incident, *, is_held: bool = False) -> None:
        self.incident = incident
        self.is_held = is_held
        """Whether it is in a log, and not dropped since."""


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that people should hear of; what is silenced or muted never becomes one.

    Parameters
    ----------
    kind
        "fired", "escalated" (the incident became graver), "resolved", "no_data" and "data_back" (the
        channel fell silent, readings come again), "error" (the rule failed) or "flapping" (the rule
        fires so often that it is muted from here on).
    incident
        As the log has it now: of what began and ended within one update, "fired" has its end already. For
        "no_data", "data_back" and "error" it need not be in the log: its number is 0 then.
    at_ns
        Wall time, ns since the epoch, UTC.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    kind: NotificationKind
    incident: Incident
    at_ns: int = 0

    @property
    def text(self) -> str:
        """One line for people, plain text: names come from data and must be escaped for HTML."""
        return f"{self.kind.replace('_', ' ')}: {self.incident.text}"
