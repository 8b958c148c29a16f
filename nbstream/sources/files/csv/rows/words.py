"""Cells of words of many rows at once: each different word is looked up once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.sources.files.csv.rows.fast import Chunk, Mask, cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray

__all__ = ["read_words"]

LONGEST = 24
"""Bytes of a word; longer ones are read one by one."""
MOST = 32
"""Different words of a chunk, likewise."""


def read_words(
    chunk: Chunk, column: int, rows: Any, code_of: Callable[[str], float | None]
) -> tuple[FloatArray, Mask]:
    """Return the codes of the cells of one column, and which of them must be read one by one.

    Parameters
    ----------
    chunk, column, rows
        Where the cells are.
    code_of
        Returns the code of a word, NaN for one that is missing, None where a row must be read by itself.
    """
    starts, ends = cell(chunk, column, rows)
    lengths = ends - starts
    values = np.full(len(lengths), np.nan)
    is_odd = lengths > LONGEST
    left = np.flatnonzero((lengths > 0) & ~is_odd)
    keys = _keys(chunk, starts, lengths, min(LONGEST, int(lengths.max(initial=0))))
    for _ in range(MOST):
        if not len(left):
            break
        first = left[0]
        is_same = keys[0][left] == keys[0][first]
        for key in keys[1:]:
            is_same &= key[left] == key[first]
        found = left[is_same]
        text = chunk.lines[starts[first] : ends[first]].decode("ascii", "replace")
        code = code_of(text) if text.isprintable() and text == text.strip() else None
        if code is None:
            is_odd[found] = True
        else:
            values[found] = code
        left = left[~is_same]
    is_odd[left] = True
    return values, is_odd


def _keys(chunk: Chunk, starts: Any, lengths: Any, longest: int) -> list[Any]:
    """Return the bytes of cells, eight of them in each number."""
    last = len(chunk.data) - 1
    keys = []
    for begin in range(0, max(longest, 1), 8):
        key = np.zeros(len(starts), np.uint64)
        for k in range(begin, min(begin + 8, longest)):
            byte = chunk.data[np.minimum(starts + k, last)].astype(np.uint64)
            byte[lengths <= k] = 0
            key |= byte << np.uint64(8 * (k - begin))
        keys.append(key)
    return keys
