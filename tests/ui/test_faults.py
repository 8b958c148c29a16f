"""What a page shows when something goes wrong around it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.ui.charts import CHART, FEED, PageChart
from tests.ui.jupyter import (
    CHROMIUM_ARGUMENTS,
    Lab,
    LabPage,
    LabServer,
    Voila,
    VoilaServer,
    write_notebook,
)
from tests.wait import wait_until
from tools import find_chromium

FLOOD = """
import sys, time
end = time.time() + 5
while time.time() < end:
    print("x" * 40_000)
    time.sleep(0.02)
"""
EIGHT = """
charts = [ns.LiveChart(buffer, window="10s", height=220, title=f"No. {n}") for n in range(8)]
for one in charts:
    display(one)
"""
SLEEP = """
real, real_ns = time.time, time.time_ns
time.time = lambda: real() + 3600
time.time_ns = lambda: real_ns() + 3600 * 10**9
"""


def execute(page: LabPage, code: str) -> None:
    """Have the kernel run some code, and don't wait for it."""
    page.page.evaluate(
        "(code) => void jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({ code })",
        code,
    )


def test_restart_by_somebody_else(live: tuple[LabPage, PageChart]) -> None:
    """A restart that the page is not told of shows as silence."""
    page, chart = live
    kernel = page.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    )
    page.server.request("POST", f"/api/kernels/{kernel}/restart")
    expect(chart.badge).to_contain_text("no answer from the kernel", timeout=15_000)
    page.wait_idle()
    page.run_all()
    PageChart(page).wait_live()
    expect(page.page.locator(".nbs-chart")).to_have_count(1)


def test_a_kernel_that_crashes(live: tuple[LabPage, PageChart]) -> None:
    """The chart says what happened and what to do; with the kernel that Jupyter starts instead it is live."""
    page, chart = live
    execute(page, "import os; os._exit(1)")
    expect(chart.badge).to_have_text("kernel restarted: run the cell again", timeout=20_000)
    page.wait_idle()
    page.page.keyboard.press("Escape")  # the host's own dialog
    page.run_all()
    PageChart(page).wait_live()
    expect(page.page.locator(".nbs-chart")).to_have_count(1)


def test_a_flood_of_output(lab: Lab) -> None:
    """While a cell prints 2 MB/s, of which Jupyter drops much, the chart goes on; it is live 5 s later."""
    page = lab.open([*CHART, FLOOD])
    page.run_cell(0)
    page.run_cell(1)
    chart = PageChart(page)
    chart.wait_live()
    page.run_cell(2, wait=False)
    expect(page.cell(2)).to_contain_text("xxx")
    expect(chart.badge).to_have_text(re.compile("kernel busy|behind"))
    chart.wait_newer()
    page.wait_idle()
    assert "IOPub data rate exceeded" in page.server.log
    chart.wait("chart.link.state === 'live' && Date.now() - chart.data.newest < 1500")
    expect(chart.badge).to_have_text("live")


def test_a_call_that_holds_the_interpreter(live: tuple[LabPage, PageChart]) -> None:
    """While foreign code holds the GIL nothing comes; the page says so, and goes on at once after it."""
    page, chart = live
    hold = "ctypes.PyDLL(None).usleep(8_000_000)"
    execute(page, f"import ctypes, threading; threading.Thread(target=lambda: {hold}).start()")
    expect(chart.badge).to_contain_text("no answer from the kernel")
    chart.wait("chart.link.state === 'live' && Date.now() - chart.data.newest < 1500")
    chart.wait_newer()
    line = "chart.data.lines[0]"
    broken = f"{line}.values.subarray({line}.start ?? 0).some(Number.isNaN)"
    assert chart.read(broken), "the line breaks where nothing was read"


def test_eight_charts_live_together(lab: Lab) -> None:
    """Each of eight charts of a page is up to date, and together they stay far below Jupyter's rate limit."""
    page = lab.open([FEED, EIGHT])
    page.run_all()
    charts = [PageChart(page, number) for number in range(8)]
    page.page.set_viewport_size({"width": 1280, "height": 3200})
    for chart in charts:
        chart.wait_live()
    counted = "print(time.time(), sum(chart.n_frames for chart in charts))"
    begun, before = map(float, page.kernel_eval(counted).split())
    first = charts[0]
    first.wait("chart.data.newest > given + 3000", 30, first.read("chart.data.newest"))
    ended, after = map(float, page.kernel_eval(counted).split())
    assert all(chart.read("Date.now() - chart.data.newest < 1500") for chart in charts)
    assert 8 * 2 < (after - before) / (ended - begun) < 8 * 20


