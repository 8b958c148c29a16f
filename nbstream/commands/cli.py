"""The command line: which commands there are, and what runs them."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import nbstream
from nbstream.commands.exits import CODES, ended_well, handled, open_closed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main", "parser"]

COMMANDS = {
    "watch": "show what yields numbers, live: in the terminal or on a page",
    "serve": "serve a notebook, or a page of a file, to many people",
    "record": "write what comes into a file, with its times",
    "replay": "play a recording again",
    "info": "say what is in recordings",
    "cut": "write a span of time of a recording",
    "merge": "write several recordings as one",
    "export": "write a recording, or the parts of a killed one, as .csv or .parquet",
    "check": "say what rules would have fired on a file; for CI",
    "detect": "list the strange readings of a file",
    "generate": "write random readings to a CSV file",
    "demo": "show a growing CSV file live on a page",
    "doctor": "say what is installed, what is missing and how fast it is",
}
"""Each is a module beside this one, with `add_arguments` and `run`."""
EPILOG = "exit codes:\n" + "\n".join(f"  {code:<3}  {text}" for code, text in CODES.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    argv
        Arguments; None is those of the process.
    """
    # While nothing runs that has to be ended in order, Ctrl-C ends the process at once, without a traceback.
    with handled({signal.SIGINT: signal.SIG_DFL}, stays=argv is None):
        if argv is None:
            open_closed()
        return _run(list(sys.argv[1:] if argv is None else argv))


def _run(given: list[str]) -> int:
    # What follows is another program's, whatever it looks like.
    cut = given.index("--") if "--" in given else len(given)
    top = parser()
    options = vars(top.parse_args(given[:cut]))
    program = given[cut + 1 :]
    run, name = options.pop("run"), options.pop("name")
    if "program" in options:
        options["program"] = program
    elif program:
        top.error(f"{name} runs no program: what stands after -- is {program[0]!r}")
    return ended_well(lambda: run(**options))


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    top = argparse.ArgumentParser(
        "nbstream",
        description="Live numbers: charts, statistics and alerts. "
        "Readings go to the standard output, everything else to the standard error.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"nbstream {nbstream.__version__}")
    commands = top.add_subparsers(dest="name", required=True, metavar="COMMAND", title="commands")
    for name, text in COMMANDS.items():
        module: Any = importlib.import_module(f"nbstream.commands.{name}")
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top
