"""Bad networks between page and server: slow, cut, silent; and a server that goes and comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.counterparts.proxy import Proxy
from tests.ui.charts import CHART, FEED, PageChart
from tests.ui.jupyter import Lab, LabPage, LabServer
from tests.ui.test_busy import BY_MESSAGE
from tests.wait import wait_until

pytestmark = pytest.mark.alone

CONNECTED = """() => jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .connectionStatus === 'connected'"""
MADE_BY_NETWORK = re.compile(
    r"net::ERR_|WebSocket|Failed to fetch|NetworkError|Gateway|Could not send widget sync message"
    r"|404 .*/api/kernels/"
)
"""What the browser, JupyterLab and ipywidgets report of requests that failed and of kernels that are gone."""
MB = 1e6
NOTES = """() => {
    globalThis.notes = new Set();
    const look = () => notes.add(document.querySelector(".nbs-loading")?.textContent ?? "");
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""
"""Keeps what is said while a chart's scripts come."""


class FarLab:
    """A JupyterLab behind a network that a test makes bad.

    Errors of the page's console that the network makes are not counted: the browser reports each request
    that failed.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.network = Proxy(lab.server.port)
        lab.server.page_port = self.network.port

    def open(self, *cells: str) -> LabPage:
        """Open a notebook while the network is still good."""
        return self.lab.open(cells)

    def memory(self) -> float:
        """Return the megabytes that the server holds."""
        return float(psutil.Process(self.lab.server.process.pid).memory_info().rss / MB)

    def close(self) -> None:
        """Close the pages, then end the network, and forget what it made them report."""
        for context in self.lab.contexts:
            context.close()
        self.network.close()
        for page in self.lab.opened:
            page.console_errors = [e for e in page.console_errors if not MADE_BY_NETWORK.search(e)]


@pytest.fixture
def far_lab(tmp_path: Path, browser: Browser, request: pytest.FixtureRequest) -> Iterator[FarLab]:
    """Start a server of its own behind a network of its own."""
    server = LabServer(tmp_path)
    far = FarLab(Lab(server, browser, request.node.name))
    yield far
    try:
        far.close()
        far.lab.finish(has_failed=False)
    finally:
        server.close()


@pytest.mark.timeout(180)
def test_a_slow_line_gets_the_scripts_once(far_lab: FarLab) -> None:
    """At 1 Mbit/s and 300 ms the first display takes as long as the bytes do, and the server stays small.

    Most of the bytes are JupyterLab's own, which loads its part for widgets with the first one.
    """
    page = far_lab.open(FEED + BY_MESSAGE, CHART[1])
    page.run_cell(0)
    page.page.evaluate(NOTES)
    before, began = far_lab.memory(), time.monotonic()
    sent = far_lab.network.n_down
    far_lab.network.slow(1e6, 0.15)
    page.run_cell(1, wait=False)
    chart = PageChart(page)
    chart.wait(
        "chart.link?.state === 'live' && chart.data.lines.some((line) => line.length > 5)", 75
    )
    assert time.monotonic() - began < 45
    assert far_lab.network.n_down - sent < 1.2 * MB
    assert any("%" in note for note in page.page.evaluate("() => [...globalThis.notes]"))
    # What it shows is of now: nothing waits in a queue.
    chart.wait("Date.now() - chart.data.newest < 3000", 10)
    assert far_lab.memory() - before < 60


@pytest.mark.timeout(180)
def test_a_break_costs_only_what_was_on_its_way(far_lab: FarLab) -> None:
    """A line that is cut while the server's file comes goes on where it was."""
    page = far_lab.open(FEED, CHART[1])
    page.run_cell(0)
    sent = far_lab.network.n_down
    far_lab.network.slow(1e6, 0.02)
    page.run_cell(1, wait=False)
    page.page.wait_for_function(
        "() => / [2-9][0-9] %/.test(document.querySelector('.nbs-loading')?.textContent)",
        timeout=30_000,
    )
    far_lab.network.cut(2)
    PageChart(page).wait("chart.link?.state === 'live'", 60)
    assert far_lab.network.n_down - sent < 0.6 * MB


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("weather", "seconds"), [("cut", 6), ("hole", 12)])
def test_a_live_chart_recovers(far_lab: FarLab, weather: str, seconds: int) -> None:
    """While the network is gone the chart says so; it is back five seconds after JupyterLab at most."""
    page = far_lab.open(*CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    before = far_lab.memory()
    getattr(far_lab.network, weather)(seconds)
    ends = time.monotonic() + seconds
    expect(chart.badge).to_contain_text("no answer from the kernel", timeout=seconds * 1000)
    wait_until(lambda: time.monotonic() > ends, seconds, "the network to come back")
    page.page.wait_for_function(CONNECTED, timeout=60_000)
    began = time.monotonic()
    chart.wait("chart.link.state === 'live' && Date.now() - chart.data.newest < 1500", 30)
    assert time.monotonic() - began < 8
    assert far_lab.memory() - before < 20


@pytest.mark.timeout(180)
def test_a_server_that_comes_back_without_its_kernel(far_lab: FarLab) -> None:
    """The page says what is so, calmly, and doesn't pretend to be live; with a new kernel the cell is."""
    page = far_lab.open(*CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.save()
    far_lab.lab.server.close()
    expect(chart.badge).to_contain_text("no answer from the kernel", timeout=15_000)
    far_lab.lab.server.start()
    expect(chart.badge).to_have_text("kernel restarted: run the cell again", timeout=60_000)
    assert chart.read("chart.toolbar.badge.el.dataset.kind") == "bad"
    n_errors = len(page.console_errors)
    chart.wait("chart.link.silence() > given + 8", 20, chart.read("chart.link.silence()"))
    assert len(page.console_errors) <= n_errors + 1, page.console_errors
    page.new_kernel()
    page.run_all()
    PageChart(page).wait_live()
    expect(page.page.locator(".nbs-chart")).to_have_count(1)


MANY = """
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")

def feed():
    begin, n = time.time(), 0
    while True:
        time.sleep(0.02)
        rows = np.arange(n, int((time.time() - begin) * 200))
        n += len(rows)
        noise = np.random.default_rng(n).normal(size=(8, len(rows)))
        buffer.extend(begin + rows / 200, {f"c{i}": i + row for i, row in enumerate(noise)})

threading.Thread(target=feed, daemon=True).start()
"""
AGES = """(seconds) => new Promise((done) => {
    const ages = [];
    const [chart] = globalThis.__nbstream.charts.values();
    const end = performance.now() + seconds * 1000;
    const look = () => {
        ages.push(Date.now() - chart.data.newest);
        if (performance.now() < end) requestAnimationFrame(look);
        else done(ages);
    };
    look();
})"""
"""The ages of what a page shows, ms, in each animation frame of some seconds."""


FAST = MANY.replace("200)", "1000)").replace("rows / 200", "rows / 1000")
NEWEST_POINTS = """(seconds) => {
    const [chart] = globalThis.__nbstream.charts.values();
    const { lines, newest } = chart.data;
    return Math.min(...lines.map((line) => line.end - line.indexOf(newest - 1000 * seconds)));
}"""


@pytest.mark.timeout(180)
def test_points_are_fewer_on_a_slow_line(far_lab: FarLab) -> None:
    """8 × 1,000/s over 1 Mbit/s are 2 s old at most: with fewer points, which come back with the line."""
    page = far_lab.open(FAST, "chart = ns.LiveChart(buffer, window='10s')\nchart")
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    chart.wait("chart.data.newest - chart.data.lines[0].times[chart.data.lines[0].start] > 4000")
    all_points = page.page.evaluate(NEWEST_POINTS, 2)
    newest = "chart.data.newest - 2000, chart.data.newest"
    per_point = chart.read(f"chart.data.lines[0].readingsPerPoint({newest})")
    far_lab.network.slow(1e6, 0.15)
    page.page.wait_for_function(
        f"(all) => ({NEWEST_POINTS})(2) < all / 1.5", arg=all_points, timeout=30_000
    )
    # What is drawn tells for how many readings it stands.
    assert chart.read(f"chart.data.lines[0].readingsPerPoint({newest})") > per_point
    page.page.evaluate(AGES, 6)
    ages = page.page.evaluate(AGES, 12)
    assert max(ages) < 2000, sorted(ages)[-5:]
    far_lab.network.slow(1e9, 0.0)
    page.page.wait_for_function(
        f"(all) => ({NEWEST_POINTS})(2) > 0.9 * all", arg=all_points, timeout=60_000
    )


@pytest.mark.timeout(180)
def test_a_slow_view_and_a_fast_one(far_lab: FarLab, browser: Browser) -> None:
    """1 Mbit/s shows eight channels 2 s late at most, and neither it nor a hole slows another view."""
    lab = far_lab.lab
    slow = far_lab.open(MANY, "chart = ns.LiveChart(buffer, window='10s')\nchart")
    slow.run_all()
    slow.save()
    lab.server.page_port = lab.server.port
    fast = lab.open(slow.path)
    for page in (slow, fast):
        PageChart(page).wait_live()
    before = far_lab.memory()
    far_lab.network.slow(1e6, 0.15)
    # The line is full of what was sent for a fast one; a few seconds later it has its own pace.
    slow.page.evaluate(AGES, 6)
    sent = far_lab.network.n_down
    ages = slow.page.evaluate(AGES, 4)
    assert max(ages) < 2000, sorted(ages)[-5:]
    assert 5e3 < far_lab.network.n_down - sent < 4 * 1e6 / 8 * 1.2
    assert np.median(fast.page.evaluate(AGES, 2)) < 400
    far_lab.network.hole(10)
    assert np.median(fast.page.evaluate(AGES, 8)) < 400
    assert far_lab.memory() - before < 5
