"""The writer of the examples: a program that appends a random reading a second to a CSV file."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["generate"]

HEADER = "timestamp,value"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
LOW, HIGH = 1, 100
SPIKE = (300, 500)
SPIKE_EVERY = 40
"""With anomalies, one reading in so many is a spike, on average."""


def generate(
    path: Path,
    *,
    interval: float = 1.0,
    anomalies: bool = False,
    count: int | None = None,
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
        Number of rows; None goes on until it is interrupted.
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
        due = monotonic()
        written = 0
        while count is None or written < count:
            value = numbers.randint(LOW, HIGH)
            if anomalies and numbers.random() < 1 / SPIKE_EVERY:
                value = numbers.randint(*SPIKE)
            file.write(f"{datetime.now().strftime(TIME_FORMAT)},{value}\n")
            file.flush()
            written += 1
            due += interval
            delay = due - monotonic()
            if delay < -interval:  # the machine slept: go on from now, without a burst
                due = monotonic()
            if delay > 0 and written != count:
                sleep(delay)
