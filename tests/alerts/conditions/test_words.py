"""Conditions about channels of words: which word it is, never a code."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.alerts import RuleState
from nbstream.alerts.conditions.condition import Condition
from nbstream.expressions.parsing import ConditionError
from nbstream.expressions.tree import variables
from nbstream.expressions.variables import Word


@pytest.fixture
def buffer() -> ns.Buffer:
    """Return a machine's states, once a second, and its temperature beside them."""
    buffer = ns.Buffer(timezone="UTC")
    states = ["IDLE", "RUN", "RUN", None, "ERROR", "ERROR", "IDLE", "RUN"]
    buffer.extend(
        [f"2026-11-01 12:00:0{n}" for n in range(len(states))],
        state=states,
        temperature=[20.0, 21.0, 30.0, 31.0, 32.0, 33.0, 22.0, 21.0],
    )
    return buffer


def reasons(buffer: ns.Buffer, condition: str, **options: object) -> list[str]:
    """Return why a rule fired on what a buffer holds."""
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        analyzer.alert(condition, **options)
        return [incident.reason for incident in analyzer.alerts.incidents]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('state == "RUN"', 'state == "RUN"'),
        ("'RUN' != state", 'state != "RUN"'),
        ("state in ('RUN', \"IDLE\", 'RUN',)", 'state in ("RUN", "IDLE")'),
        ('not state not in ("RUN")', 'not state not in ("RUN")'),
        ("value == 'it is \"odd\"'", "value == 'it is \"odd\"'"),
        ('channel("odd name") == "200 OK" and value > 3', None),
        ("in in ('a', 'b')", 'in in ("a", "b")'),
    ],
)
def test_words_are_read_and_written_alike(text: str, kept: str | None) -> None:
    """What is written is read back as the same; a channel may be called "in"."""
    condition = Condition.parse(text)
    assert condition.text == (kept or text)
    assert Condition.parse(condition.text) == condition


def test_a_channel_may_be_called_in() -> None:
    """It is one where a number or a name stands."""
    assert Condition.parse("in > 3", ["in"]).text == 'channel("in") > 3'


@pytest.mark.parametrize(
    ("text", "why", "at"),
    [
        ('state > "RUN"', "compares a word by '>'; write == or !=", 6),
        ('x + 1 == "RUN"', "compares x + 1 with a word", 0),
        ('mean == "RUN"', "compares mean with a word", 0),
        ('state == "RUN" == "IDLE"', "where it should end", 15),
        ("state in RUN", 'must give "in" words in brackets', 9),
        ("state in (1, 2)", "must give words in quotes", 10),
        ('state in ("RUN"', "closes the '('", 9),
        ('state == ""', "quotes around nothing", 9),
        ('"RUN"', "compare a word: state ==", 0),
    ],
)
def test_what_is_no_comparison_of_words_says_why(text: str, why: str, at: int) -> None:
    """The message points at the character."""
    with pytest.raises(ConditionError) as error:
        Condition.parse(text)
    assert why in str(error.value)
    assert error.value.position == at


def test_an_unquoted_word_is_told_from_a_channel(buffer: ns.Buffer) -> None:
    """Where a word has lost its quotes, the message shows how it is written with them."""
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        with pytest.raises(ConditionError, match="and a word: 'RUN'"):
            analyzer.alert("state == RUN")


def test_a_rule_about_a_word_says_the_word(buffer: ns.Buffer) -> None:
    """It watches the channel that it names; a missing reading changes nothing."""
    assert reasons(buffer, 'state == "ERROR"') == [
        "state was 'ERROR' since 12:00:04; cleared when state was 'IDLE' at 12:00:06"
    ]
    assert reasons(buffer, 'state != "RUN"') == [
        "state was 'IDLE' since 12:00:00; cleared when state was 'RUN' at 12:00:01",
        "state was 'ERROR' since 12:00:04; cleared when state was 'RUN' at 12:00:07",
    ]
    assert len(reasons(buffer, 'state in ("RUN", "IDLE")')) == 2
    assert len(reasons(buffer, 'state not in ("RUN", "IDLE")')) == 1


def test_words_beside_numbers_durations_and_ends(buffer: ns.Buffer) -> None:
    """A formula may have both; `for_`, `clear` and `levels` are as for numbers."""
    both = reasons(buffer, 'state == "RUN" and temperature > 25')
    assert both[0].startswith("state was 'RUN' and temperature 30 > 25 since 12:00:02")
    assert reasons(buffer, 'state == "ERROR"', for_="1s", clear='state == "RUN"') == [
        "state was 'ERROR' for 1s since 12:00:04; cleared when state was 'RUN' at 12:00:07"
    ]
    assert reasons(buffer, 'state == "ERROR"', for_="2s") == []
    graver = reasons(buffer, 'state != "RUN"', levels={"critical": 'state == "ERROR"'})
    assert "state was 'ERROR' since 12:00:04" in graver[1]
    assert reasons(buffer, "temperature > 31 and not state == 'RUN'")[0].startswith(
        "temperature 32"
    )


def test_the_rule_of_a_number_may_ask_for_a_word(buffer: ns.Buffer) -> None:
    """The other channel's word is its last one at or before that time."""
    found = reasons(buffer, 'value > 30 and state == "RUN"', channel="temperature")
    assert found[0].startswith("value 31 > 30 and state was 'RUN' since 12:00:03")


