"""A page stays calm: nothing jumps when a cell runs again or a state changes, and toasts hide no chart."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.ui.charts import PageChart, wait_painted
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

SETUP = """
import time
import nbstream as ns
buffer = ns.Buffer(timezone="UTC")
buffer.extend([time.time() - 2, time.time() - 1], value=[1.0, 2.0])
"""
DASHBOARD = (
    "d = ns.watch(buffer, alerts=['value > 90', {'condition': 'value < 5', 'name': 'cold'}])\nd"
)
TWENTY = """
alerts = [{"condition": f"value > {90 + n / 2}", "name": f"limit {n}"} for n in range(20)]
d = ns.watch(buffer, alerts=alerts)
d
"""
FAR = (
    "import ipywidgets\n"
    'ipywidgets.HTML(\'<div style="height: 2500px">a long page</div><p id="end">its end</p>\')'
)
SHOWN = "chart.data.lines.some((line) => line.length > 0)"
SAMPLE = """
(read) => {
    const samples = (globalThis.samples = []);
    const look = () => {
        samples.push(read());
        requestAnimationFrame(look);
    };
    look();
}
"""


PLACES = """
() => [...document.querySelectorAll(
    ".nbs-rule-name, .nbs-rule-end button, .nbs-rule-opener, .nbs-card, .nbs-row-head .nbs-name,"
    + " .nbs-bar > *, .nbs-title, .nbs-alerts, .nbs-feed-filter, .nbs-bell"
)].map((el) => {
    const { left, top } = el.getBoundingClientRect();
    return [el.className, left, top - el.closest(".nbs-panel").getBoundingClientRect().top];
})
"""


def sample(page: LabPage, expression: str) -> None:
    """Evaluate an expression at every frame of the page from now on."""
    page.page.evaluate(f"({SAMPLE})(() => ({expression}))")


def samples(page: LabPage) -> list[Any]:
    """Return what was seen."""
    found: list[Any] = page.page.evaluate("globalThis.samples")
    return found


def test_a_dashboard_that_runs_again_keeps_its_height(lab: Lab) -> None:
    """At every frame of three re-runs the cell is about as high as before; then nothing holds it."""
    page = lab.open([SETUP, DASHBOARD, "'below'"])
    page.page.set_viewport_size({"width": 1280, "height": 1400})  # the feed is in sight
    page.run_all()
    chart = PageChart(page)
    chart.wait(SHOWN)
    expect(page.page.locator(".nbs-feed")).to_have_attribute("data-link", "live")
    cell = "document.querySelectorAll('.jp-Notebook .jp-Cell')[1]"
    wait_until(lambda: page.page.evaluate(f"{cell}.getBoundingClientRect().height") > 600)
    before = page.page.evaluate(f"{cell}.getBoundingClientRect().height")
    sample(page, f"{cell}.getBoundingClientRect().height")
    for _ in range(3):
        page.run_cell(1)
        expect(page.page.locator(".nbs-feed")).to_have_count(1)
        expect(page.page.locator(".nbs-feed")).to_have_attribute("data-link", "live")
        expect(page.page.locator(".nbs-plot-canvas")).to_have_count(1)
    heights = samples(page)
    assert len(heights) > 20
    assert min(heights) >= 0.9 * before, sorted(heights)[:5]
    assert max(heights) <= 1.1 * before
    wait_until(
        lambda: page.page.evaluate(f"{cell}.style.minHeight") == "",
        20,
        "the height to be let go",
    )


def test_a_cell_that_shows_no_dashboard_any_more_is_let_go(lab: Lab) -> None:
    """A cell that was changed to print a word has the height of that word a few seconds later."""
    page = lab.open(
        [SETUP, "if 'other' not in globals():\n    display(ns.watch(buffer))\nother = 1"]
    )
    page.run_all()
    PageChart(page).wait(SHOWN)
    page.run_cell(1)
    cell = "document.querySelectorAll('.jp-Notebook .jp-Cell')[1]"
    wait_until(lambda: page.page.evaluate(f"{cell}.getBoundingClientRect().height") < 200, 10)


def test_a_state_that_changes_moves_nothing(lab: Lab) -> None:
    """Chips that grow leave buttons, names and cards where they are, in a wide and a narrow page."""
    page = lab.open([SETUP, DASHBOARD])
    page.run_all()
    PageChart(page).wait(SHOWN)
    for width in (1400, 800):
        page.page.set_viewport_size({"width": width, "height": 1400})
        page.kernel_eval("buffer.append(None, value=50.0)")
        expect(page.page.locator(".nbs-rule > .nbs-state").first).to_contain_text("ok")
        before = page.page.evaluate(PLACES)
        assert len(before) > 10
        page.kernel_eval("buffer.append(None, value=95.0)")
        expect(page.page.locator(".nbs-rule > .nbs-state").first).to_contain_text("firing")
        expect(page.page.locator(".nbs-feed-head .nbs-chip")).to_contain_text("firing")
        page.page.evaluate(
            """() => {
                const words = "recovering on 17 of 200 · critical · flapping";
                for (const chip of document.querySelectorAll(".nbs-state.nbs-chip")) chip.textContent = words;
            }"""
        )
        after = page.page.evaluate(PLACES)
        moved = [
            (a, b)
            for a, b in zip(before, after, strict=True)
            if abs(a[1] - b[1]) > 1 or abs(a[2] - b[2]) > 1
        ]
        assert moved == []


def test_toasts_are_few_and_never_lie_over_a_chart(lab: Lab) -> None:
    """Twenty rules that fire within three seconds are three toasts and a count, and no chart is under them.

    Wherever the page is scrolled to, what can be seen of the chart is free of them, and they are seen.
    """
    page = lab.open([SETUP, TWENTY, FAR])
    page.page.set_viewport_size({"width": 1100, "height": 800})
    page.run_all()
    PageChart(page).wait(SHOWN)
    page.page.locator("#end").scroll_into_view_if_needed()
    wait_until(
        lambda: page.kernel_eval("print(d.feed._bell.n_listeners)") == "1", 10, "the page to listen"
    )
    for value in (50.0, 93.0, 96.0, 100.0):  # none, six, six and eight
        page.kernel_eval(f"buffer.append(None, value={value}); d.analyzer.update()")
    toasts = page.page.locator(".nbs-toasts")
    toast = page.page.locator(".nbs-toast")
    expect(page.page.locator(".nbs-toast-rest")).to_have_text("and 17 more in the alert feed")
    expect(toast).to_have_count(3)
    page.screenshot("calm-toasts")
    toast.first.hover()  # it stays while it is pointed at
    sample(
        page,
        """(() => {
            const toasts = document.querySelector(".nbs-toasts");
            if (getComputedStyle(toasts).visibility === "hidden") return "hidden";
            const a = toasts.getBoundingClientRect();
            const frame = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
            const b = document.querySelector(".nbs-chart").getBoundingClientRect();
            const top = Math.max(b.top, frame.top), bottom = Math.min(b.bottom, frame.bottom);
            if (top >= bottom) return "far";
            const isOver = a.left < b.right && b.left < a.right && a.top < bottom && top < a.bottom;
            return isOver ? "over" : "beside";
        })()""",
    )
    frame = page.page.locator(".jp-WindowedPanel-outer").first
    for offset in range(0, 2000, 40):
        frame.evaluate("(el, top) => el.scrollTo({ top, behavior: 'instant' })", offset)
        wait_painted(page.page)
    seen = samples(page)
    assert set(seen) >= {"far", "beside"}
    assert "over" not in seen
    assert "hidden" not in seen
    expect(toasts).to_be_visible()
