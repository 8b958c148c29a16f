"""Which channels a rule is for."""

from __future__ import annotations

import pytest

import nbstream as ns
from nbstream.alerts.conditions.condition import Condition
from nbstream.alerts.rules.selection import Selection

NAMES = ("zone 1", "zone 2 [°C]", "Zone 3", "pressure", "state")


@pytest.mark.parametrize(
    ("given", "watched"),
    [
        (None, ["zone 1"]),
        ("pressure", ["pressure"]),
        ("*", ["zone 1", "zone 2 [°C]", "Zone 3", "pressure"]),
        ("zone *", ["zone 1", "zone 2 [°C]"]),
        ("*[°C]", ["zone 2 [°C]"]),
        ("*one*1", ["zone 1"]),
        ("zone ?", ["zone ?"]),
        ("valve *", []),
        (["pressure", "zone *"], ["pressure", "zone *"]),
    ],
)
def test_a_star_stands_for_any_signs(given: object, watched: list[str]) -> None:
    """Of the channels that hold numbers; nothing else in a name is a pattern, and nothing within a list."""
    selection = Selection.read(given, Condition.parse("value > 90"))
    assert list(selection.awaited(NAMES, {"state"})) == watched
    assert all(selection.takes(name) for name in watched)
    assert selection.takes("another") is (given in (None, "*"))


def test_a_rule_of_a_pattern_watches_what_comes_later_too() -> None:
    """Each channel has a state of its own, and the others none."""
    buffer = ns.Buffer()
    with ns.Analyzer(buffer) as analyzer:
        rule = analyzer.alert("value > 90", channel="zone *")
        buffer.append(1.0, **{"zone 1": 95.0, "pressure": 99.0})
        buffer.append(2.0, **{"zone 2": 20.0})
        analyzer.update()
        assert {name: state.name for name, state in rule.states.items()} == {
            "zone 1": "FIRING",
            "zone 2": "OK",
        }
        assert repr(rule) == "<Rule 'value > 90' on 'zone *': FIRING>"
