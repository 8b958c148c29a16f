"""What happens while readings come is what is found when they are read later, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.alerts import AlertLog, Rule, RuleState
from nbstream.testing import FakeClock

NS = 10**9
START = 1_782_907_200
NAN = float("nan")

History = list[tuple[int, dict[str, float]]]
"""Seconds since the one before, and a reading of each channel that brings one."""

CONDITIONS: list[dict[str, Any]] = [
    {"condition": "value > 2"},
    {"condition": "value > 2", "clear": "value < 0"},
    {"condition": "value > 2", "levels": {"critical": "value > 3"}},
    {"condition": "value > 2 and rate_of(value) > -3"},
    {"condition": 'mean("8s") > 1'},
    {"condition": 'mean("8s") > 1 and max("3") < 4', "partial": True},
    {"condition": 'count("20s") < 4 or value > 3', "clear": 'count("20s") > 5 and value < 2'},
    {"condition": "stale"},
    {"condition": "stale and value > 0"},
    {"condition": "value > 2 or stale"},
    {"condition": "value > 2", "clear": "stale or value < 0"},
]


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close what a test played, after it looked at it."""
    yield
    close()


def close() -> None:
    """Close what was played so far."""
    while OPEN:
        OPEN.pop().close()


OPEN: list[ns.Analyzer] = []


class Played:
    """A buffer, an analyzer whose clock is moved by hand, and one rule."""

    def __init__(self, **rule: Any) -> None:
        self.clock = FakeClock(START * NS)
        self.buffer = ns.Buffer(timezone="UTC")
        self.analyzer = ns.Analyzer(self.buffer)
        OPEN.append(self.analyzer)
        self.analyzer._book._clock = self.clock
        self.told: list[str] = []
        self.analyzer.alerts.subscribe(lambda notification: self.told.append(notification.kind))
        self.rule = self.analyzer.alert(**rule)

    def live(self, history: History) -> None:
        """Play readings as they come, with a look at the clock each second."""
        for step, readings in history:
            for _ in range(step):
                self.analyzer._book.tick()
                self.clock.advance(1)
            second = self.clock.wall_ns() // NS
            for name, value in readings.items():
                self.buffer.append(second, {name: value})
            self.analyzer.update()

    def at_once(self, history: History, cuts: tuple[int, ...] = ()) -> None:
        """Give the readings all together, or cut into batches."""
        times = START + np.cumsum([step for step, _ in history])
        for rows in np.split(np.arange(len(history)), sorted({c % len(history) for c in cuts})):
            names = dict.fromkeys(name for row in rows for name in history[row][1])
            for name in names:
                held = [row for row in rows if name in history[row][1]]
                self.buffer.extend(times[held], {name: [history[row][1][name] for row in held]})
            self.analyzer.update()

    def seen(self, *, words: bool = True) -> dict[str, Any]:
        """Return where everything stands, and all that happened."""
        incidents = [
            {
                "kind": i.kind,
                "channel": i.channel,
                "breach": i.breached_ns - START * NS,
                "fired": i.fired_ns - START * NS,
                "resolved": None if i.resolved_ns is None else i.resolved_ns - START * NS,
                "why": i.reason if words else i.cleared,
                "severity": i.severity,
            }
            for i in self.analyzer.alerts.incidents
        ]
        incidents.sort(key=lambda i: (i["channel"], i["breach"], i["fired"], i["kind"]))
        states = self.rule.states
        return {"states": states, "since": self.rule.since_ns, "incidents": incidents}


values = st.one_of(st.sampled_from([NAN, -1.0, 1.0, 3.0, 4.0]), st.just(3.0))
steps = st.sampled_from([1, 1, 1, 1, 2, 3, 9, 12, 40, 200])


def one_channel(min_size: int = 1) -> st.SearchStrategy[History]:
    """Draw the readings of one channel."""
    reading = st.tuples(steps, st.builds(lambda value: {"x": value}, values))
    return st.lists(reading, min_size=min_size, max_size=16)


