"""Tests of the controls: what a page asks for is checked, done, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.runtime.main_thread import MainThread
from nbstream.widgets.panels.controls import Controls
from tests.widgets.fake_page import FakePage


class FakeChart:
    """What controls know of a chart."""

    _page_key = "chart-1"
    is_paused = False

    def pause(self) -> None:
        """Note it."""
        self.is_paused = True

    def resume(self) -> None:
        """Note it."""
        self.is_paused = False


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer of a buffer with two channels."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 95.0], y=[4.0, 5.0, 6.0])
    analyzer = Analyzer(buffer)
    analyzer.update()
    yield analyzer
    analyzer.close()


@pytest.fixture
def controls(analyzer: Analyzer, page: FakePage) -> Iterator[Controls]:
    """Yield controls whose link is stepped by hand, shown by the page."""
    controls = Controls(analyzer, FakeChart(), title="Boiler", **page.options)
    page.show(controls)
    yield controls
    controls.close()


def state_of(controls: Controls) -> dict[str, Any]:
    """Return what the page would show now."""
    return controls._read()


def test_shows_window_and_chart(controls: Controls) -> None:
    """The state has all that the page needs to draw the title row."""
    state = state_of(controls)
    assert state["title"] == "Boiler"
    assert state["window"] == "60s"
    assert (state["chart"], state["paused"]) == ("chart-1", False)


def test_says_how_many_incidents_last(controls: Controls, analyzer: Analyzer) -> None:
    """Without rules there is nothing to say; else the number, and how grave the gravest is."""
    assert state_of(controls)["alerts"] is None
    analyzer.alert("value > 96", channel="*", severity="info")
    analyzer.alert("value > 1000", channel="y", severity="critical")
    analyzer.update()
    assert state_of(controls)["alerts"] == {"n": 0, "severity": ""}
    analyzer.buffer.append(3.0, x=97.0, y=98.0)
    analyzer.update()
    assert state_of(controls)["alerts"] == {"n": 2, "severity": "info"}
    analyzer.buffer.append(4.0, y=1001.0)
    analyzer.update()
    assert state_of(controls)["alerts"] == {"n": 3, "severity": "critical"}


def test_the_window_is_set(controls: Controls, page: FakePage, analyzer: Analyzer) -> None:
    """Choices and free entries change the analyzer's window."""
    for value, window in (
        ("5min", "5min"),
        ("2h30min", "150min"),
        ("1000", 1000),
        (50, 50),
        ("all", "all"),
    ):
        assert page.ask(kind="window", value=value) == ""
        assert analyzer.window == window


@pytest.mark.parametrize("value", ["", "0", "-5s", "5 lightyears", "1e999s", "9" * 60])
def test_a_bad_window_is_answered_and_changes_nothing(
    controls: Controls, page: FakePage, analyzer: Analyzer, value: str
) -> None:
    """The page is told what is wrong, and the window stays."""
    assert "window" in page.ask(kind="window", value=value)
    assert analyzer.window == "60s"


def test_a_pause_of_all_views_is_told(controls: Controls, page: FakePage) -> None:
    """What Python paused and resumed stands in the state; a page that pauses asks nobody."""
    controls.chart.pause()
    assert state_of(controls)["paused"] is True
    controls.chart.resume()
    assert state_of(controls)["paused"] is False
    before = controls.n_ignored
    page.say({"kind": "pause", "value": True, "request": 1})
    assert controls.n_ignored == before + 1


def test_without_a_chart_there_is_nothing_to_pause(page: FakePage, analyzer: Analyzer) -> None:
    """Controls alone show no pause button."""
    controls = Controls(analyzer, **page.options)
    assert page.show(controls)["chart"] is None
    controls.close()


def test_a_failure_of_ours_is_answered_too(
    controls: Controls,
    page: FakePage,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bug behind a command is logged, and the page does not wait for ever."""

    def choose_window(_: str) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(controls.analyzer, "choose_window", choose_window)
    assert "oops" in page.ask(kind="window", value="60s")
    assert "failed" in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "window", "value": None},
        {"kind": "window", "value": ["60s"]},
        {"kind": "window", "value": "x" * 65},
        {"kind": "pause", "value": "yes"},
        {"kind": "unknown"},
        {"kind": None},
        {},
    ],
)
def test_malformed_commands_are_ignored_and_counted(
    controls: Controls, page: FakePage, analyzer: Analyzer, message: dict[str, Any]
) -> None:
    """A command of the wrong shape does nothing, is not answered, and is counted."""
    analyzer.alert("value > 90")
    state = state_of(controls)
    n_sent = len(page.sent)
    page.say({"request": 1, **message})
    assert controls.n_ignored == 1
    assert len(page.sent) == n_sent
    assert state_of(controls) == state


def test_commands_run_on_the_main_thread(
    controls: Controls, page: FakePage, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message on another thread only posts; the work is done by the main loop."""
    posted: list[Any] = []
    monkeypatch.setattr(MainThread, "has_loop", True)
    monkeypatch.setattr(MainThread, "is_current", False)
    monkeypatch.setattr(MainThread, "post", lambda self, function: posted.append(function))
    page.say({"kind": "window", "value": "5min", "request": 1})
    assert analyzer.window == "60s"
    monkeypatch.undo()
    (run,) = posted
    FakePage(monkeypatch)
    run()
    assert analyzer.window == "5min"


def test_a_page_takes_no_memory_with_a_window(page: FakePage) -> None:
    """A page may look at any window; the buffer does not grow for it."""
    buffer = Buffer(capacity=100)
    with Analyzer(buffer) as analyzer:
        controls = Controls(analyzer, **page.options)
        page.show(controls)
        assert page.ask(kind="window", value="365d") == ""
        for start in range(0, 1000, 50):
            buffer.extend(np.arange(start, start + 50), x=np.ones(50))
        assert len(buffer) == 100
        assert page.ask(kind="window", value=1000) == ""
        buffer.extend(np.arange(1000, 1050), x=np.ones(50))
        assert len(buffer) == 100
        controls.close()
