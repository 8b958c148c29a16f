"""Who reads a buffer slowly, or not at all, never slows the source that fills it."""

from __future__ import annotations

import threading
from typing import Any

import nbstream as ns
from tests.wait import wait_until


def test_rules_and_callbacks_that_hang_hold_no_source_up() -> None:
    """An observer and a notifier that don't return cost themselves; all readings are taken meanwhile."""
    let_go, entered = threading.Event(), threading.Semaphore(0)

    def hang(*_: Any) -> None:
        entered.release()
        let_go.wait(30)

    source = ns.CallableSource(iter(range(10**6)).__next__, interval=0.001)
    analyzer = ns.Analyzer(source, window="1s")
    try:
        analyzer.alert("value >= 0")
        analyzer.notify(hang)
        analyzer.observe(hang, "mean")
        source.start()
        for _ in range(2):
            assert entered.acquire(timeout=15)
        before = source.counters()
        wait_until(lambda: source.counters().accepted >= before.accepted + 200, 15)
        assert source.counters().dropped == 0
        assert source.state is ns.SourceState.RUNNING
        source.stop()
        assert source.status == "stopped"
    finally:
        let_go.set()
        analyzer.close()
        source.close()
