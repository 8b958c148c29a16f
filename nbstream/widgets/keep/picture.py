"""The picture of a record: lines on axes and lanes of words on a white plate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from nbstream.widgets.keep.axes import Scale, scale_of
from nbstream.widgets.keep.canvas import (
    AREA,
    FINER,
    FRAME,
    GRID,
    INK,
    LINE_PX,
    MARGIN,
    PLATE,
    QUIET,
    SMALL_PX,
    TITLE_PX,
    WIDTH,
    Box,
    Canvas,
    Raster,
    blended,
    fitting_text,
    palette_of,
    text_width,
    tint,
)
from nbstream.widgets.keep.lanes import LANE_GAP, LANE_HEIGHT, PALE, draw_lane, runs
from nbstream.widgets.keep.ticks import Tick, free_labels, time_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.readings.batch import FloatArray
    from nbstream.widgets.keep.record import Channel, Record, Shape, Threshold

__all__ = ["draw", "fitting", "paint"]

SCALES = (1.25, 1.0, 0.75, 0.5)
COARSEST = SCALES[-1]
SEVERITY_COLORS = {"info": "#2563eb", "warning": "#b45309", "critical": "#dc2626"}
TEXT_PX = 11.5
LEGEND_ROW = 18
PLOT_HEIGHT = 250
ROW_HEIGHT = 128
SMALL_ROW_HEIGHT = 84
ROW_GAP = 16
MAX_ROWS = 12
MAX_LANES = 32
"""More lanes than these are counted."""
LANE_NAME_PX = 120
AXIS_HEIGHT = 22
FOOT_HEIGHT = 20
MARKER_PX = 2.4
SPARSE_PX = 6
"""Readings so far apart are dots on their line, as on the page."""
TICK_PX = 44
DASHES = {"dash": (7.0, 4.0), "dot": (1.8, 3.0)}


def fitting(record: Record, max_bytes: int, *, scale: float = 1.5) -> bytes:
    """Return the picture of a record as a PNG of at most `max_bytes`, as fine as that allows.

    Parameters
    ----------
    record
        What is drawn.
    max_bytes
        Not below 8,000.
    scale
        Pixels of the picture for one of the page, at most.
    """
    png = draw(record, scale=scale)
    while len(png) > max_bytes and scale > COARSEST:
        # Edges and noise, which make it large, grow about as the scale does.
        wanted = scale * max_bytes / len(png)
        scale = max((s for s in SCALES if s < scale and s <= wanted), default=COARSEST)
        png = draw(record, scale=scale)
    return png


def draw(record: Record, *, scale: float = 2.0) -> bytes:
    """Return the picture of a record as a PNG.

    Parameters
    ----------
    record
        What is drawn.
    scale
        Pixels of the picture for one of the page.
    """
    canvas = paint(record, lambda height: Raster(height, scale * FINER))
    return canvas.png(_palette(record))


CanvasT = TypeVar("CanvasT", bound=Canvas)


def paint(record: Record, canvas_of: Callable[[int], CanvasT]) -> CanvasT:
    """Draw a record and return what it was drawn on; `canvas_of` makes that for a height in px."""
    plan = _plan(record)
    canvas = canvas_of(plan.height)
    for row, box in zip(plan.rows, plan.boxes, strict=True):
        _draw_row(canvas, record, row, box)
    for lane, box in zip(plan.lanes, plan.lane_boxes, strict=True):
        _draw_lane(canvas, record, lane, box)
    _draw_times(canvas, record, plan)
    _draw_words(canvas, record, plan)
    return canvas


def _palette(record: Record) -> Any:
    severities = {t.severity for t in record.thresholds} | {b.severity for b in record.bands}
    marks = [SEVERITY_COLORS.get(severity, QUIET) for severity in sorted(severities)]
    lines = [channel.color for channel in record.channels if channel.states is None]
    lanes = [label.color for channel in record.channels for label in channel.labels.values()]
    filled = [channel.color for channel in record.channels if channel.has_fill]
    grounds = [PLATE, *map(tint, marks)]
    others = [blended(color, AREA, ground) for color in filled for ground in grounds]
    others += PALE if lanes else ()
    shapes = [shape for row in record.rows for axis in row for shape in axis.shapes]
    others += [shape.fill for shape in shapes if shape.fill is not None]
    outlines = [shape.color for shape in shapes if shape.color is not None]
    return palette_of(list(dict.fromkeys([*lanes, *lines, *outlines])), marks, others)


# What goes where.


@dataclass(slots=True)
class _Axis:
    """A y axis, with what it measures."""

    title: str
    channels: list[Channel]
    thresholds: list[Threshold]
    scale: Scale
    shapes: Sequence[Shape] = ()

    @property
    def color(self) -> str:
        """The line's, where there is one line."""
        return self.channels[0].color if len(self.channels) == 1 else QUIET


