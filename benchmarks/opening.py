"""Measure `ns.open`: how soon a large file is there, what it takes of memory, and how long a pan takes.

`python -m benchmarks.opening [million readings]` writes files of 100 million readings into a temporary
folder, one after the other (at most 2 GB), and opens each in a process of its own. Nothing is judged.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

START = 1_782_907_200 * 10**9
STEP_NS = 1_000_000
AT_ONCE = 2**20
VIEWS = (1_000, 100_000, 1_000_000)
"""Rows of a view."""
PANS = 40


def write(path: Path, n_rows: int, n_channels: int) -> None:
    """Write rows at 1 kHz, noise of full precision, in row groups as pandas writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    names = [f"c{i}" for i in range(n_channels)]
    schema = pa.schema(
        [("time", pa.timestamp("ns", "UTC")), *((name, pa.float64()) for name in names)]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for begin in range(0, n_rows, AT_ONCE):
            n = min(AT_ONCE, n_rows - begin)
            times = pa.array(START + np.arange(begin, begin + n) * STEP_NS).cast(schema[0].type)
            columns = [pa.array(rng.normal(size=n)) for _ in names]
            writer.write_table(pa.Table.from_arrays([times, *columns], schema=schema), AT_ONCE)


def resident() -> float:
    """Return the memory that this process holds, MB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def measured(path: Path, warm: Path) -> dict[str, float]:
    """Open a file as a page would, and move through it; `warm` is a small one, for what is loaded late."""
    import nbstream as ns

    chart = ns.open(warm, cache=False)
    chart._feed.frame()
    chart.close()
    before, most, ended = resident(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.02):
            most = max(most, resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    chart = ns.open(path, cache=False)
    chart._feed.frame()
    found = {"open": time.perf_counter() - started}
    buffer = chart.analyzer.buffer
    while not buffer.archive.is_sharp:  # type: ignore[attr-defined]
        time.sleep(0.01)
    found["sharp"] = time.perf_counter() - started
    rng = np.random.default_rng(2)
    for n in VIEWS:
        took = []
        begin = 0
        for number in range(PANS):
            if number % 10 == 0:  # elsewhere; then on by a quarter of the view
                begin = int(rng.integers(0, max(1, len(buffer) - 4 * n)))
            else:
                begin += n // 4
            from_ns, width_ns = START + begin * STEP_NS, n * STEP_NS
            started = time.perf_counter()
            # A page asks for a width on either side.
            chart._feed.history(from_ns - width_ns, from_ns + 2 * width_ns, 1000, width_ns)
            took.append((time.perf_counter() - started) * 1e3)
        found[f"median {n}"], found[f"max {n}"] = float(np.median(took)), max(took)
    ended.set()
    watcher.join()
    found["grown"] = most - before
    chart.close()
    return found


def rows(n_readings: int = 100_000_000) -> list[str]:
    """Return the lines of a table."""
    folder = Path(tempfile.mkdtemp(prefix="nbstream-opening-"))
    lines = []
    try:
        warm = folder / "warm.parquet"
        write(warm, 10_000, 2)
        for n_channels in (1, 8):
            path = folder / "x.parquet"
            write(path, n_readings // n_channels, n_channels)
            command = [sys.executable, "-m", "benchmarks.opening", "--measure", path, warm]
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            path.unlink()
            million = n_readings / n_channels / 1e6
            lines.append(
                f"  {n_channels} × {million:g} M readings: open {found['open']:.3f} s, "
                f"sharp after {found['sharp']:.1f} s, +{found['grown']:.0f} MB at most"
            )
            lines += [
                f"    pan or jump, {n:,} rows in view: median {found[f'median {n}']:.0f} ms, "
                f"max {found[f'max {n}']:.0f} ms"
                for n in VIEWS
            ]
    finally:
        shutil.rmtree(folder)
    return lines


def main() -> None:
    """Print the table."""
    if "--measure" in sys.argv:
        print(json.dumps(measured(*map(Path, sys.argv[-2:]))))
        return
    million = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
    print(f"files that are opened, on {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("\n".join(rows(int(million * 1e6))))


if __name__ == "__main__":
    main()
