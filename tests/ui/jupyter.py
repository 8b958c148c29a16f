"""Real JupyterLab and voila pages for tests and benchmarks.

`LabServer` and `VoilaServer` are server processes with a directory of notebooks and no settings of
the user; `LabPage` and `VoilaPage` are one notebook in one browser tab; `Lab` and `Voila` open them
for one test. Nothing here knows pytest.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import psutil
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.counterparts.ports import HOST, free_port
from tests.wait import wait_until

START_TIMEOUT = 60.0
PAGE_TIMEOUT = 60.0
CELL_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
WEB_PERIOD = 0.1  # seconds between two questions to a server or a page

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A tab in the background draws as one in front, so that two tabs can be compared.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
]

# Console errors that others make and that say nothing about us: (pattern, reason).
KNOWN_NOISE = [
    (
        re.compile(r"reading 'Queue'\)\s+at .*voila\.js", re.DOTALL),
        "old voila (0.5.7) calls MathJax without asking whether its CDN answered",
    ),
    (
        re.compile(r"Could not restore the debugger state: Canceled future for debug_request"),
        "JupyterLab 4.6 asks for the debugger when it opens a notebook; a short test ends before the answer",
    ),
    (
        re.compile(r"ChunkLoadError.*ensureMathDocument", re.DOTALL),
        "JupyterLab loads MathJax with the first HTML that it shows, also over a line that a test cuts",
    ),
    (
        re.compile(r"RUNTIME-012.*@jupyter-notebook/lab-extension", re.DOTALL),
        "Notebook 7.6's extension of JupyterLab asks voila for a library that voila has not",
    ),
    (
        re.compile(r"reading 'schema'\)\s+at .*notebook_core", re.DOTALL),
        "Notebook 7.6 reads the schema of settings before they are loaded",
    ),
    (
        re.compile(r"403.*/voila/api/shutdown/", re.DOTALL),
        "a voila page that is loaded anew asks for the end of its kernel without a token",
    ),
]

# Requests to other hosts that others make: (pattern, reason).
KNOWN_REQUESTS = [
    (re.compile(r"font-?awesome", re.IGNORECASE), "voila's pages take their icon font from a CDN"),
]

TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*\S.*", re.MULTILINE
)
PAGE_LEFT = re.compile(r"^\S*\b(WebSocketClosedError|StreamClosedError)\b", re.MULTILINE)
"""What the server logs, at any time after it, when a page is closed while it is written to."""

Notebook = Path | Sequence[str]


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """Write a notebook of code cells for the python3 kernel and return its path."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def end_process_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and the ones that it started: ask first, then kill."""
    try:
        family = [
            psutil.Process(process.pid),
            *psutil.Process(process.pid).children(recursive=True),
        ]
    except psutil.NoSuchProcess:
        family = []
    for stop in (psutil.Process.terminate, psutil.Process.kill):
        for member in family:
            try:
                stop(member)
            except psutil.NoSuchProcess:
                pass
        _, family = psutil.wait_procs(family, timeout=STOP_TIMEOUT)
    process.wait(timeout=STOP_TIMEOUT)


