"""When a rule holds: conditions, worked out over columns of readings."""
