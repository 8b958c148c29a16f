"""Conditions over windows that are not full yet, too long for the buffer, or without any spread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.alerts import AlertLog, Rule, RuleState
from nbstream.widgets.panels.rules import Rules

START = 1_782_907_200
NAN = float("nan")


@pytest.fixture
def analyzer() -> Iterator[ns.Analyzer]:
    """An analyzer of an empty buffer in UTC."""
    with ns.Analyzer(ns.Buffer(timezone="UTC")) as analyzer:
        yield analyzer


def feed(analyzer: ns.Analyzer, seconds: Any, values: Any = 20.0, name: str = "value") -> None:
    """Add readings at these seconds and take them in."""
    times = START + np.asarray(seconds, np.float64)
    column = np.broadcast_to(np.asarray(values, np.float64), len(times))
    analyzer.buffer.extend(times, {name: column})
    analyzer.update()


@pytest.mark.parametrize(
    "condition",
    [
        "count('1min') < 31",
        "max('10min') - min('10min') < 0.01",
        "mean('1min') < 20.5",
        "rate('1min') < 2",
        "median('1min') < 21",
        "p99('1min') < 100",
        "std('1min') < 5",
        "mean < 100",
        "count('100') < 100",
        "not mean('1min') > 30",
        "min(mean('1min'), 3) < 50",
    ],
)
def test_nothing_fires_before_the_window_is_full(analyzer: ns.Analyzer, condition: str) -> None:
    """Half a minute of readings is no minute."""
    rule = analyzer.alert(condition)
    eager = analyzer.alert(condition, partial=True, name="eager")
    feed(analyzer, np.arange(30))
    assert (rule.state, eager.state) == (RuleState.OK, RuleState.FIRING)
    assert rule.waiting.startswith("waiting for a full ")
    assert eager.waiting == ""
    assert analyzer.preview(condition, "all").n == 0
    assert analyzer.preview(condition, "all", partial=True).n == 1


@pytest.mark.parametrize("interval", [0.01, 0.1, 1.0, 7.0, 60.0, 100.0])
def test_a_window_is_full_when_its_readings_span_it(analyzer: ns.Analyzer, interval: float) -> None:
    """But for one usual interval: 60 readings at one a second span 59 s."""
    rule = analyzer.alert("count('1min') > 0")
    n = max(round(60 / interval), 2)
    feed(analyzer, np.arange(n - 1) * interval)
    assert (rule.state is RuleState.OK) == bool(rule.waiting)
    assert rule.state is RuleState.OK
    feed(analyzer, [(n - 1) * interval])
    if interval * 3 > 60:  # the interval is not known before three times
        feed(analyzer, [n * interval])
    assert rule.state is RuleState.FIRING
    assert rule.waiting == ""


def test_jitter_does_not_matter(analyzer: ns.Analyzer) -> None:
    """A reading that comes a little late fills the window all the same."""
    rule = analyzer.alert("count('1min') > 0")
    rng = np.random.default_rng(2)
    feed(analyzer, np.arange(60) + rng.uniform(0, 0.02, 60))
    assert rule.state is RuleState.FIRING


def test_a_rule_says_how_far_its_window_is(analyzer: ns.Analyzer) -> None:
    """In minutes and seconds, or readings; of several windows the longest; as everywhere."""
    ten = analyzer.alert("mean('10min') > 70 and max('1min') > 3")
    count = analyzer.alert("std('1000') > 70")
    own = analyzer.alert("mean > 70")
    plain = analyzer.alert("value > 70")
    every = analyzer.alert("mean('all') > 70")
    feed(analyzer, np.arange(50))
    assert ten.waiting == "waiting for a full 10min (0:49)"
    assert count.waiting == "waiting for a full 1,000 readings (50)"
    assert own.waiting == "waiting for a full 60s (0:49)"
    assert (plain.waiting, every.waiting) == ("", "")
    assert repr(ten).endswith("on the first channel: OK, waiting for a full 10min (0:49)>")
    feed(analyzer, np.arange(50, 201))
    assert ten.waiting == "waiting for a full 10min (3:20)"
    panel = Rules(analyzer)
    assert [rule["waiting"] for rule in panel._state()["rules"]][:2] == [ten.waiting, count.waiting]
    panel.close()
    feed(analyzer, np.arange(201, 600))
    assert ten.waiting == ""


def test_a_hole_does_not_empty_a_window(analyzer: ns.Analyzer) -> None:
    """What was before the window shows that it is whole: few readings in it are few readings."""
    rule = analyzer.alert("count('1min') < 30", no_data="keep")
    feed(analyzer, np.arange(100))
    assert rule.state is RuleState.OK
    feed(analyzer, [4000])
    assert rule.state is RuleState.FIRING


def test_a_window_begins_anew_where_the_clock_was_set_back(analyzer: ns.Analyzer) -> None:
    """What was before the jump is not in it."""
    rule = analyzer.alert("count('1min') < 200")
    feed(analyzer, 5000 + np.arange(300) * 0.2)
    assert rule.state is RuleState.OK
    feed(analyzer, np.arange(100) * 0.2)
    assert rule.waiting == "waiting for a full 60s (0:19)"
    assert rule.state is RuleState.OK
    feed(analyzer, np.arange(100, 302) * 1.0)
    assert rule.state is RuleState.FIRING


def test_missing_readings_fill_a_window_too(analyzer: ns.Analyzer) -> None:
    """A minute of which half is missing is a minute."""
    rule = analyzer.alert("count('1min') < 40")
    feed(analyzer, np.arange(60), np.where(np.arange(60) % 2, NAN, 1.0))
    assert rule.state is RuleState.FIRING


def test_a_window_that_the_buffer_cannot_hold_counts_as_full() -> None:
    """It is told once, with what to do."""
    buffer = ns.Buffer(capacity=100, timezone="UTC")
    with ns.Analyzer(buffer, window="10s") as analyzer:
        rule = analyzer.alert("mean('10min') > 10")
        counting = analyzer.alert("mean('500') > 10")
        feed(analyzer, np.arange(90))
        assert (rule.state, counting.state) == (RuleState.OK, RuleState.OK)
        for begin in range(90, 300, 30):
            feed(analyzer, np.arange(begin, begin + 30))
        assert (rule.state, counting.state) == (RuleState.FIRING, RuleState.FIRING)
        assert [event.text for event in buffer.events] == [
            "the buffer holds 99 s of 'value', less than the 10min of a rule, which looks at what is held; "
            "pass Buffer(capacity=…)",
            "the buffer holds 100 readings of 'value', less than the 500 readings of a rule, which looks at "
            "what is held; pass Buffer(capacity=…)",
        ]


def test_other_parts_of_a_condition_need_no_window(analyzer: ns.Analyzer) -> None:
    """What is not known yet makes only what depends on it unknown; levels and clear too."""
    either = analyzer.alert("value > 90 or mean('10min') > 70")
    both = analyzer.alert("value > 90 and mean('10min') > 70")
    levels = analyzer.alert("value > 90", levels={"critical": "mean('10min') > 50"})
    clear = analyzer.alert("value > 90", clear="mean('10min') < 80")
    feed(analyzer, np.arange(10), 95.0)
    states = [rule.state for rule in (either, both, levels, clear)]
    assert states == [RuleState.FIRING, RuleState.OK, RuleState.FIRING, RuleState.FIRING]
    assert levels.incident("value").severity == "warning"  # type: ignore[union-attr]
    feed(analyzer, np.arange(10, 30), 10.0)
    assert clear.state is RuleState.FIRING


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 60), max_size=5), st.sampled_from([1.0, 0.5, 3.0]), st.integers(0, 9)
)
def test_how_readings_were_batched_makes_no_difference(
    cuts: list[int], interval: float, seed: int
) -> None:
    """A window is full at the same reading, whatever came together."""
    rng = np.random.default_rng(seed)
    seconds = np.cumsum(interval * rng.choice([1.0, 1.0, 1.0, 0.0, 2.0, 9.0], 61))
    seen = []
    for pieces in ([], cuts):
        with ns.Analyzer(ns.Buffer(timezone="UTC")) as analyzer:
            analyzer.alert("count('1min') > 0", no_data="keep")
            analyzer.alert("count('20') > 0 and value > 0", no_data="keep")
            for piece in np.split(seconds, sorted(set(pieces))):
                if len(piece):
                    feed(analyzer, piece)
            seen.append(sorted((i.rule, i.breached_ns) for i in analyzer.alerts.incidents))
    assert seen[0] == seen[1]


def test_files_of_rules_and_dicts_of_watch_say_it(analyzer: ns.Analyzer, tmp_path: Path) -> None:
    """`partial` is saved, loaded, edited, and taken by `watch`."""
    rule = analyzer.alert("mean('10min') > 1", partial=True)
    analyzer.alert("mean('10min') > 2")
    path = tmp_path / "rules.json"
    analyzer.save_rules(path)
    assert [loaded.partial for loaded in analyzer.load_rules(path)] == [True, False]
    feed(analyzer, np.arange(10))
    assert rule.state is RuleState.FIRING
    rule.partial = False
    assert rule.state is RuleState.OK
    feed(analyzer, [10])
    assert rule.waiting == "waiting for a full 10min (0:10)"
    given: Any = "yes"
    with pytest.raises(TypeError, match="'partial' must be True or False \\(got 'yes'\\)"):
        rule.edit(partial=given)
    alerts = [{"condition": "mean('10min') > 1", "partial": True}]
    dashboard = ns.watch(analyzer.buffer, alerts=alerts)
    assert dashboard.analyzer.rules[0].partial
    dashboard.close()


def test_a_gate_waits_for_a_full_window(analyzer: ns.Analyzer) -> None:
    """`wait_for` opens at once only if it is told that less will do."""
    feed(analyzer, np.arange(30))

    async def gates() -> None:
        with pytest.raises(TimeoutError):
            await analyzer.wait_for("mean('1min') > 10", timeout=0.05)
        await analyzer.wait_for("mean('1min') > 10", timeout=5, partial=True)
        feed(analyzer, np.arange(30, 70))
        await analyzer.wait_for("mean('1min') > 10", timeout=5)

    asyncio.run(gates())


def flat(analyzer: ns.Analyzer, level: float = 5.0, differs: float = 500.0) -> None:
    """Add 600 equal readings and one that is not, and equal ones again."""
    values = np.array([level] * 600 + [differs] + [level] * 5)
    feed(analyzer, np.arange(len(values)), values)


@pytest.mark.parametrize("window", ["all", "600", "10min", "60s"])
@pytest.mark.parametrize(("level", "differs"), [(5.0, 500.0), (1e9, 1e9 + 1), (0.1, 0.0)])
def test_what_differs_from_equal_readings_is_an_alert(
    window: str, level: float, differs: float
) -> None:
    """For the rule as for the detector, and in words instead of a number that is none."""
    with ns.Analyzer(ns.Buffer(timezone="UTC"), window=window) as analyzer:
        analyzer.buffer.units["value"] = "°C"
        analyzer.alert("abs(zscore) > 3")
        analyzer.alert("value < 1e10 and abs(zscore) > 3", name="formula")
        analyzer.alert("zscore / 2 > 3 or zscore / 2 < -3", name="arithmetic")
        analyzer.detect("zscore")
        flat(analyzer, level, differs)
        anomalies = analyzer.anomalies.to_pandas()
        assert len(anomalies) == 1
        n = {"60s": 59, "10min": 599}.get(window, 600)
        reasons = {i.rule: i.reason for i in analyzer.alerts.incidents}
        assert len(reasons) == 3
        for reason in reasons.values():
            assert f"unlike {n} equal readings" in reason
            assert "inf" not in reason
        assert f"{differs:.17g}"[:3] in reasons["abs(zscore) > 3"]
        assert "inf" not in analyzer.alerts.to_pandas().to_csv()


def test_the_words_of_an_endless_zscore(analyzer: ns.Analyzer, tmp_path: Path) -> None:
    """Reading, channel, unit, and how many were equal; also of what is saved and loaded."""
    analyzer.window = "all"
    analyzer.buffer.units["value"] = "°C"
    analyzer.alert("abs(zscore) > 3", clear="abs(zscore) < 1")
    values = np.array([5.0] * 600 + [500.0])
    feed(analyzer, np.arange(601), values)
    (incident,) = analyzer.alerts.incidents
    assert incident.reason == "value 500 °C: unlike 600 equal readings since 12:10:00"
    analyzer.save_rules(tmp_path / "rules.json")
    with ns.Analyzer(ns.Buffer(timezone="UTC")) as other:
        other.load_rules(tmp_path / "rules.json")
        assert other.alerts.incidents[0].reason == incident.reason


def test_a_rule_that_is_told_zscores_says_it_too() -> None:
    """Also without a buffer nobody reads "inf"."""
    log = AlertLog(timezone="UTC")
    rule = Rule("zscore > 3", log=log)
    rule.evaluate(np.array([0]), np.array([7.0]), np.array([np.inf]))
    assert rule.condition.describe(np.inf) == "unlike the equal readings before"
    (incident,) = log.incidents
    assert incident.reason == "value 7: unlike the equal readings before since 00:00:00"
