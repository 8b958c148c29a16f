"""`nbstream cut`: a span of time of a recording, as a recording of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.commands.arguments import RECORDING, add_target
from nbstream.commands.copying import copied
from nbstream.recording.copying import EARLIEST_NS, LATEST_NS
from nbstream.recording.opening import first_time, open_recordings, when_ns, zone_of

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, the span and the file."""
    parser.add_argument("path", metavar="RECORDING", type=Path, help=RECORDING)
    add_target(parser)
    when = "a time, or how long after the first reading (10min)"
    parser.add_argument("--start", metavar="WHEN", help=f"leave out what is before: {when}")
    parser.add_argument("--stop", metavar="WHEN", help=f"leave out what is from there on: {when}")


def run(path: Path, target: str, start: str | None, stop: str | None, overwrite: bool) -> None:
    """Write the readings of a span of time."""
    found = open_recordings(path)
    try:
        first_ns, zone = first_time(found), zone_of(found[0].description)
        from_ns = EARLIEST_NS if start is None else when_ns(start, first_ns, zone)
        to_ns = LATEST_NS if stop is None else when_ns(stop, first_ns, zone)
        if to_ns <= from_ns:
            message = f"--stop must be later than --start (got {start!r} and {stop!r})."
            raise ValueError(message)
    except BaseException:
        for recording in found:
            recording.close()
        raise
    copied(found, target, overwrite=overwrite, from_ns=from_ns, to_ns=to_ns)
