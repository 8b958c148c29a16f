"""The buttons of plotly's bar in copies of a chart: none that sends the data anywhere."""

from __future__ import annotations

from typing import Any

from nbstream.widgets.chart.lean_plotly import go

__all__ = ["UPLOADING", "StaticFigure", "StaysOnPage"]

UPLOADING = ("sendChartToCloud", "sendDataToCloud", "editInChartStudio")
"""Buttons that send the data to plotly's servers, under the names of its versions."""
STAYS = {
    "displaylogo": False,  # a link to plotly's site
    "showSendToCloud": False,
    "plotlyServerURL": "",
}


class StaysOnPage:
    """Figures whose copies have no button that sends them anywhere."""

    def show(self, *arguments: Any, **options: Any) -> Any:
        """Show the figure as plotly's `show` does."""
        return super().show(*arguments, **_staying(options))  # type: ignore[misc]

    def to_html(self, *arguments: Any, **options: Any) -> Any:
        """Return the figure as plotly's `to_html` does."""
        return super().to_html(*arguments, **_staying(options))  # type: ignore[misc]

    def write_html(self, *arguments: Any, **options: Any) -> Any:
        """Write the figure as plotly's `write_html` does."""
        return super().write_html(*arguments, **_staying(options))  # type: ignore[misc]


def _staying(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a copy, with a configuration without buttons that upload."""
    given = dict(options.get("config") or {})
    removed = [*given.pop("modeBarButtonsToRemove", ()), *UPLOADING]
    return {**options, "config": {**given, **STAYS, "modeBarButtonsToRemove": removed}}


class StaticFigure(StaysOnPage, go.Figure):
    """A plotly Figure as it was at one moment; none of its buttons sends it anywhere."""
