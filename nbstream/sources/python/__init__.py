"""nbstream/sources/python."""
