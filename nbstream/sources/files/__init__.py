"""nbstream/sources/files."""