@settings(max_examples=250, deadline=None)
@given(
    one_channel(),
    st.lists(st.integers(1, 16), max_size=4),
    st.sampled_from(CONDITIONS),
    st.sampled_from([0, 0, 1, 2, 5, 30]),
    st.sampled_from([0, 0, 1, 2, 5, 30]),
    st.sampled_from(["nodata", "alert", "ok", "keep"]),
    st.sampled_from([None, None, 2, 10, 50]),
)
def test_live_and_at_once_agree(
    history: History,
    cuts: list[int],
    condition: dict[str, Any],
    for_: int,
    keep: int,
    no_data: Any,
    after: int | None,
) -> None:
    """Every incident with its times and words, and the state at the end, under every policy."""
    rule = {
        **condition,
        "for_": for_,
        "keep_firing_for": keep,
        "no_data": no_data,
        "no_data_after": after,
    }
    live, once, cut = (Played(**rule) for _ in range(3))
    try:
        live.live(history)
        once.at_once(history)
        cut.at_once(history, tuple(cuts))
        assert once.seen() == live.seen()
        assert cut.seen() == live.seen()
        if once.rule.state is not RuleState.NO_DATA:
            assert "no_data" not in once.told
        previewed = once.analyzer.preview(window="all", **rule)
        assert [(f.breach_ns, f.fired_ns, f.cleared_ns, f.reason) for f in previewed.firings] == [
            (i.breached_ns, i.fired_ns, i.resolved_ns, i.reason)
            for i in once.analyzer.alerts.incidents
        ]
        late: Rule = once.analyzer.alert(**rule)
        assert (late.states, late.since_ns) == (once.rule.states, once.rule.since_ns)
    finally:
        close()


@settings(max_examples=100, deadline=None)
@example([(1, {"x": 3.0, "y": 3.0}), (12, {"x": NAN})], 2, 0)
@given(
    st.lists(
        st.tuples(
            steps,
            st.dictionaries(st.sampled_from(["x", "y"]), values, min_size=1, max_size=2),
        ),
        min_size=1,
        max_size=16,
    ),
    st.sampled_from([0, 2, 5, 30]),
    st.sampled_from([0, 2, 5, 30]),
)
def test_what_waits_ends_while_others_go_on(history: History, for_: int, keep: int) -> None:
    """Of channels that go on alone the rest are left behind, by the data's clock as by the wall's."""
    both = {"x": 1.0, "y": 1.0}
    history = [(0, both), (1, both), (1, both), *history]
    rule = {"condition": "value > 2", "channel": "*", "for_": for_, "keep_firing_for": keep}
    live, once = Played(**rule), Played(**rule)
    try:
        live.live(history)
        once.at_once(history)
        assert once.seen(words=False) == live.seen(words=False)
    finally:
        close()


def readings(*pairs: tuple[float, float]) -> History:
    """Return a history from seconds and values."""
    seconds = [0, *(second for second, _ in pairs)]
    return [
        (int(second - before), {"x": value})
        for before, (second, value) in zip(seconds, pairs, strict=False)
    ]


def every_way(history: History, **rule: Any) -> Played:
    """Play a history live and at once, and return it after they were compared."""
    live, once = Played(**rule), Played(**rule)
    live.live(history)
    once.at_once(history)
    assert once.seen() == live.seen()
    return once


HOUR = 3600
STEADY = [(float(second), 1.0) for second in range(1, 30)]


@pytest.mark.parametrize("policy", ["nodata", "alert", "ok", "keep"])
@pytest.mark.parametrize("before", [STEADY, []])
@pytest.mark.parametrize("between", [[], [(float(s), NAN) for s in range(31, 3000, 60)]])
def test_silence_is_no_time_in_which_it_held(policy: Any, before: Any, between: Any) -> None:
    """95, nothing for an hour (or only NaN), 96: nobody saw "value > 90 for 5min"."""
    history = readings(*before, (30, 95.0), *between, (30 + HOUR, 96.0))
    played = every_way(history, condition="value > 90", for_="5min", no_data=policy)
    assert [i for i in played.analyzer.alerts.incidents if i.kind == "breach"] == []
    assert played.rule.state is RuleState.PENDING
    assert played.rule.since_ns == (START + 30 + HOUR) * NS


