"""The way of rows from a file to the buffer: those read before are left out, the others put in order.

A table whose newest row comes first is read to its end first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from nbstream.sources.files.csv.read_before import ReadBefore, Sifted, bytes_of, join, rows_of
from nbstream.sources.times.wall_time import go_down

if TYPE_CHECKING:
    from nbstream.readings.batch import Batch, TimeArray

__all__ = ["Intake"]

MAX_HELD_BYTES = 64 * 2**20
CHANGED = "another value for a time that was read; the first one is kept"
GIVEN_UP = "too many rows to sort; the oldest are left out"


class Intake:
    """Takes the rows of a file as they are read and gives those that are to be handed over.

    Parameters
    ----------
    before
        Remembers the rows read last; None makes a new one.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, before: ReadBefore | None = None) -> None:
        self._before = before or ReadBefore()
        self._unsettled: list[Batch] = []
        self._n_unsettled_bytes = 0
        self._newest_first: list[Batch] | None = None
        self._n_newest_first_bytes = 0
        self._goes_on = False
        self._is_first = True
        self.n_times_anew = 0
        """How often the file was written anew with rows that were read before."""
        self.n_repeated = 0
        """Rows passed over because they were read before."""
        self._lost: Counter[str] = Counter()
        self.has_newest_first = False
        """Whether the newest row came first in the file that was read last."""
        self._has_repeated = False

    def begin_file(self) -> None:
        """Expect rows of another file, or from a file's start."""
        self._is_first = True

    def begin_again(self, *, goes_on: bool) -> None:
        """Expect rows that were read before.

        Parameters
        ----------
        goes_on
            Whether they more probably go on than repeat.
        """
        self._goes_on, self._has_repeated = goes_on, False
        self._before.begin(is_renamed=goes_on)

    def skip(self, batch: Batch) -> None:
        """Take note of the last of the rows that are not to be handed over."""
        self._before.skip(batch)

    @property
    def is_holding(self) -> bool:
        """Whether rows wait for `settle`."""
        return bool(self._unsettled) or self._newest_first is not None

    def take(self, batch: Batch, *, has_times: bool) -> list[Batch]:
        """Return what is to be handed over now.

        Parameters
        ----------
        has_times
            Whether the rows have times of their own.
        """
        if self._is_first:
            self._is_first = False
            if has_times and _is_newest_first(batch.times, again=self.has_newest_first):
                self._newest_first, self._n_newest_first_bytes = [], 0
        if self._goes_on and not has_times:
            self._before.end()
        if has_times or not self._before.is_sifting:
            return self._take(self._before.sift(batch))
        self._unsettled.append(batch)
        self._n_unsettled_bytes += bytes_of(batch)
        return self._align() if self._n_unsettled_bytes > MAX_HELD_BYTES else []

    def settle(self) -> list[Batch]:
        """Return what was held until the end of the file was reached, now that it is."""
        found = self._align() if self._unsettled else []
        newest_first, self._newest_first = self._newest_first, None
        if newest_first is not None:
            self.has_newest_first = True
            found.append(_in_order(newest_first))
            self._before.remember(found[-1])
        return [batch for batch in found if len(batch)]

    def take_lost(self) -> dict[str, int]:
        """Return how many rows were left out since the last call, by the reason."""
        lost, self._lost = +self._lost, Counter()
        return lost

    def n_rejected_again(self, keys: list[int]) -> int:
        """Remember rows that could not be read, by a hash of each; return how many came again."""
        n = self._before.n_rejected_again(keys)
        self.n_repeated += n
        return n

    def _align(self) -> list[Batch]:
        unsettled, self._unsettled, self._n_unsettled_bytes = self._unsettled, [], 0
        return self._take(self._before.align(join(unsettled)))

    def _take(self, sifted: Sifted) -> list[Batch]:
        n_passed = sifted.n_repeated + sifted.n_changed
        if n_passed and not self._has_repeated:
            self._has_repeated = True
            self.n_times_anew += 1
        self.n_repeated += sifted.n_repeated
        self._lost[CHANGED] += sifted.n_changed
        found = [] if sifted.added is None else [sifted.added]
        if self._newest_first is not None:
            self._n_newest_first_bytes += bytes_of(sifted.new)
            if self._n_newest_first_bytes > MAX_HELD_BYTES:
                self._lost[GIVEN_UP] += len(sifted.new)
                self._n_newest_first_bytes -= bytes_of(sifted.new)
            else:
                self._newest_first.append(sifted.new)
        elif len(sifted.new):
            self._before.remember(sifted.new)
            found.append(sifted.new)
        return found


def _is_newest_first(times: TimeArray, *, again: bool = False) -> bool:
    """Return whether times go down, but for a few that do not.

    Parameters
    ----------
    times
        Of the first rows of a table.
    again
        Whether it was so the last time: then nothing against it is enough.
    """
    return bool((np.diff(times) <= 0).all()) if again else go_down(times)


def _in_order(batches: list[Batch]) -> Batch:
    """Return batches whose newest row comes first, oldest first; rows of one time, last first."""
    whole = join(batches)
    whole = rows_of(whole, slice(None, None, -1))
    return rows_of(whole, np.argsort(whole.times, kind="stable"))
