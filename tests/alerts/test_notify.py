"""Notifiers on an analyzer's rules, from the reading to the notifier."""

from __future__ import annotations

import nbstream as ns
from nbstream.alerts import Notification
from nbstream.readings.batch import time_ns
from tests.wait import wait_until


def test_a_function_is_told_of_what_fires_and_ends() -> None:
    """What the rules of an analyzer do reaches a function, in order; closing delivers the last of it."""
    told: list[Notification] = []
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        dispatcher = analyzer.notify(told.append)
        analyzer.alert("value > 90")
        now = time_ns(None) / 1e9
        buffer.extend([now, now + 1, now + 2], value=[95.0, 50.0, 99.0])
        analyzer.update()
        wait_until(lambda: len(told) == 3, message="three notifications")
    assert [n.kind for n in told] == ["fired", "resolved", "fired", "resolved"]
    assert told[0].incident.reason.startswith("value 95 > 90")
    assert "rule closed" in told[3].incident.reason
    assert dispatcher.is_closed
    assert "rule closed" in told[3].incident.reason
    assert dispatcher.counters().failed == 0
