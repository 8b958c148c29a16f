"""Nothing on a page leaves the machine: no button, no script, no link goes anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import Lab, NotebookPage, Voila

SHOWN = ["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


def press_every_button(page: NotebookPage, chart: PageChart) -> list[str]:
    """Press each button of the toolbar with the mouse; return their names."""
    names = []
    buttons = chart.root.locator(".nbs-toolbar button")
    for number in range(buttons.count()):
        button = buttons.nth(number)
        if not button.is_visible() or button.is_disabled():
            continue
        name = button.get_attribute("aria-label") or button.inner_text()
        names.append(name)
        button.click()
        if name == "More":
            names += save_files(page)
    return names


def save_files(page: NotebookPage) -> list[str]:
    """Save what the open menu of the toolbar offers; return the names of its choices."""
    saves = page.page.locator(".nbs-menu:visible").get_by_role("menuitem", name="Save")
    names = saves.locator(".nbs-menu-name").all_inner_texts()
    for name in names:
        opener = page.page.get_by_role("button", name="More", exact=True)
        if opener.get_attribute("aria-expanded") == "false":
            opener.click()
        with page.page.expect_download() as download:
            page.page.get_by_role("menuitem", name=name, exact=True).click()
        assert download.value.url.startswith("blob:")
        head = download.value.path().read_bytes()[:200]
        signs = {"PNG": b"\x89PNG", "SVG": b"<svg", "HTML": b"<html", "CSV": b"time,value"}
        (sign,) = (sign for word, sign in signs.items() if word in name)
        assert sign in head, name
    return names


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
    live = press_every_button(page, chart)
    assert {"Zoom", "Pan", "Select", "Fit y", "Pause", "Save as PNG", "Save as SVG"} <= set(live)
    assert {"Save as HTML page", "Save readings as CSV"} <= set(live)
    chart.tool("Back to live").click()
    expect(chart.badge).to_have_text("live")
    chart.tool("Pause").click()
    expect(chart.badge).to_have_text("paused")
    press_every_button(page, chart)
    assert len(page.context.pages) == 1
    page.assert_nothing_left()


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
