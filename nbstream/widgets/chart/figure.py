"""The figure of a chart as plotly takes it: its layout, its threshold lines, and text that stays text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.text.naming import short_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbstream.alerts import Rule

__all__ = [
    "OWN_SHAPE",
    "base_layout",
    "drawn_limits",
    "legend_texts",
    "mark_lone",
    "plotly_text",
    "threshold_shapes",
]

OWN_SHAPE = "nbstream: "
SEVERITY_COLORS = {"info": "#3b82f6", "warning": "#d97706", "critical": "#dc2626"}
COLORWAY = ["#3266d6", "#e07a1f", "#17936b", "#a23fb8", "#c2334d", "#0f93ad", "#8a6d1d", "#6b5fd3"]
MAX_LABEL = 40
FEW_POINTS = 20
LONE_PX = 4


def drawn_limits(rule: Rule) -> tuple[float, ...]:
    """Return the limits of a rule and its levels that are values on the y axis."""
    return tuple(limit for _, _, limit in _thresholds(rule))


def threshold_shapes(rule: Rule) -> list[dict[str, Any]]:
    """Return the lines of a rule's limits and of those of its levels."""
    return [_shape(*threshold) for threshold in _thresholds(rule)]


def _thresholds(rule: Rule) -> list[tuple[str, str, float]]:
    """Return severity, text and value of each line of a rule."""
    named = [(rule.severity, rule.name, rule.condition)]
    named += [(severity, f"{severity}: {of.text}", of) for severity, of in rule.levels.items()]
    return [
        (severity, text, limit)
        for severity, text, condition in named
        if condition.variable == "value"
        for limit in condition.limits
    ]


def _shape(severity: str, text: str, limit: float) -> dict[str, Any]:
    label = plotly_text(_short(text))
    return {
        "type": "line",
        "name": f"{OWN_SHAPE}{label}",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": limit,
        "y1": limit,
        "line": {"color": SEVERITY_COLORS[severity], "width": 1.2, "dash": "dash"},
        "label": {
            # In the ink of the theme: small text in the line's colour is hard to read.
            "text": label,
            "textposition": "start",
            "yanchor": "bottom",
            "padding": 2,
            "font": {"size": 10},
        },
    }


def plotly_text(text: str) -> str:
    """Return text from data so that plotly shows it as it is: no tags, no links, no %{…}, no TeX."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text.replace("%{", "%\u200b{")


def legend_texts(names: Iterable[str], units: Mapping[str, str]) -> dict[str, str]:
    """Return what the legend says of channels."""
    shown = short_names(names, MAX_LABEL)
    units = {name: units.get(name) or "" for name in shown}
    return {
        name: plotly_text(text if _says(name, units[name]) else f"{text} ({units[name]})")
        for name, text in shown.items()
    }


def _says(name: str, unit: str) -> bool:
    """Return whether a name ends with its unit, or there is none."""
    return not unit or name.rstrip().endswith((f"({unit})", f"[{unit}]", f", {unit}"))


def mark_lone(trace: dict[str, Any]) -> None:
    """Give the readings of a trace that no line leads to or from a marker, without which they aren't seen."""
    missing = np.isnan(trace["y"])
    lone = ~missing & np.append(True, missing[:-1]) & np.append(missing[1:], True)
    # Of fewer points plotly marks each.
    if len(missing) < FEW_POINTS or trace.get("mode", "lines") != "lines" or not lone.any():
        return
    marker = trace.setdefault("marker", {})
    size = marker.get("size", LONE_PX)
    trace["mode"] = "lines+markers"
    marker["size"] = np.where(lone, size, 0)


def _short(text: str) -> str:
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def base_layout(title: str | None, height: int, ends: Sequence[str]) -> dict[str, Any]:
    """Return the layout that a chart begins with; `ends` are those of its time axis."""
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
            "automargin": "height",  # a label that leaves at the edge must not move the plot
            "type": "date",
            "title": {"font": {"size": 11}, "standoff": 6},
            "range": list(ends),  # without any plotly would show the year 2000
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
