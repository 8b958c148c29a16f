"""Detectors: each scores the readings of one channel, says which are anomalies, and why.

`create` makes one by name, `names` lists them.
"""

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.block_means import BlockMeans
from nbstream.detectors.cusum import CusumDetector
from nbstream.detectors.ewma import EwmaDetector
from nbstream.detectors.gap import GapDetector
from nbstream.detectors.hampel import HampelDetector
from nbstream.detectors.nelson import NelsonDetector
from nbstream.detectors.page_hinkley import PageHinkleyDetector
from nbstream.detectors.rate_of_change import RateOfChangeDetector
from nbstream.detectors.registry import create, names
from nbstream.detectors.robust_zscore import RobustZScoreDetector
from nbstream.detectors.stuck import StuckDetector
from nbstream.detectors.threshold import ThresholdDetector
from nbstream.detectors.western_electric import WesternElectricDetector
from nbstream.detectors.zscore import ZScoreDetector

__all__ = [
    "BlockMeans",
    "CusumDetector",
    "Detection",
    "Detector",
    "EwmaDetector",
    "GapDetector",
    "HampelDetector",
    "NelsonDetector",
    "PageHinkleyDetector",
    "RateOfChangeDetector",
    "RobustZScoreDetector",
    "StuckDetector",
    "ThresholdDetector",
    "WesternElectricDetector",
    "ZScoreDetector",
    "create",
    "names",
]
