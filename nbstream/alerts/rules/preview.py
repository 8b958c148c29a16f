"""What a rule would have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstream.readings.window import rough_duration
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.alerts.log.incident import Incident

__all__ = ["Firing", "Preview"]


@dataclass(frozen=True, slots=True)
class Firing:
    """One incident that a rule would have had."""

    channel: str
    breach_ns: int
    """When its condition began to hold, event time, ns since the epoch, UTC."""
    fired_ns: int
    cleared_ns: int | None
    """When it would have ended; None if it would still be open."""
    peak: float
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview(InCell):
    """What a rule would have done on the readings of a window.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    n: int
    """Incidents."""
    firings: tuple[Firing, ...]
    """The incidents, oldest first; of more than 10,000 the newest."""
    firing_s: float
    """Seconds of event time that they were open, together; an open one lasts until the newest reading."""
    n_readings: int
    """Readings that were judged."""

    def _sheet(self) -> Sheet:
        firing = rough_duration(round(self.firing_s * 1e9))
        state = f"{counted(self.n, 'incident')} in {counted(self.n_readings, 'reading')}, {firing} firing"
        newest = self.firings[-MOST_ROWS:]
        rows = [(f.severity, f.channel, f.reason) for f in reversed(newest)]
        header = ("severity", "channel", "reason") if rows else ()
        return Sheet(
            "Preview", state, (), header, rows, more=and_more(self.n, len(rows), "incident")
        )

    @classmethod
    def of(cls, incidents: Iterable[Incident], n: int, n_readings: int, newest_ns: int) -> Preview:
        """Return a preview of a log's incidents."""
        firings = tuple(
            Firing(
                i.channel, i.breached_ns, i.fired_ns, i.resolved_ns, i.peak, i.severity, i.reason
            )
            for i in incidents
        )
        ends = (newest_ns if f.cleared_ns is None else f.cleared_ns for f in firings)
        open_ns = sum(max(end - f.fired_ns, 0) for end, f in zip(ends, firings, strict=True))
        return cls(n, firings, open_ns / 1e9, n_readings)
