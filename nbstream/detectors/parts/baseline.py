"""What is normal now: level and spread of the readings in a moving window that are not anomalies.

The window moves in eighths; after a shift that lasts it is learnt anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.detectors.parts.subwindows import (
    count_per_subwindow,
    first_difference,
    score_subwindows,
)
from nbstream.detectors.parts.wording import span

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray
    from nbstream.readings.window import Window

__all__ = ["SUBWINDOWS", "Scored", "WindowBaseline"]

SUBWINDOWS = 8
MAX_SUBWINDOWS_AT_ONCE = 1024
MAX_ROUNDS = 8


class Scored(NamedTuple):
    """Readings as a baseline sees them; all of shape (n,) but the levels, which are one per subwindow."""

    score: FloatArray
    is_anomaly: BoolArray
    is_warm: BoolArray
    ends: IntArray
    """Where each subwindow ends."""
    levels: FloatArray
    """Shape (4, subwindows): centre, spread, number of readings behind them, whether they were all equal."""

    def level_of(self, i: int) -> tuple[float, float, int, bool]:
        """Return centre, spread, number of readings and whether these were all equal, for reading `i`."""
        center, sigma, n, is_constant = self.levels[:, int(np.searchsorted(self.ends, i, "right"))]
        return float(center), float(sigma), int(n), bool(is_constant)


class WindowBaseline(ABC):
    """Level and spread of the readings in a moving window, past readings only, anomalies left out.

    The window consists of 8 subwindows, aligned to absolute time or to the number of readings since the
    beginning; a reading is compared with the complete subwindows before its own. So all of a subwindow
    is judged at once, and how readings are batched makes no difference.

    Once more than a quarter of the window was anomalies, these are what is normal now, and the baseline is
    learnt anew from them. While the readings of the window are all equal there is no spread to judge
    by: a reading that differs is an anomaly, and is learnt.

    Parameters
    ----------
    window
        A duration, or a number of readings (rounded up to whole subwindows).
    min_readings
        How many the window must hold before anything is judged.
    min_sigma
        Least spread, in units of the readings.
    """

    subwindows_at_once = MAX_SUBWINDOWS_AT_ONCE

    def __init__(self, window: Window, min_readings: int, min_sigma: float) -> None:
        self.window = window
        self.min_readings = min_readings
        self.min_sigma = min_sigma
        length = window.duration_ns or window.readings or 1
        self._subwindow = max(1, length // SUBWINDOWS)
        self._n_subwindows = -(-length // self._subwindow)
        self.reset()

    @property
    def span(self) -> str:
        """The window in words: "2 min", "1,000 readings"."""
        return span(self.window.duration_ns, self.window.readings)

    def readings_before(self, n: int) -> str:
        """Return in words what a level comes from, if `n` readings are behind it."""
        if self.window.duration_ns is not None:
            return f"the last {self.span}"
        is_whole = n == self._n_subwindows * self._subwindow
        return f"the last {n:,} readings" if is_whole else f"the {n:,} usual readings before it"

    @property
    def first_judged(self) -> int | None:
        """Number of the first reading that is judged, from 1 on; None if that is a matter of time."""
        if self.window.duration_ns is not None:
            return None
        return -(-self.min_readings // self._subwindow) * self._subwindow + 1

    @property
    def n_seen(self) -> int:
        """How many readings there were since the beginning."""
        return self._n_seen

    def reset(self) -> None:
        """Forget everything."""
        self._n_seen = 0
        self._at_once = self.subwindows_at_once
        self._ids: IntArray = np.empty(0, np.int64)
        self._kept = self._nothing(0)
        self._left_out = self._nothing(0)
        self._n_kept: IntArray = np.empty(0, np.int64)
        self._n_left_out: IntArray = np.empty(0, np.int64)
        self._open_id: int | None = None
        self._open_level = np.zeros((4, 1))
        self._open_parts: list[tuple[FloatArray, BoolArray]] = []

    def judge(self, times: TimeArray, values: FloatArray, limit: float) -> Scored:
        """Compare readings with the window before each, and learn from them.

        Parameters
        ----------
        times, values
            Shape (n,), n > 0; none is NaN.
        limit
            Spreads from the centre beyond which a reading is an anomaly.
        """
        n = len(values)
        ids, starts = self._subwindows(times, n)
        self._n_seen += n
        ends = np.concatenate((starts[1:], [n]))
        score = np.empty(n)
        flags = np.empty(n, np.bool_)
        levels = np.empty((4, len(ids)))
        subwindow = 0
        if ids[0] == self._open_id:
            here = slice(int(ends[0]))
            levels[:, :1] = level = self._open_level
            learns = score_subwindows(
                values[here], level, ends[:1], limit, self.min_readings, score[here], flags[here]
            )
            self._open_parts.append((values[here].copy(), flags[here] & learns))
            subwindow = 1
        while subwindow < len(ids):
            self._close()
            last = min(len(ids), subwindow + self._at_once)
            done, left_out = self._judge_subwindows(
                values, ids, starts, ends, subwindow, last, limit, score, flags, levels
            )
            wider = 2 * self._at_once if subwindow + done == last else 16
            self._at_once = min(self.subwindows_at_once, wider)
            subwindow += done
            if subwindow == len(ids):
                low = int(starts[-1])
                self._open_id = int(ids[-1])
                self._open_level = levels[:, -1:].copy()
                self._open_parts = [(values[low:].copy(), left_out[len(left_out) - (n - low) :])]
        warm = levels[2] >= self.min_readings
        is_warm = np.ones(n, np.bool_) if warm.all() else np.repeat(warm, ends - starts)
        return Scored(score, flags, is_warm, ends, levels)

    def _subwindows(self, times: TimeArray, n: int) -> tuple[IntArray, IntArray]:
        """Return the subwindows that readings fall into, by number, and where each begins."""
        if self.window.duration_ns is None:
            first, last = self._n_seen // self._subwindow, (self._n_seen + n - 1) // self._subwindow
            ids = np.arange(first, last + 1)
            return ids, np.maximum(ids * self._subwindow - self._n_seen, 0)
        first, last = int(times[0]) // self._subwindow, int(times[-1]) // self._subwindow
        if 0 <= last - first < n // 8 and (times[1:] >= times[:-1]).all():
            ids = np.arange(first, last + 1)
            starts = np.searchsorted(times, ids[1:] * self._subwindow)
            starts = np.concatenate(([0], starts))
            is_used = np.diff(starts, append=n) > 0
            return ids[is_used], starts[is_used]
        all_ids = times // self._subwindow
        starts = np.concatenate(([0], np.flatnonzero(np.diff(all_ids)) + 1))
        return all_ids[starts], starts

    def _judge_subwindows(
        self,
        values: FloatArray,
        ids: IntArray,
        starts: IntArray,
        ends: IntArray,
        first: int,
        last: int,
        limit: float,
        score: FloatArray,
        flags: BoolArray,
        levels: FloatArray,
    ) -> tuple[int, BoolArray]:
        """Judge subwindows from first to before last, or some; return how many, and what to leave out.

        What is left out of a subwindow changes the level of the next ones, and so what is left out of these.
        So it is guessed that nothing is, and repeated with what was found: each round makes at least one
        more subwindow final, mostly all of them.
        """
        is_back = ids[first + 1 : last] < ids[first : last - 1]
        if is_back.any():
            last = first + int(is_back.argmax()) + 1
        if len(self._ids) and ids[first] <= self._ids[-1]:  # the clock was set back
            self._forget_subwindows()
        low, high = int(starts[first]), int(ends[last - 1])
        here, ids_here = values[low:high], ids[first:last]
        begins, counts = starts[first:last] - low, (ends - starts)[first:last]
        left_out: BoolArray | None = None
        kept: Any = None
        n_final = last - first
        for _ in range(MAX_ROUNDS):
            kept = self._summarize(here, begins, counts, None if left_out is None else ~left_out)
            level = self._levels(kept, ids_here)
            learns = score_subwindows(
                here, level, counts, limit, self.min_readings, score[low:high], flags[low:high]
            )
            found = None
            if flags[low:high].any():
                found = flags[low:high] & np.repeat(learns, counts)
            changed = first_difference(left_out, found)
            left_out = found
            if changed is None:
                break
            n_final = int(np.searchsorted(begins, changed, "right"))
        else:
            # The first subwindow that changed has its final level, so what was found in it is final.
            last = first + n_final
            kept = None
        levels[:, first:last] = level[:, : last - first]
        if left_out is None:
            left_out = np.zeros(high - low, np.bool_)
        n = last - first
        n_over = n if last < len(ids) else n - 1  # the batch's last stays open
        n_relearnt = self._push(
            here, begins[:n_over], counts[:n_over], left_out, kept, ids_here[:n_over]
        )
        n = n_relearnt or n
        return n, left_out[: int(begins[n - 1] + counts[n - 1])]

    def _push(
        self,
        values: FloatArray,
        begins: IntArray,
        counts: IntArray,
        left_out: BoolArray,
        summaries: Any,
        ids: IntArray,
    ) -> int | None:
        """Add judged subwindows to the window, up to where it is learnt anew; return how many if it is.

        `summaries` are those of what is kept of each subwindow, None if they are not known.
        """
        if not len(ids):
            return None
        n_out = count_per_subwindow(left_out[: int(begins[-1] + counts[-1])], begins)
        relearn_after = self._first_relearning(ids, counts - n_out, n_out)
        n = len(ids) if relearn_after is None else relearn_after + 1
        newest = slice(max(0, n - self._n_subwindows), n)  # older ones have left the window already
        begins, counts, n_out, ids = begins[newest], counts[newest], n_out[newest], ids[newest]
        if summaries is None or n_out.any():
            low, high = int(begins[0]), int(begins[-1] + counts[-1])
            kept, gone = self._both(values[low:high], begins - low, counts, left_out[low:high])
        else:
            rows = np.arange(newest.start, n)
            kept, gone = self._selected(summaries, rows), self._nothing(len(rows))
        self._append(ids, kept, gone, counts - n_out, n_out)
        if relearn_after is None:
            return None
        self._relearn()
        return n

    def _close(self) -> None:
        """Add the open subwindow, which is over, to the window."""
        if self._open_id is None:
            return
        ids = np.array([self._open_id])
        values, out = (np.concatenate(parts) for parts in zip(*self._open_parts, strict=True))
        self._open_id, self._open_parts = None, []
        if len(self._ids) and ids[0] <= self._ids[-1]:
            self._forget_subwindows()
        self._push(values, np.array([0]), np.array([len(values)]), out, None, ids)

    def _both(
        self, values: FloatArray, begins: IntArray, counts: IntArray, left_out: BoolArray
    ) -> tuple[Any, Any]:
        """Return the summaries of what is kept of each subwindow, and of what is left out."""
        if not left_out.any():
            return self._summarize(values, begins, counts, None), self._nothing(len(begins))
        return (
            self._summarize(values, begins, counts, ~left_out),
            self._summarize(values, begins, counts, left_out),
        )

    def _first_relearning(self, ids: IntArray, kept: IntArray, out: IntArray) -> int | None:
        """Return after which of these new subwindows more than a quarter of the window is left out."""
        if not (out.any() or self._n_left_out.any()):
            return None
        n_old = len(self._ids)
        known = np.concatenate((self._ids, ids))
        lows = known.searchsorted(ids - self._n_subwindows, "right")
        balances = 3 * self._n_left_out - self._n_kept, 3 * out - kept
        balance = np.concatenate(([0], *balances)).cumsum()
        too_many = np.flatnonzero(balance[n_old + 1 :] > balance[lows])
        return int(too_many[0]) if len(too_many) else None

    def _append(
        self, ids: IntArray, kept: Any, gone: Any, n_kept: IntArray, n_out: IntArray
    ) -> None:
        self._ids = np.concatenate((self._ids, ids))
        old = int(np.searchsorted(self._ids, self._ids[-1] - self._n_subwindows, "right"))
        self._ids = self._ids[old:]
        self._kept = self._joined(self._kept, kept, old)
        self._left_out = self._joined(self._left_out, gone, old)
        self._n_kept = np.concatenate((self._n_kept, n_kept))[old:]
        self._n_left_out = np.concatenate((self._n_left_out, n_out))[old:]

    def _relearn(self) -> None:
        """Make what has been left out lately the baseline, and forget what was before.

        Subwindows of which nearly everything was left out are a new level, which is learnt without the
        subwindow in which it began. If there are none, it is the spread that grew: everything is learnt.
        """
        share = self._n_left_out / (self._n_kept + self._n_left_out)
        is_new_level = share > 0.9
        if is_new_level.any():
            rows = np.flatnonzero(is_new_level)
            kept, n_kept = self._left_out, self._n_left_out
        else:
            rows = np.arange(int((share > 0.25).argmax()), len(share))
            kept = self._merged(self._kept, self._left_out)
            n_kept = self._n_kept + self._n_left_out
        self._ids, self._n_kept = self._ids[rows], n_kept[rows]
        self._kept = self._selected(kept, rows)
        self._left_out = self._nothing(len(rows))
        self._n_left_out = np.zeros(len(rows), np.int64)

    def _forget_subwindows(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._kept, self._left_out = self._nothing(0), self._nothing(0)
        self._n_kept = self._n_left_out = np.empty(0, np.int64)

    @abstractmethod
    def _nothing(self, n: int) -> Any:
        """Return the summaries of n subwindows without readings."""

    @abstractmethod
    def _merged(self, a: Any, b: Any) -> Any:
        """Return, per subwindow, the summary of two parts of it."""

    @abstractmethod
    def _selected(self, summaries: Any, rows: IntArray) -> Any:
        """Return the summaries of some subwindows."""

    @abstractmethod
    def _summarize(
        self, values: FloatArray, begins: IntArray, counts: IntArray, mask: BoolArray | None
    ) -> Any:
        """Return the summary of each subwindow, of the readings where `mask` holds."""

    @abstractmethod
    def _joined(self, old: Any, new: Any, n_dropped: int) -> Any:
        """Return old and new summaries without the first ones."""

    @abstractmethod
    def _levels(self, new: Any, ids: IntArray) -> FloatArray:
        """Return the levels of new subwindows, shape (4, n), each from the closed ones before it."""
