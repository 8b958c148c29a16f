"""Batches give what readings one by one give: a small model of the states is compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.alerts import AlertLog, Condition, Rule, RuleState

NAN = float("nan")
RULES = [
    ("value > 2", None),
    ("value > 2", "value < 0"),
    ("value <= -2", "value > 1"),
    ("outside(-2, 2)", None),
    ("outside(-2, 2)", "inside(-1, 1)"),
    ("abs(zscore) > 2", None),
    ("abs(zscore) >= 2", "abs(zscore) < 1"),
]


class Model:
    """The states of a rule, one reading at a time, as the documentation tells them."""

    def __init__(self, condition: str, clear: str | None, for_ns: int) -> None:
        self.condition = Condition.parse(condition)
        self.clear = Condition.parse(clear) if clear else self.condition.opposite
        self.for_ns = for_ns
        self.state, self.since = RuleState.OK, None
        self.incidents: list[list[Any]] = []

    def take(self, t: int, value: float, x: float) -> None:
        """Take in one reading with what the condition compares."""
        if math.isnan(x):
            return
        holds, clears = (bool(c.holds(np.array([x]))[0]) for c in (self.condition, self.clear))
        beyond = float(self.condition.severity_of(np.array([x]))[0])
        if self.state is RuleState.PENDING and t < self.last:
            self.breach = self.since = t
        self.last = t
        if self.state is RuleState.PENDING and not holds:
            self.state, self.since = RuleState.OK, t
        if self.state is RuleState.OK and holds:
            self.state, self.since = RuleState.PENDING, t
            self.breach, self.first, self.worst = t, value, (-math.inf, NAN)
        if self.state is not RuleState.OK and beyond > self.worst[0]:
            self.worst = (beyond, value)
        if self.state is RuleState.PENDING and t - self.breach >= self.for_ns:
            self.state, self.since = RuleState.FIRING, t
            self.incidents.append([self.breach, self.first, t, None, None, None])
        if self.state is RuleState.FIRING:
            self.incidents[-1][3] = self.worst[1]
            if clears:
                self.incidents[-1][4:] = [t, value]
                self.state, self.since = RuleState.OK, t


def recorded(log: AlertLog) -> list[list[Any]]:
    """Return a log in the model's form."""
    return [
        [
            *(incident.breached_ns, incident.breach.value, incident.fired_ns, incident.peak),
            incident.resolved_ns,
            incident.cleared.value if incident.cleared else None,
        ]
        for incident in log.incidents
    ]


numbers = st.one_of(st.integers(-4, 4).map(float), st.floats(-4, 4), st.just(NAN))
steps = st.sampled_from([0, 0, 1, 1, 2, 5])
steps_with_a_clock_set_back = st.sampled_from([0, 1, 1, 2, 5, -3])


@settings(max_examples=500)
@given(st.data(), st.sampled_from(RULES), st.sampled_from([0, 1, 2, 3, 7]))
def test_batches_give_what_single_readings_give(
    data: st.DataObject, texts: tuple[str, str | None], for_: int
) -> None:
    """However readings are split into batches, log and state are those of the model."""
    gaps = data.draw(st.sampled_from([steps, steps, steps_with_a_clock_set_back]))
    rows = data.draw(st.lists(st.tuples(gaps, numbers, numbers), max_size=40))
    times = 1_000_000_000 * np.cumsum([gap for gap, _, _ in rows], dtype=np.int64)
    xs = np.array([x for _, x, _ in rows], np.float64)
    values = np.array([v for _, _, v in rows], np.float64) if "zscore" in texts[0] else xs
    values = np.where(np.isnan(values), xs, values)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=8)))

    log = AlertLog(timezone="UTC")
    rule = Rule(texts[0], clear=texts[1], for_=for_, log=log)
    model = Model(*texts, for_ * 1_000_000_000)
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        piece = slice(start, stop)
        version, state = rule.version, (rule.state, rule.since_ns)
        rule.evaluate(times[piece], values[piece], xs[piece])
        for row in range(start, stop):
            model.take(int(times[row]), float(values[row]), float(xs[row]))
        assert rule.error is None
        assert (rule.state, rule.since_ns) == (model.state, model.since)
        assert recorded(log) == model.incidents
        assert rule.version > version or (rule.state, rule.since_ns) == state
    assert [incident.state for incident in log.active] == ["firing"] * (
        model.state.value == "firing"
    )


