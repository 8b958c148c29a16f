"""Channels of zeros and ones are drawn as steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.widgets.chart import switches
from nbstream.widgets.chart.switches import Switches

START = 1_782_907_200.0


@pytest.fixture
def chart() -> Iterator[ns.LiveChart]:
    """A chart without channels."""
    chart = ns.LiveChart(ns.Buffer(timezone="UTC"))
    yield chart
    chart.close()


def add(chart: ns.LiveChart, start: int, **values: list[Any]) -> None:
    """Add readings, one a second."""
    for name, of_one in values.items():
        chart.analyzer.buffer.extend(START + start + np.arange(float(len(of_one))), {name: of_one})


def told(chart: ns.LiveChart) -> tuple[list[str], list[list[float | None]]]:
    """Return the shapes of the lines and how far the axes reach at least."""
    chart._feed.frame()
    chart._sync()
    figure = chart._described
    axes = [axis for row in figure["rows"] for axis in row["axes"]]
    return [line["shape"] for line in figure["lines"]], [axis["soft"] for axis in axes]


def test_zeros_and_ones_are_steps_until_something_else_comes(chart: ns.LiveChart) -> None:
    """Three of them are enough, missing ones say nothing, and another number ends it for good."""
    add(chart, 0, pump=[0, 1])
    assert told(chart) == (["linear"], [[None, None]])
    add(chart, 2, pump=[np.nan])
    assert told(chart) == (["linear"], [[None, None]])
    add(chart, 3, pump=[True])
    assert told(chart) == (["hv"], [[-0.1, 1.1]])
    add(chart, 4, pump=[0.5])
    assert told(chart) == (["linear"], [[None, None]])
    add(chart, 5, pump=[1.0] * 1000)
    assert told(chart) == (["linear"], [[None, None]])


def test_what_the_user_chose_stays(chart: ns.LiveChart) -> None:
    """A shape, a mode, a range that somebody set, and an axis that others share are left as they are."""
    add(chart, 0, pump=[0, 1, 0], valve=[1, 1, 1], level=[0.0, 0.5, 1.0], door=[0, 0, 1])
    assert told(chart) == (["hv", "hv", "linear", "hv"], [[None, None]])
    chart.data[0].line.shape = "linear"
    chart.data[1].mode = "markers"
    assert told(chart)[0] == ["linear", "linear", "linear", "hv"]


def test_a_range_that_the_user_chose_stays() -> None:
    """The ends of `y` are not moved."""
    chart = ns.LiveChart(ns.Buffer(timezone="UTC"), y=(0, 10))
    add(chart, 0, pump=[0, 1, 0])
    assert told(chart) == (["hv"], [[None, None]])
    assert chart._described["rows"][0]["axes"][0]["range"] == [0, 10]
    chart.close()


def test_a_long_channel_is_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call looks at so many rows only, and what it did not see yet is seen by the next."""
    monkeypatch.setattr(switches, "AT_ONCE", 10)
    buffer, found = ns.Buffer(), Switches()
    buffer.extend(START + np.arange(21.0), x=[0.0] * 20 + [2.0])
    assert [found.among(buffer, ["x"]) for _ in range(3)] == [{"x"}, {"x"}, frozenset()]
