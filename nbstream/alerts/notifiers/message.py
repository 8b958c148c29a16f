"""What a notification says, in the forms that notifiers send: a title, a line, a record for JSON."""

from __future__ import annotations

from typing import Any, TypeAlias, get_args

from nbstream.alerts.log.export import facts_of, iso
from nbstream.alerts.log.incident import Incident, Notification, NotificationKind
from nbstream.alerts.severity import SEVERITIES
from nbstream.text.naming import short_name

__all__ = ["KINDS", "IncidentLike", "NotificationLike", "fields", "line", "title"]

KINDS: tuple[NotificationKind, ...] = get_args(NotificationKind)
IncidentLike: TypeAlias = Incident
NotificationLike: TypeAlias = Notification
CALM_KINDS = ("resolved", "data_back")

TITLES = {
    "fired": "Alert",
    "escalated": "Escalated",
    "resolved": "Resolved",
    "no_data": "No data",
    "data_back": "Data back",
    "error": "Rule failed",
    "flapping": "Flapping",
}


def severity_rank(severity: str) -> int:
    """Return 0 for "info", 1, 2 for "critical"; an unknown severity is taken for the highest."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES) - 1


def plain(text: str, limit: int | None = None) -> str:
    """Return `text` as one line that any protocol takes.

    Line breaks and other control characters become spaces, and what UTF-8 cannot say (half of a
    surrogate pair) a "?"; the text is cut to `limit` characters, with "…" at its end.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(c if c.isprintable() or c in "\u200b\u200d\ufeff" else " " for c in text)
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return text


def title(notification: Notification, limit: int = 160) -> str:
    """Return a title such as "Alert: too hot on temperature (critical)"."""
    incident = notification.incident
    what = TITLES.get(notification.kind, notification.kind)
    return plain(
        f"{what}: {incident.rule} on {short_name(incident.channel)} ({incident.severity})", limit
    )


def line(notification: Notification, limit: int = 2_000) -> str:
    """Return one line that says everything: the kind, the severity, the incident's text."""
    incident = notification.incident
    what = TITLES.get(notification.kind, notification.kind)
    return plain(f"{what} ({incident.severity}): {incident.text}", limit)


def fields(notification: Notification) -> dict[str, Any]:
    """Return what is known as a record that JSON can say.

    Returns
    -------
    dict
        kind, number, rule, channel, severity, state, reason, text, unit, peak (None if it is not
        finite), title; breached, fired and resolved as ISO 8601 in UTC with nanoseconds, and
        breached_ns, fired_ns and resolved_ns as integers; at and at_ns, the wall time of the
        notification. None is "not known" or "not yet".
    """
    incident = notification.incident
    at_ns = getattr(notification, "at_ns", None) or None
    return {
        "kind": notification.kind,
        "title": title(notification),
        "text": incident.text,
        **facts_of(incident),
        "at": iso(at_ns),
        "breached_ns": int(incident.breached_ns),
        "fired_ns": int(incident.fired_ns),
        "resolved_ns": None if incident.resolved_ns is None else int(incident.resolved_ns),
        "at_ns": at_ns,
    }
