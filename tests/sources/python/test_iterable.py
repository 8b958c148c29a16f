"""A function that yields is called anew when what it reads breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.readings.buffer import Extended
from nbstream.sources import IterableSource, SourceState
from nbstream.testing import FakeClock
from nbstream.widgets.watch import _open
from tests.wait import wait_until


class Shortest:
    """Never waits."""

    def uniform(self, least: float, most: float) -> float:
        """Return the least."""
        return least


class LibraryError(Exception):
    """What a library raises that has errors of its own."""


class Line:
    """Something that is connected to: what happens at each connection, in turn."""

    def __init__(self, *plans: list[Any]) -> None:
        self.plans = list(plans)
        self.n = 0
        self.is_closed = True

    def read(self) -> Iterator[Any]:
        """Yield what comes."""
        for step in self._next():
            yield self._do(step)

    async def read_later(self) -> AsyncIterator[Any]:
        """Yield what comes, and hang at an ellipsis."""
        self.is_closed = False
        try:
            for step in self._next():
                if step is ...:
                    await asyncio.Event().wait()
                yield self._do(step)
        finally:
            self.is_closed = True

    def _next(self) -> list[Any]:
        self.n += 1
        return self.plans.pop(0)

    @staticmethod
    def _do(step: Any) -> Any:
        if isinstance(step, Exception):
            raise step
        return step


def source_of(function: Any, **options: Any) -> IterableSource:
    """Return a source that doesn't wait between tries."""
    return IterableSource(function, random=Shortest(), **options)  # type: ignore[arg-type]


def numbers(source: ns.Source) -> list[float]:
    """Return what came."""
    known = "value" in source.buffer.channels
    return source.buffer.channel("value").rows(0).values.tolist() if known else []


@pytest.mark.parametrize("how", ["read", "read_later"])
@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "refused"), LibraryError("no servers"), TimeoutError()]
)
def test_it_is_called_anew_whatever_broke(how: str, error: Exception) -> None:
    """At the first attempt as at any other; after its last item it has ended."""
    line = Line([error], [1.0, error], [2.0], [3.0])
    with source_of(getattr(line, how)) as source:
        wait_until(lambda: source.state is SourceState.ENDED, message=lambda: repr(source))
        assert numbers(source) == [1.0, 2.0]
        assert source.counters().reconnects == line.n - 1 == 2
        source.start()
        wait_until(lambda: numbers(source) == [1.0, 2.0, 3.0])


@pytest.mark.parametrize("error", [NameError("name 'hsot' is not defined"), KeyError("price")])
def test_a_mistake_in_it_is_told_at_once(error: Exception) -> None:
    """Nothing comes of trying a misspelt name again; one that comes up later is tried again, and shown."""
    with source_of(Line([error]).read) as source:
        wait_until(lambda: source.state is SourceState.FAILED)
        assert type(error).__name__ in source.status
    with source_of(Line([1.0, error], [2.0]).read) as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert numbers(source) == [1.0, 2.0]


def test_it_says_how_it_is() -> None:
    """Connecting until its first item; None says that it is connected; silence is never called live."""
    clock = FakeClock()
    line = Line([...], [None, ...], [None, 1.0, ...])
    source = source_of(line.read_later, clock=clock)
    source.start()
    wait_until(lambda: "waiting for its first item" in source.status)
    assert source.state is SourceState.CONNECTING
    source.stop()
    assert line.is_closed
    source.start()
    wait_until(lambda: source.state is SourceState.RUNNING)
    clock.advance(12.0)
    assert source.status == "connected, no data for 12 s"
    source.stop()
    source.start()
    wait_until(lambda: numbers(source) == [1.0])
    assert source.state is SourceState.RUNNING
    source.close()


def test_silence_calls_it_anew_if_asked() -> None:
    """What was waited for is cancelled, so that its connection is closed."""
    line = Line([1.0, ...], [2.0, ...], [3.0])
    with source_of(line.read_later, reconnect_after=0.05) as source:
        wait_until(lambda: source.state is SourceState.ENDED, message=lambda: repr(source))
        assert numbers(source) == [1.0, 2.0, 3.0]
        assert source.counters().reconnects == 2
        assert any("no data for" in event.text for event in source.buffer.events)
        assert line.is_closed


def test_a_timeout_of_its_own_is_its_own() -> None:
    """It is not called silence."""

    async def slow() -> AsyncIterator[float]:
        yield 1.0
        raise TimeoutError("the pump")

    with source_of(slow, reconnect_after=30) as source:
        wait_until(lambda: source.counters().reconnects)
        assert any("the pump" in event.text for event in source.buffer.events)


@pytest.mark.parametrize("what", [[1.0], Line([1.0]).read, Line([1.0]).read_later()])
def test_what_cannot_be_broken_off_refuses_to_be(what: Any) -> None:
    """A list, and a function that waits by itself, cannot be cancelled."""
    with pytest.raises(ValueError, match="'reconnect_after' needs an asynchronous function"):
        IterableSource(what, reconnect_after=1.0)


