"""The output of a child process, without blocking on either of its streams."""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import sys
import threading
from typing import TYPE_CHECKING, Literal, TypeAlias

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    import subprocess

__all__ = ["Pipes", "open_pipes"]

Stream: TypeAlias = Literal["out", "err"]

READ_BYTES = 262_144
"""Of a pipe, too, where it can be told so: a quick program waits for each 64 KiB to be read otherwise."""


class Pipes:
    """Reads stdout and stderr of a child as they come (POSIX: one thread, a selector).

    Parameters
    ----------
    process
        Started with both streams as pipes, unbuffered.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, "wake")
        self.open: set[Stream] = {"out", "err"}
        self._files = {"out": process.stdout, "err": process.stderr}
        for name, file in self._files.items():
            os.set_blocking(file.fileno(), False)
            if sys.platform == "linux" and name == "out":
                with contextlib.suppress(OSError):
                    fcntl.fcntl(file.fileno(), fcntl.F_SETPIPE_SZ, READ_BYTES)
            self._selector.register(file.fileno(), selectors.EVENT_READ, name)
        self._lock = threading.Lock()
        self._is_closed = False

    def read(self, timeout: float) -> list[tuple[Stream, bytes]]:
        """Return what came within `timeout` seconds, at once if there is something."""
        found: list[tuple[Stream, bytes]] = []
        for key, _ in self._selector.select(timeout):
            with contextlib.suppress(BlockingIOError):
                data = os.read(key.fd, READ_BYTES)
                if key.data == "wake":
                    continue
                if data:
                    found.append((key.data, data))
                else:
                    self._selector.unregister(key.fd)
                    self.open.discard(key.data)
        return found

    def wake(self) -> None:
        """Let `read` return at once; from any thread."""
        with self._lock:
            if not self._is_closed:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._wake_out, b"x")

    def close(self) -> None:
        """Close all pipes."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._selector.close()
            os.close(self._wake_in)
            os.close(self._wake_out)
            for file in self._files.values():
                file.close()


class ThreadedPipes(Pipes):
    """The same for Windows, whose selectors know no pipes: one thread for each stream."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._queue: queue.Queue[tuple[Stream, bytes] | None] = queue.Queue(maxsize=64)
        self._files = {"out": process.stdout, "err": process.stderr}
        self.open = {"out", "err"}
        for name in self.open:
            threading.Thread(target=self._pump, args=(name,), daemon=True).start()

    def _pump(self, name: Stream) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._files[name].fileno(), READ_BYTES):
                self._queue.put((name, data))
        self._queue.put((name, b""))

    def read(self, timeout: float) -> list[tuple[Stream, bytes]]:
        """Return what came within `timeout` seconds, at once if there is something."""
        with contextlib.suppress(queue.Empty):
            item = self._queue.get(timeout=timeout)
            if item is not None and item[1]:
                return [item]
            if item is not None:
                self.open.discard(item[0])
        return []

    def wake(self) -> None:
        """Let `read` return at once; from any thread."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def close(self) -> None:
        """Leave the pipes to their threads, which end with the child."""


def open_pipes(process: subprocess.Popen[bytes]) -> Pipes:
    """Return the reader for this platform."""
    return ThreadedPipes(process) if os.name == "nt" else Pipes(process)
