"""A detector for streams about which nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.parts.history import ColumnHistory
from nbstream.detectors.parts.parameters import number
from nbstream.detectors.parts.period import PeriodDetector, same_phase
from nbstream.detectors.parts.rarity import BLOCK, BlockExtremes, Tails
from nbstream.detectors.parts.telling import LEAST_SCORE, Telling
from nbstream.detectors.parts.wording import apart, duration, judges_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["DefaultDetector", "default"]

LIMIT = 7.0
# An episode begins with what is so much stranger than the limit; below that a reading is told for itself.
EPISODE = 8 / 7
VIEWS = (
    *(("value", 1), ("change", 1)),
    *((kind, n) for n in (4, 16, 64) for kind in ("mean", "step")),
    *(("spread", 16), ("spread", 64), ("season", 4)),
)
N_VIEWS = len(VIEWS)
LONGEST = 128
SPREADS = [8, 9]
APART = [2, 8]
# How many readings each view is about.
SPANS = np.array([2 * n if kind == "step" else n for kind, n in VIEWS])
SEASON = 10

N_PERIODS = 7
AROUND = 4
# The score that one in 16 blocks of white noise reaches; and how many blocks of a channel's own experience
# weigh as much as that.
OFTEN = 4.5
PRIOR_BLOCKS = 128

# How many blocks are learnt before anything is judged; up to how many the spread of single readings counts
# too, and how often the span of a view must have been there.
FIRST_BLOCKS = 3
NOISE_BLOCKS = 9
N_SPANS = 6
# Tails that were learnt from as many blocks as this are believed half.
DOUBT_BLOCKS = 8
# The longest fault at the start that is forgotten.
FAULT_BLOCKS = 12
# Keeps sums and differences of values near the end of float64 finite; a power of two, so nothing is lost.
DOWN, UP = 2.0**-10, 2.0**10


def default() -> Detector:
    """Return the detector for a channel about which nothing is known: `DefaultDetector()`."""
    return DefaultDetector()


class DefaultDetector(PeriodDetector):
    """Finds readings that are unlike those before them in any of eleven ways, whose scores are added up.

    It looks at the value, the change from one reading to the next, means over 4, 16 and 64 readings and
    their steps, the spread of changes over 16 and 64 readings (a flat line is too little of it), and the
    difference from the same phase of earlier periods, if the channel has a period. Each is compared with
    its own extremes in the past, and what is rarer than they are counts in decades (powers of ten).

    Parameters
    ----------
    limit
        Least score of an anomaly, in decades. White noise reaches 7 about five times in 100,000 readings.
    history
        How many readings are remembered, ≥ 1,024.

    Raises
    ------
    ValueError
        If `limit` is not > 1 or `history` is too small.

    Notes
    -----
    One anomaly gives one alarm, at its beginning. After an alarm a reading scores 0 unless it is twice as
    strange as the one that was reported (what is needed halves with every 64 calm readings), or once, if it
    is twice as far beyond the usual values, and once, if it is far beyond all values before. A channel that
    had four anomalies within its history is judged by the fourth largest of them.

    What was learnt from n blocks of 32 readings is believed by n / (n + 8): by so much decades are
    multiplied from 288 readings on. Until then the spread of single readings sets the tails.

    Warm after 96 readings. A missing reading scores NaN; those before and after it count as consecutive.
    docs/detectors/default.md explains the steps. Cost: about 5 µs per reading in batches of thousands,
    0.3 ms for a single one; 3 MB.

    Examples
    --------
    >>> values = np.sin(np.arange(3000) * 0.3)
    >>> values[2500] = 4.0
    >>> detection = DefaultDetector().update(np.arange(3000), values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [2500]
    """

    name = "default"
    max_rate = 20_000

    def __init__(self, *, limit: float = LIMIT, history: int = 16_384) -> None:
        self.limit = number("limit", limit, above=LEAST_SCORE)
        self.history = int(number("history", history, at_least=1024))
        self.reset()

    def reset(self) -> None:
        """Forget everything that was seen."""
        n_blocks = self.history // BLOCK
        self._begin(FIRST_BLOCKS * BLOCK, 256)
        self._means = ColumnHistory(self.history)
        self._peaks = ColumnHistory(self.history, shape=(2 * N_VIEWS,), dtype=np.float32)
        self._recent: FloatArray = np.zeros((2 * N_VIEWS, 0))
        self._extremes = BlockExtremes(N_VIEWS, n_blocks)
        self._scores = BlockExtremes(1, n_blocks)
        self._tails: Tails | None = None
        self._weight = self._belief = 1.0
        self._telling = Telling(EPISODE * self.limit, self.history)
        self._highest, self._lowest = -np.inf, np.inf
        self._started = 0  # after how many readings all was learnt anew

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        present = np.flatnonzero(values == values)
        n_seen = self._n + np.cumsum(values == values)
        is_warm = n_seen - (values == values) >= FIRST_BLOCKS * BLOCK
        findings = _Findings(values, n_seen, self.limit)
        with np.errstate(all="ignore"):
            for rows, ascending in self._pieces(times, present):
                self._take(ascending, values[rows] * DOWN, rows, findings)
        score = findings.score
        return Detection(score, score >= self.limit, is_warm, findings.explain)

    def _take(
        self, times: TimeArray, values: FloatArray, rows: IntArray, findings: _Findings
    ) -> None:
        """Take in readings that lie between two fits."""
        m = len(values)
        self._times.append(times)
        self._values.append(values)
        views = self._view(m)
        decades = np.zeros((2 * N_VIEWS, m))
        tails = self._tails
        if tails is not None:
            decades = tails.decades(views)
            self._remember(decades)
            decades = self._beyond_usual(decades, times)
            total = _total(decades)
            weighted = total * self._weight
            self._scores.add(total[None])
            high, low = (float(limit[0]) for limit in tails.limits())
            excesses = np.maximum(values - high, low - values)
            least = (high - low) / 2
            records = self._records(values, least)
            needed = self.limit * max(1 / self._belief, EPISODE)
            strengths, scores = self._telling.take(
                self._n, weighted, needed, excesses, records, least
            )
            findings.strength[rows] = self._belief * strengths
            findings.score[rows] = self._belief * scores
            findings.note(rows, views, decades, tails, self._finder.period)
        else:
            self._remember(decades)
            self._records(values, 0.0)
        # Anomalies are learnt too: what is learnt are quartiles, which a few of them don't move.
        self._extremes.add(views)

    def _records(self, values: FloatArray, margin: float) -> BoolArray:
        """Return which values are beyond all before them by a margin."""
        highest = np.maximum.accumulate(np.append(self._highest, values))
        lowest = np.minimum.accumulate(np.append(self._lowest, values))
        self._highest, self._lowest = float(highest[-1]), float(lowest[-1])
        records: BoolArray = (values > highest[:-1] + margin) | (values < lowest[:-1] - margin)
        return records

    def _view(self, m: int) -> FloatArray:
        """Return the views of the newest `m` readings, shape (views, m); NaN where one can't be had."""
        views = self._look(m)
        self._means.append(views[2])
        views[SEASON] = self._seasonal(m)
        return views

    def _look(self, m: int) -> FloatArray:
        """Return all views but the seasonal one of the newest `m` readings."""
        views = np.full((N_VIEWS, m), np.nan)
        x = self._values.last(m + LONGEST)
        changes = np.diff(x)
        for row, (kind, n) in enumerate(VIEWS):
            if kind == "value":
                series = x
            elif kind == "change":
                series = changes
            elif kind == "mean":
                series = _sums(x, n) / n
            elif kind == "step":
                means = _sums(x, n) / n
                series = means[n:] - means[:-n]
            elif kind == "spread":
                series = _sums(np.abs(changes), n) / n
            else:
                continue
            k = min(len(series), m)
            views[row, m - k :] = series[len(series) - k :]
        return views

    def _seasonal(self, m: int) -> FloatArray:
        """Return how far the mean of 4 is from the nearest one at the same phase of 7 earlier periods."""
        period = self._finder.period
        if period is None:
            return np.full(m, np.nan)
        times, means = self._times.all(), self._means.all()
        indices, is_there = same_phase(times, times[len(times) - m :], period, N_PERIODS)
        residuals = np.where(is_there, means[len(means) - m :] - means[indices], np.nan)
        distances = np.where(residuals == residuals, np.abs(residuals), np.inf)
        nearest = distances.argmin(axis=0)
        chosen: FloatArray = residuals[nearest, np.arange(m)]
        return chosen

    def _remember(self, decades: FloatArray) -> None:
        """Keep for each reading the largest decades of it and the 8 before it."""
        n = 2 * AROUND + 1
        before = np.zeros((2 * N_VIEWS, max(0, n - 1 - self._recent.shape[1])))
        padded = np.concatenate((before, self._recent, decades), axis=1)
        m = decades.shape[1]
        peaks = padded[:, n - 1 : n - 1 + m].copy()
        for shift in range(n - 1):
            np.maximum(peaks, padded[:, shift : shift + m], out=peaks)
        self._recent = padded[:, padded.shape[1] - (n - 1) :].copy()
        self._peaks.append(peaks)

    def _beyond_usual(self, decades: FloatArray, times: TimeArray) -> FloatArray:
        """Return the decades beyond those that are usual at this phase.

        Usual is the lower median of what there was within four readings of the same phase of 7 earlier
        periods. The seasonal view compares phases itself.
        """
        period = self._finder.period
        strange = np.flatnonzero(_total(decades) >= LEAST_SCORE)
        if period is None or not len(strange):
            return decades
        peaks, m = self._peaks.all(), decades.shape[1]
        indices, is_there = same_phase(self._times.all(), times[strange], period, N_PERIODS)
        last_before = peaks.shape[1] - m + strange - 1
        seen = peaks[:, np.minimum(indices + AROUND, last_before)].astype(np.float64)
        seen = np.sort(np.where(is_there, seen, np.inf), axis=1)
        n = is_there.sum(axis=0)
        usual = seen[:, np.maximum(n - 1, 0) // 2, np.arange(len(strange))]
        usual = np.where(n > 0, usual, 0.0)
        usual[[SEASON, N_VIEWS + SEASON]] = 0.0
        decades = decades.copy()
        decades[:, strange] = np.maximum(decades[:, strange] - usual, 0.0)
        return decades

    def _leave_fault(self) -> None:
        """Forget what was before an onset, if all was different since, for as long as before.

        Only while readings are few: later a quarter of what is remembered makes a new level usual.
        """
        for onset in self._telling.onsets:
            before = (onset - self._started) // BLOCK
            since = (self._n - onset) // BLOCK
            if 0 < before <= min(since, FAULT_BLOCKS) and since <= 2 * before:
                if self._are_apart(before, since):
                    self._forget_all_but(since)
                    return

    def _are_apart(self, before: int, since: int) -> bool:
        """Return whether means or spreads in the oldest blocks and the newest ones are apart."""
        high, low = self._extremes.high[APART], self._extremes.low[APART]
        n = high.shape[1]
        if before + since > n:
            return False
        above = np.median(low[:, n - since :], axis=1) > np.median(high[:, :before], axis=1)
        below = np.median(high[:, n - since :], axis=1) < np.median(low[:, :before], axis=1)
        return bool((above | below).any())

    def _forget_all_but(self, since: int) -> None:
        """Begin anew with the newest blocks."""
        keep = since * BLOCK
        for tail in (self._times, self._values, self._means, self._peaks):
            tail.trim(keep)
        self._extremes.keep(since)
        self._scores = BlockExtremes(1, self.history // BLOCK)
        self._weight = 1.0
        self._telling = Telling(EPISODE * self.limit, self.history)
        known = self._values.all()
        self._highest, self._lowest = float(known.max()), float(known.min())
        self._started = self._n - keep

    def _fit(self) -> None:
        n_blocks = (self._n - self._started) // BLOCK
        self._next_fit = self._n + BLOCK * min(max(1, n_blocks // 16), 16)
        for tail in (self._times, self._values, self._means, self._peaks):
            tail.trim()
        had_period = self._finder.period is not None
        if self._finder.look(self._n, self._times.all(), self._values.all()):
            if not had_period:  # scores without it say nothing of those with it
                self._scores = BlockExtremes(1, self.history // BLOCK)
                self._weight = 1.0
            self._extremes.replace(SEASON, self._seasonal(len(self._times)))
        self._leave_fault()
        self._tails = Tails.fit(self._extremes, SPREADS)
        n = self._n - self._started
        is_early = n < NOISE_BLOCKS * BLOCK
        self._belief = 1.0 if is_early else n / (n + DOUBT_BLOCKS * BLOCK)
        if is_early:
            seen = self._look(min(n, len(self._values)))
            self._tails = self._tails.no_narrower_than_noise(seen, N_SPANS * SPANS <= n)
        highs = np.sort(self._scores.high[0])
        if len(highs):
            often = max(float(highs[15 * len(highs) // 16]), OFTEN)
            weight = len(highs) / (len(highs) + PRIOR_BLOCKS)
            self._weight = OFTEN / (OFTEN + weight * (often - OFTEN))


def _total(rows: FloatArray) -> FloatArray:
    """Return the sum of the rows, added in their order however many columns there are."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total


def _sums(values: FloatArray, n: int) -> FloatArray:
    """Return the sums of `n` (a power of two) consecutive values, len(values) − n + 1 of them.

    Each is added in the same order wherever it stands, so batches make no difference.
    """
    k = 1
    while k < n:
        values = values[k:] + values[: max(len(values) - k, 0)]
        k *= 2
    return values


class _Findings:
    """What was found of each reading of a batch, enough to say why."""

    def __init__(self, values: FloatArray, n_seen: IntArray, limit: float) -> None:
        n = len(values)
        self.limit = limit
        self._is_missing = values != values
        self._n_seen = n_seen
        self.score = np.full(n, np.nan)
        self.strength = np.full(n, np.nan)
        self._which = np.full(n, -1, np.int64)
        self._n_views = np.zeros(n, np.int64)
        self._measured = np.full((3, n), np.nan)
        self._period = np.full(n, np.nan)

    def note(
        self,
        rows: IntArray,
        views: FloatArray,
        decades: FloatArray,
        tails: Tails,
        period: float | None,
    ) -> None:
        """Keep for each reading which view was the strangest, and what it measured."""
        which = decades.argmax(axis=0)
        high, low = tails.limits()
        view = which % N_VIEWS
        self._which[rows] = which
        self._n_views[rows] = (np.maximum(decades[:N_VIEWS], decades[N_VIEWS:]) > 0).sum(axis=0)
        self._measured[0, rows] = views[view, np.arange(len(rows))]
        self._measured[1, rows] = low[view]
        self._measured[2, rows] = high[view]
        self._period[rows] = np.nan if period is None else period

    def explain(self, i: int) -> str:
        strength = self.strength[i]
        if not strength == strength:
            if self._is_missing[i]:
                return "Missing."
            return f"It {judges_from(FIRST_BLOCKS * BLOCK + 1, int(self._n_seen[i]))}."
        if strength < LEAST_SCORE:
            return f"As usual: {strength:.1f} decades (anomaly from {self.limit:g})."
        with np.errstate(over="ignore"):
            measured, low, high = self._measured[:, i] * UP
        side, view = divmod(int(self._which[i]), N_VIEWS)
        kind, n = VIEWS[view]
        number, lowest, highest = apart(measured, low, high)
        # In few blocks what is usually the largest may be less than what is usually the smallest.
        usual = f"{lowest} to {highest}" if low <= high else lowest if side else highest
        usual = f"{'below' if side else 'above'} the usual {usual}"
        sign = "+" if measured > 0 else ""
        text = _WORDS[kind](n, number, sign, usual, self._period[i])
        others = int(self._n_views[i]) - 1
        agreeing = f" in {others + 1} of {N_VIEWS} views" if others else ""
        again = ", already reported" if strength >= self.limit and not self.score[i] else ""
        return f"{text}; {strength:.1f} decades{agreeing} (anomaly from {self.limit:g}){again}."


_WORDS: dict[str, Callable[[int, str, str, str, float], str]] = {
    "value": lambda n, y, sign, usual, _: f"Value {y} {usual}",
    "change": lambda n, y, sign, usual, _: f"Change of {sign}{y} in one reading {usual}",
    "mean": lambda n, y, sign, usual, _: f"Mean of {n} readings {y} {usual}",
    "step": lambda n, y, sign, usual, _: f"Step of {sign}{y} over {n} readings {usual}",
    "spread": lambda n, y, sign, usual, _: f"Mean absolute change over {n} readings {y} {usual}",
    "season": lambda n, y, sign, usual, period: (
        f"Mean of {n} readings differs by {sign}{y} from the nearest at this phase of earlier periods "
        f"of {duration(period)}, {usual}"
    ),
}