def test_transitions_are_found_inside_a_batch() -> None:
    """Incidents that begin and end between two ends of a batch are all in the log."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", clear="value < 85", log=log)
    values = np.array([1, 91, 99, 88, 95, 84, 88, 92, 1.0])
    rule.evaluate(np.arange(9) * 1_000_000_000, values, values)
    assert rule.state is RuleState.OK
    assert [(i.breached_ns, i.resolved_ns, i.peak) for i in log.incidents] == [
        (1_000_000_000, 5_000_000_000, 99.0),
        (7_000_000_000, 8_000_000_000, 92.0),
    ]


@pytest.mark.parametrize("for_", ["3s", 2.5])
def test_for_is_counted_from_the_breach_in_event_time(for_: str | float) -> None:
    """A rule fires at the first breach that comes `for_` or more after the first one."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", for_=for_, log=log)
    values = np.array([95.0, 95, 80, 95, 95, NAN, 95, 95])
    rule.evaluate(np.arange(8) * 1_000_000_000, values, values)
    (incident,) = log.incidents
    assert incident.breached_ns == 3_000_000_000
    assert incident.fired_ns == 6_000_000_000
    assert rule.state is RuleState.FIRING
    assert rule.since_ns == 6_000_000_000


@pytest.mark.parametrize("cut", [0, 3, 5, 6])
def test_a_clock_that_is_set_back_starts_the_count_again(cut: int) -> None:
    """A pending rule does not wait until time has caught up, wherever the batches were cut."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", for_=5, log=log)
    times = np.array([0, 1, 2, 3, 4, 1, 3, 5, 6]) * 1_000_000_000
    values = np.full(9, 95.0)
    for piece in (slice(0, cut), slice(cut, None)):
        rule.evaluate(times[piece], values[piece], values[piece])
    (incident,) = log.incidents
    assert (incident.breached_ns, incident.fired_ns) == (1_000_000_000, 6_000_000_000)


def test_a_clock_that_is_set_back_does_not_hide_a_breach() -> None:
    """Without `for_` a rule fires at the breach, whatever the clock does after it."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", log=log)
    values = np.array([95.0, 95.0, 80.0])
    rule.evaluate(np.array([5, 3, 4]), values, values)
    assert [(i.fired_ns, i.resolved_ns) for i in log.incidents] == [(5, 4)]


def test_the_peak_grows_while_an_incident_is_open() -> None:
    """The log's open incident holds the farthest reading so far, also over batches without one."""
    log = AlertLog(timezone="UTC")
    rule = Rule("outside(10, 90)", log=log)
    peaks = []
    for t, value in enumerate([93.0, 91.0, 97.0, 1.0, 98.0, NAN, 50.0]):
        array = np.array([value])
        rule.evaluate(np.array([t]), array, array)
        peaks.append(log.incidents[0].peak)
    assert peaks == [93.0, 93.0, 97.0, 1.0, 1.0, 1.0, 1.0]


def test_the_peak_of_a_zscore_is_the_reading() -> None:
    """The peak is the reading with the largest absolute zscore, not that zscore."""
    log = AlertLog(timezone="UTC")
    rule = Rule("abs(zscore) > 4", log=log)
    rule.evaluate(np.arange(3), np.array([20.0, -30.0, 25.0]), np.array([4.5, -6.0, 5.0]))
    assert log.incidents[0].peak == -30.0
