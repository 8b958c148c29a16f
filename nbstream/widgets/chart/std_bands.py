"""Where lines usually are: mean and standard deviation of the window, sampled as readings come."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer

__all__ = ["StdBands"]

MAX_POINTS = 600
"""Points that are kept of a channel: as many as the view is wide, at the most."""
MAX_PAST = 200
"""Points of the past of a channel, and at most at once; of many channels each has fewer."""
MIN_PAST = 20
PAUSE_FACTOR = 20
"""Samples that are further apart than so many usual ones have no band between them."""
INTERVALS = 3
"""Nor have those that are further apart than so many intervals of the readings, if that is longer."""

Point: TypeAlias = tuple[int, float, float]
"""Time (ns), mean and standard deviation; NaN is no band."""


class StdBands:
    """Samples mean and standard deviation of the analyzer's window, channel by channel.

    Parameters
    ----------
    analyzer
        Whose statistics. Those of the past of a view are computed when a band begins, and of what nobody
        looked at when somebody looks again, some hundred in all.

    Attributes
    ----------
    run
        Number of the present history: it begins anew with another window.

    Notes
    -----
    Thread safety: one thread at a time (the pump's). What is sampled is what was computed last; only a band
    that begins, or goes on after a while, waits for the analyzer.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._points: dict[str, list[Point]] = {}
        self._sent: dict[str, int] = {}
        self._window = analyzer.parsed_window
        self.run = 0

    def forget(self) -> None:
        """Begin anew."""
        if self._points:
            self._points, self._sent = {}, {}
            self.run += 1

    def advance(self, names: tuple[str, ...], span_ns: int) -> None:
        """Sample what the analyzer computed since the last time, MAX_POINTS times in a span at most."""
        window = self._analyzer.parsed_window
        if window != self._window:
            self.forget()
            self._window = window
        n_past = max(MIN_PAST, MAX_PAST * 3 // (len(names) + 2))
        n_begun = 0
        for name in names:
            state = self._analyzer._intake.channels.get(name)
            if state is None or state.newest_ns is None or state.held.labels is not None:
                continue
            statistics = state.statistics.get(window)
            if statistics is None:
                continue
            step_ns, interval_ns = max(1, span_ns // MAX_POINTS), state.held.interval_ns
            known = self._points.get(name)
            if known is None or _is_long(state.newest_ns - known[-1][0], step_ns, interval_ns):
                n_begun += n_past
                if n_begun > MAX_PAST:  # the others' turn comes: nothing is held up for long
                    continue
                self._catch_up(name, state.newest_ns, span_ns, n_past)
            point = state.newest_ns, statistics.mean, statistics.std
            self._take(name, point, step_ns)

    def _catch_up(self, name: str, newest_ns: int, span_ns: int, n: int) -> None:
        """Take what the statistics were while nobody looked, in the last span."""
        points = self._points.setdefault(name, [])
        begin_ns = newest_ns - span_ns
        if points and points[-1][0] < begin_ns:
            points.append((begin_ns - 1, math.nan, math.nan))
        since_ns = max(begin_ns, points[-1][0]) if points else begin_ns
        for point in self._past(name, since_ns, newest_ns, span_ns, n):
            if not points or point[0] > points[-1][0]:
                points.append(point)
        if not points:
            del self._points[name]

    def _past(self, name: str, since_ns: int, newest_ns: int, span_ns: int, n: int) -> list[Point]:
        """Return what the statistics were at readings of a time, the newest one too."""
        held = self._analyzer.buffer.channel(name)
        first, stop = held.span_rows(since_ns, newest_ns)
        if first >= stop:
            return []
        rows = np.unique(np.linspace(first, stop - 1, min(n, stop - first)).astype(np.int64))
        found = [held.time_at(int(row)) for row in rows]
        times = [time_ns for time_ns in found if time_ns is not None]
        pauses = [b - a for a, b in pairwise(times)]
        is_thinned = stop - first > n
        usual_ns = None if is_thinned else held.interval_ns
        usual_ns = usual_ns or int(np.median(pauses or 0))
        points: list[Point] = []
        for time_ns, pause_ns in zip(times, [0, *pauses], strict=True):
            if pause_ns < 0:  # the clock went back
                points.clear()
            elif _is_long(pause_ns, max(1, span_ns // MAX_POINTS), usual_ns):
                points.append((time_ns - pause_ns // 2, math.nan, math.nan))
            points.append(self._at(name, time_ns))
        return points

    def _at(self, name: str, time_ns: int) -> Point:
        at = np.datetime64(time_ns, "ns")
        mean, std = (self._analyzer.statistic(what, None, name, at=at) for what in ("mean", "std"))
        return time_ns, mean, std

    def _take(self, name: str, point: Point, step_ns: int) -> None:
        points = self._points.setdefault(name, [])
        if points:
            pause_ns = point[0] - points[-1][0]
            if pause_ns < 0:  # the clock went back
                self.forget()
                points = self._points.setdefault(name, [])
            elif pause_ns < step_ns:
                return
        points.append(point)
        del points[:-MAX_POINTS]

    def news(self, names: tuple[str, ...]) -> list[list[object]]:
        """Return the points that were not returned before, as stdBands.js takes them."""
        told = []
        for number, name in enumerate(names):
            points = self._points.get(name)
            if points and points[-1][0] > self._sent.get(name, -1):
                sent = self._sent.get(name, -1)
                told.append(_told(number, [point for point in points if point[0] > sent]))
                self._sent[name] = points[-1][0]
        return told

    def all(self, names: tuple[str, ...]) -> list[list[object]]:
        """Return the points that were returned before, all of them."""
        told = []
        for number, name in enumerate(names):
            sent = self._sent.get(name, -1)
            points = [point for point in self._points.get(name, ()) if point[0] <= sent]
            if points:
                told.append(_told(number, points))
        return told


def _is_long(pause_ns: int, step_ns: int, interval_ns: int | None) -> bool:
    """Return whether there is no band over such a pause, or nobody looked meanwhile."""
    return interval_ns is not None and pause_ns > max(
        PAUSE_FACTOR * step_ns, INTERVALS * interval_ns
    )


def _told(number: int, points: list[Point]) -> list[object]:
    """Return the channel's number, times (epoch ms), means and deviations; None where there is none."""
    times = [time_ns / 1e6 for time_ns, _, _ in points]
    columns = [[_number(point[at]) for point in points] for at in (1, 2)]
    return [number, times, *columns]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
