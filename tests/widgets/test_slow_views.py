"""A page that takes nothing never slows the source that it shows."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import nbstream as ns
from nbstream.widgets.page.panel import Panel
from tests.wait import wait_until


@pytest.mark.parametrize("kind", ["chart", "dashboard"])
def test_a_send_that_hangs_holds_no_source_up(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """All readings are taken and seen by rules while the way to the pages is stuck; nothing is dropped."""
    let_go, entered = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            let_go.wait(30)

    for widget in (ns.LiveChart, Panel):
        monkeypatch.setattr(widget, "send", hang)
    source = ns.CallableSource(iter(range(10**6)).__next__, interval=0.001)
    analyzer = ns.Analyzer(source, window="1s")
    shown = ns.LiveChart(analyzer) if kind == "chart" else ns.Dashboard(analyzer)
    chart = shown if isinstance(shown, ns.LiveChart) else shown.chart
    try:
        rule = analyzer.alert("value >= 0")
        source.start()
        hello = {"kind": "hello", "client": "a", "visible": True, "width": 800}
        data = {"method": "custom", "content": hello}
        chart._handle_msg({"content": {"data": data}, "buffers": []})
        assert entered.wait(15)
        before = source.counters()
        wait_until(lambda: source.counters().accepted >= before.accepted + 500, 15)
        assert source.counters().dropped == 0
        assert source.state is ns.SourceState.RUNNING
        wait_until(lambda: rule.state.name == "FIRING", 15)
        newest = analyzer.last
        wait_until(lambda: analyzer.last > newest, 15)
        source.stop()
        assert source.status == "stopped"
    finally:
        let_go.set()
        shown.close()
        analyzer.close()
        source.close()
