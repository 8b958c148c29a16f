"""`nbstream demo`: a program that writes a CSV file, and a voila page that shows it live."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.errors import DependencyError, NbstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["run_demo"]

HOST = "127.0.0.1"
USUAL_PORT = 8866
START_TIMEOUT = 60.0
END_TIMEOUT = 10.0
CULL_AFTER_S = 120
POSIX = os.name == "posix"


def run_demo(*, port: int | None = None, browser: bool = True) -> None:
    """Write `streaming_data.csv` in a temporary folder and serve the dashboard until interrupted.

    Parameters
    ----------
    port
        Of the page; None is 8866, or any free one if that is taken.
    browser
        Whether to open a browser where there is one.

    Raises
    ------
    DependencyError
        If voila is not installed.
    NbstreamError
        If the notebook is not found, or voila ends or does not answer.
    """
    if importlib.util.find_spec("voila") is None:
        msg = "The demo needs the 'voila' package: pip install \"nbstream[lab]\"."
        raise DependencyError(msg)
    notebook = find_notebook()
    chosen = free_port() if port == 0 else port if port is not None else usual_port()
    with tempfile.TemporaryDirectory(prefix="nbstream-demo-") as folder:
        data = Path(folder) / "streaming_data.csv"
        log = Path(folder) / "voila.log"
        environment = {**os.environ, "NBSTREAM_DEMO_FILE": str(data)}
        with (
            child(
                [sys.executable, "-m", "nbstream", "generate", "--anomalies", "--file", str(data)]
            ),
            child(voila_command(notebook, chosen), environment, log) as voila,
        ):
            wait_until_it_answers(voila, chosen, log)
            address = f"http://{HOST}:{chosen}/"
            print(f"The dashboard is at {address}", flush=True)
            print("Ctrl-C ends it.", flush=True)
            if browser and has_browser():
                webbrowser.open(address)
            voila.wait()
            msg = f"voila ended by itself (exit {voila.returncode}); it said:\n{tail(log)}"
            raise NbstreamError(msg)


def voila_command(notebook: Path, port: int) -> list[str]:
    """Return the command that serves the notebook; kernels that nobody watches end after 2 minutes."""
    return [
        *(sys.executable, "-m", "voila", str(notebook)),
        *("--no-browser", f"--port={port}", f"--Voila.ip={HOST}"),
        f"--MappingKernelManager.cull_idle_timeout={CULL_AFTER_S}",
        "--MappingKernelManager.cull_interval=30",
    ]


def find_notebook() -> Path:
    """Return the dashboard's notebook: in the present folder, in this checkout, else as installed."""
    package = Path(__file__).parent.parent
    places = (Path.cwd() / "notebooks", package.parent / "notebooks", package)
    for folder in places:
        notebook = folder / "dashboard.ipynb"
        if notebook.is_file():
            return notebook
    msg = f"dashboard.ipynb is in none of {', '.join(map(str, places))}. Install nbstream again."
    raise NbstreamError(msg)


@contextlib.contextmanager
def child(
    command: list[str], environment: dict[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program; when the block ends, end it and what it started."""
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else subprocess.DEVNULL
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else subprocess.DEVNULL,
            start_new_session=POSIX,  # Ctrl-C reaches this program only, which then ends the child
        )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program: politely, so that voila ends its kernels, then by force."""
    for wanted in (signal.SIGINT if POSIX else signal.SIGTERM, signal.SIGTERM):
        if process.poll() is not None:
            break
        process.send_signal(wanted)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_TIMEOUT)
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def wait_until_it_answers(voila: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until voila listens; a request would already start a kernel."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if voila.poll() is not None:
            msg = f"voila did not start (exit {voila.returncode}); it said:\n{tail(log)}"
            raise NbstreamError(msg)
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.1)
    msg = f"voila does not answer after {START_TIMEOUT:g} s; it said:\n{tail(log)}"
    raise NbstreamError(msg)


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def usual_port() -> int:
    """Return voila's usual port if it is free, else any that is."""
    with socket.socket() as probe:
        with contextlib.suppress(OSError):
            probe.bind((HOST, USUAL_PORT))
            return USUAL_PORT
    return free_port()


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def has_browser() -> bool:
    """Return whether a person could see a browser here."""
    if os.environ.get("CI"):
        return False
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
