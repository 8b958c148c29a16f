"""The spectrum of a window by Welch's method: means of the periodograms of segments, kept as readings come.

Segments overlap by half, have their mean taken off and Hann's window put on (Welch 1967). Each is computed
once, when its last reading has come; a window's spectrum is the mean of those that lie in it, so nothing
is subtracted and nothing drifts. A segment with a gap is left out: there is no telling what was in it.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.readings.gaps import find_gaps

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.channel_rows import Rows

__all__ = [
    "LONGEST",
    "MAX_SEGMENTS",
    "SHORTEST",
    "Peak",
    "Spectrum",
    "WindowSpectrum",
    "peak_of",
    "power_of",
]

SHORTEST, LONGEST = 8, 65_536
"""Readings of a segment."""
SHORTEST_CHOSEN, LONGEST_CHOSEN = 16, 4096
SHARE = 4
"""A segment is a power of two of at most this part of the readings, so that seven fit in."""
MAX_SEGMENTS = 1024
"""Segments that are averaged, the newest; more would hold 8 bytes for each of their frequencies."""
CONTEXT = 64
"""Rows before a segment that tell whether it begins with a gap."""
PACE_ROWS = 4096
AT_ONCE = 65_536
NEAR = 0.1
"""Readings that are so near to even times, in intervals, are taken as they are; others are resampled."""
OTHER_PACE = 3
"""After so many segments in a row of another pace the interval is found anew."""
PROMINENT = 10.0
"""A peak is so many times the median of the power around it and the valleys beside it at least …"""
FEW_SEGMENTS = 3
"""… and once more so for each of these by the number of segments: few of them leave noise rough."""
AROUND = 32
"""What is around it: so many frequencies to both sides, or this part of all."""
MOST_PEAKS = 32
ROUNDING = 2.0**-50
NS = 1e9


class Peak(NamedTuple):
    """Where a spectrum is highest."""

    frequency: float
    """In Hz, between the frequencies of the spectrum where the peak lies between them."""
    value: float
    """There: of a sine its whole power, also where that is shared by two frequencies."""


class Spectrum(NamedTuple):
    """The spectrum of one channel."""

    power: FloatArray
    """One-sided, unit²: at a sine's frequency half the square of its amplitude; empty before a segment."""
    step: float
    """Hz between two frequencies, of which the first is 0; NaN before a segment."""
    density: float
    """What turns power into density, unit²/Hz."""
    length: int
    """Readings of a segment."""
    n_segments: int
    n_resampled: int
    """Segments whose readings came at uneven times and were resampled."""
    n_left_out: int
    """Segments that held a gap."""
    n_readings: int
    """Readings that wait for their segment, where there is none yet."""
    is_cut: bool = False
    """Whether the window holds more segments, which are older than these."""

    @property
    def frequencies(self) -> FloatArray:
        """In Hz, from 0 to half the sampling rate."""
        return np.arange(len(self.power), dtype=np.float64) * self.step


