"""The figure of a chart as plotly takes it: its layout, its threshold lines, and text that stays text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbstream.alerts import Rule

__all__ = [
    "OWN_SHAPE",
    "base_layout",
    "drawn_limits",
    "legend_text",
    "plotly_text",
    "threshold_shapes",
]

OWN_SHAPE = "nbstream: "
SEVERITY_COLORS = {"info": "#3b82f6", "warning": "#d97706", "critical": "#dc2626"}
COLORWAY = ["#3266d6", "#e07a1f", "#17936b", "#a23fb8", "#c2334d", "#0f93ad", "#8a6d1d", "#6b5fd3"]
MAX_LEGEND = 40


def drawn_limits(rule: Rule) -> tuple[float, ...]:
    """Return the limits of a rule that are values on the y axis."""
    return rule.limits if rule.condition.variable == "value" else ()


def threshold_shapes(rule: Rule) -> list[dict[str, Any]]:
    """Return the lines of a rule's limits."""
    return [_shape(rule, limit) for limit in drawn_limits(rule)]


def _shape(rule: Rule, limit: float) -> dict[str, Any]:
    color = SEVERITY_COLORS[rule.severity]
    return {
        "type": "line",
        "name": f"{OWN_SHAPE}{plotly_text(rule.name)}",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": limit,
        "y1": limit,
        "line": {"color": color, "width": 1.2, "dash": "dash"},
        "label": {
            "text": plotly_text(rule.name),
            "textposition": "start",
            "yanchor": "bottom",
            "padding": 2,
            "font": {"size": 10, "color": color},
        },
    }


def plotly_text(text: str) -> str:
    """Return text from data so that plotly shows it as it is: no tags, no links, no %{…}."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return text.replace("%{", "%\u200b{")


def legend_text(name: str, unit: str | None) -> str:
    """Return what the legend says of a channel."""
    short = name if len(name) <= MAX_LEGEND else name[: MAX_LEGEND - 1] + "…"
    return plotly_text(f"{short} ({unit})" if unit else short)


def base_layout(title: str | None, height: int) -> dict[str, Any]:
    """Return the layout that a chart begins with."""
    now = datetime.now(UTC).replace(tzinfo=None)
    axis = {
        "showline": True,
        "ticks": "outside",
        "ticklen": 4,
        "zeroline": False,
        "automargin": True,
    }
    return {
        "height": height,
        "title": {
            "text": None if title is None else plotly_text(title),
            "font": {"size": 15},
            "x": 0.01,
            "xref": "container",
            "y": 0.98,
            "yref": "container",
            "yanchor": "top",
            "automargin": title is not None,
        },
        "margin": {"l": 56, "r": 16, "t": 40, "b": 44},
        "xaxis": {
            **axis,
            "type": "date",
            "title": {"font": {"size": 11}, "standoff": 6},
            # Without data plotly would show the year 2000.
            "range": [str(now - timedelta(minutes=1)), str(now)],
        },
        "yaxis": {**axis, "title": {"font": {"size": 11}}},
        "colorway": COLORWAY,
        "hovermode": False,
        "dragmode": "zoom",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)"},
        "uirevision": "nbstream",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
