"""The picture of a record as SVG, for papers and for the web."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from nbstream.widgets.keep.canvas import AREA, PLATE, WIDTH, Box, tint
from nbstream.widgets.keep.picture import paint

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray
    from nbstream.widgets.keep.record import Record

__all__ = ["draw_svg"]

ACROSS = {"l": "start", "m": "middle", "r": "end"}
DOWN = {"a": 0.95, "m": 0.36, "s": 0.0}
"""How far below its place the foot of a text lies, in parts of its size."""


def draw_svg(record: Record) -> str:
    """Return the picture of a record as SVG."""
    canvas = paint(record, _Svg)
    size = f'width="{WIDTH}" height="{canvas.height}" viewBox="0 0 {WIDTH} {canvas.height}"'
    about = escape(f"{record.title or 'Chart'}, {record.said}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="DejaVu Sans, Arial, sans-serif">'
        f"<title>{about}</title>"
        f'<rect width="{WIDTH}" height="{canvas.height}" fill="{PLATE}"/>'
        f"{''.join(canvas.elements)}</svg>"
    )


class _Svg:
    """Collects elements."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.elements: list[str] = []

    def fill(self, box: Box, color: str) -> None:
        """Tint a rectangle with a little of a colour."""
        self.block(box, tint(color))

    def block(self, box: Box, color: str) -> None:
        """Fill a rectangle with a colour."""
        width, height = box.right - box.left, box.bottom - box.top
        place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.elements.append(f'<rect {place} fill="{color}"/>')

    def area(self, x: FloatArray, y: FloatArray, foot: float, color: str) -> None:
        """Lay a little of a colour over what lies between a line and a level."""
        points = _points(np.r_[x[0], x, x[-1]], np.r_[foot, y, foot])
        self.elements.append(f'<polygon points="{points}" fill="{color}" fill-opacity="{AREA}"/>')

    def rule(self, x0: float, y0: float, x1: float, y1: float, color: str, width: float) -> None:
        """Draw a level or upright line that is sharp."""
        ends = [np.floor(end) + 0.5 for end in (x0, y0, x1, y1)]
        place = 'x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"'.format(*ends)
        self.elements.append(f'<line {place} stroke="{color}" stroke-width="{width}"/>')

    def dot(self, x: float, y: float, radius: float, color: str) -> None:
        """Draw a dot."""
        self.elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{color}"/>')

    def line(
        self,
        x: FloatArray,
        y: FloatArray,
        color: str,
        width: float,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """Draw a line through points; `dash` is the length of a stroke and of the gap after it."""
        points = _points(x, y)
        dashed = "" if dash is None else f' stroke-dasharray="{dash[0]} {dash[1]}"'
        self.elements.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"'
            f' stroke-linejoin="round"{dashed}/>'
        )

    def text(
        self, x: float, y: float, text: str, px: float, color: str, anchor: str, halo: float = 0.0
    ) -> None:
        """Write text; `anchor` is Pillow's, `halo` px of the plate's colour stand around it."""
        around = f' stroke="{PLATE}" stroke-width="{2 * halo}" paint-order="stroke"' if halo else ""
        self.elements.append(
            f'<text x="{x:.1f}" y="{y + DOWN[anchor[1]] * px:.1f}" font-size="{px}" fill="{color}"'
            f' text-anchor="{ACROSS[anchor[0]]}"{around}>{escape(text)}</text>'
        )


def _points(x: FloatArray, y: FloatArray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
