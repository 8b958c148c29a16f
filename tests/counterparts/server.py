"""A program that a source talks to: started, stopped, killed and held up by a test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

import psutil
import pytest

from tests.counterparts.ports import free_port, is_open
from tests.wait import wait_until
from tools import install_servers

START_TIMEOUT = 20.0
STOP_TIMEOUT = 10.0
NOBODY = 65534


class Server(ABC):
    """A server of its own on a free port of 127.0.0.1, with files of its own in `folder`.

    The port and the files stay the same over any number of starts, so that a client finds the server again;
    `close()` deletes the files.
    """

    program: ClassVar[str]
    """What is run; a test of a server that is not installed is skipped."""

    refuses_root: ClassVar[bool] = False
    """Whether it runs as nobody where this process is root, since it won't be, or gives it up by itself."""

    def __init__(self) -> None:
        path = self.find()
        if path is None:
            pytest.skip(f"{self.program} is not installed")
        self.path = Path(path)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_held = False
        # Not in a folder of pytest's: those are this user's alone.
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.program}-"))
        if self._as_nobody():
            os.chown(self.folder, NOBODY, NOBODY)

    @classmethod
    def find(cls) -> str | None:
        """Return where the program is; None where it is not installed."""
        return install_servers.find(cls.program)

    @abstractmethod
    def command(self) -> list[str]:
        """Return what is run, the program first."""

    def prepare(self) -> None:
        """Make what the server needs before it starts."""
        return

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        return is_open(self.port)

    def run(self, command: list[str]) -> None:
        """Run a helper of the server to its end, as who the server runs."""
        done = subprocess.run(
            [*self._as_nobody(), *command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        assert self._process is None, f"{self.program} runs already"
        self.prepare()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_nobody(), *self.command()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._is_up, START_TIMEOUT, self._log)
        return self

    def _as_nobody(self) -> list[str]:
        """Return what stands before a command that shall not run as root."""
        is_root = getattr(os, "geteuid", lambda: -1)() == 0
        if not (is_root and self.refuses_root):
            return []
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.program} ended: {self._log()}"
        return self.answers()

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """Ask the server to end, and wait; one that is not running stays so."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill the server and start it again."""
        self.kill()
        self.start()

    def hold(self) -> None:
        """Let the server hang: its connections stay open, and it answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        self._is_held = True

    def release(self) -> None:
        """Let a server that hangs go on."""
        if self._process is not None and self._is_held:
            self._process.send_signal(signal.SIGCONT)
        self._is_held = False

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        own: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            # Those of PostgreSQL end by themselves, and until then no other server may have their memory.
            own = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        if self._is_held:
            process.send_signal(signal.SIGCONT)
            self._is_held = False
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(START_TIMEOUT)
        wait_until(lambda: not any(map(_is_alive, own)), STOP_TIMEOUT, f"{own} to end")

    def close(self) -> None:
        """Stop, and delete the server's files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