def test_a_slow_channel_may_wait_for_its_own_interval() -> None:
    """Once it is known that a reading comes every hour, an hour between two is no silence."""
    hourly = readings(*((HOUR * hour, 95.0) for hour in range(1, 6)))
    played = every_way(hourly, condition="value > 90", for_="5min")
    (incident,) = played.analyzer.alerts.incidents
    assert (incident.breached_ns - START * NS) / NS == 3 * HOUR
    played = every_way(hourly, condition="value > 90", for_="5min", no_data_after="2h")
    (incident,) = played.analyzer.alerts.incidents
    assert (incident.breached_ns - START * NS) / NS == HOUR


@pytest.mark.parametrize("policy", ["nodata", "alert", "ok", "keep"])
def test_what_recovers_ends_with_the_readings(policy: Any) -> None:
    """An incident that is cleared but still kept ends in a silence, and what follows is another one."""
    history = readings(*STEADY, (30, 95.0), (31, 1.0), (31 + HOUR, 96.0))
    played = every_way(history, condition="value > 90", keep_firing_for="5min", no_data=policy)
    first, *_, last = [i for i in played.analyzer.alerts.incidents if i.kind == "breach"]
    assert first.ended == "no data for 10s"
    assert last.state == "firing"
    assert last.number != first.number


@pytest.mark.parametrize(
    ("policy", "ended"),
    [("nodata", "no data for 10s"), ("ok", "no data for 10s"), ("alert", None), ("keep", None)],
)
def test_what_fires_follows_the_policy_in_a_replay_too(policy: Any, ended: str | None) -> None:
    """A silence that is over ends a firing incident, or doesn't, as it would have at that time."""
    history = readings(*STEADY, (30, 95.0), (30 + HOUR, 96.0))
    played = every_way(history, condition="value > 90", no_data=policy)
    assert played.analyzer.alerts.incidents[0].ended == ended
    assert len(played.analyzer.alerts.incidents) == (2 if ended else 1)


def test_silences_of_an_old_file_are_told_to_nobody() -> None:
    """They are logged as past where they are incidents, each night one."""
    nights = [(day * 86_400 + second, 1.0) for day in range(3) for second in range(0, 40_000, 100)]
    played = Played(condition="value > 90", no_data="alert")
    played.at_once(readings(*nights))
    played.analyzer._book.deliver()
    assert [(i.kind, i.is_past) for i in played.analyzer.alerts.incidents] == [
        ("no_data", True)
    ] * 2
    assert played.told == []
    assert played.analyzer.alerts.incidents[0].reason.startswith("no data for 1000s since 23:05:00")


def test_recovering_ends_while_only_other_channels_go_on() -> None:
    """Also if all of it is read at once, from one file."""
    played = Played(condition="value > 90", channel="x", keep_firing_for="5min")
    seconds = np.arange(600.0)
    x = np.where(seconds == 50, 95.0, 1.0)
    x[60:] = NAN
    played.buffer.extend(START + seconds, x=x, y=seconds)
    played.analyzer.update()
    (incident,) = played.analyzer.alerts.incidents
    assert incident.ended == "no reading of x for 10s, while other channels go on"
    assert played.rule.state is RuleState.OK
    played.buffer.extend(START + 600 + seconds[:100], z=seconds[:100])
    played = Played(condition="value > 90", channel="x", keep_firing_for="5min")
    played.buffer.extend(START + seconds[:60], x=x[:60])
    played.buffer.extend(START + seconds, y=seconds)
    played.analyzer.update()
    (incident,) = played.analyzer.alerts.incidents
    assert incident.ended == "no reading of x for 10s, while other channels go on"
    assert played.rule.state is RuleState.OK


