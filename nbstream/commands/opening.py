"""The source that the arguments of a command name."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConfigurationError
from nbstream.sources import ProcessSource, StdinSource
from nbstream.sources.options import options_of
from nbstream.widgets.text_source import source_of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources import Source

__all__ = ["as_typed", "open_source", "reads_input"]

PIPED = "-"
WORDS = {
    "If it is a command, pass a list: ": "If it is a program: ",
    "Pass wait=True to wait for": "With --wait it waits for",
    "window= says it otherwise": "-w says it otherwise",
    "Pass parse=… to say what a line means.": "",
    "Run it as: command | python script.py.": "Pipe something in, as in: seq 100 | nbstream watch -",
    "pass time=False": "say time=False in a notebook",
}
"""What errors and notes advise in Python, and what one types instead."""


def open_source(
    target: str | None,
    program: Sequence[str],
    *,
    time: str | None = None,
    channels: Sequence[str] | None = None,
    timezone: str | None = None,
    interval: float = 1.0,
    wait: bool = False,
    **further: Any,
) -> Source:
    """Return the source of a command's arguments (`arguments.add_source`); it is not started.

    Parameters
    ----------
    target
        A text as `nbstream.watch` takes it, or "-" for what is piped in; None is that if something is.
    program
        A program and its arguments, instead.
    time, channels, timezone, interval, wait
        As the arguments are named.
    **further
        More options of the source.

    Raises
    ------
    ConfigurationError
        If neither or both are given, or the source has no such option; the message says what to type.
    ValueError, OSError
        If there is no such source, likewise.
    """
    wanted = {"time": time, "channels": channels, "timezone": timezone} | further
    options = {name: value for name, value in wanted.items() if value is not None}
    if program and target is not None:
        message = f"Give a source or a program, not both (got {target!r} and {program[0]!r})."
        raise ConfigurationError(message)
    if program:
        return _made(ProcessSource, list(program), options)
    if reads_input(target, program):
        return _made(StdinSource, None, options)
    if target is None:
        message = (
            "Nothing to read. Give a file, an address, or a program behind --; "
            "or pipe something in, as in: seq 100 | nbstream watch -"
        )
        raise ConfigurationError(message)
    try:
        return source_of_text(
            os.path.expanduser(target),
            options,
            wait=wait,
            interval=interval,
            check=lambda kind: _refuse(kind, options),
        )
    except (OSError, ValueError) as error:
        raise type(error)(as_typed(str(error))) from None


def reads_input(target: str | None, program: Sequence[str]) -> bool:
    """Return whether it is the standard input that is read."""
    is_piped = not (sys.stdin is None or sys.stdin.isatty())
    return not program and (target == PIPED or (target is None and is_piped))


def as_typed(message: str) -> str:
    """Return an error's advice as one types it in a shell: ``watch(['df'])`` as ``nbstream watch -- df``."""
    message = re.sub(r"watch\((\[.*?\])\)", _typed_program, message)
    message = re.sub(r"watch\((['\"].*?['\"])\)", _typed_path, message)
    for in_python, in_shell in WORDS.items():
        message = message.replace(in_python, in_shell)
    return message.strip()


def _typed_program(found: re.Match[str]) -> str:
    return f"nbstream watch -- {shlex.join(map(str, ast.literal_eval(found[1])))}"


def _typed_path(found: re.Match[str]) -> str:
    return f"nbstream watch {shlex.quote(ast.literal_eval(found[1]))}"


def _made(kind: Any, what: Any, options: dict[str, Any]) -> Source:
    _refuse(kind, options)
    if what is not None and shutil.which(what[0]) is None:
        message = f"There is no program {what[0]!r}."
        raise FileNotFoundError(message)
    source: Source = kind(**options) if what is None else kind(what, **options)
    return source


def _refuse(kind: type, options: dict[str, Any]) -> None:
    for name in options:
        if name not in options_of(kind):
            message = f"--{name} is for tables: {kind.__name__} has no such option."
            raise ConfigurationError(message)
