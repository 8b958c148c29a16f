"""Rules as users handle them: edits, errors, closing, threads."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from nbstream.alerts import AlertLog, Condition, Rule, RuleState
from nbstream.errors import ClosedError

NS = 1_000_000_000


def a_rule(condition: str = "value > 90", **options: Any) -> tuple[Rule, AlertLog]:
    """Return a rule and its log."""
    log = AlertLog(timezone="UTC")
    return Rule(condition, log=log, **options), log


def feed(rule: Rule, *values: float, start: int = 0) -> None:
    """Let the rule take in values, one a second."""
    array = np.array(values, np.float64)
    rule.evaluate((start + np.arange(len(array))) * NS, array, array)


def test_a_new_rule_is_ok() -> None:
    """A rule's attributes are what was given, or say what is meant by default."""
    rule, log = a_rule(channel="temperature", clear="value < 85", for_="3s")
    assert rule.name == "value > 90"
    assert rule.condition == Condition.parse("value > 90")
    assert rule.clear == Condition.parse("value < 85")
    assert (rule.limits, rule.channel, rule.for_) == ((90.0,), "temperature", 3.0)
    assert (rule.severity, rule.state, rule.since_ns) == ("warning", RuleState.OK, None)
    assert (rule.error, rule.is_closed, len(log)) == (None, False, 0)
    assert repr(rule) == "<Rule 'value > 90' on 'temperature': OK>"


def test_the_open_incident_is_the_rules_own() -> None:
    """Whatever other rules are called: from breach to end, then there is none."""
    log = AlertLog(timezone="UTC")
    grave, mild = (
        Rule("value > 90", channel="x", log=log, severity=severity)
        for severity in ("critical", "info")
    )
    for rule in (grave, mild):
        assert rule.incident("x") is None
        feed(rule, 50, 95)
    opened = [rule.incident("x") for rule in (grave, mild)]
    assert [incident and incident.severity for incident in opened] == ["critical", "info"]
    assert grave.incident("y") is None
    feed(grave, 50, start=9)
    assert grave.incident("x") is None
    assert mild.incident("x") == opened[1]


def test_states_follow_the_readings() -> None:
    """OK, PENDING, FIRING and OK again, each with the time since when."""
    rule, _ = a_rule(clear="value < 85", for_=2)
    seen = []
    for t, value in enumerate([50.0, 91, 95, 95, 88, 84]):
        feed(rule, value, start=t)
        seen.append((rule.state.name, rule.since_ns and rule.since_ns // NS))
    assert seen == [
        ("OK", None),
        ("PENDING", 1),
        ("PENDING", 1),
        ("FIRING", 3),
        ("FIRING", 3),
        ("OK", 5),
    ]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", "too hot"),
        ("condition", "value > 80"),
        ("condition", Condition.parse("outside(0, 90)")),
        ("clear", "value < 85"),
        ("limits", (80,)),
        ("limits", 80),
        ("limits", np.array([80.0])),
        ("for_", "10s"),
        ("for_", timedelta(seconds=10)),
        ("severity", "critical"),
        ("channel", "*"),
        ("channel", "x"),
    ],
)
def test_an_edit_starts_the_state_again(attribute: str, value: Any) -> None:
    """An open incident ends with "rule changed", and the next breach is a new one."""
    rule, log = a_rule()
    feed(rule, 93.0, 97.0)
    version = rule.version
    setattr(rule, attribute, value)
    assert rule.state is RuleState.OK
    assert rule.since_ns is None
    assert rule.version > version
    (incident,) = log.incidents
    assert (incident.state, incident.resolved_ns, incident.cleared) == ("resolved", NS, None)
    assert incident.reason.endswith("; ended, rule changed, at 00:00:01, peak 97")
    assert log.active == ()
    feed(rule, *[95.0] * 12, start=2)
    assert [incident.state for incident in log.incidents] == ["resolved", "firing"]


def test_an_edit_forgets_a_pending_breach() -> None:
    """A rule that was pending counts anew after an edit."""
    rule, log = a_rule(for_=2)
    feed(rule, 95.0, 95.0)
    rule.limits = 91
    feed(rule, 95.0, 95.0, start=2)
    assert (rule.state, len(log)) == (RuleState.PENDING, 0)


def test_assigning_the_same_changes_nothing() -> None:
    """A page that sends back what it was told does not end an incident."""
    rule, log = a_rule()
    feed(rule, 95.0)
    version = rule.version
    rule.limits, rule.condition, rule.clear = (90.0,), "90 < value", None
    rule.for_, rule.severity, rule.name, rule.channel = "0s", "warning", None, None
    assert (rule.version, rule.state, len(log.active)) == (version, RuleState.FIRING, 1)


def test_the_name_follows_the_condition_unless_it_was_given() -> None:
    """Without a name of its own a rule is called by its condition."""
    rule, _ = a_rule()
    rule.limits = 80
    assert rule.name == "value > 80"
    rule.name = "too hot"
    rule.limits = 70
    assert rule.name == "too hot"
    rule.name = None
    assert rule.name == "value > 70"


