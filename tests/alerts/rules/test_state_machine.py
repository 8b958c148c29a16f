"""Batches, silence, edits and clocks that go back: a small model of the states is compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbstream.alerts import AlertLog, Condition, Rule, RuleState
from nbstream.alerts.rules.channel_rule import ChannelActivity
from nbstream.alerts.severity import SEVERITIES
from nbstream.readings.intervals import silence_ns, usual_interval_ns

NAN = float("nan")
NS = 1_000_000_000
RULES: list[dict[str, Any]] = [
    {"condition": "value > 2"},
    {"condition": "value > 2", "clear": "value < 0"},
    {"condition": "value <= -2", "clear": "value > 1"},
    {"condition": "outside(-2, 2)"},
    {"condition": "outside(-2, 2)", "clear": "inside(-1, 1)"},
    {"condition": "abs(zscore) > 2"},
    {"condition": "abs(zscore) >= 2", "clear": "abs(zscore) < 1"},
    {"condition": "value > 1", "levels": {"critical": "value > 3", "info": "value > 0"}},
    {"condition": "value > 2", "clear": "value < 0", "levels": {"critical": "value < -3"}}
    | {"clear": "inside(-1, 1)"},
    {"condition": "value > 2 or value < -3", "clear": "value < 1 and value > -2"},
    {"condition": "not (value < 1 or value > 3)"},
    {"condition": "value * value > 4 and value != 3"},
]


class Model:
    """The states of a rule, one reading at a time, as the documentation tells them."""

    def __init__(self, rule: dict[str, Any], for_: int, keep: int, no_data: str) -> None:
        levels = {"warning": rule["condition"], **rule.get("levels", {})}
        self.levels = sorted((SEVERITIES.index(s), Condition.parse(c)) for s, c in levels.items())
        self.condition = Condition.parse(rule["condition"])
        self.clear = Condition.parse(rule["clear"]) if "clear" in rule else None
        self.for_ns, self.keep_ns, self.no_data = for_ * NS, keep * NS, no_data
        self.incidents: list[dict[str, Any]] = []
        self.last_ns = self.silence_told_ns = 0
        self.present: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Start again."""
        self.state, self.since, self.silent = RuleState.OK, None, False

    def edit(self) -> None:
        """Change a setting, and back."""
        self.end("rule changed")
        self.begin()

    @property
    def heard_ns(self) -> int:
        """When the last reading came that was not missing, or the first one if all were."""
        return self.present[-1] if self.present else self.first_ns

    def end(self, why: str) -> None:
        """End an open incident without a reading."""
        if self.incidents and self.incidents[-1]["resolved"] is None:
            fired = self.incidents[-1].get("fired", self.silence_told_ns)
            end = max(self.heard_ns, fired)
            self.incidents[-1] |= {"resolved": end, "ended": why}

    def tick(self, silent_s: float) -> None:
        """Let a second pass without a reading; silence counts from 2 s on."""
        if not self.silent and silent_s >= 2:
            self.fall_silent(2 * NS)

    def fall_silent(self, usual_ns: int) -> None:
        """Do what the policy says, after so long a silence."""
        words, ends_ns = f"no data for {usual_ns // NS}s", self.heard_ns + usual_ns
        if self.state is RuleState.RECOVERING:
            self.end(words)
        if self.state in (RuleState.PENDING, RuleState.RECOVERING):
            self.state, self.since = RuleState.OK, ends_ns
        if self.no_data == "keep":
            return
        self.silent = True
        if self.no_data == "alert":
            if self.state is not RuleState.FIRING:
                self.state, self.since = RuleState.FIRING, self.heard_ns
                self.silence_told_ns = ends_ns
                facts = {"breach": self.heard_ns, "resolved": None, "kind": "no_data"}
                self.incidents.append(facts)
            return
        self.end(words)
        is_shown = self.no_data == "nodata"
        self.state = RuleState.NO_DATA if is_shown else RuleState.OK
        self.since = self.heard_ns if is_shown else None

    def lapse(self, t: int, is_known: bool) -> None:
        """End what waits, if nothing was known for too long before a reading."""
        if self.state not in (RuleState.PENDING, RuleState.RECOVERING):
            return
        usual = self.usual_when_known
        if usual is None:
            if not is_known:
                return
            usual = max(self.for_ns if self.state is RuleState.PENDING else self.keep_ns, 2 * NS)
        if t - self.known_ns > usual:
            if self.state is RuleState.RECOVERING:
                end = max(self.known_ns, self.incidents[-1]["fired"])
                why = f"nothing known for {usual // NS}s"
                self.incidents[-1] |= {"resolved": end, "ended": why}
            self.state, self.since = RuleState.OK, self.known_ns + usual

    @property
    def usual_ns(self) -> int | None:
        """How long silence is usual now."""
        return silence_ns(usual_interval_ns(np.array(self.present, np.int64)))

    def take(self, t: int, value: float, x: float) -> None:
        """Take in one reading with what the condition compares."""
        if not self.last_ns:
            self.first_ns = t
        usual = self.usual_ns
        if not self.silent and usual is not None and t - self.heard_ns > usual:
            self.fall_silent(usual)
        self.last_ns = t
        if self.silent and math.isnan(value):
            return
        if self.silent:
            self.silent = False
            newest = self.incidents[-1] if self.incidents else {"kind": "", "resolved": 0}
            if newest.get("kind") == "no_data" and newest["resolved"] is None:
                newest |= {"resolved": max(t, self.silence_told_ns), "ended": "data back"}
                self.begin()
            elif self.no_data != "alert":
                self.begin()
        if not math.isnan(value):
            self.present.append(t)
        if not (math.isnan(value) and math.isnan(x)):
            self.lapse(t, not math.isnan(x))
        if math.isnan(x):
            return
        held = [rank for rank, condition in self.levels if condition.holds(np.array([x]))[0]]
        is_clear = not held if self.clear is None else bool(self.clear.holds(np.array([x]))[0])
        is_clear = is_clear and not held
        beyond = float(self.condition.margin_of(np.array([x]))[0])
        if t < self.known_ns if self.state is not RuleState.OK else False:
            if self.state is RuleState.PENDING:
                self.breach = self.since = t
            elif self.state is RuleState.RECOVERING:
                self.recovers = self.since = t
        self.known_ns, self.usual_when_known = t, self.usual_ns
        if self.state is RuleState.PENDING and not held:
            self.state, self.since = RuleState.OK, t
        if self.state is RuleState.OK and held:
            self.state, self.since = RuleState.PENDING, t
            self.breach, self.first, self.worst = t, value, (-math.inf, value)
        if self.state is not RuleState.OK and beyond > self.worst[0]:
            self.worst = (beyond, value)
        if (self.state is RuleState.PENDING and t - self.breach >= self.for_ns) or (
            self.state is RuleState.PENDING and not self.for_ns
        ):
            self.state, self.since = RuleState.FIRING, t
            facts = {"breach": self.breach, "first": self.first, "fired": t, "rank": held[-1]}
            self.incidents.append(facts | {"resolved": None, "kind": "breach", "rises": []})
        if self.state is RuleState.RECOVERING and not is_clear:
            self.state, self.since = RuleState.FIRING, t
        if self.state is RuleState.FIRING and is_clear:
            self.state, self.since, self.recovers = RuleState.RECOVERING, t, t
        if self.state in (RuleState.FIRING, RuleState.RECOVERING):
            incident = self.incidents[-1]
            incident["peak"] = self.worst[1]
            if held and held[-1] > incident["rank"]:
                incident["rank"] = held[-1]
                incident["rises"].append(t)
        if self.state is RuleState.RECOVERING and (
            t - self.recovers >= self.keep_ns or not self.keep_ns
        ):
            self.incidents[-1] |= {"resolved": t, "cleared": value}
            self.state, self.since = RuleState.OK, t


