"""Title row, table of channels, rules, alert feed."""
