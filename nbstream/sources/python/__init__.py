"""Functions, iterables and random numbers."""
