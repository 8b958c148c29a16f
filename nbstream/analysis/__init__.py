"""The analyzer: on its thread statistics are computed, and detectors and rules see every reading."""
