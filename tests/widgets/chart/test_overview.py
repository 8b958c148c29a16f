"""Tests of the strip that shows the whole buffer."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart import overview as module
from nbstream.widgets.chart.channel_line import ChannelLine
from nbstream.widgets.chart.overview import N_BINS, Overview

SECOND = 10**9


def test_it_reads_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call reads more rows than it may, and none is read twice, not even when bins widen."""
    monkeypatch.setattr(module, "AT_ONCE", 1000)
    read: list[int] = []
    advance = ChannelLine.advance

    def counted(line: ChannelLine, max_rows: int | None = None) -> None:
        before = line.row
        advance(line, max_rows)
        read[-1] += line.row - before

    monkeypatch.setattr(ChannelLine, "advance", counted)
    buffer = Buffer()
    rng = np.random.default_rng(2)
    times = 1_782_907_200.0 + np.arange(8000)
    buffer.extend(times, x=rng.normal(size=8000), y=rng.normal(size=8000))
    overview = Overview(buffer)
    is_behind = True
    while is_behind:
        read.append(0)
        overview.payload(("x", "y"))
        is_behind = overview.is_behind
    assert max(read) == 1000
    assert sum(read) == 16_000
    buffer.extend(times[-1] + 1 + np.arange(20_000), x=rng.normal(size=20_000))
    for _ in range(22):
        read.append(0)
        _, bins = bins_of(overview, "x", "y")
    assert max(read) == 1000
    assert sum(read) == 36_000
    held = buffer.to_pandas()
    assert np.nanmin(bins[0]) == np.float32(held["x"].min())
    assert np.nanmax(bins[1]) == np.float32(held["y"].max())


def bins_of(overview: Overview, *names: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the left ends of the bins in epoch seconds, and the bins by channel."""
    payload = overview.payload(names)
    content = payload.content
    bins = np.frombuffer(payload.buffers[0], np.float32).reshape(len(names), 2, content["n"])
    return (content["start"] + np.arange(content["n"]) * content["step"]) / 1e3, bins


@pytest.mark.parametrize("n", [1, 2, 300, 50_000])
def test_it_holds_every_extreme_of_the_whole_buffer(n: int) -> None:
    """Whatever the buffer holds, its smallest and largest reading are in the bin of their time."""
    rng = np.random.default_rng(n)
    values = rng.normal(size=n)
    times = 1_782_907_200.0 + np.arange(n)
    buffer = Buffer()
    buffer.extend(times, x=values)
    starts, bins = bins_of(Overview(buffer), "x")
    assert len(starts) <= 2 * N_BINS
    for at in (values.argmin(), values.argmax()):
        number = int(np.searchsorted(starts, times[at], "right")) - 1
        low, high = bins[0][:, number]
        assert low <= np.float32(values[at]) <= high
    assert np.nanmin(bins) == np.float32(values.min())
    assert np.nanmax(bins) == np.float32(values.max())


def test_it_grows_with_the_readings_and_says_the_same_as_a_new_one() -> None:
    """Readings that come later are taken in; a thousand times as many don't make as many more bins."""
    buffer = Buffer()
    overview = Overview(buffer)
    rng = np.random.default_rng(1)
    n = 10
    at = 1_782_907_200.0
    for _ in range(12):
        buffer.extend(at + np.arange(n), x=rng.normal(size=n), y=rng.normal(size=n))
        at += n
        n *= 2
        _, grown = bins_of(overview, "x", "y")
        assert grown.shape[2] <= 2 * N_BINS + 1
        assert np.nanmin(grown[0]) == np.float32(buffer.to_pandas()["x"].min())


def test_what_was_evicted_is_gone() -> None:
    """A ring that is full shows what it holds."""
    buffer = Buffer(capacity=1024)
    overview = Overview(buffer)
    for i in range(20):
        buffer.extend(1_782_907_200.0 + i * 500 + np.arange(500), x=np.full(500, float(i)))
        starts, bins = bins_of(overview, "x")
    held = buffer.to_pandas()
    assert np.nanmin(bins) >= held["x"].min() - 1
    assert starts[0] >= held.index[0].timestamp() - (starts[1] - starts[0])


def test_empty_missing_and_huge_values() -> None:
    """No reading is no bin, a missing one no value, and what float32 can't hold lies at its edge."""
    buffer = Buffer()
    overview = Overview(buffer)
    assert overview.payload([]).content["n"] == 0
    assert overview.payload(["x"]).content["n"] == 0
    buffer.extend([1.0, 2.0, 3.0, 4.0], x=[np.nan, 1e308, -np.inf, 5.0])
    _, bins = bins_of(overview, "x")
    assert np.nanmax(bins) == np.float32(3e38)
    assert np.nanmin(bins) == 5.0


def test_words_have_the_first_and_the_last_of_each_bin() -> None:
    """A state that changed once is seen before and after it; several are one that says so."""
    buffer = Buffer()
    times = 1_782_907_200.0 + np.arange(51_200) / 100
    states = ["a"] * 25_650 + ["b"] * 25_550
    for i in (10_010, 10_020, 10_030):
        states[i] = "c"
    buffer.extend(times, state=states, x=np.ones(51_200))
    payload = Overview(buffer).payload(("state", "x"))
    n = payload.content["n"]
    first, last = np.frombuffer(payload.buffers[0], np.float32).reshape(2, 2, n)[0]
    labels = {code: text for code, text, _ in payload.content["labels"]["0"]}
    assert set(labels.values()) == {"a", "b"}
    changed = np.flatnonzero(first != last)
    assert len(changed) == 1
    assert (labels[first[changed[0]]], labels[last[changed[0]]]) == ("a", "b")
    assert np.count_nonzero(first == -1) == 1
    assert list(payload.content["labels"]) == ["0"]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_words_are_in_the_strip(n: int) -> None:
    """One state is one of some bin; a channel without readings has none."""
    buffer = Buffer()
    buffer.extend(1_782_907_200.0 + np.arange(n), state=["a", "b", "c"][:n])
    payload = Overview(buffer).payload(("state", "none"))
    first = np.frombuffer(payload.buffers[0], np.float32)[: payload.content["n"]]
    assert np.count_nonzero(first == first) >= 1
    assert len(payload.content["labels"]["0"]) >= 1
