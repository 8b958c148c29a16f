"""Each state of a source says why and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import nbstream as ns
from nbstream.readings.zone import as_zone
from nbstream.sources.base import Source, SourceState
from nbstream.testing import FakeClock

START = datetime.fromtimestamp(1_782_907_200, UTC)


class Told(Source):
    """Says of itself what a test says; it never starts."""

    kind = "told"

    def _run(self) -> None:
        return


@pytest.mark.parametrize("state", SourceState)
def test_each_state_has_a_reason_and_a_time(state: SourceState) -> None:
    """Another reason is no other state: its time stays, also for years; another state has a new one."""
    clock = FakeClock()
    source = Told(clock=clock, timezone="Europe/Prague")
    assert (source.since, source.reason) == (START, "")
    other = SourceState.RUNNING if state is not SourceState.RUNNING else SourceState.FAILED
    source._set_state(other)
    clock.advance(90)
    source._set_state(state, "first why")
    assert source.since == START + timedelta(seconds=90)
    assert source.reason == "first why"
    clock.advance(3600)
    source._set_state(state, "then why")
    assert source.since == START + timedelta(seconds=90)
    assert source.reason == "then why"
    assert source.since.tzinfo is as_zone("Europe/Prague")
    source._set_state(other)
    assert (source.since, source.reason) == (START + timedelta(seconds=3690), "")
    source.close()


def test_a_reason_shows_no_secret() -> None:
    """What looks like one becomes stars, as in the status."""
    source = Told()
    source._set_state(SourceState.RECONNECTING, "no answer from mqtt://ann:cAnary7Bird9@host/x")
    assert "cAnary7Bird9" not in source.reason
    assert "***" in source.reason
    source.close()


def test_tries_that_fail_again_are_one_state() -> None:
    """RECONNECTING is told since the first failure, with the newest reason."""

    class Failing(Told):
        n = 0

        def _run(self) -> None:
            self.n += 1
            raise ConnectionResetError(104, f"reset {self.n}")

        def _wait(self, seconds: float | None) -> bool:
            seen.append((self.state, self.since, self.reason))
            clock.advance(60)
            return False

        def _is_final(self, error: Exception) -> bool:
            return self.n == 5

    clock = FakeClock()
    seen: list[Any] = []
    source = Failing(clock=clock)
    source._supervise()
    assert source.state is SourceState.FAILED
    assert {(state, since) for state, since, _ in seen} == {(SourceState.RECONNECTING, START)}
    assert seen[3][2].endswith("(attempt 4): reset 4")
    assert source.since == START + timedelta(seconds=240)
    source.close()


def test_a_chain_says_what_its_worst_source_says() -> None:
    """Of several the name stands before the reason; what was stopped is stopped since then."""
    clock = FakeClock()
    good, bad = Told(name="good", clock=clock), Told(name="bad", clock=clock)
    both = ns.merge(good, bad)
    one = bad.where("value > 0")
    assert (both.since, both.reason) == (START, "")
    for chain in (both, one):
        chain._attach()
        chain._was_started = True
    clock.advance(10)
    bad._set_state(SourceState.RECONNECTING, "reset by peer")
    clock.advance(10)
    assert (both.reason, one.reason) == ("bad: reset by peer", "reset by peer")
    assert both.since == one.since == START + timedelta(seconds=10)
    both.stop()
    assert both.state is SourceState.STOPPED
    assert (both.since, both.reason) == (START + timedelta(seconds=20), "")
    one.close()
    for source in (both, good, bad):
        source.close()


def test_who_sees_a_failure_sees_why() -> None:
    """The error is there before the state is."""
    seen: list[Exception | None] = []

    class Watched(Told):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "_state" and value is SourceState.FAILED:
                seen.append(self.last_error)
            super().__setattr__(name, value)

    source, error = Watched(), ValueError("no good")
    source._set_state(SourceState.FAILED, "no good", error)
    assert seen == [error]
    source.close()
