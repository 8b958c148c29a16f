"""A notebook that was saved with the state of its widgets, by another version of nbstream."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import expect

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab

CELL = """
import nbstream as ns
buffer = ns.Buffer()
for i in range(50): buffer.append(float(i), value=float(i))
chart = ns.LiveChart(buffer, window="10s")
chart
"""
SCRIPT_NAME = re.compile(r"(app|plotly)-[0-9a-f]{16}\.js")


def test_a_notebook_with_the_state_of_its_widgets_shows_what_it_kept(lab: Lab) -> None:
    """Its scripts are nowhere and its kernel is gone: it neither throws nor waits; the cell makes it live."""
    path = lab.server.new_notebook([CELL])
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, store_widget_state=True).execute()
    text = nbformat.writes(notebook)
    assert SCRIPT_NAME.search(text), "the state has the loader"
    path.write_text(SCRIPT_NAME.sub(r"\1-0123456789abcdef.js", text), encoding="utf-8")
    page = lab.open(path)
    expect(page.page.locator(".nbs-kept tbody")).to_contain_text("value")
    expect(page.page.locator(".nbs-loading")).to_have_count(0)
    page.run_all()
    PageChart(page).wait("chart.link.state === 'live' && chart.data.lines[0]?.length > 5")
    expect(page.page.locator(".nbs-kept")).not_to_be_visible()


@pytest.mark.parametrize(
    ("protocol", "text"),
    [
        (99, "nbstream was updated: reload the page, then run the cell again"),
        (0, "nbstream was updated: restart the kernel, then run the cell again"),
    ],
)
def test_a_page_that_the_kernel_does_not_understand_says_what_to_do(
    lab: Lab, protocol: int, text: str
) -> None:
    """It says it once, where the chart's state stands, and asks the kernel for nothing more."""
    page = lab.open(
        [
            f"{FEED}\nimport nbstream.widgets.page.link\nnbstream.widgets.page.link.PROTOCOL = {protocol}",
            "dashboard = ns.watch(buffer)\ndashboard",
        ]
    )
    page.run_all()
    expect(page.page.locator(".nbs-badge-text")).to_have_text(text)
    told = page.page.locator(".nbs-badge-text, .nbs-note").filter(has_text=text)
    expect(told).to_have_count(1)
    assert page.kernel_eval("print(dashboard.chart._link.n_visible)") == "0"
