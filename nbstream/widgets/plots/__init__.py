"""Charts of the window over something else than time: over values, over frequencies."""
