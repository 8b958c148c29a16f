"""Tests of the one who tells subscribers."""

from __future__ import annotations

import threading

import numpy as np

from nbstream.alerts import AlertLog, Notification, Rule

NS = 1_000_000_000


def test_rules_of_a_log_are_told_in_order_on_one_thread() -> None:
    """While a subscriber is still at it, what another rule says elsewhere waits, and comes after it."""
    log = AlertLog(timezone="UTC")
    first, second = (Rule("value > 90", name=name, log=log) for name in ("first", "second"))
    high = np.array([95.0])
    told: list[tuple[str, int]] = []

    def tell(notification: Notification) -> None:
        if not told:
            other = threading.Thread(target=second.evaluate, args=(np.array([2 * NS]), high, high))
            other.start()
            other.join()  # it doesn't wait for this
        told.append((notification.incident.rule, threading.get_ident()))

    log.subscribe(tell)
    first.evaluate(np.array([NS]), high, high)
    me = threading.get_ident()
    assert told == [("first", me), ("second", me)]
    assert log.counters().notified == 2
