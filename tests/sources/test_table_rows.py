"""Tables that repeat each other's rows: each reading comes once."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbstream.readings.buffer import Buffer
from nbstream.sources import CallableSource, IterableSource, SourceState
from tests.sources.item_reading import new_reader, read
from tests.wait import wait_until


def frame_of(start: int, stop: int, *, step: float = 1.0, has_times: bool = True) -> Any:
    """Return rows start ≤ i < stop, each a second after the one before."""
    rows = np.arange(start, stop)
    frame = pd.DataFrame({"x": rows * 0.5, "y": rows % 7 * 1.0})
    if has_times:
        frame["time"] = pd.to_datetime(1_782_907_200 + (rows * step).astype(int), unit="s")
    return frame


@pytest.mark.parametrize(
    "frames",
    [
        [frame_of(0, n) for n in (1, 2, 5, 5, 9)],
        [frame_of(max(0, n - 4), n) for n in (1, 3, 6, 9)],
        [frame_of(0, n, step=0.25) for n in (3, 5, 9)],
        [frame_of(0, n, has_times=False) for n in (3, 5, 5, 9)],
        [frame_of(0, n).iloc[::-1] for n in (3, 5, 9)],
        [frame_of(0, 4), frame_of(0, 9).assign(z=1.0)],
        [frame_of(0, 4), pd.concat([frame_of(0, 3), frame_of(3, 9)]).assign(y=lambda f: f.y)],
    ],
    ids=["grows", "slides", "equal times", "no times", "newest first", "new column", "made anew"],
)
def test_a_frame_that_grows_gives_its_new_rows(frames: list[Any]) -> None:
    """Each reading comes once, whether the function returns all of them or the last ones."""
    given, is_over = iter(frames), threading.Event()
    buffer = Buffer(timezone="UTC")

    def table() -> Any:
        frame = next(given, None)
        if frame is None:
            is_over.set()
        return frame

    source = CallableSource(table, interval=0.01, buffer=buffer)
    with source:
        wait_until(is_over.is_set)
    assert buffer.channel("x").rows(0).values.tolist() == (np.arange(9) * 0.5).tolist()
    counters = source.counters()
    assert (counters.accepted, counters.late, counters.rejected) == (9, 0, 0)


def test_a_last_row_that_changes_is_read_again() -> None:
    """A bar that is not finished: its newer values are readings too, what was before them is not."""
    reader = new_reader(from_function=True)
    first = frame_of(0, 3)
    read(first, reader)
    changed = first.assign(x=[0.0, 0.5, 9.0])
    assert [values["x"] for _, values in read(changed, reader)] == [9.0]


def test_pieces_of_one_table_may_begin_as_the_last_one_ended() -> None:
    """The chunks of a file with times in whole seconds lose no row that equals the one before."""
    rows = pd.DataFrame(
        {"time": pd.to_datetime(["2026-07-01T12:00:01"] * 4), "x": [1.0, 1.0, 1.0, 2.0]}
    )
    source = IterableSource(iter([rows[:2], rows[2:]]), timezone="UTC")
    with source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert source.buffer.channel("x").rows(0).values.tolist() == [1.0, 1.0, 1.0, 2.0]


def test_equal_blocks_are_new_readings() -> None:
    """A sensor that is quiet gives the same block again: it is not taken for the one before."""
    reader = new_reader(from_function=True)
    block = np.zeros((3, 2))
    assert len(read(block, reader)) == len(read(block.copy(), reader)) == 3


def test_a_page_that_is_no_table_makes_no_row_new() -> None:
    """After an empty answer, or one of words, rows that were read before are still known."""
    reader = new_reader(from_function=True)
    read(frame_of(0, 3), reader)
    read(frame_of(0, 0), reader)
    read(pd.DataFrame({"message": ["please", "wait"]}), reader)
    assert len(read(frame_of(0, 4), reader)) == 1


def test_cells_of_rows_that_come_again_are_counted_once() -> None:
    """A page that is asked each second has its bad cells each time."""
    reader = new_reader(from_function=True)
    page = frame_of(0, 3).assign(y=["1", "?!", "2"])
    for _ in range(3):
        read(page, reader)
    assert reader.n_bad_cells == 1
