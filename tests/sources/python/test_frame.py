"""Tables whose rows come again as time goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

from nbstream.sources import DataFrameSource, SourceState
from nbstream.testing import FakeClock
from tests.wait import wait_until

FRAME = pd.DataFrame(
    {
        "time": pd.date_range("2026-07-01", periods=5, freq="10s", tz="UTC"),
        "a": [0.0, 1, 2, 3, 4],
        "b": [5, 6, 7, 8, 9],
        "word": list("abcde"),
    }
)


def a_of(source: DataFrameSource) -> list[float]:
    """Return what channel a holds."""
    return source.buffer.channel("a").rows(0).values.tolist()


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """A clock that the test moves."""
    return FakeClock()  # type: ignore[return-value]


def wait_for(source: DataFrameSource, expected: list[float]) -> None:
    """Wait until channel a holds these values."""
    wait_until(lambda: a_of(source) == expected, message=lambda: f"{expected}, have {a_of(source)}")


def test_rows_come_with_the_pauses_between_their_times(clock: FakeClock) -> None:
    """Ten times faster if that is asked for; `start` after `stop` goes on."""
    with DataFrameSource(FRAME, speed=10, clock=clock) as source:
        wait_for(source, [0])
        clock.advance(0.9)
        clock.advance(0.2)
        wait_for(source, [0, 1])
        source.stop()
        source.start()
        wait_for(source, [0, 1, 2])
        clock.advance(5)
        wait_for(source, [0, 1, 2, 3, 4])
        wait_until(lambda: source.state is SourceState.ENDED)
        times = source.buffer.channel("a").rows(0).times
        assert times.tolist() == FRAME["time"].dt.as_unit("ns").astype("int64").tolist()
        assert source.notes == ("not numeric: 'word'",)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index("time"),
        pl.DataFrame(FRAME.to_dict("list")),
        FRAME.to_dict("list"),
        FRAME[::-1],
    ],
    ids=["column", "index", "polars", "columns", "newest first"],
)
def test_any_table_is_played_as_fast_as_possible(frame: Any) -> None:
    """In the order of time; columns can be chosen."""
    with DataFrameSource(frame, speed=None, channels=["a"], timezone="UTC") as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert a_of(source) == [0, 1, 2, 3, 4]
        assert source.buffer.channels == ("a",)
        assert source.counters()[:2] == (5, 5)


def test_a_table_may_be_played_live_and_again_and_again(clock: FakeClock) -> None:
    """The first row is of now then, and pauses are as short as they are played."""
    begin_ns = clock.wall_ns()
    with DataFrameSource(FRAME, speed=10, live=True, clock=clock) as source:
        wait_for(source, [0])
        clock.advance(5)
        wait_until(lambda: source.state is SourceState.ENDED)
        times = source.buffer.channel("a").rows(0).times
        assert ((times - begin_ns) / 1e9).tolist() == [0, 1, 2, 3, 4]


def test_a_loop_goes_on_in_time(clock: FakeClock) -> None:
    """Its times follow those of the round before."""
    with DataFrameSource(FRAME[:2], speed=1, loop=True, clock=clock) as source:
        wait_for(source, [0])
        clock.advance(10)
        wait_for(source, [0, 1, 0])
        clock.advance(10)
        wait_for(source, [0, 1, 0, 1, 0])
        assert source.counters().late == 0


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (5, {}, "'frame' must be a table with times (got int)."),
        (FRAME, {"speed": 0}, "'speed' must be > 0"),
        (FRAME[:0], {}, "has no"),
        (FRAME[["a"]], {}, "has no times"),
        (FRAME[["time", "word"]], {}, "has no numbers"),
        (FRAME, {"channels": ["c"]}, "has no column 'c'"),
    ],
)
def test_what_cannot_be_played_is_refused(frame: Any, options: Any, message: str) -> None:
    """The message says what is missing."""
    with pytest.raises((TypeError, ValueError)) as caught:
        DataFrameSource(frame, **options)
    assert message in str(caught.value)
