"""What is made of a replay stands still, steps and seeks as the replay does."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbstream as ns
from nbstream.recording import Recording
from nbstream.testing import FakeClock
from tests.recording.brought import START, BringSource
from tests.wait import wait_until

pytest.importorskip("pyarrow")

NS = 10**9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording of one reading a second, 0 to 39."""
    clock = FakeClock()
    file = tmp_path / "run.parquet"
    with BringSource(clock=clock) as source:
        recording = Recording(source, file, clock=clock)
        for i in range(40):
            source.bring([i], a=[float(i)])
            clock.advance(1)
        recording.stop()
    return file


def held(source: ns.Source, channel: str = "a") -> list[float]:
    """Return what a channel holds."""
    return [float(value) for value in source.buffer.channel(channel).rows(0).values]


def test_a_chain_steps_from_its_first_reading_on(path: Path) -> None:
    """It starts still, plays what it is told, and nothing in between."""
    chain = ns.replay(path, speed=1000).where("a >= 0").rename(a="b")
    try:
        chain.step()
        assert held(chain, "b") == [0.0]
        assert chain.is_paused
        assert chain.status == "paused"
        chain.step("batch", 2)
        assert held(chain, "b") == [0.0, 1.0, 2.0]
        chain.speed = None
        assert chain.speed is None
        chain.resume()
        wait_until(lambda: chain.state is ns.SourceState.ENDED)
        assert held(chain, "b") == [float(i) for i in range(40)]
    finally:
        chain.close()


def test_a_chain_pauses_and_seeks(path: Path) -> None:
    """`pause` of the chain lets the replay stand still; `seek` goes on elsewhere."""
    replay = ns.replay(path, speed=None)
    with replay.derive(b="a * 2") as chain:
        chain.pause()
        assert replay.is_paused
        chain.seek("30s")
        chain.step()
        assert held(chain, "b")[-1] == 60.0
        chain.resume()
        assert not chain.is_paused
        wait_until(lambda: chain.state is ns.SourceState.ENDED)
        assert held(chain, "b")[-1] == 78.0


def test_a_mean_of_steps_goes_back_with_a_seek(path: Path) -> None:
    """After a seek to an earlier time steps begin anew, though those of that time were over."""
    replay = ns.replay(path, speed=None)
    chain = replay.resample("10s", "count")
    came: list[tuple[int, float]] = []
    chain._add_tap(
        lambda batch: came.extend(
            zip((batch.times // NS).tolist(), batch.values["a"].tolist(), strict=True)
        )
    )
    start = START // NS
    with chain:
        chain.pause()
        chain.seek("20s")
        for _ in range(15):
            chain.step()
        chain.seek("5s")
        chain.resume()
        wait_until(lambda: chain.state is ns.SourceState.ENDED)
    seconds = [(second - start, n) for second, n in came]
    assert seconds == [(20, 10.0), (30, 5.0), (0, 5.0), (10, 10.0), (20, 10.0), (30, 10.0)]
    assert chain.counters().dropped == 0


def test_of_a_merge_all_replays_stand_still(path: Path) -> None:
    """What is live goes on; a step is asked of one of the replays."""
    one, other = ns.replay(path, speed=1.0), ns.replay(path, speed=1.0)
    live = ns.CallableSource(lambda: {"live": 1.0}, interval=0.001)
    with ns.merge(one, other.where("a > 1"), live) as both:
        both.pause()
        assert one.is_paused
        assert other.is_paused
        n = live.counters().accepted
        wait_until(lambda: live.counters().accepted > n + 10)
        with pytest.raises(ValueError, match="2 replays, and which is next is open"):
            both.step()
        both.seek("10s")
        both.speed = None
        both.resume()
        assert (one.speed, other.speed) == (None, None)
        wait_until(lambda: one.state is other.state is ns.SourceState.ENDED)


def test_what_is_live_says_that_it_cannot_stand_still() -> None:
    """The message says what can; asking whether it has a speed is no error."""
    chain = ns.IterableSource([1.0]).where("value > 0")
    for act in (chain.pause, chain.resume, chain.step, lambda: chain.seek("1s")):
        with pytest.raises(TypeError, match=r"no replay.*nbstream\.replay plays a recording"):
            act()
    assert not chain.is_paused
    assert not hasattr(chain, "speed")
    chain.close()
