"""A window that suits how often readings come, where the person has named none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.intervals import distinct_times
from nbstream.readings.window import Window, rough_duration
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources.files.file_source import FileSource
from nbstream.widgets.chart.delivery import HISTORIC_NS

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.channel_rows import ChannelRows

__all__ = ["fit_window"]

CHOICES = tuple(
    map(Window.parse, ("60s", "5min", "15min", "1h", "6h", "24h", "7d", "30d", "365d", "all"))
)
ENOUGH = 54
"""About 60 readings: a clock that is a little slow needs no longer window."""
ALIKE = 3
"""The first intervals tell how often readings come if none is so many times as long as another."""
LOOK = 64
MANY = 9
"""So many times tell it in any case."""


def fit_window(analyzer: Analyzer) -> None:
    """Choose the window of a new analyzer once it is known how often its readings come.

    That is the shortest of 60 s and longer ones that holds about 60 readings of the fastest channel, and
    "all" for a file of another day. It is known from the third distinct time on, if the intervals are alike:
    a pause at the start says little. A window that somebody has set by then stays, and so does what somebody
    looks at, zoomed, paused or looking back.

    Parameters
    ----------
    analyzer
        Of which nobody has named the window.
    """
    fitted = analyzer.parsed_window

    def fit() -> bool:
        nonlocal fitted
        if analyzer.parsed_window != fitted:
            return True
        interval_ns = _interval_ns(analyzer)
        if interval_ns is None:
            return False
        is_old = _is_old_file(analyzer)
        if is_old:
            _choose(analyzer, CHOICES[-1], "because the file is of another day")
        else:
            _choose(analyzer, *_suitable(interval_ns))
        fitted = analyzer.parsed_window
        return not is_old  # which may only have been read to that day

    if not fit():
        analyzer._look_on(fit)


def _is_old_file(analyzer: Analyzer) -> bool:
    newest_ns = analyzer.buffer.newest_ns
    is_file = isinstance(analyzer.source, FileSource)
    return (
        is_file and newest_ns is not None and abs(SYSTEM_CLOCK.wall_ns() - newest_ns) >= HISTORIC_NS
    )


def _interval_ns(analyzer: Analyzer) -> int | None:
    channels = map(analyzer.buffer.channel, analyzer.channels)
    known = [held.interval_ns for held in channels if _is_settled(held)]
    return min((ns for ns in known if ns is not None), default=None)


def _is_settled(held: ChannelRows) -> bool:
    """Return whether a channel's usual interval is more than a chance."""
    if held.own_interval_ns is not None:
        return True
    start, stop = held.span()
    times = distinct_times(held.rows(max(start, stop - LOOK), stop).times)
    steps = np.diff(times)
    return len(times) >= MANY or (len(steps) > 1 and int(steps.max()) < ALIKE * int(steps.min()))


def _suitable(interval_ns: int) -> tuple[Window, str]:
    """Return the window that holds enough readings, and why it is this one."""
    needed_ns = ENOUGH * interval_ns
    window = next(w for w in CHOICES if w.duration_ns is None or w.duration_ns >= needed_ns)
    return window, f"because readings come about every {rough_duration(interval_ns)}"


def _choose(analyzer: Analyzer, window: Window, why: str) -> None:
    if window == analyzer.parsed_window:
        return
    analyzer._fitted_window = window
    analyzer.window = window
    analyzer.buffer.note(f"The window is {window.label}, {why}; window= says it otherwise.")
