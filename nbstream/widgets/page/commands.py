"""The command that a chart and the controls have in common, and the windows that they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.widgets.page.messages import is_int

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.widgets.page.inbox import Action

__all__ = ["WINDOW_CHOICES", "window_command"]

WINDOW_CHOICES = ("10s", "60s", "5min", "15min", "1h", "all")
MAX_WINDOW_LENGTH = 64


def window_command(analyzer: Analyzer) -> Action:
    """Return the command that chooses the window: "value" is as one writes it, or a number."""

    def read(message: dict[str, Any]) -> Callable[[], Any] | None:
        value = message.get("value")
        if is_int(value):
            value = str(value)
        if not isinstance(value, str) or len(value) > MAX_WINDOW_LENGTH:
            return None
        return lambda: analyzer.choose_window(value)

    return read
