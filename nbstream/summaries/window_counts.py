"""How often which values were in a window: counts that slide with it, in bins that stay where they are."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.summaries.value_bins import (
    MAX_BINS,
    ValueBins,
    choose_bins,
    choose_log_bins,
    decimals_of,
    wanted_width,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.readings.batch import FloatArray

__all__ = ["Counted", "Part", "WindowCounts"]

CHUNK = 65_536
SHORT = 4096
SOME = 100_000
"""Readings that are looked at to choose bins."""
SOME_ROWS = 1024
LOOK_INTERVAL = 1.0
"""Seconds between two looks at whether other bins were better."""
LOOSE = 0.4
"""Bins are chosen anew where readings have filled less than this share of them for two looks …"""
FINER = 2.5
COARSER = 2.5
"""… or where they should be so many times as wide or narrow …"""
IN_TAILS = 0.025
"""… or where there is more than this share in the tails that are not drawn."""

Codes = npt.NDArray[np.uint16]


class Part(NamedTuple):
    """The rows start ≤ row < stop of one channel that are counted."""

    start: int
    stop: int
    edition: int
    """Another number where rows that were there have changed."""
    read: Callable[[int, int], tuple[int, FloatArray]]
    """Returns the first row and the values of rows, as far as they are held."""


class Counted(NamedTuple):
    """What was counted of one channel."""

    counts: npt.NDArray[np.int64]
    below: int
    above: int
    missing: int

    @property
    def n(self) -> int:
        """Readings that are not missing, tails included."""
        return int(self.counts.sum()) + self.below + self.above


class WindowCounts:
    """Counts the readings of a window, of one channel or several in the same bins.

    Parameters
    ----------
    bins
        None chooses them by the readings, "log" such as have the same width on a logarithmic axis; a number
        is how many at most, an array is their edges.

    Notes
    -----
    Cost: about 10 ns for each new reading, and 2 bytes as long as it is in the window; where other bins
    are needed all are counted again. Thread safety: none; who has it guards it.

    Examples
    --------
    >>> values = np.array([1.0, 1.0, 2.0, np.nan, 3.0])
    >>> counts = WindowCounts(np.array([0.5, 1.5, 2.5]))
    >>> (counted,) = counts.slide(
    ...     [Part(0, 5, 0, lambda start, stop: (start, values[start:stop]))], 0.0
    ... )
    >>> counted.counts.tolist(), counted.above, counted.missing
    ([2, 1], 1, 1)
    """

    def __init__(self, bins: int | FloatArray | Literal["log"] | None = None) -> None:
        self._fixed = isinstance(bins, np.ndarray)
        self._is_log = isinstance(bins, str)
        self._most = bins if isinstance(bins, int) else None
        self._channels: list[_ChannelCounts] = []
        self._look_due = 0.0
        self._was_loose = False
        self._tried = np.inf
        """The width that was wanted when bins were chosen for that the last time."""
        self.bins: ValueBins | None = None
        """None before the first reading."""
        if isinstance(bins, np.ndarray):
            widths = np.diff(bins)
            same = bool(np.allclose(widths, widths[0], rtol=1e-9, atol=0))
            self.bins = ValueBins(bins, float(widths[0]) if same else float("nan"))

    def slide(self, parts: Sequence[Part], now: float) -> list[Counted]:
        """Count these rows, of which most were counted before, and return what there is of each channel."""
        if len(self._channels) != len(parts):
            self._channels = [_ChannelCounts() for _ in parts]
            if not self._fixed:
                self.bins = None
        if self.bins is None and not self._choose(parts):
            return [Counted(np.empty(0, np.int64), 0, 0, p.stop - p.start) for p in parts]
        assert self.bins is not None
        for channel, part in zip(self._channels, parts, strict=True):
            channel.slide(part, self.bins)
        if not self._fixed and self._is_wrong(now) and self._choose(parts):
            for channel, part in zip(self._channels, parts, strict=True):
                channel.slide(part, self.bins)
        return [channel.counted for channel in self._channels]

    def _is_wrong(self, now: float) -> bool:
        """Return whether other bins are needed."""
        bins = self.bins
        assert bins is not None
        outside = [sum(ends) for ends in zip(*(c.outside for c in self._channels), strict=True)]
        if any(n and not is_cut for n, is_cut in zip(outside, bins.is_cut, strict=True)):
            return True
        if any(not channel.are_rounded or channel.has_lower for channel in self._channels):
            return True
        if now < self._look_due:
            return False
        self._look_due = now + LOOK_INTERVAL
        counts = np.sum([channel.counted.counts for channel in self._channels], axis=0)
        n, n_outside = int(counts.sum()), sum(outside)
        if not n:
            return False
        filled = np.flatnonzero(counts)
        was_loose = self._was_loose
        self._was_loose = bool(filled[-1] - filled[0] + 3 < LOOSE * len(counts))
        has_tails = not self._is_log and n_outside > IN_TAILS * (n + n_outside)
        if (was_loose and self._was_loose) or has_tails:
            return True
        return self._most is None and self._has_other_width(bins, counts, filled)

    def _has_other_width(
        self, bins: ValueBins, counts: npt.NDArray[np.int64], filled: npt.NDArray[np.intp]
    ) -> bool:
        """Return whether bins should be much wider or narrower, and that was not tried already."""
        n = int(counts.sum())
        edges, width = bins.edges, bins.width
        if bins.decades is not None:
            edges, width = np.log10(edges), bins.decades
        middles = edges[:-1] / 2 + edges[1:] / 2
        places = counts.cumsum().searchsorted((np.arange(256) + 0.5) / 256 * n)
        some = middles[np.minimum(places, len(middles) - 1)]
        low, high = edges[[filled[0], filled[-1] + 1]].tolist()
        wanted = max(wanted_width(some, low, high, n), (high / 2 - low / 2) / (MAX_BINS / 2))
        is_other = wanted > COARSER * width or wanted < width / FINER
        if not is_other or 1 / FINER < wanted / self._tried < FINER:
            return False
        self._tried = wanted
        return True

    def _choose(self, parts: Sequence[Part]) -> bool:
        """Choose bins by what is there; return whether there is anything."""
        lowest, highest, n, has_any = np.inf, -np.inf, 0, False
        some = []
        for part in parts:
            step = max(1, (part.stop - part.start) * len(parts) // SOME) * SOME_ROWS
            for row in range(part.start, part.stop, CHUNK):
                _, values = part.read(row, min(row + CHUNK, part.stop))
                values = values[values - values == 0]
                placed = values[values > 0] if self._is_log else values
                if len(placed):
                    lowest = min(lowest, float(placed.min()))
                    highest = max(highest, float(placed.max()))
                if len(values):
                    n, has_any = n + len(placed), True
                    some += [values[i : i + SOME_ROWS] for i in range(0, len(values), step)]
        if not has_any:
            return False
        if self._is_log:
            self.bins = choose_log_bins(np.concatenate(some), lowest, highest, n)
        else:
            self.bins = choose_bins(np.concatenate(some), lowest, highest, n, most=self._most)
        self._was_loose = False
        for channel in self._channels:
            channel.forget()
        return True


class _ChannelCounts:
    """The counts of one channel, and in which bin each of its rows is."""

    def __init__(self) -> None:
        self.are_rounded = True
        self.has_lower = False
        """Whether readings lie below logarithmic bins that have a place on their axis."""
        self._bins: ValueBins | None = None
        self._chunks: deque[tuple[int, Codes]] = deque()
        self._tally = np.zeros(0, np.int64)
        self._start = self._stop = self._edition = 0

    def forget(self) -> None:
        """Count all anew next time."""
        self._bins = None

    @property
    def outside(self) -> tuple[int, int]:
        """Readings below and above the bins."""
        return int(self._tally[-3]), int(self._tally[-2])

    @property
    def counted(self) -> Counted:
        below, above, missing = self._tally[-3:].tolist()
        return Counted(self._tally[:-3].copy(), below, above, missing)

    def slide(self, part: Part, bins: ValueBins) -> None:
        start, stop, edition, read = part
        is_next = bins is self._bins and edition == self._edition
        if not is_next or start < self._start or not start <= self._stop <= stop:
            self._chunks.clear()
            self._tally = np.zeros(len(bins.edges) + 2, np.int64)
            self._bins, self._edition, self._stop = bins, edition, start
            self.are_rounded, self.has_lower = True, False
        self._drop(start)
        self._start = start
        for row in range(self._stop, stop, CHUNK):
            self._add(*read(row, min(row + CHUNK, stop)), bins)
        self._stop = stop

    def _add(self, row: int, values: FloatArray, bins: ValueBins) -> None:
        if not len(values):
            return
        codes = places(values, bins)
        if bins.decimals is not None and self.are_rounded:
            finite = values[values - values == 0]
            found = decimals_of(finite)
            self.are_rounded = not len(finite) or (found is not None and found <= bins.decimals)
        if bins.decades is not None and not self.has_lower:
            self.has_lower = bool(((values > 0) & (values < bins.edges[0])).any())
        self._tally += np.bincount(codes, minlength=len(self._tally))
        if self._chunks and len(self._chunks[-1][1]) < SHORT:
            before, earlier = self._chunks[-1]
            if before + len(earlier) == row:
                self._chunks[-1] = before, np.concatenate((earlier, codes))
                return
        self._chunks.append((row, codes))

    def _drop(self, start: int) -> None:
        while self._chunks:
            row, codes = self._chunks[0]
            n = min(start - row, len(codes))
            if n <= 0:
                return
            self._tally -= np.bincount(codes[:n], minlength=len(self._tally))
            if n < len(codes):
                self._chunks[0] = row + n, codes[n:]
                return
            self._chunks.popleft()


def places(values: FloatArray, bins: ValueBins) -> Codes:
    """Return the bin of each value; of n bins, n is below them, n + 1 above and n + 2 missing."""
    edges = bins.edges
    n = len(edges) - 1
    is_missing = values - values != 0
    found = edges.searchsorted(values, "right") - 1
    found[found < 0] = n + 3
    found[(found == n) & (values > edges[-1])] = n + 1
    found[found == n] = n - 1
    found[found == n + 3] = n
    found[is_missing] = n + 2
    return found.astype(np.uint16)
