"""The way to the main thread: widgets and traits live there, readings do not.

In a kernel the main thread runs an event loop between cells; what is posted runs there, in order. In a
plain script there is no loop, and what is posted runs at once on the thread that posts.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from nbstream.errors import WrongThreadError
from nbstream.text.redaction import log_exception

__all__ = ["MAIN", "MainThread", "shell"]

logger = logging.getLogger(__name__)

BEAT_INTERVAL = 1.0


class MainThread:
    """Posts functions to the main thread, and knows for how long it has been busy.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._beat_sent: float | None = None
        self._beat_seen = time.monotonic()

    @property
    def has_loop(self) -> bool:
        """Whether this process is a kernel, so that posts wait for its loop."""
        return self._loop() is not None

    @property
    def is_current(self) -> bool:
        """Whether the caller is on the main thread."""
        return threading.current_thread() is threading.main_thread()

    def post(self, function: Callable[[], Any]) -> None:
        """Run `function` on the main thread soon; its errors are logged, never raised."""
        loop = self._loop()
        if loop is None:
            _run_logged(function)
            return
        try:
            loop.add_callback(_run_logged, function)
        except RuntimeError:  # the loop was closed: the kernel shuts down
            logger.debug("The main loop is gone; dropped %r.", function)

    def run(self, function: Callable[[], Any]) -> None:
        """Run `function` now if the caller is on the main thread, else post it."""
        if self.is_current or not self.has_loop:
            function()
        else:
            self.post(function)

    def require(self, what: str) -> None:
        """Raise WrongThreadError unless the caller is on the main thread (or there is no kernel)."""
        if self.has_loop and not self.is_current:
            msg = (
                f"{what} must happen on the main thread "
                f"(this is {threading.current_thread().name!r}). Do it in a cell."
            )
            raise WrongThreadError(msg)

    def busy_for(self) -> float:
        """Return for how many seconds the main loop has not run; call it about once a second.

        A busy cell, or anything else that keeps the loop from running, makes it grow.
        """
        if not self.has_loop:
            return 0.0
        waiting_since, now = self._beat_sent, time.monotonic()
        if waiting_since is not None:
            return now - waiting_since
        if now - self._beat_seen >= BEAT_INTERVAL:
            self.look()
        return 0.0

    def look(self) -> None:
        """Begin to measure now whether the main loop is held up."""
        if not self.has_loop:
            return
        with self._lock:
            is_asked = self._beat_sent is not None
            if not is_asked:
                self._beat_sent = time.monotonic()
        if not is_asked:
            self.post(self._beat)

    def _beat(self) -> None:
        with self._lock:
            self._beat_sent = None
            self._beat_seen = time.monotonic()

    def _loop(self) -> Any:
        return getattr(getattr(shell(), "kernel", None), "io_loop", None)


def shell() -> Any:
    """Return IPython's shell in a kernel, None elsewhere."""
    if "ipykernel" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython
    from IPython.core.interactiveshell import InteractiveShell

    ipython = get_ipython()
    # A Solara server puts a stand-in here, of which everything can be asked and nothing is true.
    return ipython if isinstance(ipython, InteractiveShell) else None


def _run_logged(function: Callable[[], Any]) -> None:
    try:
        function()
    except Exception:
        log_exception(logger, "A function posted to the main thread failed: %r", function)


MAIN = MainThread()
