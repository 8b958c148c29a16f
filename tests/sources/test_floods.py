"""More than anybody looks at: a million channels, and readings by the hundred thousand a second."""

from __future__ import annotations

import json
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.widgets.chart.chart_feed import ChartFeed
from tests.wait import wait_until

START = 1_782_907_200
MB = 2**20


@pytest.mark.timeout(300)
def test_names_that_never_come_again(tmp_path: Path) -> None:
    """Of 200,000 channels 200 are kept and go on, the rest is counted and told, and little is held."""
    path = tmp_path / "x.jsonl"
    with path.open("w") as file:
        for first in range(0, 200_000, 1000):
            file.write(json.dumps({f"c{i}": 1 for i in range(first, first + 1000)}) + "\n")
        file.write('{"c0": 2}\n')
    tracemalloc.start()
    try:
        with ns.JsonLinesSource(path) as source:
            wait_until(
                lambda: source.counters()[:5] == (201, 2, 0, 0, 199), 90, lambda: repr(source)
            )
            held = source.buffer.channel("c0").rows(0).values.tolist()
            wait_until(lambda: len(source.buffer.channels) == 200, 10)
            assert held == [1.0, 2.0]
            assert any("channels left out" in note for note in source.notes), source.notes
            assert tracemalloc.get_traced_memory()[0] < 32 * MB
    finally:
        tracemalloc.stop()


def test_a_million_channels_in_columns() -> None:
    """Of tables so wide the first 200 columns are kept."""
    times = np.array([START * 10**9], np.int64)
    with ns.IterableSource([]) as source:
        for first in range(0, 1_000_000, 10_000):
            names = [f"c{i}" for i in range(first, first + 10_000)]
            source._emit(Batch(times, {name: np.zeros(1) for name in names}))
        assert len(source.buffer.channels) == 200
        counters = source.counters()
        assert counters.received == sum(counters[1:5]) == 100
        assert any("left out" in note for note in source.notes), source.notes


class Flood(ns.Source):
    """Brings batches of 1,000 readings as fast as they are taken, until it was 100 of them."""

    kind = "flood"

    def _run(self) -> None:
        for i in range(100):
            seconds = START + (1000 * i + np.arange(1000)) / 1e5
            values = np.sin(seconds)
            values[500] = 100.0 if i == 50 else values[500]
            self._emit(Batch((seconds * 1e9).astype(np.int64), {"x": values}))


def test_a_flood_is_counted_as_a_whole_and_drawn_by_few_points() -> None:
    """Of 100,000 readings a second all are accepted and seen by rules, a page gets some hundred points."""
    source = Flood(buffer=ns.Buffer(timezone="UTC"))
    with ns.Analyzer(source, window="1s") as analyzer:
        rule = analyzer.alert("value > 50")
        feed = ChartFeed(analyzer, dict, lambda: 800)
        n_bytes: list[int] = []
        done = threading.Event()

        def look() -> None:
            is_last = False
            while not is_last:
                is_last = done.is_set()  # once more then: this thread may not have had a turn yet
                frame: Any = feed.frame()
                if frame is not None:
                    n_bytes.append(sum(len(memoryview(b).cast("B")) for b in frame.buffers))

        page = threading.Thread(target=look)
        page.start()
        try:
            with source:
                wait_until(lambda: source.counters().accepted == 100_000, 30)
                analyzer.update()
                assert source.counters()[:5] == (100_000, 100_000, 0, 0, 0)
                (incident,) = analyzer.alerts.incidents
                assert incident.rule == rule.name
        finally:
            done.set()
            page.join(10)
        assert 0 < max(n_bytes) < 200_000  # 1.6 MB of readings
