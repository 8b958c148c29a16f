"""What a buffer holds and gets, as batches: for snapshots of the past, and where there is no source."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.recording.parts import Arrived

__all__ = ["RowFeed"]

SLICE_NS = 100_000_000
"""What of the past counts as come together, by its own times: nobody knows when it came."""


class RowFeed:
    """Follows the rows of a buffer's channels; channels with the same times are one batch.

    Parameters
    ----------
    buffer
        What is followed.
    wall_ns
        The wall clock.
    from_ns
        The past is taken too, from this time on; None is none of it.

    Notes
    -----
    Rows that are put in their place later, because they are late, are not seen.

    Thread safety: one thread at a time.
    """

    def __init__(
        self, buffer: Buffer, wall_ns: Callable[[], int], from_ns: int | None = None
    ) -> None:
        self._buffer = buffer
        self._wall_ns = wall_ns
        self._newest = 0
        self._is_past = from_ns is not None
        self._next: dict[str, int] = {}
        self._n_evicted = 0
        self.is_past_cut = False
        """Whether the buffer had given up readings of the past that was asked for."""
        for name in buffer.measured:
            rows = buffer.channel(name)
            ring = buffer._store.ring(name)
            if from_ns is not None and ring.evicted and ring.evicted_ns >= from_ns:
                self.is_past_cut = True
            self._next[name] = rows.span()[1] if from_ns is None else rows.row_at(from_ns)

    def take_evicted(self) -> int:
        """Return how many readings the buffer gave up before they were taken, since the last call."""
        n, self._n_evicted = self._n_evicted, 0
        return n

    def take(self) -> list[Arrived]:
        """Return what is new."""
        groups: dict[tuple[int, int, int], list[tuple[TimeArray, dict[str, FloatArray]]]] = {}
        for name in self._buffer.measured:
            asked = self._next.get(name, 0)
            start, times, values = self._buffer.channel(name).rows(asked)
            self._n_evicted += start - asked
            self._next[name] = start + len(times)
            if not len(times):
                continue
            alike = groups.setdefault((len(times), int(times[0]), int(times[-1])), [])
            for other, columns in alike:
                if np.array_equal(other, times):
                    columns[name] = values
                    break
            else:
                alike.append((times, {name: values}))
        found = [group for alike in groups.values() for group in alike]
        is_past, self._is_past = self._is_past, False
        if is_past:
            return self._in_order(found)
        return [
            (self._arrival(self._wall_ns()), times, tuple(columns), tuple(columns.values()))
            for times, columns in found
        ]

    def _in_order(self, found: list[tuple[TimeArray, dict[str, FloatArray]]]) -> list[Arrived]:
        """Return rows of the past as if they had come at their times."""
        slices = []
        for times, columns in found:
            when = np.maximum.accumulate(times) // SLICE_NS
            bounds = [0, *(np.flatnonzero(np.diff(when)) + 1).tolist(), len(times)]
            for start, stop in pairwise(bounds):
                values = tuple(column[start:stop] for column in columns.values())
                slices.append(
                    (int(when[start]) * SLICE_NS, times[start:stop], tuple(columns), values)
                )
        slices.sort(key=lambda one: one[0])
        return [(self._arrival(one[0]), *one[1:]) for one in slices]

    def _arrival(self, ns: int) -> int:
        self._newest = max(ns, self._newest + 1)
        return self._newest
