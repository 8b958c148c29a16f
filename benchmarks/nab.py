"""Score the detectors on labelled series in the manner of the Numenta Anomaly Benchmark.

`python -m benchmarks.nab PATH` prints a table. PATH is a directory with the series, their windows and the
scorer (`nabscore.py`), none of which belong to this project. Each detector has one setting for all files;
only the threshold is chosen afterwards, one for the whole corpus and profile, as the benchmark's rules say.

The column "records" is the standard profile of scores that count only where they exceed all of the 64
readings before: what a detector is worth whose alarm is not repeated while the anomaly lasts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from nbstream import detectors
from nbstream.detectors import Detector
from nbstream.detectors.change_point import ChangePointDetector
from nbstream.detectors.default import default
from nbstream.detectors.seasonal import SeasonalDetector
from nbstream.detectors.spot import DspotDetector, SpotDetector
from nbstream.readings.batch import FloatArray, TimeArray

PROFILES = {
    "standard": "standard",
    "low FP": "reward_low_FP_rate",
    "low FN": "reward_low_FN_rate",
}

Score = Callable[[TimeArray, FloatArray], FloatArray]
"""Turns a series into a strangeness in [0, 1] per reading, each from the readings up to it."""


def windowed_gaussian(_times: TimeArray, values: FloatArray) -> FloatArray:
    """Return the benchmark's own baseline: 1 − Q(|value − mean| / std) with a window of 6,400 readings.

    The window grows with each reading to its size, then slides by 100 readings at a time. Std has ddof = 0
    and is a millionth where it is 0.
    """
    size, step = 6_400, 100
    scores = np.zeros(len(values))
    for i in range(1, len(values)):
        if i <= size:
            window = values[:i]
        elif (i - size) % step == 0:
            window = values[i - size : i]
        if i <= size or (i - size) % step == 0:
            mean, std = float(window.mean()), float(window.std()) or 1e-6
        scores[i] = 1 - 0.5 * math.erfc(abs(values[i] - mean) / std / math.sqrt(2))
    return scores


def by(make: Callable[[], Detector]) -> Score:
    """Return how to score by a detector of nbstream."""

    def score(times: TimeArray, values: FloatArray) -> FloatArray:
        return as_unit(make().update(times, values).score)

    return score


def told(times: TimeArray, values: FloatArray) -> FloatArray:
    """Return 1 where `default()` tells an anomaly with the limit that it ships with, 0 elsewhere."""
    return default().update(times, values).is_anomaly.astype(np.float64)


def as_unit(scores: FloatArray) -> FloatArray:
    """Return scores in [0, 1], in the same order: (1 + s / (1 + |s|)) / 2; 0 where there is none."""
    s = np.clip(np.nan_to_num(scores, nan=-np.inf), -1e300, 1e300)
    return (1 + s / (1 + np.abs(s))) / 2


def records(scores: FloatArray, n: int = 64) -> FloatArray:
    """Return the scores that exceed each of the `n` before them, and 0 for the others."""
    before = np.lib.stride_tricks.sliding_window_view(np.concatenate((np.full(n, -1.0), scores)), n)
    return np.where(scores > before[: len(scores)].max(axis=1), scores, 0.0)


def contenders() -> Iterator[tuple[str, Score]]:
    """Yield the name of each contender and how it scores."""
    yield "windowed Gaussian", windowed_gaussian
    yield "default()", by(default)
    yield "default() at its limit", told
    if hasattr(detectors, "create") and hasattr(detectors, "names"):
        for name in detectors.names():
            try:
                detector = detectors.create(name)
            except (TypeError, ValueError):  # it needs to be told something
                continue
            if isinstance(detector, detectors.JointDetector):
                continue
            if name != "default":
                yield name, by(lambda name=name: detectors.create(name))
    else:
        for kind in (SeasonalDetector, ChangePointDetector, SpotDetector, DspotDetector):
            yield kind.name, by(kind)


def load_scorer(root: Path) -> ModuleType:
    """Import the scorer that lies beside the data."""
    spec = importlib.util.spec_from_file_location("nabscore", root / "nabscore.py")
    if spec is None or spec.loader is None or not (root / "nabscore.py").exists():
        sys.exit(f"There is no nabscore.py in {root}. Say where: make bench-nab NAB=path/to/nab")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(root: Path) -> dict[str, tuple[list[str], TimeArray, FloatArray]]:
    """Return per file the times as the windows write them, the times in ns, and the values."""
    series = {}
    for name in json.loads((root / "combined_windows.json").read_text()):
        path = root / name
        if path.exists():
            table = pd.read_csv(path, parse_dates=["timestamp"])
            texts = table["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S.%f").tolist()
            times = table["timestamp"].to_numpy("datetime64[ns]").view(np.int64)
            series[name] = texts, times, table["value"].to_numpy(np.float64)
    return series


def main() -> None:
    """Print how each detector scores on each profile, and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nab", description=__doc__)
    parser.add_argument("path", nargs="?", default=os.environ.get("NAB") or "../shared/data/nab")
    parser.add_argument("--only", default="", help="names to run, separated by commas")
    options = parser.parse_args()
    root = Path(options.path)
    scorer = load_scorer(root)
    series = load(root)
    n_readings = sum(len(values) for _, _, values in series.values())
    n_windows = sum(len(scorer.W[name]) for name in series)
    print(f"{len(series)} files, {n_readings:,} readings, {n_windows} anomalies")
    print(
        f"{'':24}"
        + "".join(f"{title:>10}" for title in (*PROFILES, "records"))
        + f"{'µs/reading':>12}"
    )
    only = [name for name in options.only.split(",") if name]
    for name, score in contenders():
        if only and name not in only:
            continue
        started = time.perf_counter()
        results = {
            file: (texts, score(times, values)) for file, (texts, times, values) in series.items()
        }
        cost = (time.perf_counter() - started) / n_readings * 1e6
        points = [scorer.score(results, profile)[-1] for profile in PROFILES.values()]
        once = {file: (texts, records(found)) for file, (texts, found) in results.items()}
        points.append(scorer.score(once, "standard")[-1])
        print(f"{name:24}" + "".join(f"{p:10.1f}" for p in points) + f"{cost:12.2f}", flush=True)


if __name__ == "__main__":
    main()
