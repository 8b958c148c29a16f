"""Measure the parts that never see a page: buffer, analyzer, CSV source, import.

`python -m benchmarks.core` prints a table. Each figure is the best of several rounds, because noise of the
machine only ever adds; nothing is judged.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import nbstream as ns

BATCH = 65_536
SECOND_NS = 1_000_000_000


def best(run: Callable[[], float], rounds: int = 5) -> float:
    """Return the smallest of several measurements, in seconds."""
    return min(run() for _ in range(rounds))


def timed(function: Callable[[], object]) -> float:
    """Return how long a call takes, in seconds."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def batches(n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return batches of readings, 1 kHz."""
    values = np.random.default_rng(1).normal(size=BATCH)
    steps = np.arange(BATCH) * 1_000_000
    start = 1_782_907_200 * SECOND_NS
    return [((start + i * BATCH * 1_000_000 + steps).view("M8[ns]"), values) for i in range(n)]


def extend() -> float:
    """Return million readings per second of Buffer.extend, with a million held."""
    data = batches(60)

    def run() -> float:
        buffer = ns.Buffer()
        for times, values in data[:20]:
            buffer.extend(times, x=values)
        return timed(lambda: [buffer.extend(times, x=values) for times, values in data[20:]])

    return 40 * BATCH / best(run) / 1e6


def append() -> float:
    """Return microseconds per Buffer.append, with an analyzer's wake-up attached."""
    n = 200_000

    def run() -> float:
        buffer = ns.Buffer()
        buffer.subscribe(threading.Event())

        def fill() -> None:
            for _ in range(n):
                buffer.append(None, value=1.5)

        return timed(fill)

    return best(run) / n * 1e6


def update() -> float:
    """Return million readings per second that Analyzer.update takes in."""
    data = batches(40)

    def run() -> float:
        buffer = ns.Buffer(capacity=40 * BATCH)
        with ns.Analyzer(buffer, window="all") as analyzer:
            analyzer.update()
            with analyzer._lock:  # keep the analyzer's own thread out of the measurement
                for times, values in data:
                    buffer.extend(times, x=values)
                return timed(analyzer.update)

    return 40 * BATCH / best(run) / 1e6


def window_statistics() -> float:
    """Return milliseconds for the statistics of a window over 10 million readings."""
    n = 153
    buffer = ns.Buffer(capacity=n * BATCH)
    with ns.Analyzer(buffer, window="all") as analyzer:
        for times, values in batches(n):
            buffer.extend(times, x=values)
        analyzer.update()
        return best(lambda: timed(analyzer.update), 50) * 1e3


def csv_catch_up() -> float:
    """Return million rows per second with which CsvSource reads a file that is already there."""
    n = 3_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readings.csv"
        times = np.datetime64("2026-01-01T00:00:00") + np.arange(n)
        text = np.char.replace(np.datetime_as_string(times, unit="s"), "T", " ")
        values = np.random.default_rng(1).integers(1, 101, n)
        with path.open("w") as file:
            file.write("timestamp,value\n")
            file.write(
                "".join(f"{t},{v}\n" for t, v in zip(text.tolist(), values.tolist(), strict=True))
            )

        def run() -> float:
            buffer = ns.Buffer(capacity=n)
            with ns.CsvSource(path, buffer=buffer) as source:
                started = time.perf_counter()
                while source.counters().accepted < n:
                    if source.state in {ns.SourceState.FAILED, ns.SourceState.STOPPED}:
                        raise RuntimeError(source.status)
                    time.sleep(0.002)
                return time.perf_counter() - started

        return n / best(run, 3) / 1e6


def import_seconds() -> float:
    """Return seconds that `import nbstream` takes in a new interpreter, files cached."""
    code = "import time; t = time.perf_counter(); import nbstream; print(time.perf_counter() - t)"

    def run() -> float:
        return float(subprocess.check_output([sys.executable, "-c", code], text=True))

    return best(run)


ROWS: list[tuple[str, str, str, Callable[[], float]]] = [
    ("Buffer.extend, batches of 65,536", "M readings/s", ">= 100", extend),
    ("Buffer.append", "µs", "<= 2", append),
    ("Analyzer.update", "M readings/s", ">= 50", update),
    ("window statistics, 10 M readings", "ms", "<= 1", window_statistics),
    ("CSV catch-up, 3 M rows", "M rows/s", ">= 3", csv_catch_up),
    ("import nbstream", "s", "<= 0.5", import_seconds),
]


def main() -> None:
    """Print the table."""
    print(f"{'':36}{'measured':>12}  {'unit':14}{'goal':>8}")
    for name, unit, goal, measure in ROWS:
        print(f"{name:36}{measure():12.3g}  {unit:14}{goal:>8}", flush=True)


if __name__ == "__main__":
    main()
