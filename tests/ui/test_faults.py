"""What a page shows when something goes wrong around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.charts import CHART, FEED, PageChart
from tests.ui.jupyter import Lab, LabPage, Voila, VoilaServer
from tests.wait import wait_until


def test_restart_by_somebody_else(live: tuple[LabPage, PageChart]) -> None:
    """A restart that the page is not told of shows as silence."""
    page, chart = live
    kernel = page.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"
    )
    page.server.request("POST", f"/api/kernels/{kernel}/restart")
    expect(chart.badge).to_contain_text("no answer from the kernel", timeout=15_000)


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


def test_a_closed_tab_is_sent_nothing(lab: Lab) -> None:
    """When the only tab is gone, the kernel stops sending, and a new tab is up to date at once."""
    context = lab.new_context()
    page = lab.open(CHART, context=context)
    page.run_all()
    PageChart(page).wait_live()
    page.save()
    page.close()
    again = lab.open(page.path, context=context)
    wait_until(lambda: again.kernel_eval("print(chart.n_views)") == "1", 20, "only the new view")
    chart = PageChart(again)
    chart.wait_live()
    chart.wait("Date.now() - chart.data.newest < 1500", 5)


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
    wait_until(lambda: (chart.n_inked() > 0) == inked, 5, "ink" if inked else "no ink")


@pytest.fixture
def culling_voila(
    tmp_path: Path, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Voila]:
    """A voila that culls kernels which were idle for five seconds."""
    arguments = [
        "--MappingKernelManager.cull_interval=1",
        "--MappingKernelManager.cull_idle_timeout=5",
    ]
    server = VoilaServer(tmp_path, arguments)
    pages = Voila(server, browser, request.node.name)
    yield pages
    try:
        pages.finish(has_failed=False)
    finally:
        server.close()


def test_voila_culls_what_nobody_looks_at(culling_voila: Voila) -> None:
    """A kernel whose page is watched lives on; when the page is closed it falls idle and is culled."""
    page = culling_voila.open(CHART)
    chart = PageChart(page)
    chart.wait_live()
    chart.wait("chart.data.newest > given + 8000", argument=chart.read("chart.data.newest"))
    assert len(culling_voila.server.kernels()) == 1
    page.close()
    wait_until(lambda: not culling_voila.server.kernels(), 45, "the kernel to be culled")
