"""Copies of a chart that stand still: plotly figures with the points of a window in them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.zone import offset_ms, zone_label
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.widgets.chart.chart_feed import SPAN_OF_ALL_NS
from nbstream.widgets.chart.figure import live_number
from nbstream.widgets.chart.lane_traces import Lane, add_lanes
from nbstream.widgets.chart.look import PALETTE, look
from nbstream.widgets.chart.modebar import UPLOADING
from nbstream.widgets.chart.plotly_figure import (
    axis_key,
    mark_lone,
    plotly_text,
    threshold_shape,
)
from nbstream.widgets.keep.canvas import AREA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import Window
    from nbstream.widgets.chart.chart_feed import Points
    from nbstream.widgets.chart.settings import YLike
    from nbstream.widgets.chart.thresholds import Threshold

__all__ = ["static_copy", "wall_clock"]

SECOND_NS = 10**9
FIRST_NS = -9_200_000_000_000_000_000
"""The oldest time that has a wall clock in every zone."""


def static_copy(
    data: Sequence[dict[str, Any]],
    layout: dict[str, Any],
    points: Mapping[str, Points],
    names: Sequence[str],
    thresholds: Iterable[Threshold],
    y: YLike,
    analyzer: Analyzer,
    window: Window,
    span: tuple[int, int] | None = None,
    *,
    lanes: Collection[str] = (),
    switches: Collection[str] = (),
) -> dict[str, Any]:
    """Return a figure as a dict, with the points of a window in the traces of the channels.

    Parameters
    ----------
    data, layout
        The chart's, as plotly keeps them; they are not changed.
    points
        By channel.
    names
        Of the channels, in the order of their numbers.
    thresholds
        The lines of rules to draw.
    y
        The policy of the y axes.
    analyzer, window
        Whose readings, and which of them.
    span
        From when to when, in ns, instead of the window.
    lanes
        The channels of words that are shown.
    switches
        Those of zeros and ones: steps, unless somebody chose otherwise.
    """
    buffer = analyzer.buffer
    data, layout = copy.deepcopy(data), copy.deepcopy(layout)
    axes = {}
    for trace in data:
        number = live_number(trace)
        if number is None or number >= len(names):
            continue
        axes[number] = trace.get("yaxis") or "y"
        _paint(trace, number, layout, is_switch=names[number] in switches)
        times, values = points[names[number]]
        trace["x"], trace["y"] = wall_clock(times, buffer), values
        mark_lone(trace)
    for axis in {*axes.values()}:
        _choose_range(layout.setdefault(axis_key(axis), {}), y)
        _color(axis, data, layout)
    lines = [
        threshold_shape(line.text, line.severity, line.value, axis)
        for line in thresholds
        for axis in dict.fromkeys(axes[number] for number in line.channels if number in axes)
    ]
    shapes = layout.get("shapes") or ()
    for shape in shapes:  # what reaches over all of a chart's only axis reaches over all rows
        if shape.get("yref") == "y domain":
            shape["yref"] = "paper"
    layout["shapes"] = [*shapes, *lines]
    time = layout.setdefault("xaxis", {})
    span = span or _span(analyzer, window, names)
    time["range"] = [str(end) for end in wall_clock(np.array(span), buffer)]
    shown = [Lane.of(buffer, name, *points[name]) for name in names if name in lanes]
    figure = {"data": data, "layout": layout}
    add_lanes(figure, shown, span, lambda times: wall_clock(times, buffer))
    title = time.setdefault("title", {})
    title.setdefault("text", plotly_text(zone_label(buffer.timezone, buffer.newest_ns or 0)))
    modebar = layout.setdefault("modebar", {})
    modebar.setdefault("bgcolor", "rgba(0,0,0,0)")
    modebar.setdefault("color", "rgba(128,128,128,0.8)")
    removed = modebar.get("remove") or ()
    modebar["remove"] = [*([removed] if isinstance(removed, str) else removed), *UPLOADING]
    return figure


def wall_clock(times: TimeArray, buffer: Buffer) -> Any:
    """Return times as the display zone's wall clock, which is what plotly's date axis shows."""
    offset_ns = offset_ms(buffer.timezone, buffer.newest_ns or 0) * 1_000_000
    return (times + offset_ns).view("M8[ns]").astype("M8[us]")


def _paint(trace: dict[str, Any], number: int, layout: dict[str, Any], *, is_switch: bool) -> None:
    """Give a line the look that it has on a page, where the user chose none."""
    own, line = look(number), trace.setdefault("line", {})
    colors = layout.get("colorway") or PALETTE
    if not (trace.get("marker") or {}).get("color"):
        line.setdefault("color", colors[number % len(colors)])
    line.setdefault("dash", own.dash)
    if is_switch and trace.get("mode") is None:
        line.setdefault("shape", "hv")
    color = str(line.get("color"))
    if trace.get("fill") == "tozeroy" and color.startswith("#") and len(color) == 7:
        parts = ", ".join(f"{part}" for part in bytes.fromhex(color[1:]))
        trace.setdefault("fillcolor", f"rgba({parts}, {AREA:g})")  # older plotly knows no #rrggbbaa


def _choose_range(axis: dict[str, Any], y: YLike) -> None:
    """Give an axis the range of a chart's policy, where the user chose none."""
    if isinstance(y, str) or axis.get("range") is not None:
        return
    is_log = axis.get("type") == "log"
    ends = [end for end in y if end is not None and (end > 0 or not is_log)]
    if len(ends) == 2:
        axis["range"] = np.log10(ends).tolist() if is_log else ends
    else:
        axis.setdefault("autorangeoptions", {}).setdefault("include", ends)


def _color(axis: str, data: Sequence[dict[str, Any]], layout: dict[str, Any]) -> None:
    """Give an axis on the right the colour of its line, if it is that of one line."""
    props = layout[axis_key(axis)]
    lines = [trace.get("line") or {} for trace in data if trace.get("yaxis") == axis]
    color = lines[0].get("color") if len(lines) == 1 else None
    if color is None or props.get("side") != "right":
        return
    props.setdefault("tickfont", {}).setdefault("color", color)
    props.setdefault("title", {}).setdefault("font", {}).setdefault("color", color)


def _span(analyzer: Analyzer, window: Window, names: Sequence[str]) -> tuple[int, int]:
    """Return the ends of the time axis: those of a window in time, else of the readings in it."""
    buffer = analyzer.buffer
    newest_ns = buffer.newest_ns
    ends = []
    for held in map(buffer.channel, names):
        start, stop = held.window_rows(window)
        ends += [held.time_at(start), held.time_at(stop - 1)] if stop > start else []
    times = [time for time in ends if time is not None]
    if not times or newest_ns is None:
        last = SYSTEM_CLOCK.wall_ns() if newest_ns is None else newest_ns
        first = last - (window.duration_ns or SPAN_OF_ALL_NS)
    elif window.duration_ns is not None:
        first, last = newest_ns - window.duration_ns, newest_ns
    else:
        first, last = min(times), max(times)
        if first == last:
            first, last = first - SECOND_NS, last + SECOND_NS
    return max(first, FIRST_NS), last
