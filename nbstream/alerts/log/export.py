"""Incidents as text for other programs."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.readings.zone import iso_utc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.alerts.log.incident import Incident

__all__ = ["csv_of", "facts_of", "iso", "json_lines_of", "safe_cell", "write_atomically"]

_COLUMNS = (
    *("number", "rule", "channel", "severity", "state", "kind", "condition"),
    *("breached", "fired", "resolved", "peak", "unit", "reason"),
    *("acknowledged_by", "acknowledged_why", "silenced", "flapping", "past"),
)


def csv_of(incidents: Iterable[Incident]) -> str:
    """Return incidents as CSV with a header; times are ISO 8601, UTC."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(safe_cell, _row(incident).values()) for incident in incidents)
    return file.getvalue()


def json_lines_of(incidents: Iterable[Incident]) -> str:
    """Return incidents as one JSON object per line; what is unknown is null, times are ISO 8601, UTC."""
    lines = [json.dumps(_row(incident), allow_nan=False) for incident in incidents]
    return "".join(f"{line}\n" for line in lines)


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay, None is empty."""
    if isinstance(value, str) and value.lstrip(" ")[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return f"'{value}"
    return "" if value is None else value


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file so that a reader sees either the old one or the new one, whole.

    Raises
    ------
    OSError
        If it cannot be written; the old file is as it was.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="backslashreplace", newline=""
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def facts_of(incident: Incident) -> dict[str, Any]:
    """Return what is told of an incident everywhere; what is unknown is None, times are ISO 8601, UTC."""
    names = ("number", "rule", "channel", "severity", "state", "reason", "unit")
    return {name: getattr(incident, name) for name in names} | {
        "peak": float(incident.peak) if math.isfinite(incident.peak) else None,
        "breached": iso(incident.breached_ns),
        "fired": iso(incident.fired_ns),
        "resolved": iso(incident.resolved_ns),
    }


def iso(ns: int | None) -> str | None:
    """Return a time, ns since the epoch, as ISO 8601 in UTC; None stays None."""
    return None if ns is None else iso_utc(int(ns))


def _row(incident: Incident) -> dict[str, Any]:
    """Return the facts of all columns, in their order."""
    note = incident.acknowledged
    facts = facts_of(incident) | {
        "kind": incident.kind,
        "condition": incident.condition.text,
        "acknowledged_by": None if note is None else note.who,
        "acknowledged_why": None if note is None else note.why,
        "silenced": incident.is_silenced,
        "flapping": incident.is_flapping,
        "past": incident.is_past,
    }
    return {column: facts[column] for column in _COLUMNS}