def test_value_is_the_first_channel_of_words_where_no_channel_is_named(buffer: ns.Buffer) -> None:
    """So it is for "*" too; a rule about numbers goes to the channels of numbers."""
    assert reasons(buffer, 'value == "ERROR"')[0].startswith("state was 'ERROR'")
    assert reasons(buffer, 'value == "ERROR"', channel="*")[0].startswith("state was 'ERROR'")
    assert reasons(buffer, "value > 32", channel="*")[0].startswith("temperature 33 > 32")


def test_a_word_that_has_not_come_yet_may_still_come(buffer: ns.Buffer) -> None:
    """A rule waits for it; what it is not is known already."""
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        rule = analyzer.alert('state == "BROKEN"')
        assert rule.state is RuleState.OK
        assert analyzer.preview('state != "BROKEN"', "all").n == 1
        buffer.append("2026-11-01 12:00:09", state="BROKEN")
        analyzer.update()
        assert rule.state is RuleState.FIRING


def test_a_channel_that_comes_later_may_hold_words() -> None:
    """A rule can be there before its channel, and before the first word of it."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        named = analyzer.alert('channel("state") == "RUN"')
        first = analyzer.alert('value == "RUN"')
        buffer.append("2026-11-01 12:00:00", state=None, x=1.0)
        analyzer.update()
        buffer.append("2026-11-01 12:00:01", state="RUN", x=1.0)
        analyzer.update()
        assert named.state is first.state is RuleState.FIRING


def test_numbers_are_no_words_and_words_no_numbers(buffer: ns.Buffer) -> None:
    """What is known to be the other kind is an error; of what comes later it is never true."""
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        with pytest.raises(ValueError, match="'temperature' with a word, but .* holds numbers"):
            analyzer.alert('value == "RUN"', channel="temperature")
        with pytest.raises(ValueError, match="'state' with a number, but .* holds words"):
            analyzer.alert("state > 0")
        with pytest.raises(ValueError, match="'state' with a number"):
            analyzer.preview("value > 0", channel="state")
        later = analyzer.alert('channel("later") == "RUN" or channel("said") > -1', channel="state")
        buffer.append("2026-11-01 12:00:09", later=1.0, said="RUN", state="RUN")
        analyzer.update()
        assert later.state is RuleState.OK
    assert reasons(buffer, 'zscore > -9 or mean("3s") > -9 or rate_of(value) > -9') != []
    odd = 'state == "RUN" and (zscore > -9 or mean > -9 or rate_of(value) > -9 or value > -9)'
    assert reasons(buffer, odd, channel=["state"]) == []


def test_statistics_count_readings_of_words(buffer: ns.Buffer) -> None:
    """How many there were in a window is known, what their mean is isn't."""
    found = reasons(buffer, 'count("3s") >= 3 and state == "RUN"', channel="state", partial=True)
    assert found[0].startswith("count(\"3s\") 3 >= 3 and state was 'RUN' since 12:00:02")


def test_a_channel_of_words_that_is_silent_is_stale() -> None:
    """Its readings are readings, and silence is told of it as of numbers."""
    buffer = ns.Buffer(timezone="UTC")
    seconds = [*range(10), *range(40, 50)]
    buffer.extend([f"2026-11-01 12:00:{n:02}" for n in seconds], state=["RUN"] * len(seconds))
    assert reasons(buffer, 'stale and state == "RUN"', channel="state") == [
        "stale and state was 'RUN' since 12:00:19; cleared when not stale at 12:00:40"
    ]
    silent = 'state == "ERROR"'
    assert reasons(buffer, silent, no_data="alert", no_data_after="5s") == [
        "no data for 5s since 12:00:09; ended, data back, at 12:00:40"
    ]
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        analyzer.alert('stale or state == "ERROR"', channel="state")
        analyzer.alert(silent, no_data="alert")
        assert all(math.isnan(incident.peak) for incident in analyzer.alerts.incidents)
        assert len(analyzer.alerts.incidents) == 2


def test_incidents_of_words_in_frames_and_files(buffer: ns.Buffer, tmp_path: Path) -> None:
    """They show the word where numbers have theirs, and no code; rules are kept with their words."""
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        rule = analyzer.alert('state in ("RUN", "it\'s")', name="at work")
        frame = analyzer.alerts.to_pandas()
        assert frame["reason"].str.startswith("state was 'RUN'").all()
        assert frame["peak"].isna().all()
        analyzer.alerts.to_json_lines(tmp_path / "incidents.jsonl")
        assert '"peak": null' in (tmp_path / "incidents.jsonl").read_text()
        assert rule.state is RuleState.FIRING
        analyzer.save_rules(tmp_path / "rules.json")
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        (again,) = analyzer.load_rules(tmp_path / "rules.json")
        assert again.condition == rule.condition
        assert again.state is RuleState.FIRING
        (incident,) = analyzer.alerts.active
        assert incident.reason == "state was 'RUN' since 12:00:07"


def test_variables_of_a_test_of_words() -> None:
    """Whose word it is stands among the variables; it has no limit on any axis."""
    condition = Condition.parse('state == "RUN" or value != "RUN"')
    assert list(variables(condition.tree)) == [Word("state"), Word()]
    assert condition.axis_limits == []
