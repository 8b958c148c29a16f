"""What happened since one looked last: incidents of rules, strange readings, words of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.alerts.log.export import facts_of
from nbstream.commands.opening import as_typed
from nbstream.readings.zone import iso_utc, local_datetime
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.alerts.log.incident import Incident
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.analysis.anomaly_log import Anomaly
    from nbstream.readings.buffer import Event

__all__ = ["Item", "News", "facts_of_anomaly"]


class Item(NamedTuple):
    """One thing that happened."""

    kind: str
    """"incident", "anomaly" or "note"."""
    severity: str
    """Of an incident; else "info"."""
    text: str
    """One line for people."""
    facts: dict[str, Any]
    """The same for programs."""


class News:
    """Tells each thing once, and an incident once more when it is over.

    Notes
    -----
    Thread safety: one thread asks.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._told: dict[int, str] = {}
        self._anomaly = 0
        self._note: Event | None = None

    def __iter__(self) -> Iterator[Item]:
        """Yield what is new."""
        yield from self._notes()
        for incident in self._analyzer.alerts.incidents:
            if self._told.get(incident.number) != incident.state:
                self._told[incident.number] = incident.state
                yield _of_incident(incident)
        for anomaly in self._analyzer.anomalies.after(self._anomaly):
            self._anomaly = anomaly.number
            yield self._of_anomaly(anomaly)

    def _notes(self) -> Iterator[Item]:
        events = list(self._analyzer.buffer.events)
        source = self._analyzer.source
        known = "" if source is None else f"{source.name}: {source.status}"  # its end is seen
        newest = next((i for i, event in enumerate(events) if event is self._note), -1)
        for event in events[newest + 1 :]:
            self._note = event
            if event.text == known:
                continue
            text = as_typed(event.text)
            facts = {"kind": "note", "time": iso_utc(event.time_ns), "text": text}
            yield Item("note", "info", text, facts)

    def _of_anomaly(self, anomaly: Anomaly) -> Item:
        when = local_datetime(anomaly.time_ns, self._analyzer.buffer.timezone)
        what = f"{short_name(anomaly.channel)} {anomaly.value:g} at {when:%H:%M:%S}"
        text = f"{what} is strange: {anomaly.reason}"
        return Item("anomaly", "info", text, facts_of_anomaly(anomaly))


def facts_of_anomaly(anomaly: Anomaly) -> dict[str, Any]:
    """Return what programs are told of a strange reading."""
    return {
        "kind": "anomaly",
        "time": iso_utc(anomaly.time_ns),
        "channel": anomaly.channel,
        "value": anomaly.value,
        "score": anomaly.score,
        "detector": anomaly.detector,
        "reason": anomaly.reason,
    }


def _of_incident(incident: Incident) -> Item:
    what = "over" if incident.resolved_ns is not None else incident.severity
    text = f"{what}: {incident.text}"
    return Item("incident", incident.severity, text, {"kind": "incident"} | facts_of(incident))