def recorded(log: AlertLog) -> list[dict[str, Any]]:
    """Return a log in the model's form."""
    found = []
    for i in log.incidents:
        facts: dict[str, Any] = {"breach": i.breached_ns, "kind": i.kind, "resolved": i.resolved_ns}
        if i.kind == "breach":
            facts |= {"first": i.breach.value, "fired": i.fired_ns, "peak": i.peak}
            facts |= {"rank": SEVERITIES.index(i.severity)}
            facts |= {"rises": [escalation.moment.time_ns for escalation in i.escalations]}
        if i.cleared is not None:
            facts["cleared"] = i.cleared.value
        if i.ended is not None:
            facts["ended"] = i.ended
        found.append(facts)
    return found


numbers = st.one_of(st.integers(-4, 4).map(float), st.floats(-4, 4), st.just(NAN))
steps = st.sampled_from([0, 0, 1, 1, 2, 5, 40])
steps_with_a_clock_set_back = st.sampled_from([0, 1, 1, 2, 5, 40, -3])
silences = st.sampled_from([0.5, 1.0, 2.0, 30.0])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Draw what happens to a rule: batches of readings, ticks of silence, edits."""
    gaps = draw(st.sampled_from([steps, steps, steps_with_a_clock_set_back]))
    batch = st.lists(st.tuples(gaps, numbers, numbers), min_size=1, max_size=12)
    return draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("batch"), batch),
                st.tuples(st.just("batch"), batch),
                st.tuples(st.just("tick"), silences),
                st.tuples(st.just("edit"), st.none()),
            ),
            max_size=9,
        )
    )


@settings(max_examples=400)
@given(
    histories(),
    st.lists(st.integers(1, 12), min_size=1, max_size=5),
    st.sampled_from(RULES),
    st.sampled_from([0, 0, 1, 2, 3, 7]),
    st.sampled_from([0, 0, 1, 2, 5]),
    st.sampled_from(["nodata", "alert", "ok", "keep"]),
)
@example(
    # Three times of which one is a step back say nothing of the interval.
    [
        ("batch", [(0, 0.0, NAN), (-3, 0.0, NAN), (1, 0.0, 0.0)]),
        ("batch", [(0, 0.0, 0.0), (0, 3.0, 0.0), (5, 0.0, 0.0)]),
    ],
    [3],
    {"condition": "value > 2"},
    1,
    0,
    "nodata",
)
def test_batches_give_what_single_readings_give(
    history: list[tuple[str, Any]],
    sizes: list[int],
    texts: dict[str, Any],
    for_: int,
    keep: int,
    no_data: Any,
) -> None:
    """However readings are split into batches, log and state are those of the model."""
    log = AlertLog(timezone="UTC")
    rule = Rule(**texts, for_=for_, keep_firing_for=keep, no_data=no_data, name="r", log=log)
    model = Model(texts, for_, keep, no_data)
    t, n_cuts = 1000 * NS, 0
    for kind, what in history:
        version, before = rule.version, (rule.state, rule.since_ns)
        if kind == "edit":
            rule.name = "r" if rule.name != "r" else "other"
            model.edit()
        elif kind == "tick" and model.last_ns:
            rule.tick(0, ChannelActivity(round(what * NS), NS // 10))
            model.tick(what)
        elif kind == "batch":
            times = t + NS * np.cumsum([gap for gap, _, _ in what], dtype=np.int64)
            t = int(times[-1])
            xs = np.array([x for _, x, _ in what], np.float64)
            values = np.array([v for _, _, v in what], np.float64)
            values = np.where(np.isnan(values), xs, values) if "zs" in texts["condition"] else xs
            position = 0
            while position < len(xs):
                piece = slice(position, position + sizes[n_cuts % len(sizes)])
                rule.evaluate(times[piece], values[piece], xs[piece])
                position, n_cuts = piece.stop, n_cuts + 1
            for row in range(len(xs)):
                model.take(int(times[row]), float(values[row]), float(xs[row]))
        assert rule.error is None
        assert (rule.state, rule.since_ns) == (model.state, model.since)
        assert recorded(log) == model.incidents
        assert rule.version > version or (rule.state, rule.since_ns) == before
    is_open = model.state in (RuleState.FIRING, RuleState.RECOVERING)
    assert len(log.active) == is_open


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
