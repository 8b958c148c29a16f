"""Which incidents of a rule people are told of: each once, not too often, and not if they asked."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from nbstream.alerts.log.incident import Entry, Notification, NotificationKind
from nbstream.alerts.severity import SEVERITIES

if TYPE_CHECKING:
    from nbstream.alerts.log.alert_log import AlertLog

__all__ = ["FLAPPING_AFTER", "FLAPPING_WITHIN_NS", "Flapping", "NotificationPolicy"]

FLAPPING_AFTER = 6
"""Incidents within `FLAPPING_WITHIN_NS` beyond which a rule flaps; it stops at half as many."""
FLAPPING_WITHIN_NS = 600 * 1_000_000_000


class Flapping:
    """Whether something happens so often that telling of each time helps nobody.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=FLAPPING_AFTER + 1)
        self.is_on = False

    def begins(self, now: int) -> bool:
        """Note that it happened, and return whether flapping begins with that."""
        self._recent.append(now)
        begins = not self.is_on and self._n_recent(now) > FLAPPING_AFTER
        self.is_on = self.is_on or begins
        return begins

    def tick(self, now: int) -> None:
        """See whether it is over."""
        self.is_on = self.is_on and self._n_recent(now) > FLAPPING_AFTER // 2

    def _n_recent(self, now: int) -> int:
        return sum(0 <= now - at < FLAPPING_WITHIN_NS for at in self._recent)


class NotificationPolicy:
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
    What was kept back by a silence, the cooldown or flapping is told later if it still goes on then and
    nobody has acknowledged it. An end is told of what was told, and of nothing else; a silence keeps it back,
    too. Times are wall times; if that clock is set back, the cooldown begins again.

    Thread safety: none; `Rule` holds its lock.
    """

    def __init__(self, log: AlertLog, cooldown_ns: int) -> None:
        self._log = log
        self._cooldown_ns = cooldown_ns
        self.told: Entry | None = None
        """The incident whose end people are still to be told of; None if there is none."""
        self._held: Entry | None = None
        self._told_ns: int | None = None
        self._told_rank = -1
        self._held_end: Entry | None = None
        self._no_data: Entry | None = None
        self._is_no_data_told = False
        self._firing, self._vanishing = Flapping(), Flapping()

    @property
    def is_flapping(self) -> bool:
        """Whether the rule fires, or its channel falls silent, so often that it is muted."""
        return self._firing.is_on or self._vanishing.is_on

    @property
    def is_holding(self) -> bool:
        """Whether something is to be told later."""
        is_held = self._held is not None or self._held_end is not None
        return is_held or (self._no_data is not None and not self._is_no_data_told)

    def fired(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of a new incident."""
        if self._firing.begins(now):
            self._mark(entry, is_flapping=True)
            self._held = entry
            return self._plain("flapping", entry, now)
        return self._tell(entry, now, is_new=True)

    def escalated(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of an incident that became graver."""
        rank = SEVERITIES.index(entry.incident.severity)
        if self.told is entry and rank <= self._told_rank:
            return []
        if entry.incident.acknowledged is not None:
            self._log.count_muted()
            return []
        kind = self._kind_of(entry)
        return self._tell(entry, now, is_new=kind == "escalated", kind=kind)

    def resolved(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of an incident that ended."""
        if self._held is entry:
            self._held = None
        if self.told is not entry:
            return []
        self.told = None
        told = self._plain("resolved", entry, now)
        if not told:
            self._held_end = entry
        return told

    def no_data(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of a channel that fell silent."""
        self._no_data, self._is_no_data_told = entry, False
        if self._vanishing.begins(now):
            self._mark(entry, is_flapping=True)
            return self._plain("flapping", entry, now)
        told = self._tell_no_data(now)
        if not told:
            self._log.count_muted()
        return told

    def data_back(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of a channel that has readings again."""
        was_told = self._is_no_data_told
        self._no_data, self._is_no_data_told = None, False
        return self._plain("data_back", entry, now) if was_told else []

    def leave(self) -> None:
        """Forget a silent channel: whoever watches it from now on tells of it."""
        self._no_data = None

    def error(self, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of a rule that failed."""
        return self._plain("error", entry, now)

    def _plain(self, kind: NotificationKind, entry: Entry, now: int) -> list[Notification]:
        """Return what is to be told of something that happens once, unless it is silenced."""
        return [] if self._is_silenced(entry, now) else [Notification(kind, entry.incident, now)]

    def tick(self, now: int) -> list[Notification]:
        """Return what was kept back and may be told now."""
        self._firing.tick(now)
        self._vanishing.tick(now)
        told = self._tell_held_end(now) + self._tell_no_data(now)
        if self._held is None:
            return told
        incident = self._held.incident
        if incident.resolved_ns is not None or incident.acknowledged:
            self._held = None
            return told
        return told + self._tell(self._held, now, is_new=False, kind=self._kind_of(self._held))

    def _tell_held_end(self, now: int) -> list[Notification]:
        ended = self._held_end
        if ended is None or self._is_covered(ended, now):
            return []
        self._held_end = None
        return [Notification("resolved", ended.incident, now)]

    def _tell_no_data(self, now: int) -> list[Notification]:
        gone = self._no_data
        if gone is None or self._is_no_data_told or self._vanishing.is_on:
            return []
        if self._is_covered(gone, now):
            return []
        self._is_no_data_told = True
        return [Notification("no_data", gone.incident, now)]

    def _tell(
        self, entry: Entry, now: int, *, is_new: bool, kind: NotificationKind = "fired"
    ) -> list[Notification]:
        rank = SEVERITIES.index(entry.incident.severity)
        if self._is_covered(entry, now):
            why = {"is_silenced": True}
        elif self._firing.is_on:
            why = {"is_flapping": True}
        elif self._is_cooling(now) and rank <= self._told_rank:
            why = {}
        else:
            self.told, self._told_ns, self._told_rank = entry, now, rank
            self._held = None
            return [Notification(kind, entry.incident, now)]
        if self._held is not entry or is_new:
            self._log.count_muted()
        self._held = entry
        self._mark(entry, **why)
        return []

    def _kind_of(self, entry: Entry) -> NotificationKind:
        """Return what an open incident's next notification says: nobody is told twice that it fired."""
        return "escalated" if self.told is entry else "fired"

    def _is_cooling(self, now: int) -> bool:
        if self._told_ns is None or not self._cooldown_ns:
            return False
        self._told_ns = min(self._told_ns, now)
        return now - self._told_ns < self._cooldown_ns

    def _is_covered(self, entry: Entry, now: int) -> bool:
        """Return whether a silence is for it."""
        return self._log.is_silenced(entry.incident.rule, entry.incident.channel, now)

    def _is_silenced(self, entry: Entry, now: int) -> bool:
        """Return whether a silence keeps it back, and count that."""
        is_silenced = self._is_covered(entry, now)
        if is_silenced:
            self._log.count_muted()
            self._mark(entry, is_silenced=True)
        return is_silenced

    def _mark(self, entry: Entry, **flags: bool) -> None:
        if any(getattr(entry.incident, name) != flag for name, flag in flags.items()):
            self._log.mark(entry, **flags)
