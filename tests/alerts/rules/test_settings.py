"""Tests of the declarations of a rule's settings."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

import nbstream as ns
from nbstream.alerts import AlertLog, Rule
from nbstream.alerts.rules.settings import SETTINGS, RuleEdits, RuleSettings, SettingAttributes

EXAMPLES: dict[str, Any] = {
    "condition": "value > 91",
    "clear": "value < 80",
    "levels": {"critical": "value > 95"},
    "for_": "3s",
    "keep_firing_for": 10,
    "severity": "info",
    "name": "hot",
    "no_data": "alert",
    "no_data_after": "5min",
    "cooldown": 0.5,
    "partial": True,
}


def test_what_is_declared_can_be_given_and_read() -> None:
    """Each setting is an argument of rules, of edits and of `alert`, and an attribute."""
    for function in (ns.Analyzer.alert, Rule, Rule.edit):
        assert SETTINGS.keys() <= inspect.signature(function).parameters.keys()
    assert RuleEdits.__annotations__.keys() == SETTINGS.keys() | {"channel", "limits"}
    assert {n for n in vars(SettingAttributes) if n[0] != "_"} == SETTINGS.keys() - {"name"}
    assert EXAMPLES.keys() == SETTINGS.keys()


@pytest.mark.parametrize("argument", SETTINGS)
def test_a_setting_is_read_written_and_assigned(argument: str) -> None:
    """What is assigned is kept, and what is written of it is read back."""
    rule = Rule("value > 90", log=AlertLog())
    before = rule.settings
    setattr(rule, argument, EXAMPLES[argument])
    assert rule.settings != before
    assert RuleSettings.read(None, **rule.settings.to_dict()) == rule.settings
    assert SETTINGS[argument].is_written(rule.settings.to_dict()[argument])
    setattr(rule, argument, getattr(rule, argument))
    assert RuleSettings.read(before, **{argument: EXAMPLES[argument]}) == rule.settings


def test_help_tells_of_each_setting() -> None:
    """The docstrings of `alert`, of `Rule` and of its attributes have each setting's own sentences."""
    for text in (ns.Analyzer.alert.__doc__, Rule.__doc__):
        assert text
        assert "{settings}" not in text
        assert all(f" {argument}\n " in text for argument in SETTINGS)
    assert "wall time. In seconds." in (inspect.getdoc(Rule.cooldown) or "")


@pytest.mark.parametrize("use_jedi", [True, False])
@pytest.mark.parametrize("text", ["Rule('value > 1', cool", "rule.edit(cool", "rule.cool"])
def test_settings_are_completed(text: str, use_jedi: bool) -> None:
    """The tab key knows the settings as arguments and as attributes."""
    rule = Rule("value > 90", log=AlertLog())
    completer = IPCompleter(namespace={"rule": rule, "Rule": Rule}, use_jedi=use_jedi)
    with provisionalcompleter():
        found = [completion.text for completion in completer.completions(text, len(text))]
    assert [word.strip(".=") for word in found] == ["cooldown"]


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    """A misspelt setting raises TypeError, as any argument."""
    with ns.Analyzer(ns.Buffer(), window="60s") as analyzer:
        with pytest.raises(TypeError, match=r"no setting 'cooldwon'\. Did you mean 'cooldown'\?"):
            analyzer.alert("value > 90", cooldwon=3)  # type: ignore[call-arg]
        rule = analyzer.alert("value > 90")
        with pytest.raises(TypeError, match="Did you mean 'severity'"):
            rule.edit(severty="info")  # type: ignore[call-arg]
