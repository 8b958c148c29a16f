"""Trying again: how often, how long, and when not."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.alerts.notifiers.retry import Failure, Retry
from tests import strategies  # noqa: F401 (the settings of hypothesis)
from tests.alerts.notifiers.clocks import PausingClock

STOP = threading.Event()
PASSING = Failure("busy", is_transient=True)


def test_success_ends_it() -> None:
    """One attempt, no pause."""
    clock = PausingClock()
    retry = Retry(retries=3, give_up_after=30, clock=clock)
    assert retry.run(lambda left: None, STOP) is None
    assert clock.pauses == []


def test_a_lasting_failure_ends_it() -> None:
    """What will not pass is not tried again."""
    clock = PausingClock()
    failure = Failure("no such topic")
    assert (
        Retry(retries=3, give_up_after=30, clock=clock).run(lambda left: failure, STOP) is failure
    )
    assert clock.pauses == []


def test_being_closed_ends_it() -> None:
    """The pause after which it was closed is the last one."""
    stop = threading.Event()
    stop.set()
    retry = Retry(retries=3, give_up_after=30, clock=PausingClock())
    failure = retry.run(lambda left: PASSING, stop)
    assert failure is not None
    assert failure.text == "busy (attempt 1, then closed)"


@given(
    randoms=st.lists(st.floats(0, 1), min_size=30, max_size=30),
    retries=st.integers(0, 12),
    give_up_after=st.floats(0.1, 100),
    attempt_seconds=st.floats(0, 5),
    asked=st.lists(st.none() | st.floats(0, 20), min_size=30, max_size=30),
)
def test_it_is_bounded(
    randoms: list[float],
    retries: int,
    give_up_after: float,
    attempt_seconds: float,
    asked: list[float | None],
) -> None:
    """Never more attempts or time than allowed, and each attempt is told what is left."""
    clock = PausingClock()
    drawn, pauses_asked = iter(randoms), iter(asked)
    lefts: list[float] = []

    def attempt(left: float) -> Failure:
        assert left == pytest.approx(give_up_after - clock.monotonic())
        assert left > 0
        lefts.append(left)
        clock.advance(min(attempt_seconds, left))
        return Failure("busy", is_transient=True, retry_after=next(pauses_asked))

    retry = Retry(
        retries=retries, give_up_after=give_up_after, clock=clock, random=lambda: next(drawn)
    )
    failure = retry.run(attempt, STOP)
    assert failure is not None
    assert failure.is_transient
    assert 1 <= len(lefts) <= retries + 1
    assert clock.monotonic() <= give_up_after + 1e-9
    for n, pause in enumerate(clock.pauses):
        assert pause >= (asked[n] or 0.0)
        assert pause <= max(asked[n] or 0.0, min(10.0, 0.5 * 2**n))
