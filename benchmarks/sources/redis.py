"""Streams and channels of Redis."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbstream as ns
from benchmarks.sources.counterparts import running, sending
from benchmarks.sources.measuring import Cost, decoder, read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import HOST, TOPIC_NAME
from tests.counterparts.redis import Redis


def redis(_folder: Path) -> Iterator[Race]:
    """Yield the races over streams and channels of Redis."""
    import redis as library

    n = 200_000
    loads = decoder()
    parser = "hiredis" if importlib.util.find_spec("hiredis") else "no hiredis"
    with running(Redis) as server:
        if server is None:
            return
        url = f"redis://{HOST}:{server.port}/0"
        client = library.Redis(host=HOST, port=server.port)
        client.config_set("client-output-buffer-limit", "pubsub 0 0 0")
        sending("entries", n, server.port).wait()

        def bare_stream() -> int:
            last, came = "0-0", 0
            while came < n:
                found: Any = client.xread({TOPIC_NAME: last}, count=1000)
                (entries,) = found.values() if isinstance(found, dict) else (found[0][1],)
                entries = entries[0] if isinstance(entries[0], list) else entries
                for _, fields in entries:
                    loads(fields[b"data"])
                last = entries[-1][0]
                came += len(entries)
            return came

        yield Race(
            f"Redis, a stream; redis with {parser}, orjson",
            80_000,
            lambda: timed(bare_stream),
            lambda: read_by(
                lambda b: ns.RedisSource(url, streams=TOPIC_NAME, start="earliest", buffer=b), n
            ),
        )

        def bare_channel() -> Cost:
            with client.pubsub() as heard:
                heard.subscribe(TOPIC_NAME)
                heard.get_message(timeout=1.0)
                process = sending("publish", n, server.port)
                while heard.get_message(timeout=1.0) is None:
                    pass
                begun, cpu = time.perf_counter(), time.process_time()
                for _ in range(n - 1):
                    loads(heard.get_message(timeout=1.0)["data"])
                cost = Cost(n - 1, time.perf_counter() - begun, time.process_time() - cpu)
                process.wait()
            return cost

        yield Race(
            f"Redis, published; redis with {parser}, orjson",
            80_000,
            bare_channel,
            lambda: read_by(
                lambda b: ns.RedisSource(url, topics=TOPIC_NAME, buffer=b),
                n,
                lambda: sending("publish", n, server.port),
            ),
        )
        client.close()
