"""The alert feed: what fired and why, what is strange, what happened to the data, and its health."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, time, timedelta
from glob import escape
from typing import TYPE_CHECKING, Any

from nbstream.alerts.log.incident import Incident
from nbstream.analysis.anomaly_log import AnomalyGroup
from nbstream.detectors.parts.wording import short
from nbstream.readings.window import format_duration, rough_duration
from nbstream.readings.zone import local_datetime, zone_label
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.naming import short_name, shortened
from nbstream.text.redaction import redact
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import is_int, plain_text
from nbstream.widgets.page.panel import Panel, source_state
from nbstream.widgets.panels.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts.log.alert_log import Silence
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.buffer import Event
    from nbstream.widgets.page.inbox import Action

__all__ = ["AlertFeed", "held_text"]

MAX_ITEMS = 50
MAX_GROUPS = 20
"""Groups of anomalies among them: they must not crowd out the alerts."""
MAX_WATCHED = 20
MAX_NOTES = 20
MAX_SILENCES = 20
MAX_REASON = 200
MAX_TEXT = 300
MAX_CLIENT = 64
WHO = "page"
SNOOZES = ("5min", "1h", "tomorrow")
TOMORROW_AT = time(6)
NOTHING_TOLD: dict[str, Any] = {"newest": 0, "items": [], "settled": []}


class AlertFeed(Panel):
    """Incidents, anomalies and events, newest first, what fires on top, and a line about the data's health.

    Parameters
    ----------
    analyzer
        Whose alerts and anomalies are shown.
    chart
        A LiveChart whose drawn points are counted as shown; None leaves that out.

    Notes
    -----
    The newest 50 are listed, the others are counted. A page may acknowledge an incident that fires, snooze
    its rule on its channel for one of three spans, and end a silence; it can name no rule and no pattern.

    Thread safety: make and close it on the main thread.
    """

    _view = "feed"

    def __init__(
        self,
        analyzer: Analyzer,
        chart: Any = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        pump: Pump = PUMP,
    ) -> None:
        self.chart = chart
        self._numbers = itertools.count(1)
        self._silences: dict[int, Silence] = {}
        self._bell: Bell | None = None
        super().__init__(analyzer, clock=clock, pump=pump)
        self._bell = Bell(analyzer.alerts, self.send, clock=clock, pump=pump)
        self._bell.open()
        self.on_msg(self._hear_bye)

    def close(self) -> None:
        """Remove the feed from its pages; what it shows goes on."""
        super().close()
        if self._is_closed and self._bell is not None:
            self._bell.close()

    def _state(self) -> dict[str, Any]:
        rules = self.analyzer.rules
        items, n_older = self._items()
        silences = self._numbered()
        shown = list(silences.items())[-MAX_SILENCES:]
        return {
            "told": NOTHING_TOLD if self._bell is None else self._bell.state(),
            "silences": [self._silence(number, silence) for number, silence in reversed(shown)],
            "nSilences": len(silences),
            "items": items,
            "older": n_older,
            "firing": sum(rule.state.name == "FIRING" for rule in rules),
            "rules": [shortened(rule.name) for rule in rules[:MAX_WATCHED]],
            "nRules": len(rules),
            "health": self._health(),
        }

    def _summary(self) -> str:
        incidents = self.analyzer.alerts.newest(3)
        return "; ".join(plain_text(incident.reason) for incident in incidents) or "no alerts yet"

    def _items(self) -> tuple[list[dict[str, Any]], int]:
        log, buffer = self.analyzer.alerts, self.analyzer.buffer
        newest = buffer.newest_ns
        today = None if newest is None else self._when(newest)[1][:10]
        events = tuple(buffer.events)
        # What fires is on top however old it is.
        incidents = {i.number: i for i in (*log.newest(MAX_ITEMS), *log.active[-MAX_ITEMS:])}
        anomalies = self.analyzer.anomalies
        found: list[tuple[bool, int, Incident | AnomalyGroup | Event]] = [
            *((i.state == "firing", i.fired_ns, i) for i in incidents.values()),
            *((False, group.first.time_ns, group) for group in anomalies.groups(MAX_GROUPS)),
            *((False, event.time_ns, event) for event in events),
        ]
        found.sort(key=lambda entry: entry[:2], reverse=True)
        shown = [self._item(thing, today) for _, _, thing in found[:MAX_ITEMS]]
        _make_distinct(shown)
        return shown, log.n_fired + anomalies.n_groups + len(events) - len(shown)

    def _item(self, thing: Incident | AnomalyGroup | Event, today: str | None) -> dict[str, Any]:
        if isinstance(thing, Incident):
            return self._incident(thing, today)
        if isinstance(thing, AnomalyGroup):
            return self._anomalies(thing, today)
        return self._event(thing, today)

    def _incident(self, incident: Incident, today: str | None) -> dict[str, Any]:
        ended = incident.resolved_ns
        is_named = incident.rule != incident.condition.text
        reason = incident.reason
        return {
            "key": f"incident {incident.number}",
            "number": incident.number,
            "kind": "incident",
            "state": incident.state,
            "severity": incident.severity,
            "title": shortened(incident.rule) if is_named else "",
            "text": plain_text(reason, MAX_TEXT),
            "graver": self._graver(incident) if len(reason) > MAX_TEXT else "",
            "lasted": None if ended is None else round((ended - incident.breached_ns) / 1e9, 1),
            "acknowledged": self._acknowledged(incident),
            "silenced": self._is_silenced(incident),
            "flapping": incident.is_flapping,
            "past": incident.is_past,
            **self._times(incident.fired_ns, today),
        }

    def _graver(self, incident: Incident) -> str:
        """Return since when it is as grave as it is, which a long reason would hide; "" if ever."""
        if not incident.escalations:
            return ""
        newest = incident.escalations[-1]
        return f"{newest.severity} since {self._when(newest.moment.time_ns)[0]}"

    def _acknowledged(self, incident: Incident) -> dict[str, str] | None:
        note = incident.acknowledged
        if note is None:
            return None
        clock, _ = self._when(note.at_ns)
        return {"who": plain_text(note.who), "why": plain_text(note.why, MAX_REASON), "time": clock}

    def _is_silenced(self, incident: Incident) -> bool:
        """Return whether nobody is told of an incident now, or was of one that is over."""
        if incident.resolved_ns is not None:
            return incident.is_silenced
        now = self._clock.wall_ns()
        return self.analyzer.alerts.is_silenced(incident.rule, incident.channel, now)

    def _numbered(self) -> dict[int, Silence]:
        """Return the running silences by the numbers that pages know them by, never used again."""
        known = {silence: number for number, silence in self._silences.items()}
        self._silences = {
            known[silence] if silence in known else next(self._numbers): silence
            for silence in dict.fromkeys(self.analyzer.alerts.silences)
        }
        return self._silences

    def _silence(self, number: int, silence: Silence) -> dict[str, Any]:
        today = self._when(self._clock.wall_ns())[1][:10]
        until = self._times(silence.until_ns, today)
        return {
            "id": number,
            "text": _silenced_text(silence),
            "until": until["time"],
            "full": until["full"],
            "who": plain_text(silence.who),
            "why": plain_text(silence.why, MAX_REASON),
        }

    def _anomalies(self, group: AnomalyGroup, today: str | None) -> dict[str, Any]:
        first, strangest = group.first, group.strangest
        many = ""
        if group.n > 1:
            span = rough_duration(abs(group.until_ns - first.time_ns))
            many = f"{group.n:,} readings in {span}, the strangest: "
        reason = (
            f"{many}{short_name(first.channel, 40)} {short(strangest.value)}: {strangest.reason}"
        )
        return {
            "key": f"anomalies {first.number}",
            "kind": "anomaly",
            "title": shortened(first.detector),
            "text": plain_text(reason, MAX_TEXT),
            **self._times(first.time_ns, today),
        }

    def _event(self, event: Event, today: str | None) -> dict[str, Any]:
        return {
            "key": f"event {event.time_ns} {event.text[:80]}",
            "kind": "event",
            "text": plain_text(event.text, 200),
            **self._times(event.time_ns, today),
        }

    def _times(self, ns: int, today: str | None) -> dict[str, str]:
        clock, full = self._when(ns)
        date = full[:10]
        return {"time": clock if today in (None, date) else f"{date[5:]} {clock}", "full": full}

    def _when(self, ns: int) -> tuple[str, str]:
        """Return a moment in the data's zone, as the time of day and in full."""
        zone = self.analyzer.buffer.timezone
        local = local_datetime(ns, zone)
        text = local.strftime("%Y-%m-%d %H:%M:%S")
        return text[11:], f"{text}.{local.microsecond // 1000:03d} {zone_label(zone, ns)}"

    def _health(self) -> dict[str, Any]:
        analyzer = self.analyzer
        buffer, source = analyzer.buffer, analyzer.source
        names = analyzer.channels
        channels = [buffer.channel(name) for name in names]
        counters: dict[str, int] = {}
        error: Any = analyzer.last_error
        notes: list[str] = []
        if source is None:
            counters["received"] = max((held.span()[1] for held in channels), default=0)
        else:
            counters.update(source.counters()._asdict())
            error = source.last_error or error
            notes = [plain_text(note, 200) for note in source.notes[:MAX_NOTES]]
        newest = buffer.newest_ns
        shown = getattr(self.chart, "shown", None)
        return {
            "counters": counters,
            "shown": int(shown) if isinstance(shown, (int, float)) and shown >= 0 else None,
            "missing": sum(held.missing for held in channels),
            "evicted": buffer.n_evicted,
            "refused": len(buffer.refused_channels),
            "newest": None if newest is None else newest / 1e6,
            "staleAfter": buffer.stale_after(*names),
            "held": held_text(analyzer),
            "source": source_state(source),
            "error": "" if error is None else plain_text(redact(str(error)), 300),
            "notes": notes,
            "zone": zone_label(buffer.timezone, newest or self._clock.wall_ns()),
            "ignored": self.n_ignored,
        }

    # Commands of the page.

    def _actions(self) -> dict[str, Action]:
        return {
            "acknowledge": self._acknowledge_command,
            "snooze": self._snooze_command,
            "end_silence": self._end_silence_command,
            "listen": self._listen_command,
        }

    def _hear_bye(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict) and message.get("kind") == "bye" and self._bell is not None:
            client = message.get("client")
            if isinstance(client, str):
                self._bell.forget(client)

    def _acknowledge_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number, why = message.get("incident"), message.get("why", "")
        if not is_int(number) or not isinstance(why, str) or len(why) > MAX_REASON:
            return None

        def apply() -> None:
            incident = self._firing(number)
            if incident.acknowledged is not None:
                who = plain_text(incident.acknowledged.who)
                message = f"It was acknowledged already, by {who}."
                raise ValueError(message)
            self.analyzer.alerts.acknowledge(incident.number, WHO, plain_text(why, MAX_REASON))

        return apply

    def _snooze_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number, span = message.get("incident"), message.get("for")
        if not is_int(number) or not isinstance(span, str) or span not in SNOOZES:
            return None

        def apply() -> None:
            incident = self._firing(number)
            log = self.analyzer.alerts
            rule, channel = escape(incident.rule), escape(incident.channel)
            earlier = [
                s for s in log.silences if (s.rule, s.channel, s.who) == (rule, channel, WHO)
            ]
            if span == "tomorrow":
                log.silence(rule, channel, until=self._tomorrow(), who=WHO)
            else:
                log.silence(rule, channel, for_=span, who=WHO)
            for silence in earlier:
                log.end_silence(silence)

        return apply

    def _end_silence_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number = message.get("silence")
        if not isinstance(number, int) or isinstance(number, bool):
            return None

        def apply() -> None:
            silence = self._silences.get(number)
            if silence is None or silence not in self.analyzer.alerts.silences:
                message = "This silence has ended already."
                raise ValueError(message)
            self.analyzer.alerts.end_silence(silence)

        return apply

    def _listen_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        client, value, bell = message.get("client"), message.get("value"), self._bell
        if not isinstance(client, str) or not 0 < len(client) <= MAX_CLIENT:
            return None
        if not isinstance(value, bool) or bell is None:
            return None
        return lambda: bell.listen(client) if value else bell.forget(client)

    def _firing(self, number: Any) -> Incident:
        """Return an incident that a page may still do something about."""
        if self.analyzer.is_closed:
            message = "The analyzer was closed: nothing is watched any more."
            raise ValueError(message)
        incident = self.analyzer.alerts.find(number)
        if incident is None:
            message = "This incident is no longer in the log."
            raise ValueError(message)
        if incident.resolved_ns is not None:
            message = f"This incident is over: {plain_text(incident.resolution, 120)}."
            raise ValueError(message)
        return incident

    def _tomorrow(self) -> datetime:
        """Return six in the morning of tomorrow, in the data's zone."""
        zone = self.analyzer.alerts.timezone
        now = local_datetime(self._clock.wall_ns(), zone)
        return datetime.combine(now.date() + timedelta(days=1), TOMORROW_AT, tzinfo=zone)


