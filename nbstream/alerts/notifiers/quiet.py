"""Keeps httpx from logging what is posted here: its records hold the whole URL, tokens included."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_httpx"]

LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)

_thread = threading.local()


class _NotOfThisThread(logging.Filter):
    """Drops what is logged by a thread that asked for quiet."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_thread, "is_quiet", False)


_FILTER = _NotOfThisThread()


@contextmanager
def quiet_httpx() -> Iterator[None]:
    """Keep httpx and httpcore silent on this thread; other threads log as ever."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # once, however often it is added
    _thread.is_quiet = True
    try:
        yield
    finally:
        _thread.is_quiet = False
