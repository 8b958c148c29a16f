"""When the readings of a batch came, and where none came for longer than is usual."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.readings.intervals import (
    SHORTEST_SILENCE_NS,
    distinct_times,
    newest_times,
    silence_ns,
    silences_ns,
    usual_intervals_ns,
)

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["Silence", "Timeline"]

STRIDE = 64
"""Readings whose span is looked at, to see quickly that none of them are far apart."""


class Silence(NamedTuple):
    """A time without readings that was longer than is usual."""

    row: int
    """The first reading after it; the number of readings in the table if there is none."""
    since_ns: int
    """Time of the last reading before it."""
    usual_ns: int
    """How long silence is usual: it counts from `since_ns` + this on."""


class Timeline:
    """The times of a batch of one channel's readings, and where these are missing.

    Parameters
    ----------
    times
        int64 ns, shape (n,).
    values
        float64, shape (n,), NaN where missing.
    before
        Distinct times of the newest readings before these, as far as the usual interval needs them.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self, times: TimeArray, values: FloatArray, before: TimeArray | None = None
    ) -> None:
        self.times = times
        self.values = values
        self._before = before
        self._silences: dict[tuple[int | None, int | None], list[Silence]] = {}

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.times)

    @cached_property
    def first_ns(self) -> int:
        """The first reading's time; there must be one."""
        return int(self.times[0])

    @cached_property
    def newest_ns(self) -> int:
        """The last reading's time; there must be one."""
        return int(self.times[-1])

    @cached_property
    def last_present_ns(self) -> int | None:
        """The time of the last reading that is not missing, None without any."""
        if not len(self) or self.values[-1] == self.values[-1]:
            return self.newest_ns if len(self) else None
        rows = self._present
        return int(self.times[rows[-1]]) if len(rows) else None

    @cached_property
    def before(self) -> TimeArray:
        """Distinct times of the newest readings before these, of those that are not missing."""
        return np.empty(0, np.int64) if self._before is None else self._before

    def newest_times(self) -> TimeArray:
        """Return what is `before` of the next table."""

        def read(start: int, stop: int) -> tuple[TimeArray, FloatArray]:
            return self.times[start:stop], self.values[start:stop]

        return distinct_times(np.concatenate((self.before, newest_times(read, len(self)))))

    @property
    def own_interval_ns(self) -> int | None:
        """The interval of a source that itself sets the pace, None if it doesn't."""
        return None

    def others_went_on(self, begin_ns: int, end_ns: int) -> bool:
        """Return whether another channel had readings then, begin < time ≤ end."""
        return False

    def silences(self, least_ns: int | None, last_ns: int | None) -> list[Silence]:
        """Return where no reading came for longer than is usual; those that are missing are none.

        Parameters
        ----------
        least_ns
            How long silence is usual; None is max(2 s, 10 × the usual interval at that time).
        last_ns
            Time of the last reading before these, None if there was none.
        """
        key = least_ns, last_ns
        if key not in self._silences:
            self._silences[key] = self._find_silences(least_ns, last_ns)
        return self._silences[key]

    def is_close(self, limit_ns: int, last_ns: int | None) -> bool:
        """Return whether no two readings are further apart, as a quick look shows; False is not known.

        Parameters
        ----------
        limit_ns
            How far apart they may be.
        last_ns
            Time of the last reading before these, None if there was none.
        """
        first_ns = self.first_ns
        since_ns = first_ns if last_ns is None else last_ns
        if first_ns < since_ns or not self.ascends:  # a step back may make up for a gap
            return False
        if self.newest_ns - since_ns <= limit_ns:
            return True
        is_close = first_ns - since_ns <= limit_ns and self._widest_ns <= limit_ns
        return is_close and not self._has_missing

    @cached_property
    def ascends(self) -> bool:
        """Whether time goes back nowhere."""
        return bool((self.times[1:] >= self.times[:-1]).all())

    @cached_property
    def _has_missing(self) -> bool:
        with np.errstate(over="ignore", invalid="ignore"):
            return not math.isfinite(self.values.sum())

    @cached_property
    def _widest_ns(self) -> int:
        """What the widest of some consecutive readings span, where time goes on."""
        spans = np.diff(np.append(self.times[::STRIDE], self.times[-1:]))
        return int(spans.max(initial=0))

    def usual_silences_ns(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how long silence was usual after each of these readings, −1 where it was not known.

        Row −1 stands for what was known before the first one.
        """
        return silences_ns(self.usual_intervals_ns(rows))

    def usual_intervals_ns(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how far apart readings usually were up to each of these, −1 where it was not known."""
        distinct, counts = self._distinct_times
        usual = usual_intervals_ns(distinct, counts[np.searchsorted(self._present, rows, "right")])
        own = self.own_interval_ns
        return usual if own is None else np.where(usual < 0, own, usual)

    @cached_property
    def shortest_silence_ns(self) -> int:
        """A time between readings up to which silence is usual at any rate, quickly found."""
        own = self.own_interval_ns
        is_known = np.count_nonzero(self.before[1:] > self.before[:-1]) > 1
        if own is None and not is_known:
            return SHORTEST_SILENCE_NS
        steps = np.diff(np.concatenate((self.before, self.times[self._present])))
        shortest = int(steps[steps > 0].min(initial=2**55 if own is None else own))
        return silence_ns(shortest)

    @cached_property
    def _present(self) -> npt.NDArray[np.intp]:
        """Where the readings are that are not missing."""
        return np.flatnonzero(self.values == self.values)

    @cached_property
    def _distinct_times(self) -> tuple[TimeArray, npt.NDArray[np.int64]]:
        """The distinct times up to the last reading, and how many there are up to each that is present."""
        times = np.concatenate((self.before, self.times[self._present]))
        is_new = np.concatenate(([True], times[1:] != times[:-1])) if len(times) else times == times
        counts = np.concatenate(([0], is_new.cumsum()))
        return times[is_new], counts[len(self.before) :]

    def _find_silences(self, least_ns: int | None, last_ns: int | None) -> list[Silence]:
        rows = self._present
        times = self.times[rows]
        first = self.times[:1] if last_ns is None else np.array([last_ns])
        points = np.concatenate((first, times, self.times[-1:]))
        steps = np.diff(points)
        limit = SHORTEST_SILENCE_NS if least_ns is None else least_ns
        places = np.flatnonzero(steps > limit)
        if len(places) and least_ns is None:
            places = places[steps[places] > self.shortest_silence_ns]
        if not len(places):
            return []
        ends = np.concatenate((rows, [len(self)]))
        if least_ns is None:
            before = np.concatenate(([-1], rows))
            usual = self.usual_silences_ns(before[places])
            is_long = (usual >= 0) & (steps[places] > usual)
            places, usual = places[is_long], usual[is_long]
        else:
            usual = np.full(len(places), least_ns)
        found = (column.tolist() for column in (ends[places], points[places], usual))
        return list(map(Silence, *found))