def held_text(analyzer: Analyzer) -> str:
    """Return what the buffer holds of the window in words, "" if it holds all of it."""
    if analyzer.covered:
        return ""
    buffer, window = analyzer.buffer, analyzer.parsed_window
    spans = []
    for name in analyzer.channels:
        rows = buffer.channel(name)
        first, end = rows.span()
        if end > first and not rows.covers(window):
            oldest_ns, newest_ns = rows.time_at(first), rows.newest_ns
            if oldest_ns is not None and newest_ns is not None:
                spans.append((newest_ns - oldest_ns, end - first))
    if not spans:
        return ""
    span_ns, n = min(spans)
    if window.readings is not None:
        return f"holds {n:,} of {window.readings:,} readings"
    held = rough_duration(span_ns)
    if window.duration_ns is None:
        return f"holds the newest {held}"
    return f"holds {held} of {format_duration(window.duration_ns)}"


def _silenced_text(silence: Silence) -> str:
    """Return which rules and channels are silenced: literal names in quotes, patterns as they are."""
    rule, channel = _pattern(silence.rule), _pattern(silence.channel)
    what = "all rules" if rule == "*" else rule if rule.startswith("“") else f"rules {rule}"
    return what if channel == "*" else f"{what} on {channel}"


def _pattern(pattern: str) -> str:
    literal = re.sub(r"\[([*?[])\]", r"\1", pattern)
    return f"“{short_name(literal)}”" if escape(literal) == pattern else short_name(pattern)


def _make_distinct(items: list[dict[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for item in reversed(items):
        n = seen[item["key"]] = seen.get(item["key"], 0) + 1
        if n > 1:
            item["key"] += f" {n}"
