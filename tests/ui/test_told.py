"""What the chart says of its readings, rules and detectors, as a person reads it on a page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab
from tests.wait import wait_until

TWO_UNITS = """
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC", units={"temperature": "°C", "humidity": "%"})
stopped = threading.Event()

def feed():
    while not stopped.wait(0.02):
        now = time.time()
        buffer.append(now, temperature=22 + 3 * np.sin(now), humidity=50 + 5 * np.cos(now / 2))

threading.Thread(target=feed, daemon=True, name="feed").start()
chart = ns.LiveChart(buffer, window="10s", title="A room")
chart
"""


def test_limits_of_a_formula_are_dragged_on_their_axes(lab: Lab) -> None:
    """A condition that names two channels of two units has a line on each; one is moved, the other stays."""
    page = lab.open([TWO_UNITS])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.kernel_eval(
        "rule = chart.analyzer.alert('temperature > 24 and humidity < 48', name='dry heat',"
        "levels={'critical': 'temperature > 24.8'})"
    )
    chart.wait("chart.data.meta.figure.thresholds.length === 3")
    handle = chart.root.get_by_role("slider", name="Limit of dry heat: humidity < 48")
    expect(handle).to_be_visible()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = page.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y - 30, steps=5)
    expect(chart.root.locator(".nbs-limit-label:visible")).to_contain_text("in the last")
    page.screenshot("told-formula")
    mouse.up()
    wait_until(
        lambda: "humidity < 48" not in page.kernel_eval("print(rule.condition)"), 10, "the limit"
    )
    moved = page.kernel_eval("print(rule.condition, rule.levels)")
    assert moved.startswith("temperature > 24 and humidity < ")
    assert "temperature > 24.8" in moved
