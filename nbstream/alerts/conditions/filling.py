"""Whether the readings of a channel span a window already, and how far they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.readings.channel_rows import ChannelRows
    from nbstream.readings.window import Window

__all__ = ["JITTER", "least_span_ns", "waiting_for"]

JITTER = 20
"""A reading may be late by this part of its interval and still be the one that fills a window."""


def least_span_ns(duration_ns: int, usual_ns: int) -> int:
    """Return what the readings of a full window span at least: 60 of them at one a second span 59 s."""
    return duration_ns - usual_ns - usual_ns // JITTER


def waiting_for(held: ChannelRows, windows: Iterable[Window]) -> str:
    """Return in words which window a channel does not fill, "waiting for a full 10min (3:20)"; "" if all are.

    In brackets is how much of it there is; of several windows the one that takes longest is told.
    """
    (first, end), segment = held.span(), held.segment
    if first > segment or end <= segment:  # more came than the buffer holds, or nothing yet
        return ""
    span_ns, n = (held.newest_ns or 0) - (held.time_at(segment) or 0), end - segment
    usual_ns = held.interval_ns or 0
    told, longest = "", (0, 0)
    for window in windows:
        size = window.duration_ns or 0, window.readings or 0
        is_full = span_ns >= least_span_ns(size[0], usual_ns) if size[0] else n >= size[1]
        if not is_full and size > longest:
            progress = _minutes(span_ns) if size[0] else f"{n:,}"
            told, longest = f"waiting for a full {window.label} ({progress})", size
    return told


def _minutes(ns: int) -> str:
    """Return a duration as a clock shows it: "0:07", "3:20", "1:02:03"."""
    minutes, seconds = divmod(max(ns, 0) // 10**9, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
