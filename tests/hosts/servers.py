"""Servers of the hosts that are no Jupyter server, each running an app of a few lines.

The app shows a dashboard of its own and a chart of what all visitors share. Its sources leave marks in files
with each reading, so that their end is seen from outside.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.counterparts.ports import HOST, free_port
from tests.ui.jupyter import end_process_tree
from tests.wait import wait_until

START_TIMEOUT = 60.0

# A module beside the app: Panel and marimo clear the names of a page's script when its visitor has left.
READINGS = """
import math
import time
import nbstream as ns

def mark(name):
    with open(name, "a") as file:
        file.write("x")

def own():
    mark("own")
    return math.sin(time.time())

def common():
    mark("common")
    return math.cos(time.time())

def make_common():
    mark("made")
    return ns.Analyzer(ns.CallableSource(common, interval=0.05).start(), window="60s")
"""
BEGIN = """
import nbstream as ns
from readings import make_common, own
"""


@dataclass(frozen=True)
class Kind:
    """A host that can be started.

    Parameters
    ----------
    package
        Without which it can't be.
    app
        The rest of the app's text.
    command
        Arguments of Python; "{app}" and "{port}" are filled in.
    environment
        Further variables.
    path
        Of the page.
    """

    package: str
    app: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    path: str = ""


PANEL = (
    *("-m", "panel", "serve", "{app}", "--address", HOST, "--port", "{port}"),
    *("--unused-session-lifetime", "500", "--check-unused-sessions", "500"),
)
KINDS = {
    "marimo": Kind(
        "marimo",
        """
        import marimo

        app = marimo.App()

        @app.cell
        def _():
            {begin}
            dashboard = ns.watch(own, interval=0.05, alerts=["value > 2"])
            dashboard
            return make_common, ns

        @app.cell
        def _(make_common, ns):
            chart = ns.LiveChart(ns.shared("common", make_common), height=200)
            chart
            return

        if __name__ == "__main__":
            app.run()
        """,
        (
            *("-m", "marimo", "run", "{app}", "--headless", "--no-token"),
            *("--host", HOST, "--port", "{port}", "--session-ttl", "1"),
        ),
    ),
    "shiny": Kind(
        "shinywidgets",
        """
        from shiny import App, ui
        from shinywidgets import output_widget, render_widget
        {begin}

        def server(input, output, session):
            @render_widget
            def dashboard():
                return ns.watch(own, interval=0.05, alerts=["value > 2"])

            @render_widget
            def chart():
                return ns.LiveChart(ns.shared("common", make_common), height=200)

        app = App(ui.page_fluid(output_widget("dashboard", height="auto"), output_widget("chart")), server)
        """,
        ("-m", "shiny", "run", "{app}", "--host", HOST, "--port", "{port}"),
    ),
    "panel": Kind(
        "panel",
        """
        import panel as pn
        pn.extension()
        {begin}
        dashboard = ns.watch(own, interval=0.05, alerts=["value > 2"])
        chart = ns.LiveChart(ns.shared("common", make_common), height=200)
        pn.Column(dashboard, chart).servable()
        """,
        PANEL,
        path="app",
    ),
    "panel_ipywidgets": Kind(
        "ipywidgets_bokeh",
        """
        import panel as pn
        pn.extension("ipywidgets")
        {begin}
        dashboard = ns.watch(own, interval=0.05, alerts=["value > 2"])
        chart = ns.LiveChart(ns.shared("common", make_common), height=200)
        pn.Column(pn.pane.IPyWidget(dashboard), pn.pane.IPyWidget(chart)).servable()
        """,
        PANEL,
        path="app",
    ),
    "solara": Kind(
        "solara",
        """
        import solara
        {begin}

        @solara.component
        def Page():
            dashboard = solara.use_memo(
                lambda: ns.watch(own, interval=0.05, alerts=["value > 2"]), []
            )
            chart = solara.use_memo(
                lambda: ns.LiveChart(ns.shared("common", make_common), height=200), []
            )
            with solara.Column():
                solara.display(dashboard)
                solara.display(chart)
        """,
        (
            *("-m", "solara", "run", "{app}", "--host", HOST, "--port", "{port}"),
            *("--no-open", "--production"),
        ),
        {"SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false", "SOLARA_KERNEL_CULL_TIMEOUT": "1s"},
    ),
}


class HostServer:
    """A running server.

    Parameters
    ----------
    name
        Of one of `KINDS`.
    directory
        An empty one, for the app, its marks and the log.
    """

    def __init__(self, name: str, directory: Path) -> None:
        kind = KINDS[name]
        self.name = name
        self.directory = directory
        self.port = free_port()
        (directory / "readings.py").write_text(READINGS, encoding="utf-8")
        app = directory / "app.py"
        app.write_text(_with_begin(kind.app), encoding="utf-8")
        command = [part.format(app=app, port=self.port) for part in kind.command]
        self.url = f"http://{HOST}:{self.port}/{kind.path}"
        self.log_path = directory / "server.log"
        home = {"HOME": str(directory), "XDG_CONFIG_HOME": str(directory / "config")}
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=directory,
                env={**os.environ, **home, **kind.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._answers, START_TIMEOUT, lambda: f"the server; its log:\n{self.log}")
        except BaseException:
            self.close()
            raise

    @property
    def log(self) -> str:
        """What the server wrote."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def n_marks(self, name: str) -> int:
        """Return how often "own" or "common" was read, or what is common was "made"."""
        path = self.directory / name
        return path.stat().st_size if path.exists() else 0

    def close(self) -> None:
        """End the server."""
        end_process_tree(self.process)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(self.log)
        try:
            with urllib.request.urlopen(self.url, timeout=10):
                return True
        except (OSError, urllib.error.URLError):
            return False


def _with_begin(text: str) -> str:
    """Return an app's text with what all begin with where it says so, as deep as that stands."""
    lines = []
    for line in textwrap.dedent(text).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        is_place = line.strip() == "{begin}"
        lines.append(textwrap.indent(BEGIN.strip(), indent) if is_place else line)
    return "\n".join(lines) + "\n"
