"""nbstream/sources/files/csv/format."""
