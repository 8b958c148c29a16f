"""nbstream/readings."""
