"""Measure how often `default()` alarms while nothing is wrong, and how surely it tells a jump.

`python -m benchmarks.default` prints three tables: alarms in series of 1,000 independent readings, from the
first one on; scores at or above a limit in 100,000 readings, as a mean over several series; and jumps of a
level that are told within five readings. `--series 40 --rounds 1` is a short run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from nbstream.detectors.default import DefaultDetector
from nbstream.readings.batch import FloatArray

START = 1_782_907_200_000_000_000
MINUTE = 60_000_000_000
DAY = 1440
LONG = 100_000
LIMITS = (5, 6, 7, 10)
JUMPS_AT = (100, 128, 200, 300, 350, 500, 900)
Noise = Callable[[np.random.Generator, int], FloatArray]


def autoregressive(rng: np.random.Generator, n: int) -> FloatArray:
    """Return an AR(1) process with the coefficient 0.9."""
    values = rng.normal(size=n)
    for i in range(1, n):
        values[i] += 0.9 * values[i - 1]
    return values


def daily(n: int) -> FloatArray:
    """Return a wave of one period a day between -1 and 1, at a reading a minute."""
    wave: FloatArray = np.sin(np.arange(n) * (2 * np.pi / DAY))
    return wave


def counts(rng: np.random.Generator, n: int) -> FloatArray:
    """Return Poisson counts whose rate goes from 5 to 35 and back each day."""
    return rng.poisson(20 + 15 * daily(n)).astype(np.float64)


def bursts(rng: np.random.Generator, n: int) -> FloatArray:
    """Return the same with bursts of 20 to 100 more in 4 of 1,000 readings."""
    return counts(rng, n) + (rng.random(n) < 0.004) * rng.integers(20, 100, n)


INDEPENDENT: dict[str, Noise] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "integers (rounded, σ = 3)": lambda rng, n: np.round(3 * rng.normal(size=n)),
    "Poisson counts, mean 5": lambda rng, n: rng.poisson(5, n).astype(np.float64),
    "uniform": lambda rng, n: rng.uniform(size=n),
    "Student t, 3 degrees of freedom": lambda rng, n: rng.standard_t(3, n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
}
KINDS: dict[str, Noise] = {
    "white": lambda rng, n: rng.normal(size=n),
    "Laplace": lambda rng, n: rng.laplace(size=n),
    "Student t, 3 degrees of freedom": lambda rng, n: rng.standard_t(3, n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "AR(1), 0.9": autoregressive,
    "random walk": lambda rng, n: rng.normal(size=n).cumsum(),
    "daily wave and noise": lambda rng, n: 3 * daily(n) + rng.normal(size=n),
    "Poisson counts, daily rate": counts,
    "the same with bursts": bursts,
}


def scores(values: FloatArray) -> FloatArray:
    """Return what a new detector scores, a reading a minute; 0 where it has none."""
    times = START + np.arange(len(values)) * MINUTE
    return np.nan_to_num(DefaultDetector().update(times, values).score)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.default", description=__doc__)
    parser.add_argument("--series", type=int, default=200, help="of 1,000 readings, of each kind")
    parser.add_argument("--rounds", type=int, default=3, help="of 100,000 readings, of each kind")
    options = parser.parse_args()
    limit = DefaultDetector().limit
    print(f"{'in ' + str(options.series) + ' series of 1,000':34}{'with alarms':>12}{'alarms':>9}")
    for name, noise in INDEPENDENT.items():
        found = [
            int((scores(noise(np.random.default_rng(seed), 1000)) >= limit).sum())
            for seed in range(options.series)
        ]
        print(f"{name:34}{sum(n > 0 for n in found):12}{sum(found):9}", flush=True)
    print(f"\n{'scores in 100,000 readings':34}" + "".join(f"{f'>= {x}':>8}" for x in LIMITS))
    for name, noise in KINDS.items():
        rounds = [
            scores(noise(np.random.default_rng(seed), LONG)) for seed in range(options.rounds)
        ]
        means = (np.mean([(found >= x).sum() for found in rounds]) for x in LIMITS)
        print(f"{name:34}" + "".join(f"{mean:8.1f}" for mean in means), flush=True)
    print("\njumps told within five readings, of 100" + "".join(f"{at:>7}" for at in JUMPS_AT))
    for size in (6, 10):
        told = []
        for at in JUMPS_AT:
            n = 0
            for seed in range(100):
                values = np.random.default_rng(seed).normal(size=at + 5)
                values[at:] += size if seed % 2 else -size
                n += bool((scores(values)[at:] >= limit).any())
            told.append(n)
        title = f"of {size} σ, after so many readings"
        print(f"{title:39}" + "".join(f"{n:7}" for n in told), flush=True)


if __name__ == "__main__":
    main()
