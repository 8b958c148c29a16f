"""What draws a stretch of a file without its rows: the points of its blocks of 1,024 rows, or fewer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.readings.gaps import GAP_FACTOR, NO_GAPS, IndexArray, find_gaps
from nbstream.summaries.bins import bin_points, block_points, step_bits

__all__ = ["NOTHING", "Readings", "Sketch", "cut", "joined", "sketch_of"]

STATE_BINS = 4096
"""Into so many bins the states of a stretch are put, at most."""

Readings = tuple[TimeArray, FloatArray]
NOTHING: Readings = (np.empty(0, np.int64), np.empty(0))


class Sketch(NamedTuple):
    """Points that stand for the readings of one channel in one stretch."""

    times: TimeArray
    """int64 ns, ascending."""
    values: FloatArray
    """NaN where a reading is missing, and before those that no line is drawn to, at the same time."""
    counts: IndexArray
    """For how many readings a block stands, at its first point."""
    step_ns: int
    """How far apart readings usually are; 0 is not known."""
    block_ns: int
    """How long a block is, about."""


def sketch_of(times: TimeArray, values: FloatArray, n_rows: int, *, are_states: bool) -> Sketch:
    """Return the sketch of readings in order of time, in blocks of so many."""
    n = len(times)
    span_ns = int(times[-1] - times[0]) if n else 0
    step_ns = span_ns // (n - 1) if n > 1 else 0
    gaps = find_gaps(times)
    if len(gaps):  # a mean of all would be that of the pauses
        steps = times[1:] - times[:-1]
        step_ns = int(np.median(steps[:: max(1, n // 10_000)]))
    if are_states:
        bits = step_bits(max(1, span_ns), STATE_BINS)
        points = bin_points(times, values, bits, NO_GAPS, are_states=True)
        counts = np.zeros(len(points[0]), np.int64)
        return Sketch(*points, counts, step_ns, 1 << bits)
    found = block_points(times, values, n_rows, gaps)
    return Sketch(*found, step_ns, min(span_ns, n_rows * step_ns))


def cut(sketch: Sketch, from_ns: int, to_ns: int) -> Sketch:
    """Return the points of a span, with those just outside of it."""
    low = max(0, int(sketch.times.searchsorted(from_ns)) - 2)
    high = int(sketch.times.searchsorted(to_ns, "right")) + 2
    if low == 0 and high >= len(sketch.times):
        return sketch
    return Sketch(
        sketch.times[low:high], sketch.values[low:high], sketch.counts[low:high], *sketch[3:]
    )


def joined(parts: list[Sketch]) -> tuple[TimeArray, FloatArray, IndexArray]:
    """Return sketches as one line, which breaks where a pause lies between two of them."""
    times, values, counts = [], [], []
    before: Sketch | None = None
    last_ns = 0
    for part in parts:
        if not len(part.times):
            continue
        if before is not None:
            pause_ns = int(part.times[0]) - last_ns
            usual_ns = max(before.step_ns, part.step_ns)
            if usual_ns and pause_ns > GAP_FACTOR * usual_ns:
                times.append(part.times[:1])
                values.append(np.array([np.nan]))
                counts.append(np.zeros(1, np.int64))
        times.append(part.times)
        values.append(part.values)
        counts.append(part.counts)
        last_ns = max(last_ns, int(part.times[-1])) if before is not None else int(part.times[-1])
        before = part
    if not times:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    return np.concatenate(times), np.concatenate(values), np.concatenate(counts)
