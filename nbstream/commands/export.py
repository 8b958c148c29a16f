"""`nbstream export`: a recording in another format, or a file of the parts of one that was killed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.commands.arguments import RECORDING, add_target
from nbstream.commands.copying import copied
from nbstream.recording.opening import open_recordings

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording and the file."""
    parser.add_argument("path", metavar="RECORDING", type=Path, help=RECORDING)
    add_target(parser)


def run(path: Path, target: str, overwrite: bool) -> None:
    """Write the recording."""
    copied(open_recordings(path), target, overwrite=overwrite)
