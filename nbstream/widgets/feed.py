"""The alert feed: what fired and why, what happened to the data, and the health of it all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nbstream.clock import SYSTEM_CLOCK, Clock
from nbstream.widgets.link import PUMP, Pump
from nbstream.widgets.panel import Panel, newest_of, plain_text, source_state
from nbstream.window import format_duration
from nbstream.zone import offset_ms, zone_label

if TYPE_CHECKING:
    from nbstream.alerts import Incident
    from nbstream.analyzer import Analyzer
    from nbstream.buffer import Buffer, Event

__all__ = ["AlertFeed", "held_text", "redact"]

MAX_ITEMS = 50
MAX_WATCHED = 20
MAX_NOTES = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AlertFeed(Panel):
    """Incidents and events, newest first and what fires on top, and a line about the data's health.

    Parameters
    ----------
    analyzer
        Whose alerts are shown.
    chart
        A LiveChart whose drawn points are counted as shown; None leaves that out.

    Notes
    -----
    The newest 50 are listed, the others are counted.

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
        super().__init__(analyzer, clock=clock, pump=pump)

    def _state(self) -> dict[str, Any]:
        rules = self.analyzer.rules
        items, n_older = self._items()
        return {
            "items": items,
            "older": n_older,
            "firing": sum(rule.state.name == "FIRING" for rule in rules),
            "rules": [plain_text(rule.name) for rule in rules[:MAX_WATCHED]],
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
        found: list[tuple[bool, int, dict[str, Any]]] = [
            *(
                (i.state == "firing", i.fired_ns, self._incident(i, today))
                for i in incidents.values()
            ),
            *((False, event.time_ns, self._event(event, today)) for event in events),
        ]
        found.sort(key=lambda entry: entry[:2], reverse=True)
        shown = [item for _, _, item in found[:MAX_ITEMS]]
        _make_distinct(shown)
        return shown, log.n_fired + len(events) - len(shown)

    def _incident(self, incident: Incident, today: str | None) -> dict[str, Any]:
        ended = incident.resolved_ns
        is_named = incident.rule != incident.condition.text
        return {
            "key": f"incident {incident.number}",
            "kind": "incident",
            "state": incident.state,
            "severity": incident.severity,
            "title": plain_text(incident.rule) if is_named else "",
            "text": plain_text(incident.reason, 300),
            "lasted": None if ended is None else round((ended - incident.breached_ns) / 1e9, 1),
            **self._times(incident.fired_ns, today),
        }

    def _event(self, event: Event, today: str | None) -> dict[str, Any]:
        return {
            "key": f"event {event.time_ns} {event.text[:80]}",
            "kind": "event",
            "text": plain_text(redact(event.text), 200),
            **self._times(event.time_ns, today),
        }

    def _times(self, ns: int, today: str | None) -> dict[str, str]:
        clock, full = self._when(ns)
        date = full[:10]
        return {"time": clock if today in (None, date) else f"{date[5:]} {clock}", "full": full}

    def _when(self, ns: int) -> tuple[str, str]:
        """Return a moment in the data's zone, as the time of day and in full."""
        zone = self.analyzer.buffer.timezone
        local = EPOCH + timedelta(microseconds=ns // 1000, milliseconds=offset_ms(zone, ns))
        text = local.strftime("%Y-%m-%d %H:%M:%S")
        return text[11:], f"{text}.{local.microsecond // 1000:03d} {zone_label(zone, ns)}"

    def _health(self) -> dict[str, Any]:
        analyzer = self.analyzer
        buffer, source = analyzer.buffer, analyzer.source
        names = analyzer.channels
        counters: dict[str, int] = {}
        error: Any = analyzer.last_error
        notes: list[str] = []
        if source is None:
            counters["received"] = max((_end_of(buffer, name) for name in names), default=0)
        else:
            counters.update(source.counters()._asdict())
            error = source.last_error or error
            notes = [plain_text(redact(note), 200) for note in source.notes[:MAX_NOTES]]
        newest = buffer.newest_ns
        shown = getattr(self.chart, "shown", None)
        return {
            "counters": counters,
            "shown": int(shown) if isinstance(shown, (int, float)) and shown >= 0 else None,
            "missing": sum(_missing(buffer, name) for name in names),
            "evicted": buffer.n_evicted,
            "refused": len(buffer.refused_channels),
            "newest": None if newest is None else newest / 1e6,
            "staleAfter": max((newest_of(buffer, name)[1] for name in names), default=2.0),
            "held": held_text(analyzer),
            "source": source_state(source),
            "error": "" if error is None else plain_text(redact(str(error)), 300),
            "notes": notes,
            "zone": zone_label(buffer.timezone, newest or self._clock.wall_ns()),
            "ignored": self.n_ignored + self._link.n_ignored,
        }


# Both userinfo in a URL and what follows a telling name, up to the next space or separator.
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET = re.compile(
    r"\b(\w*(?:pass|pwd|token|secret|key|auth|sig)\w*)(\"?'?\s*[=:]\s*)"
    r"((?:bearer|basic)\s+\S+|\"[^\"]*\"|'[^']*'|[^\s&;,]+)",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return text without what looks like a password.

    Examples
    --------
    >>> redact("cannot open wss://ann:hunter2@host/live?token=abc&n=1")
    'cannot open wss://***@host/live?token=***&n=1'
    """
    return _SECRET.sub(r"\1\2***", _USERINFO.sub("***@", text))


def held_text(analyzer: Analyzer) -> str:
    """Return what the buffer holds of the window in words, "" if it holds all of it."""
    if analyzer.covered:
        return ""
    buffer, window = analyzer.buffer, analyzer.parsed_window
    spans = []
    for name in analyzer.channels:
        try:
            first, end = buffer.span(name)
            if end > first and not buffer.covers(name, window):
                oldest = int(buffer.rows(name, first, first + 1).times[0])
                newest = int(buffer.rows(name, end - 1, end).times[0])
                spans.append((newest - oldest, end - first))
        except (KeyError, IndexError):  # evicted or closed meanwhile
            continue
    if not spans:
        return ""
    span_ns, n = min(spans)
    if window.readings is not None:
        return f"holds {n:,} of {window.readings:,} readings"
    held = _rough(span_ns)
    if window.duration_ns is None:
        return f"holds the newest {held}"
    return f"holds {held} of {format_duration(window.duration_ns)}"


def _rough(ns: int) -> str:
    seconds = ns / 1e9
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} days"


def _make_distinct(items: list[dict[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for item in reversed(items):
        n = seen[item["key"]] = seen.get(item["key"], 0) + 1
        if n > 1:
            item["key"] += f" {n}"


def _end_of(buffer: Buffer, name: str) -> int:
    try:
        return int(buffer.span(name)[1])
    except KeyError:
        return 0


def _missing(buffer: Buffer, name: str) -> int:
    try:
        return int(buffer.missing(name))
    except KeyError:
        return 0
