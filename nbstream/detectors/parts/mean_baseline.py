"""Mean and standard deviation of a moving window."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.baseline import WindowBaseline
from nbstream.detectors.parts.subwindows import per_reading, subwindow_groups
from nbstream.summaries.summary import spread_floor

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = ["MeanBaseline"]


class MeanBaseline(WindowBaseline):
    """Mean and standard deviation (ddof = 1), merged from subwindows by Chan, Golub and LeVeque's formula."""

    def _nothing(self, n: int) -> FloatArray:
        return np.zeros((3, n))

    def _merged(self, a: FloatArray, b: FloatArray) -> FloatArray:
        merged = a + b
        delta = b[1] - a[1]
        shift = delta * (b[0] / np.maximum(merged[0], 1.0))
        np.add(a[1], shift, out=merged[1])
        # In this order of the factors a subwindow without readings adds 0, however far its mean is.
        merged[2] += a[0] * shift * delta
        return merged

    def _selected(self, summaries: FloatArray, rows: IntArray) -> FloatArray:
        return summaries[:, rows]

    def _joined(self, old: FloatArray, new: FloatArray, n_dropped: int) -> FloatArray:
        return np.concatenate((old, new), axis=1)[:, n_dropped:]

    def _summarize(
        self, values: FloatArray, begins: IntArray, counts: IntArray, mask: BoolArray | None
    ) -> FloatArray:
        # Deviations from a reading of the subwindow: squares of the readings would cancel on a large offset.
        if mask is None:
            n, reference = counts.astype(np.float64), values[begins]
        else:
            n = np.add.reduceat(mask, begins, dtype=np.float64)
            rows = np.where(mask, np.arange(len(values)), len(values))
            firsts = np.minimum.reduceat(rows, begins)
            reference = np.where(n > 0, values[np.minimum(firsts, len(values) - 1)], 0.0)
        sums, squares = np.empty(len(counts)), np.empty(len(counts))
        for low, high, subwindows in subwindow_groups(counts):
            deviations = values[low:high] - per_reading(reference, counts, subwindows)
            if mask is not None:
                deviations = np.where(mask[low:high], deviations, 0.0)
            first_rows = begins[subwindows] - low
            sums[subwindows] = np.add.reduceat(deviations, first_rows)
            deviations *= deviations
            squares[subwindows] = np.add.reduceat(deviations, first_rows)
        shift = sums / np.maximum(n, 1.0)
        return np.array([n, reference + shift, np.maximum(squares - sums * shift, 0.0)])

    def _levels(self, new: FloatArray, ids: IntArray) -> FloatArray:
        n, center, m2 = self._windows(new, ids)
        sigma = np.sqrt(m2 / np.maximum(n - 1.0, 1.0))
        sigma[sigma != sigma] = np.inf
        floor = spread_floor(center, self.min_sigma)
        return np.array([center, np.maximum(sigma, floor), n, sigma <= floor])

    def _windows(self, new: FloatArray, ids: IntArray) -> FloatArray:
        """Return the summary of the closed subwindows before each new one, shape (3, new ones)."""
        width, n_old = self._n_subwindows, len(self._ids)
        known = np.concatenate((self._ids, ids))
        if n_old == width and known[-1] - known[0] == len(known) - 1:  # none is left out
            return self._runs(np.concatenate((self._kept, new[:, :-1]), axis=1), width)
        # Subwindows without readings get a place too, as many as it takes to leave the window.
        places = np.zeros(len(known), np.int64)
        np.minimum(known[1:] - known[:-1], width + 1, out=places[1:])
        places = places.cumsum() + width
        subwindows = np.zeros((3, places[-1]))
        subwindows[:, places[:n_old]] = self._kept
        subwindows[:, places[n_old:-1]] = new[:, :-1]
        return self._runs(subwindows, width)[:, places[n_old:] - width]

    def _runs(self, subwindows: FloatArray, n: int) -> FloatArray:
        """Return the merged summaries of every `n` subwindows in a row, from runs that double in length."""
        n_runs = subwindows.shape[1] - n + 1
        parts: list[FloatArray] = []
        begin, length = 0, 1
        while length <= n:
            if length > 1:
                half = length // 2
                subwindows = self._merged(subwindows[:, :-half], subwindows[:, half:])
            if n & length:
                parts.append(subwindows[:, begin : begin + n_runs])
                begin += length
            length *= 2
        return reduce(self._merged, parts)
