"""What a file that was written anew repeats of what was read before, so that it is read once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.readings.batch import Batch, FloatArray, TimeArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ReadBefore", "Sifted", "bytes_of", "join", "rows_of"]

MAX_BYTES = 4 * 2**20
MAX_REJECTED = 10_000
EARLIEST_NS = -(2**63)
ALIKE = 0.8
"""Share of rows that must agree for a table to be one read before, with some values changed."""


class Sifted(NamedTuple):
    """The rows of a batch, with those taken out that were read before."""

    new: Batch
    """Rows that were not read before."""
    added: Batch | None = None
    """What repeated rows have in channels that did not exist when they were read."""
    n_repeated: int = 0
    """Rows that were read before."""
    n_changed: int = 0
    """Rows whose time was read before with other values."""


class ReadBefore:
    """The rows read last, to be recognised by what they mean and not by how they are written.

    Parameters
    ----------
    max_bytes
        What is remembered, at most; rows older than that are told by their time alone.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._batches: deque[Batch] = deque()
        self._n_bytes = 0
        self._first_ns: int | None = None
        self._has_forgotten = False
        self._rejected: dict[int, None] = {}
        self._table: _Table | None = None

    @property
    def is_sifting(self) -> bool:
        """Whether rows may repeat what was read before."""
        return self._table is not None

    def remember(self, batch: Batch) -> None:
        """Keep rows that were handed over."""
        if not len(batch):
            return
        oldest = int(batch.times.min())
        self._first_ns = oldest if self._first_ns is None else min(self._first_ns, oldest)
        self._batches.append(batch)
        self._n_bytes += bytes_of(batch)
        while (
            len(self._batches) > 1 and self._n_bytes - bytes_of(self._batches[0]) > self._max_bytes
        ):
            self._n_bytes -= bytes_of(self._batches.popleft())
            self._has_forgotten = True

    def skip(self, batch: Batch) -> None:
        """Keep rows that were not handed over, as were all before them."""
        self.remember(batch)
        self._first_ns, self._has_forgotten = EARLIEST_NS, True

    def begin(self, *, is_renamed: bool = False) -> None:
        """Expect rows that were read before: the file was written anew.

        Parameters
        ----------
        is_renamed
            Whether the file read before still exists under another name: then the new one more
            probably goes on than repeats, and rows at the very newest time are taken as new.
        """
        if not self._batches:
            return
        whole = join(self._batches)
        n = max(1, self._max_bytes // (8 + 8 * len(whole.values)))
        if len(whole) > n:
            self._has_forgotten = True
            whole = rows_of(whole, slice(-n, None))
        self._batches = deque([whole])
        self._n_bytes = bytes_of(whole)
        first_ns = self._first_ns if self._has_forgotten else None
        self._table = _Table(whole, first_ns, is_renamed=is_renamed)

    def end(self) -> None:
        """Expect nothing any more."""
        self._table = None

    def sift(self, batch: Batch) -> Sifted:
        """Take out rows whose time and values were read before."""
        return Sifted(batch) if self._table is None else self._table.sift(batch)

    def align(self, batch: Batch) -> Sifted:
        """Take out rows that were read before by their order, for they have no times of their own.

        Parameters
        ----------
        batch
            The whole of what was written anew.
        """
        table, self._table = self._table, None
        return Sifted(batch) if table is None else table.align(batch)

    def n_rejected_again(self, keys: Sequence[int]) -> int:
        """Remember rows that could not be read; return how many of them came again.

        Parameters
        ----------
        keys
            A hash of each row's text.
        """
        n = sum(key in self._rejected for key in keys) if self.is_sifting else 0
        self._rejected.update(dict.fromkeys(keys))
        while len(self._rejected) > MAX_REJECTED:
            del self._rejected[next(iter(self._rejected))]
        return n


class _Table:
    """What was read when the file was written anew, and what of it has not come again yet."""

    def __init__(self, old: Batch, first_ns: int | None, *, is_renamed: bool) -> None:
        self._old = old
        self._first_ns = first_ns
        self._newest = int(old.times.max())
        self._oldest = int(old.times.min())
        self._times = set(old.times.tolist())
        self._channels = frozenset(old.values)
        self._is_left = np.ones(len(old), np.bool_)
        self._is_renamed = is_renamed
        self._numbering: str | None = None
        self._is_first = True
        self._shared: tuple[str, ...] | None = None
        self._rows: dict[tuple[int, bytes], list[int]] = {}

    def sift(self, batch: Batch) -> Sifted:
        times = batch.times
        in_doubt = times <= self._newest
        if not in_doubt.any():
            return Sifted(batch)
        self._index(batch)
        is_repeated = np.zeros(len(times), np.bool_)
        is_changed = np.zeros(len(times), np.bool_)
        if self._first_ns is not None:
            is_repeated |= (times < self._oldest) & (times >= self._first_ns)
        where = np.flatnonzero(in_doubt & ~is_repeated).tolist()
        keys = _keys(batch, self._shared or (), where)
        found: list[tuple[int, int]] = []
        for i, key in zip(where, keys, strict=True):
            t = int(times[i])
            rows = self._rows.get((t, key))
            if rows and not (self._is_renamed and t == self._newest and not is_repeated.any()):
                row = rows.pop(0)
                self._is_left[row] = False
                found.append((i, row))
                is_repeated[i] = True
            else:
                is_changed[i] = t in self._times and t != self._newest
        return Sifted(
            rows_of(batch, np.flatnonzero(~(is_repeated | is_changed))),
            self._added(batch, found),
            int(np.count_nonzero(is_repeated)),
            int(np.count_nonzero(is_changed)),
        )

    def align(self, batch: Batch) -> Sifted:
        shared = self._shared_channels(batch)
        ids: dict[bytes, int] = {}
        old = [ids.setdefault(key, len(ids)) for key in _keys(self._old, shared)]
        new = [ids.setdefault(key, len(ids)) for key in _keys(batch, shared)]
        if not shared:
            return Sifted(batch)
        lengths = _common_suffixes(old, new)
        # A log that keeps its last rows begins with what ended it before; else rows were changed.
        overlap = max((n for n, length in enumerate(lengths) if length == n), default=0)
        n_changed = 0
        best = int(np.argmax(lengths))
        if lengths[best] > overlap:
            n = min(best, len(old))
            pairs = zip(old[len(old) - n :], new[best - n : best], strict=True)
            n_alike = sum(a == b for a, b in pairs)
            if n_alike >= ALIKE * n and (best <= len(old) or self._first_ns is not None):
                overlap, n_changed = best, n - n_alike
        return Sifted(rows_of(batch, slice(overlap, None)), None, overlap - n_changed, n_changed)

    def _shared_channels(self, batch: Batch) -> tuple[str, ...]:
        """Return the channels to compare: without a numbering of rows that begins anew."""
        shared = [name for name in batch.values if name in self._channels]
        if self._is_first:
            self._is_first = False
            for name in shared if len(shared) > 1 else ():
                column = batch.values[name]
                if column[0] in {0.0, 1.0} and (np.diff(column) == 1.0).all():
                    self._numbering = name
        return tuple(name for name in shared if name != self._numbering)

    def _index(self, batch: Batch) -> None:
        shared = self._shared_channels(batch)
        if shared == self._shared:
            return
        self._shared = shared
        self._rows = {}
        left = np.flatnonzero(self._is_left).tolist()
        times = self._old.times[left].tolist()
        for row, t, key in zip(left, times, _keys(self._old, shared, left), strict=True):
            self._rows.setdefault((t, key), []).append(row)

    def _added(self, batch: Batch, found: Sequence[tuple[int, int]]) -> Batch | None:
        """Return the values of repeated rows in new channels, and remember them."""
        names = [name for name in batch.values if name not in self._channels]
        if not names or not found:
            return None
        where, rows = (np.array(indices) for indices in zip(*found, strict=True))
        values = {name: batch.values[name][where] for name in names}
        for name, column in values.items():
            if name not in self._old.values:
                self._old.values[name] = np.full(len(self._old), np.nan)
            self._old.values[name][rows] = column
        is_some = ~np.logical_and.reduce([np.isnan(column) for column in values.values()])
        if not is_some.any():
            return None
        return rows_of(Batch(batch.times[where], values), np.flatnonzero(is_some))


def join(batches: Iterable[Batch]) -> Batch:
    """Return batches one after the other; a channel that one does not have is NaN there."""
    batches = list(batches)
    names = dict.fromkeys(name for batch in batches for name in batch.values)
    times: TimeArray = np.concatenate([np.empty(0, np.int64), *(batch.times for batch in batches)])
    values: dict[str, FloatArray] = {}
    for name in names:
        columns = [b.values.get(name, np.full(len(b), np.nan)) for b in batches]
        values[name] = np.concatenate(columns)
    return Batch(times, values)


def rows_of(batch: Batch, rows: slice | TimeArray) -> Batch:
    """Return some rows of a batch."""
    return Batch(batch.times[rows], {name: column[rows] for name, column in batch.values.items()})


def bytes_of(batch: Batch) -> int:
    """Return how much memory the rows of a batch take."""
    return 8 * len(batch) * (1 + len(batch.values))


def _keys(batch: Batch, names: Sequence[str], rows: Any = slice(None)) -> list[bytes]:
    """Return the values of each row as bytes: equal if they are, missing ones included."""
    matrix = np.empty((len(batch.times[rows]), len(names)))
    for k, name in enumerate(names):
        matrix[:, k] = batch.values[name][rows]
    matrix += 0.0  # −0 is 0
    matrix[np.isnan(matrix)] = np.nan
    return [row.tobytes() for row in matrix]


def _common_suffixes(old: list[int], new: list[int]) -> list[int]:
    """Return for each n how many rows before row n of `new` end as `old` ends."""
    text = [*reversed(old), -1, *reversed(new)]
    n = len(text)
    z = [0] * (n + 1)
    left = right = 0
    for i in range(1, n):
        length = min(right - i, z[i - left]) if i < right else 0
        while i + length < n and text[length] == text[i + length]:
            length += 1
        if i + length > right:
            left, right = i, i + length
        z[i] = length
    return [z[n - count] for count in range(len(new) + 1)]
