"""The analyzer's thread: windows become statistics, detectors and rules are at work."""
