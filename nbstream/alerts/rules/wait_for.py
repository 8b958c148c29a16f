"""Waiting in a cell until a condition holds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbstream.alerts.log.alert_log import AlertLog

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts.log.incident import Entry, Incident

__all__ = ["Gate"]


class Gate(AlertLog):
    """The log of a rule that somebody awaits: its first incident opens the gate.

    Notes
    -----
    Thread safety: made and awaited on one event loop; the rule runs on any thread.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(maxlen=10, **options)
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Incident] = self._loop.create_future()

    def add(self, **facts: Any) -> Entry:
        """Record an incident, and open the gate."""
        entry = super().add(**facts)
        self._finish(lambda: self._future.set_result(entry.incident))
        return entry

    def fail(self, error: Exception) -> None:
        """Let the one who waits raise `error`."""
        self._finish(lambda: self._future.set_exception(error))

    async def opened(self, timeout: float | None) -> Incident:
        """Return the incident that opened the gate, or raise TimeoutError."""
        try:
            async with asyncio.timeout(timeout):
                return await self._future
        finally:
            self._future.cancel()

    def _finish(self, function: Callable[[], None]) -> None:
        def unless_done() -> None:
            if not self._future.done():
                function()

        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(unless_done)
