"""Bands of mean ± k·std: what is sampled of the statistics, and what frames bring of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.std_bands import MAX_POINTS
from nbstream.widgets.page.link import Payload

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """Return a buffer without readings."""
    return ns.Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: ns.Buffer) -> Iterator[ns.Analyzer]:
    """Keep statistics over 20 s."""
    with ns.Analyzer(buffer, window="20s") as analyzer:
        yield analyzer


def feed_of(analyzer: ns.Analyzer, band: float | None = 2.0) -> ChartFeed:
    """Return the feed of a chart with bands."""
    return ChartFeed(analyzer, dict, lambda: 200, None, None, band)


def bands_of(frame: Payload | None) -> list[Any]:
    """Return the bands of a frame as a page reads them."""
    assert frame is not None
    told: list[Any] = json.loads(json.dumps(frame.content, allow_nan=False)).get(
        "bands", [None, []]
    )
    return told[1]


def fill(analyzer: ns.Analyzer, feed: ChartFeed, begin: int, end: int) -> list[list[Any]]:
    """Add a reading a second, with a frame after each; return the channel's points that came."""
    points: list[list[Any]] = []
    for second in range(begin, end):
        analyzer.buffer.append(START + second, x=math.sin(second))
        analyzer.update()
        for _, times, means, stds in bands_of(feed.frame()):
            points += [list(point) for point in zip(times, means, stds, strict=True)]
    return points


def test_a_band_is_of_the_window_that_ended_at_each_time(analyzer: ns.Analyzer) -> None:
    """Each new point is mean and standard deviation of the 20 s before it; none comes twice."""
    points = fill(analyzer, feed_of(analyzer), 0, 60)
    assert [time for time, *_ in points] == [(START + second) * 1e3 for second in range(60)]
    assert points[0][1:] == [0.0, None]  # one reading deviates from nothing
    for second in (5, 59):
        inside = np.sin(np.arange(max(0, second - 20), second + 1))
        found = [analyzer.statistic(name, at=START + second) for name in ("mean", "std")]
        assert points[second][1:] == pytest.approx(found)
        assert found[0] == pytest.approx(inside.mean(), abs=0.1)


def test_a_snapshot_holds_what_came(analyzer: ns.Analyzer) -> None:
    """A page that opens later gets the points so far, as the others did."""
    feed = feed_of(analyzer)
    points = fill(analyzer, feed, 0, 10)
    [[number, *columns]] = bands_of(feed.snapshot())
    assert number == 0
    assert [list(point) for point in zip(*columns, strict=True)] == points


def test_without_a_band_nothing_is_sent(analyzer: ns.Analyzer) -> None:
    """A chart without bands has none in its frames; one that asks later gets the past too."""
    feed = feed_of(analyzer, None)
    assert fill(analyzer, feed, 0, 5) == []
    feed.band = 3.0
    points = fill(analyzer, feed, 5, 7)
    assert [time for time, *_ in points] == [(START + second) * 1e3 for second in range(7)]
    for time, *found in points[1:]:
        wanted = [analyzer.statistic(name, at=time / 1e3) for name in ("mean", "std")]
        assert found == pytest.approx(wanted)
    feed.band = None
    assert fill(analyzer, feed, 7, 9) == []
    assert bands_of(feed.snapshot()) == []


def test_samples_are_few(analyzer: ns.Analyzer) -> None:
    """However many readings come: no more than 600 points in a view, and no more than that are kept."""
    feed = feed_of(analyzer)
    fill(analyzer, feed, 0, 1)
    n = 0
    for step in range(1, 200):
        analyzer.buffer.append(START + step / 100, x=1.0)
        analyzer.update()
        n += sum(len(times) for _, times, *_ in bands_of(feed.frame() or Payload({})))
    assert n <= 2 / 20 * MAX_POINTS
    fill(analyzer, feed, 10, 10 + MAX_POINTS + 50)
    [[_, times, *_]] = bands_of(feed.snapshot())
    assert len(times) == MAX_POINTS


def test_a_pause_has_no_band(analyzer: ns.Analyzer) -> None:
    """Between samples that are far apart stands a point without a mean."""
    feed = feed_of(analyzer)
    fill(analyzer, feed, 0, 5)
    points = fill(analyzer, feed, 15, 16)
    assert [mean is None for _, mean, _ in points] == [True, False]


