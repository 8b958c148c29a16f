"""Channels of words on a real JupyterLab page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab
from tests.wait import wait_until

STATES = """
import time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
now = time.time()
for i in range(240):
    if 100 <= i < 110:
        continue  # nobody was there
    buffer.append(
        now - 240 + i,
        value=50 + 40 * np.sin(i / 9),
        pump=["IDLE", "RUN", "<b>ERROR</b>", "\\u202eRTL"][i // 40 % 4],
        mode="manual" if i // 60 % 2 else "automatic, with a long name",
    )
for at, state in [(230, "closed"), (150, "open"), (120, "closed"), (31, "open"), (30, "closed")]:
    buffer.append(now - at, door=state)
chart = ns.LiveChart(buffer, window="5min", title="States")
chart
"""


def test_states_are_blocks_with_their_labels(lab: Lab) -> None:
    """Each channel of words is a lane of blocks by label; the cursor says which and since when."""
    page = lab.open([STATES])
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.plot.frame && chart.plot.frame.lanes.length === 3")
    page.screenshot("lanes")
    place = chart.read(
        "({x: chart.plot.xOf(chart.data.newest - 60e3), y: chart.plot.frame.lanes[0].top + 5})"
    )
    plot = chart.root.locator(".nbs-plot")
    plot.hover(position=place)
    readout = chart.root.locator(".nbs-readout")
    expect(readout).to_contain_text("since")
    page.screenshot("lanes-cursor")
    chart.root.locator(".nbs-legend-entry").nth(1).click()
    chart.wait("chart.plot.frame.lanes.length === 2")
    wait_until(
        lambda: page.kernel_eval("print(chart._hidden_lanes)") == "{1}", 10, "the kernel to know"
    )
    page.set_theme("JupyterLab Dark")
    chart.root.locator(".nbs-legend-entry").nth(1).click()
    chart.wait("chart.plot.frame.lanes.length === 3")
    page.screenshot("lanes-dark")
    page.page.set_viewport_size({"width": 640, "height": 800})
    page.screenshot("lanes-narrow")
