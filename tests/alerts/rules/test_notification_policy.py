"""Who is told of what: each thing once, not too often, and not what was silenced."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nbstream.alerts import AlertLog, Notification, Rule, RuleState
from nbstream.alerts.rules.channel_rule import ChannelActivity
from nbstream.testing import FakeClock

NS = 1_000_000_000
BAD, GOOD, WORSE = 93.0, 50.0, 97.0


class Watched:
    """A rule, its log, a clock, and what subscribers were told."""

    def __init__(self, condition: str = "value > 90", **options: Any) -> None:
        self.clock = FakeClock()
        self.log = AlertLog(timezone="UTC", clock=self.clock)
        self.told: list[Notification] = []
        self.log.subscribe(self.told.append)
        self.rule = Rule(condition, log=self.log, clock=self.clock, **options)
        self._row = 0

    def feed(self, *values: float) -> list[str]:
        """Take in values one a second and return the kinds that were told of."""
        for value in values:
            self._row += 1
            column = np.array([value])
            self.rule.evaluate(np.array([self._row * NS]), column, column)
        return self.kinds()

    def tick(self, silent_s: float = 0.0, **pulse: Any) -> list[str]:
        """Let the rule look at the clock and return the kinds that were told of."""
        self.rule.tick(
            self.clock.wall_ns(),
            ChannelActivity(round(silent_s * NS), **{"interval_ns": NS // 10} | pulse),
        )
        self.rule.deliver()
        return self.kinds()

    def kinds(self) -> list[str]:
        """Return the kinds that were told of, and forget them."""
        kinds = [notification.kind for notification in self.told]
        self.told.clear()
        return kinds


def test_firing_and_its_end_are_told_once() -> None:
    """One notification for the incident, one for its end, each with the incident as it was then."""
    watched = Watched(for_="1s")
    for t, value in enumerate([BAD, BAD, WORSE, GOOD], 1):
        watched.rule.evaluate(np.array([t * NS]), np.array([value]), np.array([value]))
    fired, resolved = watched.told
    assert (fired.kind, resolved.kind) == ("fired", "resolved")
    assert fired.incident.state == "firing"
    assert resolved.incident.state == "resolved"
    assert resolved.incident.number == fired.incident.number
    assert fired.text == "fired: value 93 > 90 for 1s since 00:00:01"
    assert fired.at_ns == watched.clock.wall_ns()


def test_a_rise_is_told_again_and_a_fall_is_not() -> None:
    """An escalation re-notifies once per severity, and the incident keeps the gravest."""
    watched = Watched(severity="info", levels={"warning": "value > 94", "critical": "value > 98"})
    assert watched.feed(BAD, 95.0, 99.0, BAD, 99.0, GOOD) == [
        *("fired", "escalated", "escalated", "resolved")
    ]
    (incident,) = watched.log.incidents
    assert incident.severity == "critical"
    assert incident.reason == (
        "value 93 > 90 since 00:00:01; warning since 00:00:02 (value 95); "
        "critical since 00:00:03 (value 99); cleared by value 50 at 00:00:06, peak 99"
    )


def test_a_level_may_be_breached_alone() -> None:
    """A level on the other side fires too, with its own words."""
    watched = Watched(levels={"critical": "value < 5"})
    assert watched.feed(3.0) == ["fired"]
    (incident,) = watched.log.active
    assert (incident.severity, incident.reason) == ("critical", "value 3 < 5 since 00:00:01")


def test_the_cooldown_holds_back_until_it_is_over() -> None:
    """A second incident within the cooldown is told when that ends, if it is still open then."""
    watched = Watched(cooldown="60s")
    assert watched.feed(BAD, GOOD, BAD, GOOD, BAD) == ["fired", "resolved"]
    watched.clock.advance(59)
    assert watched.tick() == []
    watched.clock.advance(1)
    assert watched.tick() == ["fired"]
    assert watched.feed(GOOD) == ["resolved"]
    assert watched.log.counters().muted == 2


def test_what_is_graver_bypasses_the_cooldown() -> None:
    """Neither a graver incident waits nor one that becomes graver; it is told as new, for it is."""
    watched = Watched(cooldown="60s", levels={"critical": "value > 95"})
    assert watched.feed(BAD, GOOD, WORSE) == ["fired", "resolved", "fired"]
    watched = Watched(cooldown="60s", levels={"critical": "value > 95"})
    assert watched.feed(BAD, GOOD, BAD, WORSE) == ["fired", "resolved", "fired"]
    assert watched.feed(GOOD) == ["resolved"]


def test_a_clock_set_back_restarts_the_cooldown() -> None:
    """A correction of the clock neither blocks for ever nor ends the cooldown."""
    watched = Watched(cooldown="60s")
    watched.feed(BAD, GOOD)
    watched.clock.step_wall(-3600)
    assert watched.feed(BAD) == []
    watched.clock.advance(60)
    assert watched.tick() == ["fired"]


def test_an_acknowledged_incident_does_not_escalate_but_ends() -> None:
    """Who takes care is in the log, and hears only that it is over."""
    watched = Watched(levels={"critical": "value > 95"})
    watched.feed(BAD)
    incident = watched.log.acknowledge(1, "Ada", "valve stuck")
    assert incident.acknowledged is not None
    assert (incident.acknowledged.who, incident.acknowledged.why) == ("Ada", "valve stuck")
    assert watched.feed(WORSE, GOOD) == ["resolved"]
    assert watched.log.incidents[0].acknowledged == incident.acknowledged
    assert watched.log.to_pandas()["acknowledged"].tolist() == ["Ada"]
    with pytest.raises(ValueError, match="no incident 7"):
        watched.log.acknowledge(7, "Ada")
    with pytest.raises(ValueError, match="must name somebody"):
        watched.log.acknowledge(1, " ")


def test_a_silence_by_pattern_holds_back_until_it_ends() -> None:
    """Silenced incidents are logged as such, and told afterwards if they are still open."""
    watched = Watched(name="too hot", channel="temp 1")
    watched.log.silence("too *", "temp [12]", for_="10min", why="maintenance")
    assert watched.feed(BAD, GOOD, BAD) == []
    assert [incident.is_silenced for incident in watched.log.incidents] == [True, True]
    assert watched.rule.state is RuleState.FIRING
    watched.clock.advance(599)
    assert watched.tick() == []
    watched.clock.advance(2)
    assert watched.tick() == ["fired"]
    assert watched.log.silences == ()
    assert watched.feed(GOOD, BAD) == ["resolved", "fired"]


def test_a_rise_during_a_silence_is_told_as_such_when_it_ends() -> None:
    """Who heard that it fired hears that it became graver, not that it fired once more."""
    watched = Watched(levels={"critical": "value > 95"})
    assert watched.feed(BAD) == ["fired"]
    watched.log.silence(for_="10s")
    assert watched.feed(WORSE) == []
    watched.clock.advance(5)
    assert watched.tick() == []
    assert watched.log.counters().muted == 1
    watched.clock.advance(6)
    assert watched.tick() == ["escalated"]
    assert watched.tick() == []
    assert watched.feed(GOOD) == ["resolved"]


@pytest.mark.parametrize("is_edited", [True, False])
def test_an_end_during_a_silence_is_told_when_it_is_over(is_edited: bool) -> None:
    """A program that heard of the beginning must not believe for ever that it goes on."""
    watched = Watched()
    assert watched.feed(BAD) == ["fired"]
    watched.log.silence(for_="10s")
    if is_edited:
        watched.rule.limits = 91
    assert watched.feed(GOOD) == []
    watched.clock.advance(9)
    assert watched.tick() == []
    watched.clock.advance(2)
    assert watched.tick() == ["resolved"]
    assert watched.tick() == []


def test_no_data_during_a_silence_is_told_when_that_is_over() -> None:
    """A source that dies while its rule is snoozed, and stays away, is told of; its return only then."""
    watched = Watched()
    watched.feed(GOOD)
    watched.log.silence(for_="10s")
    assert watched.tick(5.0) == []
    assert watched.feed(GOOD) == []
    assert watched.tick(5.0) == []
    watched.rule.limits = 91
    assert watched.tick(5.0) == []
    assert watched.log.counters().muted == 3
    watched.clock.advance(11)
    assert watched.tick(6.0) == ["no_data"]
    assert watched.tick(7.0) == []
    assert watched.feed(GOOD) == ["data_back"]


def test_silences_match_names_exactly_as_patterns_do() -> None:
    """Other names and other cases are not silenced; a snooze covers one rule and channel."""
    watched = Watched(name="a[1]", channel="c*")
    assert watched.feed(BAD) == ["fired"]
    snooze = watched.log.snooze(1, "5min", who="Ada")
    assert watched.log.is_silenced("a[1]", "c*", watched.clock.wall_ns())
    assert not watched.log.is_silenced("a1", "c*", watched.clock.wall_ns())
    assert not watched.log.is_silenced("a[1]", "cc", watched.clock.wall_ns())
    assert watched.feed(GOOD, BAD) == []
    watched.log.end_silence(snooze)
    assert watched.tick() == ["resolved", "fired"]
    watched.log.silence("A*", for_=60)
    assert watched.feed(GOOD, BAD) == ["resolved", "fired"]


def test_patterns_and_notes_are_text() -> None:
    """A rule instead of its name would silence nothing; that is said, and so is a note too long to save."""
    watched = Watched()
    watched.feed(BAD)
    with pytest.raises(TypeError, match="'rule' must be a str"):
        watched.log.silence(watched.rule, for_=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'who' must be a str"):
        watched.log.acknowledge(1, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'why' must have at most 10,000 characters"):
        watched.log.acknowledge(1, "Ada", "x" * 10_001)
    with pytest.raises(ValueError, match="'name' must have at most 10,000 characters"):
        watched.rule.name = "x" * 10_001
    assert watched.log.active[0].acknowledged is None


def test_a_silence_needs_an_end_in_the_future() -> None:
    """Wrong ends are refused, and times may be given in any form."""
    log = AlertLog(timezone="UTC", clock=FakeClock())
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    silence = log.silence(until=noon + timedelta(hours=1))
    assert silence.until_ns == (1_782_907_200 + 3600) * NS
    with pytest.raises(ValueError, match="end in the future"):
        log.silence(until=noon)
    with pytest.raises(ValueError, match="end in the future"):
        log.silence(for_=0)
    with pytest.raises(TypeError, match="either for_"):
        log.silence()
    with pytest.raises(ValueError, match="no incident 3"):
        log.snooze(3)


def test_a_flapping_rule_says_so_once_and_is_muted() -> None:
    """The seventh incident in ten minutes is told as flapping; later ones are logged only."""
    watched = Watched()
    assert watched.feed(*[BAD, GOOD] * 6) == ["fired", "resolved"] * 6
    assert watched.feed(*[BAD, GOOD] * 5) == ["flapping"]
    assert watched.rule.is_flapping
    assert [i.is_flapping for i in watched.log.incidents] == [False] * 6 + [True] * 5
    watched.clock.advance(601)
    assert watched.feed(BAD, GOOD) == ["fired", "resolved"]
    assert not watched.rule.is_flapping


def test_a_source_that_comes_and_goes_flaps_too() -> None:
    """The seventh silence in ten minutes is told as flapping, later ones and their ends are muted."""
    watched = Watched()
    watched.feed(GOOD)
    kinds = []
    for _ in range(9):
        kinds += watched.tick(5.0)
        kinds += watched.feed(GOOD)
    assert kinds == [*["no_data", "data_back"] * 6, "flapping"]
    assert watched.feed(BAD) == ["fired"]
    watched.clock.advance(600)
    assert watched.tick(5.0) == ["resolved", "no_data"]


def test_flapping_ends_by_itself() -> None:
    """A rule that has been quiet for ten minutes doesn't flap, also if it never fires again."""
    watched = Watched()
    watched.feed(*[BAD, GOOD] * 7)
    assert watched.rule.is_flapping
    version = watched.rule.version
    watched.clock.advance(600)
    assert watched.tick() == []
    assert not watched.rule.is_flapping
    assert watched.rule.version > version
    assert watched.feed(BAD) == ["fired"]


