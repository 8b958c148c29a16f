"""The two templates: connect, read, disconnect; lost, refused, silent, stuck and stopped connections."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from nbstream.errors import ConfigurationError, DependencyError, RefusedError
from nbstream.sources.base import Source
from nbstream.sources.network.message_source import EndOfStream, load_extra
from nbstream.sources.network.network_source import AsyncNetworkSource, NetworkSource
from nbstream.sources.state import SourceState
from nbstream.testing import FakeClock, HastyClock
from tests.wait import wait_until

Step = Callable[[], Any]


class LibraryError(Exception):
    """What some library raises."""


LibraryError.__module__ = "some_library"


class Scripted(NetworkSource[int]):
    """Each attempt takes the next script: what connecting does, then what each read does."""

    kind = "scripted"

    def __init__(self, *scripts: list[Any], **options: Any) -> None:
        super().__init__(**options)
        self.scripts = list(scripts)
        self.steps: list[Any] = []
        self.closed: list[int] = []
        self.n = 0

    def _connect(self) -> int:
        self.n += 1
        self.steps = self.scripts.pop(0) if self.scripts else [None]
        _do(self.steps.pop(0))
        return self.n

    def _read(self, client: int) -> Iterable[Any] | None:
        assert client == self.n
        if not self.steps:
            self._wait(0.01)
            return []
        found: Iterable[Any] | None = _do(self.steps.pop(0))
        return found

    def _disconnect(self, client: int) -> None:
        self.closed.append(client)


class ScriptedAsync(AsyncNetworkSource[int]):
    """The same on an event loop."""

    kind = "scripted"

    def __init__(self, *scripts: list[Any], **options: Any) -> None:
        super().__init__(**options)
        self.scripts = list(scripts)
        self.steps: list[Any] = []
        self.closed: list[int] = []
        self.n = 0

    async def _connect(self) -> int:
        self.n += 1
        self.steps = self.scripts.pop(0) if self.scripts else [None]
        _do(self.steps.pop(0))
        return self.n

    async def _read(self, client: int) -> Iterable[Any] | None:
        assert client == self.n
        if not self.steps:
            await asyncio.sleep(3600)
        found: Iterable[Any] | None = _do(self.steps.pop(0))
        return found

    async def _disconnect(self, client: int) -> None:
        self.closed.append(client)


def _do(step: Any) -> Any:
    if isinstance(step, Exception):
        raise step
    return step() if callable(step) else step


class NoJitter(random.Random):
    """Waits the least."""

    def uniform(self, a: float, b: float) -> float:
        """Return the least."""
        return a


KINDS = pytest.mark.parametrize("kind", [Scripted, ScriptedAsync])


@KINDS
def test_the_client_is_made_anew_after_each_loss(kind: Any) -> None:
    """A failed connect, a library's own error, a clean close and a broken read: each time a new client."""
    scripts = (
        [ConnectionRefusedError(111, "Connection refused")],
        [LibraryError("no route")],
        [1, ["1"], None],
        [1, ["2"], LibraryError("gone")],
        [1, ["3"], EOFError()],
        [1, ["4"]],
    )
    with kind(*scripts, random=NoJitter()) as source:
        wait_until(lambda: source.counters().accepted == 4)
        assert source.n == 6
        assert source.closed == [3, 4, 5]
        assert source.counters().reconnects == 5
        wait_until(lambda: source.last_error is None)
        texts = [event.text for event in source.buffer.events]
        assert "scripted: connection refused" in texts
        assert "scripted: works again" in texts
    assert source.closed == [3, 4, 5, 6]


@KINDS
def test_a_refusal_and_a_bad_configuration_are_final_at_first(kind: Any) -> None:
    """They are not tried again before anything has worked."""
    for error in (RefusedError("401 Unauthorized"), ConfigurationError("'qos' must be 0.")):
        with kind([error], random=NoJitter()) as source:
            wait_until(lambda: source.state is SourceState.FAILED)
            assert source.status == f"failed: {error}"
            assert source.n == 1
    scripts = [1, ["1"], RefusedError("403")], [RefusedError("403")], [1, ["2"]]
    with kind(*scripts, random=NoJitter()) as source:
        wait_until(lambda: source.counters().accepted == 2)


@KINDS
def test_the_end_of_a_stream_is_no_failure(kind: Any) -> None:
    """The state is ENDED."""
    with kind([1, ["1"], EndOfStream()]) as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert source.counters().accepted == 1


