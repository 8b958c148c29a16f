"""Detectors: each scores the readings of a channel, or of several, says which are anomalies, and why.

`create` makes one by name, `names` lists them; `default` makes the one for data about which nothing is known.
"""

from nbstream.detectors.base import Detection, Detector
from nbstream.detectors.block_means import BlockMeans
from nbstream.detectors.change_point import ChangePoint, ChangePointDetector
from nbstream.detectors.correlation import CorrelationDetector
from nbstream.detectors.cusum import CusumDetector
from nbstream.detectors.default import DefaultDetector, default
from nbstream.detectors.ewma import EwmaDetector
from nbstream.detectors.gap import GapDetector
from nbstream.detectors.hampel import HampelDetector
from nbstream.detectors.high_rates import HighRates
from nbstream.detectors.joint import JointDetection, JointDetector
from nbstream.detectors.multivariate import MultivariateDetector
from nbstream.detectors.nelson import NelsonDetector
from nbstream.detectors.page_hinkley import PageHinkleyDetector
from nbstream.detectors.rate_of_change import RateOfChangeDetector
from nbstream.detectors.registry import create, names
from nbstream.detectors.river import RiverDetector
from nbstream.detectors.robust_zscore import RobustZScoreDetector
from nbstream.detectors.seasonal import SeasonalDetector
from nbstream.detectors.spot import DspotDetector, SpotDetector
from nbstream.detectors.stuck import StuckDetector
from nbstream.detectors.threshold import ThresholdDetector
from nbstream.detectors.western_electric import WesternElectricDetector
from nbstream.detectors.zscore import ZScoreDetector

__all__ = [
    "BlockMeans", "ChangePoint", "ChangePointDetector", "CorrelationDetector", "CusumDetector",
    "DefaultDetector", "Detection", "Detector", "DspotDetector", "EwmaDetector", "GapDetector",
    "HampelDetector", "HighRates", "JointDetection", "JointDetector", "MultivariateDetector",
    "NelsonDetector", "PageHinkleyDetector", "RateOfChangeDetector", "RiverDetector",
    "RobustZScoreDetector", "SeasonalDetector", "SpotDetector", "StuckDetector",
    "ThresholdDetector", "WesternElectricDetector", "ZScoreDetector", "create", "default", "names",
]  # fmt: skip


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