class JupyterServer:
    """A server process of its own directory, settings and port.

    Parameters
    ----------
    directory
        An empty directory; the notebooks lie in its ``notebooks``, the log is its ``server.log``.
    arguments
        Further command line arguments.
    environment
        Further environment variables, for the kernels too.
    """

    ready_path = "/"

    def __init__(
        self,
        directory: Path,
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.notebooks = directory / "notebooks"
        self.notebooks.mkdir(parents=True, exist_ok=True)
        self.log_path = directory / "server.log"
        self.port = free_port()
        self.page_port = self.port
        """Where pages find it; a test may put a bad network in between."""
        self._n_notebooks = 0
        # Nothing of the user's settings may reach the tests; labextensions and kernels are found
        # beside the interpreter all the same.
        isolation = {
            "JUPYTER_CONFIG_DIR": str(directory / "config"),
            "JUPYTER_DATA_DIR": str(directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(directory / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(directory / "workspaces"),
            "IPYTHONDIR": str(directory / "ipython"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_PLATFORM_DIRS": "1",
        }
        self.write_settings()
        self._arguments = [sys.executable, *self.command(), *arguments]
        self._environment = {**os.environ, **isolation, **(environment or {})}
        self.start()

    def start(self) -> None:
        """Start the process, again after `close`, and wait until it answers."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._arguments,
                cwd=self.notebooks,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._is_ready, START_TIMEOUT, self._why_not_ready, WEB_PERIOD)
        except BaseException:
            self.close()
            raise

    def command(self) -> list[str]:
        """Return the arguments of Python that run this server."""
        raise NotImplementedError

    def write_settings(self) -> None:
        """Write what the server shall find in its directory."""

    @property
    def url(self) -> str:
        """The address without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    @property
    def page_url(self) -> str:
        """The address that pages use."""
        return f"http://{HOST}:{self.page_port}"

    @property
    def log(self) -> str:
        """What the server and its kernels wrote so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def new_notebook(self, cells: Sequence[str], name: str | None = None) -> Path:
        """Write a notebook of code cells into the server's directory and return its path."""
        self._n_notebooks += 1
        return write_notebook(
            self.notebooks / f"{name or f'notebook-{self._n_notebooks}'}.ipynb", cells
        )

    def kernels(self) -> list[psutil.Process]:
        """Return the kernel processes that run now."""
        kernels = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if any("ipykernel" in part for part in child.cmdline()):
                    kernels.append(child)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                pass
        return kernels

    def request(self, method: str, path: str) -> Any:
        """Send a request to the REST interface and return its JSON answer; None if it is empty."""
        same_site = {"Cookie": "_xsrf=of-tests", "X-XSRFToken": "of-tests"}
        request = urllib.request.Request(self.url + path, method=method, headers=same_site)
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
        return json.loads(body) if body else None

    def close(self) -> None:
        """End the server and its kernels."""
        end_process_tree(self.process)

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(self._why_not_ready())
        try:
            with urllib.request.urlopen(self.url + self.ready_path, timeout=10):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def _why_not_ready(self) -> str:
        return f"{type(self).__name__} to answer at {self.url}; its log ends:\n{self.log[-3000:]}"


def tracebacks(log: str) -> list[str]:
    """Return the tracebacks of a server's log and its kernels', but for those of pages that were closed."""
    found = (match.group() for match in TRACEBACK.finditer(log))
    return [one for one in found if not PAGE_LEFT.search(one)]


def root_argument() -> list[str]:
    """Return the argument that Jupyter wants from root."""
    return ["--allow-root"] if getattr(os, "geteuid", lambda: -1)() == 0 else []


class LabServer(JupyterServer):
    """A JupyterLab server without token, news and update checks."""

    ready_path = "/api/status"
    page_path = "lab/tree"

    def write_settings(self) -> None:
        """Keep the question about news from covering the page."""
        folder = self.directory / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True)
        (folder / "notification.jupyterlab-settings").write_text(
            json.dumps({"checkForUpdates": False, "fetchNews": "false"})
        )

    def command(self) -> list[str]:
        """Return the arguments of Python that run this server."""
        return [
            "-m",
            "jupyterlab",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *self.arguments(),
        ]

    def arguments(self) -> list[str]:
        """Return the arguments of any server of notebooks."""
        return [
            "--no-browser",
            "--expose-app-in-browser",
            f"--ServerApp.ip={HOST}",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.notebooks}",
            "--IdentityProvider.token=",
            "--ServerApp.disable_check_xsrf=True",
            *root_argument(),
        ]

    def close_kernels(self) -> None:
        """Shut down every notebook session."""
        for session in self.request("GET", "/api/sessions"):
            self.request("DELETE", f"/api/sessions/{session['id']}")

    def reset_theme(self) -> None:
        """Forget the theme that a page chose, so that the next one is light again."""
        folder = self.directory / "settings" / "@jupyterlab" / "apputils-extension"
        (folder / "themes.jupyterlab-settings").unlink(missing_ok=True)

    def open(
        self,
        context: BrowserContext,
        notebook: Notebook,
        name: str | None = None,
    ) -> LabPage:
        """Open a notebook in a new tab and wait until its kernel is idle.

        Parameters
        ----------
        context
            Where the tab opens: `new_context` for another user, an open page's for a second tab.
        notebook
            The texts of its code cells, or the path of a notebook in the server's directory.
        name
            The file name without its suffix, if cells are given.
        """
        path = notebook if isinstance(notebook, Path) else self.new_notebook(notebook, name)
        return LabPage(self, context, path)


class NotebookServer(LabServer):
    """A Notebook 7 server: JupyterLab's notebook without the rest."""

    page_path = "notebooks"

    def command(self) -> list[str]:
        """Return the arguments of Python that run this server."""
        return ["-m", "notebook", *self.arguments()]


class VoilaServer(JupyterServer):
    """A voila server over the directory of notebooks; arguments set culling and the like."""

    def command(self) -> list[str]:
        """Return the arguments of Python that run this server."""
        return [
            "-m",
            "voila",
            str(self.notebooks),
            "--no-browser",
            f"--Voila.ip={HOST}",
            f"--port={self.port}",
            "--Voila.port_retries=0",
            "--show_tracebacks=True",
        ]

    def close_kernels(self) -> None:
        """Shut down the kernels of pages that are gone: a context that closes sends no word of it."""
        for kernel in self.kernels():
            found = re.search(r"kernel-([0-9a-f-]{36})", " ".join(kernel.cmdline()))
            if found:
                self.request("POST", f"/voila/api/shutdown/{found[1]}")

    def open(
        self,
        context: BrowserContext,
        notebook: Notebook,
        name: str | None = None,
        theme: str = "light",
    ) -> VoilaPage:
        """Open the page of a notebook in a new tab and wait until its cells have run.

        The parameters are those of `LabServer.open`, and voila's theme: "light" or "dark".
        """
        path = notebook if isinstance(notebook, Path) else self.new_notebook(notebook, name)
        return VoilaPage(self, context, path, theme)


def new_context(browser: Browser) -> BrowserContext:
    """Return a browser context of a common screen size."""
    return browser.new_context(viewport={"width": 1280, "height": 900})


class NotebookPage:
    """One notebook in one browser tab.

    Requests to other hosts fail, so that a test is the same with and without a network; they are
    listed in `external_requests`, and fail the test at its end.
    """

    def __init__(self, server: JupyterServer, context: BrowserContext, path: Path) -> None:
        self.server = server
        self.context = context
        self.path = path
        self.url = server.page_url
        """Of the server, as this page sees it."""
        self.console_errors: list[str] = []
        self.external_requests: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PAGE_TIMEOUT * 1e3)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._on_error(f"{error.name}: {error.stack}"))
        self.page.on("websocket", lambda socket: self._note_socket(socket.url))
        self.page.route(self._is_external, self._refuse)

    @property
    def relative_path(self) -> str:
        """The notebook's path below the server's directory, as URLs have it."""
        return self.path.relative_to(self.server.notebooks).as_posix()

    def screenshot(self, name: str) -> Path | None:
        """Save a picture as ``<name>.png`` in the folder NBSTREAM_SCREENSHOTS, if that is set."""
        folder = os.environ.get("NBSTREAM_SCREENSHOTS")
        if not folder:
            return None
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)
        return path

    def assert_no_console_errors(self) -> None:
        """Raise AssertionError if the page reported an error that is not known noise."""
        assert not self.console_errors, "The page reported:\n" + "\n".join(self.console_errors)

    def assert_nothing_left(self) -> None:
        """Raise AssertionError if the page asked another host for anything, but what voila always does."""
        own = [
            url
            for url in self.external_requests
            if not any(pattern.search(url) for pattern, _ in KNOWN_REQUESTS)
        ]
        assert not own, "The page asked other hosts:\n" + "\n".join(own)

    def report(self) -> str:
        """Return how the page and its widgets are, for who reads of a failure without seeing it."""
        lines = [f"{self.relative_path} in the browser:", *self.console_errors]
        if not self.page.is_closed():
            with suppress(PlaywrightError):
                lines += self.page.evaluate(PARTS)
            try:
                lines += ["in the kernel:", self.kernel_report()]
            except AssertionError as failure:
                lines.append(str(failure))
        return "\n  ".join(lines)

    def kernel_report(self) -> str:
        """Return what the kernel says of its widgets, if it can be asked."""
        return "not asked"

    def close(self) -> None:
        """Close the tab."""
        self.page.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not self._is_external(url):
            self._on_error(f"{message.text} ({url})")

    def _on_error(self, text: str) -> None:
        if not any(pattern.search(text) for pattern, _ in KNOWN_NOISE):
            self.console_errors.append(text)

    def _is_external(self, url: str) -> bool:
        is_remote = url.startswith(("http:", "https:", "ws:", "wss:"))
        return is_remote and url.split("://")[1].split("/")[0] != self.url.split("://")[1]

    def _note_socket(self, url: str) -> None:
        if self._is_external(url):
            self.external_requests.append(url)

    def _refuse(self, route: Route, request: Request) -> None:
        self.external_requests.append(request.url)
        route.abort()


