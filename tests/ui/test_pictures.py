"""The pictures of the docs: what a dashboard looks like, light, dark, with many channels, and narrow.

`make picture` writes them to docs/pictures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, LabPage

PLANT = """
import threading, time
import numpy as np
import nbstream as ns

rng = np.random.default_rng(4)
buffer = ns.Buffer(timezone="UTC")

def plant(t):
    rise = np.clip((t % 40 - 22) / 4, 0, 1) * np.clip((36 - t % 40) / 6, 0, 1)
    noise = rng.normal(size=(2, len(t)))
    return {
        "temperature": 72 + 4 * np.sin(t / 9) + 15 * rise + 0.25 * noise[0],
        "pressure": 3.1 + 0.25 * np.cos(t / 7) - 0.9 * rise + 0.03 * noise[1],
    }

def eight(t):
    return {
        f"zone {n + 1}": 20 + 2.5 * n + (1 + n / 6) * np.sin(t / (5 + n) + n)
        + 0.1 * rng.normal(size=len(t))
        for n in range(8)
    }

def run(values, units, before=70):
    buffer.units.update(units)
    done = time.time()
    times = np.arange(done - before, done, 0.05)
    buffer.extend(times, values(times - done + before))
    def go_on():
        last = done
        while True:
            time.sleep(0.1)
            times = np.arange(last, time.time(), 0.05)
            if len(times):
                buffer.extend(times, values(times - done + before))
                last = times[-1] + 0.05
    threading.Thread(target=go_on, daemon=True).start()
"""
TWO = [
    PLANT,
    "run(plant, {'temperature': '°C', 'pressure': 'bar'})\n"
    "dashboard = ns.watch(buffer, title='Boiler 2', alerts=[{'condition': 'temperature > 80', "
    "'clear': 'temperature < 78', 'for_': '1s', 'severity': 'critical'}])\n"
    "buffer.mark('valve opened', time.time() - 24)\ndashboard",
]
EIGHT = [
    PLANT,
    "run(eight, {f'zone {n + 1}': '°C' for n in range(8)})\n"
    "dashboard = ns.watch(buffer, title='Kiln', alerts=[{'condition': 'value > 44', 'channel': 'zone 8'}])\n"
    "dashboard",
]
MOST_BYTES = 80_000
CUT = """(root) => [...root.querySelectorAll('*')].filter((el) => {
    const { overflowX, textOverflow } = getComputedStyle(el);
    return el.checkVisibility() && !el.closest('.nbs-hidden') && el.childElementCount === 0
        && el.textContent.trim() && overflowX === 'hidden' && textOverflow !== 'ellipsis'
        && el.scrollWidth > el.clientWidth + 1;
}).map((el) => `${el.className}: ${el.textContent}`)"""
"""The texts of a dashboard that are cut off, and don't say so."""


def take(page: LabPage, name: str) -> None:
    """Write the picture of the dashboard, in 256 colours, if pictures are wanted."""
    path = page.screenshot(f"pictures/{name}")
    if path is None:
        return
    page.page.locator(".nbs-dashboard").screenshot(path=path)
    with Image.open(path) as image:
        # A colour of a few pixels, as that of a state's dot, is one of them too.
        covering = Image.Quantize.MAXCOVERAGE
        few = image.convert("RGB").quantize(256, covering, kmeans=3, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    assert Path(path).stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("name", ["light", "dark", "eight", "narrow"])
def test_pictures(name: str, lab: Lab) -> None:
    """The dashboard is drawn, its incident is told, it fits its place, and no text of it is cut."""
    page = lab.open(EIGHT if name == "eight" else TWO)
    page.page.set_viewport_size({"width": 1280, "height": 1300})
    page.run_all()
    page.hide_code()
    if name == "dark":
        page.set_theme("JupyterLab Dark")
        expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    dashboard = page.page.locator(".nbs-dashboard")
    if name == "narrow":
        dashboard.evaluate("(el) => { el.parentElement.style.width = '360px'; }")
    chart = PageChart(page)
    chart.wait_live()
    n_channels = 8 if name == "eight" else 2
    chart.wait("chart.data.lines.length === given", argument=n_channels)
    if n_channels == 2:
        expect(page.page.locator(".nbs-feed-list")).to_contain_text("temperature", timeout=40_000)
        chart.wait("chart.data.incidents.all.length > 0")
    chart.wait("!chart.plot.hasNews")
    inked = [chart.n_inked(number) > 50 for number in range(n_channels)]
    assert all(inked), inked
    assert dashboard.evaluate("(el) => el.scrollWidth <= el.clientWidth + 1")
    assert dashboard.evaluate(CUT) == []
    take(page, name)
