"""Bands of mean ± k·std on a real JupyterLab page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab
from tests.wait import wait_until

NOISE = """
import random
import nbstream as ns

def room():
    return {"temperature": random.gauss(20, 1), "pressure": random.gauss(40, 3)}

source = ns.CallableSource(room, interval=0.1).start()
chart = ns.LiveChart(source, window="10s", title="Two noises")
chart
"""
TINTS = """(() => {
        // What is translucent in the newest second: the colour, and from which value to which it reaches.
        const { plot } = chart;
        const { ratio } = plot.frame;
        const context = plot.canvas.getContext("2d");
        const x = Math.round(plot.xOf(chart.data.newest - 600) * ratio);
        const bands = [0, 1].map((channel) => {
            const points = chart.data.bands.k === null ? [] : [...chart.data.bands.pointsOf(channel)];
            return points.filter(({ std }) => std >= 0).at(-1) ?? null;
        });
        return bands.map((band, channel) => {
            if (!band) return null;
            const tint = (deviations) => {
                const y = Math.round(plot.yOf(channel, band.mean + deviations * band.std) * ratio);
                let n = 0;
                // Columns without a line or a hair of the grid there are tinted, or blank.
                for (let i = -20; i <= 20; i += 1) {
                    const alpha = context.getImageData(x + i, y, 1, 1).data[3];
                    if (alpha > 20 && alpha < 80) n += 1;
                }
                return n / 41;
            };
            return { std: band.std, inside: [tint(-1.8), tint(1.8)], outside: [tint(-2.3), tint(2.3)] };
        });
    })()
"""


def _is_banded(found: list[Any]) -> bool:
    return all(band and min(band["inside"]) > 0.3 and max(band["outside"]) < 0.1 for band in found)


def test_a_band_is_drawn_and_the_menu_toggles_it(lab: Lab) -> None:
    """Between mean ± 2·std there is the line's colour, and beyond there is not; the menu takes it away."""
    page = lab.open([NOISE])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.kernel_eval("chart.band = 2")
    chart.wait("chart.data.bands.k === 2")
    wait_until(lambda: _is_banded(chart.read(TINTS)), 30, "the bands")
    page.screenshot("band")

    def choose() -> None:
        chart.tool("More").click()
        chart.root.get_by_role("menuitemcheckbox", name="Band: mean ± 2·std").click()

    choose()
    chart.wait("chart.data.bands.k === null")
    assert page.kernel_eval("print(chart.band)") == "None"
    choose()
    chart.wait("chart.data.bands.k === 2")
    chart.tool("More").click()
    item = chart.root.get_by_role("menuitemcheckbox", name="Band: mean ± 2·std")
    expect(item).to_have_attribute("aria-checked", "true")
    page.set_theme("JupyterLab Dark")
    wait_until(lambda: _is_banded(chart.read(TINTS)), 30, "the bands again")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("band-dark")
    page.kernel_eval("source.stop()")
