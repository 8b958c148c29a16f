"""What waits between a source and its recording: bounded in bytes, and what had no place is counted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import Batch
    from nbstream.recording.parts import Arrived

__all__ = ["Backlog", "Gap"]

WAKE_BYTES = 8 * 2**20
"""The writer is woken early once so much waits."""
BATCH_BYTES = 200
"""What a batch takes beside its arrays, about."""


class Gap(NamedTuple):
    """Readings that had no place."""

    first: int
    """Arrival of the first, ns since the epoch."""
    last: int
    readings: int


class Backlog:
    """Takes batches on the source's thread without waiting, and hands them over on another.

    Parameters
    ----------
    max_bytes
        How much may wait.
    wall_ns
        The wall clock.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, max_bytes: int, wall_ns: Callable[[], int]) -> None:
        self.max_bytes = max_bytes
        self._wall_ns = wall_ns
        self._lock = threading.Lock()
        self._waiting: list[Arrived] = []
        self._n_bytes = 0
        self._newest = 0
        self._gap: Gap | None = None
        self.wake = threading.Event()
        """Set when the writer should not wait for its next second."""
        self.n_received = 0
        """Readings of all channels that came."""
        self.n_dropped = 0
        """Those of them that had no place."""

    def take(self, batch: Batch) -> None:
        """Keep a copy of a batch for the writer, or count it where there is no place."""
        n = len(batch.times)
        if not n or not batch.values:
            return
        n_readings = n * len(batch.values)
        n_bytes = 8 * (n + n_readings) + BATCH_BYTES
        now = self._wall_ns()
        with self._lock:
            # Two batches never have the same time of arrival, and a clock that is set back must not tie them.
            self._newest = now = max(now, self._newest + 1)
            self.n_received += n_readings
            if self._n_bytes + n_bytes > self.max_bytes:
                self.n_dropped += n_readings
                gap = self._gap
                first, before = (now, 0) if gap is None else (gap.first, gap.readings)
                self._gap = Gap(first, now, before + n_readings)
                return
            # Whoever was given the arrays may write into them next; a copy is what came.
            columns = tuple([column.copy() for column in batch.values.values()])
            self._waiting.append((now, batch.times.copy(), tuple(batch.values), columns))
            self._n_bytes += n_bytes
            is_much = self._n_bytes >= WAKE_BYTES
        if is_much and not self.wake.is_set():
            self.wake.set()

    def hand_over(self) -> tuple[list[Arrived], int, Gap | None]:
        """Return what waits, the bytes to `release` when it is written, and what had no place so far."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            gap, self._gap = self._gap, None
            return waiting, self._n_bytes, gap

    def release(self, n_bytes: int) -> None:
        """Make room again: what was handed over is written."""
        with self._lock:
            self._n_bytes -= n_bytes