def test_a_laptop_that_slept_for_an_hour(lab: Lab) -> None:
    """Clocks of page and machine are an hour on: the chart is of now within seconds, its line broken."""
    context = lab.new_context()
    context.add_init_script(
        "globalThis.slept = 0; const now = Date.now; Date.now = () => now() + globalThis.slept;"
    )
    page = lab.open(CHART, context=context)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.page.evaluate("() => (globalThis.slept = 3_600_000)")
    page.kernel_eval(SLEEP)
    chart.wait("Math.abs(Date.now() - chart.data.newest) < 1500")
    expect(chart.badge).to_have_text("live")
    chart.wait("Math.abs(chart.plot.frame.to - chart.data.newest) < 3000")
    assert page.kernel_eval("print(chart.analyzer.rate > 0)") == "True"
    chart.root.get_by_role("combobox").select_option("all")
    chart.wait("chart.plot.frame.to - chart.plot.frame.from > 3_600_000")
    line = "chart.data.lines[0]"
    chart.wait(f"{line}.values.subarray({line}.start ?? 0).some(Number.isNaN)")
    page.screenshot("faults-slept")


def test_restart_from_the_page(lab: Lab) -> None:
    """After a restart the page says once what to do, and dims the chart, until the cell runs again."""
    page = lab.open([FEED, "ns.watch(buffer, window='10s')"])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.restart_kernel()
    text = "kernel restarted: run the cell again"
    told = page.page.locator(".nbs-badge-text, .nbs-note").filter(has_text=text)
    expect(chart.badge).to_have_text(text)
    expect(told).to_have_count(1)
    assert float(chart.read("getComputedStyle(chart.plot.canvas).opacity")) < 0.6
    page.run_all()
    expect(told).to_have_count(0)
    PageChart(page).wait_live()


def test_reload_while_the_kernel_is_busy(live: tuple[LabPage, PageChart]) -> None:
    """A reload during a long cell is live again when the cell ends."""
    page, _ = live
    page.save()
    page.page.evaluate(
        "() => void jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute("
        "{ code: 'import time; time.sleep(6)' })"
    )
    page.reload(wait=False)
    PageChart(page).wait("chart.link?.state === 'live'", 40)
    PageChart(page).wait_newer()


COUNT = """
from pathlib import Path
def count():
    while True:
        Path({path!r}).write_text(str(chart.n_frames))
        time.sleep(0.2)
threading.Thread(target=count, daemon=True).start()
"""


def test_a_closed_tab_is_sent_nothing(lab: Lab, tmp_path: Path) -> None:
    """When the only tab is gone, frames end, the server stays small, and a new tab is up to date."""
    context = lab.new_context()
    counted = tmp_path / "frames"
    page = lab.open([*CHART, COUNT.format(path=str(counted))], context=context)
    page.run_all()
    PageChart(page).wait_live()
    page.save()
    server = psutil.Process(lab.server.process.pid)
    held = server.memory_info().rss
    page.close()
    last = ["", time.monotonic()]

    def rests() -> bool:
        if (n_frames := counted.read_text()) != last[0]:
            last[:] = [n_frames, time.monotonic()]
        return time.monotonic() - float(last[1]) > 2

    wait_until(rests, 25, "no more frames")
    assert server.memory_info().rss - held < 5e6
    again = lab.open(page.path, context=context)
    wait_until(lambda: again.kernel_eval("print(chart.n_views)") == "1", 20, "only the new view")
    chart = PageChart(again)
    chart.wait_live()
    chart.wait("Date.now() - chart.data.newest < 1500")


def test_stopped_and_failed_sources_say_so(lab: Lab) -> None:
    """The badge has the source's own words when it ended or failed."""
    page = lab.open(
        [
            "import nbstream as ns\nsource = ns.IterableSource(iter([1.0, 2.0, 3.0])).start()\n"
            "ns.LiveChart(source, window='all')",
            "import sys\nbad = ns.ProcessSource([sys.executable, '-c', "
            "'import sys; sys.exit(\"no sensor\")']).start()\nns.LiveChart(bad)",
        ]
    )
    page.run_all()
    page.hide_code()
    expect(PageChart(page, 0).badge).to_contain_text("ended")
    expect(PageChart(page, 1).badge).to_contain_text("no sensor")
    page.screenshot("faults-sources")