@KINDS
def test_silence_makes_a_new_connection_if_asked(kind: Any) -> None:
    """`reconnect_after` seconds without a message are taken for a connection that died in silence."""
    clock = FakeClock()
    with kind([1, ["1"]], [1, ["2"]], reconnect_after=30, clock=clock, random=NoJitter()) as source:
        wait_until(lambda: any("arrival" in note for note in source.notes))  # said when all is read
        clock.advance(29)
        assert source.status == "connected, no data for 29 s"
        clock.advance(2)
        wait_until(lambda: source.counters().accepted == 2)
        assert source.counters().reconnects == 1
        assert "scripted: no data for 31 s" in [event.text for event in source.buffer.events]


@KINDS
def test_a_server_that_accepts_and_closes_is_left_alone_longer_and_longer(kind: Any) -> None:
    """A connection that is closed at once is no success."""
    seen: list[int] = []

    class Watching(NoJitter):
        def uniform(self, a: float, b: float) -> float:
            seen.append(round(b * 2))
            return a

    with kind(*[[1, None] for _ in range(5)], random=Watching()) as source:
        wait_until(lambda: source.n == 6)
    assert seen[:5] == [1, 2, 4, 8, 16]


@KINDS
def test_a_stop_ends_within_a_second_wherever_it_is(kind: Any) -> None:
    """While it connects, reads, or waits for the next try."""
    entered, stuck = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        stuck.wait(300)

    for script in ([hang], [1, hang], [1], [ConnectionResetError(104, "reset")]):
        entered.clear()
        source = kind(script)
        if len(script) == 1 and isinstance(script[0], Exception):
            source._random = Longest()
        source.start()
        if hang in script:
            assert entered.wait(30)
        else:
            wait_until(lambda s=source: s.state in (SourceState.RUNNING, SourceState.RECONNECTING))  # type: ignore[misc]
        begun = time.monotonic()
        source.stop()
        assert time.monotonic() - begun < 15  # a second here; without its end it would be minutes
        assert source.state is SourceState.STOPPED
        source.close()
    stuck.set()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "nbstream-scripted"])


class Longest(random.Random):
    """Waits long."""

    def uniform(self, a: float, b: float) -> float:
        """Return a minute."""
        return 60.0


@KINDS
def test_what_a_stuck_library_returns_later_is_dropped(kind: Any) -> None:
    """A thread that was given up delivers nothing, closes its client, and disturbs no new start."""
    entered, stuck = threading.Event(), threading.Event()

    def hang() -> list[str]:
        entered.set()
        stuck.wait(300)
        return ["666"]

    with kind([1, hang], [1, ["1"]]) as source:
        assert entered.wait(30)
        source.stop()
        source.start()
        wait_until(lambda: source.counters().accepted == 1)
        stuck.set()
        wait_until(lambda: 1 in source.closed)
        assert source.buffer.to_pandas()["value"].tolist() == [1.0]


def test_a_stop_while_readings_are_delivered_leaves_no_connection() -> None:
    """The goodbye is said to its end, though the source has heard of the stop before it is cancelled."""

    class Polite(ScriptedAsync):
        async def _disconnect(self, client: int) -> None:
            await asyncio.sleep(0.001)
            await super()._disconnect(client)

    source = Polite([1, ["1"]])
    source._add_tap(lambda batch: source.stop())
    with source:
        wait_until(lambda: source.closed == [1])
        wait_until(lambda: not source.is_running)


class Called(NetworkSource[None]):
    """A library with a thread of its own that calls back."""

    kind = "called"
    n = 0

    def _connect(self) -> None:
        self.n += 1
        inbox, n = self._inbox, self.n

        def call() -> None:
            for i in range(1000):
                inbox.put(f'{{"x": {i}, "n": {n}}}')  # type: ignore[arg-type]
            inbox.fail(ConnectionResetError(104, "Connection reset by peer"))

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(0.0 if self.when_full == "block" else 30.0)

    def _disconnect(self, client: None) -> None:
        return


@pytest.mark.parametrize("when_full", ["drop_oldest", "drop_newest", "block"])
def test_a_thread_of_a_library_hands_over_and_what_is_given_up_is_counted(when_full: Any) -> None:
    """Messages before a loss are read; received is accepted and dropped; "block" loses nothing."""
    source = Called(when_full=when_full, max_queue=100, random=NoJitter(), clock=FakeClock())
    with source:
        wait_until(lambda: source.counters().reconnects >= 1)
        source.stop()
        counters = source.counters()
        n = source.buffer.to_pandas()
    assert counters.received == counters.accepted + counters.dropped
    first = n[n["n"] == 1]["x"].tolist()
    if when_full == "block":
        assert first == list(range(1000))
        assert counters.dropped == 0
    else:
        assert first == list(range(900, 1000) if when_full == "drop_oldest" else range(100))
        assert any(f"when_full={when_full!r}" in note for note in source.notes)


