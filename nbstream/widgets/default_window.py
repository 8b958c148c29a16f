"""A window that suits how often readings come, where the person has named none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.readings.window import Window, rough_duration

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer

__all__ = ["fit_window"]

CHOICES = tuple(
    map(Window.parse, ("60s", "5min", "15min", "1h", "6h", "24h", "7d", "30d", "365d", "all"))
)
ENOUGH = 54
"""About 60 readings: a clock that is a little slow needs no longer window."""


def fit_window(analyzer: Analyzer) -> None:
    """Choose the window of a new analyzer once it is known how often its readings come.

    That is the shortest of 60 s and longer ones that holds about 60 readings of the fastest channel. A
    window that somebody has set by then stays.

    Parameters
    ----------
    analyzer
        Of which nobody has named the window.
    """
    first = analyzer.parsed_window

    def fit(_: Any = None) -> bool:
        if analyzer.parsed_window == first:
            interval_ns = _interval_ns(analyzer)
            if interval_ns is None:
                return False
            _choose(analyzer, interval_ns)
        return True

    def look(_: Any) -> None:
        if fit():
            analyzer.unobserve(look, names="count")

    if not fit():
        analyzer.observe(look, names="count")


def _interval_ns(analyzer: Analyzer) -> int | None:
    buffer = analyzer.buffer
    known = [buffer.channel(name).interval_ns for name in analyzer.channels]
    return min((ns for ns in known if ns is not None), default=None)


def _choose(analyzer: Analyzer, interval_ns: int) -> None:
    needed_ns = ENOUGH * interval_ns
    window = next(w for w in CHOICES if w.duration_ns is None or w.duration_ns >= needed_ns)
    if window == analyzer.parsed_window:
        return
    analyzer.window = window
    analyzer.buffer.note(
        f"The window is {window.label}, because readings come about every "
        f"{rough_duration(interval_ns)}; window= says it otherwise."
    )
