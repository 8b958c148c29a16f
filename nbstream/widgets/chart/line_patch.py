"""What frames bring of lines: points, and for how many readings they stand, as numbers in buffers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nbstream.widgets.page.link import Payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.gaps import IndexArray

__all__ = ["LinePatch", "pack_lines"]

MOST_IN_BIN = 255
MOST_COUNTED = 2**24 - 1
NO_BINS = np.empty(0, np.uint32)


@dataclass(frozen=True)
class LinePatch:
    """What of a line a frame brings; frames of several views may bring the same one."""

    number: int
    """Of the channel."""
    times: TimeArray
    """int64 ns."""
    values: FloatArray
    cut_ns: int | None = None
    """Points from then on are replaced by these; None: all."""
    counts: IndexArray | None = None
    """For how many readings the points stand, as `BinnedLine.counts`; None: each for itself."""

    @cached_property
    def numbers(self) -> FloatArray:
        """What pages get of the points: their times in epoch ms, then their values."""
        return np.concatenate((self.times / 1e6, self.values))

    @cached_property
    def bins(self) -> np.ndarray:
        """What pages get of the counts, as `pack_lines` has it; nothing if the points are all readings."""
        return _packed_counts(self)


def pack_lines(lines: Sequence[LinePatch]) -> Payload:
    """Return a frame's lines.

    The first buffer holds per line its times in epoch ms, then its values, all float64. Where points stand
    for more readings than they are, a line's header has a fourth number: how many bins of it are in the
    second buffer, uint32, count × 256 + number of points. unpackLines in static/chart/wire.js takes it apart.
    """
    header = []
    parts: list[FloatArray] = []
    bins: list[np.ndarray] = []
    for line in lines:
        cut = None if line.cut_ns is None else line.cut_ns / 1e6
        told = line.bins
        header.append([line.number, len(line.times), cut, *([len(told)] if len(told) else [])])
        parts.append(line.numbers)
        bins.append(told)
    if not parts:
        return Payload({})
    buffers = [np.concatenate(parts).data.cast("B")]
    if any(map(len, bins)):
        buffers.append(np.concatenate(bins).data.cast("B"))
    return Payload({"lines": header}, buffers)


def _packed_counts(line: LinePatch) -> np.ndarray:
    """Return the bins of a line as uint32; none if its points are all of its readings."""
    counts = line.counts
    if counts is None or not len(counts):
        return NO_BINS
    starts = np.flatnonzero(counts)
    if not len(starts) or starts[0]:
        starts = np.concatenate(([0], starts))
    drawn = np.add.reduceat((line.values == line.values).astype(np.int64), starts)
    of_bins = counts[starts]
    if (of_bins <= drawn).all():
        return NO_BINS
    sizes = np.diff(np.append(starts, len(counts)))
    n_parts = -(-sizes // MOST_IN_BIN)  # of a run of missing readings, which count nothing
    if len(sizes) != n_parts.sum():
        whole = np.repeat(np.arange(len(sizes)), n_parts)
        is_first = np.diff(whole, prepend=-1) > 0
        is_last = np.diff(whole, append=len(sizes)) > 0
        of_bins = np.where(is_first, of_bins[whole], 0)
        rest = sizes[whole] - (n_parts[whole] - 1) * MOST_IN_BIN
        sizes = np.where(is_last, rest, MOST_IN_BIN)
    return ((np.minimum(of_bins, MOST_COUNTED) << 8) | sizes).astype(np.uint32)
