"""Where no thread can be started a source is read in turns, and keeps its contract, or says that it can't."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from nbstream.errors import SourceError
from nbstream.runtime import turns
from nbstream.sources import SourceState
from nbstream.sources.base import running_sources
from nbstream.sources.files.tail import CHUNK_BYTES
from nbstream.sources.supervision import SourceThread, SourceTurns
from nbstream.testing import SOURCE_CHECKS, FakeClock, check_source
from tests.sources.harnesses import HARNESSES, label_of
from tests.sources.harnesses.tcp import TcpHarness

CHECKS = [name for name in SOURCE_CHECKS if name not in ("many cuts", "half-open")]
WITHOUT_THREADS = {
    "CsvSource", "LinesSource", "JsonLinesSource", "LogSource", "ParquetSource", "DataFrameSource",
    "CallableSource", "IterableSource", "IterableSource of a function", "TrainingSource", "RandomSource",
    "SystemSource", "Transform", "nbstream.replay",
}  # fmt: skip
PATIENCE = 15.0


def refuse(thread: SourceThread) -> None:
    """Fail as a thread does of which there may be no more."""
    raise RuntimeError("can't start new thread")


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no source have a thread; none takes a turn after the test."""
    monkeypatch.setattr(SourceThread, "start", refuse)
    yield
    assert not turns.are_taken()


async def until(holds: Callable[[], Any]) -> None:
    """Let the event loop run until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.002)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("harness", HARNESSES, ids=lambda kind: label_of(kind).replace("`", ""))
def test_a_source_keeps_the_contract_in_turns(harness: type[Any]) -> None:
    """Each check holds where `update` alone drives the source; one that needs a thread says so at `start`."""
    counterpart = harness()
    counterpart.start()
    source = counterpart.make()
    goes_without = label_of(harness).replace("`", "") in WITHOUT_THREADS
    try:
        if goes_without:
            source.start()
        else:
            with pytest.raises(SourceError, match=r"needs a thread, and none can be started here"):
                source.start()
            assert source.state is SourceState.IDLE
    finally:
        source.close()
        counterpart.close()
    if goes_without and not issubclass(harness, TcpHarness):
        found = check_source(harness, only=CHECKS)
        assert found == {name: harness.exemptions.get(name, "held") for name in CHECKS}


def test_a_growing_file_is_followed_by_the_event_loop(tmp_path: Path) -> None:
    """It waits for the file, reads it, goes on where `stop` left it; `stop` returns when it has ended."""
    path = tmp_path / "log.csv"

    async def follow() -> None:
        source = ns.CsvSource(path, poll_interval=0.01).start()
        await until(lambda: source.status.startswith("waiting for log.csv"))
        path.write_text("time,x\n2026-01-01T00:00:00Z,1\n2026-01-01T00:00:01Z,2\n")
        await until(lambda: source.counters().accepted == 2)
        source.stop()
        assert (source.state, source.is_running) == (SourceState.STOPPED, False)
        with path.open("a") as file:
            file.write("2026-01-01T00:00:02Z,3\n")
        source.start()
        await until(lambda: source.counters().accepted == 3)
        source.close()

    asyncio.run(follow())


def test_a_large_file_leaves_the_loop_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that took its time ends with the piece of the file that it reads, and the loop runs."""
    monkeypatch.setattr(turns, "TURN", 0.0)
    path = tmp_path / "large.csv"
    path.write_text("time,x\n" + "".join(f"{1_767_225_600 + i},{i}\n" for i in range(500_000)))
    n_turns = 0

    async def follow() -> None:
        nonlocal n_turns
        source = ns.CsvSource(path).start()
        while source.counters().accepted < 500_000:
            n_turns += 1
            await asyncio.sleep(0)
        source.close()

    asyncio.run(asyncio.wait_for(follow(), PATIENCE))
    assert n_turns >= path.stat().st_size // CHUNK_BYTES > 5


