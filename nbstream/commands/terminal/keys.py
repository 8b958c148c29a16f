"""Keys that are pressed in a terminal, beside what is piped in."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from nbstream.commands.exits import handled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Keys", "parted_keys", "pressed_keys"]

TERMINAL = "/dev/tty"
"""Where keys come from whatever the standard input is."""
ESCAPE = "\x1b"
NAMES = {
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "[Z": "back", "OA": "up", "OB": "down",
    "OC": "right", "OD": "left",
}  # fmt: skip
"""Keys that are told by what follows an Escape."""
PLAIN = {"\t": "tab", ESCAPE: "escape"}
MOST = 64
"""Keys that wait; of a text that is pasted the rest is left out."""


class Keys:
    """The keys of a terminal, one by one, without Enter; Ctrl-C and Ctrl-Z go on to do what they do.

    Parameters
    ----------
    number
        The file descriptor of the terminal.
    on_stop, on_return
        Called before the process is stopped by Ctrl-Z, and when it goes on.

    Notes
    -----
    Thread safety: the main thread.
    """

    def __init__(
        self, number: int, on_stop: Callable[[], object], on_return: Callable[[], object]
    ) -> None:
        self._number = number
        self._on_stop, self._on_return = on_stop, on_return
        self._waiting: deque[str] = deque(maxlen=MOST)
        self._is_to_stop = self._has_returned = False

    def take(self) -> str | None:
        """Return the next key, None if none was pressed."""
        return self._waiting.popleft() if self._waiting else None

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a key is pressed; return whether one was."""
        until = time.monotonic() + seconds
        while not self._waiting:
            self._obey()
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                if not select.select([self._number], [], [], left)[0]:
                    continue
                came = os.read(self._number, 1024)
            except OSError:  # the terminal is gone
                came = b""
            if not came:
                time.sleep(left)
                return False
            self._waiting.extend(parted_keys(came.decode("utf-8", "replace")))
        return True

    @contextlib.contextmanager
    def _read_one_by_one(self) -> Iterator[None]:
        """Let the terminal give each key at once; it is as it was found at the end, whatever ends it."""
        import termios
        import tty

        found = termios.tcgetattr(self._number)

        def begin() -> None:
            if _is_in_front(self._number):
                tty.setcbreak(self._number, termios.TCSANOW)

        def restore() -> None:
            with contextlib.suppress(termios.error, OSError):
                if _is_in_front(self._number):
                    termios.tcflush(self._number, termios.TCIFLUSH)
                    termios.tcsetattr(self._number, termios.TCSANOW, found)

        self._begin, self._restore = begin, restore
        try:
            begin()
            with handled({signal.SIGTSTP: self._stop, signal.SIGCONT: self._go_on}):
                yield
        finally:
            restore()

    def _stop(self, _number: int, _frame: Any) -> None:
        self._is_to_stop = True

    def _go_on(self, _number: int, _frame: Any) -> None:
        self._has_returned = True

    def _obey(self) -> None:
        """Stop and go on as signals said; not within their handlers, which come amidst a picture."""
        if self._is_to_stop:
            self._is_to_stop = False
            self._restore()
            self._on_stop()
            with handled({signal.SIGTSTP: signal.SIG_DFL}):
                os.kill(os.getpid(), signal.SIGTSTP)
            self._has_returned = True
        if self._has_returned and _is_in_front(self._number):
            self._has_returned = False
            self._begin()
            self._on_return()


@contextlib.contextmanager
def pressed_keys(
    on_stop: Callable[[], object], on_return: Callable[[], object]
) -> Iterator[Keys | None]:
    """Yield the keys of the terminal that the process has; None if it has none, or is in the background."""
    with contextlib.ExitStack() as stack:
        keys = None
        try:
            import termios
        except ImportError:  # Windows
            yield None
            return
        with contextlib.suppress(OSError, termios.error):
            number = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY)
            stack.callback(os.close, number)
            if _is_in_front(number):
                keys = Keys(number, on_stop, on_return)
                stack.enter_context(keys._read_one_by_one())
        yield keys


def parted_keys(text: str) -> Iterator[str]:
    """Yield the keys of what a terminal sent: signs as they are, others by name."""
    at = 0
    while at < len(text):
        sign = text[at]
        at += 1
        if sign == ESCAPE and text[at : at + 1] in ("[", "O"):
            end = at + 1
            while end < len(text) and not "@" <= text[end] <= "~":
                end += 1
            name = NAMES.get(text[at : end + 1])
            at = end + 1
            if name is not None:
                yield name
        else:
            yield PLAIN.get(sign, sign)


def _is_in_front(number: int) -> bool:
    """Return whether the terminal is this process's; what is in the background is stopped if it takes it."""
    try:
        return os.tcgetpgrp(number) == os.getpgrp()
    except OSError:
        return False
