"""Tests of what views ask for beside the window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart import overview
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.overview import Overview
from nbstream.widgets.chart.view_requests import MAX_WAITING, ViewRequests

START = 1_782_907_200_000.0


class Pump:
    """A pump that the test turns by hand."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []
        self.driven: list[Any] = []

    def add(self, driven: Any) -> None:
        """Drive something at each turn."""
        self.driven.append(driven)

    def remove(self, driven: Any) -> None:
        """Drive it no more."""
        self.driven = [other for other in self.driven if other is not driven]

    def post(self, job: Any) -> None:
        """Keep a job."""
        self.jobs.append(job)

    def turn(self) -> None:
        """Do all jobs."""
        while self.jobs:
            self.jobs.pop(0)()


class Views:
    """Requests of views of a chart over ten minutes of 100 Hz, and what they were answered."""

    def __init__(self, analyzer: Analyzer) -> None:
        self.pump = Pump()
        self.sent: list[tuple[dict[str, Any], list[Any]]] = []
        feed = ChartFeed(analyzer, dict, lambda: 500, None)
        self.requests = ViewRequests(
            feed,
            Overview(analyzer.buffer),
            lambda content, buffers: self.sent.append((content, buffers)),
            lambda: 500,
            self.pump,  # type: ignore[arg-type]
        )

    def ask(self, **message: Any) -> bool:
        """Send a request."""
        return self.requests.take({"client": "a", **message})

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the points of the newest answer."""
        self.pump.turn()
        content, (buffer, *_) = self.sent[-1]
        n = content["lines"][0][1]
        numbers = np.frombuffer(buffer, np.float64)
        return numbers[:n], numbers[n:]


@pytest.fixture
def views() -> Any:
    """Return the views of one chart."""
    buffer = Buffer(timezone="UTC")
    n = 60_000
    buffer.extend((START + np.arange(n) * 10) / 1e3, x=np.sin(np.arange(n)))
    with Analyzer(buffer) as analyzer:
        yield Views(analyzer)


def test_points_are_made_for_the_width_of_the_view(views: Views) -> None:
    """A wide span has few points; once the view is narrow enough, every reading is one."""
    views.ask(kind="history", request=1, **{"from": START, "to": START + 600_000})
    wide, _ = views.points()
    assert 1000 < len(wide) < 5000
    views.ask(kind="history", request=2, **{"from": START + 1000, "to": START + 4000})
    times, _ = views.points()
    inside = times[(times >= START + 1000) & (times <= START + 4000)]
    assert np.allclose(inside, START + 1000 + np.arange(301) * 10)
    assert views.sent[-1][0] | {"lines": 0} == {
        "kind": "history",
        "to": "a",
        "request": 2,
        "lines": 0,
    }


def test_more_than_is_shown_costs_no_detail(views: Views) -> None:
    """Points beyond the edges of the view are as fine as those in it."""
    wide = {"from": START, "to": START + 9000}
    views.ask(kind="history", request=1, span=3000, **wide)
    times, _ = views.points()
    assert len(times[times <= START + 9000]) == 901


def test_of_each_view_the_newest_request_counts(views: Views) -> None:
    """A view that pans faster than it is answered is answered once."""
    for request in range(20):
        views.ask(kind="history", request=request, **{"from": START, "to": START + 1000})
    views.ask(kind="overview")
    views.pump.turn()
    assert sorted((m["kind"], m.get("request")) for m, _ in views.sent) == [
        ("history", 19),
        ("overview", None),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "history"},
        {"kind": "history", "request": 1, "from": START, "to": START},
        {"kind": "history", "request": "1", "from": START, "to": START + 1},
        {"kind": "history", "request": 1, "from": START, "to": float("inf")},
        {"kind": "history", "request": 1, "from": START, "to": START + 1, "span": 0},
        {"kind": "history", "request": 1, "from": START, "to": START + 1, "span": "wide"},
        {"kind": "overview", "client": "x" * 100},
        {"kind": "overview", "client": 7},
        {"kind": "hello"},
    ],
)
def test_what_makes_no_sense_is_refused(views: Views, wrong: dict[str, Any]) -> None:
    """Nothing is done for it, and nothing raises."""
    assert not views.ask(**wrong)
    views.pump.turn()
    assert views.sent == []


def test_the_ends_of_time_are_no_fault(views: Views) -> None:
    """A view may be zoomed out as far as a page's calendar goes."""
    assert views.ask(kind="history", request=1, **{"from": -7.9e15, "to": 7.9e15})
    times, _ = views.points()
    assert len(times) > 1


def test_only_so_many_wait(views: Views) -> None:
    """Pages that make up names can't fill the kernel."""
    taken = [views.ask(kind="overview", client=f"c{i}") for i in range(100)]
    assert sum(taken) == MAX_WAITING
    views.pump.turn()
    assert views.ask(kind="overview", client="c0")


def test_a_large_buffer_is_read_in_turns(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view has what is there at once, and all of it when it was read; the pump turns meanwhile."""
    monkeypatch.setattr(overview, "AT_ONCE", 10_000)
    views.ask(kind="overview")
    views.pump.turn()
    assert len(views.sent) == 1
    n_turns = 0
    while views.pump.driven:
        (driven,) = views.pump.driven
        rest = driven.step(0.0)
        n_turns += 1
        assert (rest is None) == (not views.pump.driven)
    assert n_turns == 6
    (_, (part,)), (said, (whole,)) = views.sent
    assert said["to"] == "a"
    held = [np.isfinite(np.frombuffer(bins, np.float32)).sum() for bins in (part, whole)]
    assert 0 < held[0] < held[1] / 5
    assert held[1] >= 2 * said["n"] - 2


def test_a_chart_that_is_closed_reads_no_more(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun for a view ends with the chart."""
    monkeypatch.setattr(overview, "AT_ONCE", 10_000)
    views.ask(kind="overview")
    views.pump.turn()
    views.requests.close()
    assert views.pump.driven == []
    views.ask(kind="overview")
    views.pump.turn()
    assert views.pump.driven == []
