"""The whole line: a program writes a CSV file, a page in JupyterLab or voila shows it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, LabPage, Voila
from tests.ui.writer import Writer
from tests.wait import wait_until


@pytest.fixture
def csv_file(tmp_path: Path) -> Iterator[Path]:
    """Let a program write a reading ten times a second."""
    path = tmp_path / "streaming_data.csv"
    with Writer(path, 0.1):
        yield path


def watch_cells(path: Path, arguments: str = "") -> list[str]:
    """Return the cells that watch a file."""
    return ["import nbstream as ns", f"d = ns.watch({str(path)!r}, wait=True{arguments})\nd"]


@pytest.fixture
def page(lab: Lab, csv_file: Path) -> LabPage:
    """Open a page with a dashboard of the file that is live."""
    page = lab.open(watch_cells(csv_file, ", alerts=['value > 90'], title='My file'"))
    page.run_all()
    page.hide_code()
    PageChart(page).wait_live()
    return page


def test_reading_a_second_reaches_the_page(lab: Lab, tmp_path: Path) -> None:
    """One reading a second from the file is on the chart with lines and markers."""
    with Writer(tmp_path / "streaming_data.csv", 1.0):
        page = lab.open(watch_cells(tmp_path / "streaming_data.csv"))
        page.run_all()
        page.hide_code()
        chart = PageChart(page)
        chart.wait("chart.data.lines[0]?.length >= 4")
        newest = chart.read("chart.data.newest")
        chart.wait("chart.data.newest >= given + 2000", argument=newest)
        shown = float(page.kernel_eval("d.analyzer.update(); print(d.analyzer.last)"))
        assert 1 <= shown <= 100
        page.screenshot("dashboard-one-a-second")


def test_dashboard_shows_everything(page: LabPage) -> None:
    """Title, chart, cards, rules, alerts and health line are there and change with the readings."""
    body = page.page
    expect(body.locator(".nbs-controls")).to_contain_text("My file")
    count = body.locator(".nbs-cards .nbs-row-head").first
    expect(count).to_contain_text("readings in 60s")
    before = count.inner_text()
    expect(count).not_to_have_text(before)
    for name in ("last", "mean", "std", "min", "max", "rate"):
        expect(body.locator(f".nbs-card-{name} .nbs-value").first).not_to_have_text("–")
    expect(body.locator(".nbs-feed-list")).to_contain_text("> 90 since", timeout=60_000)
    health = body.locator(".nbs-health")
    for word in ("received", "dropped", "rejected"):
        expect(health).to_contain_text(word)
    page.screenshot("dashboard-lab")


def test_controls_change_window_threshold_and_pause(page: LabPage) -> None:
    """The controls reach the kernel: window, a threshold's limit, a new threshold, pause."""
    body = page.page
    controls, rules = body.locator(".nbs-controls"), body.locator(".nbs-rules")
    controls.get_by_role("button", name="5min", exact=True).click()
    wait_until(lambda: page.kernel_eval("print(d.analyzer.window)") == "5min", 10, "the window")
    chart = PageChart(page)
    chart.wait_span(300)

    limit = rules.locator(".nbs-rule .nbs-limits input").first
    limit.fill("70")
    limit.press("Enter")
    wait_until(lambda: page.kernel_eval("print(d.analyzer.rules[0].limits)") == "(70.0,)", 10, "70")
    chart.wait("chart.data.meta.figure.thresholds.some(({ value }) => value === 70)")

    rules.get_by_role("button", name="+ threshold").click()
    form = rules.get_by_role("group", name="New threshold")
    form.locator("input").first.fill("20")
    form.get_by_role("button", name="add").click()
    wait_until(lambda: page.kernel_eval("print(len(d.analyzer.rules))") == "2", 10, "a second rule")
    chart.wait("chart.data.meta.figure.thresholds.length === 2")

    controls.locator(".nbs-pause").click()
    expect(chart.badge).to_have_text("paused")
    expect(controls.get_by_role("button", name="Resume")).to_be_visible()
    controls.locator(".nbs-pause").click()
    expect(chart.badge).to_have_text("live")
    page.screenshot("dashboard-controls")


def test_cards_go_on_in_a_busy_cell(page: LabPage) -> None:
    """While a cell runs, cards and chart change."""
    page.page.evaluate(
        "() => void jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute("
        "{ code: 'import time; time.sleep(10)' })"
    )
    chart = PageChart(page)
    expect(chart.badge).to_have_text("kernel busy: slowed")
    count = page.page.locator(".nbs-cards .nbs-row-head").first
    before = count.inner_text()
    expect(count).not_to_have_text(before, timeout=6000)
    page.wait_idle()


def test_watching_twice_replaces(page: LabPage) -> None:
    """Running the cell again ends the first dashboard: one source thread, one chart."""
    page.kernel_eval("first = d")
    page.run_cell(1)
    PageChart(page).wait_live()
    assert page.kernel_eval("print(first.source.state.name, first.analyzer.is_closed)") == (
        "STOPPED True"
    )
    threads = (
        "import threading; print(sum('streaming_data' in t.name for t in threading.enumerate()))"
    )
    wait_until(lambda: page.kernel_eval(threads) == "1", 15, "the end of the first thread")


