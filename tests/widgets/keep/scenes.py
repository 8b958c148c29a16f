"""What the tests of kept pictures draw: readings with rules, and records of them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

import nbstream as ns
from nbstream.testing import FakeClock
from nbstream.widgets.keep.picture import draw
from nbstream.widgets.keep.record import Record, Subject, Trace, take

START = 1_782_907_200.0
"""2026-07-01 12:00:00 UTC."""
COLORS = ("#3266d6", "#b3541e", "#117a55", "#a23fb8")


def traces(channels: Any) -> list[Trace]:
    """Return how channels are drawn, each in a colour of its own as long as there are some."""
    return [Trace(name, COLORS[i % len(COLORS)]) for i, name in enumerate(channels)]


def record(
    readings: dict[str, Any],
    times: Any = None,
    *,
    window: Any = "60s",
    rules: tuple[str, ...] = (),
    units: dict[str, str] | None = None,
    zone: str = "UTC",
    title: str = "",
    clock: FakeClock | None = None,
) -> Record:
    """Return what a chart of these readings shows."""
    buffer = ns.Buffer(timezone=zone)
    buffer.units.update(units or {})
    if readings:
        n = len(next(iter(readings.values())))
        buffer.extend(START + np.arange(n) if times is None else times, readings)
    with ns.Analyzer(buffer, window=window) as analyzer:
        for rule in rules:
            analyzer.alert(rule)
        analyzer.update()
        return take(
            analyzer,
            Subject(traces(analyzer.channels), title),
            **({} if clock is None else {"clock": clock}),
        )


def pixels(png: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return a picture's colours, shape (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int16)


def drawn(of: Record, scale: float = 1.0) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return the colours of a record's picture."""
    return pixels(draw(of, scale=scale))


def is_color(picture: Any, color: str, within: int = 40) -> Any:
    """Return where a picture has a colour, shape (height, width)."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(picture - wanted).max(axis=2) < within
