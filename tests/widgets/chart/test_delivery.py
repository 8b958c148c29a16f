"""Whether readings should be coming now."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.sources.state import SourceState
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.delivery import Delivery

MINUTE_NS = 60 * 10**9


class Told:
    """An analyzer's source and buffer, as far as a delivery asks for them."""

    def __init__(self, state: SourceState | None = None) -> None:
        self.buffer = ns.Buffer(timezone="UTC")
        self.source: Any = None if state is None else self
        self.state = state


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until it is told."""
    return FakeClock()


def append(told: Told, clock: FakeClock, age: float = 0.0) -> None:
    """Append a reading that is this many seconds old."""
    told.buffer.append(clock.wall_ns() / 1e9 - age, x=1.0)


@pytest.mark.parametrize("state", SourceState)
def test_a_source_delivers_while_it_runs_or_tries(state: SourceState, clock: FakeClock) -> None:
    """Also before its first reading, and for as long as it is silent."""
    told: Any = Told(state)
    delivery = Delivery(told, clock)
    is_due = state.name in {"CONNECTING", "RUNNING", "UNREADABLE", "RECONNECTING"}
    assert delivery.is_due(MINUTE_NS, None) is is_due
    append(told, clock)
    assert delivery.is_due(MINUTE_NS, 2.0) is is_due
    clock.advance(3600)
    assert delivery.is_due(MINUTE_NS, 2.0) is is_due


def test_a_source_of_old_readings_is_historic(clock: FakeClock) -> None:
    """Time does not run on between readings of another day; with new ones it does."""
    told: Any = Told(SourceState.RUNNING)
    delivery = Delivery(told, clock)
    append(told, clock, age=90_000)
    assert not delivery.is_due(MINUTE_NS, 2.0)
    append(told, clock, age=80_000)
    assert delivery.is_due(MINUTE_NS, 2.0)
    clock.advance(100_000)  # silence makes nothing historic
    assert delivery.is_due(MINUTE_NS, 2.0)


def test_a_buffer_is_fed_until_its_readings_left_the_view(clock: FakeClock) -> None:
    """A loop that pauses for less than the window goes on; one that has ended leaves its line in view."""
    told: Any = Told()
    delivery = Delivery(told, clock)
    assert delivery.is_due(MINUTE_NS, None)
    append(told, clock)
    assert delivery.is_due(MINUTE_NS, 2.0)
    clock.advance(59)
    assert delivery.is_due(MINUTE_NS, 2.0)
    clock.advance(2)
    assert not delivery.is_due(MINUTE_NS, 2.0)
    assert delivery.is_due(MINUTE_NS, 120.0)  # where readings are rarer than the window is long
    append(told, clock)
    assert delivery.is_due(MINUTE_NS, 2.0)


def test_a_short_window_is_given_two_seconds(clock: FakeClock) -> None:
    """Less than that is never silence."""
    told: Any = Told()
    delivery = Delivery(told, clock)
    append(told, clock)
    assert delivery.is_due(10**8, None)
    clock.advance(1.5)
    assert delivery.is_due(10**8, None)
    clock.advance(1)
    assert not delivery.is_due(10**8, None)


@pytest.mark.parametrize(("age", "is_due"), [(10, True), (70, False), (-10, True), (90_000, False)])
def test_what_came_before_anybody_looked_came_at_its_time(
    age: float, is_due: bool, clock: FakeClock
) -> None:
    """A chart of a buffer that was filled long ago stands still from the beginning."""
    told: Any = Told()
    append(told, clock, age=age)
    assert Delivery(told, clock).is_due(MINUTE_NS, 2.0) is is_due


def test_a_page_is_told() -> None:
    """It is part of what goes with the frames, when it changes."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer, window="60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        first = feed.frame()
        assert first is not None
        assert first.content["meta"]["delivering"] is True
        buffer.extend(1_782_907_200.0 - np.arange(9.0)[::-1] - 1e9, x=np.ones(9))
        second = feed.frame()
        assert second is not None
        assert second.content["meta"]["delivering"] is False
