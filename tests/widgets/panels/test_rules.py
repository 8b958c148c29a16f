"""Tests of the rules: what a page asks for is checked, done, and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.alerts import RuleState
from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.panels.rules import Rules
from tests.widgets.fake_page import FakePage


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
def rules(analyzer: Analyzer, page: FakePage) -> Iterator[Rules]:
    """Yield rules whose link is stepped by hand, shown by the page."""
    rules = Rules(analyzer, **page.options)
    page.show(rules)
    yield rules
    rules.close()


def state_of(rules: Rules) -> dict[str, Any]:
    """Return what the page would show now."""
    return rules._read()


def test_shows_rules_and_channels(rules: Rules, analyzer: Analyzer) -> None:
    """The state has all that the page needs to draw the rules."""
    analyzer.buffer.units["y"] = "bar"
    rule = analyzer.alert(
        "outside(3, 5.5)", channel="y", clear="inside(4, 5)", for_="3s", severity="info", name="p"
    )
    state = state_of(rules)
    assert state["channels"][1] == {"name": "y", "label": "y"}
    (shown,) = state["rules"]
    assert shown["condition"]["limits"] == [3.0, 5.5]
    assert shown["clear"]["limits"] == [4.0, 5.0]
    assert (shown["name"], shown["entries"]["for"], shown["unit"]) == ("p", "3s", "bar")
    assert shown["state"] == rule.state.name


def test_limits_are_set_and_the_next_crossing_fires(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """A limit that the page sets is the rule's limit in Python from then on."""
    rule = analyzer.alert("value > 1000")
    (shown,) = state_of(rules)["rules"]
    assert page.ask(kind="limits", rule=shown["id"], limits=[96]) == ""
    assert rule.limits == (96.0,)
    analyzer.buffer.append(3.0, x=97.0)
    analyzer.update()
    assert rule.state is RuleState.FIRING
    assert analyzer.alerts.newest(1)[0].reason.startswith("x 97 > 96")


def test_limits_that_are_not_possible_are_answered(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """Crossed limits, too many, or a limit beyond the clear limit change nothing and say why."""
    rule = analyzer.alert("outside(10, 90)")
    hysteresis = analyzer.alert("value > 90", clear="value < 85")
    first, second = (shown["id"] for shown in state_of(rules)["rules"])
    assert "lower limit" in page.ask(kind="limits", rule=first, limits=[90, 10])
    assert "two limits" in page.ask(kind="limits", rule=first, limits=[5])
    assert "clear" in page.ask(kind="limits", rule=second, limits=[80])
    assert rule.limits == (10.0, 90.0)
    assert hysteresis.limits == (90.0,)


def test_the_clear_limit_is_set_too(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """Both ends of a hysteresis can move."""
    rule = analyzer.alert("value > 90", clear="value < 85")
    (shown,) = state_of(rules)["rules"]
    assert page.ask(kind="limits", rule=shown["id"], limits=[80], clear=[70]) == ""
    assert rule.limits == (80.0,)
    assert rule.clear is not None
    assert rule.clear.limits == (70.0,)


def test_a_rule_is_added(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
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
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """An unknown channel and a clear limit on the wrong side are answered."""
    assert "no channel 'z'" in page.ask(kind="add", operator=">", value=1, channel="z")
    assert "clear" in page.ask(kind="add", operator=">", value=90, clear=95)
    assert analyzer.rules == ()


def test_pages_cannot_add_rules_without_end(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """There are at most 100 rules."""
    for i in range(100):
        analyzer.alert(f"value > {i}")
    assert "100 rules" in page.ask(kind="add", operator=">", value=1)


def test_a_rule_is_removed_once(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """Removing closes the rule; its number is never another rule's."""
    analyzer.alert("value > 90")
    (shown,) = state_of(rules)["rules"]
    assert page.ask(kind="remove", rule=shown["id"]) == ""
    assert analyzer.rules == ()
    analyzer.alert("value > 80")
    assert state_of(rules)["rules"][0]["id"] != shown["id"]
    assert "removed" in page.ask(kind="remove", rule=shown["id"])
    assert len(analyzer.rules) == 1


def test_rules_keep_their_numbers(rules: Rules, analyzer: Analyzer) -> None:
    """A rule is the same row of the page for as long as it lives."""
    first, second = analyzer.alert("value > 1"), analyzer.alert("value > 2")
    numbers = [shown["id"] for shown in state_of(rules)["rules"]]
    first.close()
    assert [shown["id"] for shown in state_of(rules)["rules"]] == numbers[1:]
    assert second.limits == (2.0,)


@pytest.mark.parametrize(
    "message",
    [
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
        {"kind": "unknown"},
        {"kind": None},
        {},
    ],
)
def test_malformed_commands_are_ignored_and_counted(
    rules: Rules, page: FakePage, analyzer: Analyzer, message: dict[str, Any]
) -> None:
    """A command of the wrong shape does nothing, is not answered, and is counted."""
    analyzer.alert("value > 90")
    state = state_of(rules)
    n_sent = len(page.sent)
    page.say({"request": 1, **message})
    assert rules.n_ignored == 1
    assert len(page.sent) == n_sent
    assert state_of(rules) == state
