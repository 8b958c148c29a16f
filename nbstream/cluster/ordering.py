"""Readings of several parts in the order of their times, as far as it can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.sources.merging import Merge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["Ordering"]


class Ordering:
    """Holds what is drawn of a channel that several parts bring, until each has brought what is later.

    A part that has nothing is waited for a second; what it brings after that is put in its place, and rules
    don't see it. A channel of one part waits for nothing.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self) -> None:
        self._parts: dict[str, set[int]] = {}
        self._merges: dict[str, Merge[int, tuple[int, float]]] = {}

    def __len__(self) -> int:
        """Return how many readings wait."""
        return sum(map(len, self._merges.values()))

    def add(
        self, channel: str, part: int, times: TimeArray, values: FloatArray
    ) -> tuple[TimeArray, FloatArray] | None:
        """Take readings of a part; return them if they need not wait."""
        parts = self._parts.setdefault(channel, set())
        parts.add(part)
        if len(parts) == 1:
            return times, values
        merge = self._merges.setdefault(channel, Merge())
        merge.add(part, times, list(zip(times.tolist(), values.tolist(), strict=True)))
        return None

    def take(
        self, unfinished: Collection[int], now: float
    ) -> Iterator[tuple[str, TimeArray, FloatArray]]:
        """Yield the readings that have waited long enough, by channel.

        Parameters
        ----------
        unfinished
            Parts that will bring more.
        now
            Seconds of a monotonic clock.
        """
        for channel, merge in self._merges.items():
            parts = self._parts[channel].intersection(unfinished)
            found = merge.take(parts, now) if len(merge) else []
            if found:
                times, values = zip(*found, strict=True)
                yield channel, np.array(times, np.int64), np.array(values)