def test_functions_with_arguments_and_watch() -> None:
    """`functools.partial` keeps arguments; watch hands the function over, not what it returned."""

    async def count(first: int, n: int) -> AsyncIterator[int]:
        for i in range(first, first + n):
            yield i

    made = _open(partial(count, 3, n=2), {"reconnect_after": 5}, wait=False, interval=1.0)
    assert isinstance(made, IterableSource)
    with made as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert numbers(source) == [3.0, 4.0]


class Connection:
    """Something that a function opens each time it is called, and leaves when it is stopped."""

    def __init__(self) -> None:
        self.n_opened = self.n_closed = self.n = 0

    def __enter__(self) -> Connection:
        """Open it."""
        self.n_opened += 1
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.n_closed += 1

    async def __aenter__(self) -> Connection:
        """Open it."""
        return self.__enter__()

    async def __aexit__(self, *error: object) -> None:
        """Say good-bye, and close it."""
        await asyncio.sleep(0)
        self.n_closed += 1

    def receive(self) -> int:
        """Return what comes."""
        self.n += 1
        return self.n

    def plain(self) -> Iterator[int]:
        """Yield what comes, as fast as it is taken."""
        with self:
            while True:
                yield self.receive()

    async def quick(self) -> AsyncIterator[int]:
        """Yield what comes without ever waiting for it."""
        async with self:
            while True:
                yield self.receive()

    async def slow(self) -> AsyncIterator[int]:
        """Yield what comes after a while."""
        async with self:
            while True:
                await asyncio.sleep(0.001)
                yield self.receive()

    async def grouped(self) -> AsyncIterator[int]:
        """Yield what a task of its own receives."""
        received: asyncio.Queue[int] = asyncio.Queue()

        async def receive() -> None:
            while True:
                await asyncio.sleep(0.001)
                received.put_nowait(self.receive())

        async with self, asyncio.TaskGroup() as tasks:
            tasks.create_task(receive())
            while True:
                yield await received.get()

    async def unwilling(self) -> AsyncIterator[int]:
        """Go on once when it is cancelled."""
        async with self:
            with suppress(asyncio.CancelledError):
                while True:
                    yield self.receive()
            yield self.receive()


@pytest.mark.parametrize("interval", [None, 0.001, 1000.0])
@pytest.mark.parametrize("how", ["plain", "quick", "slow", "grouped", "unwilling"])
def test_a_function_that_is_stopped_leaves_what_it_opened_and_is_called_anew(
    how: str, interval: float | None
) -> None:
    """Wherever `stop()` meets it: waiting, between two items, or while one is taken."""
    line = Connection()
    with IterableSource(getattr(line, how), interval) as source:
        for n in range(1, 4):
            before = source.counters().accepted
            source.start()
            wait_until(partial(lambda seen: source.counters().accepted > seen, before))
            source.stop()
            assert source.status == "stopped"
            assert (line.n_opened, line.n_closed) == (n, n)
    assert source.last_error is None


def test_an_asynchronous_generator_that_is_stopped_between_two_items_has_ended() -> None:
    """It is closed on its own loop, as one that waits is."""
    line = Connection()
    with IterableSource(line.slow(), interval=1000.0) as source:
        wait_until(lambda: source.counters().accepted > 0)
        source.stop()
        assert (line.n_opened, line.n_closed) == (1, 1)
        source.start()
        wait_until(lambda: source.state is SourceState.ENDED)
    assert line.n_opened == 1


def test_a_unit_is_known_before_its_first_reading() -> None:
    """A chart puts a channel by its unit: it must not learn of it later and move the line."""
    known: list[dict[str, str]] = []

    class Watched(ns.Buffer):
        def extend_batch(self, batch: Batch) -> Extended:
            known.append(dict(self.units))
            return super().extend_batch(batch)

    items = [{"temp": "21.5 °C"}, {"wind": "3 m/s", "temp": "22 °C"}]
    with IterableSource(items, buffer=Watched()) as source:
        wait_until(lambda: source.state is SourceState.ENDED, 10.0, lambda: repr(source))
    assert known[0]["temp"] == "°C"
    assert known[-1] == {"temp": "°C", "wind": "m/s"}


def test_words_are_channels_if_they_are_named() -> None:
    """Of what is yielded and of what a function returns; others are left out, and the note says how."""
    items = [{"mode": mode, "x": 1.0} for mode in ("RUN", "IDLE", "RUN")]
    with ns.IterableSource(items, states="mode") as source:
        wait_until(lambda: source.counters().accepted == 3)
        assert source.buffer.labels["mode"] == ("RUN", "IDLE")
        assert source.buffer.channel("mode").rows(0).values.tolist() == [0.0, 1.0, 0.0]
    with ns.CallableSource(lambda: {"mode": "RUN"}, interval=0.01, states=["mode"]) as called:
        wait_until(lambda: called.counters().accepted > 1)
        assert called.buffer.labels["mode"] == ("RUN",)
    with ns.IterableSource(items) as unnamed:
        wait_until(lambda: any("states=['mode'] reads words" in note for note in unnamed.notes))
        assert unnamed.buffer.channels == ("x",)


def test_states_are_names() -> None:
    """A number is none."""
    with pytest.raises(TypeError, match="'states' must be given names"):
        ns.IterableSource([], states=[1])  # type: ignore[list-item]
