"""Messages that come over a WebSocket: of exchanges, of devices, of servers of one's own."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from nbstream.errors import ConfigurationError, ConnectError
from nbstream.sources.network.message_source import READ_TIMEOUT, load_extra
from nbstream.sources.network.network_source import AsyncNetworkSource
from nbstream.sources.network.status_codes import error_of_close, error_of_status
from nbstream.sources.wording import positive_seconds, shorten
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    import ssl

    from websockets.asyncio.client import ClientConnection

__all__ = ["WebSocketSource"]

CONNECT_TIMEOUT = 5.0
PING_EVERY, PING_TIMEOUT = 10.0, 10.0
"""Seconds between two signs of life, and until an answer is missed: a dead line is noticed after both."""
CLOSE_TIMEOUT = 0.5
HEARTBEAT_EVERY = 20.0
HELD_FRAMES = 1024
"""What the library may have read before it lets the server wait."""


class WebSocketSource(AsyncNetworkSource["_Connection"]):
    """Reads the messages of a WebSocket.

    Parameters
    ----------
    url
        As in "wss://stream.example.com/ws"; what is secret in it is shown nowhere.
    subscribe
        What is sent each time the connection was made: text, bytes, what JSON can say, or a list of these.
    heartbeat
        What the server wants to be sent now and then, in the same forms; None is nothing beyond WebSocket's
        own pings, which are always sent.
    heartbeat_every
        Seconds between two of these.
    headers
        Of the request that opens the connection, such as ``{"Authorization": "Bearer …"}``; their values are
        shown nowhere.
    ssl_context
        For certificates of one's own.
    **options
        As for `MessageSource`: path, time, channels, states, parse, reconnect_after, max_message_bytes; and
        for every `Source`.

    Raises
    ------
    DependencyError
        If websockets is missing: ``pip install "nbstream[websocket]"``.
    ValueError
        If the address is none of a WebSocket.
    TypeError
        If `subscribe` or `heartbeat` is nothing that can be sent.

    Notes
    -----
    The connection is made again whenever it ends: what comes meanwhile is lost. A server that refuses it
    before the first message (401, 403, 404; closed with 1008, 4401 or 4403) ends the source, later it is
    tried again. A server that answers pings and sends nothing is told from a live one by `reconnect_after`.
    Messages are read and understood on one thread: if they come faster, the server has to wait.

    Thread safety: any thread.
    """

    kind = "websocket"
    _loggers = ("websockets.client",)

    def __init__(
        self,
        url: str,
        *,
        subscribe: Any = None,
        heartbeat: Any = None,
        heartbeat_every: float = HEARTBEAT_EVERY,
        headers: Mapping[str, str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        self._library = load_extra("websockets.asyncio.client", "websocket", "WebSocketSource")
        self._errors = load_extra("websockets.exceptions", "websocket", "WebSocketSource")
        if not url.lower().startswith(("ws://", "wss://")):
            message = f"A WebSocket's address begins with ws:// or wss:// (got {redact(url)!r})."
            raise ValueError(message)
        self._url = url
        self._first = [_as_sent(one, "subscribe") for one in _as_list(subscribe)]
        self._beats = [_as_sent(one, "heartbeat") for one in _as_list(heartbeat)]
        self._beat_every = positive_seconds(heartbeat_every, "heartbeat_every")
        self._headers = dict(headers or {})
        self._ssl = ssl_context
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        self.target = host
        options["name"] = options.get("name") or shorten(host.partition(":")[0])
        super().__init__(**options)
        self._hide_url(url)
        self._hide(*self._headers.values())

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address; what stands behind its question mark is the server's."""
        return cls(url, **options)

    async def _connect(self) -> _Connection:
        client = await self._library.connect(
            self._url,
            additional_headers=self._headers,
            open_timeout=CONNECT_TIMEOUT,
            ping_interval=PING_EVERY,
            ping_timeout=PING_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            max_size=self._messages.max_bytes,
            max_queue=HELD_FRAMES,
            **({} if self._ssl is None else {"ssl": self._ssl}),
        )
        connection = _Connection(client)
        try:
            for message in self._first:
                await client.send(message)
        except BaseException:
            connection.abort()
            raise
        connection.begin(self._beats, self._beat_every)
        return connection

    async def _read(self, client: _Connection) -> Iterable[Any] | None:
        return await client.next_messages()

    async def _disconnect(self, client: _Connection) -> None:
        await client.close()

    def _translate(self, error: Exception) -> Exception:
        errors = self._errors
        if isinstance(error, errors.InvalidStatus):
            response = error.response
            headers = {name.lower(): text for name, text in response.headers.raw_items()}
            return error_of_status(response.status_code, headers, self.name)
        if isinstance(error, errors.InvalidURI):
            return ConfigurationError(str(error), source=self.name)
        if isinstance(error, errors.ConnectionClosed):
            told = error.rcvd or error.sent
            if error.sent is not None and error.sent.code == 1009:
                limit = f"longer than {self._messages.max_bytes:,} bytes"
                self._drop(1, f"message {limit}")
                text = f"a message is {limit} (max_message_bytes)"
                return ConnectError(text, source=self.name)
            if told is None:
                text = "the server closed the connection (without a word)"
                return ConnectError(text, source=self.name)
            if error.rcvd is None or error.rcvd_then_sent is False:  # this side ended it
                return ConnectError(self._why_ended(error.sent), source=self.name)
            return error_of_close(told.code, told.reason, self.name)
        if isinstance(error, TimeoutError):
            text = f"no answer from {self.target} within {CONNECT_TIMEOUT:g} s"
            return ConnectError(text, source=self.name)
        return super()._translate(error)

    def _why_ended(self, sent: Any) -> str:
        """Return why this side ended a connection, by what it sent."""
        if sent.code == 1011:
            return f"no answer from {self.target} to a ping within {PING_TIMEOUT:g} s"
        return f"the server broke the rules of WebSockets ({f'{sent.code} {sent.reason}'.strip()})"


