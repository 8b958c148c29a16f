"""A message of hundreds of megabytes costs itself: it goes by in pieces, and memory stays bounded.

Files and lines of CSV have such tests of their own. MQTT, Redis, Kafka and databases hand over whole ones:
there the server has the limit, and what is longer than ours is dropped once it came (test_bad_input.py).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from nbstream.sources import HttpSource, Source, StdinSource, WebSocketSource
from tests.counterparts.http import Request, serve
from tests.counterparts.ports import HOST
from tests.sources.harnesses.stdin import StdinHarness
from tests.wait import wait_until

MB = 2**20
HUGE_MB = 200
MAY_GROW = 60 * MB
SOON = 50.0
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Sender:
    """The other side: it counts what it got rid of, and then says a last reading."""

    n_sent = 0

    def huge(self) -> Iterator[bytes]:
        """Yield a text of JSON that does not end, piece by piece, until nobody takes it."""
        piece = b"a" * MB
        yield b'{"x": "'
        for _ in range(HUGE_MB):
            self.n_sent += 1
            yield piece
        yield b'"}'


@contextlib.contextmanager
def page(sender: Sender) -> Iterator[Source]:
    """Give a source of a page whose second answer is huge."""
    n = iter(range(10**9))

    def answer(request: Request) -> None:
        if next(n) != 1:
            request.say('{"x": 1}')
            return
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        request.close_connection = True
        with contextlib.suppress(OSError):  # it hangs up
            for piece in sender.huge():
                request.stream_on(piece)

    with serve(answer) as url, HttpSource(url, interval=0.01) as source:
        yield source


@contextlib.contextmanager
def events(sender: Sender) -> Iterator[Source]:
    """Give a source of a stream of events, of which one is huge."""

    def answer(request: Request) -> None:
        request.stream('data: {"x": 1}\n\ndata: ')
        for piece in sender.huge():
            request.stream_on(piece)
        request.stream_on('\n\ndata: {"x": 2}\n\n')
        request.rfile.read(1)

    with serve(answer) as url, HttpSource(url) as source:
        yield source


@contextlib.contextmanager
def websocket(sender: Sender, compression: str | None = None) -> Iterator[Source]:
    """Give a source of a WebSocket whose first connection sends a huge message in fragments."""
    library = pytest.importorskip("websockets.sync.server")
    n = iter(range(10**9))

    def handle(connection: Any) -> None:
        connection.send('{"x": 1}')
        if next(n) == 0:
            with contextlib.suppress(Exception):  # it hangs up
                connection.send(piece.decode() for piece in sender.huge())
        for _ in connection:
            pass

    with library.serve(handle, HOST, 0, compression=compression) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"ws://{HOST}:{server.socket.getsockname()[1]}"
        with WebSocketSource(url) as source:
            yield source
        server.shutdown()
        thread.join(5)


@contextlib.contextmanager
def packed_websocket(sender: Sender) -> Iterator[Source]:
    """Give the same of a message that is packed, to a thousandth of what it is."""
    with websocket(sender, "deflate") as source:
        yield source


@contextlib.contextmanager
def pipe(sender: Sender) -> Iterator[Source]:
    """Give a source of a pipe in which one line is huge."""
    harness = StdinHarness()
    harness.start()

    def write() -> None:
        for piece in itertools.chain([b'{"x": 1}\n'], sender.huge(), [b'\n{"x": 2}\n']):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(harness._end, rest) :]

    writer = threading.Thread(target=write, daemon=True)
    try:
        with StdinSource() as source:
            writer.start()
            yield source
    finally:
        writer.join(5)
        harness.close()


@pytest.mark.parametrize("kind", [page, events, websocket, packed_websocket, pipe])
def test_a_message_of_200_megabytes(kind: Callable[[Sender], Any]) -> None:
    """It is counted once and told, what comes after it is read, and memory grows by less than 60 MB."""
    sender, process = Sender(), psutil.Process()
    before = peak = process.memory_info().rss

    def is_done() -> bool:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)
        return source.counters().dropped == 1 and source.counters().accepted >= 2

    with kind(sender) as source:
        wait_until(is_done, SOON, lambda: f"{source!r} {source.counters()} {sender.n_sent}", 0.001)
        wait_until(lambda: any("longer than" in note for note in source.notes), 5)
        assert source.counters().dropped == 1
        assert source.counters().rejected == 0
    assert peak - before < MAY_GROW, f"{(peak - before) / MB:.0f} MB more"
