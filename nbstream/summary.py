"""Statistics that merge: a `Summary` per block of 1,024 rows, and a pyramid of them.

Windows are answered by merging the summaries that lie inside them, never by subtracting what left:
so there is no drift, and a window over many millions of readings costs microseconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings import FloatArray

__all__ = ["BLOCK", "BlockPyramid", "Nodes", "Summary", "merge", "summarize", "summarize_blocks"]

BLOCK = 1024
RADIX = 32

Nodes: TypeAlias = npt.NDArray[np.float64]
"""Summaries as columns, shape (5, k): n, mean, m2, min, max; of no readings 0, any, 0, inf, −inf."""

NAN = float("nan")


class Summary(NamedTuple):
    """What is known of some readings; NaN readings are left out.

    `m2` is the sum of squared deviations from `mean`. Without a reading everything but `n` is NaN.
    """

    n: int
    mean: float
    m2: float
    min: float
    max: float

    @property
    def std(self) -> float:
        """Sample standard deviation (ddof = 1, as pandas); NaN for fewer than two readings."""
        return math.sqrt(self.m2 / (self.n - 1)) if self.n > 1 else NAN


def summarize_blocks(blocks: FloatArray) -> Nodes:
    """Return the summary of each row of `blocks`, shape (k, block size); NaN is a missing reading."""
    k, size = blocks.shape
    nodes = np.empty((5, k))
    first = blocks[:, :1]
    # Deviations from the block's first value: sums of squares of the values themselves would lose
    # the variance of small changes on a large offset.
    deviations = blocks - first
    sums = deviations.sum(axis=1)
    if np.isfinite(sums).all():
        shift = sums / size
        nodes[0] = size
        nodes[1] = first[:, 0] + shift
        nodes[2] = np.einsum("ij,ij->i", deviations, deviations) - sums * shift
        nodes[3] = blocks.min(axis=1)
        nodes[4] = blocks.max(axis=1)
    else:
        present = blocks == blocks
        n = present.sum(axis=1)
        columns = np.arange(k), present.argmax(axis=1)
        reference = np.where(n > 0, blocks[columns], 0.0)
        deviations = np.where(present, blocks - reference[:, None], 0.0)
        sums = deviations.sum(axis=1)
        shift = sums / np.maximum(n, 1)
        nodes[0] = n
        nodes[1] = reference + shift
        nodes[2] = np.einsum("ij,ij->i", deviations, deviations) - sums * shift
        nodes[3] = np.where(present, blocks, np.inf).min(axis=1)
        nodes[4] = np.where(present, blocks, -np.inf).max(axis=1)
    np.maximum(nodes[2], 0.0, out=nodes[2])
    return nodes


def summarize(values: FloatArray) -> Nodes:
    """Return the summary of some readings as one node, shape (5, 1)."""
    if not len(values):
        return np.array([[0.0], [0.0], [0.0], [np.inf], [-np.inf]])
    return summarize_blocks(values[None, :])


def merge(nodes: Nodes) -> Summary:
    """Merge summaries into one.

    Chan, Golub, LeVeque (1983), for many parts at once: the mean is the weighted mean of the means,
    and each part adds n·(its mean − the mean)² to the sum of squares.
    """
    n = nodes[0]
    total = float(n.sum())
    if not total:
        return Summary(0, NAN, NAN, NAN, NAN)
    reference = nodes[1, int(n.argmax())]
    mean = reference + float((n * (nodes[1] - reference)).sum()) / total
    m2 = float(nodes[2].sum() + (n * (nodes[1] - mean) ** 2).sum())
    return Summary(int(total), float(mean), m2, float(nodes[3].min()), float(nodes[4].max()))


def merge_groups(nodes: Nodes, size: int) -> Nodes:
    """Merge each `size` consecutive nodes into one; the number of nodes is a multiple of `size`."""
    n, mean, m2, low, high = nodes.reshape(5, -1, size)
    total = n.sum(axis=1)
    weight = np.maximum(total, 1.0)
    reference = np.take_along_axis(mean, n.argmax(axis=1)[:, None], axis=1)
    merged = np.empty((5, n.shape[0]))
    merged[0] = total
    merged[1] = reference[:, 0] + (n * (mean - reference)).sum(axis=1) / weight
    merged[2] = m2.sum(axis=1) + (n * (mean - merged[1][:, None]) ** 2).sum(axis=1)
    merged[3] = low.min(axis=1)
    merged[4] = high.max(axis=1)
    return merged


class _Level:
    """Nodes with absolute numbers `first` … `end` − 1; the oldest can be forgotten."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.end = first
        self._nodes: Nodes = np.empty((5, 64))
        self._offset = 0  # where node `first` lies

    def append(self, nodes: Nodes) -> None:
        n, k = self.end - self.first, nodes.shape[1]
        if self._offset + n + k > self._nodes.shape[1]:
            room = np.empty((5, max(64, 2 * (n + k))))
            room[:, :n] = self._nodes[:, self._offset : self._offset + n]
            self._nodes, self._offset = room, 0
        self._nodes[:, self._offset + n : self._offset + n + k] = nodes
        self.end += k

    def forget_before(self, number: int) -> None:
        n = min(max(number - self.first, 0), self.end - self.first)
        self.first += n
        self._offset += n

    def skip_to(self, number: int) -> None:
        """Go on at node `number`, which lies beyond the last one, without those before."""
        self.first = self.end = number
        self._offset = 0

    def __getitem__(self, numbers: slice) -> Nodes:
        shift = self._offset - self.first
        return self._nodes[:, numbers.start + shift : numbers.stop + shift]