def test_what_still_fires_when_flapping_ends_is_told() -> None:
    """An incident that was muted and stays open is told later."""
    watched = Watched()
    watched.feed(*[BAD, GOOD] * 7, BAD)
    watched.clock.advance(601)
    assert watched.tick() == ["fired"]


def test_a_storm_in_one_batch_is_told_as_flapping() -> None:
    """Thousands of incidents found at once make few notifications."""
    watched = Watched()
    values = np.array([BAD, GOOD] * 5_000 + [BAD])
    watched.rule.evaluate(np.arange(10_001) * 1000, values, values)
    kinds = watched.kinds()
    assert kinds.count("flapping") == 1
    assert kinds.count("fired") == 6


@pytest.mark.parametrize("n", [600, 3_000])
def test_a_storm_does_not_hide_the_end_of_what_was_told(n: int) -> None:
    """More incidents than the log holds, or than wait to be told of: the first one's end is told."""
    watched = Watched()
    watched.log = AlertLog(maxlen=100, clock=watched.clock)
    watched.rule = Rule("value > 90", log=watched.log, clock=watched.clock)
    watched.log.subscribe(watched.told.append)
    assert watched.feed(BAD) == ["fired"]
    values = np.tile([GOOD, BAD], n)
    watched.rule.evaluate(2 * NS + np.arange(2 * n), values, values)
    ends = [told.incident.number for told in watched.told if told.kind == "resolved"]
    assert ends[0] == 1
    assert len(set(ends)) == len(ends)