class _Connection:
    """One connection, and the tasks that read it and keep it alive.

    Parameters
    ----------
    client
        The library's.
    """

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self._came: list[Any] = []
        self._has_news = asyncio.Event()
        self._error: Exception | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, beats: list[str | bytes], every: float) -> None:
        """Start to read, and to send what the server wants to hear."""
        self._tasks.append(asyncio.create_task(self._receive()))
        if beats:
            self._tasks.append(asyncio.create_task(self._beat(beats, every)))

    async def next_messages(self) -> list[Any]:
        """Wait for messages, and return all that came."""
        while not self._has_news.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_news.wait(), READ_TIMEOUT)
            # The library tells of a message that is too long only once the server has hung up.
            if self._client.state.name == "CLOSING":
                self.abort()
        self._has_news.clear()
        came, self._came = self._came, []
        if self._error is not None:
            self._has_news.set()
            if not came:
                raise self._error
        return came

    async def _receive(self) -> None:
        try:
            while True:
                message = await self._client.recv()
                self._came.append(message)
                self._has_news.set()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._error = error
        self._has_news.set()

    async def _beat(self, beats: list[str | bytes], every: float) -> None:
        with contextlib.suppress(Exception):  # `_receive` tells of a connection that is lost
            while True:
                await asyncio.sleep(every)
                for beat in beats:
                    await self._client.send(beat)

    def abort(self) -> None:
        """Hang up."""
        self._client.transport.abort()

    async def close(self) -> None:
        """Say goodbye, and hang up."""
        try:
            for task in self._tasks:
                task.cancel()
            await self._client.close()
        finally:
            self.abort()


def _as_list(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _as_sent(given: Any, name: str) -> str | bytes:
    """Return what is sent for something: text and bytes as they are, the rest as JSON."""
    if isinstance(given, (str, bytes)):
        return given
    try:
        return json.dumps(given)
    except (TypeError, ValueError) as error:
        message = f"{name!r} must be text, bytes or what JSON can say (got {given!r:.80})."
        raise TypeError(message) from error
