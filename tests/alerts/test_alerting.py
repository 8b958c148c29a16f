"""An analyzer's rules: notifications, silence, previews, gates, files."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.alerts import AlertLog, Incident, Notification, Rule, RuleBook, RuleState
from nbstream.alerts.conditions.table import Table
from nbstream.alerts.rules.rule_file import read_rules
from nbstream.alerts.rules.verdict import Trigger
from nbstream.errors import ClosedError
from nbstream.runtime import ownership
from nbstream.testing import FakeClock
from tests.wait import wait_until

START = 1_782_907_200.0
NS = 1_000_000_000


@pytest.fixture
def buffer() -> ns.Buffer:
    """An empty buffer in UTC."""
    return ns.Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: ns.Buffer) -> Iterator[ns.Analyzer]:
    """An analyzer over ten seconds."""
    with ns.Analyzer(buffer, window="10s") as analyzer:
        yield analyzer


def fill(buffer: ns.Buffer, *values: float, start: int = 0, **others: Any) -> None:
    """Add readings of x, one a second."""
    buffer.extend(START + start + np.arange(len(values)), x=np.array(values), **others)


# What people are told.


def test_notifications_come_on_the_analyzer_s_thread(
    analyzer: ns.Analyzer, buffer: ns.Buffer
) -> None:
    """Subscribers hear of incidents soon, on the thread that found them."""
    told: list[tuple[str, str]] = []

    def note(notification: Notification) -> None:
        told.append((notification.kind, threading.current_thread().name))

    analyzer.alerts.subscribe(note)
    analyzer.alert("value > 90")
    fill(buffer, 93.0)
    wait_until(lambda: len(told) == 1)
    fill(buffer, 50.0, start=1)
    analyzer.update()
    wait_until(lambda: len(told) == 2)
    assert told == [("fired", "nbstream-analyzer"), ("resolved", "nbstream-analyzer")]


def test_history_that_a_new_rule_finds_is_past(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """A rule that is added later logs what was, and tells only what still is."""
    told: list[Notification] = []
    analyzer.alerts.subscribe(told.append)
    fill(buffer, 93.0, 50.0, *[50.0] * 30, 95.0)
    analyzer.update()
    analyzer.alert("value > 90")
    wait_until(lambda: len(told) == 1)
    assert [(n.kind, n.incident.number) for n in told] == [("fired", 2)]
    assert [incident.is_past for incident in analyzer.alerts.incidents] == [True, False]


def test_a_bare_buffer_promises_no_data(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Without a source silence means nothing unless it is asked for; with one it does."""
    assert analyzer.alert("value > 90").no_data == "keep"
    assert analyzer.alert("value > 90", no_data="alert", no_data_after="5s").no_data_after == 5.0
    with ns.Analyzer(ns.RandomSource()) as other:
        assert other.alert("value > 90").no_data == "nodata"


