"""The dashboard's controls: title, window, pause, and the limits of each rule."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from nbstream.alerts.rule import SEVERITIES
from nbstream.clock import SYSTEM_CLOCK, Clock
from nbstream.widgets.link import PUMP, Pump
from nbstream.widgets.panel import Action, Panel, is_int, plain_text, source_state
from nbstream.window import Window, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts import Condition, Rule
    from nbstream.analyzer import Analyzer

__all__ = ["Controls"]

CHOICES = ("10s", "60s", "5min", "15min", "1h", "all")
MAX_RULES = 100
MAX_CHANNELS = 200
_CLEAR_OPERATOR = {">": "<", ">=": "<", "<": ">", "<=": ">"}


class Controls(Panel):
    """The window, pause, and a number field for each limit.

    Parameters
    ----------
    analyzer
        Whose window and rules are controlled.
    chart
        A LiveChart that the pause button pauses; None leaves the button out.
    title
        The heading; None is the source's name.

    Notes
    -----
    Thread safety: make and close it on the main thread.
    """

    _view = "controls"

    def __init__(
        self,
        analyzer: Analyzer,
        chart: Any = None,
        *,
        title: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
        pump: Pump = PUMP,
    ) -> None:
        self.chart = chart
        self.title = title
        self._numbers = itertools.count(1)
        self._rules: dict[int, Rule] = {}
        super().__init__(analyzer, clock=clock, pump=pump)

    def _state(self) -> dict[str, Any]:
        analyzer, chart = self.analyzer, self.chart
        window = analyzer.parsed_window
        names = analyzer.channels
        title = self.title
        if title is None:
            title = "Live data" if analyzer.source is None else analyzer.source.name
        return {
            "title": plain_text(title, 120),
            "window": str(window),
            "windowLabel": window.label,
            "choices": list(CHOICES),
            "chart": None if chart is None else chart.model_id,
            "paused": bool(getattr(chart, "is_paused", False)),
            "channels": [
                {"name": name, "unit": plain_text(analyzer.buffer.units.get(name, ""), 16)}
                for name in names[:MAX_CHANNELS]
            ],
            "rules": [self._rule(number, rule) for number, rule in self._numbered().items()],
            "source": source_state(analyzer.source),
        }

    def _summary(self) -> str:
        return f"window {self.analyzer.parsed_window.label}, {len(self.analyzer.rules)} rules"

    def _numbered(self) -> dict[int, Rule]:
        """Return the living rules by the numbers that pages know them by, never used again."""
        rules = self.analyzer.rules
        known = {id(rule): number for number, rule in self._rules.items()}
        self._rules = {
            known[id(rule)] if id(rule) in known else next(self._numbers): rule for rule in rules
        }
        return self._rules

    def _rule(self, number: int, rule: Rule) -> dict[str, Any]:
        names = self.analyzer.channels
        channel = rule.channel if rule.channel is not None else (names[0] if names else None)
        condition, clear = rule.condition, rule.clear
        unit = self.analyzer.buffer.units.get(channel or "", "")
        return {
            "id": number,
            "name": plain_text(rule.name) if rule.name != condition.text else "",
            "condition": _condition(condition),
            "clear": None if clear is None else _condition(clear),
            "unit": plain_text(unit, 16) if condition.variable == "value" else "",
            "for": format_duration(round(rule.for_ * 1e9)) if rule.for_ else "",
            "channel": plain_text(channel) if channel is not None else "",
            "severity": rule.severity,
            "state": rule.state.name,
            "error": "" if rule.error is None else plain_text(rule.error, 200),
        }

    # Commands of the page.

    def _actions(self) -> dict[str, Action]:
        return {
            "window": self._window_command,
            "limits": self._limits_command,
            "add": self._add_command,
            "remove": self._remove_command,
            "pause": self._pause_command,
        }

    def _window_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        value = message.get("value")
        if is_int(value):
            value = str(value)
        if not isinstance(value, str) or len(value) > 64:
            return None

        def apply() -> None:
            self.analyzer.window = Window.parse(value)

        return apply

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
        if (
            not isinstance(operator, str)
            or operator not in _CLEAR_OPERATOR
            or not _is_number(value)
        ):
            return None
        if not (clear is None or _is_number(clear)) or severity not in SEVERITIES:
            return None
        if not (channel is None or (isinstance(channel, str) and len(channel) <= 80)):
            return None

        def apply() -> None:
            if channel is not None and channel not in self.analyzer.channels:
                message = f"There is no channel {channel!r}."
                raise ValueError(message)
            if len(self.analyzer.rules) >= MAX_RULES:
                message = f"There are {MAX_RULES} rules already. Remove one first."
                raise ValueError(message)
            self.analyzer.alert(
                f"value {operator} {_number_text(value)}",
                channel=channel,
                clear=None
                if clear is None
                else f"value {_CLEAR_OPERATOR[operator]} {_number_text(clear)}",
                severity=severity,
            )

        return apply

    def _remove_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        number = message.get("rule")
        if not is_int(number):
            return None
        return lambda: self._find(number).close()

    def _pause_command(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        value, chart = message.get("value"), self.chart
        if not isinstance(value, bool) or chart is None:
            return None
        return chart.pause if value else chart.resume  # type: ignore[no-any-return]

    def _find(self, number: Any) -> Rule:
        rule = self._rules.get(number)
        if rule is None or rule not in self.analyzer.rules:
            message = "This rule was removed."
            raise ValueError(message)
        return rule


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "text": condition.text,
        "subject": condition.subject,
        "operator": condition.operator,
        "limits": [float(limit) for limit in condition.limits],
    }


def _are_limits(limits: Any) -> bool:
    return isinstance(limits, list) and 1 <= len(limits) <= 2 and all(map(_is_number, limits))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _number_text(value: Any) -> str:
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )
