"""The notebook of all sources, as a reader runs it: each of its charts is live."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.charts import PageChart
from tests.ui.jupyter import CELL_TIMEOUT, Lab, NotebookPage, Voila
from tests.ui.test_busy import MOVING
from tests.wait import wait_until

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "06_sources.ipynb"
# Of the charts from the top of the page to its end, which may have appeared in another order.
TITLES = """[...document.querySelectorAll(".nbs-chart")].map((el) =>
    [...(globalThis.__nbstream?.views ?? [])].find((view) => view.el === el)?.data.meta?.figure?.title)"""


def chart_of(page: NotebookPage, title: str) -> PageChart:
    """Return the chart with a title, once it is there."""
    page.page.wait_for_function(
        f"(title) => {TITLES}.includes(title)", arg=title, timeout=CELL_TIMEOUT * 1e3
    )
    return PageChart(page, page.page.evaluate(f"(title) => {TITLES}.indexOf(title)", title))


def check_live(page: NotebookPage, n_sources: int) -> None:
    """Assert that each chart has lines of its source, and goes on."""
    page.page.wait_for_function(
        f"(n) => new Set({TITLES}).size === n", arg=n_sources, timeout=CELL_TIMEOUT * 1e3
    )
    titles = page.page.evaluate(TITLES)
    assert len(titles) == n_sources
    for title in titles:
        chart = chart_of(page, title)
        chart.root.scroll_into_view_if_needed()
        chart.wait("chart.data.lines.length && chart.data.lines.every((line) => line.length > 1)")
        if title != "A training loop":
            chart.wait_newer()
            chart.wait("chart.toolbar.badge.el.dataset.kind === 'good'")
        page.screenshot(f"sources-{page.__class__.__name__}-{chart.index:02}")


@pytest.mark.timeout(300)
def test_every_source_is_live_in_jupyterlab(lab: Lab) -> None:
    """Run All shows a chart a source, and the training's moves while its own cell runs."""
    page = lab.open(Path(shutil.copy(NOTEBOOK, lab.server.notebooks)))
    page.page.set_viewport_size({"width": 1200, "height": 1200})
    page.run_all(wait=False)
    training = chart_of(page, "A training loop")
    training.root.scroll_into_view_if_needed()
    training.wait(MOVING)
    wait_until(lambda: training.n_inked() > 20, 15, "the line")
    assert training.read("chart.link.state") == "busy"
    page.screenshot("sources-training")
    page.page.locator(".jp-OutputArea table.dataframe").wait_for(timeout=CELL_TIMEOUT * 1e3)
    page.wait_idle()
    assert page.cell_errors() == []
    check_live(page, int(page.kernel_eval("print(len(sources))")))
    page.kernel_eval("end()")
    assert page.kernel_process().children() == []


@pytest.mark.timeout(300)
def test_every_source_is_live_on_a_page(voila: Voila) -> None:
    """The same as a page of voila's."""
    page = voila.open(Path(shutil.copy(NOTEBOOK, voila.server.notebooks)))
    table = page.page.locator("table.dataframe")
    table.wait_for(state="attached", timeout=CELL_TIMEOUT * 1e3)
    check_live(page, table.locator("tbody tr").count())
