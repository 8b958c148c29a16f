"""A chart in a few bytes, for pages that may be gone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.live_chart import LiveChart
from nbstream.widgets.page.link import LITTLE_BYTES, WHOLE_BYTES, Payload

START = 1_782_907_200.0


def buffer_of(n: int, channels: int = 1, rate: float = 1000.0) -> Buffer:
    """Return a buffer with noise on some channels."""
    buffer = Buffer(timezone="UTC")
    noise = np.random.default_rng(7).normal(size=(n, channels))
    times = START + np.arange(n) / rate
    buffer.extend(times, {f"channel {i}": noise[:, i] for i in range(channels)})
    return buffer


def size(payload: Payload) -> int:
    """Return the bytes of a payload."""
    return len(json.dumps(payload.content)) + sum(len(part) for part in payload.buffers)


def times_of(payload: Payload) -> dict[int, np.ndarray]:
    """Return the times of each line of a payload, in epoch ms."""
    numbers = np.frombuffer(bytes(payload.buffers[0]) if payload.buffers else b"")
    times, position = {}, 0
    for channel, n, *_ in payload.content.get("lines", []):
        times[channel] = numbers[position : position + n]
        position += 2 * n
    return times


@pytest.mark.parametrize("channels", [1, 3, 10])
@pytest.mark.parametrize("whole", [True, False])
def test_it_fits_and_reaches_to_the_newest(channels: int, whole: bool) -> None:
    """However much there is, a frame fits, and its lines end with the newest readings."""
    buffer = buffer_of(50_000, channels)
    with Analyzer(buffer, "30s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 2000)
        payload = feed.little(LITTLE_BYTES, whole=whole)
        assert payload is not None
        assert size(payload) <= LITTLE_BYTES
        newest = buffer.newest_ns
        assert newest is not None
        lines = times_of(payload)
        assert lines
        for times in lines.values():
            assert times[-1] == newest / 1e6
            assert (np.diff(times) >= 0).all()
            if whole:
                assert times[0] <= newest / 1e6 - 29_000


def test_what_was_told_is_not_told_again() -> None:
    """Each frame goes on where the one before ended, and without news there is none."""
    buffer = buffer_of(10_000, rate=100.0)
    with Analyzer(buffer, "60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 1000)
        feed.frame()
        assert feed.little(LITTLE_BYTES, whole=False) is None
        last = buffer.newest_ns
        assert last is not None
        for _ in range(5):
            buffer.extend(last / 1e9 + np.arange(1, 201) / 100, {"channel 0": np.arange(200.0)})
            payload = feed.little(LITTLE_BYTES, whole=False)
            assert payload is not None
            (times,) = times_of(payload).values()
            assert times[0] > last / 1e6
            last = buffer.newest_ns
            assert last is not None
            assert times[-1] == last / 1e6
        fine = feed.frame()
        assert fine is not None
        assert len(times_of(fine)[0]) > 200  # in full, all that was only told in short


def test_many_channels_take_turns() -> None:
    """Of two hundred channels each is told before any is told twice."""
    buffer = buffer_of(1000, 200)
    with Analyzer(buffer, "60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 1000)
        told: list[int] = []
        while len(told) < 200:
            payload = feed.little(LITTLE_BYTES, whole=False)
            assert payload is not None
            assert size(payload) <= LITTLE_BYTES
            told += times_of(payload)
        assert sorted(told[:200]) == list(range(200))


def test_what_no_view_could_begin_with_is_not_called_whole() -> None:
    """Where the names of the channels alone don't fit, a frame is none that a view can begin with."""
    with Analyzer(buffer_of(1000, 200), "60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 1000)
        payload = feed.little(LITTLE_BYTES, whole=True)
        assert payload is not None
        assert "whole" not in payload.content
        assert size(payload) <= LITTLE_BYTES


def test_a_hole_in_the_data_stays_one() -> None:
    """A coarse line breaks where the readings do."""
    buffer = Buffer(timezone="UTC")
    times = START + np.arange(3000) / 100
    kept = times[(times < START + 10) | (times > START + 20)]
    buffer.extend(kept, value=np.ones(len(kept)))
    with Analyzer(buffer, "60s") as analyzer:
        payload = ChartFeed(analyzer, dict, lambda: 1000).little(LITTLE_BYTES, whole=True)
        assert payload is not None
        n = payload.content["lines"][0][1]
        values = np.frombuffer(b"".join(bytes(part) for part in payload.buffers))[n:]
        assert np.isnan(values).sum() == 1


def test_nothing_there_is_no_error() -> None:
    """An empty buffer gives a frame to begin with, without lines."""
    with Analyzer(Buffer(timezone="UTC"), "60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 1000)
        payload = feed.little(LITTLE_BYTES, whole=True)
        assert payload is not None
        assert payload.buffers == []
        assert feed.little(LITTLE_BYTES, whole=False) is None


@pytest.mark.parametrize(
    ("limit", "n", "is_terse"),
    [(LITTLE_BYTES, 1, True), (LITTLE_BYTES, 3, True), (WHOLE_BYTES, 8, False)],
)
def test_a_figure_is_told_in_few_words_where_there_is_little_room(
    limit: int, n: int, is_terse: bool
) -> None:
    """A view that begins in a busy kernel has lines and how they look; a page knows what is left out."""
    buffer = buffer_of(5000, n)
    with Analyzer(buffer, "30s") as analyzer:
        chart = LiveChart(analyzer)
        payload = chart._feed.little(limit, whole=True)
        chart.close()
    assert payload is not None
    assert size(payload) <= limit
    assert payload.content["whole"] is True
    figure = payload.content["meta"]["figure"]
    assert len(figure["lines"]) == n
    assert {"name", "palette", "visible"} <= figure["lines"][0].keys()
    assert ("width" not in figure["lines"][0]) is is_terse
    assert figure["rows"][0]["axes"][0]["channels"] == list(range(n))
    assert len(times_of(payload)) >= 1
