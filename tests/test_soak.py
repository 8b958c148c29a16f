"""A ring that is full and wraps many times: nothing grows, nothing is lost unsaid, what is drawn is right."""

from __future__ import annotations

import gc
import json
import queue
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbstream as ns
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.page.link import Link
from tests.wait import wait_until

CHANNELS = ("a", "b", "c", "d")
CAPACITY = 2_000
ROWS = 120
"""New rows of each channel between two frames; the ring is full after 17 of them."""
CYCLE = 64
"""Frames after which a line's points are put together again; memory is compared at the same moment of it."""
N_FRAMES = 8 * CYCLE
PER_FRAME = 400
"""Bytes that may be left by a frame: the log of alerts isn't full yet, nor what the chart shows of it. Its
rows take 7,680."""
SPAN_NS = 10**9
PERIOD_NS = 1_000_000
PAUSE_NS = 300 * PERIOD_NS
START_NS = 1_782_907_200_000_000_000
MS = 1e6


class Readings:
    """Makes what a source brings: tables of a thousand readings a second, and what goes wrong beside them."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.n_bad = self.n_late = 0
        self._items: queue.Queue[Any] = queue.Queue()
        self._rng = np.random.default_rng(7)

    def __iter__(self) -> Iterator[Any]:
        while (item := self._items.get()) is not None:
            yield item

    def end(self) -> None:
        """Bring nothing more."""
        self._items.put(None)

    def bring(self, n: int, *, after_pause: bool = False) -> None:
        """Bring `n` readings of each channel, some without a value; one that is late, one that is none."""
        begin = self.now_ns + (PAUSE_NS if after_pause else 0)
        times = begin + np.arange(1, n + 1) * PERIOD_NS
        values = self._rng.normal(size=(n, len(CHANNELS)))
        values[self._rng.random(values.shape) < 0.002] = np.nan
        if after_pause:
            values[n // 2, 0] = 50.0
        index = pd.DatetimeIndex(times, tz="UTC")
        self._items.put(pd.DataFrame(values, index, list(CHANNELS)))
        self._items.put((pd.Timestamp(self.now_ns - PERIOD_NS, tz="UTC"), {"a": 1.0}))
        self._items.put(object())
        self.n_late += 1
        self.n_bad += 1
        self.now_ns = int(times[-1])


class Page:
    """Keeps a line of each channel as a page does, from the messages of a link."""

    def __init__(self) -> None:
        self.lines = [(np.empty(0), np.empty(0)) for _ in CHANNELS]
        self.seq: int | None = None
        self.n_missed = 0
        self.largest = 0

    def receive(self, content: dict[str, Any], buffers: list[Any]) -> None:
        """Take in a message to all pages."""
        self.largest = max(self.largest, len(json.dumps(content)) + sum(map(len, buffers)))
        if content["kind"] == "frame" and self.seq is not None:
            self.n_missed += content["seq"] != self.seq + 1
        self.seq = content["seq"]
        numbers = np.frombuffer(b"".join(buffers), np.float64)
        for number, n, cut in content.get("lines", ()):
            (times, values), numbers = (numbers[:n], numbers[n : 2 * n]), numbers[2 * n :]
            before = self.lines[number]
            keep = 0 if cut is None else int(before[0].searchsorted(cut))
            drop = min(keep, max(0, keep + n - 2 * CAPACITY))
            self.lines[number] = (
                np.append(before[0][drop:keep], times),
                np.append(before[1][drop:keep], values),
            )


def drawn(times: list[int], values: list[float], bits: int) -> list[tuple[float, float]]:
    """Return the points of readings, found one by one: of each bin first, smallest, largest, last, NaN."""
    bins: dict[int, list[int]] = {}
    for i, time in enumerate(times):
        bins.setdefault(time >> bits, []).append(i)
    points = []
    for rows in bins.values():
        present = [i for i in rows if values[i] == values[i]]
        missing = [i for i in rows if values[i] != values[i]]
        kept = {rows[0], rows[-1], *missing[:1]}
        if present:
            kept |= {min(present, key=values.__getitem__), max(present, key=values.__getitem__)}
        is_broken = False
        for i in rows:
            is_broken |= i > 0 and times[i] - times[i - 1] >= PAUSE_NS
            if i not in kept:
                continue
            if is_broken and values[i] == values[i]:
                points.append((float(times[i]) / MS, float("nan")))
            points.append((float(times[i]) / MS, values[i]))
            is_broken = False
    return points


def check_drawn(page: Page, buffer: ns.Buffer, bits: int) -> None:
    """Assert that the page's lines are what the ring holds of the window."""
    for number, name in enumerate(CHANNELS):
        held = buffer.channel(name).rows(0)
        assert len(held.times) == CAPACITY
        oldest = max(int(held.times[0]), int(held.times[-1]) - SPAN_NS)
        begin = ((oldest >> bits) + 1) << bits
        first = max(
            0, int(held.times.searchsorted(begin)) - 1
        )  # a pause may end where the bin begins
        expected = drawn(held.times[first:].tolist(), held.values[first:].tolist(), bits)
        times, values = page.lines[number]
        shown = list(zip(times.tolist(), values.tolist(), strict=True))
        np.testing.assert_array_equal(
            [point for point in shown if point[0] >= begin / MS],
            [point for point in expected if point[0] >= begin / MS],
        )


@pytest.mark.timeout(300)
def test_a_full_ring_goes_on_for_ever() -> None:
    """Source, detector, rule, link and frames: flat memory, right counters and lines for thirty rings."""
    clock, page, readings = FakeClock(START_NS), Page(), Readings()
    buffer = ns.Buffer(CAPACITY, max_bytes=16 * CAPACITY, timezone="UTC")
    source = ns.IterableSource(readings, buffer=buffer).start()
    analyzer = ns.Analyzer(source, window="1s")
    analyzer.detect("zscore", channel="b", window=200)
    analyzer.alert("value > 40", channel="a")
    feed = ChartFeed(analyzer, dict, lambda: link.width_px)
    link = Link(page.receive, feed, clock=clock)
    sights: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        link.receive({"kind": "hello", "client": "a", "width": 900})
        for number in range(N_FRAMES):
            # Once the source brings more at a time than the ring holds.
            n = 2 * CAPACITY if number == CYCLE // 2 else ROWS
            readings.bring(n, after_pause=number % 10 == 0)
            wait_until(lambda: source.counters().rejected == readings.n_bad, 10, period=0.0005)
            analyzer.update()
            clock.advance(n * PERIOD_NS / 1e9)
            link.step(clock.monotonic())
            link.receive({"kind": "ack", "client": "a", "seq": page.seq, "lag": 0})
            if number % 20 == 19:
                check_drawn(page, buffer, feed._bits)
            if number % CYCLE == CYCLE - 1:
                gc.collect()
                sights.append((number, tracemalloc.get_traced_memory()[0]))
    finally:
        tracemalloc.stop()
        link.close()
        readings.end()
        analyzer.close()
        source.close()
    counters = source.counters()
    n_rows = (N_FRAMES - 1) * ROWS + 2 * CAPACITY
    assert counters.accepted == n_rows
    assert (counters.late, counters.rejected) == (readings.n_late, readings.n_bad)
    assert counters.received == sum(counters[1:5])
    assert buffer.n_added == len(CHANNELS) * n_rows
    assert page.n_missed == 0
    # In the first half what is kept up to a bound still fills.
    frames, held = zip(*sights[len(sights) // 2 :], strict=True)
    assert np.polyfit(frames, held, 1)[0] < PER_FRAME, sights
