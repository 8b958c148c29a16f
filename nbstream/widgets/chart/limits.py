"""Limits of rules that people drag on the chart: tried on the way, changed when they are let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.alerts.rules.settings import RuleSettings
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.naming import short_name
from nbstream.widgets.chart.axes import MAX_LABEL
from nbstream.widgets.chart.thresholds import rule_limits
from nbstream.widgets.page.messages import is_int, is_number
from nbstream.widgets.panels.rule_editor import Draft, try_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts import Rule
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.widgets.page.inbox import Action

__all__ = ["DraggedLimits"]

MAX_LIMITS = 1_000
"""A rule has fewer limits: its conditions are short texts."""


class DraggedLimits:
    """The commands of a chart's page about the limits that it draws.

    A page names a limit by its rule as it is shown, by its place among the rule's limits, and by its value:
    if that is another by now, somebody else moved it, and the page is told so.

    Parameters
    ----------
    analyzer
        Has the rules.
    clock
        Injectable for tests.

    Notes
    -----
    Thread safety: the actions are read on any thread, and done on the main thread.
    """

    def __init__(self, analyzer: Analyzer, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._analyzer = analyzer
        self._clock = clock

    def actions(self) -> dict[str, Action]:
        """Return the commands by their kind."""
        return {"try limit": self._try, "move limit": self._move}

    def _move(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        wanted = _read(message)
        if wanted is None:
            return None

        def move() -> None:
            rule, edits = self._moved(*wanted)
            rule.edit(**edits)

        return move

    def _try(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        wanted = _read(message)
        if wanted is None:
            return None

        def count() -> dict[str, Any]:
            rule, edits = self._moved(*wanted)
            settings = RuleSettings.read(rule.settings, self._analyzer.channels, **edits)
            draft = Draft(settings=settings)
            return try_out(draft, self._analyzer, rule, self._clock) or {}

        return count

    def _moved(
        self, name: str, place: int, before: float, value: float
    ) -> tuple[Rule, dict[str, Any]]:
        """Return the rule and the edits that put its limit elsewhere."""
        for rule in self._analyzer.rules:
            found = rule_limits(rule)[place : place + 1]
            if found and found[0].value == before and short_name(rule.name, MAX_LABEL) == name:
                return rule, found[0].moved(rule, value)
        msg = "This limit was changed or removed meanwhile."
        raise ValueError(msg)


def _read(message: dict[str, Any]) -> tuple[str, int, float, float] | None:
    """Return rule, place, value before and value of a limit; None if a page sent something else."""
    name: Any = message.get("rule")
    place: Any = message.get("limit")
    before: Any = message.get("before")
    value: Any = message.get("value")
    is_valid = (
        isinstance(name, str)
        and is_int(place)
        and 0 <= place < MAX_LIMITS
        and is_number(before)
        and is_number(value)
    )
    return (name, place, float(before), float(value)) if is_valid else None
