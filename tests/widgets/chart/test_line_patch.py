"""Tests of what frames bring of lines."""

from __future__ import annotations

import numpy as np

import nbstream as ns
from nbstream.summaries.bins import BinnedLine
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.line_patch import LinePatch, pack_lines
from nbstream.widgets.page.link import Payload

START = 1_782_907_200.0


def counts_of(payload: Payload) -> list[tuple[int, list[int]]]:
    """Return the number of points and the counts at them of each line, as wire.js reads them."""
    told = np.frombuffer(payload.buffers[1] if len(payload.buffers) > 1 else b"", np.uint32)
    found = []
    for _, n, _, *n_bins in payload.content["lines"]:
        bins, told = told[: sum(n_bins)], told[sum(n_bins) :]
        counts = np.zeros(n, int)
        firsts = np.cumsum(np.append(0, bins & 255))[:-1]
        counts[firsts.astype(int)] = bins >> 8
        found.append((n, counts.tolist()))
    assert not len(told)
    return found


def patch_of(values: np.ndarray, bits: int) -> LinePatch:
    """Return the line of readings a millisecond apart."""
    line = BinnedLine(bits)
    line.extend(np.arange(len(values)) * 10**6, values)
    times, kept = line.points()
    return LinePatch(0, times, kept, None, line.counts(len(times)))


def test_points_that_are_all_readings_need_no_counts() -> None:
    """Nothing is sent for them, also where several stand in one bin."""
    payload = pack_lines([patch_of(np.array([2.0, 5.0, 1.0, 3.0]), 40)])
    assert payload.content["lines"] == [[0, 4, None]]
    assert len(payload.buffers) == 1


def test_counts_go_beside_the_points_of_the_lines_that_have_them() -> None:
    """Of a line without them its neighbours' are not mistaken for its own."""
    many = patch_of(np.sin(np.arange(1000)), 26)
    few = LinePatch(1, np.arange(3), np.ones(3), 0, np.ones(3, np.int64))
    payload = pack_lines([many, few, many])
    (n, counts), (_, none), again = counts_of(payload)
    assert sum(counts) == 1000
    assert none == [0, 0, 0]
    assert again == (n, counts)
    assert len(payload.buffers[1]) < 0.1 * len(payload.buffers[0])


def test_a_long_run_without_readings_hides_no_count() -> None:
    """Points that stand for nothing are passed over, however many there are."""
    values = np.concatenate((np.arange(2000.0), np.full(40_000, np.nan), np.arange(2000.0)))
    patch = patch_of(values, 26)
    assert np.isnan(patch.values).sum() > 500
    [(n, counts)] = counts_of(pack_lines([patch]))
    assert n == len(patch.times)
    assert patch.counts is not None
    assert counts == patch.counts.tolist()


def test_a_page_knows_of_each_bin_how_many_readings_it_is_live_and_looking_back() -> None:
    """The newest bin is told anew as it grows."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer, window="10s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 100)
        for i in range(20):
            buffer.extend(START + i / 4 + np.arange(500) / 2000, x=np.arange(500.0))
            frame = feed.frame()
            assert frame is not None
            [[_, _, cut, *_]] = frame.content["lines"]
            [(_, counts)] = counts_of(frame)
            since = START if cut is None else cut / 1e3
            assert abs(sum(counts) - (START + (i + 1) / 4 - since) * 2000) < 2
        assert sum(counts_of(feed.snapshot())[0][1]) == 10_000
        looked = feed.history(int((START + 1) * 1e9), int((START + 3) * 1e9), 100)
        assert 4000 <= sum(counts_of(looked)[0][1]) < 4200  # whole bins, with the neighbours


def test_what_is_added_to_a_view_begins_with_a_whole_bin() -> None:
    """A view that follows gets its newest part anew; a bin that began before that keeps its count."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(20_000) / 2000, x=np.sin(np.arange(20_000)))
    with ns.Analyzer(buffer, window="10s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 100)
        end = int((START + 10) * 1e9)

        def since(seconds: float) -> dict[float, int]:
            view = feed.history(int((START + seconds) * 1e9), end, 100, 10 * 10**9)
            times = np.frombuffer(view.buffers[0])
            [(_, counts)] = counts_of(view)
            return {time: n for time, n in zip(times, counts, strict=False) if n}

        whole = since(0)
        for seconds in (3.0, 5.0126, 7.3331):
            part = since(seconds)
            assert min(part) <= (START + seconds) * 1e3
            assert part.items() <= whole.items()


def test_points_are_halved_and_come_back_and_say_what_they_stand_for() -> None:
    """What is there stays; what comes is coarser or finer from the newest bin on, and no reading is lost."""
    buffer = ns.Buffer(timezone="UTC")
    rng = np.random.default_rng(5)
    halvings = 0
    with ns.Analyzer(buffer, window="60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 1000, halvings=lambda: halvings)
        page: dict[str, list[float]] = {"ms": [], "values": [], "counts": []}
        received: list[int] = []
        for i in range(160):
            halvings = 3 if 40 <= i < 80 else 1 if 80 <= i < 120 else 0
            times = START + i / 4 + np.arange(500) / 2000
            buffer.extend(times, x=rng.normal(size=500))
            frame = feed.frame()
            assert frame is not None
            [[_, n, cut, *_]] = frame.content["lines"]
            numbers = np.frombuffer(frame.buffers[0])
            [(_, counts)] = counts_of(frame)
            keep = 0 if cut is None else int(np.searchsorted(page["ms"], cut))
            assert keep or not i  # the line is never sent anew
            for key, told in zip(page, (numbers[:n], numbers[n:], counts), strict=True):
                page[key][keep:] = list(told)
            assert np.all(np.diff(page["ms"]) >= 0)
            assert sum(page["counts"]) == 500 * (i + 1)
            received.append(n)
        held = buffer.channel("x").rows(0)
        assert (min(page["values"]), max(page["values"])) == (held.values.min(), held.values.max())
        assert set(page["values"]) <= set(held.values)
    all_points = np.mean(received[10:40])
    assert np.mean(received[50:80]) < all_points / 4
    assert np.mean(received[90:120]) < all_points / 1.5
    assert abs(np.mean(received[130:]) / all_points - 1) < 0.1
