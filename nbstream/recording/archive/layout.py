"""Into which stretches of rows a file is cut, and where they lie in time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from nbstream.sources.files.parquet.table import Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.parquet.table import ParquetTable

__all__ = ["Layout", "stretch_rows"]

MOST_ROWS, LEAST_ROWS, VALUES = 65_536, 8_192, 2**20
"""Of a stretch: its rows at most and at least, and the values of all channels that it may have between."""

Span = tuple[int, int]


def stretch_rows(n_channels: int) -> int:
    """Return how many rows a stretch has: what is read at once where a view ends within."""
    n = VALUES // (n_channels + 1)
    return max(LEAST_ROWS, min(MOST_ROWS, 1 << max(0, n.bit_length() - 1)))


class Layout:
    """The stretches of a table: row groups that are small together, and parts of a large one.

    Footers say when a row group begins and ends, not when its parts do: until it is located, by the times of
    its rows, it stands for them.

    Parameters
    ----------
    table
        What is cut.

    Attributes
    ----------
    stretches
        All that there are; what is said of one names it by its place here.
    rows_at_once
        Of a part of a large row group.
    parts
        By row groups that are not located yet: their parts.
    order
        Those whose times are known, by their first time.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, table: ParquetTable) -> None:
        self.rows_at_once = stretch_rows(len(table.columns))
        self.stretches: list[Stretch] = []
        self.parts: dict[int, range] = {}
        self.order: list[int] = []
        self._spans: dict[int, Span] = {}
        self._around_parts: dict[int, Span] = {}
        self._lock = threading.RLock()
        self._cut(table)
        self._all_parts = dict(self.parts)
        parts = {i for parts in self.parts.values() for i in parts}
        self._to_summarise = [i for i in range(len(self.stretches)) if i not in parts]
        self._sort()

    def parts_of(self, i: int) -> range | None:
        """Return the parts of a row group that is large, None of another stretch."""
        return self._all_parts.get(i)

    def _cut(self, table: ParquetTable) -> None:
        is_open = False  # whether the newest stretch may have more row groups
        for group, ends in zip(table.groups, table.ends(), strict=True):
            here, n = len(self.stretches), group.n_rows
            if n > self.rows_at_once:
                self._add(Stretch(group.file, (group.number,), 0, n), ends)
                for start in range(0, n, self.rows_at_once):
                    stop = min(n, start + self.rows_at_once)
                    self._add(Stretch(group.file, (group.number,), start, stop), None)
                self.parts[here] = range(here + 1, len(self.stretches))
                is_open = False
                continue
            last = self.stretches[-1] if is_open else None
            span = self._spans.get(here - 1)
            follows = (span is None and ends is None) or (
                span is not None and ends is not None and ends[0] >= span[1]
            )
            if (
                last is not None
                and last.file == group.file
                and last.stop + n <= self.rows_at_once
                and follows
            ):
                groups = (*last.groups, group.number)
                self.stretches[-1] = Stretch(group.file, groups, 0, last.stop + n)
                if span is not None and ends is not None:
                    self._spans[here - 1] = span[0], ends[1]
            else:
                self._add(Stretch(group.file, (group.number,), 0, n), ends)
            is_open = True

    def _add(self, stretch: Stretch, span: Span | None) -> None:
        if span is not None:
            self._spans[len(self.stretches)] = span
        self.stretches.append(stretch)

    def _sort(self) -> None:
        with self._lock:
            self.order = sorted(self._spans, key=self._spans.__getitem__)
            self._firsts = np.array([self._spans[i][0] for i in self.order], np.int64)
            lasts = np.array([self._spans[i][1] for i in self.order], np.int64)
            self._lasts = np.maximum.accumulate(lasts) if len(lasts) else lasts

    # What becomes known.

    def to_summarise(self) -> list[int]:
        """Return row groups that are large, and all other stretches, in the order of their times."""
        far = (2**63, 0)
        return sorted(self._to_summarise, key=lambda i: self._spans.get(i, far))

    def locate(self, whole: int, spans: Sequence[Span | None]) -> None:
        """Take when the parts of a row group begin and end; None is of one without times."""
        with self._lock:
            parts = self.parts.pop(whole, None)
            if parts is None:
                return
            around = self._spans.pop(whole, None)
            if around is not None:
                self._around_parts.update(dict.fromkeys(parts, around))
            self._spans.update(
                (i, span) for i, span in zip(parts, spans, strict=True) if span is not None
            )
            self._sort()

    def put(self, spans: dict[int, Span]) -> None:
        """Take when stretches begin and end that are no parts."""
        with self._lock:
            if any(self._spans.get(i) != span for i, span in spans.items()):
                self._spans.update(spans)
                self._sort()

    def take(self, spans: dict[int, Span]) -> None:
        """Take when all stretches begin and end, in place of what was known."""
        with self._lock:
            self.parts.clear()
            self._spans = dict(spans)
            self._sort()

    @property
    def spans(self) -> dict[int, Span]:
        """When stretches begin and end, as far as it is known; a copy."""
        with self._lock:
            return dict(self._spans)

    # What can be asked.

    @property
    def span(self) -> Span | None:
        """The times of the first and the last row, None before any is known."""
        with self._lock:
            if not self.order:
                return None
            return int(self._firsts[0]), int(self._lasts[-1])

    def span_of(self, i: int) -> Span | None:
        """Return when a stretch begins and ends, None if that is not known."""
        return self._spans.get(i)

    def footer_span(self, i: int) -> Span | None:
        """Return when that begins and ends of which a footer has what it says of a stretch."""
        return self._around_parts.get(i) or self._spans.get(i)

    def newest_first(self) -> list[int]:
        """Return the stretches by their last time."""
        spans = self.spans
        return sorted(spans, key=lambda i: -spans[i][1])

    def within(self, from_ns: int, to_ns: int) -> list[int]:
        """Return the stretches that have rows of a span."""
        with self._lock:
            low = int(self._lasts.searchsorted(from_ns))
            high = int(self._firsts.searchsorted(to_ns, "right"))
            return [i for i in self.order[low:high] if self._spans[i][1] >= from_ns]

    def around(self, from_ns: int, to_ns: int) -> list[int]:
        """Return the stretches of a span, and the one before and after it."""
        with self._lock:
            low = max(0, int(self._lasts.searchsorted(from_ns)) - 1)
            high = int(self._firsts.searchsorted(to_ns, "right")) + 1
            return self.order[low:high]

    def rows_in(self, i: int, from_ns: int, to_ns: int) -> int:
        """Return how many rows of a stretch lie in a span, about."""
        n, span = self.stretches[i].n_rows, self._spans.get(i)
        if span is None:
            return 0
        first, last = span
        if last == first:
            return n
        return max(0, n * (min(last, to_ns) - max(first, from_ns)) // (last - first))

    def step_ns(self, i: int) -> int:
        """Return how far apart the rows of a stretch are in the mean, 0 if that is not known."""
        n, span = self.stretches[i].n_rows, self._spans.get(i)
        return 0 if span is None or n < 2 else (span[1] - span[0]) // (n - 1)
