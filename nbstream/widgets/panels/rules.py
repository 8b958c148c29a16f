"""The rules and detectors of a dashboard: what is watched, where it stands, and how that is changed."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from nbstream.alerts.rules.rule import SEVERITIES
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.naming import short_name, short_names, shortened
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import is_int, is_number, plain_text
from nbstream.widgets.page.panel import Panel
from nbstream.widgets.panels.detector_picker import DetectorPicker
from nbstream.widgets.panels.rule_editor import Draft, edition, entries, read_fields, try_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts import Condition, Rule
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.widgets.page.inbox import Action

__all__ = ["Rules"]

MAX_RULES = 100
MAX_CHANNELS = 200
TRIAL_INTERVAL = 0.25
"""Seconds between two drafts that are tried on readings, whatever pages ask for."""
_CLEAR_OPERATOR = {">": "<", ">=": "<", "<": ">", "<=": ">"}


class Rules(Panel):
    """The rules with a number field for each limit, the rule editor and the detector picker.

    Parameters
    ----------
    analyzer
        Whose rules and detectors are shown.

    Notes
    -----
    Thread safety: make and close it on the main thread.
    """

    _view = "rules"

    def __init__(
        self, analyzer: Analyzer, *, clock: Clock = SYSTEM_CLOCK, pump: Pump = PUMP
    ) -> None:
        self._numbers = itertools.count(1)
        self._rules: dict[int, Rule] = {}
        self._picker = DetectorPicker(analyzer)
        self._tried_at = -math.inf
        super().__init__(analyzer, clock=clock, pump=pump)

    def _state(self) -> dict[str, Any]:
        names = self.analyzer.channels
        return {
            "channels": [
                {"name": name, "label": shown}
                for name, shown in short_names(names[:MAX_CHANNELS]).items()
            ],
            "rules": self._shown_rules(),
            "detectors": self._picker.state(),
        }

    def _summary(self) -> str:
        return f"{len(self.analyzer.rules)} rules, {len(self.analyzer.detections)} detectors"

    def _numbered(self) -> dict[int, Rule]:
        """Return the living rules by the numbers that pages know them by, never used again."""
        rules = self.analyzer.rules
        known = {id(rule): number for number, rule in self._rules.items()}
        self._rules = {
            known[id(rule)] if id(rule) in known else next(self._numbers): rule for rule in rules
        }
        return self._rules

    def _shown_rules(self) -> list[dict[str, Any]]:
        return [self._rule(number, rule) for number, rule in self._numbered().items()]

    def _rule(self, number: int, rule: Rule) -> dict[str, Any]:
        """Return what a page shows of a rule; "firing" is how grave it is where it stands."""
        names = self.analyzer.channels
        selected = rule.selected
        watched = rule.awaited(names, self.analyzer.buffer._store.labels)
        is_several = isinstance(selected, tuple) or "*" in (selected or "")
        channel = watched[0] if watched and not is_several else ""
        condition, clear, state, states = rule.condition, rule.clear, rule.state, rule.states
        incidents = [rule.incident(name) for name, at in states.items() if at is state]
        severities = [incident.severity for incident in incidents if incident is not None]
        unit = self.analyzer.buffer.units.get(channel, "")
        return {
            "id": number,
            "edition": edition(rule),
            "entries": entries(rule),
            "name": shortened(rule.name) if rule.name != condition.text else "",
            "condition": _condition(condition),
            "clear": None if clear is None else _condition(clear),
            "levels": [[severity, level.text] for severity, level in rule.levels.items()],
            "unit": shortened(unit, 16) if condition.variable == "value" else "",
            "channel": _several(selected) if is_several else channel and short_name(channel),
            "isSeveral": is_several,
            "firing": max(severities, key=SEVERITIES.index, default=rule.severity),
            "state": state.name,
            "waiting": rule.waiting,
            "nState": list(states.values()).count(state),
            "nWatched": len(watched),
            "isFlapping": rule.is_flapping,
            "error": "" if rule.error is None else plain_text(rule.error, 200),
        }

    # Commands of the page.

    def _actions(self) -> dict[str, Action]:
        return {
            "limits": self._limits_command,
            "add": self._add_command,
            "try": self._try_command,
            "save": self._save_command,
            "detect": self._picker.start,
            "undetect": self._picker.end,
            "remove": self._remove_command,
        }

    def _limits_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number = message.get("rule")
        limits, clear = message.get("limits"), message.get("clear")
        if not is_int(number) or not _are_limits(limits):
            return None
        if clear is not None and not _are_limits(clear):
            return None

        def apply() -> None:
            rule = self._find(number)
            edits: dict[str, Any] = {"limits": limits}
            if clear is not None and rule.clear is not None:
                edits["clear"] = rule.clear.with_limits(*clear)
            rule.edit(**edits)

        return apply

    def _add_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        operator, value = message.get("operator"), message.get("value")
        clear, severity = message.get("clear"), message.get("severity", "warning")
        channel = message.get("channel")
        if not isinstance(operator, str) or operator not in _CLEAR_OPERATOR or not is_number(value):
            return None
        if not (clear is None or is_number(clear)) or severity not in SEVERITIES:
            return None
        if not (channel is None or (isinstance(channel, str))):
            return None

        def apply() -> None:
            if channel is not None and channel not in self.analyzer.channels:
                message = f"There is no channel {short_name(channel)!r}."
                raise ValueError(message)
            self._require_room()
            self.analyzer.alert(
                f"value {operator} {_number_text(value)}",
                channel=channel,
                clear=None
                if clear is None
                else f"value {_CLEAR_OPERATOR[operator]} {_number_text(clear)}",
                severity=severity,
            )

        return apply

    def _try_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number, fields = message.get("rule"), read_fields(message.get("fields"))
        if fields is None or not (number is None or is_int(number)):
            return None

        def apply() -> dict[str, Any]:
            rule = None if number is None else self._find(number)
            draft = Draft.read(fields, self.analyzer, rule)
            now = self._clock.monotonic()
            if draft.errors or now - self._tried_at < TRIAL_INTERVAL:
                return {"errors": draft.errors}
            tried = try_out(draft, self.analyzer, rule, self._clock)
            self._tried_at = self._clock.monotonic()
            return {"errors": {}, "preview": tried}

        return apply

    def _save_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number, fields = message.get("rule"), read_fields(message.get("fields"))
        seen = message.get("edition")
        if fields is None or not (number is None or (is_int(number) and is_int(seen))):
            return None

        def apply() -> dict[str, Any]:
            rule = None if number is None else self._find(number)
            if rule is not None and edition(rule) != seen:
                return {"errors": {}, "isChanged": True}
            draft = Draft.read(fields, self.analyzer, rule)
            if draft.errors:
                return {"errors": draft.errors}
            if rule is None:
                self._require_room()
                self.analyzer.alert(**draft.arguments)
            else:
                rule.edit(**draft.arguments)
            return {"errors": {}}

        return apply

    def _remove_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number = message.get("rule")
        if not is_int(number):
            return None
        return lambda: self._find(number).close()

    def _require_room(self) -> None:
        if len(self.analyzer.rules) >= MAX_RULES:
            message = f"There are {MAX_RULES} rules already. Remove one first."
            raise ValueError(message)

    def _find(self, number: Any) -> Rule:
        rule = self._rules.get(number)
        if rule is None or rule not in self.analyzer.rules:
            message = "This rule was removed."
            raise ValueError(message)
        return rule


def _several(selected: Any) -> str:
    """Return in words which channels a rule watches."""
    if selected == "*":
        return "all channels"
    if isinstance(selected, str):
        return plain_text(short_name(selected, 24))
    return plain_text(", ".join(short_name(name, 24) for name in selected))


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "text": condition.text,
        "subject": condition.subject,
        "operator": condition.operator,
        "limits": [float(limit) for limit in condition.limits],
    }


def _are_limits(limits: Any) -> bool:
    return isinstance(limits, list) and 1 <= len(limits) <= 2 and all(map(is_number, limits))


def _number_text(value: Any) -> str:
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )
