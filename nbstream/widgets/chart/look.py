"""How the lines of a chart look by default: a colour and a dash for each channel."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LINE_WIDTH", "MARKER_SIZE", "PALETTE", "Look", "look"]

PALETTE = ("#0079c3", "#b84a00", "#16795d", "#7246f7", "#d62a6b", "#4a4a00", "#8c2a7e", "#3a3fae")
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
