"""What two workers read, and what an answer costs them and the notebook: the numbers of docs/scale.md.

The workers are processes of this machine, by Dask's LocalCluster; the scheduler and the notebook share the
process that prints. On a busy machine the CPU time says more than the rate.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import nbstream as ns
from nbstream.cluster.known import KnownChannel
from nbstream.cluster.steps import Steps, summarize_steps

BEGIN_NS = 1_790_000_000 * 10**9
FEW, MANY = 1_000, 10_000_000
_held: dict[int, Any] = {}


def small(part: int, position: int | None) -> Any:
    """Return the next 0.1 s of 10 kHz of a part."""
    number = position or 0
    times = BEGIN_NS + (number * FEW + np.arange(FEW)) * 100_000
    return (times, {f"x{part}": np.sin(times / 1e9)}), number + 1


def warm() -> None:
    """Make the numbers that `large` returns: to make them is not what is measured."""
    numbers = np.random.default_rng(1).normal(20, 3, MANY)
    _held[0] = BEGIN_NS + np.arange(MANY) * 1_000, np.zeros(MANY, np.int64), numbers


def large(part: int, position: int | None) -> Any:
    """Return the next 10 s of 1 MHz of a part."""
    number = position or 0
    first, times, values = _held[0]
    np.add(first, number * MANY * 1_000, out=times)
    return (times, {f"x{part}": values}), number + 1


def run(
    client: Any, function: Callable[..., Any], n_parts: int, seconds: float, **options: Any
) -> tuple[float, ...]:
    """Return answers and readings a second, and CPU time: of an answer here and there, of a reading there."""
    cpu_of_workers = lambda: sum(client.run(time.process_time).values())  # noqa: E731
    with ns.DaskSource(client, function, parts=n_parts, interval=0, **options) as source:
        with ns.Analyzer(source, window="60s"):
            while source.n_polls < 2 * n_parts and source.is_running:
                time.sleep(0.01)
            n_polls, n = source.n_polls, source.counters().received
            summed = source.worker_seconds
            there, here, begun = cpu_of_workers(), time.process_time(), time.perf_counter()
            time.sleep(seconds)
            took = time.perf_counter() - begun
            n_polls, n = source.n_polls - n_polls, source.counters().received - n
            summed = source.worker_seconds - summed
            here, there = time.process_time() - here, cpu_of_workers() - there
    n_polls, n = max(n_polls, 1), max(n, 1)
    return n_polls / took, n / took, here / n_polls, there / n_polls, summed / n


def polls_and_readings(seconds: float) -> None:
    """Print how fast two workers are asked, and how fast they summarise."""
    from distributed import Client, LocalCluster

    # By its name, so that workers import this module and keep what they hold.
    from benchmarks.cluster import large, small, warm

    rows = []
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(warm)
        for label, function, n_parts, options in (
            ("1,000 readings an answer, 2 parts", small, 2, {}),
            ("the same, 8 parts", small, 8, {}),
            ("10 million readings an answer, 2 parts", large, 2, {"step": 1}),
            ("the same, without quantiles", large, 2, {"step": 1, "quantiles": False}),
            ("the same, with quantiles and moments", large, 2, {"step": 1, "moments": True}),
        ):
            polls, readings, here, there, summed = run(
                client, function, n_parts, seconds, **options
            )
            rows.append(
                (
                    label,
                    f"{polls:.0f}",
                    f"{readings / 1e6:.1f}",
                    f"{here * 1e3:.1f}",
                    f"{there * 1e3:.1f}",
                    f"{summed * 1e9:.1f}",
                )
            )
    print("A cluster of two workers (goals: 60 answers/s, 250 million readings/s)")
    show(
        (
            "",
            "answers/s",
            "million readings/s",
            "ms here/answer",
            "ms there/answer",
            "ns there/reading",
        ),
        rows,
    )


def show(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table."""
    for row in (columns, *rows):
        print(f"  {row[0]:<40}" + "".join(f"{cell:>20}" for cell in row[1:]))


def best(function: Callable[[], Any], n: int = 5) -> float:
    """Return the least CPU seconds of some calls."""
    found = []
    for _ in range(n):
        begun = time.process_time()
        function()
        found.append(time.process_time() - begun)
    return min(found)


def costs() -> None:
    """Print what an answer weighs, and what merging it costs, without a cluster."""
    rng = np.random.default_rng(1)
    rows = []
    for label, n, per_second in (
        ("one step of 1,000 readings", 1_000, 10_000),
        ("100 steps of 1,000", 100_000, 10_000),
        ("10 steps of 1 million", 10_000_000, 10_000_000),
    ):
        times = BEGIN_NS + np.arange(n) * (10**9 // per_second)
        values = rng.normal(20, 3, n)
        steps: list[Steps] = []

        def make(times: Any = times, values: Any = values, steps: Any = steps) -> None:
            steps.append(summarize_steps(times, values, 100_000_000, reference=20.0))

        there = best(make)
        found = steps[0]
        buffer = ns.Buffer(late="insert")
        answers = [
            summarize_steps(
                times + k * n * (10**9 // per_second), values, 100_000_000, reference=20.0
            )
            for k in range(max(1, 200_000 // n))
        ]
        known = KnownChannel(buffer.channel("x"), 100_000_000)
        begun = time.process_time()
        for answer in answers:
            known.add(answer)
            known.sample(ns.window.Window.parse("60s")).summary  # noqa: B018
        merge = (time.process_time() - begun) / len(answers)
        rows.append(
            (
                label,
                f"{there / n * 1e9:.1f}",
                f"{len(pickle.dumps(found)):,}",
                f"{len(pickle.dumps(replace(found, histograms=None))):,}",
                f"{len(found.times)}",
                f"{merge * 1e3:.2f}",
            )
        )
    print("What an answer costs, of one channel, without Dask")
    show(("", "ns there/reading", "bytes", "without quantiles", "drawn", "ms here"), rows)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    arguments = parser.parse_args()
    polls_and_readings(arguments.seconds)
    print()
    costs()


if __name__ == "__main__":
    main()
