"""Statistics that merge: a `Summary` per block of 1,024 rows, and a pyramid of them.

Windows are answered by merging the summaries that lie inside them, never by subtracting what left:
so there is no drift, and a window over many millions of readings costs microseconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from nbstream.summaries.pyramid import Columns, Nodes, Pyramid

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, IntArray

__all__ = [
    "LEAST_SPREAD",
    "RESOLUTION",
    "BlockPyramid",
    "NodePyramid",
    "Summary",
    "merge",
    "merge_groups",
    "spread_floor",
    "summarize",
    "summarize_segments",
]

NAN = float("nan")
RESOLUTION = 1e-12
"""What float64 can tell apart of a number, as a part of it, with a margin for what sums up."""
LEAST_SPREAD = 1e-290
"""Least spread to divide by."""


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
    """Return the summary of each row of `blocks`, shape (k, block size); NaN is a missing reading.

    Shape (5, k): n, mean, m2, min, max; of no readings 0, any, 0, inf, −inf.
    """
    k, size = blocks.shape
    nodes = np.empty((5, k))
    first = blocks[:, :1]
    # Deviations from the block's first value: sums of squares of the values themselves would lose
    # the variance of small changes on a large offset.
    deviations = blocks - first
    sums = deviations.sum(axis=1)
    if np.isfinite(sums).all():
        n, reference = np.full(k, size), first[:, 0]
        nodes[3], nodes[4] = blocks.min(axis=1), blocks.max(axis=1)
    else:
        present = blocks == blocks
        n = present.sum(axis=1)
        columns = np.arange(k), present.argmax(axis=1)
        reference = np.where(n > 0, blocks[columns], 0.0)
        deviations = np.where(present, blocks - reference[:, None], 0.0)
        sums = deviations.sum(axis=1)
        nodes[3] = np.where(present, blocks, np.inf).min(axis=1)
        nodes[4] = np.where(present, blocks, -np.inf).max(axis=1)
    shift = sums / np.maximum(n, 1)
    nodes[0] = n
    nodes[1] = reference + shift
    nodes[2] = np.einsum("ij,ij->i", deviations, deviations) - sums * shift
    np.maximum(nodes[2], 0.0, out=nodes[2])
    return nodes


def summarize(values: FloatArray) -> Nodes:
    """Return the summary of some readings as one node, shape (5, 1)."""
    if not len(values):
        return np.array([[0.0], [0.0], [0.0], [np.inf], [-np.inf]])
    return summarize_blocks(values[None, :])


def summarize_segments(values: FloatArray, starts: IntArray) -> Nodes:
    """Return the summary of each segment of some readings, shape (5, segments).

    A segment goes from its start to the next one's, the last to the end; none is empty.
    """
    lengths = np.diff(starts, append=len(values))
    nodes = np.empty((5, len(starts)))
    reference = values[starts]
    deviations = values - np.repeat(reference, lengths)
    sums = np.add.reduceat(deviations, starts)
    if np.isfinite(sums).all():
        n = lengths
        nodes[3], nodes[4] = (of.reduceat(values, starts) for of in (np.minimum, np.maximum))
    else:
        present = values == values
        n = np.add.reduceat(present.astype(np.int64), starts)
        rows = np.where(present, np.arange(len(values)), len(values) - 1)
        reference = values[np.minimum.reduceat(rows, starts)]
        reference = np.where(reference == reference, reference, 0.0)
        deviations = np.where(present, values - np.repeat(reference, lengths), 0.0)
        sums = np.add.reduceat(deviations, starts)
        nodes[3] = np.minimum.reduceat(np.where(present, values, np.inf), starts)
        nodes[4] = np.maximum.reduceat(np.where(present, values, -np.inf), starts)
    shift = sums / np.maximum(n, 1)
    nodes[0] = n
    nodes[1] = reference + shift
    nodes[2] = np.add.reduceat(deviations * deviations, starts) - sums * shift
    np.maximum(nodes[2], 0.0, out=nodes[2])
    return nodes


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
    """Merge each `size` consecutive summaries into one; of none at all the mean is 0 or any."""
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


def spread_floor(center: Any, min_sigma: float = 0.0) -> Any:
    """Return the least spread to divide by: `min_sigma`, or what float64 can tell apart at `center`."""
    return np.maximum(np.abs(center) * RESOLUTION, max(min_sigma, LEAST_SPREAD))


class BlockPyramid(Pyramid):
    """Summaries of consecutive rows, in blocks of 1,024 and groups of 32 of them.

    Parameters
    ----------
    first_row
        Number of the first row that will be added.

    """

    n_fields = 5
    dtypes: ClassVar[tuple[type[np.generic], ...]] = (np.float64,)

    def summarize_blocks(self, columns: Columns) -> Nodes:
        """Return the summaries of blocks of values."""
        return summarize_blocks(columns[0])

    def merge_groups(self, nodes: Nodes, size: int) -> Nodes:
        """Merge each `size` consecutive summaries into one."""
        return merge_groups(nodes, size)

    def extend(self, values: FloatArray) -> None:
        """Add the readings of the next rows."""
        self.extend_columns((values,))

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
            return merge(self.nodes_of(start, stop, lambda a, b: (read(a, b),)))


class NodePyramid(BlockPyramid):
    """The same of rows that are summaries themselves; the columns are n, mean, m2, min and max."""

    dtypes = (np.float64,) * 5

    def summarize_blocks(self, columns: Columns) -> Nodes:
        """Return the summaries of blocks of summaries."""
        nodes = np.stack(columns)
        return merge_groups(nodes.reshape(5, -1), nodes.shape[2])

    def query(self, start: int, stop: int, read: Callable[[int, int], Columns]) -> Summary:  # type: ignore[override]
        """Return the summary of rows start ≤ row < stop; `read` returns the columns of rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return merge(self.nodes_of(start, stop, read))
