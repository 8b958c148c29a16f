"""The figure of a chart as plotly takes it: its layout, its axes, its texts, its threshold lines."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.text.naming import one_line, short_name, short_names
from nbstream.widgets.chart.look import PALETTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbstream.widgets.chart.arrangement import Row

__all__ = [
    "AXIS_STYLE",
    "axis_id",
    "axis_key",
    "axis_layouts",
    "base_layout",
    "legend_texts",
    "mark_lone",
    "plain",
    "plotly_text",
    "threshold_shape",
]

SEVERITY_COLORS = {"info": "#2463c9", "warning": "#a85b00", "critical": "#c62a2a"}
MAX_LABEL = 40
FEW_POINTS = 20
LONE_PX = 4
BETWEEN_ROWS = 0.04
AXIS_STYLE = {
    "showline": True,
    "ticks": "outside",
    "ticklen": 4,
    "zeroline": False,
    "automargin": True,
    "gridcolor": "rgba(128,128,128,0.2)",  # seen on a light ground and on a dark one
    "linecolor": "rgba(128,128,128,0.5)",
    "tickcolor": "rgba(128,128,128,0.5)",
}

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def plotly_text(text: str) -> str:
    """Return text from data so that plotly shows it as it is: no tags, no links, no %{…}, no TeX."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(character, entity)
    return text.replace("%{", "%\u200b{")


def plain(text: Any, length: int) -> str:
    """Return a text of plotly's as a page of ours shows it: one line, without tags, shortened in the middle.

    Examples
    --------
    >>> plain("<b>a</b> &lt; b<br>c", 20)
    'a < b c'
    """
    if not isinstance(text, str):
        return ""
    # What is far longer than it may be is cut before it is read; its ends stay.
    text = text if len(text) <= 40 * length else text[: 20 * length] + text[-20 * length :]
    text = one_line(html.unescape(_TAG.sub("", _BREAK.sub(" ", text))).replace("\u200b", ""))
    return short_name(text, length) if text else ""


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


def base_layout(title: str | None, height: int) -> dict[str, Any]:
    """Return the layout that a chart begins with."""
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
            **AXIS_STYLE,
            "automargin": "height",  # a label that leaves at the edge must not move the plot
            "type": "date",
            "title": {"font": {"size": 11}, "standoff": 6},
        },
        "colorway": list(PALETTE),
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def axis_id(number: int) -> str:
    """Return what a trace calls the y axis with this number, from 1 on."""
    return "y" if number == 1 else f"y{number}"


def axis_key(axis: str) -> str:
    """Return what a layout calls an axis that a trace calls `axis`: "y2" is "yaxis2"."""
    return f"{axis[:1]}axis{axis[1:]}"


def axis_layouts(rows: Sequence[Row], *, is_log: bool) -> dict[str, dict[str, Any]]:
    """Return the y axes of an arrangement by the names that traces call them, in its order.

    Each is a flat mapping from property to value; None takes away what another arrangement needed.
    """
    axes: dict[str, dict[str, Any]] = {}
    height = (1 - BETWEEN_ROWS * (len(rows) - 1)) / len(rows)
    for i, row in enumerate(rows):
        top = 1 - i * (height + BETWEEN_ROWS)
        left = axis_id(len(axes) + 1)
        for side, axis in zip(("left", "right"), row, strict=False):
            title = axis.title or axis.unit
            axes[axis_id(len(axes) + 1)] = {
                **AXIS_STYLE,
                "type": "log" if is_log else None,
                "title.text": plotly_text(short_name(title, MAX_LABEL)) if title else None,
                "title.font.size": 11,
                "anchor": "x",
                "side": side,
                "domain": [round(max(0.0, top - height), 4), round(top, 4)],
                "overlaying": None if side == "left" else left,
                "showgrid": None if side == "left" else False,
                "tickmode": None if side == "left" else "auto",
            }
    return axes


def threshold_shape(text: str, severity: str, limit: float, axis: str) -> dict[str, Any]:
    """Return the line of a limit on an axis."""
    label = plotly_text(short_name(text, MAX_LABEL))
    return {
        "type": "line",
        "name": label,
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": axis,
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
