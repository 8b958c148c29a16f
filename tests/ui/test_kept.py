"""What a notebook keeps of a chart: seen where no kernel makes it live, out of sight where one does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect

from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import Lab, LabPage

WIDGET = "application/vnd.jupyter.widget-view+json"
IS_DRAWN = "(image) => image.complete && image.naturalWidth > 300"
# The host tells of it in the console, where a widget's kernel is gone.
NOT_FOUND = "widget model not found"


def outputs(page: LabPage, cell: int) -> list[dict[str, Any]]:
    """Return the data of a cell's outputs as they were saved."""
    saved = json.loads(page.path.read_text("utf-8"))
    return [output["data"] for output in saved["cells"][cell]["outputs"]]


def reopen(lab: Lab, page: LabPage) -> LabPage:
    """Open a saved notebook again, later: its kernel is gone."""
    page.close()
    lab.server.close_kernels()
    return lab.open(page.path)


def assert_kept_is_seen(page: Page) -> None:
    """Assert that the picture is drawn and the table stands under it, and nothing speaks of an error."""
    image = page.locator(".nbs-kept img")
    expect(image).to_be_visible()
    page.wait_for_function(IS_DRAWN, arg=image.element_handle())
    expect(page.locator(".nbs-kept figcaption")).to_contain_text("not live")
    expect(page.locator(".nbs-kept tbody tr td").first).to_contain_text("value")
    expect(page.get_by_text("Error displaying widget")).not_to_be_visible()
    page.locator(".nbs-kept table").scroll_into_view_if_needed()


@pytest.mark.smoke
def test_a_reopened_notebook_shows_the_picture(lab: Lab) -> None:
    """Saved and opened without its kernel, a cell shows picture and table; live it shows the chart alone."""
    page = lab.open(CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    expect(page.page.locator(".nbs-kept")).not_to_be_visible()
    page.kernel_eval("chart.keep()")
    page.save()
    kept, live = outputs(page, 1)
    assert kept.keys() == {"image/png", "text/html", "text/plain"}
    assert live.keys() == {WIDGET, "text/plain"}
    assert len(json.dumps(kept)) < 150_000
    assert base64.b64decode(kept["image/png"]).startswith(b"\x89PNG")
    later = reopen(lab, page)
    assert_kept_is_seen(later.page)
    later.screenshot("kept-reopened")
    later.console_errors = [error for error in later.console_errors if NOT_FOUND not in error]


def test_a_notebook_that_nobody_trusts_shows_the_picture(lab: Lab) -> None:
    """Of a notebook that came from somebody else nothing is run, and the picture is seen all the same."""
    page = lab.open(CHART)
    page.run_all()
    PageChart(page).wait_live()
    page.kernel_eval("chart.keep()")
    page.save()
    notebook = json.loads(page.path.read_text("utf-8"))
    notebook["cells"][0]["source"] = "'written by somebody else'"
    foreign = page.path.with_name("foreign.ipynb")
    foreign.write_text(json.dumps(notebook), "utf-8")
    later = lab.open(foreign)
    image = later.page.locator(".jp-OutputArea img")
    expect(image).to_be_visible()
    later.page.wait_for_function(IS_DRAWN, arg=image.element_handle())
    expect(later.page.locator(".nbs-chart")).to_have_count(0)
    later.screenshot("kept-foreign")


def test_renewing_it_leaves_the_live_view_alone(lab: Lab) -> None:
    """What is saved changes, and the view that one looks at is the same element, which never moved."""
    page = lab.open(CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.save()
    before = outputs(page, 1)[0]
    page.page.evaluate(
        """() => {
            globalThis.shown = document.querySelector('.nbs-chart');
            globalThis.tops = new Set();
            const look = () => {
                tops.add(Math.round(shown.getBoundingClientRect().top));
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    page.kernel_eval("chart.keep()")
    page.page.wait_for_function(
        """(before) => jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel
            .toJSON().outputs[0].data['text/plain'] !== before""",
        arg="".join(before["text/plain"]),
    )
    chart.wait_newer()
    assert page.page.evaluate("() => shown.isConnected && tops.size") == 1
    assert page.page.locator(".nbs-chart").count() == 1
    expect(page.page.locator(".nbs-kept")).not_to_be_visible()
    page.save()
    assert outputs(page, 1)[0]["image/png"] != before["image/png"]


def test_a_page_that_was_loaded_anew_renews_it_too(lab: Lab) -> None:
    """JupyterLab forgets the ids of outputs; what is saved is renewed all the same, beside the same view."""
    page = lab.open(CHART)
    page.run_all()
    PageChart(page).wait_live()
    page.save()
    page.reload()
    PageChart(page).wait_live()
    page.page.evaluate("() => (globalThis.shown = document.querySelector('.nbs-chart'))")
    for call in ("chart.keep()", "chart.close()"):
        page.kernel_eval(f"{call}; said = chart._keeper.latest()['data']['text/plain']")
        page.page.wait_for_function(
            """(said) => jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel
                .toJSON().outputs[0].data['text/plain'] === said""",
            arg=page.kernel_eval("print(said)"),
        )
        assert page.page.evaluate("() => shown.isConnected") is (call == "chart.keep()")
    assert_kept_is_seen(page.page)


def test_a_closed_chart_leaves_its_picture(lab: Lab) -> None:
    """Where a chart was closed, picture and table stand in its place at once."""
    page = lab.open(CHART)
    page.run_all()
    PageChart(page).wait_live()
    page.kernel_eval("chart.close()")
    assert_kept_is_seen(page.page)
    page.screenshot("kept-closed")


def test_nbconvert_shows_the_picture(lab: Lab) -> None:
    """A page that nbconvert makes of a saved dashboard shows picture and table, on a dark theme too."""
    page = lab.open([CHART[0], "dashboard = ns.Dashboard(buffer, title='Pumps')\ndashboard"])
    page.run_all()
    PageChart(page).wait_live()
    page.kernel_eval("dashboard.keep()")
    page.save()
    html, _ = HTMLExporter(theme="dark").from_filename(str(page.path))
    exported = page.context.new_page()
    exported.route("**/*", lambda route: route.abort())  # its page asks for MathJax
    exported.set_content(html)
    assert_kept_is_seen(exported)
    exported.close()
