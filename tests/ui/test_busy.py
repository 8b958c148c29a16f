"""First contact and frames while a cell runs: no page waits for a free kernel."""

from __future__ import annotations

import pytest

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

pytestmark = pytest.mark.alone

LOOP = '''
import time
import nbstream as ns
ns.LiveChart  # what a first use imports is no part of the display

buffer = ns.Buffer(timezone="UTC")

def loop(seconds):
    """Keep the kernel busy with readings, and print when that began."""
    began = time.time()
    print(began, flush=True)
    while time.time() < began + seconds:
        buffer.append(time.time(), value=time.time() % 10)
        time.sleep(0.05)
'''
BY_MESSAGE = (
    "import nbstream.widgets.page.scripts\nnbstream.widgets.page.scripts._data_folders = list\n"
)
"""A kernel whose files no server of the page can see."""
MOVING = """(() => {
    const newest = chart.plot.frame && chart.data.newestUntil(chart.plot.frame.to);
    chart.firstSeen ??= newest;
    return newest > chart.firstSeen;
})()"""


def seconds_to_move(page: LabPage, cell: int, index: int = 0, timeout: float = 30.0) -> float:
    """Wait until a chart has painted newer readings than its first; return seconds since the loop began."""
    chart = PageChart(page, index)
    chart.wait(MOVING, timeout)
    moved_at = chart.read("Date.now() / 1000")
    began = page.cell(cell).locator(".jp-OutputArea-output pre").first.inner_text()
    return float(moved_at) - float(began.split()[0])


@pytest.mark.smoke
@pytest.mark.parametrize("shown", ["ns.watch(buffer)", "ns.LiveChart(buffer)"])
def test_a_chart_and_a_loop_in_one_cell(lab: Lab, shown: str) -> None:
    """The curve moves in the first half of a loop that runs in its own cell."""
    page = lab.open([LOOP, f"display({shown})\nloop(12)"])
    page.run_cell(0)
    page.run_cell(1, wait=False)
    assert seconds_to_move(page, 1) < 6
    chart = PageChart(page)
    wait_until(lambda: chart.n_inked() > 20, 6, "the line")  # how it looks comes a moment later
    assert chart.read("chart.link.state") == "busy"
    page.screenshot("busy-one-cell")
    page.wait_idle()
    chart.wait("chart.link.state === 'live'")
    chart.wait("chart.lines[0].isVisible")


@pytest.mark.smoke
def test_a_chart_and_a_loop_by_message(lab: Lab) -> None:
    """Where no server has the scripts, they are pushed, for a busy kernel hears no page ask."""
    page = lab.open([BY_MESSAGE + LOOP, "display(ns.watch(buffer))\nloop(12)"])
    page.run_cell(0)
    page.run_cell(1, wait=False)
    assert seconds_to_move(page, 1) < 9
    assert PageChart(page).read("chart.link.state") == "busy"


@pytest.mark.smoke
def test_a_dashboard_in_one_cell_and_a_loop_in_the_next(lab: Lab) -> None:
    """With all cells run at once the page's hello waits behind the loop; the curve moves all the same."""
    page = lab.open([LOOP, "dashboard = ns.watch(buffer)\ndashboard", "loop(12)"])
    page.run_all(wait=False)
    assert seconds_to_move(page, 2) < 8
    page.wait_idle()
    PageChart(page).wait("chart.link.state === 'live'")


def test_a_source_and_two_views_in_a_busy_cell(lab: Lab) -> None:
    """Readings of a source's thread are seen in both views of a chart while its own cell runs."""
    page = lab.open(
        [
            LOOP,
            "import math\n"
            "source = ns.CallableSource(lambda: math.sin(time.time()), interval=0.1).start()\n"
            "chart = ns.LiveChart(source)\n"
            "display(chart)\ndisplay(chart)\nloop(12)",
        ]
    )
    page.run_cell(0)
    page.run_cell(1, wait=False)
    badges = page.page.locator(".nbs-badge-text")
    page.page.wait_for_function(
        "() => [...document.querySelectorAll('.nbs-badge-text')]"
        ".filter((badge) => badge.textContent.startsWith('kernel busy')).length === 2",
        timeout=10_000,
    )
    assert seconds_to_move(page, 1) < 8
    assert badges.count() == 2
    page.wait_idle()


def test_reload_while_a_loop_runs(lab: Lab) -> None:
    """A page that is loaded anew during a loop is live when it ends, at the latest."""
    page = lab.open([FEED, "chart = ns.LiveChart(buffer, window='10s')\nchart", "time.sleep(14)"])
    page.run_cell(0)
    page.run_cell(1)
    PageChart(page).wait_live()
    page.save()
    page.run_cell(2, wait=False)
    page.reload(wait=False)
    PageChart(page).wait("chart.plot.frame && chart.data.lines.some((line) => line.length > 5)", 40)
    PageChart(page).wait_newer()
    PageChart(page).wait("chart.link.state === 'live'", 20)
