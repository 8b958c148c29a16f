"""A tree of summaries over row numbers, from which any range of rows is answered by merging few nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "RADIX", "Columns", "Nodes", "Pyramid"]

BLOCK = 1024
RADIX = 32

Nodes: TypeAlias = npt.NDArray[np.float64]
"""What is known of some parts, as columns: shape (fields, parts)."""
Columns: TypeAlias = tuple[npt.NDArray[Any], ...]
"""The same rows of one or more quantities."""


class _Level:
    """Nodes with absolute numbers `first` … `end` − 1; the oldest can be forgotten."""

    def __init__(self, first: int, n_fields: int) -> None:
        self.first = first
        self.end = first
        self._nodes: Nodes = np.empty((n_fields, 64))
        self._offset = 0  # where node `first` lies

    def append(self, nodes: Nodes) -> None:
        n, k = self.end - self.first, nodes.shape[1]
        if self._offset + n + k > self._nodes.shape[1]:
            room = np.empty((len(nodes), max(64, 2 * (n + k))))
            room[:, :n] = self._nodes[:, self._offset : self._offset + n]
            self._nodes, self._offset = room, 0
        self._nodes[:, self._offset + n : self._offset + n + k] = nodes
        self.end += k

    def forget_before(self, number: int) -> None:
        n = min(max(number - self.first, 0), self.end - self.first)
        self.first += n
        self._offset += n

    def cut(self, number: int) -> None:
        """Take back the nodes from `number` on."""
        self.end = min(self.end, max(number, self.first))

    def skip_to(self, number: int) -> None:
        """Go on at node `number`, which lies beyond the last one, without those before."""
        self.first = self.end = number
        self._offset = 0

    def __getitem__(self, numbers: slice) -> Nodes:
        shift = self._offset - self.first
        return self._nodes[:, numbers.start + shift : numbers.stop + shift]


class Pyramid(ABC):
    """Nodes of consecutive rows: blocks of 1,024 rows, and above them groups of 32 blocks, and so on.

    Blocks are aligned to absolute row numbers, so how readings were batched makes no difference. A
    subclass says what a node is.

    Parameters
    ----------
    first_row
        Number of the first row that will be added.

    """

    n_fields: ClassVar[int]
    """Numbers per node."""
    dtypes: ClassVar[tuple[type[np.generic], ...]]
    """Of the columns that are added."""

    def __init__(self, first_row: int = 0) -> None:
        self.end = first_row
        self._open = tuple(np.empty(BLOCK, dtype) for dtype in self.dtypes)
        self._levels = [_Level(-(-first_row // BLOCK), self.n_fields)]

    @abstractmethod
    def summarize_blocks(self, columns: Columns) -> Nodes:
        """Return the nodes of blocks of rows; each column has the shape (blocks, rows of a block)."""

    @abstractmethod
    def merge_groups(self, nodes: Nodes, size: int) -> Nodes:
        """Merge each `size` consecutive nodes into one; their number is a multiple of `size`."""

    def extend_columns(self, columns: Columns) -> None:
        """Add the next rows."""
        # Values near the end of float64 overflow in their squares: the deviation is then infinite or NaN,
        # which is what float64 can say of them, and no reason to warn.
        with np.errstate(over="ignore", invalid="ignore"):
            self._extend(columns)

    def _extend(self, columns: Columns) -> None:
        length, position = len(columns[0]), 0
        aligned_from = self._levels[0].end * BLOCK
        if self.end < aligned_from:  # rows before the first whole block stay raw
            position = min(aligned_from - self.end, length)
            self.end += position
        n_open = self.end % BLOCK
        if n_open and position < length:
            n = min(BLOCK - n_open, length - position)
            for room, column in zip(self._open, columns, strict=True):
                room[n_open : n_open + n] = column[position : position + n]
            self.end += n
            position += n
            if self.end % BLOCK == 0:
                self._append(self.summarize_blocks(tuple(room[None, :] for room in self._open)))
        n_whole = (length - position) // BLOCK
        if n_whole:
            whole = slice(position, position + n_whole * BLOCK)
            blocks = tuple(column[whole].reshape(n_whole, BLOCK) for column in columns)
            self._append(self.summarize_blocks(blocks))
            self.end += n_whole * BLOCK
            position += n_whole * BLOCK
        n_rest = length - position
        if n_rest:
            for room, column in zip(self._open, columns, strict=True):
                room[:n_rest] = column[position:]
            self.end += n_rest

    def forget_before(self, row: int) -> None:
        """Free what only concerns rows before `row`."""
        number = row // BLOCK
        for level in self._levels:
            level.forget_before(number)
            number //= RADIX

    def cut(self, row: int) -> None:
        """Take back the rows from `row` on, and those before it in its block: `end` says where to go on."""
        if row >= self.end:
            return
        number = row // BLOCK
        if number < self._levels[0].first:
            self.end = row
            self._levels = [_Level(-(-row // BLOCK), self.n_fields)]
            return
        self.end = number * BLOCK
        for level in self._levels:
            level.cut(number)
            number //= RADIX

    def nodes_of(self, start: int, stop: int, read: Callable[[int, int], Columns]) -> Nodes:
        """Return nodes that together are rows start ≤ row < stop.

        Parameters
        ----------
        start, stop
            Rows that were added and are still held.
        read
            Returns the columns of such rows; called for fewer than 1,024 rows at either end.
        """
        low = max(-(-start // BLOCK), self._levels[0].first)
        high = min(stop // BLOCK, self._levels[0].end)
        if low >= high:
            return self._of_rows(read(start, stop))
        parts = self.blocks(low, high)
        if start < low * BLOCK:
            parts.append(self._of_rows(read(start, low * BLOCK)))
        if high * BLOCK < stop:
            parts.append(self._of_rows(read(high * BLOCK, stop)))
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

    def _of_rows(self, columns: Columns) -> Nodes:
        if not len(columns[0]):
            return np.empty((self.n_fields, 0))
        return self.summarize_blocks(tuple(column[None, :] for column in columns))

    def _append(self, nodes: Nodes) -> None:
        for depth in range(64):
            level = self._levels[depth]
            level.append(nodes)
            if depth + 1 == len(self._levels):
                if level.end - level.first < 2 * RADIX:
                    return
                self._levels.append(_Level(-(-level.first // RADIX), self.n_fields))
            above = self._levels[depth + 1]
            first_whole = -(-level.first // RADIX)
            if above.end < first_whole:  # what it would have summarised was forgotten meanwhile
                above.skip_to(first_whole)
            complete = level.end // RADIX
            if complete <= above.end:
                return
            nodes = self.merge_groups(level[above.end * RADIX : complete * RADIX], RADIX)
