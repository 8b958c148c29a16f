"""A stream of events over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import nbstream as ns
from benchmarks.sources.counterparts import sender
from benchmarks.sources.measuring import Cost, counted_from, decoder
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import HOST


def events(_folder: Path) -> Iterator[Race]:
    """Yield the race over a stream of events."""
    import httpx

    n = 200_000
    loads = decoder()
    with sender("events", n) as port:
        url = f"http://{HOST}:{port}/"

        def bare() -> Cost:
            with httpx.stream("GET", url) as response:
                rest, came, begun, cpu = b"", 0, time.perf_counter(), time.process_time()
                for piece in response.iter_raw():
                    *whole, rest = (rest + piece).split(b"\n\n")
                    for event in whole:
                        loads(event[6:])
                    came += len(whole)
                    if came >= n:
                        break
                return Cost(came, time.perf_counter() - begun, time.process_time() - cpu)

        yield Race(
            "HTTP, server-sent events; httpx, orjson",
            None,
            bare,
            lambda: counted_from(ns.HttpSource(url, buffer=ns.Buffer(capacity=n)), n),
        )
