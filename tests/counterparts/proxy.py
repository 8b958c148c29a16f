"""A bad network between a client and a server: slow, cut, or letting nothing through.

`Proxy` listens on a port of this machine and passes bytes on to another. It runs an event loop on a thread of
its own; a test changes the weather by its methods, and ends it by `close`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from tests.counterparts.ports import HOST

PATIENCE = 30.0
"""Seconds that its own thread may take to do what it is told."""
CHUNK_BYTES = 4096
HELD_CHUNKS = 8
"""What is on its way in one direction of one connection; beyond that the sender waits, as on a real line."""


class Proxy:
    """Passes connections on to a server.

    Parameters
    ----------
    target
        Port of the server on this machine.

    Notes
    -----
    Thread safety: its methods may be called from any thread but its own.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.n_down = 0
        """Bytes that went to clients so far."""
        self._bytes_per_s: float | None = None
        self._latency = 0.0
        self._is_cut = False
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._free_at = {"up": 0.0, "down": 0.0}
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._do(self._listen())

    def slow(self, bits_per_s: float, latency: float) -> None:
        """Let so many bits through in each direction, each byte `latency` seconds late."""
        self._bytes_per_s, self._latency = bits_per_s / 8, latency

    def cut(self, seconds: float) -> None:
        """Break all connections, and refuse new ones for a while."""
        self._do(self._cut(seconds))

    def hole(self, seconds: float) -> None:
        """Let nothing through for a while, and break nothing: what is sent comes all at once after that."""
        self._do(self._hole(seconds))

    def close(self) -> None:
        """End all connections and the thread."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self, seconds: float) -> None:
        self._is_cut = True
        self._loop.call_later(seconds, setattr, self, "_is_cut", False)
        await self._break()

    async def _hole(self, seconds: float) -> None:
        self._is_open.clear()
        self._loop.call_later(seconds, self._is_open.set)

    async def _break(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        self._is_cut = True
        for _ in range(10):  # a connection that was taken a moment ago becomes ours in these turns
            await asyncio.sleep(0)
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await self._break()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the next turn

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self._is_cut:
                await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(HOST, self.target)
        self._open |= {writer, forth}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, forth, "up"))
                group.create_task(self._pass(back, writer, "down"))
        except* OSError:
            pass
        finally:
            self._open -= {writer, forth}
            forth.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(HELD_CHUNKS)
        sender = asyncio.create_task(self._send(line, writer, way))
        try:
            while True:
                data = await reader.read(CHUNK_BYTES)
                await self._is_open.wait()
                at = self._loop.time()
                if self._bytes_per_s is not None:
                    at = max(at, self._free_at[way]) + len(data) / self._bytes_per_s
                    self._free_at[way] = at
                    await asyncio.sleep(at - self._loop.time())
                await line.put((at + self._latency, data))
                if not data:
                    await sender
                    return
        finally:
            sender.cancel()

    async def _send(
        self, line: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter, way: str
    ) -> None:
        while True:
            at, data = await line.get()
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            await self._is_open.wait()
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
            if way == "down":
                self.n_down += len(data)
