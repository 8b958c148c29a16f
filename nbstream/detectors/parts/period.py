"""The period of a channel, and where the readings of the same phase are."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.base import Detector
from nbstream.detectors.parts.history import ColumnHistory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.readings.batch import BoolArray, FloatArray, IntArray, TimeArray

__all__ = ["PeriodDetector", "PeriodFinder", "find_period", "format_period", "same_phase"]

MAX_READINGS = 16_384
MIN_READINGS_PER_PERIOD = 8
MIN_CORRELATION = 0.3
DAY_NS = 86_400_000_000_000


def find_period(times: TimeArray, values: FloatArray) -> float | None:
    """Return the period of some readings in nanoseconds, or None if there is none.

    Parameters
    ----------
    times
        int64 ns, shape (n,), ascending.
    values
        float64, shape (n,), finite. At most the newest 16,384 are looked at.

    Returns
    -------
    float or None
        The lag of the first high peak of the autocorrelation behind its first zero, made more exact by the
        peaks at its multiples. It is a period only if three of them were seen, of at least 8 readings
        each, and the correlation is at least 0.3 after one of them and after two.

    Notes
    -----
    Readings are put on a grid of their mean distance, without the straight line through them. Their ranks
    stand for the values, so that a few spikes neither hide a period nor feign one. The autocorrelation is
    the inverse transform of the power spectrum (Wiener–Khinchin). Cost: O(n log n), 3 ms for 16,384.
    """
    times, values = times[-MAX_READINGS:], values[-MAX_READINGS:]
    n = len(times)
    span = int(times[-1]) - int(times[0]) if n else 0
    if n < 3 * MIN_READINGS_PER_PERIOD or span <= 0:
        return None
    step = span / (n - 1)
    correlation = _autocorrelation(_on_grid(times, values, step))
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
    return period * step


def _on_grid(times: TimeArray, values: FloatArray, step: float) -> FloatArray:
    """Return the ranks of the values as means per cell of a regular grid, without their trend."""
    n = len(times)
    cells = np.minimum(((times - times[0]) / step + 0.5).astype(np.int64), n - 1)
    ranks = np.searchsorted(np.sort(values), values).astype(np.float64)
    ranks -= ranks.mean()
    counts = np.bincount(cells, minlength=n)
    grid = np.bincount(cells, weights=ranks, minlength=n) / np.maximum(counts, 1)
    x = np.arange(n) - (n - 1) / 2
    trend: FloatArray = grid - grid.mean() - x * (float((x * grid).sum()) / float((x * x).sum()))
    return trend


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
    """

    def __init__(self, first: int) -> None:
        self.period: float | None = None
        self.next_at = first

    def look(self, n: int, times: TimeArray, values: FloatArray) -> bool:
        """Look at the readings if it is time to, and return whether `period` changed.

        A period is replaced by another one, if that differs by a sixteenth of a reading, but not by None:
        a week without a pattern doesn't end it.
        """
        if n < self.next_at:
            return False
        self.next_at = n + min(n // 4, 4096)
        found = find_period(times, values)
        if found is None:
            return False
        step = (int(times[-1]) - int(times[0])) / (len(times) - 1)
        if self.period is not None and abs(found - self.period) < step / 16:
            return False
        self.period = found
        return True


class PeriodDetector(Detector):
    """Base of detectors that compare with earlier periods, and learn at set numbers of readings."""

    history: int
    """How many readings are remembered."""

    def _begin(self, first_fit: int, first_look: int) -> None:
        """Forget everything that was seen; learn at so many readings first, and look for the period."""
        self._n = 0
        self._next_fit = first_fit
        self._latest = np.iinfo(np.int64).min
        self._times = ColumnHistory(self.history, dtype=np.int64)
        self._values = ColumnHistory(self.history)
        self._finder = PeriodFinder(first_look)

    @property
    def period(self) -> float | None:
        """The period in seconds, given or found; None while there is none."""
        return None if self._finder.period is None else self._finder.period / 1e9

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


def format_period(period: float) -> str:
    """Return a period in words: "1d", "1.25s"; three digits are kept."""
    for name, unit in (("d", DAY_NS), ("h", DAY_NS // 24), ("min", DAY_NS // 1440)):
        if period >= 0.995 * unit:
            return f"{period / unit:.3g}{name}"
    return f"{period / 1e9:.3g}s"
