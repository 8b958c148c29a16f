"""The dashboard's layout: the chart first, one table of channels, rules in rows, and nothing that jumps."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

FEED = """
import threading, time
import numpy as np
import nbstream as ns

CHANNELS = [
    ("temperature", 21, 2, "°C"),
    ("humidity", 48, 9, "%"),
    ("pressure", 101325, 40, "Pa"),
    ("flow", 3.2, 0.4, "l/min"),
    ("voltage", 231.4, 1.5, "V"),
    ("current", 0.0042, 0.0006, "A"),
    ("speed", 1480, 25, "rpm"),
    ("a channel with quite a long name, at the outlet", -5, 3, "°C"),
] + [(f"probe {i}", i, 1, "mV") for i in range(1, 5)]

def fill(n):
    buffer = ns.Buffer(timezone="UTC")
    def row(time):
        turn = time * np.arange(3, 3 + n) / 9
        told = zip(CHANNELS, turn, strict=False)
        return {name: mean + spread * np.sin(at) for (name, mean, spread, _), at in told}
    now = time.time()
    for age in np.arange(60, 0, -0.1):
        buffer.append(now - age, row(now - age))
    for name, _, _, unit in CHANNELS[:n]:
        buffer.units[name] = unit
    def go_on():
        while True:
            time.sleep(0.1)
            buffer.append(time.time(), row(time.time()))
    threading.Thread(target=go_on, daemon=True).start()
    return buffer
