"""The command line: `nbstream generate` and `nbstream demo`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.commands.demo import run_demo
from nbstream.commands.generate import generate
from nbstream.errors import NbstreamError
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

COMMANDS: dict[str, Callable[..., None]] = {"generate": generate, "demo": run_demo}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        Arguments; None is those of the process.
    """
    options = vars(parser().parse_args(argv))
    command = COMMANDS[options.pop("command")]
    signal.signal(signal.SIGTERM, _interrupt)  # ends what was started, as Ctrl-C does
    try:
        command(**options)
    except KeyboardInterrupt:
        return 0
    except (NbstreamError, OSError, ValueError) as error:
        print(redact(f"nbstream: {error}"), file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    top = argparse.ArgumentParser("nbstream", description="Live data in notebooks.")
    commands = top.add_subparsers(dest="command", required=True)

    writer = commands.add_parser("generate", help="write random readings to a CSV file")
    file = Path("streaming_data.csv")
    writer.add_argument("--file", dest="path", metavar="FILE", type=Path, default=file)
    writer.add_argument("--interval", type=_positive, default=1.0, help="seconds between two rows")
    writer.add_argument("--anomalies", action="store_true", help="add a spike now and then")
    writer.add_argument("--count", type=int, help="number of rows; without it, until Ctrl-C")
    writer.add_argument("--seed", type=int, help="makes the numbers repeatable")

    demo = commands.add_parser("demo", help="show a growing CSV file live on a voila page")
    demo.add_argument("--port", type=int, help="of the page; 0 takes any free one")
    quiet = "only print the address"
    demo.add_argument("--no-browser", dest="browser", action="store_false", help=quiet)
    return top


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        msg = f"must be > 0 (got {text})"
        raise argparse.ArgumentTypeError(msg)
    return number


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt
