"""nbstream/analysis."""
