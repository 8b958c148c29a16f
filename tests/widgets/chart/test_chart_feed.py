"""The frames of a chart, without a page."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

import nbstream as ns
from nbstream.summaries.bins import bin_points, step_bits
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.page.link import Payload

START = 1_782_907_200.0


class Line:
    """The only line of a page: what comes replaces the points from the cut on."""

    def __init__(self) -> None:
        self.ms = np.empty(0)
        self.values = np.empty(0)
        self.n_received = 0

    def apply(self, frame: Payload | None) -> None:
        """Take in a frame."""
        if frame is None or "lines" not in frame.content:
            return
        [[_, n, cut, *_]] = frame.content["lines"]
        numbers = np.frombuffer(frame.buffers[0], np.float64)
        keep = 0 if cut is None else int(self.ms.searchsorted(cut, "left"))
        self.ms = np.append(self.ms[:keep], numbers[:n])
        self.values = np.append(self.values[:keep], numbers[n:])
        self.n_received += n


@pytest.mark.parametrize("capacity", [1_000_000, 1500])
def test_late_readings_are_drawn_where_they_belong(capacity: int) -> None:
    """A page that gets the frames has the points of all readings in order, and gets few twice."""
    buffer = ns.Buffer(timezone="UTC", late="insert", capacity=capacity, max_bytes=16 * capacity)
    rng = np.random.default_rng(2)
    times = START + np.arange(6000) / 50
    arrival = (times + np.where(rng.random(6000) < 0.05, rng.exponential(0.3, 6000), 0)).argsort()
    with ns.Analyzer(buffer, window="20s") as analyzer:
        feed, page = ChartFeed(analyzer, dict, lambda: 200), Line()
        bits = step_bits(20 * 10**9, 2 * 200)
        for rows in np.array_split(arrival, 200):
            buffer.extend(times[rows], x=np.sin(times[rows]))
            page.apply(feed.frame())
            shown = Line()
            shown.apply(feed.snapshot())
            since = page.ms.searchsorted(shown.ms[0])
            assert page.ms[since:].tolist() == shown.ms.tolist()
            np.testing.assert_array_equal(page.values[since:], shown.values)
            held = buffer.channel("x").rows(0)
            oldest = max(int(held.times[0]), int(shown.ms[0] * 1e6))
            begin = ((oldest >> bits) + 1) << bits  # of the first bin that both have
            first = held.times.searchsorted(begin)
            drawn, values = bin_points(held.times[first:], held.values[first:], bits)
            since = shown.ms.searchsorted(begin / 1e6)
            assert shown.ms[since:].tolist() == (drawn / 1e6).tolist()
            np.testing.assert_array_equal(shown.values[since:], values)
        assert page.n_received < 6 * len(page.ms)


def test_a_reading_older_than_the_line_is_not_drawn() -> None:
    """What lies before the line's beginning doesn't make it longer."""
    buffer = ns.Buffer(timezone="UTC", late="insert")
    with ns.Analyzer(buffer, window="20s") as analyzer:
        feed, page = ChartFeed(analyzer, dict, lambda: 800), Line()
        buffer.extend(START + np.arange(0.0, 100.0, 2.0), x=np.arange(50.0))
        page.apply(feed.frame())
        first = page.ms[0]
        buffer.append(START + 1, x=7.0)
        buffer.append(START + 91, x=8.0)
        page.apply(feed.frame())
        assert page.ms[0] == first
        assert ((page.ms[-6:] / 1e3) - START).tolist() == [90, 91, 92, 94, 96, 98]


def test_flagged_readings_are_marked_once() -> None:
    """A frame brings new marks with their channel and reason, a snapshot all that were brought."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(3.0), other=[1.0, 1.0, 1.0])
    with ns.Analyzer(buffer) as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        run = analyzer.detect("threshold", channel="value", above=5)
        buffer.extend(START + np.arange(3.0), value=[1.0, 9.0, 1.0])
        analyzer.update()
        frame = feed.frame()
        assert frame is not None
        at = (START + 1) * 1e3
        (flag,) = analyzer.anomalies.newest(1)
        assert frame.content["marks"] == [[1, at, at, at, 9.0, 0, 1, flag.score, flag.reason]]
        assert frame.content["detectors"] == ["threshold"]
        assert feed.names == ("other", "value")
        again = feed.frame()
        assert again is None or "marks" not in again.content
        assert feed.snapshot().content["marks"] == frame.content["marks"]
        run.close()


