"""The dashboard's title row: what is shown, whether all is well, the window, pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.alerts.rules.rule import SEVERITIES
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.widgets.page.commands import WINDOW_CHOICES, window_command
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import plain_text
from nbstream.widgets.page.panel import Panel

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.widgets.page.inbox import Action

__all__ = ["Controls"]


class Controls(Panel):
    """The title, how many rules fire, the window and pause.

    Parameters
    ----------
    analyzer
        Whose window is controlled.
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
        super().__init__(analyzer, clock=clock, pump=pump)

    def _state(self) -> dict[str, Any]:
        analyzer, chart = self.analyzer, self.chart
        title = self.title
        if title is None:
            title = "Live data" if analyzer.source is None else analyzer.source.name
        return {
            "title": plain_text(title, 120),
            "window": str(analyzer.parsed_window),
            "choices": list(WINDOW_CHOICES),
            "chart": None if chart is None else chart._page_key,
            "paused": bool(getattr(chart, "is_paused", False)),
            "alerts": self._alerts(),
        }

    def _alerts(self) -> dict[str, Any] | None:
        """Return how many incidents last and how grave the gravest is; None without rules."""
        rules = self.analyzer.rules
        if not rules:
            return None
        severities = [
            incident.severity
            for rule in rules
            for channel in rule.states
            if (incident := rule.incident(channel)) is not None
        ]
        return {
            "n": len(severities),
            "severity": max(severities, key=SEVERITIES.index, default=""),
        }

    def _summary(self) -> str:
        return f"window {self.analyzer.parsed_window.label}"

    def _actions(self) -> dict[str, Action]:
        return {"window": window_command(self.analyzer)}
