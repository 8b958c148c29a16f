"""Drawing bins: they keep what is seen, stay where they are, and reach the page in patches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.readings.gaps import NO_GAPS, IndexArray
from nbstream.summaries.bins import BinnedLine, bin_points, step_bits
from tests.strategies import EPOCH_NS, NS, batch_sizes, cut_into, readings

Column = tuple[TimeArray, FloatArray]
BITS = st.integers(20, 36)


def by_bin(times: TimeArray, values: FloatArray, bits: int) -> dict[int, list[tuple[int, float]]]:
    """Return the points of each bin, in order."""
    bins: dict[int, list[tuple[int, float]]] = {}
    for time, value in zip(times.tolist(), values.tolist(), strict=True):
        bins.setdefault(time >> bits, []).append((time, value))
    return bins


GAPS = st.lists(st.integers(0, 10**6), max_size=12)


def gaps_of(times: TimeArray, drawn: list[int]) -> IndexArray:
    """Return some of the readings that are later than the one before."""
    later = np.flatnonzero(np.diff(times)) + 1
    return np.unique(later[np.array(drawn, np.intp) % len(later)]) if len(later) else NO_GAPS


def same(a: Column, b: Column) -> None:
    """Compare points; NaN equals NaN."""
    assert a[0].tolist() == b[0].tolist()
    np.testing.assert_array_equal(a[1], b[1])


class Page:
    """A page's line: applies patches as static/line.js does, in float64 milliseconds."""

    def __init__(self) -> None:
        self.times = np.empty(0)
        self.values = np.empty(0)

    def apply(self, cut: int | None, times: TimeArray, values: FloatArray) -> None:
        """Replace the points from `cut` on."""
        keep = len(self.times)
        while keep and cut is not None and self.times[keep - 1] >= cut / 1e6:
            keep -= 1
        self.times = np.concatenate((self.times[:keep], times / 1e6))
        self.values = np.concatenate((self.values[:keep], values))


