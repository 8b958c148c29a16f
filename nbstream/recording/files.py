"""The file layer of recordings: unbuffered writes, what makes them last, and whether they did."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from nbstream.errors import ParseError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DISK", "AppendedFile", "Disk", "SummedFile", "Written", "check_written"]

BLOCK = 2**20
"""Bytes that are read back at once."""


class AppendedFile:
    """A file that only grows: `size` is the end of what is whole.

    Parameters
    ----------
    path
        Where it is made; a file that is there already is an error.

    Raises
    ------
    OSError
        If it cannot be made.

    Notes
    -----
    Thread safety: one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.path = path
        self.size = 0
        self._handle: int | None = os.open(path, flags, 0o644)

    def append(self, data: bytes | memoryview) -> None:
        """Write all of `data`; where that fails, take back what was written of it.

        Raises
        ------
        OSError
            If it cannot be written: the disk is full.
        """
        assert self._handle is not None
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._handle, self.size)
                os.lseek(self._handle, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Return when what was written would outlast a power cut."""
        if self._handle is not None:
            os.fsync(self._handle)

    def close(self) -> None:
        """Close the file; a full disk may say so here once more."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


class Written(NamedTuple):
    """What a file should be."""

    n_rows: int
    n_bytes: int
    crc: int
    """The crc32 of all its bytes."""


class SummedFile(io.FileIO):
    """A new file, and the checksum of what was written into it.

    Parameters
    ----------
    path
        Where it is; what is there is overwritten.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "wb")
        self.crc = self.n_bytes = 0

    def write(self, data: Any) -> int:
        """Write all of it, which a plain file does not always."""
        rest = memoryview(data).cast("B")
        n = len(rest)
        self.crc = crc32(rest, self.crc)
        self.n_bytes += n
        while rest:
            rest = rest[super().write(rest) or 0 :]
        return n

    def written(self, n_rows: int) -> Written:
        """Return what the file should be."""
        return Written(n_rows, self.n_bytes, self.crc)


def check_written(path: Path, written: Written) -> None:
    """Read all of a file back, and compare its length and its checksum.

    Raises
    ------
    OSError
        If it cannot be read.
    ParseError
        If it is not what was written.
    """
    n = crc = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            n += len(block)
            crc = crc32(block, crc)
    if n != written.n_bytes:
        msg = f"{str(path)!r} has {n:,} bytes, and {written.n_bytes:,} were written."
        raise ParseError(msg)
    if crc != written.crc:
        msg = f"{str(path)!r} is damaged: it is not what was written."
        raise ParseError(msg)


class Disk:
    """What a recording asks of the file system; tests put a worse one in its place."""

    def create(self, path: Path) -> AppendedFile:
        """Return a new file to be appended to."""
        return AppendedFile(path)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder last, where a folder can be synced."""
        if os.name != "nt":
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def sync_file(self, path: Path) -> None:
        """Make a file that was written by name last; who reads it next gets what the disk has of it."""
        handle = os.open(path, os.O_RDWR)
        try:
            os.fsync(handle)
            if hasattr(os, "posix_fadvise"):
                with suppress(OSError):
                    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)

    def replace(self, path: Path, target: Path) -> None:
        """Give a whole file its name, in one step."""
        path.replace(target)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder and what is in it."""
        shutil.rmtree(path)


DISK = Disk()
