"""A real page beside simulated viewers: of Panel, served by this process to a Chromium."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbstream as ns
from benchmarks.page import CHROMIUM_ARGUMENTS
from tests.counterparts.ports import HOST, free_port
from tools import find_chromium

LIVE_MS = 60_000
PAINTED = '.nbs-health-entry[data-name="frames/s"]'


class PanelPage:
    """A page that shows a dashboard of its own.

    Parameters
    ----------
    page
        playwright's.
    dashboards
        That the server made, one for each page that was opened.
    """

    def __init__(self, page: Any, dashboards: list[ns.Dashboard]) -> None:
        self._page = page
        self._dashboards = dashboards

    @property
    def n_frames(self) -> int:
        """Frames of the chart that it was sent so far."""
        return sum(dashboard.chart._link.n_frames for dashboard in self._dashboards)

    @property
    def painted(self) -> str:
        """How often a second it says that it paints."""
        return str(self._page.locator(PAINTED).inner_text()).removeprefix("frames/s").strip()


@contextmanager
def panel_page(analyzer: ns.Analyzer) -> Iterator[PanelPage]:
    """Serve dashboards of an analyzer by Panel, and open one in Chromium."""
    import panel as pn
    from playwright.sync_api import sync_playwright

    dashboards: list[ns.Dashboard] = []

    def app() -> Any:
        dashboards.append(ns.Dashboard(analyzer))
        return pn.Column(dashboards[-1])

    port = free_port()
    server = pn.serve(app, port=port, address=HOST, show=False, threaded=True, verbose=False)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium.find(), args=CHROMIUM_ARGUMENTS
            )
            page = browser.new_page(viewport={"width": 1200, "height": 1000})
            _open(page, f"http://{HOST}:{port}/")
            yield PanelPage(page, dashboards)
            browser.close()
    finally:
        server.stop()
        _wait_for(server)


def _open(page: Any, url: str) -> None:
    """Open the page once the server's thread listens, and wait until it is live."""
    deadline = time.monotonic() + LIVE_MS / 1000
    while True:
        try:
            page.goto(url)
            break
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    page.locator(".nbs-dashboard .nbs-badge-text", has_text="live").first.wait_for(timeout=LIVE_MS)


def _wait_for(server: Any) -> None:
    if isinstance(server, threading.Thread):
        server.join(10)
