"""The picture of a record: lines on axes, drawn by Pillow on a white plate.

It is drawn larger than it becomes and then reduced, which makes lines smooth, and its colours are few, so
that a cell with it stays small.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from nbstream.widgets.keep.ticks import Tick, fitted, free_labels, time_ticks, value_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbstream.readings.batch import FloatArray
    from nbstream.widgets.keep.record import Channel, Record, Threshold

__all__ = [
    "FRAME",
    "GRID",
    "INK",
    "LINE_PX",
    "MARGIN",
    "PLATE",
    "QUIET",
    "SMALL_PX",
    "TITLE_PX",
    "WIDTH",
    "Box",
    "Canvas",
    "Raster",
    "draw",
    "fitting",
    "hex_color",
    "paint",
    "palette_of",
    "text_width",
    "tint",
]

WIDTH = 880
"""Of the picture, px of the page."""
SCALES = (1.25, 1.0, 0.75, 0.5)
COARSEST = SCALES[-1]
FINER = 2
"""How much larger it is drawn than it becomes."""
PLATE = "#ffffff"
INK = "#1f2933"
QUIET = "#52606d"
GRID = "#e4e7eb"
FRAME = "#9aa5b1"
SEVERITY_COLORS = {"info": "#2563eb", "warning": "#b45309", "critical": "#dc2626"}
TINT = 0.14
"""How much of its colour a band has."""
LEVELS = 4
"""Steps of each colour towards the white plate: what smooth edges are made of."""
FONTS = ("DejaVuSans.ttf", "Arial.ttf", "arial.ttf", "Helvetica.ttc", "NotoSans-Regular.ttf")
"""The first that is there is taken, for Pillow's own has Latin letters only."""

MARGIN = 14
TITLE_PX = 15
TEXT_PX = 11.5
SMALL_PX = 10.5
LINE_PX = 1.6
LEGEND_ROW = 18
PLOT_HEIGHT = 250
ROW_HEIGHT = 128
SMALL_ROW_HEIGHT = 84
ROW_GAP = 16
MAX_ROWS = 12
AXIS_HEIGHT = 22
FOOT_HEIGHT = 20
MANY_POINTS = 500
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


def paint(record: Record, canvas_of: Callable[[int], CanvasT]) -> CanvasT:
    """Draw a record and return what it was drawn on; `canvas_of` makes that for a height in px."""
    rows = _rows(record)
    plan = _plan(record, rows)
    canvas = canvas_of(plan.height)
    for row, box in zip(rows, plan.boxes, strict=True):
        _draw_row(canvas, record, row, box)
    _draw_times(canvas, record, plan)
    _draw_words(canvas, record, plan)
    return canvas


