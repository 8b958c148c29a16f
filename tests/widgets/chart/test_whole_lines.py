"""Points of long channels, made ahead of the views that look back."""

from __future__ import annotations

import numpy as np
import pytest

import nbstream as ns
from nbstream.summaries.bins import bin_points, step_bits
from nbstream.widgets.chart import chart_feed, whole_lines
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.settings import NEVER_NS
from nbstream.widgets.chart.whole_lines import WholeLines

START = 1_782_907_200.0
N_BINS = 256


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rows are many here."""
    monkeypatch.setattr(whole_lines, "FEWEST_ROWS", 1000)
    monkeypatch.setattr(chart_feed, "FEWEST_ROWS", 1000)
    monkeypatch.setattr(whole_lines, "N_BINS", N_BINS)
    monkeypatch.setattr(whole_lines, "AT_ONCE", 500)
    monkeypatch.setattr(whole_lines, "MOST_BEHIND", 2000)


def taken_in(buffer: ns.Buffer, gap_ns: int | None = None) -> WholeLines:
    """Return lines that have taken in what the buffer holds, a part at each call."""
    lines = WholeLines(buffer, gap_ns)
    for _ in range(len(buffer) // 500 + 2):
        lines.advance(buffer.channels)
    return lines


def points(
    lines: WholeLines, low: float, high: float, bits: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the points of "x" from `low` to `high` s after the start, without the neighbours."""
    line = lines.binned("x", int((START + low) * 1e9), int((START + high) * 1e9), bits)
    return None if line is None else inside(*line.points(), low, high, bits)


