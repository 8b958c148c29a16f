"""A WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import nbstream as ns
from benchmarks.sources.counterparts import sender
from benchmarks.sources.measuring import Cost, counted_from, decoder
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import HOST


def websocket(_folder: Path) -> Iterator[Race]:
    """Yield the race over a WebSocket."""
    from websockets.asyncio.client import connect

    n = 200_000
    loads = decoder()
    with sender("websocket", n) as port:
        url = f"ws://{HOST}:{port}"

        async def bare() -> Cost:
            async with connect(url, max_queue=1024, close_timeout=0.5) as client:
                loads(await client.recv(decode=False))
                begun, cpu = time.perf_counter(), time.process_time()
                for _ in range(n - 1):
                    loads(await client.recv(decode=False))
                return Cost(n - 1, time.perf_counter() - begun, time.process_time() - cpu)

        yield Race(
            "WebSocket; websockets, orjson",
            50_000,
            lambda: asyncio.run(bare()),
            lambda: counted_from(ns.WebSocketSource(url, buffer=ns.Buffer(capacity=n)), n),
        )
