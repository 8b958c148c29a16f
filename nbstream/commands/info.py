"""`nbstream info`: what is in recordings."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import RECORDING, add_json
from nbstream.readings.window import rough_duration
from nbstream.readings.zone import iso_utc, local_datetime
from nbstream.recording.opening import open_recordings, told_of, zone_of
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.recording.opening import Recorded

__all__ = ["add_arguments", "run"]

MOST_NAMES = 20
"""So many channels are named."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recordings."""
    parser.add_argument("paths", metavar="RECORDING", type=Path, nargs="+", help=RECORDING)
    add_json(parser, "write a line of JSON for each")


def run(paths: Sequence[Path], as_json: bool) -> None:
    """Print what is in recordings."""
    for recording in open_recordings(paths):
        try:
            facts = _facts(recording)
            print(json.dumps(facts) if as_json else "\n".join(_told(facts, recording)))
        finally:
            recording.close()


def _facts(recording: Recorded) -> dict[str, Any]:
    """Return what programs are told."""
    about = recording.description
    place = recording.path if isinstance(recording, ParquetRecording) else recording.folder
    files = [place] if place.is_file() else list(place.iterdir())
    return {
        "path": str(place),
        "format": about.format,
        "source": about.source.get("kind", "unknown"),
        "started": iso_utc(about.started_ns),
        "stopped": None if about.stopped_ns is None else iso_utc(about.stopped_ns),
        "rows": recording.n_rows,
        "values": recording.n_values,
        "bytes": sum(file.stat().st_size for file in files),
        "long": about.is_long,
        "channels": list(about.channels),
        "units": dict(about.units),
        "rules": len(about.rules),
        "events": dict(Counter(event["kind"] for event in about.events)),
        "missing": told_of(about.gaps),
    }


def _told(facts: dict[str, Any], recording: Recorded) -> list[str]:
    """Return what people are told."""
    about, zone = recording.description, zone_of(recording.description)
    began = f"{local_datetime(about.started_ns, zone):%Y-%m-%d %H:%M:%S%z}"
    until = "until it was killed"
    if about.stopped_ns is not None:
        ended = f"{local_datetime(about.stopped_ns, zone):%Y-%m-%d %H:%M:%S%z}"
        until = f"to {ended}, {rough_duration(about.stopped_ns - about.started_ns)}"
    n, n_values = facts["rows"], facts["values"]
    names = [
        short_name(name) + (f" ({about.units[name]})" if name in about.units else "")
        for name in about.channels
    ]
    lines = [
        f"{facts['path']}: recording of a source of kind {facts['source']}, format {about.format}",
        f"  recorded {began} {until}",
        f"  {_count(n, 'row')} of {_count(len(names), 'channel')}, {_count(n_values, 'value')}, "
        f"{facts['bytes']:,} bytes ({facts['bytes'] / max(n_values, 1):.1f} a value), "
        f"{'long' if about.is_long else 'wide'}",
        f"  channels: {', '.join(names[:MOST_NAMES])}{', …' if len(names) > MOST_NAMES else ''}",
    ]
    happened = {"rule": facts["rules"], **facts["events"]}
    events = [_count(count, kind) for kind, count in happened.items() if count]
    if events:
        lines.append(f"  {', '.join(events)}")
    if facts["missing"]:
        lines.append(f"  {facts['missing']}")
    return lines


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
