"""Cards, controls, alert feed."""
