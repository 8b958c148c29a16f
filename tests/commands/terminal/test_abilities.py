"""What a terminal is believed to show."""

from __future__ import annotations

import io

import pytest

from nbstream.commands.terminal.abilities import abilities_of


class Terminal(io.TextIOWrapper):
    """A terminal with an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


@pytest.mark.parametrize(
    ("encoding", "environment", "expected"),
    [
        ("utf-8", {"TERM": "xterm"}, (True, True)),
        ("utf-8", {"TERM": "xterm", "LANG": "de_DE.UTF-8"}, (True, True)),
        # Python takes these for UTF-8, and sets LC_CTYPE itself.
        ("utf-8", {"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, (True, False)),
        ("utf-8", {"TERM": "xterm", "LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, (True, False)),
        ("latin-1", {"TERM": "xterm"}, (True, False)),
        ("utf-8", {"TERM": "dumb"}, (False, True)),
        ("utf-8", {}, (False, True)),
    ],
)
def test_the_environment_is_asked(
    encoding: str, environment: dict[str, str], expected: tuple[bool, bool]
) -> None:
    """Beside the output's own encoding."""
    assert abilities_of(Terminal(encoding), environment) == expected


def test_a_file_is_no_terminal() -> None:
    """Whatever TERM says."""
    assert not abilities_of(io.StringIO(), {"TERM": "xterm"}).is_terminal
