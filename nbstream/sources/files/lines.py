"""A growing file of lines that are no table: JSON, a log, a program's output that was kept."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from nbstream.errors import ParseError
from nbstream.sources.files.file_source import FileSource
from nbstream.sources.gathering import gather
from nbstream.sources.item_source import LineSource
from nbstream.sources.items import ItemReader
from nbstream.sources.lines.format import read_documents
from nbstream.sources.state import SourceState
from nbstream.sources.table_rows import TableRows
from nbstream.sources.tables import Table
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from nbstream.sources.files.tail import Piece
    from nbstream.sources.gathering import Row

__all__ = ["LinesSource"]

REMEMBERED_LINES = 10_000
MAX_DOCUMENT_BYTES = 64 * 2**20


class LinesSource(FileSource, LineSource):
    """Reads the lines of a file, those that are there and those that are added.

    Parameters
    ----------
    path
        The file. While it is missing the state is CONNECTING.
    parse
        Takes a line (str, without its end) and returns a reading in any form of
        `nbstream.sources.items`, or None for no reading. None reads JSON and the other forms of
        `nbstream.sources.lines.format`; a file that is one JSON document over many lines, a list of
        readings say, is read whole, and again when it is written anew.
    from_start
        False reads only what is added to a file that exists.
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    TypeError
        If `parse` is no function.

    Notes
    -----
    A reading without a time gets the time at which its line was read. See
    `nbstream.sources.files.tail.FileTail` for what may happen to the file; lines that a file written anew
    repeats are passed over.

    Thread safety: any thread.
    """

    kind = "lines"

    def __init__(
        self,
        path: str | os.PathLike[str],
        parse: Callable[[str], Any] | None = None,
        *,
        from_start: bool = True,
        poll_interval: float = 0.25,
        max_line_bytes: int = 2**20,
        **options: Any,
    ) -> None:
        super().__init__(
            path,
            from_start=from_start,
            poll_interval=poll_interval,
            max_line_bytes=max_line_bytes,
            parse=parse,
            **options,
        )
        self._before: deque[bytes] = deque(maxlen=REMEMBERED_LINES)
        self._again: list[bytes] | None = None
        self._document: bytearray | None = None
        self._document_rows = TableRows(from_function=True)

    def _new_reader(self) -> ItemReader:
        return ItemReader(self._clock.wall_ns, self.timezone, last_ns=self._last_change_ns)

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._before.clear()
        self._again = self._document = None

    @property
    def _is_all_handed_over(self) -> bool:
        return self._again is None and not self._document and not self._reader.lines.waiting

    def _take(self, piece: Piece) -> None:
        if piece.event:
            self._report(f"event {piece.event}", piece.event)
        self._drop_lost(piece)
        lines = b"" if piece.is_sample else piece.lines
        if piece.at_start and lines:
            self._document = bytearray() if self._is_document(lines) else None
        if piece.is_again:
            self._again = []
        if self._document is not None:
            self._take_document(lines, piece)
        else:
            self._take_lines(lines, piece)
        self._say_state(piece)

    def _finish(self) -> None:
        super()._finish()
        for line in self._reader.lines.finish():
            self._reject(1, line)
        if self._counters.rejected and not self._counters.accepted:
            raise self._nothing_readable()

    def _say_state(self, piece: Piece) -> None:
        if piece.is_missing:
            self._wait_for_file()
            return
        if self._state is not SourceState.UNREADABLE:
            waits = "" if self._counters.received else "waiting for the first line"
            waiting = self._reader.lines.waiting
            if waiting and not self._counters.accepted:
                waits = f"no reading yet; the last line: {shorten(waiting)}"
            self._set_state(SourceState.RUNNING, waits)
            self._is_well()
        self._say_if_nothing_is_readable()

    # Lines.

    def _take_lines(self, lines: bytes, piece: Piece) -> None:
        whole = lines.splitlines()
        if not whole and piece.half_line.strip():
            self._tail.take_half_line()
            whole = [piece.half_line]
        if self._again is not None:
            self._again += whole
            if piece.has_more and len(self._again) < REMEMBERED_LINES:
                return
            whole = self._again[self._n_known(self._again) :]
            self._again = None
        self._before.extend(whole)
        self._read_lines(whole)

    def _n_known(self, lines: Sequence[bytes]) -> int:
        """Return how many lines at the start of a file written anew are the last ones of the old."""
        before = list(self._before)
        for start in range(len(before)):
            n = min(len(before) - start, len(lines))
            if n and before[start] == lines[0] and before[start : start + n] == lines[:n]:
                return n
        return 0

    # A document.

    def _is_document(self, lines: bytes) -> bool:
        """Return whether a file begins as JSON whose first line is not whole."""
        first = lines.strip().partition(b"\n")[0].strip()
        if self.parse is not None or first[:1] not in {b"{", b"["}:
            return False
        is_json = self.path.suffix.lower() == ".json"
        if first in {b"{", b"["} or (first[:1] == b"[" and is_json):
            return True
        try:
            json.loads(first)
        except ValueError:
            return is_json
        return False

    def _take_document(self, lines: bytes, piece: Piece) -> None:
        assert self._document is not None
        self._document += lines or piece.half_line
        if not lines and piece.half_line:
            self._tail.take_half_line()
        if piece.has_more or not self._document:
            return
        text = self._document.decode("utf-8", "replace")
        documents, end = read_documents(text)
        if not documents:
            if len(self._document) > MAX_DOCUMENT_BYTES:
                message = f"The JSON document is longer than {MAX_DOCUMENT_BYTES:,} bytes."
                raise ParseError(message, source=self.name)
            return  # its end is still to come
        self._document = bytearray(text[end:].encode())
        for found in documents:
            self._read_document(found)

    def _read_document(self, found: Any) -> None:
        try:
            pieces = self._reader.read(found)
        except (ValueError, TypeError) as error:
            self._reject(1, f"{error}")
            return
        rows = [piece for piece in pieces if not isinstance(piece, Table)]
        tables: list[Row | Table] = [piece for piece in pieces if isinstance(piece, Table)]
        alike = gather(rows)
        if len(alike) == 1:  # a document that is written anew may repeat what it held
            whole = Table(alike[0].batch.times, alike[0].batch.values)
            tables.append(self._document_rows.new(whole))
        else:
            tables += rows
        self._hand_over(tables)
