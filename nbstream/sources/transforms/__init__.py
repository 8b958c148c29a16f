"""Sources made of other sources, batch by batch: renamed, chosen, computed, resampled, merged."""
