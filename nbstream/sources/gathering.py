"""Readings that name different channels become batches, each channel in the order in which it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nbstream.readings.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray

__all__ = ["Alike", "Gathered", "Row", "gather", "gather_pieces"]

Row: TypeAlias = tuple[int, dict[str, float]]
"""One reading: its time in ns, and values by channel."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Readings of the same channels, and where each stood among all that came."""

    places: IntArray
    """Ascending."""
    times: TimeArray
    values: dict[str, FloatArray]

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.places)

    def between(self, start: int, stop: int) -> Alike:
        """Return those at places from `start` to before `stop`."""
        some = slice(*np.searchsorted(self.places, (start, stop)).tolist())
        values = {name: column[some] for name, column in self.values.items()}
        return Alike(self.places[some], self.times[some], values)


class Gathered(NamedTuple):
    """A batch, and how many of its rows are rows of an earlier batch too."""

    batch: Batch
    n_again: int = 0


def gather(rows: Iterable[Row]) -> list[Gathered]:
    """Return readings as batches in which nothing is made up: no channel has a row that did not name it."""
    return gather_pieces((), enumerate(rows))


def gather_pieces(pieces: Iterable[Alike], rows: Iterable[tuple[int, Row]]) -> list[Gathered]:
    """Return pieces, and rows at the places between theirs, as such batches."""
    by_channels: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for place, row in rows:
        by_channels.setdefault(tuple(row[1]), []).append((place, row))
    return _merge([*pieces, *map(_alike, by_channels.values())])


def _merge(pieces: Sequence[Alike]) -> list[Gathered]:
    """Return pieces as batches, of which no two have a channel in common.

    A channel that several pieces have is put together in the order of their places: batches of one
    piece after the other would bring its older readings after its newer ones.
    """
    if len(pieces) == 1:
        return [Gathered(Batch(pieces[0].times, pieces[0].values))]
    holders: dict[str, list[int]] = {}
    for i, piece in enumerate(pieces):
        for name in piece.values:
            holders.setdefault(name, []).append(i)
    by_pieces: dict[tuple[int, ...], list[str]] = {}
    for name, held_by in holders.items():
        by_pieces.setdefault(tuple(held_by), []).append(name)
    found, counted = [], set[int]()
    for holding, names in by_pieces.items():
        some = [pieces[i] for i in holding]
        order = np.argsort(np.concatenate([piece.places for piece in some]), kind="stable")
        times = np.concatenate([piece.times for piece in some])[order]
        values = {n: np.concatenate([piece.values[n] for piece in some])[order] for n in names}
        n_again = sum(len(pieces[i]) for i in holding if i in counted)
        counted.update(holding)
        found.append(Gathered(Batch(times, values), n_again))
    return found


def _alike(rows: Sequence[tuple[int, Row]]) -> Alike:
    batch = Batch.from_rows([row for _, row in rows])
    places = np.fromiter((place for place, _ in rows), np.int64, len(rows))
    return Alike(places, batch.times, batch.values)