def test_a_cell_that_runs_again_replaces_its_rules_and_notifiers(
    analyzer: ns.Analyzer, buffer: ns.Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told twice because a cell was run twice; what other cells made goes on."""
    told: list[str] = []
    living = ownership.living()

    def run(cell: str, execution: str, condition: str) -> None:
        monkeypatch.setattr(ownership, "_running_request", lambda: (cell, execution))
        analyzer.alert(condition, name=cell)
        analyzer.notify(lambda n: told.append(f"{execution}: {n.kind} {n.incident.rule}"))

    run("a", "1", "value > 90")
    run("b", "2", "value < 0")
    with pytest.raises(ValueError, match="cannot be read"):
        run("a", "3", "value >")
    run("a", "4", "value > 80")
    assert [(rule.name, rule.condition.text) for rule in analyzer.rules] == [
        *[("b", "value < 0"), ("a", "value > 80")]
    ]
    fill(buffer, 95.0)
    analyzer.update()
    wait_until(lambda: len(told) == 2)
    assert sorted(told) == ["2: fired a", "4: fired a"]
    analyzer.close()
    assert sorted(told) == ["2: fired a", "2: resolved a", "4: fired a", "4: resolved a"]
    assert analyzer in living
    assert analyzer not in ownership.living()
    assert [thing for thing in ownership.living() if thing not in living] == []
    for cell in "ab":
        ownership._cells.pop(cell)


# Silence, by a clock that is moved by hand.


class Station:
    """A buffer, a book of rules and a clock."""

    def __init__(self) -> None:
        self.buffer, self.clock = ns.Buffer(timezone="UTC"), FakeClock()
        self.log = AlertLog(timezone="UTC", clock=self.clock)
        self.book = RuleBook(self.buffer, self.clock)

    def rule(self, condition: str = "value > 90", **options: Any) -> Rule:
        """Add a rule."""
        rule = Rule(condition, log=self.log, clock=self.clock, **options)
        self.book.add(rule)
        return rule

    def feed(self, **values: float) -> None:
        """Add a reading of each channel now, and show it to the rules."""
        ns_now = np.array([self.clock.wall_ns()])
        for name, value in values.items():
            self.buffer.extend(ns_now.view("M8[ns]"), **{name: [value]})
            self.book.take_in(Table(ns_now, np.array([value]), channel=name))

    def pass_time(self, seconds: int, expects_data: bool = True, **values: float) -> None:
        """Let seconds go by, with a reading of some channels each, or none."""
        for _ in range(seconds):
            self.clock.advance(1)
            if values:
                self.feed(**values)
            self.book.tick(expects_data=expects_data)


def test_a_channel_is_silent_after_ten_of_its_intervals() -> None:
    """The default follows the channel's own pace, at least two seconds."""
    station = Station()
    rule = station.rule()
    station.pass_time(20, x=1.0)
    station.pass_time(9)
    assert rule.state is RuleState.OK
    station.pass_time(2)
    assert rule.state is RuleState.NO_DATA
    station.pass_time(1, x=1.0)
    assert rule.state is RuleState.OK


def test_a_missing_channel_is_told_from_a_silent_source() -> None:
    """If others go on, the words say so."""
    station = Station()
    rule = station.rule(channel="x", no_data="alert", no_data_after="5s")
    station.pass_time(20, x=1.0, y=1.0)
    station.pass_time(8, y=1.0)
    assert rule.state is RuleState.FIRING
    assert "no reading of x for 5s, while other channels go on" in station.log.active[0].reason
    station.pass_time(1, x=1.0)
    station.pass_time(8)
    assert "no data for 5s since" in station.log.active[0].reason


def test_a_channel_that_does_not_exist_is_told_as_such() -> None:
    """A misspelt channel is no data after the usual patience, and says why."""
    station = Station()
    rule = station.rule(channel="temp 2", no_data="alert")
    station.pass_time(9, temp=1.0)
    assert rule.state is RuleState.OK
    station.pass_time(3, temp=1.0)
    assert rule.state is RuleState.FIRING
    assert station.log.active[0].reason.startswith("there is no channel 'temp 2' since")


def test_nan_is_no_data() -> None:
    """A sensor that sends only NaN is silent."""
    station = Station()
    rule = station.rule()
    station.pass_time(5, x=1.0)
    station.pass_time(15, x=float("nan"))
    assert rule.state is RuleState.NO_DATA


def test_a_stopped_source_is_no_fault() -> None:
    """While no data are expected silence does not count, nor does it count afterwards."""
    station = Station()
    rule = station.rule()
    station.pass_time(5, x=1.0)
    station.pass_time(60, expects_data=False)
    assert rule.state is RuleState.OK
    station.pass_time(9)
    assert rule.state is RuleState.OK
    station.pass_time(2)
    assert rule.state is RuleState.NO_DATA


def test_the_wall_clock_may_be_set() -> None:
    """Silence is measured by a clock that never jumps."""
    station = Station()
    rule = station.rule()
    station.pass_time(5, x=1.0)
    station.clock.step_wall(86_400)
    station.book.tick()
    station.clock.step_wall(-2 * 86_400)
    station.book.tick()
    assert rule.state is RuleState.OK


# Previews.


def test_a_preview_tells_what_would_have_been(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Number, times, peaks and total duration, and nothing of it happens."""
    fill(buffer, 93.0, *[0.0] * 9, 91.0, 97.0, 80.0, 0.0, 95.0, 96.0)
    analyzer.update()
    preview = analyzer.preview("value > 90", "all")
    start = int(START) * NS
    assert [(f.breach_ns - start, f.cleared_ns, f.peak) for f in preview.firings] == [
        (0, start + NS, 93.0),
        (10 * NS, start + 12 * NS, 97.0),
        (14 * NS, None, 96.0),
    ]
    assert (preview.n, preview.firing_s, preview.n_readings) == (3, 1 + 2 + 1, 16)
    assert analyzer.preview("value > 90", "6s", for_="1s").n == 2
    assert analyzer.preview("value > 90", 3).n == 1
    assert analyzer.preview("mean('3s') > 90", "all").n == 0
    assert analyzer.preview("mean('3s') > 90", "all", partial=True).n == 1
    rule = analyzer.alert("value > 95", clear="value < 1")
    rule.limits = 94
    n_fired = analyzer.alerts.n_fired
    assert rule.preview("all").n == 2
    assert analyzer.alerts.n_fired == n_fired
    with pytest.raises(ValueError, match="unknown name 'pressure'"):
        analyzer.preview("pressure > 90")
    with pytest.raises(ValueError, match="belongs to no analyzer"):
        Rule("value > 3", log=AlertLog()).preview()


# Gates.


def test_a_gate_opens_when_the_condition_holds(analyzer: ns.Analyzer, buffer: ns.Buffer) -> None:
    """Awaiting returns the incident, shows no rule, and leaves none behind."""

    async def cell() -> Incident:
        waiting = asyncio.ensure_future(analyzer.wait_for("value > 90", timeout="30s"))
        await asyncio.sleep(0)
        fill(buffer, 50.0, 93.0, 20.0)
        return await waiting

    fill(buffer, 95.0, 10.0, start=-5)
    analyzer.update()
    incident = asyncio.run(cell())
    assert incident.breach.value == 93.0
    assert incident.reason.startswith("x 93 > 90 since 12:00:01")
    assert analyzer.rules == ()
    assert len(analyzer.alerts) == 0


def test_a_gate_is_open_if_the_newest_reading_holds(
    analyzer: ns.Analyzer, buffer: ns.Buffer
) -> None:
    """What is so already need not be waited for."""
    fill(buffer, 50.0, 93.0)
    analyzer.update()
    assert asyncio.run(analyzer.wait_for("value > 90")).breach.value == 93.0


def test_a_gate_gives_up(analyzer: ns.Analyzer) -> None:
    """After the timeout, when the analyzer is closed, or at a condition that cannot be read."""
    with pytest.raises(TimeoutError, match="'value > 90' did not hold within 0.01 s"):
        asyncio.run(analyzer.wait_for("value > 90", timeout=0.01))
    with pytest.raises(ValueError, match="did you mean 'value'"):
        asyncio.run(analyzer.wait_for("vaule > 90"))

    async def cell() -> None:
        waiting = asyncio.ensure_future(analyzer.wait_for("value > 90"))
        await asyncio.sleep(0)
        await asyncio.to_thread(analyzer.close)
        await waiting

    with pytest.raises(ClosedError, match="closed while 'value > 90' was waited for"):
        asyncio.run(cell())
    with pytest.raises(ClosedError):
        asyncio.run(analyzer.wait_for("value > 90"))


def test_a_gate_whose_rule_fails_raises(
    analyzer: ns.Analyzer, buffer: ns.Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a rule that takes in nothing any more, from the first reading on or later."""

    async def cell() -> None:
        waiting = asyncio.ensure_future(analyzer.wait_for("value > 90", timeout="30s"))
        await asyncio.sleep(0)
        monkeypatch.setattr(Trigger, "may_hold", lambda *_: 1 // 0)
        fill(buffer, 50.0, start=1)
        await asyncio.to_thread(analyzer.update)
        await waiting

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asyncio.run(cell())


# Files of rules.


def test_rules_come_back_with_their_open_incidents(
    analyzer: ns.Analyzer, buffer: ns.Buffer, tmp_path: Path
) -> None:
    """A saved rule goes on in another analyzer: the incident is open, and nobody is told twice."""
    path = tmp_path / "rules.json"
    analyzer.alert("value > 90", clear="value < 85", levels={"critical": "value > 95"}, name="hot")
    analyzer.alert("mean('5s') > 1 and not stale", channel="*", for_="1s", cooldown="3min")
    analyzer.alert(
        "outside(1, 2)", ["x", "y"], no_data="alert", no_data_after="1h", severity="info"
    )
    fill(buffer, 50.0, 93.0, 99.0, 88.0)
    analyzer.update()
    analyzer.alerts.acknowledge(1, "Ada", "why")
    analyzer.save_rules(path)
    before = [rule.settings for rule in analyzer.rules]

    told: list[Notification] = []
    with ns.Analyzer(buffer, window="10s") as other:
        other.alerts.subscribe(told.append)
        other.update()
        rules = other.load_rules(path)
        assert [rule.settings for rule in rules] == before
        assert [rule.selected for rule in rules] == [None, "*", ("x", "y")]
        hot = rules[0]
        assert hot.state is RuleState.FIRING
        (incident,) = [i for i in other.alerts.active if i.rule == "hot"]
        assert (incident.breach.value, incident.peak, incident.severity) == (93.0, 99.0, "critical")
        assert incident.acknowledged is not None
        assert incident.acknowledged.who == "Ada"
        fill(buffer, 80.0, start=4)
        other.update()
        assert hot.state is RuleState.OK
        wait_until(lambda: any(n.incident.rule == "hot" for n in told))
        assert [n.kind for n in told if n.incident.rule == "hot"] == ["resolved"]
        assert [i.rule for i in other.alerts.incidents].count("hot") == 1


def test_what_nobody_was_told_of_before_saving_is_told_after_loading(
    analyzer: ns.Analyzer, buffer: ns.Buffer, tmp_path: Path
) -> None:
    """Silences are not saved: what one kept back would be lost otherwise, unless somebody knows of it."""
    path = tmp_path / "rules.json"
    told: list[Notification] = []
    for name in ("told", "kept back", "acknowledged"):
        analyzer.alert("value > 90", name=name)
    analyzer.alerts.silence("[ka]*", for_="1h")
    analyzer.alerts.subscribe(told.append)
    fill(buffer, 93.0)
    analyzer.update()
    wait_until(lambda: analyzer.alerts.counters().muted == 2)
    analyzer.alerts.acknowledge(3, "Ada")
    analyzer.save_rules(path)
    assert [n.incident.rule for n in told] == ["told"]

    later: list[Notification] = []
    with ns.Analyzer(buffer) as other:
        other.alerts.subscribe(later.append)
        other.load_rules(path)
        fill(buffer, 80.0, start=1)
        other.update()
        wait_until(lambda: all(rule.state is RuleState.OK for rule in other.rules))
    assert sorted((n.incident.rule, n.kind) for n in later) == [
        *[("kept back", "fired"), ("kept back", "resolved")],
        ("told", "resolved"),
    ]


def test_whatever_was_saved_can_be_loaded(
    analyzer: ns.Analyzer, buffer: ns.Buffer, tmp_path: Path
) -> None:
    """Long names and notes come back too; what would be too much leaves an old file as it was."""
    path = tmp_path / "rules.json"
    analyzer.alert("value > 90", name="n" * 2_000)
    fill(buffer, 93.0)
    analyzer.update()
    analyzer.alerts.acknowledge(1, "Ada", "why " * 1_000)
    analyzer.save_rules(path)
    saved = path.read_text()
    with ns.Analyzer(buffer) as other:
        (rule,) = other.load_rules(path)
        assert rule.name == "n" * 2_000
        (incident,) = other.alerts.active
        assert incident.acknowledged is not None
        assert incident.acknowledged.why == "why " * 1_000
    for _ in range(500):
        analyzer.alert("value > 91", name="n" * 10_000)
    with pytest.raises(ValueError, match=r"at most 10,000 rules and 5,000,000 bytes \(got 501 and"):
        analyzer.save_rules(path)
    assert path.read_text() == saved


GOOD_FILE: dict[str, Any] = {
    "format": "nbstream rules",
    "version": 1,
    "rules": [{"condition": "value > 90"}],
}
OPEN = {
    **{"channel": "x", "newest_ns": 1, "unit": None, "acknowledged": None, "is_told": True},
    "machine": {
        **{"state": "firing", "since_ns": 1, "breach": [1, 2.0, 2.0, ""], "fired_ns": 1},
        **{"recovers_ns": 0, "last_ns": 1, "peak": 2.0, "margin": None, "rank": 1},
    },
}


def with_rule(**facts: Any) -> dict[str, Any]:
    """Return a file with one rule of these facts."""
    return GOOD_FILE | {"rules": [{"condition": "value > 90", **facts}]}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is no JSON"),
        ("import os", "is no JSON"),
        ("[" * 100_000, "nested too deep"),
        ("9" * 10_000, "has Exceeds"),
        ('{"format": NaN}', "has NaN"),
        ("[]", "is no file of rules"),
        ({"format": "other"}, "is no file of rules"),
        (GOOD_FILE | {"version": 2}, "has version 2, and this nbstream reads version 1"),
        (GOOD_FILE | {"rules": {}}, "no list"),
        (GOOD_FILE | {"rules": [3]}, "has 3 as rule 1"),
        (GOOD_FILE | {"rules": [{}]}, "no 'condition' in rule 1"),
        (with_rule(conditon="value"), "unknown 'conditon' in rule 1; did you mean 'condition'"),
        (with_rule(condition="__import__('os')"), "rule 1 that is not possible"),
        (with_rule(condition="value.x > 3"), "attribute"),
        (with_rule(condition=3), "has 3 as 'condition' of rule 1"),
        (with_rule(name="x" * 10_001), "'name' of rule 1"),
        (with_rule(for_="soon"), "'for_' must be a duration"),
        (with_rule(for_=3), "as 'for_' of rule 1"),
        (with_rule(severity="fatal"), "'severity' must be one of"),
        (with_rule(no_data="explode"), "'no_data' must be one of"),
        (with_rule(levels={"critical": "vaule >"}), "rule 1 that is not possible"),
        (with_rule(levels=["value > 3"]), "as 'levels'"),
        (with_rule(clear="value > 91"), "hold at the same values"),
        (with_rule(channel=3), "as 'channel'"),
        (with_rule(log="x"), "unknown 'log'"),
        (with_rule(open=[{}]), "has no 'channel'"),
        (with_rule(open=[OPEN, OPEN]), "two open incidents of one channel"),
        (with_rule(open=[OPEN | {"newest_ns": 2**70}]), "as 'newest_ns'"),
        (with_rule(open=[OPEN | {"machine": {}}]), "has no 'state'"),
        (with_rule(open=[OPEN | {"machine": OPEN["machine"] | {"state": "ok"}}]), "as 'state'"),
        (with_rule(open=[OPEN | {"machine": OPEN["machine"] | {"rank": 9}}]), "as 'rank'"),
        (with_rule(open=[OPEN | {"machine": OPEN["machine"] | {"breach": [1]}}]), "as 'breach'"),
        (with_rule(open=[OPEN | {"machine": OPEN["machine"] | {"peak": 10**400}}]), "as 'peak'"),
        (" " * 5_000_001, "larger than"),
        (b"\xff\xfe", "not UTF-8"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_hostile_files_are_refused(
    analyzer: ns.Analyzer, tmp_path: Path, content: Any, complaint: str
) -> None:
    """Every wrong file is a ValueError that says what is wrong, and no rule of it is added."""
    path = tmp_path / "rules.json"
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"rules\.json") as caught:
        analyzer.load_rules(path)
    assert complaint in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert analyzer.rules == ()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(["condition", "channel", "levels", "for_", "open", "name"]), json_values)
def test_any_json_is_rules_or_a_value_error(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any
) -> None:
    """Whatever stands where something else should, reading raises nothing but ValueError."""
    path = tmp_path_factory.mktemp("rules") / "rules.json"
    path.write_text(json.dumps(with_rule(**{key: value})))
    with suppress(ValueError):
        read_rules(path)


def test_a_missing_file_is_an_oserror(analyzer: ns.Analyzer, tmp_path: Path) -> None:
    """Nothing is added, and a file that cannot be written leaves no rest."""
    with pytest.raises(FileNotFoundError):
        analyzer.load_rules(tmp_path / "none.json")
    with pytest.raises(FileNotFoundError):
        analyzer.save_rules(tmp_path / "no folder" / "rules.json")
    assert list(tmp_path.iterdir()) == []
