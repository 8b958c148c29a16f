"""A file that is opened: a chart that isn't live, zoomed from a million readings to a few."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, LabPage

WIDTH = "chart.plot.frame.to - chart.plot.frame.from"
SEEN = """
(() => {
    const { from, to } = chart.plot.frame;
    return chart.history.lines?.every((line) => {
        const times = [...line.times.slice(line.start, line.end)];
        return times.filter((time) => time >= from && time <= to).length >= (to - from) / 10 - 2;
    });
})()
"""
"""Whether each reading of the view is a point of its lines."""
WRITE = """
import numpy as np
import pandas as pd
import nbstream as ns

n = 1_000_000
time = pd.date_range("2026-07-01", periods=n, freq="10ms", tz="UTC", name="time")
turn = np.arange(n) / 40_000
noise = np.random.default_rng(1).normal(size=n)
frame = pd.DataFrame({"temperature": 21 + np.sin(turn) + noise / 9}, index=time)
frame["flow"] = 3 + np.cos(turn * 3) + noise / 20
frame["pump"] = np.sin(turn * 2) > 0
frame.to_parquet("line2.parquet")
del frame
"""
OPEN = "chart = ns.open('line2.parquet', timezone='UTC')\nchart"


@pytest.fixture
def shown(lab: Lab) -> tuple[LabPage, PageChart]:
    """Open a page with a file of a million rows in one row group."""
    page = lab.open([WRITE, OPEN])
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.data.lines.length === 3 && chart.data.lines.every((line) => line.length > 5)")
    expect(chart.badge).to_have_text("file")
    return page, chart


def test_it_shows_the_whole_file_and_is_not_live(shown: tuple[LabPage, PageChart]) -> None:
    """All of it is in view, and no word says that anything is due."""
    page, chart = shown
    begin, end = chart.span()
    assert end - begin == pytest.approx(9_999_990, rel=0.02)
    page.screenshot("file-whole")
    text = chart.root.inner_text().lower()
    for word in ("live", "waiting", "stale", "no data"):
        assert word not in text
    titles = chart.page.locator(".nbs-tools [title]").evaluate_all(
        "(all) => all.filter((el) => el.checkVisibility()).map((el) => el.title)"
    )
    assert not [title for title in titles if "live" in title.lower()]


def test_zoomed_in_the_readings_themselves_are_shown(shown: tuple[LabPage, PageChart]) -> None:
    """The wheel keeps the time at the pointer; of two seconds each reading is a point; keys move on."""
    page, chart = shown
    mouse = chart.page.mouse
    mouse.click(*chart.place((0.6, 0.5)))
    begin, end = chart.span()
    time = begin + 0.6 * (end - begin)
    while chart.read(WIDTH) > 2000:
        width = chart.read(WIDTH)
        mouse.wheel(0, -800)
        chart.wait(f"{WIDTH} < given", argument=width)
    begin, end = chart.span()
    assert abs(begin - time) < 40_000  # three pixels of the whole file
    chart.wait(SEEN)
    page.screenshot("file-zoomed")
    readout = chart.root.locator(".nbs-readout")
    for name in ("temperature", "flow", "pump"):
        expect(readout).to_contain_text(name)
    for _ in range(3):
        before = chart.span()[0]
        chart.page.keyboard.press("PageDown")
        chart.wait("chart.plot.frame.from > given", argument=before + 1000)
        chart.wait(SEEN)
    expect(chart.root.locator(".nbs-whole")).to_contain_text("window all · view")
    chart.page.keyboard.press("l")
    chart.wait("chart.plot.frame.to > given", argument=end + 60_000)
    chart.page.keyboard.press("Space")
    expect(chart.badge).to_have_text("file")


def test_a_view_becomes_a_table(shown: tuple[LabPage, PageChart]) -> None:
    """The span that is seen stands there in numbers, those of its readings."""
    page, chart = shown
    page.kernel_eval("chart.show_table = True")
    table = chart.page.locator(".nbs-table-view")
    expect(table).to_contain_text("temperature")
    expect(table.locator("tbody tr").nth(3)).to_be_visible()
    page.screenshot("file-table")
