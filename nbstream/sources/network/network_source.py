"""Two templates for a source over a connection: connect, read, disconnect, with or without asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nbstream.errors import ConnectError
from nbstream.sources.network.message_source import READ_TIMEOUT, MessageSource
from nbstream.sources.python.own_loop import OwnLoop

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AsyncNetworkSource", "NetworkSource"]

Client = TypeVar("Client")

DISCONNECT_TIMEOUT = 0.5


class NetworkSource(MessageSource, Generic[Client]):
    """A source whose client is used on the source's own thread, made anew at each attempt.

    A kind of it writes `_connect`, `_disconnect` and one of two ways to read: `_read`, which asks the client,
    or nothing but a callback of the library's that calls ``self._inbox.put(message, size)`` (and
    ``self._inbox.fail(error)`` when the connection is lost), from whatever thread.

    Parameters
    ----------
    **options
        As for `MessageSource`.
    """

    _client: Client | None = None

    @abstractmethod
    def _connect(self) -> Client:
        """Return a new client that is connected and has subscribed to all it wants.

        `self._inbox` is new then. Calls need time-outs of their own, of a few seconds.
        """

    def _read(self, client: Client) -> Iterable[Any] | None:
        """Return the messages that came: payloads or `Message`s, none after about `READ_TIMEOUT` seconds.

        None says that the other side closed the connection; EndOfStream that there is no more.
        """
        messages = self._inbox.take(READ_TIMEOUT)
        self._count_dropped()
        return messages

    @abstractmethod
    def _disconnect(self, client: Client) -> None:
        """Close the client; it may be broken."""

    def _wake(self, client: Client) -> None:
        """End a `_read` that waits longer than `READ_TIMEOUT`; called from any thread, must not block."""
        return

    def _run(self) -> None:
        self._begin()
        inbox = self._inbox
        try:
            with self._translated():
                self._read_all()
        finally:
            inbox.close()
            self._finish()

    def _read_all(self) -> None:
        client = self._connect()
        try:
            if self._is_stopping:
                return
            self._client = client
            self._connected()
            while not self._is_stopping:
                messages = self._read(client)
                if messages is None:
                    raise self._lost()
                if messages:
                    self._deliver(messages)
                self._look_for_silence()
        finally:
            if self._client is client:
                self._client = None
            with contextlib.suppress(Exception):
                self._disconnect(client)

    def _interrupt(self) -> None:
        super()._interrupt()
        client = self._client
        if client is not None:
            with contextlib.suppress(Exception):
                self._wake(client)


class AsyncNetworkSource(MessageSource, Generic[Client]):
    """A source whose client lives on an event loop of the source's own thread, made anew at each attempt.

    A kind of it writes `_connect`, `_read` and `_disconnect`, all three as coroutines; each is cancelled
    when the source stops.

    Parameters
    ----------
    **options
        As for `MessageSource`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._loop = OwnLoop(lambda: self._is_stopping)

    @abstractmethod
    async def _connect(self) -> Client:
        """Return a new client that is connected and has subscribed to all it wants."""

    @abstractmethod
    async def _read(self, client: Client) -> Iterable[Any] | None:
        """Return the messages that came, payloads or `Message`s; wait for the first as long as it takes.

        None says that the other side closed the connection; EndOfStream that there is no more.
        """

    @abstractmethod
    async def _disconnect(self, client: Client) -> None:
        """Close the client; it may be broken. It is given half a second."""

    def _run(self) -> None:
        self._begin()
        loop = self._loop = OwnLoop(lambda: self._is_stopping)
        try:
            with self._translated():
                loop.run(self._read_all())
        except asyncio.CancelledError:
            if not self._is_stopping:
                message = "the connection was cancelled"
                raise ConnectError(message, source=self.name) from None
        finally:
            loop.close()
            self._finish()

    async def _read_all(self) -> None:
        loop = self._loop
        client = await self._connect()
        reading: asyncio.Future[Iterable[Any] | None] | None = None
        try:
            self._connected()
            while not self._is_stopping:
                if reading is None:
                    reading = asyncio.ensure_future(self._read(client))
                    reading.add_done_callback(_look_at)
                done, _ = await asyncio.wait({reading}, timeout=READ_TIMEOUT)
                if done:
                    messages, reading = reading.result(), None
                    if messages is None:
                        raise self._lost()
                    if messages:
                        self._deliver(messages)
                self._look_for_silence()
        finally:
            loop.cancel_no_more()  # a stop that was heard before it could cancel would end the goodbye
            if reading is not None:
                reading.cancel()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._disconnect(client), DISCONNECT_TIMEOUT)

    def _interrupt(self) -> None:
        super()._interrupt()
        self._loop.cancel()


def _look_at(reading: asyncio.Future[Any]) -> None:
    """Take an error that nobody waits for any more: asyncio would print it."""
    if not reading.cancelled():
        reading.exception()