def test_of_readings_side_by_side_the_strangest_is_marked() -> None:
    """A spike has its mark also where readings beside it are flagged too, before it and after it."""
    buffer = ns.Buffer(timezone="UTC")
    values = np.ones(1000)
    values[500:520] = 6.0
    values[510] = 300.0
    buffer.extend(START + np.arange(1000) / 1000, value=values)
    with ns.Analyzer(buffer) as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        analyzer.detect("threshold", above=5)
        analyzer.update()
        frame = feed.frame()
        assert frame is not None
        assert [(mark[4], mark[6]) for mark in frame.content["marks"]] == [(300.0, 20)]


def test_scores_are_shown_when_they_are_asked_for() -> None:
    """A chart leaves scores out, unless its `channels` name them, also before they are there."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        plain = ChartFeed(analyzer, dict, lambda: 200)
        scores = ChartFeed(analyzer, dict, lambda: 200, {"value.threshold"})
        analyzer.detect("threshold", above=5)
        buffer.extend(START + np.arange(3.0), value=[1.0, 9.0, 1.0])
        analyzer.update()
        assert plain.names == ("value",)
        assert scores.names == ("value.threshold",)
        assert list(scores.points()) == ["value.threshold"]


def test_a_storm_of_flags_is_one_run_and_does_not_hide_the_rest() -> None:
    """Thousands of flags in a row are one mark, each counted; a lonely one before them is there."""
    buffer = ns.Buffer(timezone="UTC")
    values = np.zeros(100_000)
    values[100] = values[95_000:] = 9.0
    buffer.extend(START + np.arange(100_000.0), value=values)
    with ns.Analyzer(buffer, window="all") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        analyzer.detect("threshold", above=5)
        analyzer.update()
        frame = feed.frame()
        assert frame is not None
        lonely, storm = frame.content["marks"]
        assert lonely[1] == lonely[2] == (START + 100) * 1e3
        assert storm[2] == (START + 99_999) * 1e3
        assert storm[6] == 5_000


def test_a_run_goes_on_over_frames_and_each_detector_has_runs_of_its_own() -> None:
    """A run that has grown is told again from its beginning; after a pause another begins."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer, window="10s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        analyzer.detect("threshold", above=5)
        analyzer.detect("rate_of_change", limit=500)
        told = []
        for values in ([1, 9, 9], [9, 60, 9], [1] * 30 + [9]):
            newest = buffer.newest_ns
            begin = START if newest is None else newest / 1e9 + 0.1
            buffer.extend(begin + np.arange(len(values)) / 10, x=np.array(values, float))
            analyzer.update()
            frame = feed.frame()
            assert frame is not None
            detectors = frame.content["detectors"]
            told.append([(detectors[m[5]], m[6], m[4]) for m in frame.content["marks"]])
        assert told[0] == [("threshold", 2, 9.0)]
        assert sorted(told[1]) == [("rate_of_change", 2, 60.0), ("threshold", 5, 60.0)]
        assert told[2] == [("threshold", 1, 9.0)]
        assert [mark[6] for mark in feed.snapshot().content["marks"]] == [5, 2, 1]


