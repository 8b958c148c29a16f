"""Many sources in one kernel."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import nbstream as ns
from benchmarks.sources.measuring import share_of_core


def many(_folder: Path, seconds: float) -> None:
    """Print % of a core."""
    share = _share(50, seconds)
    label = "50 callables at 10 Hz in one kernel, % of a core"
    print(f"  {label:<50}{share:>11.1f}{'< 30':>22}", flush=True)


def _share(n: int, seconds: float) -> float:
    """Return % of a core that so many sources cost, each with 10 readings a second."""
    buffer = ns.Buffer()
    names = [f"c{number}" for number in range(n)]
    made = [
        ns.CallableSource(lambda name=name: {name: 1.0}, interval=0.1, buffer=buffer)  # type: ignore[misc]
        for name in names
    ]
    with contextlib.ExitStack() as stack:
        for source in made:
            stack.enter_context(source)
        time.sleep(1.0)
        return share_of_core(seconds)