def power_of(values: FloatArray) -> FloatArray:
    """Return the one-sided power of a segment of even readings: a sine of amplitude a has a²/2.

    Notes
    -----
    scipy.signal.welch(…, scaling="spectrum") of one segment. Cost: 20 ns a reading.

    Examples
    --------
    >>> sine = 3.0 * np.sin(2 * np.pi * 4 * np.arange(64) / 64)
    >>> power_of(sine)[3:6].round(9).tolist()
    [1.125, 4.5, 1.125]
    """
    n = len(values)
    window = _hann(n)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        about = values - values.mean()
        if np.abs(about).max() <= ROUNDING * np.abs(values).max():
            about[:] = 0.0  # all the same
        found: FloatArray = np.square(np.abs(np.fft.rfft(about * window)))
        found /= window.sum() ** 2
        found[1 : (n + 1) // 2] *= 2
    found[np.isnan(found)] = np.inf  # values without squares
    return found


def peak_of(power: FloatArray, step: float, n_segments: int) -> Peak | None:
    """Return the highest peak that stands out of what is around it and of the valleys beside it, or None.

    Its frequency is that of the parabola through the logarithms of the three highest values.
    """
    inner = power[2:-1]
    if not len(inner):
        return None
    is_peak = (inner > power[1:-2]) & (inner >= power[3:]) & np.isfinite(inner)
    places = np.flatnonzero(is_peak) + 2
    highest = places[np.argsort(power[places])[::-1][:MOST_PEAKS]].tolist()
    reach = max(AROUND, len(power) // AROUND)
    factor = PROMINENT * (1 + FEW_SEGMENTS / max(1, n_segments))
    at = next((k for k in highest if power[k] > factor * _ground(power, k, reach)), None)
    if at is None:
        return None
    if not (power[at - 1] > 0 and power[at + 1] > 0):
        return Peak(at * step, float(power[at]))
    low, top, high = np.log(power[at - 1 : at + 2]).tolist()
    shift = 0.5 * (low - high) / (low - 2 * top + high)
    return Peak((at + shift) * step, float(np.exp(top - 0.25 * (low - high) * shift)))


def _ground(power: FloatArray, at: int, reach: int) -> float:
    """Return what a peak stands on: the median around it, or a valley between it and a higher one."""
    valleys = []
    for side in (power[at - 1 : 0 : -1], power[at + 1 :]):
        higher = np.flatnonzero(side > power[at])
        if len(higher):
            valleys.append(float(side[: higher[0]].min(initial=power[at])))
    median = float(np.median(power[max(1, at - reach) : at + reach + 1]))
    return max([median, *valleys])


class WindowSpectrum:
    """Keeps the spectrum of a window of one channel.

    Parameters
    ----------
    segment
        Readings of a segment, or seconds as a float; None chooses a power of two by what is there.

    Notes
    -----
    Cost: about 30 ns for each new reading; 8 bytes for each frequency of a segment in the window. Thread
    safety: none; who has it guards it.
    """

    def __init__(self, segment: float | None = None) -> None:
        self._segment = segment
        self._length = 0
        self._interval = 0.0
        self._segments: deque[tuple[int, FloatArray, bool]] = deque(maxlen=MAX_SEGMENTS)
        self._left_out: deque[int] = deque(maxlen=MAX_SEGMENTS)
        self._row = self._edition = 0
        self._n_waiting = 0
        self._n_other = 0
        self._known: Spectrum | None = None

    def slide(
        self,
        start: int,
        stop: int,
        edition: int,
        read: Callable[[int, int], Rows],
        budget: float = np.inf,
    ) -> tuple[Spectrum, bool]:
        """Take in the rows start ≤ row < stop; return their spectrum and whether all of them are in it.

        It ends early after `budget` seconds.
        """
        until = time.monotonic() + budget
        if edition != self._edition or self._row > stop:
            self._edition = edition
            self._length = 0
        if self._choose_length(start, stop, read):
            self._begin(max(start, stop - self._length // 2 * (MAX_SEGMENTS + 1)))
        while self._segments and self._segments[0][0] < start:
            self._segments.popleft()
            self._known = None
        while self._left_out and self._left_out[0] < start:
            self._left_out.popleft()
        self._row = max(self._row, start)
        is_done = not self._length
        while not is_done and time.monotonic() < until:
            before = self._row
            is_done = self._take(stop, read)
            if self._row == before:
                is_done = True
        return self._spectrum(start), is_done

    def _begin(self, row: int) -> None:
        self._segments.clear()
        self._left_out.clear()
        self._row, self._n_other, self._known = row, 0, None

    def _choose_length(self, start: int, stop: int, read: Callable[[int, int], Rows]) -> bool:
        """Choose how long segments are; return whether that changed."""
        old = self._length
        if not old or self._n_other >= OTHER_PACE:
            interval = _interval(*_present(read(max(start, stop - PACE_ROWS), stop))[1:])
            if interval is None:
                self._length, self._n_waiting = 0, stop - start
                return False
            self._interval, old, self._n_other = interval, 0, 0
        if isinstance(self._segment, int):
            length = self._segment
        elif self._segment is not None:
            length = round(self._segment * NS / self._interval)
        else:
            length = 1 << max(0, (stop - start) // SHARE).bit_length() >> 1
            length = min(max(length, SHORTEST_CHOSEN), LONGEST_CHOSEN)
            if old and old // 4 < length < old:
                length = old  # a window that has lost a few readings
        self._length = min(max(length, SHORTEST), LONGEST)
        return self._length != old

    def _take(self, stop: int, read: Callable[[int, int], Rows]) -> bool:
        """Take in some of the rows that are left; return whether there are no more whole segments."""
        n, interval = self._length, self._interval
        end = min(stop, self._row + max(AT_ONCE, 4 * n))
        rows, times, values = _present(read(self._row - CONTEXT, end))
        gaps = find_gaps(times)
        at = int(rows.searchsorted(self._row))
        while at < len(times):
            last = float(times[at]) + (n - 1) * interval
            to = int(times.searchsorted(last - interval / 4))
            gap = int(gaps.searchsorted(at, "right"))
            if gap < len(gaps) and gaps[gap] <= to:
                self._left_out.append(int(rows[at]))
                at = int(gaps[gap])
                continue
            if to >= len(times):
                break
            even, is_resampled = self._even(times, values, at, to)
            self._segments.append((int(rows[at]), power_of(even), is_resampled))
            self._known = None
            next_ns = float(times[at]) + (n - n // 2 - 0.5) * interval
            at = max(at + 1, int(times.searchsorted(next_ns)))
        self._row = int(rows[at]) if at < len(times) else max(self._row, end)
        self._n_waiting = len(times) - at
        return end == stop

    def _even(
        self, times: TimeArray, values: FloatArray, at: int, to: int
    ) -> tuple[FloatArray, bool]:
        """Return readings of a segment at even times, and whether they had to be resampled."""
        n, interval = self._length, self._interval
        if to - at + 1 in (n, n + 1) and at + n <= len(times):
            late = times[at : at + n] - times[at] - np.arange(n) * interval
            drift = late[-1] * np.arange(n) / (n - 1)
            is_other = abs(float(late[-1])) > interval / 2
            self._n_other = self._n_other + 1 if is_other else 0
            if not is_other and np.abs(late - drift).max() <= NEAR * interval:
                return values[at : at + n], False
        else:
            pace = (float(times[to]) - float(times[at])) / (to - at)
            self._n_other = self._n_other + 1 if abs(pace / interval - 1) > 0.02 else 0
        # From the segment's begin: ns since 1970 have no room for parts of them in a float.
        since = (times[at : to + 1] - times[at]).astype(np.float64)
        return np.interp(np.arange(n) * interval, since, values[at : to + 1]), True

    def _spectrum(self, start: int) -> Spectrum:
        if self._known is None:
            n, segments = self._length, self._segments
            if segments:
                with np.errstate(over="ignore", invalid="ignore"):
                    power = np.mean([found for _, found, _ in segments], axis=0)
                rate = NS / self._interval
                window = _hann(n)
                density = float(window.sum() ** 2 / (rate * (window**2).sum()))
                step = rate / n
            else:
                power, density, step = np.empty(0), np.nan, np.nan
            n_resampled = sum(is_resampled for *_, is_resampled in segments)
            self._known = Spectrum(power, step, density, n, len(segments), n_resampled, 0, 0)
        n_waiting = 0 if self._segments else self._n_waiting
        is_full = len(self._segments) == MAX_SEGMENTS
        return self._known._replace(
            n_left_out=len(self._left_out),
            n_readings=n_waiting,
            is_cut=is_full and self._segments[0][0] >= start + self._length // 2,
        )


def _hann(n: int) -> FloatArray:
    """Return Hann's window as spectra need it: periodic."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def _present(found: Rows) -> tuple[TimeArray, TimeArray, FloatArray]:
    """Return numbers, times and values of rows that are not missing; of equal times the first."""
    start, times, values = found
    is_there = values == values
    if len(times) > 1:
        is_there[1:] &= times[1:] != times[:-1]
    if is_there.all():
        return np.arange(start, start + len(times)), times, values
    rows = np.flatnonzero(is_there)
    return start + rows, times[rows], values[rows]


def _interval(times: TimeArray, values: FloatArray) -> float | None:
    """Return how far apart readings are in ns: the mean of those intervals that are near the median."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    if len(steps) < SHORTEST - 1:
        return None
    median = float(np.median(steps))
    near = steps[(steps > 0.5 * median) & (steps < 1.5 * median)]
    return float(near.mean()) if len(near) else median
