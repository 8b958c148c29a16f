"""What a page draws of a chart's figure: rows, axes, lines, thresholds, shapes, and plotly's own part.

plotly's figure is where all of it stands; this says it in the words of the page, `meta.figure` of a frame,
which has only finite numbers and plain text in it. What our canvas has no means for goes to the page as it
is, for plotly to draw over the plot: the guests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbstream.text.naming import short_name, shortened
from nbstream.widgets.chart.axes import MAX_LABEL, MAX_UNIT, axis_of, rows_of, share_of
from nbstream.widgets.chart.look import LINE_WIDTH, MARKER_SIZE, PALETTE, look
from nbstream.widgets.chart.plotly_figure import plain
from nbstream.widgets.chart.plotly_values import Props, color_of, nested, positive
from nbstream.widgets.chart.shapes import guests_of, shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbstream.widgets.chart.settings import YLike
    from nbstream.widgets.chart.thresholds import Threshold

__all__ = [
    "LIVE",
    "Figure",
    "describe",
    "live_number",
    "terse",
]

LIVE = "nbs-"
"""The `meta` of a trace that stands for a channel begins so; the channel's number follows."""
MAX_TEXT = 200
HEIGHTS = (60, 10_000)
USUAL_HEIGHT = 380.0
ROW_PX = 72
"""Of a row that can be read, with the room between rows."""
AROUND_ROWS_PX = 60
AXIS_DEFAULTS = {"title": "", "unit": "", "policy": "fit", "soft": [None, None], "log": False}
LINE_DEFAULTS = {
    "unit": "",
    "color": None,
    "width": LINE_WIDTH,
    "dash": "solid",
    "mode": None,
    "shape": "linear",
    "markerSize": MARKER_SIZE,
    "opacity": 1.0,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What a description is made from.

    Parameters
    ----------
    data, layout
        As plotly keeps them.
    names
        Of the channels, by number, as they are shown.
    legends
        What the traces of the channels are called if nobody named them otherwise.
    units
        Of the channels, "" is none.
    thresholds
        Of the rules.
    y
        The policy of the y axes: "fit", "expand", or the ends of their range, None where the readings decide.
    offset_ms
        How far the display zone is ahead of UTC; plotly's date axis has its wall clock.
    lanes
        Numbers of the channels that hold words, and whether each is shown.
    switches
        Numbers of the channels of zeros and ones: steps, unless somebody chose otherwise.
    """

    data: Sequence[Props]
    layout: Props
    names: Sequence[str]
    legends: Sequence[str]
    units: Sequence[str]
    thresholds: Sequence[Threshold]
    y: YLike
    offset_ms: float
    lanes: Mapping[int, bool] = field(default_factory=dict)
    switches: frozenset[int] = frozenset()


def live_number(trace: Mapping[str, Any]) -> int | None:
    """Return the number of the channel that a trace stands for, None if it is the user's own."""
    meta = trace.get("meta")
    if isinstance(meta, str) and meta.startswith(LIVE) and meta[len(LIVE) :].isdecimal():
        return int(meta[len(LIVE) :])
    return None


def describe(figure: Figure) -> dict[str, Any]:
    """Return `meta.figure`: JSON, made anew, that nobody changes."""
    live = {
        number: trace
        for trace in figure.data
        if (number := live_number(trace)) is not None
        and number < len(figure.names)
        and number not in figure.lanes
    }
    own = [
        trace
        for trace in figure.data
        if live_number(trace) is None and trace.get("visible") is not False
    ]
    layout = figure.layout
    on = {number: str(live[number].get("yaxis") or "y") for number in sorted(live)}
    rows = rows_of(on, own, layout)
    places = {axis: (i, j) for i, row in enumerate(rows) for j, axis in enumerate(row)}
    drawn, others, notes = shapes_of(figure, places)
    return {
        "title": plain(nested(layout, "title", "text"), MAX_TEXT) or None,
        "height": _height(layout.get("height"), len(rows)),
        "rows": [
            {
                "share": share_of(row, rows, layout),
                "axes": [axis_of(figure, axis, on) for axis in row],
            }
            for row in rows
        ],
        "lines": [
            _lane(figure, number)
            if number in figure.lanes
            else _line(figure, number, live.get(number))
            for number in range(len(figure.names))
        ],
        "thresholds": _thresholds(figure.thresholds, on, places),
        "shapes": drawn,
        "guests": guests_of(own, layout, others, notes),
    }


def terse(described: dict[str, Any]) -> dict[str, Any]:
    """Return a description without what a page takes for granted."""
    rows = [
        {**row, "axes": [_without(axis, AXIS_DEFAULTS) for axis in row["axes"]]}
        for row in described["rows"]
    ]
    lines = [_without(line, LINE_DEFAULTS) for line in described["lines"]]
    return {**described, "rows": rows, "lines": lines}


def _without(props: Props, defaults: Props) -> Props:
    return {
        name: value
        for name, value in props.items()
        if name not in defaults or defaults[name] != value
    }


def _height(height: Any, n_rows: int) -> int:
    """Return the height of a chart, px: many rows have more where nobody chose another than the usual one."""
    chosen = positive(height, USUAL_HEIGHT)
    if chosen == USUAL_HEIGHT:
        chosen = max(chosen, n_rows * ROW_PX + AROUND_ROWS_PX)
    return round(min(max(chosen, HEIGHTS[0]), HEIGHTS[1]))


def _line(figure: Figure, number: int, trace: Props | None) -> dict[str, Any]:
    own = look(number)
    given = trace or {}
    line, marker = given.get("line") or {}, given.get("marker") or {}
    color = (
        color_of(line.get("color")) or color_of(marker.get("color")) or _of_colorway(figure, number)
    )
    shape = line.get("shape")
    if number in figure.switches and shape is None and given.get("mode") is None:
        shape = "hv"
    name = given.get("name")
    is_named = isinstance(name, str) and name != figure.legends[number]
    return {
        "name": (plain(name, MAX_LABEL) if is_named else "") or figure.names[number],
        "unit": shortened(figure.units[number], MAX_UNIT),
        "palette": None if color else own.palette,
        "color": color,
        "width": positive(line.get("width"), LINE_WIDTH),
        "dash": line.get("dash") or own.dash,
        "mode": _mode(given.get("mode")),
        "shape": "hv" if shape == "hv" else "linear",
        "markerSize": positive(marker.get("size"), MARKER_SIZE),
        "opacity": min(1.0, positive(given.get("opacity"), 1.0)),
        "visible": trace is not None and given.get("visible") in (None, True),
        **({"fill": True} if given.get("fill") == "tozeroy" else {}),
    }


def _lane(figure: Figure, number: int) -> dict[str, Any]:
    return {
        "lane": True,
        "name": figure.names[number],
        "palette": look(number).palette,
        "visible": figure.lanes[number],
        **LINE_DEFAULTS,
    }


def _of_colorway(figure: Figure, number: int) -> str | None:
    """Return the colour of a channel by a colorway that the user chose."""
    colorway = figure.layout.get("colorway")
    if not isinstance(colorway, (list, tuple)) or not colorway or tuple(colorway) == PALETTE:
        return None
    return color_of(colorway[number % len(colorway)])


def _mode(mode: Any) -> str | None:
    if mode == "none":
        return "none"
    parts = mode.split("+") if isinstance(mode, str) else ()
    return "+".join(part for part in ("lines", "markers") if part in parts) or None


def _thresholds(
    lines: Iterable[Threshold], on: Mapping[int, str], places: Mapping[str, tuple[int, int]]
) -> list[dict[str, Any]]:
    found = []
    for line in lines:
        of_axis: dict[tuple[int, int], list[int]] = {}
        for number in line.channels:
            if number in on:
                of_axis.setdefault(places[on[number]], []).append(number)
        found += [
            {
                "channel": numbers[0] if len(numbers) == 1 else None,
                "row": row,
                "axis": axis,
                "value": line.value,
                "text": short_name(line.text, MAX_LABEL),
                "severity": line.severity,
                "rule": short_name(line.rule.name, MAX_LABEL),
                "limit": line.limit,
            }
            for (row, axis), numbers in of_axis.items()
        ]
    return found