# What every part says of its link, its notes and errors, and how large it is.
PARTS = """() => [...document.querySelectorAll("[data-link]")].map((part) => {
    const { width, height } = part.getBoundingClientRect();
    const texts = part.querySelectorAll("[role=status], [role=alert], .nbs-badge");
    const said = [...texts].map((node) => node.innerText.trim()).filter((text) => text);
    return `${part.className} ${width} x ${height}, link ${part.dataset.link}: ${said.join(" | ")}`;
})"""

# What the kernel knows of its widgets and sources.
WIDGETS = """
def _report():
    import threading, time
    from ipywidgets.widgets.widget import _instances
    for widget in _instances.values():
        link = getattr(widget, "_link", None)
        if link is not None:
            print(type(widget).__name__, "visible", link.n_visible, "frames", link.n_frames,
                  "ignored", getattr(widget, "n_ignored", None), "halvings", link.halvings)
    print("threads", sorted(thread.name for thread in threading.enumerate()))
_report()
"""

# The notebook panel of the tab and its kernel connection, for the scripts below.
PANEL = "const panel = globalThis.jupyterapp?.shell?.currentWidget;"
KERNEL = PANEL + "const kernel = panel?.sessionContext?.session?.kernel;"

IS_IDLE = f"""() => {{
    {KERNEL}
    return panel?.content?.widgets?.length > 0 && kernel?.status === 'idle'
        && kernel?.connectionStatus === 'connected';
}}"""

