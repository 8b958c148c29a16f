"""Measure statistics and detectors beside pandas, polars, river and streamz, in one run.

`python -m benchmarks.peers` prints nanoseconds per reading. Windows are of 10,000 readings. pandas and
polars give a value for every reading; nbstream, like a live chart, one per batch (of 65,536, and of 100) and
the statistics of every reading's window only to rules and detectors that ask. river and streamz take
readings one by one. Each figure is the best of some rounds; nothing is judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

import nbstream as ns
from benchmarks.core import BATCH, SECOND_NS, best, timed
from nbstream.detectors import create

WINDOW = 10_000
N = 16 * BATCH
N_SLOW = 20_000
FOUR = ("mean", "std", "min", "max")
VALUES = np.random.default_rng(1).normal(size=N)
TIMES = (1_782_907_200 * SECOND_NS + np.arange(N) * 1_000_000).view("M8[ns]")


def nbstream_update(size: int, *statistics: str) -> float:
    """Return ns per reading of an analyzer that has the statistics after each batch."""
    n = N if size == BATCH else N_SLOW

    def run() -> float:
        buffer = ns.Buffer(capacity=N)
        with ns.Analyzer(buffer, window=WINDOW) as analyzer:
            spent = 0.0
            for start in range(0, n, size):
                batch = slice(start, start + size)
                buffer.extend(TIMES[batch], x=VALUES[batch])
                started = time.perf_counter()
                analyzer.update()
                for statistic in statistics:
                    analyzer.statistic(statistic)
                spent += time.perf_counter() - started
            return spent

    return best(run, 3) / n * 1e9


def whole(function: Callable[[], object]) -> float:
    """Return ns per reading of a call that takes all readings at once."""
    return best(lambda: timed(function), 3) / N * 1e9


def one_by_one(function: Callable[[float], object], n: int = N_SLOW) -> float:
    """Return ns per reading of a function that takes one."""
    readings = VALUES[:n].tolist()

    def run() -> None:
        for reading in readings:
            function(reading)

    return timed(run) / n * 1e9


def rolls(column: Any, method: str) -> Callable[[], object]:
    """Return a call of a rolling statistic of polars."""
    return lambda: getattr(column, method)(WINDOW)


def detector(name: str, **parameters: object) -> float:
    """Return ns per reading of a detector, in batches."""

    def run() -> float:
        judge = create(name, **parameters)
        ns_times = TIMES.view(np.int64)
        return timed(
            lambda: [
                judge.update(ns_times[i : i + BATCH], VALUES[i : i + BATCH])
                for i in range(0, N, BATCH)
            ]
        )

    return best(run, 3) / N * 1e9


def rows() -> list[tuple[str, str, float]]:
    """Return what was measured: task, who, ns per reading."""
    import polars as pl
    import streamz
    from river import anomaly, drift, stats, utils

    series, column = pd.Series(VALUES), pl.Series(VALUES)
    rolling = series.rolling(WINDOW)
    task = "mean, std, min, max"
    found = [
        (task, "nbstream, batches of 65,536", nbstream_update(BATCH)),
        (task, "nbstream, batches of 100", nbstream_update(100)),
        (task, "pandas rolling", sum(whole(getattr(rolling, f)) for f in FOUR)),
        (task, "polars rolling", sum(whole(rolls(column, f"rolling_{f}")) for f in FOUR)),
    ]
    parts = (utils.Rolling(stats.Var, WINDOW), stats.RollingMin(WINDOW), stats.RollingMax(WINDOW))
    found.append((task, "river", one_by_one(lambda x: [part.update(x) for part in parts])))
    source = streamz.Stream()
    source.sliding_window(1000).map(np.mean).sink(lambda _: None)
    found.append(("mean of 1,000", "streamz", one_by_one(source.emit, 3000)))
    task = "median"
    found += [
        (task, "nbstream, batches of 65,536", nbstream_update(BATCH, "median")),
        (task, "pandas rolling", whole(rolling.median)),
        (task, "polars rolling", whole(rolls(column, "rolling_median"))),
        (task, "river", one_by_one(stats.RollingQuantile(0.5, WINDOW).update)),
    ]
    scorer, page_hinkley, adwin = anomaly.GaussianScorer(), drift.PageHinkley(), drift.ADWIN()

    def score(x: float) -> None:
        scorer.score_one(None, x)
        scorer.learn_one(None, x)

    found += [
        ("z-score of each", "nbstream zscore", detector("zscore", window=WINDOW)),
        ("z-score of each", "river GaussianScorer", one_by_one(score)),
        ("shifts", "nbstream cusum", detector("cusum", h=12.0)),
        ("shifts", "nbstream page_hinkley", detector("page_hinkley")),
        ("shifts", "river PageHinkley", one_by_one(page_hinkley.update)),
        ("shifts", "river ADWIN", one_by_one(adwin.update)),
    ]
    return found


def main() -> None:
    """Print the table."""
    names = ("nbstream", "numpy", "pandas", "polars", "river", "streamz")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"{'':22}{'':30}ns/reading")
    for task, who, cost in rows():
        print(f"{task:22}{who:30}{cost:>10,.1f}")


if __name__ == "__main__":
    main()
