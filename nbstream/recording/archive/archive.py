"""A file as a chart asks for it: the points of any span, made of what is known of its stretches by then."""

from __future__ import annotations

import operator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.readings.gaps import find_gaps
from nbstream.recording.archive.footers import footer_sketch
from nbstream.recording.archive.layout import Layout
from nbstream.recording.archive.sketches import NOTHING, Sketch, cut, joined
from nbstream.recording.archive.stored_rows import StoredRows
from nbstream.recording.archive.summaries import Summaries, block_rows
from nbstream.recording.archive.watched_files import WatchedFiles
from nbstream.sources.files.parquet.sorted_rows import merged
from nbstream.summaries.bins import block_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.gaps import IndexArray
    from nbstream.readings.labels import Labels
    from nbstream.recording.archive.sketches import Readings
    from nbstream.sources.files.parquet.table import ParquetTable

__all__ = ["Archive", "TooManyError"]

MAX_RAW = 1_500_000
"""Rows of a view that are read themselves; of more the sketches are drawn."""
MAX_VALUES = 4_000_000
"""Values of all channels that are read for one answer."""
EXACT_ROWS = 2**18
"""So many rows are put into bins one by one; of more, small blocks."""
PER_BIN, LEAST_BLOCK, MOST_BLOCK = 4, 32, 1024
"""So many of those blocks are in a bin, of at least and at most so many rows."""
ROWS_AROUND = 2048
"""Rows beside those of a view, by which it is judged where its line breaks."""
MOST_LOCATED = 4_000_000
"""Rows of a row group that is located because a view ends in it; larger ones the summaries do."""


class TooManyError(ValueError):
    """More readings than can be held were asked for."""


