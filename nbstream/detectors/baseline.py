"""What is normal now: level and spread of the readings in a moving window that are not anomalies.

The window moves in eighths; after a shift that lasts it is learnt anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbstream.detectors.wording import span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.detectors.base import BoolArray
    from nbstream.readings import FloatArray, TimeArray
    from nbstream.window import Window

__all__ = [
    "Judged",
    "MeanBaseline",
    "MedianBaseline",
    "WindowBaseline",
    "median",
    "median_interval_ns",
    "spread_floor",
]

PANES = 8
GROUP = 24_576
LARGE_PANE = 4096
MAX_PANES_AT_ONCE = 1024
MAX_ROUNDS = 8
MOST_VALUES = 4096
IntArray = npt.NDArray[np.int64]


def spread_floor(center: Any, min_sigma: float) -> Any:
    """Return the least spread to divide by: `min_sigma`, or what float64 can tell apart at `center`."""
    return np.maximum(np.abs(center) * 1e-12, max(min_sigma, 1e-290))


class Judged(NamedTuple):
    """Readings as a baseline sees them; all of shape (n,) but the levels, which are one per pane."""

    score: FloatArray
    is_anomaly: BoolArray
    is_warm: BoolArray
    ends: IntArray
    """Where each pane ends."""
    levels: FloatArray
    """Shape (4, panes): centre, spread, number of readings behind them, whether they were all equal."""

    def level_of(self, i: int) -> tuple[float, float, int, bool]:
        """Return centre, spread, number of readings and whether these were all equal, for reading `i`."""
        center, sigma, n, is_constant = self.levels[:, int(np.searchsorted(self.ends, i, "right"))]
        return float(center), float(sigma), int(n), bool(is_constant)


class WindowBaseline(ABC):
    """Level and spread of the readings in a moving window, past readings only, anomalies left out.

    The window consists of 8 panes, aligned to absolute time or to the number of readings since the
    beginning; a reading is compared with the complete panes before its own. So all of a pane is judged
    at once, and how readings are batched makes no difference.

    Once more than a quarter of the window was anomalies, these are what is normal now, and the baseline is
    learnt anew from them. While the readings of the window are all equal there is no spread to judge
    by: a reading that differs is an anomaly, and is learnt.

    Parameters
    ----------
    window
        A duration, or a number of readings (rounded up to whole panes).
    min_readings
        How many the window must hold before anything is judged.
    min_sigma
        Least spread, in units of the readings.

    Notes
    -----
    Thread safety: none.
    """

    panes_at_once = MAX_PANES_AT_ONCE

    def __init__(self, window: Window, min_readings: int, min_sigma: float) -> None:
        self.window = window
        self.min_readings = min_readings
        self.min_sigma = min_sigma
        length = window.duration_ns or window.readings or 1
        self._pane = max(1, length // PANES)
        self._n_panes = -(-length // self._pane)
        self.reset()

    @property
    def span(self) -> str:
        """The window in words: "2 min", "1,000 readings"."""
        return span(self.window.duration_ns, self.window.readings)

    def reset(self) -> None:
        """Forget everything."""
        self._n_seen = 0
        self._at_once = self.panes_at_once
        self._ids: IntArray = np.empty(0, np.int64)
        self._kept = self._nothing(0)
        self._left_out = self._nothing(0)
        self._n_kept: IntArray = np.empty(0, np.int64)
        self._n_left_out: IntArray = np.empty(0, np.int64)
        self._open_id: int | None = None
        self._open_level = np.zeros((4, 1))
        self._open_parts: list[tuple[FloatArray, BoolArray]] = []

    def judge(self, times: TimeArray, values: FloatArray, limit: float) -> Judged:
        """Compare readings with the window before each, and learn from them.

        Parameters
        ----------
        times, values
            Shape (n,), n > 0; none is NaN.
        limit
            Spreads from the centre beyond which a reading is an anomaly.
        """
        n = len(values)
        ids, starts = self._panes(times, n)
        self._n_seen += n
        ends = np.concatenate((starts[1:], [n]))
        score = np.empty(n)
        flags = np.empty(n, np.bool_)
        levels = np.empty((4, len(ids)))
        pane = 0
        if ids[0] == self._open_id:
            stop = int(ends[0])
            levels[:, :1] = self._open_level
            learns = _score(
                values[:stop],
                self._open_level,
                ends[:1],
                limit,
                self.min_readings,
                score[:stop],
                flags[:stop],
            )
            self._open_parts.append((values[:stop].copy(), flags[:stop] & learns))
            pane = 1
        while pane < len(ids):
            self._close()
            last = min(len(ids), pane + self._at_once)
            done, left_out = self._judge_panes(
                values, ids, starts, ends, pane, last, limit, score, flags, levels
            )
            wider = 2 * self._at_once if pane + done == last else 16
            self._at_once = min(self.panes_at_once, wider)
            pane += done
            if pane == len(ids):
                low = int(starts[-1])
                self._open_id = int(ids[-1])
                self._open_level = levels[:, -1:].copy()
                self._open_parts = [(values[low:].copy(), left_out[len(left_out) - (n - low) :])]
        warm = levels[2] >= self.min_readings
        is_warm = np.ones(n, np.bool_) if warm.all() else np.repeat(warm, ends - starts)
        return Judged(score, flags, is_warm, ends, levels)

    def _panes(self, times: TimeArray, n: int) -> tuple[IntArray, IntArray]:
        """Return the panes that readings fall into, by number, and where each begins."""
        if self.window.duration_ns is None:
            first, last = self._n_seen // self._pane, (self._n_seen + n - 1) // self._pane
            ids = np.arange(first, last + 1)
            return ids, np.maximum(ids * self._pane - self._n_seen, 0)
        first, last = int(times[0]) // self._pane, int(times[-1]) // self._pane
        if 0 <= last - first < n // 8 and (times[1:] >= times[:-1]).all():
            ids = np.arange(first, last + 1)
            starts = np.searchsorted(times, ids[1:] * self._pane)
            starts = np.concatenate(([0], starts))
            is_used = np.diff(starts, append=n) > 0
            return ids[is_used], starts[is_used]
        all_ids = times // self._pane
        starts = np.concatenate(([0], np.flatnonzero(np.diff(all_ids)) + 1))
        return all_ids[starts], starts

    def _judge_panes(
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
        """Judge panes first ≤ pane < last, or some of them; return how many, and which readings to leave out.

        What is left out of a pane changes the level of the next ones, and so what is left out of these.
        So it is guessed that nothing is, and repeated with what was found: each round makes at least one
        more pane final, mostly all of them.
        """
        is_back = ids[first + 1 : last] < ids[first : last - 1]
        if is_back.any():
            last = first + int(is_back.argmax()) + 1
        if len(self._ids) and ids[first] <= self._ids[-1]:  # the clock was set back
            self._forget_panes()
        low, high = int(starts[first]), int(ends[last - 1])
        here, ids_here = values[low:high], ids[first:last]
        begins, counts = starts[first:last] - low, (ends - starts)[first:last]
        left_out: BoolArray | None = None
        kept: Any = None
        n_final = last - first
        for _ in range(MAX_ROUNDS):
            kept = self._summarize(here, begins, counts, None if left_out is None else ~left_out)
            level = self._levels(kept, ids_here)
            learns = _score(
                here, level, counts, limit, self.min_readings, score[low:high], flags[low:high]
            )
            found = None
            if flags[low:high].any():
                found = flags[low:high] & np.repeat(learns, counts)
            changed = _first_difference(left_out, found)
            left_out = found
            if changed is None:
                break
            n_final = int(np.searchsorted(begins, changed, "right"))
        else:
            # The first pane that changed has its final level, so what was found in it is final.
            last = first + n_final
            kept = None
        levels[:, first:last] = level[:, : last - first]
        if left_out is None:
            left_out = np.zeros(high - low, np.bool_)
        return self._push(here, begins, counts, left_out, kept, ids_here, first, last, len(ids))

    def _push(
        self,
        values: FloatArray,
        begins: IntArray,
        counts: IntArray,
        left_out: BoolArray,
        summaries: Any,
        ids: IntArray,
        first: int,
        last: int,
        n_panes: int,
    ) -> tuple[int, BoolArray]:
        """Add judged panes to the window up to where it is learnt anew; the batch's last stays open.

        `summaries` are those of what is kept of each pane, None if they are not known.
        """
        n = last - first
        stop = int(begins[n - 1] + counts[n - 1])
        n_closed = n if last < n_panes else n - 1
        if not n_closed:
            return n, left_out[:stop]
        begins, counts, ids = begins[:n_closed], counts[:n_closed], ids[:n_closed]
        end = int(begins[-1] + counts[-1])
        out = left_out[:end]
        n_out = _count(out, begins)
        relearn_after = self._first_relearning(ids, counts - n_out, n_out)
        if relearn_after is not None:
            n_closed = relearn_after + 1
            begins, counts, ids = begins[:n_closed], counts[:n_closed], ids[:n_closed]
            end = int(begins[-1] + counts[-1])
            out, n_out = out[:end], n_out[:n_closed]
            n, stop = n_closed, end
        first_kept = max(0, len(begins) - self._n_panes)  # older ones have left the window already
        ids, counts, n_out = ids[first_kept:], counts[first_kept:], n_out[first_kept:]
        if summaries is None or n_out.any():
            shift = int(begins[first_kept])
            kept, gone = self._both(
                values[shift:end], begins[first_kept:] - shift, counts, out[shift:]
            )
        else:
            rows = np.arange(first_kept, len(begins))
            kept, gone = self._selected(summaries, rows), self._nothing(len(rows))
        self._append(ids, kept, gone, counts - n_out, n_out)
        if relearn_after is not None:
            self._relearn()
        return n, left_out[:stop]

    def _close(self) -> None:
        """Add the open pane, which is over, to the window."""
        if self._open_id is None:
            return
        parts, pane = self._open_parts, self._open_id
        self._open_id, self._open_parts = None, []
        if len(self._ids) and pane <= self._ids[-1]:
            self._forget_panes()
        values = np.concatenate([part for part, _ in parts])
        out = np.concatenate([part for _, part in parts])
        begins, counts = np.array([0]), np.array([len(values)])
        n_out = np.array([np.count_nonzero(out)])
        kept, gone = self._both(values, begins, counts, out)
        ids, n_kept = np.array([pane]), counts - n_out
        must_relearn = self._first_relearning(ids, n_kept, n_out) is not None
        self._append(ids, kept, gone, n_kept, n_out)
        if must_relearn:
            self._relearn()

    def _both(
        self, values: FloatArray, begins: IntArray, counts: IntArray, left_out: BoolArray
    ) -> tuple[Any, Any]:
        """Return the summaries of what is kept of each pane, and of what is left out."""
        if not left_out.any():
            return self._summarize(values, begins, counts, None), self._nothing(len(begins))
        return (
            self._summarize(values, begins, counts, ~left_out),
            self._summarize(values, begins, counts, left_out),
        )

    def _first_relearning(self, ids: IntArray, kept: IntArray, out: IntArray) -> int | None:
        """Return after which of these new panes more than a quarter of the window is left out."""
        if not (out.any() or self._n_left_out.any()):
            return None
        n_old = len(self._ids)
        known = np.concatenate((self._ids, ids))
        lows = known.searchsorted(ids - self._n_panes, "right")
        balances = 3 * self._n_left_out - self._n_kept, 3 * out - kept
        balance = np.concatenate(([0], *balances)).cumsum()
        too_many = np.flatnonzero(balance[n_old + 1 :] > balance[lows])
        return int(too_many[0]) if len(too_many) else None

    def _append(
        self, ids: IntArray, kept: Any, gone: Any, n_kept: IntArray, n_out: IntArray
    ) -> None:
        self._ids = np.concatenate((self._ids, ids))
        old = int(np.searchsorted(self._ids, self._ids[-1] - self._n_panes, "right"))
        self._ids = self._ids[old:]
        self._kept = self._joined(self._kept, kept, old)
        self._left_out = self._joined(self._left_out, gone, old)
        self._n_kept = np.concatenate((self._n_kept, n_kept))[old:]
        self._n_left_out = np.concatenate((self._n_left_out, n_out))[old:]

    def _relearn(self) -> None:
        """Make what has been left out lately the baseline, and forget what was before.

        Panes of which nearly everything was left out are a new level, which is learnt without the pane in
        which it began. If there are none, it is the spread that grew: everything is learnt.
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

    def _forget_panes(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._kept, self._left_out = self._nothing(0), self._nothing(0)
        self._n_kept = self._n_left_out = np.empty(0, np.int64)

    @abstractmethod
    def _nothing(self, n: int) -> Any:
        """Return the summaries of n panes without readings."""

    @abstractmethod
    def _merged(self, a: Any, b: Any) -> Any:
        """Return, per pane, the summary of two parts of it."""

    @abstractmethod
    def _selected(self, summaries: Any, rows: IntArray) -> Any:
        """Return the summaries of some panes."""

    @abstractmethod
    def _summarize(
        self, values: FloatArray, begins: IntArray, counts: IntArray, mask: BoolArray | None
    ) -> Any:
        """Return the summary of each pane, of the readings where `mask` holds."""

    @abstractmethod
    def _joined(self, old: Any, new: Any, n_dropped: int) -> Any:
        """Return old and new summaries without the first ones."""

    @abstractmethod
    def _levels(self, new: Any, ids: IntArray) -> FloatArray:
        """Return the levels of new panes, (4, panes), each from the closed ones before it in its window."""


def _score(
    values: FloatArray,
    level: FloatArray,
    counts: IntArray,
    limit: float,
    min_readings: int,
    score: FloatArray,
    flags: BoolArray,
) -> BoolArray:
    """Write scores and which are beyond the limit; return per pane whether anomalies are not to be learnt."""
    center, sigma, n, is_constant = level
    is_warm = n >= min_readings
    scale = np.where(is_warm, 1.0 / sigma, np.nan)
    for low, high, panes in _groups(counts):
        part = score[low:high]
        np.subtract(values[low:high], _spread(center, counts, panes), out=part)
        np.abs(part, out=part)
        part *= _spread(scale, counts, panes)
        largest = part.max()
        if largest <= limit:
            flags[low:high] = False
            continue
        if largest != largest:
            # Values at the ends of float64 may have an infinite spread, within which nothing is strange.
            part[np.repeat(is_warm[panes], counts[panes]) & (part != part)] = 0.0
        np.greater(part, limit, out=flags[low:high])
    learns: BoolArray = is_warm & (is_constant == 0)
    return learns


def _count(mask: BoolArray, begins: IntArray) -> IntArray:
    if not mask.any():
        return np.zeros(len(begins), np.int64)
    return np.add.reduceat(mask, begins, dtype=np.int64)


def _first_difference(a: BoolArray | None, b: BoolArray | None) -> int | None:
    """Return where two masks differ first; None is a mask that holds nowhere."""
    if a is None and b is None:
        return None
    differ = b if a is None else a if b is None else a != b
    assert differ is not None
    first = int(differ.argmax())
    return first if differ[first] else None


def _groups(counts: IntArray) -> Iterator[tuple[int, int, slice]]:
    """Yield (first reading, end, panes) of consecutive panes that together fit into a processor's cache.

    Where panes are large each comes alone, so that its numbers need no spreading.
    """
    ends = counts.cumsum()
    n, n_panes = int(ends[-1]), len(counts)
    most = GROUP if n < n_panes * LARGE_PANE else 0
    low = pane = 0
    while pane < n_panes:
        stop = n_panes
        if n - low > most:
            stop = max(pane + 1, int(ends.searchsorted(low + most, "right")))
        high = int(ends[stop - 1])
        yield low, high, slice(pane, stop)
        low, pane = high, stop


def _spread(numbers: FloatArray, counts: IntArray, panes: slice) -> Any:
    """Return the number of each of these panes for all of its readings; one number if it is one pane."""
    if panes.stop - panes.start == 1:
        return numbers[panes.start]
    return np.repeat(numbers[panes], counts[panes])


class MeanBaseline(WindowBaseline):
    """Mean and standard deviation (ddof = 1), merged from the panes by Chan, Golub and LeVeque's formula."""

    def _nothing(self, n: int) -> FloatArray:
        return np.zeros((3, n))

    def _merged(self, a: FloatArray, b: FloatArray) -> FloatArray:
        merged = a + b
        delta = b[1] - a[1]
        shift = delta * (b[0] / np.maximum(merged[0], 1.0))
        np.add(a[1], shift, out=merged[1])
        # In this order of the factors a pane without readings adds 0, however far its mean is.
        merged[2] += a[0] * shift * delta
        return merged

    def _selected(self, summaries: FloatArray, rows: IntArray) -> FloatArray:
        return summaries[:, rows]

    def _joined(self, old: FloatArray, new: FloatArray, n_dropped: int) -> FloatArray:
        return np.concatenate((old, new), axis=1)[:, n_dropped:]

    def _summarize(
        self, values: FloatArray, begins: IntArray, counts: IntArray, mask: BoolArray | None
    ) -> FloatArray:
        # Deviations from a reading of the pane: squares of the readings would cancel on a large offset.
        if mask is None:
            n, reference = counts.astype(np.float64), values[begins]
        else:
            n = np.add.reduceat(mask, begins, dtype=np.float64)
            rows = np.where(mask, np.arange(len(values)), len(values))
            firsts = np.minimum.reduceat(rows, begins)
            reference = np.where(n > 0, values[np.minimum(firsts, len(values) - 1)], 0.0)
        sums, squares = np.empty(len(counts)), np.empty(len(counts))
        for low, high, panes in _groups(counts):
            deviations = values[low:high] - _spread(reference, counts, panes)
            if mask is not None:
                deviations = np.where(mask[low:high], deviations, 0.0)
            first_rows = begins[panes] - low
            sums[panes] = np.add.reduceat(deviations, first_rows)
            deviations *= deviations
            squares[panes] = np.add.reduceat(deviations, first_rows)
        shift = sums / np.maximum(n, 1.0)
        return np.array([n, reference + shift, np.maximum(squares - sums * shift, 0.0)])

    def _levels(self, new: FloatArray, ids: IntArray) -> FloatArray:
        n, center, m2 = self._windows(new, ids)
        sigma = np.sqrt(m2 / np.maximum(n - 1.0, 1.0))
        sigma[sigma != sigma] = np.inf
        floor = spread_floor(center, self.min_sigma)
        return np.array([center, np.maximum(sigma, floor), n, sigma <= floor])

    def _windows(self, new: FloatArray, ids: IntArray) -> FloatArray:
        """Return the summary of the closed panes in the window before each new one, shape (3, new ones)."""
        width, n_old = self._n_panes, len(self._ids)
        known = np.concatenate((self._ids, ids))
        if n_old == width and known[-1] - known[0] == len(known) - 1:  # none is left out
            return self._runs(np.concatenate((self._kept, new[:, :-1]), axis=1), width)
        # Panes without readings get a place too, as many as it takes to leave the window.
        places = np.zeros(len(known), np.int64)
        np.minimum(known[1:] - known[:-1], width + 1, out=places[1:])
        places = places.cumsum() + width
        panes = np.zeros((3, places[-1]))
        panes[:, places[:n_old]] = self._kept
        panes[:, places[n_old:-1]] = new[:, :-1]
        return self._runs(panes, width)[:, places[n_old:] - width]

    def _runs(self, panes: FloatArray, n: int) -> FloatArray:
        """Return the merged summaries of every `n` consecutive panes, from runs that double in length."""
        n_runs = panes.shape[1] - n + 1
        parts: list[FloatArray] = []
        begin, length = 0, 1
        while length <= n:
            if length > 1:
                half = length // 2
                panes = self._merged(panes[:, :-half], panes[:, half:])
            if n & length:
                parts.append(panes[:, begin : begin + n_runs])
                begin += length
            length *= 2
        return reduce(self._merged, parts)


class MedianBaseline(WindowBaseline):
    """Median and 1.4826 × the median absolute deviation, or 1.2533 × the mean one where that is 0.

    Windows of more than 4,096 readings are thinned evenly within each pane, to what the cost allows; the
    spread is then good to 2 %.
    """

    panes_at_once = 1

    def _nothing(self, n: int) -> list[FloatArray]:
        return [np.empty(0)] * n

    def _merged(self, a: list[FloatArray], b: list[FloatArray]) -> list[FloatArray]:
        return [np.concatenate(parts) for parts in zip(a, b, strict=True)]

    def _selected(self, summaries: list[FloatArray], rows: IntArray) -> list[FloatArray]:
        return [summaries[row] for row in rows.tolist()]

    def _joined(
        self, old: list[FloatArray], new: list[FloatArray], n_dropped: int
    ) -> list[FloatArray]:
        return [*old, *new][n_dropped:]

    def _summarize(
        self, values: FloatArray, begins: IntArray, counts: IntArray, mask: BoolArray | None
    ) -> list[FloatArray]:
        panes = []
        for begin, count in zip(begins.tolist(), counts.tolist(), strict=True):
            pane = values[begin : begin + count]
            step = max(1, len(pane) // (MOST_VALUES // PANES))
            if mask is not None:
                pane = pane[mask[begin : begin + count]]
            panes.append(pane[::step].copy())
        return panes

    def _levels(self, new: list[FloatArray], ids: IntArray) -> FloatArray:
        (pane,) = ids
        is_in = self._ids >= pane - self._n_panes
        total = int(self._n_kept[is_in].sum())
        if total < self.min_readings:
            return np.array([[0.0], [1.0], [total], [0.0]])
        values = np.concatenate(
            [part for part, used in zip(self._kept, is_in, strict=True) if used]
        )
        center = median(values)
        deviations = np.abs(values - center)
        sigma = median(deviations) * 1.482602218505602
        if not sigma > 0:
            sigma = float(deviations.mean()) * 1.2533141373155003
        if not sigma < np.inf:
            sigma = np.inf
        floor = float(spread_floor(center, self.min_sigma))
        return np.array([[center], [max(sigma, floor)], [total], [float(sigma <= floor)]])


def median(values: FloatArray) -> float:
    """Return the median; np.median takes ten times as long for few values."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    low, high = np.partition(values, (middle - 1, middle))[middle - 1 : middle + 1].tolist()
    return float(low / 2 + high / 2 if abs(low) > 1e300 else (low + high) / 2)


def median_interval_ns(times: TimeArray) -> float:
    """Return the median interval of times in ns; equal times don't count unless all are equal."""
    intervals = np.diff(times)
    intervals = intervals[intervals > 0]
    return float(np.median(intervals)) if len(intervals) else 0.0
