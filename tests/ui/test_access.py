"""Whether everybody can use what is on the page: narrow and wide, by keys, by ear, in any colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab, LabPage, NotebookPage, Voila
from tests.ui.test_axe import assert_well

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
    """Title, state, tools, pause and windows stand once, in a row where it is wide; the title is whole."""
    body = page.page
    for name in (".nbs-title", ".nbs-badge", ".nbs-tools", ".nbs-pause", ".nbs-choices"):
        expect(body.locator(name)).to_have_count(1)
    expect(body.get_by_role("combobox", name="Window")).to_have_count(0)
    for width in (1600, 1280, 900, 700):
        body.set_viewport_size({"width": width, "height": 900})
        body.locator(".nbs-title").scroll_into_view_if_needed()
        page.screenshot(f"title-row-{width}")
        bar, chart = box(page, ".nbs-bar"), box(page, ".nbs-chart")
        if bar["width"] > 900:
            assert bar["height"] <= 32
        if bar["width"] > 400:
            title = body.locator(".nbs-title")
            assert title.evaluate("(el) => el.scrollWidth <= el.clientWidth"), width
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


STATES = (
    "import time\n"
    "import nbstream as ns\n"
    "buffer = ns.Buffer(timezone='UTC')\n"
    "for i in range(40):\n"
    "    buffer.append(time.time() - 40 + i, pump='RUN' if i // 10 % 2 else 'IDLE', level=i)\n"
    "chart = ns.LiveChart(buffer, window='60s', title='A tank')\n"
    "chart"
)


def test_the_chart_as_a_table(lab: Lab) -> None:
    """Menu and Python show what is in view as a table in the plot's place; axe finds nothing."""
    page = lab.open([STATES, "chart.show_table = True"])
    page.run_cell(0)
    chart, body = PageChart(page), page.page
    chart.wait("chart.plot.frame && chart.data.lines.some((line) => line.length > 5)")
    before = box(page, ".nbs-chart")
    table = body.get_by_role("region", name="Readings in view as a table")
    expect(table).to_be_hidden()

    def choose(name: str) -> None:
        body.get_by_role("button", name="More", exact=True).click()
        body.get_by_role("menuitem", name=name).click()

    choose("Show as table")
    expect(table.get_by_role("row")).to_have_count(41)
    expect(table.get_by_role("columnheader")).to_have_text(["Time (UTC)", "pump", "level"])
    page.screenshot("table")
    assert table.get_by_role("row").nth(1).get_by_role("cell").all_text_contents() == ["RUN", "39"]
    assert box(page, ".nbs-chart") == before
    assert_well(page, "table")
    choose("Show as chart")
    expect(table).to_be_hidden()
    expect(body.locator(".nbs-plot")).to_be_visible()
    page.run_cell(1)
    expect(table).to_be_visible()


TABBED = """
() => {
    const el = document.activeElement;
    if (!el.closest(".nbs")) return null;
    const label = el.getAttribute("aria-label") || el.labels?.[0]?.textContent || el.textContent || el.title;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(el);
    const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    globalThis.nTabbed = (globalThis.nTabbed ?? 0) + 1;
    el.dataset.tabbed ??= String(globalThis.nTabbed);
    const what = `${el.tagName}.${el.className}`;
    return { mark: el.dataset.tabbed, what, name: label.trim(), isSeen: isSeen || boxShadow !== "none" };
}
"""


def test_every_control_has_a_name_a_ring_and_a_way_on_by_tab(page: LabPage) -> None:
    """Tab goes through a whole dashboard and out of it; what has the focus has a name and a ring."""
    body = page.page
    title = body.locator(".nbs-title")
    title.evaluate("(el) => { el.tabIndex = -1; el.focus(); }")
    seen: list[dict[str, Any]] = []
    for _ in range(80):
        body.keyboard.press("Tab")
        found = body.evaluate(TABBED)
        if found is None:
            break
        assert found["mark"] not in {one["mark"] for one in seen}, f"a trap: {found}"
        seen.append(found)
    else:
        pytest.fail("Tab never leaves the dashboard")
    assert len(seen) > 20
    assert [one for one in seen if not one["name"]] == []
    assert [one for one in seen if not one["isSeen"]] == []
    classes = " ".join(one["what"] for one in seen)
    for part in ("nbs-tool", "nbs-pause", "nbs-choice", "nbs-plot", "nbs-brush", "nbs-edit"):
        assert part in classes, part


