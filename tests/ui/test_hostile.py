"""What a page must not be able to do: messages that break the kernel's half, and a flood of them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import LabPage, tracebacks

SEND = """([comm_id, messages]) => {
    const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
    messages.forEach((data, i) => kernel.sendShellMessage({
        header: {
            msg_id: `${comm_id}-${performance.now()}-${i}`, msg_type: "comm_msg",
            session: kernel.clientId, username: "", version: "5.3", subshell_id: null,
            date: new Date().toISOString(),
        },
        parent_header: {}, metadata: {}, channel: "shell", buffers: [], content: { comm_id, data },
    }, false, true));
}"""
"""Sends raw messages to a widget, as any script of the page could."""
MB = 1_000_000
WRONG = [None, 5, "x", [], {}, {"method": ["update"]}, {"method": "custom"}]
WRONG += [{"method": "custom", "content": content} for content in (None, 5, "x", [], {}, [[[]]])]
KINDS = ("hello", "ack", "visible", "history", "window", "click", "show", "table", "need", "bye")
ODD = (None, -1, 1e308, "x" * 100, [], {"a": {"b": []}}, True, "<img src=x onerror=pwned=1>")
FIELDS = ("client", "value", "channel", "from", "to", "seq", "width", "lag", "request", "name")
CUSTOM = [{"kind": kind, **dict.fromkeys(FIELDS, odd)} for kind in KINDS for odd in ODD]
STATES = [5, None, {"_esm": "globalThis.pwned = 1"}, {"_css": "*{display:none}"}, {"_view_name": 7}]
STATES += [
    {"_data": [{"x": "x" * MB}]},
    {"layout": {"width": -1}},
    {"_layout": {}},
    {"height": "1px"},
]
UPDATES = [{"method": "update", "state": state, "buffer_paths": []} for state in STATES]
UPDATES += [{"method": "update", "state": {"x": 1}, "buffer_paths": [["x"], ["y", 3]]}]
LARGE = [{"method": "custom", "content": {"kind": "history", "client": "y" * MB}}]
FLOOD = [{"method": "custom", "content": {"kind": "window", "value": "5min", "request": 1}}] * 2000


def test_hostile_messages_change_nothing(live: tuple[LabPage, PageChart]) -> None:
    """Wrong types, a megabyte, writes to the script and a flood are counted; the chart goes on.

    No cell shows a word of it, and nothing is logged.
    """
    page, chart = live
    n_logged = len(page.server.log)  # by the tests before
    comm = page.kernel_eval("print(chart.comm.comm_id)")
    about = "size = chart.layout.width, chart.layout.height, chart.layout.title.text\n"
    about += "print(hash(chart._esm), chart.analyzer.window, chart.is_paused, *size)"
    before = page.kernel_eval(about)
    outputs = page.page.locator(".jp-OutputArea-output").count()
    ignored = int(page.kernel_eval("print(chart.n_ignored)"))
    hostile = [*WRONG, *({"method": "custom", "content": one} for one in CUSTOM), *UPDATES, *LARGE]
    page.page.evaluate(SEND, [comm, hostile])
    chart.wait_newer()
    now = int(page.kernel_eval("print(chart.n_ignored)"))
    assert now - ignored > len(hostile) / 2
    assert page.kernel_eval(about) == before
    page.page.evaluate(SEND, [comm, FLOOD])
    chart.wait("Date.now() - chart.data.newest < 1500", 80)
    expect(chart.badge).to_have_text("live", timeout=20_000)
    assert int(page.kernel_eval("print(chart.n_ignored)")) - now > len(FLOOD) * 0.8
    chart.wait_newer()
    assert chart.n_inked() > 20
    assert page.page.locator(".jp-OutputArea-output").count() == outputs
    assert page.cell_errors() == []
    assert tracebacks(page.server.log[n_logged:]) == []
    assert page.page.evaluate("() => globalThis.pwned ?? null") is None