RUN_CELLS = f"""async ([index, wait]) => {{
    {PANEL}
    const notebook = panel.content;
    if (index !== null) {{
        notebook.deselectAll();
        notebook.activeCellIndex = index;
    }}
    const command = index === null ? 'notebook:run-all-cells' : 'notebook:run-cell';
    const done = jupyterapp.commands.execute(command);
    if (wait) await done;
}}"""

CELL_ERRORS = f"""() => {{
    {PANEL}
    const errors = [];
    for (const cell of panel.content.widgets) {{
        for (const output of cell.model.sharedModel.outputs ?? []) {{
            const json = typeof output.toJSON === 'function' ? output.toJSON() : output;
            if (json.output_type === 'error') errors.push(json.traceback.join('\\n'));
        }}
    }}
    return errors;
}}"""

KERNEL_EVAL = f"""async ([code, timeout]) => {{
    {KERNEL}
    const future = kernel.requestExecute({{ code, store_history: false, allow_stdin: false }});
    let text = '';
    let error = null;
    future.onIOPub = ({{ header, content }}) => {{
        if (header.msg_type === 'stream' && content.name === 'stdout') text += content.text;
        if (header.msg_type === 'error') error = content.traceback.join('\\n');
    }};
    let timer;
    const late = new Promise((_, reject) => {{
        const error = new Error(`no answer from the kernel in ${{timeout}} ms`);
        timer = setTimeout(() => reject(error), timeout);
    }});
    try {{
        await Promise.race([future.done, late]);
    }} finally {{
        clearTimeout(timer);
        future.dispose();
    }}
    return [text, error];
}}"""

