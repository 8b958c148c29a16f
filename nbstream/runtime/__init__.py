"""nbstream/runtime."""
