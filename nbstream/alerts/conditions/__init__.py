"""nbstream/alerts/conditions."""
