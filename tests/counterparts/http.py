"""Pages and streams of events over HTTP, answered by a function of the test's."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.counterparts.ports import HOST

PATIENCE = 10.0


class Request(BaseHTTPRequestHandler):
    """One request; the test's function answers it."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    body = b""

    def do_GET(self) -> None:
        """Answer."""
        self.server.answer(self)  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        """Answer, with the content at hand."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *arguments: Any) -> None:
        """Be quiet."""

    def say(
        self, body: str | bytes, kind: str = "application/json", status: int = 200, **headers: str
    ) -> None:
        """Answer as a whole."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, text in {
            "Content-Type": kind,
            "Content-Length": f"{len(data)}",
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, *pieces: str | bytes) -> None:
        """Begin a stream of events with some pieces, and end the connection after them."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.stream_on(*pieces)

    def stream_on(self, *pieces: str | bytes) -> None:
        """Send more pieces of a stream that has begun."""
        for piece in pieces:
            self.wfile.write(piece.encode() if isinstance(piece, str) else piece)
            self.wfile.flush()


class WebServer(ThreadingHTTPServer):
    """A server whose connections a test can cut.

    Parameters
    ----------
    answer
        Answers a request, on a thread of its own.
    port
        Of this machine; 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[Request], None], port: int = 0) -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        super().__init__((HOST, port), Request)
        serve = {"poll_interval": 0.01}
        self._thread = threading.Thread(target=self.serve_forever, kwargs=serve, daemon=True)
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be quiet: a connection was cut."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer, and remember the connection."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and forget it."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """Break all connections."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Listen no more, and break all connections."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)
        self.cut()


@contextlib.contextmanager
def serve(answer: Callable[[Request], None], port: int = 0) -> Iterator[str]:
    """Give the address of a server that answers with a function."""
    server = WebServer(answer, port)
    try:
        yield f"http://{HOST}:{server.server_address[1]}/data"
    finally:
        server.end()
