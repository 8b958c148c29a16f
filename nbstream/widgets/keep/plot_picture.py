"""The picture and the table that a cell keeps of a chart over something else than time."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.widgets.keep.picture import (
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
from nbstream.widgets.keep.ticks import Tick, fitted, free_labels, value_ticks

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
HUGE = 1e300


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
    has_ground: bool
    """Whether the y axis begins at 0, and a line stands on it."""
    has_bars: bool = False
    """Whether a line goes around bars, two points for each edge of them."""


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
    for line in lines:
        needed = 26 + text_width(line.name, SMALL_PX) + 16
        if x + needed > WIDTH:
            return
        canvas.line(np.array([x, x + 20]), np.array([y, y]), line.color, 2.4)
        canvas.text(x + 26, y, line.name, SMALL_PX, INK, "lm")
        x += needed


def _draw_row(canvas: Raster, row: PlotRow, top: float, bottom: float) -> None:
    y_low, y_high, y_factor, y_ticks = _axis([line.y for line in row.lines], (bottom - top) / 44)
    if row.has_ground:
        y_low = 0.0
        y_ticks = [tick for tick in y_ticks if tick.at >= 0]
    left = MARGIN + max((text_width(tick.label, SMALL_PX) for tick in y_ticks), default=0.0) + 8
    box = Box(left, top, WIDTH - MARGIN, bottom)
    x_low, x_high, x_factor, x_ticks = _axis([line.x for line in row.lines], 9, room=False)

    def x_of(values: FloatArray) -> FloatArray:
        share = (values * x_factor - x_low) / (x_high - x_low)
        return np.clip(box.left + share * (box.right - box.left), box.left, box.right)

    def y_of(values: FloatArray) -> FloatArray:
        share = (values * y_factor - y_low) / (y_high - y_low)
        return np.clip(box.bottom - share * (box.bottom - box.top), box.top, box.bottom)

    if row.has_bars and len(row.lines) == 1:
        [line] = row.lines
        x, y = x_of(line.x)[1:-1].tolist(), y_of(line.y)[1:-1].tolist()
        for i in range(0, len(x), 2):
            if y[i] < box.bottom:
                canvas.fill(Box(x[i], y[i], x[i + 1], box.bottom), line.color)
    for tick in y_ticks:
        at = float(y_of(np.array([tick.at]) / y_factor)[0])
        canvas.rule(box.left, at, box.right, at, GRID, 1)
        canvas.text(box.left - 7, at, tick.label, SMALL_PX, QUIET, "rm")
    places = x_of(np.array([tick.at for tick in x_ticks]) / x_factor).tolist()
    free = free_labels(places, [text_width(tick.label, SMALL_PX) for tick in x_ticks], 10)
    for tick, at, is_free in zip(x_ticks, places, free, strict=True):
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


def _axis(
    parts: Sequence[FloatArray], most: float, *, room: bool = True
) -> tuple[float, float, float, Sequence[Tick]]:
    """Return ends, what values are multiplied by, and ticks of an axis."""
    values = np.concatenate([part[np.isfinite(part)] for part in parts] or [np.empty(0)])
    factor = 1e-10 if len(values) and float(np.abs(values).max()) > HUGE else 1.0
    low, high = fitted(values * factor)
    if len(values) and not room and float(values.min()) < float(values.max()):
        low, high = float(values.min()) * factor, float(values.max()) * factor
    ticks = value_ticks(low, high, max(2, round(most)))
    if factor != 1.0:
        ticks = [Tick(tick.at, f"{tick.at / factor:.3g}") for tick in ticks]
    return low, high, factor, ticks
