"""Measure recordings: how fast they are written and replayed, what they cost beside a source, and their size.

`python -m benchmarks.recording` prints a table. Each figure is the best of several rounds; nothing is judged.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.recording.converting import convert
from nbstream.recording.csv_file import write_csv
from nbstream.recording.encodings import ArrowEncoding
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.recording.parts import Arrived, PartsWriter
from nbstream.recording.pieces import rounds

CHANNELS = 8
ROWS = 250_000
BATCHES = 8
START = 1_782_907_200 * 10**9


def batches(n: int = BATCHES) -> list[Arrived]:
    """Return batches of 8 channels at about 1 kHz: half a rounded walk, half noise of full precision."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(n):
        steps = np.arange(ROWS) + number * ROWS
        times = START + steps * 1_000_000 + rng.integers(0, 50_000, ROWS)
        values = {}
        for channel in range(CHANNELS):
            noise = rng.normal(size=ROWS)
            values[f"c{channel}"] = noise if channel % 2 else np.round(noise.cumsum(), 4)
        found.append((START + number, times, tuple(values), tuple(values.values())))
    return found


def writing(data: list[Arrived], folder: Path, *, syncs: bool) -> float:
    """Return million readings per second that parts take, with a flush or a sync after each batch."""
    best = 0.0
    for number in range(3):
        parts = PartsWriter(folder / f"parts {syncs} {number}", ArrowEncoding())
        started = time.perf_counter()
        for batch in data:
            parts.write([batch])
            if syncs:
                parts.sync()
        best = max(best, len(data) * ROWS * CHANNELS / (time.perf_counter() - started) / 1e6)
        parts.event("begin", format=1)
        parts.flush()
        parts.close()
    return best


def many_channels(folder: Path, seconds: float) -> tuple[float, float]:
    """Return % of a core that recording 200 channels at 10 Hz costs, beside the source without it.

    Both are measured in turns, and the median of the differences counts: they are small beside the source.
    """
    values = {f"c{number}": np.array([float(number)]) for number in range(200)}

    class Many(ns.Source):
        def _run(self) -> None:
            for _ in self._ticks(0.1):
                for name, value in values.items():
                    self._emit(Batch(np.array([self._clock.wall_ns()]), {name: value}))

    def cost() -> float:
        begun, cpu = time.perf_counter(), time.process_time()
        time.sleep(seconds)
        return 100 * (time.process_time() - cpu) / (time.perf_counter() - begun)

    found = []
    with Many() as source:
        time.sleep(1)
        for turn in range(3):
            alone = cost()
            with source.record(folder / f"many-{turn}.parquet"):
                time.sleep(1.5)
                found.append((cost() - alone, alone))
    return sorted(found)[1]


def replaying(path: Path) -> float:
    """Return million readings per second of a replay as fast as possible, into a buffer."""
    best = 0.0
    for _ in range(3):
        source = ns.replay(path, speed=None, buffer=ns.Buffer(capacity=100_000))
        started = time.perf_counter()
        source.start()
        while source.is_running:
            time.sleep(0.002)
        n = source.counters().received * CHANNELS
        best = max(best, n / (time.perf_counter() - started) / 1e6)
        buffer = source.buffer
        source.close()
        buffer.close()
    return best


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    folder = Path(tempfile.mkdtemp(prefix="nbstream-recording-"))
    try:
        data = batches()
        n = len(data) * ROWS * CHANNELS
        flushed = writing(data, folder, syncs=False)
        synced = writing(data, folder, syncs=True)
        started = time.perf_counter()
        convert(folder / "parts False 0", folder / "run.parquet")
        converted = n / (time.perf_counter() - started) / 1e6
        replayed = replaying(folder / "run.parquet")
        file = ParquetRecording(folder / "run.parquet")
        first = next(file.streams()[0])
        n_rows = write_csv(folder / "run.csv", rounds([iter([first])]), file.description).n_rows
        file.close()
        size = (folder / "run.parquet").stat().st_size / n
        csv_size = (folder / "run.csv").stat().st_size / (n_rows * CHANNELS)
        cost, alone = many_channels(folder, seconds)
    finally:
        shutil.rmtree(folder)
    print(f"recordings on {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(f"  8 channels, batches of {ROWS:,} rows, flushed  {flushed:8.1f} M readings/s written")
    print(f"  the same, synced after each batch        {synced:8.1f} M readings/s written")
    print(f"  parts to one file, read back             {converted:8.1f} M readings/s")
    print(f"  replay as fast as possible, to a buffer  {replayed:8.1f} M readings/s")
    print(f"  Parquet, CSV                        {size:6.1f}, {csv_size:4.1f} bytes a reading")
    print(
        f"  200 channels × 10 Hz, each alone         {cost:8.2f} % of a core (source {alone:.1f} %)"
    )


if __name__ == "__main__":
    main()
