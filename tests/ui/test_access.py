"""Whether everybody can use what is on the page: narrow and wide, by keys, by ear, in any colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab, LabPage, NotebookPage, Voila

DASHBOARD = (
    "buffer.units['value'] = '°C'\n"
    "analyzer = ns.Analyzer(buffer, window='10s')\n"
    "rule = analyzer.alert('value > 1000', name='hot', severity='critical')\n"
    "d = ns.Dashboard(analyzer, title='streaming_data.csv')\n"
    "d"
)


@pytest.fixture
def page(lab: Lab) -> LabPage:
    """Open a page with a dashboard."""
    page = lab.open([FEED, DASHBOARD])
    page.run_all()
    page.hide_code()
    PageChart(page).wait_live()
    expect(page.page.locator(".nbs-rule")).to_have_count(1)
    return page


def box(page: NotebookPage, selector: str) -> dict[str, float]:
    """Return where the one element is, with its right and bottom ends."""
    found: Any = page.page.locator(selector).bounding_box()
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def test_title_and_tools_stand_in_one_row_above_the_chart(page: LabPage) -> None:
    """Title, state, tools, pause and windows stand once: in a row where it is wide, in three where not."""
    body = page.page
    for name in (".nbs-title", ".nbs-badge", ".nbs-tools", ".nbs-pause", ".nbs-choices"):
        expect(body.locator(name)).to_have_count(1)
    expect(body.get_by_role("combobox", name="Window")).to_have_count(0)
    for width in (1600, 1280, 900, 700):
        body.set_viewport_size({"width": width, "height": 900})
        body.locator(".nbs-title").scroll_into_view_if_needed()
        page.screenshot(f"title-row-{width}")
        bar, chart = box(page, ".nbs-bar"), box(page, ".nbs-chart")
        if bar["width"] > 740:
            assert bar["height"] <= 32
        assert chart["y"] - bar["y"] < 120
        for name in (".nbs-title", ".nbs-badge", ".nbs-tools", ".nbs-pause", ".nbs-window"):
            part = box(page, name)
            assert bar["x"] - 1 <= part["x"], (width, name)
            assert part["right"] <= bar["right"] + 1, (width, name)


def test_the_menu_is_inside_a_narrow_page_and_works_by_keys(voila: Voila) -> None:
    """At 320 px nothing cuts it; arrow keys move in it, Escape gives the focus back."""
    page = voila.open([FEED, DASHBOARD])
    PageChart(page).wait_live()
    body = page.page
    more = body.get_by_role("button", name="More", exact=True)
    for width in (1280, 320):
        body.set_viewport_size({"width": width, "height": 700})
        more.scroll_into_view_if_needed()
        more.focus()
        body.keyboard.press("ArrowDown")
        menu = box(page, ".nbs-menu:visible")
        assert menu["x"] >= 0
        assert menu["right"] <= width
        assert menu["bottom"] <= 700
        seen = body.evaluate(
            """([x, y]) => document.elementFromPoint(x, y).closest(".nbs-menu") !== null""",
            [menu["x"] + menu["width"] / 2, menu["bottom"] - 12],
        )
        assert seen  # nothing lies over it
        page.screenshot(f"menu-{width}")
        expect(body.get_by_role("menuitem", name="Save as PNG")).to_be_focused()
        body.keyboard.press("End")
        body.keyboard.press("ArrowUp")
        expect(body.get_by_role("menuitem", name="Keys")).to_be_focused()
        body.keyboard.press("Escape")
        expect(more).to_be_focused()
        more.click()
        body.get_by_role("menuitem", name="Keys").click()
        expect(body.get_by_role("dialog", name="Keys of the chart")).to_be_visible()
        page.screenshot(f"keys-{width}")
        body.keyboard.press("Escape")
        expect(body.get_by_role("dialog", name="Keys of the chart")).to_be_hidden()


def test_keep_renews_the_picture_of_the_notebook(page: LabPage) -> None:
    """The menu's "keep" renews the kept output and says so."""
    body = page.page
    body.get_by_role("button", name="More", exact=True).click()
    body.get_by_role("menuitem", name="Keep in the notebook").click()
    expect(body.locator(".nbs-told")).to_have_text("kept in the notebook")
