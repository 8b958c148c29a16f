"""`nbstream generate`: a program that appends a random reading a second to a CSV file."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.commands.arguments import positive

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add_arguments", "generate", "run"]

HEADER = "timestamp,value"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
LOW, HIGH = 1, 100
SPIKE = (300, 500)
SPIKE_EVERY = 40
"""With anomalies, one reading in so many is a spike, on average."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, the pace and the numbers."""
    parser.add_argument(
        "--file", dest="path", metavar="FILE", type=Path, default=Path("streaming_data.csv"),
        help="streaming_data.csv if it is not said",
    )  # fmt: skip
    parser.add_argument(
        "--interval", metavar="SECONDS", type=positive, default=1.0, help="between two rows"
    )
    parser.add_argument("--anomalies", action="store_true", help="add a spike now and then")
    parser.add_argument(
        "--count", metavar="N", type=int, help="number of rows; without it, until Ctrl-C"
    )
    parser.add_argument(
        "--past", metavar="SECONDS", type=positive, default=0.0,
        help="a new file begins with rows of so many seconds before now",
    )  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, help="makes the numbers repeatable")


def generate(
    path: Path,
    *,
    interval: float = 1.0,
    anomalies: bool = False,
    count: int | None = None,
    past: float = 0.0,
    seed: int | None = None,
    sleep: Callable[[float], object] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Append rows of time and a random integer from 1 to 100 to a CSV file.

    Parameters
    ----------
    path
        The file. Rows are added to one that has the same header; any other content is an error.
    interval
        Seconds between two rows; the schedule does not drift.
    anomalies
        Whether a spike of 300 to 500 is written now and then.
    count
        Number of rows from now on; None goes on until it is interrupted.
    past
        A new file begins with the rows of so many seconds before now.
    seed
        Of the random numbers.
    sleep, monotonic
        Injectable for tests.

    Raises
    ------
    ValueError
        If the file exists and begins with something else than the header.

    Notes
    -----
    Thread safety: the file has one writer.
    """
    numbers = random.Random(seed)

    def row(time: datetime) -> str:
        value = numbers.randint(LOW, HIGH)
        if anomalies and numbers.random() < 1 / SPIKE_EVERY:
            value = numbers.randint(*SPIKE)
        return f"{time.strftime(TIME_FORMAT)},{value}\n"

    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline(1000).strip()
        if first != HEADER:
            msg = f"{str(path)!r} begins with {first[:60]!r}, not {HEADER!r}. Give another file."
            raise ValueError(msg)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        if is_new:
            file.write(f"{HEADER}\n")
            begun = datetime.now()
            n_past = round(past / interval)
            file.writelines(
                row(begun - timedelta(seconds=n * interval)) for n in range(n_past, 0, -1)
            )
        due = monotonic()
        written = 0
        while count is None or written < count:
            file.write(row(datetime.now()))
            file.flush()
            written += 1
            due += interval
            delay = due - monotonic()
            if delay < -interval:  # the machine slept: go on from now, without a burst
                due = monotonic()
            if delay > 0 and written != count:
                sleep(delay)


run = generate