class Canvas(Protocol):
    """What a record is drawn on; places and sizes are px of the page."""

    def fill(self, box: Box, color: str) -> None:
        """Tint a rectangle with a little of a colour."""
        ...

    def rule(self, x0: float, y0: float, x1: float, y1: float, color: str, width: float) -> None:
        """Draw a level or upright line that is sharp."""
        ...

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """Draw a dot."""
        ...

    def line(
        self,
        x: FloatArray,
        y: FloatArray,
        color: str,
        width: float,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """Draw a line through points; `dash` is the length of a stroke and of the gap after it."""
        ...

    def text(
        self, x: float, y: float, text: str, px: float, color: str, anchor: str, halo: float = 0.0
    ) -> None:
        """Write text; `anchor` is Pillow's, `halo` px of the plate's colour stand around it."""
        ...


CanvasT = TypeVar("CanvasT", bound=Canvas)


@cache
def hex_color(color: str) -> str:
    """Return a colour as "#rrggbb"; one that Pillow does not know becomes that of text."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(color)[:3]
    except ValueError:
        return INK
    return f"#{red:02x}{green:02x}{blue:02x}"


# What goes where.


@dataclass(slots=True)
class _Axis:
    """The y axis of one unit, with what it measures."""

    unit: str
    channels: list[Channel]
    low: float = 0.0
    high: float = 1.0
    ticks: Sequence[Tick] = ()
    factor: float = 1.0
    """Values near the end of what a number can be are drawn as this part of them."""

    @property
    def color(self) -> str:
        """The line's, where there is one line."""
        return self.channels[0].color if len(self.channels) == 1 else QUIET

    def place(self, values: FloatArray) -> FloatArray:
        """Return where values lie, 0 at the foot and 1 at the top."""
        places: FloatArray = (values * self.factor - self.low) / (self.high - self.low)
        return places


class Box(NamedTuple):
    """A rectangle, px of the page."""

    left: float
    top: float
    right: float
    bottom: float


class _Plan(NamedTuple):
    height: int
    boxes: list[Box]
    legend: list[list[tuple[Channel | None, str]]]


def _rows(record: Record) -> list[list[_Axis]]:
    """Return the rows of the plot: one, with the second unit on the right; more units have a row each."""
    by_unit: dict[str, _Axis] = {}
    for channel in record.channels:
        by_unit.setdefault(channel.unit, _Axis(channel.unit, [])).channels.append(channel)
    axes = list(by_unit.values()) or [_Axis("", [])]
    rows = [axes] if len(axes) <= 2 else [[axis] for axis in axes[:MAX_ROWS]]
    for axis in axes:
        _fit(axis, record.thresholds, PLOT_HEIGHT if len(rows) == 1 else _row_height(len(rows)))
    return rows


def _fit(axis: _Axis, thresholds: Iterable[Threshold], height: float) -> None:
    parts = [c.line.values[np.isfinite(c.line.values)] for c in axis.channels]
    values = np.concatenate(parts) if parts else np.empty(0)
    if len(values) and float(np.abs(values).max()) > 1e300:
        axis.factor = 1e-10
    values = values * axis.factor
    axis.low, axis.high = fitted(values)
    near = axis.high - axis.low
    limits = [
        limit
        for t in thresholds
        if t.unit == axis.unit and abs(limit := t.value * axis.factor) < 1e300
        if axis.low - near < limit < axis.high + near
    ]
    if limits and len(values):
        axis.low, axis.high = fitted(np.concatenate([values, limits]))
    ticks = value_ticks(axis.low, axis.high, max(2, round(height / 44)))
    if axis.factor != 1.0:
        ticks = [Tick(tick.at, f"{tick.at / axis.factor:.3g}") for tick in ticks]
    axis.ticks = ticks


def _row_height(n_rows: int) -> float:
    if n_rows == 1:
        return PLOT_HEIGHT
    return ROW_HEIGHT if n_rows <= 4 else SMALL_ROW_HEIGHT


def _plan(record: Record, rows: list[list[_Axis]]) -> _Plan:
    left = max((_labeltext_width(row[0]) for row in rows), default=0.0)
    right = max((_labeltext_width(row[1]) for row in rows if len(row) > 1), default=0.0)
    x0, x1 = MARGIN + left + 8, WIDTH - MARGIN - (right + 8 if right else 4)
    legend = _legend(record, x1 - MARGIN)
    top = MARGIN + (TITLE_PX + 10.0 if record.title else 0.0) + len(legend) * LEGEND_ROW
    boxes = []
    has_units = any(axis.unit for row in rows for axis in row)
    for _ in rows:
        top += ROW_GAP if has_units else 6
        boxes.append(Box(x0, top, x1, top + _row_height(len(rows))))
        top = boxes[-1].bottom
    return _Plan(math.ceil(top + AXIS_HEIGHT + FOOT_HEIGHT + 6), boxes, legend)


def _labeltext_width(axis: _Axis) -> float:
    return max((text_width(tick.label, SMALL_PX) for tick in axis.ticks), default=0.0)


def _legend(record: Record, width: float) -> list[list[tuple[Channel | None, str]]]:
    """Return the rows of the legend: channels and what is written beside their swatch."""
    rows: list[list[tuple[Channel | None, str]]] = []
    used = math.inf
    entries: list[tuple[Channel | None, str]] = [(c, _named(c)) for c in record.channels]
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
    for tick in row[0].ticks:
        canvas.rule(
            box.left, _y(row[0], box, tick.at), box.right, _y(row[0], box, tick.at), GRID, 1
        )
    for tick in _times(record, box):
        canvas.rule(
            _x(record, box, tick.at), box.top, _x(record, box, tick.at), box.bottom, GRID, 1
        )
    for axis, is_right in zip(row, (False, True), strict=False):
        edge = box.right if is_right else box.left
        color = axis.color if len(row) > 1 else QUIET
        canvas.rule(edge, box.top, edge, box.bottom, FRAME, 1)
        for tick in axis.ticks:
            y = _y(axis, box, tick.at)
            if is_right:
                canvas.text(edge + 7, y, tick.label, SMALL_PX, color, "lm")
            else:
                canvas.text(edge - 7, y, tick.label, SMALL_PX, color, "rm")
        if axis.unit:
            anchor = "rs" if is_right else "ls"
            canvas.text(edge, box.top - 5, axis.unit, SMALL_PX, color, anchor)
    canvas.rule(box.left, box.bottom, box.right, box.bottom, FRAME, 1)
    for axis in row:
        for channel in axis.channels:
            _draw_line(canvas, record, axis, channel, box)
    for axis in row:
        for threshold in record.thresholds:
            if threshold.unit == axis.unit:
                _draw_threshold(canvas, axis, threshold, box)


def _draw_line(canvas: Canvas, record: Record, axis: _Axis, channel: Channel, box: Box) -> None:
    times, values = channel.line.times, channel.line.values
    if not len(times):
        return
    # Whole numbers first: ns since the epoch are too long for a float.
    share = (times - record.from_ns) / (record.to_ns - record.from_ns)
    x = box.left + share * (box.right - box.left)
    y = box.bottom - axis.place(values) * (box.bottom - box.top)
    # What lies beyond the plot is drawn at its edge.
    x, y = np.clip(x, box.left, box.right), np.clip(y, box.top, box.bottom)
    breaks = np.flatnonzero(np.isnan(y))
    for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
        is_there = ~np.isnan(part_y)
        part_x, part_y = part_x[is_there], part_y[is_there]
        if len(part_x) == 1:
            canvas.dot(part_x[0], part_y[0], 2.2, channel.color)
        elif len(part_x):
            canvas.line(part_x, part_y, channel.color, LINE_PX, DASHES.get(channel.dash))


def _draw_threshold(canvas: Canvas, axis: _Axis, threshold: Threshold, box: Box) -> None:
    limit = threshold.value * axis.factor
    if not axis.low <= limit <= axis.high:
        return
    y = _y(axis, box, limit)
    color = SEVERITY_COLORS.get(threshold.severity, QUIET)
    ends = np.array([box.left, box.right])
    canvas.line(ends, np.array([y, y]), color, 1.2, (6.0, 4.0))
    if y - box.top < 16:
        canvas.text(box.left + 6, y + 4, threshold.text, SMALL_PX, INK, "la", halo=2.0)
    else:
        canvas.text(box.left + 6, y - 4, threshold.text, SMALL_PX, INK, "ls", halo=2.0)


def _draw_times(canvas: Canvas, record: Record, plan: _Plan) -> None:
    box = plan.boxes[-1]
    ticks = _times(record, box)
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
    box = plan.boxes[-1]
    foot = box.bottom + AXIS_HEIGHT + 6
    day = f"{_day(record)}, {record.zone}"
    canvas.text(box.left, foot, day, SMALL_PX, QUIET, "la")
    canvas.text(box.right, foot, record.said, SMALL_PX, QUIET, "ra")
    if record.waiting:
        first = plan.boxes[0]
        x, y = (first.left + first.right) / 2, (first.top + first.bottom) / 2
        canvas.text(x, y, record.waiting, TEXT_PX, QUIET, "mm", halo=3.0)


def _day(record: Record) -> str:
    """Return the date that the axis spans, or both."""
    ends = (record.from_ns + record.offset_ns, record.to_ns + record.offset_ns)
    first, last = (str(np.datetime64(end, "ns"))[:10] for end in ends)
    return first if first == last else f"{first} to {last}"


def _times(record: Record, box: Box) -> list[Tick]:
    most = max(2, round((box.right - box.left) / 110))
    return time_ticks(record.from_ns, record.to_ns, record.offset_ns, most)


def _x(record: Record, box: Box, ns: float) -> float:
    share = (ns - record.from_ns) / (record.to_ns - record.from_ns)
    return box.left + share * (box.right - box.left)


def _y(axis: _Axis, box: Box, value: float) -> float:
    return box.bottom - (value - axis.low) / (axis.high - axis.low) * (box.bottom - box.top)


class Raster:
    """The canvas of a PNG: an image, larger than the picture."""

    def __init__(self, height: int, scale: float) -> None:
        from PIL import Image, ImageDraw

        self.scale = scale
        size = round(WIDTH * scale), round(height * scale)
        # A whole multiple, so that reducing it leaves nothing over.
        size = (size[0] - size[0] % FINER, size[1] - size[1] % FINER)
        self.image = Image.new("RGB", size, PLATE)
        self._draw = ImageDraw.Draw(self.image)

    def png(self, palette: Any) -> bytes:
        """Return what was drawn as a PNG of few colours."""
        from PIL import Image

        few = self.image.reduce(FINER).quantize(palette=palette, dither=Image.Dither.NONE)
        file = io.BytesIO()
        # Level 9 would spare a tenth of the bytes and take eight times as long.
        few.save(file, "PNG", compress_level=6)
        return file.getvalue()

    def fill(self, box: Box, color: str) -> None:
        """Tint a rectangle."""
        self._draw.rectangle([round(edge * self.scale) for edge in box], fill=tint(color))

    def rule(self, x0: float, y0: float, x1: float, y1: float, color: str, width: float) -> None:
        """Draw a level or upright line, on whole pixels of the picture so that it stays sharp."""
        thick = max(1, round(width * self.scale))
        ends = [round(end * self.scale / FINER) * FINER for end in (x0, y0, x1, y1)]
        is_level = y0 == y1
        ends[2] += 0 if is_level else thick - 1
        ends[3] += thick - 1 if is_level else 0
        self._draw.rectangle(ends, fill=color)

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """Draw a dot."""
        edges = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse([edge * self.scale for edge in edges], fill=color)

    def line(
        self,
        x: FloatArray,
        y: FloatArray,
        color: str,
        width: float,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """Draw a line through points; `dash` is the length of a stroke and of the gap after it."""
        thick = max(1, round(width * self.scale))
        parts = [(x, y)] if dash is None else _dashed(x, y, *dash)
        for part_x, part_y in parts:
            points = (np.column_stack([part_x, part_y]) * self.scale).ravel().tolist()
            # Round joints cost as much as the line; among dense points nobody sees them.
            self._draw.line(
                points, color, thick, joint="curve" if len(part_x) < MANY_POINTS else None
            )

    def text(
        self, x: float, y: float, text: str, px: float, color: str, anchor: str, halo: float = 0.0
    ) -> None:
        """Write text; `anchor` is Pillow's, `halo` px of the plate's colour stand around it."""
        self._draw.text(
            (x * self.scale, y * self.scale),
            text,
            color,
            _font(px * self.scale),
            anchor,
            stroke_width=round(halo * self.scale),
            stroke_fill=PLATE,
        )


def _dashed(
    x: FloatArray, y: FloatArray, stroke: float, gap: float
) -> list[tuple[FloatArray, FloatArray]]:
    """Return the strokes of a dashed line, of one with many points counted along the time axis."""
    if len(x) >= MANY_POINTS:
        along = x - x[0]
    else:
        along = np.concatenate(([0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()))
    parts = []
    for begin in np.arange(0.0, along[-1], stroke + gap):
        end = min(begin + stroke, along[-1])
        first, last = along.searchsorted(begin, "right"), along.searchsorted(end, "left")
        at = np.concatenate(([begin], along[first:last], [end]))
        parts.append((np.interp(at, along, x), np.interp(at, along, y)))
    return parts


@cache
def _font(px: float) -> Any:
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, px)
        except OSError:
            continue
    return ImageFont.load_default(px)


def text_width(text: str, px: float) -> float:
    """Return how wide a text of this size is, px of the page."""
    return float(_font(px * 4).getlength(text)) / 4


def tint(color: str) -> str:
    """Return a colour as a band has it: a little of it on the plate."""
    return "#{:02x}{:02x}{:02x}".format(*_mixed(color, TINT))


def _mixed(color: str, share: float) -> tuple[int, int, int]:
    """Return a colour on the plate, so much of it."""
    parts = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    red, green, blue = (round(255 + (part - 255) * share) for part in parts)
    return red, green, blue


def _palette(record: Record) -> Any:
    severities = {t.severity for t in record.thresholds} | {b.severity for b in record.bands}
    marks = [SEVERITY_COLORS.get(severity, QUIET) for severity in sorted(severities)]
    return palette_of(list(dict.fromkeys(channel.color for channel in record.channels)), marks)


def palette_of(lines: Sequence[str], tinted: Sequence[str]) -> Any:
    """Return the colours of a picture, at most 256: each with its steps towards the plate."""
    from PIL import Image

    tints = [_mixed(color, TINT) for color in tinted]
    strong = [INK, QUIET, *tinted, *lines[:24]]
    shades = [_mixed(c, level / LEVELS) for c in strong for level in range(1, LEVELS + 1)]
    colors = [_mixed(PLATE, 1), _mixed(GRID, 1), _mixed(FRAME, 1), *tints, *shades]
    colors = list(dict.fromkeys(colors))[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for color in colors for part in color])
    return palette
