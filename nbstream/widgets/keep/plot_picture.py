"""The picture and the table that a cell keeps of a chart over something else than time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.widgets.keep.axes import scale_of
from nbstream.widgets.keep.canvas import (
    FRAME,
    GRID,
    INK,
    LINE_PX,
    MARGIN,
    QUIET,
    SMALL_PX,
    TITLE_PX,
    WIDTH,
    Box,
    Raster,
    palette_of,
    text_width,
)
from nbstream.widgets.keep.table import CELL, HEAD, LEFT, TABLE
from nbstream.widgets.keep.ticks import free_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import FloatArray

__all__ = ["PlotLine", "PlotRow", "draw_plot", "html_rows", "text_rows"]

SCALES = (2.0, 1.25, 0.75)
PLOT_HEIGHT = 200
ROW_HEIGHT = 110
LEGEND_HEIGHT = 20
UNITS_HEIGHT = 18
X_HEIGHT = 36
X_TICKS = 9


class PlotLine(NamedTuple):
    """What draws a channel."""

    name: str
    color: str
    """As "#rrggbb"."""
    x: FloatArray
    y: FloatArray
    """NaN where the line breaks."""
    mark: tuple[float, float, str] | None = None
    """A point with words beside it."""


class PlotRow(NamedTuple):
    """Lines on common axes."""

    lines: Sequence[PlotLine]
    x_title: str
    y_title: str
    y_foot: float | None = None
    """Where the y axis begins; None leaves that to the lines."""
    has_bars: bool = False
    """Whether a line goes around bars, two points for each edge of them."""
    is_log_x: bool = False
    is_log_y: bool = False


def draw_plot(title: str, said: str, rows: Sequence[PlotRow], max_bytes: int) -> bytes:
    """Return the picture of some rows as a PNG of at most `max_bytes`, if that can be.

    Parameters
    ----------
    title
        Stands above it; "" is none.
    said
        When it was recorded.
    rows
        What is drawn.
    max_bytes
        Not below 8,000.
    """
    png = b""
    for scale in SCALES:
        png = _draw(title, said, rows, scale)
        if len(png) <= max_bytes:
            break
    return png


def html_rows(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return a table as HTML; each row has a colour, and its cells."""
    heads = "".join(
        f'<th style="{HEAD}{LEFT if i == 0 else ""}">{escape(name)}</th>'
        for i, name in enumerate(columns)
    )
    body = ""
    for color, (name, *cells) in rows:
        swatch = f'<span style="color:{escape(color)}">&#9644;</span>'
        others = "".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in cells)
        body += f'<tr><td style="{CELL}{LEFT}">{swatch} {escape(name)}</td>{others}</tr>'
    return f'<table style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


