"""Detectors: each scores the readings of one channel, says which are anomalies, and why."""

from nbstream.detectors.base import Detection, Detector

__all__ = ["Detection", "Detector"]
