"""What reading took, and cost."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import nbstream as ns

PATIENCE = 30.0


class Cost(NamedTuple):
    """What reading took."""

    n: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.n / self.seconds


def until(is_done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something, a while at most."""
    deadline = time.perf_counter() + patience
    while not is_done() and time.perf_counter() < deadline:
        time.sleep(0.001)


def timed(read: Callable[[], int]) -> Cost:
    """Return what a loop costs that returns how many it read."""
    begun, cpu = time.perf_counter(), time.process_time()
    n = read()
    return Cost(n, time.perf_counter() - begun, time.process_time() - cpu)


def counted(count: Callable[[], int], n: int) -> Cost:
    """Return what it costs until `n` were counted, from the first ones on."""
    until(lambda: count() > 0)
    first, begun, cpu = count(), time.perf_counter(), time.process_time()
    deadline = begun + PATIENCE
    while count() < n and time.perf_counter() < deadline:
        time.sleep(0.002)
    took = time.perf_counter() - begun
    return Cost(count() - first, took, time.process_time() - cpu)


def read_by(
    make: Callable[[ns.Buffer], ns.Source], n: int, send: Callable[[], object] | None = None
) -> Cost:
    """Return what it costs a source to bring `n` readings; `send` begins to send them."""
    buffer = ns.Buffer(capacity=n)
    try:
        with make(buffer) as source:
            if send is None:
                return timed(lambda: _wait_for(source, n))
            until(lambda: source.state is ns.SourceState.RUNNING)
            send()
            return counted(lambda: source.counters().accepted, n)
    finally:
        buffer.close()


def _wait_for(source: ns.Source, n: int) -> int:
    until(lambda: source.counters().accepted >= n)
    counters = source.counters()
    if counters.accepted != n:
        print(f"  {source.name}: {counters}, {source.status}, {source.notes}")
    return counters.accepted


def counted_from(source: ns.Source, n: int) -> Cost:
    """Return what it costs a source to bring `n` readings that are sent when it comes."""
    with source:
        cost = counted(lambda: source.counters().accepted, n)
    source.buffer.close()
    return cost


def share_of_core(seconds: float) -> float:
    """Return % of a core that this process costs meanwhile."""
    begun, cpu = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    return 100 * (time.process_time() - cpu) / (time.perf_counter() - begun)


def decoder() -> Callable[[bytes | str], Any]:
    """Return the quickest decoder of JSON that is there."""
    if importlib.util.find_spec("orjson") is None:
        return json.loads
    import orjson

    return orjson.loads
