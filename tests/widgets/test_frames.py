"""The frames of a chart, without a page."""

from __future__ import annotations

import numpy as np

import nbstream as ns
from nbstream.widgets.frames import ChartFeed
from nbstream.widgets.link import Payload

START = 1_782_907_200.0


def seconds_of(frame: Payload | None) -> list[float]:
    """Return the times of a frame's only line, in seconds from the start."""
    assert frame is not None
    numbers = np.frombuffer(b"".join(frame.buffers), np.float64)
    return (numbers[: len(numbers) // 2] / 1e3 - START).tolist()


def test_late_readings_are_drawn_where_they_belong() -> None:
    """When late readings were put in between, the next frame has the line anew, with them."""
    buffer = ns.Buffer(timezone="UTC", late="insert")
    with ns.Analyzer(buffer, window="60s") as analyzer:
        feed = ChartFeed(analyzer, dict, lambda: 800)
        buffer.extend(START + np.arange(0.0, 20.0, 2.0), x=np.arange(10.0))
        assert seconds_of(feed.frame()) == list(range(0, 20, 2))
        buffer.append(START + 5, x=7.0)
        again = seconds_of(feed.frame())
        assert again == [0, 2, 4, 5, 6, 8, 10, 12, 14, 16, 18]
        assert seconds_of(feed.snapshot()) == again
        assert feed.frame() is None or not feed.frame()