class LineServer(NetworkSource[socket.socket]):
    """Lines of JSON over TCP: how short a source is."""

    kind = "tcp"

    def __init__(self, host: str, port: int, **options: Any) -> None:
        super().__init__(**options)
        self.address = (host, port)
        self.target = f"{host}:{port}"
        self._rest = b""

    def _connect(self) -> socket.socket:
        self._rest = b""
        client = socket.create_connection(self.address, timeout=5)
        client.settimeout(0.25)
        return client

    def _read(self, client: socket.socket) -> list[bytes] | None:
        try:
            data = client.recv(65536)
        except TimeoutError:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines if data else None

    def _disconnect(self, client: socket.socket) -> None:
        client.close()


def test_a_real_server_that_hangs_up_is_found_again() -> None:
    """Readings go on after the server closed the connection and came back on its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with LineServer("127.0.0.1", port, random=NoJitter()) as source:
            for i in (1, 2):
                peer, _ = server.accept()
                peer.sendall(b'{"x": %d}\n{"x": %d}\n' % (i, i))
                wait_until(lambda n=2 * i: source.counters().accepted == n)  # type: ignore[misc]
                peer.close()
            assert source.counters().reconnects >= 1


def test_a_missing_library_is_named_with_what_installs_it() -> None:
    """The error is final."""
    with pytest.raises(DependencyError, match=r'pip install "nbstream\[websocket\]"'):
        load_extra("no_such_library.client", "websocket", "WebSocketSource")
    assert load_extra("json.decoder", "x", "X").JSONDecoder


CANARY = "cAnary7Bird9"


@KINDS
def test_a_password_comes_out_nowhere(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Not in repr, status, notes, events, counters' examples, logs, nor in a chain of errors."""
    url = f"wss://ann:{CANARY}@host/live?token=t{CANARY}"
    inner = LibraryError(("tried", url), {"headers": f"Bearer {CANARY}"}, CANARY.encode())
    outer = OSError(104, f"reset while reading {url}", CANARY)
    outer.__cause__ = inner
    scripts = (
        [LibraryError(f"cannot open {CANARY}")],
        [1, [f'{{"error": "no {CANARY}"}}', f"?{CANARY}?"], outer],
        [inner],
        [RefusedError(f"401 for {url}")],
        [RefusedError(f"401 for {url}")],
    )
    source = kind(*scripts, name=f"live {url}", random=NoJitter())
    source._hide_url(url)
    source.target = url
    shown: list[str] = []
    with source:
        while source.state is not SourceState.FAILED and source.n < 7:
            shown += [*everything_said_by(source)]
            source._wait(0.001)
        shown += [*everything_said_by(source)]
    assert any("***" in text for text in shown)
    for text in (*shown, caplog.text):
        assert CANARY not in text


def everything_said_by(source: Source) -> Iterable[str]:
    """Yield all texts that a source shows."""
    yield from (repr(source), source.status, repr(source.notes), repr([*source.buffer.events]))
    error: BaseException | None = source.last_error
    while error is not None:
        yield from (str(error), repr(error), repr(error.args))
        error = error.__cause__ or error.__context__


def test_a_thousand_cuts_over_days() -> None:
    """Connections that are short, long or refused: it always recovers, and does not wait longer each time."""
    clock = HastyClock()
    rng = random.Random(3)
    n_delivered = 0

    def lasting(seconds: float) -> Step:
        def run() -> list[str]:
            clock.advance(seconds)
            return ["1"]

        return run

    scripts: list[list[Any]] = []
    for i in range(1000):
        if i % 5 == 0:
            scripts.append([ConnectionRefusedError(111, "Connection refused")])
        elif i % 5 == 1:
            scripts.append([1, None])
        else:
            scripts.append([1, ["0"], lasting(rng.uniform(100, 3600)), ConnectionResetError()])
            n_delivered += 2
    scripts.append([1, ["2"], EndOfStream()])
    source = Scripted(*scripts, clock=clock, random=random.Random(4))
    source._supervise()
    counters = source.counters()
    assert source.state is SourceState.ENDED
    assert counters.reconnects == 1000
    assert counters.accepted == n_delivered + 1
    assert len(source.closed) == 801
    assert clock.waited < 1000 * 2  # each hour of health begins the back-off anew
    assert len(source.notes) < 10
    source.close()
