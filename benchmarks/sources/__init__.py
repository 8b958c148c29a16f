"""How fast sources read, and what they cost: `python -m benchmarks.sources`."""
