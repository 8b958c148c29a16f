"""Asynchronous functions and generators are read on an event loop of the source's own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nbstream.sources import CallableSource, IterableSource, SourceState
from nbstream.sources.python.own_loop import OwnLoop
from tests.wait import wait_until


async def one() -> float:
    """Return a reading after a while."""
    await asyncio.sleep(0.001)
    return 1.5


class Asks:
    """Stands for a client whose calls are asynchronous."""

    async def __call__(self) -> dict[str, float]:
        """Return a reading."""
        return {"temp": await one()}


async def some(n: int = 3) -> AsyncIterator[float]:
    """Yield readings."""
    for i in range(n):
        await asyncio.sleep(0.001)
        yield float(i)


class Many:
    """Can be looped over again and again."""

    def __aiter__(self) -> AsyncIterator[float]:
        """Return a new iterator."""
        return some()


def numbers(source: Any, channel: str = "value") -> list[float]:
    """Return the values of a channel."""
    known = channel in source.buffer.channels
    return source.buffer.channel(channel).rows(0).values.tolist() if known else []


@pytest.mark.parametrize(
    ("function", "channel"), [(one, "value"), (Asks(), "temp"), (lambda: one(), "value")]
)
def test_an_asynchronous_function_is_called(function: Any, channel: str) -> None:
    """Whatever returns a coroutine: its result is the reading."""
    with CallableSource(function, interval=0.01) as source:
        wait_until(lambda: len(numbers(source, channel)) > 2, 5, lambda: source.status)
        assert source.state is SourceState.RUNNING
        assert numbers(source, channel)[0] == 1.5
    assert source.state is SourceState.STOPPED
    assert source.last_error is None


def test_errors_of_an_asynchronous_function_are_those_of_any() -> None:
    """They are told, and it is called again."""

    async def fails() -> float:
        raise OSError("no sensor")

    with CallableSource(fails, interval=0.01) as source:
        wait_until(lambda: "no sensor" in source.status)
        assert source.state is SourceState.RECONNECTING


@pytest.mark.parametrize("items", [some(), Many()])
def test_asynchronous_items_are_read_to_their_end(items: Any) -> None:
    """Of a generator, or of anything that can be looped over so."""
    with IterableSource(items) as source:
        wait_until(lambda: source.state is SourceState.ENDED, 5, lambda: source.status)
        assert numbers(source) == [0.0, 1.0, 2.0]


def test_items_that_can_be_looped_over_again_are_when_started_again() -> None:
    """After the end it begins anew."""
    source = IterableSource(Many()).start()
    wait_until(lambda: source.state is SourceState.ENDED)
    source.start()
    wait_until(lambda: len(numbers(source)) == 6, 5, lambda: source.status)
    source.close()


async def hang() -> float:
    """Wait for what never comes."""
    await asyncio.Event().wait()
    return 0.0


async def hang_after_one() -> AsyncIterator[float]:
    """Yield once and wait for what never comes."""
    yield 1.0
    await hang()


@pytest.mark.parametrize(
    "make", [lambda: CallableSource(hang), lambda: IterableSource(hang_after_one())]
)
def test_a_stop_cancels_what_is_waited_for(make: Any) -> None:
    """Nothing of it is left, and no error is made of that."""
    before = set(threading.enumerate())
    source = make().start()
    wait_until(lambda: source.kind == "callable" or numbers(source) == [1.0])
    started = time.monotonic()
    source.close()
    wait_until(lambda: set(threading.enumerate()) <= before)
    assert time.monotonic() - started < 3
    assert source.state is not SourceState.FAILED
    assert source.last_error is None


def test_a_loop_that_is_closed_can_be_cancelled() -> None:
    """Whoever stops a source need not know whether it has ended."""
    loop = OwnLoop(lambda: False)
    loop.cancel()
    assert loop.run(one()) == 1.5
    loop.cancel()
    loop.close()
    loop.cancel()
    assert loop.run(one()) == 1.5
    loop.close()


def test_a_function_may_end() -> None:
    """`next` of an iterator says so by StopIteration."""
    items = iter([1.0, 2.0])
    with CallableSource(lambda: next(items), interval=0.01) as source:
        wait_until(lambda: source.state is SourceState.ENDED, 5, lambda: source.status)
        assert numbers(source) == [1.0, 2.0]


@pytest.mark.parametrize("function", [some, lambda: (yield 1)])
def test_a_function_that_yields_is_refused(function: Any) -> None:
    """The sentence says what to give, and to whom."""
    with pytest.raises(TypeError, match="Give it to IterableSource"):
        CallableSource(function)
