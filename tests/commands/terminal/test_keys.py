"""Keys in a terminal, and that the terminal is as it was, whatever ends the picture."""

from __future__ import annotations

import os
import signal
import sys

import pytest

pytest.importorskip("rich")
pytest.importorskip("termios")
from nbstream.commands.terminal.keys import parted_keys
from tests.commands.terminal.pseudo_terminal import LINE, TICKS, WATCH, shown

COMMAND = [*WATCH, "-w", "60s", "--", sys.executable, "-c", TICKS]
LAUNCHER = """
import os, signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = os.fork()
if not child:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
_, status = os.waitpid(child, os.WUNTRACED)
assert os.WIFSTOPPED(status), status
print("stopped, by lines:", bool(termios.tcgetattr(0)[3] & termios.ICANON), flush=True)
os.kill(child, signal.SIGCONT)
_, status = os.waitpid(child, 0)
os.tcsetpgrp(0, os.getpgrp())
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""What a shell does with its jobs, in short."""


def test_keys_do_what_the_help_says() -> None:
    """Help, pause, window, channel, quit; at the end all channels stand there, and nothing is paused."""
    steps = [
        (r"\? keys", b"?"),
        ("a longer or a shorter window", b"?"),
        (LINE, b" "),
        ("paused", b"+"),
        ("window 5min", b"--"),
        ("window 30s", b"\t"),
        (r"\x1b\[[0-9;]*7[0-9;]*mvalue", b"\x1b[A"),
        (r"\x1b\[36mvalue", b"q"),
    ]
    code, _, left = shown(COMMAND, 80, 24, steps=steps)
    assert code == 0
    assert "paused" not in left
    assert "window 30s" in left


def test_keys_come_from_the_terminal_though_readings_are_piped_in() -> None:
    """As in `… | nbstream watch -`."""
    piped = f'"{sys.executable}" -c "{TICKS}" 2>/dev/null | "{sys.executable}" -m nbstream watch -'
    code, _, left = shown(["sh", "-c", piped], 80, 24, steps=[(LINE, b"q")])
    assert code == 0
    assert left.startswith("● stdin")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_terminal_is_as_it_was_after_a_signal(how: signal.Signals, code: int) -> None:
    """Keys are told at the end of a line again; `shown` looks."""
    steps = [(LINE, lambda _, process: os.kill(process, how))]
    assert shown(COMMAND, 80, 24, steps=steps)[0] == code


def test_ctrl_z_leaves_the_terminal_and_fg_comes_back() -> None:
    """What stops it sees the terminal as it was; afterwards the picture and the keys are there again."""
    steps = [
        (LINE, b"\x1a"),
        ("stopped, by lines: True", b""),
        (rf"\x1b\[\?1049h(?s:.*){LINE}", b"q"),
    ]
    assert shown([sys.executable, "-c", LAUNCHER, *COMMAND], 80, 24, steps=steps)[0] == 0


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("q", ["q"]),
        ("\x1b[A\x1bOB\t", ["up", "down", "tab"]),
        ("\x1b", ["escape"]),
        ("+\x1b[15~é\x1b[Z", ["+", "é", "back"]),
        ("\x1b[1;5A", []),
        ("\x1b[", []),
    ],
)
def test_what_a_terminal_sends_is_keys(sent: str, keys: list[str]) -> None:
    """A key that is none of ours is left out as a whole."""
    assert list(parted_keys(sent)) == keys
