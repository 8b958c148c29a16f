"""Tests of the controls: what a page asks for is checked, done, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nbstream.alerts import RuleState
from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.runtime.main_thread import MainThread
from nbstream.widgets.panels.controls import Controls
from tests.widgets.fake_page import FakePage


class FakeChart:
    """What controls know of a chart."""

    key = "chart-1"
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


def test_shows_window_rules_and_chart(controls: Controls, analyzer: Analyzer) -> None:
    """The state has all that the page needs to draw the controls."""
    analyzer.buffer.units["y"] = "bar"
    rule = analyzer.alert(
        "outside(3, 5.5)", channel="y", clear="inside(4, 5)", for_="3s", severity="info", name="p"
    )
    state = state_of(controls)
    assert state["title"] == "Boiler"
    assert state["window"] == "60s"
    assert (state["chart"], state["paused"]) == ("chart-1", False)
    assert state["channels"][1] == {"name": "y", "label": "y"}
    (shown,) = state["rules"]
    assert shown["condition"]["limits"] == [3.0, 5.5]
    assert shown["clear"]["limits"] == [4.0, 5.0]
    assert (shown["name"], shown["entries"]["for"], shown["unit"]) == ("p", "3s", "bar")
    assert shown["state"] == rule.state.name


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


def test_limits_are_set_and_the_next_crossing_fires(
    controls: Controls, page: FakePage, analyzer: Analyzer
) -> None:
    """A limit that the page sets is the rule's limit in Python from then on."""
    rule = analyzer.alert("value > 1000")
    (shown,) = state_of(controls)["rules"]
    assert page.ask(kind="limits", rule=shown["id"], limits=[96]) == ""
    assert rule.limits == (96.0,)
    analyzer.buffer.append(3.0, x=97.0)
    analyzer.update()
    assert rule.state is RuleState.FIRING
    assert analyzer.alerts.newest(1)[0].reason.startswith("x 97 > 96")


def test_limits_that_are_not_possible_are_answered(
    controls: Controls, page: FakePage, analyzer: Analyzer
) -> None:
    """Crossed limits, too many, or a limit beyond the clear limit change nothing and say why."""
    rule = analyzer.alert("outside(10, 90)")
    hysteresis = analyzer.alert("value > 90", clear="value < 85")
    first, second = (shown["id"] for shown in state_of(controls)["rules"])
    assert "lower limit" in page.ask(kind="limits", rule=first, limits=[90, 10])
    assert "two limits" in page.ask(kind="limits", rule=first, limits=[5])
    assert "clear" in page.ask(kind="limits", rule=second, limits=[80])
    assert rule.limits == (10.0, 90.0)
    assert hysteresis.limits == (90.0,)


def test_the_clear_limit_is_set_too(controls: Controls, page: FakePage, analyzer: Analyzer) -> None:
    """Both ends of a hysteresis can move."""
    rule = analyzer.alert("value > 90", clear="value < 85")
    (shown,) = state_of(controls)["rules"]
    assert page.ask(kind="limits", rule=shown["id"], limits=[80], clear=[70]) == ""
    assert rule.limits == (80.0,)
    assert rule.clear is not None
    assert rule.clear.limits == (70.0,)


def test_a_rule_is_added(controls: Controls, page: FakePage, analyzer: Analyzer) -> None:
    """Operator, value, clear value, severity and channel make a rule."""
    command: dict[str, Any] = {"operator": ">", "value": 90, "clear": 85.5, "severity": "critical"}
    assert page.ask(kind="add", channel="x", **command) == ""
    (rule,) = analyzer.rules
    assert rule.condition.text == "value > 90"
    assert rule.clear is not None
    assert rule.clear.text == "value < 85.5"
    assert (rule.channel, rule.severity, rule.state) == ("x", "critical", RuleState.FIRING)
    assert page.ask(kind="add", operator="<", value=-1e-7) == ""
    assert analyzer.rules[1].limits == (-1e-7,)


def test_a_rule_that_is_not_possible_is_not_added(
    controls: Controls, page: FakePage, analyzer: Analyzer
) -> None:
    """An unknown channel and a clear limit on the wrong side are answered."""
    assert "no channel 'z'" in page.ask(kind="add", operator=">", value=1, channel="z")
    assert "clear" in page.ask(kind="add", operator=">", value=90, clear=95)
    assert analyzer.rules == ()


def test_pages_cannot_add_rules_without_end(
    controls: Controls, page: FakePage, analyzer: Analyzer
) -> None:
    """There are at most 100 rules."""
    for i in range(100):
        analyzer.alert(f"value > {i}")
    assert "100 rules" in page.ask(kind="add", operator=">", value=1)


