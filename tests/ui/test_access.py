"""Whether everybody can use what is on the page: narrow and wide, by keys, by ear, in any colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab, LabPage

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


def box(page: LabPage, selector: str) -> dict[str, float]:
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
