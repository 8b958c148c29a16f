"""A program that writes a CSV file, started and ended by a test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SCRIPT = """
import random, sys, time
from datetime import datetime

path, interval = sys.argv[1], float(sys.argv[2])
with open(path, "w") as file:
    file.write("".join(f"{row}\\n" for row in ["timestamp,value", *sys.argv[3:]]))
    while True:
        now = datetime.now().strftime("%Y-%m-%d %H:%M:%S")
        file.write(f"{now},{random.randint(1, 100)}\\n")
        file.flush()
        time.sleep(interval)
"""


class Writer:
    """Writes ``timestamp,value`` rows to a file until it is closed.

    Parameters
    ----------
    path
        The file; it is written anew.
    interval
        Seconds between two rows.
    rows
        What the file begins with, after its header.
    """

    def __init__(self, path: Path, interval: float = 1.0, rows: Sequence[str] = ()) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path), str(interval), *rows],
            stdin=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        """Return the writer; leaving the block ends the program."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the program."""
        self.process.terminate()
        self.process.wait(10)
