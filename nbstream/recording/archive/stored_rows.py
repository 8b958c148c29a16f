"""Rows of a file that are read because a view shows them, and kept in case it moves by a little."""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.recording.archive.sketches import NOTHING
from nbstream.sources.files.parquet.sorted_rows import merged
from nbstream.sources.files.parquet.table import Stretch
from nbstream.sources.files.parquet.times import MISSING
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbstream.readings.batch import TimeArray
    from nbstream.recording.archive.layout import Layout, Span
    from nbstream.recording.archive.sketches import Readings
    from nbstream.recording.archive.watched_files import WatchedFiles
    from nbstream.sources.files.parquet.table import ParquetTable

__all__ = ["ByChannel", "StoredRows", "by_channel"]

CACHED_BYTES = 64 * 2**20
"""What rows that were read take while they are kept: more than those of any view, which channels share."""
ByChannel = dict[str, "Readings"]


def by_channel(batches: list[Batch]) -> ByChannel:
    """Return readings by channel, in order of time."""
    return {
        name: (batch.times, values)
        for batch in merged([batch for batch in batches if len(batch)])
        for name, values in batch.values.items()
    }


class StoredRows:
    """Reads the rows of stretches; what is damaged has none.

    Parameters
    ----------
    layout
        The stretches.
    files
        Asked whether they are still what they were when something cannot be read.
    tell
        Told in words what is missing.

    Attributes
    ----------
    damaged
        By file and row group: what cannot be read of it, in words.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, layout: Layout, files: WatchedFiles, tell: Callable[[str], object]) -> None:
        self._layout, self._files, self._tell = layout, files, tell
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._kept: OrderedDict[int, ByChannel] = OrderedDict()
        self._n_bytes = 0
        self._is_closed = False
        self.damaged: dict[tuple[int, int], str] = {}

    def are_kept(self, i: int) -> bool:
        """Return whether the rows of a stretch are at hand."""
        return i in self._kept

    def of(self, table: ParquetTable, i: int) -> ByChannel:
        """Return the rows of a stretch, all channels, and keep them for some time."""
        with self._reading:
            with self._lock:
                held = self._kept.get(i)
                if held is not None:
                    self._kept.move_to_end(i)
                    return held
            if not self._can_read:
                return {}
            found = _owned(by_channel(self.read(table, self._layout.stretches[i])))
            with self._lock:
                self._keep(i, found)
        return found

    def of_channel(self, table: ParquetTable, i: int, name: str) -> Readings:
        """Return the rows of a stretch, one channel; they are not kept."""
        with self._reading:
            with self._lock:
                held = self._kept.get(i)
            if held is None and not self._can_read:
                return NOTHING
            if held is None:
                held = by_channel(self.read(table, self._layout.stretches[i], [name]))
        return held.get(name, NOTHING)

    def locate(self, table: ParquetTable, whole: int) -> None:
        """Find when the parts of a large row group begin and end."""
        with self._reading:
            if whole in self._layout.parts and self._can_read:
                self._layout.locate(whole, self.spans_of_parts(table, whole))

    def close(self, table: ParquetTable) -> None:
        """Let go of the file that rows are read from; what is kept can still be asked for."""
        with self._reading:
            self._is_closed = True
            table.close()

    @property
    def _can_read(self) -> bool:
        return not self._is_closed and not self._files.trouble

    def _keep(self, i: int, found: ByChannel) -> None:
        self._kept[i] = found
        self._n_bytes += _size(found)
        while self._n_bytes > CACHED_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._n_bytes -= _size(old)

    # Reading.

    def read(
        self, table: ParquetTable, stretch: Stretch, names: list[str] | None = None
    ) -> list[Batch]:
        """Return the rows of a stretch as they stand there; what is damaged is told and left out."""
        return [b for _, some in self.blocks(table, stretch, stretch.n_rows, names) for b in some]

    def blocks(
        self, table: ParquetTable, stretch: Stretch, n_rows: int, names: list[str] | None = None
    ) -> Iterator[tuple[int, list[Batch]]]:
        """Yield the rows of a stretch in blocks of so many, and before them the number of the first."""
        import pyarrow as pa

        done, batches = 0, list[Batch]()
        try:
            for at, some, _ in table.read(stretch, names, at_once=n_rows, use_threads=True):
                if at >= done + n_rows:
                    yield done, batches
                    done, batches = at - at % n_rows, []
                batches += some
            yield done, batches
            return
        except (pa.ArrowException, OSError, ValueError) as error:
            problem = error
        rest = list(self._rest(table, stretch, done, n_rows))
        if not rest:
            self._note_damage(table, stretch, problem)
            yield done, []
        for at, parts in groupby(rest, itemgetter(0)):
            yield at, [b for _, part in parts for b in self.read(table, part, names)]

    def _rest(
        self, table: ParquetTable, stretch: Stretch, done: int, n_rows: int
    ) -> Iterator[tuple[int, Stretch]]:
        """Yield what of a damaged stretch may be whole, with the number of the block that it belongs to."""
        if len(stretch.groups) > 1:
            metadata = table.files[stretch.file].metadata
            for number in stretch.groups:
                n = metadata.row_group(number).num_rows
                yield 0, Stretch(stretch.file, (number,), 0, n)
        elif stretch.n_rows > n_rows:
            for at in range(done, stretch.n_rows, n_rows):
                stop = min(stretch.stop, stretch.start + at + n_rows)
                yield at, Stretch(stretch.file, stretch.groups, stretch.start + at, stop)

    def _note_damage(self, table: ParquetTable, stretch: Stretch, error: Exception) -> None:
        self._files.look()
        if self._files.trouble:
            return
        key = stretch.file, stretch.groups[0]
        name = table.places[stretch.file].name
        text = f"row group {key[1] + 1} of {name!r} cannot be read: {explain(error)}"
        with self._lock:
            is_new = key not in self.damaged
            self.damaged[key] = text
        if is_new:
            self._tell(f"{stretch.n_rows:,} rows are missing: {text}")

    def spans_of_parts(self, table: ParquetTable, whole: int) -> list[Span | None]:
        """Return when the parts of a large row group begin and end, by the times of its rows."""
        import pyarrow as pa

        n_rows, stretch = self._layout.rows_at_once, self._layout.stretches[whole]
        found: list[Span | None] = []
        times: list[TimeArray] = []
        try:
            for at, some in table.read_times(stretch, n_rows):
                if at >= (len(found) + 1) * n_rows:
                    found.append(_span(times))
                    times = []
                times.append(some)
            return [*found, _span(times)]
        except (pa.ArrowException, OSError, ValueError):
            pass
        for _, part in self._rest(table, stretch, len(found) * n_rows, n_rows):
            try:
                found.append(_span([some for _, some in table.read_times(part, n_rows)]))
            except (pa.ArrowException, OSError, ValueError) as error:
                self._note_damage(table, part, error)
                found.append(None)
        return found


def _span(parts: list[TimeArray]) -> Span | None:
    times = np.concatenate(parts)
    times = times[times != MISSING]
    return (int(times.min()), int(times.max())) if len(times) else None


def _owned(rows: ByChannel) -> ByChannel:
    """Return copies: what was read may be a slice of something larger."""
    times = {id(of[0]): of[0].copy() for of in rows.values()}
    return {name: (times[id(of[0])], of[1].copy()) for name, of in rows.items()}


def _size(rows: ByChannel) -> int:
    times = {id(of[0]): of[0].nbytes for of in rows.values()}
    return sum(times.values()) + sum(values.nbytes for _, values in rows.values())
