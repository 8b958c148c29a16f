"""Measure rules: what a reading costs, and many rules over many channels.

`python -m benchmarks.alerts` prints a table. Each figure is the best of several rounds, because noise of the
machine only ever adds; nothing is judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import nbstream as ns
from nbstream.alerts import AlertLog, Condition, Rule
from nbstream.alerts.conditions.table import Table

N = 1_000_000
SECOND_NS = 1_000_000_000
START_NS = 1_782_907_200 * SECOND_NS
N_RULES, N_CHANNELS, UPDATES = 1_000, 100, 10


def best(run: Callable[[], float], rounds: int = 7) -> float:
    """Return the smallest of several measurements."""
    return min(run() for _ in range(rounds))


def timed(function: Callable[[], object]) -> float:
    """Return how long this thread works for a call, in seconds: others on the machine don't count."""
    started = time.thread_time()
    function()
    return time.thread_time() - started


def per_reading(
    condition: str, values: np.ndarray, *, n_rules: int = 1, first: float = 0.0, **options: str
) -> float:
    """Return nanoseconds per reading and rule, in batches of 65,536."""
    times = START_NS + np.arange(len(values)) * 1_000_000

    def run() -> float:
        rules = [Rule(condition, log=AlertLog(), **options) for _ in range(n_rules)]
        for rule in rules:
            rule.take_in(Table(times[:1] - SECOND_NS, np.array([first])))

        def feed() -> None:
            for start in range(0, len(values), 65_536):
                piece = slice(start, start + 65_536)
                table = Table(times[piece], values[piece])
                for rule in rules:
                    rule.take_in(table)

        return timed(feed)

    return best(run) / len(values) / n_rules * 1e9


def window_per_reading(condition: str) -> float:
    """Return nanoseconds per reading of a rule about a window, by an analyzer, batches of 10,000."""
    rng = np.random.default_rng(1)
    n = 200_000
    times = (START_NS + np.arange(n) * 1_000_000).view("M8[ns]")
    values = rng.normal(size=n)

    def run(*conditions: str) -> float:
        with ns.Analyzer(ns.Buffer(), window="60s") as analyzer:
            for text in conditions:
                analyzer.alert(text, channel="x")
            with analyzer._lock:  # keep the analyzer's own thread out of the measurement
                total = 0.0
                for start in range(0, n, 10_000):
                    piece = slice(start, start + 10_000)
                    analyzer.buffer.extend(times[piece], x=values[piece])
                    total += timed(analyzer.update)
            return total

    return (best(lambda: run(condition), 3) - best(run, 3)) / n * 1e9


def many_rules(kind: str, *, n_fed: int = N_CHANNELS) -> float:
    """Return the share of a core that 1,000 rules over 100 channels need at 10 updates a second."""
    rng = np.random.default_rng(1)
    conditions = {
        "thresholds": lambda i: f"value > {4 + i % 10}",
        "formulas": lambda i: f"value > {4 + i % 10} and mean('10s') > {i % 3}",
        "windows": lambda i: f"mean('10s') > {4 + i % 10}",
        "zscores": lambda i: f"abs(zscore) > {6 + i % 10}",
    }[kind]
    names = [f"c{i}" for i in range(N_CHANNELS)]
    rows = 10
    with ns.Analyzer(ns.Buffer(), window="60s") as analyzer, analyzer._lock:
        buffer = analyzer.buffer

        def extend(step: int) -> None:
            times = START_NS + step * SECOND_NS // 10 + np.arange(rows) * SECOND_NS // 100
            columns = {name: rng.normal(size=rows) for name in names[:n_fed]}
            buffer.extend(times.view("M8[ns]"), **columns)

        buffer.extend(np.array([START_NS - SECOND_NS]).view("M8[ns]"), **{n: [0.0] for n in names})
        analyzer.update()

        def second(first: int) -> float:
            total = 0.0
            for step in range(first, first + UPDATES):
                extend(step)
                total += timed(analyzer._update)
                total += timed(analyzer._book.deliver)
            return total + timed(analyzer._book.tick)

        alone = min(second(i * UPDATES) for i in range(6))
        for i in range(N_RULES):
            analyzer.alert(conditions(i), channel=names[i % N_CHANNELS])
        return min(second((6 + i) * UPDATES) for i in range(6)) - alone


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(1)
    calm = rng.uniform(0, 80, N)
    band = rng.uniform(86, 89, N)
    stormy = np.where(np.arange(N) % 1000 < 500, 95.0, 50.0)
    hysteresis = {"clear": "value < 85"}
    rows = [
        (
            "threshold with hysteresis, nothing crosses",
            per_reading("value > 90", calm, **hysteresis),
        ),
        (
            "the same, 100 rules on one channel",
            per_reading("value > 90", calm, n_rules=100, **hysteresis),
        ),
        (
            "the same, firing and inside the band",
            per_reading("value > 90", band, first=95.0, **hysteresis),
        ),
        ("the same, 1,000 incidents in a million", per_reading("value > 90", stormy, **hysteresis)),
        (
            "formula: value > 90 and value - 3 < 99",
            per_reading("value > 90 and value - 3 < 99", calm),
        ),
        ("mean('1s') > 3 at 1 kHz", window_per_reading("mean('1s') > 3")),
        ("mean('60s') > 3 at 1 kHz", window_per_reading("mean('60s') > 3")),
        ("rate_of(value) > 1e9", window_per_reading("rate_of(value) > 1e9")),
    ]
    print(f"{'ns per reading':<52}")
    for label, figure in rows:
        print(f"  {label:<50}{figure:>10.2f}")
    parse = best(lambda: timed(lambda: Condition.parse("value > 90 and mean('1min') > 70"))) * 1e6
    print(f"  {'reading a condition of two parts, µs':<50}{parse:>10.1f}")
    print(f"{N_RULES:,} rules, {N_CHANNELS} channels, {UPDATES} updates/s: share of a core")
    for kind in ("thresholds", "formulas", "windows", "zscores"):
        print(f"  {kind:<50}{many_rules(kind):>10.1%}")
    share = many_rules("thresholds", n_fed=10)
    print(f"  {'thresholds, 10 of the channels have new rows':<50}{share:>10.1%}")


if __name__ == "__main__":
    main()
