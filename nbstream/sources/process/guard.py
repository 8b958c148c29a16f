"""A child process ends with us, however we end: also when the kernel is killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

__all__ = ["ProcessGuard"]

WATCHER = """
trap '' HUP INT TERM
read -r group || exit
read -r done && exit
kill -s TERM -- "-$group" 2>/dev/null
for i in 1 2 3 4 5 6; do
  sleep 0.5 || sleep 1
  kill -0 "-$group" 2>/dev/null || exit
done
kill -s KILL -- "-$group" 2>/dev/null
"""
END_TIMEOUT = 2.0


class ProcessGuard:
    """Ends a process group when this process is gone.

    A small shell in a session of its own reads from a pipe that only we write to. If the pipe breaks
    before we say that all is done, it ends the group: SIGTERM, and SIGKILL after 3 s.

    Notes
    -----
    The signal that Linux sends to the children of a process that died is of no use here: it comes
    when the thread ends that started them. On Windows nothing is watched.

    Thread safety: one thread at a time.
    """

    def __init__(self) -> None:
        self._watcher: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32":
            return
        with contextlib.suppress(OSError):
            self._watcher = subprocess.Popen(
                ["/bin/sh", "-c", WATCHER],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd=os.sep,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """Process id of the shell that watches, None if there is none."""
        return None if self._watcher is None else self._watcher.pid

    def watch(self, group: int) -> None:
        """Begin to watch over a process group."""
        self._say(f"{group}\n".encode())

    def release(self) -> None:
        """Stop watching: the group has ended, or never began."""
        watcher, self._watcher = self._watcher, None
        if watcher is None or watcher.stdin is None:
            return
        with contextlib.suppress(OSError):
            watcher.stdin.write(b"done\n")
        with contextlib.suppress(OSError):
            watcher.stdin.close()
        try:
            watcher.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()

    def forget(self) -> None:
        """Leave it to the process that this one was forked from, whose end it shall notice."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None and watcher.stdin is not None:
            with contextlib.suppress(OSError):
                watcher.stdin.close()

    def _say(self, text: bytes) -> None:
        watcher = self._watcher
        if watcher is not None and watcher.stdin is not None:
            with contextlib.suppress(OSError):
                watcher.stdin.write(text)
