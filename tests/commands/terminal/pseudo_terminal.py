"""Programs in pseudo-terminals, with keys that are pressed when something was drawn."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence

__all__ = ["LINE", "TICKS", "WATCH", "resize", "shown"]

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
LINE = "[⠁-⣿]"
"""A sign of a line; which signs there are depends on how much there was to draw, and so on when."""
LEAVES = "\x1b[?1049l"
"""What ends the picture that is drawn over again and again."""
PATIENCE = 150.0
WATCH = [sys.executable, "-m", "nbstream", "watch"]
TICKS = "import itertools, time\nfor n in itertools.count():\n print(n % 50, flush=True); time.sleep(.02)"

Act = bytes | Callable[[int, int], object]
"""Keys, or what is done with the terminal's file descriptor and the process' number."""


def resize(terminal: int, columns: int, rows: int) -> None:
    """Give a terminal a size; who draws there is told."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def shown(
    command: list[str],
    columns: int,
    rows: int,
    *,
    steps: Sequence[tuple[str, Act]] = (),
    is_controlling: bool = True,
    **environment: str,
) -> tuple[int, str, str]:
    """Run a command in a terminal; each step is a pattern, and what is done when it was drawn.

    Returns its exit code, what it drew while it ran, and the picture that it left. The terminal must be as it
    was found.
    """
    own, its = os.openpty()
    resize(its, columns, rows)
    found = termios.tcgetattr(its)
    kept = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LANG", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        command,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if is_controlling else None,
        env=kept | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environment,
    )
    came, text, seen, left = b"", "", 0, list(steps)
    deadline = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline:
            has_ended = process.poll() is not None
            if select.select([own], [], [], 0 if has_ended else 0.02)[0]:
                came += os.read(own, 65536)
            elif has_ended:
                break
            text = came.decode("utf-8", "ignore")
            if left and (match := re.compile(left[0][0]).search(text, seen)):
                act, seen = left.pop(0)[1], match.end()
                if callable(act):
                    act(its, process.pid)
                else:
                    os.write(own, act)
        assert not left, f"{left[0][0]!r} was not drawn: {text[-2000:]}"
        code = process.wait(max(1.0, deadline - time.monotonic()))
        assert termios.tcgetattr(its) == found
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        os.close(own)
        os.close(its)
    drawn, _, rest = text.rpartition(LEAVES)
    return code, drawn, ESCAPES.sub("", rest).replace("\r", "")
