"""The sources of streamz, which do the same job."""

from __future__ import annotations

import asyncio
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.sources.measuring import Cost, counted, decoder


def has_streamz() -> bool:
    """Return whether streamz is there."""
    return importlib.util.find_spec("streamz") is not None


def streamz_reads(make: Callable[[Any], Any], n: int) -> Cost:
    """Return what it costs a source of streamz to bring `n` decoded messages."""
    from streamz import Stream

    came = 0
    loads = decoder()
    is_over = False

    def take(payload: Any) -> None:
        nonlocal came
        if is_over:  # a file is read to its end in spite of stop(), beside the rows that follow
            raise asyncio.CancelledError
        loads(getattr(payload, "payload", payload))
        came += 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # paho's old callbacks
        stream = make(Stream)
        stream.sink(take)
        stream.start()
        cost = counted(lambda: came, n)
        is_over = True
        stream.stop()
        if hasattr(stream, "_close_consumer"):  # its loop, cancelled, does not get to that
            stream._close_consumer()
    return cost
