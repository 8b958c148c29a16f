"""What pictures are drawn on: colours, texts and their widths, and the image that becomes a PNG.

The image is larger than it becomes and then reduced, which makes lines smooth, and its colours are few, so
that a cell with it stays small.
"""

from __future__ import annotations

import io
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from nbstream.text.naming import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import FloatArray

__all__ = [
    "AREA",
    "FINER",
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
    "blended",
    "fitting_text",
    "hex_color",
    "on_plate",
    "palette_of",
    "text_width",
    "tint",
]

WIDTH = 880
"""Of the picture, px of the page."""
FINER = 2
"""How much larger it is drawn than it becomes."""
PLATE = "#ffffff"
INK = "#1f2933"
QUIET = "#52606d"
GRID = "#e4e7eb"
FRAME = "#9aa5b1"
TINT = 0.14
"""How much of its colour a band has."""
AREA = 0.2
"""How much of a line's colour lies over the area below it."""
LEVELS = 4
"""Steps of each colour towards the white plate: what smooth edges are made of."""
MAX_COLORS = 256
FONTS = ("DejaVuSans.ttf", "Arial.ttf", "arial.ttf", "Helvetica.ttc", "NotoSans-Regular.ttf")
"""The first that is there is taken, for Pillow's own has Latin letters only."""

MARGIN = 14
TITLE_PX = 15
SMALL_PX = 10.5
LINE_PX = 1.6
MANY_POINTS = 500
RGBA = re.compile(r"rgba\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d*\.?\d+)\s*\)")
NARROWEST = 0.25
"""Of the letters, in parts of the size of a text."""


class Box(NamedTuple):
    """A rectangle, px of the page."""

    left: float
    top: float
    right: float
    bottom: float


class Canvas(Protocol):
    """What a record is drawn on; places and sizes are px of the page."""

    def fill(self, box: Box, color: str) -> None:
        """Tint a rectangle with a little of a colour."""
        ...

    def block(self, box: Box, color: str) -> None:
        """Fill a rectangle with a colour."""
        ...

    def area(self, x: FloatArray, y: FloatArray, foot: float, color: str) -> None:
        """Lay a little of a colour over what lies between a line and a level."""
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


@cache
def hex_color(color: str) -> str:
    """Return a colour as "#rrggbb"; one that Pillow does not know becomes that of text."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(color)[:3]
    except ValueError:
        return INK
    return f"#{red:02x}{green:02x}{blue:02x}"


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

    def block(self, box: Box, color: str) -> None:
        """Fill a rectangle, on whole pixels of the picture so that its edges stay sharp."""
        left, top, right, bottom = (round(edge * self.scale / FINER) * FINER for edge in box)
        if right > left and bottom > top:
            self._draw.rectangle([left, top, right - 1, bottom - 1], fill=color)

    def area(self, x: FloatArray, y: FloatArray, foot: float, color: str) -> None:
        """Lay a little of a colour over what lies between a line and a level."""
        from PIL import Image, ImageDraw

        x, y = np.r_[x[0], x, x[-1]] * self.scale, np.r_[foot, y, foot] * self.scale
        left, top = math.floor(x[0]), math.floor(y.min())
        size = math.ceil(x[-1]) - left + 1, math.ceil(y.max()) - top + 1
        mask = Image.new("L", size)
        outline = np.column_stack([x - left, y - top]).ravel().tolist()
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * AREA))
        self.image.paste(color, (left, top), mask)

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


def fitting_text(text: str, px: float, room: float) -> str:
    """Return a text as far as there is room for it, shortened in the middle; "" if there is none.

    Examples
    --------
    >>> fitting_text("a", 10, 100), fitting_text("abc", 10, 1)
    ('a', '')
    """
    if text_width(text, px) <= room:
        return text
    length = min(len(text) - 1, int(room / (px * NARROWEST)))
    while length > 2:
        short = shortened(text, length)
        width = text_width(short, px)
        if width <= room:
            return short
        length = min(length - 1, int(length * room / width))
    return ""


def tint(color: str) -> str:
    """Return a colour as a band has it: a little of it on the plate."""
    return blended(color, TINT)


def blended(color: str, share: float, ground: str = PLATE) -> str:
    """Return so much of a colour on another."""
    parts = zip(_parts(color), _parts(ground), strict=True)
    return "#" + "".join(f"{round(below + (part - below) * share):02x}" for part, below in parts)


def on_plate(color: str, opacity: float) -> str:
    """Return what a colour of any form, such as "rgba(0, 0, 255, 0.2)", becomes on the plate.

    Examples
    --------
    >>> on_plate("rgba(0, 0, 255, 0.2)", 1.0), on_plate("red", 0.5)
    ('#ccccff', '#ff8080')
    """
    found = RGBA.fullmatch(color)
    if found:
        *parts, alpha = found.groups()
        color, opacity = f"rgb({','.join(parts)})", opacity * min(1.0, float(alpha))
    return blended(hex_color(color), opacity)


def _parts(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def palette_of(lines: Sequence[str], tinted: Sequence[str], others: Sequence[str] = ()) -> Any:
    """Return the colours of a picture, at most 256: each with its steps towards the plate.

    Parameters
    ----------
    lines
        Colours of what is drawn.
    tinted
        Colours that bands have.
    others
        Colours that need no steps.
    """
    from PIL import Image

    strong = [INK, QUIET, *tinted, *lines[:24]]
    shades = [blended(c, level / LEVELS) for c in strong for level in range(1, LEVELS + 1)]
    colors = [PLATE, GRID, FRAME, *map(tint, tinted), *others, *shades]
    colors = list(dict.fromkeys(colors))[:MAX_COLORS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for color in colors for part in _parts(color)])
    return palette
