"""WebSockets, against real servers that close, hang, refuse and send too much."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nbstream.errors import RefusedError
from nbstream.sources import SourceState, WebSocketSource
from nbstream.sources.network import websocket as module
from nbstream.sources.network.status_codes import error_of_status, seconds_of_retry_after
from tests.counterparts.ports import HOST, free_port
from tests.counterparts.proxy import Proxy
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

server = pytest.importorskip("websockets.sync.server")
SOON = 10.0
WHY = {"pings": "to a ping within 0.2 s", "reconnect_after": "no data for"}
"""What is told of a line in which all is lost, by what noticed it."""


@contextlib.contextmanager
def serve(handler: Callable[[Any], None], port: int | None = None, **options: Any) -> Iterator[int]:
    """Give the port of a server that calls `handler` with each connection, and ends them in the end."""
    open_ones: list[Any] = []

    def handle(connection: Any) -> None:
        open_ones.append(connection)
        handler(connection)

    with server.serve(handle, HOST, port or 0, **options) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield running.socket.getsockname()[1]
        finally:
            running.shutdown()
            for connection in open_ones:
                with contextlib.suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def sends(*messages: str | bytes) -> Callable[[Any], None]:
    """Return a handler that sends messages, and stays until the client goes."""

    def handler(connection: Any) -> None:
        for message in messages:
            connection.send(message)
        for _ in connection:
            pass

    return handler


def reads(port: int, **options: Any) -> WebSocketSource:
    """Return a source that is started."""
    return WebSocketSource(f"ws://{HOST}:{port}/live?token=open-sesame", **options).start()


def values(source: WebSocketSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: WebSocketSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(lambda: values(source) == expected, SOON, lambda: f"{values(source)} {source!r}")


def becomes(source: WebSocketSource, state: SourceState) -> None:
    """Wait for a state."""
    wait_until(lambda: source.state is state, SOON, lambda: repr(source))


def test_messages_become_readings() -> None:
    """Text and bytes of JSON, wrapped as exchanges wrap it, with numbers in quotes."""
    messages = (
        '{"data": {"p": "21.5", "T": 1782907200000}}',
        b'{"data": {"p": "22.5", "T": 1782907201000}}',
        "no json",
    )
    with serve(sends(*messages)) as port, reads(port, path="data", time="T") as source:
        come(source, {"p": [21.5, 22.5]})
        wait_until(lambda: source.counters().rejected == 1, SOON, lambda: repr(source))
        assert source.buffer.to_pandas().index[0].year == 2026


def test_no_message_is_lost_between_two_reads() -> None:
    """However messages come, in handfuls or one by one, each is read once."""

    def handler(connection: Any) -> None:
        for i in range(1000):
            connection.send(f'{{"i": {i}}}')
            if i % 7 == 0:
                connection.ping().wait(SOON)
        for _ in connection:
            pass

    with serve(handler) as port, reads(port) as source:
        wait_until(lambda: source.counters().accepted == 1000, SOON, lambda: repr(source))
        assert values(source)["i"] == [float(i) for i in range(1000)]


def test_asks_each_time_it_connects() -> None:
    """The message that subscribes is sent again after the connection was lost."""
    asked: list[Any] = []

    def handler(connection: Any) -> None:
        asked.append(json.loads(connection.recv()))
        connection.send(f"{len(asked)}")

    with serve(handler) as port, reads(port, subscribe={"op": "subscribe"}) as source:
        wait_until(lambda: len(values(source).get("value", [])) >= 2, SOON, lambda: repr(source))
        assert asked[:2] == [{"op": "subscribe"}] * 2
        assert source.counters().reconnects >= 1


def test_sends_the_heartbeat_of_a_server() -> None:
    """What a server wants to hear is sent again and again."""
    heard: list[str] = []

    def handler(connection: Any) -> None:
        heard.extend(connection)

    options = {"heartbeat": {"op": "ping"}, "heartbeat_every": 0.05}
    with serve(handler) as port, reads(port, **options):
        wait_until(lambda: heard[:2] == ['{"op": "ping"}'] * 2, SOON)


def test_a_server_that_closes_at_once_is_tried_again() -> None:
    """A goodbye is a lost connection too, whatever its code, and the code is shown."""

    def handler(connection: Any) -> None:
        connection.close(1008, "too many")

    with serve(handler) as port, reads(port) as source:
        wait_until(
            lambda: "1008 too many" in source.status and source.state is SourceState.RECONNECTING,
            SOON,
            lambda: repr(source),
        )


def test_a_server_that_comes_back() -> None:
    """Killed and started again on its port it is read on."""
    port = free_port()
    with reads(port) as source:
        becomes(source, SourceState.RECONNECTING)
        with serve(sends("1"), port):
            come(source, {"value": [1.0]})
        becomes(source, SourceState.RECONNECTING)
        with serve(sends("2"), port):
            come(source, {"value": [1.0, 2.0]})


def test_a_line_that_lets_nothing_through_is_given_up() -> None:
    """Data stop though nobody hangs up: after `reconnect_after` seconds the connection is made anew."""
    with serve(sends("1")) as port:
        proxy = Proxy(port)
        try:
            with reads(proxy.port, reconnect_after=0.5) as source:
                wait_until(
                    lambda: len(values(source).get("value", [])) >= 3, SOON, lambda: repr(source)
                )
                assert source.counters().reconnects >= 2
        finally:
            proxy.close()


@pytest.mark.parametrize("by", ["pings", "reconnect_after"])
def test_a_line_in_which_all_is_lost_is_given_up(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even pings are answered, nor is the next handshake: it comes back when the line does."""
    soon = 0.2 if by == "pings" else 60.0
    monkeypatch.setattr(module, "PING_EVERY", soon)
    monkeypatch.setattr(module, "PING_TIMEOUT", soon)
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.3)
    options = {"reconnect_after": None if by == "pings" else 0.5}
    with serve(sends("1")) as port, contextlib.closing(Proxy(port)) as proxy:
        with reads(proxy.port, **options) as source:
            # Where it takes long until this is seen the connection may be another one already.
            wait_until(lambda: source.counters().accepted >= 1, SOON, lambda: repr(source))
            proxy.hole(3600)
            wait_until(
                lambda: (
                    "within 0.3 s" in source.status and source.state is SourceState.RECONNECTING
                ),
                SOON,
                lambda: repr(source),
            )
            n = source.counters().accepted
            said = [event.text for event in source.buffer.events]
            assert any(WHY[by] in text for text in said), said
            proxy.hole(0)
            wait_until(lambda: source.counters().accepted > n, SOON, lambda: repr(source))
            becomes(source, SourceState.RUNNING)


