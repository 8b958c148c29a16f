"""What a training loop waits for: calls of `live.log`."""

from __future__ import annotations

import time
from pathlib import Path

import nbstream as ns


def logging_calls(_folder: Path, _seconds: float) -> None:
    """Print microseconds of a call."""
    figure = min(_call() for _ in range(5))
    print(f"  {'a call of live.log, µs':<50}{figure:>11.2f}{'< 5':>22}", flush=True)


def _call() -> float:
    """Return microseconds of a call in a loop that does nothing else."""
    n = 20_000
    with ns.TrainingSource() as live:
        begun = time.perf_counter()
        for step in range(n):
            live.log(loss=0.5, accuracy=0.9, step=step)
        return (time.perf_counter() - begun) / n * 1e6
