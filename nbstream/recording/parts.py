"""The parts of a recording while it grows: `run.parquet.part/` with a journal beside."""

from __future__ import annotations

from contextlib import suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

import numpy as np

from nbstream.recording.files import DISK, AppendedFile, Disk
from nbstream.recording.journal import JOURNAL, line_of

if TYPE_CHECKING:
    from pathlib import Path

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.recording.encodings import Column, Encoding

__all__ = ["Arrived", "PartsWriter"]

MAX_ROWS = 262_144
"""Rows of a batch in a part; more are several."""
MAX_WIDE = 8
"""Sets of channels that have a part of their own."""


Arrived: TypeAlias = "tuple[int, TimeArray, tuple[str, ...], tuple[FloatArray, ...]]"
"""A batch as it came: when, in ns since the epoch (no two have the same), its times, channels and values.

Plain tuples of what is no container: Python's collector of garbage leaves them alone, and thousands come in a
second.
"""


class _Part:
    """One file of batches; `channels` is None in the long one."""

    def __init__(self, number: int, file: AppendedFile, channels: list[str] | None) -> None:
        self.number = number
        self.file = file
        self.channels = channels
        self.codes: dict[str, int] = {}


class PartsWriter:
    """Writes batches into parts: one for each set of channels that repeats, and a long one for the others.

    Parameters
    ----------
    folder
        Is made.
    encoding
        How parts hold batches.
    disk
        The file system.

    Raises
    ------
    OSError
        If the folder cannot be made.

    Notes
    -----
    The journal has a batch's checksum before the part has the batch, so that nothing is believed without.

    Thread safety: one thread at a time.
    """

    def __init__(self, folder: Path, encoding: Encoding, disk: Disk = DISK) -> None:
        self.folder = folder
        self._encoding = encoding
        self._disk = disk
        folder.mkdir()
        self._journal = disk.create(folder / JOURNAL)
        self._lines: list[bytes] = []
        self._wide: dict[tuple[str, ...], _Part] = {}
        self._long: _Part | None = None
        self._seen: set[tuple[str, ...]] = set()
        self._parts: list[_Part] = []
        self._has_new_files = True
        self._is_closed = False

    @property
    def n_bytes(self) -> int:
        """Bytes written so far."""
        return self._journal.size + sum(part.file.size for part in self._parts)

    def event(self, kind: str, **facts: Any) -> None:
        """Note something in the journal; it is written with the next batches, or by `flush`."""
        self._lines.append(line_of(kind, facts))

    def write(self, arrived: list[Arrived]) -> None:
        """Write batches, which are in order of arrival.

        Raises
        ------
        OSError
            If they cannot be written. What was written before can be read.
        """
        groups: dict[tuple[str, ...], list[Arrived]] = {}
        for batch in arrived:
            groups.setdefault(batch[2], []).append(batch)
        alone: list[Arrived] = []
        for names, group in groups.items():
            if self._is_wide(names, len(group)):
                self._write(self._wide_part(names), _wide_columns(group))
            else:
                alone += group
        if alone:
            alone.sort(key=itemgetter(0))
            self._write_long(alone)
        self.flush()

    def _is_wide(self, names: tuple[str, ...], n: int) -> bool:
        if names in self._wide:
            return True
        repeats = n > 1 or names in self._seen
        if len(self._seen) < 10_000:
            self._seen.add(names)
        is_first = not self._parts
        return is_first or (len(names) > 1 and repeats and len(self._wide) < MAX_WIDE)

    def _wide_part(self, names: tuple[str, ...]) -> _Part:
        part = self._wide.get(names)
        if part is None:
            part = self._wide[names] = self._new_part(list(names))
        return part

    def _new_part(self, channels: list[str] | None) -> _Part:
        number = len(self._parts)
        name = f"{number:04d}{self._encoding.suffix}"
        self.event("part", part=number, file=name, channels=channels)
        part = _Part(number, self._disk.create(self.folder / name), channels)
        self._parts.append(part)
        self._has_new_files = True
        part.file.append(self._encoding.header(channels))
        return part

    def _write_long(self, arrived: list[Arrived]) -> None:
        part = self._long
        if part is None:
            part = self._long = self._new_part(None)
        before = len(part.codes)
        for _, _, names, _ in arrived:
            for name in names:
                part.codes.setdefault(name, len(part.codes))
        new = list(part.codes)[before:]
        if new:
            self.event("channels", part=part.number, first=before, names=new)
        self._write(part, _long_columns(part.codes, arrived))

    def _write(self, part: _Part, columns: list[Column]) -> None:
        n = len(columns[0])
        encoded = []
        offset = part.file.size
        for start in range(0, n, MAX_ROWS):
            rows = [column[start : start + MAX_ROWS] for column in columns]
            data = self._encoding.encode(rows, part.channels)
            self.event(
                "batch",
                part=part.number,
                offset=offset,
                size=len(data),
                crc32=crc32(data),
                rows=len(rows[0]),
                first=int(rows[0][0]),
                last=int(rows[0][-1]),
            )
            offset += len(data)
            encoded.append(data)
        self.flush()
        part.file.append(b"".join(encoded) if len(encoded) > 1 else encoded[0])

    def flush(self) -> None:
        """Write what the journal has been told.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        lines, self._lines = self._lines, []
        if lines and not self._is_closed:
            self._journal.append(b"".join(lines))

    def sync(self) -> None:
        """Make all that was written last beyond a power cut.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        self.flush()
        self._journal.sync()
        for part in self._parts:
            part.file.sync()
        if self._has_new_files:
            self._has_new_files = False
            self._disk.sync_folder(self.folder)
            self._disk.sync_folder(self.folder.parent)

    def close(self) -> None:
        """End the parts and close the files, whatever the disk says of it."""
        if self._is_closed:
            return
        self._is_closed = True
        for part in self._parts:
            with suppress(OSError):
                part.file.append(self._encoding.ending)
        for file in (*(part.file for part in self._parts), self._journal):
            with suppress(OSError):
                file.close()


def _wide_columns(group: list[Arrived]) -> list[Column]:
    if len(group) == 1:
        arrival, times, _, columns = group[0]
        return [np.full(len(times), arrival), times, *columns]
    lengths = [len(times) for _, times, _, _ in group]
    arrivals = np.repeat(np.array([batch[0] for batch in group], np.int64), lengths)
    all_times = np.concatenate([batch[1] for batch in group])
    all_columns = zip(*(batch[3] for batch in group), strict=True)
    return [arrivals, all_times, *map(np.concatenate, all_columns)]


def _long_columns(codes: dict[str, int], arrived: list[Arrived]) -> list[Column]:
    when: list[int] = []
    channels: list[int] = []
    all_times: list[TimeArray] = []
    all_columns: list[FloatArray] = []
    for arrival, times, names, columns in arrived:
        for name, column in zip(names, columns, strict=True):
            when.append(arrival)
            channels.append(codes[name])
            all_times.append(times)
            all_columns.append(column)
    lengths = list(map(len, all_times))
    return [
        np.repeat(np.array(when, np.int64), lengths),
        np.concatenate(all_times),
        np.repeat(np.array(channels, np.int32), lengths),
        np.concatenate(all_columns),
    ]
