"""Recordings by their names: a file, the parts that a killed one left, or files that follow each other."""

from __future__ import annotations

import glob
import heapq
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from nbstream.errors import ParseError
from nbstream.readings.batch import TimeLike, time_ns
from nbstream.readings.window import parse_duration
from nbstream.readings.zone import as_zone
from nbstream.recording.converting import folder_of
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.recording.pieces import batches
from nbstream.recording.places import numbered_files
from nbstream.recording.read_parts import Parts

if TYPE_CHECKING:
    from datetime import tzinfo
    from os import PathLike

    from nbstream.readings.batch import Batch
    from nbstream.recording.description import Description

__all__ = [
    "Recorded", "RecordingLike", "batches_from", "first_time", "open_recordings", "told_of", "when_ns",
    "zone_of",
]  # fmt: skip

Recorded: TypeAlias = ParquetRecording | Parts
RecordingLike: TypeAlias = "str | PathLike[str] | Sequence[str | PathLike[str]]"


def open_recordings(path: RecordingLike) -> list[Recorded]:
    """Return the recordings of a name, of a pattern or of several, in the order in which they began.

    Parameters
    ----------
    path
        A file, a folder of parts, a pattern such as "run-*.parquet", or several of them. Of a file that is
        not there the parts are opened, or the files ``run-0001.parquet`` and so on; where file and parts are
        there, those which were begun later.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ParseError
        If one is no recording.
    DependencyError
        If pyarrow is not installed.
    """
    given = [path] if isinstance(path, str) or not isinstance(path, Sequence) else list(path)
    found: list[Recorded] = []
    try:
        for one in given:
            found += [_open(place) for place in _places(Path(one))]
    except BaseException:
        for recording in found:
            recording.close()
        raise
    return sorted(found, key=lambda recording: recording.description.started_ns)


def _places(path: Path) -> list[Path]:
    """Return the files and folders that are meant."""
    path = path.expanduser()
    if path.exists() or folder_of(path).is_dir():
        return [_newest(path)]
    if any(sign in path.name for sign in "*?["):
        names = [*glob.glob(str(path)), *glob.glob(f"{path}.part")]
    else:
        names = [*map(str, numbered_files(path))]
    files = {Path(name.removesuffix(".part")) for name in names}
    found = {_newest(file) for file in files}
    if not found:
        msg = f"There is no recording {str(path)!r}, and no parts of one."
        raise FileNotFoundError(msg)
    return sorted(found)


def _newest(path: Path) -> Path:
    """Return a file or the folder of its parts: where both are there, that which was begun later.

    A file that was just made of its parts is begun when they are; parts that are newer were recorded in its
    place, and killed before they replaced it.
    """
    folder = folder_of(path)
    if not (path.is_file() and folder.is_dir()):
        return folder if folder.is_dir() else path
    try:
        began = [recording.description.started_ns for recording in _opened(path, folder)]
    except (OSError, ParseError):
        return path
    return folder if began[1] > began[0] else path


def _opened(*places: Path) -> Iterator[Recorded]:
    for place in places:
        recording = _open(place)
        recording.close()
        yield recording


def _open(place: Path) -> Recorded:
    return Parts(place) if place.is_dir() else ParquetRecording(place)


def batches_from(recording: Recorded, ns: int | None = None) -> Iterator[tuple[int, Batch]]:
    """Yield the batches of a recording with their arrivals, as they came.

    Parameters
    ----------
    recording
        What was opened.
    ns
        Leave out what is certainly before the first reading with a time ≥ this; None is nothing.
    """
    if isinstance(recording, ParquetRecording):
        groups = None if ns is None else recording.row_groups_from(ns)
        streams = recording.streams(groups)
    else:
        streams = recording.streams()
    if len(streams) == 1:
        return batches(streams[0])
    return heapq.merge(*map(batches, streams), key=itemgetter(0))


def first_time(recordings: Sequence[Recorded]) -> int:
    """Return the time of the first reading of all, in ns since the epoch; 0 if there is none."""
    for recording in recordings:
        for _, batch in batches_from(recording):
            return int(batch.times[0])
    return 0


def zone_of(description: Description) -> tzinfo:
    """Return the zone of a recording, this machine's where it is not known."""
    try:
        return as_zone(description.zone or None)
    except ValueError:
        return as_zone(None)


def when_ns(when: TimeLike | timedelta, first_ns: int, timezone: tzinfo | None) -> int:
    """Return a time, or a duration from the first reading on ("10min"), in ns since the epoch.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    if isinstance(when, (str, timedelta)):
        try:
            return first_ns + parse_duration(when, name="start")
        except ValueError:
            if not isinstance(when, str):
                raise
    return time_ns(when, timezone=timezone)


def told_of(lost: Sequence[dict[str, object]]) -> str:
    """Return what is missing of a recording, in words; "" if nothing is."""
    words = []
    for gap in lost:
        readings = gap.get("readings")
        count = "some readings"
        if isinstance(readings, int):
            count = f"{readings:,} reading{'' if readings == 1 else 's'}"
        words.append(f"{count} ({gap.get('why', 'unknown')})")
    return f"missing: {', '.join(words)}" if words else ""