def test_what_was_over_long_before_it_was_found_is_past() -> None:
    """Catching up with an old file is logged as past and told to nobody; what is open or new is told."""
    watched = Watched(levels={"critical": "value > 95"})
    values = np.array([BAD, GOOD, WORSE, GOOD, *[GOOD] * 60, BAD, GOOD, BAD])
    watched.rule.evaluate(np.arange(len(values)) * NS, values, values)
    assert watched.kinds() == ["fired", "resolved", "fired"]
    assert [i.is_past for i in watched.log.incidents] == [True, True, False, False]
    assert watched.log.counters().past == 2


def test_silence_of_the_source_is_told_once_and_its_end_too() -> None:
    """NO_DATA by this machine's clock, once, with what is silent; then data back."""
    watched = Watched(channel="x")
    watched.feed(BAD)
    watched.kinds()
    assert watched.tick(1.9) == []
    assert watched.tick(2.0) == ["resolved", "no_data"]
    assert watched.tick(3.0) == []
    assert watched.rule.state is RuleState.NO_DATA
    assert watched.log.incidents[0].ended == "no data for 2s"
    assert watched.feed(float("nan")) == []
    assert watched.rule.state is RuleState.NO_DATA
    assert watched.feed(BAD) == ["data_back", "fired"]
    watched.tick(5.0, interval_ns=NS)
    assert watched.rule.state is RuleState.FIRING
    watched.kinds()
    pulse = ChannelActivity(10 * NS, NS, others_go_on=True)
    watched.rule.tick(watched.clock.wall_ns(), pulse)
    watched.rule.deliver()
    assert watched.told[-1].incident.what == "no reading of x for 10s, while other channels go on"


