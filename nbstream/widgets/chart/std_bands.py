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
        Whose statistics. Those of the past of a view are computed when a band begins, some hundred in all.

    Attributes
    ----------
    run
        Number of the present history: it begins anew with another window.

    Notes
    -----
    Thread safety: one thread at a time (the pump's). What is sampled is what was computed last; only a band
    that begins waits for the analyzer.
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
            if statistics is not None:
                if name not in self._points:
                    n_begun += n_past
                    if n_begun > MAX_PAST:  # the others' turn comes: nothing is held up for long
                        continue
                    self._points[name] = self._past(name, span_ns, n_past)
                point = state.newest_ns, statistics.mean, statistics.std
                self._take(name, point, max(1, span_ns // MAX_POINTS), state.held.interval_ns)

    def _past(self, name: str, span_ns: int, n: int) -> list[Point]:
        """Return what the statistics were at readings of the last span, before the newest one."""
        held = self._analyzer.buffer.channel(name)
        first, stop = held.span()
        newest_ns = held.time_at(stop - 1)
        if newest_ns is None:
            return []
        rows = np.linspace(
            max(first, held.row_at(newest_ns - span_ns)), stop - 1, n, endpoint=False
        )
        found = [held.time_at(int(row)) for row in np.unique(rows.astype(np.int64))]
        times = [time_ns for time_ns in found if time_ns is not None]
        pauses = [b - a for a, b in pairwise(times)]
        longest = max(
            PAUSE_FACTOR * span_ns / MAX_POINTS, INTERVALS * float(np.median(pauses or 0))
        )
        points: list[Point] = []
        for time_ns, pause_ns in zip(times, [0, *pauses], strict=True):
            if pause_ns < 0:  # the clock went back
                points.clear()
            elif pause_ns > longest:
                points.append((time_ns - pause_ns // 2, math.nan, math.nan))
            points.append(self._at(name, time_ns))
        return points

    def _at(self, name: str, time_ns: int) -> Point:
        at = np.datetime64(time_ns, "ns")
        mean, std = (self._analyzer.statistic(what, None, name, at=at) for what in ("mean", "std"))
        return time_ns, mean, std

    def _take(self, name: str, point: Point, step_ns: int, interval_ns: int | None) -> None:
        points = self._points.setdefault(name, [])
        time_ns = point[0]
        if points:
            pause_ns = time_ns - points[-1][0]
            if pause_ns < 0:  # the clock went back
                self.forget()
                points = self._points.setdefault(name, [])
            elif pause_ns < step_ns:
                return
            elif interval_ns and pause_ns > max(PAUSE_FACTOR * step_ns, INTERVALS * interval_ns):
                points.append((time_ns - pause_ns // 2, math.nan, math.nan))
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


def _told(number: int, points: list[Point]) -> list[object]:
    """Return the channel's number, times (epoch ms), means and deviations; None where there is none."""
    times = [time_ns / 1e6 for time_ns, _, _ in points]
    columns = [[_number(point[at]) for point in points] for at in (1, 2)]
    return [number, times, *columns]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
