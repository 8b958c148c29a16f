"""Tests of the rule editor's half in the kernel: entries are read, tried, saved, or told what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbstream.alerts import RuleState
from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.testing import FakeClock
from nbstream.widgets.panels import rule_editor
from nbstream.widgets.panels.rules import Rules
from tests.widgets.fake_page import FakePage


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer of 100 s of two channels; x is above 90 for 3 × 2 s."""
    buffer = Buffer(timezone="UTC")
    x = np.full(100, 50.0)
    x[[10, 11, 40, 41, 70, 71]] = 95.0
    buffer.extend(np.arange(100.0), x=x, y=np.arange(100.0))
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


def shown_rule(rules: Rules, index: int = 0) -> dict[str, Any]:
    """Return what the page would show of a rule."""
    rule: dict[str, Any] = rules._read()["rules"][index]
    return rule


def tried(page: FakePage, rule: int | None = None, **fields: str) -> dict[str, Any]:
    """Return what a trial of a draft is answered, some time after the last one."""
    page.clock.advance(1.0)
    value: dict[str, Any] = page.answer(kind="try", rule=rule, fields=fields)["value"]
    return value


def saved(page: FakePage, rule: dict[str, Any] | None = None, **fields: str) -> dict[str, Any]:
    """Save a draft of a new rule, or changes of one, and return the answer's value."""
    known = {"rule": None} if rule is None else {"rule": rule["id"], "edition": rule["edition"]}
    value: dict[str, Any] = page.answer(kind="save", **known, fields=fields)["value"]
    return value