def test_a_channel_that_never_was_is_no_data_without_a_notification() -> None:
    """A missing channel is shown as such; only what had data can lose it."""
    watched = Watched(channel="x")
    assert watched.tick(2.0**32, is_known=False) == []
    assert watched.rule.state is RuleState.NO_DATA
    watched = Watched(channel="x", no_data="alert")
    assert watched.tick(2.0**32, is_known=False) == ["fired"]
    assert watched.log.active[0].reason.startswith("there is no channel 'x' since ")


def test_no_data_can_be_an_incident() -> None:
    """With no_data="alert" silence itself fires and is resolved by the first reading."""
    watched = Watched(no_data="alert", no_data_after="5s")
    watched.feed(GOOD)
    assert watched.tick(4.9) == []
    assert watched.tick(5.0) == ["fired"]
    (incident,) = watched.log.active
    assert (incident.kind, incident.reason) == ("no_data", "no data for 5s since 00:00:01")
    assert watched.rule.state is RuleState.FIRING
    assert watched.feed(GOOD) == ["resolved"]
    assert watched.log.incidents[0].resolution == "data back at 00:00:06"


@pytest.mark.parametrize("has_data", [True, False])
def test_an_incident_never_ends_before_it_fired(has_data: bool) -> None:
    """Whatever ends an incident about silence, its end is not before its beginning."""
    for end in (lambda rule: rule.edit(limits=91), Rule.close, lambda rule: None):
        watched = Watched(channel="x", no_data="alert")
        if has_data:
            watched.feed(GOOD)
        watched.tick(10.0, is_known=has_data)
        end(watched.rule)
        watched.feed(GOOD)
        (incident,) = watched.log.incidents
        assert incident.resolved_ns is not None
        assert incident.breached_ns <= incident.fired_ns <= incident.resolved_ns


