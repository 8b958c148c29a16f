"""A whole dashboard on pages of any size: on a phone, zoomed to 200 %, and on 4K, in fine pixels too."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Voila, VoilaPage
from tests.ui.test_table import box, cells, rows

SIZES = {
    "700": (700, 1800, 1.0),
    "360": (360, 1800, 1.0),
    "320": (320, 640, 2.0),
    "zoomed": (640, 450, 2.0),
    "4K": (3840, 2160, 1.0),
    "4K-fine": (3840, 2160, 2.0),
}
"""Width and height in CSS pixels, and device pixels in one of them: 1280 × 900 at 200 % has 640 × 450."""
FITS = """(width) => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const isIn = (el) => el.closest(".nbs-hidden, .nbs-name, svg")
        || (el.getBoundingClientRect().right <= width && el.getBoundingClientRect().left >= 0);
    const scrolls = all(".nbs-panel, .nbs-scroll, .nbs-dashboard");
    scrolls.push(document.documentElement);
    return all(".nbs-panel *, .nbs-chart").every(isIn)
        && scrolls.every((el) => el.scrollWidth <= el.clientWidth);
}"""
COVERED = """() => {
    const controls = [...document.querySelectorAll(
        ".nbs-dashboard :is(button, input, select, summary, a, [tabindex='0'], [role=slider])"
    )].filter((el) => el.checkVisibility({ visibilityProperty: true }) && !el.disabled
        && !el.closest(".nbs-events, .nbs-hidden"));
    const wrong = controls.filter((el) => {
        el.scrollIntoView({ block: "center", behavior: "instant" });
        const { left, top, width, height } = el.getBoundingClientRect();
        if (width < 1 || height < 1) return true;
        const seen = document.elementFromPoint(left + width / 2, top + height / 2);
        return !seen || !(el.contains(seen) || seen.contains(el) || el.closest("label")?.contains(seen));
    });
    document.querySelector(".nbs-dashboard").scrollIntoView({ block: "start", behavior: "instant" });
    return [controls.length, wrong.map((el) => el.outerHTML.slice(0, 200))];
}"""
"""How many controls a dashboard has, and those over which something lies, or that have no place."""


@pytest.fixture
def page(voila: Voila) -> VoilaPage:
    """Open a page with a dashboard of eight channels and three rules."""
    page = voila.open(cells(8))
    PageChart(page).wait_live()
    expect(rows(page.page)).to_have_count(8)
    expect(page.page.locator(".nbs-rule")).to_have_count(3)
    return page


def test_a_whole_dashboard_is_usable(page: VoilaPage) -> None:
    """Nothing is wider than the page or lies over a control; the chart begins early and is drawn."""
    chart, body = PageChart(page), page.page
    session: Any = page.context.new_cdp_session(body)
    for name, (width, height, ratio) in SIZES.items():
        metrics = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", metrics)
        chart.wait(
            "Math.round(chart.plot.frame.ratio * 10) === given[0] * 10"
            " && chart.plot.el.clientWidth <= given[1]",
            argument=[ratio, width],
        )
        body.wait_for_function(FITS, arg=width)
        chart.wait_newer()
        n_controls, covered = body.evaluate(COVERED)
        assert n_controls > 40, name
        assert covered == [], name
        frame, plot = box(body.locator(".nbs-chart")), box(body.locator(".nbs-plot"))
        begin = box(body.locator(".nbs-dashboard"))["y"]
        assert frame["y"] - begin < min(300, height / 2), name
        assert plot["width"] > 0.85 * width, name
        assert plot["height"] >= 180, name
        assert all(chart.n_inked(number) > 20 for number in range(2)), name
        if name == "360":
            head, bell = (
                box(body.locator(part)) for part in (".nbs-feed-head .nbs-heading", ".nbs-bell")
            )
            assert bell["y"] <= head["y"] + head["height"] / 2 <= bell["y"] + bell["height"]
            expect(rows(body).first.locator(".nbs-number:visible")).to_have_count(1)
        page.screenshot(f"sizes-{name}")
