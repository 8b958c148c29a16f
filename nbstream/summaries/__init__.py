"""nbstream/summaries."""
