"""The limits of rules as lines on the axes of a chart, and how a rule is changed by moving one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.alerts import Rule
    from nbstream.alerts.conditions.condition import Condition
    from nbstream.expressions.limits import AxisLimit
    from nbstream.readings.buffer import Buffer

__all__ = ["RuleLimit", "Threshold", "rule_limits", "thresholds"]


@dataclass(frozen=True, slots=True)
class RuleLimit:
    """One limit of a rule, or of one of its levels, that is a place on the axis of a channel."""

    limit: AxisLimit
    text: str
    severity: str
    level: str | None
    """The level that it is of; None is the rule's own condition."""

    @property
    def value(self) -> float:
        """Where it is on the axis."""
        return self.limit.value

    def moved(self, rule: Rule, value: float) -> dict[str, Any]:
        """Return the arguments of `rule.edit` that put it elsewhere.

        Raises
        ------
        ValueError
            If the condition is not possible with it.
        """
        if self.level is None:
            return {"condition": rule.condition.moved(self.limit, value)}
        level = rule.levels[self.level].moved(self.limit, value)
        return {"levels": {**rule.levels, self.level: level}}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The line of one limit of a rule."""

    rule: Rule
    channels: tuple[int, ...]
    """Numbers of the channels on whose axes it is."""
    value: float
    text: str
    severity: str
    limit: int
    """Its place among the rule's `rule_limits`."""


def rule_limits(rule: Rule) -> list[RuleLimit]:
    """Return the limits of a rule and of its levels that are places on the axis of a channel."""
    found = _of_condition(rule.condition, rule.name, rule.severity, None)
    for level, condition in rule.levels.items():
        found += _of_condition(condition, f"{level}: {condition.text}", level, level)
    return found


def _of_condition(
    condition: Condition, title: str, severity: str, level: str | None
) -> list[RuleLimit]:
    """Return the limits of one condition; where the title doesn't say which of it one is, the text does."""
    limits = condition.axis_limits
    of_one = len({limit.text for limit in limits}) == 1 and not limits[0].is_of_window
    is_said = of_one or (title == condition.text and len(limits) == 1)
    before = f"{level}: " if level else "" if title == condition.text else f"{title}: "
    return [
        RuleLimit(limit, title if is_said else before + limit.text, severity, level)
        for limit in limits
    ]


def thresholds(rules: Iterable[Rule], shown: Sequence[str], buffer: Buffer) -> list[Threshold]:
    """Return the lines of the rules' limits on the axes of channels that are shown."""
    found = []
    for rule in rules:
        own = set(rule.awaited(buffer.measured, buffer._store.labels))
        for place, limit in enumerate(rule_limits(rule)):
            named = limit.limit.channel
            on = own if named is None else {named}
            channels = tuple(number for number, name in enumerate(shown) if name in on)
            if channels:
                found.append(
                    Threshold(rule, channels, limit.value, limit.text, limit.severity, place)
                )
    return found
