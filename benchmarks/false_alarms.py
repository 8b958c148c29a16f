"""Measure how often detectors alarm while nothing is wrong, against what `false_alarms` asked for.

`python -m benchmarks.false_alarms` prints, for each detector that takes the option and each of six kinds of
data, how many times as many readings were flagged as were asked for: one a day at a reading a minute over 200
days, and one an hour at a reading a second over 200 hours, counted after the first two. `--units 20` is a
short run; `--onsets` counts what begins, so that readings flagged in a row are one; `--only hampel` takes one
detector. `--delays` prints instead after how many readings charts find a shift by 1 sigma in normal readings,
with a limit that keeps "1/day" at a reading a minute and with mean, sigma and limit known, by how many
readings there were before it (some minutes; `--units 20` again is a short run).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import NamedTuple

import numpy as np

from nbstream.detectors import Detector, create, names
from nbstream.detectors.base import parameters
from nbstream.detectors.registry import kinds
from nbstream.readings.batch import FloatArray

START = 1_782_907_200_000_000_000
S = 1_000_000_000
N_LEARNT = 2
LEAST, MOST = 0.3, 2.0


class Setting(NamedTuple):
    """What is asked for, how often readings come, and how many of them in the unit of what is asked."""

    false_alarms: str
    interval_ns: int
    per_unit: int


SETTINGS = (Setting("1/day", 60 * S, 1440), Setting("1/h", S, 3600))


def normal(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return independent normal numbers."""
    return rng.normal(20.0, 1.0, n)


def autocorrelated(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return a stationary AR(1) process with the coefficient 0.7."""
    values = rng.normal(size=n)
    values[0] /= np.sqrt(1 - 0.7**2)
    step, factor = 1, 0.7
    while factor > 1e-17:  # after each pass a value holds the weighted sum of twice as many
        values[step:] += factor * values[:-step]
        step, factor = 2 * step, factor * factor
    return values


def students(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return independent numbers with the heavy tails of Student's t with three degrees of freedom."""
    return rng.standard_t(3, n)


def lognormal(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return independent numbers whose logarithms are normal."""
    return rng.lognormal(0.0, 1.0, n)


def daily(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return a sine of a day with an amplitude of four times the noise."""
    return 4 * np.sin(np.arange(n) * (2 * np.pi * step_ns / (86400 * S))) + rng.normal(size=n)


def integers(rng: np.random.Generator, n: int, step_ns: int) -> FloatArray:
    """Return normal numbers of sigma 0.6, rounded to whole ones."""
    return np.rint(rng.normal(20.0, 0.6, n))


KINDS: dict[str, Callable[[np.random.Generator, int, int], FloatArray]] = {
    "normal": normal,
    "AR(1) 0.7": autocorrelated,
    "t, 3 d.f.": students,
    "lognormal": lognormal,
    "daily": daily,
    "integers": integers,
}


def observed(
    detector: Detector, setting: Setting, values: FloatArray, *, onsets: bool = False
) -> float:
    """Return how many readings, or beginnings, were flagged after the first two units, per unit."""
    per_unit, n_flagged, was_flagged = setting.per_unit, 0, False
    for low in range(0, len(values), per_unit):
        part = values[low : low + per_unit]
        times = START + (low + np.arange(len(part))) * setting.interval_ns
        flags = detector.update(times, part).is_anomaly
        if low >= N_LEARNT * per_unit:
            before = np.concatenate(([was_flagged], flags[:-1])) if onsets else False
            n_flagged += int(np.count_nonzero(flags & ~np.asarray(before)))
        was_flagged = bool(flags[-1])
    return n_flagged / (len(values) / per_unit - N_LEARNT)


def taking_false_alarms() -> list[str]:
    """Return the names of the detectors that take the option."""
    return [kind.name for kind in kinds() if "false_alarms" in parameters(kind)]


def measure(case: tuple[str, Setting, str, int, bool]) -> float:
    """Return observed ÷ asked of one detector on one kind of data."""
    name, setting, kind, n_units, onsets = case
    rng = np.random.default_rng([list(KINDS).index(kind), setting.per_unit])
    values = KINDS[kind](rng, n_units * setting.per_unit, setting.interval_ns)
    detector = create(name, false_alarms=setting.false_alarms)
    return observed(detector, setting, values, onsets=onsets)


CHARTS = {"cusum": {"h": 6.112}, "ewma": {"limit": 3.298}}
N_BEFORE = (330, 600, 1500, 3000, 8000)


def delays(case: tuple[str, int, int]) -> tuple[float, float]:
    """Return how many readings it takes to find a shift, on average: learnt and known."""
    name, n_before, n_streams = case
    known = {**CHARTS[name], "mean": 20.0, "sigma": 1.0}
    found: list[list[int]] = [[], []]
    for seed in range(n_streams):
        values = normal(np.random.default_rng(seed), n_before + 400, 60 * S)
        values[n_before:] += 1.0
        times = START + np.arange(len(values)) * 60 * S
        for given, counts in zip(({"false_alarms": "1/day"}, known), found, strict=True):
            detector = create(name, **given)
            detector.update(times[:n_before], values[:n_before])
            flags = detector.update(times[n_before:], values[n_before:]).is_anomaly
            counts.append(int(flags.argmax()) + 1 if flags.any() else len(flags))
    return float(np.mean(found[0])), float(np.mean(found[1]))


def print_delays(n_streams: int, n_processes: int) -> None:
    """Print the table of delays."""
    print(f"{'readings before the shift':28}" + "".join(f"{n:>14,}" for n in N_BEFORE))
    cases = [(name, n, n_streams) for name, n in product(CHARTS, N_BEFORE)]
    with ProcessPoolExecutor(n_processes) as pool:
        found = pool.map(delays, cases)
        for name in CHARTS:
            pairs = [next(found) for _ in N_BEFORE]
            cells = (f"{f'{learnt:.1f} ({known:.1f})':>14}" for learnt, known in pairs)
            print(f"{f'{name}, learnt (known)':28}" + "".join(cells), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--units", type=int, default=200, help="days and hours to simulate")
    parser.add_argument("--onsets", action="store_true", help="count what begins")
    parser.add_argument("--only", choices=taking_false_alarms(), help="of this detector")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--delays", action="store_true", help="until a shift is found, instead")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.delays:
        print_delays(10 * options.units, options.processes)
        return
    detectors = [options.only] if options.only else taking_false_alarms()
    rows = list(product(detectors, SETTINGS))
    cases = [
        (name, setting, kind, options.units, options.onsets)
        for (name, setting), kind in product(rows, KINDS)
    ]
    assert set(detectors) <= set(names())
    print(f"{'observed ÷ asked':24}" + "".join(f"{kind:>11}" for kind in KINDS))
    with ProcessPoolExecutor(options.processes) as pool:
        found = pool.map(measure, cases)
        for name, setting in rows:
            ratios = [next(found) for _ in KINDS]
            cells = (f"{r:.2f}{' ' if LEAST <= r <= MOST else '!'}" for r in ratios)
            print(
                f"{name:16}{setting.false_alarms:8}" + "".join(f"{c:>11}" for c in cells),
                flush=True,
            )
    print(f"! outside {LEAST} to {MOST}; {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
