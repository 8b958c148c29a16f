"""Asynchronous functions and generators, run by the thread of the source that reads them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Callable, Iterator

__all__ = ["OwnLoop"]


class OwnLoop:
    """An event loop of a source's own, apart from the one that runs in a notebook.

    Parameters
    ----------
    is_stopping
        Whether nothing may be waited for any more.

    Notes
    -----
    Thread safety: `cancel` may be called on any thread, the rest on the source's only.
    """

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping
        self._runner: asyncio.Runner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Return what an awaitable gives."""
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._loop = self._runner.get_loop()
        return self._runner.run(self._result_of(awaitable))

    def iterate(self, items: AsyncIterable[Any]) -> Iterator[Any]:
        """Return an iterator of the items of an asynchronous iterable."""
        given = aiter(items)
        while True:
            try:
                yield self.run(anext(given))
            except StopAsyncIteration:
                return

    def cancel(self) -> None:
        """End what is waited for, after `is_stopping` has become true."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed
                loop.call_soon_threadsafe(self._cancel_task)

    def close(self) -> None:
        """End the loop."""
        runner, self._runner, self._loop = self._runner, None, None
        if runner is not None:
            runner.close()

    async def _result_of(self, awaitable: Awaitable[Any]) -> Any:
        self._task = asyncio.current_task()
        try:
            if self._is_stopping():
                self._cancel_task()
            return await awaitable
        finally:
            self._task = None

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