def test_a_rule_is_removed_once(controls: Controls, page: FakePage, analyzer: Analyzer) -> None:
    """Removing closes the rule; its number is never another rule's."""
    analyzer.alert("value > 90")
    (shown,) = state_of(controls)["rules"]
    assert page.ask(kind="remove", rule=shown["id"]) == ""
    assert analyzer.rules == ()
    analyzer.alert("value > 80")
    assert state_of(controls)["rules"][0]["id"] != shown["id"]
    assert "removed" in page.ask(kind="remove", rule=shown["id"])
    assert len(analyzer.rules) == 1


def test_rules_keep_their_numbers(controls: Controls, analyzer: Analyzer) -> None:
    """A rule is the same row of the page for as long as it lives."""
    first, second = analyzer.alert("value > 1"), analyzer.alert("value > 2")
    numbers = [shown["id"] for shown in state_of(controls)["rules"]]
    first.close()
    assert [shown["id"] for shown in state_of(controls)["rules"]] == numbers[1:]
    assert second.limits == (2.0,)


def test_pause_pauses_the_chart(controls: Controls, page: FakePage) -> None:
    """The chart is paused and resumed, and the state says so."""
    assert page.ask(kind="pause", value=True) == ""
    assert state_of(controls)["paused"] is True
    assert page.ask(kind="pause", value=False) == ""
    assert state_of(controls)["paused"] is False


def test_without_a_chart_there_is_nothing_to_pause(page: FakePage, analyzer: Analyzer) -> None:
    """Controls alone show no pause button, and a page that asks for it is ignored."""
    controls = Controls(analyzer, **page.options)
    assert page.show(controls)["chart"] is None
    page.say({"kind": "pause", "value": True, "request": 1})
    assert controls.n_ignored == 1
    controls.close()


def test_a_failure_of_ours_is_answered_too(
    controls: Controls, page: FakePage, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug behind a command is logged, and the page does not wait for ever."""

    def pause() -> None:
        raise KeyError("oops")

    controls.chart = SimpleNamespace(pause=pause, key="c")
    assert "oops" in page.ask(kind="pause", value=True)
    assert "failed" in caplog.text


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "window", "value": None},
        {"kind": "window", "value": ["60s"]},
        {"kind": "window", "value": "x" * 65},
        {"kind": "limits", "rule": "1", "limits": [1]},
        {"kind": "limits", "rule": 1, "limits": []},
        {"kind": "limits", "rule": 1, "limits": [1, 2, 3]},
        {"kind": "limits", "rule": 1, "limits": [True]},
        {"kind": "limits", "rule": 1, "limits": [float("nan")]},
        {"kind": "limits", "rule": 1, "limits": "90"},
        {"kind": "limits", "rule": 1, "limits": [1], "clear": [None]},
        {"kind": "add", "operator": "==", "value": 1},
        {"kind": "add", "operator": ">", "value": "1; import os"},
        {"kind": "add", "operator": ">", "value": float("inf")},
        {"kind": "add", "operator": [], "value": 1},
        {"kind": "add", "operator": ">", "value": 1, "severity": []},
        {"kind": "add", "operator": ">", "value": 1, "channel": 5},
        {"kind": "try", "rule": None},
        {"kind": "try", "rule": "1", "fields": {}},
        {"kind": "try", "rule": None, "fields": ["value > 90"]},
        {"kind": "try", "rule": None, "fields": {"condition": 5}},
        {"kind": "try", "rule": None, "fields": {"condition": "value > 90", "path": "/etc/passwd"}},
        {"kind": "save", "rule": None, "fields": {"condition": "value > 90", "severity": "fatal"}},
        {"kind": "save", "rule": None, "fields": {"condition": "value > 90", "noData": "explode"}},
        {"kind": "save", "rule": None, "fields": {"condition": {"text": {"text": "value > 90"}}}},
        {"kind": "save", "rule": None, "fields": {"condition": "value > 90 or " * 80_000}},
        {"kind": "save", "rule": 1, "fields": {}},
        {"kind": "save", "rule": 1, "edition": "1", "fields": {}},
        {"kind": "save", "rule": True, "edition": 1, "fields": {}},
        {"kind": "detect"},
        {"kind": "detect", "name": "cusum", "channel": ["x"]},
        {"kind": "undetect", "detector": "1"},
        {"kind": "remove"},
        {"kind": "remove", "rule": True},
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
