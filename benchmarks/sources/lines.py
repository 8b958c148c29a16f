"""Lines of text in files: numbers, named numbers, a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import nbstream as ns
from benchmarks.sources.measuring import read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import START_MS

PATTERN = r"(?P<time>\S+) .* took (?P<ms>\d+)ms"


def write_lines(folder: Path, n: int) -> None:
    """Write lines of a number, of named numbers, and of a log."""
    values = np.round(np.random.default_rng(1).normal(20, 5, n), 1).tolist()
    with (folder / "numbers.txt").open("w") as file:
        file.writelines(f"{value}\n" for value in values)
    with (folder / "named.txt").open("w") as file:
        file.writelines(f"temp={value} hum={40 + i % 20}\n" for i, value in enumerate(values))
    times = np.datetime_as_string((START_MS + np.arange(n)).astype("M8[ms]")).tolist()
    with (folder / "app.log").open("w") as file:
        file.writelines(f"{t} GET /api took {i % 97}ms\n" for i, t in enumerate(times))


def lines(folder: Path) -> Iterator[Race]:
    """Yield the races over lines of text in files."""
    n = 500_000
    write_lines(folder, n)
    numbers, named, log = (folder / name for name in ("numbers.txt", "named.txt", "app.log"))

    def bare_numbers() -> int:
        with numbers.open("rb") as file:
            return len([float(line) for line in file])

    def bare_pattern(path: Path, pattern: str) -> int:
        search = re.compile(pattern).search
        with path.open() as file:
            return sum(match is not None and bool(match.groups()) for match in map(search, file))

    yield Race(
        "lines of a number in a file; float",
        None,
        lambda: timed(bare_numbers),
        lambda: read_by(lambda b: ns.LinesSource(numbers, buffer=b), n),
    )
    yield Race(
        "temp=20.1 hum=40 in a file; a pattern's search",
        None,
        lambda: timed(lambda: bare_pattern(named, r"temp=(\S+) hum=(\S+)")),
        lambda: read_by(lambda b: ns.LinesSource(named, buffer=b), n),
    )
    yield Race(
        "a log; the pattern's search",
        None,
        lambda: timed(lambda: bare_pattern(log, PATTERN)),
        lambda: read_by(lambda b: ns.LogSource(log, PATTERN, buffer=b), n),
    )