def test_another_gap_draws_the_lines_anew() -> None:
    """A choice of which pauses break the lines counts for what is drawn already, in full and in short."""
    buffer = ns.Buffer(timezone="UTC")
    times = START + np.arange(100.0)
    buffer.extend(np.delete(times, slice(50, 60)), x=np.ones(90))
    with ns.Analyzer(buffer, window="100s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 400)

        def breaks() -> tuple[int, int, int]:
            frame, page = feed.frame(), Line()
            page.apply(frame if frame and "lines" in frame.content else feed.snapshot())
            short = Line()
            short.apply(feed.little(10_000, whole=True))
            drawn = feed.points()["x"][1]
            return tuple(int(np.isnan(v).sum()) for v in (page.values, short.values, drawn))  # type: ignore[return-value]

        assert breaks() == (1, 1, 1)
        feed.gap_ns = 20 * 10**9
        assert breaks() == (0, 0, 0)
        feed.gap_ns = 5 * 10**9
        assert breaks() == (1, 1, 1)
        feed.gap_ns = None
        assert breaks() == (1, 1, 1)


def test_incidents_and_notes_go_with_the_frames() -> None:
    """A page is told of both when they change, with a snapshot, and not where there is little room."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer, window="60s") as analyzer:
        analyzer.alert("value > 90", name="hot")
        feed = ChartFeed(analyzer, dict, lambda: 200)
        buffer.extend(START + np.arange(4), x=np.array([1.0, 95.0, 1.0, 1.0]))
        buffer.mark("pump on", START + 2)
        analyzer.update()
        first = feed.frame()
        assert first is not None
        [[number, begin, end, severity, rule, reason]] = first.content["meta"]["incidents"]
        assert [number, begin, end] == [0, (START + 1) * 1e3, (START + 2) * 1e3]
        assert (severity, rule) == ("warning", "hot")
        assert "95 > 90" in reason
        assert first.content["meta"]["markers"] == [[(START + 2) * 1e3, "pump on"]]
        buffer.append(START + 4, x=1.0)
        second = feed.frame()
        assert second is not None
        assert not {"incidents", "markers"} & set(second.content.get("meta", {}))
        assert {"incidents", "markers"} <= set(feed.snapshot().content["meta"])
        little = feed.little(1300, whole=True)
        assert little is not None
        assert not {"incidents", "markers"} & set(little.content["meta"])
        third = feed.frame()
        assert third is not None
        assert {"incidents", "markers"} <= set(third.content["meta"])


def test_a_page_is_told_when_clocks_were_set() -> None:
    """Within what is held each change has its offset until then; those that were evicted are forgotten."""
    buffer = ns.Buffer(timezone="Europe/Berlin", capacity=365, max_bytes=16 * 365)
    begin = round(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    spring, autumn = (
        datetime(2026, *day, tzinfo=UTC).timestamp() * 1e3 for day in ((3, 29, 1), (10, 25, 1))
    )
    with ns.Analyzer(buffer) as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 200)
        assert feed.zone["before"] == []
        buffer.extend(begin + np.arange(200) * 86_400.0, x=np.arange(200.0))
        assert (feed.zone["offset"], feed.zone["before"]) == (7_200_000, [[spring, 3_600_000]])
        buffer.extend(begin + np.arange(200, 500) * 86_400.0, x=np.arange(300.0))
        assert feed.zone["before"][0] == [autumn, 7_200_000]
        assert len(feed.zone["before"]) == 2


def test_how_often_readings_come_is_not_asked_for_each_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What rests is looked at twice a second, once it is known; frames come more often."""
    buffer = ns.Buffer(timezone="UTC")
    asked: list[float] = []
    stale_after = ns.Buffer.stale_after

    def counted(self: ns.Buffer, *names: str) -> float | None:
        asked.append(clock.monotonic())
        return stale_after(self, *names)

    clock = FakeClock()
    monkeypatch.setattr(ns.Buffer, "stale_after", counted)
    monkeypatch.setattr("nbstream.widgets.chart.chart_feed.SYSTEM_CLOCK", clock)
    with ns.Analyzer(buffer, window="20s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 800)
        for number in range(60):
            buffer.append(START + number / 10, x=1.0)
            frame = feed.frame()
            assert frame is not None
            if number == 2:  # the first with two intervals
                assert frame.content["meta"]["interval"] == 100
                asked.clear()
            clock.advance(1 / 15)
    assert len(asked) <= 8
