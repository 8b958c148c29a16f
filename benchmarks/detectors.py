"""Measure the detectors: nanoseconds per reading, in batches of 65,536 without anomalies.

`python -m benchmarks.detectors` prints a table. Each figure is the best of several rounds, because noise of
the machine only ever adds; nothing is judged. Batches of one reading stand beside it, in microseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product

import numpy as np

from nbstream.detectors import Detector, create
from nbstream.readings.batch import FloatArray, TimeArray

BATCH = 65_536
START = 1_782_907_200_000_000_000
Stream = Callable[[int], tuple[TimeArray, FloatArray]]


def readings(first: int) -> tuple[TimeArray, FloatArray]:
    """Return a batch at 1 kHz from reading `first` on: noise that stays within 2.5 σ."""
    return START + (first + np.arange(BATCH)) * 1_000_000, VALUES


VALUES = np.clip(np.random.default_rng(1).normal(size=BATCH), -2.5, 2.5)
CALM = {"mean": 0.0, "sigma": 3.0}  # a chart that never alarms

ROWS: list[tuple[str, str, Callable[[], Detector]]] = [
    ("threshold", "<= 1", lambda: create("threshold", above=5)),
    ("threshold, hysteresis, crossing", "", lambda: create("threshold", above=2, hysteresis=1)),
    ("rate_of_change", "", lambda: create("rate_of_change", limit=1e6)),
    ("zscore", "<= 5", lambda: create("zscore")),
    ("zscore, 2min", "", lambda: create("zscore", window="2min")),
    ("zscore, limit 2", "", lambda: create("zscore", limit=2)),
    ("robust_zscore", "", lambda: create("robust_zscore", limit=5)),
    ("robust_zscore, 2min", "", lambda: create("robust_zscore", window="2min")),
    ("hampel", "", lambda: create("hampel")),
    ("hampel on means of 16 ms", "", lambda: create("hampel", means_of="16ms")),
    ("ewma", "<= 8", lambda: create("ewma", **CALM)),
    ("cusum", "<= 15", lambda: create("cusum", **CALM)),
    ("cusum, an alarm in 465 readings", "", lambda: create("cusum", mean=0.0, sigma=1.0)),
    ("ewma, false_alarms", "", lambda: create("ewma", false_alarms="1/h")),
    ("cusum, false_alarms", "", lambda: create("cusum", false_alarms="1/h")),
    ("zscore, false_alarms", "", lambda: create("zscore", false_alarms="1/h")),
    ("robust_zscore, false_alarms", "", lambda: create("robust_zscore", false_alarms="1/h")),
    ("hampel, false_alarms", "", lambda: create("hampel", false_alarms="1/h")),
    ("page_hinkley, false_alarms", "", lambda: create("page_hinkley", false_alarms="1/h")),
    ("page_hinkley", "", lambda: create("page_hinkley", threshold=1e9)),
    ("western_electric", "", lambda: create("western_electric", **CALM)),
    ("nelson", "", lambda: create("nelson", **CALM)),
    ("spot", "<= 10,000", lambda: create("spot")),
    ("dspot", "<= 10,000", lambda: create("dspot")),
    ("stuck", "", lambda: create("stuck")),
    ("gap", "", lambda: create("gap")),
]


def in_batches(make: Callable[[], Detector], seconds: float = 0.4) -> float:
    """Return ns per reading in batches of 65,536, after two of them."""
    detector, best, n = make(), float("inf"), 0
    ends = time.perf_counter() + seconds
    while n < 4 or time.perf_counter() < ends:
        times, values = readings(n * BATCH)
        started = time.perf_counter()
        detector.update(times, values)
        if n >= 2:
            best = min(best, time.perf_counter() - started)
        n += 1
    return best / BATCH * 1e9


def one_by_one(make: Callable[[], Detector]) -> float:
    """Return µs per batch of one reading."""
    detector = make()
    times, values = readings(0)
    detector.update(times[:2000], values[:2000])
    parts = [(times[i : i + 1], values[i : i + 1]) for i in range(2000, 2500)]
    rounds = []
    for k in range(5):
        started = time.perf_counter()
        for t, x in parts[k * 100 : k * 100 + 100]:
            detector.update(t, x)
        rounds.append(time.perf_counter() - started)
    return min(rounds) / 100 * 1e6


def after_a_shift(name: str, shift: float) -> float:
    """Return ns per reading, of processor time, where a level has shifted by so many sigmas for good."""
    rng, n = np.random.default_rng(3), 20_000
    detector, values = create(name), rng.normal(size=2_000 + n)
    values[2_000:] += shift
    times = START + np.arange(len(values)) * 1_000_000
    detector.update(times[:2_000], values[:2_000])
    started = time.process_time()
    detector.update(times[2_000:], values[2_000:])
    return (time.process_time() - started) / n * 1e9


def of_several(n_channels: int, seconds: float = 0.4) -> float:
    """Return ns per step of so many channels judged together, in batches; of processor time."""
    n = BATCH // n_channels
    rng = np.random.default_rng(2)
    columns = {str(i): rng.normal(size=n) for i in range(n_channels)}
    detector, best, k = create("multivariate"), float("inf"), 0
    ends = time.perf_counter() + seconds
    while k < 4 or time.perf_counter() < ends:
        times = START + (k * n + np.arange(n)) * 1_000_000
        started = time.process_time()
        detector.update(times, columns)
        if k:
            best = min(best, time.process_time() - started)
        k += 1
    return best / n * 1e9


def main() -> None:
    """Print the table."""
    np.ones(4_000_000)  # as in `benchmarks.statistics`
    print(f"{'':34}{'ns/reading':>12}{'goal':>8}{'µs/single':>12}")
    for name, goal, make in ROWS:
        print(f"{name:34}{in_batches(make):12.1f}{goal:>8}{one_by_one(make):12.0f}", flush=True)
    for name, shift in product(("spot", "dspot"), (2.0, 4.0)):
        told = f"{name}, a level shifted by {shift:g} σ"
        goal = "<= 10,000" if shift == 2 else ""
        print(f"{told:34}{after_a_shift(name, shift):12.1f}{goal:>10}", flush=True)
    for n_channels, goal in ((2, ""), (8, "<= 2,000"), (64, "<= 50,000"), (200, "")):
        name = f"multivariate, a step of {n_channels} channels"
        print(f"{name:34}{of_several(n_channels):12.1f}{goal:>10}", flush=True)


if __name__ == "__main__":
    main()
