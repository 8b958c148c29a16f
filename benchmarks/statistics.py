"""Measure the statistics: what a new reading costs, and a window, however long.

`python -m benchmarks.statistics` prints a table. Each figure is the best of several rounds, because noise
of the machine only ever adds; nothing is judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import nbstream as ns
from benchmarks.core import BATCH, batches, best, timed
from nbstream.summaries.histogram import SlidingHistogram
from nbstream.summaries.moments import MomentPyramid
from nbstream.summaries.pyramid import BLOCK
from nbstream.summaries.summary import BlockPyramid

N_BATCHES = 40


def summary_upkeep() -> float:
    """Return ns per reading of count, mean, std, min and max: the pyramid alone."""
    values = np.random.default_rng(1).normal(size=BATCH)

    def run() -> float:
        pyramid = BlockPyramid()
        return timed(lambda: [pyramid.extend(values) for _ in range(N_BATCHES)])

    return best(run) / N_BATCHES / BATCH * 1e9


def update() -> float:
    """Return ns per reading of Analyzer.update, copying from the buffer included."""
    data = batches(N_BATCHES)

    def run() -> float:
        buffer = ns.Buffer(capacity=N_BATCHES * BATCH)
        with ns.Analyzer(buffer, window="all") as analyzer:
            analyzer.update()
            with analyzer._lock:  # keep the analyzer's own thread out of the measurement
                for times, values in data:
                    buffer.extend(times, x=values)
                return timed(analyzer.update)

    return best(run) / N_BATCHES / BATCH * 1e9


def quantile_upkeep(window: int) -> Callable[[], float]:
    """Return a function that returns ns per reading to slide a histogram over `window` readings."""

    def run() -> float:
        values = np.random.default_rng(1).normal(size=BATCH)

        def read(start: int, stop: int) -> np.ndarray:
            return values[: stop - start]

        histogram = SlidingHistogram()
        for stop in range(BATCH, window + BATCH, BATCH):
            histogram.slide(max(0, stop - window), stop, read)
        at = histogram.stop

        def slide() -> None:
            for step in range(1, N_BATCHES + 1):
                stop = at + step * BATCH
                histogram.slide(stop - window, stop, read)

        return timed(slide)

    return lambda: best(run, 3) / N_BATCHES / BATCH * 1e9


def moments_upkeep() -> float:
    """Return ns per reading of skewness, kurtosis and slope."""
    values = np.random.default_rng(1).normal(size=BATCH)
    times = np.arange(BATCH) * 1_000_000

    def run() -> float:
        pyramid = MomentPyramid()
        return timed(
            lambda: [pyramid.extend_columns((times, values)) for _ in range(N_BATCHES // 4)]
        )

    return best(run) / (N_BATCHES // 4) / BATCH * 1e9


def window_query(n: int) -> Callable[[], float]:
    """Return a function that returns ms for count, mean, std, min, max of a window of `n` readings.

    The readings themselves are not held: a block is repeated, and the ends are read from it.
    """

    def run() -> float:
        values = np.random.default_rng(1).normal(size=1024 * BLOCK)
        pyramid = BlockPyramid()
        while pyramid.end < n:
            pyramid.extend(values)

        def read(start: int, stop: int) -> np.ndarray:
            return values[: stop - start]

        first = pyramid.end - n + 511
        return best(lambda: timed(lambda: pyramid.query(first, pyramid.end - 3, read)), 200) * 1e3

    return run


def moments_query() -> float:
    """Return ms for skewness, kurtosis and slope of a window of 100 million readings."""
    nodes = np.random.default_rng(1).random((9, 1024))
    nodes[0] = BLOCK
    pyramid = MomentPyramid()
    while pyramid.end < 100_000_000:
        pyramid._append(nodes)
        pyramid.end += 1024 * BLOCK
    times, values = np.arange(BLOCK) * 1_000_000, np.ones(BLOCK)

    def read(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        return times[: stop - start], values[: stop - start]

    return best(lambda: timed(lambda: pyramid.query(511, pyramid.end - 3, read)), 100) * 1e3


def quantile_query() -> float:
    """Return ms for a quantile of a window of a million readings, after the window has slid."""
    values = np.random.default_rng(1).normal(size=1_000_000)
    histogram = SlidingHistogram()
    histogram.slide(0, len(values), lambda start, stop: values[start:stop])

    def run() -> float:
        histogram._sums = None
        return timed(lambda: histogram.quantile(0.99, -10.0, 10.0))

    return best(run, 50) * 1e3


def late_batch(share: float) -> Callable[[], float]:
    """Return a function that returns ms to put 1,000 late readings into the newest `share` of a million."""

    def run() -> float:
        buffer = ns.Buffer(late="insert")
        n = 1_000_000
        buffer.extend(np.arange(n) / 1000.0, x=np.zeros(n))
        rng = np.random.default_rng(1)
        measured = []
        for _ in range(7):
            times = np.sort(n / 1000 * (1 - share * rng.random(1000)))
            values = np.ones(1000)
            started = time.perf_counter()
            buffer.extend(times, x=values)
            measured.append(time.perf_counter() - started)
        return min(measured) * 1e3

    return run


ROWS: list[tuple[str, str, str, Callable[[], float]]] = [
    ("count, mean, std, min, max: upkeep", "ns/reading", "<= 3", summary_upkeep),
    ("Analyzer.update", "ns/reading", "", update),
    ("quantiles of 200,000: upkeep", "ns/reading", "<= 4", quantile_upkeep(200_000)),
    ("quantiles of 5 M: upkeep", "ns/reading", "<= 4", quantile_upkeep(5_000_000)),
    ("skewness, kurtosis, slope: upkeep", "ns/reading", "", moments_upkeep),
    ("window of 10,000", "ms", "<= 0.1", window_query(10_000)),
    ("window of 1 M", "ms", "<= 0.1", window_query(1_000_000)),
    ("window of 100 M", "ms", "<= 0.1", window_query(100_000_000)),
    ("quantile of 1 M", "ms", "<= 0.1", quantile_query),
    ("skewness of 100 M", "ms", "", moments_query),
    ("1,000 late rows in the newest 1 %", "ms", "<= 1", late_batch(0.01)),
    ("1,000 late rows in the newest 10 %", "ms", "<= 1", late_batch(0.1)),
    ("1,000 late rows anywhere in 1 M", "ms", "", late_batch(1.0)),
]


def main() -> None:
    """Print the table."""
    # As in a process that has run for a while: glibc's malloc asks the system for each large array anew,
    # page by page, until one of that size was freed once.
    np.ones(4_000_000)
    print(f"{'':36}{'measured':>12}  {'unit':14}{'goal':>8}")
    for name, unit, goal, measure in ROWS:
        print(f"{name:36}{measure():12.3g}  {unit:14}{goal:>8}", flush=True)


if __name__ == "__main__":
    main()
