"""Which incidents of a rule people are told of: each once, not too often, and not if they asked."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from nbstream.alerts.notification import Notification, NotificationKind
from nbstream.alerts.settings import SEVERITIES

if TYPE_CHECKING:
    from nbstream.alerts.incident import Incident
    from nbstream.alerts.log import AlertLog

__all__ = ["FLAPPING_AFTER", "FLAPPING_WITHIN_NS", "Muting"]

FLAPPING_AFTER = 6
"""Incidents within `FLAPPING_WITHIN_NS` beyond which a rule flaps; it stops at half as many."""
FLAPPING_WITHIN_NS = 600 * 1_000_000_000


class Muting:
    """Turns what happens to a rule on one channel into notifications.

    Parameters
    ----------
    log
        Knows silences and acknowledgements, and counts what is kept back.
    cooldown_ns
        After a notification that it fired, another one follows this much later at the earliest, unless
        it is graver.

    Notes
    -----
    What was kept back by a silence, the cooldown or flapping is told later if the incident is still open
    then and nobody has acknowledged it. An end is told only of what was told. Times are wall times; if that
    clock is set back, the cooldown begins again.

    Thread safety: none; `Rule` holds its lock.
    """

    def __init__(self, log: AlertLog, cooldown_ns: int) -> None:
        self._log = log
        self._cooldown_ns = cooldown_ns
        self._told: int | None = None
        self._held: int | None = None
        self._told_ns: int | None = None
        self._told_rank = -1
        self._recent: deque[int] = deque(maxlen=FLAPPING_AFTER + 1)
        self.is_flapping = False

    @property
    def is_waiting(self) -> bool:
        """Whether time alone can change something: there is something to tell later, or it flaps."""
        return self._held is not None or self.is_flapping

    @property
    def told(self) -> int | None:
        """Number of the incident whose end people are still to be told of; None if there is none."""
        return self._told

    def resume(self, number: int) -> None:
        """Take an incident as told already."""
        self._told = number

    def fired(self, incident: Incident, now: int) -> list[Notification]:
        """Return what is to be told of a new incident."""
        self._recent.append(now)
        if not self.is_flapping and self._n_recent(now) > FLAPPING_AFTER:
            self.is_flapping = True
            incident = self._marked(incident, is_flapping=True)
            self._held = incident.number
            if self._is_silenced(incident, now):
                return []
            return [Notification("flapping", incident, now)]
        return self._tell(incident, now, is_new=True)

    def escalated(self, incident: Incident, now: int) -> list[Notification]:
        """Return what is to be told of an incident that became graver."""
        rank = SEVERITIES.index(incident.severity)
        if self._told == incident.number and rank <= self._told_rank:
            return []
        if incident.acknowledged is not None:
            self._log.count_muted()
            return []
        kind = self._kind_of(incident)
        return self._tell(incident, now, is_new=kind == "escalated", kind=kind)

    def resolved(self, incident: Incident, now: int) -> list[Notification]:
        """Return what is to be told of an incident that ended."""
        if self._held == incident.number:
            self._held = None
        if self._told != incident.number:
            return []
        self._told = None
        if self._is_silenced(incident, now):
            return []
        return [Notification("resolved", incident, now)]

    def plain(self, kind: NotificationKind, incident: Incident, now: int) -> list[Notification]:
        """Return what is to be told of something that happens once, unless it is silenced."""
        return [] if self._is_silenced(incident, now) else [Notification(kind, incident, now)]

    def tick(self, now: int) -> list[Notification]:
        """Return what was kept back and may be told now."""
        if self.is_flapping and self._n_recent(now) <= FLAPPING_AFTER // 2:
            self.is_flapping = False
        if self._held is None:
            return []
        incident = self._log.find(self._held)
        if incident is None or incident.resolved_ns is not None or incident.acknowledged:
            self._held = None
            return []
        return self._tell(incident, now, is_new=False, kind=self._kind_of(incident))

    def _tell(
        self, incident: Incident, now: int, *, is_new: bool, kind: NotificationKind = "fired"
    ) -> list[Notification]:
        rank = SEVERITIES.index(incident.severity)
        if self._log.is_silenced(incident.rule, incident.channel, now):
            why = {"is_silenced": True}
        elif self.is_flapping:
            why = {"is_flapping": True}
        elif self._is_cooling(now) and rank <= self._told_rank:
            why = {}
        else:
            self._told, self._told_ns, self._told_rank = incident.number, now, rank
            self._held = None
            return [Notification(kind, incident, now)]
        if self._held != incident.number or is_new:
            self._log.count_muted()
        self._held = incident.number
        self._marked(incident, **why)
        return []

    def _kind_of(self, incident: Incident) -> NotificationKind:
        """Return what an open incident's next notification says: nobody is told twice that it fired."""
        return "escalated" if self._told == incident.number else "fired"

    def _is_cooling(self, now: int) -> bool:
        if self._told_ns is None or not self._cooldown_ns:
            return False
        self._told_ns = min(self._told_ns, now)
        return now - self._told_ns < self._cooldown_ns

    def _is_silenced(self, incident: Incident, now: int) -> bool:
        is_silenced = self._log.is_silenced(incident.rule, incident.channel, now)
        if is_silenced:
            self._log.count_muted()
            self._marked(incident, is_silenced=True)
        return is_silenced

    def _marked(self, incident: Incident, **flags: bool) -> Incident:
        flags = {name: flag for name, flag in flags.items() if getattr(incident, name) != flag}
        if not flags:
            return incident
        if incident.number:
            return self._log.mark(incident.number, **flags) or incident
        return replace(incident, **flags)  # type: ignore[arg-type]

    def _n_recent(self, now: int) -> int:
        return sum(0 <= now - at < FLAPPING_WITHIN_NS for at in self._recent)
