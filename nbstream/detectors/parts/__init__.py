"""nbstream/detectors/parts."""
