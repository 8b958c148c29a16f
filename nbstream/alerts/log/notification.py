"""What subscribers of an alert log are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from nbstream.alerts.log.incident import Incident

__all__ = ["Notification", "NotificationKind"]

NotificationKind: TypeAlias = Literal[
    "fired", "escalated", "resolved", "no_data", "data_back", "error", "flapping"
]


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