def test_what_nobody_looked_at_is_no_pause(analyzer: ns.Analyzer) -> None:
    """A chart that was out of sight has the band of that time when it is seen again, for one view."""
    feed = feed_of(analyzer)
    fill(analyzer, feed, 0, 5)
    for away, seen in ((range(5, 20), range(5, 21)), (range(21, 80), range(60, 81))):
        for second in away:
            analyzer.buffer.append(START + second, x=math.sin(second))
        points = fill(analyzer, feed, away.stop, away.stop + 1)
        real = [round(time / 1e3 - START) for time, mean, _ in points if mean is not None]
        assert real == list(seen)
        for time, *found in points[-5:]:
            wanted = [analyzer.statistic(name, at=time / 1e3) for name in ("mean", "std")]
            assert found == pytest.approx(wanted)
    assert [mean is None for _, mean, _ in points] == [True] + [False] * 21


def test_another_window_begins_anew(analyzer: ns.Analyzer) -> None:
    """What was sampled of another window is no more, and has another number."""
    feed = feed_of(analyzer)
    fill(analyzer, feed, 0, 5)
    before = feed.snapshot().content["bands"][0]
    analyzer.window = "10s"
    points = fill(analyzer, feed, 5, 6)
    run, [[_, times, *_]] = feed.snapshot().content["bands"]
    assert run != before
    assert times == [time for time, *_ in points] == [(START + s) * 1e3 for s in range(6)]


def test_words_have_no_band(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A channel of words has no mean."""
    feed = feed_of(analyzer)
    for second in range(3):
        buffer.append(START + second, state="RUN")
        analyzer.update()
        assert bands_of(feed.frame()) == []


def test_a_chart_takes_a_band_and_lets_it_go(buffer: ns.Buffer) -> None:
    """What was given is read back, is told to pages, and comes again when a page asks for bands."""
    chart = ns.LiveChart(buffer, band=3)
    assert chart.band == 3.0
    chart._show_band(False)
    assert chart.band is None
    chart._show_band(True)
    assert chart.band == 3.0
    chart.band = np.float64(1.5)  # type: ignore[assignment]
    frame = chart._feed.frame()
    assert frame is not None
    assert [frame.content["meta"][key] for key in ("band", "usualBand")] == [1.5, 1.5]
    chart.close()


def test_a_page_asks_for_bands(buffer: ns.Buffer) -> None:
    """The menu shows bands of two deviations and hides them; other wishes are none."""
    chart = ns.LiveChart(buffer)
    read = chart._page_actions.actions()["band"]
    for wish, band in ((True, 2.0), (False, None)):
        act = read({"value": wish})
        assert act is not None
        act()
        assert chart.band == band
    assert read({"value": 2}) is None
    chart.close()


def test_a_finished_file_has_a_band(analyzer: ns.Analyzer) -> None:
    """What was read before anybody looked has the bands of its own times, some hundred at the most."""
    n = 50_000
    times = START + np.arange(n) / 1000
    analyzer.buffer.extend(times, x=np.sin(times))
    analyzer.update()
    points = fill(analyzer, feed_of(analyzer), 50, 51)
    assert 150 < len(points) <= 201
    assert points[0][0] >= times[-1] * 1e3 - 20_000
    assert all(b > a for (a, *_), (b, *_) in pairwise(points))


def test_a_band_begins_after_a_jump_of_the_clock(analyzer: ns.Analyzer) -> None:
    """Times of a band ascend: where the clock went back it begins anew."""
    for begin in (1000.0, 0.0):
        analyzer.buffer.extend(START + begin + np.arange(100), x=np.arange(100.0))
    analyzer.update()
    points = fill(analyzer, feed_of(analyzer), 100, 101)
    assert points
    assert all(b > a for (a, *_), (b, *_) in pairwise(points))


def test_a_pause_of_the_past_has_no_band(analyzer: ns.Analyzer) -> None:
    """Nor was there one while nothing came."""
    seconds = np.arange(200) / 20
    for begin in (0.0, 17.0):
        analyzer.buffer.extend(
            START + begin + seconds[: 60 if begin else 200], x=seconds[: 60 if begin else 200]
        )
    analyzer.update()
    points = fill(analyzer, feed_of(analyzer), 20, 21)
    blank = [time / 1e3 - START for time, mean, _ in points if mean is None]
    assert blank == [pytest.approx(13.5, abs=0.5)]


def test_the_past_of_many_channels_comes_by_and_by(analyzer: ns.Analyzer) -> None:
    """All of it comes, but one frame computes only so much of it."""
    times = START + np.arange(1000) / 100
    names = [f"c{number}" for number in range(30)]
    analyzer.buffer.extend(times, **{name: np.sin(times) for name in names})
    analyzer.update()
    feed = feed_of(analyzer)
    found: set[int] = set()
    sizes = []
    while len(found) < len(names):
        told = bands_of(feed.frame() or Payload({}))
        assert told
        found |= {number for number, *_ in told}
        sizes.append(sum(len(columns[0]) for _, *columns in told))
    assert max(sizes) <= 200 + len(names)
