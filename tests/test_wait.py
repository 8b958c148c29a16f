"""The polling helper of the tests."""

from __future__ import annotations

import threading

import pytest

from nbstream.testing import FakeClock
from tests.wait import wait_moving, wait_until


def test_returns_the_first_true_value() -> None:
    """The value of the predicate comes back, so that a test can go on with it."""
    values = iter([0, None, "", "ready", "later"])
    assert wait_until(lambda: next(values), timeout=5) == "ready"


def test_asks_once_more_at_the_end() -> None:
    """Even without any time left the predicate is asked."""
    assert wait_until(lambda: True, timeout=0)


def test_names_what_it_waited_for() -> None:
    """The message says what did not happen and how things stood."""
    with pytest.raises(AssertionError, match=r"Waited 0.06 s in vain for 3 rows \(last: False\)"):
        wait_until(lambda: False, timeout=0.02, message=lambda: f"{1 + 2} rows")


def test_a_clock_is_moved_for_who_waits_late() -> None:
    """Who begins to wait when the time is over already waits for another that comes too."""
    clock, is_over = FakeClock(), threading.Event()

    def wait_late() -> None:
        wait_until(lambda: clock.monotonic() >= 1)
        clock.wait(threading.Event(), 1.0)
        is_over.set()

    thread = threading.Thread(target=wait_late)
    thread.start()
    wait_moving(clock, is_over.is_set)
    thread.join()
    assert clock.monotonic() >= 2
