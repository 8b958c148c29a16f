"""A file becomes a buffer to look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConnectError, ParseError
from nbstream.readings.zone import as_zone
from nbstream.recording.archive.archive import Archive
from nbstream.recording.archive.archived_buffer import ArchiveBuffer
from nbstream.recording.archive.cache import cache_beside
from nbstream.recording.description import Description
from nbstream.recording.opening import told_of
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources.files.parquet.places import need_parquet, places_of
from nbstream.sources.files.parquet.table import ParquetTable
from nbstream.sources.item_times import ItemTimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from nbstream.readings.labels import Labels

__all__ = ["OPENED_OPTIONS", "open_archive"]

OPENED_OPTIONS = frozenset(
    {"time", "channels", "states", "pivot", "timezone", "storage_options", "cache"}
)


def open_archive(
    path: str | os.PathLike[str],
    *,
    time: str | None = None,
    channels: Sequence[str] | None = None,
    states: Sequence[str] = (),
    pivot: str | None = None,
    timezone: str | tzinfo | None = None,
    storage_options: Mapping[str, Any] | None = None,
    cache: bool = True,
) -> tuple[ArchiveBuffer, Description | None]:
    """Return a buffer of a file's readings, and what it says of itself if it is a recording.

    Parameters
    ----------
    path, time, channels, states, pivot, storage_options
        As for `ParquetSource`.
    timezone
        Of times that name none, and of those that are shown; None is the file's, or this machine's.
    cache
        Whether summaries are kept beside the file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ConfigurationError
        If it is no Parquet file, or has no times or numbers.
    ParseError
        If it is not whole.
    OSError
        If it cannot be read.
    DependencyError
        If pyarrow is not installed.
    """
    need_parquet("nbstream.open")
    text = os.fspath(path)
    places = places_of(text, dict(storage_options or {}))
    buffer = ArchiveBuffer(timezone=timezone)
    store = buffer._store

    def labels(name: str, is_new: bool) -> Labels | None:
        return store.labels_for(name) if is_new else store.labels.get(name)

    def table() -> ParquetTable:
        return ParquetTable(
            places,
            ItemTimes(SYSTEM_CLOCK.wall_ns, buffer.timezone),
            store.labels_for,
            time=time,
            channels=[channels] if isinstance(channels, str) else channels,
            states=[states] if isinstance(states, str) else states,
            pivot=pivot,
        )

    is_alone = len(places) == 1 and places[0].fs is None
    kept = cache_beside(Path(places[0].path)) if cache and is_alone else None
    try:
        archive = Archive(table, labels, kept)
    except ConnectError as error:
        raise ParseError(str(error)) from error
    if timezone is None:
        zone = archive.table.zone or archive.table.time.zone
        try:
            buffer.timezone = as_zone(zone or None)
        except ValueError:
            buffer.timezone = as_zone(None)
    buffer.take(archive)
    buffer.units.update(archive.table.units)
    for note in archive.table.notes.values():
        buffer.note(note)
    description = _description(archive)
    missing = told_of(description.gaps) if description is not None else ""
    if missing:
        buffer.note(missing)
    return buffer, description


def _description(archive: Archive) -> Description | None:
    """Return what a recording says of itself; None of another file, and of one that can't be understood."""
    if not archive.table.described:
        return None
    import json

    try:
        return Description.from_json(json.dumps(archive.table.described).encode())
    except ValueError as error:
        archive.table.notes["description"] = str(error)
        return None