def test_a_channel_whose_clock_is_behind_is_not_left_behind() -> None:
    """A device whose clock is a minute late may be pending as long as it brings something."""
    played = Played(condition="value > 90", channel="x", for_="30s")
    for second in range(60):
        value = 95.0 if second >= 20 else 1.0
        played.buffer.append(START + second - 60, x=value)
        played.buffer.append(START + second, y=1.0)
        played.analyzer.update()
    (incident,) = played.analyzer.alerts.incidents
    assert (incident.fired_ns - incident.breached_ns) == 30 * NS


def test_what_is_unknown_for_long_is_not_held_to_last() -> None:
    """A condition of two channels, one of which is missing for long, has to begin anew."""
    rule = {"condition": "x > 90 and y < 3", "channel": "x", "for_": "30s"}
    played = Played(**rule)
    seconds = np.arange(200.0)
    y = np.where((seconds < 40) | (seconds > 120), 1.0, NAN)
    x = np.where(seconds < 30, 1.0, 95.0)
    played.buffer.extend(START + seconds, y=y)
    played.buffer.extend(START + seconds, x=x)
    played.analyzer.update()
    assert len(played.analyzer.alerts.incidents) == 1


def test_how_long_may_pass_is_what_was_usual_when_something_was_known_last() -> None:
    """Readings of which nothing is known, further apart, don't lengthen it, whatever the batches are."""
    known = [(float(second), 1.0) for second in range(1, 6)]
    history = readings(*known, (6, 3.0), (8, 9.0), (20, 3.0), (60, 4.0), (260, 3.0), (460, 3.0))
    rule = {"condition": "std('5s') > 1", "partial": True, "for_": "2s", "no_data": "keep"}
    assert every_way(history, **rule, keep_firing_for="1s").rule.state is RuleState.OK


@pytest.mark.parametrize("n_before", [2, 30, 100])
@pytest.mark.parametrize("n_after", [20, 100])
@pytest.mark.parametrize("after", [None, 10])
def test_a_step_back_does_not_make_up_for_a_gap(n_before: int, n_after: int, after: Any) -> None:
    """A clock that is set back after an hour without readings makes that hour no shorter."""
    tenths = [*range(n_before), 10 * HOUR, 10 * HOUR + 1, *range(n_before, n_before + n_after)]
    seconds = np.array(tenths) / 10
    value = np.full(len(seconds), 95.0)
    live, once = (Played(condition="value > 90", no_data_after=after, no_data="ok") for _ in "ab")
    for second in seconds.tolist():
        live.buffer.append(START + second, x=95.0)
        live.analyzer.update()
    once.buffer.extend(START + seconds, x=value)
    once.analyzer.update()
    assert once.seen() == live.seen()
    rows = START * NS + (seconds * NS).astype(np.int64)
    logs = [AlertLog(), AlertLog()]
    for log, size in zip(logs, (1, len(rows)), strict=True):
        rule = Rule("value > 90", no_data_after=after, no_data="ok", log=log)
        for low in range(0, len(rows), size):
            piece = slice(low, low + size)
            rule.evaluate(rows[piece], value[piece], value[piece])
    ends = [[(i.fired_ns, i.resolved_ns, i.ended) for i in log.incidents] for log in logs]
    assert ends[0] == ends[1]
    assert len(ends[0]) == (1 if after is None and n_before < 3 else 2)


@pytest.mark.parametrize("policy", ["keep", "ok"])
def test_a_silence_ends_what_waited_in_it_only_once(policy: Any) -> None:
    """What waits by what is known at missing readings, long after the silence began, goes on waiting."""
    history = readings((0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0), (60, NAN), (61, NAN), (62, NAN))
    rule = {"condition": 'count("20s") > 3', "keep_firing_for": "30s", "no_data_after": "10s"}
    played = every_way(history, **rule, partial=True, no_data=policy)
    (incident,) = played.analyzer.alerts.incidents
    assert incident.fired_ns == (START + 3) * NS
    assert played.rule.state is (RuleState.RECOVERING if policy == "keep" else RuleState.OK)
    assert (incident.state == "firing") is (policy == "keep")


