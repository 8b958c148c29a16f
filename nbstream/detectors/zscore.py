"""How many standard deviations a reading lies from the mean of the window before it."""

from __future__ import annotations

from nbstream.detectors.parts.mean_baseline import MeanBaseline
from nbstream.detectors.parts.window_score import WindowScoreDetector
from nbstream.readings.window import Window

__all__ = ["ZScoreDetector"]


class ZScoreDetector(WindowScoreDetector):
    """Anomaly when a reading is too many standard deviations from the mean of the window before it.

    The score is |z|. The window holds past readings only, without anomalies, and moves in eighths (see
    `WindowBaseline`); after a quarter of a window of anomalies the new level is normal.

    Parameters
    ----------
    window
        "2min" (event time), or a number of readings.
    limit
        Of |z|. At 4, the default, one normal reading in 16,000 is beyond; the textbooks' 3 means one in
        370, which is an alarm every 6 minutes at one reading per second.
    min_readings
        How many readings the window must hold before any is judged.
    min_sigma
        Least standard deviation, in units of the readings: give the sensor's resolution if it is coarse.
    false_alarms
        Such as "1/day": sets the limit, from the interval of the first `min_readings` readings and the tail
        of the normal distribution, and then from the tail that the score shows (see
        `nbstream.detectors.parts.calibration.Calibration`); `effective_limit` tells the newest.

    Notes
    -----
    Cost: about 6 ns per reading in large batches; each eighth of the window that holds an anomaly is looked
    at again.

    Examples
    --------
    >>> import numpy as np
    >>> detector = ZScoreDetector(window=100)
    >>> values = np.append(np.tile([19.0, 21.0], 100), 30.0)
    >>> detection = detector.update(np.arange(201) * 10**9, values)
    >>> np.flatnonzero(detection.is_anomaly).tolist()
    [200]
    >>> detection.reason(200)
    '10.0 σ above the mean 20 of the last 108 readings'
    """

    name = "zscore"
    sigma_word = "σ"
    level_word = "mean"

    def _make_baseline(self) -> MeanBaseline:
        return MeanBaseline(Window.parse(self.window), self.min_readings, self.min_sigma)
