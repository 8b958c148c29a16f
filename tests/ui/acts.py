"""What a dashboard does in every host, as acts that need a page with one and nothing else.

They ask no kernel: a voila page has none that a test could ask.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.ui.charts import FEED, PageChart
from tests.wait import wait_until

DASHBOARD = [
    FEED,
    "dashboard = ns.watch(buffer, window='10s', title='A sine', alerts=['value > 200'])\ndashboard",
]
"""Cells of the dashboard that the acts are for: a sine from 10 to 90, and a rule that never fires yet."""
WIDTH = "chart.plot.frame.to - chart.plot.frame.from"


def goes_on(chart: PageChart) -> None:
    """It is displayed, live, and newer readings come and are drawn."""
    chart.wait_live()
    expect(chart.badge).to_have_text("live")
    chart.wait_newer()
    chart.wait("Date.now() - chart.data.newest < 1500")
    wait_until(lambda: chart.n_inked() > 20, 15, "the line")


def tells_values_at_the_cursor(chart: PageChart) -> None:
    """The mouse reads the values of a time."""
    chart.page.mouse.move(*chart.place((0.9, 0.5)))
    readout = chart.root.locator(".nbs-readout")
    expect(readout).to_be_visible()
    expect(readout).to_contain_text("value")
    chart.page.mouse.move(0, 0)
    expect(readout).to_be_hidden()


def zooms_and_comes_back(chart: PageChart) -> None:
    """A box in the past stays; the button leads back to live, a double click to the window."""
    chart.tool("Zoom").click()
    chart.drag((0.5, 0.2), (0.8, 0.8))
    expect(chart.jump).to_contain_text("jump to live")
    chart.wait(f"{WIDTH} < 5000")
    span = chart.span()
    chart.wait_newer()
    assert chart.stays_at(span)
    chart.tool("Back to live").click()
    expect(chart.badge).to_have_text("live")
    chart.page.mouse.dblclick(*chart.place((0.5, 0.5)))
    chart.wait_span(10)


def pauses(chart: PageChart) -> None:
    """The key holds the view and gives it back, while readings go on."""
    chart.page.mouse.click(*chart.place((0.9, 0.5)))
    chart.page.keyboard.press("Space")
    expect(chart.badge).to_have_text("paused")
    chart.page.keyboard.press("Space")
    expect(chart.badge).to_have_text("live")


def selects_a_span(chart: PageChart) -> None:
    """A span that was dragged over says what its readings come to."""
    chart.tool("Select").click()
    chart.drag((0.7, 0.3), (0.9, 0.6))
    panel = chart.root.locator(".nbs-selection")
    for word in ("count", "mean", "std"):
        expect(panel).to_contain_text(word)
    chart.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    chart.tool("Zoom").click()


def drags_a_limit_until_it_fires(chart: PageChart) -> None:
    """A limit is dragged below the line: its incident is a band, a state, and an item of the feed."""
    field = chart.page.locator(".nbs-rules .nbs-rule .nbs-limits input").first
    field.fill("88")
    field.press("Enter")
    chart.wait("chart.data.meta.figure.thresholds[0].value === 88")
    chart.drag_limit(60)
    expect(chart.page.locator(".nbs-feed-list")).to_contain_text("value", timeout=15_000)
    chart.wait("chart.data.incidents.all.length > 0", 15)
    expect(chart.page.locator(".nbs-feed-list")).to_contain_text("> ")


def takes_a_note(chart: PageChart) -> None:
    """The key m writes a note at the cursor's time."""
    chart.write_note((0.6, 0.3), "pump on")
    chart.wait("chart.data.meta.markers.some((marker) => marker.includes('pump on'))")


def saves_a_picture(chart: PageChart) -> None:
    """The menu gives a PNG file."""
    chart.tool("More").click()
    with chart.page.expect_download() as download:
        chart.page.get_by_role("menuitem", name="Save as PNG", exact=True).click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def follows_the_theme(chart: PageChart, set_dark: Callable[[], object]) -> None:
    """On a dark page the line has another colour, in which it is drawn."""
    light = chart.read("chart.lines[0].color")
    set_dark()
    chart.wait("chart.lines[0].color !== given", argument=light)
    wait_until(lambda: chart.n_inked() > 20, 15, "the line in its new colour")


def each_has_its_own_view(one: PageChart, other: PageChart) -> None:
    """Of two views, pausing and zooming in one leaves the other live and as wide as it was."""
    for chart, still in ((one, other), (other, one)):
        chart.page.mouse.click(*chart.place((0.9, 0.5)))
        chart.page.keyboard.press("Space")
        expect(chart.badge).to_have_text("paused")
        chart.drag((0.5, 0.2), (0.8, 0.8))
        chart.wait(f"{WIDTH} < 5000")
        still.wait_newer()
        expect(still.badge).to_have_text("live")
        still.wait_span(10)
        chart.tool("Back to live").click()
        expect(chart.badge).to_have_text("live")
        chart.page.mouse.dblclick(*chart.place((0.5, 0.5)))
        chart.wait_span(10)


ACTS = (
    goes_on,
    tells_values_at_the_cursor,
    zooms_and_comes_back,
    pauses,
    selects_a_span,
    drags_a_limit_until_it_fires,
    takes_a_note,
    saves_a_picture,
)
