"""What a page draws of a chart's figure: rows, axes, lines, thresholds, shapes, and plotly's own part.

plotly's figure is where all of it stands; this says it in the words of the page, `meta.figure` of a frame,
which has only finite numbers and plain text in it. What our canvas has no means for goes to the page as it
is, for plotly to draw over the plot: the guests.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from _plotly_utils.utils import convert_to_base64
from plotly.io.json import to_json_plotly

from nbstream.text.naming import short_name, shortened
from nbstream.widgets.chart.look import LINE_WIDTH, MARKER_SIZE, PALETTE, look
from nbstream.widgets.chart.plotly_figure import axis_key, plain

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
SWITCH_RANGE = (-0.1, 1.1)
MAX_TEXT = 200
MAX_LABEL = 40
MAX_UNIT = 16
MAX_SHAPES = 500
HEIGHTS = (60, 10_000)
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

Props = dict[str, Any]
"""A part of plotly's figure, as it keeps it."""


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
    rows = _rows(on, own, layout)
    places = {axis: (i, j) for i, row in enumerate(rows) for j, axis in enumerate(row)}
    drawn, others, notes = _shapes(figure, places)
    return {
        "title": plain(_in(layout, "title", "text"), MAX_TEXT) or None,
        "height": _height(layout.get("height")),
        "rows": [
            {
                "share": _share(row, rows, layout),
                "axes": [_axis(figure, axis, on) for axis in row],
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
        "guests": _guests(own, layout, others, notes),
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


# Rows and axes.


def _rows(on: Mapping[int, str], own: Sequence[Props], layout: Props) -> list[list[str]]:
    """Return the y axes that something is drawn on, by row from the top down, the left one first."""
    used = {*on.values(), *(trace["yaxis"] for trace in own if trace.get("yaxis"))} or {"y"}
    roots: dict[str, list[str]] = {}
    for axis in sorted(used, key=lambda axis: (len(axis), axis)):
        over = _in(layout, axis_key(axis), "overlaying")
        roots.setdefault(over if over in used else axis, []).append(axis)
    rows: list[list[str]] = []
    tops = sorted(roots, key=lambda root: -_domain(root, layout)[1])
    for root in tops:
        axes = sorted(roots[root], key=lambda a: _in(layout, axis_key(a), "side") == "right")
        rows += [axes[i : i + 2] for i in range(0, len(axes), 2)]
    return rows


def _domain(axis: str, layout: Props) -> tuple[float, float]:
    domain = _in(layout, axis_key(axis), "domain") or (0.0, 1.0)
    return float(domain[0]), float(domain[1])


def _share(row: Sequence[str], rows: Sequence[Sequence[str]], layout: Props) -> float:
    heights = [max(0.05, high - low) for low, high in (_domain(r[0], layout) for r in rows)]
    low, high = _domain(row[0], layout)
    return round(max(0.05, high - low) / sum(heights), 4)


def _axis(figure: Figure, axis: str, on: Mapping[int, str]) -> dict[str, Any]:
    props = figure.layout.get(axis_key(axis)) or {}
    channels = [number for number, ref in on.items() if ref == axis]
    units = {figure.units[number] for number in channels}
    is_log = props.get("type") == "log"
    ends, soft = _ends(props, figure.y, is_log=is_log)
    is_free = ends is None and soft == [None, None] and not is_log
    if is_free and channels and figure.switches.issuperset(channels):
        soft = list(SWITCH_RANGE)
    return {
        "id": axis,
        "title": plain(_in(props, "title", "text"), MAX_LABEL),
        "unit": shortened(figure.units[channels[0]], MAX_UNIT) if len(units) == 1 else "",
        "channels": channels,
        "range": ends,
        "policy": "expand" if figure.y == "expand" else "fit",
        "soft": soft,
        "log": is_log,
    }


def _ends(props: Props, y: YLike, *, is_log: bool) -> tuple[list[float] | None, list[float | None]]:
    """Return the fixed range of an axis, None if there is none, and how far it reaches at least."""
    given = None if props.get("autorange") in (True, "reversed") else props.get("range")
    if isinstance(given, (list, tuple)) and len(given) == 2:
        ends = [_power(end) if is_log else _number(end) for end in given]
    else:
        ends = [None, None]
    if ends == [None, None] and not isinstance(y, str):
        ends = list(y)
    if is_log:
        ends = [None if end is None or end <= 0 else end for end in ends]
    low, high = ends
    if low is not None and high is not None:
        return (
            ([min(low, high), max(low, high)], [None, None]) if low != high else (None, [low, high])
        )
    included = _in(props, "autorangeoptions", "include")
    many = included if isinstance(included, (list, tuple, np.ndarray)) else [included]
    numbers = [number for one in many if (number := _number(one)) is not None]
    if props.get("rangemode") in ("tozero", "nonnegative"):
        numbers.append(0.0)
    if is_log:
        numbers = [number for number in numbers if number > 0]
    if numbers:
        low = min(numbers) if low is None else min(low, *numbers)
        high = max(numbers) if high is None else max(high, *numbers)
    return None, [low, high]


# Lines.


def _line(figure: Figure, number: int, trace: Props | None) -> dict[str, Any]:
    own = look(number)
    given = trace or {}
    line, marker = given.get("line") or {}, given.get("marker") or {}
    color = _color(line.get("color")) or _color(marker.get("color")) or _of_colorway(figure, number)
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
        "width": _positive(line.get("width"), LINE_WIDTH),
        "dash": line.get("dash") or own.dash,
        "mode": _mode(given.get("mode")),
        "shape": "hv" if shape == "hv" else "linear",
        "markerSize": _positive(marker.get("size"), MARKER_SIZE),
        "opacity": min(1.0, _positive(given.get("opacity"), 1.0)),
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
    return _color(colorway[number % len(colorway)])


def _color(color: Any) -> str | None:
    return color[:MAX_LABEL] if isinstance(color, str) and color else None


def _mode(mode: Any) -> str | None:
    parts = mode.split("+") if isinstance(mode, str) else ()
    return "+".join(part for part in ("lines", "markers") if part in parts) or None


# Thresholds.


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


# Shapes of the user's, and what plotly draws.


def _shapes(
    figure: Figure, places: Mapping[str, tuple[int, int]]
) -> tuple[list[Props], list[Props], list[Props]]:
    """Return the shapes that our canvas draws, those that plotly draws, and plotly's annotations."""
    drawn: list[Props] = []
    others: list[Props] = []
    notes = [
        note for note in _list(figure.layout, "annotations") if note.get("visible") is not False
    ]
    for shape in _list(figure.layout, "shapes"):
        if shape.get("visible") is False:
            continue
        ours = _shape(shape, places, figure.offset_ms) if len(drawn) < MAX_SHAPES else None
        if ours is None:
            others.append(shape)
            continue
        if not ours["text"]:
            note = next((note for note in notes if _is_label(note, shape)), None)
            if note is not None:
                ours["text"] = plain(note.get("text"), MAX_LABEL)
                notes = [other for other in notes if other is not note]
        if ours["row"] is None:
            n_rows = 1 + max(row for row, _ in places.values())
            drawn += [
                {**ours, "row": row, "axis": 0, "text": "" if row else ours["text"]}
                for row in range(n_rows)
            ]
        else:
            drawn.append(ours)
    return drawn, others, notes


def _shape(
    shape: Props, places: Mapping[str, tuple[int, int]], offset_ms: float
) -> dict[str, Any] | None:
    """Return a line or rectangle as our canvas takes it; None if it has no means for it.

    Its row and axis are None if it reaches over all rows.
    """
    kind = shape.get("type", "rect")
    pixels = "pixel" in (shape.get("xsizemode"), shape.get("ysizemode"))
    if kind not in ("line", "rect") or pixels:
        return None
    x_ref, y_ref = str(shape.get("xref") or "x"), str(shape.get("yref") or "y")
    xs: list[float | None] = [None, None]
    ys: list[float | None] = [None, None]
    if x_ref == "x":
        xs = [_epoch_ms(shape.get(end), offset_ms) for end in ("x0", "x1")]
    if y_ref in places:
        ys = [_number(shape.get(end)) for end in ("y0", "y1")]
    for ref, ends, (low, high) in ((x_ref, xs, ("x0", "x1")), (y_ref, ys, ("y0", "y1"))):
        if ref == "x" or ref in places:
            if None in ends:
                return None
        elif ref.removesuffix(" domain") not in ("x", "paper", *places):
            return None
        elif {shape.get(low), shape.get(high)} != {0, 1}:
            return None
    # What reaches over the whole of the first axis reaches over all rows, as over their common time axis.
    row, axis = (None, None) if y_ref in ("paper", "y domain") else places[y_ref.split(" ")[0]]
    line, label = shape.get("line") or {}, shape.get("label") or {}
    return {
        "type": kind,
        "row": row,
        "axis": axis,
        "x0": xs[0],
        "x1": xs[1],
        "y0": ys[0],
        "y1": ys[1],
        "color": _color(line.get("color")),
        "fill": _color(shape.get("fillcolor")) if kind == "rect" else None,
        "width": _positive(line.get("width"), 2.0, least=0.0),
        "dash": line.get("dash") or "solid",
        "opacity": min(1.0, _positive(shape.get("opacity"), 1.0, least=0.0)),
        "text": plain(label.get("text"), MAX_LABEL),
    }


def _is_label(note: Props, shape: Props) -> bool:
    """Return whether an annotation is one that `add_hline` and its kind put beside their line."""
    plainly = {"showarrow", "text", "x", "xanchor", "xref", "y", "yanchor", "yref", "name"}
    if note.get("showarrow") is not False or not note.keys() <= plainly:
        return False
    refs = shape.get("xref", "x"), shape.get("yref", "y")
    if (note.get("xref"), note.get("yref")) != refs:
        return False
    return any(note.get(d) in (shape.get(f"{d}0"), shape.get(f"{d}1")) for d in "xy") and all(
        note.get(d) in (shape.get(f"{d}0"), shape.get(f"{d}1")) or str(ref).endswith("domain")
        for d, ref in zip("xy", refs, strict=True)
    )


NOT_GUESTS = frozenset(
    "title height width autosize margin modebar hovermode dragmode uirevision shapes annotations".split()
)


def _guests(
    own: Sequence[Props], layout: Props, shapes: Sequence[Props], notes: Sequence[Props]
) -> dict[str, Any] | None:
    """Return what plotly draws over the plot, as JSON for it; None if there is nothing."""
    images = [image for image in _list(layout, "images") if image.get("visible") is not False]
    if not (own or shapes or notes or images):
        return None
    kept = {name: value for name, value in layout.items() if name not in NOT_GUESTS}
    guests = {"data": own, "layout": {**kept, "shapes": shapes, "annotations": notes}}
    copied = _containers(guests)
    convert_to_base64(copied)
    plain_json: dict[str, Any] = json.loads(to_json_plotly(copied, engine="json"))
    return plain_json


def _containers(value: Any) -> Any:
    """Return a copy that can be changed, of all but the numbers and texts in it."""
    if isinstance(value, dict):
        return {name: _containers(part) for name, part in value.items()}
    return [_containers(part) for part in value] if isinstance(value, (list, tuple)) else value


# What stands in a figure.


def _in(props: Props | None, *path: str) -> Any:
    value: Any = props
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _list(props: Props, name: str) -> list[Props]:
    return [part for part in props.get(name) or () if isinstance(part, dict)]


def _height(height: Any) -> int:
    return round(min(max(_positive(height, 380.0), HEIGHTS[0]), HEIGHTS[1]))


def _number(value: Any) -> float | None:
    """Return a finite number; None if `value` is none."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return None
    try:
        number = float(value)
    except (OverflowError, TypeError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any, default: float, *, least: float = 1e-3) -> float:
    number = _number(value)
    return default if number is None or number < least else number


def _power(exponent: Any) -> float | None:
    """Return the value that stands on a log axis where plotly says `exponent`."""
    number = _number(exponent)
    return None if number is None or abs(number) > 300 else 10.0**number


def _epoch_ms(time: Any, offset_ms: float) -> float | None:
    """Return when a shape begins or ends: a number is epoch ms, a time without a zone the wall clock."""
    number = _number(time)
    if number is not None or time is None:
        return number
    import pandas as pd

    try:
        stamp = pd.Timestamp(time)
    except (TypeError, ValueError, OverflowError):
        return None
    if pd.isna(stamp):
        return None
    ms = stamp.value / 1e6
    return ms if stamp.tz is not None else ms - offset_ms