class _Plan(NamedTuple):
    height: int
    rows: list[list[_Axis]]
    boxes: list[Box]
    lanes: list[Channel]
    lane_boxes: list[Box]
    more_lanes: int
    legend: list[list[tuple[Channel | None, str]]]

    @property
    def left(self) -> float:
        """Where the time axis begins."""
        return (self.boxes or self.lane_boxes)[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return (self.boxes or self.lane_boxes)[0].right

    @property
    def bottom(self) -> float:
        """Where it is."""
        return max(box.bottom for box in (*self.boxes, *self.lane_boxes))


def _rows(record: Record, *, has_lanes: bool) -> list[list[_Axis]]:
    """Return the rows of the plot: those of the chart, else one for each unit, or one for two."""
    looks = [[axis for axis in row if axis.channels] for row in record.rows][:MAX_ROWS]
    looks = [row for row in looks if row]
    most = round(_row_height(len(looks)) / TICK_PX)
    rows = []
    for look in looks:
        row = []
        for axis in look:
            channels = [record.channels[number] for number in axis.channels]
            limits = [t for t in record.thresholds if not set(axis.channels).isdisjoint(t.channels)]
            scale = scale_of(
                np.concatenate([channel.line.values for channel in channels]),
                most=most,
                limits=[threshold.value for threshold in limits],
                ends=axis.ends,
                least=axis.least,
                is_log=axis.is_log,
            )
            row.append(_Axis(axis.title, channels, limits, scale, axis.shapes))
        rows.append(row)
    if not rows and not has_lanes:
        rows = [[_Axis("", [], [], scale_of(np.empty(0), most=most))]]
    return rows


def _row_height(n_rows: int) -> float:
    if n_rows <= 1:
        return PLOT_HEIGHT
    return ROW_HEIGHT if n_rows <= 4 else SMALL_ROW_HEIGHT


def _plan(record: Record) -> _Plan:
    lanes = [channel for channel in record.channels if channel.states is not None]
    rows = _rows(record, has_lanes=bool(lanes))
    names = (min(LANE_NAME_PX, text_width(lane.name, SMALL_PX)) for lane in lanes[:MAX_LANES])
    left = max((*names, *(_labels_width(row[0]) for row in rows)), default=0.0)
    right = max((_labels_width(row[1]) for row in rows if len(row) > 1), default=0.0)
    x0, x1 = MARGIN + left + 8, WIDTH - MARGIN - (right + 8 if right else 4)
    legend = _legend(record, x1 - MARGIN)
    top = MARGIN + (TITLE_PX + 10.0 if record.title else 0.0) + len(legend) * LEGEND_ROW
    boxes = []
    has_titles = any(axis.title for row in rows for axis in row)
    for _ in rows:
        top += ROW_GAP if has_titles else 6
        boxes.append(Box(x0, top, x1, top + _row_height(len(rows))))
        top = boxes[-1].bottom
    lane_boxes = []
    top += 6 if lanes else 0
    for _ in lanes[:MAX_LANES]:
        # On whole pixels, as the blocks are.
        top = math.ceil(top) + LANE_GAP
        lane_boxes.append(Box(math.ceil(x0), top, math.floor(x1), top + LANE_HEIGHT))
        top = lane_boxes[-1].bottom
    top += LANE_GAP if lanes else 0
    height = math.ceil(top + AXIS_HEIGHT + FOOT_HEIGHT + 6)
    more = max(0, len(lanes) - MAX_LANES)
    return _Plan(height, rows, boxes, lanes[:MAX_LANES], lane_boxes, more, legend)


def _labels_width(axis: _Axis) -> float:
    return max((text_width(tick.label, SMALL_PX) for tick in axis.scale.ticks), default=0.0)


def _legend(record: Record, width: float) -> list[list[tuple[Channel | None, str]]]:
    """Return the rows of the legend: channels and what is written beside their swatch.

    Lanes have their names beside them.
    """
    rows: list[list[tuple[Channel | None, str]]] = []
    used = math.inf
    entries: list[tuple[Channel | None, str]] = [
        (channel, _named(channel)) for channel in record.channels if channel.states is None
    ]
    if record.n_left_out:
        entries.append((None, f"and {record.n_left_out:,} more"))
    for entry in entries:
        needed = text_width(entry[1], TEXT_PX) + 44
        if used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += needed
    return rows


def _named(channel: Channel) -> str:
    name, unit = channel.name, channel.unit
    return name if not unit or name.endswith((f"({unit})", f"[{unit}]")) else f"{name} ({unit})"


# What is drawn.


def _draw_row(canvas: Canvas, record: Record, row: list[_Axis], box: Box) -> None:
    for band in record.bands:
        x0, x1 = _x(record, box, band.from_ns), _x(record, box, band.to_ns)
        color = SEVERITY_COLORS.get(band.severity, QUIET)
        canvas.fill(Box(x0, box.top, max(x1, x0 + 1.5), box.bottom), color)
    for axis in row:
        for shape in axis.shapes:
            if shape.fill is not None and _is_in_view(record, axis, shape):
                canvas.block(_box_of(record, axis, shape, box), shape.fill)
    for tick in row[0].scale.ticks:
        y = _y(row[0], box, tick.at)
        canvas.rule(box.left, y, box.right, y, GRID, 1)
    for tick in _times(record, box.left, box.right):
        x = _x(record, box, tick.at)
        canvas.rule(x, box.top, x, box.bottom, GRID, 1)
    for axis, is_right in zip(row, (False, True), strict=False):
        edge = box.right if is_right else box.left
        color = axis.color if len(row) > 1 else QUIET
        canvas.rule(edge, box.top, edge, box.bottom, FRAME, 1)
        for tick in axis.scale.ticks:
            y = _y(axis, box, tick.at)
            if is_right:
                canvas.text(edge + 7, y, tick.label, SMALL_PX, color, "lm")
            else:
                canvas.text(edge - 7, y, tick.label, SMALL_PX, color, "rm")
        if axis.title:
            anchor = "rs" if is_right else "ls"
            canvas.text(edge, box.top - 5, axis.title, SMALL_PX, color, anchor)
    canvas.rule(box.left, box.bottom, box.right, box.bottom, FRAME, 1)
    for axis in row:
        for channel in axis.channels:
            _draw_line(canvas, record, axis, channel, box)
    for axis in row:
        for threshold in axis.thresholds:
            _draw_threshold(canvas, axis, threshold, box)
        for shape in axis.shapes:
            _draw_outline(canvas, record, axis, shape, box)


def _draw_line(canvas: Canvas, record: Record, axis: _Axis, channel: Channel, box: Box) -> None:
    times, values = channel.line.times, channel.line.values
    if not len(times):
        return
    x = _xs(record, box, times)
    y = box.bottom - axis.scale.place(values) * (box.bottom - box.top)
    # What lies beyond the plot is drawn at its edge.
    y = np.clip(y, box.top, box.bottom)
    zero = 0.0 if axis.scale.is_log else min(max(axis.scale.place_of(0.0), 0.0), 1.0)
    foot = box.bottom - zero * (box.bottom - box.top)
    has_line = channel.mode is None or "lines" in channel.mode
    breaks = np.flatnonzero(np.isnan(y))
    for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
        is_there = ~np.isnan(part_y)
        part_x, part_y = part_x[is_there], part_y[is_there]
        if channel.is_stepped and len(part_x):
            part_x, part_y = np.repeat(part_x, 2)[1:], np.repeat(part_y, 2)[:-1]
        part_x, part_y = _inside(part_x, part_y, box.left, box.right)
        if len(part_x) == 1:
            canvas.dot(part_x[0], part_y[0], 2.2, channel.color)
        elif len(part_x):
            if channel.has_fill:
                canvas.area(part_x, part_y, foot, channel.color)
            if has_line:
                canvas.line(part_x, part_y, channel.color, LINE_PX, DASHES.get(channel.dash))
    is_seen = (x >= box.left) & (x <= box.right) & ~np.isnan(y)
    x, y = x[is_seen], y[is_seen]
    is_sparse = len(x) > 1 and x[-1] - x[0] >= SPARSE_PX * (len(x) - 1)
    if is_sparse if channel.mode is None else "markers" in channel.mode:
        for at, height in zip(x.tolist(), y.tolist(), strict=True):
            canvas.dot(at, height, MARKER_PX, channel.color)


def _inside(
    x: FloatArray, y: FloatArray, left: float, right: float
) -> tuple[FloatArray, FloatArray]:
    """Return the part of a line between two edges, up to which it reaches if it goes on beyond."""
    if not len(x) or (x[0] >= left and x[-1] <= right):
        return x, y
    first, last = x.searchsorted((left, right), "left")
    last += int(last < len(x) and x[last] == right)
    ends = [edge for edge in (left, right) if x[0] < edge < x[-1]]
    before = [left] if left in ends else []
    after = [right] if right in ends else []
    heights = np.interp(ends, x, y) if ends else np.empty(0)
    inside = slice(first, last)
    n = len(before)
    return (
        np.concatenate([before, x[inside], after]),
        np.concatenate([heights[:n], y[inside], heights[n:]]),
    )


def _draw_lane(canvas: Canvas, record: Record, lane: Channel, box: Box) -> None:
    line = lane.states
    if line is None:
        return
    middle = (box.top + box.bottom) / 2
    name = fitting_text(lane.name, SMALL_PX, LANE_NAME_PX)
    canvas.text(box.left - 7, middle, name, SMALL_PX, QUIET, "rm")
    canvas.rule(box.left, box.bottom, box.right, box.bottom, GRID, 1)
    until = None if lane.until_ns is None else _x(record, box, lane.until_ns) - box.left
    columns = _xs(record, box, line.times) - box.left
    blocks = runs(columns, line.values, 0, round(box.right - box.left), until)
    draw_lane(canvas, blocks, lane.labels, box)


def _draw_threshold(canvas: Canvas, axis: _Axis, threshold: Threshold, box: Box) -> None:
    place = axis.scale.place_of(threshold.value)
    if not 0 <= place <= 1:
        return
    y = box.bottom - place * (box.bottom - box.top)
    color = SEVERITY_COLORS.get(threshold.severity, QUIET)
    ends = np.array([box.left, box.right])
    canvas.line(ends, np.array([y, y]), color, 1.2, (6.0, 4.0))
    if y - box.top < 16:
        canvas.text(box.left + 6, y + 4, threshold.text, SMALL_PX, INK, "la", halo=2.0)
    else:
        canvas.text(box.left + 6, y - 4, threshold.text, SMALL_PX, INK, "ls", halo=2.0)


def _box_of(record: Record, axis: _Axis, shape: Shape, box: Box) -> Box:
    """Return where a shape is, its begin and end as they were given, as far as it lies in the plot."""
    left, right = (
        edge if ns is None else min(max(_x(record, box, ns), box.left), box.right)
        for ns, edge in zip(shape.x, (box.left, box.right), strict=True)
    )
    top, bottom = (
        edge if value is None else min(max(_y(axis, box, value), box.top), box.bottom)
        for value, edge in zip(shape.y, (box.top, box.bottom), strict=True)
    )
    is_area = shape.fill is not None
    if is_area:
        left, right, top, bottom = (
            min(left, right),
            max(left, right),
            min(top, bottom),
            max(top, bottom),
        )
    return Box(left, top, right, bottom)


def _draw_outline(canvas: Canvas, record: Record, axis: _Axis, shape: Shape, box: Box) -> None:
    if not _is_in_view(record, axis, shape):
        return
    left, top, right, bottom = _box_of(record, axis, shape, box)
    if shape.color is not None and shape.width > 0:
        ends = [(left, top), (right, bottom)]
        if shape.fill is not None:
            ends = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        x, y = np.array(ends).T
        canvas.line(x, y, shape.color, shape.width, DASHES.get(shape.dash))
    if shape.text:
        text = fitting_text(shape.text, SMALL_PX, box.right - left - 6)
        high = min(top, bottom)
        below = shape.fill is not None or high - box.top < 16
        y_text, anchor = (high + 4, "la") if below else (high - 4, "ls")
        canvas.text(left + 5, y_text, text, SMALL_PX, INK, anchor, halo=2.0)


def _is_in_view(record: Record, axis: _Axis, shape: Shape) -> bool:
    """Return whether a part of a shape lies in the plot."""
    times = [ns for ns in shape.x if ns is not None]
    values = [axis.scale.place_of(value) for value in shape.y if value is not None]
    is_then = not times or (min(times) <= record.to_ns and max(times) >= record.from_ns)
    return is_then and (not values or (min(values) <= 1 and max(values) >= 0))


def _draw_times(canvas: Canvas, record: Record, plan: _Plan) -> None:
    box = Box(plan.left, 0, plan.right, plan.bottom)
    ticks = _times(record, plan.left, plan.right)
    places = [_x(record, box, tick.at) for tick in ticks]
    free = free_labels(places, [text_width(tick.label, SMALL_PX) for tick in ticks], 10)
    for tick, x, is_free in zip(ticks, places, free, strict=True):
        canvas.rule(x, box.bottom, x, box.bottom + 4, FRAME, 1)
        if is_free:
            half = text_width(tick.label, SMALL_PX) / 2
            x = min(max(x, half + 2), WIDTH - half - 2)
            canvas.text(x, box.bottom + 7, tick.label, SMALL_PX, QUIET, "ma")


def _draw_words(canvas: Canvas, record: Record, plan: _Plan) -> None:
    y = float(MARGIN)
    if record.title:
        canvas.text(MARGIN, y, record.title, TITLE_PX, INK, "la")
        y += TITLE_PX + 10
    for row in plan.legend:
        x = float(MARGIN)
        for channel, text in row:
            if channel is not None:
                ends = np.array([x, x + 20])
                middle = np.full(2, y + LEGEND_ROW / 2)
                canvas.line(ends, middle, channel.color, 2.4, DASHES.get(channel.dash))
            x += 26
            canvas.text(x, y + LEGEND_ROW / 2, text, TEXT_PX, INK, "lm")
            x += text_width(text, TEXT_PX) + 18
        y += LEGEND_ROW
    foot = plan.bottom + AXIS_HEIGHT + 6
    day = f"{_day(record)}, {record.zone}"
    canvas.text(plan.left, foot, day, SMALL_PX, QUIET, "la")
    more = f"{plan.more_lanes:,} more channels of words, " if plan.more_lanes else ""
    canvas.text(plan.right, foot, more + record.said, SMALL_PX, QUIET, "ra")
    if record.waiting:
        first = (plan.boxes or plan.lane_boxes)[0]
        x, y = (first.left + first.right) / 2, (first.top + first.bottom) / 2
        canvas.text(x, y, record.waiting, TEXT_PX, QUIET, "mm", halo=3.0)


def _day(record: Record) -> str:
    """Return the date that the axis spans, or both."""
    ends = (record.from_ns + record.offset_ns, record.to_ns + record.offset_ns)
    first, last = (str(np.datetime64(end, "ns"))[:10] for end in ends)
    return first if first == last else f"{first} to {last}"


def _times(record: Record, left: float, right: float) -> list[Tick]:
    most = max(2, round((right - left) / 110))
    return time_ticks(record.from_ns, record.to_ns, record.offset_ns, most)


def _x(record: Record, box: Box, ns: float) -> float:
    share = (ns - record.from_ns) / (record.to_ns - record.from_ns)
    return box.left + share * (box.right - box.left)


def _xs(record: Record, box: Box, times: Any) -> FloatArray:
    # Whole numbers first: ns since the epoch are too long for a float.
    share = (times - record.from_ns) / (record.to_ns - record.from_ns)
    places: FloatArray = box.left + share * (box.right - box.left)
    return places


def _y(axis: _Axis, box: Box, value: float) -> float:
    return box.bottom - axis.scale.place_of(value) * (box.bottom - box.top)
