"""A figure that describes itself while the main thread is busy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart import described_figure

START = 1_782_907_200.0


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What waits for a main thread that is busy."""
    posted: list[Callable[[], Any]] = []
    monkeypatch.setattr(type(MAIN), "post", lambda _, function: posted.append(function))
    return posted


@pytest.fixture
def chart() -> Iterator[ns.LiveChart]:
    """A chart without channels."""
    chart = ns.LiveChart(ns.Buffer(timezone="UTC"))
    yield chart
    chart.close()


def told(chart: ns.LiveChart) -> dict[str, Any]:
    """Return the figure that goes with the next frames."""
    chart._feed.frame()
    figure: dict[str, Any] = chart._feed.snapshot().content["meta"]["figure"]
    return figure


def fill(chart: ns.LiveChart, units: dict[str, str]) -> None:
    """Add readings of channels."""
    buffer = chart.analyzer.buffer
    buffer.units.update(units)
    for name in units:
        buffer.extend(START + np.arange(3.0), {name: [1.0, 2.0, 3.0]})


def test_channels_that_come_while_a_cell_runs_are_described_as_they_will_be(
    chart: ns.LiveChart, posted: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With axes, limits and what the user chose; when the main thread comes it is the same."""
    monkeypatch.setattr(described_figure, "FORESEEN_AFTER", 0.0)
    chart.update_layout(title_text="mine", yaxis2={"title": {"text": "own"}})
    fill(chart, {"t": "°C", "h": "%", "p": "Pa"})
    chart.analyzer.alert("value > 2", channel="h")
    foreseen = told(chart)
    assert [line["name"] for line in foreseen["lines"]] == ["t", "h", "p"]
    assert [[a["title"] for a in row["axes"]] for row in foreseen["rows"]] == [
        ["°C"],
        ["own"],
        ["Pa"],
    ]
    assert [(limit["row"], limit["value"]) for limit in foreseen["thresholds"]] == [(1, 2.0)]
    assert chart.data == ()
    assert len(posted) == 1
    posted.pop()()
    assert [trace.name for trace in chart.data] == ["t (°C)", "h (%)", "p (Pa)"]
    assert told(chart) == foreseen
    fill(chart, {"u": "°C"})
    assert [a["channels"] for row in told(chart)["rows"] for a in row["axes"]] == [[0, 3], [1], [2]]


def test_what_a_cell_does_while_it_runs_counts(
    chart: ns.LiveChart, posted: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the cell itself brings the traces of the channels with it."""
    monkeypatch.setattr(described_figure, "FORESEEN_AFTER", 0.0)
    monkeypatch.setattr(described_figure, "DESCRIBED_EVERY", 0.0)
    fill(chart, {"t": "°C"})
    assert told(chart)["title"] is None
    chart.update_layout(title_text="mine")
    assert [trace.name for trace in chart.data] == ["t (°C)"]
    assert told(chart)["title"] == "mine"
    assert [line["name"] for line in told(chart)["lines"]] == ["t"]


def test_a_main_thread_that_comes_soon_is_waited_for(
    chart: ns.LiveChart, posted: list[Callable[[], Any]]
) -> None:
    """Nothing is described twice where the loop is free."""
    fill(chart, {"t": "°C"})
    assert told(chart)["lines"] == []
    posted.pop()()
    assert [line["name"] for line in told(chart)["lines"]] == ["t"]


def test_a_figure_that_changes_under_the_look_is_looked_at_again(
    chart: ns.LiveChart, posted: list[Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cell may change what is being read; the frame goes, and the next one has it."""
    monkeypatch.setattr(described_figure, "FORESEEN_AFTER", 0.0)
    fill(chart, {"t": "°C"})

    def changed(*_: Any) -> None:
        raise RuntimeError("dictionary changed size during iteration")

    with monkeypatch.context() as patch:
        patch.setattr(described_figure, "applied", changed)
        assert told(chart)["lines"] == []
    assert [line["name"] for line in told(chart)["lines"]] == ["t"]
