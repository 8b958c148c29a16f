"""Lines drawn with the signs of a terminal: eight dots of braille a sign, or three heights of ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["BLANK", "Canvas", "Cell"]

BLANK = ""
"""The style of signs that nothing was drawn in."""
BRAILLE = 0x2800
BRAILLE_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
ASCII_BITS = np.array([[1], [2], [4]])
ASCII = " '-:.!:|"
"""By which of the upper, middle and lower third are drawn in."""
FARTHEST = 4
"""Points beyond the edges are taken for so many canvases away at most, which bounds what a line costs."""


class Cell(NamedTuple):
    """A sign, and in which style."""

    sign: str
    style: str


class Canvas:
    """A field of dots, some to a sign.

    Parameters
    ----------
    width, height
        In signs.
    has_unicode
        False draws with ASCII.
    """

    def __init__(self, width: int, height: int, *, has_unicode: bool = True) -> None:
        self._bits = BRAILLE_BITS if has_unicode else ASCII_BITS
        self._has_unicode = has_unicode
        down, across = self._bits.shape
        self.width, self.height = width * across, height * down
        """In dots."""
        self._cells = np.zeros((height, width), np.int64)
        self._styles = np.zeros((height, width), np.int64)
        self._names = [BLANK]

    def line(self, x: FloatArray, y: FloatArray, style: str) -> None:
        """Draw a line through points in dots, from the left upper corner; it breaks at NaN.

        A point that stands alone between two breaks is a dot.
        """
        present = np.isfinite(x) & np.isfinite(y)
        far = FARTHEST * max(self.width, self.height)
        columns = np.clip(np.where(present, np.round(x), 0), -far, far).astype(np.int64)
        rows = np.clip(np.where(present, np.round(y), 0), -far, far).astype(np.int64)
        self._put(columns[present], rows[present], style)
        joined = present[:-1] & present[1:]
        x0, x1 = columns[:-1][joined], columns[1:][joined]
        y0, y1 = rows[:-1][joined], rows[1:][joined]
        n = np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))
        starts = np.cumsum(n) - n
        step = np.arange(int(n.sum())) - np.repeat(starts, n)
        part = step / np.repeat(n, n)
        self._put(
            np.rint(np.repeat(x0, n) + part * np.repeat(x1 - x0, n)).astype(np.int64),
            np.rint(np.repeat(y0, n) + part * np.repeat(y1 - y0, n)).astype(np.int64),
            style,
        )

    def across(self, y: float, style: str, every: int = 4) -> None:
        """Draw a dotted line from the left to the right edge; one that is drawn later lies over it."""
        x = np.arange(0, self.width, every)
        self._put(x, np.full(len(x), round(y), np.int64), style)

    def rows(self) -> list[list[Cell]]:
        """Return the signs, row by row from the top."""
        return [
            [
                Cell(self._sign(int(bits)), self._names[style])
                for bits, style in zip(cells, styles, strict=True)
            ]
            for cells, styles in zip(self._cells, self._styles, strict=True)
        ]

    def _put(self, x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], style: str) -> None:
        inside = (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
        x, y = x[inside], y[inside]
        down, across = self._bits.shape
        place = y // down, x // across
        np.bitwise_or.at(self._cells, place, self._bits[y % down, x % across])
        if style not in self._names:
            self._names.append(style)
        self._styles[place] = self._names.index(style)

    def _sign(self, bits: int) -> str:
        if not bits:
            return " "
        return chr(BRAILLE + bits) if self._has_unicode else ASCII[bits]
