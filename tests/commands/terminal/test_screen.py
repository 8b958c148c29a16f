"""The screen of a terminal, drawn by rich: in real pseudo-terminals of several sizes."""

from __future__ import annotations

import os
import re
import signal
import sys

import pytest

pytest.importorskip("rich")
pytest.importorskip("termios")
from tests.commands.terminal.pseudo_terminal import LINE, TICKS, WATCH, resize, shown

PIPED = ["sh", "-c", f'seq 100 | "{sys.executable}" -m nbstream watch - -a "value > 90"']


@pytest.mark.parametrize(("columns", "rows"), [(40, 15), (80, 24), (120, 50)])
def test_what_has_ended_leaves_its_picture(columns: int, rows: int) -> None:
    """Chart, statistics and alerts, in the size of the terminal; nothing is wider."""
    code, _, left = shown(PIPED, columns, rows)
    assert code == 0
    lines = left.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) < rows
    assert lines[0].startswith("● stdin  ended")
    assert any(re.search(LINE, line) for line in lines)
    assert any(line.startswith("value") and "100.0" in line for line in lines)
    assert any(line.startswith("warning: value 91 > 90") for line in lines)


@pytest.mark.parametrize(("columns", "rows"), [(20, 10), (10, 5), (1, 1)])
def test_a_tiny_terminal_gets_what_fits(columns: int, rows: int) -> None:
    """Nothing is wider, and nothing goes wrong; where no line is left, none is needed."""
    code, _, left = shown(PIPED, columns, rows)
    assert code == 0
    assert max(map(len, left.splitlines())) <= columns
    assert left[0] in "●…"


def test_ctrl_c_ends_it_and_the_program() -> None:
    """The terminal is as it was, the last picture stands, and no word is added."""
    code, _, left = shown(
        [*WATCH, "--", sys.executable, "-c", TICKS], 80, 24, steps=[(LINE, b"\x03")]
    )
    assert code == 130
    assert "Traceback" not in left
    assert any(line.startswith("value") for line in left.splitlines())


@pytest.mark.parametrize("environment", [{"LANG": "C"}, {"LC_ALL": "C"}])
def test_without_unicode_it_is_ascii(environment: dict[str, str]) -> None:
    """LANG=C gets no braille, no dots and no box signs."""
    code, drawn, left = shown(PIPED, 60, 20, **environment)
    assert code == 0
    assert left.isascii()
    assert drawn.isascii()
    assert left.startswith("* stdin")


def test_a_dumb_terminal_gets_lines() -> None:
    """As in an editor's shell: nothing is drawn over, no escape sequence is written."""
    code, _, left = shown(PIPED, 80, 24, TERM="dumb")
    assert code == 0
    assert "\x1b" not in left
    assert re.search(r"value +100\.0 +50\.5", left)


def test_what_fails_says_so_below_the_picture() -> None:
    """With the exit code of a failure."""
    code, _, left = shown(
        [*WATCH, "--", sys.executable, "-c", "print(1); raise SystemExit(4)"], 80, 24
    )
    assert code == 1
    assert "has failed: exited with 4" in left.splitlines()[-1]


def test_it_fits_a_terminal_that_is_made_smaller() -> None:
    """The next picture is as wide as the terminal is by then."""
    steps = [
        (LINE, lambda terminal, _: resize(terminal, 30, 12)),
        (r"q quits  \? keys", b"\x03"),
    ]
    code, _, left = shown([*WATCH, "--", sys.executable, "-c", TICKS], 100, 40, steps=steps)
    assert code == 130
    assert len(left.splitlines()) <= 12
    assert max(map(len, left.splitlines())) <= 30


def test_without_a_terminal_of_its_own_it_listens_to_no_keys() -> None:
    """Started by something that has none (setsid), it draws, and says how it ends."""
    steps = [
        (f"{LINE}(?s:.*)Ctrl-C ends it", lambda _, process: os.kill(process, signal.SIGINT)),
    ]
    command = [*WATCH, "--", sys.executable, "-c", TICKS]
    assert shown(command, 80, 24, steps=steps, is_controlling=False)[0] == 130