@pytest.mark.parametrize("width", [1280, 760])
def test_what_cannot_be_read_is_said_to_its_end(lab: Lab, width: int) -> None:
    """The badge of a chart alone shows the whole sentence: what to do stands at its end."""
    page = lab.open(
        [
            "import sys, time\nimport nbstream as ns\n"
            "say = 'import time\\nwhile True: print(\"hello world foo\", flush=True); time.sleep(0.1)'\n"
            "ns.LiveChart(ns.ProcessSource([sys.executable, '-c', say]).start(), height=200)"
        ]
    )
    page.run_all()
    page.page.set_viewport_size({"width": width, "height": 700})
    chart = PageChart(page)
    expect(chart.badge).to_contain_text("Nothing could be read yet", timeout=15_000)
    chart.wait("chart.toolbar.badge.label.scrollWidth <= chart.toolbar.badge.label.clientWidth")
    box = "chart.toolbar.badge.el.getBoundingClientRect()"
    assert chart.read(f"{box}.left >= chart.el.getBoundingClientRect().left")
    page.screenshot(f"faults-unreadable-{width}")


def test_a_chart_that_is_closed_goes_quietly(live: tuple[LabPage, PageChart]) -> None:
    """Closed in the kernel while it is shown, it leaves the page, and the page reports no error."""
    page, _ = live
    page.kernel_eval("chart.close()")
    expect(page.page.locator(".nbs-chart")).to_have_count(0)
    page.kernel_eval("chart = ns.LiveChart(buffer)")
    assert page.console_errors == []


ODD_DATA = """
import numpy as np
import nbstream as ns
START = 1_782_907_200.0
def chart(values, **options):
    buffer = ns.Buffer(timezone="UTC")
    if len(values):
        buffer.extend(START + np.arange(len(values)), value=np.array(values, float))
    return ns.LiveChart(buffer, window="60s", height=200, **options)
"""


@pytest.mark.parametrize(
    ("values", "inked"),
    [
        ("[7.0]", True),
        ("[5.0] * 50", True),
        ("[]", False),
        ("[np.nan] * 50", False),
        ("[1.0, 2.0, np.nan, np.inf, 3.0, 1.0]", True),
        ("[1e308, -1e308] * 5", True),
        ("[1e-308, 2e-308] * 5", True),
        ("1e9 + np.arange(50) * 1e-3", True),
    ],
)
def test_odd_data_leaves_axes_in_order(lab: Lab, values: str, inked: bool) -> None:
    """A single point, a constant, nothing, gaps and extremes: the axes stay finite and ordered."""
    page = lab.open([ODD_DATA, f"chart({values})"])
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.plot.frame")
    low, high = chart.y_range()
    assert low < high
    assert chart.span()[0] > 1.767e12  # 2026
    wait_until(lambda: (chart.n_inked() > 0) == inked, 15, "ink" if inked else "no ink")


@pytest.fixture
def culling_voila(
    tmp_path: Path, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Voila]:
    """A voila that culls kernels which were idle for twelve seconds; a page may take some to load."""
    arguments = [
        "--MappingKernelManager.cull_interval=1",
        "--MappingKernelManager.cull_idle_timeout=12",
    ]
    server = VoilaServer(tmp_path, arguments)
    pages = Voila(server, browser, request.node.name)
    yield pages
    try:
        pages.finish(has_failed=False)
    finally:
        server.close()


N_VISITORS = 3
KERNEL_MB = 250


