"""Wall-clock times without a zone become UTC, many at once, through changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import TimeArray

__all__ = ["WallTimes", "go_down"]

TIMES_TO_BE_SURE = 3
NS = 1_000_000_000
DAY = 86_400
FAR = 9_223_372_036  # seconds: no time that int64 ns can hold is later
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MISSING = np.iinfo(np.int64).min

# A reading that is this much older than the one before is late; one that is older is in the
# repeated hour.
JITTER_NS = 10 * NS


class WallTimes:
    """Reads wall-clock times of one zone in order of arrival.

    An hour that the clock shows twice is read so that time goes on: the meaning is chosen that is
    nearer to where the reading before and the newest steps point. A time that the clock skips is
    read as if it had not been moved yet.

    Parameters
    ----------
    zone
        The zone of the clock.
    may_go_down
        Whether the newest time may come first, as in tables: then those of one call, if they go down, are
        taken from the last one on.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, zone: tzinfo, *, may_go_down: bool = False) -> None:
        self.zone = zone
        self.may_go_down = may_go_down
        self._previous: int | None = None
        self._steps = (NS, NS)  # the newest two; one of them may be a pause
        self._years: tuple[int, int] | None = None
        self._stretch = (0, 0, 0)
        # Clock changes cut time into stretches of one offset each. By wall clock: when the next
        # stretch has surely begun, and from when on a time belongs to both.
        self._offsets_ns = np.zeros(1, np.int64)
        self._sure_ns = np.empty(0, np.int64)
        self._again_ns = np.full(1, FAR * NS, np.int64)

    def to_utc(self, wall_ns: TimeArray) -> TimeArray:
        """Return wall-clock ns since 1970-01-01 00:00 as ns since the epoch, UTC.

        The smallest int64 (NaT) stays what it is.
        """
        if not len(wall_ns):
            return wall_ns
        is_known = wall_ns != MISSING
        if not is_known.all():
            result = wall_ns.copy()
            result[is_known] = self.to_utc(wall_ns[is_known])
            return result
        self._learn(int(wall_ns.min()), int(wall_ns.max()))
        index = np.searchsorted(self._sure_ns, wall_ns, "right")
        if index[0] == index[-1] and bool((index == index[0]).all()):
            index = index[:1]  # as nearly always: all within one stretch
        utc: TimeArray = wall_ns - self._offsets_ns[index]
        self._resolve_repeated(wall_ns, index, utc)
        self._steps = self._last_steps(utc)
        self._previous = int(utc[-1])
        return utc

    def one_to_utc(self, wall_ns: int) -> int:
        """Return one time as `to_utc` does, which is faster within a day without a change."""
        begin, end, offset_ns = self._stretch
        if not begin <= wall_ns < end:
            utc_ns = int(self.to_utc(np.array([wall_ns], np.int64))[0])
            self._stretch = self._stretch_of(wall_ns)
            return utc_ns
        utc_ns = wall_ns - offset_ns
        if self._previous is not None and utc_ns > self._previous:
            self._steps = self._steps[1], utc_ns - self._previous
        self._previous = utc_ns
        return utc_ns

    def _stretch_of(self, wall_ns: int) -> tuple[int, int, int]:
        """Return from when to when, a day at most, the clock surely goes as at a time, and its offset."""
        i = int(np.searchsorted(self._sure_ns, wall_ns, "right"))
        begin = max([wall_ns - DAY * NS, *self._sure_ns[:i][-1:].tolist()])
        end = min([wall_ns + DAY * NS, int(self._again_ns[i]), *self._sure_ns[i:][:1].tolist()])
        return begin, end, int(self._offsets_ns[i])

    def _resolve_repeated(self, wall: TimeArray, index: TimeArray, utc: TimeArray) -> None:
        """Choose between the two meanings of times that the clock showed twice, in place."""
        # Per stretch between two changes, from which wall time on the next stretch shows it too.
        if bool((wall < self._again_ns[index]).all()):
            return
        if self.may_go_down and go_down(wall):
            self._previous = None
            utc[::-1] = self._resolved(wall[::-1], index[::-1], utc[::-1].copy())
        else:
            utc[:] = self._resolved(wall, index, utc)

    def _resolved(self, wall: TimeArray, index: TimeArray, utc: TimeArray) -> TimeArray:
        """Return times with the meaning of those that the clock showed twice, in order of time; in place."""
        previous, steps, done = self._previous, self._steps, -1
        for i in np.flatnonzero(wall >= self._again_ns[index]).tolist():
            if i > done + 1:
                previous, steps = int(utc[i - 1]), self._last_steps(utc[:i])
            stretch = int(index[i]) if len(index) > 1 else int(index[0])
            first, second = int(utc[i]), int(wall[i]) - int(self._offsets_ns[stretch + 1])
            if previous is not None and _is_second(first, second, previous, min(steps)):
                utc[i] = second
            if previous is not None and utc[i] > previous:
                steps = (steps[1], int(utc[i]) - previous)
            previous, done = int(utc[i]), i
        return utc

    def _last_steps(self, utc: TimeArray) -> tuple[int, int]:
        """Return how far time went from reading to reading, the last two times that it did."""
        if self._previous is not None:
            utc = np.append(np.int64(self._previous), utc)
        for part in (utc[-64:], utc):
            steps = np.diff(part)
            forward = steps[steps > 0][-2:].tolist()
            if len(forward) == 2:
                break
        before, last = (*self._steps, *forward)[-2:]
        return before, last

    def _learn(self, lowest_ns: int, highest_ns: int) -> None:
        """Find the zone's clock changes in the years that are asked about."""
        years = _year(lowest_ns) - 1, _year(highest_ns) + 1
        if self._years is not None:
            if self._years[0] <= years[0] and years[1] <= self._years[1]:
                return
            years = min(years[0], self._years[0]), max(years[1], self._years[1])
        start = int((datetime(max(years[0], 1), 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
        stop = int((datetime(min(years[1] + 1, 9999), 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
        self._years = years
        moments: list[int] = []
        offsets = [self._offset(start)]
        # A week is shorter than any two changes that undo each other are apart.
        for begin in range(start, stop, 7 * DAY):
            end = min(begin + 7 * DAY, stop)
            offset = self._offset(end)
            if offset != offsets[-1]:
                moments.append(self._bisect(begin, end, offsets[-1]))
                offsets.append(offset)
        moment, offset_by_stretch = np.array(moments, np.int64), np.array(offsets, np.int64)
        before, after = offset_by_stretch[:-1], offset_by_stretch[1:]
        self._offsets_ns = offset_by_stretch * NS
        self._sure_ns = (moment + np.maximum(before, after)) * NS
        self._again_ns = np.append(np.where(after < before, moment + after, FAR), FAR) * NS

    def _bisect(self, begin: int, end: int, offset: int) -> int:
        """Return the first second in (begin, end] whose offset is no more `offset`."""
        while end - begin > 1:
            middle = (begin + end) // 2
            if self._offset(middle) == offset:
                begin = middle
            else:
                end = middle
        return end

    def _offset(self, second: int) -> int:
        """Return the zone's offset in seconds at a moment in UTC."""
        local = (EPOCH + timedelta(seconds=second)).astimezone(self.zone)
        return round((local.utcoffset() or timedelta(0)).total_seconds())


def go_down(times: TimeArray) -> bool:
    """Return whether the newest of some times comes first, but for a few that do not go down."""
    steps = np.diff(times)
    n_down, n_up = int(np.count_nonzero(steps < 0)), int(np.count_nonzero(steps > 0))
    return len(times) >= TIMES_TO_BE_SURE and n_down > 10 * n_up


def _is_second(first: int, second: int, previous: int, step: int) -> bool:
    """Return whether a repeated wall-clock time is meant the second time."""
    if first >= previous:
        expected = previous + step
        return abs(second - expected) < abs(first - expected)
    return previous - first > JITTER_NS


def _year(ns: int) -> int:
    return 1970 + int(ns // NS // (365.2425 * DAY))
