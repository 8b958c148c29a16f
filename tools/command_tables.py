"""Write what `nbstream --help` says into docs/command_line.md; `tests/commands/test_help.py` compares both.

`python -m tools.command_tables` renews the three parts of the page between their marks.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from nbstream.commands.cli import COMMANDS, parser
from nbstream.commands.exits import CODES
from nbstream.commands.terminal.choices import HELP

PAGE = Path(__file__).parent.parent / "docs" / "command_line.md"
MARK = "<!-- {} -->\n"


def renewed(page: str) -> str:
    """Return the page with the parts that the parsers know as they know them."""
    rows = "".join(f"| {code} | {text} |\n" for code, text in CODES.items())
    codes = f"\n| code | |\n|---|---|\n{rows}"
    keys = "".join(f"| {key} | {text} |\n" for key, text in HELP.items())
    page = _between(page, MARK.format("keys"), f"\n| | |\n|---|---|\n{keys}", r"\n## ")
    commands = "\n".join(_section(name, command) for name, command in _parsers().items())
    page = _between(page, MARK.format("codes"), codes, r"\n## ")
    return _between(page, MARK.format("commands"), "\n" + commands, r"\n## Notes")


def _parsers() -> dict[str, argparse.ArgumentParser]:
    actions = parser()._actions
    found = next(a for a in actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def _section(name: str, command: argparse.ArgumentParser) -> str:
    lines = [f"### nbstream {name}", "", f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.", ""]
    rows = [
        f"| {_invocation(action)} | {_said(action)} |"
        for action in command._actions
        if not isinstance(action, argparse._HelpAction)
    ]
    table = ["| | |", "|---|---|", *rows] if rows else []
    return "\n".join([*lines, *table, ""])


def _invocation(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    if not action.option_strings:
        more = " …" if action.nargs == "+" else ""
        return f"`{value.strip()}{more}`"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _said(action: argparse.Action) -> str:
    return (action.help or "").replace("|", "\\|").replace("<", "\\<")


def _between(page: str, mark: str, text: str, end: str) -> str:
    """Return a page with another text between a mark and what ends it."""
    start = page.index(mark) + len(mark)
    found = re.compile(end).search(page, start)
    if found is None:
        message = f"Nothing like {end!r} follows on {mark!r}."
        raise ValueError(message)
    return page[:start] + text + page[found.start() :]


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
