"""Programs that print."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, ClassVar

from nbstream.sources import ProcessSource, Source
from tests.sources.harnesses.folder import ONE_MACHINE, Folder
from tests.wait import wait_until


class ProcessHarness(Folder):
    """A program that prints what is added to a file."""

    kind: ClassVar[type[Source]] = ProcessSource
    exemptions: ClassVar = {
        "half-open": ONE_MACHINE,
        "first connect fails": "A program that ends at once three times without a word is given up.",
        "stop while connecting": "A program is started or it is not: nothing is waited for.",
    }
    n_cuts = 10
    PROGRAM = """
import os, sys, time
if os.path.exists(sys.argv[1] + ".down"):
    raise SystemExit(1)
with open(sys.argv[1]) as file:
    file.seek(0, 2)
    with open(sys.argv[1] + ".new", "w") as ready:
        ready.write(str(os.getpid()))
    os.replace(sys.argv[1] + ".new", sys.argv[1] + ".pid")
    while True:
        print(file.readline(), end="", flush=True)
        time.sleep(0.001)
"""

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        command = [sys.executable, "-S", "-E", "-c", self.PROGRAM, str(self.path)]
        return ProcessSource(command, restart=True, **options)

    def start(self) -> None:
        """Let it be there."""
        self.path.touch()
        self.path.with_suffix(".down").unlink(missing_ok=True)

    def cut(self) -> None:
        """Cut the connection."""
        pid_file = self.path.with_suffix(".pid")
        wait_until(pid_file.exists)
        pid = int(pid_file.read_text())
        pid_file.unlink()
        os.kill(pid, signal.SIGKILL)

    def kill(self) -> None:
        """Let it be gone."""
        self.path.with_suffix(".down").touch()
        self.cut()

    def say(self, lines: list[str]) -> None:
        """Say lines, each as it is."""
        wait_until(self._is_followed)
        with self.path.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        wait_until(self._is_followed)
        with self.path.open("a") as file:
            file.write("".join(f"value={i}\n" for i in range(first, first + n)))

    def _is_followed(self) -> bool:
        try:
            os.kill(int(self.path.with_suffix(".pid").read_text()), 0)
        except (OSError, ValueError):
            return False
        return True

    def poison(self) -> None:
        """Say nonsense."""
        with self.path.open("a") as file:
            file.write('{"value": \n')


HARNESSES = (ProcessHarness,)
