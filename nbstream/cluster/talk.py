"""What is asked of a Dask client: on its own event loop, so that a source that stops waits for nothing."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import queue
import time
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nbstream.errors import ConfigurationError, ConnectError
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

__all__ = ["Greeting", "Stopped", "Talk"]

T = TypeVar("T")

LOOK_EVERY = 0.05
"""Seconds after which a wait looks whether the source stops."""
PATIENCE = 10.0
"""Seconds that the scheduler or a worker may take for an answer."""
# Made of builtins only, for it is said to workers that have no nbstream, or another.
WHO_ARE_YOU = "(__import__('nbstream').__version__, __import__('time').time_ns())"
LOST = concurrent.futures.CancelledError


class Stopped(Exception):
    """The source is being stopped, and waits no more."""


class Greeting(NamedTuple):
    """What a worker says of itself."""

    version: str | None
    """Of its nbstream; None if it has none."""
    ahead_ns: int = 0
    """By how much its clock is ahead of this machine's, as far as a round trip tells."""
    trouble: str = ""
    """Why it has none."""


class Talk:
    """A Dask client as a source uses it.

    Parameters
    ----------
    client
        It belongs to the user, and is never closed here.
    is_stopping
        Whether to wait no more.

    Notes
    -----
    Thread safety: `wake` from any thread, all else on the source's.
    """

    def __init__(self, client: Any, is_stopping: Callable[[], bool]) -> None:
        self.client = client
        self._is_stopping = is_stopping
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._group = f"nbstream-{uuid.uuid4().hex}"
        self._numbers = itertools.count()
        self._newest: Any = None

    def require_open(self) -> None:
        """Raise an error if nothing can be asked.

        Raises
        ------
        ConfigurationError
            If the client was closed.
        ConnectError
            If it has lost the scheduler.
        """
        status = self.client.status
        if status in ("closed", "closing", "newly-created"):
            message = "The Dask client is closed. Make a new one, and a new source with it."
            raise ConfigurationError(message)
        if status != "running":
            message = f"the scheduler cannot be reached (the client is {status})"
            raise ConnectError(message)

    def ask(self, make: Callable[[], Awaitable[T]], what: str, patience: float = PATIENCE) -> T:
        """Return what a coroutine on the client's loop returns.

        Raises
        ------
        Stopped
            If the source stops meanwhile.
        ConnectError
            If it takes too long.
        """
        self.require_open()

        async def answer() -> T:
            return await make()

        asked = answer()
        try:
            waiting = asyncio.run_coroutine_threadsafe(asked, self.client.loop.asyncio_loop)
        except RuntimeError as error:  # the loop has ended
            asked.close()
            message = "The Dask client is closed. Make a new one, and a new source with it."
            raise ConfigurationError(message) from error
        deadline = time.monotonic() + patience
        while True:
            try:
                return waiting.result(LOOK_EVERY)
            except TimeoutError as error:
                if waiting.done():  # it was the coroutine's own
                    message = f"{what}: {explain(error)}"
                    raise ConnectError(message) from error
            except LOST as error:
                message = f"{what}: it was cancelled"
                raise ConnectError(message) from error
            if self._is_stopping():
                waiting.cancel()
                raise Stopped
            if time.monotonic() > deadline:
                waiting.cancel()
                message = f"{what}: no answer for {patience:.0f} s"
                raise ConnectError(message)
            self.require_open()

    # Workers.

    def workers(self) -> dict[str, int]:
        """Return how many threads each worker has, by its address."""
        found = self.ask(lambda: self.client.nthreads(), "the scheduler was asked for its workers")
        return dict(found)

    def greet(self, workers: Collection[str]) -> dict[str, Greeting]:
        """Return what workers say of themselves; those that say nothing are left out."""
        begun_ns = time.time_ns()

        async def greet_one(worker: str) -> tuple[str, Any, int]:
            said = await self.client.run(eval, WHO_ARE_YOU, workers=[worker], on_error="return")
            return worker, said.get(worker), time.time_ns()

        async def greet_all() -> list[Any]:
            asked = [asyncio.wait_for(greet_one(worker), PATIENCE / 2) for worker in workers]
            return list(await asyncio.gather(*asked, return_exceptions=True))

        answers = self.ask(greet_all, "workers were asked for their versions")
        greetings = {}
        for found in answers:
            if isinstance(found, BaseException):
                continue
            worker, said, ended_ns = found
            if isinstance(said, ModuleNotFoundError):
                greetings[worker] = Greeting(None, trouble="it has no nbstream")
            elif isinstance(said, BaseException):
                greetings[worker] = Greeting(None, trouble=explain(said))
            elif said is not None:
                version, clock_ns = said
                greetings[worker] = Greeting(version, _ahead(begun_ns, clock_ns, ended_ns))
        return greetings

    # Tasks.

    def submit(
        self, function: Callable[..., Any], *arguments: Any, workers: Iterable[str] | None = None
    ) -> Any:
        """Return the future of a call on any of some workers; `done` returns it when it is over."""
        self.require_open()
        options: Mapping[str, Any] = {} if workers is None else {"workers": list(workers)}
        # Dask's scheduler keeps a span and a group of tasks for ever, new ones whenever a name has no task
        # any more. So all polls have one name, and the newest is let go only after the next was begun.
        key = (self._group, next(self._numbers))
        future = self.client.submit(function, *arguments, key=key, pure=False, **options)
        self._newest = future
        self.tell_when_done(future)
        return future

    def let_go(self) -> None:
        """Forget the newest poll."""
        self._newest = None

    def tell_when_done(self, future: Any) -> None:
        """Let `done` return a future when it is over."""
        future.add_done_callback(self._done.put)

    def done(self, timeout: float) -> list[Any]:
        """Return the futures that are over since the last call; wait a little for the first."""
        found = []
        with contextlib.suppress(queue.Empty):
            found.append(self._done.get(timeout=max(timeout, 0.0)))
            while True:
                found.append(self._done.get_nowait())
        return [future for future in found if future is not None]

    def wake(self) -> None:
        """End a wait in `done`."""
        self._done.put(None)

    def results(self, futures: Iterable[Any]) -> list[Any]:
        """Return what futures became, an exception for each that failed."""
        futures = list(futures)
        if not futures:
            return []

        async def one(future: Any) -> Any:
            try:
                [result] = await self.client.gather([future], asynchronous=True)
            except LOST as error:
                return ConnectError(f"the scheduler forgot it ({explain(error)})")
            except Exception as error:
                return error
            return result

        async def all_of_them() -> list[Any]:
            if len(futures) > 1:
                try:
                    return list(await self.client.gather(futures, asynchronous=True))
                except Exception:
                    pass
            return [await one(future) for future in futures]

        return self.ask(all_of_them, "answers were fetched")


def _ahead(begun_ns: int, clock_ns: int, ended_ns: int) -> int:
    """Return by how much a clock that was read between two moments is ahead at least, < 0 if behind."""
    if clock_ns > ended_ns:
        return clock_ns - ended_ns
    return min(clock_ns - begun_ns, 0)
