"""Readings with their times of arrival, as columns: what parts hold, merged in order of arrival.

The time of arrival tells batches apart: no two batches of a recording have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nbstream.readings.batch import Batch, BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["LongPiece", "Piece", "WidePiece", "as_long", "as_wide", "batches", "rounds"]


@dataclass(frozen=True, slots=True)
class WidePiece:
    """Rows of batches that all have the same channels.

    Parameters
    ----------
    arrivals
        int64, shape (n,): when each row came, ns since the epoch; ascending.
    times
        int64, shape (n,): ns since the epoch.
    columns
        Per channel float64, shape (n,); NaN is a missing reading.
    """

    arrivals: TimeArray
    times: TimeArray
    columns: dict[str, FloatArray]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.arrivals)

    def part(self, start: int, stop: int) -> WidePiece:
        """Return the rows start ≤ row < stop; the arrays are views."""
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        return WidePiece(self.arrivals[start:stop], self.times[start:stop], columns)


@dataclass(frozen=True, slots=True)
class LongPiece:
    """Readings of batches of any channels: a row has one channel.

    Within a batch the channels stand one after the other, each with all its rows.

    Parameters
    ----------
    arrivals, times
        As `WidePiece` has them.
    codes
        int, shape (n,): the place of the row's channel in `names`.
    values
        float64, shape (n,).
    names
        Channels by code; those of later pieces of a part begin with these.
    """

    arrivals: TimeArray
    times: TimeArray
    codes: npt.NDArray[np.int32]
    values: FloatArray
    names: Sequence[str]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.arrivals)

    def part(self, start: int, stop: int) -> LongPiece:
        """Return the rows start ≤ row < stop; the arrays are views."""
        cut = slice(start, stop)
        return LongPiece(
            self.arrivals[cut], self.times[cut], self.codes[cut], self.values[cut], self.names
        )


Piece = WidePiece | LongPiece


def rounds(parts: Iterable[Iterator[Piece]]) -> Iterator[list[Piece]]:
    """Yield pieces of all parts together: those of a round came after all of the round before.

    Parameters
    ----------
    parts
        Per part its pieces, in order of arrival.
    """
    streams = [_whole(part, is_for_rows=True) for part in parts]
    heads: list[tuple[Piece, Iterator[Piece]]] = []
    for stream in streams:
        first = next(stream, None)
        if first is not None:
            heads.append((first, stream))
    while heads:
        limit = min(int(head.arrivals[-1]) for head, _ in heads)
        found, later = [], []
        for head, stream in heads:
            n = int(np.searchsorted(head.arrivals, limit, "right"))
            if n:
                found.append(head.part(0, n))
            rest = head.part(n, len(head)) if n < len(head) else next(stream, None)
            if rest is not None:
                later.append((rest, stream))
        heads = later
        yield found


def _whole(pieces: Iterable[Piece], *, is_for_rows: bool) -> Iterator[Piece]:
    """Yield the pieces of a part so that none is empty and no batch is in two; in wide ones a row may do."""
    held: Piece | None = None
    for piece in pieces:
        if not len(piece):
            continue
        if is_for_rows and isinstance(piece, WidePiece):
            yield piece
            continue
        whole = piece if held is None else _joined(held, piece)
        if whole is None:
            assert held is not None
            yield held
            whole = piece
        last = int(np.searchsorted(whole.arrivals, whole.arrivals[-1], "left"))
        if last:
            yield whole.part(0, last)
        held = whole.part(last, len(whole))  # the rest of that batch may be in the next piece
    if held is not None:
        yield held


def as_long(
    found: Sequence[Piece], codes: dict[str, int]
) -> tuple[TimeArray, TimeArray, npt.NDArray[np.int32], FloatArray]:
    """Return a round as rows of one channel each: arrivals, times, codes of the channels, values."""
    arrivals, times, channels, values = [], [], [], []
    for piece in found:
        if isinstance(piece, LongPiece):
            own = np.array([codes[name] for name in piece.names], np.int32)
            arrivals.append(piece.arrivals)
            times.append(piece.times)
            channels.append(own[piece.codes])
            values.append(piece.values)
            continue
        for name, column in piece.columns.items():
            arrivals.append(piece.arrivals)
            times.append(piece.times)
            channels.append(np.full(len(piece), codes[name], np.int32))
            values.append(column)
    arrived, when = np.concatenate(arrivals), np.concatenate(times)
    channel, value = np.concatenate(channels), np.concatenate(values)
    if len(arrivals) == 1:
        return arrived, when, channel, value
    order = np.argsort(arrived, kind="stable")
    return arrived[order], when[order], channel[order], value[order]


def as_wide(
    found: Sequence[Piece], channels: Sequence[str]
) -> tuple[TimeArray, TimeArray, dict[str, tuple[FloatArray, BoolArray | None]]]:
    """Return a round as rows with all channels: arrivals, times, and per channel values and a mask.

    The mask is True where the row's batch did not have the channel; None if all had.
    """
    if (
        len(found) == 1
        and isinstance(found[0], WidePiece)
        and len(found[0].columns) == len(channels)
    ):
        only = found[0]
        return only.arrivals, only.times, {name: (only.columns[name], None) for name in channels}
    blocks = [_rows_of(piece) if isinstance(piece, LongPiece) else piece for piece in found]
    starts = np.cumsum([0, *map(len, blocks)])
    n = int(starts[-1])
    arrivals, times = np.empty(n, np.int64), np.empty(n, np.int64)
    columns = {name: (np.full(n, np.nan), np.ones(n, np.bool_)) for name in channels}
    for start, block in zip(starts.tolist(), blocks, strict=False):
        cut = slice(start, start + len(block))
        arrivals[cut], times[cut] = block.arrivals, block.times
        if isinstance(block, WidePiece):
            for name, values in block.columns.items():
                columns[name][0][cut] = values
                columns[name][1][cut] = False
            continue
        for code, name in enumerate(block.names):
            which = block.codes == code
            rows = start + block.rows[which]
            columns[name][0][rows] = block.values[which]
            columns[name][1][rows] = False
    order = np.argsort(arrivals, kind="stable")
    return (
        arrivals[order],
        times[order],
        {name: (values[order], mask[order]) for name, (values, mask) in columns.items()},
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """A long piece whose readings know which row of their batch they are in."""

    arrivals: TimeArray
    times: TimeArray
    rows: IntArray
    codes: npt.NDArray[np.int32]
    values: FloatArray
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.arrivals)


def _rows_of(piece: LongPiece) -> _Rows:
    """Return a long piece with the rows of its readings: a batch has its channels one after the other.

    Of a batch that lost readings nobody knows which of the others were in one row: each has its own.
    """
    n = len(piece)
    is_first = np.ones(n, np.bool_)
    is_first[1:] = piece.arrivals[1:] != piece.arrivals[:-1]
    is_channel = is_first.copy()
    is_channel[1:] |= piece.codes[1:] != piece.codes[:-1]
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.append(starts, n))
    begins = np.repeat(starts, sizes)
    within = np.arange(n) - begins
    heights = sizes // np.add.reduceat(is_channel.astype(np.int64), starts)
    row = within % np.repeat(heights, sizes)
    is_odd = (is_channel != (row == 0)) | (piece.times != piece.times[begins + row])
    if is_odd.any():
        heights = np.where(np.logical_or.reduceat(is_odd, starts), sizes, heights)
        row = within % np.repeat(heights, sizes)
    rows = np.repeat(np.cumsum(heights) - heights, sizes) + row
    kept = within < np.repeat(heights, sizes)
    return _Rows(
        piece.arrivals[kept], piece.times[kept], rows, piece.codes, piece.values, piece.names
    )


def batches(pieces: Iterable[Piece]) -> Iterator[tuple[int, Batch]]:
    """Yield the batches of one part with their times of arrival, as they came."""
    for piece in _whole(pieces, is_for_rows=False):
        yield from _split(piece)


def _joined(first: Piece, second: Piece) -> Piece | None:
    """Return two pieces as one; None if no batch can be in both."""
    if first.arrivals[-1] != second.arrivals[0]:
        return None
    arrivals = np.concatenate((first.arrivals, second.arrivals))
    times = np.concatenate((first.times, second.times))
    if isinstance(first, WidePiece):
        if not isinstance(second, WidePiece) or first.columns.keys() != second.columns.keys():
            return None
        columns = {
            name: np.concatenate((values, second.columns[name]))
            for name, values in first.columns.items()
        }
        return WidePiece(arrivals, times, columns)
    if not isinstance(second, LongPiece):
        return None
    codes = np.concatenate((first.codes, second.codes))
    return LongPiece(
        arrivals, times, codes, np.concatenate((first.values, second.values)), second.names
    )


def _split(piece: Piece) -> Iterator[tuple[int, Batch]]:
    """Yield the batches of a piece, all of which are whole."""
    n = len(piece)
    if not n:
        return
    if piece.arrivals[0] == piece.arrivals[-1]:
        bounds = [0, n]
    else:
        bounds = [0, *(np.flatnonzero(np.diff(piece.arrivals)) + 1).tolist(), n]
    arrivals = piece.arrivals[bounds[:-1]].tolist()
    if isinstance(piece, WidePiece):
        for arrival, start, stop in zip(arrivals, bounds, bounds[1:], strict=False):
            columns = {name: values[start:stop] for name, values in piece.columns.items()}
            yield arrival, Batch(piece.times[start:stop], columns)
        return
    for arrival, start, stop in zip(arrivals, bounds, bounds[1:], strict=False):
        for batch in _long_batches(piece, start, stop):
            yield arrival, batch


def _long_batches(piece: LongPiece, start: int, stop: int) -> Iterator[Batch]:
    """Yield a batch of a long piece; one that lost readings is one for each of its channels."""
    n = stop - start
    if n == 1:
        name = piece.names[piece.codes[start]]
        yield Batch(piece.times[start:stop], {name: piece.values[start:stop]})
        return
    times, values, codes = (
        piece.times[start:stop],
        piece.values[start:stop],
        piece.codes[start:stop],
    )
    firsts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()]
    names = [piece.names[codes[first]] for first in firsts]
    height = n // len(firsts)
    if (
        firsts == list(range(0, n, height))
        and n == height * len(firsts)
        and (times.reshape(-1, height) == times[:height]).all()
    ):
        columns = values.reshape(-1, height)
        yield Batch(times[:height], dict(zip(names, columns, strict=True)))
        return
    for name, first, last in zip(names, firsts, [*firsts[1:], n], strict=True):
        yield Batch(times[first:last], {name: values[first:last]})
