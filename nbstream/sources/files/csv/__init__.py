"""nbstream/sources/files/csv."""
