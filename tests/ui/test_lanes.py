"""Channels of words on a real JupyterLab page."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from nbstream.widgets.chart.look import PALETTE
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


RUST, *OTHERS = (int(color[1:], 16) for color in PALETTE[1:5])
"""Colours of labels that are none of the line's."""


def colors(chart: PageChart, canvas: str) -> Any:
    """Return the colours of a canvas's pixels as numbers, 0xrrggbb."""
    url = chart.read(f"{canvas}.toDataURL()")
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        red, green, blue = np.moveaxis(np.asarray(image.convert("RGB")).astype(int), 2, 0)
    return (red << 16) + (green << 8) + blue


def test_states_are_blocks_with_their_labels(lab: Lab) -> None:
    """Each channel of words is a lane of blocks by label, in the strip and in a saved PNG too.

    The cursor says which state it is and since when.
    """
    page = lab.open([STATES])
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.plot.frame && chart.plot.frame.lanes.length === 3")
    page.hide_code()
    chart.wait("chart.overview.bins?.n > 60 && chart.overview.drawn")
    page.screenshot("lanes")
    strip = colors(chart, "chart.overview.canvas")
    assert all(np.count_nonzero(strip == color) > 20 for color in (RUST, *OTHERS))
    saved = colors(chart, "chart.plot.toCanvas(2)")
    assert all(np.count_nonzero(saved == color) > 1000 for color in (RUST, *OTHERS))
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


RULES = """
import time
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
now = time.time()
for i in range(120):
    state = "ERROR" if 40 <= i < 44 else "IDLE" if i >= 115 else "RUN"
    buffer.append(now - 120 + i, state=state, value=float(i % 7))
dashboard = ns.watch(buffer, window="3min", alerts=['state == "ERROR"'])
dashboard
"""


def test_a_rule_about_a_word_on_a_page(lab: Lab) -> None:
    """Its incident is in the feed with the word; the editor takes another, counts it, and shows its state."""
    page = lab.open([RULES])
    page.run_all()
    page.hide_code()
    feed = page.page.locator(".nbs-feed-list")
    expect(feed).to_contain_text("state was 'ERROR' since")
    rules = page.page.locator(".nbs-rules")
    rules.get_by_role("button", name="+ threshold").click()
    form = rules.get_by_role("group", name="New threshold")
    form.get_by_role("button", name="more…").click()
    editor = rules.get_by_role("group", name="Rule editor")
    condition = editor.get_by_label("condition", exact=True)
    condition.fill('value == "IDLE"')
    channel = editor.get_by_label("channel", exact=True)
    channel.select_option("value")
    expect(editor).to_contain_text("but that channel holds numbers")
    channel.select_option("state")
    expect(editor.locator(".nbs-preview")).to_contain_text("fired once")
    page.screenshot("word-rule-editor")
    editor.get_by_role("button", name="add").click()
    chips = rules.locator(".nbs-rule .nbs-chip")
    expect(chips.nth(1)).to_have_text("firing")
    expect(feed).to_contain_text("state was 'IDLE' since")
    page.screenshot("word-rule")
