"""Asynchronous functions and generators, run by the thread of the source that reads them, or in its turns."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConnectError
from nbstream.runtime.turns import Wait, current_turns, running_loop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator

    from nbstream.runtime.turns import Pause

__all__ = ["OwnLoop"]

MOMENT = 0.002
"""Seconds that a turn waits for something asynchronous where no event loop runs, and until the next one."""


class OwnLoop:
    """An event loop of a source's own, apart from the one that runs in a notebook.

    Where the source has no thread, it is the one that runs, if there is one.

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
        self._in_turn: asyncio.Task[Any] | None = None

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Return what an awaitable gives."""
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._loop = self._runner.get_loop()
        return self._runner.run(self._result_of(awaitable))

    def result_of(self, awaitable: Awaitable[Any]) -> Generator[Pause, bool, Any]:
        """Return what an awaitable gives; in a turn it is waited for by yielding."""
        if current_turns() is None:
            return self.run(awaitable)
        return (yield from self._in_turns(awaitable))

    def _in_turns(
        self, awaitable: Awaitable[Any], *, can_be_cancelled: bool = True
    ) -> Generator[Pause, bool, Any]:
        running = running_loop()
        if running is None and self._runner is None:
            self._runner = asyncio.Runner()
        loop = running or self._runner.get_loop()  # type: ignore[union-attr]
        coroutine = awaitable if inspect.iscoroutine(awaitable) else _awaited(awaitable)
        task = loop.create_task(coroutine)
        if can_be_cancelled:
            self._in_turn = task
        try:
            if running is not None:
                yield from _until_done(task)
            else:
                while not _is_done_in_a_moment(task, loop):
                    yield MOMENT
            return task.result()
        finally:
            self._in_turn = None

    def next_of(
        self, items: AsyncIterator[Any], patience: float | None = None
    ) -> Generator[Pause, bool, list[Any]]:
        """Return the next item of an asynchronous iterator in a list, an empty one at its end.

        Raises
        ------
        ConnectError
            If it does not come within `patience` seconds; what was waited for is cancelled.
        """
        try:
            return [(yield from self.result_of(_within(patience, anext(items))))]
        except StopAsyncIteration:
            return []

    def end(self, items: AsyncIterator[Any]) -> Generator[Pause, bool, None]:
        """End an asynchronous generator, which gives back what it holds; `cancel` doesn't reach that."""
        if not inspect.isasyncgen(items):
            return
        if current_turns() is not None:
            yield from self._in_turns(_end(items), can_be_cancelled=False)
        elif self._runner is not None:
            self._runner.run(_end(items))

    def cancel(self) -> None:
        """End what is waited for, after `is_stopping` has become true."""
        if self._in_turn is not None:
            with contextlib.suppress(RuntimeError):  # its loop was closed
                self._in_turn.cancel()
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it was closed
                loop.call_soon_threadsafe(self._cancel_task)

    def cancel_no_more(self) -> None:
        """Let what runs now come to its end, because it gives back what it holds."""
        self._task = None

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


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _is_done_in_a_moment(task: asyncio.Task[Any], loop: asyncio.AbstractEventLoop) -> bool:
    loop.run_until_complete(asyncio.wait({task}, timeout=MOMENT))
    return task.done()


def _until_done(task: asyncio.Task[Any]) -> Generator[Pause, bool, None]:
    """Wait for a task of the loop that runs, without waiting for the next look at it."""
    done, turns = threading.Event(), current_turns()
    assert turns is not None

    def tell(_: object) -> None:
        done.set()
        turns.wake()

    task.add_done_callback(tell)
    while not task.done():
        yield Wait(None, done)


async def _end(generator: AsyncGenerator[Any, Any]) -> None:
    """Cancel a generator where it yielded, as where it waits; a TaskGroup takes `aclose` for an error."""
    with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
        await generator.athrow(asyncio.CancelledError())
    await generator.aclose()


async def _within(seconds: float | None, awaitable: Awaitable[Any]) -> Any:
    if seconds is None:
        return await awaitable
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await awaitable
    except TimeoutError:
        if limit.expired():
            message = f"no data for {seconds:.0f} s"
            raise ConnectError(message) from None
        raise
