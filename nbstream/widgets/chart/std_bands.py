"""Where lines usually are: mean and standard deviation of the window, sampled as readings come."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer

__all__ = ["StdBands"]

MAX_POINTS = 600
"""Points that are kept of a channel: as many as the view is wide, at the most."""
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
        Whose statistics; none is computed here.

    Attributes
    ----------
    run
        Number of the present history: it begins anew with another window.

    Notes
    -----
    Thread safety: one thread at a time (the pump's). What is sampled is what was computed last, and
    nothing waits for the analyzer.
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
        for name in names:
            state = self._analyzer._intake.channels.get(name)
            if state is None or state.newest_ns is None or state.held.labels is not None:
                continue
            statistics = state.statistics.get(window)
            if statistics is not None:
                point = state.newest_ns, statistics.mean, statistics.std
                self._take(name, point, max(1, span_ns // MAX_POINTS), state.held.interval_ns)

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
