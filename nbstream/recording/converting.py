"""From parts to one file: written beside, synced, renamed, read back, and only then are the parts removed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nbstream.recording.csv_file import write_csv
from nbstream.recording.files import DISK, Disk, check_written
from nbstream.recording.parquet_file import ParquetRecording, is_better_long, write_parquet
from nbstream.recording.pieces import rounds
from nbstream.recording.read_parts import Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from nbstream.recording.description import Description
    from nbstream.recording.pieces import Piece

__all__ = ["SUFFIXES", "convert", "folder_of", "require_suffix"]

SUFFIXES = (".parquet", ".csv")


def folder_of(path: Path) -> Path:
    """Return the folder of parts beside a recording."""
    return path.with_name(f"{path.name}.part")


def require_suffix(path: Path) -> None:
    """Raise ValueError if a recording can't have this name."""
    if path.suffix.lower() not in SUFFIXES:
        msg = f"A recording's name ends with .parquet or .csv (got {path.name!r})."
        raise ValueError(msg)


WRITING = 0.75
"""The part of a conversion to Parquet that is not decoding it again."""


def convert(
    folder: Path,
    path: Path,
    disk: Disk = DISK,
    progress: Callable[[float], object] = lambda _: None,
) -> Description:
    """Write the parts of a recording as one file and remove them; return what is in it.

    The file gets its name when a power cut would leave all of it, and the parts go when it was read under
    that name. At any moment one of the two is whole, and where both are of one recording, the file is what is
    opened.

    Parameters
    ----------
    folder
        The parts. They may still be there in the end, where the system doesn't let them be removed.
    path
        The file.
    disk
        The file system.
    progress
        Told again and again which share of the work is done, from 0 to 1.

    Raises
    ------
    OSError
        If it cannot be written; the parts stay, and the file does not.
    ParseError
        If what was written cannot be read back, or `folder` is no recording; the parts stay likewise.
    """
    parts = Parts(folder)
    description = replace(
        parts.description,
        is_long=is_better_long(parts.n_rows, parts.n_values, len(parts.description.channels)),
    )

    def complete() -> Description:
        return replace(description, gaps=[*description.gaps, *parts.lost])

    beside = path.with_name(f"{path.name}.tmp")
    is_csv = path.suffix.lower() == ".csv"
    n_pieces, writing = max(1, parts.n_rows), 1.0 if is_csv else WRITING
    found = _told(rounds(parts.streams()), lambda n: progress(min(1.0, n / n_pieces) * writing))
    made = beside
    try:
        if is_csv:
            written = write_csv(beside, found, description)
        else:
            written = write_parquet(beside, found, description, complete)
        disk.sync_file(beside)
        disk.replace(beside, path)
        made = path
        disk.sync_folder(path.parent)
        check_written(path, written)
        if not is_csv:
            _check_parquet(
                path, written.n_rows, lambda share: progress(writing + (1 - writing) * share)
            )
    except BaseException:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        raise
    with suppress(OSError):
        disk.remove_folder(folder)
    return complete()


def _check_parquet(path: Path, n_rows: int, tell: Callable[[float], object]) -> None:
    file = ParquetRecording(path)
    try:
        file.check(n_rows, lambda n: tell(n / max(1, n_rows)))
    finally:
        file.close()


def _told(found: Iterable[list[Piece]], tell: Callable[[int], object]) -> Iterator[list[Piece]]:
    """Yield what is found, and tell how many rows that was so far."""
    n = 0
    for pieces in found:
        yield pieces
        n += sum(map(len, pieces))
        tell(n)
