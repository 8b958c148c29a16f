"""Files packed by gzip beside those that they were made of."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tempfile
import zlib
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

from nbstream.sources.files.read_content import Position, read_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.sources.files.tail import FileTail

__all__ = [
    "PACKED", "GivenUpError", "PackedCopies", "PackedCopy", "Stamp", "TooLargeError", "end_of",
    "stamp_of", "unpacked",
]  # fmt: skip

PACKED = ".gz"
MAX_SHARE = 0.25
"""Of what is free where temporary files are, at most so much is taken by one that is unpacked."""
CHUNK = 2**20
"""Bytes that are unpacked at once."""

Stamp: TypeAlias = tuple[int, int, int]


class PackedCopy(NamedTuple):
    """A packed file whose content a file holds too that is being read."""

    name: str
    stamp: Stamp
    end: Position
    tail: FileTail
    """Who reads that file."""


class PackedCopies:
    """Those that are left out for now, for what they hold is read elsewhere."""

    def __init__(self) -> None:
        self._copies: dict[str, PackedCopy] = {}

    def add(self, copy: PackedCopy) -> None:
        """Leave one out."""
        self._copies[copy.name] = copy

    def get(self, name: str, stamp: Stamp) -> PackedCopy | None:
        """Return the one of a name, None if there is none or another file has its name."""
        copy = self._copies.get(name)
        return copy if copy is not None and copy.stamp == stamp else None

    def take_of(self, tail: FileTail) -> list[PackedCopy]:
        """Return those that are read by `tail`, and know them no more."""
        taken = [copy for copy in self._copies.values() if copy.tail is tail]
        for copy in taken:
            del self._copies[copy.name]
        return taken


def stamp_of(name: str) -> Stamp:
    """Return what tells a file from what it was before, and from others that were made in the same moment."""
    there = os.stat(name)
    return there.st_ino, there.st_size, there.st_mtime_ns


class TooLargeError(Exception):
    """A packed file holds more than may be unpacked; the words say how much that is."""


class GivenUpError(Exception):
    """Nobody waits for a file any more that was being unpacked."""


def unpacked(name: str, is_stopping: Callable[[], bool], *, is_whole: bool = True) -> Path:
    """Return a temporary file that holds what a packed one does.

    Parameters
    ----------
    name
        The packed file.
    is_stopping
        Asked for each MiB; True gives up.
    is_whole
        False takes the whole lines of a file that has no end yet, none of what is no packed file.

    Raises
    ------
    TooLargeError
        If that is more than a quarter of what is free there: ten packed megabytes can be ten gigabytes.
    GivenUpError
        If `is_stopping`.
    OSError, EOFError, zlib.error
        If it is no packed file, or not whole, or there is no room.
    """
    if is_whole and not os.path.getsize(name):
        raise EOFError
    handle, made = tempfile.mkstemp(prefix="nbstream-", suffix=".part")
    try:
        with os.fdopen(handle, "w+b") as file, gzip.open(name, "rb") as packed:
            folder = os.path.dirname(made)
            room = int(shutil.disk_usage(folder).free * MAX_SHARE)
            n_bytes = 0
            while chunk := _read_of(packed, is_whole=is_whole):
                n_bytes += len(chunk)
                if n_bytes > room:
                    share = f"{MAX_SHARE:.0%} of what is free in {folder!r}"
                    msg = f"unpacked it has more than {room / 1e6:,.0f} MB, {share}"
                    raise TooLargeError(msg)
                if is_stopping():
                    raise GivenUpError
                file.write(chunk)
            if not is_whole:
                _cut_half_line(file)
    except BaseException:
        os.unlink(made)
        raise
    return Path(made)


def _read_of(packed: gzip.GzipFile, *, is_whole: bool) -> bytes:
    """Return what comes next, at the end of a file that need not be whole nothing."""
    try:
        return packed.read1(CHUNK)
    except (EOFError, OSError, zlib.error):
        if is_whole:
            raise
        return b""


def _cut_half_line(file: IO[bytes]) -> None:
    """Take away what is behind the last newline."""
    end = file.tell()
    while end:
        start = max(0, end - CHUNK)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        end = start + at + 1 if at >= 0 else start
        if at >= 0:
            break
    file.truncate(end)


def end_of(path: Path) -> Position:
    """Return the position of a reader that has read all of a file."""
    with io.FileIO(path, "rb") as file:
        return Position.at(path.stat().st_size, partial(read_of, file))