RESTART_KERNEL = f"""async () => {{
    {PANEL}
    await panel.sessionContext.restartKernel();
}}"""

ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class LabPage(NotebookPage):
    """One notebook in one tab of JupyterLab, its kernel running."""

    server: LabServer

    def __init__(self, server: LabServer, context: BrowserContext, path: Path) -> None:
        super().__init__(server, context, path)
        self.page.goto(f"{self.url}/{server.page_path}/{self.relative_path}?reset")
        self.wait_idle(START_TIMEOUT)

    def reload(self, *, wait: bool = True) -> None:
        """Load the page again and, unless told otherwise, wait until the kernel is idle."""
        self.page.reload()
        if wait:
            self.wait_idle(START_TIMEOUT)

    def save(self) -> None:
        """Save the notebook with its outputs, as a user does before a reload."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def set_theme(self, name: str) -> None:
        """Switch to 'JupyterLab Light' or 'JupyterLab Dark'."""
        self.page.evaluate(
            "(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", name
        )

    def wait_idle(self, timeout: float = CELL_TIMEOUT) -> None:
        """Wait until the notebook is shown and its kernel has nothing to do.

        Raises
        ------
        AssertionError
            If it still is not so after `timeout` seconds.
        """
        try:
            self.page.wait_for_function(IS_IDLE, timeout=timeout * 1e3, polling=50)
        except PlaywrightTimeoutError:
            status = self.page.evaluate(
                f"() => {{ {KERNEL} return kernel?.status ?? 'no kernel'; }}"
            )
            raise AssertionError(
                f"{self.relative_path} is not idle after {timeout:g} s: {status}."
            ) from None

    def run_all(self, *, wait: bool = True, allow_errors: bool = False) -> None:
        """Run every cell.

        `wait` until they are done and, unless errors are allowed, assert that none failed.
        """
        self._run(None, wait, allow_errors)

    def run_cell(self, index: int, *, wait: bool = True, allow_errors: bool = False) -> None:
        """Run the cell with this index from 0; otherwise as `run_all`."""
        self._run(index, wait, allow_errors)

    def cell_errors(self) -> list[str]:
        """Return the tracebacks that the cells show."""
        return [ANSI_COLOUR.sub("", error) for error in self.page.evaluate(CELL_ERRORS)]

    def kernel_eval(self, code: str, timeout: float = CELL_TIMEOUT) -> str:
        """Run `code` in the notebook's kernel and return what it printed, stripped.

        Notes
        -----
        It queues behind a running cell, as every execution does.

        Raises
        ------
        AssertionError
            If the code raised, or did not end within `timeout` seconds.
        """
        try:
            text, error = self.page.evaluate(KERNEL_EVAL, [code, timeout * 1e3])
        except Exception as failure:
            raise AssertionError(f"{code!r} got {failure}") from failure
        assert error is None, f"{code!r} raised in the kernel:\n{ANSI_COLOUR.sub('', error)}"
        return str(text).strip()

    def kernel_report(self) -> str:
        """Return what the kernel says of its widgets, or why it does not."""
        return self.kernel_eval(WIDGETS, timeout=10).replace("\n", "\n  ")

    def kernel_process(self) -> psutil.Process:
        """Return the process of the notebook's kernel."""
        return psutil.Process(int(self.kernel_eval("import os; print(os.getpid())")))

    def restart_kernel(self) -> None:
        """Restart the kernel from the page, as the button does, and wait until it is idle."""
        self.page.evaluate(RESTART_KERNEL)
        self.wait_idle(START_TIMEOUT)

    def new_kernel(self) -> None:
        """Give the notebook another kernel, as the kernel menu does, and wait until it is idle."""
        self.page.evaluate(
            f"async () => {{ {PANEL} await panel.sessionContext.changeKernel({{ name: 'python3' }}); }}"
        )
        self.wait_idle(START_TIMEOUT)

    def hide_code(self) -> None:
        """Collapse the input of every cell, so that the outputs come into view."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:hide-all-cell-code')")

    def cell(self, index: int) -> Any:
        """Return the locator of the cell with this index from 0."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def _run(self, index: int | None, wait: bool, allow_errors: bool) -> None:
        self.page.evaluate(RUN_CELLS, [index, wait])
        if wait:
            self.wait_idle()
            if not allow_errors:
                errors = self.cell_errors()
                assert not errors, "A cell failed:\n" + "\n".join(errors)


