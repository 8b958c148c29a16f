"""nbstream/expressions."""
