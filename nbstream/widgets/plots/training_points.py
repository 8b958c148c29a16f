"""What a page gets of the lines of trainings: lists of numbers, of which only the ends are made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.widgets.page.link import Payload
from nbstream.widgets.page.panel import StateFeed

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray
    from nbstream.summaries.step_line import StepLine, StepPoints

__all__ = ["DrawnLine", "TailFeed", "as_lists"]

MAX_MARKS = 100
"""Crosses of missing readings, evenly over where there are more."""


class DrawnLine:
    """A line as a page has it: lists of numbers, of which only the end is made anew."""

    def __init__(self, line: StepLine) -> None:
        self._line = line
        self._n = -1
        self._most = 0
        self._points: StepPoints | None = None
        self.width = 0.0
        """Of the bins, in steps."""
        self.lists: list[list[float | None]] = [[], [], [], []]
        """Steps, means, smallest and largest; the last two are empty where each point is one reading."""
        self.before: list[list[list[float | None]]] = []
        self.marks: list[float | None] = []

    def renew(self, most: int) -> None:
        """Bring the lists up to date."""
        line = self._line
        if (line.n, most) == (self._n, self._most):
            return
        self._n, self._most = line.n, most
        points = line.points(most)
        self.width = points.width
        old, self._points = self._points, points
        n_same = 0 if old is None else _n_same(old, points)
        has_band = bool((points.n > 1).any())
        if has_band != bool(self.lists[2]):
            n_same = 0
        self.lists = as_lists(points, self.lists, n_same)
        if len(self.before) != len(line.before) or line.n_back:
            self.before = [[_rounded(b.x), _rounded(b.mean)] for b in line.before]
        marks = points.x[points.missing > 0]
        if len(marks) > MAX_MARKS:
            marks = marks[np.linspace(0, len(marks) - 1, MAX_MARKS).astype(np.int64)]
        self.marks = _rounded(marks)


class TailFeed(StateFeed):
    """A feed that sends of each line what follows the points that pages have."""

    def frame(self) -> Payload | None:
        """Return the state if it has changed, with the ends of lines only."""
        sent, state = self._sent, self._read()
        if state == sent:
            return None
        self._sent = state
        if sent is None:
            return Payload({"state": state})
        had = {one["id"]: one["points"] for row in sent["rows"] for one in row["series"]}
        rows = [
            {**row, "series": [_tail_of(one, had.get(one["id"])) for one in row["series"]]}
            for row in state["rows"]
        ]
        return Payload({"state": {**state, "rows": rows}})


def as_lists(points: StepPoints, kept: list[list[Any]] | None = None, n_kept: int = 0) -> list[Any]:
    """Return points as a page has them: steps, means, smallest, largest; the first are kept."""
    has_band = bool((points.n > 1).any())
    wanted = [points.x, points.mean, *([points.low, points.high] if has_band else [])]
    kept = kept or [[], [], [], []]
    lists = [kept[i][:n_kept] + _rounded(x[n_kept:]) for i, x in enumerate(wanted)]
    return lists + [[] for _ in range(4 - len(lists))]


def _tail_of(series: dict[str, Any], had: list[list[Any]] | None) -> dict[str, Any]:
    points = series["points"]
    if had is None or not points[0] or bool(had[2]) != bool(points[2]):
        return series
    n = min(_n_alike(old, new) for old, new in zip(had, points, strict=True) if new)
    return {**series, "from": n, "points": [column[n:] for column in points]}


def _n_alike(old: list[Any], new: list[Any]) -> int:
    """Return how many items two lists begin with in common."""
    if old is new:
        return len(old)
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _n_same(old: StepPoints, new: StepPoints) -> int:
    """Return how many points two lines begin with in common."""
    n = min(len(old.x), len(new.x))
    differs = np.zeros(n, bool)
    for a, b in zip(old[:-1], new[:-1], strict=True):
        differs |= ~((a[:n] == b[:n]) | ((a[:n] != a[:n]) & (b[:n] != b[:n])))
    return int(differs.argmax()) if differs.any() else n


def _rounded(values: FloatArray) -> list[float | None]:
    """Return numbers with nine digits, which a page draws and reads out; None for what is missing."""
    return [float(f"{x:.9g}") if x - x == 0 else None for x in values.tolist()]
