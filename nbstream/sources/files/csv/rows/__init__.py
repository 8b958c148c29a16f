"""nbstream/sources/files/csv/rows."""
