"""The incidents of a chart's channels as pages draw them: from when to when, how grave, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.readings.batch import time_ns
from nbstream.text.naming import shortened
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbstream.alerts.log.alert_log import AlertLog
    from nbstream.alerts.log.incident import Incident
    from nbstream.runtime.clock import Clock

__all__ = ["IncidentBands", "RecordedIncidents"]

MAX_BANDS = 100
MAX_REASON = 160
AGAIN = 1.0
"""Seconds between two readings of a log: a storm of incidents is no storm on the wire."""


class IncidentBands:
    """Reads the newest incidents of some channels from a log, again when it has changed.

    Parameters
    ----------
    log
        Of the analyzer.
    clock
        Injectable.

    Notes
    -----
    Thread safety: one thread at a time (the pump's).
    """

    def __init__(self, log: AlertLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._key: tuple[int, tuple[str, ...]] | None = None
        self._read_at = 0.0
        self._bands: list[list[Any]] = []

    def read(self, names: tuple[str, ...]) -> list[list[Any]]:
        """Return the newest incidents of channels, oldest first, as incidents.js takes them.

        Each is channel number, begin and end (epoch ms; None while it is firing), severity, rule and reason.
        """
        key = self._log.version, names
        now = self._clock.monotonic()
        if key != self._key and (self._key is None or now - self._read_at >= AGAIN):
            self._key, self._read_at = key, now
            numbers = {name: number for number, name in enumerate(names)}
            newest = [i for i in self._log.newest(MAX_BANDS) if i.channel in numbers]
            self._bands = [_band(numbers[i.channel], i) for i in reversed(newest)]
        return self._bands


def _band(number: int, incident: Incident) -> list[Any]:
    end_ns = incident.resolved_ns
    return [
        number,
        incident.breached_ns / 1e6,
        None if end_ns is None else end_ns / 1e6,
        incident.severity,
        shortened(incident.rule, 40),
        plain_text(incident.reason, MAX_REASON),
    ]


class RecordedIncidents:
    """Incidents as a recording has them: what was told of each last.

    Parameters
    ----------
    facts
        As `facts_of` gives them, in the order in which they were noted.
    """

    def __init__(self, facts: Iterable[Mapping[str, Any]]) -> None:
        self._by_number = {fact.get("number"): fact for fact in facts}

    def read(self, names: tuple[str, ...]) -> list[list[Any]]:
        """Return the newest incidents of channels, as `IncidentBands.read` does."""
        numbers = {name: number for number, name in enumerate(names)}
        found: list[tuple[float, list[Any]]] = []
        for fact in self._by_number.values():
            begin = _epoch_ms(fact.get("breached") or fact.get("fired"))
            if fact.get("channel") in numbers and begin is not None:
                band = [
                    numbers[fact["channel"]],
                    begin,
                    _epoch_ms(fact.get("resolved")),
                    str(fact.get("severity")),
                    shortened(str(fact.get("rule")), 40),
                    plain_text(str(fact.get("reason") or ""), MAX_REASON),
                ]
                found.append((begin, band))
        found.sort(key=lambda each: each[0])
        return [band for _, band in found[-MAX_BANDS:]]


def _epoch_ms(text: Any) -> float | None:
    try:
        return time_ns(text) / 1e6 if isinstance(text, str) else None
    except ValueError:
        return None
