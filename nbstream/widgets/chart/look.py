"""How the lines of a chart look by default: a colour and a dash for each channel."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LINE_WIDTH", "MARKER_SIZE", "PALETTE", "Look", "look"]

PALETTE = ("#2f62cf", "#b34d00", "#13795b", "#9a3fb5", "#c0264b", "#0b7a94", "#7a6200", "#5b4bd6")
"""The colours on a light ground; static/chart/look.js has them too, and others for a dark one."""
DASHES = ("solid", "dash", "dot")
LINE_WIDTH = 1.5
MARKER_SIZE = 6


class Look(NamedTuple):
    """The look of a line."""

    palette: int
    """Index of its colour."""
    dash: str
    """As plotly calls it."""


def look(number: int) -> Look:
    """Return how the channel with this number looks; 24 look different."""
    return Look(number % len(PALETTE), DASHES[number // len(PALETTE) % len(DASHES)])
