"""Sources of things that hang on this machine."""
