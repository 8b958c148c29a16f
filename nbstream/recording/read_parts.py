"""A folder of parts, as a killed recording leaves it: what is sound of it, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np

from nbstream.errors import ParseError
from nbstream.recording.description import Description
from nbstream.recording.encodings import encoding_of
from nbstream.recording.journal import JOURNAL, read_journal
from nbstream.recording.pieces import LongPiece, Piece, WidePiece

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbstream.recording.encodings import Encoding

__all__ = ["Parts"]


class _Indexed(NamedTuple):
    """Where a batch lies in its part, as the journal says."""

    offset: int
    size: int
    crc: int
    rows: int
    first: int
    last: int


class _Part:
    def __init__(self, path: Path, channels: list[str] | None) -> None:
        self.path = path
        self.channels = channels
        self.names: list[str] = []
        """Of the long part: channels by code."""
        self.batches: list[_Indexed] = []


class Parts:
    """The parts of a recording and its journal.

    Parameters
    ----------
    folder
        As `PartsWriter` makes it, whole or not.

    Raises
    ------
    ParseError
        If its journal says nothing of a recording.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines, self.n_damaged_lines = read_journal(folder / JOURNAL)
        if not any(line["kind"] in ("begin", "part") for line in lines):
            msg = f"{str(folder)!r} is no recording: its {JOURNAL} is missing, or says nothing of one."
            raise ParseError(msg)
        self.description = Description()
        self._parts: dict[int, _Part] = {}
        self.n_values = self.n_rows = 0
        """Readings of all channels, and rows, that the journal lists."""
        for line in lines:
            try:
                self._take(line)
            except (KeyError, TypeError, ValueError):
                self.n_damaged_lines += 1
        names: dict[str, None] = {}
        for part in self._parts.values():
            names.update(dict.fromkeys(part.names if part.channels is None else part.channels))
        names.pop("", None)
        self.description.channels = list(names)
        self.lost: list[dict[str, Any]] = []
        """What is missing, found while the parts are read."""

    def _take(self, line: dict[str, Any]) -> None:
        kind = line["kind"]
        if kind == "part":
            name, channels = str(line["file"]), line["channels"]
            if "/" in name or "\\" in name:
                raise ValueError(name)
            self._parts[int(line["part"])] = _Part(self.folder / name, channels)
        elif kind == "channels":
            part, first = self._parts[int(line["part"])], int(line["first"])
            # A line before may be damaged: the codes of its channels have no name.
            part.names += [""] * (first - len(part.names))
            part.names += map(str, line["names"])
        elif kind == "batch":
            part = self._parts[int(line["part"])]
            numbers = (line[k] for k in ("offset", "size", "crc32", "rows", "first", "last"))
            found = _Indexed(*map(int, numbers))
            part.batches.append(found)
            self.n_rows += found.rows
            self.n_values += found.rows * (1 if part.channels is None else len(part.channels))
        else:
            self.description.take(line)

    def close(self) -> None:
        """Do nothing: each part is open while it is read."""

    def streams(self) -> list[Iterator[Piece]]:
        """Return per part its sound batches; what is not is told in `lost` as they are read."""
        self.lost = []
        if self.n_damaged_lines:
            why = f"{self.n_damaged_lines} lines of {JOURNAL} are damaged"
            self.lost.append({"readings": None, "why": why})
        return [self._pieces(part) for part in self._parts.values()]

    def _pieces(self, part: _Part) -> Iterator[Piece]:
        encoding = encoding_of(part.path.suffix)
        try:
            file = part.path.open("rb")
        except OSError:
            for batch in part.batches:
                self._lose(part, batch, f"{part.path.name} is missing")
            return
        with file:
            size = file.seek(0, 2)
            for batch in part.batches:
                # A length is believed only if the file is so long.
                if not 0 <= batch.offset <= batch.offset + batch.size <= size:
                    self._lose(part, batch, f"{part.path.name} ends before")
                    continue
                file.seek(batch.offset)
                found = _decoded(file.read(batch.size), batch, part, encoding)
                if found is None:
                    self._lose(part, batch, f"{part.path.name} is damaged")
                else:
                    yield found

    def _lose(self, part: _Part, batch: _Indexed, why: str) -> None:
        n = batch.rows * (1 if part.channels is None else len(part.channels))
        last = self.lost[-1] if self.lost else {}
        if last.get("why") == why:
            last.update(last=batch.last, readings=last["readings"] + n)
        else:
            lost = {"first": batch.first, "last": batch.last, "readings": n, "why": why}
            self.lost.append(lost)


def _decoded(data: bytes, batch: _Indexed, part: _Part, encoding: Encoding) -> Piece | None:
    """Return the rows of a batch, None if they are not what was written."""
    if crc32(data) != batch.crc:
        return None
    try:
        arrivals, times, *rest = encoding.decode(data, part.channels, batch.rows)
    except ValueError:
        return None
    if part.channels is not None:
        return WidePiece(arrivals, times, dict(zip(part.channels, rest, strict=True)))
    codes, values = rest
    known = set(np.unique(codes).tolist())
    if not known <= {code for code, name in enumerate(part.names) if name}:
        return None
    return LongPiece(arrivals, times, codes.astype(np.int32, copy=False), values, part.names)
