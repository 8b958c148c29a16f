"""nbstream/sources/process."""
