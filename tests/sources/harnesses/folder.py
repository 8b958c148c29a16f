"""A counterpart with a folder of its own, and reasons that several have."""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import rmtree

from nbstream.testing import SourceHarness

NEVER_GONE = "It has no other side that could be gone."
NO_MESSAGES = "It makes its numbers itself; nobody sends them."
ONE_MACHINE = "What it reads is on this machine: nothing lies between that could fail half."

BREAKS = (
    "stop while connecting",
    "first connect fails",
    "lossy through a reconnect",
    "killed and restarted",
    "half-open",
    "many cuts",
)
"""What is asked of a source whose other side may be gone."""


class Folder(SourceHarness):
    """A counterpart with a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nbstream-"))
        self.path = self.folder / "readings"

    def close(self) -> None:
        """End it."""
        rmtree(self.folder, ignore_errors=True)
