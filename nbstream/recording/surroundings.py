"""What a recording notes beside readings: words, units, rules, incidents, notes and positions."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

from nbstream.alerts.log.export import facts_of
from nbstream.alerts.rules.rule_file import facts_of_rule
from nbstream.readings.zone import as_zone
from nbstream.recording.description import FORMAT
from nbstream.sources import Source
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from datetime import tzinfo

    from nbstream.alerts import Incident
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.buffer import Buffer, Event
    from nbstream.recording.parts import PartsWriter

__all__ = ["Surroundings", "beginning", "position_of"]


def position_of(source: Source | None) -> Any:
    """Return where a source is, if it can say that in JSON; else None."""
    try:
        return json.loads(json.dumps(getattr(source, "position", None), allow_nan=False))
    except Exception:
        return None


def beginning(
    source: Source | None, buffer: Buffer, analyzer: Analyzer | None, now_ns: int
) -> dict[str, Any]:
    """Return what a recording says at its beginning."""
    from nbstream import __version__

    found: dict[str, Any] = {}
    if isinstance(source, Source):
        found = {"kind": source.kind, "name": source.name, "repr": repr(source)}
    return {
        "format": FORMAT,
        "nbstream": __version__,
        "python": platform.python_version(),
        "source": {name: redact(text) for name, text in found.items()},
        "zone": _zone_name(buffer.timezone),
        "started_ns": now_ns,
        "position": position_of(source),
        "rules": _rules(analyzer),
    }


def _zone_name(zone: tzinfo) -> str:
    """Return a name by which any machine knows a zone, "" if there is none: it is this machine's."""
    name = str(getattr(zone, "key", zone))
    try:
        as_zone(name)
    except ValueError:
        return ""
    return name


def _rules(analyzer: Analyzer | None) -> list[dict[str, Any]]:
    return [] if analyzer is None else [facts_of_rule(rule) for rule in analyzer.rules]


class Surroundings:
    """Notes what changed, in the journal of a recording.

    Parameters
    ----------
    buffer
        Where the readings are, whose words, units and events are noted.
    analyzer
        Whose rules and incidents are noted; None has none.

    Notes
    -----
    Thread safety: one thread at a time.
    """

    def __init__(self, buffer: Buffer, analyzer: Analyzer | None) -> None:
        self._buffer = buffer
        self._analyzer = analyzer
        self._n_labels: dict[str, int] = {}
        self._units: dict[str, str] = {}
        self._rules = _rules(analyzer)
        self._incidents: dict[int, Incident] = {}
        self._version = -1
        events = tuple(buffer.events)
        self._last: Event | None = events[-1] if events else None

    def begin_again(self) -> None:
        """Note words and units from their beginning: another file follows."""
        self._n_labels, self._units = {}, {}

    def note(self, parts: PartsWriter) -> None:
        """Write what is new since the last time."""
        for name, table in self._buffer._store.labels.items():
            known = self._n_labels.get(name, 0)
            if len(table) > known:
                texts = table.texts
                self._n_labels[name] = len(texts)
                parts.event("labels", channel=name, first=known, texts=texts[known:])
        units = {str(name): str(unit) for name, unit in self._buffer.units.copy().items()}
        if units != self._units:
            self._units = units
            parts.event("units", units=units)
        for event in self._new_events():
            is_mark = any(event is mark for mark in tuple(self._buffer.marks))
            kind = "mark" if is_mark else "note"
            parts.event(kind, time_ns=event.time_ns, text=redact(event.text))
        self._note_alerts(parts)

    def _new_events(self) -> list[Event]:
        found: list[Event] = []
        for event in reversed(tuple(self._buffer.events)):
            if event is self._last:
                break
            found.append(event)
        if found:
            self._last = found[0]
        return found[::-1]

    def _note_alerts(self, parts: PartsWriter) -> None:
        if self._analyzer is None:
            return
        rules = _rules(self._analyzer)
        if rules != self._rules:
            self._rules = rules
            parts.event("rules", rules=rules)
        log = self._analyzer.alerts
        version = log.version
        if version == self._version:
            return
        self._version = version
        known, self._incidents = self._incidents, {}
        for incident in log.incidents:
            self._incidents[incident.number] = incident
            if known.get(incident.number) is not incident:
                facts = facts_of(incident)
                parts.event("incident", **(facts | {"reason": redact(facts["reason"])}))
