"""Nothing on a page moves of its own accord: the browser's own layout-shift entries sum to nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.charts import PageChart, wait_painted
from tests.ui.jupyter import Lab, LabPage

SETUP = """
import time
import nbstream as ns
buffer = ns.Buffer(timezone="UTC")
buffer.extend([time.time() - 9 + i for i in range(8)], value=range(8), other=range(8))
"""
DASHBOARD = "d = ns.watch(buffer, alerts=['value > 90', 'other < -5'], window='10s')\nd"
OBSERVE = """
() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
            const sources = entry.sources.map(({ node, previousRect, currentRect }) =>
                `${node?.className ?? node} ${box(previousRect)} → ${box(currentRect)}`);
            // What the feed lists moves down when something new comes above it; on the strip, marks and
            // the view move to the side as its time grows, as the lines do in the plot.
            const isMeant = ({ node, previousRect: was, currentRect: is }) =>
                node.closest(".nbs-feed-list")
                || (node.matches(".nbs-overview *") && is.y === was.y && is.height === was.height);
            const isOurs = entry.sources.some((source) =>
                source.node?.closest?.(".nbs-dashboard, .nbs-chart") && !isMeant(source));
            if (isOurs) globalThis.shifts.push([entry.value, sources]);
        }
    }).observe({ type: "layout-shift", buffered: false });
}
"""


def append(page: LabPage, chart: PageChart, value: float, other: float) -> None:
    """Append a reading of both channels and wait until the page has it."""
    newest = chart.read("chart.data.newest")
    page.kernel_eval(f"buffer.append(None, value={value!r}, other={other!r})")
    chart.wait("chart.data.newest > given", argument=newest)


def shifts(page: LabPage) -> list[object]:
    """Return what moved since it is observed, of ours."""
    wait_painted(page.page)
    found: list[object] = page.page.evaluate("globalThis.shifts")
    return found


def test_rules_that_fire_and_digits_that_grow_move_nothing(lab: Lab) -> None:
    """States, counts, digits of axes and of the table change while everything stays in its place.

    But for what stands on the strip, which moves to the side with the time.
    """
    page = lab.open([SETUP, DASHBOARD])
    page.run_all()
    page.hide_code()
    page.page.set_viewport_size({"width": 1280, "height": 1400})
    chart = PageChart(page)
    chart.wait("chart.plot.frame && chart.data.lines.length === 2")
    append(page, chart, 1.0, 1.0)
    page.page.evaluate(OBSERVE)
    left = chart.read("chart.plot.frame.left")
    for value, other in ((95.0, -9.0), (123.4, 0.5), (-12_345.6, 7.0), (0.001, 543.2), (50.0, 1.0)):
        append(page, chart, value, other)
    expect(page.page.locator(".nbs-feed-list")).to_contain_text("> 90")
    place = "chart.el.querySelector('.nbs-event').getBoundingClientRect().left"
    chart.wait("chart.el.querySelector('.nbs-event')")
    before = chart.read(place)
    append(page, chart, 50.0, 1.0)
    chart.wait(f"{place} < given - 5", argument=before)
    assert shifts(page) == []
    assert chart.read("chart.plot.frame.left") == left  # the plot's edge doesn't follow its labels
    page.screenshot("steady")


def test_a_first_frame_fills_a_place_that_was_there(lab: Lab) -> None:
    """From its first moment a chart has its height; frames, lines and toolbar come into it."""
    page = lab.open(
        [SETUP, "chart = ns.LiveChart(buffer, title='A', height=300)\nchart", "'below'"]
    )
    page.run_cell(0)
    page.hide_code()
    page.page.evaluate(OBSERVE)
    page.page.evaluate(
        """() => {
            globalThis.heights = [];
            const look = () => {
                const plot = document.querySelector(".nbs-chart");
                if (plot) globalThis.heights.push(plot.getBoundingClientRect().height);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    page.run_cell(1)
    chart = PageChart(page)
    chart.wait("chart.data.lines.length === 2 && chart.plot.frame.rows[0].axes.length")
    heights = page.page.evaluate("globalThis.heights")
    assert len(heights) > 2
    assert max(heights) - min(heights) <= 1
