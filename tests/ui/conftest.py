"""Fixtures for real pages. One server of each kind and one browser serve the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import (
    CHROMIUM_ARGUMENTS,
    Lab,
    LabPage,
    LabServer,
    NotebookServer,
    Voila,
    VoilaServer,
)
from tools import find_chromium

UI_TIMEOUT = 240
PATIENCE = 15
"""Seconds that a page has to become as a test expects it, where the test names no time itself."""
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and give them the time that pages need."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.ui)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(UI_TIMEOUT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember a failure, for its screenshot."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; each page gets a context of its own."""
    executable = find_chromium.find()
    if executable is None:
        pytest.fail(find_chromium.ADVICE)
    expect.set_options(timeout=PATIENCE * 1e3)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    """One JupyterLab for all tests."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def notebook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookServer]:
    """One Notebook 7 for all tests."""
    server = NotebookServer(tmp_path_factory.mktemp("notebook"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def voila_arguments() -> list[str]:
    """Further arguments of the voila server; a test module may override them."""
    return []


@pytest.fixture(scope="session")
def voila_server(
    tmp_path_factory: pytest.TempPathFactory, voila_arguments: list[str]
) -> Iterator[VoilaServer]:
    """One voila for all tests."""
    server = VoilaServer(tmp_path_factory.mktemp("voila"), voila_arguments)
    yield server
    server.close()


@pytest.fixture
def lab(lab_server: LabServer, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """JupyterLab: `lab.open(["cell one", "cell two"])` is a page with a running kernel."""
    yield from _notebooks(lab_server, browser, request)


@pytest.fixture
def notebook(
    notebook_server: NotebookServer, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Lab]:
    """Notebook 7: as `lab`."""
    yield from _notebooks(notebook_server, browser, request)


def _notebooks(
    server: LabServer, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Lab]:
    pages = Lab(server, browser, request.node.name)
    yield pages
    try:
        pages.finish(has_failed=FAILED in request.node.stash)
    finally:
        server.close_kernels()
        server.reset_theme()


@pytest.fixture
def voila(
    voila_server: VoilaServer, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Voila]:
    """Voila: `voila.open(["cell one", "cell two"])` is a page whose cells have run."""
    pages = Voila(voila_server, browser, request.node.name)
    yield pages
    try:
        pages.finish(has_failed=FAILED in request.node.stash)
    finally:
        voila_server.close_kernels()


@pytest.fixture
def live(lab: Lab) -> tuple[LabPage, PageChart]:
    """Open a page with a chart that is live."""
    page = lab.open(CHART)
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    return page, chart
