"""Real servers on 127.0.0.1 that do what a test tells them, badly where it wants that."""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).parent / "localhost.pem"
"""Key and certificate of an authority that is nobody, for localhost and 127.0.0.1."""


def server_context() -> ssl.SSLContext:
    """Return what a server with the certificate uses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting_context() -> ssl.SSLContext:
    """Return what a client that knows the certificate uses."""
    return ssl.create_default_context(cafile=CERTIFICATE)


@dataclass
class Answer:
    """One answer of the HTTP server."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    does: str = "answers"
    """"answers", "hangs" (says nothing), "dribbles" (a byte at a time), "hangs up", "floods"."""


@dataclass
class Request:
    """What came to the HTTP server."""

    path: str
    headers: dict[str, str]
    body: bytes


class HttpServer:
    """Answers in turn with `answers`; the last one is repeated."""

    def __init__(self, url: str, answers: list[Answer]) -> None:
        self.url = url
        self.answers = answers
        self.requests: list[Request] = []
        self.is_over = threading.Event()
        self.released = threading.Event()


@contextmanager
def http_server(*answers: Answer, tls: bool = False) -> Iterator[HttpServer]:
    """Run an HTTP server while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = state.answers[min(len(state.requests), len(state.answers) - 1)]
            state.requests.append(Request(self.path, headers, body))
            with suppress(OSError):
                self.act(answer)
            self.close_connection = True

        def act(self, answer: Answer) -> None:
            if answer.does == "hangs":
                state.is_over.wait(30)
                return
            if answer.does == "hangs up":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if answer.does == "dribbles":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
                while not state.is_over.wait(0.01):
                    self.wfile.write(b"x")
                return
            if answer.does == "waits":
                state.released.wait(30)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.does == "floods":
                self.end_headers()
                while not state.is_over.is_set():
                    self.wfile.write(b"x" * 65_536)
                return
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = server_context().wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if tls else "http"
    state = HttpServer(
        f"{scheme}://127.0.0.1:{server.server_address[1]}/", list(answers or [Answer()])
    )
    with _running(server, state.is_over):
        yield state


class SmtpServer:
    """What a mail server was told, and how it behaves."""

    def __init__(self, **behaviour: Any) -> None:
        self.port = 0
        self.offers_tls = behaviour.get("offers_tls", False)
        self.is_tls = behaviour.get("is_tls", False)
        self.replies = behaviour.get("replies", {})
        """Replies by command, in turn, instead of those that say yes; "hang" says nothing at all."""
        self.wants_login = behaviour.get("wants_login", False)
        self.does = behaviour.get("does", "answers")
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.logins: list[str] = []
        self.is_over = threading.Event()

    @property
    def n_sessions(self) -> int:
        """How often nbstream has greeted; strangers may knock at a port that was theirs before."""
        return self.commands.count("ehlo [127.0.0.1]")


class _SmtpHandler(socketserver.StreamRequestHandler):
    state: SmtpServer

    def handle(self) -> None:
        with suppress(OSError, ssl.SSLError):
            if self.state.is_tls:
                self._encrypt()
            self._converse()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()  # the server knows the one below it only

    def _encrypt(self) -> None:
        self.connection = server_context().wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _converse(self) -> None:
        state, encrypted = self.state, self.state.is_tls
        if state.does == "hangs":
            state.is_over.wait(30)
            return
        if state.does == "dribbles":
            while not state.is_over.wait(0.01):
                self.wfile.write(b"220-still thinking\r\n")
            return
        self._say("220 test")
        for line in iter(lambda: self.rfile.readline(), b""):
            text = line.decode(errors="replace").rstrip("\r\n")
            state.commands.append(text)
            verb = text.upper().split(" ")[0].split(":")[0]
            planned = state.replies.get(verb)
            if planned:
                self._say(planned.pop(0).replace("{line}", text))
            elif verb == "EHLO":
                offers = ["STARTTLS"] if state.offers_tls and not encrypted else []
                offers += ["AUTH PLAIN"] if state.wants_login else []
                lines = ["test", *offers]
                self._say("\r\n".join(f"250-{offer}" for offer in lines[:-1]) or "250-test")
                self._say(f"250 {lines[-1]}")
            elif verb == "STARTTLS":
                self._say("220 go ahead")
                self._encrypt()
                encrypted = True
            elif verb == "AUTH":
                state.logins.append(base64.b64decode(text.split(" ")[2]).decode())
                self._say("235 welcome")
            elif verb == "DATA":
                self._say("354 go on")
                self._take_mail()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _take_mail(self) -> None:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        self.state.mails.append(b"".join(lines))
        planned = self.state.replies.get("END")
        self._say(planned.pop(0) if planned else "250 queued")


class _SmtpTcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def smtp_server(**behaviour: Any) -> Iterator[SmtpServer]:
    """Run a mail server while the block runs."""
    state = SmtpServer(**behaviour)
    handler = type("Handler", (_SmtpHandler,), {"state": state})
    server = _SmtpTcpServer(("127.0.0.1", 0), handler)
    state.port = server.server_address[1]
    with _running(server, state.is_over):
        yield state


@contextmanager
def _running(server: socketserver.TCPServer, is_over: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()
