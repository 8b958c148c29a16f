"""Detectors: each scores the readings of one channel, says which are anomalies, and why.

`create` makes one by name, `names` lists them.
"""

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.cusum import CusumDetector
from nbstream.detectors.ewma import EwmaDetector
from nbstream.detectors.registry import create, names
from nbstream.detectors.robust_zscore import RobustZScoreDetector
from nbstream.detectors.zscore import ZScoreDetector

__all__ = [
    "CusumDetector",
    "Detection",
    "Detector",
    "EwmaDetector",
    "RobustZScoreDetector",
    "ZScoreDetector",
    "create",
    "names",
]