def test_what_is_spoken_is_not_chatty(page: LabPage) -> None:
    """While data come and nothing else happens, live regions of the page say nothing."""
    body = page.page
    body.evaluate(
        """() => {
            globalThis.spoken = [];
            const regions = ".nbs [role=status], .nbs [role=alert], .nbs [aria-live]";
            const options = { childList: true, characterData: true, subtree: true };
            for (const el of document.querySelectorAll(regions)) {
                const note = () => globalThis.spoken.push(el.className + ": " + el.textContent);
                new MutationObserver(note).observe(el, options);
            }
        }"""
    )
    chart = PageChart(page)
    newest = chart.read("chart.data.newest")
    chart.wait("chart.data.newest > given + 5000", 30, newest)
    assert len(body.evaluate("globalThis.spoken")) <= 1


def test_forced_colours_reduced_motion_and_right_to_left(page: LabPage) -> None:
    """Lines stay visible in high contrast, are painted seldom with less motion, and run right in RTL."""
    body, chart = page.page, PageChart(page)
    body.emulate_media(forced_colors="active")
    chart.wait_newer()
    assert chart.n_inked() > 20
    dot, badge = (
        body.locator(name).first.evaluate("(el) => getComputedStyle(el).backgroundColor")
        for name in (".nbs-badge-dot", ".nbs-badge")
    )
    assert dot != badge
    page.screenshot("forced-colors")
    body.emulate_media(forced_colors="none", reduced_motion="reduce")
    chart.wait("chart.motion.matches")
    body.evaluate("globalThis.painted = new Set()")
    body.evaluate(
        """() => {
            const [chart] = globalThis.__nbstream.charts.values();
            const look = () => {
                globalThis.painted.add(chart.paintedAt);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    newest = chart.read("chart.data.newest")
    chart.wait("chart.data.newest > given + 3000", 30, newest)
    assert 2 <= body.evaluate("globalThis.painted.size") <= 20
    body.emulate_media(reduced_motion="no-preference")
    body.evaluate("document.documentElement.dir = 'rtl'")
    chart.wait_newer()
    page.screenshot("right-to-left")
    plot, frame = box(page, ".nbs-plot"), chart.read("chart.plot.frame")
    assert frame["left"] < 80
    chart.drag((0.3, 0.5), (0.7, 0.5))
    chart.wait_span(4)
    canvas = box(page, ".nbs-plot canvas")
    assert abs(canvas["x"] - plot["x"]) < 1


NAMES_FROM_THE_RIGHT = """
import time
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
buffer.units |= {"טמפרטורה": "°C", "الضغط 2": "hPa"}
now = time.time()
for i in range(60):
    state = "פועל 3" if i < 40 else "כבוי"
    numbers = {"טמפרטורה": 20.0 + i % 7, "الضغط 2": 1010.0 + i % 5}
    buffer.append(now - 60 + i, numbers | {"מצב": state})
alerts = ['channel("טמפרטורה") > 25', 'channel("מצב") == "כבוי"']
dashboard = ns.watch(buffer, window="2min", alerts=alerts)
dashboard.chart.mark("בדיקה 7")
dashboard
"""


def test_names_from_the_right_stay_apart_from_their_numbers(lab: Lab) -> None:
    """A number behind such a name stands to its right, where the page is read from the left."""
    page = lab.open([NAMES_FROM_THE_RIGHT])
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.plot.frame && chart.data.lines.length === 3")
    feed = page.page.locator(".nbs-feed-text").filter(has_text="26")
    expect(feed.first).to_be_visible()
    page.screenshot("names-from-the-right-feed")
    chart.page.mouse.move(*chart.place((0.5, 0.5)))
    expect(chart.root.locator(".nbs-readout")).to_be_visible()
    page.screenshot("names-from-the-right")
