"""nbstream/alerts/log."""
