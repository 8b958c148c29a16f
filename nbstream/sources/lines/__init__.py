"""nbstream/sources/lines."""
