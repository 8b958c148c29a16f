"""nbstream/sources/times."""
