"""Charts over something else than time: over values, over frequencies, over the steps of a training."""
