"""Score the detectors of several channels on the labelled runs of a water loop, in the manner of SKAB.

`python -m benchmarks.skab PATH` prints a table. PATH is a directory of CSV files with columns `datetime`,
sensors, `anomaly` and `changepoint`; none of it belongs to this project. Each file is judged online from its
start: the first 400 rows are learnt from, the others scored. One setting for all files, none of it fitted to
a file. F1, false and missing alarms are over rows. Change points are where an alarm begins or ends, scored by
the rules of the Numenta Anomaly Benchmark (standard profile) with a window of 60 s after each.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbstream.detectors import JointDetector, create
from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

N_LEARNT = 400
WINDOW_NS = 60 * 10**9
FALSE_POSITIVE = -0.11
MISSED = -1.0
LABELS = ("datetime", "anomaly", "changepoint")


class Run(NamedTuple):
    """One file."""

    times: TimeArray
    columns: dict[str, FloatArray]
    is_anomaly: BoolArray
    is_change: BoolArray


def load(root: Path) -> dict[str, Run]:
    """Return the runs of all files below a directory, by their paths."""
    runs = {}
    for path in sorted(root.rglob("*.csv")):
        table = pd.read_csv(path, sep=";", parse_dates=["datetime"])
        if not set(LABELS) <= set(table.columns):
            continue
        runs[str(path.relative_to(root))] = Run(
            table["datetime"].to_numpy("datetime64[ns]").view(np.int64),
            {
                name: table[name].to_numpy(np.float64)
                for name in table.columns
                if name not in LABELS
            },
            table["anomaly"].to_numpy() > 0,
            table["changepoint"].to_numpy() > 0,
        )
    return runs


def rows_score(pairs: list[tuple[BoolArray, BoolArray]]) -> tuple[float, float, float]:
    """Return F1, and the false and the missing alarm rate in percent, of (truth, alarm) of each file."""
    truth = np.concatenate([truth[N_LEARNT:] for truth, _ in pairs])
    alarm = np.concatenate([alarm[N_LEARNT:] for _, alarm in pairs])
    hits, false, missed = (truth & alarm).sum(), (~truth & alarm).sum(), (truth & ~alarm).sum()
    f1 = 2 * hits / max(2 * hits + false + missed, 1)
    return float(f1), float(100 * false / (~truth).sum()), float(100 * missed / truth.sum())


def changes_score(runs: list[tuple[Run, BoolArray]]) -> float:
    """Return the score of change points: 0 is that of silence, 100 that of each found at once."""
    total, n = 0.0, 0
    for run, alarm in runs:
        found = np.flatnonzero(np.diff(alarm.astype(np.int8))) + 1
        times = run.times[found[found >= N_LEARNT]]
        is_false = np.ones(len(times), np.bool_)
        for begin in run.times[run.is_change]:
            n += 1
            inside = (times >= begin) & (times <= begin + WINDOW_NS)
            is_false &= ~inside
            total += _worth((int(times[inside][0]) - begin) / WINDOW_NS) if inside.any() else MISSED
        total += FALSE_POSITIVE * int(is_false.sum())
    return 100 * (total - MISSED * n) / (n - MISSED * n)


def _worth(share: float) -> float:
    """Return what a detection is worth that comes after this share of its window; 1 at its beginning."""

    def sigmoid(y: float) -> float:
        return 2 / (1 + math.exp(5 * y)) - 1

    return sigmoid(share - 1) / sigmoid(-1.0)


def judge(detector: JointDetector, run: Run) -> BoolArray:
    """Return the alarms of a detector that sees the rows one after the other."""
    return detector.update(run.times, run.columns).is_anomaly


def main() -> None:
    """Print how each detector does, and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skab", description=__doc__)
    parser.add_argument("path", nargs="?", default=os.environ.get("SKAB") or "../shared/data/skab")
    parser.add_argument("--files", action="store_true", help="a row for each file too")
    options = parser.parse_args()
    runs = load(Path(options.path))
    if not runs:
        sys.exit(
            f"No labelled runs in {options.path}. Say where: make bench-skab SKAB=path/to/skab"
        )
    n_rows = sum(len(run.times) for run in runs.values())
    print(
        f"{len(runs)} files, {n_rows:,} rows, {sum(r.is_change.sum() for r in runs.values())} changes"
    )
    titles = ("F1", "false %", "missing %", "changes", "µs/row")
    print(f"{'':20}" + "".join(f"{title:>11}" for title in titles))
    for name in ("multivariate", "correlation"):
        try:
            create(name)
        except ValueError:
            continue
        started = time.perf_counter()
        alarms = {}
        for file, run in runs.items():
            detector = create(name)
            assert isinstance(detector, JointDetector)
            alarms[file] = judge(detector, run)
        cost = (time.perf_counter() - started) / n_rows * 1e6
        groups = {file: [file] for file in runs} if options.files else {}
        for title, files in (groups | {name: list(runs)}).items():
            scores = rows_score([(runs[file].is_anomaly, alarms[file]) for file in files])
            changes = changes_score([(runs[file], alarms[file]) for file in files])
            f1, false, missing = scores
            print(f"{title:20}{f1:11.3f}{false:11.1f}{missing:11.1f}{changes:11.1f}{cost:11.1f}")


if __name__ == "__main__":
    main()