@given(readings(odd=False, largest_gap=NS // 4), BITS)
def test_what_a_bin_keeps(column: Column, bits: int) -> None:
    """First, last, smallest, largest and the first gap of each bin are kept, and at most five points."""
    times, values = column
    kept = by_bin(*bin_points(times, values, bits), bits)
    every = by_bin(times, values, bits)
    assert list(kept) == list(every)
    for number, points in every.items():
        found = kept[number]
        assert len(found) <= 5
        assert [p[0] for p in found] == sorted(p[0] for p in found)
        assert str(found[0]) == str(points[0])
        assert str(found[-1]) == str(points[-1])
        present = [v for _, v in points if v == v]
        if present:
            found_present = [v for _, v in found if v == v]
            assert min(found_present) == min(present)
            assert max(found_present) == max(present)
        assert any(v != v for _, v in found) == any(v != v for _, v in points)
        assert {str(p) for p in found} <= {str(p) for p in points}


@given(readings(largest_gap=NS // 4), BITS)
def test_binning_again_changes_nothing(column: Column, bits: int) -> None:
    """The points of points are the same points."""
    once = bin_points(*column, bits)
    same(bin_points(*once, bits), once)


@given(readings(largest_gap=NS // 4), BITS, GAPS)
def test_a_gap_lies_between_the_points_beside_it(
    column: Column, bits: int, drawn: list[int]
) -> None:
    """The points are those without gaps, and two that had a gap between them are not joined."""
    times, values = column
    gaps = gaps_of(times, drawn)
    plain, broken = bin_points(times, values, bits), bin_points(times, values, bits, gaps)
    points = list(zip(*(part.tolist() for part in broken), strict=True))
    place, n_breaks = 0, 0
    for time, value in zip(*(part.tolist() for part in plain), strict=True):
        since = plain[0][place - 1] if place else -1
        has_gap = bool(((times[gaps] > since) & (times[gaps] <= time)).any())
        if value == value and has_gap and (not place or since < time):
            assert str(points[place + n_breaks]) == str((time, float("nan")))
            n_breaks += 1
        assert str(points[place + n_breaks]) == str((time, value))
        place += 1
    assert len(points) == place + n_breaks


def test_a_hole_inside_a_bin_is_kept() -> None:
    """What lies before and after it is not joined, and a spike between two holes is still there."""
    times = np.arange(12, dtype=np.int64)
    values = np.array([0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0.5])
    points = bin_points(times, values, 40, np.array([5, 6]))
    nan = float("nan")
    assert str(points[1].tolist()) == str([0.0, nan, 9.0, nan, 0.5])
    assert points[0].tolist() == [0, 5, 5, 11, 11]


@given(readings(largest_gap=NS // 4), BITS, batch_sizes(30), GAPS)
def test_readings_as_they_come_give_the_same_points(
    column: Column, bits: int, sizes: list[int], drawn: list[int]
) -> None:
    """A line that is kept as readings come has the points of all readings at once, in any batches."""
    times, values = column
    gaps = gaps_of(times, drawn)
    line = BinnedLine(bits)
    for part in cut_into(len(times), sizes):
        a, b = gaps.searchsorted((part.start, part.stop))
        line.extend(times[part], values[part], gaps[a:b] - part.start)
        points = line.points()
        same(points, bin_points(times[: part.stop], values[: part.stop], bits, gaps[:b]))
        span = 4 << bits
        shown = points[1][points[0] >= points[0][-1] - span]
        assert line.count_since(span) == np.count_nonzero(~np.isnan(shown))


@given(readings(largest_gap=NS // 4), BITS, st.integers(0, 6), batch_sizes(30), GAPS)
def test_each_reading_is_counted_at_the_first_point_of_its_bin(
    column: Column, bits: int, wider: int, sizes: list[int], drawn: list[int]
) -> None:
    """In any batches, after points were taken back, and in wider bins that are made of the points."""
    times, values = column
    gaps = gaps_of(times, drawn)
    line = BinnedLine(bits)
    for part in cut_into(len(times), sizes):
        a, b = gaps.searchsorted((part.start, part.stop))
        line.extend(times[part], values[part], gaps[a:b] - part.start)
    if len(times):
        start = line.rewind(int(times[len(times) // 2]))
        row = int(times.searchsorted(start))
        line.extend(times[row:], values[row:], gaps[gaps.searchsorted(row) :] - row)
    points = line.points()
    counts = line.counts(len(points[0]))
    again = BinnedLine(bits + wider)
    again.extend(*points, counts=counts)
    for of, width in ((line, bits), (again, bits + wider)):
        found = of.points()[0] >> width
        numbers, n = np.unique(times[values == values] >> width, return_counts=True)
        counted = of.counts(len(found))
        assert [counted[found == number].sum() for number in numbers] == n.tolist()
        assert counted.sum() == n.sum()
    newest = len(counts) // 3
    assert line.counts(newest).tolist() == counts[len(counts) - newest :].tolist()


@given(readings(largest_gap=NS // 4), BITS, batch_sizes(30), st.lists(st.booleans(), min_size=1))
def test_a_page_that_applies_the_changes_has_the_points(
    column: Column, bits: int, sizes: list[int], takes: list[bool]
) -> None:
    """Whenever changes are taken, a page that applies all of them has the line's points."""
    times, values = column
    line, page = BinnedLine(bits), Page()
    for i, part in enumerate(cut_into(len(times), sizes)):
        line.extend(times[part], values[part])
        if not takes[i % len(takes)]:
            continue
        page.apply(*line.take_changes())
        expected_times, expected = line.points()
        assert page.times.tolist() == (expected_times / 1e6).tolist()
        np.testing.assert_array_equal(page.values, expected)
        assert line.take_changes()[0] is None


@given(st.lists(st.integers(0, 400), max_size=150), st.integers(0, 12), batch_sizes(9), GAPS)
def test_a_page_whose_clock_is_coarser_than_the_data_has_the_points(
    steps: list[int], bits: int, sizes: list[int], drawn: list[int]
) -> None:
    """Readings that are nanoseconds apart are all there, though a page can't tell their times apart."""
    times = EPOCH_NS + np.cumsum(np.array([0, *steps], np.int64))
    values = np.arange(float(len(times)))
    gaps = gaps_of(times, drawn)
    line, page = BinnedLine(bits), Page()
    for part in cut_into(len(times), sizes):
        a, b = gaps.searchsorted((part.start, part.stop))
        line.extend(times[part], values[part], gaps[a:b] - part.start)
        page.apply(*line.take_changes())
        expected_times, expected = line.points()
        assert page.times.tolist() == (expected_times / 1e6).tolist()
        np.testing.assert_array_equal(page.values, expected)


@given(readings(largest_gap=NS // 4), BITS, batch_sizes(30))
def test_nothing_shimmers(column: Column, bits: int, sizes: list[int]) -> None:
    """Points of bins before the newest never change again."""
    times, values = column
    line = BinnedLine(bits)
    closed: dict[int, list[tuple[int, float]]] = {}
    for part in cut_into(len(times), sizes):
        line.extend(times[part], values[part])
        bins = by_bin(*line.points(), bits)
        for number, points in closed.items():
            assert str(bins[number]) == str(points)
        closed = {n: points for n, points in bins.items() if n < times[part.stop - 1] >> bits}


@given(
    readings(max_size=400, largest_gap=NS), st.integers(20, 28), batch_sizes(4), st.integers(1, 60)
)
def test_forgetting_old_points(column: Column, bits: int, sizes: list[int], span: int) -> None:
    """What is forgotten lies before the time given, and later changes are not disturbed."""
    times, values = column
    line, page = BinnedLine(bits), Page()
    for part in cut_into(len(times), sizes):
        line.extend(times[part], values[part])
        page.apply(*line.take_changes())
        low = int(times[part.stop - 1]) - span * NS
        line.drop_before(low)
        every = bin_points(times[: part.stop], values[: part.stop], bits)
        held = line.points()
        first = len(every[0]) - len(held[0])
        same(held, (every[0][first:], every[1][first:]))
        assert first == 0 or every[0][first - 1] < low
    assert page.times.tolist() == (bin_points(times, values, bits)[0] / 1e6).tolist()


@given(st.integers(1, 2**62), st.integers(1, 20_000))
def test_the_narrowest_step(span: int, n_bins: int) -> None:
    """The step is the narrowest power of two of which so many bins cover the span."""
    bits = step_bits(span, n_bins)
    assert n_bins << bits >= span
    assert bits == 0 or n_bins << (bits - 1) < span


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_readings_are_all_kept(n: int) -> None:
    """Nothing, one or two readings are their own points, in copies."""
    times, values = np.arange(n, dtype=np.int64), np.arange(float(n))
    points = bin_points(times, values, 40)
    same(points, (times, values))
    assert not np.shares_memory(points[0], times)


def test_a_line_without_readings() -> None:
    """An empty line has no points and no changes."""
    line = BinnedLine(30)
    line.extend(np.empty(0, np.int64), np.empty(0))
    assert line.take_changes()[0] is None
    assert len(line.points()[0]) == 0
    line.drop_before(EPOCH_NS)


@given(
    readings(largest_gap=NS // 4),
    BITS,
    batch_sizes(30),
    st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=1),
)
def test_late_readings_take_points_back(
    column: Column, bits: int, sizes: list[int], late: list[tuple[int, bool]]
) -> None:
    """After late readings were put in, line and page have the points of all readings in order."""
    times, values = column
    line, page, held = BinnedLine(bits), Page(), (times[:0], values[:0])
    for i, part in enumerate(cut_into(len(times), sizes)):
        line.extend(times[part], values[part])
        held = np.append(held[0], times[part]), np.append(held[1], values[part])
        if held[0][-1] > held[0][0]:
            ns = int(held[0][0] + late[i % len(late)][0] % (held[0][-1] - held[0][0]))
            place = held[0].searchsorted(ns, "right")
            held = np.insert(held[0], place, ns), np.insert(held[1], place, 7.5)
            again = int(held[0].searchsorted(line.rewind(ns)))
            line.extend(held[0][again:], held[1][again:])
        same(line.points(), bin_points(*held, bits))
        if late[i % len(late)][1]:
            page.apply(*line.take_changes())
            assert page.times.tolist() == (line.points()[0] / 1e6).tolist()
            np.testing.assert_array_equal(page.values, line.points()[1])
