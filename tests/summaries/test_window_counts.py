"""Counts that slide with a window are those of numpy on the window, at every step."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream.readings.batch import FloatArray
from nbstream.summaries.window_counts import Part, WindowCounts


def rng() -> np.random.Generator:
    """Return random numbers that are the same for each test, in whatever order they run."""
    return np.random.default_rng(3)


def part(values: FloatArray, start: int, stop: int, first: int = 0, edition: int = 0) -> Part:
    """Return rows of `values`, of which those before `first` were evicted."""

    def read(low: int, high: int) -> tuple[int, FloatArray]:
        low = max(low, first)
        return low, values[low:high].copy()

    return Part(start, stop, edition, read)


@pytest.mark.parametrize("bins", [None, 20, np.array([-3.0, -1.0, 0.0, 0.5, 4.0])])
def test_slides_as_numpy_counts(bins: int | FloatArray | None) -> None:
    """Whatever the steps, the counts are those of np.histogram in the same edges."""
    values = rng().normal(0, 1, 30_000)
    values[50:][rng().random(len(values) - 50) < 0.01] = np.nan
    counts = WindowCounts(bins)
    stop = 0
    for now, step in enumerate([1, 5, 100, 0, 3000, 10_000, 7, 9000, 1, 7000]):
        stop = min(stop + step, len(values))
        start = max(0, stop - 8000)
        (found,) = counts.slide([part(values, start, stop)], float(now))
        inside = values[start:stop]
        inside = inside[~np.isnan(inside)]
        assert counts.bins is not None
        edges = counts.bins.edges
        assert found.counts.tolist() == np.histogram(inside, edges)[0].tolist()
        assert found.below == (inside < edges[0]).sum()
        assert found.above == (inside > edges[-1]).sum()
        assert found.missing == stop - start - len(inside)
        assert found.n == len(inside)


def test_edges_stay_while_readings_come() -> None:
    """A steady stream keeps its bins: of a hundred updates no more than a few choose others."""
    values = rng().normal(20, 1, 20_000)
    counts = WindowCounts()
    chosen = []
    for i in range(100):
        counts.slide([part(values, 100 * i, 100 * i + 10_000)], i / 8)
        chosen.append(counts.bins)
    assert len({id(bins) for bins in chosen}) <= 3
    assert len({bins.width for bins in chosen if bins}) == 1


def test_bins_follow_readings_that_have_moved() -> None:
    """When the spread became a hundredth the bins become finer, after two looks and not at once."""
    values = np.concatenate((rng().normal(0, 100, 5000), rng().normal(0, 1, 5000)))
    counts = WindowCounts()
    counts.slide([part(values, 0, 5000)], 0.0)
    assert counts.bins is not None
    before = counts.bins.width
    for now in range(1, 4):
        (found,) = counts.slide([part(values, 5000, 10_000)], float(now))
    assert counts.bins.width <= before / 10
    assert np.count_nonzero(found.counts) > 10


def test_a_new_extreme_is_taken_in_at_once() -> None:
    """A reading outside the bins widens them, on the same multiples."""
    values = np.append(rng().normal(0, 1, 1000), 9.0)
    counts = WindowCounts()
    counts.slide([part(values, 0, 1000)], 0.0)
    assert counts.bins is not None
    edges = set(counts.bins.edges.tolist())
    (found,) = counts.slide([part(values, 0, 1001)], 0.1)
    assert (found.below, found.above) == (0, 0)
    assert edges <= set(counts.bins.edges.tolist())


def test_a_fraction_among_whole_numbers_ends_bins_of_whole_numbers() -> None:
    """Bins around whole numbers are no use once a reading is none."""
    values = np.append(np.tile([0.0, 1.0, 2.0], 100), [0.5] * 200)
    counts = WindowCounts()
    counts.slide([part(values, 0, 300)], 0.0)
    assert counts.bins is not None
    assert counts.bins.decimals == 0
    counts.slide([part(values, 0, 500)], 0.1)
    assert counts.bins.decimals == 1


def test_rows_that_changed_are_counted_again() -> None:
    """With another edition nothing that was counted before is trusted."""
    counts = WindowCounts(np.array([0.0, 1.0, 2.0]))
    counts.slide([part(np.array([0.5, 0.5]), 0, 2)], 0.0)
    (found,) = counts.slide([part(np.array([1.5, 0.5, 1.5]), 0, 3, edition=1)], 0.1)
    assert found.counts.tolist() == [1, 2]


def test_evicted_rows_are_not_counted() -> None:
    """Rows that were evicted before they were read are nowhere."""
    counts = WindowCounts(np.array([0.0, 10.0]))
    values = np.arange(10.0)
    (found,) = counts.slide([part(values, 0, 8, first=5)], 0.0)
    assert found.counts.tolist() == [3]
    (found,) = counts.slide([part(values, 6, 10, first=5)], 0.1)
    assert found.counts.tolist() == [4]


def test_several_channels_share_bins() -> None:
    """Channels side by side are counted in the same bins, which hold both."""
    low, high = rng().normal(0, 1, 500), rng().normal(10, 1, 500)
    counts = WindowCounts()
    a, b = counts.slide([part(low, 0, 500), part(high, 0, 500)], 0.0)
    assert counts.bins is not None
    assert counts.bins.edges[0] <= low.min()
    assert counts.bins.edges[-1] > high.max()
    assert (a.n, b.n) == (500, 500)


def test_nothing_but_missing_readings_has_no_bins() -> None:
    """Where no reading is there is nothing to choose by."""
    counts = WindowCounts()
    (found,) = counts.slide([part(np.full(3, np.nan), 0, 3)], 0.0)
    assert counts.bins is None
    assert (found.n, found.missing) == (0, 3)


def test_bins_become_finer_with_more_readings_and_are_not_chosen_in_vain() -> None:
    """Readings of one decimal begin with wide bins; where the decimals allow no finer ones, they stay."""
    values = np.round(rng().normal(20, 0.2, 20_000), 1)
    counts = WindowCounts()
    counts.slide([part(values, 0, 4)], 0.0)
    widths, chosen = [], []
    for now in range(1, 30):
        counts.slide([part(values, 0, 600 * now)], float(now))
        assert counts.bins is not None
        widths.append(counts.bins.width)
        chosen.append(id(counts.bins))
    assert widths[-1] == 0.1
    assert len(set(chosen[10:])) <= 2


def test_log_bins_slide_as_numpy_counts() -> None:
    """Readings over many powers of ten are counted in bins that stay; what is not positive is below them."""
    values = rng().lognormal(0, 2, 20_000)
    values[rng().random(len(values)) < 0.2] = 0.0
    counts = WindowCounts("log")
    chosen = []
    for i in range(60):
        start, stop = 200 * i, 200 * i + 8000
        (found,) = counts.slide([part(values, start, stop)], float(i))
        assert counts.bins is not None
        inside = values[start:stop]
        edges = counts.bins.edges
        assert found.counts.tolist() == np.histogram(inside, edges)[0].tolist()
        assert found.below == (inside < edges[0]).sum()
        assert found.above == 0
        chosen.append(counts.bins.decades)
    assert len(set(chosen)) == 1
    assert found.below > 1000


def test_log_bins_follow_readings_of_another_size() -> None:
    """A thousand times smaller ones get bins, and so do the first that are positive."""
    values = np.concatenate(
        [np.zeros(100), rng().lognormal(5, 0.3, 900), rng().lognormal(-5, 0.3, 900)]
    )
    counts = WindowCounts("log")
    for i, stop in enumerate(range(50, 1901, 50)):
        (found,) = counts.slide([part(values, max(0, stop - 500), stop)], float(2 * i))
        inside = values[max(0, stop - 500) : stop]
        placed = int(found.counts.sum())
        assert placed >= 0.97 * (inside > 0).sum()
