"""What views of one analyzer share: each gets what it would get alone."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import TimeArray
from nbstream.summaries.bins import bin_points
from nbstream.widgets.chart.channel_line import ChannelLine, breaks
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.line_advances import MOST_KEPT, MOST_ROWS, advances_of
from nbstream.widgets.page.link import Payload
from tests.strategies import EPOCH_NS, NS
from tests.widgets.chart.test_channel_line import Page, fill

N_VIEWS = 3
WIDTHS = (100, 800)

SOME_ROWS = st.tuples(
    st.just("come"),
    st.sampled_from([1, 2, 3, 40, 200]),
    st.sampled_from([NS // 50, NS // 50, NS // 10, NS, 0]),
    st.sampled_from(["even", "even", "jitter", "pause", "late", "back", "missing"]),
)
A_STREAM = st.tuples(
    st.just("stream"),
    st.integers(1, 5),
    st.sampled_from([NS // 50, NS // 10]),
    st.sampled_from(["even", "jitter", "jitter", "pause", "late", "missing"]),
)
"""Rows come, and each view asks for a frame; again and again."""
A_FRAME = st.tuples(st.just("frame"), st.integers(0, N_VIEWS - 1))
ALL_FRAMES = st.tuples(st.just("frames"))
A_CHANGE = st.tuples(
    st.sampled_from(["snapshot", "begin", "widen", "halve", "gap"]), st.integers(0, N_VIEWS - 1)
)
OPERATIONS = st.lists(
    st.one_of(SOME_ROWS, A_STREAM, A_STREAM, A_FRAME, ALL_FRAMES, A_CHANGE),
    min_size=4,
    max_size=30,
)

Told = tuple[dict[str, Any], list[bytes]]


def rows_of(n: int, step: int, kind: str, newest: int, seed: int) -> TimeArray:
    """Return the times of readings that come."""
    rng = np.random.default_rng(seed)
    steps = np.full(n, step)
    if kind == "jitter":
        steps += (rng.random(n) * step).astype(np.int64)
    if kind == "pause":
        steps[n // 2] += 20 * NS
    times = newest + np.cumsum(steps)
    if kind == "late" and n > 1:
        times[-1] = times[0] - NS // 3
    if kind == "back":
        times = newest - 100 * NS + np.arange(n) * (NS // 50)
    return times


class Viewed:
    """An analyzer and some views of it."""

    def __init__(self, capacity: int) -> None:
        self.buffer = ns.Buffer(timezone="UTC", lateness="2s", capacity=capacity)
        for word in ("on", "off"):  # colours are those of who is shown first
            self.buffer._store.shade(word)
        self.analyzer = ns.Analyzer(self.buffer, window="10s")
        self.widths, self.halvings = [0] * N_VIEWS, [0] * N_VIEWS
        self.feeds = [self.begin(i) for i in range(N_VIEWS)]

    def begin(self, i: int) -> ChartFeed:
        """Return the feed of a page that is new."""
        return ChartFeed(
            self.analyzer,
            dict,
            lambda: WIDTHS[self.widths[i]],
            halvings=lambda: self.halvings[i],
        )

    def come(self, times: TimeArray, *, are_missing: bool) -> None:
        """Add readings of numbers and of words."""
        values = np.sin(times / NS)
        if are_missing:
            values[:: max(1, len(values) // 3)] = np.nan
        words = ["on" if value > 0 else "off" for value in values]
        self.buffer.extend(times.view("M8[ns]"), x=values, y=values.round(1), z=words)

    def ask(self, what: str, i: int) -> Told | None:
        """Return what a view is told."""
        feed = self.feeds[i]
        if what == "frame":
            return told(feed.frame())
        if what == "snapshot":
            return told(feed.snapshot())
        if what == "begin":
            self.feeds[i] = self.begin(i)
        elif what == "widen":
            self.widths[i] ^= 1
        elif what == "halve":
            self.halvings[i] = (self.halvings[i] + 1) % 3
        else:
            feed.gap_ns = NS if feed.gap_ns is None else None
        return None


def told(payload: Payload | None) -> Told | None:
    """Return what a page gets of the lines, to the byte; the rest depends on the clock."""
    if payload is None:
        return None
    content = {name: value for name, value in payload.content.items() if name != "meta"}
    return content, [bytes(part) for part in payload.buffers]


@given(OPERATIONS, st.sampled_from([300, 100_000]), st.integers(0, 9))
def test_a_view_among_others_gets_the_bytes_that_it_gets_alone(
    operations: list[Any], capacity: int, seed: int
) -> None:
    """Whenever each begins, asks, becomes wider or lags, and whatever comes in between."""
    together = Viewed(capacity)
    alone = [Viewed(capacity) for _ in range(N_VIEWS)]
    newest = EPOCH_NS

    def come(n: int, step: int, kind: str) -> None:
        nonlocal newest
        times = rows_of(n, step, kind, newest, seed)
        newest = max(newest, int(times.max()))
        for viewed in (together, *alone):
            viewed.come(times, are_missing=kind == "missing")

    def ask(what: str, *views: int) -> None:
        for i in views or range(N_VIEWS):
            assert together.ask(what, i) == alone[i].ask(what, i)

    try:
        come(200, NS // 50, "even")
        for what, *which in operations:
            if what == "come":
                come(*which)
            elif what == "frames":
                ask("frame")
            elif what == "stream":
                n, step, kind = which
                for k in range(6):
                    come(n, step, kind if k % 3 == 1 else "jitter")
                    ask("frame")
            else:
                ask(what, *which)
        ask("frame")
        ask("snapshot")
    finally:
        for viewed in (together, *alone):
            viewed.analyzer.close()


def lines_of(buffer: ns.Buffer, starts: list[int]) -> list[ChannelLine]:
    """Return lines of the channel "x" that began at some of its rows, and are sent for the first time."""
    lines = [ChannelLine(buffer, "x", 26, start) for start in starts]
    for line in lines:
        line.news(0)
    return lines


@pytest.fixture
def buffer() -> ns.Buffer:
    """Hold ten seconds of readings, 50 a second."""
    made = ns.Buffer(timezone="UTC")
    come(made, 500)
    return made


def come(buffer: ns.Buffer, n: int) -> None:
    """Add readings of the channel "x", each 20 ms after the one before."""
    start = buffer.channel("x").span()[1]
    fill(buffer, EPOCH_NS + np.arange(start, start + n) * (NS // 50), np.sin(np.arange(n)))


def test_lines_that_end_alike_share_the_work(buffer: ns.Buffer) -> None:
    """One that began later does, and one that missed a step again from the next one on."""
    first, later, slow = lines_of(buffer, [0, 300, 200])
    for n in (3, 4, 3):
        come(buffer, n)
        assert first.news(0) is later.news(0)
    come(buffer, 3)
    first.news(0)
    assert slow.news(0) is not first.news(0)
    come(buffer, 3)
    patch = first.news(0)
    assert later.news(0) is not patch
    assert slow.news(0) is patch
    come(buffer, 3)
    assert first.news(0) is later.news(0)
    assert later.points()[1][-50:].tolist() == first.points()[1][-50:].tolist()


def test_a_patch_names_the_channel_by_the_number_that_it_has_for_the_view(
    buffer: ns.Buffer,
) -> None:
    """Views may show other channels, so that the same one is the first here and the second there."""
    first, second = lines_of(buffer, [0, 0])
    come(buffer, 3)
    mine, other = first.news(0), second.news(1)
    assert (mine.number, other.number) == (0, 1)
    assert mine.times is other.times


def test_a_line_that_is_alone_keeps_nothing(buffer: ns.Buffer) -> None:
    """What nobody else will want is not put aside."""
    [line] = lines_of(buffer, [0])
    come(buffer, 3)
    line.news(0)
    assert advances_of(buffer, "x").newest == ()


def test_little_is_kept(buffer: ns.Buffer) -> None:
    """The newest advances only, and none of many rows."""
    lines = lines_of(buffer, [0, 0])
    for _ in range(3 * MOST_KEPT):
        come(buffer, 3)
        for line in lines:
            line.news(0)
    kept = advances_of(buffer, "x").newest
    assert len(kept) == MOST_KEPT
    come(buffer, MOST_ROWS + 1)
    patches = [line.news(0) for line in lines]
    assert patches[0] is not patches[1]
    assert advances_of(buffer, "x").newest == kept


def test_what_is_shared_ends_with_the_last_line(buffer: ns.Buffer) -> None:
    """It is there while one of the lines is, and keeps neither lines nor the buffer alive."""
    lines = lines_of(buffer, [0, 0])
    come(buffer, 3)
    for line in lines:
        line.news(0)
    shared = weakref.ref(advances_of(buffer, "x"))
    patch = weakref.ref(shared().newest[0].patch)  # type: ignore[union-attr]
    ends: list[Callable[[], object]] = [weakref.ref(line) for line in lines]
    del lines[0], line
    assert ends[0]() is None
    assert shared() is not None
    lines.clear()
    assert [one() for one in (*ends, shared, patch)] == [None] * 4


def test_readings_that_come_meanwhile_are_lost_to_no_view() -> None:
    """Late ones too, from another thread: in the end each line has the points of all."""
    buffer = ns.Buffer(timezone="UTC", lateness="1s", capacity=1_000_000)
    rng = np.random.default_rng(3)
    times = EPOCH_NS + np.arange(6000) * (NS // 50)
    delays = np.where(rng.random(6000) < 0.05, rng.exponential(0.2, 6000).clip(max=0.9), 0) * NS
    arrival = (times + delays).argsort()
    fill(buffer, times[:1], np.ones(1))
    lines = [ChannelLine(buffer, "x", 26, 0) for _ in range(4)]
    pages = [Page() for _ in lines]

    def feed() -> None:
        for rows in np.array_split(arrival[arrival > 0], 1500):
            fill(buffer, times[rows], np.sin(rows))

    feeder = threading.Thread(target=feed)
    feeder.start()
    is_fed = False
    while not is_fed:
        is_fed = not feeder.is_alive()  # once more after the last ones
        for line, page in zip(lines, pages, strict=True):
            page.apply(line.news(0))
    feeder.join()
    held = buffer.channel("x").rows(0)
    drawn, values = bin_points(held.times, held.values, 26, breaks(held.times, None))
    for page in pages:
        assert page.ms.tolist() == (drawn / 1e6).tolist()
        np.testing.assert_array_equal(page.values, values)
