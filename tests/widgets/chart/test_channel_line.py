"""One channel's line, as readings come: the same as of all readings at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.summaries.bins import bin_points
from nbstream.widgets.chart.channel_line import ChannelLine, breaks, rows_with_gaps
from nbstream.widgets.chart.line_patch import LinePatch
from nbstream.widgets.chart.settings import NEVER_NS
from tests.strategies import EPOCH_NS, NS, batch_sizes, cut_into

STEPS = st.lists(
    st.one_of(
        st.just(NS),
        st.tuples(st.just(NS // 10), st.integers(1, 40)),
        st.tuples(st.just(NS), st.integers(1, 40)),
        st.sampled_from([0, 7 * NS, 60 * NS]),
    ),
    max_size=30,
)
GAPS = st.sampled_from([None, NS // 2, 5 * NS, NEVER_NS])


def times_of(steps: list[int | tuple[int, int]]) -> TimeArray:
    """Return times that are so far apart; a pair is a step that is repeated."""
    all_steps = [0]
    for step in steps:
        all_steps += [step[0]] * step[1] if isinstance(step, tuple) else [step]
    return EPOCH_NS + np.cumsum(np.array(all_steps, np.int64))


class Page:
    """A page's line: what comes replaces the points from the cut on."""

    def __init__(self) -> None:
        self.ms = np.empty(0)
        self.values = np.empty(0)
        self.n_received = 0

    def take(self, line: ChannelLine) -> None:
        """Take in what changed."""
        self._replace(*line.take_changes())

    def apply(self, patch: LinePatch) -> None:
        """Take in a patch."""
        self._replace(patch.cut_ns, patch.times, patch.values)

    def _replace(self, cut: int | None, times: TimeArray, values: FloatArray) -> None:
        keep = len(self.ms) if cut is None else int(self.ms.searchsorted(cut / 1e6))
        self.ms = np.append(self.ms[:keep], times / 1e6)
        self.values = np.append(self.values[:keep], values)
        self.n_received += len(times)


def fill(buffer: ns.Buffer, times: TimeArray, values: FloatArray) -> None:
    """Add readings of the channel "x"."""
    buffer.extend(times.view("M8[ns]"), x=values)


@given(
    STEPS, st.integers(20, 38), batch_sizes(60), st.lists(st.integers(0, 10**6), max_size=8), GAPS
)
def test_a_line_breaks_where_it_does_when_all_is_known(
    steps: list[int | tuple[int, int]],
    bits: int,
    sizes: list[int],
    late: list[int],
    gap_ns: int | None,
) -> None:
    """However readings came, late ones too, line and page have the points and breaks of all at once."""
    times = times_of(steps)
    values = np.sin(np.arange(len(times)))
    is_late = np.zeros(len(times), np.bool_)
    if len(times) > 2:
        is_late[1 + np.array(late, np.intp) % (len(times) - 2)] = True
    buffer = ns.Buffer(timezone="UTC", late="insert")
    fill(buffer, times[:1], values[:1])
    line, page = ChannelLine(buffer, "x", bits, 0, gap_ns), Page()
    waiting: list[int] = []
    for part in cut_into(len(times) - 1, sizes):
        rows = np.arange(part.start, part.stop) + 1
        on_time = rows[~is_late[rows]]
        come = np.append(waiting, on_time).astype(np.intp)
        waiting = rows[is_late[rows]].tolist()
        fill(buffer, times[come], values[come])
        line.advance()
        page.take(line)
    fill(buffer, times[waiting], values[waiting])
    line.advance()
    page.take(line)
    held = buffer.channel("x").rows(0)
    expected = bin_points(held.times, held.values, bits, breaks(held.times, gap_ns))
    for found in (line.points()[0] / 1e6, page.ms):
        assert found.tolist() == (expected[0] / 1e6).tolist()
    for found in (line.points()[1], page.values):
        np.testing.assert_array_equal(found, expected[1])


@given(STEPS, st.integers(1, 200), GAPS, st.data())
def test_a_part_of_the_rows_has_the_gaps_of_all(
    steps: list[int | tuple[int, int]], repeat: int, gap_ns: int | None, data: st.DataObject
) -> None:
    """What is read for a view that looks back has the gaps that all rows have there."""
    times = np.repeat(times_of(steps), repeat)
    buffer = ns.Buffer(timezone="UTC")
    fill(buffer, times, np.arange(float(len(times))))
    start = data.draw(st.integers(0, len(times)))
    stop = data.draw(st.integers(0, len(times) + 5))
    rows, gaps = rows_with_gaps(buffer.channel("x"), start, stop, gap_ns)
    assert rows.times.tolist() == times[start:stop].tolist()
    assert len(rows.times) == 0 or rows.start == start
    expected = breaks(times, gap_ns)
    expected = expected[(expected > start) & (expected < stop)]
    assert (gaps + rows.start).tolist() == expected.tolist()


