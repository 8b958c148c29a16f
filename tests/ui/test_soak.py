"""A thousand readings a second of four channels into a small ring, for half a minute."""

from __future__ import annotations

import pytest

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab

pytestmark = pytest.mark.alone

FEED = """
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(10_000, timezone="UTC")
names = ("a", "b", "c", "d")

def feed():
    begin = time.time()
    n = 0
    while True:
        time.sleep(0.05)
        rows = np.arange(n, int((time.time() - begin) * 1000))
        n += len(rows)
        values = np.sin(rows / 500)
        buffer.extend(begin + rows / 1000, {name: values + i for i, name in enumerate(names)})

threading.Thread(target=feed, daemon=True).start()
"""
LOOKS = 5
BETWEEN_MS = 4000
MB = 1e6


@pytest.mark.timeout(180)
def test_a_ring_that_wraps_leaves_the_page_as_it_is(lab: Lab) -> None:
    """The lines move on, they hold no more points, and the page's memory is flat."""
    page = lab.open([FEED, "ns.LiveChart(buffer, window='5s')"])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    devtools = page.context.new_cdp_session(page.page)
    chart.wait("chart.data.total > 50_000", 30)  # the ring has wrapped
    sizes, heaps = [], []
    for _ in range(LOOKS):
        newest, edge = chart.read("[chart.data.newest, chart.plot.frame.to]")
        chart.wait(f"chart.data.newest > given + {BETWEEN_MS}", 20, newest)
        assert chart.read("chart.plot.frame.to") > edge + BETWEEN_MS / 2
        assert chart.read("Date.now() - chart.data.newestUntil(chart.plot.frame.to)") < 3000
        sizes.append(chart.read("Math.max(...chart.data.lines.map((line) => line.times.length))"))
        for _ in range(2):
            devtools.send("HeapProfiler.collectGarbage")
        heaps.append(devtools.send("Runtime.getHeapUsage")["usedSize"])
    assert len(chart.read("chart.data.lines.map((line) => line.length)")) == 4
    assert sizes[-1] == sizes[1], sizes
    assert heaps[-1] - heaps[1] < 2 * MB, heaps
