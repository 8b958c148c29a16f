"""The notebooks of `notebooks/` as a reader has them after Run All: live, with something in every table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.charts import PageChart, wait_painted
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = "06_sources"  # has a test of its own, of each of its charts
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb") if path.stem != SOURCES)
FRAME = ".jp-WindowedPanel-outer"
WRONG = """() => {
    const area = document.querySelector(".jp-WindowedPanel-outer");
    const frame = area.getBoundingClientRect();
    const isSeen = (el) => {
        const { top, bottom, height } = el.getBoundingClientRect();
        return height > 0 && bottom > frame.top && top < frame.bottom && el.checkVisibility();
    };
    const all = (selector) => [...area.querySelectorAll(selector)].filter(isSeen);
    const wrong = [];
    for (const table of all("table")) {
        if (table.querySelectorAll("td").length === 0) wrong.push(`an empty table: ${table.innerText}`);
    }
    for (const empty of all(".nbs-empty")) wrong.push(`a feed without alerts: ${empty.innerText}`);
    for (const cell of all(".jp-OutputArea-output")) {
        if (/, not live\\b/.test(cell.innerText)) wrong.push(`what is not live: ${cell.innerText}`);
        if (cell.scrollWidth > cell.clientWidth + 1) wrong.push(`what is cut off: ${cell.innerText}`);
    }
    const toasts = document.querySelector(".nbs-toasts");
    if (toasts && getComputedStyle(toasts).visibility !== "hidden" && toasts.querySelector(".nbs-toast")) {
        const a = toasts.getBoundingClientRect();
        for (const chart of all(".nbs-chart")) {
            const b = chart.getBoundingClientRect();
            const [top, bottom] = [Math.max(b.top, frame.top), Math.min(b.bottom, frame.bottom)];
            const isOver = a.left < b.right && b.left < a.right && a.top < bottom && top < a.bottom;
            if (isOver) wrong.push(`a toast over a chart: ${toasts.innerText}`);
        }
    }
    return wrong;
}"""
"""What a reader would find wrong with what can be seen of the notebook now."""
REJECTED = """
import gc
import nbstream
for thing in gc.get_objects():
    if issubclass(type(thing), nbstream.Source) and thing.counters().rejected:
        print(thing, thing.notes)
"""


def read_through(page: LabPage, name: str) -> None:
    """Scroll from top to end, and wait at each place until nothing is wrong there."""
    frame = page.page.locator(FRAME)
    top, n_seen = 0, 0
    while top < frame.evaluate("(el) => el.scrollHeight - el.clientHeight / 2"):
        frame.evaluate("(el, top) => el.scrollTo({ top, behavior: 'instant' })", top)
        wait_painted(page.page)
        found: list[str] = []

        def is_well(found: list[str] = found) -> bool:
            found[:] = page.page.evaluate(WRONG)
            return not found

        wait_until(is_well, 15, lambda found=found: f"nothing to be wrong; there is {found}")
        page.screenshot(f"run-all-{name}-{n_seen:02}")
        n_seen += 1
        top += frame.evaluate("(el) => el.clientHeight - 100")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", NAMES)
def test_after_run_all(name: str, lab: Lab) -> None:
    """No table is empty, no toast lies over a chart, no output is cut off, and no reading was rejected."""
    page = lab.open(Path(shutil.copy(FOLDER / f"{name}.ipynb", lab.server.notebooks)))
    page.page.set_viewport_size({"width": 1100, "height": 1500})
    page.run_all()
    PageChart(page).wait("chart.data.lines.some((line) => line.length > 1)")
    read_through(page, name)
    assert page.kernel_eval(REJECTED) == ""
