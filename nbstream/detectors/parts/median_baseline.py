"""Median and median absolute deviation of a moving window."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.baseline import SUBWINDOWS, WindowBaseline
from nbstream.detectors.parts.level import median
from nbstream.summaries.summary import spread_floor

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = ["MedianBaseline"]

MOST_VALUES = 4096


class MedianBaseline(WindowBaseline):
    """Median and 1.4826 × the median absolute deviation, or 1.2533 × the mean one where that is 0.

    Windows of more than 4,096 readings are thinned evenly within each subwindow, to what the cost allows; the
    spread is then good to 2 %.
    """

    subwindows_at_once = 1

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
        subwindows = []
        for begin, count in zip(begins.tolist(), counts.tolist(), strict=True):
            subwindow = values[begin : begin + count]
            step = max(1, len(subwindow) // (MOST_VALUES // SUBWINDOWS))
            if mask is not None:
                subwindow = subwindow[mask[begin : begin + count]]
            subwindows.append(subwindow[::step].copy())
        return subwindows

    def _levels(self, new: list[FloatArray], ids: IntArray) -> FloatArray:
        (subwindow,) = ids
        is_in = self._ids >= subwindow - self._n_subwindows
        total = int(self._n_kept[is_in].sum())
        if total < self.min_readings:
            return np.array([[0.0], [1.0], [total], [0.0]])
        values = np.concatenate(list(compress(self._kept, is_in)))
        center = median(values)
        deviations = np.abs(values - center)
        sigma = median(deviations) * 1.482602218505602
        if not sigma > 0:
            sigma = float(deviations.mean()) * 1.2533141373155003
        if not sigma < np.inf:
            sigma = np.inf
        floor = float(spread_floor(center, self.min_sigma))
        return np.array([[center], [max(sigma, floor)], [total], [float(sigma <= floor)]])