@pytest.mark.parametrize("condition", ["value > 90", "stale"])
def test_silence_from_the_first_began_when_it_was_noticed(condition: str) -> None:
    """Without a reading there is no event time: the wall clock counts, not 1970."""
    watched = Watched(condition, channel="x")
    watched.tick(10.0)
    assert watched.rule.state is not RuleState.OK
    assert watched.rule.since_ns == watched.clock.wall_ns()


def test_a_rule_that_fails_at_once_failed_now() -> None:
    """The notification of an error has a time that people know."""
    watched = Watched()
    watched.rule.evaluate(np.arange(3), np.zeros(2), np.zeros(2))
    watched.rule.deliver()
    assert watched.told[0].incident.fired_ns == watched.clock.wall_ns()


def test_stale_is_a_condition_too() -> None:
    """A rule about staleness fires by the clock, after `for_`, and clears at the next reading."""
    watched = Watched("stale and value > 90", for_="3s")
    watched.feed(BAD)
    assert watched.tick(1.0) == []
    assert watched.tick(2.0) == []
    assert watched.rule.state is RuleState.PENDING
    assert watched.tick(5.0) == ["fired"]
    assert watched.log.active[0].reason == "stale and value 93 > 90 for 3s since 00:00:03"
    assert watched.feed(BAD) == ["resolved"]
    assert watched.tick(2.0) == []
    watched.feed(GOOD)
    assert watched.tick(99.0) == []
    assert watched.rule.state is RuleState.OK


def test_a_failing_rule_tells_once_why() -> None:
    """ERROR with the reason, until the rule is edited."""
    watched = Watched()
    watched.feed(BAD)
    watched.kinds()
    for _ in range(3):
        watched.rule.evaluate(np.arange(3), np.zeros(2), np.zeros(2))
    watched.rule.deliver()
    assert [n.kind for n in watched.told] == ["resolved", "error"]
    assert watched.told[-1].incident.what.startswith("rule failed: Times, values")
    assert watched.rule.state is RuleState.ERROR
    watched.rule.limits = 91
    assert watched.rule.state is RuleState.OK


def test_edits_and_closing_end_what_was_told() -> None:
    """Who was told of an incident hears that it ended, whatever ended it."""
    watched = Watched()
    watched.feed(BAD)
    watched.rule.limits = 91
    assert watched.feed(BAD) == ["resolved", "fired"]
    watched.rule.close()
    assert watched.kinds() == ["resolved"]


def test_a_failing_subscriber_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The others are told, and the log keeps the error."""
    watched = Watched()

    def fail(notification: Notification) -> None:
        raise ZeroDivisionError

    stop = watched.log.subscribe(fail)
    assert watched.feed(BAD) == ["fired"]
    assert "ZeroDivisionError" in str(watched.log.last_error)
    assert watched.log.counters().failed == 1
    stop()
    assert watched.feed(GOOD) == ["resolved"]
    assert watched.log.counters().failed == 1


def test_a_subscriber_may_use_the_rule_from_another_thread() -> None:
    """Subscribers are called without a lock of the rule."""
    watched = Watched()

    def edit(notification: Notification) -> None:
        thread = threading.Thread(target=lambda: setattr(watched.rule, "name", "renamed"))
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    watched.log.subscribe(edit)
    watched.feed(BAD)
    assert watched.rule.name == "renamed"
    assert watched.log.last_error is None


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_a_subscriber_that_closes_the_rule_disturbs_no_order(is_elsewhere: bool) -> None:
    """Everybody hears of a beginning before its end, whoever closes the rule meanwhile."""
    watched = Watched()

    def close(notification: Notification) -> None:
        if is_elsewhere:
            thread = threading.Thread(target=watched.rule.close)
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
        else:
            watched.rule.close()

    watched.log.subscribe(close)
    values = np.array([BAD, GOOD, BAD])
    watched.rule.evaluate(NS * np.arange(3), values, values)
    assert [(n.kind, n.incident.number) for n in watched.told] == [
        *[("fired", 1), ("resolved", 1)],
        *[("fired", 2), ("resolved", 2)],
    ]
    assert watched.log.last_error is None