def text_rows(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return a table as plain text."""
    lines = [list(columns), *(list(cells) for _, cells in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    )


def _draw(title: str, said: str, rows: Sequence[PlotRow], scale: float) -> bytes:
    each = PLOT_HEIGHT if len(rows) == 1 else ROW_HEIGHT
    lines = [line for row in rows for line in row.lines]
    has_legend = len(lines) > 1
    head = MARGIN + (TITLE_PX + 8 if title else 0) + (LEGEND_HEIGHT if has_legend else 0)
    height = head + len(rows) * (UNITS_HEIGHT + each + X_HEIGHT) + MARGIN
    canvas = Raster(height, 2 * scale)
    if title:
        canvas.text(MARGIN, MARGIN, title, TITLE_PX, INK, "la")
    if has_legend:
        _draw_legend(canvas, lines, head - LEGEND_HEIGHT / 2)
    top = float(head)
    for row in rows:
        top += UNITS_HEIGHT
        _draw_row(canvas, row, top, top + each)
        top += each + X_HEIGHT
    canvas.text(MARGIN, height - MARGIN / 2, said, SMALL_PX, QUIET, "ls")
    colors = list(dict.fromkeys(line.color for line in lines))
    return canvas.png(palette_of(colors, [row.lines[0].color for row in rows if row.has_bars]))


def _draw_legend(canvas: Raster, lines: Sequence[PlotLine], y: float) -> None:
    x = float(MARGIN)
    for line in {(line.name, line.color): line for line in lines}.values():
        needed = 26 + text_width(line.name, SMALL_PX) + 16
        if x + needed > WIDTH:
            return
        canvas.line(np.array([x, x + 20]), np.array([y, y]), line.color, 2.4)
        canvas.text(x + 26, y, line.name, SMALL_PX, INK, "lm")
        x += needed


def _draw_row(canvas: Raster, row: PlotRow, top: float, bottom: float) -> None:
    y_scale = scale_of(
        np.concatenate([line.y for line in row.lines]),
        most=round((bottom - top) / 44),
        ends=(row.y_foot, None),
        is_log=row.is_log_y,
    )
    left = MARGIN + max((text_width(tick.label, SMALL_PX) for tick in y_scale.ticks), default=0) + 8
    box = Box(left, top, WIDTH - MARGIN, bottom)
    x = np.concatenate([line.x for line in row.lines])
    x = x[np.isfinite(x) & ((x > 0) | (not row.is_log_x))]
    ends = (float(x.min()), float(x.max())) if len(x) and x.min() < x.max() else (None, None)
    x_scale = scale_of(x, most=X_TICKS, ends=ends, is_log=row.is_log_x)

    def x_of(values: FloatArray) -> FloatArray:
        place = box.left + x_scale.place(values) * (box.right - box.left)
        return np.clip(place, box.left, box.right)

    def y_of(values: FloatArray) -> FloatArray:
        place = box.bottom - y_scale.place(values) * (box.bottom - box.top)
        if row.has_bars:
            place = np.where(np.isnan(place), box.bottom, place)  # a bar of nothing
        return np.clip(place, box.top, box.bottom)

    if row.has_bars and len(row.lines) == 1:
        [line] = row.lines
        edges, tops = x_of(line.x)[1:-1].tolist(), y_of(line.y)[1:-1].tolist()
        for i in range(0, len(edges), 2):
            if tops[i] < box.bottom:
                canvas.fill(Box(edges[i], tops[i], edges[i + 1], box.bottom), line.color)
    for tick in y_scale.ticks:
        at = float(y_of(np.array([tick.at]))[0])
        canvas.rule(box.left, at, box.right, at, GRID, 1)
        canvas.text(box.left - 7, at, tick.label, SMALL_PX, QUIET, "rm")
    places = x_of(np.array([tick.at for tick in x_scale.ticks])).tolist()
    free = free_labels(places, [text_width(tick.label, SMALL_PX) for tick in x_scale.ticks], 10)
    for tick, at, is_free in zip(x_scale.ticks, places, free, strict=True):
        canvas.rule(at, box.top, at, box.bottom, GRID, 1)
        if is_free:
            canvas.text(at, box.bottom + 7, tick.label, SMALL_PX, QUIET, "ma")
    for line in row.lines:
        _draw_line(canvas, x_of(line.x), y_of(line.y), line.color)
    canvas.rule(box.left, box.top, box.left, box.bottom, FRAME, 1)
    canvas.rule(box.left, box.bottom, box.right, box.bottom, FRAME, 1)
    canvas.text(box.left, box.top - 5, row.y_title, SMALL_PX, QUIET, "ls")
    canvas.text(box.right, box.bottom + 21, row.x_title, SMALL_PX, QUIET, "ra")
    for line in row.lines:
        if line.mark is not None:
            place, value, words = line.mark
            at, height = float(x_of(np.array([place]))[0]), float(y_of(np.array([value]))[0])
            canvas.dot(at, height, 3.0, line.color)
            canvas.text(at + 7, height + 4, words, SMALL_PX, line.color, "lm", halo=2.0)


def _draw_line(canvas: Raster, x: FloatArray, y: FloatArray, color: str) -> None:
    breaks = np.flatnonzero(np.isnan(y))
    for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
        is_there = ~np.isnan(part_y)
        if is_there.sum() > 1:
            canvas.line(part_x[is_there], part_y[is_there], color, LINE_PX)
