"""Recordings made of recordings: a part of one, several as one, or another format."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from nbstream.readings.labels import Labels, translated
from nbstream.readings.window import rough_duration
from nbstream.readings.zone import iso_utc
from nbstream.recording.converting import folder_of, require_suffix
from nbstream.recording.csv_file import write_csv
from nbstream.recording.description import FORMAT, Description
from nbstream.recording.files import DISK, Disk
from nbstream.recording.parquet_file import is_better_long, write_parquet
from nbstream.recording.pieces import LongPiece, Piece, WidePiece, rounds
from nbstream.recording.read_parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nbstream.readings.batch import BoolArray, FloatArray
    from nbstream.recording.opening import Recorded

__all__ = ["copy_recordings"]

EARLIEST_NS, LATEST_NS = -(2**63), 2**63 - 1


def copy_recordings(
    recordings: Sequence[Recorded],
    path: Path,
    *,
    from_ns: int = EARLIEST_NS,
    to_ns: int = LATEST_NS,
    overwrite: bool = False,
    disk: Disk = DISK,
) -> int:
    """Write recordings as one, in order of arrival, and return how many rows it has.

    Parameters
    ----------
    recordings
        What was opened; none is changed.
    path
        Ends with .parquet or .csv.
    from_ns, to_ns
        Readings with times from_ns ≤ time < to_ns are written.
    overwrite
        Whether a file of that name may be replaced.
    disk
        The file system.

    Raises
    ------
    FileExistsError
        If there is one, and it may not.
    OSError
        If it cannot be written.
    ValueError
        If the name is not possible, or no reading is in the span.
    """
    require_suffix(path)
    # Parts may become the file that they were recorded for.
    own = {one.folder.absolute() for one in recordings if isinstance(one, Parts)}
    for there in (path, folder_of(path)):
        if there.exists() and not overwrite and there.absolute() not in own:
            msg = f"{str(there)!r} exists. Give another name, or say that it may be overwritten."
            raise FileExistsError(msg)
    tables: dict[str, Labels] = {}
    streams = []
    for recording in recordings:
        codes = {
            name: tables.setdefault(name, Labels()).codes(texts)
            for name, texts in recording.description.labels.items()
        }
        streams += [_chosen(s, codes, from_ns, to_ns) for s in recording.streams()]
    description = _merged([recording.description for recording in recordings])
    description.labels = {name: list(table.texts) for name, table in tables.items()}
    description.is_long = is_better_long(
        sum(recording.n_rows for recording in recordings),
        sum(recording.n_values for recording in recordings),
        len(description.channels),
    )

    def complete() -> Description:
        lost = [gap for recording in recordings for gap in recording.lost]
        return replace(description, gaps=[*description.gaps, *lost])

    beside = path.with_name(f"{path.name}.tmp")
    try:
        if path.suffix.lower() == ".csv":
            written = write_csv(beside, rounds(streams), description)
        else:
            written = write_parquet(beside, rounds(streams), description, complete)
        if not written.n_rows and (from_ns, to_ns) != (EARLIEST_NS, LATEST_NS):
            raise ValueError(_nothing_in_span(recordings))
        disk.sync_file(beside)
        disk.replace(beside, path)
        disk.sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)
    return written.n_rows


def _nothing_in_span(recordings: Sequence[Recorded]) -> str:
    first_ns, last_ns = LATEST_NS, EARLIEST_NS
    for recording in recordings:
        for piece in chain.from_iterable(recording.streams()):
            if len(piece.times):
                first_ns = min(first_ns, int(piece.times.min()))
                last_ns = max(last_ns, int(piece.times.max()))
    if last_ns < first_ns:
        return "The recording holds no reading."
    return (
        f"No reading is in that span: they go from {iso_utc(first_ns)} to {iso_utc(last_ns)}, "
        f"{rough_duration(last_ns - first_ns)}."
    )


def _merged(descriptions: Sequence[Description]) -> Description:
    first = replace(descriptions[0], format=FORMAT, channels=[], counters={}, gaps=[], events=[])
    channels: dict[str, None] = {}
    stopped: list[int] = []
    for one in descriptions:
        channels.update(dict.fromkeys(one.channels))
        first.units = {**first.units, **one.units}
        first.gaps += one.gaps
        first.events += one.events
        first.rules = first.rules or one.rules
        stopped += [] if one.stopped_ns is None else [one.stopped_ns]
    first.channels = list(channels)
    first.started_ns = min(one.started_ns for one in descriptions)
    first.stopped_ns = max(stopped, default=None)
    return first


def _chosen(
    pieces: Iterator[Piece], codes: dict[str, FloatArray], from_ns: int, to_ns: int
) -> Iterator[Piece]:
    """Yield the rows of a span of time, with the codes of words that all recordings share."""
    is_all = from_ns <= EARLIEST_NS and to_ns >= LATEST_NS
    for piece in pieces:
        rows = None if is_all else (piece.times >= from_ns) & (piece.times < to_ns)
        if rows is not None and not rows.any():
            continue
        yield _rows(piece if not codes else _recoded(piece, codes), rows)


def _rows(piece: Piece, rows: BoolArray | None) -> Piece:
    if rows is None or rows.all():
        return piece
    if isinstance(piece, WidePiece):
        columns = {name: values[rows] for name, values in piece.columns.items()}
        return WidePiece(piece.arrivals[rows], piece.times[rows], columns)
    return LongPiece(
        piece.arrivals[rows],
        piece.times[rows],
        piece.codes[rows],
        piece.values[rows],
        piece.names,
    )


def _recoded(piece: Piece, codes: dict[str, FloatArray]) -> Piece:
    if isinstance(piece, WidePiece):
        columns = {
            name: translated(values, codes[name]) if name in codes else values
            for name, values in piece.columns.items()
        }
        return replace(piece, columns=columns)
    values = piece.values.copy()
    for code, name in enumerate(piece.names):
        if name in codes:
            rows = piece.codes == code
            values[rows] = translated(values[rows], codes[name])
    return replace(piece, values=values)
