"""voila as a child of a command: started, waited for, and ended with its kernels."""

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
from typing import TYPE_CHECKING, NamedTuple

from nbstream.commands.exits import killed_at_once, say
from nbstream.errors import DependencyError, NbstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LOCAL", "Address", "child", "require_voila", "serve_notebook"]

LOCAL = "127.0.0.1"
USUAL_PORT = 8866
START_TIMEOUT = 60.0
END_TIMEOUT = 10.0
CULL_AFTER_S = 120
POSIX = os.name == "posix"


class Address(NamedTuple):
    """Where a page is served."""

    port: int | None = None
    """None is 8866, or any free one if that is taken; 0 any free one."""
    host: str = LOCAL
    """The address that is listened on."""
    opens_browser: bool = True
    """Whether to open a browser where there is one."""


def require_voila(who: str) -> None:
    """Raise an error if voila is not installed.

    Raises
    ------
    DependencyError
        That says what installs it.
    """
    if importlib.util.find_spec("voila") is None:
        msg = f"{who} needs the 'voila' package: pip install \"nbstream[lab]\"."
        raise DependencyError(msg)


def serve_notebook(notebook: Path, environment: Mapping[str, str], address: Address) -> None:
    """Serve a notebook until interrupted.

    Parameters
    ----------
    notebook
        A kernel runs it for each visitor.
    environment
        Variables of these kernels, on top of this process' own.
    address
        Where.

    Raises
    ------
    NbstreamError
        If the address can't be had; if voila ends or does not answer.
    """
    host = address.host
    try:
        port = usual_port(host) if address.port is None else free_port(host, address.port)
    except OSError as error:
        msg = f"No page can be served at {host}:{address.port or ''}: {error.strerror or error}."
        raise NbstreamError(msg) from error
    with tempfile.TemporaryDirectory(prefix="nbstream-voila-") as folder:
        log = Path(folder) / "voila.log"
        command = voila_command(notebook, host, port)
        with child(command, {**os.environ, **environment}, log) as voila:
            wait_until_it_answers(voila, host, port, log)
            url = f"http://{host}:{port}/"
            print(f"The dashboard is at {url}", flush=True)
            say("Ctrl-C ends it.")
            if address.opens_browser and has_browser():
                webbrowser.open(url)
            voila.wait()
            msg = f"voila ended by itself (exit {voila.returncode}); it said:\n{tail(log)}"
            raise NbstreamError(msg)


def voila_command(notebook: Path, host: str, port: int) -> list[str]:
    """Return the command that serves the notebook; kernels that nobody watches end after 2 minutes."""
    return [
        *(sys.executable, "-m", "voila", str(notebook)),
        *("--no-browser", f"--port={port}", f"--Voila.ip={host}"),
        f"--MappingKernelManager.cull_idle_timeout={CULL_AFTER_S}",
        "--MappingKernelManager.cull_interval=30",
    ]


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
        with killed_at_once(lambda: kill(process)):
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
    kill(process)
    process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started by force."""
    if POSIX:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def wait_until_it_answers(voila: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    """Wait until voila listens; a request would already start a kernel."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if voila.poll() is not None:
            msg = f"voila did not start (exit {voila.returncode}); it said:\n{tail(log)}"
            raise NbstreamError(msg)
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.1)
    msg = f"voila does not answer after {START_TIMEOUT:g} s; it said:\n{tail(log)}"
    raise NbstreamError(msg)


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def usual_port(host: str) -> int:
    """Return voila's usual port if it is free, else any that is."""
    with socket.socket() as probe:
        with contextlib.suppress(OSError):
            probe.bind((host, USUAL_PORT))
            return USUAL_PORT
    return free_port(host)


def free_port(host: str, port: int = 0) -> int:
    """Return a port that is free now: this one, of 0 any.

    Raises
    ------
    OSError
        If it is not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def has_browser() -> bool:
    """Return whether a person could see a browser here."""
    if os.environ.get("CI"):
        return False
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
