"""Clock, main thread, the end of things, and which cell owns what."""
