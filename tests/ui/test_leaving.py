"""Nothing on a page leaves the machine: no button, no script, no link goes anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import Lab, NotebookPage, Voila

SHOWN = ["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]
NAMES = """chart.figure._fullLayout._modeBar.buttons.flat().map(({ name }) => name)"""


def press_every_button(page: NotebookPage, chart: PageChart) -> None:
    """Press each button of plotly's bar, with the mouse."""
    buttons = chart.root.locator(".modebar-btn")
    expect(buttons).to_have_count(len(SHOWN))
    for number in range(len(SHOWN)):
        chart.root.locator(".nsewdrag").hover()
        button = buttons.nth(number)
        if button.get_attribute("data-title", timeout=5000).startswith("Download"):  # type: ignore[union-attr]
            with page.page.expect_download() as download:
                button.click()
            assert download.value.url.startswith(("data:", "blob:"))
        else:
            button.click()
    expect(page.page.locator("a[href*='plotly'], .plotly-cloud-dialog")).to_have_count(0)


@pytest.mark.parametrize("host", ["lab", "voila"])
def test_no_button_sends_anything_anywhere(
    host: str, lab: Lab, request: pytest.FixtureRequest
) -> None:
    """Live and paused, each button of the bar does its work on the page."""
    pages: Lab | Voila = lab if host == "lab" else request.getfixturevalue("voila")
    page = pages.open(CHART)
    if host == "lab":
        page.run_all()  # type: ignore[union-attr]
    chart = PageChart(page)
    chart.wait_live()
    assert chart.read(NAMES) == SHOWN
    press_every_button(page, chart)
    chart.root.get_by_role("button", name="Pause").click()
    chart.wait("chart.painter.isFrozen && chart.figure.data[0].x.length > 5")
    assert chart.read(NAMES) == SHOWN
    press_every_button(page, chart)
    assert len(page.context.pages) == 1
    page.assert_nothing_left()


def test_buttons_of_a_chart_that_is_shown(lab: Lab) -> None:
    """Buttons come and go with the layout, also in a chart that is on the page already."""
    page = lab.open(CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    names = f"JSON.stringify({NAMES}) === JSON.stringify(given)"
    page.kernel_eval("chart.update_layout(modebar_add=['drawline', 'sendDataToCloud'])")
    chart.wait(names, argument=[*SHOWN, "drawline"])
    page.kernel_eval("chart.layout.modebar.remove = ['pan', 'drawline']")
    chart.wait(names, argument=[name for name in [*SHOWN, "drawline"] if name != "pan2d"])
    page.kernel_eval("chart.layout.modebar = {}")
    chart.wait(names, argument=SHOWN)
    chart.wait_newer()


def test_static_copies(lab: Lab, tmp_path: Path) -> None:
    """The page of to_html has plotly's buttons but for those that upload, and asks nobody for anything."""
    page = lab.open([*CHART, "figure = chart.to_figure()\nfigure"])
    page.run_all()
    PageChart(page).wait_live()
    shown = page.page.locator(".js-plotly-plot").last
    names = "(figure) => figure._fullLayout._modeBar.buttons.flat().map(({ name }) => name)"
    uploading = {"sendChartToCloud", "sendDataToCloud", "editInChartStudio"}
    assert not set(shown.evaluate(names)) & uploading
    page.kernel_eval(f"chart.write_html({str(tmp_path / 'copy.html')!r})")
    copy = page.context.new_page()
    asked: list[str] = []
    copy.on("request", lambda request: asked.append(request.url))
    copy.goto(f"file://{tmp_path / 'copy.html'}")
    figure = copy.locator(".js-plotly-plot")
    expect(figure.locator(".modebar-btn")).to_have_count(len(SHOWN))
    assert set(figure.evaluate(names)) == set(SHOWN)
    expect(copy.locator(".plotlyjsicon")).to_have_count(0)
    assert asked == [copy.url]
    page.assert_nothing_left()
