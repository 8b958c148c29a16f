"""nbstream/commands."""
