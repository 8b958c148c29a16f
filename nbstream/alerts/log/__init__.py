"""What happened: incidents, notifications, the log of alerts."""
