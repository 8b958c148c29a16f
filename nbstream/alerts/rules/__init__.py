"""nbstream/alerts/rules."""
