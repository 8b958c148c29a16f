"""Channels of words beside their points: which codes are which labels, as pages and copies know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from nbstream.summaries.bins import MIXED
from nbstream.text.naming import short_name
from nbstream.widgets.chart.look import PALETTE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.widgets.chart.line_patch import LinePatch

__all__ = ["NO_LABEL", "Label", "LaneLabels", "is_told_on_change", "labels_of", "runs_only"]

MAX_LABEL = 80
FEW_PAIRS = 16
"""Newest readings that tell whether a state is told again and again, or when it changes."""
MAX_LITTLE = 8
MAX_LITTLE_LABEL = 20

Lines: TypeAlias = "Collection[LinePatch]"


class Label(NamedTuple):
    """A label of a channel of words."""

    text: str
    """As it is shown."""
    shade: int
    """The number of its colour; after eight the colours come again."""

    @property
    def color(self) -> str:
        """On a light ground."""
        return PALETTE[self.shade % len(PALETTE)]

    @property
    def n_stripes(self) -> int:
        """How many lines tell it apart from the label that had its colour before."""
        return self.shade // len(PALETTE) % 3


NO_LABEL = Label("–", 0)


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
            str(number): is_told_on_change(self._buffer, name)
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
        found = labels_of(self._buffer, name, sorted(codes), length)
        return [[int(code), *label] for code, label in found.items()]


def labels_of(
    buffer: Buffer, name: str, codes: Iterable[float], length: int = MAX_LABEL
) -> dict[float, Label]:
    """Return the labels of codes of a channel of words, at most `length` characters of each."""
    store = buffer._store
    table = store.labels[name]
    return {
        float(code): Label(short_name(text, length), store.shade(text))
        for code in codes
        if code >= 0
        for text in [table.text(code)]
    }


def runs_only(times: TimeArray, values: FloatArray) -> tuple[TimeArray, FloatArray]:
    """Return the points of a lane without those within a state that goes on."""
    if len(values) < 3:
        return times, values
    inner = (values[1:-1] == values[:-2]) & (values[1:-1] == values[2:]) & (values[1:-1] != MIXED)
    keep = np.concatenate(([True], ~inner, [True]))
    return times[keep], values[keep]


def is_told_on_change(buffer: Buffer, name: str) -> bool:
    """Return whether a channel of words is told only when it changes, so that its state holds on."""
    held = buffer.channel(name)
    _, stop = held.span()
    values = held.rows(max(0, stop - FEW_PAIRS - 1), stop).values
    n = len(values) - 1
    return n < 1 or 2 * int(np.count_nonzero(values[1:] == values[:-1])) < n
