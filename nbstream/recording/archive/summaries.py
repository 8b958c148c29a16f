"""The sketches of a file, which a thread makes of all its rows, one stretch after the other."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.recording.archive.cache import read_sketches, write_sketches
from nbstream.recording.archive.sketches import Sketch, sketch_of
from nbstream.recording.archive.stored_rows import by_channel
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.runtime.turns import begin
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbstream.readings.batch import FloatArray
    from nbstream.readings.labels import Labels
    from nbstream.recording.archive.layout import Layout
    from nbstream.recording.archive.stored_rows import ByChannel, StoredRows
    from nbstream.recording.archive.watched_files import WatchedFiles
    from nbstream.runtime.turns import Life, Turns
    from nbstream.sources.files.parquet.table import ParquetTable

__all__ = ["Summaries", "block_rows"]

TELL_EVERY = 0.5
"""Seconds after which the chart is told that more is known."""
CACHE_FROM = 1_000_000
"""Files of fewer rows are read again in no time."""
YIELD = 0.001
"""Seconds between two stretches, so that who asks for a view comes first."""
MOST_BLOCK, LEAST_BLOCK = 1024, 128
BLOCKS_OF_VIEW = 1000
"""So many blocks are what of a view stays where its rows are too many to be read, at least."""
MOST_POINTS = 5_000_000
"""Of the sketches of a file, about; there are four in a block."""


def block_rows(n_rows: int, n_channels: int, most_rows: int) -> int:
    """Return how many rows a block has: fewer where channels are so many that few of their rows are read.

    Parameters
    ----------
    most_rows
        Of a view whose rows are read.
    """
    of_memory = 4 * n_rows * max(1, n_channels) // MOST_POINTS
    n = max(min(most_rows // BLOCKS_OF_VIEW, MOST_BLOCK), of_memory, LEAST_BLOCK)
    return min(MOST_BLOCK, 1 << (n - 1).bit_length())


class Summaries:
    """Knows the sketches of stretches by channel, more and more of them.

    Parameters
    ----------
    open_table
        Opens the table once more, for the thread.
    table
        What it is.
    layout, rows, files
        Its stretches, what reads them, and whether they are still there.
    labels
        Returns the label table of a channel, a new one if the second argument says so; None for numbers.
    n_block
        Rows of a block.
    cache
        Where sketches are kept between two kernels; None nowhere.

    Attributes
    ----------
    version
        Counts what became known.
    on_change
        Called, on any thread, when the version has changed.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(
        self,
        open_table: Callable[[], ParquetTable],
        table: ParquetTable,
        layout: Layout,
        rows: StoredRows,
        files: WatchedFiles,
        labels: Callable[[str, bool], Labels | None],
        n_block: int,
        cache: Path | None,
    ) -> None:
        self._open_table, self._table = open_table, table
        self._layout, self._rows, self._files = layout, rows, files
        self._labels, self._n_block, self._cache = labels, n_block, cache
        self.version = 0
        self.on_change: Callable[[], object] = int
        self._words = table.word_channels
        self._names: dict[str, None] = dict.fromkeys(table.channels)
        self._sketches: dict[tuple[str, int], Sketch] = {}
        self._done: set[int] = set()
        self._n_done = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.thread: threading.Thread | Turns | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are known."""
        return tuple(self._names)

    @property
    def share(self) -> float:
        """How much of the rows is summarised, 0 to 1."""
        return self._n_done / max(1, self._table.n_rows)

    def of(self, name: str, i: int) -> Sketch | None:
        """Return the sketch of a stretch, None if there is none yet."""
        return self._sketches.get((name, i))

    def has_none(self, name: str, i: int) -> bool:
        """Return whether it is known of a stretch that it has no readings of a channel."""
        return i in self._done and (name, i) not in self._sketches

    def are_states(self, name: str) -> bool:
        """Return whether a channel holds words."""
        return name in self._words or self._labels(name, False) is not None

    def start(self) -> None:
        """Begin on a thread of its own."""
        if self.thread is None:
            self.thread = begin(self._life, self._stop, f"nbstream-archive-{self._table.name}")

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(0.5)

    def tell(self) -> None:
        """Say that more is known."""
        self.version += 1
        self.on_change()

    # On its thread, or in turns.

    def _life(self) -> Life:
        try:
            if self._take_kept():
                return
            table = self._open_table()
            try:
                self._files.look()
                yield from self._summarise(table)
            finally:
                table.close()
            self._keep()
        except Exception as error:
            self._files.look()
            if not self._files.trouble and not self._stop.is_set():
                self._files.fail(f"it cannot be summarised: {explain(error)}")
            self.tell()

    def _summarise(self, table: ParquetTable) -> Life:
        told_at = SYSTEM_CLOCK.monotonic()
        n_rows = self._layout.rows_at_once
        for job in self._layout.to_summarise():
            parts, stretch = self._layout.parts_of(job), self._layout.stretches[job]
            n_before = self._n_done
            if job in self._layout.parts:
                self._layout.locate(job, self._rows.spans_of_parts(table, job))
            for at, batches in self._rows.blocks(table, stretch, n_rows):
                if (yield YIELD) or self._files.trouble:
                    return
                self._take(by_channel(batches), parts[at // n_rows] if parts else job)
                self._n_done = n_before + min(at + n_rows, stretch.n_rows)
                now = SYSTEM_CLOCK.monotonic()
                if now - told_at >= TELL_EVERY:
                    told_at = now
                    self.tell()
            self._n_done = n_before + stretch.n_rows
        self.tell()

    def _take(self, readings: ByChannel, i: int) -> None:
        found = {
            (name, i): sketch_of(*of, self._n_block, are_states=self.are_states(name))
            for name, of in readings.items()
            if len(of[0])
        }
        ends = [(int(t[0]), int(t[-1])) for t, _ in readings.values() if len(t)]
        if ends and self._layout.span_of(i) is None:
            self._layout.put({i: (min(a for a, _ in ends), max(b for _, b in ends))})
        with self._lock:
            self._sketches.update(found)
            self._done.add(i)
            self._names.update(dict.fromkeys(readings))

    # What is kept beside the file.

    def _key(self) -> dict[str, Any]:
        """Return what a cache must be of to be of this table."""
        return {
            "files": [
                [place.name, *(stamp or ())[1:]]
                for place, stamp in zip(self._table.places, self._files.stamps, strict=True)
            ],
            "table": self._table.signature,
            "rows": [self._layout.rows_at_once, self._n_block],
        }

    def _take_kept(self) -> bool:
        if self._cache is None or self._table.n_rows < CACHE_FROM:
            return False
        found = read_sketches(self._cache, self._key())
        if found is None:
            return False
        sketches, spans, names, texts = found
        for name, known in texts.items():
            table = self._labels(name, True)
            codes = np.append(table.codes(known) if table is not None else [], np.nan)
            for of, sketch in sketches.items():
                if of[0] == name:
                    sketches[of] = sketch._replace(values=_coded(sketch.values, codes))
        self._layout.take(spans)
        with self._lock:
            self._sketches = sketches
            self._done = set(range(len(self._layout.stretches)))
            self._names.update(dict.fromkeys(names))
            self._n_done = self._table.n_rows
        self.tell()
        return True

    def _keep(self) -> None:
        if (
            self._cache is None
            or self._table.n_rows < CACHE_FROM
            or self._stop.is_set()
            or self._rows.damaged
            or self._files.now() != self._files.stamps
        ):
            return
        with self._lock:
            sketches, names = dict(self._sketches), list(self._names)
        tables = {name: self._labels(name, False) for name in names}
        texts = {name: list(table.texts) for name, table in tables.items() if table is not None}
        with suppress(OSError):
            write_sketches(self._cache, self._key(), sketches, self._layout.spans, names, texts)


def _coded(values: FloatArray, codes: FloatArray) -> FloatArray:
    """Return other codes of the same words; what is no code stays."""
    is_code = (values >= 0) & (values < len(codes) - 1)
    return np.where(is_code, codes[np.where(is_code, values, 0).astype(np.int64)], values)