def test_a_server_that_breaks_the_rules_is_told_from_one_that_closes() -> None:
    """Text that is no UTF-8 ends the connection from here."""

    def handler(connection: Any) -> None:
        connection.socket.sendall(b"\x81\x01\xff")
        for _ in connection:
            pass

    with serve(handler) as port, reads(port) as source:
        wait_until(lambda: "broke the rules" in source.status, SOON, lambda: repr(source))
        assert "1007" in source.status
        assert "closed" not in source.status


def test_a_message_that_is_too_long_ends_the_connection_at_once() -> None:
    """A frame that announces a gigabyte is not waited for, and a stop is heard."""

    def handler(connection: Any) -> None:
        connection.send("1")
        connection.socket.sendall(b"\x82\x7f" + (2**30).to_bytes(8, "big"))
        for _ in connection:
            pass

    with serve(handler) as port, reads(port) as source:
        wait_until(lambda: "longer than" in source.status, SOON, lambda: repr(source))
        stops_at_once(source)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final_at_first(status: int) -> None:
    """Before it has ever worked, 401, 403 and 404 end the source."""

    def refuse(connection: Any, request: Any) -> Any:
        return connection.respond(status, "no\n")

    with serve(sends(), process_request=refuse) as port, reads(port) as source:
        becomes(source, SourceState.FAILED)
        assert isinstance(source.last_error, RefusedError)
        assert str(status) in source.status


@pytest.mark.parametrize("code", [1008, 4401, 4403, 3000])
def test_a_close_that_is_a_refusal_is_final_at_first(code: int) -> None:
    """Servers let in whoever comes, look at the token, and close with a code of their own."""

    def handler(connection: Any) -> None:
        connection.close(code, "bad token")

    with serve(handler) as port, reads(port) as source:
        becomes(source, SourceState.FAILED)
        assert isinstance(source.last_error, RefusedError)
        assert f"{code} bad token" in source.status


@pytest.mark.parametrize(("code", "reason"), [(1008, "Too many requests"), (4000, "x"), (1011, "")])
def test_a_close_that_may_pass_is_tried_again(code: int, reason: str) -> None:
    """As any other."""

    def handler(connection: Any) -> None:
        connection.close(code, reason)

    with serve(handler) as port, reads(port) as source:
        becomes(source, SourceState.RECONNECTING)
        wait_until(lambda: source.counters().reconnects >= 1, SOON, lambda: repr(source))


def test_a_refusal_after_the_first_message_is_tried_again() -> None:
    """A token that was good is renewed by somebody."""

    def handler(connection: Any) -> None:
        connection.send("1")
        connection.close(4401, "expired")

    with serve(handler) as port, reads(port) as source:
        wait_until(lambda: source.counters().accepted >= 2, SOON, lambda: repr(source))


def test_a_server_that_is_busy_says_when_to_come_back() -> None:
    """Retry-After of a 429 is kept."""

    def refuse(connection: Any, request: Any) -> Any:
        response = connection.respond(429, "slow down\n")
        response.headers["Retry-After"] = "7"
        return response

    with serve(sends(), process_request=refuse) as port, reads(port) as source:
        wait_until(lambda: "in 7 s" in source.status, SOON, lambda: repr(source))


def test_a_handshake_that_is_never_answered() -> None:
    """A stop is heard while a server keeps silent."""
    with socket.create_server((HOST, 0)) as listener:
        source = reads(listener.getsockname()[1])
        connection, _ = listener.accept()
        wait_until(lambda: "connecting" in source.status, SOON, lambda: repr(source))
        stops_at_once(source)
        assert "given up" not in source.status
        source.close()
        connection.close()


def test_no_text_shows_a_secret() -> None:
    """Neither the token of an address nor a header is in what people see."""
    with WebSocketSource(
        f"ws://{HOST}:{free_port()}/?token=open-sesame", headers={"X-Key": "hush-hush"}
    ).start() as source:
        becomes(source, SourceState.RECONNECTING)
        seen = f"{source!r}{source.status}{source.notes}{source.last_error!r}{source.last_error}"
        assert "open-sesame" not in seen
        assert "hush-hush" not in seen


def test_what_cannot_be_is_told_at_once() -> None:
    """A wrong address, or something that can't be sent, is an error where it was written."""
    with pytest.raises(ValueError, match="begins with ws://"):
        WebSocketSource("http://x")
    with pytest.raises(TypeError, match="'subscribe' must be"):
        WebSocketSource("ws://x", subscribe={1j})


def test_status_codes() -> None:
    """What another try won't change is told from what it may."""
    assert isinstance(error_of_status(404, {}, "x"), RefusedError)
    assert error_of_status(503, {"retry-after": "3"}, "x").retry_after == 3.0
    assert "unknown" in str(error_of_status(599, {}, "x"))
    assert seconds_of_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