def test_what_came_in_one_batch_was_not_late() -> None:
    """A channel that ends before the others in some batch is left behind by them, as it was live."""
    seconds = np.arange(300)
    x = np.where(np.isin(seconds, (258, 259)), 95.0, 1.0)
    brings = seconds % 100 < 60
    live, cut = (Played(condition="value > 90", channel="x", for_="5min") for _ in "ab")
    for played, cuts in ((live, range(1, 300)), (cut, range(50, 250, 50))):
        for rows in np.split(seconds, cuts):
            played.buffer.extend(START + rows[brings[rows]], x=x[rows[brings[rows]]])
            played.buffer.extend(START + rows, y=rows)
            played.analyzer.update()
    assert live.rule.state is RuleState.OK
    assert cut.seen() == live.seen()


def test_a_preview_sees_others_go_on_as_the_rule_does() -> None:
    """What recovers ends in both while other channels alone go on."""
    played = Played(condition="value > 90", channel="y", keep_firing_for="5s")
    seconds = np.arange(60.0)
    played.buffer.extend(START + seconds[:20], y=np.where(seconds[:20] == 18, 95.0, 1.0))
    played.buffer.extend(START + seconds, x=seconds)
    played.analyzer.update()
    (incident,) = played.analyzer.alerts.incidents
    (firing,) = played.rule.preview("all").firings
    assert firing.cleared_ns == incident.resolved_ns is not None


@pytest.mark.parametrize(
    "condition",
    [
        'mean("10s") > 2',
        'rate("10s") > 0.5',
        'std("5") > 1',
        'mean("all") > 1.5',
        'count("10s") > 9',
        "rate_of(value) < 1",
        "zscore > 1.5",
    ],
)
def test_a_clock_that_was_set_back_changes_nothing_before(condition: str) -> None:
    """As in local times of autumn: windows before the hour that comes twice are what they were live."""
    rng = np.random.default_rng(7)
    seconds = np.concatenate([np.arange(120) + start for start in (HOUR, 0, 1000, 300)])
    values = rng.choice([0.0, 1.0, 5.0], len(seconds))
    late, *played = (Played(condition=condition, for_="1s") for _ in range(4))
    late.rule.close()
    for way, cuts in zip(played, (range(1, len(seconds)), [], [100, 130, 131, 300]), strict=True):
        for rows in np.split(np.arange(len(seconds)), cuts):
            way.buffer.extend(START + seconds[rows], x=values[rows])
            way.analyzer.update()
    late.buffer.extend(START + seconds, x=values)
    late.analyzer.update()
    late.rule = late.analyzer.alert(condition, for_="1s")
    live = played[0].seen()
    assert live["incidents"]
    assert [way.seen() for way in (*played[1:], late)] == [live] * 3


def in_bursts(played: Played, seconds: range, size: int) -> None:
    """Play readings of each second that come some at a time, with a look at the clock each second."""
    for second in seconds:
        played.clock.advance(1)
        if (second + 1) % size == 0:
            rows = np.arange(second + 1 - size, second + 1)
            played.buffer.extend(START + rows, x=np.where(rows == 610, 95.0, 1.0))
            played.analyzer.update()
        played.analyzer._book.tick()
        played.analyzer._book.deliver()


def test_a_channel_that_brings_a_minute_at_once_is_not_silent_in_between() -> None:
    """As from a gateway that sends 60 readings each minute; only the first pause is no habit yet."""
    played = Played(condition="value > 90", no_data="nodata")
    in_bursts(played, range(120), 60)
    assert played.told == ["no_data", "data_back"]
    in_bursts(played, range(120, 780), 60)
    assert played.told[2:] == ["fired", "resolved"]
    in_bursts(played, range(780, 780 + 130), 1000)
    assert played.told[4:] == ["no_data"]


def test_one_pause_is_a_habit_for_ten_times_as_long() -> None:
    """After a hiccup of the network a channel that comes each second again is judged as before."""
    played = Played(condition="value > 90", no_data="nodata")
    in_bursts(played, range(60), 30)
    in_bursts(played, range(60, 400), 1)
    told = len(played.told)
    in_bursts(played, range(400, 415), 1000)
    assert played.told[told:] == ["no_data"]
