"""Wait for something to become true; tests never sleep for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from nbstream.testing import FakeClock

T = TypeVar("T")

PERIOD = 0.01
SLACK = 3
"""A busy machine may take so many times as long as a test says."""


def wait_until(
    predicate: Callable[[], T],
    timeout: float = 5.0,
    message: str | Callable[[], str] = "",
    period: float = PERIOD,
) -> T:
    """Call `predicate` until it returns something true, and return that.

    Parameters
    ----------
    predicate
        Asked at once, then every `period` seconds, and one last time at the end.
    timeout
        Seconds to wait at most, on a machine that has nothing else to do.
    message
        What was waited for; a callable is asked at the end, so it can say how things stood.
    period
        Seconds between two calls.

    Raises
    ------
    AssertionError
        If it is not true within `SLACK` times the `timeout`.
    """
    limit = SLACK * timeout
    deadline = time.monotonic() + limit
    while True:
        is_last = time.monotonic() >= deadline
        result = predicate()
        if result:
            return result
        if is_last:
            text = message() if callable(message) else message
            what = text or repr(predicate)
            raise AssertionError(f"Waited {limit:g} s in vain for {what} (last: {result!r}).")
        time.sleep(period)


def wait_moving(
    clock: FakeClock, predicate: Callable[[], object], timeout: float = 5.0, step: float = 0.1
) -> None:
    """Move a clock a little at a time until `predicate` is true.

    A thread that is about to wait has perhaps looked at the clock already: a single large step would be over
    before it begins to wait, and it would wait for another.

    Parameters
    ----------
    clock
        Which others wait by.
    predicate, timeout
        As for `wait_until`.
    step
        Seconds of the clock between two looks.
    """

    def is_so() -> bool:
        if predicate():
            return True
        clock.advance(step)
        return False

    wait_until(is_so, timeout, lambda: f"{predicate!r}, by {clock.monotonic():g} s")