def test_a_hole_that_late_readings_fill_is_closed() -> None:
    """The line is joined again, and only its end is sent anew."""
    times = EPOCH_NS + np.arange(500) * NS
    missing = (np.arange(500) >= 460) & (np.arange(500) < 480)
    buffer = ns.Buffer(timezone="UTC", late="insert")
    fill(buffer, times[~missing], np.ones(480))
    line, page = ChannelLine(buffer, "x", 24, 0), Page()
    line.advance()
    page.take(line)
    assert np.flatnonzero(np.isnan(page.values)).tolist() == [460]
    n = page.n_received
    fill(buffer, times[missing], np.ones(20))
    line.advance()
    page.take(line)
    assert not np.isnan(page.values).any()
    assert len(page.ms) == 500
    assert page.n_received - n < 100


def test_a_steady_source_sends_nothing_twice() -> None:
    """With every reading a point, each is sent once; a jittered clock doesn't change that."""
    times = EPOCH_NS + (np.arange(2000) + np.random.default_rng(0).uniform(-0.3, 0.3, 2000)) * NS
    times = times.astype(np.int64)
    buffer = ns.Buffer(timezone="UTC")
    fill(buffer, times[:1], np.ones(1))
    line, page = ChannelLine(buffer, "x", 20, 0), Page()
    for rows in np.array_split(np.arange(1, 2000), 400):
        fill(buffer, times[rows], np.ones(len(rows)))
        line.advance()
        page.take(line)
    assert page.n_received <= 2000 + 400  # the newest bin, again with each batch
    assert len(page.ms) == 2000


@pytest.mark.parametrize("capacity", [50, 1000])
def test_a_line_of_a_small_buffer(capacity: int) -> None:
    """Readings that are evicted soon are judged by those that are held."""
    buffer = ns.Buffer(timezone="UTC", capacity=capacity)
    times = EPOCH_NS + (np.arange(3000) + 100 * (np.arange(3000) >= 2500)) * NS
    fill(buffer, times[:1], np.ones(1))
    line = ChannelLine(buffer, "x", 24, 0)
    for rows in np.array_split(np.arange(1, 3000), 300):
        fill(buffer, times[rows], np.ones(len(rows)))
        line.advance()
    found, values = line.points()
    assert found[np.isnan(values)].tolist() == [times[2500]]
    assert not line.is_cut_off
    rows, gaps = rows_with_gaps(buffer.channel("x"), 0, 3000)
    assert (rows.times[gaps]).tolist() == ([] if capacity == 50 else [times[2500]])


def test_pauses_that_break_a_line_can_be_chosen() -> None:
    """Longer than so many seconds, or none; a clock that goes back breaks it always."""
    times = EPOCH_NS + np.array([0, 1, 2, 5, 6, 3, 4]) * NS
    assert breaks(times, 2 * NS).tolist() == [3, 5]
    assert breaks(times, 3 * NS).tolist() == [5]
    assert breaks(times, NEVER_NS).tolist() == [5]
    assert breaks(times[:0], NS).tolist() == []


@pytest.mark.parametrize("seed", range(8))
def test_a_line_breaks_where_it_would_if_all_had_come_at_once(seed: int) -> None:
    """Even rows are taken in a quicker way; pauses and other rates are seen all the same."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(90, 110, 3000) * 1_000_000
    steps[1000:1400] *= rng.integers(2, 5)
    pauses = rng.integers(0, len(steps), 12)
    steps[pauses] *= rng.integers(2, 40, len(pauses))
    times = EPOCH_NS + np.cumsum(steps)
    buffer = ns.Buffer(timezone="UTC")
    values = rng.normal(size=len(times))
    line = None
    n = 0
    while n < len(times):
        more = int(rng.integers(1, 9))
        rows = slice(n, n + more)
        fill(buffer, times[rows], values[rows])
        line = line or ChannelLine(buffer, "x", 27, 0)
        line.advance()
        n += more
    assert line is not None
    whole = ChannelLine(buffer, "x", 27, 0)
    whole.advance()
    assert np.isnan(whole.points()[1]).any()
    for found, expected in zip(line.points(), whole.points(), strict=True):
        np.testing.assert_array_equal(found, expected)