def test_clear_must_not_hold_while_the_condition_does() -> None:
    """Crossing the two ends of a hysteresis is refused and changes nothing."""
    rule, _ = a_rule(clear="value < 85")
    feed(rule, 95.0)
    for attribute, value in [
        ("limits", 80),
        ("condition", "value < 90"),
        ("clear", "value < 91"),
        ("clear", "value > 95"),
        ("clear", "inside(0, 100)"),
    ]:
        with pytest.raises(ValueError, match="hold at the same values"):
            setattr(rule, attribute, value)
    with pytest.raises(ValueError, match="must be about 'zscore'"):
        rule.condition = "zscore > 3"
    assert (rule.limits, rule.state) == ((90.0,), RuleState.FIRING)
    rule.clear = "value <= 90"
    rule.edit(limits=80, clear="value < 75")
    assert (rule.name, str(rule.clear)) == ("value > 80", "value < 75")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"severity": "error"}, "must be one of 'info', 'warning', 'critical'"),
        ({"for_": "-3s"}, "'for_' must be"),
        ({"for_": -1}, "'for_' must be >= 0"),
        ({"for_": float("nan")}, "'for_' must be finite"),
        ({"for_": "1000000 d"}, "'for_' is too long"),
        ({"clear": "vaule < 3"}, "did you mean 'value'"),
        ({"clear": "zscore < 3"}, "must be about 'value'"),
        ({"condition": "value >"}, "cannot be read"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], complaint: str) -> None:
    """Each argument is checked when the rule is made."""
    with pytest.raises(ValueError, match=complaint):
        a_rule(**options)


def test_bad_types_are_refused() -> None:
    """Names are str, limits are numbers."""
    rule, _ = a_rule()
    for attribute, value in [
        *[("name", 3), ("limits", "95"), ("limits", ["95"]), ("condition", 3)],
        *[("channel", 3), ("channel", [])],
    ]:
        with pytest.raises(TypeError):
            setattr(rule, attribute, value)
    with pytest.raises(ValueError, match="needs one limit"):
        rule.limits = (1, 2)


def test_close_ends_the_incident_once() -> None:
    """A closed rule takes in nothing, cannot be edited, and told its owner once."""
    closed = []
    rule, log = a_rule(on_close=closed.append)
    feed(rule, 95.0)
    rule.close()
    rule.close()
    assert closed == [rule]
    assert (rule.state, rule.is_closed, log.active) == (RuleState.OK, True, ())
    assert log.incidents[0].resolution == "rule closed at 00:00:00"
    feed(rule, 95.0, start=1)
    assert len(log) == 1
    with pytest.raises(ClosedError, match="was closed"):
        rule.limits = 80


def test_an_error_is_kept_and_disables_the_rule_until_it_is_edited() -> None:
    """What goes wrong never leaves evaluate; any assignment heals the rule."""
    rule, log = a_rule()
    feed(rule, 95.0)
    version = rule.version
    rule.evaluate(np.arange(3), np.zeros(2), np.zeros(2))
    assert isinstance(rule.error, ValueError)
    assert rule.version > version
    assert rule.state is RuleState.ERROR
    assert "rule failed: " in str(log.incidents[0].resolution)
    feed(rule, 95.0, start=1)
    assert rule.state is RuleState.ERROR
    rule.limits = rule.limits
    assert rule.error is None
    feed(rule, 95.0, start=2)
    assert rule.state is RuleState.FIRING
    rule.evaluate(None, None, None)  # type: ignore[arg-type]
    assert isinstance(rule.error, TypeError)


def test_values_of_another_variable_are_skipped() -> None:
    """A batch that was prepared before the condition changed its variable is not judged."""
    rule, log = a_rule("zscore > 3")
    values = np.array([95.0])
    rule.evaluate(np.array([0]), values, values, variable="value")
    assert (rule.state, len(log)) == (RuleState.OK, 0)
    rule.evaluate(np.array([1]), values, values, variable="zscore")
    assert rule.state is RuleState.FIRING


def test_missing_readings_change_nothing() -> None:
    """NaN neither ends a breach nor clears an incident."""
    rule, log = a_rule(for_=1)
    nan = float("nan")
    feed(rule, nan, 95.0, nan, 95.0, nan)
    assert rule.state is RuleState.FIRING
    feed(rule, nan, nan, start=5)
    assert (rule.state, len(log.active)) == (RuleState.FIRING, 1)
    feed(rule, start=9)
    assert rule.error is None


def test_edits_from_other_threads_are_safe() -> None:
    """While one thread feeds, others move the limit, and the log stays consistent."""
    rule, log = a_rule()
    stop = threading.Event()
    errors: list[Exception] = []

    def edit(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            while not stop.is_set():
                rule.limits = int(rng.integers(50, 90))
                assert len(log.active) <= 1
                assert log.newest(3) is not None
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=edit, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    try:
        rng = np.random.default_rng(0)
        for batch in range(200):
            feed(rule, *rng.uniform(0, 100, 50), start=50 * batch)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    rule.close()
    assert errors == []
    assert rule.error is None
    assert log.active == ()
    assert all(i.resolved_ns is not None for i in log.incidents)
    assert log.n_fired == log.n_dropped + len(log)