class BlockPyramid:
    """Summaries of consecutive rows: blocks of 1,024 rows, and above them groups of 32 blocks, and so on.

    Blocks are aligned to absolute row numbers, so how readings were batched makes no difference.

    Parameters
    ----------
    first_row
        Number of the first row that will be added.

    Notes
    -----
    Thread safety: none; its analyzer guards it.
    """

    def __init__(self, first_row: int = 0) -> None:
        first_block = -(-first_row // BLOCK)
        self.end = first_row
        self._first_row = first_row
        self._open: FloatArray = np.empty(BLOCK)
        self._levels = [_Level(first_block)]

    def extend(self, values: FloatArray) -> None:
        """Add the readings of the next rows."""
        # Values near the end of float64 overflow in their squares: the deviation is then infinite or NaN,
        # which is what float64 can say of them, and no reason to warn.
        with np.errstate(over="ignore", invalid="ignore"):
            self._extend(values)

    def _extend(self, values: FloatArray) -> None:
        position = 0
        aligned_from = self._levels[0].end * BLOCK
        if self.end < aligned_from:  # rows before the first whole block stay raw
            position = min(aligned_from - self.end, len(values))
            self.end += position
        n_open = self.end % BLOCK
        if n_open and position < len(values):
            n = min(BLOCK - n_open, len(values) - position)
            self._open[n_open : n_open + n] = values[position : position + n]
            self.end += n
            position += n
            if self.end % BLOCK == 0:
                self._append(summarize_blocks(self._open[None, :]))
        n_whole = (len(values) - position) // BLOCK
        if n_whole:
            whole = values[position : position + n_whole * BLOCK]
            self._append(summarize_blocks(whole.reshape(n_whole, BLOCK)))
            self.end += n_whole * BLOCK
            position += n_whole * BLOCK
        rest = values[position:]
        if len(rest):
            self._open[: len(rest)] = rest
            self.end += len(rest)

    def forget_before(self, row: int) -> None:
        """Free what only concerns rows before `row`."""
        number = row // BLOCK
        for level in self._levels:
            level.forget_before(number)
            number //= RADIX

    def query(self, start: int, stop: int, read: Callable[[int, int], FloatArray]) -> Summary:
        """Return the summary of rows start ≤ row < stop.

        Parameters
        ----------
        start, stop
            Rows that were added and are still held.
        read
            Returns the values of such rows; called for fewer than 1,024 rows at either end.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return merge(self.nodes(start, stop, read))

    def nodes(self, start: int, stop: int, read: Callable[[int, int], FloatArray]) -> Nodes:
        """Return summaries that together are those of rows start ≤ row < stop."""
        low = max(-(-start // BLOCK), self._levels[0].first)
        high = min(stop // BLOCK, self._levels[0].end)
        if low >= high:
            return summarize(read(start, stop))
        parts = self.blocks(low, high)
        if start < low * BLOCK:
            parts.append(summarize(read(start, low * BLOCK)))
        if high * BLOCK < stop:
            parts.append(summarize(read(high * BLOCK, stop)))
        return np.concatenate(parts, axis=1)

    def blocks(self, low: int, high: int) -> list[Nodes]:
        """Return few nodes that together are blocks low ≤ number < high."""
        parts = []
        for level, above in zip(self._levels, [*self._levels[1:], None], strict=True):
            up, down = -(-low // RADIX), high // RADIX
            if above is None or up >= down or up < above.first or down > above.end:
                parts.append(level[low:high])
                break
            parts += [level[low : up * RADIX], level[down * RADIX : high]]
            low, high = up, down
        return parts

    def _append(self, nodes: Nodes) -> None:
        for depth in range(64):
            level = self._levels[depth]
            level.append(nodes)
            if depth + 1 == len(self._levels):
                if level.end - level.first < 2 * RADIX:
                    return
                self._levels.append(_Level(-(-level.first // RADIX)))
            above = self._levels[depth + 1]
            first_whole = -(-level.first // RADIX)
            if above.end < first_whole:  # what it would have summarised was forgotten meanwhile
                above.skip_to(first_whole)
            complete = level.end // RADIX
            if complete <= above.end:
                return
            nodes = merge_groups(level[above.end * RADIX : complete * RADIX], RADIX)