"""
DASHBOARD = """
analyzer = ns.Analyzer(fill({n}))
hot = analyzer.alert("value > 22.5", name="too hot", channel="temperature", severity="critical")
analyzer.alert("outside(1, 90)", clear="inside(2, 80)", for_="3s", channel={second!r})
analyzer.alert("value < -100", name="silent", channel="*", severity="info")
d = ns.Dashboard(analyzer, title="Boiler house, line 2")
d
"""
CALM = """
buffer = ns.Buffer(timezone="UTC")
buffer.extend(time.time() - np.arange(20, 0, -1.0), a=np.arange(20) / 10, b=np.arange(20) / 20)
analyzer = ns.Analyzer(buffer)
analyzer.alert("value > 1000", channel="*", severity="critical")
analyzer.alert("value > 50", name="high", channel="a")
d = ns.Dashboard(analyzer)
d
"""
PARTS = (
    ".nbs-panel, .nbs-chart, .nbs-table tr, .nbs-rule, .nbs-bar > *, .nbs-bar-head > *, .nbs-health"
)
SAMPLE = """
(selector) => {
    const samples = (globalThis.samples = []);
    const look = () => {
        samples.push([...document.querySelectorAll(selector)].map((el) => {
            const { top, height } = el.getBoundingClientRect();
            return [el.className || el.tagName, top, height];
        }));
        requestAnimationFrame(look);
    };
    look();
}
"""
TALK = """
() => {
    globalThis.asked = [];
    document.addEventListener("nbstream:line", ({ detail }) => globalThis.asked.push(detail));
}
"""


def cells(n: int) -> list[str]:
    """Return the cells of a dashboard of so many channels and three rules."""
    return [FEED, DASHBOARD.format(n=n, second="humidity" if n > 1 else "temperature")]


def rows(page: Any) -> Locator:
    """Return the lines of the table."""
    found: Locator = page.locator(".nbs-table tbody tr")
    return found


def box(locator: Locator) -> dict[str, float]:
    """Return where something is."""
    found: Any = locator.bounding_box()
    return dict(found)


def names(page: LabPage) -> list[str]:
    """Return the names of the channels from the top."""
    return page.page.locator(".nbs-line > .nbs-name").all_inner_texts()


@pytest.fixture
def page(lab: Lab) -> LabPage:
    """Open a page with a dashboard of eight channels."""
    page = lab.open(cells(8))
    page.run_all()
    page.hide_code()
    PageChart(page).wait_live()
    expect(rows(page.page)).to_have_count(8)
    expect(page.page.locator(".nbs-rule")).to_have_count(3)
    return page


def test_the_chart_and_the_first_channels_are_on_the_first_screen(page: LabPage) -> None:
    """At 1280 × 900 all of the chart is seen, under it lines of 26 px, and then rows of 28 px."""
    body = page.page
    screen = box(body.locator(".jp-WindowedPanel-outer").first)
    chart, table = box(body.locator(".nbs-chart")), box(body.locator(".nbs-table"))
    rules, feed = box(body.locator(".nbs-rules")), box(body.locator(".nbs-feed"))
    tops = [
        box(body.locator(".nbs-title"))["y"],
        *(part["y"] for part in (chart, table, rules, feed)),
    ]
    assert tops == sorted(tops)
    assert chart["height"] >= 360
    assert chart["y"] + chart["height"] <= screen["y"] + screen["height"]
    assert box(rows(body).nth(3))["y"] + 26 <= screen["y"] + screen["height"]
    assert all(26 <= box(row)["height"] <= 27 for row in rows(body).all())
    assert all(28 <= box(row)["height"] <= 30 for row in body.locator(".nbs-rule").all())
    page.screenshot("dashboard-8")
    body.locator(".nbs-feed").scroll_into_view_if_needed()
    page.screenshot("dashboard-8-end")
    page.set_theme("JupyterLab Dark")
    expect(body.locator("#jupyterlab-splash")).to_have_count(0)
    body.locator(".nbs-title").scroll_into_view_if_needed()
    page.screenshot("dashboard-8-dark")


@pytest.mark.parametrize("n", [1, 3])
def test_few_channels(lab: Lab, n: int) -> None:
    """One channel has its cards in one row, three are a table; each part is in its place."""
    page = lab.open(cells(n))
    page.run_all()
    page.hide_code()
    PageChart(page).wait_live()
    cards = page.page.locator(".nbs-card")
    expect(cards).to_have_count(6 if n == 1 else 0)
    expect(rows(page.page)).to_have_count(0 if n == 1 else n)
    assert len({box(card)["y"] for card in cards.all()}) <= 1
    page.screenshot(f"dashboard-{n}")


@pytest.mark.parametrize("kind", ["Dashboard", "LiveChart"])
def test_two_beside_each_other_share_the_width(lab: Lab, kind: str) -> None:
    """Two dashboards, or two charts, in an HBox are equally wide and fit."""
    two = f"import ipywidgets\nipywidgets.HBox([ns.{kind}(buffer), ns.{kind}(buffer)])"
    page = lab.open([FEED + "\nbuffer = fill(3)", two])
    page.run_all()
    page.hide_code()
    page.page.wait_for_function(
        """() => {
            const boxOf = (el) => el.getBoundingClientRect();
            const parts = [...document.querySelectorAll(".nbs-chart")].map(boxOf);
            const [output] = document.querySelectorAll(".jp-OutputArea-output");
            return parts.length === 2 && Math.abs(parts[0].width - parts[1].width) < 3
                && parts[0].width > 200 && parts[1].right <= boxOf(output).right + 1;
        }"""
    )
    page.screenshot(f"beside-{kind}")


def test_nothing_jumps_while_rules_fire_and_digits_grow(lab: Lab) -> None:
    """At every frame each part is where it was and as high: states, counts and numbers move nothing."""
    page = lab.open([FEED, CALM])
    body = page.page
    body.set_viewport_size({"width": 1280, "height": 1200})  # all of it is in sight
    page.run_all()
    page.hide_code()
    PageChart(page).wait("chart.data.lines.some((line) => line.length > 0)")
    expect(rows(body)).to_have_count(2)
    page.kernel_eval("buffer.append(time.time(), a=2.5, b=2.5)")
    expect(rows(body).first.locator(".nbs-chip").first).to_contain_text("ok")
    expect(body.locator(".nbs-rule")).to_have_count(2)
    expect(body.locator(".nbs-health-entries")).to_contain_text("received")
    body.evaluate(f"({SAMPLE})({PARTS!r})")
    steps = (
        (60, "60", "firing · warning"),
        (123456.789, "123,45", "firing · critical"),
        (0, "0", "ok"),
    )
    for value, digits, word in steps:
        page.kernel_eval(f"buffer.append(time.time(), a={value}, b={value / 7})")
        expect(rows(body).first.locator(".nbs-chip").first).to_contain_text(word)
        expect(rows(body).first.locator(".nbs-number").first).to_contain_text(digits)
    expect(body.locator(".nbs-feed-incident")).not_to_have_count(0)
    samples: list[list[list[Any]]] = body.evaluate("globalThis.samples")
    assert len(samples) > 20
    first = samples[0]
    assert len(first) >= 15
    moved = [
        (before, after)
        for sample in samples
        for before, after in zip(first, sample, strict=True)
        if abs(before[1] - after[1]) > 1 or abs(before[2] - after[2]) > 1
    ]
    assert moved == []
    page.screenshot("dashboard-fired")


def shown(hidden: int) -> str:
    """Return which lines of eight a chart shows, as JavaScript joins them."""
    return ",".join("false" if number == hidden else "true" for number in range(8))


def test_the_table_is_the_legend(page: LabPage) -> None:
    """A click or Enter on a line shows or hides it in the chart, and pointing at it highlights it."""
    body = page.page
    chart = page.kernel_eval("print(d.chart._page_key)")
    body.evaluate(TALK)
    rows(body).nth(1).locator(".nbs-number").first.click()
    PageChart(page).wait(
        "chart.lines.map(({ isVisible }) => isVisible).join() === given", argument=shown(1)
    )
    wait_until(
        lambda: page.kernel_eval("print(d.chart.data[1].visible)") == "legendonly", 10, "the trace"
    )
    rows(body).nth(2).locator(".nbs-line").focus()
    body.keyboard.press("Enter")
    body.keyboard.press("Space")
    body.keyboard.press("Tab")
    expect(rows(body).nth(3).locator(".nbs-line")).to_be_focused()
    asked = body.evaluate("globalThis.asked")
    assert {detail["chart"] for detail in asked} == {chart}
    assert [detail["channel"] for detail in asked if "visible" in detail] == [1, 2, 2]
    lit = [
        (detail["channel"], detail["highlighted"]) for detail in asked if "highlighted" in detail
    ]
    assert lit[0] == (1, True)
    assert lit[-2:] == [(2, False), (3, True)]


def test_columns_sort_the_lines(page: LabPage) -> None:
    """The head of a column sorts: largest first, smallest first, as they were; and one more is added."""
    body = page.page
    own = names(page)
    head = body.locator(".nbs-table thead")
    head.get_by_role("button", name="max", exact=True).click()
    expect(head.locator("[aria-sort]")).to_have_attribute("aria-sort", "descending")
    assert names(page)[:2] == ["pressure", "speed"]
    head.get_by_role("button", name="max", exact=True).click()
    assert names(page)[-1] == "pressure"
    head.get_by_role("button", name="max", exact=True).click()
    assert names(page) == own
    body.get_by_role("button", name="+ statistic").click()
    form = body.get_by_role("group", name="Statistics to show")
    form.get_by_role("checkbox", name="median", exact=True).check()
    form.get_by_role("checkbox", name="min", exact=True).uncheck()
    expect(head.get_by_role("button", name="median", exact=True)).to_be_visible()
    expect(head.get_by_role("button", name="min", exact=True)).to_have_count(0)
    wait_until(lambda: "median" in page.kernel_eval("print(d.cards.statistics)"), 10, "the choice")
    page.screenshot("table-picker")


def test_many_channels_scroll_below_their_head(lab: Lab) -> None:
    """Of twelve channels ten are seen; the others come by scrolling, and the head stays."""
    page = lab.open(cells(12))
    page.run_all()
    page.hide_code()
    expect(rows(page.page)).to_have_count(12)
    scroll = page.page.locator(".nbs-scroll")
    n_seen = "(el) => el.clientHeight / el.querySelector('tbody tr').offsetHeight"
    assert 10 <= scroll.evaluate(n_seen) < 12
    scroll.evaluate("(el) => el.scrollTo({ top: 1000, behavior: 'instant' })")
    assert box(page.page.locator(".nbs-table thead th").first)["y"] - box(scroll)["y"] <= 2
    page.screenshot("dashboard-12")