class Archive:
    """Answers for the readings of a table that stays where it is.

    Of a stretch of rows is known, better and better: the smallest and largest values that footers have, the
    points of its blocks (`Summaries`), and its rows, which are read where few enough are in view
    (`StoredRows`).

    Parameters
    ----------
    open_table
        Opens the table; called once more on the thread that summarises.
    labels
        Returns the label table of a channel, a new one if the second argument says so; None for numbers.
    cache
        Where sketches are kept between two kernels; None nowhere.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(
        self,
        open_table: Callable[[], ParquetTable],
        labels: Callable[[str, bool], Labels | None],
        cache: Path | None = None,
    ) -> None:
        self.table = open_table()
        for name in self.table.word_channels:
            labels(name, True)
        self._tell: Callable[[str], object] = str
        self._layout = Layout(self.table)
        self._files = WatchedFiles(self.table.places, self.table.stamps, self._note)
        self._rows = StoredRows(self._layout, self._files, self._note)
        n_channels = max(1, len(self.table.columns))
        self._summaries = Summaries(
            open_table,
            self.table,
            self._layout,
            self._rows,
            self._files,
            labels,
            block_rows(self.table.n_rows, n_channels, min(MAX_RAW, MAX_VALUES // n_channels)),
            cache,
        )
        self._footers: dict[tuple[str, int], Sketch | None] = {}
        self._joint: _Joint | None = None

    def _note(self, text: str) -> None:
        self._tell(text)

    def tell(self, on_change: Callable[[], object], on_note: Callable[[str], object]) -> None:
        """Call somebody, on any thread, when more is known, and with words that people should read."""
        self._summaries.on_change, self._tell = on_change, on_note

    def start(self) -> None:
        """Begin to summarise on a thread of its own."""
        self._summaries.start()

    def close(self) -> None:
        """End the thread, and let go of the file."""
        self._summaries.close()
        self._rows.close(self.table)

    # What can be asked.

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are known."""
        return self._summaries.names

    @property
    def version(self) -> int:
        """Counts what became known, so that who drew something knows that there is better."""
        return self._summaries.version

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return self.table.n_rows

    @property
    def n_readings(self) -> int:
        """Readings of all channels, about: cells that are null are not known."""
        return self.table.n_rows * (1 if self.table.stored_pivot else max(1, len(self.names)))

    @property
    def span(self) -> tuple[int, int] | None:
        """The times of the first and the last row, None before any is known."""
        return self._layout.span

    @property
    def is_sharp(self) -> bool:
        """Whether all rows are summarised."""
        return self._summaries.share >= 1

    @property
    def trouble(self) -> str:
        """Why nothing can be read any more, by a look at the files; "" while all is well."""
        self._files.look()
        return self._files.trouble

    @property
    def state(self) -> tuple[str, str]:
        """What a badge says: its kind, and the text."""
        self._files.look_now_and_then()
        damaged = self._rows.damaged
        if self._files.trouble:
            return "bad", self._files.trouble
        if damaged:
            some = next(iter(damaged.values()))
            n = f"{len(damaged):,} row group{'s' if len(damaged) > 1 else ''}"
            return "wait", f"file, {n} damaged: {some}"
        if not self.is_sharp and self._summaries.thread is not None:
            return "off", f"file, {self._summaries.share:.0%} summarised"
        return "off", "file"

    def is_switch(self, name: str) -> bool:
        """Return whether the file says that all values of a channel are true or false."""
        return any(c.channel == name and c.kind == "switch" for c in self.table.columns)

    def last_reading(self, name: str) -> tuple[int, float] | None:
        """Return time and value of a channel's last reading, None if that is not at hand."""
        span = self._layout.span
        if span is None:
            return None
        self._locate(self._layout.within(span[1], span[1]), MOST_LOCATED)
        for i in self._layout.newest_first()[:3]:
            if i in self._layout.parts:
                return None
            times, values = self._rows.of(self.table, i).get(name, NOTHING)
            known = np.flatnonzero(values == values)
            if len(known):
                return int(times[known[-1]]), float(values[known[-1]])
        return None

    def interval_ns(self, name: str) -> int | None:
        """Return how far apart readings of a channel usually are, None if that is not known."""
        first = self._layout.order[:8]
        for i in first:
            sketch = self._summaries.of(name, i)
            if sketch is not None and sketch.step_ns:
                return sketch.step_ns
        return next((step for i in first if (step := self._layout.step_ns(i))), None)

    def count(self, from_ns: int, to_ns: int) -> int:
        """Return how many rows lie in a span, about."""
        return self._n_rows(self._layout.within(from_ns, to_ns), from_ns, to_ns)

    def begin_of_newest(self, n: int) -> int:
        """Return from which time on there are `n` rows, about."""
        begin_ns, left = 0, n
        for i in self._layout.newest_first():
            span, n_rows = self._layout.span_of(i), self._layout.stretches[i].n_rows
            if span is None:
                continue
            begin_ns = span[0]
            if n_rows >= left:
                return span[1] - (span[1] - span[0]) * left // n_rows
            left -= n_rows
        return begin_ns

    def readings(self, name: str, from_ns: int, to_ns: int, most: int = MAX_VALUES) -> Readings:
        """Return the readings of a channel from a time to another, both included.

        Of a file that is another than it was (`trouble`) only those that are at hand.

        Raises
        ------
        TooManyError
            If there are more than `most`.
        """
        self._files.look()
        indices = self._layout.within(from_ns, to_ns)
        n = self._n_rows(indices, from_ns, to_ns)
        if n <= most and self._locate(indices, self.n_rows):
            indices = self._layout.within(from_ns, to_ns)
            n = self._n_rows(indices, from_ns, to_ns)
        if n > most:
            message = f"{n:,} readings are too many at once: choose a shorter span."
            raise TooManyError(message)
        found = []
        for i in sorted(indices):
            times, values = self._rows.of_channel(self.table, i, name)
            low, high = times.searchsorted(from_ns), times.searchsorted(to_ns, "right")
            found.append(Batch(times[low:high], {name: values[low:high]}))
        for batch in merged([batch for batch in found if len(batch)]):
            return batch.times, batch.values[name]
        return NOTHING

    def line(
        self, name: str, from_ns: int, to_ns: int, bits: int, *, view_ns: int | None = None
    ) -> tuple[TimeArray, FloatArray, IndexArray]:
        """Return points that draw a channel from a time to another, and what lies just outside of it.

        They are to be put into bins of 2^`bits` ns: `BinnedLine.extend` takes them, but for breaks, which are
        NaN before a point of the same time, as in what it returns.

        Parameters
        ----------
        view_ns
            How much of the middle is seen at first, None all of it: that is read before anything else.
        """
        indices = [
            i
            for i in self._located_around(from_ns, to_ns, view_ns)
            if not self._summaries.has_none(name, i)
        ]
        rough = [i for i in indices if self._is_rough(name, i, bits)]
        exact = set(self._chosen(rough, from_ns, to_ns, view_ns))
        n_rows = self._n_rows(exact, from_ns, to_ns)
        n_block = n_rows // (PER_BIN * max(1, (to_ns - from_ns) >> bits))
        n_block = 1 if n_rows <= EXACT_ROWS else min(max(n_block, LEAST_BLOCK), MOST_BLOCK)
        parts: list[Sketch] = []
        for is_exact, run in groupby(indices, exact.__contains__):
            if is_exact:
                parts.append(self._exact(name, [*run], from_ns, to_ns, n_block))
            else:
                known = (self._known(name, i) for i in run)
                parts += [cut(sketch, from_ns, to_ns) for sketch in known if sketch is not None]
        parts.sort(key=lambda part: int(part.times[0]) if len(part.times) else 0)
        times, values, counts = joined(parts)
        if len(times) and bool((times[1:] < times[:-1]).any()):
            times, values, counts = _interleaved(times, values, counts)
        return _around(times, values, counts, from_ns, to_ns)

    # Which stretches are read.

    def _n_rows(self, indices: Iterable[int], from_ns: int, to_ns: int) -> int:
        return sum(self._layout.rows_in(i, from_ns, to_ns) for i in indices)

    def _most_rows(self) -> int:
        """Return of how many rows a view is made, at most."""
        return min(MAX_RAW, MAX_VALUES // max(1, len(self.names)))

    def _located_around(self, from_ns: int, to_ns: int, view_ns: int | None) -> list[int]:
        """Return the stretches of a span and beside it: parts of row groups if rows are to be read."""
        indices = self._layout.around(from_ns, to_ns)
        low, high = _middle(from_ns, to_ns, view_ns)
        if not self._files.trouble and self._n_rows(indices, low, high) <= self._most_rows():
            near = [i for i in indices if self._layout.rows_in(i, from_ns, to_ns)]
            if self._locate(near, MOST_LOCATED):
                indices = self._layout.around(from_ns, to_ns)
                # What follows a part that was located may be a row group that isn't.
                if self._locate(indices, MOST_LOCATED):
                    indices = self._layout.around(from_ns, to_ns)
        return indices

    def _locate(self, indices: Iterable[int], most_rows: int) -> bool:
        """Find when the parts of large row groups begin and end; return whether there were any."""
        n_before = len(self._layout.parts)
        for i in indices:
            if i in self._layout.parts and self._layout.stretches[i].n_rows <= most_rows:
                self._rows.locate(self.table, i)
        return len(self._layout.parts) != n_before

    def _is_rough(self, name: str, i: int, bits: int) -> bool:
        """Return whether what is known of a stretch is too rough for bins of such a width."""
        sketch, span = self._summaries.of(name, i), self._layout.footer_span(i)
        if sketch is not None:
            return sketch.block_ns > 1 << bits
        return span is not None and span[1] - span[0] > 1 << bits

    def _chosen(self, rough: list[int], from_ns: int, to_ns: int, view_ns: int | None) -> list[int]:
        """Return the stretches whose rows are read: those of the view if there are too many, none of more."""
        if self._files.trouble:
            return [i for i in rough if self._rows.are_kept(i)]
        rough = [i for i in rough if i not in self._layout.parts]
        if self._cost(rough, from_ns, to_ns) <= self._most_rows():
            return rough
        low, high = _middle(from_ns, to_ns, view_ns)
        within = set(self._layout.within(low, high))
        seen = [i for i in rough if i in within]
        return seen if self._cost(seen, low, high) <= self._most_rows() else []

    def _cost(self, indices: Iterable[int], from_ns: int, to_ns: int) -> int:
        """Return how many rows are to be gone through: of a small stretch that isn't at hand all of them."""
        at_once = self._layout.rows_at_once
        return sum(
            max(
                self._layout.rows_in(i, from_ns, to_ns),
                0 if self._rows.are_kept(i) else self._layout.stretches[i].n_rows - at_once,
            )
            for i in indices
        )

    # What is drawn of them.

    def _known(self, name: str, i: int) -> Sketch | None:
        """Return a sketch of a stretch, or what its footer says; None if that is nothing."""
        sketch = self._summaries.of(name, i)
        if sketch is not None or self._summaries.are_states(name):
            return sketch
        if (name, i) not in self._footers:
            span = self._layout.span_of(i)
            stretch = self._layout.stretches[i]
            self._footers[name, i] = (
                None if span is None else footer_sketch(self.table, stretch, span, name)
            )
        return self._footers[name, i]

    def _exact(self, name: str, run: list[int], from_ns: int, to_ns: int, n_block: int) -> Sketch:
        """Return the points of stretches that follow each other as their rows have them."""
        found = [self._rows.of(self.table, i).get(name, NOTHING) for i in run]
        joint = self._joint
        if joint is None or not joint.is_of([of[0] for of in found], from_ns, to_ns):
            joint = self._joint = _Joint([of[0] for of in found], from_ns, to_ns)
        values = joint.shown([of[1] for of in found])
        if self._summaries.are_states(name):
            return Sketch(joint.times, values, np.zeros(len(values), np.int64), 0, 0)
        return Sketch(*block_points(joint.times, values, n_block, joint.gaps), joint.step_ns, 0)


class _Joint:
    """The times of stretches that follow each other, from one before a span to one after it.

    Channels of a table have the same times: what is found of them once is right for the next channel.
    """

    def __init__(self, parts: list[TimeArray], from_ns: int, to_ns: int) -> None:
        self._parts, self._span = parts, (from_ns, to_ns)
        self._near = [_near(times, from_ns, to_ns) for times in parts]
        times = _joined([part[near] for part, near in zip(parts, self._near, strict=True)])
        self._order: IndexArray | None = None
        if bool((times[1:] < times[:-1]).any()):
            self._order = np.argsort(times, kind="stable")
            times = times[self._order]
        low = max(0, int(times.searchsorted(from_ns)) - 1)
        high = int(times.searchsorted(to_ns, "right")) + 1
        self._inner = slice(low, high)
        self.times = times[low:high]
        gaps = find_gaps(times) - low
        self.gaps = gaps[(gaps > 0) & (gaps < len(self.times))]
        n = max(1, len(times) // 1000)
        self.step_ns = int(np.median(np.diff(times[::n]))) // n if len(times) > 2 else 0

    def is_of(self, parts: list[TimeArray], from_ns: int, to_ns: int) -> bool:
        """Return whether it is of the same times."""
        return (
            self._span == (from_ns, to_ns)
            and len(parts) == len(self._parts)
            and all(map(operator.is_, parts, self._parts))
        )

    def shown(self, parts: list[FloatArray]) -> FloatArray:
        """Return the values of a channel at the times."""
        values: FloatArray = _joined(
            [part[near] for part, near in zip(parts, self._near, strict=True)]
        )
        return values[self._inner] if self._order is None else values[self._order][self._inner]


def _near(times: TimeArray, from_ns: int, to_ns: int) -> slice:
    """Return a span, and what is beside it by which it is judged where a line breaks."""
    low = int(times.searchsorted(from_ns)) - ROWS_AROUND
    return slice(max(0, low), int(times.searchsorted(to_ns, "right")) + ROWS_AROUND)


def _joined(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _middle(from_ns: int, to_ns: int, view_ns: int | None) -> tuple[int, int]:
    """Return what a view shows at first."""
    margin_ns = 0 if view_ns is None else max(0, (to_ns - from_ns - view_ns) // 2)
    return from_ns + margin_ns, to_ns - margin_ns


def _interleaved(
    times: TimeArray, values: FloatArray, counts: IndexArray
) -> tuple[TimeArray, FloatArray, IndexArray]:
    """Return the points of stretches that overlap in order, without breaks: not all rows are among them."""
    is_break = np.append(np.isnan(values[:-1]) & (times[:-1] == times[1:]), False)
    times, values, counts = times[~is_break], values[~is_break], counts[~is_break]
    order = np.argsort(times, kind="stable")
    return times[order], values[order], counts[order]


def _around(
    times: TimeArray, values: FloatArray, counts: IndexArray, from_ns: int, to_ns: int
) -> tuple[TimeArray, FloatArray, IndexArray]:
    """Return the points of a span, and the one before and after it, to which its line leads."""
    low = max(0, int(times.searchsorted(from_ns)) - 1)
    high = int(times.searchsorted(to_ns)) + 1
    if (
        high < len(times) and times[high - 1] == times[high]
    ):  # a break, which belongs to what follows
        high += 1
    return times[low:high], values[low:high], counts[low:high]
