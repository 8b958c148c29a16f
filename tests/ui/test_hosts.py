"""The same acts in JupyterLab, Notebook 7 and voila."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.acts import ACTS, DASHBOARD, each_has_its_own_view, follows_the_theme, goes_on
from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, NotebookPage, Voila

TALL = {"width": 1280, "height": 1400}


def do_all(page: NotebookPage) -> PageChart:
    """Do every act on a page with a dashboard."""
    page.page.set_viewport_size(TALL)
    chart = PageChart(page)
    for act in ACTS:
        act(chart)
    return chart


@pytest.mark.parametrize("host", ["lab", "notebook"])
def test_notebooks(host: str, request: pytest.FixtureRequest) -> None:
    """JupyterLab and Notebook 7 do the same; a cell that runs again is live, in one dashboard."""
    pages: Lab = request.getfixturevalue(host)
    page = pages.open(DASHBOARD)
    page.run_all()
    page.hide_code()
    chart = do_all(page)
    follows_the_theme(chart, lambda: page.set_theme("JupyterLab Dark"))
    page.screenshot(f"hosts-{host}")
    page.run_cell(1)
    goes_on(PageChart(page))
    expect(page.page.locator(".nbs-chart")).to_have_count(1)
    page.kernel_eval("ns.stop_all()")


def test_voila(voila: Voila) -> None:
    """A voila page does it all too; loaded again, and for another client, it has a kernel of its own."""
    page = voila.open(DASHBOARD)
    chart = do_all(page)
    # A page of voila has its theme from the beginning; this is what its dark one sets.
    dark = "() => { document.body.dataset.jpThemeLight = 'false'; }"
    follows_the_theme(chart, lambda: page.page.evaluate(dark))
    page.screenshot("hosts-voila")
    page.load()
    goes_on(PageChart(page))
    expect(page.page.locator(".nbs-chart")).to_have_count(1)
    other = voila.open(page.path)
    other.page.set_viewport_size(TALL)
    each_has_its_own_view(PageChart(page), PageChart(other))
    page.close()
    goes_on(PageChart(other))