@pytest.mark.timeout(180)
def test_visitors_of_voila_and_kernels_that_nobody_looks_at(culling_voila: Voila) -> None:
    """Each of several visitors is live and has a kernel; who leaves has it culled, who stays has not."""
    server = culling_voila.server
    pages = [culling_voila.open(CHART)]
    pages += [culling_voila.open(pages[0].path) for _ in range(N_VISITORS - 1)]
    charts = [PageChart(page) for page in pages]
    for chart in charts:
        chart.wait_live()
    for chart in charts:
        chart.wait("Date.now() - chart.data.newest < 1500")
    held = [kernel.memory_info().rss / 1e6 for kernel in server.kernels()]
    assert len(held) == N_VISITORS
    assert max(held) < KERNEL_MB
    for page in pages[1:]:
        page.close()
    stays = charts[0]
    wait_until(lambda: len(server.kernels()) == 1, 45, "the kernels of those who left to be culled")
    expect(stays.badge).to_have_text("live")
    pages[0].close()
    wait_until(lambda: not server.kernels(), 45, "the kernel to be culled")


SEEN = """
from pathlib import Path
def count():
    while True:
        part = Path({path!r} + ".part")
        part.write_text(f"{{chart.n_frames}} {{len(buffer)}}")
        part.replace({path!r})  # nobody reads half of it
        time.sleep(0.1)
threading.Thread(target=count, daemon=True).start()
"""


@pytest.mark.timeout(180)
def test_a_kernel_that_voila_made_ready(
    tmp_path: Path, browser: Browser, request: pytest.FixtureRequest
) -> None:
    """Before its visitor comes it takes in readings and sends no frames; then the chart is of now."""
    counted = tmp_path / "counted"
    cells = [*CHART, SEEN.format(path=str(counted))]
    notebook = write_notebook(tmp_path / "notebooks" / "ready.ipynb", cells)
    server = VoilaServer(tmp_path, ["--preheat_kernel=True", "--pool_size=1"])
    pages = Voila(server, browser, request.node.name)

    def seen() -> list[int]:
        """Return frames sent and readings held by the kernel that is ready."""
        return [int(n) for n in counted.read_text().split()] if counted.exists() else [0, 0]

    try:
        wait_until(lambda: seen()[1] > 200, 60, "readings of a ready kernel")
        n_frames = seen()[0]
        assert n_frames < 10  # of a cell that took long and could hear nobody; none as a rule
        n = seen()[1]
        wait_until(lambda: seen()[1] > n + 50, 20, "further readings")
        assert seen()[0] == n_frames
        chart = PageChart(pages.open(notebook))
        chart.wait_live()
        chart.wait("Date.now() - chart.data.newest < 1500", 10)
        expect(chart.badge).to_have_text("live")
        pages.finish(has_failed=False)
    finally:
        server.close()


TWENTY = """
charts = [ns.LiveChart(buffer, window="10s", height=150, toolbar=False) for _ in range(20)]
charts[0].add_scattergl(x=[time.time() * 1e3] * 2, y=[0, 100], name="mine", mode="lines")
ipywidgets.GridBox(charts, layout={"grid_template_columns": "1fr 1fr 1fr 1fr"})
"""


@pytest.mark.timeout(180)
def test_twenty_charts_where_there_is_no_webgl(
    lab_server: LabServer, browser: Browser, request: pytest.FixtureRequest
) -> None:
    """Each of twenty charts of a page is drawn and up to date without a GPU's contexts, and nothing fails."""
    blind = browser.browser_type.launch(
        executable_path=find_chromium.find(),
        args=[*CHROMIUM_ARGUMENTS, "--disable-3d-apis"],
        headless=True,
    )
    lab = Lab(lab_server, blind, request.node.name)
    try:
        page = lab.open([FEED + "import ipywidgets", TWENTY])
        page.page.set_viewport_size({"width": 1600, "height": 1400})
        assert not page.page.evaluate("!!document.createElement('canvas').getContext('webgl')")
        page.run_all()
        page.hide_code()
        charts = [PageChart(page, number) for number in range(20)]
        for chart in charts:
            chart.wait("chart.link?.state === 'live' && chart.data.lines[0]?.length > 5", 60)
        for chart in charts:
            chart.wait("Date.now() - chart.data.newest < 3000")
            wait_until(lambda chart=chart: chart.n_inked() > 20, 10, "the line")  # type: ignore[misc]
        guest = charts[0].root.locator(".nbs-guests .scatterlayer .trace")
        expect(guest).to_have_count(1)
        expect(charts[0].root.locator(".no-webgl:visible")).to_have_count(0)
        page.screenshot("faults-no-webgl")
        lab.finish(has_failed=False)
    finally:
        blind.close()
        lab_server.close_kernels()
