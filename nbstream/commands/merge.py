"""`nbstream merge`: several recordings as one, in order of arrival."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.commands.arguments import RECORDING, add_target
from nbstream.commands.copying import copied
from nbstream.recording.opening import open_recordings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recordings and the file."""
    parser.add_argument("paths", metavar="RECORDING", type=Path, nargs="+", help=RECORDING)
    add_target(parser)


def run(paths: Sequence[Path], target: str, overwrite: bool) -> None:
    """Write recordings as one."""
    copied(open_recordings(paths), target, overwrite=overwrite)
