"""The buttons of plotly's bar: those that are known to keep the data on the page, and no others."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

__all__ = ["StaticFigure", "StaysOnPage", "page_config"]

# By plotly's name, with the group that `layout.modebar.remove` may name instead.
BUTTONS = (
    {"toImage": ""},
    {"zoom2d": "zoom", "pan2d": "pan"},
    {
        "zoomIn2d": "zoomin",
        "zoomOut2d": "zoomout",
        "autoScale2d": "autoscale",
        "resetScale2d": "resetscale",
    },
)
# What `layout.modebar.add` may ask for.
MORE_BUTTONS = {
    "drawline": ("drawline",),
    "drawopenpath": ("drawopenpath",),
    "drawclosedpath": ("drawclosedpath",),
    "drawcircle": ("drawcircle",),
    "drawrect": ("drawrect",),
    "eraseshape": ("eraseshape",),
    "select2d": ("select2d",),
    "lasso2d": ("lasso2d",),
    "v1hovermode": ("hoverClosestCartesian", "hoverCompareCartesian"),
    "hoverclosest": ("hoverClosestCartesian",),
    "hovercompare": ("hoverCompareCartesian",),
    "togglehover": ("toggleHover",),
    "togglespikelines": ("toggleSpikelines",),
}
UPLOADING = ("sendChartToCloud", "sendDataToCloud", "editInChartStudio")
"""Buttons that send the data to plotly's servers, under the names of its versions."""
STAYS = {
    "displaylogo": False,  # a link to plotly's site
    "showSendToCloud": False,
    "plotlyServerURL": "",
}


def page_config(modebar: Any) -> dict[str, Any]:
    """Return plotly's configuration of a live chart.

    Parameters
    ----------
    modebar
        The layout's `modebar`: which buttons a person wants more and less.
    """
    removed = {name.lower() for name in _names(modebar.remove)}
    groups = [
        [name for name, kind in group.items() if not {name.lower(), kind} & removed]
        for group in BUTTONS
    ]
    added = [MORE_BUTTONS.get(name.lower(), ()) for name in _names(modebar.add)]
    groups.append(list(dict.fromkeys(name for names in added for name in names)))
    # plotly takes an empty list for its own choice.
    return STAYS | {"modeBarButtons": [group for group in groups if group] or [[]]}


def _names(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


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