class VoilaPage(NotebookPage):
    """One notebook as a voila page, its cells run."""

    server: VoilaServer

    def __init__(
        self, server: VoilaServer, context: BrowserContext, path: Path, theme: str = "light"
    ) -> None:
        super().__init__(server, context, path)
        self.theme = theme
        self.load()

    def load(self) -> None:
        """Load the page, with a new kernel, and wait until its cells have run."""
        started = time.monotonic()
        self.page.goto(f"{self.url}/voila/render/{self.relative_path}?theme={self.theme}")
        self.page.locator("#rendered_cells, .jp-Notebook, main").first.wait_for(state="attached")
        remaining = PAGE_TIMEOUT - (time.monotonic() - started)
        self.page.locator("#loading").wait_for(state="hidden", timeout=max(1.0, remaining) * 1e3)


class Pages:
    """The pages that one test opened; closed, and checked for console errors, at its end."""

    def __init__(self, browser: Browser, test_name: str) -> None:
        self.browser = browser
        self.test_name = test_name
        self.contexts: list[BrowserContext] = []
        self.opened: list[NotebookPage] = []

    def new_context(self) -> BrowserContext:
        """Return a new user's browser: a context that is closed at the end of the test."""
        context = new_context(self.browser)
        self.contexts.append(context)
        return context

    def finish(self, *, has_failed: bool) -> None:
        """Close the pages and assert that they reported no errors; tell how those of a failed test are."""
        for number, page in enumerate(self.opened):
            if has_failed and not page.page.is_closed():
                page.screenshot(f"failed-{self.test_name}-{number}")
            if has_failed:
                print(page.report())  # noqa: T201 - shown with the failure
        for context in self.contexts:
            context.close()
        for page in self.opened:
            page.assert_no_console_errors()
            page.assert_nothing_left()


class Lab(Pages):
    """Opens notebooks in JupyterLab."""

    def __init__(self, server: LabServer, browser: Browser, test_name: str) -> None:
        super().__init__(browser, test_name)
        self.server = server

    def open(
        self, notebook: Notebook, name: str | None = None, context: BrowserContext | None = None
    ) -> LabPage:
        """Open a notebook, given by cells or path, in a new tab; see `LabServer.open`."""
        page = self.server.open(context or self.new_context(), notebook, name)
        self.opened.append(page)
        return page


class Voila(Pages):
    """Opens notebooks as voila pages."""

    def __init__(self, server: VoilaServer, browser: Browser, test_name: str) -> None:
        super().__init__(browser, test_name)
        self.server = server

    def open(
        self,
        notebook: Notebook,
        name: str | None = None,
        context: BrowserContext | None = None,
        theme: str = "light",
    ) -> VoilaPage:
        """Open a notebook, given by cells or path, as a page; see `VoilaServer.open`."""
        page = self.server.open(context or self.new_context(), notebook, name, theme)
        self.opened.append(page)
        return page
