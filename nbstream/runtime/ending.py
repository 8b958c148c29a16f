"""How what has threads ends: all are told first, and then there is one wait for all of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nbstream.text.redaction import log_exception

__all__ = ["GRACE", "PATIENCE", "close_all", "seconds_left", "together"]

logger = logging.getLogger(__name__)

GRACE = 0.5
"""Seconds that closing waits for threads, all of them together; one that is well needs milliseconds."""
PATIENCE = 5.0
"""Seconds to wait for what delivers the last word, where nobody is held up by that."""

_since: ContextVar[float | None] = ContextVar("nbstream_ending_since", default=None)


@contextmanager
def together(things: Iterable[Any]) -> Iterator[None]:
    """Tell all `things` to end, which waits for nothing; what closes inside shares one deadline.

    A thing is told by its method `_signal_end`, if it has one.
    """
    started = _since.get()
    token = _since.set(time.monotonic() if started is None else started)
    try:
        for thing in things:
            signal = getattr(thing, "_signal_end", None)
            if signal is not None:
                try:
                    signal()
                except Exception:
                    log_exception(logger, "%s could not be told to end.", type(thing).__name__)
        yield
    finally:
        _since.reset(token)


def seconds_left(patience: float) -> float:
    """Return how much of `patience` is left, counted from the beginning of `together`."""
    started = _since.get()
    return patience if started is None else max(0.0, started + patience - time.monotonic())


def close_all(things: Iterable[Any], close: Callable[[Any], object] | None = None) -> None:
    """Close `things` in their order, one wait for all; what one raises is raised after all are closed.

    Parameters
    ----------
    things
        What is closed.
    close
        Closes one of them; None calls its method `close`.
    """
    things = list(things)
    problem: BaseException | None = None
    with together(things):
        for thing in things:
            try:
                thing.close() if close is None else close(thing)
            except BaseException as error:  # an interrupt too: nothing stays half closed
                problem = problem or error
    if problem is not None:
        raise problem
