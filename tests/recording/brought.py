"""A source whose batches a test brings by itself, and what a file holds of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.recording import Recording, RecordingState
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.recording.pieces import batches
from nbstream.recording.read_parts import Parts
from nbstream.runtime.turns import Life
from tests.wait import wait_until

START = 1_782_907_200 * 10**9

Brought = list[tuple[list[int], dict[str, list[float]]]]
"""Batches: seconds since `START`, and values by channel."""


class BringSource(ns.Source):
    """Brings what a test gives it, on the test's thread."""

    def _run(self) -> Life:
        yield from ()

    def bring(self, seconds: list[int], **values: list[float]) -> None:
        """Bring one batch."""
        self._emit(batch_of(seconds, values))


def flush(recording: Recording) -> None:
    """Have a recording write what waits now, and wait until it has, or has failed."""
    recording._backlog.wake.set()

    def is_done() -> bool:
        counters = recording.counters()
        is_written = counters.received == counters.written + counters.dropped
        return is_written or recording.state is RecordingState.FAILED

    wait_until(is_done, 10, lambda: f"{recording} to write, {recording.counters()}")


def batch_of(seconds: list[int], values: dict[str, list[float]]) -> Batch:
    """Return a batch of plain numbers."""
    times = START + np.array(seconds, np.int64) * 10**9
    return Batch(times, {name: np.array(column, np.float64) for name, column in values.items()})


def plain(batch: Batch) -> tuple[list[int], dict[str, list[str]]]:
    """Return a batch so that it can be compared, NaN too."""
    values = {name: list(map(repr, column.tolist())) for name, column in batch.values.items()}
    return batch.times.tolist(), values


def expected(brought: Brought) -> list[Any]:
    """Return what a file should hold."""
    return [plain(batch_of(seconds, values)) for seconds, values in brought]


def held(path: Path) -> list[Any]:
    """Return the batches of a Parquet file, or of a folder of parts, in their order."""
    recording = Parts(path) if path.is_dir() else ParquetRecording(path)
    found = [pair for stream in recording.streams() for pair in batches(stream)]
    if isinstance(recording, ParquetRecording):
        recording.close()
    return [plain(batch) for _, batch in sorted(found, key=lambda pair: pair[0])]


VALUES = st.sampled_from([0.0, 1.5, -2.25, float("nan"), 1e300, 0.1])


@st.composite
def brought(draw: st.DrawFn) -> Brought:
    """Draw batches of channel sets that repeat, come once, or are one channel alone."""
    sets = st.sampled_from(["a", "b", "c", "ab", "ab"[::-1], "abc", "cd"])
    found = []
    for names in draw(st.lists(sets, min_size=1, max_size=12)):
        n = draw(st.integers(1, 4))
        column = st.lists(VALUES, min_size=n, max_size=n)
        seconds = draw(st.lists(st.integers(-5, 50), min_size=n, max_size=n))
        found.append((seconds, {name: draw(column) for name in names}))
    return found