def of_rows(
    buffer: ns.Buffer, low: float, high: float, bits: int, gap_ns: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same points, made from the readings."""
    held = buffer.channel("x")
    rows, gaps = rows_with_gaps(held, *held.span(), gap_ns)
    return inside(*bin_points(rows.times, rows.values, bits, gaps), low, high, bits)


def inside(
    times: np.ndarray, values: np.ndarray, low: float, high: float, bits: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the points in bins that lie in a span as a whole."""
    bins = times >> bits
    first, last = (int((START + end) * 1e9) >> bits for end in (low, high))
    is_in = (bins > first) & (bins < last)
    return times[is_in], values[is_in]


@pytest.mark.parametrize("seed", range(3))
def test_wide_bins_are_those_of_the_readings(seed: int) -> None:
    """First, smallest, largest and last of each bin, as if all readings had been read."""
    rng = np.random.default_rng(seed)
    buffer = ns.Buffer(timezone="UTC")
    times = START + np.arange(20_000) / 100
    values = rng.normal(size=20_000)
    values[rng.random(20_000) < 0.001] = np.nan
    buffer.extend(times, x=values)
    lines = taken_in(buffer)
    for low, high, n in ((0, 200, 30), (20, 150, 60), (50, 60, 2)):
        bits = step_bits(int((high - low) * 1e9), n)
        found = points(lines, low, high, bits)
        assert found is not None
        wanted = of_rows(buffer, low, high, bits)
        assert found[0].tolist() == wanted[0].tolist()
        np.testing.assert_array_equal(found[1], wanted[1])


def test_narrow_views_read_the_rows() -> None:
    """What would need finer bins, and channels with few rows, are not answered."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(5000) / 100, x=np.arange(5000.0))
    buffer.extend(START + np.arange(900) / 100, y=np.arange(900.0))
    lines = taken_in(buffer)
    assert points(lines, 0, 50, step_bits(50 * 10**9, 100)) is not None
    assert points(lines, 0, 1, step_bits(10**9, 100)) is None
    assert lines.binned("y", 0, 2**62, 50) is None


def test_nobody_waits_for_what_was_not_taken_in() -> None:
    """Far behind, the rows of the span are read; near, what is missing is taken in at once."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(5000) / 100, x=np.arange(5000.0))
    lines = WholeLines(buffer)
    bits = step_bits(50 * 10**9, 20)
    assert points(lines, 0, 50, bits) is None
    for _ in range(6):
        lines.advance(("x",))
    found = points(lines, 0, 50, bits)
    assert found is not None
    assert found[0].tolist() == of_rows(buffer, 0, 50, bits)[0].tolist()


def test_it_goes_on_with_the_readings() -> None:
    """Bins widen as the channel grows; late readings and breaks come to their places."""
    rng = np.random.default_rng(3)
    buffer = ns.Buffer(timezone="UTC", late="insert")
    lines = WholeLines(buffer)
    end = 0.0
    for step in range(40):
        times = end + np.arange(1000) / 100 + (30 if step % 5 == 4 else 0)
        late = rng.random(1000) < 0.01
        buffer.extend(START + times[~late], x=rng.normal(size=1000)[~late])
        buffer.extend(START + times[late], x=np.full(late.sum(), 9.0))
        end = times[-1] + 0.01
        for _ in range(3):
            lines.advance(("x",))
    bits = step_bits(int(end * 1e9), 60)
    found = points(lines, 0, end, bits)
    assert found is not None
    wanted = of_rows(buffer, 0, end, bits)
    assert found[0].tolist() == wanted[0].tolist()
    np.testing.assert_array_equal(found[1], wanted[1])
    line = lines._lines["x"]
    assert len(line.points()[0]) < 4 * 4 * N_BINS


def test_what_was_evicted_is_not_shown() -> None:
    """Nor is a point of it kept for long."""
    buffer = ns.Buffer(timezone="UTC", capacity=3000)
    lines = WholeLines(buffer)
    for i in range(60):
        buffer.extend(START + i * 10 + np.arange(1000) / 100, x=np.full(1000, float(i)))
        for _ in range(3):
            lines.advance(("x",))
    oldest = buffer.channel("x").rows(0).times[0]
    line = lines.binned("x", int(START * 1e9), int((START + 600) * 1e9), step_bits(30 * 10**9, 20))
    assert line is not None
    times, values = line.points()
    assert times[0] >= oldest
    assert set(values) == {57.0, 58.0, 59.0}
    assert line.counts(len(times)).sum() >= 2900  # but for those of a bin that was cut


def test_a_clock_that_jumps_begins_anew() -> None:
    """After the jump the line is that of the new segment."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + 1000 + np.arange(2000) / 100, x=np.zeros(2000))
    lines = taken_in(buffer)
    buffer.extend(START + np.arange(2000) / 100, x=np.ones(2000))
    for _ in range(6):
        lines.advance(("x",))
    found = points(lines, 0, 20, step_bits(20 * 10**9, 20))
    assert found is not None
    assert set(found[1]) == {1.0}


def test_pauses_break_it_as_they_were_told_to() -> None:
    """With `gap="never"` not at all."""
    buffer = ns.Buffer(timezone="UTC")
    times = np.arange(4000) / 100
    buffer.extend(START + times[(times < 10) | (times > 12)], x=np.ones(3799))
    bits = step_bits(40 * 10**9, 40)
    for gap_ns, n in ((None, 1), (3 * 10**9, 0), (NEVER_NS, 0), (10**9, 1)):
        found = points(taken_in(buffer, gap_ns), 0, 40, bits)
        assert found is not None
        assert np.isnan(found[1]).sum() == n


def test_a_view_that_looks_back_is_answered_from_it() -> None:
    """The points are the same as those of the readings, whichever way they are made."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(20_000) / 100, x=np.random.default_rng(5).normal(size=20_000))
    with ns.Analyzer(buffer, window="10s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 30)
        span = int(START * 1e9), int((START + 200) * 1e9)
        read = feed.history(*span, 30)
        for _ in range(50):
            feed.frame()
        made = feed.history(*span, 30)
        assert "x" in feed._whole._lines
        assert made.content["lines"] == read.content["lines"]
        assert bytes(made.buffers[0]) == bytes(read.buffers[0])