@pytest.mark.parametrize("has_loop", [True, False], ids=["loop", "update"])
def test_what_is_asynchronous_is_awaited(has_loop: bool) -> None:
    """What is asynchronous goes by the running loop, or by `update`; what it holds is given back."""
    held: list[str] = []
    loops: set[asyncio.AbstractEventLoop] = set()

    async def items() -> AsyncIterator[float]:
        held.append("connection")
        try:
            while True:
                loops.add(asyncio.get_running_loop())
                await asyncio.sleep(0.001)
                yield 1.0
        finally:
            await asyncio.sleep(0.001)
            held.remove("connection")

    async def ask() -> float:
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0.001)
        return 2.0

    sources: list[ns.Source] = [ns.IterableSource(items), ns.CallableSource(ask, interval=0.005)]

    def have_read() -> bool:
        return all(source.counters().accepted >= 5 for source in sources)

    async def by_loop() -> None:
        for source in sources:
            source.start()
        await until(have_read)
        assert loops == {asyncio.get_running_loop()}
        for source in sources:
            source.stop()
            assert (source.state, source.is_running) == (SourceState.STOPPED, False)
        await until(lambda: not held)

    if has_loop:
        asyncio.run(by_loop())
    else:
        for source in sources:
            source.start()
        deadline = time.monotonic() + PATIENCE
        while not have_read():
            assert time.monotonic() < deadline
            sources[0].update()
        for source in sources:
            source.stop()
            assert (source.state, source.is_running) == (SourceState.STOPPED, False)
        assert not held
    for source in sources:
        source.close()


def test_a_failure_is_tried_again_after_its_back_off() -> None:
    """The wait is that of a thread, by the clock of the source; it counts as a reconnect; `stop` ends it."""
    clock = FakeClock()
    answers = [OSError("gone"), OSError("gone"), 1.0, OSError("gone")]

    def ask() -> Iterator[float]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        yield answer
        yield from ask()

    class Most:
        def uniform(self, low: float, high: float) -> float:
            return high

    source = ns.IterableSource(ask, clock=clock, random=Most())  # type: ignore[arg-type]
    source.start()
    source.update()
    assert source.status.startswith("reconnecting in 0 s (attempt 1): ")
    clock.advance(0.49)
    source.update()
    assert source.counters().reconnects == 0
    clock.advance(0.02)
    source.update()
    assert source.status.startswith("reconnecting in 1 s (attempt 2): ")
    clock.advance(1.0)
    source.update()
    assert (source.counters().accepted, source.counters().reconnects) == (1, 2)
    assert source.state is SourceState.RECONNECTING
    source.stop()
    assert (source.state, source.is_running) == (SourceState.STOPPED, False)
    source.close()


def test_stop_and_start_in_its_own_turn() -> None:
    """A function may stop and start the source that calls it: the turn ends, and another one begins."""
    seen = []

    def ask() -> float:
        seen.append(threads_of(source))
        if len(seen) == 1:
            source.stop()
            source.start()
        return float(len(seen))

    source = ns.CallableSource(ask, interval=0.001)
    source.start()
    deadline = time.monotonic() + PATIENCE
    while source.counters().accepted < 3:
        assert time.monotonic() < deadline
        source.update()
    assert len(set(seen)) == 2
    source.close()


def threads_of(source: ns.Source) -> int:
    """Return what tells the starts of a source apart."""
    assert isinstance(source._thread, SourceTurns)
    return id(source._thread)


def test_a_function_may_start_and_stop_another_source() -> None:
    """What one source does in another's turn is its own: its state, and its end."""
    other = ns.RandomSource(interval=0.001)
    states = []

    def ask() -> float:
        other.start()
        states.append(other.state)
        other.stop()
        states.append(other.state)
        raise StopIteration

    source = ns.CallableSource(ask)
    source.start()
    source.update()
    assert states == [SourceState.CONNECTING, SourceState.STOPPED]
    assert source.state is SourceState.ENDED
    source.close()
    other.close()


def test_what_a_loop_left_goes_on_by_the_next() -> None:
    """A source that was started where no loop ran, or one that is over, goes on by the loop that runs now."""
    source = ns.RandomSource(interval=0.001)
    source.start()

    async def look() -> None:
        n = source.counters().accepted
        source.update()
        await until(lambda: source.counters().accepted > n + 3)

    asyncio.run(look())
    asyncio.run(look())
    source.close()


def test_a_source_that_is_read_in_turns_lives_on() -> None:
    """Without a reference to it, as on a thread: its buffer is in use."""
    buffer = ns.Buffer()
    ns.RandomSource(interval=0.001, buffer=buffer, name="alone").start()
    deadline = time.monotonic() + PATIENCE
    while not buffer.n_added:
        gc.collect()
        assert time.monotonic() < deadline
        turns.take_turns()
    [source] = [source for source in running_sources() if source.name == "alone"]
    source.close()
