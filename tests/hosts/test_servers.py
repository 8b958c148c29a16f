"""marimo, Shiny, Panel and Solara: a dashboard and a chart are live there, and end with their visitor."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Iterator
from pathlib import Path

import anywidget
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.hosts.servers import KINDS, HostServer
from tests.wait import wait_until

LIVE_MS = 45_000
LEAVE_TIMEOUT = 30.0
WHY_NOT = "It is not installed here: make test-hosts."

# Console errors of the hosts' own: (pattern, reason).
KNOWN_NOISE = [
    (re.compile(r"favicon|404 \(Not Found\)"), "Shiny's and Solara's pages have no icon"),
    (re.compile(r"ERR_NAME_NOT_RESOLVED|ERR_FAILED"), "Panel's pages ask a CDN for an icon font"),
]
# Requests to other machines of the hosts' own, by the host.
PANELS = [
    (re.compile(r"font-?awesome"), "Panel's pages take their icon font from CDNs"),
    (
        re.compile(r"^https://cdn\.holoviz\.org/panel/.*\.css"),
        "Panel's pages take their style sheets from a CDN",
    ),
]
ANYWIDGETS = (
    re.compile(r"^https://unpkg\.com/anywidget@"),
    "ipywidgets-bokeh takes anywidget's script from a CDN",
)
KNOWN_REQUESTS = {"panel": PANELS, "panel_ipywidgets": [*PANELS, ANYWIDGETS]}


def is_missing(package: str) -> bool:
    """Return whether a package is not installed here."""
    return importlib.util.find_spec(package) is None


@pytest.fixture(
    params=[
        # A mark, so that no browser is started for what is skipped.
        pytest.param(name, marks=pytest.mark.skipif(is_missing(kind.package), reason=WHY_NOT))
        for name, kind in sorted(KINDS.items())
    ]
)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HostServer]:
    """Start each host whose package is there."""
    running = HostServer(request.param, tmp_path)
    yield running
    running.close()


class Visitor:
    """A browser of its own that looks at the page."""

    def __init__(self, browser: Browser, server: HostServer) -> None:
        self.server = server
        # So high that nothing is out of sight: what nobody sees is not sent.
        self.context: BrowserContext = browser.new_context(viewport={"width": 1200, "height": 2400})
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        if server.name == "panel_ipywidgets":
            self.page.route("https://unpkg.com/anywidget@**", _anywidget_script)
        self.page.goto(server.url)
        expect(self.page.locator(".nbs-chart")).to_have_count(2, timeout=LIVE_MS)
        expect(self.badge).to_have_text("live", timeout=LIVE_MS)

    @property
    def badge(self):
        """What the chart says of its state."""
        return self.page.locator(".nbs-chart .nbs-badge-text").last

    def is_moving(self) -> bool:
        """Return whether what is drawn of both charts is another soon."""
        drawn = self._drawn()
        wait_until(lambda: all(a != b for a, b in zip(drawn, self._drawn(), strict=True)), 10.0)
        return True

    def _drawn(self) -> list[str]:
        charts = self.page.locator(".nbs-chart")
        return [
            charts.nth(i).locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
            for i in range(charts.count())
        ]

    def leave(self) -> None:
        """Close the page."""
        self.context.close()


def _anywidget_script(route: Route) -> None:
    """Answer for the CDN: with what the installed anywidget has for pages."""
    data = Path(anywidget.__file__).parents[4] / "share" / "jupyter" / "nbextensions" / "anywidget"
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(path=data / "index.js", headers=headers, content_type="text/javascript")


def test_charts_are_live_for_each_visitor(server: HostServer, chromium: Browser) -> None:
    """Two visitors see their own dashboard and a chart of what they share; what was theirs goes with them."""
    anna = Visitor(chromium, server)
    assert anna.is_moving()
    # Styles are there, in shadow roots too, and the page is used as wide as it is.
    chart = anna.page.locator(".nbs-chart").first
    assert chart.evaluate("el => getComputedStyle(el).position") == "relative"
    box = chart.bounding_box()
    assert box is not None
    assert box["width"] > 600
    # What a person does reaches the kernel, and comes back.
    anna.page.get_by_role("button", name="5min", exact=True).first.click()
    expect(anna.page.locator(".nbs-dashboard")).to_contain_text("readings in 5min", timeout=LIVE_MS)
    bert = Visitor(chromium, server)
    assert bert.is_moving()
    expect(bert.page.locator(".nbs-dashboard")).to_contain_text("readings in 60s", timeout=LIVE_MS)
    assert server.n_marks("made") == 1
    for visitor in (anna, bert):
        assert [e for e in visitor.errors if not _is_known(e, KNOWN_NOISE)] == []
        elsewhere = [
            url
            for url in visitor.requests
            if not url.startswith((f"http://127.0.0.1:{server.port}/", "data:", "blob:"))
        ]
        known = KNOWN_REQUESTS.get(server.name, [])
        assert [url for url in elsewhere if not _is_known(url, known)] == []
    anna.leave()
    assert bert.is_moving()
    bert.leave()
    wait_until(lambda: _rests(server, "own"), LEAVE_TIMEOUT, "the visitors' sources to end", 0.1)
    assert not _rests(server, "common")
    assert "Traceback" not in server.log


def _is_known(text: str, known: list[tuple[re.Pattern[str], str]]) -> bool:
    return any(pattern.search(text) for pattern, _ in known)


def _rests(server: HostServer, name: str) -> bool:
    """Return whether a source that reads 20 times a second was silent for a second."""
    before = server.n_marks(name)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if server.n_marks(name) != before:
            return False
        time.sleep(0.01)
    return True
