"""What a page is told of channels of words beside their points: which codes are which labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nbstream.summaries.bins import MIXED
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.widgets.chart.line_patch import LinePatch

__all__ = ["LaneLabels", "runs_only"]

MAX_LABEL = 80
FEW_PAIRS = 16
"""Newest readings that tell whether a state is told again and again, or when it changes."""
MAX_LITTLE = 8
MAX_LITTLE_LABEL = 20

Lines: TypeAlias = "Collection[LinePatch]"


class LaneLabels:
    """Says what the codes of a frame's points mean, as far as pages don't know.

    Notes
    -----
    Thread safety: none; the feed of one chart owns it, but for `of`.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._told: dict[int, set[float]] = {}

    def news(self, lines: Lines, names: Sequence[str]) -> dict[str, Any]:
        """Return the labels of codes that were not told since the last snapshot."""
        found = {}
        for number, codes in self._codes(lines, names):
            told = self._told.setdefault(number, set())
            new = codes - told
            told |= new
            if new:
                found[str(number)] = self._texts(names[number], new, MAX_LABEL)
        return found

    def all(self, lines: Lines, names: Sequence[str]) -> dict[str, Any]:
        """Return the labels of all codes of a snapshot, which needs nothing before it."""
        self._told = {}
        return self.news(lines, names)

    def of(self, lines: Lines, names: Sequence[str], *, is_little: bool = False) -> dict[str, Any]:
        """Return the labels of all codes of an answer to one page, or of the newest if it `is_little`."""
        found = {}
        for number, codes in self._codes(lines, names):
            if is_little:
                newest = sorted(codes)[-MAX_LITTLE:]
                found[str(number)] = self._texts(names[number], newest, MAX_LITTLE_LABEL)
            else:
                found[str(number)] = self._texts(names[number], codes, MAX_LABEL)
        return found

    def holding(self, names: Sequence[str]) -> dict[str, bool]:
        """Return which channels hold words, by number, and whether each is told only when it changes."""
        return {
            str(number): _is_held(self._buffer, name)
            for number, name in enumerate(names)
            if name in self._buffer._store.labels
        }

    def _codes(self, lines: Lines, names: Sequence[str]) -> Iterable[tuple[int, set[float]]]:
        labels = self._buffer._store.labels
        for line in lines if labels else ():
            if names[line.number] in labels:
                codes = np.unique(line.values)
                yield line.number, {float(code) for code in codes if code >= 0}

    def _texts(self, name: str, codes: Iterable[float], length: int) -> list[list[Any]]:
        store = self._buffer._store
        table = store.labels[name]
        return [
            [int(code), short_name(text, length), store.shade(text)]
            for code in sorted(codes)
            for text in [table.text(code)]
        ]


def runs_only(times: TimeArray, values: FloatArray) -> tuple[TimeArray, FloatArray]:
    """Return the points of a lane without those within a state that goes on."""
    if len(values) < 3:
        return times, values
    inner = (values[1:-1] == values[:-2]) & (values[1:-1] == values[2:]) & (values[1:-1] != MIXED)
    keep = np.concatenate(([True], ~inner, [True]))
    return times[keep], values[keep]


def _is_held(buffer: Buffer, name: str) -> bool:
    held = buffer.channel(name)
    _, stop = held.span()
    values = held.rows(max(0, stop - FEW_PAIRS - 1), stop).values
    n = len(values) - 1
    return n < 1 or 2 * int(np.count_nonzero(values[1:] == values[:-1])) < n
