"""The command line's help is its documentation."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.commands.cli import COMMANDS, main, parser
from nbstream.commands.exits import CODES
from tools.command_tables import PAGE, renewed

DOCS = [PAGE, *sorted(PAGE.parent.glob("*.md")), PAGE.parent.parent / "README.md"]


def test_the_page_says_what_the_parsers_say() -> None:
    """Each command, option and exit code stands in docs/command_line.md, in the words of --help."""
    page = PAGE.read_text("utf-8")
    assert page == renewed(page), "run: python -m tools.command_tables"


@pytest.mark.parametrize("columns", ["40", "80", "200"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(
    name: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal of 40 columns too; each argument says what it is."""
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit) as exit_:
        main([name, "--help"])
    assert exit_.value.code == 0
    assert f"usage: nbstream {name}" in capsys.readouterr().out
    command = next(a for a in parser()._actions if a.dest == "name").choices[name]  # type: ignore[index, call-overload]
    assert all(action.help for action in command._actions)


def test_the_help_of_all_ends_with_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """And begins with the commands."""
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    places = [said.index(f"  {name} ") for name in COMMANDS]
    places += [said.index(f"  {code:<3}  {text}") for code, text in CODES.items()]
    assert places == sorted(places)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, for programs."""
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"nbstream {ns.__version__}\n"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_what_pages_tell_to_type_can_be_typed(path: Path) -> None:
    """The parsers read each `nbstream …` that stands behind a $ in the docs."""
    for line in re.findall(r"^\$ (.*nbstream .*)$", path.read_text("utf-8"), re.MULTILINE):
        for part in line.split(" | "):
            words = shlex.split(part)
            if words[0] == "nbstream":
                cut = words.index("--") if "--" in words else len(words)
                parser().parse_args(words[1:cut])
