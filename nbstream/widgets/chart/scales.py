"""Which channels without units share an axis: those whose values are of one order of magnitude."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.readings.batch import FloatArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.channel_rows import ChannelRows

__all__ = ["Scales", "family"]

FAR = 10
"""How many times as large values of another scale are: the lesser would lie in a tenth of a common axis."""
ENOUGH = 3
"""Readings that tell how large a channel's values are, if they are alike."""
ALIKE = 2
"""The largest of them is at most so many times as large as the smallest."""
SETTLED = 64
"""Readings that tell it in any case, and for good; of more as many, from begin to end."""
BLOCK = 8
USUAL = 0.9
"""The part of the readings that are not larger than what is taken for a channel's size."""

_NUMBERED = re.compile(r"c?\d+")
"""Names that say nothing: columns without a header."""


class Scales:
    """Groups channels by how large their values usually are, so that none is a flat line beside a larger one.

    It is decided with the first readings, and never again: lines stay on their axes, whatever comes. Only
    channels of which little is known, or that were zero, may still move, and new ones are put in.

    Notes
    -----
    Channels of one kind stay together even where one of them is much larger: such as cpu0 and cpu1, loss and
    val_loss, x and y (`family`).

    Thread safety: any thread; two at once look at some rows twice.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, float] = {}
        """By channel; of those that won't change any more."""
        self._scales: list[dict[str, float]] = []
        """Families that share an axis, with their sizes as they were then; none before there are two."""

    def among(self, buffer: Buffer, names: Sequence[str]) -> dict[str, int]:
        """Return the number of the scale of each channel; {} if all have one."""
        if len(names) < 2:
            return {}
        families: dict[str, float] = {}
        for name in names:
            size = self._sizes.get(name)
            if size is None:
                size = self._size(buffer.channel(name))
            families[family(name)] = max(families.get(family(name), 0.0), size)
        scales = [dict(scale) for scale in self._scales]
        for one, size in sorted(families.items(), key=lambda item: -item[1]):
            if size and not any(one in scale for scale in scales):
                _put_in(scales, one, size)
        if len(scales) < 2:
            return {}
        self._scales = scales
        numbers = {one: number for number, scale in enumerate(scales) for one in scale}
        # Nobody knows how large zeros will be: many are flags and counts, which begin with 1.
        near_one = min(range(len(scales)), key=lambda i: abs(math.log(max(scales[i].values()))))
        return {name: numbers.get(family(name), near_one) for name in names}

    def _size(self, held: ChannelRows) -> float:
        """Return how large values of a channel usually are; 0 if that is not known, or they are."""
        values, is_settled = _some_values(held)
        size = _usual(values, is_settled=is_settled)
        if is_settled:
            self._sizes[held.name] = size
        return size


def _some_values(held: ChannelRows) -> tuple[FloatArray, bool]:
    """Return values from begin to end of a channel, and whether more would say no more."""
    first, end = held.span()
    if held.is_archived:
        return held.drawn(first, end, None)[0].values, True
    if end - first <= SETTLED:
        return held.rows(first, end).values, end >= SETTLED
    starts = np.linspace(first, end - BLOCK, SETTLED // BLOCK).astype(int).tolist()
    return np.concatenate([held.rows(row, row + BLOCK).values for row in starts]), True


def _usual(values: FloatArray, *, is_settled: bool) -> float:
    """Return how large values usually are; 0 if they don't tell."""
    sizes = np.sort(np.abs(values[np.isfinite(values)]))
    if len(sizes) < ENOUGH or not sizes[-1]:
        return 0.0
    least, sizes = sizes[0], sizes[sizes > 0]
    usual = float(sizes[int(USUAL * (len(sizes) - 1))])
    # What swings around zero may only have begun to.
    return usual if is_settled or usual <= ALIKE * least else 0.0


def _put_in(scales: list[dict[str, float]], one: str, size: float) -> None:
    """Put a family where none is so many times as large as another, by itself if there is no such place."""
    fits = [
        scale for scale in scales if min(size, *scale.values()) * FAR > max(size, *scale.values())
    ]
    if fits:
        min(fits, key=lambda scale: max(scale.values()))[one] = size
    else:
        scales.append({one: size})


@lru_cache(maxsize=1024)  # asked for each channel with each frame
def family(name: str) -> str:
    """Return what names of channels of one kind have in common: their last word of more than a letter.

    Examples
    --------
    >>> (
    ...     family("cpu0"),
    ...     family("accX"),
    ...     family("acc_y"),
    ...     family("val_loss"),
    ...     family("room temperature"),
    ... )
    ('cpu', 'acc', 'acc', 'loss', 'temperature')
    >>> family("x"), family("y2"), family("c1"), family("17")
    ('', '', 'c1', '17')
    """
    if _NUMBERED.fullmatch(name):
        return name
    words = [word.lower() for word in _words(name) if len(word) > 1]
    return words[-1] if words else ""


def _words(name: str) -> Iterable[str]:
    """Yield the words of a name, also of one such as accX."""
    for part in re.findall(r"[^\W\d_]+", name):
        yield from re.findall(r".[^A-Z]*", part) if not part.isupper() else [part]
