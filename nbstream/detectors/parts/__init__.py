"""What kinds of detectors share."""