def test_a_rule_of_all_entries_is_added(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """Every field of the editor reaches the rule."""
    entered = {
        "condition": "value > 90 and y < 50",
        "clear": "value < 80",
        "for": "1s",
        "keep": "1min30s",
        "severity": "critical",
        "name": "too hot",
        "channel": "*",
        "noData": "alert",
        "cooldown": "5min",
        "partial": "yes",
    }
    assert saved(page, **entered) == {"errors": {}}
    (rule,) = analyzer.rules
    assert rule.settings.to_dict() == {
        "condition": "value > 90 and y < 50",
        "clear": "value < 80",
        "levels": {},
        "for_": "1s",
        "keep_firing_for": "90s",
        "severity": "critical",
        "name": "too hot",
        "no_data": "alert",
        "no_data_after": None,
        "cooldown": "5min",
        "partial": True,
    }
    assert rule.selected == "*"
    assert shown_rule(rules)["entries"] == {**entered, "keep": "90s"}


def test_what_is_left_empty_is_as_usual(page: FakePage, rules: Rules) -> None:
    """A condition alone makes the rule that `Analyzer.alert` makes."""
    assert saved(page, condition="value > 90") == {"errors": {}}
    (rule,) = rules.analyzer.rules
    other = rules.analyzer.alert("value > 90")
    assert rule.settings == other.settings
    assert rule.selected is None


def test_an_edit_is_one_step_and_leaves_the_rest(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """Both ends of a hysteresis move at once, beyond each other; the levels and the name stay."""
    long_name = "n" * 300
    rule = analyzer.alert(
        "value > 90", clear="value < 85", name=long_name, levels={"critical": "value > 99"}
    )
    version = rule.version
    shown = shown_rule(rules)
    assert saved(page, shown, condition="value > 50", clear="value < 45") == {"errors": {}}
    assert rule.version == version + 1
    assert (rule.limits, rule.name) == ((50.0,), long_name)
    assert rule.levels["critical"].text == "value > 99"


@pytest.mark.parametrize(
    ("condition", "at", "word"),
    [
        ("value >", 7, "ends where a number"),
        ("zscor > 4", 0, "'zscore'"),
        ("value > 90 and pressure > 3", 15, "'pressure'"),
        ("value ≥ 90", 6, "'>='"),
        ("(" * 40 + "value > 1" + ")" * 40, 25, "nested"),
        ("value > 90 " + "or value > 90 " * 60, None, "longer than 500"),
        ("", None, "empty"),
        ("__import__('os').system('true') > 0", 16, "attribute"),
        ("value > \U0001f321", 8, "contains"),
    ],
)
def test_a_condition_that_cannot_be_read_is_pointed_at(
    rules: Rules, page: FakePage, condition: str, at: int | None, word: str
) -> None:
    """The answer has the wrong character's place and the nearest word, and saving is refused."""
    error = tried(page, condition=condition)["errors"]["condition"]
    assert error["at"] == at
    assert word in error["text"]
    assert saved(page, condition=condition)["errors"]["condition"] == error
    assert rules.analyzer.rules == ()


@pytest.mark.parametrize(
    ("fields", "wrong", "word"),
    [
        ({"clear": "value <"}, "clear", "ends where"),
        ({"clear": "value < 95"}, "clear", "same values"),
        ({"clear": "zscore < 3"}, "clear", "about 'value'"),
        ({"for": "soon"}, "for", "duration"),
        ({"keep": "-3s"}, "keep", "duration"),
        ({"cooldown": "99999999999999d"}, "cooldown", "too long"),
        ({"cooldown": "9" * 400 + "d"}, "cooldown", "64"),
        ({"name": "x" * 121}, "name", "120"),
        ({"channel": "<b>"}, "channel", "no channel"),
    ],
)
def test_an_error_belongs_to_its_field(
    rules: Rules, page: FakePage, fields: dict[str, str], wrong: str, word: str
) -> None:
    """Each entry is checked for itself, then all together; nothing is added."""
    value = tried(page, **{"condition": "value > 90", **fields})
    assert list(value["errors"]) == [wrong]
    assert word in value["errors"][wrong]["text"]
    assert "preview" not in value
    assert list(saved(page, **{"condition": "value > 90", **fields})["errors"]) == [wrong]
    assert rules.analyzer.rules == ()


def test_several_errors_come_together(rules: Rules, page: FakePage) -> None:
    """One answer has all entries that are wrong."""
    errors = tried(page, condition="value >", clear="5", cooldown="x")["errors"]
    assert sorted(errors) == ["clear", "condition", "cooldown"]


def test_a_severity_that_a_level_has_is_refused(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """The error stands at the severity, though it is about the levels."""
    analyzer.alert("value > 90", levels={"critical": "value > 99"})
    assert list(saved(page, shown_rule(rules), severity="critical")["errors"]) == ["severity"]


def test_a_rule_is_moved_to_another_channel(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """It is tried there before; a page that saw the rule on the former channel is told of the move."""
    rule = analyzer.alert("value > 90", channel=["x", "y"])
    before = shown_rule(rules)
    assert before["entries"]["channel"] == "x, y"
    assert tried(page, before["id"], channel="x")["preview"]["readings"] == 100
    assert saved(page, before, channel="y") == {"errors": {}}
    assert (rule.selected, shown_rule(rules)["entries"]["channel"]) == ("y", "y")
    assert saved(page, before, **{"for": "3s"})["isChanged"]
    assert "no channel" in saved(page, shown_rule(rules), channel="z")["errors"]["channel"]["text"]
    assert saved(page, shown_rule(rules), channel="") == {"errors": {}}
    assert rule.selected is None


def test_a_draft_is_counted_on_past_readings(rules: Rules, page: FakePage) -> None:
    """The answer says how often, for how long together, and over which span."""
    assert tried(page, condition="value > 90")["preview"] == {
        "n": 3,
        "seconds": 6.0,
        "readings": 100,
        "span": 99.0,
        "isCut": False,
    }
    assert tried(page, condition="value > 90", channel="*")["preview"]["readings"] == 200
    assert tried(page, condition="value > 90", **{"for": "5s"})["preview"]["n"] == 0
    assert rules.analyzer.rules == ()


def test_changes_are_counted_on_the_channel_of_the_rule(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """Only what was changed is sent; the rest is the rule's, whose state stays."""
    analyzer.alert("value > 1000", channel="y", clear="value < 5")
    shown = shown_rule(rules)
    assert tried(page, shown["id"], condition="value > 89")["preview"]["n"] == 1
    assert shown_rule(rules) == shown


def test_silence_is_not_counted(rules: Rules, page: FakePage) -> None:
    """A condition about silence says that it cannot be tried, and can be saved."""
    assert "Silence" in tried(page, condition="stale or value > 90")["preview"]["note"]
    assert saved(page, condition="stale or value > 90") == {"errors": {}}


def test_a_trial_looks_at_ten_minutes(page: FakePage) -> None:
    """Older readings are not counted, and the span is the window's."""
    buffer = Buffer(timezone="UTC")
    buffer.extend(np.arange(2000.0), x=np.arange(2000) % 100)
    with Analyzer(buffer) as analyzer:
        rules = Rules(analyzer, **page.options)
        page.show(rules)
        preview = tried(page, condition="value > 98")["preview"]
        assert (preview["n"], preview["readings"], preview["span"]) == (6, 600, 600.0)
        rules.close()


class SlowClock(FakeClock):
    """Time goes on by a second whenever somebody looks."""

    def monotonic(self) -> float:
        """Return the time, a second later."""
        self.advance(1.0)
        return super().monotonic()


def test_a_slow_trial_looks_at_fewer_readings(analyzer: Analyzer) -> None:
    """What takes long is tried on few readings of all channels together, and says so."""
    buffer = Buffer(timezone="UTC")
    times = np.arange(20_000) / 100
    buffer.extend(times, x=np.zeros(20_000), y=np.zeros(20_000))
    fields = {"condition": "value > 90", "channel": "*"}
    with Analyzer(buffer) as many:
        many.update()
        draft = rule_editor.Draft.read(fields, many, None)
        slow = rule_editor.try_out(draft, many, None, SlowClock())
        fast = rule_editor.try_out(draft, many, None, FakeClock())
    assert slow is not None
    assert slow["isCut"]
    assert slow["readings"] == pytest.approx(rule_editor.FIRST_TRIED, abs=4)
    assert slow["span"] == pytest.approx(5.0, abs=0.1)
    assert fast is not None
    assert (fast["readings"], fast["isCut"]) == (40_000, False)


def test_pages_that_ask_too_often_are_only_checked(rules: Rules, page: FakePage) -> None:
    """A second trial at the same moment has no count; errors are told all the same."""
    assert "preview" in tried(page, condition="value > 90")
    at_once = page.answer(kind="try", rule=None, fields={"condition": "value > 91"})
    assert at_once["value"] == {"errors": {}}
    wrong = page.answer(kind="try", rule=None, fields={"condition": "value >"})
    assert "condition" in wrong["value"]["errors"]
    assert "preview" in tried(page, condition="value > 91")


def test_an_analyzer_without_readings_counts_nothing(page: FakePage) -> None:
    """Before any channel there is nothing to try, and the rule can be made."""
    with Analyzer(Buffer(timezone="UTC")) as analyzer:
        rules = Rules(analyzer, **page.options)
        page.show(rules)
        preview = tried(page, condition="value > 90", channel="*")["preview"]
        assert (preview["n"], preview["readings"]) == (0, 0)
        assert saved(page, condition="value > 90", channel="*") == {"errors": {}}
        rules.close()


def test_a_rule_that_changed_meanwhile_is_not_overwritten_unseen(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """Saving what was based on other settings is told; seen, it is done. A new state is no change."""
    rule = analyzer.alert("value > 90", for_="3s")
    old = shown_rule(rules)
    rule.limits = 80
    assert saved(page, old, condition="value > 70") == {"errors": {}, "isChanged": True}
    assert rule.limits == (80.0,)
    seen = shown_rule(rules)
    analyzer.buffer.append(100.0, x=95.0)
    analyzer.update()
    assert rule.state is RuleState.PENDING
    assert saved(page, seen, condition="value > 70") == {"errors": {}}
    assert rule.limits == (70.0,)


def test_a_rule_that_is_gone_is_told(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """Trying and saving a removed rule, or one that never was, is answered with an error."""
    rule = analyzer.alert("value > 90")
    shown = shown_rule(rules)
    rule.close()
    for number in (shown["id"], 12345, -1):
        fields = {"condition": "value > 1"}
        assert "removed" in page.ask(kind="try", rule=number, fields=fields)
        assert "removed" in page.ask(kind="save", rule=number, edition=1, fields=fields)
    assert analyzer.rules == ()


def test_editors_cannot_add_rules_without_end(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """The bound of the quick form is the editor's too; rules that there are can be changed."""
    for i in range(100):
        analyzer.alert(f"value > {i}")
    answer = page.answer(kind="save", rule=None, fields={"condition": "value > 1"})
    assert "100 rules" in answer["error"]
    assert saved(page, shown_rule(rules, 99), name="last") == {"errors": {}}


def test_saving_heals_a_rule_that_failed(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """A failed rule is shown as such, and starts again when it is saved, also unchanged."""
    rule = analyzer.alert("value > 90")
    rule._fail(RuntimeError("<b>broke</b>"), "x")
    shown = shown_rule(rules)
    assert (shown["state"], shown["error"]) == ("ERROR", "<b>broke</b>")
    assert saved(page, shown) == {"errors": {}}
    assert rule.error is None


def test_channels_with_hostile_names(page: FakePage) -> None:
    """Names of channels are text: they are chosen, shown in one line, and make rules."""
    name = '"><img src=x onerror=alert(1)>'
    buffer = Buffer(timezone="UTC")
    buffer.append(0.0, {name: 1.0, "constructor": 2.0})
    with Analyzer(buffer) as analyzer:
        rules = Rules(analyzer, **page.options)
        page.show(rules)
        assert saved(page, condition="value > 90", channel=name) == {"errors": {}}
        assert saved(page, condition="value > 90", channel="constructor") == {"errors": {}}
        assert [rule.channel for rule in analyzer.rules] == [name, "constructor"]
        assert shown_rule(rules)["channel"] == name
        rules.close()


def test_a_rule_over_several_channels_shows_the_gravest_state(
    rules: Rules, analyzer: Analyzer
) -> None:
    """How many channels are in that state is counted, of all that are watched."""
    analyzer.alert("value > 90", channel="*", levels={"critical": "value > 98"})
    analyzer.alert("value > 1000", channel=["x", "y", "z"])
    everywhere, some = (shown_rule(rules, index) for index in (0, 1))
    assert everywhere["state"] == "FIRING"
    assert (everywhere["nState"], everywhere["nWatched"]) == (1, 2)
    assert (everywhere["entries"]["severity"], everywhere["firing"]) == ("warning", "critical")
    assert everywhere["levels"] == [["critical", "value > 98"]]
    assert (everywhere["channel"], some["channel"]) == ("all channels", "x, y, z")
    assert (some["state"], some["nWatched"]) == ("OK", 3)


def test_a_rule_about_words_is_tried_and_saved(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """It is counted on its channel of words; numbers are no words, and the entry says so."""
    analyzer.buffer.extend([101.0, 102.0, 103.0], state=["RUN", "ERROR", "RUN"])
    analyzer.update()
    answer = tried(page, condition='state in ("ERROR", "STOP")')
    assert answer["preview"] == {"n": 1, "seconds": 1.0, "readings": 3, "span": 2.0, "isCut": False}
    wrong = saved(page, condition='x == "RUN"')
    assert "but that channel holds numbers" in wrong["errors"]["condition"]["text"]
    assert saved(page, condition='value == "ERROR"') == {"errors": {}}
    shown = shown_rule(rules)
    assert (shown["channel"], shown["nWatched"]) == ("state", 1)
    assert shown["condition"]["text"] == 'value == "ERROR"'
    wrong = saved(page, shown, channel="x")
    assert "'x' with a word" in wrong["errors"]["condition"]["text"]


def test_the_channel_that_a_condition_names_is_shown(rules: Rules, analyzer: Analyzer) -> None:
    """A rule without a channel of its own shows the one that it watches."""
    analyzer.buffer.units["y"] = "bar"
    analyzer.alert("y > 1000")
    analyzer.alert("value > 1000")
    assert [shown_rule(rules, index)["channel"] for index in (0, 1)] == ["y", "x"]


def test_rules_of_one_name_have_severities_of_their_own(rules: Rules, analyzer: Analyzer) -> None:
    """A rule is as grave as its own incident, not as another's whose condition reads the same."""
    analyzer.alert("value > 90", channel="x", severity="info")
    analyzer.alert("value > 90", channel="y", severity="critical")
    analyzer.alert("value > 90", channel="x", severity="info", levels={"warning": "value > 98"})
    analyzer.buffer.append(101.0, x=99.0, y=99.0)
    analyzer.update()
    shown = [shown_rule(rules, index) for index in range(3)]
    assert [rule["state"] for rule in shown] == ["FIRING"] * 3
    assert [rule["firing"] for rule in shown] == ["info", "critical", "warning"]


def test_a_rule_is_as_grave_as_where_it_stands(rules: Rules, analyzer: Analyzer) -> None:
    """Of several channels those count that are in the rule's state; a recovering one keeps its severity."""
    levels = {"critical": "value > 98"}
    analyzer.alert("value > 90", channel=["x", "z"], keep_firing_for="1h", levels=levels)
    analyzer.buffer.extend([101.0, 102.0], x=[99.0, 1.0], z=[1.0, 1.0])
    analyzer.update()
    shown = shown_rule(rules)
    assert (shown["state"], shown["firing"]) == ("RECOVERING", "critical")
    analyzer.buffer.append(103.0, x=1.0, z=95.0)
    analyzer.update()
    shown = shown_rule(rules)
    assert (shown["state"], shown["nState"], shown["firing"]) == ("FIRING", 1, "warning")
