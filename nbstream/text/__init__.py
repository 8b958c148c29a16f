"""nbstream/text."""