def test_a_missing_file_names_its_neighbour(lab: Lab, csv_file: Path) -> None:
    """A misspelt path is an error that names the file that is there."""
    wrong = csv_file.with_name("streaming_dat.csv")
    page = lab.open(["import nbstream as ns", f"ns.watch({str(wrong)!r})"])
    page.run_all(allow_errors=True)
    (error,) = page.cell_errors()
    assert "FileNotFoundError" in error
    assert "streaming_data.csv" in error


def test_waiting_for_a_missing_file(lab: Lab, tmp_path: Path) -> None:
    """The page says that it waits, and goes live when the file appears."""
    path = tmp_path / "later.csv"
    page = lab.open(watch_cells(path))
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    expect(chart.badge).to_contain_text("waiting for later.csv")
    page.screenshot("dashboard-waiting")
    with Writer(path, 0.1):
        chart.wait_live()


def test_voila_page(voila: Voila, csv_file: Path) -> None:
    """The same cells make a voila page that is live."""
    page = voila.open(watch_cells(csv_file, ", alerts=['value > 90']"))
    chart = PageChart(page)
    chart.wait_live()
    chart.wait_newer()
    expect(page.page.locator(".nbs-card-mean .nbs-value").first).not_to_have_text("–")
    page.page.set_viewport_size({"width": 420, "height": 900})
    chart.wait_newer()
    page.screenshot("voila-narrow")
    page.page.set_viewport_size({"width": 1280, "height": 900})
    chart.wait_newer()
    page.screenshot("voila")
    page.assert_nothing_left()


def write(path: Path, value: int) -> None:
    """Append a row with the time of now."""
    with path.open("a") as file:
        file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S},{value}\n")


@pytest.mark.parametrize("host", ["lab", "voila"])
def test_a_written_value_is_shown_within_two_seconds(
    host: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What a program has just written is in the cards and on the chart, in JupyterLab and in voila."""
    path = tmp_path / "streaming_data.csv"
    path.write_text("timestamp,value\n")
    write(path, 50)
    page = request.getfixturevalue(host).open(watch_cells(path))
    if isinstance(page, LabPage):
        page.run_all()
        page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.data.lines[0]?.length > 0")
    card = page.page.locator(".nbs-card-last .nbs-value")
    expect(card).to_have_text("50")
    for value in (72, 31, 94):
        write(path, value)
        expect(card).to_have_text(str(value), timeout=5000)
        chart.wait("chart.data.lines[0].values[chart.data.lines[0].end - 1] === given", 5, value)


def test_a_threshold_changed_on_the_page_fires_at_the_next_crossing(
    lab: Lab, tmp_path: Path
) -> None:
    """The number field changes the rule in Python, and what crosses the new limit is in the feed."""
    path = tmp_path / "streaming_data.csv"
    path.write_text("timestamp,value\n")
    write(path, 50)
    page = lab.open(watch_cells(path, ", alerts=['value > 90']"))
    page.run_all()
    page.hide_code()
    limit = page.page.locator(".nbs-rule .nbs-limits input").first
    limit.fill("60")
    limit.press("Enter")
    wait_until(lambda: page.kernel_eval("print(d.analyzer.rules[0].limits)") == "(60.0,)", 10, "60")
    write(path, 75)
    expect(page.page.locator(".nbs-feed-list")).to_contain_text("value 75 > 60 since")


NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "dashboard.ipynb"


def test_the_page_of_the_demo(voila: Voila) -> None:
    """The notebook of `make demo` shows a file's last minutes at once, and what was wrong in them.

    Its picture is the README's: `make picture` takes it anew.
    """
    folder = voila.server.notebooks
    numbers = random.Random(4)
    now = datetime.now()
    rows = [
        f"{now - timedelta(seconds=300 - i):%Y-%m-%d %H:%M:%S},{numbers.randint(1, 100)}"
        for i in range(300)
    ]
    rows[200] = rows[200].partition(",")[0] + ",420"
    with Writer(folder / "streaming_data.csv", 1.0, rows):
        page = voila.open(Path(shutil.copy(NOTEBOOK, folder)))
        page.page.set_viewport_size({"width": 1200, "height": 870})
        chart = PageChart(page)
        chart.wait_live()
        chart.wait_newer()
        feed = page.page.locator(".nbs-feed-list")
        expect(feed).to_contain_text("abs(zscore)")
        expect(feed).to_contain_text("value 420 > 90")
        expect(page.page.locator(".nbs-card-max .nbs-value")).to_have_text("420")
        expect(page.page.locator(".nbs-health")).not_to_contain_text("shown 0")
        # It scrolls, though a reading comes a second.
        chart.wait(
            """(() => {
                const { newest } = chart.data;
                if (globalThis.seen?.newest !== newest) globalThis.seen = { newest, edges: new Set() };
                return globalThis.seen.edges.add(chart.plot.frame.to).size >= 3;
            })()"""
        )
        page.screenshot("dashboard")
