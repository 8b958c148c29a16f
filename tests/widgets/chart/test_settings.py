"""Options of a chart, checked."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.widgets.chart.settings import NEVER_NS, read_band, read_gap, read_switch, read_y


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("fit", "fit"),
        ("expand", "expand"),
        ((0, 10), (0.0, 10.0)),
        ([np.int64(-1), np.float64(1)], (-1.0, 1.0)),
        ((None, 5), (None, 5.0)),
        ((None, None), "fit"),
    ],
)
def test_policies(given: Any, read: Any) -> None:
    """A word, or two ends of which the readings may choose one."""
    assert read_y(given) == read


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ("fixed", ValueError, "'fit', 'expand' or"),
        (5, TypeError, "'fit', 'expand' or"),
        (None, TypeError, "got None"),
        ((1, 2, 3), TypeError, "got"),
        (("a", 2), TypeError, "got"),
        ((True, 2), TypeError, "got"),
        ((2, 1), ValueError, "ascend"),
        ((1, 1), ValueError, "ascend"),
        ((float("nan"), 1), ValueError, "finite"),
        ((0, float("inf")), ValueError, "finite"),
    ],
)
def test_what_is_no_policy(given: Any, error: type[Exception], match: str) -> None:
    """The error says what there is, and what was given."""
    with pytest.raises(error, match=match):
        read_y(given)


def test_a_log_axis_has_positive_ends() -> None:
    """What it can't show is refused, at the beginning and later."""
    with pytest.raises(ValueError, match="> 0 on a log axis"):
        read_y((0, 10), is_log=True)
    assert read_y((0.1, None), is_log=True) == (0.1, None)
    chart = ns.LiveChart(ns.Buffer(), log=True)
    with pytest.raises(ValueError, match="> 0 on a log axis"):
        chart.y = (-1, 1)
    assert chart.y == "fit"
    chart.close()


@pytest.mark.parametrize(
    ("given", "ns_"),
    [(None, None), ("never", NEVER_NS), (0.5, 500_000_000), (np.int64(2), 2 * 10**9)],
)
def test_gaps(given: Any, ns_: int | None) -> None:
    """Seconds, never, or as the pauses around are."""
    assert read_gap(given) == ns_


def test_a_gap_of_centuries_is_never() -> None:
    """What int64 nanoseconds can't hold breaks nothing."""
    assert read_gap(1e300) == read_gap(float("inf")) == NEVER_NS


@pytest.mark.parametrize(
    ("given", "error"),
    [("5s", TypeError), (True, TypeError), ([1], TypeError), (0, ValueError), (-1, ValueError)],
)
def test_what_is_no_gap(given: Any, error: type[Exception]) -> None:
    """The error says what was given."""
    with pytest.raises(error, match="'gap'"):
        read_gap(given)
    with pytest.raises(error, match="'gap'"):
        ns.LiveChart(ns.Buffer(), gap=given)


def test_nan_is_no_gap() -> None:
    """It is not above 0 either."""
    with pytest.raises(ValueError, match="> 0"):
        read_gap(float("nan"))


def test_switches() -> None:
    """True or False, not what counts as such."""
    assert read_switch(True, "log") is True
    with pytest.raises(TypeError, match="'log' must be True or False"):
        ns.LiveChart(ns.Buffer(), log=1)  # type: ignore[arg-type]


def test_what_was_given_can_be_read_and_changed() -> None:
    """As properties of the chart."""
    chart = ns.LiveChart(ns.Buffer(), gap="never", y=(0, 1), rows=[["a"]], log=False)
    assert (chart.gap, chart.y, chart.rows, chart.log) == ("never", (0, 1), (("a",),), False)
    chart.gap = 2.5
    assert chart.gap == 2.5
    chart.gap = None
    assert chart.gap is None
    with pytest.raises(TypeError):
        chart.rows = 5  # type: ignore[assignment]
    chart.close()


def test_a_chart_that_is_refused_leaves_nothing_behind() -> None:
    """No analyzer goes on for a chart whose options are wrong."""
    before = threading.active_count()
    wrong = {"y": "no", "rows": 5, "log": 1, "gap": 0, "channels": [5], "layout": {"no such": 1}}
    for options in ({name: value} for name, value in wrong.items()):
        with pytest.raises((TypeError, ValueError)):
            ns.LiveChart(ns.Buffer(), **options)  # type: ignore[arg-type]
    assert threading.active_count() == before


@pytest.mark.parametrize(("given", "read"), [(None, None), (2, 2.0), (np.float64(0.5), 0.5)])
def test_bands(given: Any, read: float | None) -> None:
    """A band is a number of standard deviations, or none."""
    assert read_band(given) == read


@pytest.mark.parametrize(
    ("given", "kind"),
    [(0, ValueError), (-1, ValueError), (float("nan"), ValueError), (float("inf"), ValueError)]
    + [(wrong, TypeError) for wrong in (True, "2", [2])],
)
def test_bands_that_are_none(given: Any, kind: type[Exception]) -> None:
    """What is no finite number above 0 is refused, by its name."""
    with pytest.raises(kind, match="'band'"):
        read_band(given)


def test_a_page_chooses_the_gap() -> None:
    """Seconds, "never" or None reach the chart, whose pages are told; anything else is no wish."""
    chart = ns.LiveChart(ns.Buffer())
    read = chart._page_actions.actions()["gap"]
    for wish in (2.5, "never", None):
        act = read({"value": wish})
        assert act is not None
        act()
        assert chart.gap == wish
        assert chart._describe()["gap"] == wish
    for wish in (0, -1, float("nan"), float("inf"), True, "soon", [1]):
        assert read({"value": wish}) is None
    chart.close()


def test_a_page_asks_for_a_row_for_each_channel() -> None:
    """The rows that were before come back; a chart of many is higher, if nobody chose its height."""
    buffer = ns.Buffer(timezone="UTC")
    names = [f"c{n}" for n in range(8)]
    buffer.append(0.0, **{name: 10.0**n for n, name in enumerate(names)})
    with ns.Analyzer(buffer) as analyzer:
        charts = [ns.LiveChart(analyzer, rows=[["c0"]], **more) for more in ({}, {"height": 300})]
        for chart, height in zip(charts, (8 * 72 + 60, 300), strict=True):
            read = chart._page_actions.actions()["rows"]
            assert read({"value": "each"}) is None
            for is_each, rows, n_rows in ((True, "each", 8), (False, (("c0",),), 1)):
                act = read({"value": is_each})
                assert act is not None
                act()
                assert chart.rows == rows
                meta = chart._describe()
                assert meta["eachRow"] is is_each
                assert len(meta["figure"]["rows"]) == n_rows
                assert meta["figure"]["height"] == (height if is_each or height == 300 else 380)
            chart.close()
