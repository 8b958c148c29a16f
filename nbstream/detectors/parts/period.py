"""The period of a channel, and where the readings of the same phase are."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from nbstream.detectors.base import Detector
from nbstream.detectors.parts.history import ColumnHistory
from nbstream.detectors.parts.wording import DAY_NS, YEAR_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["PeriodDetector", "PeriodFinder", "find_period", "same_phase"]

MAX_READINGS = 16_384
MIN_READINGS_PER_PERIOD = 8
MIN_CORRELATION = 0.3
PARTS = 8
"""Into so many parts a period is divided to see whether its pattern comes again."""
CELLS = 24
"""… and a day into so many, whose means are its pattern."""
EVIDENCE = 1.05
USUAL = (DAY_NS, 7 * DAY_NS, YEAR_NS)
RECENT = 12
"""Periods in which a pattern must not be seen any more before its period is given up, at least."""


def find_period(times: TimeArray, values: FloatArray, *, weeks: bool = False) -> float | None:
    """Return the period of some readings in nanoseconds, or None if there is none.

    Parameters
    ----------
    times
        int64 ns, shape (n,), ascending.
    values
        float64, shape (n,), finite. At most the newest 16,384 are looked at.
    weeks
        Whether a day may be found to be part of a week.

    Returns
    -------
    float or None
        The lag of the first high peak of the autocorrelation behind its first zero, made more exact by the
        peaks at its multiples. It is a period only if three of them were seen, of at least 8 readings
        each, the correlation is at least 0.3 after one of them and after two, and `repetition` is at least
        1.05 / √(periods − 1), or three quarters of that for a day, a week or a year. A day is a week if what
        is left without its pattern repeats after seven of it.

    Notes
    -----
    Readings are put on a grid of their mean distance, without the straight line through them. Their ranks
    stand for the values, so that a few spikes neither hide a period nor feign one. The autocorrelation is
    the inverse transform of the power spectrum (Wiener–Khinchin). Cost: O(n log n), 3 ms for 16,384.

    Where neighbours are alike, as in a random walk, long waves correlate by chance. So it is `repetition`,
    which leaves out what one part of a period has from the part before it, that decides; its limit was
    set by simulation: of 40 series of noise, random walks or autoregressions of 30,000 readings each, at
    most one is taken for periodic, however often it is looked at.
    """
    found = _find(times[-MAX_READINGS:], values[-MAX_READINGS:], weeks=weeks)
    return None if found is None else found.period


class _Found(NamedTuple):
    """A period in ns, and the repetition of its pattern."""

    period: float
    repetition: float


def _find(times: TimeArray, values: FloatArray, *, weeks: bool) -> _Found | None:
    n = len(times)
    span = int(times[-1]) - int(times[0]) if n else 0
    if n < 3 * MIN_READINGS_PER_PERIOD or span <= 0:
        return None
    step = span / (n - 1)
    grid = _on_grid(times, values, step)
    correlation = _autocorrelation(grid)
    lag = _first_peak(correlation[: n // 3])
    if lag is None:
        return None
    period = float(lag)
    for k in range(2, len(correlation) // lag):
        centre, reach = round(k * period), max(1, lag // (4 * k))
        around = correlation[centre - reach : centre + reach + 1]
        if centre + reach >= len(correlation):
            break
        if k == 2 and around.max() < MIN_CORRELATION:
            return None
        period = (centre - reach + int(around.argmax())) / k
    period *= step
    seen = repetition(times, values, period)
    if seen < needed_repetition(span, period):
        return None
    week = _week_of(times, values, period) if weeks else None
    return week or _Found(period, seen)


def _week_of(times: TimeArray, values: FloatArray, day: float) -> _Found | None:
    """Return the week that what is left of readings without their daily pattern follows, or None.

    The autocorrelation of such readings is nearly as high after a day as after a week.
    """
    week = 7 * day
    span = int(times[-1]) - int(times[0])
    if abs(day / DAY_NS - 1) > 1 / 20 or span < 3 * week:
        return None
    cells = ((times - times[0]) % day * (CELLS / day)).astype(np.int64)
    ranks = _ranks(values)
    usual = np.bincount(cells, weights=ranks) / np.maximum(np.bincount(cells), 1)
    left = ranks - usual[cells]
    # Weekends that are only lower differ by days, of which few more often seem alike; others by hours.
    by_days = 0.75 * repetition(times, left, week, 7)
    seen = max(by_days, repetition(times, left, week, 7 * PARTS))
    return _Found(week, seen) if seen >= needed_repetition(span, week) else None


def repetition(
    times: TimeArray, values: FloatArray, period: float, n_in_period: int = PARTS
) -> float:
    """Return how alike consecutive periods are: 1 if they are equal, about 0 if there is no pattern.

    Parameters
    ----------
    times
        int64 ns, shape (n,), ascending.
    values
        float64, shape (n,), finite.
    period
        In ns.
    n_in_period
        Parts that a period is divided into.

    Returns
    -------
    float
        Whole periods, counted back from the newest reading, are divided into 8 parts, or so many. What the
        mean rank of a part can't have from that of the part before it (a first-order autoregression, fitted
        to all) is correlated with the same of one period and of two periods before; parts without readings,
        or after one, are left out. 0 for less than three periods.
    """
    n_periods = int((int(times[-1]) - int(times[0])) / period)
    if n_periods < 3:
        return 0.0
    ranks = _ranks(values)
    x = (times - times[0]) / period
    x -= x.mean()
    ranks -= x * (float((x * ranks).sum()) / float((x * x).sum()))
    n_parts = n_periods * n_in_period
    parts = ((times - times[-1]) * (n_in_period / period)).astype(np.int64) + n_parts - 1
    is_in = parts >= 0
    counts = np.bincount(parts[is_in], minlength=n_parts)
    sums = np.bincount(parts[is_in], weights=ranks[is_in], minlength=n_parts)
    means: FloatArray = sums / np.maximum(counts, 1)
    is_there = counts > 0
    means = np.where(is_there, means - means[is_there].mean(), 0.0)
    power = float((means * means).sum())
    if not power > 0:
        return 0.0
    # A fit to few values finds too little of what neighbours have in common.
    n = int(is_there.sum())
    memory = float((means[1:] * means[:-1]).sum()) / power
    memory = min(max((memory * n + 2) / max(n - 4, 1), 0.0), 1.0)
    new = means.copy()
    new[1:] -= memory * means[:-1]
    new[0] *= math.sqrt(1 - memory * memory)
    is_there[1:] &= counts[:-1] > 0
    rows = np.where(is_there, new, 0.0).reshape(n_periods, n_in_period)
    known = is_there.reshape(n_periods, n_in_period)
    products = float((rows[1:] * rows[:-1]).sum() + (rows[2:] * rows[:-2]).sum())
    n_products = int((known[1:] & known[:-1]).sum() + (known[2:] & known[:-2]).sum())
    spread = float((rows * rows).sum()) / max(int(known.sum()), 1)
    return products / n_products / spread if n_products and spread > 0 else 0.0


def needed_repetition(span: float, period: float) -> float:
    """Return from what repetition on a pattern was seen in a span of three periods or more, both in ns.

    A day, a week and a year (within a twentieth) are likelier than others to begin with, and need three
    quarters of what these do.
    """
    is_usual = any(abs(period / usual - 1) < 1 / 20 for usual in USUAL)
    return EVIDENCE * (0.75 if is_usual else 1.0) / math.sqrt(max(int(span / period), 3) - 1)


def _on_grid(times: TimeArray, values: FloatArray, step: float) -> FloatArray:
    """Return the ranks of the values as means per cell of a regular grid, without their trend."""
    n, ranks = len(times), _ranks(values)
    cells = np.minimum(((times - times[0]) / step + 0.5).astype(np.int64), n - 1)
    counts = np.bincount(cells, minlength=n)
    grid = np.bincount(cells, weights=ranks, minlength=n) / np.maximum(counts, 1)
    x = np.arange(n) - (n - 1) / 2
    trend: FloatArray = grid - grid.mean() - x * (float((x * grid).sum()) / float((x * x).sum()))
    return trend


def _ranks(values: FloatArray) -> FloatArray:
    """Return how many values are smaller than each, less the mean of that."""
    ranks = np.searchsorted(np.sort(values), values).astype(np.float64)
    ranks -= ranks.mean()
    return ranks


def _autocorrelation(grid: FloatArray) -> FloatArray:
    """Return the correlation at lags below three quarters of the length; zeros if nothing varies."""
    n = len(grid)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(grid, size)) ** 2
    products: FloatArray = np.fft.irfft(spectrum, size)[: 3 * n // 4]
    if not products[0] > 1e-9 * n:
        return np.zeros_like(products)
    correlation: FloatArray = products / products[0] * (n / (n - np.arange(len(products))))
    return correlation


def _first_peak(correlation: FloatArray) -> int | None:
    negative = np.flatnonzero(correlation < 0)
    if not len(negative):
        return None
    inside = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inside >= correlation[:-2]) & (inside > correlation[2:]))
    peaks = peaks[peaks >= max(int(negative[0]), MIN_READINGS_PER_PERIOD)]
    if not len(peaks) or correlation[peaks].max() < MIN_CORRELATION:
        return None
    # Multiples of a period peak as high as the period. Noise makes several peaks of one: climb on.
    lag = int(peaks[correlation[peaks] >= 0.85 * correlation[peaks].max()][0])
    return lag + int(correlation[lag : lag + lag // 8 + 1].argmax())


class PeriodFinder:
    """Looks for the period at set numbers of readings, so that batches make no difference.

    Parameters
    ----------
    first
        Number of readings at which to look first; then each time a quarter more is there, and at the
        latest after 4,096 more.
    weeks
        Whether a day may be found to be part of a week.
    """

    def __init__(self, first: int, *, weeks: bool = False) -> None:
        self._weeks = weeks
        self.period: float | None = None
        """In ns; None while there is none."""
        self.given_up: float | None = None
        """The period that was given up last, in ns, while there is no other."""
        self.next_at = first
        self._repetition = 0.0  # the largest that was seen, since RECENT periods are there

    def look(self, n: int, times: TimeArray, values: FloatArray) -> bool:
        """Look at the readings if it is time to, and return whether `period` changed.

        A period is replaced by another one, if that differs by a sixteenth of a reading. It is given up
        when its pattern is gone from the newest periods: 12 of them, or more where it was seen for long or
        is weak. A week without a pattern doesn't end a day.
        """
        if n < self.next_at:
            return False
        self.next_at = n + min(n // 4, 4096)
        times, values = times[-MAX_READINGS:], values[-MAX_READINGS:]
        known, found = self.period, _find(times, values, weeks=self._weeks)
        if found is not None:
            span = int(times[-1]) - int(times[0])
            is_like = known is not None and abs(found.period / known - 1) < 1 / 8
            largest = max(found.repetition, self._repetition if is_like else 0.0)
            largest = largest if span >= RECENT * found.period else 0.0
            if _is_going_on(found.period, largest, times, values):
                self._repetition = largest
                step = span / (len(times) - 1)
                if known is not None and abs(found.period - known) < step / 16:
                    return False
                self.period, self.given_up = found.period, None
                return True
        if known is None or _is_going_on(known, self._repetition, times, values):
            return False
        self.period, self.given_up = None, known
        return True


def _is_going_on(period: float, largest: float, times: TimeArray, values: FloatArray) -> bool:
    """Return whether half of the repetition that is needed is there in the newest periods.

    They are 12, an eighth of those that are remembered, or as many as it takes for the `largest` repetition
    that was seen to be twice what is needed.
    """
    span = int(times[-1]) - int(times[0])
    n_periods = max(RECENT, span / period / 8, 1 + (2 * EVIDENCE / largest) ** 2 if largest else 0)
    begin = int(np.searchsorted(times, int(times[-1]) - n_periods * period))
    times, values = times[begin:], values[begin:]
    span = int(times[-1]) - int(times[0])
    if span < 3 * period or len(times) < MIN_READINGS_PER_PERIOD * span / period:
        return True  # too little is there to say that it is not
    return repetition(times, values, period) >= needed_repetition(span, period) / 2


class PeriodDetector(Detector):
    """Base of detectors that compare with earlier periods, and learn at set numbers of readings."""

    history: int
    """How many readings are remembered."""
    finds_weeks: ClassVar[bool] = False
    """Whether a day may be found to be part of a week."""

    def _begin(self, first_fit: int, first_look: int) -> None:
        """Forget everything that was seen; learn at so many readings first, and look for the period."""
        self._n = 0
        self._next_fit = first_fit
        self._latest = np.iinfo(np.int64).min
        self._times = ColumnHistory(self.history, dtype=np.int64)
        self._values = ColumnHistory(self.history)
        self._finder = PeriodFinder(first_look, weeks=self.finds_weeks)

    @property
    def period(self) -> float | None:
        """The period in seconds, given or found; None while there is none."""
        return None if self._finder.period is None else self._finder.period / 1e9

    @property
    def given_up(self) -> float | None:
        """The period in seconds that was given up since its pattern was gone, while no other was found."""
        return None if self._finder.given_up is None else self._finder.given_up / 1e9

    def _pieces(self, times: TimeArray, present: IntArray) -> Iterator[tuple[IntArray, TimeArray]]:
        """Yield rows and times, which never go back, of readings to take in before the next fit."""
        ascending = np.maximum.accumulate(np.append(self._latest, times[present]))[1:]
        position = 0
        while position < len(present):
            stop = min(position + self._next_fit - self._n, len(present))
            yield present[position:stop], ascending[position:stop]
            self._n += stop - position
            position = stop
            if self._n == self._next_fit:
                self._fit()
        if len(present):
            self._latest = ascending[-1]

    @abstractmethod
    def _fit(self) -> None:
        """Learn from the readings so far, and say when next."""


def same_phase(
    times: TimeArray, now: TimeArray, period: float, n_periods: int
) -> tuple[IntArray, BoolArray]:
    """Return where the readings of the same phase are, 1 … `n_periods` periods before `now`.

    Parameters
    ----------
    times
        int64 ns, shape (n,), ascending, n ≥ 2.
    now
        int64 ns, shape (m,).
    period
        In ns.

    Returns
    -------
    indices
        int64, shape (`n_periods`, m): the nearest reading.
    is_there
        bool, same shape: whether it is nearer than a sixteenth of the period.
    """
    shifts = (np.arange(1, n_periods + 1) * period).astype(np.int64)
    wanted = now - shifts[:, None]
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    before = after - 1
    nearer = wanted - times[before] <= times[after] - wanted
    indices: IntArray = np.where(nearer, before, after)
    return indices, np.abs(times[indices] - wanted) <= period / 16
